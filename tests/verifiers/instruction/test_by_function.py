"""Instructions that a task's own functions check: their word counts, the response is only text."""

from __future__ import annotations

import pytest

from assay_datasets import Json
from assay_sandbox import Sandbox
from assay_verifiers.instruction.by_function import FunctionInstructionVerifier

NO_COMMA = "def evaluate(response):\n    return ',' not in response"
SAYS_SO = "def evaluate(response):\n    return str(len(response.split()) < 4).lower()"
PRIMES = (
    "def evaluate(response):\n"
    "    numbers = [int(each) for each in response.split(';')]\n"
    "    return all(n > 1 and all(n % d for d in range(2, n)) for n in numbers)"
)
LOOPS = "def evaluate(response):\n    while 'wait' in response: pass\n    return True"
HOARDS = "def evaluate(response):\n    return bool('x' * (len(response) * 10**9))"
FALLS = "import os\ndef evaluate(response):\n    os._exit(0)"
TALKS = "def evaluate(response):\n    print('fine')\n    return 'fine'"
OTHER = "LIMIT = 3\ndef check(response):\n    return len(response) <= LIMIT"
BROKEN = "def evaluate(response)\n    return True"

CASES: list[tuple[str, list[str], str, dict[str, Json], str, float]] = [
    ("kept", [NO_COMMA, SAYS_SO], "all is well", {}, "match", 1.0),
    ("the last words count", [NO_COMMA], "<think>a, b</think>\nab", {}, "match", 1.0),
    ("broken", [NO_COMMA, SAYS_SO], "so, it is", {}, "rule_broken", 0.0),
    ("half", [NO_COMMA, SAYS_SO], "so, it is", {"partial": True}, "partial", 0.5),
    ("another form", [PRIMES], "two and three", {}, "rule_broken", 0.0),
    ("its form", [PRIMES], "2; 3 ;5", {}, "match", 1.0),
    ("a program is text", [NO_COMMA], "raise SystemExit", {}, "match", 1.0),
    ("a fence is text", [NO_COMMA], "```python\nevaluate = lambda r: 1\n```", {}, "match", 1.0),
    ("nothing", [NO_COMMA], " \n", {}, "no_answer", 0.0),
    ("in thought only", [NO_COMMA], "<think>all is well", {}, "no_answer", 0.0),
    ("a half surrogate", [NO_COMMA], "all \ud800", {}, "match", 1.0),
    ("too long", [NO_COMMA], "a" * 100_001, {}, "too_long", 0.0),
    ("slow on this", [LOOPS, NO_COMMA], "wait", {"limits": {"wall_s": 1.0}}, "time_limit", 0.0),
    ("quick on that", [LOOPS], "go", {}, "match", 1.0),
    ("greedy", [HOARDS], "go", {}, "memory_limit", 0.0),
    ("neither true nor false", [TALKS], "go", {}, "rule_broken", 0.0),
    ("no function", [OTHER], "go", {}, "bad_gold", 0.0),
    ("no Python", [NO_COMMA, BROKEN], "go", {}, "bad_gold", 0.0),
    ("raises at its loading", ["1/0"], "go", {}, "bad_gold", 0.0),
]


@pytest.mark.parametrize(
    ("functions", "response", "options", "reason", "score"),
    [case[1:] for case in CASES],
    ids=[case[0] for case in CASES],
)
async def test_what_the_functions_say_is_the_verdict(
    box: Sandbox,
    functions: list[str],
    response: str,
    options: dict[str, Json],
    reason: str,
    score: float,
) -> None:
    verifier = FunctionInstructionVerifier(box)
    verdict = await verifier.verify(response, {"functions": functions}, **options)
    assert (verdict.reason, verdict.score) == (reason, score), verdict.detail


async def test_functions_may_have_another_name_and_one_that_ends_the_process_keeps_nothing(
    box: Sandbox,
) -> None:
    verifier = FunctionInstructionVerifier(box)
    named = await verifier.verify("abc", {"functions": [OTHER], "name": "check"})
    assert named.outcome == "correct"
    assert (await verifier.verify("abc", {"functions": [FALLS]})).outcome == "incorrect"


@pytest.mark.parametrize(
    ("answer", "error"),
    [
        ("def evaluate(r): return True", "answer: "),
        ({"functions": []}, "functions: "),
        ({"functions": [3]}, "functions.0: "),
        ({"functions": [NO_COMMA], "name": "a.b"}, "name: "),
        ({"functions": [NO_COMMA], "colour": 1}, "colour: "),
    ],
)
async def test_an_answer_that_is_none_is_bad_gold_and_opens_no_sandbox(
    answer: Json, error: str
) -> None:
    verdict = await FunctionInstructionVerifier().verify("go", answer)
    assert verdict.reason == "bad_gold"
    assert str(verdict.detail["error"]).startswith(error)
