"""Style ``function``: one Python function, called on each test's arguments, judged by its values.

All tests share one job. First they run one after another in one process there, in an order of
their own that does not depend on the one given. Where all pass, that is the verdict. Where one
fails, it is run again alone: if the same comes of it, the candidate keeps no state that matters and
the first findings stand; if not, every test is run alone (``guest/harness.py``), and that counts.

Values come out as trees of the codec and are compared here; the expected ones never enter the
sandbox. Of what the job says, seconds and time limits are its trusted process's; the rest is the
candidate's own word.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import replace

from assay_datasets import Json
from assay_sandbox import Job, Result
from assay_verifiers.code.answer import FunctionAnswer, FunctionTest
from assay_verifiers.code.candidate import Candidate
from assay_verifiers.code.finding import SHOWN, Finding, Status, failure
from assay_verifiers.code.options import Options
from assay_verifiers.code.running import Runner
from assay_verifiers.code.values import CannotCarry, difference
from assay_verifiers.codec import canonical
from assay_verifiers.guests import program

_OWN: tuple[Status, ...] = ("time_limit", "runtime_error", "compile_error", "bad_gold")
_SENT: tuple[Status, ...] = ("malformed", "wrong_type", "memory_limit", "runtime_error")
_KIND: tuple[Status, ...] = ("match", "not_run", "compile_error", "bad_gold")  # alone no other
_START_S = 1.0
_FORK_S = 0.2  # for each test, on a busy machine
_MOST_OUTPUT = 48 << 20


def jobs(
    candidate: Candidate,
    answer: FunctionAnswer,
    options: Options,
    *,
    alone: bool = False,
    box: object = None,
) -> list[Job]:
    """The one job, for ``box``; ``alone``: with a process for each test."""
    source = f"{answer.prelude}\n{candidate.source}" if answer.prelude else candidate.source
    limits, longest, count = options.limits, _longest(answer, options), len(answer.tests)
    inputs: dict[str, Json] = {
        "name": answer.name,
        "wall_s": limits.wall_s,
        "cpu_s": limits.cpu_s,
        "longest": longest,
        "stop_early": options.stop_early,
        "alone": alone,
        "tests": [{"args": test.args, "kwargs": test.kwargs} for test in answer.tests],
    }
    files = {name: text.encode("utf-8", "replace") for name, text in candidate.files.items()}
    main, guests = program("harness", box)
    files |= guests
    files["candidate.py"] = source.encode("utf-8", "replace")
    files["inputs.json"] = json.dumps(inputs).encode()
    total_s, own_s = options.total_s or float("inf"), _START_S + _FORK_S * count
    shared = replace(
        limits,
        wall_s=min(total_s, limits.wall_s * count) + own_s,
        cpu_s=min(total_s, limits.cpu_s * count) + own_s,
        output_bytes=min(count * (longest + 1000), _MOST_OUTPUT),
    )
    return [Job(main, files=files, limits=shared)]


async def judge(
    candidate: Candidate, answer: FunctionAnswer, options: Options, runner: Runner
) -> list[Finding]:
    """What came of each test, in order."""

    async def run(which: list[int], alone: bool) -> list[Finding]:
        tests = [answer.tests[number] for number in which]
        some = answer.model_copy(update={"tests": tests})
        result = await runner.one(jobs(candidate, some, options, alone=alone, box=runner.box)[0])
        return _findings(result, some, options)

    order = sorted(range(len(answer.tests)), key=lambda number: _mixed(answer.tests[number]))
    found = dict(zip(order, await run(order, alone=False), strict=True))
    failed = next((number for number in order if found[number].status not in _KIND), None)
    if failed is not None and len(order) > 1:
        (again,) = await run([failed], alone=True)
        if replace(again, seconds=None) != replace(found[failed], seconds=None):
            every = range(len(answer.tests))
            found = dict(zip(every, await run([*every], alone=True), strict=True))
    return [found[number] for number in range(len(answer.tests))]


def _mixed(test: FunctionTest) -> bytes:
    """A place in an order that tells nothing of the one given."""
    inputs = json.dumps([test.args, test.kwargs], sort_keys=True)
    return hashlib.sha256(inputs.encode("utf-8", "surrogatepass")).digest()


def _findings(result: Result, answer: FunctionAnswer, options: Options) -> list[Finding]:
    """What the job says of each test of ``answer``."""
    lines = result.stdout.split(b"\n", 2 * len(answer.tests) + 1)
    first = _object(lines[0])
    if first.get("error") == "compile_error":
        return [_own(first)] * len(answer.tests)
    findings = [
        _finding(test, _object(lines[2 * number]), lines[2 * number + 1], options)
        for number, test in enumerate(answer.tests)
        if 2 * number + 2 < len(lines)
    ]
    return findings + _absent(result, findings, len(answer.tests))


def _absent(result: Result, findings: list[Finding], count: int) -> list[Finding]:
    """Findings for the tests of which the job said nothing.

    It says nothing after a failure when it stops early; what ended otherwise failed in its next
    test, the last one at the latest.
    """
    if result.status == "ok" and findings:
        return [Finding("not_run")] * (count - len(findings))
    if len(findings) == count:
        findings.pop()
    return [failure(result)] * (count - len(findings))


def _longest(answer: FunctionAnswer, options: Options) -> int:
    """Bytes that a value may take: whole limits of output, so that it tells nothing of the gold."""
    needed = 1000 + 16 * max(len(canonical(test.expected)) for test in answer.tests)
    step = options.limits.output_bytes
    return -(-needed // step) * step


def _finding(
    test: FunctionTest, header: Mapping[str, Json], sent: bytes, options: Options
) -> Finding:
    if "error" in header:
        return _own(header)
    seconds = header.get("seconds")
    if len(sent) > 1000 + 16 * len(canonical(test.expected)) and options.compare == "exact":
        return Finding("mismatch", seconds, "a value far longer than the expected one")
    line = _object(sent)
    if "value" not in line:
        kind = line.get("error")
        reason: Status = next((known for known in _SENT if known == kind), "runtime_error")
        return Finding(reason, seconds, str(line.get("message", ""))[:SHOWN])
    try:
        assert isinstance(options.compare, str)
        found = difference(line["value"], test.expected, options.compare, options.tolerance)
    except (CannotCarry, RecursionError, TypeError, ValueError):
        return Finding("wrong_type", seconds, "not a value of the codec")
    return Finding("mismatch" if found else "match", seconds, found)


def _own(header: Mapping[str, Json]) -> Finding:
    """What the harness says by itself."""
    said = header["error"]
    kind: Status = next((known for known in _OWN if known == said), "runtime_error")
    return Finding(kind, header.get("seconds"), str(header.get("message", ""))[:SHOWN])


def _object(text: bytes) -> Mapping[str, Json]:
    try:
        read = json.loads(text)
    except (ValueError, RecursionError):
        return {}
    return read if isinstance(read, dict) else {}
