"""FairQueue: callers take turns, whatever each of them has piled up.

Round robin by items, not by requests: a turn lasts until its caller has had ``quantum`` items, so
one that sends batches gets no more than one that sends single lines.
"""

from __future__ import annotations

from collections import Counter, OrderedDict
from dataclasses import dataclass, field
from typing import Generic, TypeVar

T = TypeVar("T")


@dataclass(eq=False)
class _Line(Generic[T]):
    """What one caller has waiting, in the order it came, each with its size."""

    waiting: OrderedDict[T, int] = field(default_factory=OrderedDict)
    used: int = 0


class FairQueue(Generic[T]):
    """Things with a size, in one line per caller. Not locked: one event loop uses it."""

    def __init__(self, quantum: int = 32) -> None:
        self._quantum = quantum
        self._lines: OrderedDict[str, _Line[T]] = OrderedDict()
        self._items: Counter[str] = Counter()

    @property
    def items(self) -> int:
        """Items waiting, of all callers."""
        return self._items.total()

    def items_of(self, caller: str) -> int:
        return self._items[caller]

    def __bool__(self) -> bool:
        return bool(self._lines)

    def put(self, caller: str, thing: T, size: int) -> None:
        self._lines.setdefault(caller, _Line()).waiting[thing] = size
        self._items[caller] += size

    def head(self) -> T:
        """What :meth:`pop` would give."""
        line = next(iter(self._lines.values()))
        return next(iter(line.waiting))

    def pop(self) -> T:
        """The next thing of whoever's turn it is; ``KeyError`` where nothing waits."""
        caller, line = next(iter(self._lines.items()))
        thing, size = line.waiting.popitem(last=False)
        self._left(caller, size)
        line.used += size
        if not line.waiting:
            del self._lines[caller]
        elif line.used >= self._quantum:
            line.used = 0
            self._lines.move_to_end(caller)
        return thing

    def remove(self, caller: str, thing: T) -> bool:
        """Take ``thing`` out; false where it does not wait."""
        line = self._lines.get(caller)
        if line is None or thing not in line.waiting:
            return False
        self._left(caller, line.waiting.pop(thing))
        if not line.waiting:
            del self._lines[caller]
        return True

    def _left(self, caller: str, size: int) -> None:
        self._items[caller] -= size
        if not self._items[caller]:
            del self._items[caller]
