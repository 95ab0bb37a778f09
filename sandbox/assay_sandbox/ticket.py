"""Tickets: what stands in a pool's queue. One job, or a lane of a batch with one after another.

A ticket settles every job exactly once, whoever is first: the slot with the result, or whoever
cancels it (its caller, a deadline, a closing pool). Cancelling kills the container that the job is
in. After a job a lane goes back to the end of the queue with its next, so that a batch of thousands
does not stand before a single job that comes later.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator, Sequence

from assay_sandbox.container import Container
from assay_sandbox.job import Job, Result

Done = Callable[[Result], None]


class Ticket:
    """A job on its way, and what to do with its result.

    Attributes:
        cause: why it was cancelled while in a container, for the pool's account; or "".
    """

    __slots__ = ("_container", "_done", "_lock", "_settled", "cause", "job", "submitted")

    def __init__(self, job: Job, done: Done) -> None:
        self.job = job
        self.submitted = time.perf_counter()
        self.cause = ""
        self._done = done
        self._lock = threading.Lock()
        self._settled = False
        self._container: Container | None = None

    def enter(self, container: Container) -> bool:
        """Begin in ``container``; False if the job is no longer wanted."""
        with self._lock:
            self._container = container
            return not self._settled

    def leave(self) -> None:
        """Out of the container: from here on, cancelling does not kill it."""
        with self._lock:
            self._container = None

    def settle(self, result: Result) -> bool:
        """The result of the present job; True if there is another one to run."""
        with self._lock:
            if self._settled:
                return False
            self._settled = True
        self._done(result)
        return False

    def cancel(self, cause: str, result: Result) -> None:
        """End it with ``result``, killing it where it already runs."""
        with self._lock:
            if self._settled:
                return
            self._settled = True
            if self._container is not None:
                self.cause = cause
                self._container.kill()
        self._done(result)


class Batch:
    """Jobs whose results are wanted together, in their order; ``done`` is called after the last."""

    def __init__(self, jobs: Sequence[Job], lanes: int, done: Callable[[], None]) -> None:
        self.jobs = jobs
        self.results: list[Result | None] = [None] * len(jobs)
        self._done = done
        self._lock = threading.Lock()
        self._left = len(jobs)
        self._indexes: Iterator[int] = iter(range(len(jobs)))
        self.lanes = [Lane(self, next(self._indexes)) for _ in range(min(lanes, len(jobs)))]

    def settled(self, index: int, result: Result) -> int | None:
        """Note a result; the next index to run, or None."""
        with self._lock:
            self.results[index] = result
            self._left -= 1
            finished = not self._left
            following = next(self._indexes, None)
        if finished:
            self._done()
        return following

    def cancel(self, cause: str, result: Result) -> None:
        """End whatever has not ended with ``result``."""
        for lane in self.lanes:
            lane.cancel(cause, result)


class Lane(Ticket):
    """One of the places that a batch takes in the queue."""

    __slots__ = ("_batch", "_index")

    def __init__(self, batch: Batch, index: int) -> None:
        super().__init__(batch.jobs[index], lambda _: None)
        self._batch = batch
        self._index = index

    def settle(self, result: Result) -> bool:
        with self._lock:
            if self._settled:
                return False
            following = self._batch.settled(self._index, result)
            if following is None:
                self._settled = True
                return False
            self._index, self.job = following, self._batch.jobs[following]
            self.submitted = time.perf_counter()
            return True

    def cancel(self, cause: str, result: Result) -> None:
        with self._lock:
            if self._settled:
                return
            self._settled = True
            if self._container is not None:
                self.cause = cause
                self._container.kill()
            index: int | None = self._index
            while index is not None:
                index = self._batch.settled(index, result)
