"""OpenEnv's server over an environment of Assay, played by OpenEnv's own client."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import pytest

from assay_envs import make
from assay_verifiers import Verdict

openenv = pytest.importorskip("openenv.core", reason="openenv-core is not installed")
uvicorn = pytest.importorskip("uvicorn", reason="uvicorn is not installed")

COUNTDOWN = "logic/countdown"


@asynccontextmanager
async def playing(**options: Any) -> AsyncIterator[Any]:
    """A client of a server in this loop."""
    from assay.adapters.openenv import app_of

    config = uvicorn.Config(app_of(COUNTDOWN, **options), port=0, log_level="critical")
    server = uvicorn.Server(config)
    serving = asyncio.create_task(server.serve())
    async with asyncio.timeout(30):
        while not server.started:  # noqa: ASYNC110 - it tells in no other way
            await asyncio.sleep(0.05)
    port = server.servers[0].sockets[0].getsockname()[1]
    try:
        async with openenv.GenericEnvClient(base_url=f"http://127.0.0.1:{port}") as client:
            yield client
    finally:
        server.should_exit = True
        await serving


async def test_an_episode_is_played_and_paid() -> None:
    env = make(COUNTDOWN)
    task = env.generate(7, 2)
    async with playing() as client:
        begun = await client.reset(seed=7, difficulty=2)
        assert begun.observation["messages"] == list(task.prompt)
        assert (begun.reward, begun.done) == (None, False)
        assert str(task.answer) not in str(begun)
        ended = await client.step({"text": env.oracle(task)})
        assert (ended.reward, ended.done) == (1.0, True)
        assert ended.observation["info"]["verdict"]["outcome"] == "correct"
        await client.reset(seed=7)
        assert (await client.step({"text": "1"})).reward == 0.0


async def test_a_step_after_the_end_is_an_error() -> None:
    async with playing() as client:
        await client.reset(seed=1)
        await client.step({"text": "1"})
        with pytest.raises(RuntimeError, match="reset"):
            await client.step({"text": "1"})


async def test_it_may_be_played_on_a_server_of_ours(server: str) -> None:
    async with playing(url=server) as client:
        begun = await client.reset(seed=7)
        assert "make" in begun.observation["messages"][0]["content"]
        assert (await client.step({"text": "1"})).reward == 0.0


async def test_what_is_undecided_has_no_reward(monkeypatch: pytest.MonkeyPatch) -> None:
    lost = Verdict.undecided("worker_failed")
    monkeypatch.setattr(type(make(COUNTDOWN).verifier), "check", lambda *_, **__: lost)
    async with playing() as client:
        await client.reset(seed=1)
        ended = await client.step({"text": "1"})
    assert (ended.reward, ended.done) == (None, True)
    assert ended.observation["info"]["undecided"] is True
