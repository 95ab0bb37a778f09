"""A task's answer never leaves the server, however a client asks, and no client sets its reward."""

from __future__ import annotations

import asyncio
import base64
import json
import logging
from typing import Any
from urllib.parse import urlsplit

import pytest
from aiohttp import ClientSession

from assay.front import stream_seed
from assay.serve.task_ids import TaskIds, TaskRef
from assay_datasets import Task, content_hash
from assay_envs import make
from tests.assay.serve.asking import post, verify
from tests.assay.serve.misbehaving import SECRET

ENV = "test/secretive"


async def session(http: ClientSession, **asked: Any) -> Any:
    status, opened = await post(http, "/v1/sessions", {"env": ENV, **asked})
    assert status == 200, opened
    return opened


async def test_neither_tasks_nor_episodes_nor_verdicts_hold_the_answer(http: ClientSession) -> None:
    """The environment puts it into metadata, info and detail, as environments may."""
    replies: list[Any] = []
    status, made = await post(http, "/v1/generate", {"env": ENV, "n": 3, "render": True})
    assert status == 200
    replies.append(made)
    task = made["tasks"][0]["id"]
    opened = await session(http)
    replies.append(opened)
    path = f"/v1/sessions/{opened['session']}/step"
    replies.append(await post(http, path, {"action": "a guess"}))
    replies.append(await verify(http, {"task": task, "response": "a guess"}))
    replies.append(await verify(http, {"task": task, "response": SECRET}))
    assert replies[-1][0]["outcome"] == "correct"
    assert replies[-2][0]["detail"] == {"trust": "host", "tests": 2, "passed": 1}
    async with http.get("/metrics") as reply:
        replies.append(await reply.text())
    for reply in replies:
        assert SECRET not in json.dumps(reply)
        assert "certificate" not in json.dumps(reply)


async def test_an_id_gives_nothing_to_try_answers_against(http: ClientSession) -> None:
    """A task's own id is a hash over its answer; and a seed that is known makes the task."""
    request = {"env": "math/linear", "n": 5, "seed": 11, "difficulty": 1}
    _, made = await post(http, "/v1/generate", request)
    env = make("math/linear")
    prompts = {tuple(m["content"] for m in each["prompt"]) for each in made["tasks"]}
    for seed in [11, *(stream_seed("math/linear", 11, index) for index in range(5))]:
        assert tuple(m["content"] for m in env.generate(seed, 1).prompt) not in prompts
    for shown in made["tasks"]:
        for guess in map(str, range(1, 10)):
            whole = Task(
                env="math/linear", prompt=tuple(shown["prompt"]), answer=guess, verifier="math"
            )
            assert whole.id not in json.dumps(shown)
            assert content_hash(guess) not in json.dumps(shown)
        hidden = base64.urlsafe_b64decode(shown["id"].partition(".")[0] + "==")
        assert json.loads(hidden)[:4] == ["math/linear", 1, 11, made["tasks"].index(shown)]


async def test_the_same_request_gives_the_same_tasks_and_other_ones_others(
    http: ClientSession,
) -> None:
    request = {"env": "math/linear", "n": 20, "seed": 1}
    _, first = await post(http, "/v1/generate", request)
    _, again = await post(http, "/v1/generate", request)
    _, other = await post(http, "/v1/generate", {**request, "seed": 2})
    assert first == again
    ids = {each["id"] for made in (first, other) for each in made["tasks"]}
    assert len(ids) == 40


@pytest.mark.parametrize("env", ["logic/countdown", "math/linear"])
async def test_a_task_is_judged_by_its_id(http: ClientSession, env: str) -> None:
    _, made = await post(http, "/v1/generate", {"env": env, "n": 3, "seed": 5, "difficulty": 2})
    wrong = [{"task": each["id"], "response": "no answer at all"} for each in made["tasks"]]
    assert {each["outcome"] for each in await verify(http, *wrong)} == {"incorrect"}


async def test_an_episode_plays_the_task_that_generate_gives(http: ClientSession) -> None:
    asked = {"env": "logic/countdown", "seed": 9, "difficulty": 2}
    _, made = await post(http, "/v1/generate", asked)
    _, played = await post(http, "/v1/sessions", asked)
    _, chosen = await post(http, "/v1/sessions", {"task": made["tasks"][0]["id"]})
    assert made["tasks"][0]["prompt"] == played["observation"] == chosen["observation"]
    assert played["info"]["task"] == made["tasks"][0]["id"]


@pytest.mark.parametrize(
    "more",
    [
        {"options": {"task": {"env": ENV, "prompt": [], "answer": "mine", "verifier": "text"}}},
        {"options": {"seed": 1}},
        {"answer": "mine"},
        {"verifier": "text"},
        {"task": {"env": ENV, "prompt": [], "answer": "mine", "verifier": "text"}},
    ],
    ids=["a task of its own", "a seed", "an answer", "a verifier", "a task as the task"],
)
async def test_a_client_cannot_write_what_its_reward_comes_from(
    http: ClientSession, more: dict[str, Any]
) -> None:
    status, problem = await post(http, "/v1/sessions", {"env": ENV, **more})
    assert (status, problem["error"]["type"]) == (422, "invalid")


async def test_answers_are_not_for_keys_without_the_right(http: ClientSession) -> None:
    status, problem = await post(http, "/v1/generate", {"env": ENV, "include_answers": True})
    assert (status, problem["error"]["type"]) == (403, "forbidden")
    assert "verify by the tasks' ids" in problem["error"]["message"]


async def test_a_forged_or_foreign_id_is_no_task(http: ClientSession) -> None:
    _, made = await post(http, "/v1/generate", {"env": "math/linear"})
    task = made["tasks"][0]["id"]
    body, _, tag = task.partition(".")
    harder = base64.urlsafe_b64encode(b'["math/linear",5,0,0,{}]').rstrip(b"=").decode()
    foreign = TaskIds(b"another secret").seal(TaskRef("math/linear", 1, 0))
    for forged in (f"{harder}.{tag}", f"{body}.", body, f"{body}.{tag[:-2]}AA", foreign, "é.é"):
        (refused,) = await verify(http, {"task": forged, "response": "1"})
        assert "no such task" in refused["error"]
        status, _ = await post(http, "/v1/sessions", {"task": forged})
        assert status == 404


def test_servers_that_share_a_secret_know_each_others_tasks() -> None:
    ref = TaskRef("math/linear", 3, 2**63 - 1, 7, {"a": [1, "é"]})
    one, two = TaskIds(b"shared"), TaskIds(b"shared")
    assert two.open(one.seal(ref)) == ref
    assert two.seed(ref) == one.seed(ref) != TaskIds(b"other").seed(ref)
    assert 0 <= one.seed(ref) < 2**63


async def test_no_environment_shows_more_of_a_task_than_may_be(http: ClientSession) -> None:
    async with http.get("/v1/envs") as reply:
        envs = [each["id"] for each in (await reply.json())["envs"]]
    assert {"logic/countdown", "math/linear", "code/induce"} <= set(envs)
    for env in envs:
        status, made = await post(http, "/v1/generate", {"env": env})
        assert status == 200, made
        (task,) = made["tasks"]
        assert set(task) == {"id", "env", "prompt", "verifier", "metadata", "split"}
        assert set(task["metadata"]) <= {"domain", "difficulty"}


NO_HTTP = {
    "no method": b"GARBAGE\r\n\r\n",
    "a key in a wrong line": b"GET / HTTP/1.1\r\nAuthorization Bearer s3cret\r\n\r\n",
    "a key with a wrong letter": b"GET / HTTP/1.1\r\nAuthorization: Bearer s3cret\0\r\n\r\n",
    "a key in the path": b"GET /?key=s3cret HTTP/9.x\r\n\r\n",
    "a length that is none": b"POST /v1/verify HTTP/1.1\r\nContent-Length: s3cret\r\n\r\n",
    "a header without end": b"GET / HTTP/1.1\r\nX: " + b"s3cret" * 3000 + b"\r\n\r\n",
}


@pytest.mark.parametrize("name", NO_HTTP)
async def test_what_is_not_http_is_neither_logged_nor_told_what_we_are_built_of(
    server: str, caplog: pytest.LogCaptureFixture, name: str
) -> None:
    caplog.set_level(logging.DEBUG)
    address = urlsplit(server)
    reader, writer = await asyncio.open_connection(address.hostname, address.port)
    writer.write(NO_HTTP[name])
    head, _, body = (await reader.read()).partition(b"\r\n\r\n")
    writer.close()
    assert b" 400 " in head.splitlines()[0]
    assert b"Server: assay" in head
    assert b"aiohttp" not in head
    assert json.loads(body)["error"]["type"] == "malformed"
    assert "s3cret" not in caplog.text
    assert "Traceback" not in caplog.text
