"""A slot: one place in a pool, which keeps a container alive and takes jobs from the queue.

A thread of its own serves the queue, and starts a container in place of one that is too old, was
lost, or was killed with its job. A caller without an event loop may borrow an idle slot and run its
job itself, which spares two changes of thread; the slot's thread does the rest.

A new container must answer before it is used: it says that it is warm, and where its predecessor
was lost before it had finished a job, it must run one of ours. When that fails ``OUT_AFTER`` times
in a row the slot is *out*: it takes no jobs, its state says why, and it goes on trying, ever more
rarely, until a container answers; then it is back.
"""

from __future__ import annotations

import queue
import threading
import time
from typing import TYPE_CHECKING

from assay_sandbox.checkpoint import examine
from assay_sandbox.container import Container
from assay_sandbox.errors import SandboxError, SandboxFailed
from assay_sandbox.job import Result
from assay_sandbox.metrics import SlotState, SlotStats
from assay_sandbox.ticket import Ticket

if TYPE_CHECKING:
    from assay_sandbox.pool import Sandbox

OUT_AFTER = 3
PAUSE_S = 0.25  # before the second attempt; doubles with each, up to the longest
LONGEST_PAUSE_S = 15.0


class Slot(threading.Thread):
    """See the module.

    Attributes:
        ready: set once the first container is warm, or could not be had.
        problem: why the last attempt to get a container failed, or None.
        state: what it is doing; see :data:`SlotState`.
    """

    def __init__(self, pool: Sandbox, name: str) -> None:
        super().__init__(name=f"assay-slot-{name}", daemon=True)
        self.ready = threading.Event()
        self.problem: SandboxError | None = None
        self.state: SlotState = "starting"
        self.container: Container | None = None
        self._pool = pool
        self._mail: queue.SimpleQueue[Ticket | None] = queue.SimpleQueue()
        self._in_use = threading.Lock()
        self._stopped = threading.Event()
        self._worn = "new"  # why the container must be replaced, or ""
        self._proved = False  # the container has done a job
        self._suspect = False  # its predecessor never had

    @property
    def stats(self) -> SlotStats:
        return SlotStats(self.state, str(self.problem or ""))

    @property
    def dead(self) -> bool:
        """The container ended while it had nothing to do."""
        return self.container is not None and self.container.process.poll() is not None

    @property
    def worn(self) -> bool:
        """The container must be replaced before the next job."""
        return bool(self._worn)

    def stop(self) -> None:
        """Kill its container and have the thread end; from any thread."""
        self._stopped.set()
        if (container := self.container) is not None:
            container.kill()
        self.hand(None)

    def hand(self, ticket: Ticket | None) -> None:
        """Wake the thread of an idle slot, with a job or for whatever there is to do."""
        self._mail.put(ticket)

    def run(self) -> None:
        while not self._stopped.is_set():
            if self._worn:
                self._replace()
                continue
            ticket = self._pool._next(self)
            if ticket is None:
                ticket = self._mail.get()
            if ticket is not None and self.dead:
                self._worn = "lost"
                self._replace()
            if ticket is not None and self.serve(ticket):
                self._pool._again(ticket)
        self.ready.set()
        with self._in_use:
            if self.container is not None:
                self.container.remove()

    def serve(self, ticket: Ticket) -> bool:
        """Run the ticket's job here; True if the ticket has another one."""
        with self._in_use:
            container = self.container
            if container is None or not ticket.enter(container):
                return False
            began = time.perf_counter()
            try:
                result = self._pool._execute(container, ticket.job)
            except Exception as error:  # the slot must outlive whatever one job meets
                container.lost = True
                result = self._pool._failed(str(error) or repr(error), container.slot)
            except BaseException:  # a Ctrl-C in a caller that had borrowed the slot
                self._worn = "cancelled"
                raise
            finally:
                ticket.leave()
            self._note(container, ticket.cause, result)
        self._pool._finished(ticket.submitted, began, result)
        return ticket.settle(result)

    def _note(self, container: Container, cause: str, result: Result) -> None:
        """Whether the container can take another job."""
        if container.jobs == self._pool._recycle_after // 2:
            self._pool._spares.request()
        self._proved = self._proved or result.status != "sandbox_failed"
        aged = container.jobs >= self._pool._recycle_after
        self._worn = cause or ("lost" if container.lost else "age" if aged else "")
        self._suspect = self._worn == "lost" and not self._proved

    # ── containers ───────────────────────────────────────────────────────────────────────────────

    def _replace(self) -> None:
        """A container that answers in place of the present one, however long it takes."""
        if self._worn != "new":
            self._pool._recycled(self._worn)
        if (worn := self.container) is not None:
            self.container = None
            self._pool._spares.retire(worn)
        failures, self.state = 0, "starting"
        while not self._stopped.is_set():
            if self._obtain():
                break
            failures += 1
            if failures == 2:
                self.ready.set()
            if failures >= OUT_AFTER:
                self._pool._out(self)
            pause = PAUSE_S * 2 ** min(failures - 1, 10)
            self._stopped.wait(min(pause, LONGEST_PAUSE_S))
        self._worn = ""
        self._proved = self._suspect = False
        self.ready.set()

    def _obtain(self) -> bool:
        """Try to get a container; on failure ``problem`` says why."""
        try:
            container = self._pool._obtain()
            container.slot = self.name
            if self._suspect:
                examine(container)
        except SandboxError as error:
            self.problem = error
            return False
        except OSError as error:
            self.problem = SandboxFailed(f"cannot start a container: {error}")
            return False
        self.container, self.problem = container, None
        if self._stopped.is_set():  # stopped meanwhile: `stop` may not have seen this one
            container.kill()
        return True
