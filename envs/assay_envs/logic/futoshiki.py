"""Futoshiki: a Latin square with signs of inequality between neighbours.

Every row and column holds every digit once, and every sign between two cells is true. The answer is
the filled grid; how grids are read is told in ``grid_text``. The simplest trivial policy, copying
the clues and writing one digit everywhere else, is never right.

Generator: a random Latin square and the asked number of true signs between random neighbours; then
cells are emptied in random order, each only if the exact solver refutes every other digit there,
down to the number of clues that was asked.

Certificate: the solution, that an exhaustive search found no second one, and its nodes.
``recheck`` searches anew, by plain backtracking over the cell with fewest digits left. Duplicate
key: the least of the puzzle's rotations and reflections, with the digits as they are or reversed
(each d as n + 1 − d) and all signs turned.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import islice
from random import Random
from typing import ClassVar

from assay_datasets import InputError, Task, content_hash, derive_random
from assay_envs import drawing
from assay_envs.logic.grid_puzzle import (
    GridPuzzle,
    GridVerifier,
    filled,
    require_unique,
    whole_number,
)
from assay_envs.logic.grid_text import BLANK, canonical_grid, rows_text
from assay_envs.logic.latin_board import LatinBoard, Refine, board, random_square
from assay_envs.logic.latin_steps import explained

_FEWEST_SIZE, _MOST_SIZE = 4, 9
_MOST_TRIES = 300
_CELL = 40.0


@dataclass(frozen=True)
class _Level:
    size: int
    clues: int
    signs: int


_LEVELS = {
    1: _Level(4, 4, 5),
    2: _Level(5, 5, 9),
    3: _Level(6, 7, 14),
    4: _Level(7, 12, 24),
    5: _Level(8, 15, 30),
}


class FutoshikiVerifier(GridVerifier):
    """``answer`` is ``{"clues": grid, "solution": grid, "less": pairs of cells}``."""

    name = "logic/futoshiki"
    summary = "the filled grid of a futoshiki, compared with its certified only solution"


class Futoshiki(GridPuzzle):
    """The environment; finer parameters: ``size``, ``clues``, ``signs``."""

    id = "logic/futoshiki"
    summary = "fill a Latin square so that all signs of inequality are true"
    levels: ClassVar = {
        number: f"{level.size}×{level.size}, {level.clues} clues, {level.signs} signs"
        for number, level in _LEVELS.items()
    }
    chance: ClassVar = {1: 0.02, 2: 0.001, 3: 0.0, 4: 0.0, 5: 0.0}
    measure = "work of deduction: 1 for each blank cell, 5 for each node of search beyond singles"

    def __init__(self) -> None:
        super().__init__(FutoshikiVerifier())

    def generate(
        self,
        seed: int,
        difficulty: int,
        size: int | None = None,
        clues: int | None = None,
        signs: int | None = None,
    ) -> Task:
        """The task of this seed and level.

        Args:
            seed, difficulty: as everywhere.
            size: 4 to 9.
            clues: exactly so many cells are given, 0 to all but one.
            signs: exactly so many signs, 0 to all 2·size·(size − 1).
        """
        level = _wanted(_LEVELS[self.check_level(difficulty)], size, clues, signs)
        asked = () if (size, clues, signs) == (None,) * 3 else (repr(level),)
        rng = derive_random(self.id, difficulty, seed, *asked)
        solution, given, less, nodes = _draw(rng, level)
        n = level.size
        kept = frozenset(given)
        cells = [str(v + 1) if cell in kept else BLANK for cell, v in enumerate(solution)]
        return Task(
            env=self.id,
            prompt=({"role": "user", "content": _prompt(n, _shown(cells, n, less))},),
            answer={
                "clues": rows_text(cells, n),
                "solution": rows_text([str(value + 1) for value in solution], n),
                "less": [list(pair) for pair in less],
            },
            verifier=self.id,
            metadata={
                "domain": "logic",
                "difficulty": difficulty,
                "seed": seed,
                "duplicate_key": f"{self.id}:{_canonical(cells, n, less)}",
                "certificate": {
                    "solution": "".join(str(value + 1) for value in solution),
                    "solutions": 1,
                    "clues": len(given),
                    "signs": len(less),
                    "nodes": nodes,
                },
                "measured": float(n * n - len(given) + 5 * (nodes - 1)),
            },
        )

    def alphabet(self, task: Task) -> str:
        return "123456789"[: _size(task)]

    def solution(self, task: Task) -> str:
        cells = task.answer["clues"].split()
        given = [None if symbol == BLANK else int(symbol) - 1 for symbol in cells]
        steps = "\n".join(explained(_size(task), None, given, _less(task)))
        return f"<think>{steps}</think>{self.oracle(task)}"

    def guess(self, task: Task, rng: Random) -> str:
        """The blanks of every row filled with its missing digits, shuffled."""
        symbols: list[str] = []
        for row in task.answer["clues"].splitlines():
            missing = [digit for digit in self.alphabet(task) if digit not in row]
            rng.shuffle(missing)
            symbols += missing
        return filled(task, symbols)

    def recheck(self, task: Task) -> None:
        cells = task.answer["clues"].split()
        given = {cell: int(symbol) for cell, symbol in enumerate(cells) if symbol != BLANK}
        found = _backtracked(_size(task), given, _less(task))
        require_unique(list(islice(found, 2)), task)

    def render(self, task: Task) -> str:
        return _shown(task.answer["clues"].split(), _size(task), _less(task))

    def svg(self, task: Task) -> str:
        n, cells = _size(task), task.answer["clues"].split()
        gap = _CELL * 0.6
        step = _CELL + gap
        picture = drawing.Drawing(n * step, n * step)
        for cell, symbol in enumerate(cells):
            x, y = gap / 2 + cell % n * step, gap / 2 + cell // n * step
            picture.rect(
                x, y, _CELL, _CELL, fill=drawing.PAPER if symbol == BLANK else drawing.SHADE
            )
            if symbol != BLANK:
                picture.text(x + _CELL / 2, y + _CELL / 2, symbol, size=20)
        for low, high in _less(task):
            (r, c), beside = divmod(min(low, high), n), abs(low - high) == 1
            x = gap / 2 + c * step + (_CELL + gap / 2 if beside else _CELL / 2)
            y = gap / 2 + r * step + (_CELL / 2 if beside else _CELL + gap / 2)
            picture.text(x, y, _SIGNS[beside, low < high], size=18, bold=True)
        return picture.svg(f"Futoshiki {n}×{n}")


_SIGNS = {(True, True): "<", (True, False): ">", (False, True): "∧", (False, False): "∨"}


def _size(task: Task) -> int:
    return len(str(task.answer["clues"]).splitlines())


def _less(task: Task) -> list[tuple[int, int]]:
    return [(low, high) for low, high in task.answer["less"]]


def _wanted(level: _Level, size: int | None, clues: int | None, signs: int | None) -> _Level:
    n = level.size
    if size is not None:
        n = whole_number("a futoshiki's size", size, _FEWEST_SIZE, _MOST_SIZE)
        usual = min(_LEVELS.values(), key=lambda each: abs(each.size - n))
        level = _Level(
            n, usual.clues * n * n // usual.size**2, usual.signs * n * n // usual.size**2
        )
    most = 2 * n * (n - 1)
    return _Level(
        n,
        level.clues if clues is None else whole_number("clues of a futoshiki", clues, 0, n * n - 1),
        level.signs if signs is None else whole_number("signs of a futoshiki", signs, 0, most),
    )


def _prompt(n: int, shown: str) -> str:
    return (
        f"Solve this {n}×{n} futoshiki: fill every blank (.) so that each row and each column "
        f"holds every digit from 1 to {n} exactly once and all signs are true. < and > compare the "
        "cells left and right of them; ∧ says that the cell above it is less than the cell below, "
        f"∨ that it is greater.\n\n{shown}\n\n"
        "Think step by step inside <think></think>, then write only the filled grid, without the "
        f"signs: {n} lines of {n} digits."
    )


def _shown(cells: Sequence[str], n: int, less: Sequence[tuple[int, int]]) -> str:
    """The grid with its signs: cells four characters apart, signs between them."""
    signs: dict[tuple[int, int], str] = {}
    for low, high in less:
        beside = abs(low - high) == 1
        signs[min(low, high), max(low, high)] = _SIGNS[beside, low < high]
    lines = []
    for r in range(n):
        row = range(r * n, r * n + n)
        across = [f" {signs.get((cell, cell + 1), ' ')} " for cell in row[:-1]]
        lines.append(
            "".join(map("".join, zip([cells[c] for c in row], [*across, ""], strict=True)))
        )
        if r + 1 < n:
            lines.append("   ".join(signs.get((cell, cell + n), " ") for cell in row).rstrip())
    return "\n".join(lines)


# Generator


def _draw(rng: Random, level: _Level) -> tuple[list[int], list[int], list[tuple[int, int]], int]:
    """A solution, the cells given, the signs, and the nodes of the search that proved it unique."""
    n = level.size
    latin = board(n)
    beside = [(c, c + 1) for c in range(n * n) if (c + 1) % n] + [
        (c, c + n) for c in range(n * n - n)
    ]
    for _ in range(_MOST_TRIES):
        solution = random_square(rng, n, None)
        pairs = sorted(rng.sample(beside, level.signs))
        less = [(a, b) if solution[a] < solution[b] else (b, a) for a, b in pairs]
        refine = _refine(latin, less)
        if (given := _emptied(rng, solution, latin, refine, level.clues)) is None:
            continue
        x = latin.position((cell, solution[cell]) for cell in given)
        solutions, nodes = latin.solutions(x, refine=refine)
        if len(solutions) != 1 or latin.values(solutions[0]) != solution:
            raise AssertionError(f"emptying {solution} to {given} lost uniqueness")
        return solution, given, less, nodes
    raise InputError(
        f"no {n}×{n} futoshiki with {level.clues} clues and {level.signs} signs turned up in "
        f"{_MOST_TRIES} tries; ask for more of either"
    )


def _refine(latin: LatinBoard, less: Sequence[tuple[int, int]]) -> Refine:
    """Removes what the signs forbid: too great for the lesser cell, too small for the other."""
    n = latin.n
    full = (1 << n) - 1

    def refine(x: int) -> int:
        masks = latin.candidates(x)
        for low, high in less:
            below = (1 << masks[high].bit_length() - 1) - 1
            above = full & ~((masks[low] & -masks[low]) * 2 - 1)
            for cell, allowed in ((low, below), (high, above)):
                wrong = masks[cell] & ~allowed
                if wrong == masks[cell]:
                    return 0
                masks[cell] &= allowed
                for value in range(wrong.bit_length()):
                    if wrong >> value & 1:
                        x &= ~latin.view[cell * n + value]
        return x

    return refine


def _emptied(
    rng: Random, solution: Sequence[int], latin: LatinBoard, refine: Refine, clues: int
) -> list[int] | None:
    """The cells that stay given when ``clues`` do; None where this order ends above that."""
    order = list(range(len(solution)))
    rng.shuffle(order)
    kept: list[int] = []
    for i, cell in enumerate(order):
        left = kept + order[i:]
        if len(left) == clues:
            return sorted(left)
        x = latin.position((c, solution[c]) for c in left if c != cell)
        if latin.solutions(latin.without(x, cell, solution[cell]), 1, refine)[0]:
            kept.append(cell)
            if len(kept) > clues:
                return None
    return sorted(kept) if len(kept) == clues else None


# Certificate


def _backtracked(
    n: int, given: Mapping[int, int], less: Sequence[tuple[int, int]]
) -> Iterator[str]:
    """Every solution: the blank cell with the fewest digits left first, each of them tried."""
    fewest: tuple[int, list[int]] | None = None
    for cell in range(n * n):
        if cell not in given:
            fits = _fitting(n, given, less, cell)
            if fewest is None or len(fits) < len(fewest[1]):
                fewest = cell, fits
    if fewest is None:
        if all(given[low] < given[high] for low, high in less):
            yield "".join(str(given[cell]) for cell in range(n * n))
        return
    for digit in fewest[1]:
        yield from _backtracked(n, {**given, fewest[0]: digit}, less)


def _fitting(
    n: int, given: Mapping[int, int], less: Sequence[tuple[int, int]], cell: int
) -> list[int]:
    """The digits that a blank cell may hold beside what is given."""
    r, c = divmod(cell, n)
    used = {given.get(r * n + i) for i in range(n)} | {given.get(i * n + c) for i in range(n)}
    least = max([given.get(low, 1) for low, high in less if high == cell], default=0)
    most = min([given.get(high, n) for low, high in less if low == cell], default=n + 1)
    return [digit for digit in range(least + 1, most) if digit not in used]


def _canonical(cells: Sequence[str], n: int, less: Sequence[tuple[int, int]]) -> str:
    """The least form of the puzzle under rotation, reflection and reversal.

    A sign is drawn as two marks between its cells, one beside the lesser and one beside the
    greater, so that it turns with the grid.
    """
    forms = []
    for reverse in (False, True):
        rows = [[" "] * (3 * n - 2) for _ in range(3 * n - 2)]
        for cell, symbol in enumerate(cells):
            turned = symbol if symbol == BLANK or not reverse else str(n + 1 - int(symbol))
            rows[3 * (cell // n)][3 * (cell % n)] = turned
        for low, high in less:
            down, right = high // n - low // n, high % n - low % n
            near_low = (3 * (low // n) + down, 3 * (low % n) + right)
            near_high = (3 * (high // n) - down, 3 * (high % n) - right)
            for (r, c), mark in ((near_low, "-+"[reverse]), (near_high, "+-"[reverse])):
                rows[r][c] = mark
        forms.append(canonical_grid(["".join(row) for row in rows]))
    return content_hash(min(forms))
