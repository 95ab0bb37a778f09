"""What a service is told: sizes, limits and times."""

from __future__ import annotations

import os
import secrets
from dataclasses import dataclass, field


def _cores() -> int:
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


@dataclass(frozen=True)
class ServiceConfig:
    """The service's knobs.

    Attributes:
        workers: processes that judge what needs no sandbox, and play episodes.
        worker_bytes: memory above which a judging process is replaced by a new one.
        backend: the sandbox's back-end; None: the safest that works here.
        slots: programs that run at once in each template's sandbox.
        warm: templates whose sandboxes are opened at the start, besides ``plain``.
        deadline_s: seconds a request may take, waiting included, where it names none.
        longest_deadline_s: seconds above which a request's own deadline is cut.
        batch_items: items of one batch.
        body_bytes: of one request.
        queued_items: items waiting or being worked on, over all callers; beyond, 429.
        sessions: episodes open at once; session_idle_s, session_life_s: seconds until one ends.
        sandbox_sessions: kept interpreters open at once.
        drain_s: seconds that requests in flight are given when the server stops.
        imports: modules that a worker imports first, such as those that register plug-ins.
        secret: what ids of tasks and seeds are keyed with; servers that share it share tasks.
    """

    workers: int = field(default_factory=_cores)
    worker_bytes: int = 2 << 30
    backend: str | None = None
    slots: int = field(default_factory=_cores)
    warm: tuple[str, ...] = ()
    deadline_s: float = 60.0
    longest_deadline_s: float = 600.0
    batch_items: int = 4096
    body_bytes: int = 32 << 20
    queued_items: int = 16_384
    sessions: int = 1024
    session_idle_s: float = 300.0
    session_life_s: float = 3600.0
    sandbox_sessions: int = 8
    drain_s: float = 30.0
    imports: tuple[str, ...] = ()
    secret: bytes = field(default_factory=lambda: secrets.token_bytes(32), repr=False)
