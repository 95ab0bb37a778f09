"""LatinBoard: candidates of a Latin-square puzzle as one integer, and an exact solver over it.

Theory of operation. A *candidate* is "value v stands in cell c". A *field* is a group of candidates
of which exactly one is true: the values of a cell, the columns of a value in a row, its rows in a
column, its places in a box. Every field is n + 1 bits of one big integer: a bit for each candidate
and a guard bit that stays 0. Each candidate so has one bit in each of three or four views of the
board, and one subtraction or addition over the whole integer treats all fields at once:

- ``rest``, every field less its lowest bit, is ``x & ((x | guards) - lows)``;
- the guard bits of ``rest + fulls`` tell which fields hold two candidates or more;
- a field whose guard stays 0 in ``x + fulls`` is empty: a contradiction.

So all naked and hidden singles of a round are found in a few machine-speed operations. The solver
is depth-first search over that: propagate singles, then split a field of two. It is exact, and it
counts its nodes. It does not explain itself; ``latin_steps`` does.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from functools import cache
from random import Random
from typing import TypeAlias

_ROW_TRIES = 10

Box: TypeAlias = tuple[int, int]
Refine: TypeAlias = Callable[[int], int]
"""Removes candidates that further rules of a game forbid; 0 where they contradict."""


class LatinBoard:
    """The tables of one board shape; positions are plain integers, so boards are shared freely.

    Args:
        n: side of the board; values and places count from 0.
        box: (rows, columns) of the boxes; None where the game has none.

    Attributes:
        full: the position in which everything is possible.
        keep: per candidate ``cell * n + value``, the mask that makes it true.
        view: per candidate, its bits in every view.
    """

    def __init__(self, n: int, box: Box | None) -> None:
        self.n = n
        self.box = box
        self._width = n + 1
        fields = self._fields()
        self._candidate_at = [0] * (len(fields) * self._width)
        self.view = [0] * n**3
        for f, field in enumerate(fields):
            for place, candidate in enumerate(field):
                self._candidate_at[f * self._width + place] = candidate
                self.view[candidate] |= 1 << (f * self._width + place)
        self.full = sum(self.view)
        self._lows = sum(1 << f * self._width for f in range(len(fields)))
        self._guards = self._lows << n
        self._fulls = self._guards - self._lows
        conflicts = [0] * n**3
        for field in fields:
            together = sum(self.view[candidate] for candidate in field)
            for candidate in field:
                conflicts[candidate] |= together
        everything = (1 << len(fields) * self._width) - 1
        self._others = [everything & ~bits for bits in self.view]
        self.keep = [
            self.full & ~(conflict & other)
            for conflict, other in zip(conflicts, self._others, strict=True)
        ]

    def position(self, clues: Iterable[tuple[int, int]]) -> int:
        """The position with these (cell, value) pairs true, nothing concluded yet."""
        x = self.full
        for cell, value in clues:
            x &= self.keep[cell * self.n + value]
        return x

    def candidates(self, x: int) -> list[int]:
        """Per cell, the bit mask of values still possible."""
        full = (1 << self.n) - 1
        cells = x & ((1 << self.n**2 * self._width) - 1)  # the first view; short, so quick to shift
        return [cells >> (cell * self._width) & full for cell in range(self.n * self.n)]

    def values(self, x: int) -> list[int]:
        """Per cell, its value in a solved position."""
        return [mask.bit_length() - 1 for mask in self.candidates(x)]

    def without(self, x: int, cell: int, value: int) -> int:
        """``x`` with that candidate removed."""
        return x & ~self.view[cell * self.n + value]

    def singles(self, x: int) -> int:
        """``x`` with all that singles conclude; 0 where that is a contradiction."""
        return self._propagate(x)[0]

    def solved(self, x: int) -> bool:
        """Whether one candidate is left in every field of a position without contradiction."""
        return not x & ((x | self._guards) - self._lows)

    def solutions(
        self, x: int, limit: int = 2, refine: Refine | None = None
    ) -> tuple[list[int], int]:
        """Up to ``limit`` solved positions of ``x``, and the nodes that the search took."""
        found: list[int] = []
        stack, nodes = [x], 0
        while stack and len(found) < limit:
            nodes += 1
            x, rest, many = self._propagate(stack.pop())
            if x and refine:
                x, rest, many = self._refined(x, rest, many, refine)
            if not x:
                continue
            if not many:
                found.append(x)
                continue
            candidate = self._split(x, rest, many)
            stack.append(x & ~self.view[candidate])
            stack.append(x & self.keep[candidate])
        return found, nodes

    def _propagate(self, x: int) -> tuple[int, int, int]:
        """Singles to their end: the position (0 = contradiction), its rest, its open fields."""
        lows, guards, fulls, n = self._lows, self._guards, self._fulls, self.n
        candidate_at, keep, others = self._candidate_at, self.keep, self._others
        open_bits = self.full
        while True:
            if (x + fulls) & guards != guards:
                return 0, 0, 0
            rest = x & ((x | guards) - lows)
            many = (rest + fulls) & guards
            new = x & ~(many - (many >> n)) & open_bits
            if not new:
                return x, rest, many
            while new:
                candidate = candidate_at[new.bit_length() - 1]
                x &= keep[candidate]
                other = others[candidate]
                new &= other
                open_bits &= other

    def _refined(self, x: int, rest: int, many: int, refine: Refine) -> tuple[int, int, int]:
        while x and (better := refine(x)) != x:
            x, rest, many = self._propagate(better) if better else (0, 0, 0)
        return x, rest, many

    def _split(self, x: int, rest: int, many: int) -> int:
        """A candidate to decide: one of a field of two where there is one."""
        rest_of_rest = rest & ((rest | self._guards) - self._lows)
        two = many & ~((rest_of_rest + self._fulls) & self._guards)
        low = (two or many).bit_length() - 1 - self.n
        field = x >> low & ((1 << self.n) - 1)
        return self._candidate_at[low + field.bit_length() - 1]

    def _fields(self) -> list[list[int]]:
        """The candidates of every field: first the cells in order, then the units."""
        n = self.n
        cells = [[cell * n + value for value in range(n)] for cell in range(n * n)]
        units = units_of(n, self.box)
        return cells + [[cell * n + value for cell in unit] for unit in units for value in range(n)]


@cache
def board(n: int, box: Box | None = None) -> LatinBoard:
    """The board of this shape, made once a process."""
    return LatinBoard(n, box)


@cache
def units_of(n: int, box: Box | None) -> Sequence[Sequence[int]]:
    """The cells of every row, then every column, then every box."""
    units = [[r * n + c for c in range(n)] for r in range(n)]
    units += [[r * n + c for r in range(n)] for c in range(n)]
    if box:
        height, width = box
        units += [
            [(top + r) * n + left + c for r in range(height) for c in range(width)]
            for top in range(0, n, height)
            for left in range(0, n, width)
        ]
    return units


def random_square(rng: Random, n: int, box: Box | None) -> list[int]:
    """A filled grid, values from 0: random rows, begun anew where a row has no way on."""
    while (grid := _rows_from_scratch(rng, n, box or (1, n))) is None:
        pass
    return grid


def _rows_from_scratch(rng: Random, n: int, box: Box) -> list[int] | None:
    height, width = box
    columns = [(1 << n) - 1] * n
    grid: list[int] = []
    for r in range(n):
        if r % height == 0:
            boxes = [(1 << n) - 1] * (n // width)
        for _ in range(_ROW_TRIES):
            if row := _random_row(rng, columns, boxes, width):
                break
        else:
            return None
        for c, value in enumerate(row):
            columns[c] &= ~(1 << value)
            boxes[c // width] &= ~(1 << value)
        grid += row
    return grid


def _random_row(
    rng: Random, columns: Sequence[int], boxes: Sequence[int], width: int
) -> list[int] | None:
    """A row that fits what columns and boxes still miss; None where chance led into a dead end."""
    row, used, random, choices = [], 0, rng.random, _choices(len(columns))
    for c, missing in enumerate(columns):
        fitting = choices[missing & boxes[c // width] & ~used]
        if not fitting:
            return None
        value = fitting[int(random() * len(fitting))]
        used |= 1 << value
        row.append(value)
    return row


@cache
def _choices(n: int) -> list[list[int]]:
    """Per bit mask, the values in it."""
    return [[value for value in range(n) if mask >> value & 1] for mask in range(1 << n)]
