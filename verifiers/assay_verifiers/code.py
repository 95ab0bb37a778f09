"""CodeVerifier: does the program in the response do what the tests ask?

Styles of ``answer``, both of trust class ``host`` (the candidate sees inputs only; its outputs
cross as data; expected values and the comparison never enter the sandbox):

    {"style": "function", "language": "python", "name": "f",
     "tests": [{"args", "kwargs"?, "expected"}]}
    {"style": "stdio", "language": "python", "tests": [{"stdin", "stdout"}]}

``prelude`` (text before the candidate) may stand in either. ``expected`` is a JSON value, or a tree
of :mod:`assay_verifiers.codec` for what JSON lacks. All tests of a function share one sandboxed
process; a stdio test has one of its own.

Options: ``compare`` (``exact``, blind to trailing blanks, or ``tokens``; stdio), ``limits`` (fields
of ``assay_sandbox.Limits``, per process), ``partial`` (the fraction of passed tests as the score).

Whatever a candidate does inside its process (exit early, patch builtins, lie about equality, print,
write the output file) can only change which data comes out. Assertion tests and other languages are
not judged here yet.
"""

from __future__ import annotations

import asyncio
import json
import re
import time
from collections.abc import Mapping
from dataclasses import asdict, dataclass, replace
from functools import cache
from importlib import resources
from typing import Any

from assay_datasets import InputError, Json
from assay_sandbox import InvalidJob, Job, Limits, Result, Sandbox, SandboxFailed
from assay_verifiers.codec import CannotCarry, canonical
from assay_verifiers.fences import blocks
from assay_verifiers.shared_sandbox import borrow, give_back
from assay_verifiers.verdict import IncorrectReason, Verdict
from assay_verifiers.verifier import Verifier, visible_text

_STYLES = ("function", "stdio")
_LONGEST_PROGRAM = 200_000
_SHOWN = 200
_REASONS: Mapping[str, IncorrectReason] = {
    "timeout": "time_limit",
    "memory": "memory_limit",
    "output_limit": "output_limit",
    "compile_error": "compile_error",
    "nonzero_exit": "runtime_error",
    "signal": "runtime_error",
}
_ERRORS: Mapping[Json, IncorrectReason] = {
    "compile_error": "compile_error",
    "malformed": "malformed",
    "wrong_type": "wrong_type",
    "mismatch": "mismatch",
}
_LINE_HEAD = re.compile(rb'\{"test": ([0-9]{1,9}), ')


@dataclass(frozen=True)
class _Test:
    """What came of one test: ``match`` or a reason, and what a person wants to know of it."""

    status: IncorrectReason | str
    seconds: float | None = None
    difference: str | None = None

    def to_json(self) -> Json:
        return {name: value for name, value in asdict(self).items() if value is not None}


class CodeVerifier(Verifier):
    """Judges programs by running them in a sandbox.

    Args:
        sandbox: an open ``assay_sandbox.Sandbox``, which stays its owner's to close; without one,
            that of the process, opened at the first verdict and closed with its last user.
    """

    name = "code"
    summary = "a program that passes hidden tests in the sandbox"
    needs_sandbox = True
    options = ("compare", "limits", "partial")

    def __init__(self, sandbox: Sandbox | None = None) -> None:
        self._sandbox = sandbox
        self._borrowed = False
        self._opening = asyncio.Lock()

    def check(self, response: str, answer: Json, **options: Json) -> Verdict:
        raise TypeError("code is judged in the sandbox only: use verify()")

    async def verify(
        self, response: str, answer: Json, *, deadline_s: float = 60.0, **options: Json
    ) -> Verdict:
        """Judge in the sandbox; see the module for the shapes.

        Beyond ``deadline_s`` the verdict is ``time_limit`` where the candidate's own processes took
        most of it, else undecided.
        """
        self.refuse_unknown(options)
        started = time.perf_counter()
        verdict = await self._verify(response, answer, deadline_s, options)
        return replace(verdict, seconds=time.perf_counter() - started)

    async def close(self) -> None:
        if self._borrowed:
            self._sandbox, self._borrowed = None, False
            await give_back()

    async def _verify(
        self, response: str, answer: Json, deadline_s: float, options: Mapping[str, Json]
    ) -> Verdict:
        if error := _bad_answer(answer):
            return Verdict.undecided("bad_gold", error=error)
        candidate = extract_program(response)
        if not candidate.strip():
            return Verdict.incorrect("no_answer")
        if len(candidate) > _LONGEST_PROGRAM:
            return Verdict.incorrect("too_long", length=len(candidate))
        limits = _limits(options)
        jobs = _jobs(candidate, answer, limits)
        if not _fit(jobs) and _fit(_jobs("", answer, limits)):
            return Verdict.incorrect("too_long", length=len(candidate))
        results = await self._run(jobs, deadline_s)
        return _judge(answer, options, results, deadline_s)

    async def _run(self, jobs: list[Job], deadline_s: float) -> list[Result | None]:
        """The jobs' results in order; None for what was not finished by the deadline."""
        box = await self._box()
        tasks = [asyncio.ensure_future(box.run(job)) for job in jobs]
        try:
            done, _ = await asyncio.wait(tasks, timeout=deadline_s)
        finally:
            for task in tasks:
                task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)
        return [_result(task) if task in done else None for task in tasks]

    async def _box(self) -> Sandbox:
        async with self._opening:
            if self._sandbox is None:
                self._sandbox, self._borrowed = await borrow(), True
            return self._sandbox


def extract_program(response: str) -> str:
    """The last complete fenced block after ``</think>``, else all of that text."""
    text = visible_text(response)
    found = blocks(text)
    return found[-1].text if found else text.strip("\n")


def _result(task: asyncio.Future[Result]) -> Result:
    try:
        return task.result()
    except SandboxFailed as error:
        return Result("sandbox_failed", error=str(error))
    except InvalidJob as error:
        raise InputError(f"code verifier: {error}") from error


def _limits(options: Mapping[str, Json]) -> Limits:
    try:
        limits = Limits(**options.get("limits", {}))
    except TypeError as error:
        known = ", ".join(asdict(Limits()))
        raise InputError(f"limits of the code verifier: {error}; known: {known}") from error
    for name, value in asdict(limits).items():
        if isinstance(value, bool) or not isinstance(value, int | float):
            raise InputError(f"limits of the code verifier: {name} must be a number")
    return limits


def _bad_answer(answer: Json) -> str | None:
    """Why the answer cannot be used, or None."""
    if not isinstance(answer, dict) or answer.get("style") not in _STYLES:
        return f"style must be one of {', '.join(_STYLES)}"
    if answer.get("language", "python") != "python":
        return "language must be python"
    tests, style = answer.get("tests"), answer["style"]
    needed = {"args", "expected"} if style == "function" else {"stdin", "stdout"}
    if not isinstance(tests, list) or not tests:
        return "tests must be a list that is not empty"
    if not all(isinstance(test, dict) and needed <= set(test) for test in tests):
        return f"every test needs {' and '.join(sorted(needed))}"
    if style == "function" and not isinstance(answer.get("name"), str):
        return "the function's name is missing"
    try:
        for test in tests if style == "function" else ():
            canonical(test["expected"])
    except CannotCarry as error:
        return f"an expected value is not a value: {error}"
    return None


# Making jobs


@cache
def _harness() -> str:
    package = resources.files("assay_verifiers")
    parts = [package.joinpath(name).read_text("utf-8") for name in ("codec.py", "harness.py")]
    return "\n".join(parts)


def _jobs(candidate: str, answer: Json, limits: Limits) -> list[Job]:
    program = f"{answer['prelude']}\n{candidate}" if answer.get("prelude") else candidate
    make = _function_jobs if answer["style"] == "function" else _stdio_jobs
    return make(program, answer, limits)


def _fit(jobs: list[Job]) -> bool:
    return all(job.laid_bytes <= job.limits.file_bytes for job in jobs)


def _function_jobs(program: str, answer: Json, limits: Limits) -> list[Job]:
    shown = [
        {key: test[key] for key in ("args", "kwargs") if key in test} for test in answer["tests"]
    ]
    inputs = json.dumps({"name": answer["name"], "tests": shown})
    files = {"candidate.py": _utf8(program), "inputs.json": inputs.encode()}
    return [Job(_harness(), files=files, fetch=("values.jsonl",), limits=limits)]


def _stdio_jobs(program: str, answer: Json, limits: Limits) -> list[Job]:
    clean = _utf8(program).decode()
    return [Job(clean, stdin=test["stdin"].encode(), limits=limits) for test in answer["tests"]]


def _utf8(text: str) -> bytes:
    return text.encode("utf-8", "replace")  # a lone surrogate is the response's fault, not a crash


# Judging results


def _judge(
    answer: Json, options: Mapping[str, Json], results: list[Result | None], deadline_s: float
) -> Verdict:
    finished = [result for result in results if result is not None]
    spent = sum(result.wall_s for result in finished)
    if any(result.status == "sandbox_failed" for result in finished):
        errors = [result.error for result in finished if result.status == "sandbox_failed"]
        return Verdict.undecided("sandbox_failed", error=errors[0])
    if len(finished) < len(results):
        if spent < deadline_s / 2:
            return Verdict.undecided("deadline", sandbox_s=spent)
        return Verdict.incorrect("time_limit", sandbox_s=spent, trust="host")
    if answer["style"] == "function":
        tests = _function_tests(answer["tests"], finished[0])
    else:
        compare = _comparator(options.get("compare", "exact"))
        tests = [_stdio_test(t, r, compare) for t, r in zip(answer["tests"], finished, strict=True)]
    detail: dict[str, Json] = {
        "trust": "host",
        "tests": [test.to_json() for test in tests],
        "backend": finished[0].backend,
        "sandbox_s": spent,
    }
    return _verdict(tests, bool(options.get("partial", False)), detail)


def _verdict(tests: list[_Test], partial: bool, detail: dict[str, Json]) -> Verdict:
    failed = [test.status for test in tests if test.status != "match"]
    if not failed:
        return Verdict.correct(**detail)
    if partial and len(failed) < len(tests):
        return Verdict.incorrect("partial", 1 - len(failed) / len(tests), **detail)
    return Verdict.incorrect(failed[0], **detail)  # type: ignore[arg-type]


def _function_tests(tests: list[Json], result: Result) -> list[_Test]:
    """Every test's outcome from the harness's lines; a test without a line is a runtime error."""
    lines = _lines(result.files.get("values.jsonl", b""), tests)
    absent = _REASONS.get(result.status, "runtime_error")
    outcomes = []
    for number, test in enumerate(tests):
        line = lines.get(number) or lines.get(-1)
        if line is None or (result.status != "ok" and number == len(tests) - 1):
            outcomes.append(_Test(absent, difference=_tail(result)))
        else:
            outcomes.append(_function_test(test["expected"], line))
    return outcomes


def _function_test(expected: Json, line: Mapping[str, Json]) -> _Test:
    seconds = line.get("seconds")
    seconds = seconds if isinstance(seconds, float) and 0 <= seconds < 1e6 else None
    if "value" not in line:
        reason = _ERRORS.get(str(line.get("error")), "runtime_error")
        return _Test(reason, seconds, str(line.get("message", ""))[:_SHOWN])
    try:
        given = canonical(line["value"])
    except (CannotCarry, RecursionError, TypeError, ValueError):
        return _Test("wrong_type", seconds, "not a value of the codec")
    wanted = canonical(expected)
    if given == wanted:
        return _Test("match", seconds)
    return _Test("mismatch", seconds, f"expected {wanted[:_SHOWN]}, got {given[:_SHOWN]}")


def _lines(content: bytes, tests: list[Json]) -> dict[int, Mapping[str, Json]]:
    """The first well-formed line of each test; anything else is skipped.

    Only as much is read as honest values could need, so no output keeps the host busy.
    """
    longest = 1_000 + 16 * max(len(canonical(test["expected"])) for test in tests)
    most = 2 * len(tests) + 2
    lines: dict[int, Mapping[str, Json]] = {}
    for text in content.split(b"\n", most)[:most]:
        line = _line(text, longest)
        if isinstance(line, dict) and type(line.get("test")) is int:
            lines.setdefault(line["test"], line)
    return lines


def _line(text: bytes, longest: int) -> Json:
    if len(text) > longest:
        head = _LINE_HEAD.match(text)
        message = "a value far longer than the expected one"
        return head and {"test": int(head[1]), "error": "mismatch", "message": message}
    try:
        return json.loads(text)
    except (ValueError, RecursionError):
        return None


def _stdio_test(test: Json, result: Result, compare: Any) -> _Test:
    if result.status != "ok":
        return _Test(_REASONS[result.status], result.wall_s, _tail(result))
    given, wanted = compare(result.stdout.decode("utf-8", "replace")), compare(test["stdout"])
    if given == wanted:
        return _Test("match", result.wall_s)
    place = next((n for n, (a, b) in enumerate(zip(given, wanted, strict=False)) if a != b), None)
    place = min(len(given), len(wanted)) if place is None else place
    sides = [
        repr(side[place])[:_SHOWN] if place < len(side) else "nothing" for side in (wanted, given)
    ]
    return _Test("mismatch", result.wall_s, f"at {place + 1}: expected {sides[0]}, got {sides[1]}")


def _comparator(name: Json) -> Any:
    if not isinstance(name, str) or name not in _COMPARATORS:
        raise InputError(f"compare must be one of {', '.join(_COMPARATORS)}, not {name!r}")
    return _COMPARATORS[name]


def _blind_lines(text: str) -> list[str]:
    """Lines without trailing blanks, and without empty lines at the end."""
    return [line.rstrip() for line in text.rstrip().splitlines()]


_COMPARATORS = {"exact": _blind_lines, "tokens": str.split}


def _tail(result: Result) -> str | None:
    text = result.error or result.stderr.decode("utf-8", "replace").strip()
    return text[-_SHOWN:] or None
