"""Killable warm workers: run what may hang or explode in a process that can be shot.

Theory of operation. A pool has a few threads; each owns one child process, started when first
needed and kept warm. Request and reply are JSON in length-prefixed frames over pipes: nothing is
pickled, and no signal or alarm is used in the caller, so a call works from any thread, event loop
or Ray actor, and thousands may wait without stalling a loop. A child that is late is killed, one
that dies is replaced; either is an exception of that call only. Children end with their standard
input, so none outlives the process that started it.

    RuntimeError
    └── WorkerError
        ├── WorkerTimeout   the request took longer than it may; its child was killed
        ├── WorkerCrashed   the child died or answered nonsense
        └── WorkerDeadline  the request never got its turn within its deadline
"""

from __future__ import annotations

import atexit
import contextlib
import json
import os
import queue
import resource
import selectors
import struct
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from concurrent.futures import Future
from dataclasses import dataclass
from typing import Any, TypeAlias, TypeVar

from assay_datasets import Json

T = TypeVar("T")
Ask: TypeAlias = Callable[[Json, float], Json]
"""``ask(request, timeout_s)``: the child's reply, or a :class:`WorkerError`."""

_START_S = 120.0
_HEADER = struct.Struct(">I")
_LONGEST_FRAME = 16 << 20


class WorkerError(RuntimeError):
    """A call did not get its answer."""


class WorkerTimeout(WorkerError):
    """The request took longer than it may."""


class WorkerCrashed(WorkerError):
    """The child died or answered nonsense."""


class WorkerDeadline(WorkerError):
    """The request waited for its turn until its deadline was over."""


class WorkerPool:
    """Children that all run ``python -m module``, whose ``main`` is :func:`serve`.

    Args:
        module: the module to run.
        size: children at most; each starts with the first request that finds no idle thread.
    """

    def __init__(self, module: str, size: int = 2) -> None:
        self.module = module
        self._size = size
        self._pid = os.getpid()
        self._queue: queue.SimpleQueue[_Ticket | None] = queue.SimpleQueue()
        self._threads: list[_Thread] = []
        self._lock = threading.Lock()

    def submit(self, work: Callable[[Ask], T], *, deadline_s: float = 60.0) -> Future[T]:
        """Give ``work`` a child to ask, on one of the pool's threads.

        Args:
            work: gets ``ask(request, timeout_s) -> reply``; may ask more than once, and what it
                raises (``WorkerTimeout``, ``WorkerCrashed``) is the future's exception.
            deadline_s: seconds until its turn must have come, else ``WorkerDeadline``.
        """
        future: Future[T] = Future()
        self._queue.put(_Ticket(work, future, time.monotonic() + deadline_s))
        with self._lock:
            idle = sum(not thread.busy for thread in self._threads)
            if len(self._threads) < self._size and self._queue.qsize() > idle:
                thread = _Thread(self.module, self._queue)
                self._threads.append(thread)
                thread.start()
        return future

    def call(self, request: Json, timeout_s: float) -> Json:
        """One question, blocking this thread."""
        return self.submit(lambda ask: ask(request, timeout_s)).result()

    def close(self) -> None:
        """Kill the children and end the threads; waiting requests are cancelled. Idempotent."""
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


@dataclass(frozen=True)
class _Ticket:
    """Work that waits for its turn until ``latest`` (on the monotonic clock)."""

    work: Callable[[Ask], Any]
    future: Future[Any]
    latest: float


class _Thread(threading.Thread):
    """Takes work from the pool's queue and lends it the one child it owns.

    A daemon, so that a program may end with work still waiting; ``atexit`` kills the child.
    """

    def __init__(self, module: str, tickets: queue.SimpleQueue[_Ticket | None]) -> None:
        super().__init__(name=f"worker-{module}", daemon=True)
        self.busy = True
        self._module = module
        self._tickets = tickets
        self._child: _Child | None = None
        self._starting = threading.Lock()
        self._stopped = False

    def run(self) -> None:
        while ticket := self._next():
            if not ticket.future.set_running_or_notify_cancel():
                continue
            try:
                if time.monotonic() > ticket.latest:
                    raise WorkerDeadline(f"{self._module}: no turn within the deadline")
                result = ticket.work(self._ask)
            except BaseException as error:
                ticket.future.set_exception(error)
            else:
                ticket.future.set_result(result)
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

    def _ask(self, request: Json, timeout_s: float) -> Json:
        try:
            child = self._child or self._start_child()
            return child.ask({"timeout_s": timeout_s, "request": request}, timeout_s)
        except WorkerError:
            self._drop_child()
            raise

    def _start_child(self) -> _Child:
        with self._starting:
            if self._stopped:
                raise WorkerCrashed("the pool is closed")
            try:
                self._child = child = _Child(self._module)
            except OSError as error:
                raise WorkerCrashed(f"no child could be started: {error}") from error
        child.wait_ready()
        return child

    def _drop_child(self) -> None:
        with self._starting:
            child, self._child = self._child, None
        if child is not None:
            child.kill()


class _Child:
    """One child process and the frames to and from it. Used by one thread at a time."""

    def __init__(self, module: str) -> None:
        search = os.pathsep.join(path for path in sys.path if path)
        self._process = subprocess.Popen(
            [sys.executable, "-m", module],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            env={**os.environ, "PYTHONPATH": search},
            start_new_session=True,  # Ctrl-C in a terminal is the parent's to handle
        )

    def wait_ready(self) -> None:
        try:
            self._read(time.monotonic() + _START_S)
        except WorkerTimeout as error:
            raise WorkerCrashed(f"not ready within {_START_S:.0f} s") from error

    def ask(self, message: Json, timeout_s: float) -> Json:
        body = json.dumps(message).encode()
        pipe = self._process.stdin
        if pipe is None:
            raise WorkerCrashed("the child has no input")
        try:
            pipe.write(_HEADER.pack(len(body)) + body)
            pipe.flush()
        except OSError as error:
            raise WorkerCrashed("the child is gone") from error
        return self._read(time.monotonic() + timeout_s)

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

    def _read(self, until: float) -> Json:
        (length,) = _HEADER.unpack(self._bytes(_HEADER.size, until))
        if length > _LONGEST_FRAME:
            raise WorkerCrashed("the child's reply is no frame")
        try:
            return json.loads(self._bytes(length, until))
        except ValueError as error:
            raise WorkerCrashed("the child's reply is not JSON") from error

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


def serve(handle: Callable[[Json], Json], memory_bytes: int = 4 << 30) -> None:
    """The child's side: answer requests by ``handle`` until standard input ends.

    Should the parent be lost while a request runs, the kernel ends the child by a CPU limit.
    """
    replies = os.fdopen(os.dup(1), "wb")
    os.dup2(2, 1)  # whatever a library prints must not get between the frames
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    resource.setrlimit(resource.RLIMIT_AS, (memory_bytes, resource.RLIM_INFINITY))
    _send(replies, "ready")
    while header := sys.stdin.buffer.read(_HEADER.size):
        message = json.loads(sys.stdin.buffer.read(_HEADER.unpack(header)[0]))
        used = resource.getrusage(resource.RUSAGE_SELF)
        seconds = used.ru_utime + used.ru_stime + message["timeout_s"] + 2
        resource.setrlimit(resource.RLIMIT_CPU, (int(seconds) + 1, resource.RLIM_INFINITY))
        _send(replies, handle(message["request"]))


def _send(stream: Any, reply: Json) -> None:
    body = json.dumps(reply).encode()
    stream.write(_HEADER.pack(len(body)) + body)
    stream.flush()


_shared: dict[tuple[int, str], WorkerPool] = {}
_shared_lock = threading.Lock()


def shared_pool(module: str) -> WorkerPool:
    """This process's pool for ``module``; a forked child gets one of its own."""
    key = (os.getpid(), module)
    with _shared_lock:
        if key not in _shared:
            pool = _shared[key] = WorkerPool(module, size=min(4, os.cpu_count() or 1))
            atexit.register(pool.close)
        return _shared[key]
