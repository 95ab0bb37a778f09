"""Supervised examples: what a rollout would hold if the policy had written the solution."""

from __future__ import annotations

from itertools import groupby
from typing import Any

import pytest

from assay_envs.suite import Suite
from assay_trainer.chat import Chat
from assay_trainer.sft import Example, SFTData, solved_task, tokenizer_texts

GAMES = ("logic/mastermind", "logic/nim", "logic/maze_walk")


def suite_of(tmp_path: Any, env: str) -> Suite:
    path = tmp_path / "suite.toml"
    path.write_text(f'[[env]]\nid = "{env}"\ndifficulty = 1\n')
    return Suite.load(path)


def actions(chat: Chat, example: Example) -> list[str]:
    """The runs of tokens that the policy is to write, as text."""
    runs = groupby(zip(example.policy, example.tokens, strict=True), key=lambda pair: pair[0])
    return [chat.text(token for _, token in run) for written, run in runs if written]


@pytest.mark.parametrize("env", GAMES)
def test_a_game_is_learnt_turn_by_turn_as_its_oracle_plays_it(
    tmp_path: Any, chat: Chat, env: str
) -> None:
    suite = suite_of(tmp_path, env)
    for index in range(5):
        task = suite.task(suite.spec("train", index, 3))
        written = actions(chat, SFTData(suite, chat, 3).example(index))
        assert written == suite.environment(env).oracle(task).split("\n")


def test_a_game_in_tokens_is_what_the_generator_would_have_written(
    tmp_path: Any, chat: Chat
) -> None:
    suite = suite_of(tmp_path, "logic/mastermind")
    exchanges = solved_task(suite, 3, 1)
    assert len(exchanges) > 1
    messages: list[dict[str, str]] = []
    for exchange in exchanges:
        messages += [*exchange.observation, {"role": "assistant", "content": exchange.action}]
    whole = chat.tokenizer.apply_chat_template(messages, tokenize=False)
    example = SFTData(suite, chat, 3).example(1)
    assert chat.tokenizer.decode(example.tokens) == whole
    assert example.tokens[-1] == chat.stop_ids[0]


def test_a_single_turn_is_its_worked_solution(tmp_path: Any, chat: Chat) -> None:
    suite = suite_of(tmp_path, "math/linear")
    task = suite.task(suite.spec("train", 0, 3))
    [written] = actions(chat, SFTData(suite, chat, 3).example(0))
    assert written == suite.environment("math/linear").solution(task)


def test_a_tool_is_not_needed_to_show_an_answer(tmp_path: Any, chat: Chat) -> None:
    suite = suite_of(tmp_path, "math/with_python")
    [exchange] = solved_task(suite, 3, 0)
    task = suite.task(suite.spec("train", 0, 3))
    assert exchange.action == suite.environment("math/with_python").solution(task)


def test_the_tokenizer_sees_what_games_answer(tmp_path: Any) -> None:
    texts = tokenizer_texts(suite_of(tmp_path, "logic/mastermind"), 3, 4)
    assert any("exact" in text and len(text) < 40 for text in texts)


def test_a_step_is_made_of_the_examples_that_fit(tmp_path: Any, chat: Chat) -> None:
    data = SFTData(suite_of(tmp_path, "math/linear"), chat, 3)
    lengths = [len(data.example(index).tokens) for index in range(8, 16)]
    capacity = max(lengths) - 1
    examples, too_long = data.batch(1, 8, capacity)
    assert [len(example.tokens) for example in examples] == [n for n in lengths if n <= capacity]
    assert [problem.tokens for problem in too_long] == [n for n in lengths if n > capacity]
    assert {problem.env for problem in too_long} == {"math/linear"}
