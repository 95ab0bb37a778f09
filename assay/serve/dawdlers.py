"""Connections that never get around to asking: closed, before they take every place there is.

aiohttp closes a connection that is idle after a request, and bounds no first one: headers that come
a byte a minute would hold a socket for ever.
"""

from __future__ import annotations

import asyncio
import time
from asyncio import BaseProtocol
from collections.abc import Awaitable, Callable

from aiohttp import web

FIRST_S = 30.0
"""Seconds in which a connection's first request must have come, its body apart."""

_Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]


class Dawdlers:
    """Watches the connections of ``app``. Make it before the app is run.

    Args:
        first_s: as :data:`FIRST_S`.
    """

    def __init__(self, app: web.Application, first_s: float = FIRST_S) -> None:
        self._first_s = first_s
        self._asked: set[BaseProtocol] = set()
        app.middlewares.insert(0, self._middleware())

    async def watch(self, server: web.Server) -> None:
        """For ever: close those that have not asked in time."""
        since: dict[web.RequestHandler, float] = {}
        while True:
            await asyncio.sleep(self._first_s / 4)
            now = time.monotonic()
            since = {each: since.get(each, now) for each in server.connections}
            self._asked.intersection_update(since)
            for connection, first_seen in since.items():
                late = now - first_seen > self._first_s
                if late and connection not in self._asked and connection.transport is not None:
                    connection.transport.close()

    def _middleware(self) -> Callable[..., Awaitable[web.StreamResponse]]:
        @web.middleware
        async def note(request: web.Request, handler: _Handler) -> web.StreamResponse:
            self._asked.add(request.protocol)
            return await handler(request)

        return note
