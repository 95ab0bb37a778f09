"""Episodes of every environment: seeds decide them, and thousands run at once."""

from __future__ import annotations

import asyncio
import json
from importlib.metadata import entry_points

import pytest

from assay_datasets import InputError, Json
from assay_envs import Environment, MultiTurn, env_registry, make

IDS = sorted(entry_points(group="assay.envs").names)  # not what other tests register
MANY = 2_000


async def shown(env: Environment, seed: int, level: int) -> Json:
    observation, info = await env.reset(seed=seed, options={"difficulty": level})
    return [observation, info["task_id"]]


@pytest.mark.parametrize("env_id", IDS)
async def test_reset_honours_its_seed_and_nothing_else(env_id: str) -> None:
    env, other = make(env_id), make(env_id)
    for level in env.levels:
        seeds = [0, 1, 2**31, 2**62 + 1]
        first = [await shown(env, seed, level) for seed in seeds]
        again = [await shown(other, seed, level) for seed in reversed(seeds)]
        assert first == list(reversed(again)), "the same seed gives the same episode"
        assert len({json.dumps(each) for each in first}) == len(seeds), "no seed is ignored"
    await asyncio.gather(env.close(), other.close())


@pytest.mark.parametrize("env_id", IDS)
async def test_what_reset_gives_away_is_the_prompt_alone(env_id: str) -> None:
    env = make(env_id)
    for level in env.levels:
        task = env.generate(3, level)
        observation, info = await env.reset(seed=3, options={"difficulty": level})
        assert observation == list(task.prompt)
        assert set(info) == {"task_id", "difficulty"}
    await env.close()


async def test_two_thousand_episodes_at_once_do_not_touch_each_other() -> None:
    """Half of them answer rightly and half with their neighbour's answer, step by step in turn."""
    envs = [make("math/linear" if n % 2 else "logic/countdown") for n in range(MANY)]
    tasks = [env.generate(n, 1 + n % 5) for n, env in enumerate(envs)]
    await asyncio.gather(
        *(e.reset(seed=n, options={"difficulty": 1 + n % 5}) for n, e in enumerate(envs))
    )
    answers = [env.oracle(task) for env, task in zip(envs, tasks, strict=True)]
    right = [n % 4 < 2 for n in range(MANY)]
    said = [answers[n] if right[n] else answers[(n + 10) % MANY] for n in range(MANY)]
    steps = await asyncio.gather(*(e.step(text) for e, text in zip(envs, said, strict=True)))
    expected = [
        float(right[n] or (await env.judge(said[n], tasks[n])).outcome == "correct")
        for n, env in enumerate(envs)
    ]
    assert [step[1] for step in steps] == expected
    assert 0.45 < sum(expected) / MANY < 0.6
    assert all(step[2] for step in steps)


@pytest.mark.parametrize("env_id", [i for i in IDS if issubclass(env_registry.load(i), MultiTurn)])
async def test_many_games_at_once_each_keep_their_own_state(env_id: str) -> None:
    envs = [make(env_id) for _ in range(40)]
    tasks = [env.generate(n, 1 + n % len(env.levels)) for n, env in enumerate(envs)]
    talks = []
    for env, task in zip(envs, tasks, strict=True):
        observation, _ = await env.reset(seed=0, options={"task": task})
        talks.append(list(observation))
    playing, won = set(range(len(envs))), 0
    while playing:
        for n in sorted(playing):
            action = envs[n].act(tasks[n], talks[n])
            observation, _, terminated, truncated, info = await envs[n].step(action)
            talks[n] += [{"role": "assistant", "content": action}, *observation]
            if terminated or truncated:
                playing.discard(n)
                won += info["verdict"].outcome == "correct"
    assert won == len(envs)


async def test_what_is_no_option_is_named() -> None:
    env = make("logic/countdown")
    with pytest.raises(InputError, match="no option 'level'; known: difficulty, parameters, task"):
        await env.reset(seed=0, options={"level": 2})
    with pytest.raises(InputError, match="has no parameter 'colour'"):
        await env.reset(seed=0, options={"parameters": {"colour": 1}})
    with pytest.raises(InputError, match="no difficulty '2'"):
        await env.reset(seed=0, options={"difficulty": "2"})
