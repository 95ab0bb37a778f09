"""OpenEnv: a server over any environment of Assay, which every OpenEnv client can play.

    # server.py                             uvicorn server:app
    from assay.adapters.openenv import app_of
    app = app_of("logic/countdown")

An action is ``{"text": …}``, the model's words; an observation holds the chat ``messages`` that are
new, and ``info`` (on the last step ``verdict``). ``reset`` takes a ``seed`` and a ``difficulty``.
The answer is in neither. An episode that could not be judged ends with ``reward`` null and
``info.undecided``.
"""

from __future__ import annotations

import asyncio
import secrets
from functools import partial
from typing import Any

from openenv.core.env_server import create_app
from openenv.core.env_server.interfaces import Environment
from openenv.core.env_server.types import Action, Observation, State
from pydantic import Field

from assay.adapters.episodes import Episode, Source
from assay_datasets import Json, Message

__all__ = ["AssayAction", "AssayObservation", "app_of"]


class AssayAction(Action):  # type: ignore[misc]
    """What the model says."""

    text: str


class AssayObservation(Observation):  # type: ignore[misc]
    """What it is shown next."""

    messages: list[Message] = Field(default_factory=list)
    info: dict[str, Json] = Field(default_factory=dict)


class AssayEnvironment(Environment[AssayAction, AssayObservation, State]):  # type: ignore[misc]
    """One episode at a time, over an environment of Assay here or on a server."""

    SUPPORTS_CONCURRENT_SESSIONS = True

    def __init__(self, source: Source, difficulty: int) -> None:
        super().__init__()
        self._source = source
        self._difficulty = difficulty
        self._episode: Episode | None = None
        self._loop: asyncio.AbstractEventLoop | None = None
        self._state = State()

    @property
    def state(self) -> State:
        """Which episode, and how many steps into it."""
        return self._state

    async def reset_async(
        self, seed: int | None = None, episode_id: str | None = None, **options: Any
    ) -> AssayObservation:
        """Begin the episode of ``seed``; without one, any."""
        await self._end()
        self._loop = asyncio.get_running_loop()
        seed = secrets.randbits(31) if seed is None else seed
        difficulty = int(options.get("difficulty", self._difficulty))
        self._episode = await self._source.begin(seed, difficulty)
        self._state = State(episode_id=episode_id or secrets.token_hex(8), step_count=0)
        return AssayObservation(messages=self._episode.observation)

    async def step_async(
        self, action: AssayAction, timeout_s: float | None = None, **options: Any
    ) -> AssayObservation:
        """Play one action."""
        if self._episode is None:
            raise RuntimeError("step before reset, or after the episode ended")
        messages, reward, *over, info = await self._episode.astep(action.text)
        self._state.step_count += 1
        if any(over):
            await self._end()
        return AssayObservation(
            messages=messages,
            info=info,
            done=any(over),
            reward=None if info.get("undecided") else reward,
        )

    def reset(self, seed: int | None = None, **options: Any) -> AssayObservation:
        raise NotImplementedError("OpenEnv's server awaits reset_async")

    def step(self, action: AssayAction, **options: Any) -> AssayObservation:
        raise NotImplementedError("OpenEnv's server awaits step_async")

    def close(self) -> None:
        """End the episode; OpenEnv calls this from a thread of its own, when a session is over."""
        if self._loop is not None and self._loop.is_running():
            asyncio.run_coroutine_threadsafe(self._end(), self._loop)

    async def _end(self) -> None:
        episode, self._episode = self._episode, None
        if episode is not None:
            await episode.aclose()


def app_of(
    env: str,
    *,
    difficulty: int = 1,
    url: str | None = None,
    key: str | None = None,
    sessions: int = 64,
) -> Any:
    """The FastAPI application, for uvicorn.

    Args:
        env: an environment's id.
        difficulty: of episodes whose ``reset`` names none.
        url, key: of the Assay server that plays; without, this process does.
        sessions: WebSocket sessions at once.
    """
    make = partial(AssayEnvironment, Source(env, url, key), difficulty)
    return create_app(
        make, AssayAction, AssayObservation, env_name=env, max_concurrent_envs=sessions
    )
