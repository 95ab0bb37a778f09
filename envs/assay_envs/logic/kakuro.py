"""Kakuro: fill the white cells with digits so that every run has its sum and no digit twice.

A run is a longest line of white cells, across or down; every white cell is in one of each, and runs
have two cells or more. The answer is the grid with ``#`` for black cells; how grids are read is
told in ``grid_text``. The simplest trivial policy, one digit in every white cell, is never right.

Generator: random black cells, mended until all runs are long enough and the white cells hang
together; then random digits, changed one by one in the cells that the sums leave open, as long as
that leaves no more open; from time to time such a cell turns black; until one solution is left.

Certificate: the solution, that an exhaustive search found no second one, and its nodes.
``recheck`` searches anew, cell by cell in reading order with bounds on what is left of a sum.
Duplicate key: the least of the puzzle's rotations and reflections, as digits go: each d may also be
10 − d.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cache, lru_cache, reduce
from itertools import combinations, islice
from operator import or_
from random import Random
from typing import ClassVar, TypeAlias

from assay_datasets import Task, derive_random
from assay_envs import drawing
from assay_envs.logic.grid_puzzle import (
    GridPuzzle,
    GridVerifier,
    blank_cells,
    filled,
    require_unique,
    whole_number,
)
from assay_envs.logic.grid_text import BLANK, canonical_grid, rows_text
from assay_envs.logic.supposing import Position, suppose

_BLACK = "#"
_ALL = (1 << 9) - 1
_CELL = 40.0
_DRAWN = (1, 1, 1, 2, 2, 3, 4, 5, 6, 7, 8, 8, 9, 9, 9)  # sums at either end say most
_CHANGES = 30  # of digits, before a doubtful cell is made black
_LITTLE_DOUBT = 12  # so many candidates too many are left to the search

Run: TypeAlias = tuple[int, ...]  # its cells, in order
Masks: TypeAlias = list[int]  # per cell, a bit for each digit still possible, 1 = bit 0


@dataclass(frozen=True)
class _Level:
    size: int
    black: float


_LEVELS = {
    1: _Level(4, 0.3),
    2: _Level(5, 0.5),
    3: _Level(5, 0.1),
    4: _Level(6, 0.35),
    5: _Level(7, 0.3),
}


class KakuroVerifier(GridVerifier):
    """``answer`` is ``{"clues": grid, "solution": grid, "sums": [[cells, sum], …]}``."""

    name = "logic/kakuro"
    summary = "the filled grid of a kakuro, compared with its certified only solution"
    symbols = "123456789#"
    aliases: ClassVar = {"■": _BLACK, "█": _BLACK, "x": _BLACK, "X": _BLACK}


class Kakuro(GridPuzzle):
    """The environment; finer parameter: ``size``."""

    id = "logic/kakuro"
    summary = "fill runs of cells with different digits of given sums"
    levels: ClassVar = {
        number: f"{level.size}×{level.size}, about {level.black:.0%} black"
        for number, level in _LEVELS.items()
    }
    chance: ClassVar = {1: 0.01, 2: 0.003, 3: 0.001, 4: 0.001, 5: 0.001}
    measure = "deductions of the worked solution: a run that narrows its cells, or a supposition"

    def __init__(self) -> None:
        super().__init__(KakuroVerifier())

    def generate(self, seed: int, difficulty: int, size: int | None = None) -> Task:
        """The task of this seed and level.

        Args:
            seed, difficulty: as everywhere.
            size: cells on a side, 3 to 9.
        """
        level = _LEVELS[self.check_level(difficulty)]
        asked = () if size is None else (f"size {size}",)
        if size is not None:
            level = _Level(whole_number("a kakuro's size", size, 3, 9), 0.25)
        n = level.size
        rng = derive_random(self.id, difficulty, seed, *asked)
        digits, runs, nodes = _draw(rng, level)
        sums = _with_sums(runs, digits)
        cells = [BLANK if cell in digits else _BLACK for cell in range(n * n)]
        solved = [str(digits.get(cell, _BLACK)) for cell in range(n * n)]
        return Task(
            env=self.id,
            prompt=({"role": "user", "content": _prompt(n, rows_text(cells, n), sums)},),
            answer={
                "clues": rows_text(cells, n),
                "solution": rows_text(solved, n),
                "sums": [[list(run), total] for run, total in sums],
            },
            verifier=self.id,
            metadata={
                "domain": "logic",
                "difficulty": difficulty,
                "seed": seed,
                "duplicate_key": f"{self.id}:{_canonical(solved, n)}",
                "certificate": {"solution": "".join(solved), "solutions": 1, "nodes": nodes},
                "measured": float(len(_explained(sums, n))),
            },
        )

    def alphabet(self, task: Task) -> str:
        return "123456789"

    def solution(self, task: Task) -> str:
        """Run by run: what its sum and the crossing runs leave, and suppositions where stuck."""
        n, sums = len(task.answer["clues"].splitlines()), _sums(task)
        steps = "\n".join(_explained(sums, n))
        return f"<think>{steps}</think>{self.oracle(task)}"

    def guess(self, task: Task, rng: Random) -> str:
        """Random digits that have the right sum across."""
        drawn: dict[int, int] = {}
        for run, total in _sums(task):
            if run[-1] - run[0] < len(run):
                drawn |= zip(run, _with_sum(rng, len(run), total), strict=True)
        return filled(task, [str(drawn[cell]) for cell in blank_cells(task)])

    def recheck(self, task: Task) -> None:
        found = _backtracked(task.answer["clues"].split(), _sums(task))
        require_unique(list(islice(found, 2)), task)

    def render(self, task: Task) -> str:
        n = len(task.answer["clues"].splitlines())
        return f"{task.answer['clues']}\n\n{_listed(_sums(task), n)}"

    def svg(self, task: Task) -> str:
        """The usual picture: sums in the black cell before a run, down left, across right."""
        n, cells = len(task.answer["clues"].splitlines()), task.answer["clues"].split()
        picture = drawing.Drawing((n + 1) * _CELL + 24, (n + 1) * _CELL + 24)
        for r in range(n + 1):
            for c in range(n + 1):
                white = r and c and cells[(r - 1) * n + c - 1] == BLANK
                fill = drawing.PAPER if white else drawing.FAINT
                picture.rect(12 + c * _CELL, 12 + r * _CELL, _CELL, _CELL, fill=fill)
        for run, total in _sums(task):
            r, c = divmod(run[0], n)
            across = run[1] == run[0] + 1
            x = 12 + (c + (0 if across else 1)) * _CELL + _CELL * (0.75 if across else 0.3)
            y = 12 + (r + (1 if across else 0)) * _CELL + _CELL * (0.3 if across else 0.75)
            picture.text(x, y, str(total), size=13)
        return picture.svg("Kakuro")


def _sums(task: Task) -> list[tuple[Run, int]]:
    return [(tuple(run), total) for run, total in task.answer["sums"]]


def _name(cell: int, n: int) -> str:
    return f"r{cell // n + 1}c{cell % n + 1}"


def _span(run: Run, n: int) -> str:
    return f"{_name(run[0], n)}–{_name(run[-1], n)}"


def _listed(sums: Sequence[tuple[Run, int]], n: int) -> str:
    lines = []
    for name, step in (("Across", 1), ("Down", n)):
        said = [f"{_span(run, n)} = {total}" for run, total in sums if run[1] - run[0] == step]
        lines.append(f"{name}: {', '.join(said)}")
    return "\n".join(lines)


def _prompt(n: int, shown: str, sums: Sequence[tuple[Run, int]]) -> str:
    return (
        f"Solve this {n}×{n} kakuro: fill every white cell (.) with a digit from 1 to 9 so that "
        "each run of white cells, across and down, has the given sum and no digit twice; # is "
        f"black.\n\n{shown}\n\nSums, r1c1 being the upper left cell:\n{_listed(sums, n)}\n\n"
        "Think step by step inside <think></think>, then write only the filled grid, # where it is "
        f"black: {n} lines of {n} symbols."
    )


# Generator


def _draw(rng: Random, level: _Level) -> tuple[dict[int, int], list[Run], int]:
    """Digits by white cell that the sums of the runs alone decide, the runs, and the nodes."""
    n = level.size
    while True:
        layout = _layout(rng, n, level.black)
        runs: list[Run] | None = layout
        digits = _filled(rng, layout)
        while runs:
            digits, doubt = _changed(rng, runs, digits, n)
            if sum(doubt.values()) <= _LITTLE_DOUBT:
                solutions, nodes = solutions_of(_with_sums(runs, digits), n)
                if solutions == [digits]:
                    return digits, runs, nodes
            runs = _mended(set(digits) - {rng.choice(list(doubt))}, n)
            digits = {cell: digits[cell] for cell in sorted(_homes(runs or ()))}


def _changed(
    rng: Random, runs: Sequence[Run], digits: dict[int, int], n: int
) -> tuple[dict[int, int], dict[int, int]]:
    """``digits`` after changes that left no more open, and what is still open."""
    homes, doubt = _homes(runs), _doubt(runs, digits, n)
    for _ in range(_CHANGES):
        if not doubt:
            break
        cell = rng.choice(list(doubt))
        used = {digits[other] for run in homes[cell] for other in run}
        if free := [digit for digit in _DRAWN if digit not in used]:
            changed = digits | {cell: rng.choice(free)}
            new = _doubt(runs, changed, n)
            if sum(new.values()) <= sum(doubt.values()):
                digits, doubt = changed, new
    return digits, doubt


def _with_sums(runs: Sequence[Run], digits: Mapping[int, int]) -> list[tuple[Run, int]]:
    return [(run, sum(digits[cell] for cell in run)) for run in runs]


def _doubt(runs: Sequence[Run], digits: Mapping[int, int], n: int) -> dict[int, int]:
    """Per cell that the runs alone do not decide, how many other digits it may still hold."""
    masks = [_ALL] * (n * n)
    _settled(masks, _with_sums(runs, digits))
    return {cell: masks[cell].bit_count() - 1 for cell in digits if masks[cell].bit_count() > 1}


def _layout(rng: Random, n: int, black: float) -> list[Run]:
    """The runs of a random layout."""
    while True:
        if runs := _mended({cell for cell in range(n * n) if rng.random() >= black}, n):
            return runs


def _mended(white: set[int], n: int) -> list[Run] | None:
    """The runs once lone cells are black too; None if too few cells are left, or apart."""
    while lone := {run[0] for run in _runs(white, n) if len(run) == 1}:
        white = white - lone
    if 2 * len(white) < n * n or not _is_connected(white, n):
        return None
    return _runs(white, n)


def _runs(white: set[int], n: int) -> list[Run]:
    """Across, then down, in reading order; lone cells too."""
    found: list[Run] = []
    lines = [range(r * n, r * n + n) for r in range(n)] + [range(c, n * n, n) for c in range(n)]
    for line in lines:
        run: list[int] = []
        for cell in [*line, -1]:
            if cell in white:
                run.append(cell)
            elif run:
                found.append(tuple(run))
                run = []
    return found


def _is_connected(white: set[int], n: int) -> bool:
    reached = [min(white)]
    for cell in reached:
        beside = [cell - n, cell + n]
        beside += [cell - 1] if cell % n else []
        beside += [cell + 1] if (cell + 1) % n else []
        reached += [each for each in beside if each in white and each not in reached]
    return len(reached) == len(white)


def _filled(rng: Random, runs: Sequence[Run]) -> dict[int, int]:
    """Random digits for all cells, none twice in a run."""
    homes = _homes(runs)
    while True:
        digits: dict[int, int] = {}
        for cell in sorted(homes):
            used = {digits.get(other) for run in homes[cell] for other in run}
            free = [digit for digit in _DRAWN if digit not in used]
            if not free:
                break
            digits[cell] = rng.choice(free)
        else:
            return digits


def _homes(runs: Sequence[Run]) -> dict[int, list[Run]]:
    homes: dict[int, list[Run]] = {}
    for run in runs:
        for cell in run:
            homes.setdefault(cell, []).append(run)
    return homes


# Solver


@cache
def combinations_of(count: int, total: int) -> tuple[int, ...]:
    """The sets of ``count`` different digits with this sum, as bit masks."""
    sets = combinations(range(1, 10), count)
    return tuple(sum(1 << d - 1 for d in each) for each in sets if sum(each) == total)


@lru_cache(maxsize=100_000)
def supported(total: int, masks: tuple[int, ...]) -> tuple[int, ...] | None:
    """Per cell of a run, the digits left by its sum and by its decided cells.

    A digit stays where it belongs to a set of digits with that sum that has a digit for each cell
    and a cell for each digit. None where no such set is left.
    """
    union = [0] * len(masks)
    decided = sum({mask for mask in masks if mask.bit_count() == 1})
    for digits in combinations_of(len(masks), total):
        there = [digits & (mask if mask.bit_count() == 1 else mask & ~decided) for mask in masks]
        if 0 not in there and reduce(or_, there) == digits:
            union = [have | new for have, new in zip(union, there, strict=True)]
    return None if 0 in union else tuple(union)


@lru_cache(maxsize=64)
def _places(runs: tuple[Run, ...]) -> dict[int, list[int]]:
    """Per cell, where its two runs stand among ``runs``."""
    at: dict[int, list[int]] = {}
    for place, run in enumerate(runs):
        for cell in run:
            at.setdefault(cell, []).append(place)
    return at


def _settled(masks: Masks, sums: Sequence[tuple[Run, int]]) -> bool:
    """Take from ``masks`` what no run supports, to the end; False on a contradiction."""
    at = _places(tuple(run for run, _ in sums))
    waiting = set(range(len(sums)))
    while waiting:
        run, total = sums[waiting.pop()]
        left = supported(total, tuple(masks[cell] for cell in run))
        if left is None:
            return False
        for cell, mask in zip(run, left, strict=True):
            if masks[cell] != mask:
                masks[cell] = mask
                waiting.update(at[cell])
    return True


def solutions_of(
    sums: Sequence[tuple[Run, int]], n: int, limit: int = 2
) -> tuple[list[dict[int, int]], int]:
    """Up to ``limit`` solutions, and the nodes that the search took."""
    cells = sorted({cell for run, _ in sums for cell in run})
    found: list[dict[int, int]] = []
    stack, nodes = [[_ALL] * (n * n)], 0
    while stack and len(found) < limit:
        masks, nodes = stack.pop(), nodes + 1
        if not _settled(masks, sums):
            continue
        undecided = [cell for cell in cells if masks[cell].bit_count() > 1]
        if not undecided:
            found.append({cell: masks[cell].bit_length() for cell in cells})
            continue
        cell = min(undecided, key=lambda cell: masks[cell].bit_count())
        for digit in _digits(masks[cell]):
            branch = masks[:]
            branch[cell] = 1 << digit - 1
            stack.append(branch)
    return found, nodes


def _digits(mask: int) -> list[int]:
    return [digit for digit in range(1, 10) if mask >> digit - 1 & 1]


# Certificate


def _backtracked(cells: Sequence[str], sums: Sequence[tuple[Run, int]]) -> Iterator[str]:
    """Every solution: digits in reading order, as long as each sum can still be reached."""
    homes: dict[int, list[tuple[Run, int]]] = {}
    for run, total in sums:
        for cell in run:
            homes.setdefault(cell, []).append((run, total))
    order, digits = sorted(homes), dict[int, int]()

    def may_stand(cell: int, digit: int) -> bool:
        for run, total in homes[cell]:
            before = [digits[other] for other in run if other in digits]
            left, open_cells = total - sum(before) - digit, len(run) - len(before) - 1
            least = sum(range(1, open_cells + 1))
            if digit in before or not least <= left <= 10 * open_cells - least:
                return False
        return True

    def search(place: int) -> Iterator[str]:
        if place == len(order):
            yield "".join(str(digits.get(cell, _BLACK)) for cell in range(len(cells)))
            return
        for digit in range(1, 10):
            if may_stand(order[place], digit):
                digits[order[place]] = digit
                yield from search(place + 1)
                del digits[order[place]]

    return search(0)


def _canonical(solved: Sequence[str], n: int) -> str:
    """The least form of the solved grid; the grid decides the sums."""
    turned = {str(digit): str(10 - digit) for digit in range(1, 10)}
    return canonical_grid(["".join(solved[r : r + n]) for r in range(0, n * n, n)], turned)


def _with_sum(rng: Random, count: int, total: int) -> list[int]:
    """Different random digits of that sum, in random order."""
    digits = _digits(rng.choice(combinations_of(count, total)))
    rng.shuffle(digits)
    return digits


# The worked solution


class _Position(Position[tuple[int, int]]):
    """Digits still possible; a choice is a cell and its digit."""

    def __init__(self, masks: Masks, sums: Sequence[tuple[Run, int]], n: int) -> None:
        self.masks, self._sums, self._n = masks, sums, n
        self.cells = sorted({cell for run, _ in sums for cell in run})

    def copy(self) -> _Position:
        return _Position(self.masks[:], self._sums, self._n)

    def broken(self) -> str:
        for run, total in self._sums:
            if supported(total, tuple(self.masks[cell] for cell in run)) is None:
                return f"{_span(run, self._n)} cannot be {total}"
        return ""

    def advance(self) -> str:
        """What the first run that has something to say leaves of its cells, entered."""
        for run, total in self._sums:
            left = supported(total, tuple(self.masks[cell] for cell in run)) or ()
            changed = [
                pair for pair in zip(run, left, strict=False) if pair[1] != self.masks[pair[0]]
            ]
            if changed:
                for cell, mask in changed:
                    self.masks[cell] = mask
                said = (f"{_name(cell, self._n)}={_either(mask)}" for cell, mask in changed)
                return f"{_span(run, self._n)} = {total}: {', '.join(said)}"
        return ""

    def choices(self) -> Iterator[tuple[int, int]]:
        open_cells = [cell for cell in self.cells if self.masks[cell].bit_count() > 1]
        for cell in sorted(open_cells, key=lambda cell: self.masks[cell].bit_count()):
            for digit in _digits(self.masks[cell]):
                yield cell, digit

    def assume(self, choice: tuple[int, int]) -> None:
        self.masks[choice[0]] = 1 << choice[1] - 1

    def deny(self, choice: tuple[int, int]) -> None:
        self.masks[choice[0]] &= ~(1 << choice[1] - 1)

    def said(self, choice: tuple[int, int], holds: bool) -> str:
        return f"{_name(choice[0], self._n)}{'=' if holds else '≠'}{choice[1]}"


def _explained(sums: Sequence[tuple[Run, int]], n: int) -> list[str]:
    position, lines = _Position([_ALL] * (n * n), sums, n), list[str]()
    while any(position.masks[cell].bit_count() > 1 for cell in position.cells):
        lines.append(position.advance() or suppose(position))
    return lines


def _either(mask: int) -> str:
    return "/".join(map(str, _digits(mask)))
