"""What holds of every verdict: order, concurrency, limits, options, and what its detail tells."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from random import Random
from typing import Any, get_args

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from assay_sandbox import Sandbox, SandboxUnavailable
from assay_verifiers import Verdict
from assay_verifiers.code import CodeVerifier
from assay_verifiers.code.finding import Finding, conclude, within_total
from assay_verifiers.verdict import IncorrectReason, UndecidedReason

AMPLE = {"wall_s": 20.0, "cpu_s": 20.0}


@pytest.fixture(scope="module")
def quick_box() -> Iterator[Sandbox]:
    """The fast back-end: nothing here is about isolation."""
    try:
        with Sandbox("namespace") as opened:
            yield opened
    except SandboxUnavailable as error:
        pytest.skip(str(error))


# Without running anything

STATUSES = ("match", *get_args(IncorrectReason), *get_args(UndecidedReason))
FINDINGS = st.lists(
    st.builds(
        Finding, st.sampled_from(STATUSES), st.sampled_from([None, 0.1, 0.5]), st.just("why")
    ),
    min_size=1,
    max_size=6,
)


def told(verdict: Verdict) -> tuple[str, float, str]:
    return verdict.outcome, verdict.score, verdict.reason


@given(FINDINGS, st.randoms(use_true_random=False), st.booleans(), st.sampled_from([None, 0.6]))
def test_the_order_of_tests_decides_nothing(
    findings: list[Finding], random: Random, partial: bool, total_s: float | None
) -> None:
    mixed = random.sample(findings, len(findings))
    first, second = (
        conclude(within_total(each, total_s), partial, {}) for each in (findings, mixed)
    )
    assert told(first) == told(second)


@given(FINDINGS, st.booleans())
def test_a_pass_needs_every_test_and_marks_are_a_share(
    findings: list[Finding], partial: bool
) -> None:
    verdict = conclude(findings, partial, {})
    matches = sum(finding.status == "match" for finding in findings)
    assert (verdict.outcome == "correct") == (matches == len(findings))
    if verdict.outcome == "incorrect":
        assert verdict.score == (matches / len(findings) if partial else 0.0)


def test_more_seconds_than_allowed_fail_the_slow_tests() -> None:
    findings = [Finding("match", 2.0), Finding("match", 0.1), Finding("mismatch", 0.1)]
    kept = within_total(findings, 1.0)
    assert [each.status for each in kept] == ["time_limit", "match", "mismatch"]
    assert kept[0].difference == "all tests: 1 s"


# Real runs

FUNCTION_TESTS = [{"args": [n], "expected": n * n} for n in range(5)]
STDIO_TESTS = [{"stdin": f"{n}\n", "stdout": f"{n * n}\n"} for n in range(5)]
BODY = """
    if n == 1:
        return 0
    if n == 3:
        raise ValueError(n)
    return n * n
"""
FUNCTION = {"style": "function", "name": "f", "tests": FUNCTION_TESTS}
STDIO = {"style": "stdio", "tests": STDIO_TESTS}
PROGRAMS = [
    (FUNCTION, f"def f(n):{BODY}"),
    (STDIO, f"def f(n):{BODY}\nprint(f(int(input())))"),
]
EXPECTED = {0: "match", 1: "mismatch", 2: "match", 3: "runtime_error", 4: "match"}


@settings(max_examples=8)
@given(order=st.permutations(range(5)), at_once=st.integers(1, 4), chosen=st.sampled_from(PROGRAMS))
def test_any_order_and_any_number_at_once_give_the_same(
    quick_box: Sandbox, order: list[int], at_once: int, chosen: tuple[dict[str, Any], str]
) -> None:
    answer, program = chosen
    tests = [answer["tests"][number] for number in order]

    async def all_at_once() -> list[Verdict]:
        verifier = CodeVerifier(quick_box)
        asked = {**answer, "tests": tests}
        return await asyncio.gather(
            *(verifier.verify(program, asked, limits=AMPLE) for _ in range(at_once))
        )

    for verdict in asyncio.run(all_at_once()):
        assert told(verdict) == ("incorrect", 0.0, "runtime_error")
        found = [test["status"] for test in verdict.detail["tests"]]
        assert dict(zip(order, found, strict=True)) == EXPECTED


SLEEPY = [
    (FUNCTION, "import time\ndef f(n):\n    time.sleep(0.2)\n    return n * n"),
    (STDIO, "import time\ntime.sleep(0.2)\nprint(int(input()) ** 2)"),
]


@pytest.mark.parametrize(("answer", "program"), SLEEPY, ids=["function", "stdio"])
async def test_all_tests_together_have_a_limit_too(
    quick_box: Sandbox, answer: Any, program: str
) -> None:
    verify = CodeVerifier(quick_box).verify
    assert (await verify(program, answer, limits={**AMPLE, "total_s": 19})).reason == "match"
    verdict = await verify(program, answer, limits={**AMPLE, "total_s": 0.5})
    assert verdict.reason == "time_limit", verdict


@pytest.mark.parametrize(("answer", "program"), PROGRAMS, ids=["function", "stdio"])
async def test_early_stop_judges_nothing_after_the_first_failure(
    quick_box: Sandbox, answer: Any, program: str
) -> None:
    verdict = await CodeVerifier(quick_box).verify(program, answer, limits=AMPLE, stop_early=True)
    assert verdict.reason == "mismatch"
    found = [test["status"] for test in verdict.detail["tests"]]
    assert found == ["match", "mismatch", "not_run", "not_run", "not_run"]


@pytest.mark.parametrize(("answer", "program"), PROGRAMS, ids=["function", "stdio"])
async def test_a_person_can_read_what_came_of_each_test(
    quick_box: Sandbox, answer: Any, program: str
) -> None:
    verdict = await CodeVerifier(quick_box).verify(program, answer, limits=AMPLE, partial=True)
    assert told(verdict) == ("incorrect", 0.6, "partial")
    tests = verdict.detail["tests"]
    assert all(0 <= test["seconds"] < 20 for test in tests)
    assert tests[1]["difference"].endswith(("expected 1, got 0", "expected '1', got '0'"))
    assert "ValueError: 3" in tests[3]["difference"]
    assert "difference" not in tests[0]


RESPONSES = [
    (
        "two files after a thought",
        "<think>```python\nprint(0)\n```</think>Two files.\n"
        "```python squares.py\ndef square(n):\n    return n * n\n```\n"
        "```python main.py\nfrom squares import square\n"
        "f = square\nif __name__ == '__main__':\n    print(square(int(input())))\n```",
        "match",
    ),
    (
        "a folder of files",
        "```python\n# file: lib/__init__.py\n```\n"
        "```python\n# file: lib/power.py\npower = pow\n```\n"
        "```py\nfrom lib.power import power\ndef f(n):\n    return power(n, 2)\n"
        "if __name__ == '__main__':\n    print(f(int(input())))\n```",
        "match",
    ),
    (
        "the last block of the language",
        "```python\nprint('no')\n```\nThen:\n```Python3\ndef f(n):\n    return n ** 2\n"
        "if __name__ == '__main__':\n    print(f(int(input())))\n```\nIt gives\n```text\n4\n```",
        "match",
    ),
    ("a file that is not there", "```python\nfrom squares import s as f\n```", "runtime_error"),
    ("a file that does not compile", "```python\n# file: a.py\ndef\n```\n```python\nimport a\n```",
     "runtime_error"),
    ("no program", "```python\ndef f(n) return n\n```", "compile_error"),
]  # fmt: skip


@pytest.mark.parametrize("answer", [FUNCTION, STDIO], ids=["function", "stdio"])
@pytest.mark.parametrize(
    ("response", "reason"), [r[1:] for r in RESPONSES], ids=[r[0] for r in RESPONSES]
)
async def test_the_candidate_is_found_whole(
    quick_box: Sandbox, answer: Any, response: str, reason: str
) -> None:
    verdict = await CodeVerifier(quick_box).verify(response, answer, limits=AMPLE)
    assert verdict.reason == reason, verdict
    if reason != "match":
        assert "rror" in verdict.detail["tests"][0]["difference"], "what was wrong is kept"
