"""Host control groups around a whole container: memory and number of processes.

Version 1 and version 2, whichever of the two controllers this process may make children in; always
below its own group (under version 2 also below the hierarchy's root, since a group with processes
cannot hand controllers down). A container joins through the launcher before anything else runs.

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
from pathlib import Path

ROOT = Path("/sys/fs/cgroup")
CONTROLLERS = ("memory", "pids")
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

    def remove(self) -> None:
        """Kill what is left inside and remove the directories."""
        for path in self.paths:
            _remove(path)


def create(memory_bytes: int, processes: int) -> Cgroup:
    """A new group for one container, as far as this host allows one."""
    paths = []
    name = f"{owner_tag()}{next(_serial)}"
    for controller in CONTROLLERS:
        for parent in _parents(controller):
            path = parent / name
            if path in paths or _make(path, controller, memory_bytes, processes):
                paths.append(path)
                break
    return Cgroup(tuple(dict.fromkeys(paths)))


def available() -> dict[str, bool]:
    """Per controller, whether a limited group can be made here."""
    return {
        controller: any(_try(parent, controller) for parent in _parents(controller))
        for controller in CONTROLLERS
    }


def owner_tag() -> str:
    """What the names of everything that this process puts on the host begin with."""
    return f"assay-{_pid_namespace()}-{os.getpid()}-"


def orphans(folder: Path) -> list[Path]:
    """What pools of this PID namespace left in ``folder`` when they were killed."""
    left = folder.glob(f"assay-{_pid_namespace()}-*-*")
    return [path for path in left if not Path("/proc", path.name.split("-")[2]).exists()]


def sweep() -> None:
    """Remove the empty groups of pools that were killed; their containers end by themselves."""
    for controller in CONTROLLERS:
        for parent in _parents(controller):
            for path in orphans(parent):
                with suppress(OSError):
                    path.rmdir()


def _pid_namespace() -> int:
    return Path("/proc/self/ns/pid").stat().st_ino


def _parents(controller: str) -> list[Path]:
    """Where a group with this controller might be made, best first."""
    parents = []
    for line in Path("/proc/self/cgroup").read_text().splitlines():
        _, controllers, own = line.split(":", 2)
        if controller in controllers.split(","):
            parents.append(ROOT / controllers / own.lstrip("/"))
        elif not controllers:
            parents += [ROOT / own.lstrip("/"), ROOT]
    return [path for path in dict.fromkeys(parents) if path.is_dir()]


def _limit_file(path: Path, controller: str) -> Path:
    names = {"memory": ("memory.limit_in_bytes", "memory.max"), "pids": ("pids.max",)}
    return next((path / name for name in names[controller] if (path / name).exists()), path)


def _make(path: Path, controller: str, memory_bytes: int, processes: int) -> bool:
    """Make ``path`` with its limits; False, leaving nothing, where that is not possible."""
    try:
        path.mkdir(exist_ok=True)
        for each, limit in (("memory", memory_bytes), ("pids", processes)):
            file = _limit_file(path, each)
            if file != path:
                file.write_text(str(limit))
            elif each == controller:
                raise FileNotFoundError(file)
    except OSError:
        with suppress(OSError):
            path.rmdir()
        return False
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
