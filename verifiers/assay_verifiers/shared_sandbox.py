"""The process's own sandboxes, for verifiers that were given none: one for each template.

Each is opened when it is first borrowed and closes with its last user. In place of ``plain`` stands
``guests.judge_template``, which has imported what the code verifier's own programs need.

Opening may take minutes, where a template is built first. It has a thread of its own and goes on to
its end whatever becomes of who waits for it; meanwhile nobody else is kept waiting.
"""

from __future__ import annotations

import asyncio
import os
import threading
from concurrent.futures import Future
from dataclasses import dataclass, field
from typing import Any

from assay_sandbox import Sandbox, Stats
from assay_verifiers.guests import judge_template


@dataclass
class _Shared:
    opening: Future[Sandbox] = field(default_factory=Future)
    borrowers: int = 0

    @property
    def box(self) -> Sandbox | None:
        """The sandbox, once it is open."""
        opened = self.opening.done() and self.opening.exception() is None
        return self.opening.result() if opened else None


_lock = threading.Lock()
_shared: dict[str, _Shared] = {}
_settings: dict[str, Any] = {}
_pid = os.getpid()


def configure(backend: str | None = None, slots: int | None = None, **options: Any) -> None:
    """How this process's sandboxes are made from now on, for a program that has a budget of slots.

    Args:
        backend: as for :class:`Sandbox`; slots: of each template; None: as many as there are cores.
        options: further ones of :class:`Sandbox`.
    """
    with _lock:
        _settings.clear()
        _settings.update(options, backend=backend, slots=slots or os.cpu_count() or 1)


async def borrow(template: str = "plain") -> Sandbox:
    """The shared sandbox of ``template``, opened with the host's safest back-end if need be.

    Cancelling this call leaves the opening alone; it costs the next borrower less.

    Raises:
        SandboxUnavailable: nothing here can isolate, or there is no such template; the message
            names the mend.
    """
    shared = _borrowed(template)
    try:
        return await asyncio.wrap_future(shared.opening)
    except asyncio.CancelledError:
        await _return(template, shared)
        raise


async def give_back(template: str = "plain") -> None:
    """Undo one :func:`borrow`."""
    with _lock:
        shared = _shared.get(template)
    if shared is not None:
        await _return(template, shared)


def stats() -> dict[str, Stats]:
    """What the sandboxes that are open now say of themselves, by template."""
    with _lock:
        boxes = {name: shared.box for name, shared in _shared.items()}
    return {name: box.stats() for name, box in boxes.items() if box is not None}


def _borrowed(template: str) -> _Shared:
    """The entry of ``template`` with one borrower more; its opening is begun if nobody has."""
    global _pid
    with _lock:
        if _pid != os.getpid():  # forked: the parent's sandboxes are not ours to use or to close
            _shared.clear()
            _pid = os.getpid()
        shared = _shared.get(template)
        if shared is None:
            shared = _shared[template] = _Shared()
            settings = {"slots": os.cpu_count() or 1, **_settings}
            shared.opening.set_running_or_notify_cancel()  # from now on none can cancel it
            threading.Thread(target=_open, args=(template, shared, settings), daemon=True).start()
        shared.borrowers += 1
        return shared


def _open(template: str, shared: _Shared, settings: dict[str, Any]) -> None:
    """Open a sandbox for whoever waits; where all have gone, what it built stays for the next."""
    try:
        chosen = judge_template() if template == "plain" else template
        box = Sandbox(template=chosen, **settings).__enter__()
    except BaseException as error:
        with _lock:
            _strike(template, shared)
        shared.opening.set_exception(error)
        return
    with _lock:
        wanted = shared.borrowers > 0
        if wanted:
            shared.opening.set_result(box)
        else:
            _strike(template, shared)
    if not wanted:
        box.__exit__(None, None, None)


async def _return(template: str, shared: _Shared) -> None:
    """One borrower less of ``shared``; the last one closes it."""
    with _lock:
        shared.borrowers -= 1
        if shared.borrowers or not shared.opening.done() or shared.opening.exception():
            return
        _strike(template, shared)
    await shared.opening.result().close()


def _strike(template: str, shared: _Shared) -> None:
    if _shared.get(template) is shared:
        del _shared[template]
