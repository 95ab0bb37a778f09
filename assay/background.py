"""Background: an event loop in a thread of its own, so that synchronous code can call asynchronous.

It begins with the first call and ends with :meth:`close` or the process (the thread is a daemon).
Calls may come from any thread and from inside any other event loop; a process that was forked gets
a loop of its own. It knows nothing of what it runs.
"""

from __future__ import annotations

import asyncio
import os
import threading
from collections.abc import Coroutine
from typing import Any, TypeVar

T = TypeVar("T")


class Background:
    """One event loop in one daemon thread, begun when first needed."""

    def __init__(self) -> None:
        self._loop: asyncio.AbstractEventLoop | None = None
        self._thread: threading.Thread | None = None
        self._pid = 0
        self._lock = threading.Lock()
        self._inherited: list[asyncio.AbstractEventLoop] = []

    def wait(self, work: Coroutine[Any, Any, T]) -> T:
        """Run ``work`` there and block until it is done; an interrupt cancels it."""
        future = asyncio.run_coroutine_threadsafe(work, self._begun())
        try:
            return future.result()
        except BaseException:
            future.cancel()
            raise

    async def do(self, work: Coroutine[Any, Any, T]) -> T:
        """Run ``work`` there and wait for it from another event loop; cancelling reaches it."""
        return await asyncio.wrap_future(asyncio.run_coroutine_threadsafe(work, self._begun()))

    @property
    def running(self) -> bool:
        """Whether this process has begun it."""
        return self._loop is not None and self._pid == os.getpid()

    def close(self) -> None:
        """End the loop and its thread; a later call begins another. Idempotent."""
        with self._lock:
            loop, thread, self._loop = self._loop, self._thread, None
        if loop is None or thread is None or self._pid != os.getpid():
            return
        loop.call_soon_threadsafe(loop.stop)
        thread.join()
        loop.close()

    def _begun(self) -> asyncio.AbstractEventLoop:
        with self._lock:
            if self._loop is None or self._pid != os.getpid():
                if self._loop is not None:  # the parent's, which shares its selector: untouched
                    self._inherited.append(self._loop)
                self._loop, self._pid = asyncio.new_event_loop(), os.getpid()
                self._thread = threading.Thread(
                    target=self._loop.run_forever, name="assay-background", daemon=True
                )
                self._thread.start()
            return self._loop
