"""What the rules of ``grid_rules`` do to a grid, one function each; colours are named before it.

A grid is its cells row by row, a byte 0–9 each, and its width; 0 is blank. An object is a set of
cells of one colour that hang together by sides. Where several objects (or colours) tie for most or
fewest, all of them are meant.

Two things make it fast. Moving cells about is one ``bytes.translate``: of the table that says for
each new cell where it comes from, made once for each size. Sets of cells are numbers whose byte for
a cell, the first one lowest, is 255 or 0, so that painting and erasing are a few operations on
whole numbers, and an object is spread from its first cell by shifting.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from functools import lru_cache, reduce
from operator import or_
from typing import Final, TypeVar

Grid = tuple[bytes, int]
"""Cells row by row, and the width."""

Rows = Sequence[str]
"""A grid as text, a digit a cell."""

Apply = Callable[..., Grid]
Undo = Callable[..., Grid | None]

BLANK = 0
COLOURS = range(1, 10)

_DIGITS = b"0123456789"
_AS_CELLS = bytes.maketrans(_DIGITS, bytes(range(10)))
_AS_DIGITS = bytes.maketrans(bytes(range(10)), _DIGITS)
_LITTLE: Final = "little"


def grid_of(rows: Rows) -> Grid:
    return "".join(rows).encode().translate(_AS_CELLS), len(rows[0])


def rows_of(grid: Grid) -> Rows:
    width, digits = grid[1], digits_of(grid[0])
    return [digits[start : start + width] for start in range(0, len(digits), width)]


def digits_of(cells: bytes) -> str:
    return cells.translate(_AS_DIGITS).decode()


def text_of(grid: Grid) -> str:
    """The grid as tasks and answers show it: rows on lines, digits apart."""
    cells, width = grid
    text = bytearray(b" ") * (2 * len(cells))
    text[::2] = cells.translate(_AS_DIGITS)
    text[2 * width - 1 :: 2 * width] = b"\n" * (len(cells) // width)
    return text[:-1].decode()


def colours_in(cells: bytes) -> list[int]:
    return [colour for colour in COLOURS if colour in cells]


def colours_of(grids: Iterable[Grid]) -> tuple[int, ...]:
    """The colours that stand in ``grids``, in order."""
    return tuple(colours_in(b"".join([cells for cells, _ in grids])))


# Turning and moving

Layout = Sequence[Sequence[int]]


def laid_out(arrange: Callable[[Layout], Layout]) -> Apply:
    """The step that lays out the cells of a grid as ``arrange`` lays out rows of anything."""

    known: dict[tuple[int, int], tuple[bytes, int]] = {}

    def places_of(size: int, width: int) -> tuple[list[int], int]:
        rows = arrange([range(start, start + width) for start in range(0, size, width)])
        return [place for row in rows for place in row], len(rows[0])

    def step(grid: Grid) -> Grid:
        cells, width = grid
        size = len(cells)
        if size > 256:
            places, width = places_of(size, width)
            return bytes([cells[place] for place in places]), width
        try:
            sources, after = known[size, width]
        except KeyError:
            places, after = places_of(size, width)
            sources = bytes(places)
            known[size, width] = sources, after
        return sources.translate(cells.ljust(256)), after

    return step


def _columns(rows: Layout) -> Layout:
    return list(zip(*rows, strict=True))


mirror = laid_out(lambda rows: [row[::-1] for row in rows])
flip = laid_out(lambda rows: rows[::-1])
transpose = laid_out(_columns)
half_turn = laid_out(lambda rows: [row[::-1] for row in rows[::-1]])
quarter_right = laid_out(lambda rows: _columns(rows[::-1]))
quarter_left = laid_out(lambda rows: _columns(rows)[::-1])
other_diagonal = laid_out(lambda rows: [row[::-1] for row in _columns(rows)[::-1]])
roll_down = laid_out(lambda rows: [rows[-1], *rows[:-1]])
roll_up = laid_out(lambda rows: [*rows[1:], rows[0]])
roll_right = laid_out(lambda rows: [[row[-1], *row[:-1]] for row in rows])
roll_left = laid_out(lambda rows: [[*row[1:], row[0]] for row in rows])


def _in_rows(grid: Grid) -> list[bytes]:
    cells, width = grid
    return [cells[start : start + width] for start in range(0, len(cells), width)]


def _in_columns(grid: Grid) -> list[bytes]:
    cells, width = grid
    return [cells[start::width] for start in range(width)]


def _of_columns(columns: Sequence[bytes]) -> Grid:
    return transpose((b"".join(columns), len(columns[0])))


def fall_right(grid: Grid) -> Grid:
    width = grid[1]
    rows = [row.replace(b"\0", b"").rjust(width, b"\0") for row in _in_rows(grid)]
    return b"".join(rows), width


def fall_left(grid: Grid) -> Grid:
    width = grid[1]
    rows = [row.replace(b"\0", b"").ljust(width, b"\0") for row in _in_rows(grid)]
    return b"".join(rows), width


def fall_down(grid: Grid) -> Grid:
    height = len(grid[0]) // grid[1]
    columns = _in_columns(grid)
    return _of_columns([each.replace(b"\0", b"").rjust(height, b"\0") for each in columns])


def fall_up(grid: Grid) -> Grid:
    height = len(grid[0]) // grid[1]
    columns = _in_columns(grid)
    return _of_columns([each.replace(b"\0", b"").ljust(height, b"\0") for each in columns])


# Sets of cells

Cells = int
"""A number whose byte for each cell is 255 or 0; the first cell is the lowest byte."""

_ONES = int.from_bytes(b"\1" * 2000, _LITTLE)
IS_INK = bytes([0, *[255] * 255])
_IS_BLANK = bytes([255, *[0] * 255])


def ink(cells: bytes) -> Cells:
    """The coloured cells."""
    return int.from_bytes(cells.translate(IS_INK), _LITTLE)


def blanks(cells: bytes) -> Cells:
    return int.from_bytes(cells.translate(_IS_BLANK), _LITTLE)


@lru_cache(maxsize=1024)
def _column(size: int, width: int, column: int) -> Cells:
    row = bytes([255 if place == column % width else 0 for place in range(width)])
    return int.from_bytes(row * (size // width), _LITTLE)


@lru_cache(maxsize=1024)
def _edge(size: int, width: int) -> Cells:
    """The cells at the border."""
    row = int.from_bytes(b"\xff" * width, _LITTLE)
    sides = _column(size, width, 0) | _column(size, width, -1)
    return sides | row | row << 8 * (size - width)


@lru_cache(maxsize=128)
def _bonds(grid: Grid) -> tuple[Cells, Cells]:
    """The coloured cells whose right neighbour is of their colour, and so for the one below."""
    cells, width = grid
    size, number, coloured = len(cells), int.from_bytes(cells, _LITTLE), ink(cells)
    right = (number ^ number >> 8).to_bytes(size, _LITTLE)
    below = (number ^ number >> 8 * width).to_bytes(size, _LITTLE)
    across = coloured & blanks(right) & ~_column(size, width, -1)
    return across, coloured & blanks(below)


def _objects(grid: Grid) -> list[tuple[int, Cells]]:
    """The objects, each after the number of its bits; by last cell, the last one first."""
    cells, width = grid
    across, down = _bonds(grid)
    row = 8 * width
    bound = across | across << 8 | down | down << row
    rest, found = ink(cells), []
    while rest:
        each = 255 << rest.bit_length() - 8
        if each & bound:
            each = _spread(each, across, down, row)
            found.append((each.bit_count(), each))
        else:
            found.append((8, each))
        rest ^= each
    return found


def _spread(cells: Cells, across: Cells, down: Cells, row: int) -> Cells:
    """These cells and all that hang together with them by bonds."""
    seen = 0
    while cells != seen:
        seen = cells
        cells |= (cells & across) << 8
        cells |= (cells & down) << row
        cells |= cells >> 8 & across
        cells |= cells >> row & down
    return cells


@lru_cache(maxsize=128)
def _extremes(grid: Grid) -> tuple[Cells, Cells, Cells]:
    """The smallest objects together, the largest ones together, and the first of the largest."""
    found = _objects(grid)
    if len(found) < 2:
        only = found[0][1] if found else 0
        return only, only, only
    least, most = min(found)[0], max(found)[0]
    smallest = [each for size, each in found if size == least]
    largest = [each for size, each in found if size == most]
    first = min(largest, key=_first_cell) if len(largest) > 1 else largest[0]
    return reduce(or_, smallest), reduce(or_, largest), first


def _first_cell(cells: Cells) -> Cells:
    return cells & -cells


def _smallest(grid: Grid) -> Cells:
    return _extremes(grid)[0]


def _largest(grid: Grid) -> Cells:
    return _extremes(grid)[1]


@lru_cache(maxsize=128)
def _at_border(grid: Grid) -> Cells:
    """The objects that touch the border, together."""
    cells, width = grid
    return _spread(ink(cells) & _edge(len(cells), width), *_bonds(grid), 8 * width)


def _inside(grid: Grid) -> Cells:
    """The objects that do not."""
    return ink(grid[0]) ^ _at_border(grid)


@lru_cache(maxsize=128)
def _holes(grid: Grid) -> Cells:
    """The blank regions that do not reach the border."""
    cells, width = grid
    free, row = blanks(cells), 8 * width
    across = free & free >> 8 & ~_column(len(cells), width, -1)
    outside = free & _edge(len(cells), width)
    return free ^ _spread(outside, across, free & free >> row, row)


def _painted(grid: Grid, chosen: Cells, colour: int) -> Grid:
    if not chosen:
        return grid
    cells, width = grid
    number = int.from_bytes(cells, _LITTLE) & ~chosen | (chosen & _ONES) * colour
    return number.to_bytes(len(cells), _LITTLE), width


def _kept(grid: Grid, chosen: Cells) -> Grid:
    cells, width = grid
    return (int.from_bytes(cells, _LITTLE) & chosen).to_bytes(len(cells), _LITTLE), width


# Colours


def paint(old: int, new: int, grid: Grid) -> Grid:
    cells, width = grid
    return cells.replace(_BYTES[old], _BYTES[new]), width


_BYTES = [bytes([cell]) for cell in range(10)]


def erase(colour: int, grid: Grid) -> Grid:
    return paint(colour, BLANK, grid)


def swap(one: int, other: int, grid: Grid) -> Grid:
    cells, width = grid
    return cells.translate(_swapping(one, other)), width


@lru_cache(maxsize=64)
def _swapping(one: int, other: int) -> bytes:
    return bytes.maketrans(bytes([one, other]), bytes([other, one]))


# Growing and symmetry

double = laid_out(
    lambda rows: [[cell for cell in row for _ in range(2)] for row in rows for _ in range(2)]
)
beside = laid_out(lambda rows: [[*row, *row] for row in rows])
beside_mirrored = laid_out(lambda rows: [[*row, *row[::-1]] for row in rows])
below = laid_out(lambda rows: [*rows, *rows])
below_flipped = laid_out(lambda rows: [*rows, *rows[::-1]])

_halved = laid_out(lambda rows: [row[::2] for row in rows[::2]])
_left_half = laid_out(lambda rows: [row[: len(row) // 2] for row in rows])
_upper_half = laid_out(lambda rows: rows[: len(rows) // 2])
_inner = laid_out(lambda rows: [row[1:-1] for row in rows[1:-1]])


def halved(grid: Grid) -> Grid | None:
    if grid[1] % 2 or len(grid[0]) // grid[1] % 2:
        return None
    small = _halved(grid)
    return small if double(small) == grid else None


def left_half(grow: Apply) -> Undo:
    def undo(grid: Grid) -> Grid | None:
        if grid[1] % 2:
            return None
        half = _left_half(grid)
        return half if grow(half) == grid else None

    return undo


def upper_half(grow: Apply) -> Undo:
    def undo(grid: Grid) -> Grid | None:
        if len(grid[0]) // grid[1] % 2:
            return None
        half = _upper_half(grid)
        return half if grow(half) == grid else None

    return undo


def frame(colour: int, grid: Grid) -> Grid:
    width = grid[1]
    side, bar = _BYTES[colour], _BYTES[colour] * (width + 3)
    return bar + (side + side).join(_in_rows(grid)) + bar, width + 2


def unframed(colour: int, grid: Grid) -> Grid | None:
    cells, width = grid
    if cells[0] != colour or width < 3 or len(cells) < 3 * width:
        return None
    inside = _inner(grid)
    return inside if frame(colour, inside) == grid else None


def complete_across(grid: Grid) -> Grid:
    return _over(grid, mirror(grid))


def complete_down(grid: Grid) -> Grid:
    return _over(grid, flip(grid))


def _over(grid: Grid, below: Grid) -> Grid:
    """Blank cells show what lies below."""
    cells, width = grid
    shown = int.from_bytes(below[0], _LITTLE) & blanks(cells)
    return (int.from_bytes(cells, _LITTLE) | shown).to_bytes(len(cells), _LITTLE), width


copy_left = laid_out(lambda rows: [_mirrored(row) for row in rows])
"""The left half mirrored onto the right one; a middle column stays."""

copy_top = laid_out(lambda rows: _mirrored(rows))


_Each = TypeVar("_Each")


def _mirrored(row: Sequence[_Each]) -> Sequence[_Each]:
    return [*row[: (len(row) + 1) // 2], *row[: len(row) // 2][::-1]]


def squeeze(grid: Grid) -> Grid:
    """Without its blank rows and columns; a blank grid stays."""
    if not any(grid[0]):
        return grid
    blank = bytes(grid[1])
    rows = [row for row in _in_rows(grid) if row != blank]
    blank = bytes(len(rows))
    columns = _in_columns((b"".join(rows), grid[1]))
    return _of_columns([column for column in columns if column != blank])


def ray_right(grid: Grid) -> Grid:
    """Every blank cell takes the colour of the nearest coloured one to its left."""
    return b"".join(map(_ray, _in_rows(grid))), grid[1]


@lru_cache(maxsize=1024)
def _ray(row: bytes) -> bytes:
    colour, cells = BLANK, []
    for cell in row:
        colour = cell or colour
        cells.append(colour)
    return bytes(cells)


def ray_left(grid: Grid) -> Grid:
    return mirror(ray_right(mirror(grid)))


def ray_down(grid: Grid) -> Grid:
    return _of_columns([*map(_ray, _in_columns(grid))])


def ray_up(grid: Grid) -> Grid:
    return flip(ray_down(flip(grid)))


# Seeing objects


def keep_largest(grid: Grid) -> Grid:
    return _kept(grid, _largest(grid))


def keep_smallest(grid: Grid) -> Grid:
    return _kept(grid, _smallest(grid))


def drop_largest(grid: Grid) -> Grid:
    return _kept(grid, ~_largest(grid))


def drop_smallest(grid: Grid) -> Grid:
    return _kept(grid, ~_smallest(grid))


def paint_largest(colour: int, grid: Grid) -> Grid:
    return _painted(grid, _largest(grid), colour)


def paint_smallest(colour: int, grid: Grid) -> Grid:
    return _painted(grid, _smallest(grid), colour)


def drop_border(grid: Grid) -> Grid:
    return _kept(grid, ~_at_border(grid))


def drop_inner(grid: Grid) -> Grid:
    return _kept(grid, _at_border(grid))


def paint_border(colour: int, grid: Grid) -> Grid:
    return _painted(grid, _at_border(grid), colour)


def paint_inner(colour: int, grid: Grid) -> Grid:
    return _painted(grid, _inside(grid), colour)


def fill(colour: int, grid: Grid) -> Grid:
    return _painted(grid, _holes(grid), colour)


def hollow(grid: Grid) -> Grid:
    """Cells that have their own colour on all four sides become blank."""
    across, down = _bonds(grid)
    return _kept(grid, ~(across & across << 8 & down & down << 8 * grid[1]))


def crop(grid: Grid) -> Grid:
    """The least rectangle that holds all colour; a blank grid stays."""
    return _cut(grid, grid[0]) if any(grid[0]) else grid


def crop_largest(grid: Grid) -> Grid:
    """The least rectangle around the largest object, the first in reading order of several."""
    first = _extremes(grid)[2]
    return _cut(grid, first.to_bytes(len(grid[0]), _LITTLE)) if first else grid


def _cut(grid: Grid, chosen: bytes) -> Grid:
    """The least rectangle that holds the cells where ``chosen`` is not 0."""
    cells, width = grid
    top, bottom = _span(chosen, width)
    left, right = _span(transpose((chosen, width))[0], len(cells) // width)
    starts = range(top * width, bottom * width, width)
    return b"".join([cells[start + left : start + right] for start in starts]), right - left


def _span(cells: bytes, width: int) -> tuple[int, int]:
    """The first row with a cell that is not 0, and the row after the last such one."""
    first = len(cells) - len(cells.lstrip(b"\0"))
    return first // width, (len(cells.rstrip(b"\0")) - 1) // width + 1


# Counting


@lru_cache(maxsize=128)
def _counts(grid: Grid) -> Mapping[int, int]:
    """Cells of each colour in the grid."""
    cells = grid[0]
    return {colour: cells.count(colour) for colour in colours_in(cells)}


def keep_commonest(grid: Grid) -> Grid:
    return _keep_counted(grid, max)


def keep_rarest(grid: Grid) -> Grid:
    return _keep_counted(grid, min)


def _keep_counted(grid: Grid, choose: Callable[..., int]) -> Grid:
    counts, (cells, width) = _counts(grid), grid
    wanted = choose(counts.values(), default=0)
    for colour, count in counts.items():
        if count != wanted:
            cells = cells.replace(_BYTES[colour], b"\0")
    return cells, width


def tally(grid: Grid) -> Grid:
    """A bar for each colour, as long as it has cells: the longest first, then by colour."""
    counts = sorted(_counts(grid).items(), key=lambda item: (-item[1], item[0]))
    if not counts:
        return grid
    width = counts[0][1]
    return b"".join([(_BYTES[each] * count).ljust(width, b"\0") for each, count in counts]), width


def repeat(grid: Grid) -> Grid:
    """The grid side by side, once for each of its colours."""
    times = len(_counts(grid))
    return _repeats(times)(grid) if times > 1 else grid


@lru_cache(maxsize=len(COLOURS))
def _repeats(times: int) -> Apply:
    return laid_out(lambda rows: [[*row] * times for row in rows])


def unrepeated(grid: Grid) -> Grid | None:
    times = max(1, len(_counts(grid)))
    if grid[1] % times:
        return None
    part = _parts(times)(grid)
    return part if repeat(part) == grid else None


@lru_cache(maxsize=len(COLOURS))
def _parts(times: int) -> Apply:
    return laid_out(lambda rows: [row[: len(row) // times] for row in rows])
