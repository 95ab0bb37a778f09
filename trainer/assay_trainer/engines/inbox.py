"""Inbox: tokens between the thread they arrive in and the one that reads them, in order."""

from __future__ import annotations

import threading
from collections import deque
from collections.abc import Iterable
from dataclasses import dataclass

from assay_trainer.engines.engine import EngineError, Finish

PATIENCE_S = 600.0
"""Longest wait for a token or an answer; the first token may wait for kernels to be compiled."""


@dataclass(frozen=True)
class Arrival:
    """One token of a rollout, as vLLM gave it."""

    token: int
    logprob: float
    entropy: float
    finish: Finish | None


class Inbox:
    """Tokens that arrived and are not read yet, by rollout. Filled by one thread, read by another.

    A reader waits for all rollouts at once, so only the arrival that completes a row of tokens
    wakes it: ``_lacking`` counts the rollouts without an unread token.
    """

    def __init__(self) -> None:
        self._changed = threading.Condition()
        self._unread: dict[str, deque[Arrival]] = {}
        self._lacking = 0
        self._error: BaseException | None = None

    def open(self, uid: str) -> None:
        with self._changed:
            self._unread[uid] = deque()
            self._lacking += 1

    def put(self, uid: str, arrivals: Iterable[Arrival]) -> None:
        """Add tokens of a rollout; those of one that is closed are dropped."""
        with self._changed:
            unread = self._unread.get(uid)
            if unread is None:
                return
            lacked = not unread
            unread.extend(arrivals)
            self._lacking -= lacked and bool(unread)
            if not self._lacking:
                self._changed.notify()

    def fail(self, error: BaseException) -> None:
        with self._changed:
            self._error = error
            self._changed.notify()

    def take(self) -> dict[str, Arrival]:
        """The next token of every open rollout, in the order they were opened; it waits for them.

        Raises:
            EngineError: vLLM failed, or gave nothing for ten minutes.
        """
        with self._changed:
            self._changed.wait_for(lambda: self._error or not self._lacking, PATIENCE_S)
            if self._error:
                raise EngineError(f"vLLM failed: {self._error!r}") from self._error
            if self._lacking:
                raise EngineError(f"vLLM gave no token for {PATIENCE_S:.0f} seconds")
            taken = {uid: unread.popleft() for uid, unread in self._unread.items()}
            for uid, arrival in taken.items():
                if arrival.finish is not None:
                    del self._unread[uid]
                elif not self._unread[uid]:
                    self._lacking += 1
            return taken

    def close(self, uids: Iterable[str]) -> int:
        """Forget rollouts; how many of their tokens nobody read."""
        with self._changed:
            gone = [self._unread.pop(uid) for uid in uids]
            self._lacking -= sum(not unread for unread in gone)
            return sum(map(len, gone))
