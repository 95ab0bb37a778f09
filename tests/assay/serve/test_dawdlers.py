"""Connections that send headers for ever are closed; those that ask are kept."""

from __future__ import annotations

import asyncio

import aiohttp
from aiohttp import web

from assay.serve.dawdlers import Dawdlers


async def test_who_never_asks_is_let_go_and_who_asks_may_take_long() -> None:
    async def slow(request: web.Request) -> web.Response:
        await asyncio.sleep(1.0)
        return web.Response(text="done")

    app = web.Application()
    app.router.add_get("/", slow)
    dawdlers = Dawdlers(app, first_s=0.2)
    runner = web.AppRunner(app)
    await runner.setup()
    assert runner.server is not None
    watching = asyncio.create_task(dawdlers.watch(runner.server))
    try:
        await web.TCPSite(runner, "127.0.0.1", 0).start()
        host, port = runner.addresses[0][:2]
        reader, writer = await asyncio.open_connection(host, port)
        writer.write(b"GET / HTTP/1.1\r\nX-Slow: y")
        async with aiohttp.ClientSession() as session, session.get(f"http://{host}:{port}/") as got:
            assert await got.text() == "done"
        async with asyncio.timeout(10):
            assert await reader.read() == b""
        writer.close()
    finally:
        watching.cancel()
        await runner.cleanup()
