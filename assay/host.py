"""What the machine offers beside isolation: Python, cores, memory, disk, the training packages.

It looks, it does not load: whether torch is there is read from the installed metadata.
"""

from __future__ import annotations

import os
import platform
import shutil
import sys
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

import psutil

from assay_sandbox import Check

_GIB = 1 << 30
_FREE_WANTED = 2 * _GIB
_TRAINING = ("torch", "transformers", "ray")


def host_checks() -> list[Check]:
    """One check each for Python, cores, memory, disk and every training package."""
    return [_python(), _cores(), _memory(), _disk(Path.cwd()), *map(_package, _TRAINING)]


def _python() -> Check:
    new = sys.version_info >= (3, 11)
    mend = "" if new else "install Python 3.11 or newer and run `make clean train`"
    return Check("python", new, f"{platform.python_version()} at {sys.executable}", mend)


def _cores() -> Check:
    usable = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count()
    return Check("cores", True, f"{usable} usable", "")


def _memory() -> Check:
    free = psutil.virtual_memory().available
    enough = free >= _FREE_WANTED
    mend = "" if enough else "training spark wants about 2 GiB; close something"
    return Check("memory", enough, f"{free / _GIB:.1f} GiB available", mend)


def _disk(path: Path) -> Check:
    free = shutil.disk_usage(path).free
    enough = free >= _FREE_WANTED
    mend = "" if enough else "free at least 2 GiB there, or work from another disk"
    return Check("disk", enough, f"{free / _GIB:.1f} GiB free at {path}", mend)


def _package(name: str) -> Check:
    try:
        return Check(name, True, version(name), "")
    except PackageNotFoundError:
        mend = "needed for training only: make train, or pip install -e '.[train]'"
        return Check(name, False, "not installed", mend)
