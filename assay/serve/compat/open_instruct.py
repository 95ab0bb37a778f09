"""open-instruct's door: ``POST /test_program`` and ``POST /test_program_stdio``.

``{"program", "tests", "max_execution_time"}`` gives ``{"results": [0 or 1], "runtimes": [s]}``, one
of each for every test, in order; the seconds of a test that failed are -1, as there. Tests are
assert statements, or ``{"input", "output"}``; a list, or that list as JSON text. Tests in the
packed form (a compressed pickle) are refused: nothing that was sent is unpickled here.

Every test is judged alone, by the verifier ``code``: assert statements run in a process of their
own that calls the program across a boundary, output is compared line by line. A program is run
whatever words it contains; theirs refuses some. A test that could not be decided makes the request
503 (no sandbox, no time) or 422 (the test itself is at fault), never a 0; its client tries 500,
502, 503 and 504 again.
"""

from __future__ import annotations

import json
from typing import Any, Literal

from aiohttp import web
from pydantic import Field, TypeAdapter, ValidationError

from assay.serve.callers import Caller
from assay.serve.compat.wire import Door, Unprocessable, Wire, door
from assay.serve.errors import Unavailable
from assay.serve.service import Line, Service
from assay_datasets import Json

_FAULTS = ("bad_gold", "not_serialisable")
_MOST_S = 600.0


class TestProgram(Wire):
    """A program and its tests."""

    program: str
    tests: Any
    max_execution_time: float = Field(default=1.0, gt=0, description="Seconds for each test.")


class Results(Wire):
    """What came of each test."""

    results: list[Literal[0, 1]]
    runtimes: list[float]


class StdioTest(Wire):
    """What the program reads, and what it should write."""

    input: str
    output: str


_AGAIN = (429, 503, 504)
DOORS = (
    Door(
        "POST",
        "/test_program",
        "Run assert statements, as open-instruct.",
        TestProgram,
        Results,
        _AGAIN,
    ),
    Door(
        "POST",
        "/test_program_stdio",
        "Run tests of input and output, as open-instruct.",
        TestProgram,
        Results,
        _AGAIN,
    ),
)
_ASSERTS = TypeAdapter(list[str])
_STDIO = TypeAdapter(list[StdioTest])


def routes(service: Service) -> list[web.RouteDef]:
    """The door's routes."""

    async def asserts(asked: TestProgram, caller: Caller) -> Results:
        answers = [{"style": "assert", "code": test} for test in _tests(asked, _ASSERTS)]
        return await _judge(service, asked, answers, caller)

    async def stdio(asked: TestProgram, caller: Caller) -> Results:
        tests = [{"stdin": test.input, "stdout": test.output} for test in _tests(asked, _STDIO)]
        answers = [{"style": "stdio", "language": "python", "tests": [test]} for test in tests]
        return await _judge(service, asked, answers, caller)

    return [
        web.post("/test_program", door(TestProgram, asserts)),
        web.post("/test_program_stdio", door(TestProgram, stdio)),
    ]


def _tests(asked: TestProgram, kind: TypeAdapter[Any]) -> Any:
    given = asked.tests or []
    try:
        return kind.validate_python(json.loads(given) if isinstance(given, str) else given)
    except (ValidationError, ValueError, RecursionError) as error:
        raise Unprocessable(f"tests must be a list, or its JSON text: {error}") from error


async def _judge(
    service: Service, asked: TestProgram, answers: list[Json], caller: Caller
) -> Results:
    """One verdict for each test."""
    seconds = min(asked.max_execution_time, _MOST_S)
    line = {
        "verifier": "code",
        "response": _fenced(asked.program),
        "options": {"limits": {"wall_s": seconds, "cpu_s": seconds}},
    }
    verdicts = await service.verify_many([{**line, "answer": a} for a in answers], caller=caller)
    for verdict in verdicts:
        _refuse_undecided(verdict)
    passed = [verdict["outcome"] == "correct" for verdict in verdicts]
    runtimes = [_seconds(v) if ok else -1.0 for v, ok in zip(verdicts, passed, strict=True)]
    return Results(results=[1 if ok else 0 for ok in passed], runtimes=runtimes)


def _refuse_undecided(verdict: Line) -> None:
    if "error" in verdict:
        raise Unprocessable(verdict["error"])
    if verdict["outcome"] == "undecided":
        why = f"{verdict['reason']}: {verdict['detail'].get('error', '')}"
        raise Unprocessable(why) if verdict["reason"] in _FAULTS else Unavailable(why)


def _seconds(verdict: Line) -> float:
    """Of the one test; of the verdict where nobody timed the test itself."""
    tests = verdict["detail"].get("tests") or [{}]
    return float(tests[0].get("seconds", verdict["seconds"]))


def _fenced(program: str) -> str:
    """The program as the one block of a response, whatever fences stand in it."""
    longest, run = 0, 0
    for character in program:
        run = run + 1 if character == "`" else 0
        longest = max(longest, run)
    fence = "`" * max(longest + 1, 3)
    return f"{fence}python\n{program}\n{fence}"
