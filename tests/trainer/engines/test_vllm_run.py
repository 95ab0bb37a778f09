"""One short real training run that samples with vLLM, in float32, end to end on Ray.

Its engine worker is killed once; what it was writing goes on in another one.
"""

from __future__ import annotations

import threading
from pathlib import Path
from typing import Any

import psutil
import pytest

from assay_trainer.api import train
from assay_trainer.metrics import read_rows
from tests.trainer.engines.models import TOLERANCE

pytest.importorskip("vllm", reason="vLLM has an environment of its own: make test-vllm")
pytestmark = pytest.mark.slow

SUITE = """
summary = "What a small model has learned in part within a minute."
[[env]]
id = "math/linear"
difficulty = 1
"""
STEPS = 4
SETTINGS = (
    "model.hidden=64",
    "model.experts=4",
    "model.expert_hidden=48",
    "sft.steps=240",
    "sft.examples_per_step=16",
    f"rl.steps={STEPS}",
    "rl.optim.warmup_steps=1",
    "rl.optim.lr=1e-3",
    "rl.scheduler.infer_capacity=32",
    "rl.scheduler.budget_tokens=500",
    "rl.scheduler.retention=2",
    "engine.kind=vllm",
    "engine.dtype=float32",
    "engine.slots=24",
    "engine.ticks_per_call=4",
    "engine.sleep=true",
    "learner.threads=1",
    "evaluation.tasks=2",
    "evaluation.samples=1",
)


class Killer(threading.Thread):
    """Kills the run's engine worker (-9) after its first step; ``seen``: every vLLM of the run."""

    def __init__(self, metrics: Path) -> None:
        super().__init__()
        self.metrics = metrics
        self.seen: set[psutil.Process] = set()
        self.killed = False
        self.over = threading.Event()

    def run(self) -> None:
        while not self.over.wait(0.2):
            found = _processes("VLLM::")
            self.seen.update(found)
            if found and not self.killed and _steps(self.metrics):
                [worker] = _processes("ray::EngineWorker")
                worker.kill()
                self.killed = True


def _processes(title: str) -> list[psutil.Process]:
    """Those below this one with such a title; not their forks, which have it until they exec."""
    parents: dict[psutil.Process, int] = {}
    for process in psutil.Process().children(recursive=True):
        try:
            if " ".join(process.cmdline()).startswith(title):
                parents[process] = process.ppid()
        except psutil.Error:
            continue  # it has ended
    pids = {process.pid for process in parents}
    return [process for process, parent in parents.items() if parent not in pids]


def _steps(metrics: Path) -> list[dict[str, Any]]:
    rows = read_rows(metrics) if metrics.exists() else []
    return [row for row in rows if row["stage"] == "rl" and row["step"]]


@pytest.fixture(scope="module")
def killer(tmp_path_factory: pytest.TempPathFactory) -> Killer:
    folder: Path = tmp_path_factory.mktemp("runs")
    suite = folder / "linear.toml"
    suite.write_text(SUITE)
    killer = Killer(folder / "vllm" / "metrics.jsonl")
    killer.start()
    try:
        train("spark", name="vllm", suite=str(suite), overrides=SETTINGS, runs_dir=folder)
    finally:
        killer.over.set()
        killer.join()
    return killer


@pytest.fixture(scope="module")
def rows(killer: Killer) -> list[dict[str, Any]]:
    return _steps(killer.metrics)


def test_the_run_steps_from_version_to_version(rows: list[dict[str, Any]]) -> None:
    assert [row["step"] for row in rows] == list(range(1, STEPS + 1))
    assert [row["version"] for row in rows] == list(range(STEPS))
    assert all(row["tokens_trained"] for row in rows)
    assert sum(row["grad_norm"] > 0 for row in rows) >= 2


def test_fresh_tokens_have_the_learners_logprobs_after_every_update(
    rows: list[dict[str, Any]],
) -> None:
    """A trained policy's unlikely tokens have large log-probs, which round by more."""
    fresh = [row for row in rows if "mismatch/abs_max@lag0" in row]
    assert len(fresh) >= 2
    assert all(0 < row["mismatch/abs_mean@lag0"] < TOLERANCE / 10 for row in fresh)
    assert all(row["mismatch/abs_max@lag0"] < 3 * TOLERANCE for row in fresh)


def test_rollouts_cross_versions_and_their_old_tokens_are_off_policy(
    rows: list[dict[str, Any]],
) -> None:
    assert any(row["resumed"] for row in rows)
    stale = [row["mismatch/abs_max@lag1"] for row in rows if "mismatch/abs_max@lag1" in row]
    assert stale
    assert max(stale) > 100 * TOLERANCE


def test_a_killed_engine_worker_is_replaced_and_takes_its_vllm_with_it(killer: Killer) -> None:
    assert killer.killed
    assert len(killer.seen) == 2
    said = [str(row["event"]) for row in read_rows(killer.metrics.with_name("events.jsonl"))]
    assert any("the engine worker died" in event for event in said)
    _, alive = psutil.wait_procs(killer.seen, timeout=30)
    assert not alive
