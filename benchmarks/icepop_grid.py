"""What benchmarks/icepop.py compares: settings, methods, and the cells in the order of their worth.

exact     engine and learner compute the same: what the others lose, they lose to the mismatch
bf16      the real mismatch: a mixture of experts in bfloat16, learnt in float32
int3      the engine's weights rounded to three bits a row
router    noise on the engine's router logits, drawn anew for every token
stale16   weights handed over every 16 steps only; stale32 every 32. Off-policy lag, which is
stale32   not the mismatch that the paper is about, but comes to the loss as the same ratio
"""

from __future__ import annotations

from dataclasses import dataclass

import torch
from icepop_run import Method, Plan, Setting

from assay_trainer.losses import LossConfig

SEEDS = (0, 1, 2)


@dataclass(frozen=True)
class Mismatch:
    """One setting: what the engine does, and how long it is trained against."""

    make: Setting
    plan: Plan
    title: str


SETTINGS = {
    "exact": Mismatch(Setting(), Plan(steps=192), "no mismatch"),
    "bf16": Mismatch(Setting(dtype=torch.bfloat16), Plan(steps=128), "bfloat16 engine"),
    "int3": Mismatch(Setting(bits=3), Plan(steps=128), "engine weights in 3 bits"),
    "router": Mismatch(Setting(router_noise=1.0), Plan(steps=128), "router noise"),
    "stale16": Mismatch(Setting(sync=16), Plan(steps=128), "weights 16 steps old"),
    "stale32": Mismatch(Setting(sync=32), Plan(steps=192), "weights 32 steps old"),
}

LOSSES = ("grpo", "tis", "icepop", "ipo", "kpop")
BANDS = ((0.5, 2.0), (0.4, 5.0), (0.2, 5.0), (0.8, 1.25))
_CLIPS = {
    "ppo-learner": Method(LossConfig(name="grpo"), updates=4),
    "ppo-engine": Method(LossConfig(name="grpo", clip_against="engine")),
}


def band_name(alpha: float, beta: float) -> str:
    return f"icepop-{alpha:g}-{beta:g}"


METHODS = (
    {name: Method(LossConfig(name=name)) for name in LOSSES}
    | _CLIPS
    | {band_name(a, b): Method(LossConfig(name="icepop", alpha=a, beta=b)) for a, b in BANDS}
)


@dataclass(frozen=True)
class Cell:
    """One run."""

    setting: str
    method: str
    seed: int

    @property
    def name(self) -> str:
        return f"{self.setting}/{self.method}/{self.seed}"


_GRID = (
    ("stale32", LOSSES),
    ("bf16", LOSSES),
    ("exact", ("grpo",)),
    ("int3", LOSSES),
    ("router", LOSSES),
    ("stale32", tuple(_CLIPS)),
    ("stale32", tuple(band_name(*band) for band in BANDS)),
    ("stale16", LOSSES[:3]),
)


def cells() -> list[Cell]:
    """All of them; every seed of a block comes before its next seed's, so that three are whole."""
    return [
        Cell(setting, method, seed)
        for setting, methods in _GRID
        for seed in SEEDS
        for method in methods
    ]
