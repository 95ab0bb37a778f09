"""What a pool measures about itself, and the snapshot of it that callers get.

Latencies are those of the last few thousand jobs; counts are of the pool's whole life. A snapshot
is a frozen dataclass of plain values: ``dataclasses.asdict`` of it is JSON.
"""

from __future__ import annotations

from collections import Counter, deque
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Literal

KEPT = 4096

SlotState = Literal["starting", "idle", "busy", "out"]


@dataclass(frozen=True)
class Phase:
    """Seconds that a phase takes: median, 99th percentile, worst; 0.0 before any."""

    p50_s: float = 0.0
    p99_s: float = 0.0
    worst_s: float = 0.0


@dataclass(frozen=True)
class SlotStats:
    """A slot: what it is doing and, where it is ``out``, why."""

    state: SlotState
    problem: str = ""


@dataclass(frozen=True)
class Stats:
    """What a pool has done so far, and is doing now.

    Attributes:
        jobs: finished jobs, lost ones included.
        sandbox_failed: jobs of which nothing can be said.
        p50_s, p99_s: seconds from submission to result; as in ``total``.
        recycles: containers replaced, by cause (``age``, ``lost``, ``cancelled``, ``deadline``).
        queued, running, total: seconds waiting, in a container, and both.
        depth: jobs in the queue; at most the pool's ``queue_limit``.
        blocked: jobs whose callers wait for room in the queue.
        in_flight: jobs in a container.
        starts: containers that a slot had to wait for; ``start``: seconds each took to be warm.
        sessions: open sessions.
        slots: every slot by name.
    """

    jobs: int
    sandbox_failed: int
    p50_s: float
    p99_s: float
    recycles: Mapping[str, int]
    queued: Phase = field(default_factory=Phase)
    running: Phase = field(default_factory=Phase)
    total: Phase = field(default_factory=Phase)
    depth: int = 0
    blocked: int = 0
    in_flight: int = 0
    starts: int = 0
    start: Phase = field(default_factory=Phase)
    sessions: int = 0
    slots: Mapping[str, SlotStats] = field(default_factory=dict)


class Meter:
    """Collects; not locked: its pool does that."""

    def __init__(self) -> None:
        self.jobs = 0
        self.failed = 0
        self.starts = 0
        self.recycles: Counter[str] = Counter()
        self._times: deque[tuple[float, float]] = deque(maxlen=KEPT)
        self._start_s: deque[float] = deque(maxlen=KEPT)

    def finished(self, queued_s: float, running_s: float, failed: bool) -> None:
        self.jobs += 1
        self.failed += failed
        self._times.append((queued_s, running_s))

    def started(self, seconds: float) -> None:
        self.starts += 1
        self._start_s.append(seconds)

    def running_s(self) -> float:
        """The mean time in a container; a guess before the first job."""
        recent = [running for _, running in list(self._times)[-256:]]
        return sum(recent) / len(recent) if recent else 0.1

    def phases(self) -> dict[str, Phase]:
        times = list(self._times)
        return {
            "queued": _phase(queued for queued, _ in times),
            "running": _phase(running for _, running in times),
            "total": _phase(map(sum, times)),
            "start": _phase(self._start_s),
        }


def _phase(seconds: Iterable[float]) -> Phase:
    ordered = sorted(seconds)
    if not ordered:
        return Phase()
    count = len(ordered)
    return Phase(ordered[count // 2], ordered[min(count - 1, count * 99 // 100)], ordered[-1])
