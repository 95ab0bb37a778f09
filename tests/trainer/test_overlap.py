"""The asynchronous mode on real workers: a short run, then killed at a checkpoint and resumed."""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import Any

import pytest

from assay_trainer.api import resume, train
from assay_trainer.checkpoint import checkpoints
from assay_trainer.metrics import read_rows

pytestmark = pytest.mark.slow

STEPS = 6
SETTINGS = (
    "without=['code']",
    "model.hidden=32",
    "model.experts=4",
    "model.expert_hidden=32",
    "sft.steps=40",
    f"rl.steps={STEPS}",
    "rl.optim.warmup_steps=1",
    "rl.scheduler.infer_capacity=48",
    "rl.scheduler.budget_tokens=600",
    "rl.scheduler.retention=2",
    "rl.scheduler.overlap=true",
    "engine.slots=48",
    "engine.ticks_per_call=4",
    "engine.threads=1",
    "learner.threads=1",
    "evaluation.tasks=3",
    "evaluation.samples=1",
    "checkpoint_every=2",
    "keep_checkpoints=9",
)


@pytest.fixture(scope="module")
def finished(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return train("spark", name="whole", overrides=SETTINGS, runs_dir=tmp_path_factory.mktemp("r"))


def steps_of(run: Path) -> list[dict[str, Any]]:
    return [row for row in read_rows(run / "metrics.jsonl") if row["stage"] == "rl"]


def test_every_step_trains_what_one_version_before_it_wrote(finished: Path) -> None:
    rows = steps_of(finished)
    assert [row["version"] for row in rows] == list(range(STEPS))
    staleness = [row["staleness_max"] for row in rows]
    assert staleness[0] == 0, "the first batch is written by the weights that it trains"
    assert all(1 <= oldest <= 3 for oldest in staleness[1:])
    assert sum(row["resumed"] for row in rows) > 0


def test_a_run_killed_between_two_steps_ends_in_the_same_bytes(
    finished: Path, tmp_path: Path
) -> None:
    run = tmp_path / "killed"
    shutil.copytree(finished, run)
    shutil.rmtree(run / "model")
    for checkpoint in checkpoints(run / "checkpoints"):
        if checkpoint.name > "rl-000002":
            shutil.rmtree(checkpoint)
    resume(run)
    weights = [(r / "model" / "model.safetensors").read_bytes() for r in (run, finished)]
    assert weights[0] == weights[1]
