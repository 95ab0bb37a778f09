"""Countdown: the rules to the letter, in any reasonable spelling."""

from __future__ import annotations

import re
from fractions import Fraction
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from assay_envs.logic.countdown import Countdown, CountdownVerifier

ANSWER = {"numbers": [3, 7, 5], "target": 22}

RESPONSES = [
    ("3*5+7", "match"),
    (" 7 + ( 5*3 ) ", "match"),
    ("7+5×3", "match"),
    ("((3*5))+7", "match"),
    ("3*5+7 = 22", "match"),
    ("`3*5+7`", "match"),
    ("<think>3+5+7</think>\n3*5+7", "match"),
    ("first\n3*5+7", "match"),
    ("", "no_answer"),
    ("<think>3*5+7</think>", "no_answer"),
    ("<think>3*5+7", "no_answer"),
    ("3+5+7", "mismatch"),
    ("3*7+5/5", "rule_broken"),
    ("22", "rule_broken"),
    ("3*5+7+0", "rule_broken"),
    ("3*5", "rule_broken"),
    ("35-7", "rule_broken"),
    ("3/(5-5)+7", "rule_broken"),
    ("3*5+7 or 3+5+7", "malformed"),
    ("3**5+7", "malformed"),
    ("3^5+7", "malformed"),
    ("3*5+7=23", "malformed"),
    ("3*5+7=22=22", "malformed"),
    ("3*5+", "malformed"),
    ("(3*5+7", "malformed"),
    ("3*5+7)", "malformed"),
    ("3 5 7", "malformed"),
    ("--3*5+7", "malformed"),
    ("-3*5+7", "malformed"),
    ("3*5+7.0", "malformed"),
    ("1e9*5+7", "malformed"),
    ("__import__('os')", "malformed"),
    ("3*5+٧", "malformed"),
    ("(" * 60 + "3", "malformed"),
    ("3*5+7" + " " * 300 + "!", "too_long"),
]


@pytest.mark.parametrize(("response", "reason"), RESPONSES)
def test_an_expression_is_judged_by_the_rules(response: str, reason: str) -> None:
    assert CountdownVerifier().check(response, ANSWER).reason == reason


def test_division_is_exact() -> None:
    answer = {"numbers": [1, 3, 9, 9], "target": 12}
    assert CountdownVerifier().check("(1/3)*9+9", answer).reason == "match"


@pytest.mark.parametrize("answer", [None, {}, {"numbers": 3, "target": 1}, {"numbers": [1]}])
def test_an_unreadable_answer_is_undecided(answer: Any) -> None:
    assert CountdownVerifier().check("1", answer).reason == "bad_gold"


@given(st.text(alphabet="0123456789+-*/() =x\n", max_size=40))
def test_no_text_makes_the_parser_raise(response: str) -> None:
    CountdownVerifier().check(response, ANSWER)


@pytest.mark.parametrize("level", range(1, 6))
def test_every_intermediate_result_of_a_worked_solution_is_right(level: int) -> None:
    env = Countdown()
    for seed in range(100):
        task = env.generate(seed, level)
        thought = env.solution(task).partition("</think>")[0].removeprefix("<think>")
        *failed, last = thought.splitlines()
        assert last.endswith(f"={task.answer['target']} yes")
        assert all(line.endswith(" no") for line in failed)
        for line in thought.splitlines():
            for step in line.rpartition(" ")[0].split(", "):
                left, operator, right, value = re.fullmatch(
                    r"(\d+)([-+*/])(\d+)=(\d+)", step
                ).groups()
                exact = {"+": int(left) + int(right), "-": int(left) - int(right)}
                exact |= {"*": int(left) * int(right), "/": Fraction(int(left), int(right))}
                assert exact[operator] == int(value)


@pytest.mark.parametrize(("level", "count"), [(1, 3), (2, 3), (3, 4), (4, 5), (5, 6)])
def test_levels_are_what_they_say(level: int, count: int) -> None:
    env = Countdown()
    targets = []
    for seed in range(100):
        answer = env.generate(seed, level).answer
        assert len(answer["numbers"]) == count
        targets.append(answer["target"])
    low, high = (100, 999) if level == 5 else (1, 299 if level == 4 else 99)
    assert low <= min(targets) <= max(targets) <= high


def test_the_same_numbers_in_another_order_are_the_same_problem() -> None:
    env = Countdown()
    by_key: dict[str, set[tuple[int, ...]]] = {}
    for seed in range(3_000):
        task = env.generate(seed, 1)
        by_key.setdefault(task.duplicate_key, set()).add(tuple(task.answer["numbers"]))
    assert max(len(orders) for orders in by_key.values()) > 1
