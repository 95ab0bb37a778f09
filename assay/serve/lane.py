"""A crew of workers, and lanes: fair queues of requests that wait for room in them.

A request has a deadline that includes waiting. One that is still waiting then is late; one that a
worker does not give back soon after, or after it was cancelled, has its worker killed. When a
worker dies, the crew starts another, and its requests end with ``Died``: whoever asked may ask
again with ``alone``, so that the request which killed one worker can kill no second one with
others' requests in it.
"""

from __future__ import annotations

import asyncio
import logging
import math
import time
from collections import Counter, deque
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from assay.serve.callers import Caller
from assay.serve.errors import Late, Refused, TooMany, Unavailable
from assay.serve.fair import FairQueue
from assay.serve.frames import Message
from assay.serve.process import Asked, Died, WorkerProcess
from assay_datasets import Json

GRACE_S = 5.0
"""Seconds after its deadline in which a worker must have given a request back."""

_FIRST_PAUSE_S = 0.2
_LONGEST_PAUSE_S = 10.0
_WEIGH_S = 1.0
_WINDOW_S = 10.0
_LEAST_S = 1.0
_log = logging.getLogger("assay.serve")


class Crew:
    """As many workers as asked for; one that dies is replaced.

    Args:
        size: workers.
        setup: what each is told first.
        most_bytes: memory above which a worker is replaced, once it has nothing to do; None: never.
    """

    def __init__(self, size: int, setup: Message, most_bytes: int | None = None) -> None:
        self.size = size
        self._most_bytes = most_bytes
        self.workers: list[WorkerProcess] = []
        self.died = 0
        self.on_change: list[Callable[[], None]] = []
        self._setup = setup
        self._keepers: list[asyncio.Task[None]] = []

    async def open(self) -> None:
        """Start all; :class:`Died` where one does not start."""
        started = await asyncio.gather(
            *(WorkerProcess.start(self._setup) for _ in range(self.size)), return_exceptions=True
        )
        self.workers = [each for each in started if isinstance(each, WorkerProcess)]
        for each in started:
            if isinstance(each, BaseException):
                raise each  # the others are ended by `close`
        self._keepers = [asyncio.ensure_future(self._keep(worker)) for worker in self.workers]
        if self._most_bytes is not None:
            self._keepers.append(asyncio.ensure_future(self._weigh(self._most_bytes)))

    async def close(self) -> None:
        for keeper in self._keepers:
            keeper.cancel()
        await asyncio.gather(*(worker.stop() for worker in self.workers))
        self.workers.clear()

    def changed(self) -> None:
        """There may be room: let the lanes look."""
        for look in self.on_change:
            look()

    async def _weigh(self, most_bytes: int) -> None:
        """Retire workers that have grown."""
        while True:
            await asyncio.sleep(_WEIGH_S)
            for worker in self.workers:
                if worker.beat.get("rss", 0) > most_bytes and not worker.retiring:
                    _log.warning("worker %d holds %d bytes", worker.pid, worker.beat["rss"])
                    worker.retire()

    async def _keep(self, worker: WorkerProcess) -> None:
        """Replace ``worker`` when it dies, and the replacement when that dies."""
        pause = _FIRST_PAUSE_S
        while True:
            began = time.monotonic()
            await worker.dead.wait()
            self.workers.remove(worker)
            self.died += not worker.retiring
            _log.warning("worker %d has ended; starting another", worker.pid)
            self.changed()
            await worker.stop(0.0)
            pause = _FIRST_PAUSE_S if time.monotonic() - began > _LONGEST_PAUSE_S else 2 * pause
            while True:
                await asyncio.sleep(min(pause, _LONGEST_PAUSE_S))
                try:
                    worker = await WorkerProcess.start(self._setup)
                except (Died, OSError) as error:
                    _log.error("no worker could be started: %s", error)
                    pause = min(2 * pause, _LONGEST_PAUSE_S)
                else:
                    break
            self.workers.append(worker)
            self.changed()


@dataclass(eq=False)
class _Unit:
    """A request that waits, or that a worker has."""

    caller: str
    size: int
    op: str
    given: Message
    deadline: float
    future: asyncio.Future[Json]
    alone: bool = False
    worker: WorkerProcess | None = None
    asked: Asked | None = None
    timer: asyncio.TimerHandle | None = None


class Lane:
    """Requests of one kind, on their way into a crew.

    Args:
        name: in metrics.
        crew: who works.
        room: items of this lane that one worker has at a time.
        limit: items that may wait or be worked on.
    """

    def __init__(self, name: str, crew: Crew, room: int, limit: int) -> None:
        self.name = name
        self.crew = crew
        self.limit = limit
        self._room = room
        self._queue: FairQueue[_Unit] = FairQueue()
        self._alone: deque[_Unit] = deque()
        self._held: Counter[str] = Counter()
        self._rate = Throughput()
        crew.on_change.append(self._dispatch)

    @property
    def waiting(self) -> int:
        """Items in the queue."""
        return self._queue.items

    @property
    def working(self) -> int:
        """Items in workers."""
        return sum(worker.load[self.name] for worker in self.crew.workers)

    @contextmanager
    def room_for(self, caller: Caller, size: int) -> Iterator[None]:
        """Hold places for ``size`` items, from before they wait until they are done.

        A caller without any other items here may have as many as fit into a request.

        Raises:
            TooMany: there are not so many places left.
        """
        total, own = self._held.total(), self._held[caller.name]
        if total and (missing := total + size - self.limit) > 0:
            raise TooMany("the server's queue is full", self._retry_s(missing))
        if own and (missing := own + size - caller.queued_items) > 0:
            raise TooMany(
                "your queue is full: too much of yours is waiting", self._retry_s(missing)
            )
        self._held[caller.name] += size
        try:
            yield
        finally:
            self._held[caller.name] -= size
            if not self._held[caller.name]:
                del self._held[caller.name]

    async def ask(
        self,
        caller: Caller,
        op: str,
        given: Message,
        *,
        deadline: float,
        size: int = 1,
        alone: bool = False,
    ) -> Json:
        """The reply to a request; cancelling this cancels the request.

        Args:
            given: what goes with it; ``left_s`` is added where it is asked for by being there.
            deadline: on the loop's clock.
            size: items in it.
            alone: nothing else shall be in the worker meanwhile.

        Raises:
            Late: not done by the deadline.
            Refused: nested too deeply to be sent.
            Died: the worker died of it, or of another.
        """
        loop = asyncio.get_running_loop()
        unit = _Unit(caller.name, size, op, given, deadline, loop.create_future(), alone)
        unit.timer = loop.call_at(deadline, self._expire, unit)
        if alone:
            self._alone.append(unit)
        else:
            self._queue.put(caller.name, unit, size)
        self._dispatch()
        try:
            return await unit.future
        except asyncio.CancelledError:
            self._give_up(unit)
            raise

    # ── from the queue into a worker ─────────────────────────────────────────────────────────────

    def _dispatch(self) -> None:
        self._dispatch_alone()
        while self._queue and (worker := self._free(self._queue.head().size)) is not None:
            self._send(self._queue.pop(), worker)

    def _dispatch_alone(self) -> None:
        while self._alone and self.crew.workers:
            worker = min(self.crew.workers, key=lambda each: (-each.kept_free, each.load.total()))
            worker.kept_free = True
            if worker.load.total():
                return
            self._send(self._alone.popleft(), worker)

    def _free(self, size: int) -> WorkerProcess | None:
        """The least busy worker with room for ``size`` items."""
        free = [each for each in self.crew.workers if not (each.kept_free or each.retiring)]
        worker = min(free, key=lambda each: each.load[self.name], default=None)
        if worker is None or ((has := worker.load[self.name]) and has + size > self._room):
            return None
        return worker

    def _send(self, unit: _Unit, worker: WorkerProcess) -> None:
        left_s = max(unit.deadline - asyncio.get_running_loop().time(), 0.001)
        given = unit.given | {"left_s": left_s} if "left_s" in unit.given else unit.given
        try:
            unit.asked = worker.ask(unit.op, **given)
        except Refused as error:
            self._settle(unit, error)
            return
        unit.worker = worker
        worker.load[self.name] += unit.size
        unit.asked.future.add_done_callback(lambda reply: self._done(unit, reply))

    def _done(self, unit: _Unit, reply: asyncio.Future[Json]) -> None:
        worker = unit.worker
        if worker is not None:
            worker.load[self.name] -= unit.size
            worker.kept_free = worker.kept_free and not unit.alone
            if worker.retiring:
                worker.retire()
        self._rate.add(unit.size)
        self._settle(unit, reply.exception() or reply.result())
        self.crew.changed()

    def _settle(self, unit: _Unit, reply: Json | BaseException) -> None:
        if unit.timer is not None:
            unit.timer.cancel()
        if unit.future.done():
            return
        if isinstance(reply, BaseException):
            unit.future.set_exception(reply)
        else:
            unit.future.set_result(reply)

    # ── giving up ────────────────────────────────────────────────────────────────────────────────

    def _expire(self, unit: _Unit) -> None:
        """The deadline is over. A worker that keeps deadlines itself gets a moment to say so."""
        waited = self._withdraw(unit)
        if waited or "left_s" not in unit.given:
            what = "no turn" if waited else "not done"
            if not unit.future.done():
                unit.future.set_exception(Late(f"{what} within the deadline"))
            self._give_up(unit)
        else:
            self._watch(unit)

    def _give_up(self, unit: _Unit) -> None:
        """The caller has gone: nobody wants the reply."""
        if unit.timer is not None:
            unit.timer.cancel()
        if self._withdraw(unit) or unit.worker is None or unit.asked is None:
            return
        unit.worker.cancel(unit.asked)
        self._watch(unit)

    def _watch(self, unit: _Unit) -> None:
        unit.timer = asyncio.get_running_loop().call_later(GRACE_S, self._stuck, unit)

    def _withdraw(self, unit: _Unit) -> bool:
        if unit in self._alone:
            self._alone.remove(unit)
            return True
        return self._queue.remove(unit.caller, unit)

    def _stuck(self, unit: _Unit) -> None:
        if unit.worker is not None:
            _log.warning("worker %d does not give %s back; killing it", unit.worker.pid, unit.op)
            unit.worker.kill()

    def _retry_s(self, missing: int) -> float:
        """When ``missing`` more places are likely to be free."""
        return min(max(missing / max(self._rate.per_s(), 1.0), 0.1), 60.0)


class Throughput:
    """Items per second, lately; of what is new, since its first."""

    def __init__(self) -> None:
        self._count = 0.0  # fades by the window
        self._age_s = 0.0
        self._last = time.monotonic()

    def add(self, count: int) -> None:
        if self._count:
            self._fade()
        else:
            self._age_s, self._last = 0.0, time.monotonic()
        self._count += count

    def per_s(self) -> float:
        self._fade()
        seen_s = _WINDOW_S * -math.expm1(-self._age_s / _WINDOW_S)
        return self._count / max(seen_s, _LEAST_S)

    def _fade(self) -> None:
        now = time.monotonic()
        passed, self._last = now - self._last, now
        self._count *= math.exp(-passed / _WINDOW_S)
        self._age_s += passed


async def ask_directly(worker: WorkerProcess, op: str, given: Message, *, left_s: float) -> Json:
    """The reply of one certain worker, which has what this is about; past every queue.

    Raises:
        Late: not done within ``left_s`` seconds; the request was cancelled.
        Unavailable: the worker died of it.
    """
    asked = worker.ask(op, **given)
    try:
        async with asyncio.timeout(left_s):
            return await asyncio.shield(asked.future)
    except Died as error:
        raise Unavailable("what held the session was lost; open another", None) from error
    except TimeoutError:
        worker.cancel(asked)
        raise Late(f"not done within {left_s:g} s") from None
    except asyncio.CancelledError:
        worker.cancel(asked)
        raise
