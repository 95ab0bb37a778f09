"""SingleTurn: one action, one verdict, an honest reward."""

from __future__ import annotations

from typing import ClassVar

import pytest

from assay_datasets import InputError, Json, Task
from assay_envs import SingleTurn
from assay_verifiers import Verdict, Verifier


class Scripted(Verifier):
    """Gives its verdicts in turn."""

    name = "scripted"

    def __init__(self, *verdicts: Verdict) -> None:
        self.verdicts = list(verdicts)
        self.closed = False

    def check(self, response: str, answer: Json, **options: Json) -> Verdict:
        return self.verdicts.pop(0)

    async def close(self) -> None:
        self.closed = True


class Echo(SingleTurn):
    id = "test/echo"
    levels: ClassVar = {1: "only"}

    def generate(self, seed: int, difficulty: int) -> Task:
        level = self.check_level(difficulty)
        prompt = ({"role": "user", "content": f"say {seed}"},)
        return Task(self.id, prompt, str(seed), "scripted", metadata={"difficulty": level})

    def oracle(self, task: Task) -> str:
        return str(task.answer)


LOST = Verdict.undecided("sandbox_failed")


@pytest.mark.parametrize(
    ("verdicts", "reward", "undecided"),
    [
        ([Verdict.correct()], 1.0, False),
        ([Verdict.incorrect("mismatch")], 0.0, False),
        ([Verdict.incorrect("partial", 0.25)], 0.25, False),
        ([LOST, Verdict.correct()], 1.0, False),
        ([LOST, LOST], 0.0, True),
    ],
)
async def test_an_undecided_verdict_is_asked_once_more_and_then_pays_nothing(
    verdicts: list[Verdict], reward: float, undecided: bool
) -> None:
    env = Echo(Scripted(*verdicts))
    observation, info = await env.reset(seed=3)
    assert observation == [{"role": "user", "content": "say 3"}]
    assert info == {"task_id": env.generate(3, 1).id, "difficulty": 1}
    observation, got, terminated, truncated, info = await env.step("3")
    assert (observation, got, terminated, truncated) == ([], reward, True, False)
    assert info.get("undecided", False) is undecided
    assert info["verdict"].score == reward


async def test_a_second_step_needs_a_reset() -> None:
    env = Echo(Scripted(Verdict.correct()))
    with pytest.raises(RuntimeError, match="before reset"):
        await env.step("3")
    await env.reset(seed=3)
    await env.step("3")
    with pytest.raises(RuntimeError, match="after the episode ended"):
        await env.step("3")


async def test_a_task_may_be_given_as_record_or_as_json() -> None:
    env = Echo(Scripted())
    task = env.generate(9, 1)
    for given in (task, task.to_json()):
        _, info = await env.reset(seed=0, options={"task": given})
        assert info["task_id"] == task.id


async def test_a_level_that_does_not_exist_is_named() -> None:
    with pytest.raises(InputError, match="test/echo has no difficulty 4; choose one of 1"):
        await Echo(Scripted()).reset(seed=0, options={"difficulty": 4})


async def test_closing_an_environment_closes_its_verifier() -> None:
    verifier = Scripted()
    await Echo(verifier).close()
    assert verifier.closed
