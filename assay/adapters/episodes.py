"""Episodes of one environment, here or on a server, played alike.

Here a row is a whole task; from a server it is an id and a prompt, and the answer stays there.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import islice
from typing import Any, Protocol

from assay.adapters.scoring import client_of
from assay_datasets import Json, Message, Split, Task

Reply = tuple[list[Message], float, bool, bool, dict[str, Json]]


class Episode(Protocol):
    """One episode; ``assay.client.Episode`` is one."""

    observation: list[Message]

    async def astep(self, action: str) -> Reply:
        """Play one action; ``info`` is JSON."""

    async def aclose(self) -> None:
        """Give back what it holds."""


@dataclass(frozen=True)
class Row:
    """A task to play: its id, its prompt, and where it is played here, all of it as JSON text."""

    id: str
    prompt: list[Message]
    task: str = ""


@dataclass(frozen=True)
class Source:
    """Where tasks and episodes of ``env`` come from.

    Attributes:
        env: an environment's id.
        url, key: of the server that plays; None: this process does.
    """

    env: str
    url: str | None = None
    key: str | None = None

    def rows(self, n: int, seed: int, difficulty: int, split: Split | None) -> Iterator[Row]:
        """``n`` tasks, the same for the same arguments."""
        if self.url is not None:
            tasks = client_of(self.url, self.key).generate(
                self.env, n, seed=seed, difficulty=difficulty, split=split
            )
            yield from (Row(task.id, task.prompt) for task in tasks)
            return
        from assay.front import generate
        from assay_envs import make

        stream = generate(make(self.env), seed=seed, difficulty=difficulty, split=split)
        for task in islice(stream, n):
            yield Row(task.id, list(task.prompt), json.dumps(task.to_json()))

    async def play(self, row: Row) -> Episode:
        """Begin an episode over a row's task."""
        if self.url is not None:
            return await client_of(self.url, self.key).atask_session(row.id)
        return await _begun(self.env, 0, {"task": Task.from_json(json.loads(row.task))})

    async def begin(self, seed: int, difficulty: int) -> Episode:
        """Begin the episode of a seed."""
        if self.url is not None:
            client = client_of(self.url, self.key)
            return await client.asession(self.env, seed=seed, difficulty=difficulty)
        return await _begun(self.env, seed, {"difficulty": difficulty})


class _Here:
    """An episode in this process."""

    def __init__(self, env: Any, observation: list[Message]) -> None:
        self._env = env
        self.observation = observation

    async def astep(self, action: str) -> Reply:
        observation, reward, terminated, truncated, info = await self._env.step(action)
        self.observation = observation
        if "verdict" in info:
            info = {**info, "verdict": info["verdict"].to_json()}
        return observation, reward, terminated, truncated, info

    async def aclose(self) -> None:
        await self._env.close()


async def _begun(env: str, seed: int, options: dict[str, Any]) -> Episode:
    from assay_envs import make

    made = make(env)
    observation, _ = await made.reset(seed=seed, options=options)
    return _Here(made, observation)
