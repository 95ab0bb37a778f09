"""Takuzu (binary puzzle): fill a grid with 0 and 1.

No three equal symbols stand next to each other in a row or column, every row and column holds as
many 0 as 1, no two rows are alike and no two columns. The answer is the filled grid; how grids are
read is told in ``grid_text``. The simplest trivial policy, copying the clues and writing one symbol
everywhere else, is never right.

Generator: a random filled grid, row by row; then cells are emptied in random order, each only if
the exact solver refutes the other symbol there, down to the number of clues that was asked.

Certificate: the solution, that an exhaustive search from the clues found no second one, and its
nodes. ``recheck`` searches anew, cell by cell with triples and counts alone. Duplicate key: the
least of the grid's rotations and reflections, 0 and 1 exchangeable.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from functools import cache
from itertools import islice
from random import Random
from typing import ClassVar

from assay_datasets import InputError, Task, derive_random
from assay_envs import drawing
from assay_envs.logic.grid_puzzle import (
    GridPuzzle,
    GridVerifier,
    filled,
    require_unique,
    whole_number,
)
from assay_envs.logic.grid_text import BLANK, boxed_text, canonical_grid, rows_text
from assay_envs.logic.line_board import Known, LineBoard, explained

_SIZES = (4, 6, 8, 10, 12)
_FEWEST = {4: 4, 6: 8, 8: 15, 10: 25, 12: 37}  # fewer exist, but random emptying hardly finds them
_LEVELS = {1: (4, (4, 6)), 2: (6, (11, 14)), 3: (8, (19, 24)), 4: (10, (30, 36)), 5: (12, (38, 44))}
_MOST_TRIES = 1_000


class TakuzuVerifier(GridVerifier):
    """``answer`` is ``{"clues": grid, "solution": grid}``, grids as in the prompt."""

    name = "logic/takuzu"
    summary = "the filled grid of a binary puzzle, compared with its certified only solution"
    symbols = "01"


class Takuzu(GridPuzzle):
    """The environment; finer parameters: ``size``, ``clues``."""

    id = "logic/takuzu"
    summary = "fill a grid with 0 and 1, no three in a row, as many of each in every line"
    levels: ClassVar = {
        level: f"{size}×{size}, {few}–{many} clues"
        for level, (size, (few, many)) in _LEVELS.items()
    }
    chance: ClassVar = {1: 0.06, 2: 0.005, 3: 0.0, 4: 0.0, 5: 0.0}
    measure = "work of deduction: 1 for each blank cell, 5 for each node of search beyond lines"

    def __init__(self) -> None:
        super().__init__(TakuzuVerifier())

    def generate(
        self, seed: int, difficulty: int, size: int | None = None, clues: int | None = None
    ) -> Task:
        """The task of this seed and level.

        Args:
            seed, difficulty: as everywhere.
            size: 4, 6, 8, 10 or 12; by default the level's.
            clues: exactly so many cells are given: from 4, 8, 15, 25 or 37 (by size) to all but
                one.
        """
        n, (few, many) = _wanted(_LEVELS[self.check_level(difficulty)], size, clues)
        asked = () if (size, clues) == (None, None) else (f"{size} {clues}",)
        rng = derive_random(self.id, difficulty, seed, *asked)
        solution, given, nodes = _draw(rng, n, rng.randint(few, many))
        cells = [BLANK] * n**2
        for cell in given:
            cells[cell] = str(solution[cell])
        text = rows_text([str(value) for value in solution], n)
        rows = ["".join(cells[first : first + n]) for first in range(0, n * n, n)]
        return Task(
            env=self.id,
            prompt=({"role": "user", "content": _prompt(n, rows_text(cells, n))},),
            answer={"clues": rows_text(cells, n), "solution": text},
            verifier=self.id,
            metadata={
                "domain": "logic",
                "difficulty": difficulty,
                "seed": seed,
                "duplicate_key": f"{self.id}:{canonical_grid(rows, {'0': '1', '1': '0'})}",
                "certificate": {
                    "solution": "".join(map(str, solution)),
                    "solutions": 1,
                    "clues": len(given),
                    "nodes": nodes,
                },
                "measured": float(n * n - len(given) + 5 * (nodes - 1)),
            },
        )

    def alphabet(self, task: Task) -> str:
        return "01"

    def solution(self, task: Task) -> str:
        cells = task.answer["clues"].split()
        lines = board(len(task.answer["clues"].splitlines()))
        state = lines.known((i, int(each)) for i, each in enumerate(cells) if each != BLANK)
        steps = "\n".join(explained(lines, state, ("0", "1")))
        return f"<think>{steps}</think>{self.oracle(task)}"

    def guess(self, task: Task, rng: Random) -> str:
        """The blanks of every row filled with what it misses of both symbols, shuffled."""
        symbols: list[str] = []
        for row in task.answer["clues"].splitlines():
            half = len(row.split()) // 2
            missing = ["0"] * (half - row.count("0")) + ["1"] * (half - row.count("1"))
            rng.shuffle(missing)
            symbols += missing
        return filled(task, symbols)

    def recheck(self, task: Task) -> None:
        cells = task.answer["clues"].split()
        found = _searched(cells, len(task.answer["clues"].splitlines()))
        require_unique(list(islice(found, 2)), task)

    def render(self, task: Task) -> str:
        return boxed_text(
            task.answer["clues"].split(), len(task.answer["clues"].splitlines()), None
        )

    def svg(self, task: Task) -> str:
        rows = [line.split() for line in task.answer["clues"].splitlines()]
        cells = [["" if each == BLANK else each for each in row] for row in rows]
        shaded = {
            (r, c): drawing.SHADE for r, row in enumerate(rows) for c, each in enumerate(row)
            if each != BLANK
        }  # fmt: skip
        return drawing.grid(cells, fills=shaded).svg("Takuzu")


def _wanted(
    level: tuple[int, tuple[int, int]], size: int | None, clues: int | None
) -> tuple[int, tuple[int, int]]:
    n, usual = level
    if size is not None and (size not in _SIZES or isinstance(size, bool)):
        raise InputError(f"a takuzu's size is 4, 6, 8, 10 or 12, not {size!r}")
    if size is not None and size != n:
        n, usual = next(each for each in _LEVELS.values() if each[0] == size)
    if clues is not None:
        whole_number(f"clues of a {n}×{n} takuzu", clues, _FEWEST[n], n * n - 1)
        usual = (clues, clues)
    return n, usual


def _prompt(n: int, shown: str) -> str:
    return (
        f"Solve this {n}×{n} takuzu: fill every blank (.) with 0 or 1 so that no three equal "
        "symbols stand next to each other in a row or column, every row and every column holds as "
        "many 0 as 1, no two rows are alike and no two columns are alike.\n"
        f"\n{shown}\n\n"
        "Think step by step inside <think></think>, then write only the filled grid: "
        f"{n} lines of {n} symbols."
    )


# Generator


@cache
def board(n: int) -> LineBoard:
    """The board of this size; what it remembers of lines serves all its puzzles."""
    lines = [pattern for pattern in range(1 << n) if _is_line(pattern, n)]
    return LineBoard([lines] * n, [lines] * n, distinct=True)


def _is_line(pattern: int, n: int) -> bool:
    zeros = ~pattern & ((1 << n) - 1)
    balanced = pattern.bit_count() == n // 2
    return balanced and not any(mask & mask >> 1 & mask >> 2 for mask in (pattern, zeros))


def _draw(rng: Random, n: int, clues: int) -> tuple[list[int], list[int], int]:
    """A solution, the cells given of it, and the nodes of the search that proved it unique."""
    lines = board(n)
    for _ in range(_MOST_TRIES):
        solution = _random_grid(rng, n)
        if (given := _emptied(rng, solution, lines, clues)) is None:
            continue
        state = lines.known((cell, solution[cell]) for cell in given)
        solutions, nodes = lines.solutions(state)
        if len(solutions) != 1 or lines.values(solutions[0]) != solution:
            raise AssertionError(f"emptying {solution} to {given} lost uniqueness")
        return solution, given, nodes
    raise InputError(
        f"no {n}×{n} takuzu with {clues} clues turned up in {_MOST_TRIES} tries; ask for more clues"
    )


def _random_grid(rng: Random, n: int) -> list[int]:
    """A filled grid: random symbols in random cells and what they force, backtracking."""
    lines = board(n)
    stack = [lines.known()]
    while True:
        state = stack.pop()
        if not lines.settle(state):
            continue
        if lines.open_cell(state) is None:
            return lines.values(state)
        cell = rng.choice([c for c in range(n * n) if not _is_known(state, c, n)])
        first = rng.randrange(2)
        for value in (1 - first, first):
            branch = state.copy()
            lines.put(branch, cell, value)
            stack.append(branch)


def _is_known(state: Known, cell: int, n: int) -> bool:
    r, c = divmod(cell, n)
    return bool((state.ones[r] | state.zeros[r]) >> c & 1)


def _emptied(
    rng: Random, solution: Sequence[int], lines: LineBoard, clues: int
) -> list[int] | None:
    """The cells that stay given when ``clues`` do; None where this order ends above that."""
    order = list(range(len(solution)))
    rng.shuffle(order)
    kept: list[int] = []
    for i, cell in enumerate(order):
        left = kept + order[i:]
        if len(left) == clues:
            return sorted(left)
        state = lines.known((c, solution[c]) for c in left if c != cell)
        lines.put(state, cell, 1 - solution[cell])
        if lines.solutions(state, 1)[0]:
            kept.append(cell)
    return sorted(kept) if len(kept) == clues else None


# Certificate


def _searched(cells: list[str], n: int) -> Iterator[str]:
    """Every solution: what triples and counts alone force, then both symbols in the first blank."""
    lines = [range(r * n, r * n + n) for r in range(n)] + [range(c, n * n, n) for c in range(n)]
    cells = cells[:]
    while (before := cells[:]) and all(_ruled(cells, line) for line in lines):
        if cells == before:
            break
    else:
        return
    if BLANK in cells:
        blank = cells.index(BLANK)
        for symbol in "01":
            yield from _searched([*cells[:blank], symbol, *cells[blank + 1 :]], n)
        return
    filled_lines = ["".join(cells[cell] for cell in line) for line in lines]
    if len(set(filled_lines[:n])) == n == len(set(filled_lines[n:])):
        yield "".join(cells)


def _ruled(cells: list[str], line: range) -> bool:
    """Fill what triples and counts force in a line; False where they are broken."""
    for places in zip(line, line[1:], line[2:], strict=False):
        for symbol, other in ("01", "10"):
            three = [cells[place] for place in places]
            if three.count(symbol) == 2 and BLANK in three:
                cells[places[three.index(BLANK)]] = other
            elif three.count(symbol) == 3:
                return False
    for symbol, other in ("01", "10"):
        count = [cells[cell] for cell in line].count(symbol)
        if count > len(line) // 2:
            return False
        if count == len(line) // 2:
            for cell in line:
                cells[cell] = other if cells[cell] == BLANK else cells[cell]
    return True
