"""PrimeIntellect's verifiers (v1), and so prime-rl: a taskset, and the environment that plays it.

verifiers finds a taskset by the name of an importable module, so yours is one line in a file of
its own, say ``assay_tasks.py``:

    from assay.adapters.prime import AssayEnv, AssayTaskset, __all__

and then ``--env.taskset.id assay-tasks --env.taskset.env logic/countdown``. Single-turn and
multi-turn environments are played alike: what the model writes is an action, what comes back is the
next turn. The answer is never in the prompt, and on a server (``url``) it is not here at all.

Rewards are recorded as ``assay``. An episode that could not be judged ends in an error, which
verifiers records on the episode and a trainer drops or repeats; it is never a reward of 0.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import verifiers.v1 as vf
from verifiers.v1.harnesses.null import NullHarnessConfig

from assay.adapters.episodes import Row, Source
from assay.adapters.scoring import Undecided
from assay_datasets import Message, Split

__all__ = ["AssayEnv", "AssayTaskset"]


class AssayConfig(vf.TasksetConfig):  # type: ignore[misc]
    """Which tasks: ``--env.taskset.*``."""

    env: str = "logic/countdown"
    """An environment's id; `assay list envs` shows them."""
    n: int = 1000
    """How many tasks."""
    seed: int = 0
    difficulty: int = 1
    split: Split | None = "train"
    url: str | None = None
    """The server that makes the tasks and judges; without, this process does."""
    key: str | None = None


class AssayData(vf.TaskData):  # type: ignore[misc]
    """A task on the wire: its id, and where it is judged in this process, all of it."""

    row_id: str
    task: str = ""


class AssayTask(vf.Task[AssayData, vf.State, vf.TaskConfig]):  # type: ignore[misc]
    """Judged by the environment that plays it."""


class AssayTaskset(vf.Taskset[AssayTask, AssayConfig]):  # type: ignore[misc]
    """Tasks of one environment of Assay."""

    def load(self) -> Iterator[AssayTask]:
        wanted = self.config
        for row in _source(wanted).rows(wanted.n, wanted.seed, wanted.difficulty, wanted.split):
            data = AssayData(id=row.id, row_id=row.id, task=row.task, prompt=row.prompt)
            yield AssayTask(data, self.config.task)


class AssayEnvConfig(vf.EnvConfig):  # type: ignore[misc]
    """One agent; by default a plain chat, as the tasks need no tools."""

    agent: vf.AgentConfig = vf.AgentConfig(harness=NullHarnessConfig(id="null"))


class AssayEnv(vf.Env[AssayEnvConfig]):  # type: ignore[misc]
    """Plays a task with the agent, turn by turn."""

    async def run(self, task: AssayTask, agents: Any) -> None:
        """One episode; :class:`Undecided` where it could not be judged."""
        row = Row(task.data.row_id, [], task.data.task)
        episode = await _source(self.config.taskset).play(row)
        total = 0.0
        try:
            async with agents.agent.interaction(task) as interaction:
                segment = await interaction.turn()
                while not segment.terminated:
                    observation, reward, *over, info = await episode.astep(segment.last_reply)
                    if info.get("undecided"):
                        raise Undecided(f"task {row.id} could not be judged: {info['verdict']}")
                    total += reward
                    if any(over):
                        break
                    segment = await interaction.turn(_text(observation))
        finally:
            await episode.aclose()
        if not interaction.trace.errors:
            interaction.trace.record_reward("assay", total, 1.0)


def _source(config: AssayConfig) -> Source:
    return Source(config.env, config.url, config.key)


def _text(observation: list[Message]) -> str:
    return "\n\n".join(message["content"] for message in observation)
