"""Sandbox: a pool of warm containers over one back-end and one template.

    async with Sandbox(slots=2) as box:
        result = await box.run(Job("print(42)"))

Jobs stand in one queue, first come, first served; ``slot.py`` says how they are taken from it. The
queue has ``queue_limit`` places; whoever comes then waits for one, or is told so by
:class:`SandboxBusy`. A container is replaced after ``recycle_after`` jobs and after any anomaly,
while the others go on. Jobs are not retried here: a lost container costs the job in it a
``sandbox_failed``, and the caller decides. A slot whose containers do not come up is taken out and
brought back by itself; where every slot is out, jobs fail at once instead of waiting.

Not tied to an event loop; ``with Sandbox() as box: box.run_sync(job)`` needs none.
"""

from __future__ import annotations

import asyncio
import atexit
import os
import threading
import time
import weakref
from collections import OrderedDict
from collections.abc import Callable, Sequence
from contextlib import suppress
from functools import partial
from types import TracebackType
from typing import Self

from assay_sandbox import build, checkpoint, template, wire
from assay_sandbox.backend import choose
from assay_sandbox.container import Container, sweep
from assay_sandbox.errors import SandboxBusy
from assay_sandbox.job import Job, Limits, Result
from assay_sandbox.metrics import Meter, Stats
from assay_sandbox.pair import Pair, PairResult, Pairs
from assay_sandbox.session import Language, Session, Sessions
from assay_sandbox.slot import Slot
from assay_sandbox.spares import Spares
from assay_sandbox.template import Template
from assay_sandbox.ticket import Batch, Ticket

_LEAST_RETRY_S = 0.05


class Sandbox:
    """A pool of ``slots`` containers. Open it (``with`` or ``async with``) before running.

    Args:
        backend: a back-end's name; None: ``ASSAY_BACKEND``, else the safest that works.
        template: what jobs see, by name or as a :class:`Template`.
        slots: containers, and jobs at once.
        recycle_after: jobs after which a container is replaced.
        queue_limit: jobs that may wait; None: 64 for each slot.
        spares: containers kept warm for the moment a slot recycles.
        max_sessions: sessions open at once, besides the slots.

    Raises (on opening):
        SandboxUnavailable: the back-end does not work on this host; the message names the mend.
    """

    def __init__(
        self,
        backend: str | None = None,
        template: str | Template = "plain",
        slots: int = 2,
        recycle_after: int = 500,
        *,
        queue_limit: int | None = None,
        spares: int = 1,
        max_sessions: int = 8,
    ) -> None:
        if slots < 1 or recycle_after < 1:
            raise ValueError("slots and recycle_after must be at least 1")
        if (queue_limit is not None and queue_limit < 0) or spares < 0 or max_sessions < 0:
            raise ValueError("queue_limit, spares and max_sessions must not be negative")
        self._wanted = backend
        self.template = template
        self._count = slots
        self._recycle_after = recycle_after
        self._queue_limit = 64 * slots if queue_limit is None else queue_limit
        self._spares_limit = spares
        self._max_sessions = max_sessions
        self._lock = threading.Lock()
        self._waiting: OrderedDict[Ticket, None] = OrderedDict()
        self._idle: list[Slot] = []
        self._slots: list[Slot] = []
        self._meter = Meter()
        self._pid = 0
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
        if self._slots:
            return self
        sweep()
        chosen = choose(self._wanted)
        rootfs = template.build(self.template)
        self.backend = chosen.name
        self._pid = os.getpid()
        self._settings = template.settings(rootfs)
        self._cache = build.BuildCache(self._settings.key)
        freeze = partial(checkpoint.take, chosen, rootfs) if checkpoint.can_take(chosen) else None
        start = partial(chosen.start, rootfs, "spare")
        self._spares = Spares(start, self._spares_limit, freeze)
        self._sessions = Sessions(chosen, rootfs, self._max_sessions)
        sizes = (self._count, self._recycle_after, self._queue_limit)
        self._pairs = Pairs(chosen, rootfs, *sizes, self._recycled)
        self._slots = [Slot(self, f"{number}") for number in range(self._count)]
        _open_pools.add(self)
        for slot in self._slots:
            slot.start()
        for slot in self._slots:
            slot.ready.wait()
        problem = next((slot.problem for slot in self._slots if slot.problem), None)
        if problem is not None:
            self._close()
            raise problem
        return self

    def _close(self) -> None:
        if self._pid != os.getpid():  # forked: what the parent opened is not ours to close
            return
        with self._lock:
            slots, self._slots, self._idle = self._slots, [], []
            waiting, self._waiting = self._waiting, OrderedDict()
        if not slots:
            return
        for ticket in waiting:
            ticket.cancel("closed", self._failed("the sandbox was closed"))
        for slot in slots:
            slot.stop()
        self._sessions.close()
        self._pairs.close()
        for slot in slots:
            slot.join()
        self._spares.close()
        _open_pools.discard(self)

    # ── running ──────────────────────────────────────────────────────────────────────────────────

    async def run(self, job: Job, deadline_s: float | None = None, *, wait: bool = True) -> Result:
        """Run ``job``; cancelling this call kills it.

        Args:
            deadline_s: seconds for waiting and running together; beyond, ``sandbox_failed``.
            wait: for room in a full queue.

        Raises:
            InvalidJob: the job cannot be run as written.
            SandboxBusy: the queue is full, and ``wait`` is off.
            RuntimeError: the sandbox is not open.
        """
        self._check(job)
        loop = asyncio.get_running_loop()
        future: asyncio.Future[Result] = loop.create_future()
        ticket = Ticket(job, _into(loop, future))
        self._submit(ticket, wait)
        timer = None
        if deadline_s is not None:
            timer = loop.call_later(deadline_s, self._expire, ticket, deadline_s)
        try:
            return await future
        except asyncio.CancelledError:
            self._cancel(ticket, "cancelled", "cancelled")
            raise
        finally:
            if timer is not None:
                timer.cancel()

    def run_sync(self, job: Job, deadline_s: float | None = None, *, wait: bool = True) -> Result:
        """As :meth:`run`, from a program without an event loop."""
        self._check(job)
        if deadline_s is None and (slot := self._borrow()) is not None:
            return self._run_here(slot, job)
        results: list[Result] = []
        finished = threading.Event()

        def done(result: Result) -> None:
            results.append(result)
            finished.set()

        ticket = Ticket(job, done)
        self._submit(ticket, wait)
        try:
            if not finished.wait(deadline_s):
                self._expire(ticket, deadline_s)
                finished.wait()
        except KeyboardInterrupt:
            self._cancel(ticket, "cancelled", "cancelled")
            raise
        return results[0]

    async def run_many(self, jobs: Sequence[Job], deadline_s: float | None = None) -> list[Result]:
        """Run ``jobs``, as many at once as there are slots; the results in the same order.

        Cheaper for each job than :meth:`run`, since the caller is woken once. Jobs of others get
        their turn in between.

        Args:
            deadline_s: seconds for all; jobs not done by then are ``sandbox_failed``.

        Raises:
            InvalidJob: one of them cannot be run as written; none was begun.
            RuntimeError: the sandbox is not open.
        """
        loop = asyncio.get_running_loop()
        finished = asyncio.Event()
        batch = self._batch(jobs, lambda: _call(loop, finished.set))
        try:
            async with asyncio.timeout(deadline_s):
                await finished.wait()
        except TimeoutError:
            self._expire_batch(batch, deadline_s)
        except asyncio.CancelledError:
            batch.cancel("cancelled", self._failed("cancelled"))
            raise
        return [result for result in batch.results if result is not None]

    def run_many_sync(self, jobs: Sequence[Job], deadline_s: float | None = None) -> list[Result]:
        """As :meth:`run_many`, from a program without an event loop."""
        finished = threading.Event()
        batch = self._batch(jobs, finished.set)
        try:
            if not finished.wait(deadline_s):
                self._expire_batch(batch, deadline_s)
        except KeyboardInterrupt:
            batch.cancel("cancelled", self._failed("cancelled"))
            raise
        return [result for result in batch.results if result is not None]

    async def run_pair(
        self, pair: Pair, deadline_s: float | None = None, *, wait: bool = True
    ) -> PairResult:
        """Run two programs joined by pipes, as :meth:`run` runs one; see ``pair.py``."""
        self._require_open()
        return await self._pairs.run(pair, deadline_s, wait=wait)

    def run_pair_sync(
        self, pair: Pair, deadline_s: float | None = None, *, wait: bool = True
    ) -> PairResult:
        """As :meth:`run_pair`, from a program without an event loop."""
        self._require_open()
        return self._pairs.run_sync(pair, deadline_s, wait=wait)

    def session(
        self,
        language: Language = "python",
        *,
        limits: Limits | None = None,
        lifetime_s: float = 600.0,
        idle_s: float = 300.0,
        max_cells: int = 1000,
    ) -> Session:
        """A kept interpreter or shell of its own container; enter it with ``async with``.

        Args:
            language: ``python`` or ``bash``.
            limits: wall, CPU and output of each cell; memory, processes and files of the whole.
            lifetime_s, idle_s: seconds after which it ends, from its start and from its last cell.
            max_cells: cells after which it ends.
        """
        self._require_open()
        limits = limits or Limits()
        return Session(self._sessions, language, limits, lifetime_s, idle_s, max_cells)

    def stats(self) -> Stats:
        """A snapshot; see :class:`Stats`."""
        with self._lock:
            phases = self._meter.phases()
            standing = len(self._waiting)
            return Stats(
                jobs=self._meter.jobs,
                sandbox_failed=self._meter.failed,
                p50_s=phases["total"].p50_s,
                p99_s=phases["total"].p99_s,
                recycles=dict(self._meter.recycles),
                depth=min(standing, self._queue_limit),
                blocked=max(0, standing - self._queue_limit),
                in_flight=sum(slot.state == "busy" for slot in self._slots),
                starts=self._meter.starts,
                sessions=self._sessions.count if self._slots else 0,
                slots={slot.name: slot.stats for slot in self._slots},
                **phases,
            )

    def _check(self, job: Job) -> None:
        self._require_open()
        if _is_plain(job):
            wire.check(job)
        else:
            build.check(job, self._settings)

    # ── the queue ────────────────────────────────────────────────────────────────────────────────

    def _require_open(self) -> None:
        if not self._slots:
            raise RuntimeError(
                "the sandbox is not open; use it in a with statement, or call open()"
            )
        if self._pid != os.getpid():
            raise RuntimeError("the sandbox was opened by another process; open one after the fork")

    def _submit(self, ticket: Ticket, wait: bool = True) -> None:
        with self._lock:
            self._require_open()
            if self._idle:
                slot = self._idle.pop()
                slot.state = "busy"
                slot.hand(ticket)
                return
            if not wait and len(self._waiting) >= self._queue_limit:
                raise SandboxBusy("the queue is full", self._retry_s())
            problem = self._all_out()
            if not problem:
                self._waiting[ticket] = None
        if problem:
            ticket.cancel("out", self._failed(f"no container: {problem}"))

    def _batch(self, jobs: Sequence[Job], done: Callable[[], None]) -> Batch:
        for job in jobs:
            self._check(job)
        batch = Batch(jobs, self._count, done)
        if not jobs:
            done()
        for lane in batch.lanes:
            self._submit(lane)
        return batch

    def _retry_s(self) -> float:
        """When there is likely to be room: a slot's time for one job, shared by the slots."""
        return max(_LEAST_RETRY_S, self._meter.running_s() / self._count)

    def _all_out(self) -> str:
        """Why no slot will take a job soon, or ""."""
        if all(slot.state == "out" for slot in self._slots):
            return next((str(slot.problem) for slot in self._slots), "closed")
        return ""

    def _next(self, slot: Slot) -> Ticket | None:
        """The next job for ``slot``; without one the slot is idle, and will be handed one."""
        with self._lock:
            if self._waiting:
                slot.state = "busy"
                return self._waiting.popitem(last=False)[0]
            slot.state = "idle"
            if self._slots:
                self._idle.append(slot)
            return None

    def _again(self, ticket: Ticket) -> None:
        """Put a lane with its next job at the end of the queue."""
        with self._lock:
            if self._slots and not self._all_out():
                self._waiting[ticket] = None
                return
        ticket.cancel("closed", self._failed("the sandbox was closed"))

    def _out(self, slot: Slot) -> None:
        """``slot`` is of no use for now; where none is left, nobody shall wait."""
        with self._lock:
            slot.state = "out"
            problem = self._all_out()
            waiting = list(self._waiting) if problem else []
            if problem:
                self._waiting.clear()
        for ticket in waiting:
            ticket.cancel("out", self._failed(f"no container: {problem}"))

    def _borrow(self) -> Slot | None:
        with self._lock:
            self._require_open()
            if not self._idle or self._idle[-1].dead:
                return None
            slot = self._idle.pop()
            slot.state = "busy"
            return slot

    def _run_here(self, slot: Slot, job: Job) -> Result:
        """Run ``job`` in this thread, in a borrowed slot."""
        results: list[Result] = []
        try:
            slot.serve(Ticket(job, results.append))
        finally:
            self._hand_back(slot)
        return results[0] if results else self._failed("the sandbox was closed")

    def _hand_back(self, slot: Slot) -> None:
        ticket = None if slot.worn else self._next(slot)
        if slot.worn or ticket is not None:
            slot.hand(ticket)

    def _expire(self, ticket: Ticket, deadline_s: float | None) -> None:
        self._cancel(ticket, "deadline", f"no result within the deadline of {deadline_s} s")

    def _expire_batch(self, batch: Batch, deadline_s: float | None) -> None:
        late = self._failed(f"no result within the deadline of {deadline_s} s")
        for lane in batch.lanes:
            self._withdraw(lane)
        batch.cancel("deadline", late)

    def _cancel(self, ticket: Ticket, cause: str, error: str) -> None:
        self._withdraw(ticket)
        ticket.cancel(cause, self._failed(error))

    def _withdraw(self, ticket: Ticket) -> None:
        with self._lock:
            self._waiting.pop(ticket, None)

    # ── what slots call ──────────────────────────────────────────────────────────────────────────

    def _execute(self, container: Container, job: Job) -> Result:
        if _is_plain(job):
            return container.run(job)
        return build.run(job, container.run, self._cache)

    def _failed(self, error: str, slot: str = "") -> Result:
        return Result("sandbox_failed", backend=self.backend, slot=slot, error=error)

    def _finished(self, submitted: float, began: float, result: Result) -> None:
        now = time.perf_counter()
        with self._lock:
            failed = result.status == "sandbox_failed"
            self._meter.finished(began - submitted, now - began, failed)

    def _obtain(self) -> Container:
        """A container for a slot: a spare, or one made now."""
        if (spare := self._spares.take()) is not None:
            return spare
        began = time.perf_counter()
        container = self._spares.make()
        with self._lock:
            self._meter.started(time.perf_counter() - began)
        return container

    def _recycled(self, cause: str) -> None:
        with self._lock:
            self._meter.recycles[cause] += 1


def _is_plain(job: Job) -> bool:
    """A source in Python, by far the most frequent: one step, and nothing to build."""
    return job.language == "python" and bool(job.source) and not (job.command or job.files)


def _into(
    loop: asyncio.AbstractEventLoop, future: asyncio.Future[Result]
) -> Callable[[Result], None]:
    """A callback that brings a result into ``loop``, if both are still there."""

    def settle(result: Result) -> None:
        if not future.done():
            future.set_result(result)

    return lambda result: _call(loop, settle, result)


def _call(loop: asyncio.AbstractEventLoop, function: Callable[..., None], *given: object) -> None:
    with suppress(RuntimeError):  # the loop was closed: nobody waits any more
        loop.call_soon_threadsafe(function, *given)


_open_pools: weakref.WeakSet[Sandbox] = weakref.WeakSet()


@atexit.register
def _close_all() -> None:
    """What a program that forgot to close its pools would leave on the host."""
    for pool in list(_open_pools):
        pool._close()
