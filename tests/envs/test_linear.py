"""Linear: the equations have the stated solution, by a second method, and the work is right."""

from __future__ import annotations

import re
from fractions import Fraction

import pytest

from assay_datasets import Task
from assay_envs.math.linear import Linear

ENV = Linear()
SIDE = re.compile(r"([-+]?)(\d*)([xy]?)")


def evaluate(text: str, x: Fraction, y: Fraction = Fraction(0)) -> Fraction:
    """The value of one side, or of a term of a worked solution, by Python's own arithmetic."""
    spelt = re.sub(r"(\d)([xy(])", r"\1*\2", text)
    spelt = re.sub(r"(\d+)", r"Fraction(\1)", spelt)
    assert not re.sub(r"Fraction|[-+*/()xy\d]", "", spelt)
    return Fraction(eval(spelt, {"Fraction": Fraction, "x": x, "y": y}))  # noqa: S307 - our own text


def equations(task: Task) -> list[str]:
    return task.prompt[0]["content"].removeprefix("Solve ").partition(" for x")[0].split(" and ")


@pytest.mark.parametrize("level", range(1, 6))
def test_the_answer_solves_the_equations_and_nothing_else_does(level: int) -> None:
    for seed in range(150):
        task = ENV.generate(seed, level)
        x, y = Fraction(task.answer), Fraction(0)
        texts = equations(task)
        if level == 5:
            y = solve_for_y(texts[0], x)
        for text in texts:
            left, right = text.split("=")
            assert evaluate(left, x, y) == evaluate(right, x, y)
            assert evaluate(left, x + 1, y) != evaluate(right, x + 1, y)


def solve_for_y(text: str, x: Fraction) -> Fraction:
    left, right = text.split("=")
    at_0, at_1 = (evaluate(left, x, Fraction(y)) - evaluate(right, x, Fraction(y)) for y in (0, 1))
    return at_0 / (at_0 - at_1)


@pytest.mark.parametrize("level", range(1, 6))
def test_every_equality_of_a_worked_solution_holds(level: int) -> None:
    for seed in range(150):
        task = ENV.generate(seed, level)
        x = Fraction(task.answer)
        y = solve_for_y(equations(task)[0], x) if level == 5 else Fraction(0)
        thought = ENV.solution(task).partition("</think>")[0].removeprefix("<think>")
        for chain in thought.removesuffix(" ok").replace("check ", "").split(", "):
            assert len({evaluate(side, x, y) for side in chain.split("=")}) == 1, (
                task.prompt,
                chain,
            )


def test_fractions_at_level_four_and_integers_elsewhere() -> None:
    for level in range(1, 6):
        whole = [Fraction(ENV.generate(s, level).answer).denominator == 1 for s in range(50)]
        assert set(whole) == {level != 4}


def test_swapped_sides_are_the_same_problem() -> None:
    keys = {ENV.generate(seed, 2).duplicate_key for seed in range(200)}
    for key in keys:
        left, right = key.removeprefix("math/linear:").split("=")
        assert left <= right
