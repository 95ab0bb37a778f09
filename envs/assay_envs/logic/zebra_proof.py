"""The worked solution of zebra puzzles: one deduction a line, and suppositions that fail."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from assay_envs.environment import CertificateError
from assay_envs.logic.zebra_clues import Clue
from assay_envs.logic.zebra_solver import narrowing


class Proof:
    """The table in deductions: what a clue rules out, and suppositions that fail."""

    def __init__(self, houses: Sequence[Sequence[str]], clues: Sequence[Clue]) -> None:
        self._n, self._m = len(houses), len(houses[0])
        self._names = [value for column in zip(*houses, strict=True) for value in column]
        self._clues = clues

    def lines(self) -> list[str]:
        masks = [(1 << self._n) - 1] * (self._n * self._m)
        lines: list[str] = []
        while True:
            self._follow(masks, lines)
            wide = [value for value, mask in enumerate(masks) if mask & (mask - 1)]
            if not wide:
                return lines
            value, house, why = self._refuted(masks, wide)
            masks[value] &= ~(1 << house)
            name, place = self._names[value], house + 1
            lines.append(f"Suppose {name} in house {place}: {why} So not house {place}.")

    def _refuted(self, masks: list[int], wide: Sequence[int]) -> tuple[int, int, str]:
        """A value and a house that cannot be its own, with the contradiction; the shortest."""
        for depth in range(len(masks)):
            found = [
                (why, value, house)
                for value in wide
                for house in range(self._n)
                if masks[value] >> house & 1 and house != value % self._n
                if (why := self._contradiction(masks, value, house, depth))
            ]
            if found:
                why, value, house = min(found, key=lambda one: len(one[0]))
                return value, house, why
        raise CertificateError("the clues do not decide the table")

    def _contradiction(self, masks: list[int], value: int, house: int, depth: int) -> str:
        tried, lines = masks[:], list[str]()
        tried[value] = 1 << house
        if not self._follow(tried, lines):
            return " ".join(lines)
        wide = [value for value, mask in enumerate(tried) if mask & (mask - 1)]
        if depth == 0 or not wide:
            return ""
        pick = min(wide, key=lambda value: tried[value].bit_count())
        for place in range(self._n):
            if tried[pick] >> place & 1:
                why = self._contradiction(tried, pick, place, depth - 1)
                if not why:
                    return ""
                lines.append(f"[{self._names[pick]} in house {place + 1}: {why}]")
        return " ".join(lines)

    def _follow(self, masks: list[int], lines: list[str]) -> bool:
        """Narrow ``masks`` one deduction at a time; false at a contradiction, which is told."""
        changed = True
        while changed:
            changed = False
            for number, clue in enumerate(self._clues, start=1):
                for value, mask in self._by_clue(masks, clue):
                    if mask != masks[value]:
                        masks[value], changed = mask, True
                        lines.append(f"Clue {number}: {self._state(value, mask)}")
                        if not mask:
                            return False
            for value, mask in self._by_exclusion(masks):
                if mask != masks[value]:
                    masks[value], changed = mask, True
                    lines.append(f"Then {self._state(value, mask)}")
                    if not mask:
                        return False
        return True

    def _by_clue(self, masks: list[int], clue: Clue) -> Iterator[tuple[int, int]]:
        kind, x, y = clue
        if kind == "at":
            yield x, masks[x] & 1 << y
        elif kind == "end":
            yield x, masks[x] & (1 | 1 << self._n - 1)
        else:
            forth, back = narrowing(kind, self._n)
            yield y, masks[y] & forth[masks[x]]
            yield x, masks[x] & back[masks[y]]

    def _by_exclusion(self, masks: list[int]) -> Iterator[tuple[int, int]]:
        for value in range(len(masks)):
            first = value - value % self._n
            others = [masks[other] for other in range(first, first + self._n) if other != value]
            taken = union = 0
            for mask in others:
                union |= mask
                taken |= mask if not mask & (mask - 1) else 0
            alone = masks[value] & ~union
            yield value, alone if alone else masks[value] & ~taken

    def _state(self, value: int, mask: int) -> str:
        places = [str(house + 1) for house in range(self._n) if mask >> house & 1]
        if not places:
            return f"{self._names[value]} fits nowhere."
        return f"{self._names[value]} in {' or '.join(places)}."
