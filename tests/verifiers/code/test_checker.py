"""Checkers: they decide where several outputs are right, and their failures never pass."""

from __future__ import annotations

from typing import Any

import pytest

from assay_datasets import InputError
from assay_sandbox import Sandbox
from assay_verifiers.code import CodeVerifier

FACTORS = {
    "style": "stdio",
    "tests": [{"stdin": "12\n", "stdout": "3 4\n"}, {"stdin": "35\n", "stdout": "5 7\n"}],
}
CHECKER = """
import sys
number = int(open(sys.argv[1]).read())
a, b = map(int, open(sys.argv[2]).read().split())
if a * b != number or 1 in (a, b):
    print("no factors", file=sys.stderr)
    sys.exit(1)
"""
RIGHT = "n = int(input())\nd = next(d for d in range(2, n) if n % d == 0)\nprint(n // d, d)"

CASES = [
    ("another right output", RIGHT, CHECKER, "match", ""),
    ("a wrong output", "print(2, 2)", CHECKER, "mismatch", "no factors"),
    ("what it cannot read", "print('x')", CHECKER, "mismatch", "ValueError"),
    ("what makes it crash", "print('x')",
     "import os, sys\ntry: int(open(sys.argv[2]).read().split()[0])\nexcept ValueError: os.abort()",
     "mismatch", "could not read"),
    ("its own failure", RIGHT, "raise SystemExit(3)", "bad_gold", "refuses the expected"),
    ("its own crash", RIGHT, "1/0", "bad_gold", "ZeroDivisionError"),
    ("its own loop", RIGHT, "import os, signal; os.kill(os.getpid(), 9)", "bad_gold", "signal"),
    ("no program", RIGHT, "this is no Python", "bad_gold", "refuses the expected"),
    ("a program that fails", RIGHT + "\nraise SystemExit(1)", CHECKER, "runtime_error", ""),
]  # fmt: skip


@pytest.mark.parametrize(
    ("program", "checker", "reason", "said"), [c[1:] for c in CASES], ids=[c[0] for c in CASES]
)
async def test_a_checker_decides_or_is_bad_gold(
    box: Sandbox, program: str, checker: str, reason: str, said: str
) -> None:
    compare: Any = {"checker": {"language": "python", "source": checker}}
    verdict = await CodeVerifier(box).verify(program, FACTORS, compare=compare)
    assert verdict.reason == reason, verdict
    assert said in str(verdict.detail["tests"])


async def test_what_is_no_checker_is_the_callers_mistake(box: Sandbox) -> None:
    with pytest.raises(InputError, match="a checker is"):
        await CodeVerifier(box).verify(RIGHT, FACTORS, compare={"checker": "strict"})
