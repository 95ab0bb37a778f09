"""Maze walk: the maze stays hidden, walls lose, exploring arrives in time."""

from __future__ import annotations

import pytest

from assay_datasets import InputError, Task, derive_random
from assay_envs import CertificateError
from assay_envs.logic.maze_walk import MazeWalk

ENV = MazeWalk()
TASK = Task(
    env=ENV.id,
    prompt=({"role": "user", "content": "walk"},),
    answer={"plan": ["#######", "#S#...#", "#.#.#.#", "#...#G#", "#######"]},
    verifier=ENV.id,
)

GAMES = [
    ("D\nR\nU\nR\nD", "match"),
    ("down\nRIGHT\n↑\n`R`\n(d)", "match"),
    ("D\nlook around\nR\nU\nR\nD", "match"),
    ("D\nR\nU\nR", "no_answer"),
    ("D\nR\nU\nR\nD\nD", "rule_broken"),
    ("R", "rule_broken"),
    ("D\nR\nR", "rule_broken"),
    ("DRURD", "no_answer"),
    ("D\nU\n" * 40, "too_long"),
    ("", "no_answer"),
    ("<think>D\nR\nU\nR\nD</think>", "no_answer"),
]


@pytest.mark.parametrize(("response", "reason"), GAMES)
def test_a_game_is_replayed_move_by_move(response: str, reason: str) -> None:
    assert ENV.verifier.check(response, TASK.answer).reason == reason


async def test_an_episode_tells_where_one_is_and_what_is_open() -> None:
    await ENV.reset(seed=0, options={"task": TASK})
    told = []
    for action in ("D", "<think>RRR</think>right", "two moves: U U", "U", "R"):
        observation, reward, terminated, truncated, _ = await ENV.step(action)
        told.append(observation[0]["content"].removeprefix("You are in "))
        assert (reward, terminated, truncated) == (0.0, False, False)
    goal = "the goal is in row 2, column 3."
    assert told[0] == f"row 2, column 1; {goal} Open: up (U), right (R)."
    assert told[2].startswith("That is not one move")
    assert told[4] == f"row 1, column 3; {goal} Open: down (D), left (L)."
    _, reward, terminated, _, info = await ENV.step("D")
    assert (reward, terminated, info["verdict"].outcome) == (1.0, True, "correct")


async def test_a_wall_ends_the_game_and_idling_is_cut_short() -> None:
    await ENV.reset(seed=0, options={"task": TASK})
    _, reward, terminated, truncated, info = await ENV.step("L")
    assert (reward, terminated, truncated) == (0.0, True, False)
    assert info["verdict"].reason == "rule_broken"
    await ENV.reset(seed=0, options={"task": ENV.generate(0, 1)})
    for _ in range(31):
        assert (await ENV.step("hm"))[2:4] == (False, False)
    assert (await ENV.step("hm"))[2:4] == (False, True)


@pytest.mark.parametrize("level", ENV.levels)
def test_right_walks_are_right_and_near_misses_wrong(level: int) -> None:
    for seed in range(12):
        task = ENV.generate(seed, level)
        ENV.recheck(task)
        for response in (ENV.oracle(task), *ENV.equivalents(task)):
            assert ENV.verifier.check(response, task.answer).outcome == "correct"
        wrong = [*ENV.near_misses(task), *ENV.trivial(task)]
        for response in [*wrong, ENV.guess(task, derive_random(seed))]:
            assert ENV.verifier.check(response, task.answer).outcome == "incorrect"


@pytest.mark.parametrize("level", ENV.levels)
async def test_the_oracle_plays_from_what_it_was_told(level: int) -> None:
    task = ENV.generate(level, level)
    messages, _ = await ENV.reset(seed=0, options={"task": task})
    terminated = truncated = False
    while not (terminated or truncated):
        action = ENV.act(task, messages)
        assert f"({action})" in messages[-1]["content"]
        observation, reward, terminated, truncated, _ = await ENV.step(action)
        messages += [{"role": "assistant", "content": action}, *observation]
    assert (terminated, reward) == (True, 1.0)


def test_the_prompt_hides_the_maze() -> None:
    for seed in range(20):
        content = ENV.generate(seed, 2).prompt[0]["content"]
        assert "#" not in content
        assert len(content.splitlines()) == 3


def test_a_false_certificate_fails_its_recheck() -> None:
    task = ENV.generate(0, 2)
    metadata = task.metadata | {"certificate": {"shortest": 2, "turns": 2}}
    with pytest.raises(CertificateError, match="shortest"):
        ENV.recheck(Task.from_json(task.to_json() | {"metadata": metadata}))


@pytest.mark.parametrize("size", [2, 21, "9", True])
def test_sizes_that_cannot_be_are_refused(size: object) -> None:
    with pytest.raises(InputError, match="size"):
        ENV.draw(0, 1, {"size": size})
