"""The clues of zebra puzzles: what they say, in numbers and by name, and which puzzles are alike.

``fitting_tables`` finds every table that fits by trying orders of values: the certificate's second
method, which shares nothing with the solver.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Mapping, Sequence
from itertools import chain, permutations
from typing import Any, TypeAlias

from assay_envs.logic.canonical import canonical

Clue: TypeAlias = list[Any]
"""``[kind, x, y]``: values are numbered ``attribute * n + i``; ``at`` has a house 0… as y, ``end``
has no y. In a generated puzzle i is the house where the value belongs."""


def by_name(table: Sequence[Sequence[str]], clue: Clue) -> Clue:
    """A clue with values by name, and houses from 1."""
    n = len(table[0])
    kind, x, y = clue
    first = table[x // n][x % n]
    if kind in ("at", "end"):
        return [kind, first, y + 1]
    return [kind, first, table[y // n][y % n]]


def by_number(table: Sequence[Sequence[str]], clue: Clue) -> Clue:
    """A clue with values by number, as ``table`` lists them; ``KeyError`` for one it lacks."""
    number = {value: i for i, value in enumerate(chain(*table))}
    kind, x, y = clue
    return [kind, number[x], y - 1 if kind in ("at", "end") else number[y]]


_SYMMETRIC = ("same", "apart", "next", "gap")


def structure(clues: Sequence[Clue], n: int, m: int) -> str:
    """A digest that is the same exactly for puzzles that differ by names and order."""

    def describe(colours: Sequence[int]) -> list[str]:
        said: list[list[str]] = [[] for _ in range(m)]
        for kind, x, y in clues:
            if kind in ("at", "end"):
                said[x // n].append(f"{kind} {x % n}")
                continue
            for one, other, side in ((x, y, "<"), (y, x, ">")):
                side = "" if kind in _SYMMETRIC else side
                far = "me" if one // n == other // n else str(colours[other // n])
                said[one // n].append(f"{kind}{side} {one % n} {other % n} {far}")
        return [",".join(sorted(parts)) for parts in said]

    return hashlib.sha256(canonical([0] * m, describe).encode()).hexdigest()[:24]


def fitting_tables(clues: Sequence[Clue], n: int, m: int) -> Iterator[dict[int, int]]:
    """Every table that fits: the house of each value."""
    order: list[int] = []
    decided: list[list[Clue]] = []  # by each attribute of the order, given those before it
    for _ in range(m):
        by = {a: [c for c in clues if a in _about(c, n) <= {a, *order}] for a in range(m)}
        newest = max((a for a in range(m) if a not in order), key=lambda a: len(by[a]))
        order.append(newest)
        decided.append(by[newest])

    def extend(house: dict[int, int], depth: int) -> Iterator[dict[int, int]]:
        if depth == m:
            yield house
            return
        for places in permutations(range(n)):
            longer = house | {order[depth] * n + i: place for i, place in enumerate(places)}
            if all(_holds(clue, longer, n) for clue in decided[depth]):
                yield from extend(longer, depth + 1)

    return extend({}, 0)


def _about(clue: Clue, n: int) -> set[int]:
    """The attributes that a clue is about."""
    return {value // n for value in (clue[1:2] if clue[0] in ("at", "end") else clue[1:])}


def _holds(clue: Clue, house: Mapping[int, int], n: int) -> bool:
    kind, x, y = clue
    if kind == "at":
        return house[x] == int(y)
    if kind == "end":
        return house[x] in (0, n - 1)
    apart = house[y] - house[x]
    if kind == "same":
        return apart == 0
    if kind == "apart":
        return apart != 0
    if kind == "left":
        return apart == 1
    if kind == "before":
        return apart > 0
    return abs(apart) == (1 if kind == "next" else 2)
