"""The three crews of workers and the four lanes that lead to them.

judges      verdicts that need no sandbox; as many processes as ``workers``
players     episodes and the making of tasks; half as many
sandboxes   verdicts, programs, episodes and kept interpreters that need the sandbox: one
            process, hence one queue and one budget of slots for all of them
"""

from __future__ import annotations

import asyncio
import base64
from collections.abc import Mapping
from dataclasses import dataclass

from assay.serve.config import ServiceConfig
from assay.serve.frames import Message
from assay.serve.lane import Crew, Lane

_QUICK_ROOM = 64
_REMOTE_ROOM = 256
_ROOM_PER_SLOT = 4


@dataclass(frozen=True)
class Lanes:
    """Queues by what waits in them.

    Attributes:
        quick: verdicts that take a moment; remote: those that wait for a model elsewhere.
        tasks: requests for tasks; sandbox: all that needs the sandbox and is no session.
    """

    quick: Lane
    remote: Lane
    tasks: Lane
    sandbox: Lane

    def all(self) -> tuple[Lane, ...]:
        return self.quick, self.remote, self.tasks, self.sandbox


class Crews:
    """Every worker of a service."""

    def __init__(self, config: ServiceConfig) -> None:
        self.judges = Crew(config.workers, _setup(config), config.worker_bytes)
        self.players = Crew((config.workers + 1) // 2, _setup(config))
        self.sandboxes = Crew(1, _setup(config, sandboxed=True))
        limit = config.queued_items
        self.lanes = Lanes(
            quick=Lane("quick", self.judges, _QUICK_ROOM, limit),
            remote=Lane("remote", self.judges, _REMOTE_ROOM, limit),
            tasks=Lane("tasks", self.players, 1, limit),
            sandbox=Lane("sandbox", self.sandboxes, _ROOM_PER_SLOT * config.slots, limit),
        )

    async def open(self) -> None:
        """Start all; ``Died`` where one does not start."""
        await asyncio.gather(*(crew.open() for crew in self.by_name().values()))

    async def close(self) -> None:
        await asyncio.gather(*(crew.close() for crew in self.by_name().values()))

    def by_name(self) -> Mapping[str, Crew]:
        return {"judges": self.judges, "players": self.players, "sandboxes": self.sandboxes}


def _setup(config: ServiceConfig, *, sandboxed: bool = False) -> Message:
    """What a worker is told first."""
    return {
        "secret": base64.b64encode(config.secret).decode(),
        "sandboxed": sandboxed,
        "backend": config.backend,
        "slots": config.slots,
        "sandbox_sessions": config.sandbox_sessions,
        "imports": list(config.imports),
    }
