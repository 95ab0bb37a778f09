"""PrimeIntellect's verifiers playing Assay's tasks, with a model that knows some answers."""

from __future__ import annotations

import json
import sys
from collections.abc import AsyncIterator, Callable
from types import ModuleType
from typing import Any

import pytest
from aiohttp import web

from assay_datasets import Task
from assay_envs import make
from assay_verifiers import Verdict

pytest.importorskip("verifiers.v1", reason="verifiers is not installed")

import verifiers.v1 as vf
from verifiers.v1.utils.loaders import environment_class, load_environment

from assay.adapters import prime

COUNTDOWN = "logic/countdown"


@pytest.fixture
def module(monkeypatch: pytest.MonkeyPatch) -> None:
    """The file of one line that a user writes."""
    written = ModuleType("assay_tasks")
    exec("from assay.adapters.prime import AssayEnv, AssayTaskset, __all__", vars(written))  # noqa: S102
    monkeypatch.setitem(sys.modules, "assay_tasks", written)


@pytest.fixture
async def model() -> AsyncIterator[tuple[str, Callable[[str, str], None]]]:
    """An OpenAI endpoint that says what it was told to say to a prompt, else ``1+1``."""
    known: dict[str, str] = {}

    async def chat(request: web.Request) -> web.StreamResponse:
        asked = str((await request.json())["messages"][-1]["content"])
        said = next((text for prompt, text in known.items() if prompt in asked), "1+1")
        reply = web.StreamResponse(headers={"Content-Type": "text/event-stream"})
        await reply.prepare(request)
        deltas = [({"role": "assistant", "content": said}, None), ({}, "stop")]
        base = {"id": "x", "object": "chat.completion.chunk", "created": 1, "model": "m"}
        usage = {"prompt_tokens": 1, "completion_tokens": 1, "total_tokens": 2}
        chunks: list[dict[str, Any]] = [
            {**base, "choices": [{"index": 0, "delta": delta, "finish_reason": reason}]}
            for delta, reason in deltas
        ]
        for chunk in (*chunks, {**base, "choices": [], "usage": usage}):
            await reply.write(f"data: {json.dumps(chunk)}\n\n".encode())
        await reply.write(b"data: [DONE]\n\n")
        return reply

    app = web.Application()
    app.router.add_post("/v1/chat/completions", chat)
    runner = web.AppRunner(app)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    yield "http://{}:{}/v1".format(*runner.addresses[0]), known.__setitem__
    await runner.cleanup()


def environment(**taskset: Any) -> Any:
    """As verifiers makes it of a run's configuration."""
    assert environment_class("assay-tasks") is prime.AssayEnv
    given = {"id": "assay-tasks", "env": COUNTDOWN, **taskset}
    agent = {"runtime": {"type": "subprocess"}}
    config = prime.AssayEnvConfig.model_validate({"taskset": given, "agent": agent})
    return load_environment(config)


async def play(env: Any, tasks: list[Any], url: str) -> list[Any]:
    client = vf.EvalClientConfig(base_url=url, api_key_var="ASSAY_TEST_KEY")
    context = vf.ModelContext(client=client, model="m", sampling=vf.SamplingConfig())
    async with env.serving():
        return [await env.run_episode(task, context) for task in tasks]


@pytest.mark.usefixtures("module")
async def test_right_answers_are_paid_and_wrong_ones_not(
    model: tuple[str, Callable[[str, str], None]], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("ASSAY_TEST_KEY", "x")
    url, teach = model
    env = environment(n=2, difficulty=2)
    tasks = list(env.taskset)
    task = Task.from_json(json.loads(tasks[0].data.task))
    teach(task.prompt[-1]["content"], make(COUNTDOWN).oracle(task))
    episodes = await play(env, tasks, url)
    assert [episode.ok for episode in episodes] == [True, True]
    assert [episode.traces[0].reward for episode in episodes] == [1.0, 0.0]


@pytest.mark.usefixtures("module")
async def test_what_is_undecided_is_an_error_of_the_episode(
    model: tuple[str, Callable[[str, str], None]], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("ASSAY_TEST_KEY", "x")
    verifier = type(make(COUNTDOWN).verifier)
    lost = Verdict.undecided("worker_failed")
    monkeypatch.setattr(verifier, "check", lambda *_, **__: lost)
    env = environment(n=1)
    [episode] = await play(env, list(env.taskset), model[0])
    assert not episode.ok
    assert "Undecided" in str(episode.errors)
    assert all("assay" not in trace.rewards for trace in episode.traces)


@pytest.mark.usefixtures("module")
def test_from_a_server_no_answer_comes(server: str) -> None:
    tasks = list(environment(n=3, url=server).taskset)
    assert len({task.data.row_id for task in tasks}) == 3
    assert [task.data.task for task in tasks] == ["", "", ""]
    assert all("make" in task.data.prompt_text for task in tasks)
