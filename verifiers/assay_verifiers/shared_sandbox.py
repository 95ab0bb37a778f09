"""The process's own sandbox, for verifiers that were given none; closes with its last user."""

from __future__ import annotations

import asyncio
import os
import threading

from assay_sandbox import Sandbox

_lock = threading.Lock()
_box: Sandbox | None = None
_borrowers = 0
_pid = os.getpid()


async def borrow() -> Sandbox:
    """The shared sandbox, opened with the host's safest back-end if need be.

    Raises:
        SandboxUnavailable: nothing here can isolate; the message names the mend.
    """
    return await asyncio.to_thread(_borrow)


async def give_back() -> None:
    """Undo one :func:`borrow`."""
    await asyncio.to_thread(_give_back)


def _borrow() -> Sandbox:
    global _box, _borrowers, _pid
    with _lock:
        if _pid != os.getpid():  # forked: the parent's sandbox is not ours to use or to close
            _box, _borrowers, _pid = None, 0, os.getpid()
        if _box is None:
            _box = Sandbox(slots=os.cpu_count() or 1).__enter__()
        _borrowers += 1
        return _box


def _give_back() -> None:
    global _box, _borrowers
    with _lock:
        if _box is None:
            return
        _borrowers -= 1
        if _borrowers == 0:
            box, _box = _box, None
            box.__exit__(None, None, None)
