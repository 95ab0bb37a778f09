"""Stopwatch: how long the parts of a step took, summed by name.

Two clock readings a span, so it always runs. On a GPU, work goes on after the call that asked for
it returns; with ``exact`` each span waits for it, which costs some overlap and makes the split
true.
"""

from __future__ import annotations

import time
from collections import defaultdict
from collections.abc import Iterator
from contextlib import contextmanager


class Stopwatch:
    """``with watch("forward"): ...``, then ``watch.take()``."""

    def __init__(self, exact: bool = False) -> None:
        self.exact = exact
        self._seconds: defaultdict[str, float] = defaultdict(float)

    @contextmanager
    def __call__(self, part: str) -> Iterator[None]:
        started = self._now()
        try:
            yield
        finally:
            self._seconds[part] += self._now() - started

    def take(self) -> dict[str, float]:
        """Seconds by part since the last call."""
        seconds = dict(self._seconds)
        self._seconds.clear()
        return seconds

    def _now(self) -> float:
        if self.exact:
            import torch

            if torch.cuda.is_available():
                torch.cuda.synchronize()
        return time.perf_counter()
