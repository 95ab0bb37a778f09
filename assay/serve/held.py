"""Sessions of both kinds, held in workers: begun, acted in, ended by their owner or their time."""

from __future__ import annotations

import asyncio

from assay.serve.callers import Caller
from assay.serve.config import ServiceConfig
from assay.serve.crews import Crews
from assay.serve.errors import Gone, Late, Unavailable
from assay.serve.lane import ask_directly
from assay.serve.sessions import Kind, Session, Sessions
from assay_datasets import Json

_REAP_S = 1.0
_NAME: dict[Kind, str] = {"episode": "session", "sandbox": "name"}  # of the session, in a request
_CLOSE: dict[Kind, str] = {"episode": "close_episode", "sandbox": "close_sandbox"}


class Held:
    """Open sessions and the workers that have them.

    Args:
        crews: players have episodes; the sandboxes' worker has all that needs the sandbox.
    """

    def __init__(self, crews: Crews, config: ServiceConfig) -> None:
        self._crews = crews
        self._config = config
        limits: dict[Kind, int] = {
            "episode": config.sessions,
            "sandbox": config.sandbox_sessions,
        }
        self._sessions = Sessions(limits)

    def count(self, kind: Kind) -> int:
        return self._sessions.count(kind)

    async def begin(
        self,
        kind: Kind,
        op: str,
        given: dict[str, Json],
        caller: Caller,
        *,
        sandboxed: bool,
        idle_s: float,
        life_s: float,
    ) -> tuple[str, Json]:
        """A new session's name and its worker's reply; where it fails to begin, there is none.

        Raises:
            TooMany: there is no place for one.
            Unavailable: no worker to have it, or no sandbox.
        """
        crew = self._crews.sandboxes if sandboxed else self._crews.players
        worker = min(crew.workers, key=self._sessions.count_in, default=None)
        if worker is None:
            raise Unavailable("the workers are being started; try again", 1.0)
        session = self._sessions.open(kind, caller, worker, idle_s, life_s)
        try:
            named = {_NAME[kind]: session.name, **given}
            return session.name, await ask_directly(
                worker, op, named, left_s=self._config.deadline_s
            )
        except BaseException:
            self._end(session, "it did not begin")
            raise

    async def act(
        self, kind: Kind, name: str, op: str, given: dict[str, Json], caller: Caller, left_s: float
    ) -> Json:
        """The worker's reply to an action. One that is cut short leaves nobody knows what behind,
        so the session ends with it.

        Raises:
            NotFound, Gone, Conflict: it cannot be acted in; see :meth:`Sessions.acting`.
            Late: not done within ``left_s`` seconds.
        """
        with self._sessions.acting(name, kind, caller) as session:
            try:
                named = {_NAME[kind]: name, **given}
                reply = await ask_directly(session.worker, op, named, left_s=left_s)
            except (Gone, Late, Unavailable) as error:
                self._end(session, str(error))
                raise
            except asyncio.CancelledError:
                self._end(session, "its client went away in the middle of an action")
                raise
            if _is_last(reply):
                self._sessions.end(session, "it came to its end")
            return reply

    def close(self, kind: Kind, name: str, caller: Caller) -> None:
        """End a session; again is no mistake."""
        try:
            with self._sessions.acting(name, kind, caller) as session:
                self._end(session, "it was closed")
        except Gone:
            return

    async def reap(self) -> None:
        """For ever: end sessions whose time is over."""
        while True:
            await asyncio.sleep(_REAP_S)
            for session, why in self._sessions.over():
                self._end(session, why)

    def _end(self, session: Session, why: str) -> None:
        """Strike a session out, and have its worker let go of it."""
        self._sessions.end(session, why)
        session.worker.ask(_CLOSE[session.kind], **{_NAME[session.kind]: session.name})


def _is_last(reply: Json) -> bool:
    """Whether a step, or a cell, was the session's last."""
    if not isinstance(reply, dict):
        return False
    return bool(reply.get("terminated") or reply.get("truncated") or reply.get("alive") is False)
