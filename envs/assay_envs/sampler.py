"""Sampler: places of a suite in order, each at the level from which most can be learned now.

    sampler = Sampler(Suite.load("logic"), seed=1)
    spec = sampler.draw()
    sampler.record(spec, score=1.0)
    saved = sampler.state()                    JSON; Sampler(...).load(saved) goes on from there

The env of a place is the blend's, by weight. Its level is drawn among the share's levels in
proportion to ``4 p (1 - p)``, where ``p`` is the pass rate measured there: a level that always
passes or always fails teaches nothing, one that passes half the time teaches most. The rate is a
mean over recent records (older ones fade), begun at one half, so that what was never tried is
tried; and no level falls below a floor, so that one that was mastered or out of reach is looked at
again. Draws depend on the seed, the place and what was recorded before, and on nothing else.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from itertools import accumulate

from assay_datasets import InputError, Json, Share, Split, TaskSpec, derive_random, derive_seed
from assay_envs.suite import Suite

_FADE = 0.98  # of older records with each new one: the last fifty or so count
_PRIOR = 1.0  # a pass and a failure that were never recorded
_FLOOR = 0.05  # least weight of a level; the most is 1


@dataclass
class _Rate:
    """Passes and records of one level, the older ones faded."""

    passes: float = 0.0
    records: float = 0.0

    def add(self, score: float) -> None:
        self.passes = self.passes * _FADE + score
        self.records = self.records * _FADE + 1

    @property
    def mean(self) -> float:
        return (self.passes + _PRIOR) / (self.records + 2 * _PRIOR)

    @property
    def weight(self) -> float:
        return max(_FLOOR, 4 * self.mean * (1 - self.mean))


@dataclass
class Sampler:
    """Draws specs from a suite and learns from their scores.

    Attributes:
        suite: whose blend is drawn from.
        seed: decides the draws.
        split: which tasks are drawn.
        place: how many were drawn.
    """

    suite: Suite
    seed: int = 0
    split: Split = "train"
    place: int = 0
    _rates: dict[tuple[str, int], _Rate] = field(default_factory=dict)

    def draw(self) -> TaskSpec:
        """What stands at the next place."""
        share = self.suite.blend.share_at(self.place, self.seed, self.split)
        level = self._level(share)
        spec = TaskSpec(share.env, derive_seed("sampler", self.seed, self.place), level)
        self.place += 1
        return self.suite.in_split(spec, self.split)

    def record(self, spec: TaskSpec, score: float | None) -> None:
        """Learn from the score, in [0, 1], of a task that was drawn; None, undecided, is nothing.

        Raises:
            InputError: a score that is none.
        """
        if score is None:
            return
        if not 0.0 <= score <= 1.0:
            raise InputError(f"a score lies between 0 and 1, not at {score!r}")
        self._rates.setdefault((spec.env, spec.difficulty), _Rate()).add(score)

    def rates(self) -> dict[str, dict[int, float]]:
        """The pass rates that levels are drawn by: env → level → rate."""
        return {
            share.env: {level: self._rate(share.env, level).mean for level in share.levels}
            for share in self.suite.blend.shares
        }

    def state(self) -> dict[str, Json]:
        """All that a sampler of the same suite, seed and split needs to go on, as JSON."""
        return {
            "suite": self.suite.name,
            "seed": self.seed,
            "split": self.split,
            "place": self.place,
            "rates": [
                [env, level, rate.passes, rate.records]
                for (env, level), rate in sorted(self._rates.items())
            ],
        }

    def load(self, state: Mapping[str, Json]) -> None:
        """Go on from a state of a sampler of the same suite, seed and split.

        Raises:
            InputError: it is of another one.
        """
        for name, own in (("suite", self.suite.name), ("seed", self.seed), ("split", self.split)):
            if state.get(name) != own:
                raise InputError(f"the state is of {name} {state.get(name)!r}, not {own!r}")
        self.place = int(state["place"])
        self._rates = {
            (env, level): _Rate(passes, records) for env, level, passes, records in state["rates"]
        }

    def _level(self, share: Share) -> int:
        weights = [self._rate(share.env, level).weight for level in share.levels]
        point = derive_random("level", self.seed, self.split, self.place).random() * sum(weights)
        edges = accumulate(weights)
        return next(
            (level for level, edge in zip(share.levels, edges, strict=True) if point < edge),
            share.levels[-1],
        )

    def _rate(self, env: str, level: int) -> _Rate:
        return self._rates.get((env, level), _Rate())
