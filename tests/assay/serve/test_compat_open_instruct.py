"""open-instruct's door, as its own client knocks at it."""

from __future__ import annotations

import asyncio
import json
from typing import Any

import aiohttp
import pytest

ADD = "def add(a, b):\n    return a + b\n"
TESTS = ["assert add(1, 2) == 3", "assert add(-1, 1) == 0", "assert add(0, 0) == 1"]
LINES = [{"input": "1\n", "output": "2\n"}, {"input": "100\n", "output": "102\n"}]
PLUS_ONE = "import sys\nfor line in sys.stdin:\n    print(int(line) + 1)"


async def ask(
    http: aiohttp.ClientSession, path: str, program: str, tests: Any, **fields: Any
) -> tuple[int, Any]:
    body = {"program": program, "tests": tests, "max_execution_time": 2.0, **fields}
    async with http.post(path, json=body) as reply:
        return reply.status, await reply.json()


async def results(http: aiohttp.ClientSession, path: str, program: str, tests: Any) -> list[int]:
    status, reply = await ask(http, path, program, tests)
    assert status == 200, reply
    assert set(reply) == {"results", "runtimes"}
    for passed, seconds in zip(reply["results"], reply["runtimes"], strict=True):
        assert (seconds >= 0) if passed else (seconds == -1.0)
    found: list[int] = reply["results"]
    return found


async def test_each_assertion_is_judged_alone(http: aiohttp.ClientSession) -> None:
    assert await results(http, "/test_program", ADD, TESTS) == [1, 1, 0]


async def test_each_input_is_judged_alone(http: aiohttp.ClientSession) -> None:
    assert await results(http, "/test_program_stdio", PLUS_ONE, LINES) == [1, 0]


async def test_tests_may_be_json_text(http: aiohttp.ClientSession) -> None:
    assert await results(http, "/test_program", ADD, json.dumps(TESTS[:1])) == [1]


@pytest.mark.parametrize("tests", [[], None, ""])
async def test_no_tests_give_no_results(http: aiohttp.ClientSession, tests: Any) -> None:
    assert await results(http, "/test_program", ADD, tests) == []


FAILING = {
    "it does not parse": "def add(:",
    "it crashes": "raise ValueError",
    "it exits well": "raise SystemExit(0)",
    "it leaves well": "import os\nos._exit(0)",
    "it claims to equal all": "class E:\n    def __eq__(self, o): return True\n"
    "def add(a, b): return E()",
    "it is empty": "",
}


@pytest.mark.parametrize("program", FAILING.values(), ids=FAILING)
async def test_a_pass_cannot_be_forged(http: aiohttp.ClientSession, program: str) -> None:
    assert await results(http, "/test_program", program, TESTS[:1]) == [0]


async def test_a_slow_test_fails_by_itself(http: aiohttp.ClientSession) -> None:
    program = "def f(n):\n    while n: pass\n    return 0"
    status, reply = await ask(
        http, "/test_program", program, ["assert f(0) == 0", "assert f(1) == 0"],
        max_execution_time=0.5,
    )  # fmt: skip
    assert (status, reply["results"]) == (200, [1, 0])


@pytest.mark.parametrize("word", ["import os", "shutil", "threading"])
async def test_words_do_not_make_a_program_wrong(http: aiohttp.ClientSession, word: str) -> None:
    assert await results(http, "/test_program", f"# {word}\n{ADD}", TESTS[:1]) == [1]


async def test_fences_in_a_program_are_its_own(http: aiohttp.ClientSession) -> None:
    program = f'"""An example:\n\n```python\nadd = None\n```\n"""\n{ADD}'
    assert await results(http, "/test_program", program, TESTS[:1]) == [1]


@pytest.mark.parametrize(
    ("path", "tests"),
    [
        ("/test_program", "eJwDAAAAAAE="),
        ("/test_program", [1]),
        ("/test_program_stdio", ["assert True"]),
        ("/test_program", ["assert ("]),
    ],
)
async def test_tests_that_are_none_are_422(
    http: aiohttp.ClientSession, path: str, tests: Any
) -> None:
    status, reply = await ask(http, path, ADD, tests)
    assert (status, bool(reply["detail"][0]["msg"])) == (422, True)


async def test_many_at_once_are_all_answered(http: aiohttp.ClientSession) -> None:
    asked = (results(http, "/test_program", ADD, TESTS) for _ in range(6))
    assert await asyncio.gather(*asked) == [[1, 1, 0]] * 6
