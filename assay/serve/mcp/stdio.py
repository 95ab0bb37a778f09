"""MCP on standard input and output: the server is a child of its one client.

Standard output carries the protocol and nothing else: while it serves, the SDK keeps the pipes to
itself and points the process's own descriptors elsewhere, so that neither a stray ``print`` nor a
child can write between two messages. Logs go to standard error.

It ends when its input does. On SIGTERM or SIGINT it gives back what it holds and then dies of that
signal: the thread that waits for input could not be had to end otherwise.
"""

from __future__ import annotations

import asyncio
import logging
import os
import signal
import sys

from mcp.server.stdio import stdio_server

from assay.serve.config import ServiceConfig
from assay.serve.mcp.server import make_server
from assay.serve.service import Service


async def serve(config: ServiceConfig) -> None:
    """Serve until the client closes our standard input; ``Died`` where workers do not start."""
    logging.basicConfig(
        stream=sys.stderr, level=logging.WARNING, format="%(asctime)s %(levelname)s %(message)s"
    )
    async with stdio_server() as (received, sent), Service(config) as service:
        _die_cleanly(service)
        server = make_server(service)
        await server.run(received, sent, server.create_initialization_options())


def _die_cleanly(service: Service) -> None:
    loop = asyncio.get_running_loop()
    dying: list[asyncio.Task[None]] = []

    async def die(number: signal.Signals) -> None:
        try:
            await service.close()
        finally:
            signal.signal(number, signal.SIG_DFL)
            os.kill(os.getpid(), number)

    def begin(number: signal.Signals) -> None:
        dying.append(asyncio.create_task(die(number)))

    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, begin, number)
