"""Spares: containers kept warm for the moment one is needed, and the removal of used ones.

Where a back-end can save a warm container, the second spare is copied from a checkpoint, made then,
and so is every later container; see ``checkpoint.py``. One that no longer thaws is thrown away.

One background thread starts and removes, so that a slot that recycles neither waits for a start nor
for the end of the old one. The thread begins with the first request: a pool that never recycles
never pays for a spare. Starting can fail; then there is no spare, and whoever needs a container
starts it itself and learns why.
"""

from __future__ import annotations

import queue
import threading
from collections import deque
from collections.abc import Callable
from contextlib import suppress

from assay_sandbox.checkpoint import Checkpoint
from assay_sandbox.container import Container
from assay_sandbox.errors import SandboxError


class Spares:
    """At most ``limit`` warm containers from ``start``.

    Args:
        freeze: makes a checkpoint, where that is possible.
    """

    def __init__(
        self,
        start: Callable[[], Container],
        limit: int,
        freeze: Callable[[], Checkpoint] | None = None,
    ) -> None:
        self._start = start
        self._freeze = freeze
        self._checkpoint: Checkpoint | None = None
        self._made = 0
        self._limit = limit
        self._lock = threading.Lock()
        self._ready: deque[Container] = deque()
        self._coming = 0
        self._tasks: queue.SimpleQueue[Container | str] = queue.SimpleQueue()
        self._thread: threading.Thread | None = None
        self._closed = False

    def request(self) -> None:
        """Have one made, unless enough are there or on their way."""
        with self._lock:
            if self._closed or len(self._ready) + self._coming >= self._limit:
                return
            self._coming += 1
            self._begin()
        self._tasks.put("start")

    def make(self) -> Container:
        """A new one, now: from the checkpoint if there is one, else by a cold start."""
        checkpoint = self._checkpoint
        if checkpoint is not None:
            try:
                return checkpoint.thaw("spare")
            except (SandboxError, OSError):
                self._checkpoint = self._freeze = None
                checkpoint.remove()
        return self._start()

    def take(self) -> Container | None:
        """A warm container, now the caller's, or None."""
        with self._lock:
            while self._ready:
                container = self._ready.popleft()
                if container.process.poll() is None:
                    return container
                self._tasks.put(container)
        return None

    def retire(self, container: Container) -> None:
        """Have a used container removed."""
        container.kill()
        with self._lock:
            if not self._closed:
                self._begin()
                self._tasks.put(container)
                return
        container.remove()

    def close(self) -> None:
        """Remove all; nothing is left when it returns."""
        with self._lock:
            self._closed = True
        if self._thread is not None:
            self._tasks.put("stop")
            self._thread.join()
        while self._ready:
            self._ready.pop().remove()
        if self._checkpoint is not None:
            self._checkpoint.remove()

    def _begin(self) -> None:
        if self._thread is None:
            self._thread = threading.Thread(target=self._work, name="assay-spares", daemon=True)
            self._thread.start()

    def _work(self) -> None:
        while (task := self._tasks.get()) != "stop":
            if not isinstance(task, str):
                task.remove()
            elif not self._closed:
                self._add()

    def _add(self) -> None:
        container = None
        with suppress(SandboxError, OSError):
            self._made += 1
            if self._made == 2 and self._freeze is not None:
                self._checkpoint = self._freeze()
            container = self.make()
        with self._lock:
            self._coming -= 1
            if container is not None:
                self._ready.append(container)
