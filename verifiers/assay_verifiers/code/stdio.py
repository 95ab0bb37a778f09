"""Style ``stdio``: a whole program, run once for each test, judged by what it writes.

Each test is a job of its own, in any language of the sandbox; what is compiled is compiled once.
The expected output never enters the sandbox. A program must also end well: exit code 0.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

from assay_sandbox import Job, Result
from assay_verifiers.code.answer import StdioAnswer, StdioTest
from assay_verifiers.code.candidate import Candidate
from assay_verifiers.code.checker import check
from assay_verifiers.code.comparison import difference
from assay_verifiers.code.finding import Finding, failure
from assay_verifiers.code.options import Checker, Options
from assay_verifiers.code.running import Runner

_MODULE = re.compile(r"^(?:import\s+[\w{*\"']|export\s+\w)", re.MULTILINE)


def jobs(candidate: Candidate, answer: StdioAnswer, options: Options) -> list[Job]:
    """One job for each test."""
    source = f"{answer.prelude}\n{candidate.source}" if answer.prelude else candidate.source
    source = source.encode("utf-8", "replace").decode()  # a lone surrogate is no crash of ours
    files = {name: text.encode("utf-8", "replace") for name, text in candidate.files.items()}
    if answer.language == "javascript" and _MODULE.search(source):
        files.setdefault("package.json", b'{"type": "module"}')
    return [
        Job(
            source,
            answer.language,
            stdin=test.stdin.encode(),
            files=files,
            limits=options.limits,
        )
        for test in answer.tests
    ]


async def judge(
    candidate: Candidate, answer: StdioAnswer, options: Options, runner: Runner
) -> list[Finding]:
    """What came of each test, in order."""

    def enough(results: Sequence[Result]) -> bool:
        spent = sum(result.wall_s for result in results)
        failed = any(result.status != "ok" for result in results) or any(
            _compared(test, result, options) is not None
            for test, result in zip(answer.tests, results, strict=False)
        )
        return (options.stop_early and failed) or spent > (options.total_s or float("inf"))

    early = options.stop_early or options.total_s is not None
    results = await runner.many(jobs(candidate, answer, options), enough if early else None)
    if isinstance(options.compare, Checker):
        findings = await check(options.compare, answer.tests, results, runner)
    else:
        pairs = zip(answer.tests, results, strict=False)
        findings = [_finding(test, result, options) for test, result in pairs]
    return findings + [Finding("not_run")] * (len(answer.tests) - len(results))


def _finding(test: StdioTest, result: Result, options: Options) -> Finding:
    if result.status != "ok":
        return failure(result)
    found = _compared(test, result, options)
    return Finding("mismatch" if found else "match", result.wall_s, found)


def _compared(test: StdioTest, result: Result, options: Options) -> str | None:
    if isinstance(options.compare, Checker):
        return None
    return difference(result.stdout, test.stdout.encode(), options.compare, options.tolerance)
