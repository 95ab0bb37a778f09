"""What benchmarks/icepop.py compares: settings, methods, and the cells in the order of their worth.

exact     engine and learner compute the same: what the others lose, they lose to the mismatch
bf16      the real mismatch: a mixture of experts in bfloat16, learnt in float32
int3      the engine's weights rounded to three bits a row
router    noise on the engine's router logits, drawn anew for every token
stale16   weights handed over every 16 steps only; stale32 every 32. Off-policy lag, which is
stale32   not the mismatch that the paper is about, but comes to the loss as the same ratio

ppo-engine   GRPO clipped against the probabilities that the tokens were sampled with
ppo4-...     a step's batch cut into four updates at half the learning rate, since a clip against
             the learner's own probabilities of the step's start can do nothing in its first update
"""

from __future__ import annotations

from dataclasses import dataclass

import torch
from icepop_run import Method, Setting

from assay_trainer.losses import LossConfig

SEEDS = (0, 1, 2)


@dataclass(frozen=True)
class Mismatch:
    """One setting: what the engine does, and for how many steps it is trained against."""

    make: Setting
    steps: int
    title: str


SETTINGS = {
    "exact": Mismatch(Setting(), 160, "no mismatch"),
    "stale32": Mismatch(Setting(sync=32), 160, "weights up to 31 steps old"),
    "stale16": Mismatch(Setting(sync=16), 128, "weights up to 15 steps old"),
    "router": Mismatch(Setting(router_noise=1.0), 128, "noise on the engine's routers"),
    "int3": Mismatch(Setting(bits=3), 128, "engine weights in 3 bits"),
    "bf16": Mismatch(Setting(dtype=torch.bfloat16), 160, "bfloat16 engine"),
}

LOSSES = ("grpo", "tis", "icepop", "ipo", "kpop")
BANDS = ((0.5, 2.0), (0.4, 5.0), (0.2, 5.0), (0.8, 1.25))
_FOUR_UPDATES = {
    "ppo4-learner": LossConfig(name="grpo"),
    "ppo4-engine": LossConfig(name="grpo", clip_against="engine"),
    "ppo4-icepop": LossConfig(name="icepop"),
}
CLIPS = ("ppo-engine", *_FOUR_UPDATES)


def band_name(alpha: float, beta: float) -> str:
    return f"icepop-{alpha:g}-{beta:g}"


METHODS = (
    {name: Method(LossConfig(name=name)) for name in LOSSES}
    | {"ppo-engine": Method(LossConfig(name="grpo", clip_against="engine"))}
    | {name: Method(loss, updates=4, lr=1e-4) for name, loss in _FOUR_UPDATES.items()}
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
    ("stale32", ("grpo", "icepop")),
    ("exact", ("grpo",)),
    ("stale32", ("tis", "ipo", "kpop", *CLIPS)),
    ("bf16", ("grpo", "icepop", "tis", "ipo", "kpop")),
    ("int3", ("grpo", "icepop", "tis", "ipo", "kpop")),
    ("router", ("grpo", "icepop", "tis", "ipo", "kpop")),
    ("stale32", tuple(band_name(*band) for band in BANDS)),
    ("stale16", ("grpo", "icepop", "tis")),
)


def cells() -> list[Cell]:
    """All of them; every seed of a method comes before the next method, so that none has gaps."""
    return [
        Cell(setting, method, seed)
        for setting, methods in _GRID
        for method in methods
        for seed in SEEDS
    ]
