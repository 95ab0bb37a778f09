"""Session: a kept interpreter or shell in a container of its own, cell by cell.

    async with box.session("python") as session:
        await session.run("x = 20")
        cell = await session.run("print('hi'); x + 1")   # stdout b"hi\\n21\\n"

State is kept from cell to cell: names and modules; in a shell the directory, variables, functions.
A Python cell shows the value of its last expression on stdout, as a notebook does. ``exit`` ends a
Python cell but a whole shell. A cell that goes beyond a limit is interrupted as by Ctrl-C, and the
state is kept; one that does not give way within a second takes the session with it. ``alive`` and
``error`` of the :class:`Cell` say which. Between cells all processes of the session stand still.

Wall, CPU and output limits are each cell's; memory, processes and file space the whole session's.
A thread per session speaks with its container, and ends both when the lifetime is over. What is
inside is told by ``guest/session.py``. A session is never resumed in another container.
"""

from __future__ import annotations

import asyncio
import math
import queue
import struct
import threading
import time
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import Future
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from typing import Any, Literal, Self, TypeVar, get_args

from assay_sandbox import wire
from assay_sandbox.backend import Backend
from assay_sandbox.container import GRACE_S, Container, guest_code
from assay_sandbox.errors import InvalidJob, SandboxBusy, SandboxFailed, SessionEnded, last_line
from assay_sandbox.guest.zygote import pack, pack_names, unpack, unpack_names
from assay_sandbox.job import Job, Limits, Result, Status
from assay_sandbox.spares import Spares

Language = Literal["python", "bash"]
MAX_CELL_BYTES = {"python": 1 << 20, "bash": 64 << 10}
OPEN = struct.Struct(">ddQQQQ")  # these as in guest/session.py
CELL = struct.Struct(">BhB??ddQ")
WALL = struct.Struct(">d")
_SLACK_BYTES = 1 << 20
_STATUSES: tuple[Status, ...] = get_args(Status)  # the guest numbers them alike
_RETRY_S = 5.0
_T = TypeVar("_T")


@dataclass(frozen=True)
class Cell(Result):
    """What came of a cell: a Result, whose ``error`` also says how it was brought to its end.

    ``exit_code`` of an interrupted cell is None and its ``signal`` 2. ``peak_bytes`` is what all
    processes of the session together were seen to hold.

    Attributes:
        alive: the session goes on.
    """

    alive: bool = True


class Sessions:
    """The sessions of a pool: how many there may be, and containers for them.

    A spare is kept warm once there has been a first session.
    """

    def __init__(self, backend: Backend, rootfs: Path, limit: int) -> None:
        guest = guest_code("session")
        self._start: Callable[[], Container] = partial(backend.start, rootfs, "session", guest)
        self._limit = limit
        self._spares = Spares(self._start, 1)
        self._open: set[Session] = set()
        self._lock = threading.Lock()
        self._closed = False

    @property
    def count(self) -> int:
        return len(self._open)

    def enter(self, session: Session) -> None:
        """Take one of the places; :class:`SandboxBusy` if there is none."""
        with self._lock:
            if self._closed:
                raise SessionEnded("closed")
            if len(self._open) >= self._limit:
                raise SandboxBusy(f"{self._limit} sessions are open", _RETRY_S)
            self._open.add(session)

    def leave(self, session: Session) -> None:
        with self._lock:
            self._open.discard(session)

    def container(self) -> Container:
        """A warm one, the caller's."""
        container = self._spares.take() or self._start()
        self._spares.request()
        return container

    def close(self) -> None:
        """End every session and leave nothing."""
        with self._lock:
            self._closed = True
            sessions = list(self._open)
        for session in sessions:
            session.end("closed")
        for session in sessions:
            session.join()
        self._spares.close()


class Session:
    """See the module. Made by :meth:`Sandbox.session`; enter it before use.

    Attributes:
        program: what runs the cells: ``python``, or the shell's path inside.
    """

    def __init__(
        self,
        sessions: Sessions,
        language: Language,
        limits: Limits,
        lifetime_s: float,
        idle_s: float,
        max_cells: int,
    ) -> None:
        if language not in get_args(Language):
            raise InvalidJob(f"no sessions in {language!r}; there are: python, bash")
        if not (lifetime_s > 0 and idle_s > 0 and max_cells > 0):
            raise InvalidJob("lifetime_s, idle_s and max_cells must be above zero")
        wire.check(Job("", limits=limits))
        self.program = ""
        self._sessions = sessions
        self._language = language
        self._limits = limits
        self._lifetime_s = lifetime_s
        self._idle_s = idle_s
        self._cells_left = max_cells
        self._tasks: queue.SimpleQueue[tuple[Callable[[], Any], Future[Any]] | None]
        self._tasks = queue.SimpleQueue()
        self._lock = threading.Lock()
        self._thread: threading.Thread | None = None
        self._container: Container | None = None
        self._ended = ""
        self._dies = math.inf

    # ── opening and closing ──────────────────────────────────────────────────────────────────────

    async def __aenter__(self) -> Self:
        await self._wait(self._begin())
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.close()

    def __enter__(self) -> Self:
        self._begin().result()
        return self

    def __exit__(self, *_: object) -> None:
        self.close_sync()

    async def close(self) -> None:
        """Kill what runs and leave nothing. Idempotent."""
        await asyncio.to_thread(self.close_sync)

    def close_sync(self) -> None:
        self.end("closed")
        self.join()

    @property
    def alive(self) -> bool:
        return not self._ended and self._thread is not None

    # ── use ──────────────────────────────────────────────────────────────────────────────────────

    async def run(self, source: str, wall_s: float | None = None) -> Cell:
        """Run one cell; cancelling this call ends the session.

        Args:
            wall_s: seconds for this cell, in place of ``limits.wall_s``.

        Raises:
            InvalidJob: the cell is too long or cannot be written as UTF-8.
            SessionEnded: there is no session any more to run it in.
        """
        cell, seconds = self._checked(source, wall_s)
        return await self._wait(self._submit(lambda: self._run(cell, seconds)))

    async def put(self, files: Mapping[str, bytes]) -> None:
        """Lay files into the working directory; :class:`InvalidJob` if they have no room there."""
        self._check_files(files)
        await self._wait(self._submit(lambda: self._put(dict(files))))

    async def get(self, names: Sequence[str]) -> dict[str, bytes]:
        """Those of the named files that are regular files, reached without a link."""
        self._check_files({}, names)
        return await self._wait(self._submit(lambda: self._get(list(names))))

    def run_sync(self, source: str, wall_s: float | None = None) -> Cell:
        """As :meth:`run`, from a program without an event loop; so too the two below."""
        cell, seconds = self._checked(source, wall_s)
        return self._result(self._submit(lambda: self._run(cell, seconds)))

    def put_sync(self, files: Mapping[str, bytes]) -> None:
        self._check_files(files)
        self._result(self._submit(lambda: self._put(dict(files))))

    def get_sync(self, names: Sequence[str]) -> dict[str, bytes]:
        self._check_files({}, names)
        return self._result(self._submit(lambda: self._get(list(names))))

    # ── requests, checked by the caller's thread ─────────────────────────────────────────────────

    def _checked(self, source: str, wall_s: float | None) -> tuple[bytes, float]:
        try:
            cell = source.encode("utf-8")
        except UnicodeEncodeError as error:
            raise InvalidJob(f"the cell cannot be written as UTF-8: {error}") from error
        if len(cell) > (most := MAX_CELL_BYTES[self._language]):
            raise InvalidJob(f"the cell has {len(cell)} bytes, above {most}; put a file instead")
        if self._language == "bash" and b"\0" in cell:
            raise InvalidJob("the cell holds a NUL character")
        seconds = self._limits.wall_s if wall_s is None else wall_s
        if not 0 < seconds < float("inf"):
            raise InvalidJob(f"wall_s must be above zero and finite, not {wall_s!r}")
        return cell, seconds

    def _check_files(self, files: Mapping[str, bytes], names: Sequence[str] = ()) -> None:
        whole = Job("", files=files, fetch=tuple(names), limits=self._limits, command=("session",))
        wire.check(whole)

    def _begin(self) -> Future[None]:
        if self._thread is not None or self._ended:
            raise RuntimeError("a session is entered once")
        self._sessions.enter(self)
        opened: Future[None] = Future()
        self._tasks.put((self._open, opened))
        self._thread = threading.Thread(target=self._serve, name="assay-session", daemon=True)
        self._thread.start()
        return opened

    def _submit(self, task: Callable[[], _T]) -> Future[_T]:
        if self._thread is None:
            raise RuntimeError("the session is not open; use it in an `async with` statement")
        future: Future[_T] = Future()
        with self._lock:
            if self._ended:
                raise SessionEnded(self._ended)
            self._tasks.put((task, future))
        return future

    async def _wait(self, future: Future[_T]) -> _T:
        try:
            return await asyncio.wrap_future(future)
        except asyncio.CancelledError:
            self.end("closed")
            raise

    def _result(self, future: Future[_T]) -> _T:
        try:
            return future.result()
        except KeyboardInterrupt:
            self.end("closed")
            raise

    def end(self, reason: str) -> None:
        """Have it end, from any thread; :meth:`join` waits until it has."""
        with self._lock:
            self._ended = self._ended or reason
            container = self._container
            if container is not None:
                container.kill()
        self._tasks.put(None)

    def join(self) -> None:
        if self._thread is not None:
            self._thread.join()

    # ── the session's thread ─────────────────────────────────────────────────────────────────────

    def _serve(self) -> None:
        """Do one task after another until it ends or its time is over; then leave nothing."""
        while not self._ended:
            left = self._dies - time.monotonic()
            try:
                task = self._tasks.get(timeout=max(0.0, min(left, self._idle_s)))
            except queue.Empty:
                self._over("idle" if left > self._idle_s else "lifetime")
                break
            if task is None:
                break
            _do(*task)
        with self._lock:
            self._ended = self._ended or "closed"
            container, self._container = self._container, None
        if container is not None:
            container.remove()
        while not self._tasks.empty():
            if (task := self._tasks.get()) is not None:
                task[1].set_exception(SessionEnded(self._ended))
        self._sessions.leave(self)

    def _over(self, reason: str) -> None:
        with self._lock:
            self._ended = self._ended or reason

    def _open(self) -> None:
        try:
            container = self._sessions.container()
            with self._lock:
                self._container = container
                if self._ended:
                    raise SessionEnded(self._ended)
            limits = OPEN.pack(*vars(self._limits).values())
            (program,) = self._exchange([limits, self._language.encode()], GRACE_S, 0)
            self.program = program.decode("utf-8", "replace")
            self._dies = time.monotonic() + self._lifetime_s
        except BaseException:
            self._over("lost")
            raise

    def _run(self, cell: bytes, wall_s: float) -> Cell:
        assert self._container is not None
        container, self._cells_left = self._container, self._cells_left - 1
        ooms = container.group.oom_kills()
        wall_s = min(wall_s, max(0.001, self._dies - time.monotonic()))
        try:
            blobs = self._exchange(
                [b"run", WALL.pack(wall_s), cell], wall_s, self._limits.output_bytes
            )
            result = _decode(blobs, container)
        except SandboxFailed as error:
            if self._ended:
                raise SessionEnded(self._ended) from None
            name, said = container.backend, str(error)
            result = Cell("sandbox_failed", backend=name, error=said, alive=False)
        killed = result.signal == 9 or result.status == "sandbox_failed"
        if killed and container.group.oom_kills() > ooms:
            result = replace(result, status="memory", error=_explain("memory", False, b""))
        if not result.alive:
            self._over("lost" if result.status == "sandbox_failed" else "program")
        elif not self._cells_left:
            self._over("cells")
            result = replace(result, alive=False)
        return result

    def _put(self, files: dict[str, bytes]) -> None:
        (problem,) = self._exchange([b"put", pack_names(list(files)), *files.values()], GRACE_S, 0)
        if problem:
            raise InvalidJob(f"cannot lay the files: {problem.decode('utf-8', 'replace')}")

    def _get(self, names: list[str]) -> dict[str, bytes]:
        request = [b"get", pack_names(names)]
        packed, *contents = self._exchange(request, GRACE_S, self._limits.file_bytes)
        found = unpack_names(packed)
        if len(found) != len(contents) or not set(found) <= set(names):
            self._over("lost")
            raise SandboxFailed("the guest's reply is malformed")
        return dict(zip(found, contents, strict=True))

    def _exchange(self, blobs: list[bytes], wall_s: float, most: int) -> list[bytes]:
        """One request and its reply; :class:`SandboxFailed` if the container does not answer."""
        assert self._container is not None
        deadline = time.monotonic() + wall_s + GRACE_S
        try:
            self._container.write(pack(blobs), deadline)
            return unpack(self._container.read(most + _SLACK_BYTES, deadline))
        except (SandboxFailed, ValueError) as error:
            self._over("lost")
            raise SandboxFailed(f"the session was lost: {error}") from error


def _do(task: Callable[[], Any], future: Future[Any]) -> None:
    if not future.set_running_or_notify_cancel():
        return
    try:
        result = task()
    except BaseException as error:
        future.set_exception(error)
    else:
        future.set_result(result)


def _decode(blobs: list[bytes], container: Container) -> Cell:
    """The Cell in a reply; :class:`SandboxFailed` if it is not one."""
    try:
        fields, stdout, stderr = blobs
        number, code, signal, cut, alive, wall_s, cpu_s, peak_bytes = CELL.unpack(fields)
        status = _STATUSES[number]
    except (ValueError, struct.error, IndexError) as error:
        raise SandboxFailed(f"the guest's reply is malformed: {error}") from error
    interrupted = status in ("timeout", "output_limit") and alive
    return Cell(
        status=status,
        exit_code=None if signal or interrupted else code,
        signal=2 if interrupted else signal or None,
        stdout=stdout,
        stderr=stderr,
        truncated=cut,
        wall_s=wall_s,
        cpu_s=cpu_s,
        peak_bytes=peak_bytes,
        backend=container.backend,
        slot=container.slot,
        error=_explain(status, alive, stderr),
        alive=alive,
    )


def _explain(status: str, alive: bool, stderr: bytes) -> str:
    if not alive:
        killed = status in ("timeout", "output_limit", "memory")
        return "the cell was killed, and the session with it" if killed else "the session ended"
    if status in ("timeout", "output_limit"):
        return "the cell was interrupted; the session's state is kept"
    return last_line(stderr) if status == "compile_error" else ""
