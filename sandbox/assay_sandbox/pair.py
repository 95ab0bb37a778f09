"""Pair: two programs that do not trust each other, run side by side and joined by two pipes.

    pair = Pair(tester=Job(tests), candidate=Job(response))
    result = await box.run_pair(pair)        # result.tester.stdout is out of the candidate's reach

For code that tests other code: what the *tester* writes on its standard output comes from its
process alone, whatever the *candidate* does in its own. Each is a Job in namespaces of its own,
with its own uid, files, limits, output and status. Each finds two more descriptors: 3 to read what
the other writes, 4 to write what the other reads. What comes in there is for the reader to judge.

The end of the tester, by itself or by a limit, is the end of input for the candidate, which is
killed a moment later. The end of the candidate kills whatever it had begun and is the end of input
for the tester. Both clocks start together.

Pairs run in containers of their own, started when the first pair comes; at most as many at once as
the pool has slots. ``guest/pair.py`` tells what happens inside. Pairs are Python; they fetch no
files.
"""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from assay_sandbox import wire
from assay_sandbox.backend import Backend
from assay_sandbox.container import Container, guest_code
from assay_sandbox.errors import InvalidJob, SandboxBusy, SandboxError, SandboxFailed
from assay_sandbox.guest.zygote import unpack
from assay_sandbox.job import Job, Result, Status
from assay_sandbox.spares import Spares

_RETRY_S = 0.5


@dataclass(frozen=True)
class Pair:
    """A program that tests, and the one that it tests; see the module."""

    tester: Job
    candidate: Job


@dataclass(frozen=True)
class PairResult:
    """What came of both.

    Attributes:
        outlived: the candidate still ran when the tester ended. It was killed then, and its
            ``signal`` 9 means no more than that.
        lost_memory: the container was lost with both because it had no memory left.
    """

    tester: Result
    candidate: Result
    outlived: bool = False
    lost_memory: bool = False

    @property
    def status(self) -> Status:
        """The tester's, or ``sandbox_failed`` where that is either's."""
        failed = self.candidate.status == "sandbox_failed"
        return "sandbox_failed" if failed else self.tester.status


def check(pair: Pair) -> None:
    """Raise :class:`InvalidJob` naming what to change, if anything."""
    for name, job in (("tester", pair.tester), ("candidate", pair.candidate)):
        if job.language != "python" or job.command or job.fetch or not job.source:
            raise InvalidJob(f"a pair's {name} is a Python source, without command and fetch")
        wire.check(job)


def run(container: Container, pair: Pair) -> PairResult:
    """Run ``pair`` there; :class:`SandboxFailed` if the container did not do its work."""
    jobs = (pair.candidate, pair.tester)
    request = b"".join(map(wire.encode, jobs))
    most, wall_s = sum(map(wire.max_reply_bytes, jobs)), max(job.limits.wall_s for job in jobs)
    where = (container.backend, container.slot)
    body = container.exchange(request, most, wall_s)
    if body is None:
        lost = Result("memory", signal=9, backend=where[0], slot=where[1])
        return PairResult(lost, lost, lost_memory=True)
    try:
        outlived, *bodies = unpack(body)
        results = [wire.decode(each, job, *where) for each, job in zip(bodies, jobs, strict=True)]
    except ValueError as error:
        raise SandboxFailed(f"the guest's reply is malformed: {error}") from error
    candidate, tester = container.finish(*results)
    return PairResult(tester, candidate, outlived == b"\1")


class _Call:
    """A pair on its way, for whoever wants to end it."""

    def __init__(self) -> None:
        self.reason = ""
        self._lock = threading.Lock()
        self._container: Container | None = None

    def enter(self, container: Container) -> bool:
        """Begin in ``container``; False if it is not wanted any more."""
        with self._lock:
            self._container = container
            return not self.reason

    def leave(self) -> None:
        with self._lock:
            self._container = None

    def end(self, reason: str) -> None:
        """Have it end, and kill the container that it is in; from any thread."""
        with self._lock:
            self.reason = self.reason or reason
            if self._container is not None:
                self._container.kill()


class Pairs:
    """The pairs of a pool: containers for them, a thread each, and how many may wait.

    Args:
        limit: pairs at once.
        recycle_after: pairs after which a container is replaced.
        queue_limit: pairs that may wait.
        recycled: told the cause when a container is replaced.
    """

    def __init__(
        self,
        backend: Backend,
        rootfs: Path,
        limit: int,
        recycle_after: int,
        queue_limit: int,
        recycled: Callable[[str], None],
    ) -> None:
        self._backend = backend.name
        self._spares = Spares(partial(backend.start, rootfs, "pair", guest_code("pair")), 1)
        self._most = limit + queue_limit
        self._recycle_after = recycle_after
        self._recycled = recycled
        self._threads = ThreadPoolExecutor(limit, "assay-pair")
        self._lock = threading.Lock()
        self._idle: list[Container] = []
        self._calls: set[_Call] = set()
        self._closed = False

    async def run(self, pair: Pair, deadline_s: float | None, *, wait: bool) -> PairResult:
        call, future = self._submit(pair, wait)
        try:
            async with asyncio.timeout(deadline_s):
                return await asyncio.wrap_future(future)
        except TimeoutError:
            return self._late(call, deadline_s)
        except asyncio.CancelledError:
            call.end("cancelled")
            raise

    def run_sync(self, pair: Pair, deadline_s: float | None, *, wait: bool) -> PairResult:
        call, future = self._submit(pair, wait)
        try:
            return future.result(deadline_s)
        except TimeoutError:
            return self._late(call, deadline_s)
        except KeyboardInterrupt:
            call.end("cancelled")
            raise

    def close(self) -> None:
        """End what runs and leave nothing."""
        with self._lock:
            self._closed = True
            calls = list(self._calls)
        for call in calls:
            call.end("the sandbox was closed")
        self._threads.shutdown()
        while self._idle:
            self._idle.pop().remove()
        self._spares.close()

    def _submit(self, pair: Pair, wait: bool) -> tuple[_Call, Future[PairResult]]:
        check(pair)
        call = _Call()
        with self._lock:
            if self._closed:
                raise RuntimeError("the sandbox is not open")
            if not wait and len(self._calls) >= self._most:
                raise SandboxBusy("the queue is full", _RETRY_S)
            self._calls.add(call)
            future = self._threads.submit(self._serve, pair, call)
        future.add_done_callback(lambda _: self._calls.discard(call))
        return call, future

    def _late(self, call: _Call, deadline_s: float | None) -> PairResult:
        call.end(f"no result within the deadline of {deadline_s} s")
        return self._failed(call.reason)

    def _failed(self, error: str) -> PairResult:
        result = Result("sandbox_failed", backend=self._backend, error=error)
        return PairResult(result, result)

    # ── the threads ──────────────────────────────────────────────────────────────────────────────

    def _serve(self, pair: Pair, call: _Call) -> PairResult:
        if call.reason:
            return self._failed(call.reason)
        result = self._serve_in(self._container, pair, call)
        if result.lost_memory and not call.reason:  # pairs before it may have used that up
            return self._serve_in(self._spares.make, pair, call)
        return result

    def _serve_in(self, chosen: Callable[[], Container], pair: Pair, call: _Call) -> PairResult:
        try:
            container = chosen()
        except (SandboxError, OSError) as error:
            return self._failed(f"no container: {error}")
        try:
            if not call.enter(container):
                return self._failed(call.reason)
            return run(container, pair)
        except SandboxFailed as error:
            return self._failed(call.reason or str(error))
        except BaseException:
            container.lost = True
            raise
        finally:
            call.leave()
            self._put_back(container, call.reason)

    def _container(self) -> Container:
        """A warm one, the caller's."""
        with self._lock:
            if self._idle:
                return self._idle.pop()
        return self._spares.take() or self._spares.make()

    def _put_back(self, container: Container, reason: str) -> None:
        """Keep it for the next pair, or replace it."""
        if container.jobs == self._recycle_after // 2:
            self._spares.request()
        aged = container.jobs >= self._recycle_after
        cause = "cancelled" if reason else "lost" if container.lost else "age" if aged else ""
        if cause:
            self._recycled(cause)
            self._spares.retire(container)
            return
        with self._lock:
            self._idle.append(container)
