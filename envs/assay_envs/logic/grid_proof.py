"""The rules of ``grid_rules`` written a second time, over cells in place of rows of text.

Nothing is shared with the first writing but the names of the rules: a grid is a map from
(row, column) to colour, objects come from merging neighbours until nothing merges, and programs
are searched without any pruning. It is slow and plain, and proves what the first one claims.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property, lru_cache
from itertools import product

Cell = tuple[int, int]
_SIDES = ((0, 1), (1, 0), (0, -1), (-1, 0))


@dataclass(frozen=True)
class Board:
    """Coloured cells of a rectangle; cells that ``ink`` lacks are blank."""

    height: int
    width: int
    ink: Mapping[Cell, str]

    @cached_property
    def objects(self) -> list[set[Cell]]:
        """Cells of one colour that hang together."""
        return _groups(self.ink)

    def key(self) -> tuple[int, int, frozenset[tuple[Cell, str]]]:
        return self.height, self.width, frozenset(self.ink.items())


Step = Callable[..., Board]


def read(rows: Sequence[str]) -> Board:
    ink = {(r, c): x for r, row in enumerate(rows) for c, x in enumerate(row) if x != "0"}
    return Board(len(rows), len(rows[0]), ink)


def apply(step: str, board: Board) -> Board:
    """``board`` after the rule that ``step`` names (``swap 1 2``)."""
    rule, colours = _named(step)
    return rule(board, *colours)


@lru_cache(maxsize=1024)
def _named(step: str) -> tuple[Step, Sequence[str]]:
    words = step.split()
    names = [word for word in words if not word.isdecimal()]
    return _STEPS[" ".join(names)], words[len(names) :]


def programs(
    steps: Sequence[str], pairs: Sequence[tuple[Board, Board]], length: int
) -> Iterator[tuple[str, ...]]:
    """Every program of just ``length`` steps that explains all ``pairs``, by trying all.

    It takes longer the larger the first pair is.
    """
    (before, after), *others = pairs
    reached: dict[object, tuple[Board, list[tuple[str, ...]]]] = {before.key(): (before, [()])}
    for _ in range(length - 1):
        further: dict[object, tuple[Board, list[tuple[str, ...]]]] = {}
        for board, ways in reached.values():
            for step in steps:
                made = apply(step, board)
                known = further.setdefault(made.key(), (made, []))
                known[1].extend((*way, step) for way in ways)
        reached = further
    for board, ways in reached.values():
        last = [step for step in steps if apply(step, board) == after]
        for program in ((*way, step) for way in ways for step in last):
            if all(perform(program, board) == wanted for board, wanted in others):
                yield program


def perform(way: Iterable[str], board: Board) -> Board:
    for step in way:
        board = apply(step, board)
    return board


def _moved(board: Board, place: Callable[[int, int], Cell], turned: bool = False) -> Board:
    """Every cell at its new place."""
    height, width = (board.width, board.height) if turned else (board.height, board.width)
    return Board(height, width, {place(*cell): x for cell, x in board.ink.items()})


def _line(board: Board, cell: Cell, way: Cell) -> Iterator[Cell]:
    """The cells from ``cell`` (without it) to the border."""
    r, c = cell[0] + way[0], cell[1] + way[1]
    while 0 <= r < board.height and 0 <= c < board.width:
        yield r, c
        r, c = r + way[0], c + way[1]


def _falling(way: Cell) -> Step:
    def step(board: Board) -> Board:
        ink = {}
        for (r, c), x in board.ink.items():
            free = sum(cell not in board.ink for cell in _line(board, (r, c), way))
            ink[r + way[0] * free, c + way[1] * free] = x
        return Board(board.height, board.width, ink)

    return step


def _shining(way: Cell) -> Step:
    def step(board: Board) -> Board:
        back = (-way[0], -way[1])
        ink = dict(board.ink)
        for cell in product(range(board.height), range(board.width)):
            source = next((s for s in _line(board, cell, back) if s in board.ink), None)
            if cell not in board.ink and source is not None:
                ink[cell] = board.ink[source]
        return Board(board.height, board.width, ink)

    return step


def _recoloured(board: Board, cells: Iterable[Cell], colour: str | None) -> Board:
    ink = dict(board.ink)
    for cell in cells:
        ink.pop(cell, None)
        if colour is not None:
            ink[cell] = colour
    return Board(board.height, board.width, ink)


def _swap(board: Board, one: str, other: str) -> Board:
    names = {one: other, other: one}
    return Board(board.height, board.width, {k: names.get(x, x) for k, x in board.ink.items()})


def _paint(board: Board, old: str, new: str | None = None) -> Board:
    return _recoloured(board, [cell for cell, x in board.ink.items() if x == old], new)


def _copies(down: int, across: int, mirrored: bool = False) -> Step:
    """The board laid out several times; of mirrored ones the second is a reflection."""

    def step(board: Board) -> Board:
        h, w = board.height, board.width
        ink = {}
        for (r, c), x in board.ink.items():
            for i, j in product(range(down), range(across)):
                row = h - 1 - r if mirrored and i else r
                column = w - 1 - c if mirrored and j else c
                ink[i * h + row, j * w + column] = x
        return Board(h * down, w * across, ink)

    return step


def _double(board: Board) -> Board:
    ink = {
        (2 * r + i, 2 * c + j): x
        for (r, c), x in board.ink.items()
        for i, j in product(range(2), range(2))
    }
    return Board(2 * board.height, 2 * board.width, ink)


def _frame(board: Board, colour: str) -> Board:
    h, w = board.height + 2, board.width + 2
    ink = {(r + 1, c + 1): x for (r, c), x in board.ink.items()}
    sides = [(r, c) for r in range(h) for c in range(w) if r in (0, h - 1) or c in (0, w - 1)]
    edge = dict.fromkeys(sides, colour)
    return Board(h, w, ink | edge)


def _across(board: Board) -> Board:
    return _moved(board, lambda r, c: (r, board.width - 1 - c))


def _down(board: Board) -> Board:
    return _moved(board, lambda r, c: (board.height - 1 - r, c))


def _completed(reflect: Step) -> Step:
    return lambda board: Board(board.height, board.width, {**reflect(board).ink, **board.ink})


def _copied(reflect: Step, axis: int) -> Step:
    """The first half, a middle line with it, and the first half's reflection."""

    def step(board: Board) -> Board:
        size = (board.height, board.width)[axis]
        first = {cell: x for cell, x in board.ink.items() if 2 * cell[axis] < size}
        half = Board(board.height, board.width, first)
        return Board(board.height, board.width, {**reflect(half).ink, **first})

    return step


def _squeeze(board: Board) -> Board:
    if not board.ink:
        return board
    rows, columns = sorted({r for r, _ in board.ink}), sorted({c for _, c in board.ink})
    ink = {(rows.index(r), columns.index(c)): x for (r, c), x in board.ink.items()}
    return Board(len(rows), len(columns), ink)


def _cut(board: Board, cells: Iterable[Cell]) -> Board:
    rows, columns = zip(*cells, strict=True)
    top, left = min(rows), min(columns)
    h, w = max(rows) - top + 1, max(columns) - left + 1
    ink = {
        (r - top, c - left): x
        for (r, c), x in board.ink.items()
        if 0 <= r - top < h and 0 <= c - left < w
    }
    return Board(h, w, ink)


def _crop(board: Board) -> Board:
    return _cut(board, board.ink) if board.ink else board


def _crop_largest(board: Board) -> Board:
    return _cut(board, min(_sized(board, max), key=min)) if board.ink else board


def _groups(cells: Mapping[Cell, str]) -> list[set[Cell]]:
    """Cells of one mark that hang together by sides."""
    home = {cell: {cell} for cell in cells}
    for (r, c), x in cells.items():
        for near in ((r, c + 1), (r + 1, c)):
            if cells.get(near) == x and home[near] is not home[r, c]:
                merged = home[r, c] | home[near]
                home.update(dict.fromkeys(merged, merged))
    return list({id(group): group for group in home.values()}.values())


def _sized(board: Board, choose: Callable[[Iterable[int]], int]) -> list[set[Cell]]:
    groups = board.objects
    size = choose([len(group) for group in groups]) if groups else 0
    return [group for group in groups if len(group) == size]


def _at_border(board: Board, group: set[Cell]) -> bool:
    beyond = {(r + i, c + j) for r, c in group for i, j in _SIDES}
    return any(not (0 <= r < board.height and 0 <= c < board.width) for r, c in beyond)


def _chosen(choose: Callable[[Board], list[set[Cell]]]) -> Step:
    """A rule that paints the chosen objects, or erases them where it is given no colour."""
    return lambda board, colour=None: _recoloured(board, set().union(*choose(board)), colour)


def _left(choose: Callable[[Board], list[set[Cell]]]) -> Step:
    return lambda board: _recoloured(board, set(board.ink).difference(*choose(board)), None)


def _border(board: Board) -> list[set[Cell]]:
    return [group for group in board.objects if _at_border(board, group)]


def _inner(board: Board) -> list[set[Cell]]:
    return [group for group in board.objects if not _at_border(board, group)]


def _holes(board: Board) -> list[set[Cell]]:
    cells = product(range(board.height), range(board.width))
    blanks = _groups({cell: "" for cell in cells if cell not in board.ink})
    return [group for group in blanks if not _at_border(board, group)]


def _hollow(board: Board) -> Board:
    deep = [
        (r, c)
        for (r, c), x in board.ink.items()
        if all(board.ink.get((r + i, c + j)) == x for i, j in _SIDES)
    ]
    return _recoloured(board, deep, None)


def _numbers(board: Board) -> dict[str, int]:
    colours = list(board.ink.values())
    return {colour: colours.count(colour) for colour in sorted(set(colours))}


def _counted(choose: Callable[[Iterable[int]], int]) -> Step:
    def step(board: Board) -> Board:
        numbers = _numbers(board)
        other = [cell for cell, x in board.ink.items() if numbers[x] != choose(numbers.values())]
        return _recoloured(board, other, None)

    return step


def _tally(board: Board) -> Board:
    numbers = _numbers(board)
    if not numbers:
        return board
    order = sorted(numbers, key=lambda colour: -numbers[colour])
    ink = {(r, c): x for r, x in enumerate(order) for c in range(numbers[x])}
    return Board(len(order), max(numbers.values()), ink)


def _repeat(board: Board) -> Board:
    return _copies(1, max(1, len(_numbers(board))))(board)


def _largest(board: Board) -> list[set[Cell]]:
    return _sized(board, max)


def _smallest(board: Board) -> list[set[Cell]]:
    return _sized(board, min)


_STEPS: Mapping[str, Step] = {
    "mirror": _across,
    "flip": _down,
    "turn half": lambda b: _moved(b, lambda r, c: (b.height - 1 - r, b.width - 1 - c)),
    "turn right": lambda b: _moved(b, lambda r, c: (c, b.height - 1 - r), turned=True),
    "turn left": lambda b: _moved(b, lambda r, c: (b.width - 1 - c, r), turned=True),
    "transpose": lambda b: _moved(b, lambda r, c: (c, r), turned=True),
    "other diagonal": lambda b: _moved(
        b, lambda r, c: (b.width - 1 - c, b.height - 1 - r), turned=True
    ),
    "roll down": lambda b: _moved(b, lambda r, c: ((r + 1) % b.height, c)),
    "roll up": lambda b: _moved(b, lambda r, c: ((r - 1) % b.height, c)),
    "roll right": lambda b: _moved(b, lambda r, c: (r, (c + 1) % b.width)),
    "roll left": lambda b: _moved(b, lambda r, c: (r, (c - 1) % b.width)),
    "fall down": _falling((1, 0)),
    "fall up": _falling((-1, 0)),
    "fall right": _falling((0, 1)),
    "fall left": _falling((0, -1)),
    "swap": _swap,
    "paint": _paint,
    "erase": _paint,
    "double": _double,
    "beside": _copies(1, 2),
    "beside mirrored": _copies(1, 2, mirrored=True),
    "below": _copies(2, 1),
    "below flipped": _copies(2, 1, mirrored=True),
    "frame": _frame,
    "complete across": _completed(_across),
    "complete down": _completed(_down),
    "copy left": _copied(_across, 1),
    "copy top": _copied(_down, 0),
    "squeeze": _squeeze,
    "ray right": _shining((0, 1)),
    "ray left": _shining((0, -1)),
    "ray down": _shining((1, 0)),
    "ray up": _shining((-1, 0)),
    "keep largest": _left(_largest),
    "keep smallest": _left(_smallest),
    "drop largest": _chosen(_largest),
    "drop smallest": _chosen(_smallest),
    "paint largest": _chosen(_largest),
    "paint smallest": _chosen(_smallest),
    "drop border": _chosen(_border),
    "drop inner": _chosen(_inner),
    "paint border": _chosen(_border),
    "paint inner": _chosen(_inner),
    "fill": _chosen(_holes),
    "hollow": _hollow,
    "crop": _crop,
    "crop largest": _crop_largest,
    "keep commonest": _counted(max),
    "keep rarest": _counted(min),
    "tally": _tally,
    "repeat": _repeat,
}
