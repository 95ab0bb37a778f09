"""Random coloured grids that ``logic/induction`` shows: bars, blocks, rings and corners on blank.

    scene(rng, (5, 8), (1, 2, 3))    a grid of 5–8 rows and columns with objects of colours 1–3
    Scenes(rng, (5, 8), (1, 2, 3))   such grids without end, the same ones each time

No two objects touch by a side. A grid may come out blank.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from functools import lru_cache, reduce
from operator import or_
from random import Random

from assay_envs.logic.grid_steps import Grid, laid_out

_SHAPES = (
    "#", "##", "#/#", "###", "#/#/#", "##/##", "##/#.", "##/.#", "#./##", ".#/##", "###/###",
    "##/##/##", "###/###/###", "###/#.#/###", "###/#.#/###", "####/#..#/####", ".#./###/.#.",
    "#../###", "###/..#", "#.#/###",
)  # fmt: skip


_Stamp = tuple[int, int, Sequence[int]]
"""A coloured shape in the top left corner of a grid, as a number; its cells and the ones beside
them, as one whose byte for each is 255; by how many bits both may be shifted to other places."""


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

    The whole grid is one number, a byte a cell. A blank row above it makes room for what is beside
    the first one, and a blank column right of it parts the end of a row from the next.
    """
    low, high = size
    random = rng.random
    height, width = low + int(random() * (high - low + 1)), low + int(random() * (high - low + 1))
    stamps, row = _stamps(height, width, tuple(palette)), width + 1
    taken = cells = 0
    for _ in range(height * width // 11):
        shape, around, places = stamps[int(random() * len(stamps))]
        place = places[int(random() * len(places))]
        shape <<= place
        if not shape & taken:
            cells |= shape
            taken |= around << place
    return _without_last_column(((cells >> 8 * row).to_bytes(height * row, "little"), row))


_without_last_column = laid_out(lambda rows: [row[:-1] for row in rows])


@lru_cache(maxsize=1024)
def _stamps(height: int, width: int, palette: Sequence[int]) -> Sequence[_Stamp]:
    row = width + 1
    stamps: list[_Stamp] = []
    for picture in _SHAPES:
        lines = picture.split("/")
        marks = [(r, c) for r, line in enumerate(lines) for c, x in enumerate(line) if x == "#"]
        cells = sum(1 << 8 * ((r + 1) * row + c) for r, c in marks)
        sides = [cells << 8 * row, cells << 8, cells, cells >> 8, cells >> 8 * row]
        places = _places(height - len(lines) + 1, width - len(lines[0]) + 1, row)
        stamps += [(cells * colour, 255 * reduce(or_, sides), places) for colour in palette]
    return stamps


@lru_cache(maxsize=1024)
def _places(rows: int, columns: int, row: int) -> Sequence[int]:
    return tuple([8 * (r * row + c) for r in range(rows) for c in range(columns)])
