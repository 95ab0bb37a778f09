"""Turns: many verdicts that are decided in process, without keeping an event loop from the rest.

A verdict takes some fractions of a millisecond and never waits, so thousands that are ready at once
would run one after another before the loop looks at anything else. ``await turn()`` before each
lets them run for a slice of time, then lets the loop go round.
"""

from __future__ import annotations

import asyncio
from weakref import WeakKeyDictionary

_SLICE_S = 0.01


class _Slice:
    """The present slice of one loop; none before the first turn in a round."""

    ends: float | None = None

    def is_over(self, now: float) -> bool:
        return self.ends is not None and now > self.ends

    def renew(self) -> None:
        self.ends = None


_slices: WeakKeyDictionary[asyncio.AbstractEventLoop, _Slice] = WeakKeyDictionary()


async def turn() -> None:
    """Return at once, or after as many rounds of the loop as others' turns take."""
    loop = asyncio.get_running_loop()
    here = _slices.setdefault(loop, _Slice())
    for _ in iter(lambda: here.is_over(loop.time()), False):
        await asyncio.sleep(0)
    if here.ends is None:
        here.ends = loop.time() + _SLICE_S
        loop.call_soon(here.renew)
