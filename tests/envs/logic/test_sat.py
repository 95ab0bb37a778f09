"""SAT: what is shown is what is judged, solutions are counted, every satisfying answer is right."""

from __future__ import annotations

import re
from itertools import product
from typing import Any

import pytest

from assay_datasets import InputError, Task
from assay_envs.logic.sat import Sat, SatVerifier, structure

solvers = pytest.importorskip("pysat.solvers", reason="python-sat, of the dev extra")

ENV = Sat()


def shown(task: Task) -> list[list[int]]:
    """The clauses as the prompt has them."""
    text, names = task.prompt[0]["content"], task.answer["names"]
    if names is None:
        rows = re.findall(r"^(-?\d[-\d ]*) 0$", text, re.MULTILINE)
        return [[int(word) for word in row.split()] for row in rows]
    return [read(line, names) for line in re.findall(r"^- (.*)\.$", text, re.MULTILINE)]


def read(sentence: str, names: list[str]) -> list[int]:
    """A wish as a clause."""

    def literal(words: str) -> int:
        name, does = words.split(" ", 1)
        return {"comes": 1, "stays away": -1}[does] * (names.index(name) + 1)

    if match := re.fullmatch(r"If (.*), then (.*)", sentence):
        return [*(-literal(part) for part in match[1].split(" and ")), literal(match[2])]
    if match := re.fullmatch(r"(\w+) and (\w+) do not both come", sentence):
        return [-literal(f"{name} comes") for name in match.groups()]
    alternatives = sentence.removeprefix("At least one of these is so: ")
    return [literal(part) for part in alternatives.split("; ")]


@pytest.mark.parametrize("level", ENV.levels)
def test_the_prompt_holds_the_clauses_and_a_solver_finds_as_many_solutions(level: int) -> None:
    for seed in range(8):
        task = ENV.generate(seed, level)
        clauses = shown(task)
        assert sorted(map(sorted, clauses)) == sorted(map(sorted, task.answer["clauses"]))
        with solvers.Solver(name="cadical153", bootstrap_with=clauses) as solver:
            count = 0
            while solver.solve():
                count += 1
                solver.add_clause([-literal for literal in solver.get_model()])
        assert count == task.metadata["certificate"]["models"]


def test_every_assignment_is_judged_by_the_clauses() -> None:
    for seed in range(4):
        task = ENV.generate(seed, 3, variables=6)
        right = 0
        for values in product((1, -1), repeat=6):
            literals = [sign * v for v, sign in enumerate(values, start=1)]
            verdict = ENV.verifier.check(f"v {' '.join(map(str, literals))} 0", task.answer)
            holds = all(set(clause) & set(literals) for clause in task.answer["clauses"])
            assert (verdict.outcome == "correct") == holds
            right += holds
        assert right == task.metadata["certificate"]["models"]


def test_renamed_variables_are_no_new_formula() -> None:
    for seed in range(10):
        task = ENV.generate(seed, 4)
        clauses = task.answer["clauses"]
        to = [0, *((7 * v) % 15 + 1 for v in range(15))]
        other = [[to[abs(x)] * (1 if x > 0 else -1) for x in c[::-1]] for c in clauses[::-1]]
        flipped = [[-x for x in clauses[0]], *clauses[1:]]
        assert structure(15, other) == structure(15, clauses) != structure(15, flipped)


@pytest.mark.parametrize("variables", [3, 21, "9", True])
def test_an_impossible_number_of_variables_is_refused(variables: Any) -> None:
    with pytest.raises(InputError, match="from 4 to 20"):
        ENV.generate(1, 3, variables=variables)


NUMBERS = {"names": None, "variables": 3, "clauses": [[1, -2], [2, 3], [-1, -3]]}  # 1 2 -3 …
PEOPLE = NUMBERS | {"names": ["Ada", "Ben", "Cleo"]}

BY_NUMBER = [
    ("v 1 2 -3 0", "match"),
    ("v -1 -2 3 0", "match"),
    ("1 2 -3", "match"),
    ("[1, 2, -3]", "match"),
    ("s SATISFIABLE\nv 1 2\nv -3 0", "match"),
    ("1 -2 0\n2 3 0\n-1 -3 0\nv 1 2 -3 0", "match"),
    ("x1 = true, x2 = true, x3 = false", "match"),
    ('{"1": true, "2": true, "3": false}', "match"),
    ("x1: T\nx2: T\nx3: F", "match"),
    ("True: x1, x2\nFalse: x3", "match"),
    ("v 1 2 3 0", "mismatch"),
    ("v 1 2 0", "malformed"),
    ("v 1 2 -3 3 0", "rule_broken"),
    ("v 1 2 -3 0\nv -1 -2 3 0", "rule_broken"),
    ("v 1 2 -3 0 or v -1 -2 3 0", "no_answer"),
    ("1 -2 0\n2 3 0\n-1 -3 0", "no_answer"),
    ("", "no_answer"),
]
BY_NAME = [
    ("Ada comes, Ben comes, Cleo stays away", "match"),
    ("Ada: yes\nBen: yes\nCleo: no", "match"),
    ('{"Ada": true, "Ben": true, "Cleo": false}', "match"),
    ("Ada comes, Ben comes, Cleo comes", "mismatch"),
    ("Ada comes, Ben comes", "malformed"),
    ("Ada comes, Ben comes, Cleo stays away, Ada stays away", "rule_broken"),
    ("Ada comes or Ben comes, Cleo stays away", "no_answer"),
]


@pytest.mark.parametrize(("response", "reason"), BY_NUMBER)
def test_an_assignment_of_numbers_is_read_and_judged(response: str, reason: str) -> None:
    assert SatVerifier().check(response, NUMBERS).reason == reason


@pytest.mark.parametrize(("response", "reason"), BY_NAME)
def test_an_assignment_of_names_is_read_and_judged(response: str, reason: str) -> None:
    assert SatVerifier().check(response, PEOPLE).reason == reason


@pytest.mark.parametrize(
    "answer", [None, {}, NUMBERS | {"clauses": 3}, NUMBERS | {"variables": "x"},
               NUMBERS | {"clauses": [[9]]}, NUMBERS | {"variables": 10**9}],
)  # fmt: skip
def test_an_unreadable_answer_is_undecided(answer: Any) -> None:
    assert SatVerifier().check("v 1 2 -3 0", answer).reason == "bad_gold"
