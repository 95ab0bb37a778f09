"""Supervised fine-tuning data: worked solutions that the environments write themselves.

Example ``i`` of a run is a pure function of (suite, seed, i), so a resumed run sees the same
examples in the same order without any stored state.
"""

from __future__ import annotations

from dataclasses import dataclass as plain_dataclass
from typing import TYPE_CHECKING

from pydantic import ConfigDict, Field
from pydantic.dataclasses import dataclass

from assay_trainer.chat import Chat
from assay_trainer.optim import OptimConfig

if TYPE_CHECKING:
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
    """One supervised sequence: prompt and response ids, and where the response begins."""

    tokens: tuple[int, ...]
    response_start: int


class SFTData:
    """Worked solutions of a suite's training split, by index."""

    def __init__(self, suite: Suite, chat: Chat, seed: int) -> None:
        self.suite = suite
        self.chat = chat
        self.seed = seed

    def example(self, index: int) -> Example:
        prompt, solution = solved_task(self.suite, self.seed, index)
        prompt_ids = self.chat.prompt_ids(prompt)
        return Example((*prompt_ids, *self.chat.response_ids(solution)), len(prompt_ids))

    def batch(self, step: int, size: int) -> list[Example]:
        """The examples of one step."""
        return [self.example(step * size + i) for i in range(size)]


def solved_task(suite: Suite, seed: int, index: int) -> tuple[list[dict[str, str]], str]:
    """Prompt messages and worked solution of the index-th training task."""
    task = suite.task(suite.spec("train", index, seed))
    return list(task.prompt), suite.environment(task.env).solution(task)


def tokenizer_texts(suite: Suite, seed: int, count: int) -> list[str]:
    """Prompts and solutions a tokenizer is trained on."""
    texts: list[str] = []
    for index in range(count):
        prompt, solution = solved_task(suite, seed, index)
        texts += [message["content"] for message in prompt]
        texts.append(solution)
    return texts
