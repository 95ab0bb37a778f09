"""A whole server on loopback, in a thread of its own, for clients that block."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from aiohttp import web

from assay.serve.app import make_app
from assay.serve.config import ServiceConfig
from assay.serve.keys import Keys
from assay.serve.runner import Runner
from assay.serve.service import Service


@contextmanager
def serving(config: ServiceConfig, keys: Keys | None = None) -> Iterator[str]:
    """The URL of a server that is up; it is gone at the end."""
    url, up = [""], threading.Event()
    failures: list[BaseException] = []
    stopping: list[Callable[[], object]] = []

    async def serve() -> None:
        stop = asyncio.Event()
        loop = asyncio.get_running_loop()
        stopping.append(lambda: loop.call_soon_threadsafe(stop.set))
        async with Service(config) as service:
            runner = Runner(make_app(service, keys), handler_cancellation=True)
            await runner.setup()
            site = web.TCPSite(runner, "127.0.0.1", 0)
            await site.start()
            url[0] = "http://{}:{}".format(*runner.addresses[0])
            up.set()
            await stop.wait()
            await runner.cleanup()

    def run() -> None:
        try:
            asyncio.run(serve())
        except BaseException as error:
            failures.append(error)
            up.set()

    thread = threading.Thread(target=run)
    thread.start()
    up.wait()
    if failures:
        thread.join()
        raise failures[0]
    try:
        yield url[0]
    finally:
        stopping[0]()
        thread.join()
