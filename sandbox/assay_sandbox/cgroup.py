"""Host control groups around a whole container: memory, processes, a fair share, and the kill.

Version 1, version 2, and both at once (hybrid): a limit is set in whichever hierarchy has that
controller and lets this process make children; always below its own group (under version 2 also
below the hierarchy's root, since a group with processes cannot hand controllers down). Where a
version 2 hierarchy exists, with controllers or without, the container joins a group there too: its
``cgroup.kill`` ends a whole tree at once, however fast it forks. A group of the ``cpu`` controller
is there for its default weight: processors are shared between containers, not between processes,
so that a job of many does not starve the others. A container joins through the launcher before
anything else runs.

Where no group can be made, :func:`create` returns a group without directories: then only the
per-process limits hold, and ``doctor`` says so.
"""

from __future__ import annotations

import itertools
import os
import re
import signal
import time
from contextlib import suppress
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

ROOT = Path("/sys/fs/cgroup")
MEMBERSHIP = Path("/proc/self/cgroup")
CONTROLLERS = ("memory", "pids")
_KILL = "kill"  # asked for like a controller: a version 2 group, for its ``cgroup.kill``
_ALL = (*CONTROLLERS, "cpu", _KILL)
# By what a group with this controller is known; of the first two, where its limit is written.
_FILES = {
    "memory": ("memory.limit_in_bytes", "memory.max"),
    "pids": ("pids.max",),
    "cpu": ("cpu.shares", "cpu.weight"),
    _KILL: ("cgroup.kill",),
}
_USAGE = ("memory.usage_in_bytes", "memory.current")
_NO_SWAP = {"memory.memsw.limit_in_bytes": None, "memory.swap.max": 0}  # None: as memory
_serial = itertools.count()


@dataclass(frozen=True)
class Cgroup:
    """The directories of one container's groups; empty where there are none."""

    paths: tuple[Path, ...]

    def oom_kills(self) -> int:
        """How many processes the kernel killed here for memory."""
        total = 0
        for path in self.paths:
            for name in ("memory.oom_control", "memory.events"):
                with suppress(OSError):
                    found = re.search(r"^oom_kill (\d+)$", (path / name).read_text(), re.MULTILINE)
                    total += int(found[1]) if found else 0
        return total

    @cached_property
    def _usage(self) -> str:
        """The file that says how much memory is held; "" where that is not counted."""
        files = (path / name for path in self.paths for name in _USAGE)
        return next((str(file) for file in files if file.exists()), "")

    def memory_bytes(self) -> int:
        """What it holds now, its share of the page cache included; 0 where that is not counted."""
        if not self._usage:
            return 0
        file = os.open(self._usage, os.O_RDONLY)  # after every job, so not by a file object
        try:
            return int(os.read(file, 32))
        finally:
            os.close(file)

    def remove(self) -> None:
        """Kill what is left inside and remove the directories."""
        for path in self.paths:
            with suppress(OSError):
                (path / "cgroup.kill").write_text("1")
        for path in self.paths:
            _remove(path)


def create(memory_bytes: int, processes: int) -> Cgroup:
    """A new group for one container, as far as this host allows one."""
    paths: list[Path] = []
    name = f"{owner_tag()}{next(_serial)}"
    for controller in _ALL:
        for parent in _parents(controller):
            path = parent / name
            if path in paths:
                break
            elsewhere = any(_same_hierarchy(path, each) for each in paths)
            if not elsewhere and _make(path, controller, memory_bytes, processes):
                paths.append(path)
                break
    return Cgroup(tuple(paths))


def _same_hierarchy(one: Path, other: Path) -> bool:
    """Whether both are of version 2, where a process is in one group only."""
    unified = _unified()
    return unified is not None and all(unified in path.parents for path in (one, other))


def available() -> dict[str, bool]:
    """Per controller, whether a limited group can be made here."""
    return {
        controller: any(_try(parent, controller) for parent in _parents(controller))
        for controller in CONTROLLERS
    }


def flavour() -> str:
    """``v1``, ``v2``, ``hybrid`` or ``none``: the hierarchies that this host has mounted."""
    unified = _unified()
    first = any((ROOT / controller / "cgroup.procs").exists() for controller in CONTROLLERS)
    if unified is not None:
        return "hybrid" if first else "v2"
    return "v1" if first else "none"


def kills_at_once() -> bool:
    """Whether a container's group has ``cgroup.kill`` (Linux 5.14, version 2)."""
    return any(_try(parent, _KILL) for parent in _parents(_KILL))


def owner_tag() -> str:
    """What the names of everything that this process puts on the host begin with."""
    return f"assay-{_pid_namespace()}-{os.getpid()}-"


def orphans(folder: Path) -> list[Path]:
    """What pools of this PID namespace left in ``folder`` when they were killed."""
    left = folder.glob(f"assay-{_pid_namespace()}-*-*")
    return [path for path in left if not Path("/proc", path.name.split("-")[2]).exists()]


def sweep() -> None:
    """Remove the groups of pools that were killed, and whatever still runs in them.

    Most containers end by themselves when their pool is gone; one that is deep in a job may not.
    """
    for controller in _ALL:
        for parent in _parents(controller):
            for path in orphans(parent):
                Cgroup((path,)).remove()


def _pid_namespace() -> int:
    return Path("/proc/self/ns/pid").stat().st_ino


def _unified() -> Path | None:
    """Where the version 2 hierarchy is mounted."""
    return next(
        (at for at in (ROOT, ROOT / "unified") if (at / "cgroup.controllers").exists()), None
    )


def _parents(controller: str) -> list[Path]:
    """Where a group with this controller might be made, best first."""
    parents = []
    unified = _unified()
    for line in MEMBERSHIP.read_text().splitlines():
        _, controllers, own = line.split(":", 2)
        if controller in controllers.split(","):
            parents.append(ROOT / controllers / own.lstrip("/"))
        elif not controllers and unified is not None:
            parents += [unified / own.lstrip("/"), unified]
    return [path for path in dict.fromkeys(parents) if path.is_dir()]


def _make(path: Path, controller: str, memory_bytes: int, processes: int) -> bool:
    """Make ``path`` with its limits; False, leaving nothing, where that is not possible."""
    try:
        path.mkdir(exist_ok=True)
        for each, limit in (("memory", memory_bytes), ("pids", processes)):
            for file in (path / file for file in _FILES[each]):
                if file.exists():
                    file.write_text(str(limit))
        if not any((path / file).exists() for file in _FILES[controller]):
            raise FileNotFoundError(path)
    except OSError:
        with suppress(OSError):
            path.rmdir()
        return False
    for name, swap in _NO_SWAP.items():
        if (path / name).exists():
            with suppress(OSError):  # a kernel without accounting of swap
                (path / name).write_text(str(memory_bytes if swap is None else swap))
    return True


def _try(parent: Path, controller: str) -> bool:
    path = parent / f"{owner_tag()}{next(_serial)}"
    made = _make(path, controller, 64 << 20, 64)
    with suppress(OSError):
        path.rmdir()
    return made


def _remove(path: Path) -> None:
    """Kill until the directory can be removed; processes need a moment to be gone."""
    for _ in range(200):
        with suppress(OSError):
            for pid in (path / "cgroup.procs").read_text().split():
                if pid != "0":  # how a process of another PID namespace reads
                    with suppress(ProcessLookupError):
                        os.kill(int(pid), signal.SIGKILL)
        with suppress(OSError):
            path.rmdir()
        if not path.exists():
            return
        time.sleep(0.01)
