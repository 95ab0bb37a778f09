"""The server's life: open the service, listen, say so, and on a signal drain and end.

A first SIGTERM or SIGINT stops the taking of new work (503, and ``/healthz/ready`` says no), lets
what is going on finish, and ends with status 0; a second one ends it now. Under systemd
(``Type=notify``) it says when it is ready and when it is stopping.
"""

from __future__ import annotations

import asyncio
import contextlib
import errno
import logging
import os
import signal
import socket
from collections.abc import Callable, Coroutine
from dataclasses import dataclass
from typing import Any

from aiohttp import web

from assay.serve.app import make_app
from assay.serve.config import ServiceConfig
from assay.serve.dawdlers import Dawdlers
from assay.serve.errors import Unavailable
from assay.serve.keys import Keys
from assay.serve.process import Died
from assay.serve.runner import Runner
from assay.serve.service import Service
from assay_datasets import InputError

_log = logging.getLogger("assay.serve")
_CLOSE_S = 5.0
_BACKLOG = 1024


class ServeError(Exception):
    """The server cannot start; the message says what to do."""


@dataclass(frozen=True)
class Address:
    """Where to listen; port 0 is any that is free."""

    host: str = "127.0.0.1"
    port: int = 8000

    @property
    def local(self) -> bool:
        """Whether nobody outside this machine can reach it."""
        return self.host in ("127.0.0.1", "::1", "localhost")


async def serve(
    config: ServiceConfig,
    keys: Keys,
    address: Address,
    on_ready: Callable[[str, Service], None],
) -> None:
    """Serve until a signal says otherwise.

    Args:
        on_ready: gets the URL and the service, when requests are answered.

    Raises:
        ServeError: the port is taken, the workers do not start, or the back-end that was asked for
            is not to be had.
    """
    stopping = _signals()
    listening = _listen(address)
    service = await _opened(config, listening)
    app = make_app(service, keys)
    dawdlers = Dawdlers(app)
    runner = Runner(
        app,
        handler_cancellation=True,
        access_log=None,
        shutdown_timeout=_CLOSE_S / 2,
    )
    try:
        await runner.setup()
        assert runner.server is not None
        watching = asyncio.ensure_future(dawdlers.watch(runner.server))
        await web.SockSite(runner, listening, backlog=_BACKLOG).start()
        _notify("READY=1")
        on_ready(_url(listening), service)
        await stopping.first.wait()
        _notify("STOPPING=1")
        _log.warning("stopping: no new work is taken; once more to stop now")
        await _either(service.drain(), stopping.second.wait())
        watching.cancel()
    finally:
        await service.close()
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(_CLOSE_S):
                await runner.cleanup()


async def _opened(config: ServiceConfig, listening: socket.socket) -> Service:
    """The service; a back-end that was asked for by name must be there, not some other."""
    service = Service(config)
    try:
        await service.open()
        if config.backend is not None:
            await service.open_backend()
    except (Died, Unavailable) as error:
        listening.close()
        await service.close()
        raise ServeError(str(error)) from error
    return service


def _listen(address: Address) -> socket.socket:
    """The socket, bound before anything else is begun: a taken port is told at once."""
    try:
        found = socket.getaddrinfo(address.host, address.port, type=socket.SOCK_STREAM)
        family, kind, protocol, _, where = found[0]
        return _bound(socket.socket(family, kind, protocol), where)
    except OSError as error:
        if error.errno == errno.EADDRINUSE:
            raise ServeError(
                f"port {address.port} of {address.host} is in use; choose another by --port"
            ) from None
        if error.errno == errno.EACCES:
            raise ServeError(
                f"port {address.port} is not yours to use; choose one above 1023 by --port"
            ) from None
        raise InputError(f"cannot listen at {address.host}: {error.strerror}") from None


def _bound(listening: socket.socket, where: Any) -> socket.socket:
    try:
        listening.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listening.bind(where)
        listening.listen(_BACKLOG)
        listening.setblocking(False)
    except OSError:
        listening.close()
        raise
    return listening


def _url(listening: socket.socket) -> str:
    host, port = listening.getsockname()[:2]
    return f"http://[{host}]:{port}" if ":" in host else f"http://{host}:{port}"


@dataclass(frozen=True)
class _Stopping:
    first: asyncio.Event
    second: asyncio.Event


def _signals() -> _Stopping:
    """Two events, for the first and the second SIGTERM or SIGINT."""
    stopping = _Stopping(asyncio.Event(), asyncio.Event())

    def stop() -> None:
        (stopping.second if stopping.first.is_set() else stopping.first).set()

    for number in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(number, stop)
    return stopping


async def _either(*works: Coroutine[None, None, object]) -> None:
    """Wait for the first of ``works``; drop the others."""
    tasks = [asyncio.ensure_future(work) for work in works]
    await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
    for task in tasks:
        task.cancel()


def _notify(state: str) -> None:
    """Tell systemd, where it started us and wants to know."""
    path = os.environ.get("NOTIFY_SOCKET")
    if not path:
        return
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as end:
        end.connect("\0" + path[1:] if path.startswith("@") else path)
        end.sendall(state.encode())
