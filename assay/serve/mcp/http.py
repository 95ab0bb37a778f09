"""``/mcp`` on the server: MCP over streamable HTTP, in the same process and over the same service.

The SDK's session manager speaks the transport (single exchanges of the newest protocol, sessions of
the older ones) and is answered through ``asgi.py``. The server's own door stands before it: keys,
limits, body size, and the check of ``Origin`` and ``Host`` that the protocol asks for, are as
everywhere else. Each caller has a manager of its own, so one key never sees another's MCP sessions,
and how many it may open is its own limit.
"""

from __future__ import annotations

import asyncio

from aiohttp import web
from mcp.server.streamable_http_manager import StreamableHTTPSessionManager

from assay.serve.callers import Caller
from assay.serve.mcp.asgi import respond
from assay.serve.mcp.server import make_server
from assay.serve.origin import caller_of
from assay.serve.service import Service


def attach(app: web.Application, service: Service) -> None:
    """Serve MCP over ``service`` at ``/mcp`` of ``app``."""
    managers = _Managers(service)

    async def answer(request: web.Request) -> web.StreamResponse:
        caller = caller_of(request)
        manager = await managers.of(caller)
        return await respond(request, manager.handle_request, {"state": {"caller": caller}})

    for method in ("POST", "GET", "DELETE"):
        app.router.add_route(method, "/mcp", answer)
    app.on_shutdown.append(managers.close)


class _Managers:
    """A session manager for each caller, begun when it first comes."""

    def __init__(self, service: Service) -> None:
        self._server = make_server(service)
        self._config = service.config
        self._held: dict[str, tuple[StreamableHTTPSessionManager, asyncio.Event]] = {}
        self._tasks: list[asyncio.Task[None]] = []

    async def of(self, caller: Caller) -> StreamableHTTPSessionManager:
        if caller.name not in self._held:
            manager, begun = self._make(caller), asyncio.Event()
            self._held[caller.name] = (manager, begun)
            self._tasks.append(asyncio.create_task(_hold(manager, begun)))
        manager, begun = self._held[caller.name]
        await begun.wait()
        return manager

    def _make(self, caller: Caller) -> StreamableHTTPSessionManager:
        return StreamableHTTPSessionManager(
            self._server,
            session_idle_timeout=self._config.session_life_s,
            max_sessions=max(1, caller.sessions),
            max_request_body_size=self._config.body_bytes,
        )

    async def close(self, app: web.Application) -> None:
        """End every session, and with it the streams that clients hold open."""
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)


async def _hold(manager: StreamableHTTPSessionManager, begun: asyncio.Event) -> None:
    """Run a manager until cancelled; its cancel scopes ask to begin and end in one task."""
    async with manager.run():
        begun.set()
        await asyncio.Event().wait()
