"""Gymnasium: its own checker passes for every environment, and vector environments work."""

from __future__ import annotations

from importlib.metadata import entry_points

import gymnasium
import pytest
from gymnasium.utils.env_checker import check_env

import assay
from assay_datasets import InputError
from assay_envs import env_registry, make
from assay_envs.gymnasium_adapter import UnicodeText, gymnasium_id
from assay_sandbox import Sandbox

IDS = sorted(entry_points(group="assay.envs").names)  # not what other tests register
IN_PROCESS = [env_id for env_id in IDS if not env_registry.load(env_id).needs_sandbox]
NEED_SANDBOX = [env_id for env_id in IDS if env_id not in IN_PROCESS]


@pytest.mark.parametrize("env_id", IN_PROCESS)
def test_gymnasiums_own_checker_passes(env_id: str) -> None:
    assert gymnasium_id(env_id) in assay.register_gymnasium()
    env = gymnasium.make(gymnasium_id(env_id), render_mode="ansi")
    check_env(env.unwrapped)
    env.close()


@pytest.mark.parametrize("env_id", NEED_SANDBOX)
def test_gymnasiums_own_checker_passes_where_code_runs(env_id: str, box: Sandbox) -> None:
    env = gymnasium.make(gymnasium_id(env_id), sandbox=box)
    check_env(env.unwrapped, skip_render_check=True, skip_close_check=True)
    env.close()


@pytest.mark.parametrize("mode", ["sync", "async"])
def test_vector_environments_play_the_tasks_of_their_seeds(mode: str) -> None:
    native = make("math/linear")
    tasks = [native.generate(seed, 2) for seed in (1, 2, 3)]
    vector = gymnasium.make_vec(
        gymnasium_id("math/linear"), num_envs=3, vectorization_mode=mode, difficulty=2
    )
    try:
        observations, _ = vector.reset(seed=[1, 2, 3])
        assert observations == tuple(task.prompt[0]["content"] for task in tasks)
        actions = (native.oracle(tasks[0]), "1000", native.oracle(tasks[2]))
        _, rewards, terminated, truncated, info = vector.step(actions)
        assert rewards.tolist() == [1.0, 0.0, 1.0]
        assert terminated.all()
        assert not truncated.any()
        assert list(info["outcome"]) == ["correct", "incorrect", "correct"]
    finally:
        vector.close()


@pytest.mark.parametrize("env_id", IN_PROCESS)
def test_every_environment_plays_in_a_vector_until_its_oracles_have_won(env_id: str) -> None:
    _oracles_win_in_a_vector(env_id)


@pytest.mark.parametrize("env_id", NEED_SANDBOX)
def test_in_a_vector_environments_may_share_a_sandbox(env_id: str, box: Sandbox) -> None:
    _oracles_win_in_a_vector(env_id, sandbox=box)


def _oracles_win_in_a_vector(env_id: str, **settings: Sandbox) -> None:
    native = make(env_id, **settings)
    level = min(native.levels)
    tasks = [native.generate(seed, level) for seed in (1, 2)]
    turns = [
        native.oracle(task).split("\n") if native.max_turns > 1 else [native.oracle(task)]
        for task in tasks
    ]
    vector = gymnasium.make_vec(
        gymnasium_id(env_id), num_envs=2, vectorization_mode="sync", difficulty=level, **settings
    )
    vector.reset(seed=[1, 2])
    won: dict[int, str] = {}
    for turn in range(max(map(len, turns))):
        actions = tuple(each[turn] if turn < len(each) else "" for each in turns)
        _, _, terminated, truncated, info = vector.step(actions)
        for place in range(2):
            if (terminated | truncated)[place]:
                won.setdefault(place, info["outcome"][place])
    vector.close()
    assert won == {0: "correct", 1: "correct"}


def test_options_choose_the_level_and_info_is_plain() -> None:
    env = gymnasium.make("assay_envs.gymnasium_adapter:assay/logic-countdown-v0")
    observation, info = env.reset(seed=5, options={"difficulty": 3})
    task = make("logic/countdown").generate(5, 3)
    assert observation == task.prompt[0]["content"]
    assert info["task_id"] == task.id
    *_, info = env.step("1")
    assert info == {
        "rewards": {"outcome": 0.0},
        "outcome": "incorrect",
        "score": 0.0,
        "reason": "rule_broken",
    }
    with pytest.raises(InputError, match="no difficulty 9"):
        env.reset(options={"difficulty": 9})


def test_a_prompt_that_is_too_long_is_refused_and_never_cut() -> None:
    env = gymnasium.make("assay/logic-countdown-v0", max_length=10)
    with pytest.raises(InputError, match="above 10; make it with a larger max_length"):
        env.unwrapped.reset(seed=1)


def test_any_text_is_in_the_space_up_to_its_length() -> None:
    space = UnicodeText(6)
    assert all(text in space for text in ("", "a\n\t", "日本語", "🙂", "\ud800"))
    assert all(other not in space for other in ("1234567", 3, None))
    space.seed(1)
    assert all(space.sample() in space for _ in range(20))
