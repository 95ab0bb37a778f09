"""Style ``append``: test code in the candidate's own language, in one process with it.

How candidate, tests and their end are put together is each language's convention
(``conventions/``). A run passes with exit code 0 and, at the end of standard output, a nonce that
the last line of the program writes once all tests have returned: so leaving early by any road is
no pass. The nonce comes on standard input and is read before the candidate runs; after the tests
the program asserts one sum of numbers that came with it.

In one process nothing keeps a candidate from finding that nonce, or from breaking the assertions.
So a program that passed runs again, three times at once and in an order decided by chance: once
more as before, and twice as a *control*, in which the sum is wrong, so that the tests must fail. A
candidate whose control passes is ``tampering``. Real and control runs differ in nothing but that
sum: a candidate that does not do the sum cannot tell them apart, and one that tampers by chance
gets through all four runs with a probability of 1/16 at most.

What trust class ``shared`` cannot promise: a candidate that was written for this judge (reads
standard input before its ``main``, or the memory of the process, and does the sum) can pass without
solving anything. Where rewards are at stake, prefer styles ``stdio`` and ``function``.
"""

from __future__ import annotations

import hashlib
import hmac
import re
import secrets
from collections.abc import Sequence
from dataclasses import dataclass, replace

from assay_sandbox import Job, Result
from assay_verifiers.code.answer import AppendAnswer
from assay_verifiers.code.candidate import Candidate
from assay_verifiers.code.conventions import CONVENTIONS, NoTests, Parts
from assay_verifiers.code.finding import SHOWN, Finding, failure
from assay_verifiers.code.options import Options
from assay_verifiers.code.running import Runner

_AGAIN = (False, True, True)  # which of the later runs are controls, before they are shuffled
_LARGEST = 1 << 30
_KEY = secrets.token_bytes(16)
_SAYS_WRONG = re.compile(r"^.*(?:[Aa]ssert|--- FAIL|not ok \d|✖|panicked at).*", re.MULTILINE)


@dataclass(frozen=True)
class _Run:
    """What one run is told on standard input."""

    nonce: str
    stdin: bytes
    control: bool


async def judge(
    candidate: Candidate, answer: AppendAnswer, options: Options, runner: Runner
) -> list[Finding]:
    """What came of the tests, as one."""
    try:
        job = _job(candidate, answer, options)
    except NoTests as error:
        return [Finding("bad_gold", difference=str(error))]
    first = _run(control=False)
    result = await runner.one(replace(job, stdin=first.stdin))
    if not _passed(result, first):
        return [_failed(result)]
    runs = [_run(control=control) for control in sorted(_AGAIN, key=lambda _: secrets.token_hex())]
    again = await runner.many([replace(job, stdin=run.stdin) for run in runs])
    return [_finding(result, list(zip(runs, again, strict=True)))]


def _job(candidate: Candidate, answer: AppendAnswer, options: Options) -> Job:
    compose = CONVENTIONS.get(answer.language)
    if compose is None:
        known = ", ".join(CONVENTIONS)
        other = "; for python use style assert" if answer.language == "python" else ""
        raise NoTests(f"style append is judged in {known}, not {answer.language}{other}")
    texts = (answer.prelude, candidate.source, answer.code)
    whole = compose(Parts(*texts, tag=_tag(*texts)))
    files = {**candidate.files, **whole.files}
    source = whole.source.encode("utf-8", "replace").decode()  # a lone surrogate is no crash
    return Job(
        source,
        answer.language,
        files={name: text.encode("utf-8", "replace") for name, text in files.items()},
        limits=options.limits,
    )


def _tag(*texts: str) -> str:
    """A name that no candidate knows, and the same for the same program: it is compiled once."""
    text = "\0".join(texts).encode("utf-8", "surrogatepass")
    return f"assay_{hmac.new(_KEY, text, hashlib.sha256).hexdigest()[:16]}"


def _run(*, control: bool) -> _Run:
    nonce = secrets.token_hex(16)
    a, b, off = (1 + secrets.randbelow(_LARGEST) for _ in range(3))
    return _Run(nonce, f"{nonce} {a} {b} {a + b + off * control}".encode(), control)


def _passed(result: Result, run: _Run) -> bool:
    return result.status == "ok" and result.stdout.rstrip().endswith(run.nonce.encode())


def _finding(first: Result, again: Sequence[tuple[_Run, Result]]) -> Finding:
    """What came of a program whose first run passed."""
    if any(run.control and _passed(result, run) for run, result in again):
        return Finding("tampering", first.wall_s, "passes where the tests must fail")
    for run, result in again:
        if result.status == "sandbox_failed":
            return failure(result)
        if not run.control and not _passed(result, run):
            return replace(_failed(result), seconds=first.wall_s)
    return Finding("match", first.wall_s)


def _failed(result: Result) -> Finding:
    """Why a real run is no pass."""
    if result.status == "ok":
        return Finding("runtime_error", result.wall_s, "ended before the tests did, exit code 0")
    if result.status in ("nonzero_exit", "signal"):
        said = (result.stderr + b"\n" + result.stdout).decode("utf-8", "replace")
        if found := _SAYS_WRONG.search(said):
            return Finding("mismatch", result.wall_s, said[found.start() :].strip()[:SHOWN])
    return failure(result)
