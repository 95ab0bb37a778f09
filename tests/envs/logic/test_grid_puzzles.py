"""Grid puzzles alike: rules kept, unique by a second method, near misses wrong."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from assay_datasets import InputError, Task, derive_random
from assay_envs import CertificateError
from assay_envs.logic.futoshiki import Futoshiki
from assay_envs.logic.grid_puzzle import GridPuzzle
from assay_envs.logic.kakuro import Kakuro, combinations_of
from assay_envs.logic.nonogram import Nonogram, patterns
from assay_envs.logic.sudoku import Sudoku
from assay_envs.logic.takuzu import Takuzu

ENVS: list[GridPuzzle] = [Sudoku(), Takuzu(), Futoshiki(), Nonogram(), Kakuro()]
CASES = [(env, level) for env in ENVS for level in env.levels]
SEEDS = {1: 20, 2: 15, 3: 8, 4: 4, 5: 2}


def grid(task: Task) -> list[list[str]]:
    return [line.split() for line in task.answer["solution"].splitlines()]


def lines(task: Task) -> list[list[str]]:
    rows = grid(task)
    return rows + [list(column) for column in zip(*rows, strict=True)]


def keeps_takuzu(task: Task) -> bool:
    rows, columns = grid(task), list(zip(*grid(task), strict=True))
    balanced = all(line.count("0") == line.count("1") for line in lines(task))
    joined = " ".join("".join(line) for line in lines(task))
    unlike = len(set(map(tuple, rows))) == len(rows) == len(set(columns))
    return balanced and unlike and "000" not in joined and "111" not in joined


def keeps_futoshiki(task: Task) -> bool:
    cells = [int(each) for row in grid(task) for each in row]
    signs = all(cells[low] < cells[high] for low, high in task.answer["less"])
    return signs and all(len(set(line)) == len(line) for line in lines(task))


def keeps_nonogram(task: Task) -> bool:
    clues = [*task.answer["rows"], *task.answer["columns"]]
    runs = [[len(run) for run in "".join(line).split("0") if run] or [0] for line in lines(task)]
    return runs == clues


def keeps_kakuro(task: Task) -> bool:
    cells = [each for row in grid(task) for each in row]
    for run, total in task.answer["sums"]:
        digits = [int(cells[cell]) for cell in run]
        if sum(digits) != total or len(set(digits)) < len(digits) or len(digits) < 2:
            return False
    covered = [cell for run, _ in task.answer["sums"] for cell in run]
    return all(covered.count(cell) == 2 * (cells[cell] != "#") for cell in range(len(cells)))


def keeps_sudoku(task: Task) -> bool:
    return all(len(set(line)) == len(line) for line in lines(task))


RULES = [keeps_sudoku, keeps_takuzu, keeps_futoshiki, keeps_nonogram, keeps_kakuro]


@pytest.mark.parametrize(("env", "keeps"), list(zip(ENVS, RULES, strict=True)))
def test_solutions_keep_the_rules_and_the_clues(
    env: GridPuzzle, keeps: Callable[[Task], bool]
) -> None:
    for level in env.levels:
        for seed in range(SEEDS[level]):
            task = env.generate(seed, level)
            assert keeps(task)
            clues, gold = task.answer["clues"].split(), task.answer["solution"].split()
            assert all(clue in (".", each) for clue, each in zip(clues, gold, strict=True))


@pytest.mark.parametrize(("env", "level"), CASES)
def test_certificates_hold_by_a_second_method(env: GridPuzzle, level: int) -> None:
    for seed in range(SEEDS[level]):
        env.recheck(env.generate(seed, level))


LOOSENED = [
    (ENVS[0], {"clues": "\n".join([". " * 6] * 6)}),
    (ENVS[1], {"clues": "\n".join([". " * 6] * 6)}),
    (ENVS[2], {"less": []}),
    (ENVS[3], {"rows": [[1]] * 6, "columns": [[1]] * 6}),
]


@pytest.mark.parametrize(("env", "answer"), LOOSENED)
def test_a_puzzle_with_more_solutions_fails_its_recheck(
    env: GridPuzzle, answer: dict[str, object]
) -> None:
    task = env.generate(1, 2)
    with pytest.raises(CertificateError, match="2 or more"):
        env.recheck(Task.from_json(task.to_json() | {"answer": task.answer | answer}))


def test_a_kakuro_whose_sums_cannot_be_fails_its_recheck() -> None:
    task = ENVS[4].generate(1, 2)
    sums = [[run, total + (place == 0)] for place, (run, total) in enumerate(task.answer["sums"])]
    with pytest.raises(CertificateError):
        ENVS[4].recheck(Task.from_json(task.to_json() | {"answer": task.answer | {"sums": sums}}))


@pytest.mark.parametrize(("env", "level"), CASES)
def test_right_forms_are_right_and_near_misses_wrong(env: GridPuzzle, level: int) -> None:
    for seed in range(4):
        task = env.generate(seed, level)
        for response in (env.oracle(task), env.solution(task), *env.equivalents(task)):
            assert env.verifier.check(response, task.answer).outcome == "correct", response
        wrong = [*env.near_misses(task), env.oracle(env.generate(seed + 100, level))]
        assert len(wrong) > 5
        for response in wrong:
            verdict = env.verifier.check(response, task.answer)
            assert (verdict.outcome, verdict.score) == ("incorrect", 0.0), response


@pytest.mark.parametrize("env", ENVS)
def test_guesses_and_trivial_policies_stay_within_the_declared_chance(env: GridPuzzle) -> None:
    for level in (1, 2):
        tasks = [env.generate(seed, level) for seed in range(40)]
        guesses = [(task, env.guess(task, derive_random(i))) for task in tasks for i in range(10)]
        paid = sum(env.verifier.check(text, task.answer).score for task, text in guesses)
        assert paid <= 2.5 * env.chance[level] * len(guesses) + 1
        for task in tasks:
            responses = list(env.trivial(task))
            right = sum(env.verifier.check(text, task.answer).score for text in responses)
            assert right <= 1


@pytest.mark.parametrize("env", ENVS)
def test_guesses_are_well_formed(env: GridPuzzle) -> None:
    task = env.generate(1, 3)
    reasons = {
        env.verifier.check(env.guess(task, derive_random(i)), task.answer).reason for i in range(9)
    }
    assert reasons == {"mismatch"}


@pytest.mark.parametrize("env", ENVS)
def test_measured_difficulty_rises_with_the_level(env: GridPuzzle) -> None:
    means = [
        sum(env.generate(seed, level).metadata["measured"] for seed in range(5))
        for level in env.levels
    ]
    assert means == sorted(means)


@pytest.mark.parametrize("env", ENVS)
def test_pictures_hold_the_clues(env: GridPuzzle) -> None:
    task = env.generate(1, 2)
    assert env.render(task).count("\n") > 3
    svg = env.svg(task)
    assert svg.startswith("<svg")
    assert svg.count("<text") > 3
    assert "nan" not in svg


REFUSED = [
    (1, {"size": 5}),
    (1, {"size": True}),
    (1, {"clues": 100}),
    (1, {"clues": 3}),
    (2, {"size": 10}),
    (2, {"clues": -1}),
    (2, {"signs": 99}),
    (2, {"size": 6, "clues": 0, "signs": 0}),
    (3, {"size": 3}),
    (3, {"clues": 3}),
    (4, {"size": 2}),
    (4, {"size": "5"}),
]


@pytest.mark.parametrize(("which", "parameters"), REFUSED)
def test_parameters_that_cannot_be_are_refused(which: int, parameters: dict[str, object]) -> None:
    with pytest.raises(InputError):
        ENVS[which].draw(0, 3, parameters)


def test_parameters_are_honoured() -> None:
    takuzu = ENVS[1].draw(0, 1, {"size": 8, "clues": 20}).answer["clues"].split()
    assert (len(takuzu), takuzu.count(".")) == (64, 44)
    futoshiki = ENVS[2].draw(0, 1, {"size": 5, "clues": 6, "signs": 10}).answer
    assert (futoshiki["clues"].count("."), len(futoshiki["less"])) == (19, 10)
    for env in ENVS[3:]:
        assert len(env.draw(0, 1, {"size": 6}).answer["clues"].splitlines()) == 6


def test_nonogram_patterns_are_all_that_fit_the_clue() -> None:
    for size in range(1, 8):
        by_clue: dict[tuple[int, ...], set[int]] = {}
        for mask in range(1 << size):
            text = "".join("#" if mask >> place & 1 else " " for place in range(size))
            by_clue.setdefault(tuple(map(len, text.split())) or (0,), set()).add(mask)
        for clue, masks in by_clue.items():
            assert sorted(patterns(size, clue)) == sorted(masks)


def test_kakuro_sums_of_two() -> None:
    assert [len(combinations_of(2, total)) for total in (2, 3, 10, 16, 17, 18)] == [
        0,
        1,
        4,
        1,
        1,
        0,
    ]
