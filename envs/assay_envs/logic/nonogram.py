"""Nonogram: fill cells so that every row and column has the blocks that its clue lists.

A clue lists the lengths of a line's blocks of filled cells in order, with at least one empty cell
between blocks; 0 is a line without any. The answer is the grid, 1 for filled and 0 for empty (also
``#`` and ``.``, ■ and □); how grids are read is told in ``grid_text``. The simplest trivial policy,
all blocks as far to the left as they go, is never right, nor are the three other sides.

Generator: random cells, smoothed at the higher levels so that blocks form, drawn anew until the
clues have one solution only and no such policy finds it.

Certificate: the solution, that an exhaustive search found no second one, and its nodes.
``recheck`` solves anew as an exact cover: a row's pattern covers its filled cells, a column's its
empty ones, each cell once. Duplicate key: the least of the picture's rotations and reflections.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cache
from itertools import islice
from random import Random
from typing import ClassVar, TypeAlias

from assay_datasets import Task, derive_random
from assay_envs import drawing
from assay_envs.logic.exact_cover import exact_covers
from assay_envs.logic.grid_puzzle import GridPuzzle, GridVerifier, require_unique, whole_number
from assay_envs.logic.grid_text import BLANK, canonical_grid, rows_text
from assay_envs.logic.line_board import LineBoard, explained

Clue: TypeAlias = tuple[int, ...]
_CELL = 26.0


@dataclass(frozen=True)
class _Level:
    size: int
    smoothings: int


_LEVELS = {1: _Level(5, 0), 2: _Level(6, 0), 3: _Level(8, 0), 4: _Level(10, 1), 5: _Level(13, 1)}
_FILLED_SHARE = 0.55
_SMALL = 8  # larger pictures are smoothed, or they would hardly ever be unique


class NonogramVerifier(GridVerifier):
    """``answer`` is ``{"clues": blank grid, "solution": grid, "rows": …, "columns": …}``."""

    name = "logic/nonogram"
    summary = "the filled grid of a nonogram, compared with its certified only solution"
    symbols = "10"
    aliases: ClassVar = {"#": "1", "■": "1", "█": "1", "x": "1", "X": "1", ".": "0", "□": "0"}


class Nonogram(GridPuzzle):
    """The environment; finer parameter: ``size``."""

    id = "logic/nonogram"
    summary = "fill cells so that every line has the blocks that its clue lists"
    levels: ClassVar = {
        number: f"{level.size}×{level.size}" + (", smoothed" if level.smoothings else "")
        for number, level in _LEVELS.items()
    }
    chance: ClassVar = {1: 0.03, 2: 0.01, 3: 0.001, 4: 0.001, 5: 0.001}
    measure = "work of deduction: 1 for each cell, 5 for each node of search beyond lines"

    def __init__(self) -> None:
        super().__init__(NonogramVerifier())

    def generate(self, seed: int, difficulty: int, size: int | None = None) -> Task:
        """The task of this seed and level.

        Args:
            seed, difficulty: as everywhere.
            size: cells on a side, 4 to 15.
        """
        level = _LEVELS[self.check_level(difficulty)]
        asked = () if size is None else (f"size {size}",)
        if size is not None:
            n = whole_number("a nonogram's size", size, 4, 15)
            level = _Level(n, int(n > _SMALL))
        cells, nodes = _draw(derive_random(self.id, difficulty, seed, *asked), level)
        n = level.size
        rows, columns = _clues(cells, n)
        picture = ["".join(map(str, cells[first : first + n])) for first in range(0, n * n, n)]
        return Task(
            env=self.id,
            prompt=({"role": "user", "content": _prompt(n, rows, columns)},),
            answer={
                "clues": rows_text(BLANK * n * n, n),
                "solution": rows_text("".join(picture), n),
                "rows": [list(clue) for clue in rows],
                "columns": [list(clue) for clue in columns],
            },
            verifier=self.id,
            metadata={
                "domain": "logic",
                "difficulty": difficulty,
                "seed": seed,
                "duplicate_key": f"{self.id}:{canonical_grid(picture)}",
                "certificate": {"solution": "".join(picture), "solutions": 1, "nodes": nodes},
                "measured": float(n * n + 5 * (nodes - 1)),
            },
        )

    def alphabet(self, task: Task) -> str:
        return "10"

    def solution(self, task: Task) -> str:
        rows, columns = _task_clues(task)
        board = _board(rows, columns)
        steps = "\n".join(explained(board, board.known(), ("0", "1")))
        return f"<think>{steps}</think>{self.oracle(task)}"

    def equivalents(self, task: Task) -> Iterator[str]:
        """The layouts of every grid, and other symbols for filled and empty."""
        yield from super().equivalents(task)
        for symbols in ("#.", "■□", "X."):
            yield self.oracle(task).translate(str.maketrans("10", symbols))

    def guess(self, task: Task, rng: Random) -> str:
        """For every row a random one of the patterns that fit its clue."""
        rows, columns = _task_clues(task)
        n = len(columns)
        return _picture([rng.choice(patterns(n, clue)) for clue in rows], n)

    def trivial(self, task: Task) -> Iterator[str]:
        """All blocks to one side, for each side; all cells filled, or empty."""
        rows, columns = _task_clues(task)
        for cells in _pushed(rows, columns):
            yield rows_text("".join(map(str, cells)), len(columns))
        yield from super().trivial(task)

    def recheck(self, task: Task) -> None:
        found = _covers(*_task_clues(task))
        require_unique(list(islice(found, 2)), task)

    def render(self, task: Task) -> str:
        rows, columns = _task_clues(task)
        deepest = max(map(len, columns))
        across = max(len(_said(clue)) for clue in rows)
        lines = [
            " " * across + " " + "".join(f"{_from_end(clue, deepest - i):>3}" for clue in columns)
            for i in range(deepest)
        ]
        lines += [f"{_said(clue):>{across}} " + "  ·" * len(columns) for clue in rows]
        return "\n".join(lines)

    def svg(self, task: Task) -> str:
        rows, columns = _task_clues(task)
        left, top = (12 + 14.0 * max(map(len, clues)) for clues in (rows, columns))
        picture = drawing.Drawing(left + _CELL * len(columns) + 12, top + _CELL * len(rows) + 12)
        for r, clue in enumerate(rows):
            for c in range(len(columns)):
                picture.rect(left + c * _CELL, top + r * _CELL, _CELL, _CELL, stroke=drawing.FAINT)
            for place, length in enumerate(reversed(clue)):
                x = left - 10 - 14 * place
                picture.text(x, top + (r + 0.5) * _CELL, str(length), size=13)
        for c, clue in enumerate(columns):
            for place, length in enumerate(reversed(clue)):
                y = top - 10 - 14 * place
                picture.text(left + (c + 0.5) * _CELL, y, str(length), size=13)
        size = _CELL * len(columns), _CELL * len(rows)
        picture.rect(left, top, *size, fill="none", line=2)
        return picture.svg("Nonogram")


def _task_clues(task: Task) -> tuple[list[Clue], list[Clue]]:
    rows, columns = ([tuple(clue) for clue in task.answer[side]] for side in ("rows", "columns"))
    return rows, columns


def _said(clue: Clue) -> str:
    return " ".join(map(str, clue))


def _from_end(clue: Clue, place: int) -> str:
    return str(clue[-place]) if place <= len(clue) else ""


def _prompt(n: int, rows: Sequence[Clue], columns: Sequence[Clue]) -> str:
    return (
        f"Solve this {n}×{n} nonogram: each clue lists, in order, the lengths of the blocks of "
        "filled cells in its line; blocks are apart by at least one empty cell, and 0 means that "
        "the line is empty.\n\n"
        f"Rows, from the top: {', '.join(map(_said, rows))}\n"
        f"Columns, from the left: {', '.join(map(_said, columns))}\n\n"
        "Think step by step inside <think></think>, then write only the grid, 1 for a filled cell "
        f"and 0 for an empty one: {n} lines of {n} symbols."
    )


# Generator


@cache
def patterns(n: int, clue: Clue) -> tuple[int, ...]:
    """Every way to fill a line of n cells by its clue, as bit masks, the leftmost first."""
    if clue == (0,) or not clue:
        return (0,)
    first, rest = clue[0], clue[1:]
    needed = sum(rest) + len(rest)
    found = []
    for start in range(n - first - needed + 1):
        block = ((1 << first) - 1) << start
        after = start + first + 1
        tails = patterns(n - after, rest) if rest else (0,)
        found += [block | tail << after for tail in tails]
    return tuple(found)


def _board(rows: Sequence[Clue], columns: Sequence[Clue]) -> LineBoard:
    return LineBoard(
        [patterns(len(columns), clue) for clue in rows],
        [patterns(len(rows), clue) for clue in columns],
    )


def _draw(rng: Random, level: _Level) -> tuple[list[int], int]:
    """The cells of a picture that its clues alone decide, and the nodes that proved it."""
    n = level.size
    while True:
        cells = [int(rng.random() < _FILLED_SHARE) for _ in range(n * n)]
        for _ in range(level.smoothings):
            cells = _smoothed(cells, n)
        rows, columns = _clues(cells, n)
        if cells in _pushed(rows, columns):
            continue
        board = _board(rows, columns)
        solutions, nodes = board.solutions(board.known())
        if len(solutions) == 1:
            return cells, nodes


def _smoothed(cells: Sequence[int], n: int) -> list[int]:
    """Every cell as most of it and its four neighbours are."""
    smooth = []
    for cell in range(n * n):
        r, c = divmod(cell, n)
        near = [
            cells[(r + dr) * n + c + dc]
            for dr, dc in ((0, 0), (-1, 0), (1, 0), (0, -1), (0, 1))
            if 0 <= r + dr < n and 0 <= c + dc < n
        ]
        smooth.append(int(2 * sum(near) > len(near)))
    return smooth


def _clues(cells: Sequence[int], n: int) -> tuple[list[Clue], list[Clue]]:
    rows = [_blocks(cells[first : first + n]) for first in range(0, n * n, n)]
    return rows, [_blocks(cells[c::n]) for c in range(n)]


def _blocks(line: Sequence[int]) -> Clue:
    runs = "".join(map(str, line)).split("0")
    return tuple(len(run) for run in runs if run) or (0,)


def _pushed(rows: Sequence[Clue], columns: Sequence[Clue]) -> list[list[int]]:
    """The pictures in which all blocks lie as far left, right, up or down as they go."""
    pictures = []
    for end in (0, -1):
        across = [patterns(len(columns), clue)[end] for clue in rows]
        pictures.append([line >> c & 1 for line in across for c in range(len(columns))])
        down = [patterns(len(rows), clue)[end] for clue in columns]
        pictures.append([line >> r & 1 for r in range(len(rows)) for line in down])
    return pictures


def _picture(lines: Sequence[int], width: int) -> str:
    return rows_text([str(line >> c & 1) for line in lines for c in range(width)], width)


# Certificate


def _covers(rows: Sequence[Clue], columns: Sequence[Clue]) -> Iterator[str]:
    """Every solution, by exact cover."""
    options: dict[tuple[str, int, int], list[tuple[str, int, int]]] = {}
    for r, clue in enumerate(rows):
        for line in patterns(len(columns), clue):
            covered = [("cell", r, c) for c in range(len(columns)) if line >> c & 1]
            options["row", r, line] = [("row", r, 0), *covered]
    for c, clue in enumerate(columns):
        for line in patterns(len(rows), clue):
            covered = [("cell", r, c) for r in range(len(rows)) if not line >> r & 1]
            options["column", c, line] = [("column", c, 0), *covered]
    for cover in exact_covers(options):
        lines = sorted((r, line) for side, r, line in cover if side == "row")
        yield "".join(str(line >> c & 1) for _, line in lines for c in range(len(columns)))
