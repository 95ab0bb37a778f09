"""How a tool tells its client how far it is, where the client asked to be told.

Work that can be counted reports its count; work that cannot, the seconds it has taken. Reports are
sent beside the work, at most a few a second, and the work never waits for one.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager, suppress

Send = Callable[[float, float | None, str | None], Awaitable[None]]
"""``send(progress, total, message)``."""

BEAT_S = 1.0
GAP_S = 0.1


class Reporter:
    """Sends a call's progress.

    Args:
        send: sends one report.
    """

    def __init__(self, send: Send) -> None:
        self._send = send

    @asynccontextmanager
    async def working(self, message: str) -> AsyncIterator[None]:
        """Report every second, as long as the block takes, the seconds it has taken."""

        async def beat() -> None:
            started = time.monotonic()
            while True:
                await asyncio.sleep(BEAT_S)
                await self._send(round(time.monotonic() - started, 1), None, message)

        async with _beside(beat()):
            yield

    @asynccontextmanager
    async def counting(self, done_word: str) -> AsyncIterator[Callable[[int, int], None]]:
        """A function to be called with ``(done, total)``; the newest such count is reported."""
        news = asyncio.Event()
        newest = sent = (0, 0)

        def note(done: int, total: int) -> None:
            nonlocal newest
            newest = (done, total)
            news.set()

        async def flush() -> None:
            nonlocal sent
            if newest[0] > sent[0]:  # the protocol wants progress to rise
                sent = newest
                await self._send(sent[0], sent[1], f"{sent[0]} of {sent[1]} {done_word}")

        async def follow() -> None:
            while True:
                await news.wait()
                news.clear()
                await flush()
                await asyncio.sleep(GAP_S)

        async with _beside(follow()):
            yield note
        await flush()


@asynccontextmanager
async def _beside(work: Awaitable[None]) -> AsyncIterator[None]:
    task = asyncio.ensure_future(work)
    try:
        yield
    finally:
        task.cancel()
        with suppress(asyncio.CancelledError):
            await task
