"""What the rules of ``grid_rules`` do to a grid, one function each.

A grid is a tuple of rows, a row a text of the digits 0–9; 0 is blank. An object is a set of cells
of one colour that hang together by sides. Where several objects (or colours) tie for most or
fewest, all of them are meant.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from functools import lru_cache

Grid = tuple[str, ...]
Apply = Callable[..., Grid]
Undo = Callable[..., Grid | None]

BLANK = "0"
COLOURS = "123456789"
_BREAK = "/"  # between rows


# Objects

Cells = tuple[int, ...]


@lru_cache(maxsize=2048)
def objects(grid: Grid) -> tuple[Cells, ...]:
    """The objects, by first cell in reading order; a cell is row × width + column."""
    width, flat = len(grid[0]), "".join(grid)
    seen = bytearray(len(flat))
    found = []
    for start, colour in enumerate(flat):
        if colour != BLANK and not seen[start]:
            found.append(_spread(flat, width, start, seen))
    return tuple(found)


def _spread(flat: str, width: int, start: int, seen: bytearray) -> Cells:
    colour, cells, size = flat[start], [start], len(flat)
    seen[start] = 1
    for cell in cells:
        column = cell % width
        if column and not seen[cell - 1] and flat[cell - 1] == colour:
            seen[cell - 1] = 1
            cells.append(cell - 1)
        if column < width - 1 and not seen[cell + 1] and flat[cell + 1] == colour:
            seen[cell + 1] = 1
            cells.append(cell + 1)
        if cell >= width and not seen[cell - width] and flat[cell - width] == colour:
            seen[cell - width] = 1
            cells.append(cell - width)
        if cell + width < size and not seen[cell + width] and flat[cell + width] == colour:
            seen[cell + width] = 1
            cells.append(cell + width)
    return tuple(cells)


@lru_cache(maxsize=2048)
def _of_size(grid: Grid, choose: Callable[[Iterable[int]], int]) -> Sequence[Cells]:
    """The objects of the size that ``choose`` (max or min) picks."""
    sizes = list(map(len, objects(grid)))
    size = choose(sizes) if sizes else 0
    return [each for each in objects(grid) if len(each) == size]


@lru_cache(maxsize=2048)
def _by_border(grid: Grid) -> tuple[Sequence[Cells], Sequence[Cells]]:
    """The objects that touch the border, and those that do not."""
    height, width = len(grid), len(grid[0])
    last = (height - 1) * width
    border: list[Cells] = []
    inner: list[Cells] = []
    for each in objects(grid):
        touches = any(
            cell < width or cell >= last or cell % width in (0, width - 1) for cell in each
        )
        (border if touches else inner).append(each)
    return border, inner


def _painted(grid: Grid, chosen: Sequence[Cells], colour: str) -> Grid:
    if not chosen:
        return grid
    flat, width = list("".join(grid)), len(grid[0])
    for cells in chosen:
        for cell in cells:
            flat[cell] = colour
    return _rows(flat, width)


def _kept(grid: Grid, chosen: Sequence[Cells]) -> Grid:
    flat, width = "".join(grid), len(grid[0])
    left = [BLANK] * len(flat)
    for cells in chosen:
        for cell in cells:
            left[cell] = flat[cell]
    return _rows(left, width)


def _rows(flat: Sequence[str], width: int) -> Grid:
    text = "".join(flat)
    return tuple([text[start : start + width] for start in range(0, len(text), width)])


# Turning and moving


def mirror(grid: Grid) -> Grid:
    return tuple([row[::-1] for row in grid])


def flip(grid: Grid) -> Grid:
    return grid[::-1]


@lru_cache(maxsize=4096)
def transpose(grid: Grid) -> Grid:
    return tuple(map("".join, zip(*grid, strict=True)))


def quarter_right(grid: Grid) -> Grid:
    return transpose(grid[::-1])


def quarter_left(grid: Grid) -> Grid:
    return transpose(grid)[::-1]


def half_turn(grid: Grid) -> Grid:
    return mirror(grid[::-1])


def other_diagonal(grid: Grid) -> Grid:
    return half_turn(transpose(grid))


def roll_down(grid: Grid) -> Grid:
    return grid[-1:] + grid[:-1]


def roll_up(grid: Grid) -> Grid:
    return grid[1:] + grid[:1]


def roll_right(grid: Grid) -> Grid:
    return tuple([row[-1] + row[:-1] for row in grid])


def roll_left(grid: Grid) -> Grid:
    return tuple([row[1:] + row[0] for row in grid])


def fall_right(grid: Grid) -> Grid:
    width = len(grid[0])
    return tuple([row.replace(BLANK, "").rjust(width, BLANK) for row in grid])


def fall_left(grid: Grid) -> Grid:
    width = len(grid[0])
    return tuple([row.replace(BLANK, "").ljust(width, BLANK) for row in grid])


def fall_down(grid: Grid) -> Grid:
    return transpose(fall_right(transpose(grid)))


def fall_up(grid: Grid) -> Grid:
    return transpose(fall_left(transpose(grid)))


# Colours


def paint(grid: Grid, old: str, new: str) -> Grid:
    return tuple(_BREAK.join(grid).replace(old, new).split(_BREAK))


def erase(grid: Grid, colour: str) -> Grid:
    return paint(grid, colour, BLANK)


def swap(grid: Grid, one: str, other: str) -> Grid:
    text = _BREAK.join(grid)
    return tuple(text.replace(one, "x").replace(other, one).replace("x", other).split(_BREAK))


# Growing and symmetry


def double(grid: Grid) -> Grid:
    wide = ["".join([cell + cell for cell in row]) for row in grid]
    return tuple([row for row in wide for _ in range(2)])


def halved(grid: Grid) -> Grid | None:
    small = tuple([row[::2] for row in grid[::2]])
    return small if double(small) == grid else None


def beside(grid: Grid) -> Grid:
    return tuple([row + row for row in grid])


def beside_mirrored(grid: Grid) -> Grid:
    return tuple([row + row[::-1] for row in grid])


def below(grid: Grid) -> Grid:
    return grid + grid


def below_flipped(grid: Grid) -> Grid:
    return grid + grid[::-1]


def left_half(grow: Apply) -> Undo:
    def undo(grid: Grid) -> Grid | None:
        half = tuple([row[: len(row) // 2] for row in grid])
        return half if half[0] and grow(half) == grid else None

    return undo


def upper_half(grow: Apply) -> Undo:
    def undo(grid: Grid) -> Grid | None:
        half = grid[: len(grid) // 2]
        return half if half and grow(half) == grid else None

    return undo


def frame(grid: Grid, colour: str) -> Grid:
    bar = colour * (len(grid[0]) + 2)
    return (bar, *[colour + row + colour for row in grid], bar)


def unframed(grid: Grid, colour: str) -> Grid | None:
    inside = tuple([row[1:-1] for row in grid[1:-1]])
    return inside if inside and inside[0] and frame(inside, colour) == grid else None


def complete_across(grid: Grid) -> Grid:
    return tuple([_over(row, row[::-1]) for row in grid])


def complete_down(grid: Grid) -> Grid:
    return tuple([_over(row, other) for row, other in zip(grid, grid[::-1], strict=True)])


@lru_cache(maxsize=4096)
def _over(row: str, below: str) -> str:
    return "".join([b if a == BLANK else a for a, b in zip(row, below, strict=True)])


def copy_left(grid: Grid) -> Grid:
    """The left half mirrored onto the right one; a middle column stays."""
    half = (len(grid[0]) + 1) // 2
    return tuple([row[:half] + row[: len(row) // 2][::-1] for row in grid])


def copy_top(grid: Grid) -> Grid:
    return grid[: (len(grid) + 1) // 2] + grid[: len(grid) // 2][::-1]


def squeeze(grid: Grid) -> Grid:
    """Without its blank rows and columns; a blank grid stays."""
    rows = [row for row in grid if row.strip(BLANK)]
    if not rows:
        return grid
    columns = [column for column in map("".join, zip(*rows, strict=True)) if column.strip(BLANK)]
    return tuple(map("".join, zip(*columns, strict=True)))


def ray_right(grid: Grid) -> Grid:
    """Every blank cell takes the colour of the nearest coloured one to its left."""
    return tuple(map(_ray, grid))


@lru_cache(maxsize=8192)
def _ray(row: str) -> str:
    colour, cells = BLANK, []
    for cell in row:
        colour = colour if cell == BLANK else cell
        cells.append(colour)
    return "".join(cells)


def ray_left(grid: Grid) -> Grid:
    return mirror(ray_right(mirror(grid)))


def ray_down(grid: Grid) -> Grid:
    return transpose(ray_right(transpose(grid)))


def ray_up(grid: Grid) -> Grid:
    return transpose(ray_left(transpose(grid)))


# Seeing objects


def keep_largest(grid: Grid) -> Grid:
    return _kept(grid, _of_size(grid, max))


def keep_smallest(grid: Grid) -> Grid:
    return _kept(grid, _of_size(grid, min))


def drop_largest(grid: Grid) -> Grid:
    return _painted(grid, _of_size(grid, max), BLANK)


def drop_smallest(grid: Grid) -> Grid:
    return _painted(grid, _of_size(grid, min), BLANK)


def paint_largest(grid: Grid, colour: str) -> Grid:
    return _painted(grid, _of_size(grid, max), colour)


def paint_smallest(grid: Grid, colour: str) -> Grid:
    return _painted(grid, _of_size(grid, min), colour)


def drop_border(grid: Grid) -> Grid:
    return _painted(grid, _by_border(grid)[0], BLANK)


def drop_inner(grid: Grid) -> Grid:
    return _painted(grid, _by_border(grid)[1], BLANK)


def paint_border(grid: Grid, colour: str) -> Grid:
    return _painted(grid, _by_border(grid)[0], colour)


def paint_inner(grid: Grid, colour: str) -> Grid:
    return _painted(grid, _by_border(grid)[1], colour)


def fill(grid: Grid, colour: str) -> Grid:
    return _painted(grid, _holes(grid), colour)


@lru_cache(maxsize=2048)
def _holes(grid: Grid) -> tuple[Cells, ...]:
    """The blank regions that do not reach the border."""
    inked = tuple([row.translate(_BLANK_AS_INK) for row in grid])
    return tuple(_by_border(inked)[1])


_BLANK_AS_INK = {ord(colour): BLANK for colour in COLOURS} | {ord(BLANK): "1"}


def hollow(grid: Grid) -> Grid:
    """Cells that have their own colour on all four sides become blank."""
    flat, width = "".join(grid), len(grid[0])
    left = list(flat)
    for row in range(1, len(grid) - 1):
        for cell in range(row * width + 1, (row + 1) * width - 1):
            own = flat[cell]
            if (
                own == flat[cell - 1] == flat[cell + 1]
                and own == flat[cell - width] == flat[cell + width]
            ):
                left[cell] = BLANK
    return _rows(left, width)


def crop(grid: Grid) -> Grid:
    """The least rectangle that holds all colour; a blank grid stays."""
    rows = [place for place, row in enumerate(grid) if row.strip(BLANK)]
    if not rows:
        return grid
    left = min(len(row) - len(row.lstrip(BLANK)) for row in grid)
    right = max(len(row.rstrip(BLANK)) for row in grid)
    return tuple([row[left:right] for row in grid[rows[0] : rows[-1] + 1]])


def crop_largest(grid: Grid) -> Grid:
    """The least rectangle around the largest object, the first in reading order of several."""
    largest = _of_size(grid, max)
    if not largest:
        return grid
    width = len(grid[0])
    rows = [cell // width for cell in largest[0]]
    columns = [cell % width for cell in largest[0]]
    return tuple([row[min(columns) : max(columns) + 1] for row in grid[min(rows) : max(rows) + 1]])


# Counting


@lru_cache(maxsize=2048)
def _counts(grid: Grid) -> Mapping[str, int]:
    """Cells of each colour in the grid."""
    text = "".join(grid)
    return {colour: text.count(colour) for colour in sorted({*text} - {BLANK})}


def keep_commonest(grid: Grid) -> Grid:
    return _keep_counted(grid, max)


def keep_rarest(grid: Grid) -> Grid:
    return _keep_counted(grid, min)


def _keep_counted(grid: Grid, choose: Callable[..., int]) -> Grid:
    counts = _counts(grid)
    wanted = choose(counts.values(), default=0)
    gone = {ord(colour): BLANK for colour, count in counts.items() if count != wanted}
    return tuple([row.translate(gone) for row in grid])


def tally(grid: Grid) -> Grid:
    """A bar for each colour, as long as it has cells: the longest first, then by colour."""
    counts = sorted(_counts(grid).items(), key=lambda item: (-item[1], item[0]))
    if not counts:
        return grid
    return tuple([(colour * count).ljust(counts[0][1], BLANK) for colour, count in counts])


def repeat(grid: Grid) -> Grid:
    """The grid side by side, once for each of its colours."""
    times = max(1, len(_counts(grid)))
    return tuple([row * times for row in grid])


def unrepeated(grid: Grid) -> Grid | None:
    times = max(1, len(_counts(grid)))
    part = tuple([row[: len(grid[0]) // times] for row in grid])
    return part if part[0] and repeat(part) == grid else None
