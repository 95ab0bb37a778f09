"""What every environment promises: each passes a short audit. `make audit` is the long one.

The audits of one run of pytest are made together, a process for each core, when the first of them
is asked for. Where an environment runs programs, only the checks that need few of them are made, in
every back-end that works here.
"""

from __future__ import annotations

import os
from importlib.metadata import entry_points

import pytest

from assay_envs import env_registry, make
from assay_envs.audit import CHECKS, Report, audit
from assay_envs.audit.subject import Subject
from assay_sandbox import Sandbox

IDS = sorted(entry_points(group="assay.envs").names)  # not what other tests register
RUN_CODE = [env_id for env_id in IDS if env_registry.load(env_id).needs_sandbox]
RUN_NONE = [env_id for env_id in IDS if env_id not in RUN_CODE]
FEW = (
    "records", "determinism", "distinct", "splits", "certificates", "difficulty",
    "oracle", "solution", "near_misses", "chance", "rendering",
)  # fmt: skip


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


@pytest.mark.parametrize("env_id", RUN_CODE)
async def test_environments_that_run_code_keep_the_contract_too(env_id: str, box: Sandbox) -> None:
    subject = Subject(make(env_id, sandbox=box), lambda: make(env_id, sandbox=box), seeds=2)
    subject.generate()
    findings = [await CHECKS[check](subject) for check in FEW]
    assert [finding for finding in findings if finding.state == "failed"] == []
