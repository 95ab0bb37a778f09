"""A checker: a program of the task's author that decides where several outputs are right.

It runs in the sandbox, in any of its languages, apart from the candidate and after it:

    CHECKER input.txt output.txt answer.txt

with the test's input, the candidate's output and the expected output in these files, the order that
testlib's checkers use. What it decides is its exit code, as there:

    0          accepted
    1, 2, 4, 8 refused (wrong answer, presentation, dirt, unexpected end); its first line on stderr,
               else on stdout, is shown as the difference
    any other  the checker failed (3 by its own word); so do signals, limits and compile errors

A refusal or failure is believed only of a checker that accepts the expected output in place of the
candidate's on the same test. One that does not is ``bad_gold``. One that does, and failed on what
the candidate wrote, could not read that: a ``mismatch``. No failure of a checker is ever a pass.
"""

from __future__ import annotations

from collections.abc import Sequence

from assay_sandbox import Job, Limits, Result
from assay_verifiers.code.answer import StdioTest
from assay_verifiers.code.finding import SHOWN, Finding, failure
from assay_verifiers.code.options import Checker
from assay_verifiers.code.running import Runner

_FILES = ("input.txt", "output.txt", "answer.txt")
_REFUSED = (1, 2, 4, 8)
_LIMITS = Limits(wall_s=20.0, cpu_s=20.0, file_bytes=64 << 20)


async def check(
    checker: Checker, tests: Sequence[StdioTest], results: Sequence[Result], runner: Runner
) -> list[Finding]:
    """A finding for each of ``results``, by the checker where the candidate ended well."""
    ended = [number for number, result in enumerate(results) if result.status == "ok"]
    checked = await runner.many([_job(checker, tests[n], results[n].stdout) for n in ended])
    said = dict(zip(ended, checked, strict=True))
    doubted = [n for n in ended if not _accepted(said[n])]
    gold = await runner.many([_job(checker, tests[n], tests[n].stdout.encode()) for n in doubted])
    control = dict(zip(doubted, gold, strict=True))
    return [
        _finding(result, said[n], control.get(n)) if n in said else failure(result)
        for n, result in enumerate(results)
    ]


def _job(checker: Checker, test: StdioTest, output: bytes) -> Job:
    contents = (test.stdin.encode(), output, test.stdout.encode())
    files = dict(zip(_FILES, contents, strict=True))
    return Job(checker.source, checker.language, argv=_FILES, files=files, limits=_LIMITS)


def _accepted(result: Result) -> bool:
    return result.status == "ok"


def _finding(result: Result, said: Result, control: Result | None) -> Finding:
    if control is None:
        return Finding("match", result.wall_s)
    for each in (said, control):
        if each.status == "sandbox_failed":
            return Finding("sandbox_failed", result.wall_s, f"the checker: {each.error}")
    if not _accepted(control):
        why = _line(control) or control.error or control.status
        return Finding("bad_gold", result.wall_s, f"the checker refuses the expected output: {why}")
    if said.status == "nonzero_exit" and said.exit_code in _REFUSED:
        return Finding("mismatch", result.wall_s, f"the checker: {_line(said) or 'refused'}")
    return Finding("mismatch", result.wall_s, f"the checker could not read it: {said.status}")


def _line(result: Result) -> str:
    """What the checker says: its error stream's last line for a traceback, else the first."""
    text = (result.stderr or result.stdout).decode("utf-8", "replace").strip()
    lines = text.splitlines() or [""]
    return lines[-1 if text.startswith("Traceback") else 0][:SHOWN]
