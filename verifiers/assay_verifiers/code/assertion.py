"""Style ``assert``: Python test code, in a process of its own, that calls the candidate in another.

The two are jailed apart, as different users in different namespaces, with a pair of pipes between
(``assay_sandbox.Pair``); the tester's findings leave on its own standard output, which the
candidate does not have. ``guest/tester.py`` runs the tests, ``guest/server.py`` the candidate, and
``guest/remote.py`` is what crosses.

A test that the candidate's process did not survive, or that took too long, costs only itself: the
tests after it run in a new pair. ``limits`` hold for each test by the tester's clock, and for the
candidate's process as a whole in every other respect.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import replace
from typing import Any, cast

from assay_datasets import Json
from assay_sandbox import Job, Limits, Pair, PairResult
from assay_verifiers.code.answer import AssertAnswer
from assay_verifiers.code.candidate import Candidate
from assay_verifiers.code.finding import SHOWN, Finding, Status, failure
from assay_verifiers.code.guest import SOURCE, program
from assay_verifiers.code.options import Options
from assay_verifiers.code.running import Runner

_STATUSES = (
    "match",
    "mismatch",
    "runtime_error",
    "time_limit",
    "memory_limit",
    "not_serialisable",
    "bad_gold",
    "not_run",
)
_MOST_S = 120.0  # that the candidate's process may live through all tests
_EXTRA_S = 1.0
_MOST_PAIRS = 12


async def judge(
    candidate: Candidate, answer: AssertAnswer, options: Options, runner: Runner
) -> list[Finding]:
    """What came of each test, in the order in which they ran."""
    findings: list[Finding] = []
    for _ in range(_MOST_PAIRS):
        result = await runner.pair(_pair(candidate, answer, options, len(findings)))
        found, rest = _findings(result)
        findings += found
        if rest and options.stop_early and found[-1].status != "match":
            return findings + rest
        if not rest:
            break
    return findings or [Finding("bad_gold", difference="the test code runs no test")]


def _pair(candidate: Candidate, answer: AssertAnswer, options: Options, first: int) -> Pair:
    source = f"{answer.prelude}\n{candidate.source}" if answer.prelude else candidate.source
    files = {name: text.encode("utf-8", "replace") for name, text in candidate.files.items()}
    config = {
        "code": answer.code,
        "prelude": answer.prelude,
        "entry_point": answer.entry_point,
        "first": first,
        "wall_s": options.limits.wall_s,
        "stop_early": options.stop_early,
    }
    total_s = options.total_s or _MOST_S
    limits = replace(options.limits, wall_s=total_s, cpu_s=total_s)
    return Pair(
        tester=Job(
            SOURCE,
            files={**program("remote", "tester"), "tests.json": json.dumps(config).encode()},
            limits=Limits(
                wall_s=total_s + _EXTRA_S,
                cpu_s=total_s + _EXTRA_S,
                memory_bytes=1 << 30,
                output_bytes=8 << 20,
            ),
        ),
        candidate=Job(
            SOURCE,
            files={
                **files,
                **program("remote", "server"),
                "candidate.py": source.encode("utf-8", "replace"),
            },
            limits=limits,
        ),
    )


def _findings(result: PairResult) -> tuple[list[Finding], list[Finding]]:
    """The tests of one pair up to the one that broke it, and those that are left."""
    if result.status == "sandbox_failed":
        lost = result.tester if result.tester.status == "sandbox_failed" else result.candidate
        return [failure(lost)], []
    told = _told(result)
    if told is None:
        return [replace(failure(result.tester), status=_tester_status(result))], []
    if problem := str(told.get("problem") or ""):
        kind, _, why = problem.partition(": ")
        return [Finding("malformed" if kind == "malformed" else "bad_gold", difference=why)], []
    tests = [test for test in told["tests"] if test["status"] != "not_run"]
    left = [test for test in told["tests"] if test["status"] == "not_run"]
    return (
        [_finding(test, result) for test in tests],
        [Finding("not_run", name=test["name"]) for test in left],
    )


def _tester_status(result: PairResult) -> Status:
    """The tester was ended: by its limits, which the candidate used up, or by the tests."""
    limit = {"timeout": "time_limit", "memory": "memory_limit", "output_limit": "output_limit"}
    return cast(Status, limit.get(result.tester.status, "bad_gold"))


def _told(result: PairResult) -> Any:
    if result.tester.status != "ok":
        return None
    try:
        told = json.loads(result.tester.stdout)
    except ValueError:
        return None
    return told if isinstance(told, dict) else None


def _finding(test: Mapping[str, Json], result: PairResult) -> Finding:
    status, message = test["status"], str(test.get("message") or "")[:SHOWN]
    seconds, name = test.get("seconds"), test.get("name")
    if status == "lost":
        ended = failure(result.candidate)
        limits = ("time_limit", "memory_limit", "output_limit")
        reason = ended.status if ended.status in limits else "runtime_error"
        said = ended.difference or "the candidate's process ended in the call"
        return Finding(reason, seconds, said, name)
    if name == "loading" and message.startswith(("SyntaxError", "IndentationError", "TabError")):
        return Finding("compile_error", seconds, message, name)
    if status not in _STATUSES:
        return Finding("runtime_error", seconds, message, name)
    return Finding(cast(Status, status), seconds, message or None, name)
