"""Supervised fine-tuning data: worked solutions that the environments write themselves.

A game is shown as the episode that its oracle plays, turn by turn, and only the actions are learnt.
Example ``i`` of a run is a pure function of (suite, seed, i), so a resumed run sees the same
examples in the same order without any stored state.
"""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass as plain_dataclass
from typing import TYPE_CHECKING

from pydantic import ConfigDict, Field
from pydantic.dataclasses import dataclass

from assay_datasets import Message, Task
from assay_trainer.chat import Chat
from assay_trainer.optim import OptimConfig
from assay_trainer.room import TooLong

if TYPE_CHECKING:
    from assay_envs.environment import Environment
    from assay_envs.suite import Suite


@dataclass(frozen=True, kw_only=True, config=ConfigDict(extra="forbid"))
class SFTConfig:
    """The supervised stage.

    Attributes:
        steps: optimiser steps.
        examples_per_step: worked solutions per step.
        optim: its own optimiser; the RL stage starts a new one.
    """

    steps: int = Field(gt=0)
    examples_per_step: int = Field(default=96, gt=0)
    optim: OptimConfig = Field(
        default_factory=lambda: OptimConfig(
            lr=3e-3, betas=(0.9, 0.95), weight_decay=0.01, warmup_steps=20, schedule="cosine"
        )
    )


@plain_dataclass(frozen=True)
class Example:
    """One supervised sequence.

    Attributes:
        tokens: ids of the prompt and of all that follows.
        policy: per token, whether the policy writes it; only these are learnt.
    """

    tokens: tuple[int, ...]
    policy: tuple[bool, ...]


@plain_dataclass(frozen=True)
class Exchange:
    """What an episode's environment says, and what its oracle answers."""

    observation: Sequence[Message]
    action: str


class SFTData:
    """Worked solutions of a suite's training split, by index."""

    def __init__(self, suite: Suite, chat: Chat, seed: int) -> None:
        self.suite = suite
        self.chat = chat
        self.seed = seed

    def example(self, index: int) -> Example:
        """The tokens of a rollout in which the policy has written the oracle's actions."""
        tokens: list[int] = []
        policy: list[bool] = []
        for exchange in solved_task(self.suite, self.seed, index):
            read = self.chat.turn_ids if tokens else self.chat.prompt_ids
            told = read(exchange.observation)
            written = self.chat.response_ids(exchange.action)
            tokens += [*told, *written]
            policy += [False] * len(told) + [True] * len(written)
        return Example(tuple(tokens), tuple(policy))

    def batch(self, step: int, size: int, capacity: int) -> tuple[list[Example], list[TooLong]]:
        """The examples of one step that are within ``capacity`` tokens, and those that are not."""
        examples: list[Example] = []
        too_long: list[TooLong] = []
        for index in range(step * size, (step + 1) * size):
            example = self.example(index)
            if len(example.tokens) <= capacity:
                examples.append(example)
            else:
                env = self.suite.spec("train", index, self.seed).env
                too_long.append(TooLong(env, len(example.tokens)))
        return examples, too_long


def solved_task(suite: Suite, seed: int, index: int) -> list[Exchange]:
    """The index-th training task with its worked solution, a game turn by turn.

    An episode in the sandbox is not played: its oracle's answer needs no tool.
    """
    task = suite.task(suite.spec("train", index, seed))
    env = suite.environment(task.env)
    if env.max_turns == 1 or env.needs_sandbox:
        return [Exchange(task.prompt, env.solution(task))]
    return asyncio.run(_played(env, task))


async def _played(env: Environment, task: Task) -> list[Exchange]:
    """The oracle's episode."""
    observation, _ = await env.reset(seed=0, options={"task": task})
    exchanges: list[Exchange] = []
    seen: list[Message] = []
    over = False
    while not over:
        seen += observation
        exchanges.append(Exchange(observation, env.act(task, seen)))
        seen.append({"role": "assistant", "content": exchanges[-1].action})
        observation, _, terminated, truncated, _ = await env.step(exchanges[-1].action)
        over = terminated or truncated
    return exchanges


def tokenizer_texts(suite: Suite, seed: int, count: int) -> list[str]:
    """What a tokenizer is trained on: prompts, solutions, and what games answer."""
    return [
        text
        for index in range(count)
        for exchange in solved_task(suite, seed, index)
        for text in (*(message["content"] for message in exchange.observation), exchange.action)
    ]
