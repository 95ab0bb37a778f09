"""A whole server on loopback, in a thread of its own, for clients that block."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Iterator
from contextlib import contextmanager

from aiohttp import web

from assay.serve.app import make_app
from assay.serve.config import ServiceConfig
from assay.serve.keys import Keys
from assay.serve.service import Service


@contextmanager
def serving(config: ServiceConfig, keys: Keys | None = None) -> Iterator[str]:
    """The URL of a server that is up; it is gone at the end."""
    loop, url, up = asyncio.new_event_loop(), [""], threading.Event()
    failures: list[BaseException] = []

    async def serve(stop: asyncio.Event) -> None:
        async with Service(config) as service:
            runner = web.AppRunner(make_app(service, keys), handler_cancellation=True)
            await runner.setup()
            site = web.TCPSite(runner, "127.0.0.1", 0)
            await site.start()
            url[0] = "http://{}:{}".format(*runner.addresses[0])
            up.set()
            await stop.wait()
            await runner.cleanup()

    def run(stop: asyncio.Event) -> None:
        try:
            loop.run_until_complete(serve(stop))
        except BaseException as error:
            failures.append(error)
            up.set()
        finally:
            loop.close()

    stop = asyncio.Event()
    thread = threading.Thread(target=run, args=(stop,))
    thread.start()
    up.wait()
    if failures:
        thread.join()
        raise failures[0]
    try:
        yield url[0]
    finally:
        loop.call_soon_threadsafe(stop.set)
        thread.join()
