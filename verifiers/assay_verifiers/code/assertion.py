"""Style ``assert``: Python test code, in a process of its own, that calls the candidate in another.

The two are jailed apart, as different users in different namespaces, with a pair of pipes between
(``assay_sandbox.Pair``); the tester's findings leave on its own standard output, which the
candidate does not have. ``guest/tester.py`` runs the tests, ``guest/server.py`` the candidate, and
``guest/peer.py`` is what crosses.

A test that the candidate's process did not survive, or that took too long, costs only itself: the
tests after it run in a new pair, as long as there are not too many. ``limits`` hold for each test
by the tester's clock, and for the candidate's process as a whole in every other respect.
"""

from __future__ import annotations

import json
import threading
from base64 import b64decode
from collections import OrderedDict
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field, replace
from typing import Any, cast

from assay_datasets import Json
from assay_sandbox import Job, Limits, Pair, PairResult
from assay_verifiers.code.answer import AssertAnswer
from assay_verifiers.code.candidate import Candidate
from assay_verifiers.code.finding import SHOWN, Finding, Status, failure
from assay_verifiers.code.options import Options
from assay_verifiers.code.running import Runner
from assay_verifiers.guests import program

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
_LATE = "the time for all tests was over"


async def judge(
    candidate: Candidate, answer: AssertAnswer, options: Options, runner: Runner
) -> list[Finding]:
    """What came of each test, in the order in which they ran."""
    findings: list[Finding] = []
    left: list[str] = []
    done, most_s = 0, options.total_s or _MOST_S
    for _ in range(_MOST_PAIRS):
        result = await runner.pair(_pair(candidate, answer, options, runner.box, done, most_s))
        found = _round(result)
        if found.plan:
            _plans.keep(answer.code, found.plan)
        if left and not found.begun:
            why = replace(found.findings[-1], seconds=None)
            return findings + [replace(why, name=name) for name in left]
        findings += found.findings
        left = found.left
        done += found.done
        most_s -= sum(finding.seconds or 0.0 for finding in found.findings)
        failed = findings and findings[-1].status != "match"
        if found.final or not left or most_s <= 0 or (options.stop_early and failed):
            break
    findings += _rest(left, most_s <= 0)
    return findings or [Finding("bad_gold", difference="the test code runs no test")]


def _rest(names: Sequence[str], late: bool) -> list[Finding]:
    """Findings for tests that no pair came to; ``late``: for want of time."""
    if late:
        return [Finding("time_limit", difference=_LATE, name=name) for name in names]
    return [Finding("not_run", name=name) for name in names]


def _pair(
    candidate: Candidate,
    answer: AssertAnswer,
    options: Options,
    box: object,
    first: int,
    most_s: float,
) -> Pair:
    """The tests from the number ``first`` on, with at most ``most_s`` seconds for all."""
    source = f"{answer.prelude}\n{candidate.source}" if answer.prelude else candidate.source
    files = {name: text.encode("utf-8", "replace") for name, text in candidate.files.items()}
    config = {
        "code": answer.code,
        "prelude": answer.prelude,
        "entry_point": answer.entry_point,
        "first": first,
        "wall_s": options.limits.wall_s,
        "stop_early": options.stop_early,
        "planned": (plan := _plans.get(answer.code)) is not None,
    }
    tests = {"tests.json": json.dumps(config).encode()} | ({"tests.bin": plan} if plan else {})
    tester, candidates = program("tester", box), program("server", box)
    own = Limits(
        wall_s=most_s + _EXTRA_S,
        cpu_s=most_s + _EXTRA_S,
        memory_bytes=1 << 30,
        output_bytes=8 << 20,
    )
    theirs = {**files, **candidates[1], "candidate.py": source.encode("utf-8", "replace")}
    return Pair(
        Job(tester[0], files=tester[1] | tests, limits=own),
        Job(
            candidates[0],
            files=theirs,
            limits=replace(options.limits, wall_s=most_s, cpu_s=most_s),
        ),
    )


@dataclass(frozen=True)
class _Round:
    """What one pair came to.

    Attributes:
        findings: of the tests up to the one that broke it.
        left: names of the tests after that.
        done: tests that need not run again.
        final: another pair would come to nothing else.
        begun: the candidate could be loaded.
        plan: of the test code, where the tester made one; see ``guest/plan.py``.
    """

    findings: list[Finding]
    left: list[str] = field(default_factory=list)
    done: int = 0
    final: bool = False
    begun: bool = True
    plan: bytes = b""


class _Plans:
    """The latest plans, by test code: bytes that only testers read."""

    def __init__(self, most: int) -> None:
        self._most = most
        self._kept: OrderedDict[str, bytes] = OrderedDict()
        self._lock = threading.Lock()

    def get(self, code: str) -> bytes | None:
        with self._lock:
            if code in self._kept:
                self._kept.move_to_end(code)
            return self._kept.get(code)

    def keep(self, code: str, plan: bytes) -> None:
        with self._lock:
            self._kept[code] = plan
            if len(self._kept) > self._most:
                self._kept.popitem(last=False)


_plans = _Plans(most=512)


def _round(result: PairResult) -> _Round:
    if result.status == "sandbox_failed":
        lost = result.tester if result.tester.status == "sandbox_failed" else result.candidate
        return _Round([failure(lost)], final=True, begun=False)
    lines = _lines(result)
    tests = [line for line in lines if "name" in line]
    ran = [test for test in tests if test["status"] != "not_run"]
    findings = [_finding(test, result) for test in ran if test["status"] != "skipped"]
    if not lines or "lost" not in lines[-1]:
        return _unfinished(result, lines, tests, findings)
    if problem := str(lines[-1].get("problem") or ""):
        kind, _, why = problem.partition(": ")
        bad = Finding("malformed" if kind == "malformed" else "bad_gold", difference=why)
        return _Round([*findings, bad], final=True)
    left = [str(test["name"]) for test in tests if test["status"] == "not_run"]
    begun = not any(test["name"] == "loading" for test in tests)
    return _Round(
        findings,
        left,
        len(ran),
        final=bool(lines[-1].get("broken")),
        begun=begun,
        plan=b64decode(lines[0].get("plan", "")),  # told before the candidate was heard
    )


def _unfinished(
    result: PairResult,
    lines: list[Mapping[str, Any]],
    tests: list[Mapping[str, Any]],
    findings: list[Finding],
) -> _Round:
    """The tester was ended: it failed in the test after the last that it told of."""
    told = {test["name"] for test in tests}
    planned = (name for line in lines for name in line.get("planned", ()))
    left = [str(name) for name in planned if name not in told]
    ended = replace(failure(result.tester), status=_tester_status(result))
    if left:
        ended = replace(ended, name=left[0])
    return _Round([*findings, ended], left[1:], final=True, begun=bool(tests))


def _tester_status(result: PairResult) -> Status:
    """The tester was ended: by its limits, which the candidate used up, or by the tests."""
    limit = {"timeout": "time_limit", "memory": "memory_limit", "output_limit": "output_limit"}
    return cast(Status, limit.get(result.tester.status, "bad_gold"))


def _lines(result: PairResult) -> list[Mapping[str, Any]]:
    """What the tester wrote; only its last line may be cut short."""
    lines = []
    for text in result.tester.stdout.splitlines():
        with suppress(ValueError):
            lines.append(json.loads(text))
    return [line for line in lines if isinstance(line, dict)]


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
