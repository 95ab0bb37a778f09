"""The child's side of the pool: answers for any module until standard input ends.

Run as ``python -m assay_verifiers.worker``; see :mod:`assay_verifiers.workers`. A module that can
be asked has ``handle(request) -> reply``, both JSON, and may have ``warm()``, which is called once
when it is loaded. An exception of ``handle`` ends the child: handlers answer for what requests do.
"""

from __future__ import annotations

import importlib
import json
import os
import resource
import sys
from typing import IO, Any

from assay_datasets import Json
from assay_verifiers.workers import HEADER

MEMORY_BYTES = 4 << 30
RETIRE_BYTES = 1 << 30


def main() -> None:
    """Serve; the kernel ends a child whose parent was lost while a request ran, by a CPU limit."""
    replies = os.fdopen(os.dup(1), "wb")
    os.dup2(2, 1)  # whatever a library prints must not get between the frames
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    resource.setrlimit(resource.RLIMIT_AS, (MEMORY_BYTES, resource.RLIM_INFINITY))
    while header := sys.stdin.buffer.read(HEADER.size):
        message = json.loads(sys.stdin.buffer.read(HEADER.unpack(header)[0]))
        _send(replies, [_answer(message), _peak_bytes() > RETIRE_BYTES])


def _answer(message: dict[str, Any]) -> Json:
    if "load" in message:
        module = importlib.import_module(message["load"])
        if hasattr(module, "warm"):
            module.warm()
        return None
    used = resource.getrusage(resource.RUSAGE_SELF)
    seconds = used.ru_utime + used.ru_stime + message["timeout_s"] + 2
    resource.setrlimit(resource.RLIMIT_CPU, (int(seconds) + 1, resource.RLIM_INFINITY))
    reply: Json = sys.modules[message["module"]].handle(message["request"])
    return reply


def _peak_bytes() -> int:
    """What this program has held at most.

    Not ``ru_maxrss``: Linux counts in it what the process that started this one held.
    """
    with open("/proc/self/status", "rb") as status:
        return next(int(line.split()[1]) << 10 for line in status if line.startswith(b"VmHWM:"))


def _send(stream: IO[bytes], reply: Json) -> None:
    body = json.dumps(reply).encode()
    stream.write(HEADER.pack(len(body)) + body)
    stream.flush()


if __name__ == "__main__":
    main()
