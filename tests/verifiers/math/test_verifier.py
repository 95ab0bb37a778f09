"""MathVerifier: what it reads, what it decides itself, what a worker decides, who is to blame."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from assay_verifiers.math import MathVerifier
from assay_verifiers.workers import Ask, WorkerCrashed, WorkerDeadline, WorkerPool, WorkerTimeout

class _NoPool(WorkerPool):
    def submit(self, *_: Any, **__: Any) -> Future[Any]:
        raise AssertionError("a worker was asked")


QUICK = [
    ("6", "6", "match"),
    ("6", " x = 6 ", "match"),
    ("6", "$6$", "match"),
    ("7/3", "\\boxed{\\frac{14}{6}}", "match"),
    ("-3", "\u22123", "match"),
    ("1000", "1,000", "match"),
    (["1", "2"], "2", "match"),
    (6, "6.0", "match"),
    ("\\text{no solution}", "\\boxed{\\text{no solution}}", "match"),
    ("6", "", "no_answer"),
    ("6", "7", "mismatch"),
    ("6", "6 or 7", "mismatch"),
    ("6", "the answer is not 6", "mismatch"),
    ("3", "1+1=3", "mismatch"),
    ("1/3", "0.333333", "mismatch"),
    ("7", "3 4", "mismatch"),
    ("34", "3 4", "mismatch"),
    ("1000000", "1 000 000", "match"),
    ("1.6e-19", "1.7e-19", "mismatch"),
    ("1000000007", "1000000006", "mismatch"),
    ("6", "9" * 2_001, "too_long"),
    ("x", "y" * 2_001, "too_long"),
    ("x", "9^{99999999}", "too_costly"),
    ("x", "10000000!", "too_costly"),
    ("x", "(" * 100 + "y", "too_costly"),
    ("x", "}{y}}", "malformed"),
    ("6", "6 " * 1_000_000, "too_long"),
    ("(0,1)", "\\boxed{\\{0,1\\}}", "mismatch"),
    ("\\{0,1\\}", "\\boxed{[0,1]}", "mismatch"),
    ("1,1,2", "1,2", "mismatch"),
    ("1,2", "2, 1, 1", "mismatch"),
    ("5\\text{ kg}", "\\boxed{5\\text{ g}}", "mismatch"),
    ("5", "\\boxed{5\\mathrm{~m}}", "match"),
    ("", "6", "bad_gold"),
    (None, "6", "bad_gold"),
    ([], "6", "bad_gold"),
    ({"a": 1}, "6", "bad_gold"),
    ("\\frac{1}{", "6", "bad_gold"),
]


@pytest.mark.parametrize(("gold", "response", "reason"), QUICK)
def test_common_and_hopeless_cases_are_decided_without_a_worker(
    gold: Any, response: str, reason: str
) -> None:
    assert MathVerifier(pool=_NoPool("none")).check(response, gold).reason == reason


SYMBOLIC = [
    ("x^2-1", "(x-1)(x+1)", "match"),
    ("\\sqrt{8}", "\\boxed{2\\sqrt2}", "match"),
    ("\\frac{\\pi}{2}", "0.5\\pi", "match"),
    ("(1,2)", "(1, 2)", "match"),
    ("x^2-1", "x^2+1", "mismatch"),
    ("2^{-60}", "2^{-61}", "mismatch"),
    ("(1,2)", "[1,2]", "mismatch"),
    ("(1,2)", "1,2", "match"),
    ("(0,1)\\cup\\{2\\}", "\\boxed{\\{2\\}\\cup(0,1)}", "match"),
    ("1, 2 or 3", "3,2,1", "match"),
    ("\\pm 2, 0", "0,2,-2", "match"),
    ("5\\text{ m}", "\\boxed{5\\mathrm{m}}", "match"),
    ("B", "\\boxed{\\text{(B)}}", "match"),
    ("x", "\\boxed{$}", "malformed"),
    ("12.5\\%", "\\boxed{\\frac18}", "match"),
    ("9", "9\\%", "mismatch"),
    ("x+\\infty", "\\frac{1}{0}", "mismatch"),
    ("2\\sqrt{3}", "\\boxed{2}", "mismatch"),
    ("9", "9*x+", "malformed"),
    ("2", "2x+", "malformed"),
]


async def test_the_rest_is_decided_by_a_worker_all_in_flight_at_once() -> None:
    verifier = MathVerifier(compare_s=60)
    verdicts = await asyncio.gather(
        *(verifier.verify(response, gold, deadline_s=120) for gold, response, _ in SYMBOLIC)
    )
    assert [verdict.reason for verdict in verdicts] == [reason for _, _, reason in SYMBOLIC]


def test_a_comparison_that_would_hang_is_cut_and_is_the_responses_fault() -> None:
    verdict = MathVerifier(compare_s=1.0).check("(x+y+z+1)^{9000}-(x+y)^{8000}", "x+1")
    assert verdict.reason == "too_costly"


class _Scripted(WorkerPool):
    """A pool whose child answers, or fails, as scripted."""

    def __init__(self, *script: Any) -> None:
        super().__init__("none")
        self._script = iter(script)

    def submit(self, work: Callable[[Ask], Any], **_: Any) -> Future[Any]:
        with ThreadPoolExecutor(1) as threads:
            return threads.submit(work, self._answer)

    def _answer(self, request: Any, timeout_s: float) -> Any:
        reply = next(self._script)
        if isinstance(reply, Exception):
            raise reply
        return reply


BLAME = [
    (["equal"], "match"),
    (["different"], "mismatch"),
    (["unreadable"], "malformed"),
    (["too_costly"], "too_costly"),
    ([WorkerTimeout(), "different"], "too_costly"),
    ([WorkerTimeout(), WorkerTimeout()], "bad_gold"),
    ([WorkerCrashed()], "worker_failed"),
    ([WorkerDeadline()], "worker_failed"),
]


@pytest.mark.parametrize(("script", "reason"), BLAME)
def test_the_blame_falls_on_who_caused_it(script: list[Any], reason: str) -> None:
    assert MathVerifier(pool=_Scripted(*script)).check("y+1", "z").reason == reason


async def test_no_turn_within_the_deadline_is_undecided() -> None:
    class Full(WorkerPool):
        def submit(self, *_: Any, **__: Any) -> Future[Any]:
            return Future()

    verdict = await MathVerifier(pool=Full("none")).verify("y+1", "z", deadline_s=0.05)
    assert verdict.reason == "deadline"


@given(st.text(max_size=60), st.integers() | st.fractions())
def test_no_text_makes_the_quick_path_raise(response: str, gold: Any) -> None:
    verdict = MathVerifier(pool=_Scripted("different")).check(response, str(gold))
    assert verdict.outcome in ("correct", "incorrect")


@given(st.fractions())
def test_every_number_equals_itself_and_not_its_neighbour(number: Any) -> None:
    verifier = MathVerifier(pool=_NoPool("none"))
    assert verifier.check(str(number), str(number)).outcome == "correct"
    assert verifier.check(str(number + 1), str(number)).outcome == "incorrect"
