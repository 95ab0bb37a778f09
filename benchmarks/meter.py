"""Meter: what a call costs, in wall seconds and in CPU seconds of this process and its workers.

How it works. This process by ``process_time``; its children, where they live at both readings, by
the scheduler's nanosecond counters in ``/proc/<pid>/task/*/schedstat`` (Linux), since ``times``
counts in hundredths of a second. Work that a worker does after it replied falls to the next call.
"""

from __future__ import annotations

import contextlib
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path


@dataclass
class Cost:
    """Seconds that a call took."""

    wall_s: float = 0.0
    cpu_s: float = 0.0


@contextlib.contextmanager
def metered() -> Iterator[Cost]:
    """Measure what runs inside; the cost is filled in at the end."""
    cost = Cost()
    before = children_cpu_s()
    own, wall = time.process_time(), time.perf_counter()
    try:
        yield cost
    finally:
        cost.wall_s = time.perf_counter() - wall
        cost.cpu_s = time.process_time() - own
        after = children_cpu_s()
        cost.cpu_s += sum(seconds - before.get(pid, 0.0) for pid, seconds in after.items())


def children_cpu_s() -> dict[int, float]:
    """CPU seconds used so far by each living child of this process."""
    return {pid: _scheduled_s(pid) for pid in _children()}


def _children() -> list[int]:
    found: list[int] = []
    for task in Path("/proc/self/task").iterdir():
        with contextlib.suppress(OSError):
            found += map(int, (task / "children").read_text().split())
    return found


def _scheduled_s(pid: int) -> float:
    total = 0
    with contextlib.suppress(OSError, ValueError, IndexError):
        for task in Path(f"/proc/{pid}/task").iterdir():
            total += int((task / "schedstat").read_text().split()[0])
    return total / 1e9
