"""``/mcp`` beside the protocol: keys, limits, foreign pages, streams, and the bridge to the SDK."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, MutableMapping
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from io import BytesIO
from typing import Any

import aiohttp
import httpx2
import pytest
from aiohttp import web
from mcp import Client
from mcp.client.streamable_http import streamable_http_client

from assay.serve.mcp import attach
from assay.serve.mcp.asgi import Receive, Send, respond
from assay.serve.service import Service
from tests.assay.serve.keyring import key

HELLO = {
    "jsonrpc": "2.0",
    "id": 1,
    "method": "initialize",
    "params": {
        "protocolVersion": "2025-06-18",
        "capabilities": {},
        "clientInfo": {"name": "test", "version": "1"},
    },
}
LIST = {"jsonrpc": "2.0", "id": 2, "method": "tools/list", "params": {}}
JSON = {"Accept": "application/json, text/event-stream", "MCP-Protocol-Version": "2025-06-18"}
SESSION = "Mcp-Session-Id"


@pytest.fixture
async def http() -> AsyncIterator[aiohttp.ClientSession]:
    async with aiohttp.ClientSession(headers=JSON) as session:
        yield session


async def open_session(http: aiohttp.ClientSession, url: str, headers: dict[str, str]) -> str:
    """The id of a new MCP session of the older protocol."""
    async with http.post(f"{url}/mcp", json=HELLO, headers=headers) as reply:
        assert reply.status == 200, await reply.text()
        await reply.read()
        return reply.headers[SESSION]


async def end_session(
    http: aiohttp.ClientSession, url: str, headers: dict[str, str], session: str
) -> int:
    async with http.delete(f"{url}/mcp", headers={**headers, SESSION: session}) as reply:
        return reply.status


# ── who may ask ──────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize("given", [{}, {"Authorization": "Bearer wrong"}])
async def test_without_a_known_key_nothing_is_told(
    http: aiohttp.ClientSession, guarded: str, given: dict[str, str]
) -> None:
    async with http.post(f"{guarded}/mcp", json=LIST, headers=given) as reply:
        assert reply.status == 401
        assert "verify" not in await reply.text()


async def test_the_sdks_client_comes_in_with_a_key(guarded: str) -> None:
    async with (
        httpx2.AsyncClient(headers=key("alice")) as transport,
        Client(streamable_http_client(f"{guarded}/mcp", http_client=transport)) as client,
    ):
        assert (await client.list_tools()).tools


async def test_a_session_is_its_keys_own(http: aiohttp.ClientSession, guarded: str) -> None:
    session = await open_session(http, guarded, key("alice"))
    for name, status in (("alice", 200), ("bob", 404)):
        headers = key(name, **{SESSION: session})
        async with http.post(f"{guarded}/mcp", json=LIST, headers=headers) as reply:
            assert reply.status == status, name
            await reply.read()
    assert await end_session(http, guarded, key("bob"), session) == 404
    assert await end_session(http, guarded, key("alice"), session) == 200


async def test_a_key_has_its_own_limit_of_sessions(
    http: aiohttp.ClientSession, guarded: str
) -> None:
    mine = [await open_session(http, guarded, key("alice")) for _ in range(2)]
    async with http.post(f"{guarded}/mcp", json=HELLO, headers=key("alice")) as reply:
        assert reply.status == 503
    other = await open_session(http, guarded, key("bob"))
    assert await end_session(http, guarded, key("bob"), other) == 200
    for session in mine:
        assert await end_session(http, guarded, key("alice"), session) == 200


async def test_an_episode_is_its_keys_own(guarded: str) -> None:
    async def tool(name: str, wanted: str, arguments: dict[str, Any]) -> Any:
        async with (
            httpx2.AsyncClient(headers=key(name)) as transport,
            Client(streamable_http_client(f"{guarded}/mcp", http_client=transport)) as client,
        ):
            return await client.call_tool(wanted, arguments)

    opened = await tool("alice", "open_session", {"env": "math/linear"})
    action = {"session": opened.structured_content["session"], "action": "1"}
    assert (await tool("bob", "act", action)).is_error
    assert not (await tool("alice", "act", action)).is_error


@pytest.mark.parametrize(
    "given", [{"Origin": "http://evil.example"}, {"Host": "evil.example"}, {"Origin": "null"}]
)
async def test_a_foreign_pages_request_is_turned_away(
    http: aiohttp.ClientSession, server: str, given: dict[str, str]
) -> None:
    async with http.post(f"{server}/mcp", json=HELLO, headers=given) as reply:
        assert reply.status == 403


async def test_a_body_beyond_the_servers_bound_is_refused(
    http: aiohttp.ClientSession, guarded: str
) -> None:
    async with http.post(
        f"{guarded}/mcp", data=BytesIO(b" " * 2_000_000), headers=key("alice")
    ) as reply:
        assert reply.status == 413


# ── how it ends ──────────────────────────────────────────────────────────────────────────────────


@asynccontextmanager
async def running(app: web.Application) -> AsyncIterator[str]:
    """The URL of a bare application, run as the server runs its own."""
    runner = web.AppRunner(app, handler_cancellation=True)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    try:
        yield "http://{}:{}".format(*runner.addresses[0])
    finally:
        await runner.cleanup()


async def test_an_open_stream_does_not_hold_the_server_back(http: aiohttp.ClientSession) -> None:
    app = web.Application()
    attach(app, Service())  # which needs no workers to say hello
    async with asyncio.timeout(45):  # aiohttp alone would wait a minute for the stream
        async with running(app) as url:
            session = await open_session(http, url, {})
            stream = await http.get(f"{url}/mcp", headers={SESSION: session})
            assert stream.headers["Content-Type"] == "text/event-stream"
        await stream.read()


# ── the bridge ───────────────────────────────────────────────────────────────────────────────────

Scope = MutableMapping[str, Any]


async def echo(scope: Scope, receive: Receive, send: Send) -> None:
    message = await receive()
    told = [scope["method"], scope["path"], scope["query_string"].decode(), scope["state"]["who"]]
    headers = dict(scope["headers"])
    body = message["body"] + repr(told).encode() + headers[b"x-given"]
    await send({"type": "http.response.start", "status": 207, "headers": [(b"x-own", b"yes")]})
    await send({"type": "http.response.body", "body": body})


async def silent(scope: Scope, receive: Receive, send: Send) -> None:
    await receive()


class Streaming:
    """Sends a part, then waits for the client to read it or to go."""

    def __init__(self) -> None:
        self.read = asyncio.Event()
        self.left = asyncio.Event()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        await receive()
        await send({"type": "http.response.start", "status": 200, "headers": []})
        await send({"type": "http.response.body", "body": b"first ", "more_body": True})
        if scope["path"] == "/stay":
            await self.read.wait()
            await send({"type": "http.response.body", "body": b"second", "more_body": False})
        else:
            assert (await receive())["type"] == "http.disconnect"
            self.left.set()


def bridge(application: Any) -> AbstractAsyncContextManager[str]:
    async def handle(request: web.Request) -> web.StreamResponse:
        return await respond(request, application, {"state": {"who": "a caller"}})

    app = web.Application()
    app.router.add_route("*", "/{path:.*}", handle)
    return running(app)


async def test_a_request_and_its_response_cross_the_bridge_whole(
    http: aiohttp.ClientSession,
) -> None:
    given = {"X-Given": "header"}
    async with (
        bridge(echo) as url,
        http.put(f"{url}/a/b?c=d+e", data=b"\x00body", headers=given) as reply,
    ):
        assert (reply.status, reply.headers["X-Own"]) == (207, "yes")
        told = ["PUT", "/a/b", "c=d+e", "a caller"]
        assert await reply.read() == b"\x00body" + repr(told).encode() + b"header"


async def test_what_is_sent_is_read_before_the_rest_is_made(http: aiohttp.ClientSession) -> None:
    application = Streaming()
    async with bridge(application) as url, http.get(f"{url}/stay") as reply:
        assert await reply.content.readexactly(6) == b"first "
        application.read.set()
        assert await reply.read() == b"second"


async def test_an_application_hears_that_its_client_has_left(http: aiohttp.ClientSession) -> None:
    application = Streaming()
    async with bridge(application) as url:
        reply = await http.get(f"{url}/leave")
        assert await reply.content.readexactly(6) == b"first "
        reply.close()
        async with asyncio.timeout(30):
            await application.left.wait()


async def test_an_application_without_a_response_is_a_server_error(
    http: aiohttp.ClientSession, caplog: pytest.LogCaptureFixture
) -> None:
    async with bridge(silent) as url, http.get(url) as reply:
        assert reply.status == 500
    assert "sent no response" in caplog.text
