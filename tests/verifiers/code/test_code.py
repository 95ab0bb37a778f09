"""CodeVerifier: right programs pass, wrong ones fail honestly, and no pass is forged."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import pytest

from assay_datasets import InputError
from assay_sandbox import Job, Result, Sandbox, SandboxUnavailable
from assay_verifiers import shared_sandbox
from assay_verifiers.code import CodeVerifier, extract_program

ADD_SEVEN = {
    "style": "function",
    "language": "python",
    "name": "f",
    "tests": [{"args": [n], "expected": n * n + 7} for n in range(5)],
}
DOUBLE = {
    "style": "stdio",
    "language": "python",
    "tests": [{"stdin": f"{n}\n", "stdout": f"{2 * n}\nok\n"} for n in range(3)],
}
AMPLE = {"limits": {"wall_s": 20.0, "cpu_s": 20.0}}  # a busy machine must not fail a right program
SHORT = {"limits": {"wall_s": 1.0, "cpu_s": 5.0}}  # for programs that never end

EXTRACTIONS = [
    ("x = 1", "x = 1"),
    ("<think>```\nno\n```</think>x = 1", "x = 1"),
    ("Here:\n```python\na\n```\nbetter:\n```py\nb\n```\ndone", "b"),
    ("```python\na\n```\n```python\nnever closed", "a"),
    ("```python\nnever closed", "```python\nnever closed"),
    ("<think>x = 1", ""),
]


@pytest.mark.parametrize(("response", "program"), EXTRACTIONS)
def test_the_last_complete_block_is_the_candidate(response: str, program: str) -> None:
    assert extract_program(response) == program


# Real runs

PROGRAMS = [
    ("right", "def f(x):\n    return x*x+7", "match"),
    ("in a block", "Sure!\n```python\ndef f(x):\n    return x*x+7\n```", "match"),
    ("a lambda", "f = lambda x: x**2 + 7", "match"),
    ("uses imports", "import math\ndef f(x):\n    return int(math.pow(x, 2)) + 7", "match"),
    ("prints beside", "def f(x):\n    print('hm', x)\n    return x*x+7", "match"),
    ("dataclass", "from __future__ import annotations\nfrom dataclasses import dataclass\n"
     "@dataclass\nclass P:\n    x: int\ndef f(x):\n    return P(x).x**2+7", "match"),
    ("main guard", "def f(x):\n    return x*x+7\nif __name__ == '__main__':\n    1/0", "match"),
    ("wrong", "def f(x):\n    return x*x+8", "mismatch"),
    ("wrong once", "def f(x):\n    return x*x+7 if x < 4 else 0", "mismatch"),
    ("float for int", "def f(x):\n    return float(x*x+7)", "mismatch"),
    ("text for int", "def f(x):\n    return str(x*x+7)", "mismatch"),
    ("far too much", "def f(x):\n    return [0] * 10**6", "mismatch"),
    ("nothing returned", "def f(x):\n    print(x*x+7)", "mismatch"),
    ("no function", "def g(x):\n    return x*x+7", "malformed"),
    ("no program", "I cannot do that.", "compile_error"),
    ("unclosed text", "'''\ndef f(x): return x*x+7", "compile_error"),
    ("empty", "", "no_answer"),
    ("in thought only", "<think>def f(x):\n    return x*x+7</think>", "no_answer"),
    ("raises", "def f(x):\n    return 1/0", "runtime_error"),
    ("raises at import", "1/0\ndef f(x):\n    return x*x+7", "runtime_error"),
    ("too many arguments", "def f(x, y):\n    return x*x+7", "runtime_error"),
    ("a generator", "def f(x):\n    yield x*x+7", "mismatch"),
    ("a function", "def f(x):\n    return f", "wrong_type"),
    ("a cycle", "def f(x):\n    a = []\n    a.append(a)\n    return a", "wrong_type"),
    ("loops", "def f(x):\n    while True: pass", "time_limit"),
    ("loops at import", "while True: pass", "time_limit"),
    ("too long", "#" * 200_001, "too_long"),
]  # fmt: skip


@pytest.mark.parametrize(
    ("response", "reason"), [p[1:] for p in PROGRAMS], ids=[p[0] for p in PROGRAMS]
)
async def test_a_function_is_judged_by_its_values(box: Sandbox, response: str, reason: str) -> None:
    options = SHORT if reason == "time_limit" else AMPLE
    verdict = await CodeVerifier(box).verify(response, ADD_SEVEN, **options)
    assert verdict.reason == reason, verdict


BUFFERED = """
import io, os, sys
class Out(io.IOBase):
    kept = b""
    def write(self, text): self.kept += text.encode()
    def flush(self): os.write(1, self.kept); self.kept = b""
"""  # as contest programs have it, for speed
SCRIPTS = [
    ("right", "n = int(input())\nprint(2 * n)\nprint('ok')", "exact", "match"),
    ("trailing blanks", "n = int(input())\nprint(2 * n, ' ')\nprint('ok\\n\\n')", "exact", "match"),
    ("one line", "print(2 * int(input()), 'ok')", "exact", "mismatch"),
    ("one line, tokens", "print(2 * int(input()), 'ok')", "tokens", "match"),
    ("off by one", "print(2 * int(input()) + 1)\nprint('ok')", "tokens", "mismatch"),
    ("silent", "pass", "exact", "mismatch"),
    ("right, then fails", "print(2 * int(input()))\nprint('ok')\nraise SystemExit(1)", "exact",
     "runtime_error"),
    ("endless", "while True: pass", "exact", "time_limit"),
    ("flood", "while True: print('ok' * 999)", "exact", "output_limit"),
    ("no program", "say 'ok'", "exact", "compile_error"),
    ("a stdout of its own", BUFFERED + "sys.stdout = Out()\nprint(2 * int(input()))\nprint('ok')",
     "exact", "match"),
    ("a stdout that only its end writes", BUFFERED + "out = Out()\nout.me = out\n"
     "out.write(f'{2 * int(input())}\\nok')", "exact", "match"),
]  # fmt: skip


@pytest.mark.parametrize(
    ("response", "compare", "reason"), [s[1:] for s in SCRIPTS], ids=[s[0] for s in SCRIPTS]
)
async def test_a_program_is_judged_by_what_it_writes(
    box: Sandbox, response: str, compare: str, reason: str
) -> None:
    options = SHORT if reason == "time_limit" else AMPLE
    verdict = await CodeVerifier(box).verify(response, DOUBLE, compare=compare, **options)
    assert verdict.reason == reason, verdict


async def test_values_of_every_kind_cross_both_ways(box: Sandbox) -> None:
    tests = [
        {"args": [value], "expected": value}
        for value in (
            {"$": "tuple", "v": [1, "é", None]},
            {"$": "set", "v": [3, 1, 2]},
            {"$": "float", "v": "nan"},
            {"$": "int", "v": hex(7**900)},
            {"$": "bytes", "v": "00ff"},
            {"$": "dict", "v": [[1, [True]]]},
            {"a": {"b": [1.5]}},
        )
    ]
    verdict = await CodeVerifier(box).verify("def f(x): return x", {**ADD_SEVEN, "tests": tests})
    assert verdict.reason == "match", verdict


async def test_keyword_arguments_prelude_and_partial_marks(box: Sandbox) -> None:
    answer = {
        "style": "function",
        "name": "f",
        "prelude": "OFFSET = 7",
        "tests": [{"args": [n], "kwargs": {"k": 2}, "expected": 2 * n + 7} for n in range(4)],
    }
    response = "def f(x, k):\n    return k*x + OFFSET if x < 3 else None"
    verdict = await CodeVerifier(box).verify(response, answer, partial=True)
    assert (verdict.reason, verdict.score) == ("partial", 0.75)
    assert verdict.detail["trust"] == "host"
    assert verdict.detail["backend"] == box.backend
    assert verdict.detail["tests"][3]["difference"] == "expected 13, got None"
    assert (await CodeVerifier(box).verify(response, answer)).score == 0.0


async def test_verifiers_without_a_sandbox_share_one_until_the_last_is_closed() -> None:
    first, second = CodeVerifier(), CodeVerifier()
    try:
        verdicts = await asyncio.gather(*(first.verify("f = int", ADD_SEVEN) for _ in range(3)))
    except SandboxUnavailable as error:
        pytest.skip(str(error))
    assert {verdict.reason for verdict in verdicts} == {"mismatch"}
    await second.verify("f = int", ADD_SEVEN)
    assert (
        first._borrowed["plain"] is second._borrowed["plain"] is shared_sandbox._shared["plain"].box
    )
    await first.close()
    await first.close()
    assert (await second.verify("f = int", ADD_SEVEN)).reason == "mismatch"
    await second.close()
    assert not shared_sandbox._shared


# Judging, without running anything


class _Box:
    """A sandbox that gives one scripted result and remembers the jobs."""

    def __init__(self, result: Result, delay_s: float = 0.0) -> None:
        self._result, self._delay_s = result, delay_s
        self.jobs: list[Job] = []

    async def run_many(self, jobs: Sequence[Job], deadline_s: float) -> list[Result]:
        self.jobs += jobs
        if self._delay_s:
            await asyncio.sleep(min(self._delay_s, deadline_s))
            return [Result("sandbox_failed", error="late") for _ in jobs]
        return [self._answer(job) for job in jobs]

    def _answer(self, job: Job) -> Result:
        if self._result.stdout != RIGHT:
            return self._result
        return replace(self._result, stdout=right(job))


RIGHT = b"what a right program's job would say"


def right(job: Job) -> bytes:
    """The lines of a program that computes n * n + 7, in the order of the job's tests."""
    tests = json.loads(job.files["inputs.json"])["tests"]
    values = [test["args"][0] ** 2 + 7 for test in tests]
    return b"".join(b'{"seconds": 0.1}\n{"value": %d}\n' % value for value in values)


@pytest.mark.parametrize(
    ("status", "reason"),
    [
        ("ok", "match"),
        ("timeout", "time_limit"),
        ("memory", "memory_limit"),
        ("output_limit", "output_limit"),
        ("compile_error", "compile_error"),
        ("nonzero_exit", "runtime_error"),
        ("signal", "runtime_error"),
        ("sandbox_failed", "sandbox_failed"),
    ],
)
async def test_only_a_process_that_ended_well_can_be_right(status: Any, reason: str) -> None:
    box: Any = _Box(Result(status, stdout=RIGHT))
    assert (await CodeVerifier(box).verify("def f(x): ...", ADD_SEVEN)).reason == reason


@pytest.mark.parametrize("answer", [ADD_SEVEN, DOUBLE], ids=["function", "stdio"])
async def test_a_candidate_too_large_for_its_limits_is_wrong_and_never_runs(answer: Any) -> None:
    box: Any = _Box(Result("ok"))
    limits = {"file_bytes": 64 << 10}
    verdict = await CodeVerifier(box).verify("#" * (64 << 10) + "#", answer, limits=limits)
    assert (verdict.reason, box.jobs) == ("too_long", [])


async def test_no_expected_value_enters_the_sandbox() -> None:
    answer = replace_expected("SECRET")
    box: Any = _Box(Result("ok"))
    await CodeVerifier(box).verify("def f(x): ...", answer)
    stdio = {"style": "stdio", "tests": [{"stdin": "1", "stdout": "SECRET"}]}
    await CodeVerifier(box).verify("pass", stdio)
    assert len(box.jobs) == 2
    assert "SECRET" not in repr(box.jobs)


def replace_expected(value: Any) -> dict[str, Any]:
    return {**ADD_SEVEN, "tests": [{"args": [1], "expected": value}]}


BAD_ANSWERS: list[Any] = [
    None,
    {},
    {"style": "assert", "tests": []},
    {**ADD_SEVEN, "language": "cobol"},
    {**ADD_SEVEN, "tests": []},
    {**ADD_SEVEN, "tests": [{"args": [1]}]},
    {**ADD_SEVEN, "name": None},
    {**DOUBLE, "tests": [{"stdin": "1"}]},
    replace_expected({"$": "object", "v": 1}),
]


@pytest.mark.parametrize("answer", BAD_ANSWERS, ids=range(len(BAD_ANSWERS)))
async def test_an_unreadable_answer_is_not_the_responses_fault(answer: Any) -> None:
    box: Any = _Box(Result("ok"))
    verdict = await CodeVerifier(box).verify("def f(x): ...", answer)
    assert verdict.reason == "bad_gold"
    assert not box.jobs


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"limits": {"wall": 3}}, "unexpected keyword argument 'wall'.*wall_s"),
        ({"limits": {"wall_s": "3"}}, "wall_s must be a number"),
        ({"compare": "loose"}, "exact, tokens"),
        ({"compare": ["exact"]}, "exact, tokens"),
        ({"comparison": "exact"}, "no option 'comparison'; known: compare, tolerance, limits"),
    ],
)
async def test_a_wrong_option_is_the_callers_mistake(options: Any, message: str) -> None:
    box: Any = _Box(Result("ok"))
    with pytest.raises(InputError, match=message):
        await CodeVerifier(box).verify("pass", DOUBLE, **options)


async def test_a_lost_deadline_is_blamed_on_the_program_only_if_it_took_the_time() -> None:
    queued: Any = _Box(Result("ok"), delay_s=9)
    assert (await CodeVerifier(queued).verify("pass", DOUBLE, deadline_s=0.1)).reason == "deadline"
    slow: Any = _FirstQuick(Result("ok", wall_s=0.09))
    verdict = await CodeVerifier(slow).verify("pass", DOUBLE, deadline_s=0.1)
    assert verdict.reason == "time_limit"


class _FirstQuick(_Box):
    """Its first job ends at once, the others never."""

    async def run_many(self, jobs: Sequence[Job], deadline_s: float) -> list[Result]:
        await asyncio.sleep(deadline_s)
        late = Result("sandbox_failed", error="late")
        return [self._result if n == 0 else late for n, _ in enumerate(jobs)]


def test_code_is_never_judged_in_process() -> None:
    with pytest.raises(TypeError, match="verify"):
        CodeVerifier().check("pass", DOUBLE)


def test_what_never_ran_is_never_right() -> None:
    from assay_verifiers.code.finding import Finding, conclude, stopped

    skipped = [Finding("not_run"), Finding("match")]
    assert conclude(skipped, False, {}).reason == "sandbox_failed"
    late = [Finding("not_run"), Finding("mismatch"), Finding("match")]
    assert [each.status for each in stopped(late)] == ["not_run", "mismatch", "not_run"]
    assert conclude(stopped(late), False, {}).reason == "mismatch"


STATEFUL = [
    ("counts its calls", "n = 0\ndef f(x):\n    global n\n    n += 1\n    return x*x + 6 + n",
     "match"),
    ("answers by turn", "turn = iter([7, 8, 11, 16, 23])\ndef f(x):\n    return next(turn)",
     "mismatch"),
    ("dies in its second call", "seen = []\ndef f(x):\n    seen.append(x)\n"
     "    if len(seen) > 1:\n        import os; os._exit(0)\n    return x*x + 7", "match"),
]  # fmt: skip


@pytest.mark.parametrize(("name", "program", "reason"), STATEFUL, ids=[n for n, *_ in STATEFUL])
async def test_every_test_counts_as_if_it_ran_alone_in_whatever_order(
    box: Sandbox, name: str, program: str, reason: str
) -> None:
    for tests in (ADD_SEVEN["tests"], ADD_SEVEN["tests"][::-1]):
        verdict = await CodeVerifier(box).verify(program, {**ADD_SEVEN, "tests": tests})
        assert verdict.reason == reason, (name, verdict.detail)
