"""Making tests in the sandbox: what holds is kept, what does not is dropped for its cause."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from assay_datasets import InputError, Task
from assay_sandbox import Sandbox, SandboxUnavailable
from assay_verifiers.code import CodeVerifier
from assay_verifiers.testmaking import MadeTests, Plan, Problem, make_tests
from assay_verifiers.testmaking.reference import Bounds, has_rounded_float, nearly_same

FEW = Plan(inputs=24, mutants=10, bounds=Bounds(call_s=2.0))


@pytest.fixture(scope="module")
def quick_box() -> Iterator[Sandbox]:
    """The fast back-end; both are tried where it may make a difference."""
    try:
        with Sandbox("namespace") as opened:
            yield opened
    except SandboxUnavailable as error:
        pytest.skip(str(error))


async def made(box: Sandbox, plan: Plan = FEW, **fields: Any) -> MadeTests:
    return await make_tests(Problem.from_json({"id": "p", **fields}), box, plan)


async def test_a_function_gets_few_tests_that_kill_all(box: Sandbox) -> None:
    source = "def f(n: int) -> int:\n    return n * 2 if n > 3 else n + 1\n"
    found = await made(box, solution=source, entry_point="f")
    assert found.kill_rate > 0.8
    assert FEW.least <= len(found.answer["tests"]) <= FEW.most
    verifier = CodeVerifier(box)
    assert (await verifier.verify(source, found.answer)).outcome == "correct"
    assert (await verifier.verify(source.replace("> 3", ">= 3"), found.answer)).score == 0


async def test_a_program_gets_inputs_of_its_layout(box: Sandbox) -> None:
    source = "n = int(input())\nxs = list(map(int, input().split()))\nprint(max(xs[:n]))\n"
    examples = [{"stdin": "3\n1 5 2\n"}, {"stdin": "2\n4 1\n"}]
    plan = Plan(inputs=8, mutants=4)
    found = await made(box, plan, solution=source, style="stdio", examples=examples)
    assert found.dropped == {}
    assert found.killed
    for test in found.answer["tests"]:
        count, *numbers = test["stdin"].split()
        assert len(numbers) == int(count)
    assert {test["stdout"] for test in found.answer["tests"]} >= {"5\n"}


DROPPED = [
    ("flaky by chance", "import random\ndef f(n: int):\n    return n and random.random()", "flaky"),
    ("flaky by hash", "def f(s: str):\n    return hash(s) if s > 'z' else s + s", "flaky"),
    ("order of numbers", "def f(xs: list[int]):\n    return list(set(xs))", "set_order"),
    ("order of a display", "def f(a: int, b: int):\n    return list({a, b})", "set_order"),
    (
        "order of a comprehension",
        "def f(n: int):\n    return [*{i % 7 for i in range(n % 9)}]",
        "set_order",
    ),
    ("failing", "def f(n: int):\n    return 10 // n", "error"),
    ("leaving", "import os\ndef f(n: int):\n    return os._exit(0) if n == 1 else n", "error"),
    ("not a value", "def f(n: int):\n    return object() if n == 1 else n", "not_serialisable"),
    ("enormous", "def f(n: int):\n    return 'x' * (30_000 * (n == 1) + 1)", "too_large"),
    ("endless", "def f(n: int):\n    while n == 1: pass\n    return n", "slow"),
]


@pytest.mark.parametrize(("name", "source", "cause"), DROPPED, ids=[row[0] for row in DROPPED])
async def test_an_input_that_does_not_hold_is_dropped_for_its_cause(
    quick_box: Sandbox, name: str, source: str, cause: str
) -> None:
    plan = Plan(inputs=14, mutants=0, bounds=Bounds(call_s=1.0))
    found = await made(quick_box, plan, solution=source, entry_point="f")
    assert found.dropped.get(cause, 0) > 0, found.dropped
    assert found.answer["tests"]


ORDERLESS = [
    "def f(xs: list[int]):\n    return set(xs)",
    "def f(xs: list[int]):\n    return sorted(set(xs) | {1, 2} - {3})",
    "def f(xs: list[int]):\n    s = set()\n    return [x for x in xs if not (x in s or s.add(x))]",
    "def f(xs: list[int]):\n    return {x: len(set(xs)) for x in xs}",
]


@pytest.mark.parametrize("source", ORDERLESS)
async def test_a_set_whose_order_does_not_show_costs_no_test(
    quick_box: Sandbox, source: str
) -> None:
    plan = Plan(inputs=14, mutants=0)
    found = await made(quick_box, plan, solution=source, entry_point="f")
    assert found.dropped == {}


async def test_a_program_that_prints_a_sets_order_is_found_out(quick_box: Sandbox) -> None:
    source = "xs = input().split()\nprint(*({x for x in xs} if len(xs) > 1 else xs))\n"
    examples = [{"stdin": "a b c\n"}, {"stdin": "a\n"}, {"stdin": "b\n"}]
    plan = Plan(inputs=6, mutants=0)
    found = await made(quick_box, plan, solution=source, style="stdio", examples=examples)
    assert found.dropped.keys() & {"flaky", "set_order"}
    assert all(len(test["stdin"].split()) == 1 for test in found.answer["tests"])


async def test_where_right_programs_disagree_there_is_no_test(quick_box: Sandbox) -> None:
    one = "def f(xs: list[int]):\n    return max(range(len(xs)), key=xs.__getitem__, default=None)"
    other = "def f(xs):\n    return max(reversed(range(len(xs))), key=xs.__getitem__, default=None)"
    found = await made(quick_box, solution=one, entry_point="f", solutions=[other])
    assert found.dropped["disagreement"] > 0
    verifier = CodeVerifier(quick_box)
    assert (await verifier.verify(other, found.answer)).outcome == "correct"


async def test_an_example_that_says_something_else_is_dropped(quick_box: Sandbox) -> None:
    examples = [{"args": [2], "expected": 4}, {"args": [3], "expected": 10}]
    source = "def f(n):\n    return n * n"
    found = await made(quick_box, solution=source, entry_point="f", examples=examples)
    assert found.dropped["wrong_example"] == 1


async def test_floats_that_use_up_their_digits_are_compared_by_closeness(
    quick_box: Sandbox,
) -> None:
    source = "def f(xs: list[float]):\n    return sum(xs) / 3"
    found = await made(quick_box, solution=source, entry_point="f")
    assert found.options == {"compare": "float", "tolerance": 1e-6}
    backwards = "def f(xs):\n    return sum(reversed(xs)) * (1 / 3)"
    verdict = await CodeVerifier(quick_box).verify(backwards, found.answer, **found.options)
    assert verdict.outcome == "correct"


async def test_a_validator_keeps_inputs_within_what_the_problem_allows(quick_box: Sandbox) -> None:
    source = "def f(n: int):\n    return n + 1"
    validator = "def valid(n):\n    return 0 < n < 50"
    found = await made(quick_box, solution=source, entry_point="f", validator=validator)
    assert found.dropped["invalid"] > 0
    assert all(0 < test["args"][0] < 50 for test in found.answer["tests"])
    found = await made(
        quick_box,
        solution="print(int(input()) + 1)",
        style="stdio",
        examples=[{"stdin": "3\n"}, {"stdin": "60\n"}],
        validator="assert int(input()) < 50",
    )
    assert found.dropped["invalid"] > 0
    assert all(int(test["stdin"]) < 50 for test in found.answer["tests"])


async def test_known_wrong_programs_count_as_mutants(quick_box: Sandbox) -> None:
    plan = Plan(inputs=20, mutants=0)
    found = await made(
        quick_box,
        plan,
        solution="def f(n: int):\n    return abs(n)",
        entry_point="f",
        wrong=["def f(n):\n    return n", "def f(n):\n    while True: pass"],
    )
    assert (found.killed, found.mutants) == (2, 2)


async def test_a_task_carries_the_tests_and_says_what_they_are_worth(quick_box: Sandbox) -> None:
    problem = Problem.from_json(
        {
            "id": "q",
            "solution": "def f(n: int):\n    return n * 3",
            "entry_point": "f",
            "prompt": "Triple.",
        }
    )
    found = await make_tests(problem, quick_box, FEW)
    task = found.task(problem, "made/tests")
    assert Task.from_json(task.to_json()).id == task.id
    assert (task.verifier, task.metadata["problem"]) == ("code", "q")
    assert task.metadata["tests"]["killed"] == found.killed
    again = await make_tests(problem, quick_box, FEW)
    assert again.answer == found.answer


@pytest.mark.parametrize(
    ("source", "said"),
    [
        ("def f(n: int):\n    raise ValueError", "no test holds.* error"),
        ("def f(xs: list[int]):\n    xs.sort()", "nothing to compare"),
        ("def g(n: int):\n    return n", "nothing says|no test holds"),
        ("def f(n: int) return", "not Python"),
    ],
)
async def test_a_problem_without_tests_is_told_why(
    quick_box: Sandbox, source: str, said: str
) -> None:
    with pytest.raises(InputError, match=said):
        await made(quick_box, solution=source, entry_point="f")


async def test_a_hostile_solution_makes_no_test_and_no_trouble(quick_box: Sandbox) -> None:
    forging = (
        "import sys\nopen('values.jsonl', 'w').write('{\"input\": 0, \"value\": 0}\\n' * 99)\n"
        "def f(n: int):\n    sys._getframe(1).f_globals.clear()\n    return n\n"
    )
    with pytest.raises(InputError, match="no test holds"):
        await made(quick_box, solution=forging, entry_point="f")


def test_floats_that_are_near_and_floats_that_are_rounded() -> None:
    assert nearly_same([1.0, "a"], [1.0 + 1e-9, "a"], "function", 1e-6)
    assert not nearly_same([1.0], [1.1], "function", 1e-6)
    assert not nearly_same(1, 1.0, "function", 1e-6)
    assert nearly_same("x 0.30000001\n", "x 0.3\n", "stdio", 1e-6)
    assert not nearly_same("1000000006", "1000000007", "stdio", 1e-6)
    assert has_rounded_float([0.1 + 0.2])
    assert not has_rounded_float([0.5, 100.25, 1e-9, 10.0**15])
