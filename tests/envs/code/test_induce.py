"""Induce: the examples are true, and they single the function out within its family."""

from __future__ import annotations

import re

import pytest

from assay_envs.code.induce import Induce, _family, _inputs
from assay_sandbox import Sandbox

ENV = Induce()


def shown(level: int, prompt: str) -> list[tuple[object, object]]:
    """The examples as the prompt writes them."""
    pairs = re.findall(r"f\(([^()]*)\)=(-?\d+|\[[^\]]*\])", prompt)
    assert all(pair[0] != "x" for pair in pairs)
    return [(eval(x), eval(y)) for x, y in pairs]  # noqa: S307 - our own text


@pytest.mark.parametrize("level", range(1, 6))
def test_examples_are_true_and_leave_one_function(level: int) -> None:
    inputs = _inputs(level)
    family = {repr(m.values): m for members in _family(level).forms for m in members}
    for seed in range(100):
        task = ENV.generate(seed, level)
        truth = [test["expected"] for test in task.answer["tests"]]
        examples = shown(level, task.prompt[0]["content"])
        assert len(examples) >= 3
        places = [inputs.index(x) for x, _ in examples]
        assert places == sorted(set(places))
        assert all(truth[place] == y for place, (_, y) in zip(places, examples, strict=True))
        alike = [m for m in family.values() if all(m.values[p] == truth[p] for p in places)]
        assert [list(m.values) for m in alike] == [truth]


@pytest.mark.parametrize("level", range(1, 6))
def test_the_certificate_means_what_the_tests_expect(level: int) -> None:
    for seed in range(100):
        task = ENV.generate(seed, level)
        function = eval(f"lambda x: {task.metadata['certificate']['expression']}")  # noqa: S307
        for test in task.answer["tests"]:
            assert function(*test["args"]) == test["expected"]


@pytest.mark.parametrize("level", range(1, 6))
def test_every_check_of_a_worked_solution_is_right(level: int) -> None:
    for seed in range(100):
        task = ENV.generate(seed, level)
        thought = ENV.solution(task).partition("</think>")[0].removeprefix("<think>")
        *failed, last = (line for line in thought.splitlines() if line.startswith("try "))
        assert all(line.endswith(" no") for line in failed)
        assert last.endswith(" ok")
        assert " no" not in last
        for line in thought.splitlines():
            for chain in chains(line.rpartition(": ")[2]):
                first, *others = (eval(step) for step in chain)  # noqa: S307 - our own text
                assert all(other == first for other in others), line


def chains(line: str) -> list[list[str]]:
    """``a=b=c ok, d=e no`` and ``a=b, c=d`` as lists of terms that claim to be equal."""
    checks = re.split(r" (?:ok|no)(?:, |$)", line) if " ok" in line or " no" in line else [line]
    parts = [part for check in checks for part in re.split(r", (?![^\[]*\])", check) if part]
    return [re.split(r"(?<!=)=(?!=)", part) for part in parts]


def test_one_function_written_two_ways_is_one_problem() -> None:
    by_key: dict[str, set[str]] = {}
    for seed in range(4_000):
        task = ENV.generate(seed, 2)
        by_key.setdefault(task.duplicate_key, set()).add(task.metadata["certificate"]["expression"])
    assert any(len(expressions) > 1 for expressions in by_key.values())


async def test_an_episode_is_played_in_the_sandbox(box: Sandbox) -> None:
    env = Induce(sandbox=box)
    for response, reward in ((ENV.solution(ENV.generate(5, 2)), 1.0), ("def f(x): return -1", 0.0)):
        await env.reset(seed=5, options={"difficulty": 2})
        _, got, terminated, _, info = await env.step(response)
        assert (got, terminated) == (reward, True)
        assert info["verdict"].detail["backend"] == box.backend
    await env.close()
