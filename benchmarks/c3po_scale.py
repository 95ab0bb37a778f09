"""The simulated runs of benchmarks/c3po.py: the paper's batch on many engines like this machine's.

What is taken from the paper (arXiv 2510.18855): 480 prompts of 8 rollouts, 65,536 tokens at most,
and that rollouts are 55.6 % of a synchronous step, which is what its two figures (2.5 times a
rollout phase, 1.5 times a step) imply. What is measured: every cost (c3po_costs.py). What is
chosen: 120 engines of 32 rollouts and a learner of 16 ranks, each as fast as one core here, which
do not share processors; the family of lengths, a lognormal cut at the cap. What is fitted: the
lengths' scale, so that the share comes out.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from functools import lru_cache
from statistics import NormalDist, fmean

from assay_datasets import derive_seed
from assay_trainer.scheduler_config import SchedulerConfig
from assay_trainer.scheduler_records import RolloutId
from assay_trainer.simulation import CostModel, SimulatedStep, simulate

GROUP, ROLLOUTS, CAP, SHARE = 8, 480 * 8, 65_536, 0.556
MODES = ("synchronous", "synchronous, overlap", "C3PO++", "C3PO++, overlap")
_LOOK = 64
_NORMAL = NormalDist()


@dataclass(frozen=True)
class Setting:
    """What is chosen.

    Attributes:
        engines: their number; the rollouts are shared among them.
        learner: ranks, each of the measured speed.
        spread: standard deviation of the logarithm of a length.
        retention: σ.
        steps, warm: iterations, and how many of them are left out while the pool fills.
    """

    engines: int = 120
    learner: int = 16
    spread: float = 0.8
    retention: int = 8
    steps: int = 24
    warm: int = 10

    def cost(self, measured: CostModel) -> CostModel:
        return replace(
            measured, engines=self.engines, train_token=measured.train_token / self.learner
        )


@dataclass(frozen=True)
class Lengths:
    """A lognormal, cut at the cap; each rollout's place in it is fixed by the seed."""

    median: float
    spread: float
    seed: int

    def __call__(self, rollout: RolloutId) -> int:
        place = _place(self.seed, rollout.group, rollout.index)
        return max(1, min(CAP, round(self.median * math.exp(self.spread * place))))


@lru_cache(maxsize=1 << 20)
def _place(seed: int, group: int, index: int) -> float:
    """A standard normal number."""
    draw = derive_seed("c3po", seed, group, index) % 2**52
    return _NORMAL.inv_cdf((draw + 0.5) / 2**52)


@dataclass(frozen=True)
class Simulated:
    """One mode's run; seconds are per step, once the pool is full."""

    steps: list[SimulatedStep]
    warm: int

    @property
    def _full(self) -> list[SimulatedStep]:
        return self.steps[self.warm :]

    @property
    def tokens(self) -> int:
        return sum(step.end.trained_tokens for step in self._full)

    @property
    def rollout_s(self) -> float:
        """Generation a step, as waited for."""
        return fmean(step.cut - step.began for step in self._full)

    @property
    def step_s(self) -> float:
        return (self.steps[-1].updated - self.steps[self.warm - 1].updated) / len(self._full)

    @property
    def train_s(self) -> float:
        return fmean(step.updated - step.update_began for step in self._full)

    @property
    def rate(self) -> float:
        """Trained tokens a second."""
        return self.tokens / (len(self._full) * self.step_s)

    @property
    def wasted(self) -> float:
        """Share of the generated tokens."""
        generated = sum(step.end.generated_tokens for step in self._full)
        return sum(step.end.wasted_tokens for step in self._full) / generated

    @property
    def resumed(self) -> float:
        return fmean(step.end.resumed for step in self._full)

    @property
    def length_gap(self) -> float:
        return self.steps[-1].end.length_gap

    @property
    def staleness(self) -> tuple[float, int]:
        """Of the oldest token of each trained rollout's group: mean and most."""
        lags: list[int] = []
        version = 0
        for step in self.steps:
            for group in step.end.released:
                lags += [version - (group.oldest_version or 0)] * len(group.rollouts)
            version += bool(step.end.released)
        return fmean(lags), max(lags)

    def seconds_to(self, tokens: int) -> float:
        """From a cold start until so many tokens were trained."""
        trained = 0
        for step in self.steps:
            trained += step.end.trained_tokens
            if trained >= tokens:
                return step.updated
        raise ValueError(f"{trained} tokens were trained, not {tokens}")


def fit(cost: CostModel, setting: Setting, seed: int) -> Lengths:
    """The lengths at which rollouts are their share of a synchronous step."""
    low, high = math.log(16), math.log(4 * CAP)
    for _ in range(30):
        middle = (low + high) / 2
        lengths = Lengths(math.exp(middle), setting.spread, seed)
        [step] = simulate(_synchronous(), cost, lengths, 1, look=_LOOK)
        share = (step.cut - step.began) / step.updated
        low, high = (middle, high) if share > SHARE else (low, middle)
    if abs(share - SHARE) > 0.005:
        raise ValueError(f"no lengths of this spread make rollouts {SHARE:.1%}: {share:.1%}")
    return Lengths(math.exp(middle), setting.spread, seed)


def _synchronous(**settings: bool) -> SchedulerConfig:
    return SchedulerConfig(group_size=GROUP, infer_capacity=ROLLOUTS, **settings)


def play(measured: CostModel, setting: Setting, seed: int) -> dict[str, Simulated]:
    """Every mode over the same lengths, with the same trained tokens a step."""
    cost = setting.cost(measured)
    lengths = fit(cost, setting, seed)

    def run(config: SchedulerConfig) -> Simulated:
        return Simulated(simulate(config, cost, lengths, setting.steps, look=_LOOK), setting.warm)

    runs = {MODES[0]: run(_synchronous())}
    runs[MODES[1]] = run(_synchronous(overlap=True))
    budget = round(fmean(step.end.trained_tokens for step in runs[MODES[0]].steps))
    for mode, overlap in ((MODES[2], False), (MODES[3], True)):
        runs[mode] = run(
            SchedulerConfig(
                group_size=GROUP,
                infer_capacity=ROLLOUTS,
                budget_tokens=budget,
                retention=setting.retention,
                overlap=overlap,
            )
        )
    return runs
