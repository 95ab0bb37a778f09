"""Service: everything the server can do, without a protocol; its doors are ``app.py`` and ``mcp/``.

Theory of operation. This process keeps queues, keys' limits and the book of sessions, and never
judges, generates or runs anything: an event loop that did would stall for everyone. Three crews of
workers do (``crews.py``), so that none can disturb another. Verdicts, programs and tasks come to
them by lanes with a fair queue each (``lane.py``); sessions stay with the worker that has them
(``held.py``). A worker that hangs or dies is replaced; a verdict that was in it is asked again,
alone in its worker, and is ``worker_failed`` if that dies too.

An answer never leaves: tasks are known by sealed ids (``task_ids.py``), episodes run here, and what
is shown of them is listed in ``secrecy.py``.
"""

from __future__ import annotations

import asyncio
import logging
import secrets
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from importlib.metadata import version
from types import TracebackType
from typing import Self

from assay.serve.callers import ANYONE, Caller, Rates
from assay.serve.config import ServiceConfig
from assay.serve.crews import Crews
from assay.serve.errors import Broken, Forbidden, Refused, ServiceError, TooLarge, Unavailable
from assay.serve.held import Held
from assay.serve.lines import Line
from assay.serve.metrics import Metrics
from assay.serve.models import (
    CellReply,
    CellRequest,
    EnvEntry,
    GenerateRequest,
    JobRequest,
    PublicTask,
    ResultModel,
    SandboxOpened,
    SandboxRequest,
    SessionOpened,
    SessionRequest,
    StepReply,
    VerifierEntry,
    to_blob,
    to_bytes,
)
from assay.serve.offers import Offers
from assay.serve.process import Died
from assay.serve.sessions import KINDS, Kind
from assay.serve.task_ids import TaskIds, TaskRef
from assay.serve.verdicts import Progress, Verdicts
from assay_datasets import Json

__all__ = ["Line", "Progress", "Service"]

_TASKS_AT_ONCE = 16
_log = logging.getLogger("assay.serve")


@dataclass(frozen=True)
class State:
    """What is going on, for metrics; every mapping by lane, kind, crew or template."""

    waiting: Mapping[str, int]
    working: Mapping[str, int]
    sessions: Mapping[str, int]
    workers: Mapping[str, int]
    worker_bytes: Mapping[str, int]
    workers_died: Mapping[str, int]
    sandboxes: dict[str, dict[str, float]]
    draining: bool


class Service:
    """See the module. One per process: ``async with Service(ServiceConfig()) as service``.

    Every method may raise a :class:`ServiceError`. Deadlines are seconds and include waiting;
    cancelling a call cancels its work.

    Attributes:
        draining: no new work is taken.
    """

    def __init__(self, config: ServiceConfig | None = None) -> None:
        self.config = config = config or ServiceConfig()
        self.draining = False
        self._rates = Rates()
        self._ids = TaskIds(config.secret)
        self._active = 0
        self._idle = asyncio.Event()
        self._idle.set()
        self._crews = Crews(config)
        self._held = Held(self._crews, config)
        self._background: list[asyncio.Task[None]] = []
        self.backend = ""

    async def __aenter__(self) -> Self:
        await self.open()
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        await self.close()

    async def open(self) -> None:
        """Start the workers; ``Died`` where they do not start."""
        try:
            await self._crews.open()
        except BaseException:
            await self.close()
            raise
        self._offers = Offers(self._crews.judges.workers[0].catalogue)
        self.metrics = Metrics(self)
        self._verdicts = Verdicts(self._crews.lanes, self._ids, self._offers, self.metrics)
        self._background = [
            asyncio.ensure_future(self._held.reap()),
            asyncio.ensure_future(self._warm()),
        ]

    async def drain(self) -> None:
        """Take no new work, and wait ``drain_s`` at most until what is going on is done."""
        self.draining = True
        try:
            async with asyncio.timeout(self.config.drain_s):
                await self._idle.wait()
        except TimeoutError:
            _log.warning("%d requests were not done in time", self._active)

    async def close(self) -> None:
        """End everything. Idempotent."""
        self.draining = True
        for task in self._background:
            task.cancel()
        await self._crews.close()

    # ── verdicts ─────────────────────────────────────────────────────────────────────────────────

    async def verify(
        self, line: Json, *, deadline_s: float | None = None, caller: Caller = ANYONE
    ) -> Line:
        """One verify line → one verdict line, or ``{"id", "error"}`` for what is no request."""
        return (await self.verify_many([line], deadline_s=deadline_s, caller=caller))[0]

    async def verify_many(
        self,
        lines: Sequence[Json],
        *,
        deadline_s: float | None = None,
        caller: Caller = ANYONE,
        progress: Progress | None = None,
    ) -> list[Line]:
        """As many lines as were given, in order; what one holds never spoils another.

        Raises:
            TooLarge, TooMany, Unavailable: none was judged.
        """
        if len(lines) > self.config.batch_items:
            raise TooLarge(f"{len(lines)} items; a batch holds {self.config.batch_items} at most")
        with self._accepted(caller, len(lines)):
            deadline = self._deadline(deadline_s)
            return await self._verdicts.of(lines, caller, deadline, progress)

    # ── programs and kept interpreters ───────────────────────────────────────────────────────────

    async def run(
        self, job: JobRequest, *, deadline_s: float | None = None, caller: Caller = ANYONE
    ) -> ResultModel:
        """Run one program in the sandbox.

        Raises:
            Refused: it cannot be run as written.
            Unavailable: there is no sandbox.
            Late: no result by the deadline.
        """
        given = {"request": job.model_dump(mode="json"), "left_s": 0.0}
        lane = self._crews.lanes.sandbox
        with self._accepted(caller, 1), lane.room_for(caller, 1):
            deadline = self._deadline(job.deadline_s if deadline_s is None else deadline_s)
            try:
                result = await lane.ask(caller, "run", given, deadline=deadline)
            except Died as error:
                raise Unavailable("the sandbox was lost with the program in it") from error
        self.metrics.ran(result["status"])
        return ResultModel.model_validate(result)

    async def open_sandbox(
        self, request: SandboxRequest, *, caller: Caller = ANYONE
    ) -> SandboxOpened:
        """A kept interpreter or shell, the caller's own."""
        given = {"request": request.model_dump(mode="json")}
        with self._accepted(caller, 1):
            name, opened = await self._held.begin(
                "sandbox",
                "open_sandbox",
                given,
                caller,
                sandboxed=True,
                idle_s=request.idle_s,
                life_s=request.lifetime_s,
            )
        return SandboxOpened(sandbox=name, **opened)

    async def run_cell(
        self, sandbox: str, request: CellRequest, *, caller: Caller = ANYONE
    ) -> CellReply:
        """Run one cell of it."""
        cell = await self._act("sandbox", sandbox, "cell", request.model_dump(), caller)
        self.metrics.ran(cell["status"])
        return CellReply.model_validate(cell)

    async def put_files(
        self, sandbox: str, files: Mapping[str, bytes], *, caller: Caller = ANYONE
    ) -> None:
        """Lay files into its directory."""
        given = {"files": {path: to_blob(data) for path, data in files.items()}}
        await self._act("sandbox", sandbox, "put", given, caller)

    async def get_files(
        self, sandbox: str, names: Sequence[str], *, caller: Caller = ANYONE
    ) -> dict[str, bytes]:
        """Those of the named files that are there."""
        found = await self._act("sandbox", sandbox, "get", {"names": list(names)}, caller)
        return {path: to_bytes(blob) for path, blob in found.items()}

    async def close_sandbox(self, sandbox: str, *, caller: Caller = ANYONE) -> None:
        """End it."""
        self._held.close("sandbox", sandbox, caller)

    # ── tasks and episodes ───────────────────────────────────────────────────────────────────────

    async def generate(
        self,
        request: GenerateRequest,
        *,
        deadline_s: float | None = None,
        caller: Caller = ANYONE,
        progress: Progress | None = None,
    ) -> list[PublicTask]:
        """Tasks; without answers, unless they are asked for and the caller has the right.

        Raises:
            Forbidden: the caller may not see answers.
            Refused: no such env, level or parameter.
        """
        if request.include_answers and not caller.answers:
            raise Forbidden(
                "this key may not see answers; leave include_answers out and verify by the "
                'tasks\' ids: {"task": id, "response": …}'
            )
        self._offers.env(request.env)
        deadline = self._deadline(request.deadline_s if deadline_s is None else deadline_s)
        tasks: list[PublicTask] = []
        index = 0
        lane = self._crews.lanes.tasks
        with self._accepted(caller, request.n), lane.room_for(caller, request.n):
            while len(tasks) < request.n:
                n = min(request.n - len(tasks), _TASKS_AT_ONCE)
                made = await self._generated(request, index, n, deadline, caller)
                tasks += [PublicTask.model_validate(each) for each in made["tasks"]]
                index = made["next"]
                if progress is not None:
                    progress(len(tasks), request.n)
        return tasks

    async def _generated(
        self, request: GenerateRequest, index: int, n: int, deadline: float, caller: Caller
    ) -> Json:
        given = {
            **request.model_dump(exclude={"include_answers", "deadline_s"}),
            "answers": request.include_answers,
            "index": index,
            "n": n,
        }
        for alone in (False, True):
            try:
                return await self._crews.lanes.tasks.ask(
                    caller, "generate", given, deadline=deadline, size=n, alone=alone
                )
            except Died as error:
                failure = error
        raise Broken("making these tasks killed two workers") from failure

    async def open_session(
        self, request: SessionRequest, *, caller: Caller = ANYONE
    ) -> SessionOpened:
        """Begin an episode: the task that ``generate`` gives for the same env, seed and level."""
        if (request.task is None) == (request.env is None):
            raise Refused("give env (with seed and difficulty) or task; one of them")
        if request.task is not None:
            ref = self._ids.open(request.task)
        else:
            level = request.options.difficulty or request.difficulty
            seed = secrets.randbits(63) if request.seed is None else request.seed
            ref = TaskRef(str(request.env), level, seed, 0, request.options.parameters)
        entry = self._offers.env(ref.env)
        with self._accepted(caller, 1):
            name, opened = await self._held.begin(
                "episode",
                "open_episode",
                {"task_id": self._ids.seal(ref)},
                caller,
                sandboxed=entry.needs_sandbox,
                idle_s=self.config.session_idle_s,
                life_s=self.config.session_life_s,
            )
        return SessionOpened(session=name, **opened)

    async def step(self, session: str, action: str, *, caller: Caller = ANYONE) -> StepReply:
        """Play one action; after the last one the session is over."""
        reply = await self._act("episode", session, "step", {"action": action}, caller)
        return StepReply.model_validate(reply)

    async def close_session(self, session: str, *, caller: Caller = ANYONE) -> None:
        """End the episode."""
        self._held.close("episode", session, caller)

    async def _act(
        self, kind: Kind, name: str, op: str, given: dict[str, Json], caller: Caller
    ) -> Json:
        # A cell has its own limit of time, which may be above what requests are given.
        left_s = self.config.longest_deadline_s if op == "cell" else self.config.deadline_s
        with self._accepted(caller, 1):
            return await self._held.act(kind, name, op, given, caller, left_s)

    # ── what there is ────────────────────────────────────────────────────────────────────────────

    def envs(self) -> list[EnvEntry]:
        """Every environment offered."""
        return self._offers.envs

    def verifiers(self) -> list[VerifierEntry]:
        """Every verifier offered."""
        return self._offers.verifiers

    def describe(self) -> dict[str, Json]:
        """Name, version and limits of this server, for a page or a client."""
        config = self.config
        return {
            "name": "assay",
            "version": version("assay"),
            "backend": self.backend or None,
            "workers": config.workers,
            "slots": config.slots,
            "limits": {
                "batch_items": config.batch_items,
                "body_bytes": config.body_bytes,
                "queued_items": config.queued_items,
                "deadline_s": config.deadline_s,
                "longest_deadline_s": config.longest_deadline_s,
                "sessions": config.sessions,
                "session_idle_s": config.session_idle_s,
                "session_life_s": config.session_life_s,
                "sandbox_sessions": config.sandbox_sessions,
            },
        }

    @property
    def ready(self) -> bool:
        """Whether there is a worker of every kind, and new work is taken."""
        return not self.draining and all(crew.workers for crew in self._crews.by_name().values())

    def state(self) -> State:
        """A snapshot."""
        crews, lanes = self._crews.by_name(), self._crews.lanes.all()
        beats = [worker.beat for worker in self._crews.sandboxes.workers]
        return State(
            waiting={lane.name: lane.waiting for lane in lanes},
            working={lane.name: lane.working for lane in lanes},
            sessions={kind: self._held.count(kind) for kind in KINDS},
            workers={name: len(crew.workers) for name, crew in crews.items()},
            worker_bytes={
                name: sum(worker.beat.get("rss", 0) for worker in crew.workers)
                for name, crew in crews.items()
            },
            workers_died={name: crew.died for name, crew in crews.items()},
            sandboxes=next((beat["sandboxes"] for beat in beats if beat), {}),
            draining=self.draining,
        )

    async def open_backend(self) -> None:
        """Open the sandbox before anybody waits for it, and learn which back-end it is.

        Raises:
            Unavailable: there is none here; the message names the mend.
        """
        worker = self._crews.sandboxes.workers[0]
        try:
            self.backend = (await worker.ask("sandbox").future)["backend"]
        except Died as error:
            raise Unavailable(str(error)) from error

    async def _warm(self) -> None:
        try:
            await self.open_backend()
        except ServiceError as error:
            _log.warning("nothing that needs the sandbox will work: %s", error)
            return
        worker = self._crews.sandboxes.workers[0]
        for template in self.config.warm:
            try:
                await worker.ask("sandbox", template=template).future
            except (Died, ServiceError) as error:
                _log.warning("the sandbox %r is not warm: %s", template, error)

    # ── admission ────────────────────────────────────────────────────────────────────────────────

    @contextmanager
    def _accepted(self, caller: Caller, items: int) -> Iterator[None]:
        """Count a request as going on, if the server takes it and its key's rate allows it."""
        if self.draining:
            raise _draining()
        self._rates.take(caller, items)
        self._active += 1
        self._idle.clear()
        try:
            yield
        finally:
            self._active -= 1
            if not self._active:
                self._idle.set()

    def _deadline(self, deadline_s: float | None) -> float:
        """When a request's time is over, on the loop's clock."""
        wanted = self.config.deadline_s if deadline_s is None else deadline_s
        return asyncio.get_running_loop().time() + min(wanted, self.config.longest_deadline_s)


def _draining() -> Unavailable:
    return Unavailable("the server is stopping; ask another, or this one again soon", 5.0)
