"""Episodes over HTTP: played to the end, each its owner's, one action at a time, not for ever."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Iterator

import aiohttp
import pytest
from aiohttp import ClientSession

from assay.serve.callers import Caller
from assay.serve.config import ServiceConfig
from assay.serve.keys import Keys, digest
from tests.assay.serve import misbehaving, plugins
from tests.assay.serve.asking import post
from tests.assay.serve.loopback import serving

COUNTING = {"env": "test/counting"}
ALICE, BOB = "alice's key", "bob's key"


@pytest.fixture(scope="module")
def keyed() -> Iterator[str]:
    """A server with two keys, four places for episodes, and little patience."""
    keys = Keys({digest(ALICE): Caller("alice", sessions=2), digest(BOB): Caller("bob")})
    config = ServiceConfig(
        workers=1,
        slots=1,
        imports=(misbehaving.__name__, plugins.__name__),
        sessions=4,
        session_idle_s=3.0,
        session_life_s=600.0,
    )
    with serving(config, keys) as url:
        yield url


@pytest.fixture
async def alice(keyed: str) -> AsyncIterator[ClientSession]:
    async with aiohttp.ClientSession(keyed, headers={"Authorization": f"Bearer {ALICE}"}) as http:
        yield http


@pytest.fixture
async def bob(keyed: str) -> AsyncIterator[ClientSession]:
    async with aiohttp.ClientSession(keyed, headers={"Authorization": f"Bearer {BOB}"}) as http:
        yield http


async def opened(http: ClientSession) -> str:
    status, reply = await post(http, "/v1/sessions", COUNTING)
    assert status == 200, reply
    return f"/v1/sessions/{reply['session']}"


async def test_an_episode_is_played_to_its_end_and_is_over_then(bob: ClientSession) -> None:
    path = await opened(bob)
    for action in ("1", "2"):
        status, reply = await post(bob, f"{path}/step", {"action": action})
        assert (status, reply["reward"], reply["terminated"], reply["info"]) == (200, 0, False, {})
        assert reply["observation"] == [{"role": "user", "content": f"{action} of 3 heard"}]
    _, last = await post(bob, f"{path}/step", {"action": "3"})
    assert (last["reward"], last["terminated"], last["truncated"]) == (1.0, True, False)
    assert last["info"]["verdict"]["outcome"] == "correct"
    assert last["info"]["rewards"] == {"outcome": 1.0}
    status, problem = await post(bob, f"{path}/step", {"action": "4"})
    assert (status, problem["error"]["type"]) == (410, "gone")
    assert "came to its end" in problem["error"]["message"]


async def test_a_session_does_not_exist_for_another_key(
    alice: ClientSession, bob: ClientSession
) -> None:
    path = await opened(alice)
    status, problem = await post(bob, f"{path}/step", {"action": "1"})
    assert (status, problem["error"]["message"]) == (404, "no such session")
    async with bob.delete(path) as reply:
        assert reply.status == 404
    status, _ = await post(alice, f"{path}/step", {"action": "1"})
    assert status == 200
    for _ in range(2):
        async with alice.delete(path) as reply:
            assert (reply.status, await reply.json()) == (200, {"closed": True})
    status, problem = await post(bob, f"{path}/step", {"action": "1"})
    assert status == 404
    status, problem = await post(alice, f"{path}/step", {"action": "1"})
    assert (status, "closed" in problem["error"]["message"]) == (410, True)


async def test_places_are_bounded_for_a_key_and_for_all(
    alice: ClientSession, bob: ClientSession
) -> None:
    paths = [(alice, await opened(alice)), (alice, await opened(alice))]
    async with alice.post("/v1/sessions", json=COUNTING) as reply:
        assert reply.status == 429
        assert int(reply.headers["Retry-After"]) >= 1
    paths += [(bob, await opened(bob)), (bob, await opened(bob))]
    status, problem = await post(bob, "/v1/sessions", COUNTING)
    assert (status, problem["error"]["type"]) == (429, "too_many")
    for http, path in paths:
        async with http.delete(path) as reply:
            assert reply.status == 200
    assert await opened(bob)


async def test_one_left_alone_ends_and_says_why(bob: ClientSession) -> None:
    path = await opened(bob)
    await asyncio.sleep(5)
    status, problem = await post(bob, f"{path}/step", {"action": "1"})
    assert (status, problem["error"]["type"]) == (410, "gone")
    assert "nothing was done in it for 3 s" in problem["error"]["message"]


async def test_a_session_takes_one_action_at_a_time(bob: ClientSession) -> None:
    path = await opened(bob)
    replies = await asyncio.gather(*(post(bob, f"{path}/step", {"action": "1"}) for _ in range(3)))
    statuses = sorted(status for status, _ in replies)
    assert set(statuses) <= {200, 409}
    assert 200 in statuses


async def test_an_unknown_key_may_nothing_and_health_needs_none(keyed: str) -> None:
    for headers in (
        {},
        {"Authorization": "Bearer nonsense"},
        {"Authorization": ALICE},
        {"Authorization": "Basic !"},
    ):
        async with aiohttp.ClientSession(keyed, headers=headers) as http:
            for path in ("/v1/verify", "/v1/run", "/v1/sessions", "/run_code", "/mcp"):
                async with http.post(path, json={}) as reply:
                    assert reply.status == 401, path
                    assert reply.headers["WWW-Authenticate"] == "Bearer"
            for path in ("/healthz", "/healthz/live", "/healthz/ready", "/metrics"):
                async with http.get(path) as reply:
                    assert reply.status == 200, path


async def test_a_key_may_be_a_password(keyed: str) -> None:
    """For clients that can be told a URL only."""
    headers = {"Authorization": aiohttp.encode_basic_auth("any", ALICE)}
    async with aiohttp.ClientSession(keyed, headers=headers) as http, http.get("/v1/envs") as reply:
        assert reply.status == 200
