"""Test code as people write it: fixtures, skips, mocks, logs, warnings, files, odd entry points."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import pytest

from assay_sandbox import Job, Sandbox, SandboxUnavailable
from assay_verifiers.code import CodeVerifier, assertion
from assay_verifiers.guests import judge_template, program

DOUBLE = "def f(x):\n    return 2 * x"
READS = "def f(path):\n    return int(open(path).read())"
WRITES = "def f(path):\n    open(path, 'w').write('5')"
CLASS = "class Solution:\n    def f(self, x):\n        return 2 * x"
LOGS = """
import logging
log = logging.getLogger('app')
def f(x):
    log.info('got %d', x)
    log.warning('big %d', x)
"""
WARNS = """
import warnings
class Odd(UserWarning): pass
def f(x):
    warnings.warn('old', DeprecationWarning)
    warnings.warn('odd', Odd)
"""
HELPED = """
import random
def helper(x): return x + 1
def f(): return helper(1)
def g(): return random.random()
"""


def unit(body: str, head: str = "") -> dict[str, Any]:
    """A class of test cases with this body."""
    lines = "\n".join(f"    {line}" for line in body.strip("\n").split("\n"))
    return {"code": f"import unittest\n{head}\nclass T(unittest.TestCase):\n{lines}"}


MOCK = "import io, os, sys\nfrom unittest.mock import patch, mock_open"
# What it shows, the answer, the program, the verdict's reason.
CASES: list[tuple[str, dict[str, Any], str, str]] = [
    # files
    (
        "the candidate reads a file of the tests",
        {"code": "open('a.txt', 'w').write('5')\nassert f('a.txt') == 5"},
        READS,
        "not_serialisable",
    ),
    (
        "the tests read a file of the candidate's",
        {"code": "f('a.txt')\nassert open('a.txt').read() == '5'"},
        WRITES,
        "not_serialisable",
    ),
    (
        "the tests look for a file of the candidate's",
        {"code": "import os\nf('a.txt')\nassert os.path.exists('a.txt')"},
        WRITES,
        "not_serialisable",
    ),
    (
        "files in fixtures",
        unit(
            "def setUp(self):\n"
            "    self.path = pathlib.Path(tempfile.mkdtemp()) / 'x'\n"
            "    self.path.write_text('5')\n"
            "def tearDown(self): shutil.rmtree(self.path.parent)\n"
            "def test_a(self): self.assertEqual(f(str(self.path)), 5)",
            "import pathlib, shutil, tempfile",
        ),
        READS,
        "not_serialisable",
    ),
    (
        "a file that the candidate does not find makes no pass",
        unit(
            "def test_a(self):\n"
            "    open('bad', 'w').write('x')\n"
            "    with self.assertRaises(Exception): f('bad')"
        ),
        READS,
        "not_serialisable",
    ),
    (
        "paths are names",
        {"code": "from pathlib import Path\nassert f(Path('a') / 'b') == Path('a/b/c')"},
        "def f(path): return path / 'c'",
        "match",
    ),
    (
        "a file that is nowhere",
        unit("def test_a(self):\n    with self.assertRaises(FileNotFoundError): f('none')"),
        READS,
        "match",
    ),
    (
        "a look at the disk concerns one test",
        {
            "code": "import os\ndef test_a(): assert not os.path.exists('x')\n"
            "def test_b(): assert f(1) == 3"
        },
        DOUBLE,
        "mismatch",
    ),
    (
        "an import is no look at the disk",
        unit("def test_a(self):\n    import os, colorsys\n    self.assertEqual(f('x'), {1: 2})"),
        DOUBLE,
        "mismatch",
    ),
    (
        "a listing is",
        unit("def test_a(self):\n    f('x')\n    self.assertIn('x', os.listdir())", "import os"),
        WRITES,
        "not_serialisable",
    ),
    # fixtures
    (
        "fixtures of class and module run once",
        unit(
            "n = 0\n"
            "@classmethod\n"
            "def setUpClass(cls): cls.n += 1; cls.a = f(1)\n"
            "def test_a(self): self.assertEqual((self.n, self.a, M), (1, 2, 1))\n"
            "def test_b(self): self.assertEqual((self.n, self.a, M), (1, 2, 1))",
            "M = 0\ndef setUpModule():\n    global M\n    M += 1\ndef tearDownModule(): pass",
        ),
        DOUBLE,
        "match",
    ),
    (
        "setUpClass fails",
        unit("@classmethod\ndef setUpClass(cls): f(1)\ndef test_a(self): pass"),
        "def f(x): raise KeyError(x)",
        "runtime_error",
    ),
    (
        "tearDownClass fails",
        unit("@classmethod\ndef tearDownClass(cls): assert f(1) == 3\ndef test_a(self): pass"),
        DOUBLE,
        "mismatch",
    ),
    (
        "setUp fails",
        unit("def setUp(self): assert f(1) == 3\ndef test_a(self): pass"),
        DOUBLE,
        "mismatch",
    ),
    (
        "a subtest fails",
        unit(
            "def test_a(self):\n"
            "    for i in range(3):\n"
            "        with self.subTest(i=i): self.assertEqual(f(i), i)"
        ),
        DOUBLE,
        "mismatch",
    ),
    # skips
    (
        "skipped by its author",
        unit(
            "@unittest.skip('x')\n"
            "def test_a(self): self.assertEqual(f(1), 3)\n"
            "def test_b(self): self.assertEqual(f(1), 2)"
        ),
        DOUBLE,
        "match",
    ),
    (
        "nothing is left",
        unit("def test_a(self): self.skipTest('x')"),
        DOUBLE,
        "bad_gold",
    ),
    (
        "skipped for what the candidate gave",
        unit(
            "def test_a(self):\n"
            "    if f(1) == 2: self.skipTest('x')\n"
            "def test_b(self): self.assertEqual(f(1), 2)"
        ),
        DOUBLE,
        "mismatch",
    ),
    (
        "an expected failure",
        unit("@unittest.expectedFailure\ndef test_a(self): self.assertEqual(f(1), 3)"),
        DOUBLE,
        "match",
    ),
    (
        "an unexpected success",
        unit("@unittest.expectedFailure\ndef test_a(self): self.assertEqual(f(1), 2)"),
        DOUBLE,
        "mismatch",
    ),
    (
        "a death is no expected failure",
        unit("@unittest.expectedFailure\ndef test_a(self): self.assertEqual(f(1), 2)"),
        "import os\ndef f(x): os._exit(0)",
        "runtime_error",
    ),
    # what crosses beside values
    (
        "logs",
        unit(
            "def test_a(self):\n"
            "    with self.assertLogs('app', level='INFO') as seen: f(1)\n"
            "    self.assertEqual(seen.output, ['INFO:app:got 1', 'WARNING:app:big 1'])\n"
            "def test_b(self):\n"
            "    with self.assertLogs(level='WARNING') as seen: f(1)\n"
            "    self.assertEqual(seen.output, ['WARNING:app:big 1'])\n"
            "def test_c(self):\n"
            "    with self.assertNoLogs('app', level='ERROR'): f(1)"
        ),
        LOGS,
        "match",
    ),
    (
        "no logs",
        unit("def test_a(self):\n    with self.assertLogs('app', level='INFO'): f(1)"),
        DOUBLE,
        "mismatch",
    ),
    (
        "warnings",
        unit(
            "def test_a(self):\n"
            "    with self.assertWarns(DeprecationWarning): f(1)\n"
            "    with self.assertWarnsRegex(Odd, 'odd'): f(1)\n"
            "    with warnings.catch_warnings(record=True) as seen:\n"
            "        warnings.simplefilter('always')\n"
            "        f(1)\n"
            "    self.assertEqual([str(w.message) for w in seen], ['old', 'odd'])",
            "import warnings",
        ),
        WARNS,
        "match",
    ),
    (
        "no warnings",
        unit("def test_a(self):\n    with self.assertWarns(DeprecationWarning): f(1)"),
        DOUBLE,
        "mismatch",
    ),
    (
        "the environment",
        unit(
            "def test_a(self):\n"
            "    with patch.dict(os.environ, {'KEY': 'v'}): self.assertEqual(f(), 'v')\n"
            "    self.assertEqual(f(), None)\n"
            "    os.environ['KEY'] = 'w'\n"
            "    self.assertEqual(f(), 'w')",
            MOCK,
        ),
        "import os\ndef f(): return os.environ.get('KEY')",
        "match",
    ),
    (
        "mocks of the candidate's own names",
        unit(
            "@patch('candidate.helper', return_value=9)\n"
            "def test_a(self, m):\n"
            "    self.assertEqual(f(), 9)\n"
            "    m.assert_called_once_with(1)\n"
            "@patch('__main__.helper', return_value=8)\n"
            "def test_b(self, m): self.assertEqual(f(), 8)\n"
            "def test_c(self): self.assertEqual(f(), 2)\n"
            "@patch('candidate.random.random', return_value=.5)\n"
            "def test_d(self, m): self.assertEqual(g(), .5)",
            MOCK,
        ),
        HELPED,
        "match",
    ),
    (
        "mocks of the standard library",
        unit(
            "@patch('time.time', return_value=5.0)\n"
            "@patch('time.sleep')\n"
            "def test_a(self, sleep, clock):\n"
            "    self.assertEqual(f(), 5.0)\n"
            "    sleep.assert_called_once_with(3)",
            MOCK,
        ),
        "import time\ndef f():\n    time.sleep(3)\n    return time.time()",
        "match",
    ),
    (
        "a mocked file",
        unit(
            "@patch('builtins.open', new_callable=mock_open, read_data='7')\n"
            "def test_a(self, m): self.assertEqual(f('bad'), 7)",
            MOCK,
        ),
        "def f(path):\n    with open(path) as file: return int(file.read())",
        "match",
    ),
    (
        "mocked input",
        unit(
            "def test_a(self):\n"
            "    with patch('sys.stdin', io.StringIO('3\\n4\\n')): self.assertEqual(f(), 7)",
            MOCK,
        ),
        "def f(): return int(input()) + int(input())",
        "match",
    ),
    (
        "coroutines",
        {"code": "import asyncio\nassert asyncio.run(f(1)) == 2\nasync def test_a():\n"
         "    assert await f(2) == 4"},
        "async def f(x): return 2 * x",
        "match",
    ),
    # names
    (
        "an entry point called as a built-in",
        {"entry_point": "max", "code": "def check(c):\n    assert c(1, 2) == max(1, 2) == 3"},
        "def max(a, b): return a + b",
        "match",
    ),
    (
        "an entry point called check",
        {"entry_point": "check", "code": "def check(candidate):\n    assert candidate(2) == 4"},
        "def check(x):\n    return 2 * x",
        "match",
    ),
    (
        "an entry point called check, wrong",
        {"entry_point": "check", "code": "def check(candidate):\n    assert candidate(2) == 5"},
        "def check(x):\n    return 2 * x",
        "mismatch",
    ),
    *(
        (path, {"entry_point": path, "code": "def check(c):\n    assert c(2) == 4"}, CLASS, reason)
        for path, reason in {
            "Solution.f": "match",
            "Solution().f": "match",
            "Solution.g": "malformed",
            "__import__('os').getpid": "malformed",
        }.items()
    ),
    (
        "a module under a name of the candidate's own, which the tests import by themselves",
        {"code": "def test_a():\n    from os import path\n    assert f(2) == len(path.sep) * 4"},
        "from os import path\n" + DOUBLE,
        "match",
    ),
    (
        "an import of the candidate",
        {"code": "from candidate import f as g\nimport solution as s\nassert g(1) == s.f(1) == 2"},
        DOUBLE,
        "match",
    ),
]  # fmt: skip


@pytest.mark.parametrize(
    ("answer", "source", "reason"), [c[1:] for c in CASES], ids=[c[0] for c in CASES]
)
async def test_test_code_means_what_it_says(
    box: Sandbox, answer: dict[str, Any], source: str, reason: str
) -> None:
    verdict = await CodeVerifier(box).verify(
        source, {"style": "assert", **answer}, limits={"wall_s": 10.0}
    )
    assert verdict.reason == reason, verdict


@pytest.mark.parametrize(
    ("code", "source", "said"),
    [
        ("assert f(2) == 5", DOUBLE, "assert f(2) == 5: got 4, expected 5"),
        ("assert not f(2)", DOUBLE, "assert not f(2): got 4"),
        ("assert f(0)", DOUBLE, "assert f(0): got 0"),
        ("assert f(1) == 3, 'no'", DOUBLE, "assert f(1) == 3, 'no': no"),
        ("open('a', 'w')\nassert f('a') == 1", READS, "the tests use a file (a)"),
    ],
)
async def test_a_difference_can_be_read(box: Sandbox, code: str, source: str, said: str) -> None:
    verdict = await CodeVerifier(box).verify(source, {"style": "assert", "code": code})
    assert said in verdict.detail["tests"][-1]["difference"], verdict


async def test_every_test_is_told_of_however_many_kill_the_candidate(box: Sandbox) -> None:
    code = "assert f(0) == 0\n" + "\n".join(f"assert f({n}) == {n}" for n in range(1, 18))
    program = "import os\ndef f(x):\n    return os._exit(0) if x else 0"
    answer = {"style": "assert", "code": code}
    verdict = await CodeVerifier(box).verify(program, answer, partial=True)
    statuses = [test["status"] for test in verdict.detail["tests"]]
    assert len(statuses) == 18
    assert statuses[0] == "match"
    assert set(statuses[1:]) == {"runtime_error", "not_run"}
    assert (verdict.outcome, verdict.score) == ("incorrect", pytest.approx(1 / 18))


async def test_what_follows_a_broken_statement_is_told_of(box: Sandbox) -> None:
    code = "assert f(1) == 2\nx = f(1) / 0\nassert f(2) == 4\ndef test_a(): pass"
    answer = {"style": "assert", "code": code}
    verdict = await CodeVerifier(box).verify(DOUBLE, answer, partial=True)
    told = [(test["name"], test["status"]) for test in verdict.detail["tests"]]
    assert told == [
        ("line 1", "match"),
        ("line 2", "runtime_error"),
        ("line 3", "not_run"),
        ("test_a", "not_run"),
    ]


async def test_a_tester_that_is_ended_leaves_what_it_found(box: Sandbox) -> None:
    code = "assert f(1) == 2\nassert f(2) == 4\nimport os\nos._exit(3)\nassert f(3) == 6"
    answer = {"style": "assert", "code": code}
    verdict = await CodeVerifier(box).verify(DOUBLE, answer)
    told = [(test["name"], test["status"]) for test in verdict.detail["tests"]]
    assert told == [("line 1", "match"), ("line 2", "match"), ("line 5", "bad_gold")]


async def test_all_tests_together_have_their_limit(box: Sandbox) -> None:
    code = "\n".join(f"assert f({n}) == {n}" for n in range(9))
    program = "import time\ndef f(x):\n    while x: time.sleep(.01)\n    return 0"
    limits = {"wall_s": 1.0, "total_s": 2.5}
    answer = {"style": "assert", "code": code}
    verdict = await CodeVerifier(box).verify(program, answer, limits=limits)
    statuses = [test["status"] for test in verdict.detail["tests"]]
    assert statuses == ["match", *["time_limit"] * 8], verdict
    assert sum("seconds" in test for test in verdict.detail["tests"]) < 9


# ── warm ─────────────────────────────────────────────────────────────────────────────────────────


@pytest.fixture(scope="module")
def warm() -> Iterator[Sandbox]:
    try:
        with Sandbox("namespace", judge_template(), slots=1) as opened:
            yield opened
    except SandboxUnavailable as error:
        pytest.skip(str(error))


async def test_a_warm_sandbox_is_sent_no_program_and_says_the_same(
    warm: Sandbox, box: Sandbox
) -> None:
    assert program("tester", warm)[1] == {}
    assert program("tester", box)[1]
    for code, reason in (("assert f(1) == 2", "match"), ("assert f(1) == 3", "mismatch")):
        answer = {"style": "assert", "code": code}
        for each in (warm, box):
            assert (await CodeVerifier(each).verify(DOUBLE, answer)).reason == reason


def test_warming_up_is_a_verdict_that_passes_and_leaves_nothing(warm: Sandbox) -> None:
    source = (
        "import os, signal, sys\n"
        "from assay_verifiers.code.guest import warm\n"
        "before = set(sys.modules), sys.stdout, signal.getsignal(signal.SIGALRM)\n"
        "warm.os.open = lambda *given: os.dup(1)\n"
        "warm.main()\n"
        "assert before == (set(sys.modules), sys.stdout, signal.getsignal(signal.SIGALRM))\n"
    )
    result = warm.run_sync(Job(source))
    assert result.status == "ok", result
    lines = [json.loads(line) for line in result.stdout.splitlines()]
    tests = [line for line in lines if "name" in line]
    assert tests
    assert {(line["name"], line["status"]) for line in tests} == {("check", "match")}, tests


async def test_the_same_tests_are_planned_once_and_judge_alike(box: Sandbox) -> None:
    code = f"def test_a():\n    assert f(2) == 4\nassert f({id(box)}) == {2 * id(box)}"
    answer = {"style": "assert", "code": code}
    assert assertion._plans.get(code) is None
    first = await CodeVerifier(box).verify(DOUBLE, answer)
    assert assertion._plans.get(code)
    for program_, reason in ((DOUBLE, "match"), ("def f(x): return 4", "mismatch")):
        again = await CodeVerifier(box).verify(program_, answer)
        assert again.reason == reason, again
        assert len(again.detail["tests"]) == len(first.detail["tests"]) == 2
    assert "got 4, expected" in again.detail["tests"][0]["difference"]


async def test_no_candidate_can_bring_a_plan(box: Sandbox) -> None:
    """It may say the words; only what a tester tells first, having heard nothing, is kept."""
    answer = {"style": "assert", "code": "assert f(1) == 3, f(2)"}
    source = """
import os, sys
print('{"plan": "eA==", "planned": []}')
os.write(1, b'{"plan": "eA==", "planned": []}\\n')
def f(x):
    print('{"plan": "eA=="}')
    return '{"plan": "eA=="}'
"""
    verdict = await CodeVerifier(box).verify(source, answer)
    assert verdict.reason == "mismatch"
    assert assertion._plans.get(answer["code"]) != b"x"
