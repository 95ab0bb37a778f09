"""Interpreter: a Python session for one episode, of which there may be thousands.

A sandbox keeps few sessions open at a time. So an episode's state is what it has run so far, and
its session only holds that state warm: when another episode needs the place, the session that was
used longest ago is closed, and rebuilt by running its cells again when its episode goes on. A cell
whose effect differs from run to run (time, randomness without a seed) may then differ too.

A cell that kills its interpreter loses the state, as in a notebook; the next cell starts afresh.
That no session could be had is :class:`SandboxBusy`, a sandbox that fails is ``SandboxFailed``:
neither is the cell's fault.
"""

from __future__ import annotations

import asyncio
import contextlib
import threading
import time
from collections import OrderedDict
from weakref import WeakKeyDictionary

from assay_sandbox import (
    Cell,
    Limits,
    Memo,
    Sandbox,
    SandboxBusy,
    SandboxFailed,
    Session,
    SessionEnded,
)

LIMITS = Limits(wall_s=10.0, cpu_s=10.0, output_bytes=64 << 10)
"""Of one cell; memory, processes and files are the whole session's."""

_WAIT_S = 60.0
_RETRY_S = 0.05


class Interpreter:
    """The interpreter of one episode.

    Args:
        sandbox: where its sessions come from; a memo stands for the sandbox around which it is.
    """

    def __init__(self, sandbox: Sandbox | Memo) -> None:
        inner = sandbox.sandbox if isinstance(sandbox, Memo) else sandbox
        if not isinstance(inner, Sandbox):
            raise TypeError(f"an interpreter needs a Sandbox, not {type(inner).__name__}")
        self._sandbox = inner
        self._cells: list[str] = []
        self._session: Session | None = None
        self._busy = asyncio.Lock()
        self.loop: asyncio.AbstractEventLoop | None = None

    @property
    def idle(self) -> bool:
        """Whether it runs nothing now and may be suspended from the running loop."""
        return not self._busy.locked() and self.loop is asyncio.get_running_loop()

    async def run(self, code: str) -> Cell:
        """Run one cell after those before it.

        Raises:
            SandboxBusy: no session came free in a minute.
            SandboxFailed: the session was lost, for no fault of the cell.
        """
        self.loop = asyncio.get_running_loop()
        async with self._busy:
            cell = await self._run_warm(code) or await self._run_anew(code)
            if cell.status == "sandbox_failed":
                await self._drop()
                raise SandboxFailed(cell.error)
            self._cells = [*self._cells, code] if cell.alive else []
            if not cell.alive:
                await self._drop()
            return cell

    async def close(self) -> None:
        """Give the session back. Idempotent."""
        self._cells = []
        await self._drop()

    async def suspend(self) -> None:
        """Close the session and keep the cells, for another episode's sake."""
        async with self._busy:
            await self._drop()

    async def _run_warm(self, code: str) -> Cell | None:
        """Run in the open session; None if there is none, or it ended since."""
        if self._session is None:
            return None
        _warm.touch(self)
        with contextlib.suppress(SessionEnded):
            return await self._session.run(code)
        await self._drop()
        return None

    async def _run_anew(self, code: str) -> Cell:
        self._session = await self._opened()
        _warm.add(self._sandbox, self)
        for past in self._cells:
            cell = await self._session.run(past)
            if not cell.alive:
                await self._drop()
                raise SandboxFailed(f"earlier cells did not run again: {cell.error}")
        return await self._session.run(code)

    async def _opened(self) -> Session:
        latest = time.monotonic() + _WAIT_S
        while True:
            session = self._sandbox.session("python", limits=LIMITS)
            try:
                return await session.__aenter__()
            except SandboxBusy:
                if time.monotonic() > latest:
                    raise
            await _warm.make_room(self._sandbox)

    async def _drop(self) -> None:
        session, self._session = self._session, None
        _warm.remove(self)
        if session is not None:
            await session.close()


class _Warm:
    """Interpreters with an open session, by sandbox, the one used longest ago first."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._by_sandbox: WeakKeyDictionary[Sandbox, OrderedDict[Interpreter, None]]
        self._by_sandbox = WeakKeyDictionary()

    def add(self, sandbox: Sandbox, interpreter: Interpreter) -> None:
        with self._lock:
            self._by_sandbox.setdefault(sandbox, OrderedDict())[interpreter] = None

    def touch(self, interpreter: Interpreter) -> None:
        with self._lock:
            for warm in self._by_sandbox.values():
                if interpreter in warm:
                    warm.move_to_end(interpreter)

    def remove(self, interpreter: Interpreter) -> None:
        with self._lock:
            for warm in self._by_sandbox.values():
                warm.pop(interpreter, None)

    async def make_room(self, sandbox: Sandbox) -> None:
        """Suspend the idle interpreter that was used longest ago; else wait a little."""
        with self._lock:
            idle = [each for each in self._by_sandbox.get(sandbox, ()) if each.idle]
        if idle:
            await idle[0].suspend()
        else:
            await asyncio.sleep(_RETRY_S)


_warm = _Warm()
