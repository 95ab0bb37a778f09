"""What the parts of an RL step cost here: this machine's CostModel, by the real engine and learner.

One thread each, CPU seconds, and of several rounds the cheapest (the machine may be shared). The
engine's tick is the median over many ticks at each number of running rollouts; prefill is what a
first tick takes beyond another; an update is one of the learner, over the trained tokens; a sync is
a snapshot and its loading.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass
from statistics import median
from typing import Any

import numpy as np
import torch

from assay_trainer.engines import Request
from assay_trainer.engines.torch_engine import TorchEngine
from assay_trainer.learner import Learner
from assay_trainer.losses import LossConfig
from assay_trainer.model import ModelConfig, new_model, torch_dtype
from assay_trainer.optim import OptimConfig
from assay_trainer.simulation import CostModel
from assay_trainer.trajectory import Trajectory, TrajectoryBatch
from assay_trainer.weights import WeightSnapshot

_PROMPT = 16
_TICKS = 32
_ROUNDS = 6
_PREFILL = 256


@dataclass(frozen=True)
class Shape:
    """A policy and what it runs on: sizes, engine slots to measure, tokens of a sequence."""

    model: ModelConfig
    dtype: str = "bfloat16"
    rows: tuple[int, ...] = (1, 2, 4, 8, 16, 32, 64)
    train_tokens: int = 256
    train_rows: int = 32


def measure(shape: Shape) -> CostModel:
    """The cost model of one engine and one learner rank, each on one thread of this machine."""
    torch.set_num_threads(1)
    model = new_model(shape.model, vocab_size=shape.model.vocab_size, eos_id=0, pad_id=0, seed=0)
    engine = TorchEngine(
        model,
        slots=max(shape.rows),
        capacity=_PREFILL + _TICKS,
        stop_token_ids=(),
        dtype=torch_dtype(shape.dtype),
    )
    rounds = [[_tick_s(engine, rows) for rows in shape.rows] for _ in range(_ROUNDS)]
    ticks = _rising([min(seconds) for seconds in zip(*rounds, strict=True)])
    return CostModel(
        tick=tuple(zip(map(float, shape.rows), ticks, strict=True)),
        prefill_token=_prefill_s(engine),
        train_token=_train_s(model, shape),
        sync=_sync_s(model, engine, shape),
        prompt_tokens=_PROMPT,
    )


def _rising(seconds: list[float]) -> list[float]:
    """No tick of more rollouts is cheaper than one of fewer: what is, is noise."""
    return np.maximum.accumulate(seconds).tolist()


def _cpu(call: Callable[[], Any]) -> float:
    started = time.process_time()
    call()
    return time.process_time() - started


def _requests(rows: int, prompt: int, ticks: int) -> list[Request]:
    rng = np.random.default_rng(rows)
    return [
        Request(f"r{row}", tuple(map(int, rng.integers(1, 200, prompt))), row, 0, ticks)
        for row in range(rows)
    ]


def _tick_s(engine: TorchEngine, rows: int) -> float:
    engine.submit(_requests(rows, _PROMPT, _TICKS))
    engine.tick()
    seconds = [_cpu(engine.tick) for _ in range(_TICKS - 1)]
    return median(seconds)


def _prefill_s(engine: TorchEngine, rows: int = 16) -> float:
    """Seconds a token, at contexts of a few hundred tokens."""
    found = []
    for _ in range(_ROUNDS):
        engine.submit(_requests(rows, _PREFILL, 8))
        first = _cpu(engine.tick)
        found.append(first - median(_cpu(engine.tick) for _ in range(7)))
    return max(0.0, min(found)) / (rows * _PREFILL)


def _train_s(model: Any, shape: Shape) -> float:
    learner = Learner(model, pad_id=0, row_length=shape.train_tokens, micro_rows=8, temperature=1.0)
    learner.begin_stage(OptimConfig(lr=1e-6), 10)
    rng = np.random.default_rng(0)
    episodes = [Trajectory() for _ in range(shape.train_rows)]
    for episode in episodes:
        episode.observe([1])
        for token in rng.integers(1, 200, shape.train_tokens - 1):
            episode.emit(int(token), -5.0, 0, 5.0)
    batch = TrajectoryBatch.of(episodes)
    signs = [1.0 if place % 2 else -1.0 for place in range(len(episodes))]
    seconds = [_cpu(lambda: learner.rl_step(batch, signs, LossConfig(), 0)) for _ in range(_ROUNDS)]
    return min(seconds) / int(batch.policy.sum())


def _sync_s(model: Any, engine: TorchEngine, shape: Shape) -> float:
    dtype = torch_dtype(shape.dtype)

    def publish(version: int) -> None:
        engine.load_weights(WeightSnapshot.of(model, dtype, version).state(), version)

    return min(_cpu(lambda v=v: publish(v)) for v in range(1, 1 + _ROUNDS))
