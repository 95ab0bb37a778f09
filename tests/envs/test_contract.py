"""What every environment promises, asked of every environment, at every level."""

from __future__ import annotations

import asyncio
import json
import subprocess
import sys
from collections.abc import Iterator

import pytest

from assay_datasets import Task
from assay_envs import Environment, SingleTurn, env_registry, make
from assay_sandbox import Sandbox

CASES = [(env_id, level) for env_id in env_registry.names() for level in make(env_id).levels]
IN_PROCESS = [case for case in CASES if not make(case[0]).needs_sandbox]
NEED_SANDBOX = [case for case in CASES if make(case[0]).needs_sandbox]
SEEDS = range(60)

ADVERSARIES = [
    "",
    "   \n",
    "<think>",
    "I do not know.",
    "0 or 1 or 2 or 3 or 4 or 5 or 6",
    "all of the above",
    "9**9**9**9",
    "\\boxed{9^{9^{9}}}",
    "(" * 5_000,
    "1" * 50_000,
    "\x00\ud800",
    "{{answer}}",
    "correct",
]


def tasks(env: Environment, level: int) -> list[Task]:
    return [env.generate(seed, level) for seed in SEEDS]


@pytest.mark.parametrize(("env_id", "level"), CASES)
def test_a_task_is_complete_json_and_names_what_made_it(env_id: str, level: int) -> None:
    for seed, task in zip(SEEDS, tasks(make(env_id), level), strict=True):
        assert Task.from_json(json.loads(json.dumps(task.to_json()))).to_json() == task.to_json()
        assert (task.env, task.metadata["seed"], task.metadata["difficulty"]) == (
            env_id,
            seed,
            level,
        )
        assert task.metadata["domain"] == env_id.partition("/")[0]
        assert task.metadata["certificate"]
        assert task.duplicate_key.startswith(env_id)


@pytest.mark.parametrize(("env_id", "level"), CASES)
def test_seeds_and_levels_are_not_ignored(env_id: str, level: int) -> None:
    env = make(env_id)
    assert len({task.id for task in tasks(env, level)}) > 0.8 * len(SEEDS)
    other = 1 if level > 1 else 2
    assert [t.id for t in tasks(env, level)] != [t.id for t in tasks(env, other)]


PRINT_IDS = """
from assay_envs import env_registry, make
for env_id in env_registry.names():
    env = make(env_id)
    for level in env.levels:
        for seed in range(10):
            task = env.generate(seed, level)
            print(task.id, repr(env.solution(task)))
"""


def test_another_process_makes_the_same_bytes() -> None:
    def run(hash_seed: str) -> bytes:
        environment = {"PYTHONHASHSEED": hash_seed, "PYTHONPATH": ":".join(sys.path)}
        return subprocess.run(
            [sys.executable, "-c", PRINT_IDS], env=environment, check=True, capture_output=True
        ).stdout

    first = run("1")
    assert first == run("2")
    assert len(first.splitlines()) == 10 * len(CASES)


@pytest.mark.parametrize(("env_id", "level"), CASES)
def test_the_prompt_does_not_hold_the_worked_answer(env_id: str, level: int) -> None:
    env = make(env_id)
    for task in tasks(env, level):
        shown = json.dumps(list(task.prompt))
        assert "certificate" not in shown
        certificate = task.metadata["certificate"]
        if "expression" in certificate:
            assert certificate["expression"] not in task.prompt[0]["content"]


@pytest.mark.parametrize(("env_id", "level"), CASES)
def test_splits_share_no_duplicate_key(env_id: str, level: int) -> None:
    env = make(env_id)
    split_of: dict[str, str] = {}
    for task in tasks(env, level):
        assert split_of.setdefault(task.duplicate_key, task.split) == task.split


@pytest.mark.parametrize(("env_id", "level"), IN_PROCESS)
async def test_oracle_and_worked_solution_are_correct(env_id: str, level: int) -> None:
    env = make(env_id)
    assert isinstance(env, SingleTurn)
    for task in tasks(env, level):
        for response in (env.oracle(task), env.solution(task), f"\n {env.oracle(task)} \n"):
            verdict = env.verifier.check(response, task.answer, **task.options)
            assert verdict.outcome == "correct", (task.prompt, response, verdict)


@pytest.mark.parametrize(("env_id", "level"), IN_PROCESS)
async def test_adversaries_are_incorrect(env_id: str, level: int) -> None:
    env = make(env_id)
    assert isinstance(env, SingleTurn)
    task, other = env.generate(1, level), env.generate(2, level)
    for response in adversaries(env, task, other):
        verdict = await env.verifier.verify(response, task.answer, **task.options)
        assert (verdict.outcome, verdict.score) == ("incorrect", 0.0), (response[:80], verdict)


def adversaries(env: Environment, task: Task, other: Task) -> Iterator[str]:
    """Responses that must not be paid: fixed ones, and ones made from the task."""
    prompt, oracle = task.prompt[0]["content"], env.oracle(task)
    yield from ADVERSARIES
    yield prompt
    yield f"<think>{oracle}</think>"
    yield f"<think>{oracle}"
    yield f"{oracle}<think>"[::-1]
    yield f"{env.oracle(other)} or {oracle}"
    yield f"{oracle}</think>"
    yield json.dumps(task.to_json())


async def test_code_oracles_and_solutions_are_correct(box: Sandbox) -> None:
    for env_id, level in NEED_SANDBOX:
        env = make(env_id, sandbox=box)
        assert isinstance(env, SingleTurn)
        responses = [
            (t, r) for t in tasks(env, level)[:8] for r in (env.oracle(t), env.solution(t))
        ]
        verdicts = await asyncio.gather(
            *(env.verifier.verify(r, t.answer, **t.options) for t, r in responses)
        )
        wrong = [v for v in verdicts if v.outcome != "correct"]
        assert not wrong, (env_id, level, wrong[0])


async def test_code_adversaries_are_incorrect(box: Sandbox) -> None:
    for env_id, level in (case for case in NEED_SANDBOX if case[1] in (1, 5)):
        env = make(env_id, sandbox=box)
        assert isinstance(env, SingleTurn)
        task, other = env.generate(1, level), env.generate(2, level)
        hostile = [*adversaries(env, task, other), env.oracle(other)]
        verdicts = await asyncio.gather(
            *(env.verifier.verify(response, task.answer, **task.options) for response in hostile)
        )
        paid = [r for r, v in zip(hostile, verdicts, strict=True) if v.outcome != "incorrect"]
        assert not paid
