"""MultiTurn and ToolUse: the state answers, rewards add up, episodes end as they should."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, ClassVar

import pytest

from assay_datasets import InputError, Json, Message, Task
from assay_envs import Game, GameVerifier, MultiTurn, Turn, make
from assay_envs.tool_use import called_code, shown
from assay_sandbox import Cell, Sandbox
from assay_verifiers import Verdict


class Count(Game):
    """Count from 1 to the goal; a step forward pays a tenth."""

    max_turns = 4

    def __init__(self, goal: int) -> None:
        self.goal = goal
        self.at = 0

    def play(self, action: str) -> Turn:
        if action != str(self.at + 1):
            return Turn(f"not after {self.at}", {"progress": 0.0})
        self.at += 1
        verdict = Verdict.correct() if self.at == self.goal else None
        return Turn(f"at {self.at}", {"progress": 0.1}, verdict)


class CountVerifier(GameVerifier):
    name = "test/count"

    def begin(self, answer: Json) -> Game:
        return Count(int(answer["goal"]))


class Counting(MultiTurn):
    id = "test/count"
    levels: ClassVar = {1: "to three"}
    max_turns = 4

    def __init__(self) -> None:
        super().__init__(CountVerifier())

    def generate(self, seed: int, difficulty: int) -> Task:
        prompt = ({"role": "user", "content": "Count to 3."},)
        return Task(self.id, prompt, {"goal": 3}, self.id, metadata={"difficulty": difficulty})

    def act(self, task: Task, messages: Sequence[Message]) -> str:
        return str(len(messages) // 2 + 1)


async def play(env: MultiTurn, actions: Sequence[str]) -> list[tuple[Any, ...]]:
    await env.reset(seed=0)
    return [await env.step(action) for action in actions]


async def test_every_action_is_answered_and_rewards_are_broken_down() -> None:
    first, second, last = await play(Counting(), ["1", "<think>3?</think> 2 ", "3"])
    assert first[0] == [{"role": "user", "content": "at 1"}]
    assert first[1:] == (0.1, False, False, {"rewards": {"progress": 0.1}})
    assert second[0] == [{"role": "user", "content": "at 2"}]
    assert last[1] == pytest.approx(1.1)
    assert last[2:4] == (True, False)
    assert last[4]["rewards"] == {"progress": 0.1, "outcome": 1.0}
    assert last[4]["verdict"].outcome == "correct"


async def test_a_game_that_runs_too_long_is_truncated_and_not_terminated() -> None:
    env = Counting()
    *_, last = await play(env, ["1", "x", "x", "x"])
    assert last[1:4] == (0.0, False, True)
    assert last[4]["verdict"].reason == "too_long"
    with pytest.raises(RuntimeError, match="after the episode ended"):
        await env.step("2")


async def test_the_oracle_plays_by_the_messages_it_has_seen() -> None:
    env = Counting()
    assert env.oracle(env.generate(0, 1)) == "1\n2\n3"


@pytest.mark.parametrize(
    ("response", "reason"),
    [
        ("1\n2\n3", "match"),
        ("```\n1\n2\n3\n```", "match"),
        ("<think>1\n9</think>\n\n 1\n2 \n\n3\n", "match"),
        ("1\nx\n2\n3", "match"),
        ("1\n2", "no_answer"),
        ("", "no_answer"),
        ("<think>1\n2\n3</think>", "no_answer"),
        ("1\n2\n3\n4", "rule_broken"),
        ("1\nx\nx\n2\n3", "too_long"),
    ],
)
def test_a_response_of_one_action_a_line_is_replayed(response: str, reason: str) -> None:
    assert CountVerifier().check(response, {"goal": 3}).reason == reason


async def test_an_answer_that_is_no_game_is_undecided_or_refused() -> None:
    assert CountVerifier().check("1", {"goal": "many"}).reason == "bad_gold"
    task = Task("test/count", ({"role": "user", "content": "?"},), {}, "test/count")
    with pytest.raises(InputError, match="the task's answer is no game"):
        await Counting().reset(seed=0, options={"task": task})


CALL = '<tool_call>{"name": "python", "arguments": {"code": "print(1)"}}</tool_call>'


@pytest.mark.parametrize(
    ("action", "code"),
    [
        ("```python\nprint(1)\n```", "print(1)"),
        ("First\n```py\nx=1\n```\nthen\n```python\nprint(x)\n```", "print(x)"),
        (CALL, "print(1)"),
        ("<think>```python\nprint(1)\n```</think>42", None),
        ("42", None),
        ("```\n42\n```", None),
        ("```python\nprint(1)", None),
        ('<tool_call>{"name": "bash", "arguments": {"code": "ls"}}</tool_call>', None),
        ("<tool_call>{</tool_call>", None),
        ("<tool_call>[]</tool_call>", None),
        ('<tool_call>{"name": "python", "arguments": {"code": 1}}</tool_call>', None),
    ],
)
def test_a_call_is_a_complete_python_block_or_tool_call(action: str, code: str | None) -> None:
    assert called_code(action) == code


def test_what_a_program_printed_is_shown_and_the_middle_of_much_left_out() -> None:
    assert shown(Cell("ok", stdout=b"4\n")) == "4"
    assert shown(Cell("ok")) == "[no output]"
    assert "characters left out" in shown(Cell("ok", stdout=b"a" * 10_000))
    ended = shown(Cell("memory", error="the cell was killed", alive=False))
    assert "memory" in ended
    assert "starts a new one" in ended


async def test_a_program_runs_in_the_episodes_own_interpreter(box: Sandbox) -> None:
    """Three episodes over two sessions: each keeps its own names, in turn and after a crash."""
    with Sandbox(box.backend, slots=1, spares=0, max_sessions=2) as small:
        envs = [make("math/with_python", sandbox=small) for _ in range(3)]
        for place, env in enumerate(envs):
            await env.reset(seed=place)
            await env.step(f"```python\nx = {place}\n```")
        for place, env in enumerate(envs):
            [told], *_ = await env.step("```python\nx += 10\nprint(x)\n```")
            assert told["content"] == str(place + 10)
        [told], reward, *ends, _ = await envs[0].step("```python\nimport os; os._exit(1)\n```")
        assert "starts a new one" in told["content"]
        assert (reward, ends) == (0.0, [False, False])
        [told], *_ = await envs[0].step("```python\nprint(x)\n```")
        assert "NameError" in told["content"]
        for env in envs:
            await env.close()


async def test_the_final_answer_ends_the_episode_and_too_many_calls_cut_it_short(
    box: Sandbox,
) -> None:
    env = make("math/with_python", sandbox=box)
    task = env.generate(1, 2)
    observation, _ = await env.reset(seed=1, options={"difficulty": 2})
    call = env.act(task, observation)
    observation, *_ = await env.step(call)
    assert observation[0]["content"] == task.answer
    _, reward, terminated, truncated, _ = await env.step(task.answer)
    assert (reward, terminated, truncated) == (1.0, True, False)
    await env.reset(seed=1)
    steps = [await env.step("```python\n0\n```") for _ in range(env.max_turns)]
    assert [step[3] for step in steps] == [False] * (env.max_turns - 1) + [True]
    assert steps[-1][4]["verdict"].reason == "too_long"
    await env.close()
