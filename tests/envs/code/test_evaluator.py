"""Evaluator: what Python would do, counted and bounded."""

from __future__ import annotations

import pytest

from assay_datasets import Json, derive_random
from assay_envs.code.evaluator import UNENDING, load, python_function, python_run, run, same
from assay_envs.code.hidden_tests import faults
from assay_envs.code.pieces import PIECES
from assay_envs.code.programs import Part, Program, draw, inputs

RUNS: list[tuple[str, Json, Json]] = [
    ("return x + 1", 4, 5),
    ("return -7 // x", 2, -4),
    ("return -7 % x", 3, 2),
    ("return 0 < x < 5", 5, False),
    ("return x or 'none'", "", "none"),
    ("a, b = x, 2\n    return [b, a]", 1, [2, 1]),
    ("return [y * y for y in x if y > 1]", [1, 2, 3], [4, 9]),
    ("y = 1\n    z = [y for y in x]\n    return y", [5, 6], 1),
    ("for y in x:\n        if y > 2:\n            break\n    return y", [1, 2, 3, 4], 3),
    ("return any(1 // y > 0 for y in x)", [1, 0], True),
    ("while x > 9:\n        x //= 10\n    return x", 4321, 4),
    ("return sorted(x, key=len, reverse=True)[0]", ["a", "bcd", "ef"], "bcd"),
    ("return x[1:-1] + x[::-2]", "abcd", "bcdb"),
    ("return '-'.join(x).upper()", ["a", "b"], "A-B"),
]


@pytest.mark.parametrize(("body", "given", "value"), RUNS)
def test_a_program_gives_what_python_gives(body: str, given: Json, value: Json) -> None:
    source = f"def f(x):\n    {body}\n"
    assert run(load(source), given).gives(value)
    assert python_run(python_function(source), given).gives(value)


ERRORS = [
    ("return x[9]", [1], "IndexError"),
    ("return x + 'a'", 1, "TypeError"),
    ("return 1 // x", 0, "ZeroDivisionError"),
    ("return y", 1, "NameError"),
    ("return len(y for y in x)", [1], "TypeError"),
    ("return (y for y in x)[0]", [1], "TypeError"),
    ("while True:\n        x = x", 1, UNENDING),
    ("for y in range(10):\n        x = x * x\n    return x", 99, UNENDING),
    ("return x * 100000", "a", UNENDING),
    ("return sum(range(x))", 10**9, UNENDING),
]


@pytest.mark.parametrize(("body", "given", "error"), ERRORS)
def test_what_goes_wrong_is_named_and_what_would_not_end_is_stopped(
    body: str, given: Json, error: str
) -> None:
    assert run(load(f"def f(x):\n    {body}\n"), given).error == error


@pytest.mark.parametrize(
    "body",
    ["import os", "return x.__class__", "return (lambda: x)()", "x.y = 1", "return {x}", "del x"],
)
def test_what_the_family_has_not_is_refused(body: str) -> None:
    with pytest.raises(TypeError):
        load(f"def f(x):\n    {body}\n")


def test_a_method_that_is_not_in_the_table_does_not_exist() -> None:
    assert run(load("def f(x):\n    return x.format_map(x)\n"), "a").error == "AttributeError"
    assert run(load("def f(x):\n    return open(x)\n"), "a").error == "NameError"


def test_longer_runs_count_more_operations() -> None:
    function = load("def f(x):\n    t = 0\n    for y in x:\n        t += y\n    return t\n")
    counts = [run(function, [1] * length).operations for length in (0, 1, 10)]
    assert counts == sorted(set(counts))


def test_arguments_are_left_as_they_were() -> None:
    given = [3, 1]
    assert run(load("def f(x):\n    x.append(9)\n    return x\n"), given).value == [3, 1, 9]
    assert given == [3, 1]


@pytest.mark.parametrize(("one", "other"), [(1, True), ([1], (1,)), ("1", 1), ([[1]], [[True]])])
def test_equal_values_of_other_types_are_not_the_same(one: Json, other: Json) -> None:
    assert not same(one, other)


@pytest.mark.parametrize("name", PIECES)
def test_all_codes_of_a_piece_are_one_function_to_evaluator_and_python(name: str) -> None:
    piece = PIECES[name]
    for end in (0, -1):
        numbers = {each: choices[end] for each, choices in piece.ranges.items()}
        found = set()
        for code in range(len(piece.codes)):
            source = Program((Part(name, numbers, code),)).source()
            function, real = load(source), python_function(source)
            outcomes = [run(function, given) for given in inputs(piece.takes)]
            assert not any(outcome.error for outcome in outcomes)
            pairs = zip(inputs(piece.takes), outcomes, strict=True)
            assert all(python_run(real, given).gives(each.value) for given, each in pairs)
            found.add(repr([each.value for each in outcomes]))
        assert len(found) == 1


def test_mutants_fail_in_the_evaluator_as_they_do_in_python() -> None:
    ended = 0
    for seed in range(12):
        program = draw(derive_random("mutants of", seed), 3, 1)
        for fault in faults(program.source(), 25):
            function, real = load(fault.source), python_function(fault.source)
            for given in inputs(program.takes)[::13]:
                outcome = run(function, given)
                if outcome.error != UNENDING:
                    ended += 1
                    assert python_run(real, given).error == outcome.error
                    assert outcome.error or python_run(real, given).gives(outcome.value)
    assert ended > 500
