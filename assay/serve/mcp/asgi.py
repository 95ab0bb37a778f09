"""A bridge by which an ASGI application answers one aiohttp request.

The MCP SDK speaks HTTP as an ASGI application; this server is aiohttp. The bridge turns the request
into an ASGI scope, hands its body to ``receive``, and writes what comes through ``send`` as it
comes, so that event streams stream. When the client goes away (the server's runner cancels its
handlers then, by ``handler_cancellation=True``) the application hears ``http.disconnect`` and ends
as it likes; one that does not is cancelled.

It carries plain HTTP only: no WebSockets, and no lifespan protocol; whoever uses it begins and ends
what the application needs.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Mapping, MutableMapping
from contextlib import suppress
from typing import Any, TypeAlias

from aiohttp import web
from multidict import CIMultiDict

Message: TypeAlias = MutableMapping[str, Any]
Receive: TypeAlias = Callable[[], Awaitable[Message]]
Send: TypeAlias = Callable[[Message], Awaitable[None]]
Application: TypeAlias = Callable[[MutableMapping[str, Any], Receive, Send], Awaitable[None]]

_GRACE_S = 1.0


async def respond(
    request: web.Request, application: Application, extra: Mapping[str, Any]
) -> web.StreamResponse:
    """The application's response to ``request``, sent while it is being made.

    Args:
        request: what the client asked; its body is bounded as the server bounds every body.
        application: the ASGI application.
        extra: keys added to the scope, such as ``user`` and ``state``.

    Raises:
        web.HTTPRequestEntityTooLarge: the body is beyond the server's bound.
        RuntimeError: the application ended without a response.
    """
    exchange = _Exchange(request, await request.read())
    work = asyncio.ensure_future(
        application({**_scope(request), **extra}, exchange.receive, exchange.send)
    )
    try:
        await asyncio.shield(work)
    except asyncio.CancelledError:
        exchange.gone.set()
        await asyncio.wait([work], timeout=_GRACE_S)
        raise
    finally:
        work.cancel()
    if exchange.response is None:
        raise RuntimeError("the ASGI application sent no response")
    return exchange.response


def _scope(request: web.Request) -> dict[str, Any]:
    url = request.rel_url
    return {
        "type": "http",
        "asgi": {"version": "3.0", "spec_version": "2.3"},
        "http_version": f"{request.version.major}.{request.version.minor}",
        "method": request.method,
        "scheme": request.scheme,
        "path": request.path,
        "raw_path": url.raw_path.encode("ascii"),
        "query_string": url.raw_query_string.encode("ascii"),
        "root_path": "",
        "headers": [(name.lower(), value) for name, value in request.raw_headers],
        "client": (request.remote, 0) if request.remote else None,
    }


class _Exchange:
    """One request and its response, as the application sees them."""

    def __init__(self, request: web.Request, body: bytes) -> None:
        self.response: web.StreamResponse | None = None
        self.gone = asyncio.Event()
        self._request = request
        self._body: bytes | None = body

    async def receive(self) -> Message:
        if self._body is not None:
            body, self._body = self._body, None
            return {"type": "http.request", "body": body, "more_body": False}
        await self.gone.wait()
        return {"type": "http.disconnect"}

    async def send(self, message: Message) -> None:
        """Write a part of the response; to a client that went away, nothing."""
        with suppress(ConnectionResetError):
            if message["type"] == "http.response.start":
                await self._begin(message)
            elif message["type"] == "http.response.body":
                await self._continue(message)

    async def _begin(self, message: Message) -> None:
        headers = CIMultiDict(
            (name.decode("latin-1"), value.decode("latin-1"))
            for name, value in message.get("headers", ())
        )
        self.response = web.StreamResponse(status=message["status"], headers=headers)
        await self.response.prepare(self._request)

    async def _continue(self, message: Message) -> None:
        if self.response is None:
            raise RuntimeError("the ASGI application sent a body before its response began")
        if body := message.get("body", b""):
            await self.response.write(body)
        if not message.get("more_body", False):
            await self.response.write_eof()
