"""The process's own sandboxes, for verifiers that were given none: one for each template.

Each is opened when it is first borrowed and closes with its last user. In place of ``plain`` stands
``guests.judge_template``, which has imported what the code verifier's own programs need.
"""

from __future__ import annotations

import asyncio
import os
import threading
from dataclasses import dataclass
from typing import Any

from assay_sandbox import Sandbox, Stats
from assay_verifiers.guests import judge_template


@dataclass
class _Shared:
    box: Sandbox
    borrowers: int = 0


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

    Raises:
        SandboxUnavailable: nothing here can isolate, or there is no such template; the message
            names the mend.
    """
    return await asyncio.to_thread(_borrow, template)


async def give_back(template: str = "plain") -> None:
    """Undo one :func:`borrow`."""
    await asyncio.to_thread(_give_back, template)


def stats() -> dict[str, Stats]:
    """What the sandboxes that are open now say of themselves, by template."""
    with _lock:
        return {name: shared.box.stats() for name, shared in _shared.items()}


def _borrow(template: str) -> Sandbox:
    global _pid
    with _lock:
        if _pid != os.getpid():  # forked: the parent's sandboxes are not ours to use or to close
            _shared.clear()
            _pid = os.getpid()
        if template not in _shared:
            chosen = judge_template() if template == "plain" else template
            settings = {"slots": os.cpu_count() or 1, **_settings}
            box = Sandbox(template=chosen, **settings).__enter__()
            _shared[template] = _Shared(box)
        _shared[template].borrowers += 1
        return _shared[template].box


def _give_back(template: str) -> None:
    with _lock:
        shared = _shared.get(template)
        if shared is None:
            return
        shared.borrowers -= 1
        if shared.borrowers == 0:
            del _shared[template]
            shared.box.__exit__(None, None, None)
