"""Every figure that a run writes has a definition and a unit."""

from __future__ import annotations

import ast
import inspect
import textwrap
from collections.abc import Callable, Mapping
from typing import Any

import numpy as np
import pytest

from assay_trainer import pipeline
from assay_trainer.crew import Crew
from assay_trainer.engines.engine import Request
from assay_trainer.engines.torch_engine import TorchEngine
from assay_trainer.episodes import Ending
from assay_trainer.evaluation import Evaluation
from assay_trainer.learner import Learner
from assay_trainer.losses import LossConfig
from assay_trainer.metrics import describe
from assay_trainer.optim import OptimConfig
from assay_trainer.report.data import flatten
from assay_trainer.rollouts import _rollout_metrics, _scheduler_metrics
from assay_trainer.room import TooLong, passed_over
from assay_trainer.scheduler import Scheduler
from assay_trainer.scheduler_config import SchedulerConfig
from assay_trainer.trajectory import Trajectory, TrajectoryBatch
from tests.trainer.supervised import answer

PLACE = {"stage", "step", "phase", "split", "n", "k"}
"""Where a row stands, not what was measured."""


@pytest.fixture
def learner(tiny_model: Callable[..., Any]) -> Learner:
    learner = Learner(tiny_model(), pad_id=0, row_length=16, micro_rows=2, temperature=1.0)
    learner.begin_stage(OptimConfig(lr=1e-3), 10)
    return learner


def undefined(row: Mapping[str, Any]) -> set[str]:
    names = {name for name in flatten(dict(row)) if not name.startswith("problems/")}
    return {name for name in names - PLACE if describe(name) is None}


def test_supervised_steps(learner: Learner) -> None:
    assert undefined(learner.sft_step([answer((1, 2, 3), 1)])) == set()


def test_learner_steps_at_every_lag(learner: Learner) -> None:
    episode = Trajectory()
    episode.observe([1, 2])
    for version in (0, 1, 2, 3):
        episode.emit(5 + version, -2.0, version, 0.1)
    batch = TrajectoryBatch.of([episode, episode])
    row = learner.rl_step(batch, [1.0, -1.0], LossConfig(max_token_lag=2), 3)
    assert {name.partition("@")[2] for name in row} == {"", "lag0", "lag1", "lag2+"}
    assert undefined(row) == set()


def test_iterations() -> None:
    scheduler = Scheduler(SchedulerConfig(group_size=2, infer_capacity=2))
    scheduler.begin_iteration()
    for rollout in scheduler.admit({"env": "math/a"}):
        scheduler.emitted(rollout, 3, 0)
        scheduler.finished(rollout)
    row = _scheduler_metrics(scheduler.end_iteration())
    endings = [
        Ending(1.0, "correct", "match", sandbox_s=0.2),
        Ending(None, "undecided", "sandbox_failed", sandbox_s=0.3),
    ]
    row |= _rollout_metrics(["math/a", "code/b"], endings, [3, 5], wasted=4)
    assert row["retention"] == {"0": 2}
    assert (row["reward"], row["tokens_wasted"]) == (1.0, 9)
    assert row["undecided"] == {"sandbox_failed": 1}
    assert row["sandbox"] == {"jobs": 2, "p50_s": 0.3, "p99_s": 0.3, "failed": 1}
    assert undefined(row) == set()


def test_what_was_passed_over() -> None:
    row = passed_over([TooLong("math/a", 300)])
    assert row
    assert undefined(row) == set()


def test_iterations_in_which_nothing_was_decided() -> None:
    row = _rollout_metrics(["math/a"], [Ending(None, "undecided", "deadline")], [0], wasted=0)
    assert row["reward"] is None
    assert undefined(row) == set()


@pytest.mark.parametrize("samples", [1, 8])
def test_evaluations(samples: int) -> None:
    result = Evaluation(
        split="test",
        envs=("math/a", "logic/b"),
        greedy=np.ones(2),
        sampled=np.ones((2, samples)),
        lengths=np.ones((2, samples)),
        entropy=0.1,
    )
    row = result.row(result.row())
    assert "gain_ci95" in row
    assert undefined(row) == set()


def _keys_written(function: Callable[..., Any]) -> set[str]:
    """Text keys that a function sets in a row: ``row["a"] =`` and ``row["a"] |= {"b": ...}``."""
    found = set()
    for node in ast.walk(ast.parse(textwrap.dedent(inspect.getsource(function)))):
        targets = node.targets if isinstance(node, ast.Assign) else []
        if isinstance(node, ast.AugAssign) and isinstance(node.value, ast.Dict):
            prefix = ast.literal_eval(node.target.slice) if _is_item(node.target) else ""
            keys = [ast.literal_eval(key) for key in node.value.keys if key is not None]
            found |= {f"{prefix}/{key}".strip("/") for key in keys}
        for target in filter(_is_item, targets):
            base = f"{ast.literal_eval(target.value.slice)}/" if _is_item(target.value) else ""
            found.add(base + ast.literal_eval(target.slice))
    return found


def _is_item(node: ast.AST) -> bool:
    return isinstance(node, ast.Subscript) and isinstance(node.slice, ast.Constant)


def test_what_the_controller_adds() -> None:
    written = _keys_written(pipeline.Pipeline.step) | _keys_written(pipeline._Update.finish)
    assert {"seconds/total", "mask_band", "tokens_trained_per_s"} <= written
    assert {name for name in written if describe(name) is None} == set()


def test_the_parts_of_a_step(learner: Learner, tiny_model: Callable[..., Any]) -> None:
    engine = TorchEngine(tiny_model(), slots=1, capacity=8, stop_token_ids=[0])
    engine.submit([Request("a", (1, 2), seed=0, position=0, max_tokens=1)])
    engine.tick()
    learner.sft_step([answer((1, 2, 3), 1)])
    parts = {f"generate/{part}" for part in engine.seconds()}
    parts |= {f"train/{part}" for part in learner.watch.take()}
    parts |= _items_returned(Crew.publish)
    assert len(parts) == 3 + 4 + 3
    assert {part for part in parts if describe(f"seconds/{part}") is None} == set()


def _items_returned(function: Callable[..., Any]) -> set[str]:
    tree = ast.walk(ast.parse(textwrap.dedent(inspect.getsource(function))))
    [table] = [n.value for n in tree if isinstance(n, ast.Return) and isinstance(n.value, ast.Dict)]
    return {ast.literal_eval(key) for key in table.keys if key is not None}
