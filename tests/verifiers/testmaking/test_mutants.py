"""Mutants: distinct, deterministic, of every kind, and never a program in other words."""

from __future__ import annotations

import ast

import pytest

from assay_datasets import InputError
from assay_verifiers.testmaking.mutants import KINDS, mutants

# program, kind, and a mutant of that kind
FAULTS = [
    ("def f(a, b):\n    return a + b\n", "operator", "return a - b"),
    ("def f(a):\n    a *= 2\n    return a\n", "operator", "a += 2"),
    ("def f(a, b):\n    return a and b\n", "operator", "return a or b"),
    ("def f(a):\n    return -a\n", "operator", "return a"),
    ("def f():\n    return 12\n", "constant", "return 0"),
    ("def f():\n    return True\n", "constant", "return False"),
    ("def f():\n    return 'no'\n", "constant", "return ''"),
    ("def f():\n    return 12\n", "off_by_one", "return 13"),
    ("def f():\n    return 0\n", "off_by_one", "return -1"),
    ("def f(n):\n    return list(range(n))\n", "off_by_one", "range(n + 1)"),
    ("def f(x, n):\n    return x[:n]\n", "off_by_one", "x[:n + 1]"),
    ("def f(x, n):\n    return x[n - 1]\n", "off_by_one", "x[n - 1 + 1]"),
    ("def f(a, b):\n    return a == b\n", "comparison", "a != b"),
    ("def f(a, b, c):\n    return a < b in c\n", "comparison", "a < b not in c"),
    ("def f(a, b):\n    return a < b\n", "boundary", "a <= b"),
    ("def f(a):\n    if a:\n        return 1\n", "negated_condition", "if not a"),
    ("def f(a):\n    return not a\n", "negated_condition", "return a"),
    ("def f(x):\n    return [y for y in x if y]\n", "negated_condition", "if not y"),
    ("def f(a):\n    a += 1\n    return a\n", "dropped_statement", "pass"),
    ("def f(x):\n    x[0] = 1\n    return x\n", "dropped_statement", "pass"),
    ("def f(a, b):\n    return g(a, b)\n", "swapped_arguments", "g(b, a)"),
    ("def f(x):\n    return min(x)\n", "function", "max(x)"),
    ("def f(x):\n    return x.upper()\n", "function", "x.lower()"),
]


@pytest.mark.parametrize(("source", "kind", "part"), FAULTS)
def test_each_kind_of_fault_is_made(source: str, kind: str, part: str) -> None:
    assert any(m.kind == kind and part in m.source for m in mutants(source))


SAMPLE = '''"""Doc 1."""
import math
from typing import List

def f(xs: List[int], n: "1 + 1" = 3) -> int:
    """Not 2 to be changed."""
    total = 0
    for i in range(n, len(xs)):
        if xs[i] > 3 and i < n - 1:
            total += xs[i - 1] * 2
        elif max(xs[1:i], 0) == i:
            return f"{i:03d}"
    return math.floor(total, 1)

if __name__ == "__main__":
    print(f([1], 2))
'''


def test_mutants_are_programs_distinct_and_different_from_the_original() -> None:
    found = mutants(SAMPLE)
    trees = {ast.dump(ast.parse(mutant.source)) for mutant in found}
    assert len(trees) == len(found) > 40
    assert ast.dump(ast.parse(SAMPLE)) not in trees
    assert {mutant.kind for mutant in found} == set(KINDS)


def test_documentation_types_imports_and_the_main_guard_stay() -> None:
    for mutant in mutants(SAMPLE):
        for part in ("Doc 1.", "Not 2 to be changed.", "List[int]", "'1 + 1'", "import math"):
            assert part in mutant.source
        assert "if __name__ == '__main__':" in mutant.source


def test_the_line_is_that_of_the_fault() -> None:
    lines = {(mutant.kind, mutant.line) for mutant in mutants(SAMPLE)}
    assert {("boundary", 9), ("function", 11), ("dropped_statement", 13)} <= lines


def test_the_same_seed_gives_the_same_and_another_seed_others() -> None:
    first, again = mutants(SAMPLE, limit=12, seed=1), mutants(SAMPLE, limit=12, seed=1)
    assert first == again
    assert first != mutants(SAMPLE, limit=12, seed=2)


def test_a_limit_gives_every_kind_its_turn() -> None:
    assert {mutant.kind for mutant in mutants(SAMPLE, limit=len(KINDS))} == set(KINDS)


@pytest.mark.parametrize(
    "source",
    [
        "def f():\n    return 3 + 0\n",  # folded: 3 - 0 has the same bytecode
        "def f(a, b):\n    while False:\n        a = b\n",
    ],
)
def test_a_mutant_with_the_same_bytecode_is_dropped(source: str) -> None:
    original = compile(source, "x", "exec").co_consts[0]
    for mutant in mutants(source):
        code = compile(mutant.source, "x", "exec").co_consts[0]
        assert (code.co_code, code.co_consts) != (original.co_code, original.co_consts)


def test_nothing_is_executed() -> None:
    assert mutants("raise SystemExit(1)\n")
    assert mutants("import os\nos._exit(1 + 1)\n")


@pytest.mark.parametrize(
    ("source", "said"),
    [
        ("def f(:\n", "line 1"),
        ("x = '\0'", "null bytes"),
        ("(" * 500 + ")" * 500, "program"),
        ("-" * 5000 + "1", "program"),
        ("x = 1\n" * 40_000, "too long"),
    ],
)
def test_what_cannot_be_mutated_is_the_callers_mistake(source: str, said: str) -> None:
    with pytest.raises(InputError, match=said):
        mutants(source)
