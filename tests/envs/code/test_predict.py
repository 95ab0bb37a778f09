"""Predict: the gold is what Python returns, and a value is judged as a value."""

from __future__ import annotations

from dataclasses import replace

import pytest

from assay_datasets import Json
from assay_envs.code.predict import Predict, ValueVerifier
from assay_envs.environment import CertificateError

ENV = Predict()
LEVELS = range(1, 6)

VERDICTS = [
    ("[1, 2, 12]", [1, 2, 12], "match"),
    ("[1,2,12]", [1, 2, 12], "match"),
    ("<think>[1]</think>\n[1, 2, 12]", [1, 2, 12], "match"),
    ("f(3) returns 12.", 12, "match"),
    ('"ab"', "ab", "match"),
    ("Answer: ['ab', 'c']", ["ab", "c"], "match"),
    ("12\n12", 12, "match"),
    ("[1, 2, 13]", [1, 2, 12], "mismatch"),
    ("[1, 12, 2]", [1, 2, 12], "mismatch"),
    ("[1, True, 2]", [1, 1, 2], "mismatch"),
    ("'AB'", "ab", "mismatch"),
    ("'ab '", "ab", "mismatch"),
    ("(1, 2, 12)", [1, 2, 12], "wrong_type"),
    ("'12'", 12, "wrong_type"),
    ("12\n13", 12, "rule_broken"),
    ("12 or 13", 12, "malformed"),
    ("ab", "ab", "malformed"),
    ("12.0", 12, "malformed"),
    ("6 + 6", 12, "malformed"),
    ("<think>12</think>", 12, "no_answer"),
    ("<think>12", 12, "no_answer"),
    ("12" + " " * 5_000 + ".", 12, "too_long"),
    ("12", {"a": 1}, "bad_gold"),
    ("12", 1.5, "bad_gold"),
]


@pytest.mark.parametrize(("response", "answer", "reason"), VERDICTS)
def test_a_response_is_judged_by_its_value(response: str, answer: Json, reason: str) -> None:
    assert ValueVerifier().check(response, answer).reason == reason


@pytest.mark.parametrize("level", LEVELS)
def test_the_certificate_holds_and_the_measure_is_within_the_level(level: int) -> None:
    measured = []
    for seed in range(4):
        task = ENV.generate(seed, level)
        ENV.recheck(task)
        measured.append(task.metadata["measured"])
        lower = ENV.generate(seed, level - 1).metadata["measured"] if level > 1 else 0
        assert task.metadata["measured"] > lower


@pytest.mark.parametrize("level", LEVELS)
def test_right_values_are_paid_and_wrong_ones_are_not(level: int) -> None:
    for seed in range(4):
        task = ENV.generate(seed, level)
        right = [ENV.oracle(task), ENV.solution(task), *ENV.equivalents(task)]
        wrong = [*ENV.near_misses(task), *ENV.trivial(task)]
        assert {ENV.verifier.check(each, task.answer).outcome for each in right} == {"correct"}
        assert {ENV.verifier.check(each, task.answer).outcome for each in wrong} == {"incorrect"}
        assert len(wrong) >= 8


def test_a_forged_gold_or_certificate_is_found_out() -> None:
    task, other = ENV.generate(0, 3), ENV.generate(1, 3)
    certificate = {"certificate": other.metadata["certificate"]}
    forged = [
        replace(task, answer=other.answer),
        replace(task, metadata={**task.metadata, **certificate}),
    ]
    for each in forged:
        with pytest.raises(CertificateError):
            ENV.recheck(each)
