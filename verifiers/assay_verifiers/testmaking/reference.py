"""What programs give for inputs: run in the sandbox, as they are and made to vary.

A program is run ``plain``; again in an interpreter with another hash seed (``reseeded``), which
moves the order of texts in a set, the clock and the seed of ``random``; and with every set going
round backwards (``reversed``). An output that changes is no ground to judge others by.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cache
from importlib import resources
from typing import Any, Literal

from assay_datasets import Json
from assay_sandbox import Job, Limits, Result, Sandbox
from assay_sandbox.template import PYTHON
from assay_verifiers.codec import CannotCarry, canonical
from assay_verifiers.testmaking.problem import Problem

Way = Literal["plain", "reseeded", "reversed"]
Kind = Literal["value", "error", "slow", "too_large", "invalid", "not_serialisable", "lost"]

_FILES = 64 << 20
_KINDS = ("value", "error", "slow", "invalid", "not_serialisable")
_MOST_LOST = 6
_COLD = (PYTHON, "-s", "-B", "main.py")


@dataclass(frozen=True)
class Output:
    """What came of one input: a ``value`` (a codec tree, or printed text), or why there is none.

    ``lost`` is the sandbox's failure; nothing is known then.
    """

    kind: Kind
    value: Json = None
    seconds: float = 0.0


@dataclass(frozen=True)
class Bounds:
    """Limits of a reference: seconds for one input, characters of one output."""

    call_s: float = 1.0
    output: int = 20_000


async def outputs(
    box: Sandbox,
    problem: Problem,
    source: str,
    inputs: Sequence[Mapping[str, Json]],
    bounds: Bounds,
    way: Way = "plain",
) -> list[Output]:
    """What ``source`` gives for every input, in order."""
    if problem.style == "function":
        found = await _called(box, problem, source, inputs, bounds, way)
    else:
        found = await _printed(box, problem, source, inputs, bounds, way)
    return [_bounded(output, bounds.output) for output in found]


async def valid(
    box: Sandbox, problem: Problem, inputs: Sequence[Mapping[str, Json]], bounds: Bounds
) -> list[bool]:
    """Whether a stdio problem's validator accepts each input."""
    limits = _limits(bounds.call_s)
    jobs = [Job(problem.validator, stdin=_utf8(i["stdin"]), limits=limits) for i in inputs]
    return [result.status == "ok" for result in await box.run_many(jobs)]


def _bounded(output: Output, most: int) -> Output:
    if output.kind == "value" and len(json.dumps(output.value)) > most:
        return replace(output, kind="too_large", value=None)
    return output


def _limits(seconds: float) -> Limits:
    return Limits(wall_s=seconds, cpu_s=seconds, file_bytes=_FILES)


def _utf8(text: str) -> bytes:
    return text.encode("utf-8", "replace")


@cache
def _guest() -> str:
    """The codec and ``guest.py`` as one program."""
    package = resources.files("assay_verifiers")
    parts = (package.joinpath("codec.py"), package.joinpath("testmaking", "guest.py"))
    return "\n".join(part.read_text("utf-8") for part in parts)


def _job(
    problem: Problem, source: str, inputs: Sequence[Json], bounds: Bounds, way: Way, **job: Any
) -> Job:
    todo = {
        "name": problem.name,
        "inputs": list(inputs),
        "call_s": bounds.call_s,
        "reverse": way == "reversed",
        "validator": problem.validator if problem.name else "",
    }
    files = {"candidate.py": _utf8(problem.program(source)), "inputs.json": _utf8(json.dumps(todo))}
    cold: dict[str, Any] = (
        {"command": _COLD, "env": {"PYTHONHASHSEED": "20"}} if way == "reseeded" else {}
    )
    return Job(_guest(), files=files, **cold, **job)


# ── functions: all inputs in one process ─────────────────────────────────────────────────────────


async def _called(
    box: Sandbox,
    problem: Problem,
    source: str,
    inputs: Sequence[Mapping[str, Json]],
    bounds: Bounds,
    way: Way,
) -> list[Output]:
    """As many processes as it takes: an input that ends its process is ``slow`` or ``error``."""
    found: list[Output] = []
    for _ in range(_MOST_LOST):
        left = inputs[len(found) :]
        if not left:
            break
        limits = _limits(min(20.0, 2.0 + 4 * bounds.call_s))
        job = _job(problem, source, left, bounds, way, fetch=("values.jsonl",), limits=limits)
        result = await box.run(job)
        found += _values(result, len(left))
        if len(found) < len(inputs):
            found.append(_end(result))
    return found + [Output("slow")] * (len(inputs) - len(found))


def _values(result: Result, count: int) -> list[Output]:
    found = []
    for number, text in enumerate(result.files.get("values.jsonl", b"").split(b"\n")[:count]):
        try:
            line = json.loads(text)
            if line["input"] != number or line["kind"] not in _KINDS:
                break
            canonical(line["value"])
            found.append(Output(line["kind"], line["value"], float(line["seconds"])))
        except (CannotCarry, ValueError, TypeError, KeyError, RecursionError):
            break
    return found


def _end(result: Result) -> Output:
    """What a process that ended too early says of the input it was at."""
    if result.status == "sandbox_failed":
        return Output("lost")
    return Output("slow" if result.status in ("timeout", "memory") else "error")


# ── programs: a process for each input ───────────────────────────────────────────────────────────


async def _printed(
    box: Sandbox,
    problem: Problem,
    source: str,
    inputs: Sequence[Mapping[str, Json]],
    bounds: Bounds,
    way: Way,
) -> list[Output]:
    limits = _limits(bounds.call_s)
    jobs = []
    for given in inputs:
        stdin = _utf8(given["stdin"])
        if way == "plain":
            jobs.append(Job(problem.program(source), stdin=stdin, limits=limits))
        else:
            jobs.append(_job(problem, source, (), bounds, way, stdin=stdin, limits=limits))
    return [_output(result) for result in await box.run_many(jobs)]


def _output(result: Result) -> Output:
    if result.status != "ok":
        return _end(result)
    try:
        return Output("value", result.stdout.decode("utf-8"), result.wall_s)
    except UnicodeDecodeError:
        return Output("not_serialisable")


# ── comparing ────────────────────────────────────────────────────────────────────────────────────


def same(one: Json, other: Json, style: str) -> bool:
    """Whether two outputs are the same to the code verifier's strictest comparison."""
    if style == "function":
        return canonical(one) == canonical(other)
    return _lines(one) == _lines(other)


def _lines(text: str) -> list[str]:
    return [line.rstrip() for line in text.rstrip().splitlines()]


def nearly_same(one: Json, other: Json, style: str, tolerance: float) -> bool:
    """Whether two outputs differ in floats only, and in those by ``tolerance`` at most."""
    if style == "function":
        return _near(one, other, tolerance)
    ones, others = one.split(), other.split()
    return len(ones) == len(others) and all(
        a == b or _near(_float(a), _float(b), tolerance) for a, b in zip(ones, others, strict=True)
    )


def _float(token: str) -> float | str:
    try:
        return float(token) if "." in token or "e" in token else token
    except ValueError:
        return token


def _near(one: Json, other: Json, tolerance: float) -> bool:
    if isinstance(one, float) and isinstance(other, float):
        return abs(one - other) <= tolerance * max(1.0, abs(one), abs(other))
    if isinstance(one, list) and isinstance(other, list):
        return len(one) == len(other) and all(
            _near(a, b, tolerance) for a, b in zip(one, other, strict=True)
        )
    if isinstance(one, dict) and isinstance(other, dict):
        return one.keys() == other.keys() and all(_near(one[k], other[k], tolerance) for k in one)
    return type(one) is type(other) and bool(one == other)


def has_rounded_float(value: Json) -> bool:
    """Whether a float in it uses up its digits, so that another order of summing moves the last."""
    if isinstance(value, float):
        digits = repr(value).partition("e")[0].replace(".", "")
        return len(digits.strip("-0")) > 12
    if isinstance(value, list):
        return any(map(has_rounded_float, value))
    if isinstance(value, dict):
        return any(map(has_rounded_float, value.values()))
    if isinstance(value, str):
        tokens = (_float(token) for token in value.split()[:1000])
        return any(has_rounded_float(token) for token in tokens if isinstance(token, float))
    return False
