"""Cryptarithm: one naming fits, found by brute force as well; rules decide, spelling does not."""

from __future__ import annotations

from itertools import permutations
from typing import Any

import pytest

from assay_datasets import Task
from assay_envs.logic.cryptarithm import Cryptarithm, CryptarithmVerifier

ENV = Cryptarithm()
ANSWER = {"words": ["SEND", "MORE"], "total": "MONEY"}
RIGHT = "S=9, E=5, N=6, D=7, M=1, O=0, R=8, Y=2"
PLAIN = ", ".join(sorted(RIGHT.split(", ")))

RESPONSES = [
    (RIGHT, "match"),
    (RIGHT.lower(), "match"),
    (RIGHT.replace(", ", "\n").replace("=", " -> "), "match"),
    (RIGHT.replace("=", " is ").replace(", ", " and "), "match"),
    ('{"S": 9, "E": 5, "N": 6, "D": 7, "M": 1, "O": 0, "R": 8, "Y": 2}', "match"),
    (f"M must be 1, since a carry is at most 1.\nAnswer: {RIGHT}", "match"),
    (f"M=1\nS=9\n{RIGHT}", "match"),
    (RIGHT.replace("Y=2", "Y=3"), "mismatch"),
    (RIGHT.replace("Y=2", "Y=8"), "rule_broken"),
    (PLAIN, "match"),
    (PLAIN.replace("Y=2", "Y=3"), "mismatch"),
    (PLAIN.replace("Y=2", "Y=8"), "rule_broken"),
    (PLAIN.replace("Y=2", "D=2"), "rule_broken"),
    (PLAIN.replace("Y=2", "Y=²"), "no_answer"),
    (PLAIN.replace("Y=2", "Z=2"), "no_answer"),
    (RIGHT.replace("M=1", "M=0").replace("O=0", "O=1"), "rule_broken"),
    (RIGHT + ", Y=3", "rule_broken"),
    (RIGHT + "\n" + RIGHT.replace("Y=2", "Y=3"), "rule_broken"),
    (RIGHT.replace(", Y=2", ""), "malformed"),
    (RIGHT.replace("Y=2", "Y=2 or Y=3"), "no_answer"),
    ("9567+1085=10652", "no_answer"),
    ("", "no_answer"),
]


@pytest.mark.parametrize(("response", "reason"), RESPONSES)
def test_a_naming_is_read_and_judged(response: str, reason: str) -> None:
    assert CryptarithmVerifier().check(response, ANSWER).reason == reason


@pytest.mark.parametrize("answer", [None, {}, {"words": 3, "total": "A"}, {"words": ["A"]}])
def test_an_unreadable_answer_is_undecided(answer: Any) -> None:
    assert CryptarithmVerifier().check(RIGHT, answer).reason == "bad_gold"


def test_letters_that_differ_by_case_alone_are_told_apart_in_no_response() -> None:
    answer = {"words": ["Aa"], "total": "aA"}
    assert CryptarithmVerifier().check("A=1, a=1", answer).reason == "malformed"
    assert CryptarithmVerifier().check("A=1, a=2", answer).reason == "rule_broken"
    assert CryptarithmVerifier().check("", answer).reason == "no_answer"


def namings(task: Task) -> int:
    """How many namings fit, by trying all of them."""
    words, total = task.answer["words"], task.answer["total"]
    letters = sorted({*"".join(words), *total})
    first = [letters.index(word[0]) for word in (*words, total)]
    weights = [
        sum(10 ** place for word in words for place, x in enumerate(reversed(word)) if x == letter)
        - sum(10 ** place for place, x in enumerate(reversed(total)) if x == letter)
        for letter in letters
    ]  # fmt: skip
    return sum(
        sum(map(int.__mul__, weights, digits)) == 0 and all(digits[place] for place in first)
        for digits in permutations(range(10), len(letters))
    )


def test_brute_force_finds_one_naming() -> None:
    for seed in range(8):
        assert namings(ENV.generate(seed, 1)) == 1


@pytest.mark.parametrize("level", [2, 3, 4, 5])
def test_the_second_method_finds_one_naming(level: int) -> None:
    for seed in range(4):
        ENV.recheck(ENV.generate(seed, level))


@pytest.mark.parametrize(
    ("level", "words", "letters"), [(1, 2, (4, 5)), (3, 2, (8, 9)), (5, 4, (10, 10))]
)
def test_levels_are_what_they_say(level: int, words: int, letters: tuple[int, int]) -> None:
    for seed in range(4):
        answer = ENV.generate(seed, level).answer
        assert len(answer["words"]) == words
        assert letters[0] <= len({*"".join(answer["words"]), *answer["total"]}) <= letters[1]


def test_every_line_of_the_worked_sum_is_right() -> None:
    for seed in range(20):
        thought = ENV.solution(ENV.generate(seed, 2)).partition("</think>")[0]
        for line in thought.splitlines():
            sums = [part for part in line.replace(",", " ").split() if "+" in part and "=" in part]
            for one in sums:
                left, _, right = one.strip(".").partition("=")
                assert sum(map(int, left.split("+"))) == int(right)
