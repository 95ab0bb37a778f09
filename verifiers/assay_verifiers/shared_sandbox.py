"""The process's own sandboxes, for verifiers that were given none: one for each template.

Each is opened when it is first borrowed and closes with its last user. In place of ``plain`` stands
:data:`JUDGE`, which has imported what the code verifier's own programs need: importing it in every
job would cost ten times what the job does.
"""

from __future__ import annotations

import asyncio
import os
import threading
from dataclasses import dataclass

from assay_sandbox import Sandbox, Template

JUDGE = Template(
    "judge",
    preload=(
        "collections.abc",
        "contextlib",
        "ctypes",
        "dataclasses",
        "datetime",
        "decimal",
        "enum",
        "fractions",
        "json",
        "resource",
        "select",
        "types",
    ),
)
"""``plain``, warm for judging; pass it to a :class:`Sandbox` that is to run code verdicts."""


@dataclass
class _Shared:
    box: Sandbox
    borrowers: int = 0


_lock = threading.Lock()
_shared: dict[str, _Shared] = {}
_pid = os.getpid()


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


def _borrow(template: str) -> Sandbox:
    global _pid
    with _lock:
        if _pid != os.getpid():  # forked: the parent's sandboxes are not ours to use or to close
            _shared.clear()
            _pid = os.getpid()
        if template not in _shared:
            chosen = JUDGE if template == "plain" else template
            box = Sandbox(template=chosen, slots=os.cpu_count() or 1).__enter__()
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
