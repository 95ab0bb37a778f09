"""Sudoku: clue counts to the letter, certificates proved twice, symmetries that change no key."""

from __future__ import annotations

import re
from random import Random

import pytest

from assay_datasets import InputError, Task, derive_random
from assay_envs import CertificateError
from assay_envs.logic.exact_cover import exact_covers
from assay_envs.logic.grid_text import rows_text
from assay_envs.logic.latin_board import board
from assay_envs.logic.sudoku import Sudoku

ENV = Sudoku()
SIZES = {1: 4, 2: 6, 3: 9, 4: 9, 5: 9}
TECHNIQUES = {1: "singles", 2: "singles", 3: "singles", 4: "pairs", 5: "search"}
CLUES = {1: (5, 8), 2: (12, 18), 3: (32, 45), 4: (26, 30), 5: (24, 26)}


@pytest.mark.parametrize("level", ENV.levels)
def test_levels_are_what_they_say(level: int) -> None:
    for seed in range(20):
        task = ENV.generate(seed, level)
        certificate, clues = task.metadata["certificate"], task.answer["clues"].split()
        given = len(clues) - clues.count(".")
        assert len(clues) == SIZES[level] ** 2
        assert CLUES[level][0] <= given <= CLUES[level][1]
        assert (certificate["technique"], certificate["clues"]) == (TECHNIQUES[level], given)


@pytest.mark.parametrize(
    ("size", "clues"),
    [(4, 4), (4, 15), (6, 9), (6, 35), (9, 24), (9, 25), (9, 26), (9, 40), (9, 80)],
)
def test_asked_clue_counts_are_exact(size: int, clues: int) -> None:
    for seed in range(4):
        task = ENV.generate(seed, 1, size=size, clues=clues)
        shown = task.answer["clues"].split()
        assert (len(shown), len(shown) - shown.count(".")) == (size**2, clues)
        ENV.recheck(task)


@pytest.mark.parametrize("technique", ["singles", "pairs", "search"])
def test_asked_techniques_are_what_the_worked_solution_uses(technique: str) -> None:
    for seed in range(5):
        task = ENV.generate(seed, 3, clues=27, technique=technique)
        text = ENV.solution(task)
        assert ("suppose" in text) == (technique == "search")
        if technique != "search":
            assert ("≠" in text) == (technique == "pairs")


@pytest.mark.parametrize(
    "parameters",
    [
        {"size": 5},
        {"size": "9"},
        {"clues": 21},
        {"clues": 81},
        {"clues": 30.0},
        {"clues": True},
        {"technique": "swordfish"},
        {"size": 4, "clues": 15, "technique": "search"},
    ],
)
def test_parameters_that_cannot_be_are_refused(parameters: dict[str, object]) -> None:
    with pytest.raises(InputError, match=r"sudoku|technique"):
        ENV.draw(0, 3, parameters)


def test_parameters_make_other_puzzles_of_the_same_seed() -> None:
    tasks = [ENV.generate(1, level, clues=30) for level in (3, 4)]
    tasks += [ENV.generate(1, 3, clues=31), ENV.generate(1, 3, size=6), ENV.generate(1, 3)]
    assert len({task.metadata["certificate"]["solution"] for task in tasks}) == len(tasks)


@pytest.mark.parametrize("level", ENV.levels)
def test_every_certificate_holds_by_exact_cover(level: int) -> None:
    for seed in range(25):
        ENV.recheck(ENV.generate(seed, level))


def test_a_puzzle_with_a_second_solution_fails_its_recheck() -> None:
    task = ENV.generate(3, 3)
    emptied = re.sub("[1-9]", ".", task.answer["clues"], count=25)
    with pytest.raises(CertificateError, match="2 or more"):
        ENV.recheck(_with(task, clues=emptied))


def test_a_wrong_certified_solution_fails_its_recheck() -> None:
    task = ENV.generate(3, 3)
    swapped = task.answer["solution"].translate(str.maketrans("12", "21"))
    with pytest.raises(CertificateError, match="not the certified"):
        ENV.recheck(_with(task, solution=swapped))


def _with(task: Task, **answer: str) -> Task:
    return Task.from_json(task.to_json() | {"answer": task.answer | answer})


@pytest.mark.parametrize("size", [4, 6, 9])
def test_the_solver_finds_all_solutions(size: int) -> None:
    box = {4: (2, 2), 6: (2, 3), 9: (3, 3)}[size]
    latin = board(size, box)
    for seed in range(10):
        task = ENV.generate(seed, 3, size=size)
        clues = task.answer["clues"].split()
        kept = [cell for cell, clue in enumerate(clues) if clue != "."]
        kept = kept[: len(kept) - (2 if size > 4 else 3)]
        x = latin.position((cell, int(clues[cell]) - 1) for cell in kept)
        found = {tuple(latin.values(each)) for each in latin.solutions(x, 10**6)[0]}
        assert len(found) == sum(1 for _ in _covers(size, box, {c: clues[c] for c in kept}))


def _covers(size: int, box: tuple[int, int], given: dict[int, str]):
    options = {}
    for cell in range(size**2):
        row, column = divmod(cell, size)
        home = (row // box[0], column // box[1])
        for digit in given.get(cell, "123456789"[:size]):
            items = [("cell", cell), ("row", row, digit), ("column", column, digit)]
            options[cell, digit] = [*items, ("box", home, digit)]
    return exact_covers(options)


@pytest.mark.parametrize("level", ENV.levels)
def test_the_worked_solution_places_only_what_is_true(level: int) -> None:
    for seed in range(8):
        task = ENV.generate(seed, level)
        gold = [line.split() for line in task.answer["solution"].splitlines()]
        thought, _, answer = ENV.solution(task).partition("</think>")
        assert answer == task.answer["solution"]
        lines = thought.removeprefix("<think>").splitlines()
        placed = [found for line in lines if (found := re.match(r"r(\d)c(\d)=(\d) \(", line))]
        assert len(placed) == task.answer["clues"].split().count(".")
        for row, column, digit in (match.groups() for match in placed):
            assert gold[int(row) - 1][int(column) - 1] == digit
        struck = [line.rpartition("so" if "suppose" in line else ":")[2] for line in lines]
        for row, column, digit in re.findall(r"r(\d)c(\d)≠(\d)", "\n".join(struck)):
            assert gold[int(row) - 1][int(column) - 1] != digit


@pytest.mark.parametrize(("size", "box"), [(4, (2, 2)), (6, (2, 3)), (9, (3, 3))])
def test_symmetries_do_not_change_the_duplicate_key(size: int, box: tuple[int, int]) -> None:
    keys = set()
    for seed in range(10):
        task = ENV.generate(seed, 3, size=size)
        rng = derive_random(seed)
        for transposed in (False, True) if box[0] == box[1] else (False,):
            twin = _shuffled(task.answer["clues"].split(), size, box, rng, transposed)
            assert ENV.key(size, _values(twin)) == task.duplicate_key
        keys.add(task.duplicate_key)
    assert len(keys) > 7


def _values(cells: list[str]) -> dict[int, int]:
    return {cell: int(symbol) - 1 for cell, symbol in enumerate(cells) if symbol != "."}


def _shuffled(
    cells: list[str], size: int, box: tuple[int, int], rng: Random, transposed: bool
) -> list[str]:
    digits = list("123456789"[:size])
    rng.shuffle(digits)
    renamed = {".": "."} | dict(zip("123456789", digits, strict=False))
    rows, columns = _lines(size, box[0], rng), _lines(size, box[1], rng)
    order = [(r, c) for r in rows for c in columns]
    return [renamed[cells[c * size + r if transposed else r * size + c]] for r, c in order]


def _lines(size: int, group: int, rng: Random) -> list[int]:
    groups = [list(range(first, first + group)) for first in range(0, size, group)]
    rng.shuffle(groups)
    for each in groups:
        rng.shuffle(each)
    return [line for each in groups for line in each]


def test_a_changed_clue_is_told_from_a_wrong_cell() -> None:
    task = ENV.generate(2, 2)
    clues, gold = task.answer["clues"].split(), task.answer["solution"].split()
    for blank, reason in ((True, "mismatch"), (False, "rule_broken")):
        cell = next(c for c, clue in enumerate(clues) if (clue == ".") == blank)
        wrong = [*gold[:cell], "1" if gold[cell] != "1" else "2", *gold[cell + 1 :]]
        verdict = ENV.verifier.check(rows_text(wrong, 6), task.answer)
        assert (verdict.reason, verdict.score) == (reason, 0.0)
