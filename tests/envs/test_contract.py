"""What every environment promises: each passes a short audit. `make audit` is the long one.

Where a verdict runs a program only the checks that need few of them are made here.
"""

from __future__ import annotations

from importlib.metadata import entry_points

import pytest

from assay_envs import env_registry, make
from assay_envs.audit import CHECKS, audit_one
from assay_envs.audit.subject import Subject
from assay_sandbox import Sandbox

IDS = sorted(entry_points(group="assay.envs").names)  # not what other tests register
HERE = [env_id for env_id in IDS if not env_registry.load(env_id).lacking()]
COSTLY = [env_id for env_id in HERE if make(env_id).verifier.needs_sandbox]
CHEAP = [env_id for env_id in IDS if not env_registry.load(env_id).needs_sandbox]
FEW = (
    "records", "determinism", "distinct", "splits", "certificates", "difficulty",
    "oracle", "solution", "near_misses", "chance", "rendering",
)  # fmt: skip


@pytest.mark.parametrize("env_id", CHEAP)
def test_every_environment_passes_a_short_audit(env_id: str) -> None:
    assert audit_one(env_id, seeds=3).failed == ()


@pytest.mark.parametrize("env_id", COSTLY)
async def test_environments_that_run_code_keep_the_contract_too(env_id: str, box: Sandbox) -> None:
    subject = Subject(make(env_id, sandbox=box), lambda: make(env_id, sandbox=box), seeds=2)
    subject.generate()
    findings = [await CHECKS[check](subject) for check in FEW]
    assert [finding for finding in findings if finding.state == "failed"] == []
