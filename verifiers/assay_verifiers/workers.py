"""Killable warm workers: run what may hang or explode in a process that can be shot.

Theory of operation. A process has one crew: a few threads, each of which owns one child process
(``worker.py``), started when first needed and kept warm. A request names the module whose
``handle(request) -> reply`` shall answer; a child loads it once, before that request's clock
starts. Request and reply are JSON in length-prefixed frames over pipes: nothing is pickled, and no
signal or alarm is used in the caller, so a call works from any thread, event loop or Ray actor, and
thousands may wait without stalling a loop. A child that is late is killed; one that dies is
replaced and its request asked once more, so that only a request that kills two children has
crashed; one that has grown large is retired after its reply. None of it touches another call.
Children end with their standard input, so none outlives the process that started it.

    RuntimeError
    └── WorkerError
        ├── WorkerTimeout   the request took longer than it may; its child was killed
        ├── WorkerCrashed   two children died of the request or answered nonsense, or none started
        └── WorkerDeadline  the request never got its turn within its deadline
"""

from __future__ import annotations

import atexit
import contextlib
import json
import os
import queue
import selectors
import struct
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Collection
from concurrent.futures import Future
from dataclasses import dataclass
from functools import partial
from typing import Any, TypeAlias, TypeVar

from assay_datasets import Json

T = TypeVar("T")
Ask: TypeAlias = Callable[[Json, float], Json]
"""``ask(request, timeout_s)``: what the module's ``handle`` replied, or a :class:`WorkerError`."""

_AskAny: TypeAlias = Callable[[str, Json, float], Json]

_START_S = 120.0
HEADER = struct.Struct(">I")
_LONGEST_FRAME = 16 << 20


class WorkerError(RuntimeError):
    """A call did not get its answer."""


class WorkerTimeout(WorkerError):
    """The request took longer than it may."""


class WorkerCrashed(WorkerError):
    """The children died or answered nonsense, or none could be started."""


class WorkerDeadline(WorkerError):
    """The request waited for its turn until its deadline was over."""


class WorkerPool:
    """What asks one module: its view of a crew of children.

    Args:
        module: whose ``handle(request) -> reply`` answers.
        size: children at most; each starts with the first request that finds no idle thread.
        crew: children to share with other modules, in place of ``size`` of its own.
    """

    def __init__(self, module: str, size: int = 2, crew: Crew | None = None) -> None:
        self.module = module
        self.crew = crew or Crew(size)

    def submit(self, work: Callable[[Ask], T], *, deadline_s: float = 60.0) -> Future[T]:
        """Give ``work`` a child to ask, on one of the crew's threads.

        Args:
            work: gets ``ask(request, timeout_s) -> reply``; may ask more than once, and what it
                raises (``WorkerTimeout``, ``WorkerCrashed``) is the future's exception.
            deadline_s: seconds until its turn must have come, else ``WorkerDeadline``.
        """
        return self.crew.submit(lambda ask: work(partial(ask, self.module)), deadline_s)

    def call(self, request: Json, timeout_s: float) -> Json:
        """One question, blocking this thread."""
        return self.submit(lambda ask: ask(request, timeout_s)).result()

    def close(self) -> None:
        """Kill the children and end the threads; waiting requests are cancelled. Idempotent."""
        self.crew.close()


class Crew:
    """A few threads, each with a child that answers for any module."""

    def __init__(self, size: int) -> None:
        self._size = size
        self._pid = os.getpid()
        self._queue: queue.SimpleQueue[_Ticket | None] = queue.SimpleQueue()
        self._threads: list[_Thread] = []
        self._lock = threading.Lock()

    def submit(self, work: Callable[[_AskAny], T], deadline_s: float) -> Future[T]:
        future: _Future[T] = _Future()
        self._queue.put(_Ticket(work, future, time.monotonic() + deadline_s))
        with self._lock:
            idle = sum(not thread.busy for thread in self._threads)
            if len(self._threads) < self._size and self._queue.qsize() > idle:
                thread = _Thread(self._queue)
                self._threads.append(thread)
                thread.start()
        return future

    def close(self) -> None:
        if self._pid != os.getpid():
            return  # forked: the children are the parent's
        with self._lock:
            threads, self._threads = self._threads, []
        with contextlib.suppress(queue.Empty):
            while ticket := self._queue.get_nowait():
                ticket.future.cancel()
        for thread in threads:
            thread.stop()
        for _ in threads:
            self._queue.put(None)
        for thread in threads:
            thread.join()


class _Future(Future[T]):
    """A future that knows whether a request of its work was late."""

    late = False


def was_late(asked: Future[Any]) -> bool:
    """Whether a request of the work that :meth:`WorkerPool.submit` was given took too long."""
    return isinstance(asked, _Future) and asked.late


@dataclass(frozen=True)
class _Ticket:
    """Work that waits for its turn until ``latest`` (on the monotonic clock)."""

    work: Callable[[_AskAny], Any]
    future: _Future[Any]
    latest: float


class _Thread(threading.Thread):
    """Takes work from the pool's queue and lends it the one child it owns.

    A daemon, so that a program may end with work still waiting; ``atexit`` kills the child.
    """

    def __init__(self, tickets: queue.SimpleQueue[_Ticket | None]) -> None:
        super().__init__(name="assay-worker", daemon=True)
        self.busy = True
        self._tickets = tickets
        self._child: _Child | None = None
        self._lost: frozenset[str] = frozenset()  # modules that the last child had loaded
        self._starting = threading.Lock()
        self._stopped = False

    def run(self) -> None:
        while ticket := self._next():
            if not ticket.future.set_running_or_notify_cancel():
                continue
            try:
                if time.monotonic() > ticket.latest:
                    raise WorkerDeadline("no turn within the deadline")
                result = ticket.work(partial(self._ask, ticket.future))
            except BaseException as error:
                ticket.future.set_exception(error)
            else:
                ticket.future.set_result(result)
            self._revive()
        self._drop_child()

    def stop(self) -> None:
        """End what the child is doing; nothing is started any more."""
        with self._starting:
            self._stopped = True
            if self._child is not None:
                self._child.interrupt()

    def _next(self) -> _Ticket | None:
        self.busy = False
        ticket = self._tickets.get()
        self.busy = True
        return ticket

    def _ask(self, future: _Future[Any], module: str, request: Json, timeout_s: float) -> Json:
        """The reply to a request, which is asked again where a child dies of it, or by chance."""
        try:
            try:
                return self._asked_once(module, request, timeout_s)
            except WorkerCrashed:
                return self._asked_once(module, request, timeout_s)
        except WorkerTimeout:
            future.late = True
            raise

    def _asked_once(self, module: str, request: Json, timeout_s: float) -> Json:
        try:
            child = self._child or self._start_child()
            reply = child.ask(module, request, timeout_s)
        except WorkerError:
            self._drop_child()
            raise
        if child.retired:
            self._drop_child()
        return reply

    def _revive(self) -> None:
        """Replace a child that was killed before the next work's deadline runs."""
        if self._child is None and self._lost:
            with contextlib.suppress(WorkerError):
                self._start_child().load(self._lost)

    def _start_child(self) -> _Child:
        with self._starting:
            if self._stopped:
                raise WorkerCrashed("the pool is closed")
            try:
                self._child = child = _Child()
            except OSError as error:
                raise WorkerCrashed(f"no child could be started: {error}") from error
        return child

    def _drop_child(self) -> None:
        with self._starting:
            child, self._child = self._child, None
        if child is not None:
            self._lost = frozenset(child.loaded)
            child.kill()


class _Child:
    """One child process and the frames to and from it. Used by one thread at a time.

    Attributes:
        retired: it asked to be replaced, having grown large.
        loaded: modules that it can be asked about at once.
    """

    def __init__(self) -> None:
        self.retired = False
        self.loaded: set[str] = set()
        search = os.pathsep.join(path for path in sys.path if path)
        self._process = subprocess.Popen(
            [sys.executable, "-m", "assay_verifiers.worker"],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            env={**os.environ, "PYTHONPATH": search},
            start_new_session=True,  # Ctrl-C in a terminal is the parent's to handle
        )

    def ask(self, module: str, request: Json, timeout_s: float) -> Json:
        self.load({module})
        self._write({"module": module, "request": request, "timeout_s": timeout_s})
        reply, self.retired = self._read(time.monotonic() + timeout_s)
        return reply

    def load(self, modules: Collection[str]) -> None:
        for module in sorted({*modules} - self.loaded):
            self._write({"load": module})
            try:
                self._read(time.monotonic() + _START_S)
            except WorkerTimeout as error:
                raise WorkerCrashed(f"{module} not ready within {_START_S:.0f} s") from error
            self.loaded.add(module)

    def _write(self, message: Json) -> None:
        body = json.dumps(message).encode()
        pipe = self._process.stdin
        if pipe is None:
            raise WorkerCrashed("the child has no input")
        try:
            pipe.write(HEADER.pack(len(body)) + body)
            pipe.flush()
        except OSError as error:
            raise WorkerCrashed("the child is gone") from error

    def interrupt(self) -> None:
        """Kill the process; whoever reads from it is told that it died. For other threads."""
        self._process.kill()

    def kill(self) -> None:
        """Kill the process and release all that belongs to it."""
        self._process.kill()
        self._process.wait()
        for pipe in (self._process.stdin, self._process.stdout):
            if pipe is not None:
                _close_quietly(pipe)

    def _read(self, until: float) -> tuple[Json, bool]:
        """A reply, and whether the child wants to be replaced."""
        (length,) = HEADER.unpack(self._bytes(HEADER.size, until))
        if length > _LONGEST_FRAME:
            raise WorkerCrashed("the child's reply is no frame")
        try:
            reply, retired = json.loads(self._bytes(length, until))
        except (TypeError, ValueError) as error:
            raise WorkerCrashed("the child's reply is no reply") from error
        return reply, bool(retired)

    def _bytes(self, count: int, until: float) -> bytes:
        pipe = self._process.stdout
        if pipe is None:
            raise WorkerCrashed("the child has no output")
        read = bytearray()
        with selectors.DefaultSelector() as selector:
            selector.register(pipe, selectors.EVENT_READ)
            while len(read) < count:
                if not selector.select(max(until - time.monotonic(), 0)):
                    raise WorkerTimeout("the child did not answer in time")
                part = os.read(pipe.fileno(), count - len(read))
                if not part:
                    raise WorkerCrashed("the child died")
                read += part
        return bytes(read)


def _close_quietly(pipe: Any) -> None:
    """Close a pipe whose other end may be gone with bytes still buffered for it."""
    with contextlib.suppress(OSError):
        pipe.close()


_crews: dict[int, Crew] = {}
_crews_lock = threading.Lock()


def shared_pool(module: str) -> WorkerPool:
    """``module``'s view of this process's one crew; a forked child gets a crew of its own."""
    with _crews_lock:
        if os.getpid() not in _crews:
            crew = _crews[os.getpid()] = Crew(min(4, os.cpu_count() or 1))
            atexit.register(crew.close)
        return WorkerPool(module, crew=_crews[os.getpid()])
