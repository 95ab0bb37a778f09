"""Random coloured grids that ``logic/induction`` shows: bars, blocks, rings and corners on blank.

    scene(rng, (5, 8), "123")       a grid of 5–8 rows and columns with objects of colours 1–3

No two objects touch by a side. A grid may come out blank.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache, reduce
from operator import or_
from random import Random

from assay_envs.logic.grid_steps import Grid

_MARGIN = 4  # as wide as the widest shape
_SHAPES = (
    "#", "##", "#/#", "###", "#/#/#", "##/##", "##/#.", "##/.#", "#./##", ".#/##", "###/###",
    "##/##/##", "###/###/###", "###/#.#/###", "###/#.#/###", "####/#..#/####", ".#./###/.#.",
    "#../###", "###/..#", "#.#/###",
)  # fmt: skip


def scene(rng: Random, size: tuple[int, int], palette: str) -> Grid:
    """Objects that do not touch each other on a blank grid, height and width between ``size``.

    Cells are numbers of four bits, and the whole is one number. Right of the grid and below it lies
    a margin as wide as the widest shape, on which nothing may lie.
    """
    low, high = size
    random = rng.random
    height, width = [low + int(random() * (high - low + 1)) for _ in range(2)]
    row = width + _MARGIN
    stamps, taken, cells = _stamps(row), _margins(height, width), 0
    for _ in range(height * width // 6):
        shape, surroundings = stamps[int(random() * len(stamps))]
        corner = 4 * (int(random() * height) * row + int(random() * width))
        if not shape << corner & taken:
            cells |= (shape << corner) * int(palette[int(random() * len(palette))])
            taken |= surroundings << corner >> 4 * row
    text = f"{cells:0{height * row}x}"[::-1]
    return tuple([text[start : start + width] for start in range(0, height * row, row)])


@lru_cache(maxsize=64)
def _margins(height: int, width: int) -> int:
    """A one in each cell beyond the grid."""
    right = "0" * width + "1" * _MARGIN
    below = "1" * (_MARGIN * (width + _MARGIN))
    return int((right * height + below)[::-1], 16)


@lru_cache(maxsize=64)
def _stamps(row: int) -> Sequence[tuple[int, int]]:
    """The shapes, a one a cell, in rows so long; with their sides, those one row further down."""
    shapes = [
        sum(1 << 4 * (r * row + c) for r, line in enumerate(picture.split("/"))
            for c, mark in enumerate(line) if mark == "#")
        for picture in _SHAPES
    ]  # fmt: skip
    sides = [4 * shift for shift in (0, row - 1, row, row + 1, 2 * row)]
    return [(shape, reduce(or_, [shape << side for side in sides])) for shape in shapes]
