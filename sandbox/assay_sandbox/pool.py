"""Sandbox: a pool of warm containers over one back-end.

    async with Sandbox(slots=2) as box:
        result = await box.run(Job("print(42)"))

Every slot is a thread that owns one container and takes jobs from the common queue. A container is
replaced after ``recycle_after`` jobs and after any anomaly, by its own slot, while the others go
on. Jobs are not retried here: a lost container costs the job in it a ``sandbox_failed``, and the
caller decides. Not tied to an event loop; ``with Sandbox() as box: box.run_sync(job)`` needs none.
"""

from __future__ import annotations

import asyncio
import atexit
import queue
import threading
import time
import weakref
from collections import Counter, deque
from concurrent.futures import Future
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from types import TracebackType
from typing import Self

from assay_sandbox import template, wire
from assay_sandbox.backend import Backend, choose
from assay_sandbox.container import Container, sweep
from assay_sandbox.errors import SandboxError, SandboxFailed
from assay_sandbox.job import Job, Result

_LATENCIES_KEPT = 4096
_RESTART_PAUSE_S = 1.0


@dataclass(frozen=True)
class Stats:
    """What a pool has done so far.

    Attributes:
        jobs: finished jobs, lost ones included.
        sandbox_failed: jobs lost with their container.
        p50_s, p99_s: seconds from submission to result, over the last few thousand; 0.0 before any.
        recycles: containers replaced, by cause (``age``, ``lost``, ``cancelled``).
    """

    jobs: int
    sandbox_failed: int
    p50_s: float
    p99_s: float
    recycles: dict[str, int]


@dataclass
class _Ticket:
    """A submitted job on its way; the lock decides between finishing and cancelling."""

    job: Job
    future: Future[Result] = field(default_factory=Future)
    submitted: float = field(default_factory=time.perf_counter)
    lock: threading.Lock = field(default_factory=threading.Lock)
    container: Container | None = None
    cancelled: bool = False

    def enter(self, container: Container) -> bool:
        """Begin in ``container``; False if the job is no longer wanted."""
        with self.lock:
            self.container = container
            return self.future.set_running_or_notify_cancel()

    def leave(self) -> None:
        with self.lock:
            self.container = None

    def cancel(self) -> None:
        """Take it back, killing it where it already runs."""
        with self.lock:
            self.cancelled = True
            if not self.future.cancel() and self.container is not None:
                self.container.kill()


class Sandbox:
    """A pool of ``slots`` containers. Open it (``with`` or ``async with``) before running.

    Args:
        backend: ``gvisor`` or ``namespace``; None: ``ASSAY_BACKEND``, else the safest that works.
        template: the root file system jobs see.
        slots: containers, and jobs at once.
        recycle_after: jobs after which a container is replaced.

    Raises (on opening):
        SandboxUnavailable: the back-end does not work on this host; the message names the mend.
    """

    def __init__(
        self,
        backend: str | None = None,
        template: str = "plain",
        slots: int = 2,
        recycle_after: int = 500,
    ) -> None:
        if slots < 1 or recycle_after < 1:
            raise ValueError("slots and recycle_after must be at least 1")
        self._wanted = backend
        self._template = template
        self._slots = slots
        self._recycle_after = recycle_after
        self._queue: queue.SimpleQueue[_Ticket | None] = queue.SimpleQueue()
        self._threads: list[_Slot] = []
        self._lock = threading.Lock()
        self._latencies: deque[float] = deque(maxlen=_LATENCIES_KEPT)
        self._counts: Counter[str] = Counter()
        self._recycles: Counter[str] = Counter()
        self.backend = ""

    # ── opening and closing ──────────────────────────────────────────────────────────────────────

    async def open(self) -> Self:
        return await asyncio.to_thread(self._open)

    async def close(self) -> None:
        """End running jobs as ``sandbox_failed`` and leave nothing behind. Idempotent."""
        await asyncio.to_thread(self._close)

    async def __aenter__(self) -> Self:
        return await self.open()

    async def __aexit__(self, *_: object) -> None:
        await self.close()

    def __enter__(self) -> Self:
        return self._open()

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, _: TracebackType | None
    ) -> None:
        self._close()

    def _open(self) -> Self:
        if self._threads:
            return self
        sweep()
        chosen = choose(self._wanted)
        rootfs = template.build(self._template)
        self.backend = chosen.name
        self._threads = [_Slot(self, chosen, rootfs, f"{n}") for n in range(self._slots)]
        _open_pools.add(self)
        for thread in self._threads:
            thread.start()
        for thread in self._threads:
            thread.ready.wait()
        problem = next((thread.problem for thread in self._threads if thread.problem), None)
        if problem is not None:
            self._close()
            raise problem
        return self

    def _close(self) -> None:
        threads, self._threads = self._threads, []
        for thread in threads:
            thread.stop()
        for _ in threads:
            self._queue.put(None)
        for thread in threads:
            thread.join()
        with suppress(queue.Empty):
            while True:
                ticket = self._queue.get_nowait()
                if ticket is not None and ticket.future.set_running_or_notify_cancel():
                    ticket.future.set_result(self._failed("the sandbox was closed"))
        _open_pools.discard(self)

    # ── running ──────────────────────────────────────────────────────────────────────────────────

    async def run(self, job: Job, deadline_s: float | None = None) -> Result:
        """Run ``job``; cancelling this call kills it.

        Args:
            deadline_s: seconds for waiting and running together; beyond, ``sandbox_failed``.

        Raises:
            InvalidJob: the job cannot be run as written.
            RuntimeError: the sandbox is not open.
        """
        ticket = self._submit(job)
        try:
            return await asyncio.wait_for(asyncio.wrap_future(ticket.future), deadline_s)
        except TimeoutError:
            ticket.cancel()
            return self._failed(f"no result within the deadline of {deadline_s} s")
        except asyncio.CancelledError:
            ticket.cancel()
            raise

    def run_sync(self, job: Job) -> Result:
        """Run ``job`` from a program without an event loop."""
        ticket = self._submit(job)
        try:
            return ticket.future.result()
        except KeyboardInterrupt:
            ticket.cancel()
            raise

    def stats(self) -> Stats:
        with self._lock:
            ordered = sorted(self._latencies) or [0.0]
            return Stats(
                jobs=self._counts["jobs"],
                sandbox_failed=self._counts["sandbox_failed"],
                p50_s=ordered[len(ordered) // 2],
                p99_s=ordered[min(len(ordered) - 1, len(ordered) * 99 // 100)],
                recycles=dict(self._recycles),
            )

    def _submit(self, job: Job) -> _Ticket:
        if not self._threads:
            raise RuntimeError(
                "the sandbox is not open; use it in a with statement, or call open()"
            )
        wire.check(job)
        ticket = _Ticket(job)
        self._queue.put(ticket)
        return ticket

    def _failed(self, error: str, slot: str = "") -> Result:
        return Result("sandbox_failed", backend=self.backend, slot=slot, error=error)

    def _finished(self, ticket: _Ticket, result: Result) -> None:
        with self._lock:
            self._counts["jobs"] += 1
            self._counts["sandbox_failed"] += result.status == "sandbox_failed"
            self._latencies.append(time.perf_counter() - ticket.submitted)
        ticket.future.set_result(result)

    def _recycled(self, cause: str) -> None:
        with self._lock:
            self._recycles[cause] += 1


class _Slot(threading.Thread):
    """One place in the pool: keeps a container alive and feeds it jobs."""

    def __init__(self, pool: Sandbox, backend: Backend, rootfs: Path, name: str) -> None:
        super().__init__(name=f"assay-slot-{name}", daemon=True)
        self.ready = threading.Event()
        self.problem: SandboxError | None = None
        self._pool = pool
        self._backend = backend
        self._rootfs = rootfs
        self._stopped = threading.Event()
        self._container: Container | None = None

    def stop(self) -> None:
        self._stopped.set()
        if (container := self._container) is not None:
            container.kill()

    def run(self) -> None:
        self._refill()
        self.ready.set()
        while not self._stopped.is_set():
            ticket = self._pool._queue.get()
            if ticket is None:
                break
            self._serve(ticket)
        self._discard()

    def _serve(self, ticket: _Ticket) -> None:
        container = self._container
        if container is None:
            if ticket.future.set_running_or_notify_cancel():
                failed = self._pool._failed(f"no container: {self.problem}", self.name)
                self._pool._finished(ticket, failed)
            self._refill()
            return
        if not ticket.enter(container):
            return
        try:
            result = container.run(ticket.job)
        except Exception as error:  # the slot must outlive whatever one job meets
            container.lost = True
            result = self._pool._failed(str(error) or repr(error), container.slot)
        ticket.leave()
        self._pool._finished(ticket, result)
        cause = (
            "cancelled"
            if ticket.cancelled
            else "lost"
            if container.lost
            else "age"
            if container.jobs >= self._pool._recycle_after
            else ""
        )
        if cause:
            self._pool._recycled(cause)
            self._refill()

    def _refill(self) -> None:
        """A fresh container in place of the present one; tried once more before giving up."""
        self._discard()
        for attempt in range(2):
            if self._stopped.is_set():
                return
            try:
                self._container = self._backend.start(self._rootfs, self.name)
                self.problem = None
                return
            except SandboxError as error:
                self.problem = error
            except OSError as error:
                self.problem = SandboxFailed(f"cannot start a container: {error}")
            self._stopped.wait(_RESTART_PAUSE_S * (1 - attempt))

    def _discard(self) -> None:
        container, self._container = self._container, None
        if container is not None:
            container.remove()


_open_pools: weakref.WeakSet[Sandbox] = weakref.WeakSet()


@atexit.register
def _close_all() -> None:
    """What a program that forgot to close its pools would leave on the host."""
    for pool in list(_open_pools):
        pool._close()
