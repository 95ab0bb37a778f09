"""Remains: what an engine that is killed would leave behind, and what sees to it.

Its child ends with it (:func:`end_with_parent`). Its files lie in folders named after it
(:func:`scratch`), which the next engine on this host removes (:func:`sweep`). Linux only.
"""

from __future__ import annotations

import ctypes
import os
import shutil
import signal
import tempfile
from multiprocessing import parent_process
from pathlib import Path

from assay_sandbox.cgroup import orphans, owner_tag

_PR_SET_PDEATHSIG = 1
_MEMORY = Path("/dev/shm")  # noqa: S108 - private folders, under names of our own making


def end_with_parent() -> None:
    """Have the kernel kill this process as soon as the thread that started it is gone.

    For a child made by `multiprocessing`; one whose parent is gone already ends here.
    """
    ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, signal.SIGKILL)
    parent = parent_process()
    if parent is not None and parent.pid != os.getppid():
        os._exit(1)


def scratch(room: int = 0) -> tempfile.TemporaryDirectory[str]:
    """A private folder of this process: in memory, or on disk where that has no ``room`` bytes.

    Containers often have 64 MiB of shared memory.
    """
    place = next((p for p in _places() if shutil.disk_usage(p).free > room), None)
    return tempfile.TemporaryDirectory(prefix=owner_tag(), dir=place, ignore_cleanup_errors=True)


def sweep() -> None:
    """Remove the folders of processes that were killed before they could."""
    for place in _places():
        for path in orphans(place):
            shutil.rmtree(path, ignore_errors=True)


def _places() -> list[Path]:
    return [place for place in (_MEMORY, Path(tempfile.gettempdir())) if place.is_dir()]
