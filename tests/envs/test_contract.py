"""What every environment promises: each passes a short audit. `make audit` is the long one.

The audits of one run of pytest are made together, a process for each core, when the first of them
is asked for. Where an environment runs programs, only the checks that need few of them are made:
those of what it generates once, those of its verdicts in every back-end that works here.
"""

from __future__ import annotations

import os
from collections.abc import Sequence
from importlib.metadata import entry_points

import pytest

from assay_envs import env_registry, make
from assay_envs.audit import CHECKS, Finding, Report, audit
from assay_envs.audit.subject import Subject
from assay_sandbox import Sandbox

IDS = sorted(entry_points(group="assay.envs").names)  # not what other tests register
RUN_CODE = [env_id for env_id in IDS if env_registry.load(env_id).needs_sandbox]
RUN_NONE = [env_id for env_id in IDS if env_id not in RUN_CODE]
GENERATED = (
    "records", "determinism", "distinct", "splits", "certificates", "difficulty", "chance",
    "rendering",
)  # fmt: skip
JUDGED = ("oracle", "solution", "near_misses")


@pytest.fixture(scope="module")
def reports(request: pytest.FixtureRequest) -> dict[str, Report]:
    """Short audits of the environments that this run of pytest asks for."""
    asked = {item.callspec.params.get("env_id") for item in request.session.items
             if isinstance(item, pytest.Function) and hasattr(item, "callspec")}  # fmt: skip
    chosen = [env_id for env_id in RUN_NONE
              if env_id in asked and not env_registry.load(env_id).lacking()]  # fmt: skip
    return {report.env: report for report in audit(chosen, seeds=3, jobs=os.cpu_count() or 1)}


@pytest.mark.parametrize("env_id", RUN_NONE)
def test_every_environment_passes_a_short_audit(env_id: str, reports: dict[str, Report]) -> None:
    assert reports[env_id].failed == ()


async def failed(env_id: str, checks: Sequence[str], **settings: Sandbox) -> list[Finding]:
    subject = Subject(make(env_id, **settings), lambda: make(env_id, **settings), seeds=2)
    subject.generate()
    findings = [await CHECKS[check](subject) for check in checks]
    return [finding for finding in findings if finding.state == "failed"]


@pytest.mark.parametrize("env_id", RUN_CODE)
async def test_what_environments_that_run_code_generate_keeps_the_contract(env_id: str) -> None:
    assert await failed(env_id, GENERATED) == []


@pytest.mark.parametrize("env_id", RUN_CODE)
async def test_verdicts_of_environments_that_run_code_keep_the_contract(
    env_id: str, box: Sandbox
) -> None:
    assert await failed(env_id, JUDGED, sandbox=box) == []
