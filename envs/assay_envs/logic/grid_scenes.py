"""Random coloured grids that ``logic/induction`` shows: bars, blocks, rings and corners on blank.

    scene(rng, (5, 8), (1, 2, 3))    a grid of 5–8 rows and columns with objects of colours 1–3
    Scenes(rng, (5, 8), (1, 2, 3))   such grids without end, the same ones each time

No two objects touch by a side. A grid may come out blank.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache, reduce
from operator import or_
from random import Random

from assay_envs.logic.grid_steps import Grid, laid_out

_SHAPES = (
    "#", "##", "#/#", "###", "#/#/#", "##/##", "##/#.", "##/.#", "#./##", ".#/##", "###/###",
    "##/##/##", "###/###/###", "###/#.#/###", "###/#.#/###", "####/#..#/####", ".#./###/.#.",
    "#../###", "###/..#", "#.#/###",
)  # fmt: skip


@dataclass(frozen=True)
class _Stamp:
    """A shape in the top left corner of a grid, as numbers whose byte for a cell is 1 or 0.

    Attributes:
        cells: the shape's own.
        around: those and the ones beside them, one row further down.
        places: by how many bits it may be shifted to other places of the grid.
    """

    cells: int
    around: int
    places: Sequence[int]


class Scenes:
    """Scenes without end; going through them again gives the same ones, made when first met."""

    def __init__(self, rng: Random, size: tuple[int, int], palette: Sequence[int]) -> None:
        self._rng, self._size, self._palette = rng, size, palette
        self._made: list[Grid] = []

    def __iter__(self) -> Iterator[Grid]:
        yield from self._made
        while True:
            self._made.append(scene(self._rng, self._size, self._palette))
            yield self._made[-1]


def scene(rng: Random, size: tuple[int, int], palette: Sequence[int]) -> Grid:
    """Objects that do not touch each other on a blank grid, height and width between ``size``.

    The whole grid is one number. A blank column right of it parts the end of a row from the next.
    """
    low, high = size
    random = rng.random
    height, width = [low + int(random() * (high - low + 1)) for _ in range(2)]
    stamps, row = _stamps(height, width), 8 * (width + 1)
    taken = cells = 0
    for _ in range(height * width // 11):
        stamp = stamps[int(random() * len(stamps))]
        place = stamp.places[int(random() * len(stamp.places))]
        if not stamp.cells << place & taken:
            cells |= stamp.cells * palette[int(random() * len(palette))] << place
            taken |= stamp.around << place >> row
    return _without_last_column((cells.to_bytes(height * (width + 1), "little"), width + 1))


_without_last_column = laid_out(lambda rows: [row[:-1] for row in rows])


@lru_cache(maxsize=256)
def _stamps(height: int, width: int) -> Sequence[_Stamp]:
    row = width + 1
    sides = [8 * shift for shift in (0, row - 1, row, row + 1, 2 * row)]
    stamps = []
    for picture in _SHAPES:
        lines = picture.split("/")
        marks = [(r, c) for r, line in enumerate(lines) for c, x in enumerate(line) if x == "#"]
        cells = sum(1 << 8 * (r * row + c) for r, c in marks)
        places = _places(height - len(lines) + 1, width - len(lines[0]) + 1, row)
        stamps.append(_Stamp(cells, reduce(or_, [cells << side for side in sides]), places))
    return stamps


@lru_cache(maxsize=1024)
def _places(rows: int, columns: int, row: int) -> Sequence[int]:
    return tuple([8 * (r * row + c) for r in range(rows) for c in range(columns)])
