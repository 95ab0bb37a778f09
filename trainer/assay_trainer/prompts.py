"""Prompts: which problem a group of rollouts is given next.

The suite's blend decides the environment. The level is drawn evenly over the environment's range,
or toward those that the policy passes now and then, by the rates at which its rollouts were judged
correct. What comes next depends on the seed and on what was recorded, and a resumed run goes on as
if it had never stopped.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Literal

from assay_datasets import InputError, Json, TaskSpec
from assay_envs.sampler import Sampler
from assay_envs.suite import Suite

Levels = Literal["even", "adaptive"]

_SCORES = {"correct": 1.0, "incorrect": 0.0}


class Prompts:
    """The endless stream of a run's problems.

    Args:
        suite: where they come from.
        seed: of the run.
        levels: ``even``, or ``adaptive`` to learn from what is recorded.
    """

    def __init__(self, suite: Suite, seed: int, levels: Levels) -> None:
        self.suite = suite
        self.seed = seed
        self.sampler = Sampler(suite, seed) if levels == "adaptive" else None
        self.cursor = 0

    def next(self) -> TaskSpec:
        """The next problem."""
        place, self.cursor = self.cursor, self.cursor + 1
        return self.sampler.draw() if self.sampler else self.suite.spec("train", place, self.seed)

    def record(self, spec: TaskSpec, outcomes: Iterable[str]) -> None:
        """Learn from the outcomes of a problem's rollouts; an undecided one teaches nothing."""
        if self.sampler:
            for outcome in outcomes:
                self.sampler.record(spec, _SCORES.get(outcome))

    def state(self) -> Json:
        """All that the next problem depends on."""
        return {
            "cursor": self.cursor,
            "sampler": self.sampler.state() if self.sampler else None,
        }

    def load(self, state: Json) -> None:
        """Go on from a state of the same run.

        Raises:
            InputError: the run was begun with other levels, suite or seed.
        """
        self.cursor = int(state["cursor"])
        if self.sampler and state["sampler"] is None:
            raise InputError('the run was begun with rl.levels = "even"; set that back')
        if self.sampler:
            self.sampler.load(state["sampler"])
