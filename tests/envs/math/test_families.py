"""Families of mathematical questions: the work holds line by line, a second method agrees."""

from __future__ import annotations

import inspect
import json
import math
import re
from dataclasses import replace
from fractions import Fraction
from functools import cache

import pytest

from assay_datasets import Task
from assay_envs.environment import CertificateError
from assay_envs.math.algebra import Algebra
from assay_envs.math.arithmetic import Arithmetic
from assay_envs.math.calculus import Calculus
from assay_envs.math.combinatorics import Combinatorics
from assay_envs.math.families import Family, FamilyEnvironment
from assay_envs.math.number_theory import NumberTheory

ENVS: list[FamilyEnvironment] = [
    NumberTheory(),
    Combinatorics(),
    Arithmetic(),
    Algebra(),
    Calculus(),
]
NAMED = pytest.mark.parametrize("env", ENVS, ids=lambda env: env.id)
SEEDS = 60
ARITHMETIC = re.compile(r"(?:C\(\d+, \d+\)|mod|\d\.\d|[-+*/^()!\d ])+")


@cache
def tasks(env: FamilyEnvironment) -> list[Task]:
    return [env.generate(seed, level) for level in env.levels for seed in range(SEEDS)]


def value(text: str) -> Fraction:
    """The value of arithmetic that a worked solution of ours holds, by Python's own."""
    spelt = re.sub(r"(\d+)!", r"factorial(\1)", text)
    spelt = (
        re.sub(r"\b(\d+(?:\.\d+)?)\b", r"Fraction('\1')", spelt)
        .replace("^", "**")
        .replace("mod", "%")
    )
    names = {"Fraction": Fraction, "factorial": lambda n: Fraction(math.factorial(int(n)))}
    names["C"] = lambda n, k: Fraction(math.comb(int(n), int(k)))
    return Fraction(eval(spelt, names))  # noqa: S307 - our own text


def equalities(solution: str) -> list[list[str]]:
    """The chains of a solution in which sides beside each other are arithmetic."""
    thought = solution.partition("</think>")[0].removeprefix("<think>")
    chains = []
    for line in thought.splitlines():
        sides = [side.strip(" .") for side in line.rpartition(": ")[2].split(" = ")]
        chains.append([side for side in sides if ARITHMETIC.fullmatch(side)])
    return [chain for chain in chains if len(chain) > 1]


@NAMED
def test_a_second_method_agrees(env: FamilyEnvironment) -> None:
    for task in tasks(env):
        env.recheck(task)


@NAMED
def test_every_equality_of_a_worked_solution_holds(env: FamilyEnvironment) -> None:
    checked = 0
    for task in tasks(env):
        for chain in equalities(env.solution(task)):
            checked += 1
            assert len({value(side) for side in chain}) == 1, (task.prompt, chain)
    assert checked > SEEDS


@NAMED
def test_every_family_and_wording_of_a_level_is_drawn(env: FamilyEnvironment) -> None:
    for level, families in env.families.items():
        drawn = [env.generate(seed, level).metadata["certificate"] for seed in range(6 * SEEDS)]
        assert {(each["family"], each["wording"]) for each in drawn} == {
            (each.name, wording) for each in families for wording in range(len(each.wordings))
        }
        assert len(families) >= 4


@NAMED
async def test_near_misses_are_incorrect_and_the_solution_is_correct(
    env: FamilyEnvironment,
) -> None:
    for task in tasks(env)[::5]:
        assert (await env.judge(env.solution(task), task)).outcome == "correct"
        for response in env.equivalents(task):
            assert (await env.judge(response, task)).outcome == "correct", response
        for response in env.near_misses(task):
            assert (await env.judge(response, task)).outcome == "incorrect", (task, response)


@NAMED
def test_a_forged_answer_or_certificate_is_refused(env: FamilyEnvironment) -> None:
    task, other = env.generate(1, 3), env.generate(2, 3)
    forged = {**task.metadata, "certificate": other.metadata["certificate"]}
    for each in (replace(task, answer=other.answer), replace(task, metadata=forged)):
        with pytest.raises(CertificateError):
            env.recheck(each)


def family(name: str) -> Family:
    levels = [level for env in ENVS for level in env.families.values()]
    return next(each for level in levels for each in level if each.name == name)


KNOWN = [
    ("gcd", {"a": 84, "b": 30}, "6"),
    ("lcm", {"a": 12, "b": 18}, "36"),
    ("divisor_sum", {"n": 28}, "56"),
    ("totient", {"n": 100}, "40"),
    ("power", {"base": 3, "exponent": 100, "modulus": 7}, "4"),
    ("tower", {"base": 2, "middle": 3, "top": 4, "p": 53}, str(pow(2, 81, 53))),
    ("inverse", {"a": 3, "m": 11}, "4"),
    ("congruences", {"moduli": [3, 5, 7], "rests": [2, 3, 2]}, "23"),
    ("order", {"a": 2, "p": 127}, "7"),
    ("from_base", {"digits": "1234", "base": 5}, "194"),
    ("to_base", {"digits": "1234", "base": 5}, "1234"),
    ("factorial", {"n": 100, "p": 5}, "24"),
    ("coins", {"a": 6, "b": 7}, "29"),
    ("menu", {"starters": 3, "mains": 4, "desserts": 5, "fish": 2, "sweet": 1}, "54"),
    ("letters", {"word": "MISSISSIPPI"}, "34650"),
    ("code", {"letters": 26, "digits": 10, "length": 2}, "620"),
    ("committee", {"women": 5, "men": 4, "size": 3, "wanted": 2, "rule": "at least"}, "50"),
    ("committee", {"women": 5, "men": 4, "size": 3, "wanted": 2, "rule": "at most"}, "74"),
    ("apart", {"n": 10, "k": 3}, "56"),
    ("paths", {"east": 2, "north": 2, "closed": [1, 1]}, "2"),
    ("sweets", {"total": 10, "children": 3, "most": 4}, "6"),
    ("urn", {"red": 3, "blue": 2, "drawn": 2, "wanted": 1}, "3/5"),
    ("dice", {"dice": 2, "sides": 6, "total": 7}, "1/6"),
]


@pytest.mark.parametrize(("name", "parameters", "answer"), KNOWN, ids=lambda each: str(each))
def test_known_values(name: str, parameters: dict[str, object], answer: str) -> None:
    asked = family(name)
    assert asked.solve(**parameters).answer == asked.check(**parameters) == answer


@pytest.mark.parametrize("seed", [266, 600, 1268, 1484])
def test_a_committee_that_is_asked_for_can_be_chosen(seed: int) -> None:
    env = Combinatorics()
    task = env.generate(seed, 5)
    assert task.metadata["certificate"]["family"] == "committee"
    assert int(task.answer) > 0
    assert "C(" in env.solution(task)


@pytest.mark.parametrize("name", ["gcd", "lcm", "coins"])
def test_the_order_of_a_pair_makes_no_other_problem(name: str) -> None:
    key = family(name).key
    assert key(a=8, b=15) == key(a=15, b=8) != key(a=8, b=13)


def test_the_order_of_congruences_makes_no_other_problem() -> None:
    key = family("congruences").key
    assert key(moduli=[5, 7], rests=[1, 2]) == key(moduli=[7, 5], rests=[2, 1])


SAME = [
    ("committee", [(5, 4, 3, 2, "at least"), (4, 5, 3, 1, "at most")]),
    ("urn", [(5, 4, 3, 2), (4, 5, 3, 1)]),
    ("menu", [(3, 4, 5, 2, 1), (3, 5, 4, 1, 2)]),
    ("paths", [(4, 6, [1, 2]), (6, 4, [2, 1]), (4, 6, [3, 4])]),
    ("dice", [(3, 6, 8), (3, 6, 13)]),
]


@pytest.mark.parametrize(("name", "alike"), SAME, ids=[name for name, _ in SAME])
def test_the_same_count_told_otherwise_is_one_problem(
    name: str, alike: list[tuple[object, ...]]
) -> None:
    asked = family(name)
    names = list(inspect.signature(asked.check).parameters)
    each = [dict(zip(names, values, strict=True)) for values in alike]
    assert len({json.dumps(asked.key(**parameters)) for parameters in each}) == 1
    assert len({asked.check(**parameters) for parameters in each}) == 1
