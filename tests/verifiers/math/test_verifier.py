"""MathVerifier: reasons, bounds, options, what a worker decides, who is to blame."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from assay_datasets import InputError
from assay_verifiers.math import MathVerifier
from assay_verifiers.workers import Ask, WorkerCrashed, WorkerDeadline, WorkerPool, WorkerTimeout


class _NoPool(WorkerPool):
    def submit(self, *_: Any, **__: Any) -> Future[Any]:
        raise AssertionError("a worker was asked")


TOWER = "9^{9^{9^{9}}}"
QUICK = [
    ("6", "6", "match"),
    ("6", " x = 6 ", "match"),
    ("1000", "1,000", "match"),
    (["1", "2"], "2", "match"),
    (6, "6.0", "match"),
    ("\\text{no solution}", "\\boxed{\\text{no solution}}", "match"),
    ("6", "", "no_answer"),
    ("6", "7", "mismatch"),
    ("6", "6 or 7", "mismatch"),
    ("3", "1+1=3", "mismatch"),
    ("6", "\\boxed{1 2}", "malformed"),
    ("6", "\\boxed{9*x+}", "malformed"),
    ("5", "\\boxed{5\\text{ squared}}", "malformed"),
    ("x", "\\boxed{}{y}}}", "no_answer"),
    ("6", "6 " * 1_000_000, "too_long"),
    ("6", "\\boxed{9^{9^{9}}}", "mismatch"),
    ("6", f"\\boxed{{{TOWER}}}", "too_costly"),
    ("6", "\\boxed{" + "x^{" * 80 + "x" + "}" * 80 + "}", "too_costly"),
    ("6", "\\boxed{" + "+".join("x" * 3_000) + "}", "too_costly"),
    ("6", "\\boxed{" + "1/" * 1_000 + "1}", "too_costly"),
    ("6", "\\boxed{" + "5" + "!" * 500 + "}", "malformed"),
    ("6", "\\boxed{" + "5" + "\\%" * 500 + "}", "too_costly"),
    ("9" * 6_000, "9" * 6_000, "match"),
    ("9" * 6_000, "9" * 5_999 + "8", "mismatch"),
    ("10^{6000}-1", "9" * 6_000, "match"),
    ("5\\text{ kg}", "\\boxed{5\\text{ g}}", "wrong_unit"),
    ("5\\text{ kg}", "\\boxed{6\\text{ g}}", "mismatch"),
    ("", "6", "bad_gold"),
    (None, "6", "bad_gold"),
    (True, "6", "bad_gold"),
    ([], "6", "bad_gold"),
    ({"a": 1}, "6", "bad_gold"),
    (float("inf"), "6", "bad_gold"),  # 1e999 in JSON
    (float("nan"), "6", "bad_gold"),
    ("\\frac{1}{", "6", "bad_gold"),
    (TOWER, "6", "bad_gold"),
    ("28\\%", "\\boxed{28}", "match"),
    ("28\\%", "\\boxed{\\$28}", "wrong_unit"),
    ("28\\%", "\\boxed{0.28}", "match"),
    ("28", "\\boxed{28\\%}", "mismatch"),
    (TOWER, TOWER, "match"),
]


@pytest.mark.parametrize(("gold", "response", "reason"), QUICK)
def test_a_verdict_in_process_has_its_reason(gold: Any, response: str, reason: str) -> None:
    verdict = MathVerifier(pool=_NoPool("none")).check(response, gold)
    assert verdict.reason == reason
    assert json.loads(json.dumps(verdict.to_json())) == verdict.to_json()


def test_a_gold_that_is_an_integer_may_have_thousands_of_digits() -> None:
    verifier = MathVerifier(pool=_NoPool("none"))
    gold = 10**5_000 + 7
    assert verifier.check("1" + "0" * 4_999 + "7", gold).reason == "match"
    assert verifier.check("1" + "0" * 4_999 + "8", gold).reason == "mismatch"
    assert verifier.check("6", 10**100_000).reason == "bad_gold"


OPTIONS = [
    ({}, "3.14", "\\pi", "mismatch"),
    ({"tolerance": 0.01}, "3.14", "\\pi", "match"),
    ({"tolerance": 0.01}, "(3.14, 1)", "(\\pi, 1.001)", "match"),
    ({"tolerance": 0.01}, "1.6\\times10^{-19}", "1.7\\times10^{-19}", "mismatch"),
    ({"tolerance": 0.01}, "0", "10^{-9}", "mismatch"),
    ({"tolerance": 0.01}, "3.5", "1e400", "mismatch"),
    ({"tolerance": 0.01}, "3.5", "-10**10**10 + 1", "mismatch"),
    ({"tolerance": 0.01}, "(3.5, 1)", "(1000!, e^{e^{10}})", "mismatch"),
    ({"tolerance": 0.01}, "10^{400}", "10^{500}", "mismatch"),
    ({"tolerance": 0.01}, "10^{400}", "10^{399} \\cdot 10", "match"),
    ({"ordered": True}, "1,2", "2,1", "mismatch"),
    ({"ordered": True}, "1,2", "1,2", "match"),
    ({"units": "required"}, "5\\text{ m}", "5", "wrong_unit"),
    ({"units": "required"}, "5\\text{ m}", "500\\text{ cm}", "match"),
    ({"units": "ignored"}, "5\\text{ m}", "5\\text{ cm}", "match"),
]


@pytest.mark.parametrize(("options", "gold", "response", "reason"), OPTIONS)
def test_options_say_how_strict_equality_is(
    options: dict[str, Any], gold: str, response: str, reason: str
) -> None:
    verifier = MathVerifier(pool=_NoPool("none"))
    assert verifier.check(f"\\boxed{{{response}}}", gold, **options).reason == reason


BAD_OPTIONS = [
    {"tolerance": 1},
    {"tolerance": "0.1"},
    {"tolerance": True},
    {"tolerance": float("nan")},
    {"ordered": 1},
    {"units": "some"},
    {"precision": 6},
]


@pytest.mark.parametrize("options", BAD_OPTIONS)
def test_an_option_that_says_nothing_is_refused(options: dict[str, Any]) -> None:
    with pytest.raises(InputError):
        MathVerifier(pool=_NoPool("none")).check("1", "1", **options)


ENGINES = [
    ("1", "\\lim_{x\\to0}\\frac{\\sin x}{x}", "match"),
    ("\\frac13", "\\int_0^1 x^2\\,dx", "match"),
    ("\\frac12", "\\int_0^1 x^2\\,dx", "mismatch"),
    ("\\sum_{k=1}^{\\infty}\\frac{1}{k^2}", "\\boxed{\\frac{\\pi^2}{6}}", "match"),
    ("\\frac{n(n+1)}{2}", "\\boxed{\\sum_{k=1}^{n}k}", "match"),
    ("1", "\\boxed{\\operatorname{foo}\\oplus}", "malformed"),
    ("A\\oplus B", "\\boxed{3}", "bad_gold"),
]


async def test_limits_integrals_and_endless_sums_are_decided_by_a_worker() -> None:
    verifier = MathVerifier(compare_s=60)
    verdicts = await asyncio.gather(
        *(verifier.verify(response, gold, deadline_s=120) for gold, response, _ in ENGINES)
    )
    assert [verdict.reason for verdict in verdicts] == [reason for _, _, reason in ENGINES]


def test_an_engine_that_would_hang_is_cut_and_is_the_responses_fault() -> None:
    integral = "\\boxed{\\int e^{x^2}\\sin(x^3)\\tan(x)\\,dx}"
    assert MathVerifier(compare_s=1.0).check(integral, "x+1").reason == "too_costly"


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


HARD = "\\lim_{x\\to0} x"
BLAME = [
    (["equal"], "match"),
    (["different"], "mismatch"),
    (["unreadable"], "malformed"),
    (["too_costly"], "too_costly"),
    (["wrong_unit"], "wrong_unit"),
    (["bad_gold"], "bad_gold"),
    ([WorkerTimeout()], "too_costly"),
    ([WorkerCrashed(), "different"], "malformed"),
    ([WorkerCrashed(), WorkerCrashed()], "worker_failed"),
]


@pytest.mark.parametrize(("script", "reason"), BLAME)
def test_the_blame_falls_on_who_caused_it(script: list[Any], reason: str) -> None:
    assert MathVerifier(pool=_Scripted(*script)).check(HARD, "y+1").reason == reason


@pytest.mark.parametrize(
    ("second", "reason"), [("different", "too_costly"), (WorkerTimeout(), "bad_gold")]
)
def test_a_gold_that_needs_an_engine_is_asked_about_alone(second: Any, reason: str) -> None:
    pool = _Scripted(WorkerTimeout(), second)
    assert MathVerifier(pool=pool).check(HARD, "\\int_0^1 x\\,dx").reason == reason


async def test_no_turn_within_the_deadline_is_undecided() -> None:
    class Full(WorkerPool):
        def submit(self, *_: Any, **__: Any) -> Future[Any]:
            return Future()

    verdict = await MathVerifier(pool=Full("none")).verify(HARD, "y+1", deadline_s=0.05)
    assert verdict.reason == "deadline"


async def test_a_worker_without_a_turn_is_a_missed_deadline() -> None:
    verdict = await MathVerifier(pool=_Scripted(WorkerDeadline())).verify(HARD, "y+1")
    assert verdict.reason == "deadline"


@given(st.fractions())
def test_every_number_equals_itself_and_not_its_neighbour(number: Any) -> None:
    verifier = MathVerifier(pool=_NoPool("none"))
    assert verifier.check(str(number), str(number)).outcome == "correct"
    assert verifier.check(str(number + 1), str(number)).outcome == "incorrect"
