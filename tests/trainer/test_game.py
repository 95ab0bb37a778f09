"""A game of many turns through the whole trainer: a short run, then killed and resumed."""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import Any

import pytest

from assay_trainer.api import resume, train
from assay_trainer.checkpoint import checkpoints
from assay_trainer.metrics import read_rows

pytestmark = pytest.mark.slow

STEPS = 4
SETTINGS = (
    "model.hidden=32",
    "model.layers=2",
    "model.experts=4",
    "model.expert_hidden=32",
    "sft.steps=60",
    f"rl.steps={STEPS}",
    "rl.optim.warmup_steps=1",
    "rl.scheduler.infer_capacity=32",
    "rl.scheduler.budget_tokens=200",
    "engine.slots=32",
    "learner.threads=1",
    "evaluation.tasks=4",
    "evaluation.samples=1",
    "checkpoint_every=2",
    "keep_checkpoints=9",
)
TURN = "<|user|>"


@pytest.fixture(scope="module")
def finished(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return train("game", name="whole", overrides=SETTINGS, runs_dir=tmp_path_factory.mktemp("r"))


def rows_of(run: Path) -> list[dict[str, Any]]:
    return [row for row in read_rows(run / "metrics.jsonl") if row["stage"] == "rl"]


def test_games_of_several_turns_are_judged_and_trained(finished: Path) -> None:
    rows = rows_of(finished)
    assert all(row["tokens_trained"] > 0 for row in rows)
    assert all(row["undecided"] == {} for row in rows)
    samples = read_rows(finished / "samples.jsonl")
    assert max(sample["response"].count(TURN) for sample in samples) >= 2
    assert all("Open:" in s["response"] for s in samples if TURN in s["response"])


def test_one_game_is_played_by_several_versions_of_the_policy(finished: Path) -> None:
    assert sum(row["resumed"] for row in rows_of(finished)) > 0
    samples = read_rows(finished / "samples.jsonl")
    assert any(len(sample["versions"]) > 1 and TURN in sample["response"] for sample in samples)


def test_a_run_killed_amid_its_games_ends_in_the_same_bytes(finished: Path, tmp_path: Path) -> None:
    run = tmp_path / "killed"
    shutil.copytree(finished, run)
    shutil.rmtree(run / "model")
    for checkpoint in checkpoints(run / "checkpoints"):
        if checkpoint.name > "rl-000002":
            shutil.rmtree(checkpoint)
    resume(run)
    weights = [(r / "model" / "model.safetensors").read_bytes() for r in (run, finished)]
    assert weights[0] == weights[1]
