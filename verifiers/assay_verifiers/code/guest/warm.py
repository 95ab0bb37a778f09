"""A verdict in one process, for the interpreter that every job is forked from.

What has run there is compiled, specialised and cached for all; in each job it would be so again, on
copies of the pages that it writes to.
"""

from __future__ import annotations

import json
import os
import signal
import sys
from typing import Any

from assay_verifiers.code.guest import server, tester
from assay_verifiers.code.guest.asking import Tests
from assay_verifiers.code.guest.channel import Channel
from assay_verifiers.code.guest.outcome import Run
from assay_verifiers.code.guest.peer import Peer

_TIMES = 10  # an interpreter specialises what it has seen some eight times
_CANDIDATE = """
from typing import List
class Kept:
    def __init__(self, value):
        self.value = value
def f(x, *more):
    print(x)
    return {"sum": [x, *more], "half": (x / 2, None), "text": str(x), "seen": {1, 2}}
def g(items: List[int]) -> List[int]:
    items.append(Kept(1).value)
    return items
def h(x):
    raise ValueError(x)
"""
_TESTS = """
def check(candidate):
    assert candidate(1, 2)["sum"] == [1, 2]
    assert candidate(1.5)["half"] == (0.75, None), "half"
    assert g([1, 2]) == [1, 2, 1]
    try:
        h(1)
    except ValueError as error:
        assert str(error) == "1"
    assert Kept(2).value == 2
    assert not candidate(0)["sum"][0]
"""


class _Direct(Channel):
    """Has the other end answer at once, in this process."""

    def __init__(self) -> None:
        super().__init__(-1, -1)
        self.far: Peer | None = None
        self.sent: list[Any] = []

    def send(self, message: Any) -> None:
        self.sent.append(json.loads(json.dumps(message)))
        if self.far is not None and "ask" in message:
            self.far._answer(self.sent.pop())

    def receive(self) -> Any:
        return self.sent.pop()


def main() -> None:
    """Run the verdict some times over, and leave nothing of it."""
    modules, stdout = dict(sys.modules), sys.stdout
    config = {"code": _TESTS, "prelude": "", "entry_point": "f", "first": 0, "wall_s": 60.0,
              "stop_early": False, "planned": False}  # fmt: skip
    null = os.open(os.devnull, os.O_WRONLY)
    for _ in range(_TIMES):
        channel = _Direct()
        candidate = server.Candidate(channel, _CANDIDATE)
        channel.far = candidate
        tester.test(Run(Tests(channel), config, null), config)
    os.close(null)
    signal.signal(signal.SIGALRM, signal.SIG_DFL)
    sys.stdout = stdout
    for name in set(sys.modules) - set(modules):
        if not getattr(sys.modules[name], "__spec__", None):
            del sys.modules[name]
    sys.modules["__main__"] = modules["__main__"]
