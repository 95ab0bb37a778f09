"""Nothing a candidate does turns a fail into a pass, in any style, on any back-end."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from typing import Any

import pytest

from assay_sandbox import Sandbox, SandboxUnavailable
from assay_verifiers.code import CodeVerifier

from .forgeries import APPENDED, PYTHON, TESTS

LIMITS = {"wall_s": 1.0, "cpu_s": 1.0, "total_s": 6.0}
HONEST = {
    "def f(x):\n    return x * x + 7",
    "import math\ndef f(x):\n    return int(math.pow(x, 2)) + 7",
}
UNIT = """
import unittest
class Tests(unittest.TestCase):
    def test_some(self):
        for n in range(1, 4):
            self.assertEqual(f(n), n * n + 7)
    def test_close(self):
        self.assertAlmostEqual(f(2), 11.0)
        self.assertTrue(abs(f(2) - 11) < 1e-9)
"""
STYLES: dict[str, Any] = {
    "function": {
        "style": "function",
        "name": "f",
        "tests": [{"args": [n], "expected": n * n + 7} for n in range(1, 4)],
    },
    "stdio": {
        "style": "stdio",
        "tests": [{"stdin": f"{n}\n", "stdout": f"{n * n + 7}\n"} for n in (1, 2)],
    },
    "check": {
        "style": "assert",
        "entry_point": "f",
        "code": "def check(candidate):\n    for n in (1, 2):\n        assert candidate(n) == n*n+7",
    },
    "asserts": {
        "style": "assert",
        "code": "assert f(1) == 8\nassert abs(f(2) - 11) < 1e-6\nassert f(3) in [16]",
    },
    "unittest": {"style": "assert", "code": UNIT},
}


def response(program: str, style: str) -> str:
    return f"{program}\nprint(f(int(input())))" if style == "stdio" else program


@pytest.mark.parametrize("program", PYTHON.values(), ids=PYTHON.keys())
async def test_no_forgery_in_python_passes(box: Sandbox, program: str) -> None:
    verifier = CodeVerifier(box)
    verdicts = await asyncio.gather(
        *(
            verifier.verify(response(program, style), answer, limits=LIMITS, stop_early=True)
            for style, answer in STYLES.items()
        )
    )
    for style, verdict in zip(STYLES, verdicts, strict=True):
        assert (verdict.outcome, verdict.score) == ("incorrect", 0.0), (style, verdict)
        assert verdict.detail["trust"] == (
            "separate" if STYLES[style]["style"] == "assert" else "host"
        )


@pytest.mark.parametrize("program", HONEST)
async def test_the_honest_program_passes_all_of_these(box: Sandbox, program: str) -> None:
    for style, answer in STYLES.items():
        verdict = await CodeVerifier(box).verify(response(program, style), answer)
        assert verdict.outcome == "correct", (style, verdict)


@pytest.fixture(scope="module", params=["namespace", "gvisor"])
def tools(request: pytest.FixtureRequest) -> Iterator[Sandbox]:
    """A sandbox with every language of this host."""
    try:
        with Sandbox(request.param, template="toolchain") as opened:
            yield opened
    except SandboxUnavailable as error:
        pytest.skip(f"{request.param}: {error}")


AMPLE = {"wall_s": 30.0, "cpu_s": 30.0}
HONEST_APPENDED = {
    "c": "int f(int x) { return x * x + 7; }",
    "cpp": "auto f(int x) { return x * x + 7; }\nint main() { return 1; }",
    "javascript": "const assert = require('assert');\nfunction f(x) { return x * x + 7; }",
    "javascript later": "async function f(x) { return x * x + 7; }",
    "javascript node:test": "function f(x) { return x * x + 7; }",
    "typescript": "export const f = (x: number): number => x * x + 7;",
    "java": "import java.util.*;\nclass Solution { static int f(int x) { return x * x + 7; } }",
    "rust": "fn f(x: i32) -> i32 { x * x + 7 }\nfn main() {}",
    "go": "package main\nfunc f(x int) int { return x*x + 7 }\nfunc main() {}",
}


def appended(tools: Sandbox, tests: str) -> dict[str, str]:
    """The answer with these tests; skipped where this host lacks their language."""
    language = tests.partition(" ")[0]
    if language not in tools._settings.languages:
        pytest.skip(f"this host has no {language}")
    return {"style": "append", "language": language, "code": TESTS[tests]}


@pytest.mark.parametrize("tests", HONEST_APPENDED)
async def test_the_honest_program_passes_appended_tests(tools: Sandbox, tests: str) -> None:
    answer = appended(tools, tests)
    verdict = await CodeVerifier(tools).verify(HONEST_APPENDED[tests], answer, limits=AMPLE)
    assert verdict.reason == "match", verdict
    assert verdict.detail["trust"] == "shared"


@pytest.mark.parametrize(("tests", "program"), APPENDED.values(), ids=APPENDED.keys())
async def test_no_forgery_of_appended_tests_passes(
    tools: Sandbox, tests: str, program: str
) -> None:
    answer = appended(tools, tests)
    verdict = await CodeVerifier(tools).verify(program, answer, limits=AMPLE)
    assert (verdict.outcome, verdict.score) == ("incorrect", 0.0), verdict
