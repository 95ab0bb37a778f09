"""24, operator insertion and what they share: exact rules, any spelling, counted solutions."""

from __future__ import annotations

from collections.abc import Iterator
from fractions import Fraction
from itertools import combinations_with_replacement, product
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from assay_datasets import InputError, derive_random
from assay_envs import CertificateError
from assay_envs.logic.expression import Unreadable, exact, grow, parse, python_value, steps, write
from assay_envs.logic.game24 import Game24, Game24Verifier, all_draws
from assay_envs.logic.operator_insertion import OperatorInsertion, OperatorInsertionVerifier

EIGHTS = {"numbers": [3, 3, 8, 8], "target": 24}
ROW = {"digits": "12345", "target": 33, "operators": "+-*", "join": True}

READ_24 = [
    ("8/(3-8/3)", "match"),
    ("8 ÷ (3 − 8 ÷ 3)", "match"),
    ("Answer: **8/(3-8/3)**", "match"),
    ("The final answer is: 8/(3-8/3) = 24.", "match"),
    ("24 = 8/(3-8/3)", "match"),
    ("\\boxed{8/(3-8/3)}", "match"),
    ("$\\frac{8}{3-\\frac{8}{3}}$", "match"),
    ("$8 \\div \\left(3 - 8 \\div 3\\right)$", "match"),
    ("```python\n8/(3-8/3)\n```", "match"),
    ("<answer>8/(3-8/3)</answer>", "match"),
    ("8/3=8/3\n3-8/3=1/3\n8/(3-8/3)", "match"),
    ("8+8+3+3 = 22\n8/(3-8/3) = 24", "match"),
    ("8+8+3+3\n8/(3-8/3)", "mismatch"),
    ("8+8+3+3=24\n8/(3-8/3)", "mismatch"),
    ("8/(3-8/3)\n8+8+3+3", "mismatch"),
    ("8/(3-8/3) or 8+8+3+3", "malformed"),
    ("6*4*1*1", "rule_broken"),
    ("8*3*(8/8)", "rule_broken"),
    ("24", "rule_broken"),
    ("88-3*3", "rule_broken"),
    ("8/(3-8/3)+0", "rule_broken"),
    ("8/(3-3)*8", "rule_broken"),
    ("9**9**9**9", "malformed"),
    ("__import__('os').system('true')", "malformed"),
    ("\\frac{8", "malformed"),
    ("(" * 150 + "8", "malformed"),
    ("8/(3-8/3)" + "*1" * 100, "too_long"),
    ("", "no_answer"),
]

READ_ROW = [
    ("12+3*4+5", "mismatch"),
    ("1*23+4+5", "mismatch"),
    ("1+23+4+5", "match"),
    ("1 + 23 + 4 + 5 = 33", "match"),
    ("(1+23)+(4+5)", "match"),
    ("1+2*(3+4)+5", "rule_broken"),
    ("1+23+5+4", "rule_broken"),
    ("1+23+4", "rule_broken"),
    ("1+2+3/4+5", "rule_broken"),
    ("1+23+4+05", "match"),
]


@pytest.mark.parametrize(("response", "reason"), READ_24)
def test_content_decides_in_24(response: str, reason: str) -> None:
    assert Game24Verifier().check(response, EIGHTS).reason == reason


@pytest.mark.parametrize(("response", "reason"), READ_ROW)
def test_a_row_keeps_its_digits_and_its_operators(response: str, reason: str) -> None:
    assert OperatorInsertionVerifier().check(response, ROW).reason == reason


def test_digits_are_joined_only_where_the_rules_say_so() -> None:
    apart = ROW | {"join": False}
    assert OperatorInsertionVerifier().check("1+23+4+5", apart).reason == "rule_broken"


@pytest.mark.parametrize("answer", [None, {}, {"numbers": [1], "digits": "1"}, {"target": "x"}])
def test_an_unreadable_answer_is_undecided(answer: Any) -> None:
    for verifier in (Game24Verifier(), OperatorInsertionVerifier()):
        assert verifier.check("1+1+1", answer).reason == "bad_gold"


@given(st.text(alphabet="0123456789+-*/(){}\\frac[]= .\n", max_size=40))
def test_no_text_makes_the_verifier_raise(response: str) -> None:
    assert Game24Verifier().check(response, EIGHTS).outcome == "incorrect"


@given(st.integers(0, 10**6))
def test_what_is_written_is_read_back_with_the_value_that_python_gives(seed: int) -> None:
    rng = derive_random("tree", seed)
    tree = grow(rng, [rng.randint(1, 9) for _ in range(rng.randint(1, 6))], "+-*/")
    try:
        value = exact(tree)
    except ZeroDivisionError:
        return
    assert exact(parse(write(tree))) == value == python_value(write(tree))[1]
    for step in steps(tree):
        left, _, right = step.partition("=")
        assert python_value(left.replace("(-", "(0-"))[1] == Fraction(right)


@pytest.mark.parametrize(
    "text", ["", "1+", "+1", "1 2", "2(3)", "1.5", "x", "1e3", "²", "1_0", ")"]
)
def test_what_is_no_expression_is_refused(text: str) -> None:
    with pytest.raises(Unreadable):
        parse(text)


# The table of 24


def values(numbers: tuple[Fraction, ...], whole: bool) -> Iterator[Fraction]:
    """What all expressions over the numbers are worth, by brute force."""
    if len(numbers) == 1:
        yield numbers[0]
    for i, x in enumerate(numbers):
        for j, y in enumerate(numbers):
            if i == j:
                continue
            rest = tuple(z for k, z in enumerate(numbers) if k not in (i, j))
            for result in (x + y, x - y, x * y, *([x / y] if y else [])):
                if not (whole and result.denominator > 1):
                    yield from values((*rest, result), whole)


def test_the_table_knows_all_1362_solvable_draws() -> None:
    table = all_draws(24, 13)
    assert len(table) == 1362
    assert sum(draw.whole == 0 for draw in table) == 16
    assert sum(Game24().population(level) for level in (1, 2, 3, 4)) < 1362
    assert Game24().population(5) > 100


def test_the_table_agrees_with_brute_force() -> None:
    table = {draw.numbers: draw for draw in all_draws(24, 13)}
    draws = list(combinations_with_replacement(range(1, 14), 4))
    for numbers in derive_random("draws").sample(draws, 25):
        exactly = tuple(map(Fraction, numbers))
        assert (numbers in table) == (24 in values(exactly, whole=False))
        if numbers in table:
            assert (table[numbers].whole > 0) == (24 in values(exactly, whole=True))


@pytest.mark.parametrize("level", [2, 3, 4, 5])
def test_from_level_2_on_no_sum_or_difference_does(level: int) -> None:
    for seed in range(200):
        numbers = Game24().generate(seed, level).answer["numbers"]
        signs = product((1, -1), repeat=4)
        assert 24 not in (sum(s * n for s, n in zip(each, numbers, strict=True)) for each in signs)


def test_target_and_largest_are_honoured() -> None:
    for seed in range(20):
        task = Game24().generate(seed, 3, target=36, largest=10)
        assert task.answer["target"] == 36
        assert max(task.answer["numbers"]) <= 10
        assert "make 36" in task.prompt[0]["content"].lower()
        Game24().recheck(task)


@pytest.mark.parametrize(
    "parameters",
    [{"target": 0}, {"target": 2000}, {"target": "24"}, {"largest": 3}, {"largest": 99}],
)
def test_impossible_parameters_of_24_are_refused(parameters: dict[str, Any]) -> None:
    with pytest.raises(InputError, match="whole number"):
        Game24().generate(1, 1, **parameters)


def test_a_target_that_nothing_reaches_is_an_input_error() -> None:
    with pytest.raises(InputError, match="choose another target"):
        Game24().generate(1, 1, target=997, largest=4)


# Operator insertion


@pytest.mark.parametrize("level", OperatorInsertion.levels)
def test_solutions_are_counted_exactly(level: int) -> None:
    env = OperatorInsertion()
    for seed in range(6 if level == 5 else 20):
        task = env.generate(seed, level)
        env.recheck(task)  # writes every row out
        wrong = dict(task.metadata["certificate"]) | {"solutions": 99}
        object.__setattr__(task, "metadata", dict(task.metadata) | {"certificate": wrong})
        with pytest.raises(CertificateError):
            env.recheck(task)


def test_the_number_of_digits_can_be_asked_for() -> None:
    assert len(OperatorInsertion().generate(1, 4, digits=8).answer["digits"]) == 8
    with pytest.raises(InputError, match="from 4 to 8"):
        OperatorInsertion().generate(1, 4, digits=3)
