"""Sudoku: every row, column and box holds every digit once.

Sizes 4×4 (boxes 2×2), 6×6 (boxes 2 rows × 3 columns) and 9×9 (boxes 3×3). The answer is the filled
grid; how grids are read is told in ``grid_text``. The simplest trivial policy, copying the clues
and writing one digit everywhere else, is never right.

Generator: a random filled grid, row by row; then cells are emptied in random order, each only if
the exact solver refutes every other digit there, until the asked number of clues is left and the
asked technique is needed. An order that ends before is thrown away with its grid.

Certificate: the solution, that an exhaustive search from the clues found no second one, its nodes,
and the technique (``latin_steps``). ``recheck`` proves uniqueness anew by Knuth's Algorithm X.

Duplicate key: a 64-bit colour refinement of the clues that no renaming of digits, no permutation of
bands, stacks, rows within a band or columns within a stack, and (where boxes are square) no
transposition changes. Equivalent puzzles always share it; two others might by chance, which merges
them and is harmless.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from random import Random
from typing import ClassVar

from assay_datasets import InputError, Task, derive_random
from assay_envs import drawing
from assay_envs.logic.exact_cover import exact_covers
from assay_envs.logic.grid_puzzle import (
    GridPuzzle,
    GridVerifier,
    filled,
    require_unique,
    whole_number,
)
from assay_envs.logic.grid_text import BLANK, boxed_text, rows_text
from assay_envs.logic.latin_board import Box, board, random_square, units_of
from assay_envs.logic.latin_steps import TECHNIQUES, Grade, explained, grade

_BOXES: Mapping[int, Box] = {4: (2, 2), 6: (2, 3), 9: (3, 3)}
_FEWEST = {4: 4, 6: 8, 9: 22}  # fewer exist, but random emptying hardly ever finds them
_USUAL = {4: (5, 9), 6: (10, 18), 9: (28, 45)}
_MOST_TRIES = 3_000


@dataclass(frozen=True)
class _Level:
    size: int
    clues: tuple[int, int]
    technique: str | None


_LEVELS = {
    1: _Level(4, (5, 8), "singles"),
    2: _Level(6, (12, 18), "singles"),
    3: _Level(9, (32, 45), "singles"),
    4: _Level(9, (26, 30), "pairs"),
    5: _Level(9, (24, 26), "search"),
}


@dataclass(frozen=True)
class _Puzzle:
    """A unique puzzle: the values from 0 of all cells and, by cell, of the given ones."""

    solution: Sequence[int]
    clues: Mapping[int, int]
    grade: Grade


class SudokuVerifier(GridVerifier):
    """``answer`` is ``{"clues": grid, "solution": grid}``, grids as in the prompt."""

    name = "logic/sudoku"
    summary = "the filled grid of a sudoku, compared with its certified only solution"


class Sudoku(GridPuzzle):
    """The environment; finer parameters: ``size``, ``clues``, ``technique``."""

    id = "logic/sudoku"
    summary = "fill a grid so that every row, column and box holds every digit once"
    levels: ClassVar = {
        1: "4×4, 5–8 clues, singles",
        2: "6×6, 12–18 clues, singles",
        3: "9×9, 32–45 clues, singles",
        4: "9×9, 26–30 clues, needs pairs or pointing",
        5: "9×9, 24–26 clues, needs search",
    }
    chance: ClassVar = {1: 0.03, 2: 0.0, 3: 0.0, 4: 0.0, 5: 0.0}
    measure = (
        "work of deduction: 1 for each blank cell, 5 for each use of pairs or pointing, "
        "10 for each node of search beyond that"
    )

    def __init__(self) -> None:
        super().__init__(SudokuVerifier())

    def generate(
        self,
        seed: int,
        difficulty: int,
        size: int | None = None,
        clues: int | None = None,
        technique: str | None = None,
    ) -> Task:
        """The task of this seed and level.

        Args:
            seed, difficulty: as everywhere.
            size: 4, 6 or 9; by default the level's.
            clues: exactly so many cells are given: from 4, 8 or 22 (by size) to all but one.
            technique: ``singles``, ``pairs`` or ``search``: the hardest that is needed. By
                default the level's; where ``size`` or ``clues`` is given, any.
        """
        level = _LEVELS[self.check_level(difficulty)]
        wanted = _wanted(level, size, clues, technique)
        asked = [f"{size} {clues} {technique}"] if (size, clues, technique) != (None,) * 3 else []
        rng = derive_random(self.id, difficulty, seed, *asked)
        puzzle = _draw(rng, wanted)
        n = wanted.size
        cells = [BLANK] * n**2
        for cell, value in puzzle.clues.items():
            cells[cell] = str(value + 1)
        shown, given = rows_text(cells, n), len(puzzle.clues)
        solution = rows_text([str(value + 1) for value in puzzle.solution], n)
        return Task(
            env=self.id,
            prompt=({"role": "user", "content": _prompt(n, shown)},),
            answer={"clues": shown, "solution": solution},
            verifier=self.id,
            metadata={
                "domain": "logic",
                "difficulty": difficulty,
                "seed": seed,
                "duplicate_key": self.key(n, puzzle.clues),
                "certificate": {
                    "solution": solution.replace(" ", "").replace("\n", ""),
                    "solutions": 1,
                    "clues": given,
                    "technique": puzzle.grade.technique,
                    "nodes": puzzle.grade.nodes,
                },
                "measured": _measured(n * n - given, puzzle.grade),
            },
        )

    def key(self, n: int, clues: Mapping[int, int]) -> str:
        """The duplicate key of a puzzle: ``clues`` are its given values, from 0, by cell."""
        return f"{self.id}:{n}:{len(clues)}:{_invariant(n, clues):016x}"

    def alphabet(self, task: Task) -> str:
        return "123456789"[: _size(task)]

    def solution(self, task: Task) -> str:
        n, cells = _size(task), task.answer["clues"].split()
        given = [None if symbol == BLANK else int(symbol) - 1 for symbol in cells]
        steps = "\n".join(explained(n, _BOXES[n], given))
        return f"<think>{steps}</think>{self.oracle(task)}"

    def guess(self, task: Task, rng: Random) -> str:
        """The blanks of every row filled with its missing digits, shuffled."""
        symbols: list[str] = []
        for row in task.answer["clues"].splitlines():
            missing = [digit for digit in self.alphabet(task) if digit not in row]
            rng.shuffle(missing)
            symbols += missing
        return filled(task, symbols)

    def trivial(self, task: Task) -> Iterator[str]:
        """One digit in all blanks; each row's missing digits in order, up and down."""
        yield from super().trivial(task)
        digits, rows = self.alphabet(task), task.answer["clues"].splitlines()
        for order in (digits, digits[::-1]):
            yield filled(task, [digit for row in rows for digit in order if digit not in row])

    def recheck(self, task: Task) -> None:
        n, clues = _size(task), task.answer["clues"].split()
        require_unique(_covers(n, clues), task)

    def render(self, task: Task) -> str:
        return boxed_text(task.answer["clues"].split(), _size(task), _BOXES[_size(task)])

    def svg(self, task: Task) -> str:
        n = _size(task)
        lines = task.answer["clues"].splitlines()
        cells = [["" if symbol == BLANK else symbol for symbol in line.split()] for line in lines]
        return drawing.grid(cells, box=_BOXES[n]).svg(f"Sudoku {n}×{n}")


def _size(task: Task) -> int:
    return len(str(task.answer["clues"]).splitlines())


def _prompt(n: int, shown: str) -> str:
    height, width = _BOXES[n]
    return (
        f"Solve this {n}×{n} sudoku: fill every blank (.) so that each row, each column and each "
        f"box of {height} rows and {width} columns holds every digit from 1 to {n} exactly once.\n"
        f"\n{shown}\n\n"
        "Think step by step inside <think></think>, then write only the filled grid: "
        f"{n} lines of {n} digits."
    )


def _measured(blanks: int, graded: Grade) -> float:
    searched = graded.nodes - 1 if graded.technique == "search" else 0
    return float(blanks + 5 * graded.strikes + 10 * searched)


# Parameters


def _wanted(level: _Level, size: int | None, clues: int | None, technique: str | None) -> _Level:
    """What to make: the level with the given parameters in place of its own."""
    if technique is not None and technique not in TECHNIQUES:
        raise InputError(f"technique must be one of {', '.join(TECHNIQUES)}, not {technique!r}")
    if size is not None and size not in _BOXES:
        raise InputError(f"a sudoku's size is 4, 6 or 9, not {size!r}")
    n = level.size if size is None else size
    if clues is not None:
        whole_number(f"clues of a {n}×{n} sudoku", clues, _FEWEST[n], n * n - 1)
        return _Level(n, (clues, clues), technique)
    if n != level.size:
        return _Level(n, _USUAL[n], technique)
    own = level.technique if technique is None else technique
    return _Level(n, level.clues if own == level.technique else _USUAL[n], own)


# Generator


def _draw(rng: Random, wanted: _Level) -> _Puzzle:
    """A puzzle as wanted: fresh grids until one can be emptied so far and needs that technique."""
    n, box = wanted.size, _BOXES[wanted.size]
    fewest, most = wanted.clues
    for _ in range(_MOST_TRIES):
        solution = random_square(rng, n, box)
        for given in _emptied(rng, solution, n, box, (fewest, rng.randint(fewest, most))):
            graded = _proved(solution, given, n, box)
            if wanted.technique in (None, graded.technique):
                return _Puzzle(solution, {cell: solution[cell] for cell in sorted(given)}, graded)
            if TECHNIQUES.index(graded.technique) > TECHNIQUES.index(wanted.technique):
                break  # it only grows harder
    clues = f"{fewest}" if fewest == most else f"{fewest} to {most}"
    raise InputError(
        f"no {n}×{n} sudoku with {clues} clues that needs {wanted.technique or 'anything'} turned "
        f"up in {_MOST_TRIES} tries; ask for other clues or another technique"
    )


def _proved(solution: list[int], given: Sequence[int], n: int, box: Box) -> Grade:
    """The grade of a puzzle, by a search from its clues that finds just this solution."""
    latin = board(n, box)
    x = latin.position((cell, solution[cell]) for cell in given)
    solutions, nodes = latin.solutions(x)
    if len(solutions) != 1 or latin.values(solutions[0]) != solution:
        raise AssertionError(f"emptying {solution} to {sorted(given)} lost uniqueness")
    return grade(n, box, x, nodes)


def _emptied(
    rng: Random, solution: Sequence[int], n: int, box: Box, clues: tuple[int, int]
) -> Iterator[list[int]]:
    """The cells still given, each time a cell was emptied, from the most ``clues`` to the fewest.

    Every one is a puzzle with this solution only. An order of cells may end above the fewest.
    """
    latin, cells = board(n, box), len(solution)
    order = list(range(cells))
    rng.shuffle(order)
    candidates = [cell * n + solution[cell] for cell in order]
    later = [latin.full] * (cells + 1)  # the position in which all later cells of the order stand
    for i in range(cells - 1, -1, -1):
        later[i] = later[i + 1] & latin.keep[candidates[i]]
    kept: list[int] = []
    needed = latin.full
    for i, cell in enumerate(order):
        others = later[i + 1] & needed & ~latin.view[candidates[i]]
        if latin.solutions(others, 1)[0]:
            needed &= latin.keep[candidates[i]]
            kept.append(cell)
            if len(kept) > clues[0]:
                return
        elif (left := len(kept) + cells - i - 1) <= clues[1]:
            yield kept + order[i + 1 :]
            if left == clues[0]:
                return


# Certificate


def _covers(n: int, clues: Sequence[str]) -> list[str]:
    """Up to two solutions, by exact cover."""
    box = _BOXES[n]
    homes: dict[int, list[int]] = {cell: [] for cell in range(n * n)}
    for u, unit in enumerate(units_of(n, box)):
        for cell in unit:
            homes[cell].append(u)
    options = {
        (cell, digit): [f"cell {cell}", *(f"{digit} in unit {u}" for u in homes[cell])]
        for cell, clue in enumerate(clues)
        for digit in ("123456789"[:n] if clue == BLANK else clue)
    }
    found = []
    for cover in exact_covers(options):
        found.append("".join(digit for _, digit in sorted(cover)))
        if len(found) == 2:
            break
    return found


_MASK = (1 << 64) - 1
_ODD = (0x9E3779B97F4A7C15, 0xC2B2AE3D27D4EB4F)
_ROUNDS = 3


def _invariant(n: int, clues: Mapping[int, int]) -> int:
    """A number that the game's symmetries keep: colours of lines, boxes and digits, refined.

    Rows and columns are treated alike, so a transposition changes nothing either; where boxes are
    not square they begin with different colours.
    """
    height, width = _BOXES[n]
    given = [
        (cell // n, cell % n, cell // (n * height) * height + cell % n // width, value)
        for cell, value in clues.items()
    ]
    rows, columns = [1] * n, [1 if height == width else 2] * n
    boxes, digits, total = [1] * n, [1] * n, 0
    odd, other = _ODD
    for _ in range(_ROUNDS):
        row_sums, column_sums, box_sums, digit_sums = [0] * n, [0] * n, [0] * n, [0] * n
        total = 0
        for r, c, b, value in given:
            colour = ((rows[r] + columns[c]) * odd + boxes[b]) * other + digits[value] & _MASK
            colour = (colour ^ colour >> 29) * odd & _MASK
            row_sums[r] += colour
            column_sums[c] += colour
            box_sums[b] += colour
            digit_sums[value] += colour
            total += colour
        rows, columns = _by_group(row_sums, height), _by_group(column_sums, width)
        boxes, digits = [_mixed(each) for each in box_sums], [_mixed(each) for each in digit_sums]
    return _mixed(total)


def _by_group(sums: Sequence[int], size: int) -> list[int]:
    """New colours of lines, each from its own sum and those of its band or stack."""
    mixed = [_mixed(each) for each in sums]
    groups = [sum(mixed[first : first + size]) for first in range(0, len(mixed), size)]
    return [_mixed(own + groups[i // size] * _ODD[1]) for i, own in enumerate(mixed)]


def _mixed(value: int) -> int:
    value = (value ^ value >> 29) * _ODD[0] & _MASK
    return value ^ value >> 32
