"""Who asks: what the owner of a key may do, and how fast."""

from __future__ import annotations

import time
from dataclasses import dataclass

from assay.serve.errors import TooMany


@dataclass(frozen=True)
class Caller:
    """The owner of a key, and that key's limits.

    Attributes:
        name: in logs; never the key itself.
        rate: items per second, on average; 0: as many as come.
        queued_items: items that may wait or be worked on.
        sessions: episodes and kept interpreters open at once.
        answers: may ask for tasks with their answers.
    """

    name: str
    rate: float = 0.0
    queued_items: int = 16_384
    sessions: int = 256
    answers: bool = False


ANYONE = Caller("anyone")
"""Whoever asks a server without keys."""

_BURST_S = 2.0


class Rates:
    """How much of its rate each caller has left: a bucket that holds two seconds' worth.

    What is taken at once may be more than a bucket holds; then it has to fill up again before the
    next request.
    """

    def __init__(self) -> None:
        self._buckets: dict[str, tuple[float, float]] = {}

    def take(self, caller: Caller, items: int) -> None:
        """Take ``items``, or raise :class:`TooMany`, which says when there will be some."""
        if not caller.rate:
            return
        now = time.monotonic()
        left, last = self._buckets.get(caller.name, (caller.rate * _BURST_S, now))
        left = min(left + (now - last) * caller.rate, caller.rate * _BURST_S)
        if left <= 0:
            wait_s = max(-left / caller.rate, 0.01)
            raise TooMany(f"above this key's {caller.rate:g} items per second", wait_s)
        self._buckets[caller.name] = (left - items, now)
