"""The server's book of sessions: whose each is, which worker has it, and when it ends.

A session belongs to the key that opened it; to any other it does not exist. It takes one action at
a time. Ids are random and long, so that to know one is to have been given it.
"""

from __future__ import annotations

import secrets
import time
from collections import OrderedDict
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Literal, get_args

from assay.serve.callers import Caller
from assay.serve.errors import Conflict, Gone, NotFound, TooMany
from assay.serve.process import WorkerProcess

Kind = Literal["episode", "sandbox"]
KINDS: tuple[Kind, ...] = get_args(Kind)

_REMEMBERED = 4096
_RETRY_S = 5.0


@dataclass(eq=False)
class Session:
    """One open session.

    Attributes:
        name: its id; kind: an episode, or a kept interpreter.
        owner: name of the caller who opened it.
        worker: has it.
        idle_s, life_s: seconds after which it ends, from its last action and from its opening.
        busy: in the middle of an action.
    """

    name: str
    kind: Kind
    owner: str
    worker: WorkerProcess
    idle_s: float
    life_s: float
    busy: bool = False
    opened: float = field(default_factory=time.monotonic)
    used: float = field(default_factory=time.monotonic)

    def over(self, now: float) -> str:
        """Why it is over, or ""."""
        if self.worker.dead.is_set():
            return "its worker was lost"
        if now - self.opened > self.life_s:
            return f"its {self.life_s:g} s were over"
        if not self.busy and now - self.used > self.idle_s:
            return f"nothing was done in it for {self.idle_s:g} s"
        return ""


class Sessions:
    """All open sessions, and why the last few thousand others ended.

    Args:
        limits: how many there may be of each kind.
    """

    def __init__(self, limits: dict[Kind, int]) -> None:
        self._limits = limits
        self._open: dict[str, Session] = {}
        self._ended: OrderedDict[str, tuple[str, str]] = OrderedDict()

    def count(self, kind: Kind) -> int:
        return sum(session.kind == kind for session in self._open.values())

    def count_in(self, worker: WorkerProcess) -> int:
        return sum(session.worker is worker for session in self._open.values())

    def open(
        self, kind: Kind, caller: Caller, worker: WorkerProcess, idle_s: float, life_s: float
    ) -> Session:
        """A place and a name for a new session; :class:`TooMany` where there is none."""
        own = sum(session.owner == caller.name for session in self._open.values())
        if own >= caller.sessions:
            raise TooMany(f"{own} sessions of yours are open; close one", _RETRY_S)
        if self.count(kind) >= self._limits[kind]:
            raise TooMany(f"{self._limits[kind]} {kind} sessions are open", _RETRY_S)
        name = secrets.token_urlsafe(18)
        session = Session(name, kind, caller.name, worker, idle_s, life_s)
        self._open[name] = session
        return session

    @contextmanager
    def acting(self, name: str, kind: Kind, caller: Caller) -> Iterator[Session]:
        """The session, for one action.

        Raises:
            NotFound: there is none of this name, kind and owner.
            Gone: there was.
            Conflict: another action is going on in it.
        """
        session = self._open.get(name)
        if session is None or session.owner != caller.name or session.kind != kind:
            owner, why = self._ended.get(name, ("", ""))
            if why and owner == caller.name:
                raise Gone(f"the session is over: {why}")
            raise NotFound("no such session")
        if session.busy:
            raise Conflict("the session is in the middle of another action; wait for its reply")
        session.busy = True
        try:
            yield session
        finally:
            session.busy = False
            session.used = time.monotonic()

    def end(self, session: Session, why: str) -> None:
        """Strike it out. Idempotent."""
        if self._open.pop(session.name, None) is None:
            return
        self._ended[session.name] = (session.owner, why)
        while len(self._ended) > _REMEMBERED:
            self._ended.popitem(last=False)

    def over(self) -> list[tuple[Session, str]]:
        """Those whose time is over, and why."""
        now = time.monotonic()
        return [(each, why) for each in self._open.values() if (why := each.over(now))]
