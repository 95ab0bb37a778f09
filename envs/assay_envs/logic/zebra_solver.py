"""A solver for zebra puzzles: a mask of the houses that each value may still belong to.

Clues narrow the masks, and so does "every house has one value of an attribute"; where neither does,
a value's houses are tried one after another. So what it counts as unique is unique.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import lru_cache
from typing import TypeAlias

from assay_envs.logic.zebra_clues import Clue

_Narrow: TypeAlias = "tuple[list[int], list[int]]"
"""Of a kind of clue: for a mask of x the houses left to y, and the other way round."""


@lru_cache(maxsize=32)
def narrowing(kind: str, n: int) -> _Narrow:
    """What a kind of clue leaves, as tables by mask."""
    follows: dict[str, Callable[[int, int], bool]] = {
        "same": lambda x, y: x == y,
        "apart": lambda x, y: x != y,
        "left": lambda x, y: x + 1 == y,
        "next": lambda x, y: abs(x - y) == 1,
        "before": lambda x, y: x < y,
        "gap": lambda x, y: abs(x - y) == 2,
    }
    holds = follows[kind]

    def table(fits: Callable[[int, int], bool]) -> list[int]:
        return [
            sum(1 << y for y in range(n) if any(mask >> x & 1 and fits(x, y) for x in range(n)))
            for mask in range(1 << n)
        ]

    return table(holds), table(lambda y, x: holds(x, y))


class Solver:
    """Masks of possible houses, narrowed by clues; ``consulted`` counts the work."""

    def __init__(self, n: int, m: int) -> None:
        self.n = n
        self.full = (1 << n) - 1
        self.masks = [self.full] * (n * m)
        self.consulted = 0

    def narrow(self, clues: Sequence[Clue]) -> bool:
        """Follow all clues until nothing changes; false at a contradiction."""
        masks, n = self.masks, self.n
        rules = []
        for kind, x, y in clues:
            if kind == "at":
                masks[x] &= 1 << y
            elif kind == "end":
                masks[x] &= 1 | 1 << n - 1
            else:
                rules.append((x, y, *narrowing(kind, n)))
        before: list[int] = []
        while before != masks:
            before = masks[:]
            self.consulted += len(clues)
            for x, y, forth, back in rules:
                masks[y] &= forth[masks[x]]
                masks[x] &= back[masks[y]]
            if not self._exclude():
                return False
        return True

    def _exclude(self) -> bool:
        """Every house has one value of an attribute, every value one house."""
        masks, n, full = self.masks, self.n, self.full
        for first in range(0, len(masks), n):
            once = more = fixed = 0
            for mask in masks[first : first + n]:
                more |= once & mask
                once |= mask
                if not mask & (mask - 1):
                    if not mask or fixed & mask:
                        return False
                    fixed |= mask
            if once != full:
                return False
            if fixed == full:
                continue
            lonely = once & ~more & ~fixed
            for value in range(first, first + n):
                mask = masks[value]
                if mask & (mask - 1):
                    masks[value] = mask & lonely or mask & ~fixed
        return True

    def done(self) -> bool:
        return not any(mask & (mask - 1) for mask in self.masks)

    def solutions(self, clues: Sequence[Clue], most: int) -> int:
        """How many tables fit, counted up to ``most``."""
        if not self.narrow(clues):
            return 0
        if self.done():
            return 1
        wide = [value for value, mask in enumerate(self.masks) if mask & (mask - 1)]
        value = min(wide, key=lambda value: self.masks[value].bit_count())
        saved, count = self.masks, 0
        for house in range(self.n):
            if saved[value] >> house & 1 and count < most:
                self.masks = saved[:]
                self.masks[value] = 1 << house
                count += self.solutions(clues, most - count)
        self.masks = saved
        return count
