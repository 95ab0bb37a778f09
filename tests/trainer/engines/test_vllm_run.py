"""One short real training run that samples with vLLM, in float32, end to end on Ray."""

from __future__ import annotations

import os
import time
from pathlib import Path
from typing import Any

import psutil
import pytest

from assay_trainer.api import train
from assay_trainer.metrics import read_rows
from tests.trainer.engines.models import TOLERANCE

pytest.importorskip("vllm", reason="vLLM has an environment of its own: make test-vllm")
pytestmark = pytest.mark.slow

MARK = "ASSAY_TEST_VLLM_RUN"
"""Set while the run starts its workers, who hand it on to theirs."""
STEPS = 4
SETTINGS = (
    "sft.steps=60",
    "sft.examples_per_step=16",
    f"rl.steps={STEPS}",
    "rl.optim.warmup_steps=1",
    "rl.optim.lr=3e-3",
    "rl.scheduler.infer_capacity=32",
    "rl.scheduler.budget_tokens=600",
    "rl.scheduler.retention=2",
    "engine.kind=vllm",
    "engine.dtype=float32",
    "engine.slots=24",
    "engine.ticks_per_call=4",
    "engine.sleep=true",
    "evaluation.tasks=2",
    "evaluation.samples=2",
)


@pytest.fixture(scope="module")
def rows(tmp_path_factory: pytest.TempPathFactory) -> list[dict[str, Any]]:
    runs: Path = tmp_path_factory.mktemp("runs")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv(MARK, str(os.getpid()))
        run = train("spark", name="vllm", without=["code"], overrides=SETTINGS, runs_dir=runs)
    return [row for row in read_rows(run / "metrics.jsonl") if row["stage"] == "rl"]


def test_the_run_steps_from_version_to_version(rows: list[dict[str, Any]]) -> None:
    assert [row["step"] for row in rows] == list(range(1, STEPS + 1))
    assert [row["version"] for row in rows] == list(range(STEPS))
    assert all(row["tokens_trained"] for row in rows)


def test_fresh_tokens_have_the_learners_logprobs_after_every_update(
    rows: list[dict[str, Any]],
) -> None:
    for row in rows:
        assert 0 < row["mismatch/abs_max@lag0"] < TOLERANCE


def test_rollouts_cross_versions_and_their_old_tokens_are_off_policy(
    rows: list[dict[str, Any]],
) -> None:
    assert any(row["resumed"] for row in rows)
    stale = [row["mismatch/abs_max@lag1"] for row in rows if "mismatch/abs_max@lag1" in row]
    assert stale
    assert all(gap > 100 * TOLERANCE for gap in stale)


def test_no_process_of_vllm_outlives_the_run(rows: list[dict[str, Any]]) -> None:
    deadline = time.monotonic() + 30
    while left := [process for process in psutil.process_iter() if _of_this_run(process)]:
        assert time.monotonic() < deadline, left
        time.sleep(0.2)


def _of_this_run(process: psutil.Process) -> bool:
    try:
        return process.environ().get(MARK) == str(os.getpid())
    except psutil.Error:
        return False
