"""What puzzles share whose answer is one filled grid: judging, and the responses that prove it.

A game brings its rules, generator, certificate and pictures; its instances have exactly one
solution, certified, so that judging is comparing with it. ``answer`` holds ``"clues"`` and
``"solution"`` as the prompt shows grids (rows on lines, symbols apart, ``.`` for a blank), and
whatever else the game's own methods need.
"""

from __future__ import annotations

import json
from abc import abstractmethod
from collections.abc import Iterator, Mapping
from random import Random
from typing import ClassVar

from assay_datasets import InputError, Json, Task, derive_random
from assay_envs.environment import CertificateError, SingleTurn
from assay_envs.logic.grid_text import BLANK, read_grid, rows_text
from assay_verifiers import Verdict, Verifier, visible_text

_UNFILLED = "?"  # a blank in every game, whatever its symbols


class GridVerifier(Verifier):
    """Compares the one grid of a response with the certified unique solution; no part marks.

    Attributes:
        symbols: the characters a cell of any instance may hold.
        aliases: other characters that mean one of them.
    """

    symbols: ClassVar[str] = "123456789"
    aliases: ClassVar[Mapping[str, str]] = {}

    def check(self, response: str, answer: Json, **options: Json) -> Verdict:
        try:
            clues, solution = answer["clues"], answer["solution"]
            if visible_text(response).strip() == solution:
                return Verdict.correct()
            gold = solution.split()
            rows = solution.count("\n") + 1
            shown = clues.split()
            columns, left_over = divmod(len(gold), rows)
        except (TypeError, KeyError, AttributeError):
            return Verdict.undecided("bad_gold")
        if left_over or len(shown) != len(gold):
            return Verdict.undecided("bad_gold")
        grid = read_grid(response, rows, columns, self.symbols, self.aliases)
        if isinstance(grid, Verdict):
            return grid
        if grid == "".join(gold):
            return Verdict.correct()
        wrong = [cell for cell, symbol in enumerate(gold) if grid[cell] != symbol]
        if any(shown[cell] != BLANK for cell in wrong):
            return Verdict.incorrect("rule_broken", error="a given cell was changed")
        place = f"r{wrong[0] // columns + 1}c{wrong[0] % columns + 1}"
        return Verdict.incorrect("mismatch", cells=len(wrong), first=place)


class GridPuzzle(SingleTurn):
    """An environment whose answer is one filled grid."""

    def oracle(self, task: Task) -> str:
        return str(task.answer["solution"])

    @abstractmethod
    def alphabet(self, task: Task) -> str:
        """The symbols that a blank cell of this instance may hold."""

    def equivalents(self, task: Task) -> Iterator[str]:
        """The solution in the layouts that people and models write."""
        rows = [line.split() for line in self.oracle(task).splitlines()]
        ruler = "+".join(["---"] * len(rows[0]))
        yield "\n".join("".join(row) for row in rows)
        yield "".join("".join(row) for row in rows)
        yield "\n".join(", ".join(row) for row in rows)
        yield f"\n{ruler}\n".join("| " + " | ".join(row) + " |" for row in rows)
        yield json.dumps(rows)
        yield "\n".join(f"Row {r}: {' '.join(row)}" for r, row in enumerate(rows, 1))
        yield f"{task.answer['clues']}\n\nThe **answer** is:\n```text\n{self.oracle(task)}\n```"

    def near_misses(self, task: Task) -> Iterator[str]:
        """One cell changed, two swapped, one blank, a row short or too many, two grids."""
        solution = self.oracle(task).split()
        columns = len(self.oracle(task).splitlines()[0].split())
        rng = derive_random("near misses", task.id)
        blanks = blank_cells(task)
        for cell in rng.sample(blanks, min(3, len(blanks))):
            others = [each for each in self.alphabet(task) if each != solution[cell]]
            changed = [*solution[:cell], rng.choice(others), *solution[cell + 1 :]]
            yield rows_text(changed, columns)
            yield rows_text([*solution[:cell], _UNFILLED, *solution[cell + 1 :]], columns)
            yield f"{rows_text(changed, columns)}\n\nor\n\n{self.oracle(task)}"
        first = rng.choice(blanks)
        if unlike := [cell for cell in blanks if solution[cell] != solution[first]]:
            swapped, second = list(solution), rng.choice(unlike)
            swapped[first], swapped[second] = solution[second], solution[first]
            yield rows_text(swapped, columns)
        yield rows_text(solution[columns:], columns)
        yield rows_text(solution + solution[:columns], columns)

    def guess(self, task: Task, rng: Random) -> str:
        """Every blank cell filled at random."""
        alphabet = self.alphabet(task)
        return filled(task, [rng.choice(alphabet) for _ in blank_cells(task)])

    def trivial(self, task: Task) -> Iterator[str]:
        """The clues copied with one symbol everywhere else, for each symbol; the bare clues."""
        for symbol in self.alphabet(task):
            yield filled(task, [symbol] * len(blank_cells(task)))
        yield str(task.answer["clues"])


def blank_cells(task: Task) -> list[int]:
    """The cells that the puzzle leaves open, in reading order."""
    return [cell for cell, symbol in enumerate(task.answer["clues"].split()) if symbol == BLANK]


def filled(task: Task, symbols: list[str]) -> str:
    """The clue grid with its blanks, in reading order, filled with ``symbols``."""
    cells = task.answer["clues"].split()
    for cell, symbol in zip(blank_cells(task), symbols, strict=True):
        cells[cell] = symbol
    return rows_text(cells, len(task.answer["clues"].splitlines()[0].split()))


def require_unique(solutions: list[str], task: Task) -> None:
    """Raise :class:`CertificateError` unless a second method found just the certified solution."""
    if len(solutions) != 1:
        raise CertificateError(f"{len(solutions)} or more solutions, not exactly one")
    certified = task.metadata["certificate"]["solution"]
    if not solutions[0] == certified == "".join(task.answer["solution"].split()):
        raise CertificateError("the only solution is not the certified one")


def whole_number(name: str, value: Json, low: int, high: int) -> int:
    """``value`` where it is an integer in [low, high], else an :class:`InputError` that says so."""
    if isinstance(value, bool) or not isinstance(value, int) or not low <= value <= high:
        raise InputError(f"{name} must be a whole number from {low} to {high}, not {value!r}")
    return value
