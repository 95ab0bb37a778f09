"""Blend: which env, which level and which seed stand at place ``index`` of a weighted mixture.

Nothing is drawn and remembered: a place is computed from its number, so any process can ask for
place 70,000 first and a resumed run goes on where it stopped. Shares are spread by a sequence of
low discrepancy, so that a window of n places holds each share's part of n to within a few.

It knows no environment and makes no task.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import accumulate

from assay_datasets.errors import InputError
from assay_datasets.seeds import derive_seed

_GOLDEN = 0x9E3779B97F4A7C15  # 2**64 / golden ratio: multiples of it fill [0, 2**64) evenly
_SPAN = 1 << 64


@dataclass(frozen=True)
class TaskSpec:
    """All that decides one task: ``make(env).generate(seed, difficulty)``."""

    env: str
    seed: int
    difficulty: int


@dataclass(frozen=True)
class Share:
    """One env's part of a blend: a weight relative to the others, and the levels drawn alike."""

    env: str
    weight: float
    levels: tuple[int, ...]


@dataclass(frozen=True)
class Blend:
    """A weighted mixture of envs; weights need not add up to one."""

    shares: tuple[Share, ...]

    def __post_init__(self) -> None:
        if not self.shares:
            raise InputError("a blend needs at least one env")
        for share in self.shares:
            if not share.weight > 0:
                raise InputError(f"{share.env}: weight must be above 0, not {share.weight!r}")
            if not share.levels:
                raise InputError(f"{share.env}: no difficulty level is named")

    def spec(self, index: int, seed: int = 0, stream: str = "") -> TaskSpec:
        """Place ``index`` (0, 1, …) of the mixture named by ``seed`` and ``stream``."""
        share = self.share_at(index, seed, stream)
        place = derive_seed("blend", stream, seed, index)
        level = share.levels[place % len(share.levels)]
        return TaskSpec(share.env, derive_seed("task", place), level)

    def share_at(self, index: int, seed: int = 0, stream: str = "") -> Share:
        """The share that place ``index`` belongs to."""
        offset = derive_seed("blend", stream, seed)
        point = (offset + index * _GOLDEN) % _SPAN / _SPAN
        return _pick(self.shares, point)


def _pick(shares: Sequence[Share], point: float) -> Share:
    total = sum(share.weight for share in shares)
    for share, edge in zip(shares, accumulate(share.weight for share in shares), strict=True):
        if point * total < edge:
            return share
    return shares[-1]
