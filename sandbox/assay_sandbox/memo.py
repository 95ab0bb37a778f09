"""Memo: a sandbox that runs the same job once.

In training, siblings of a group often write the same program to the last byte. A job is a value
(source, files, input, limits): an equal job that ended by itself has the same result, and running
it again buys nothing. What depended on the machine's load (a timeout, a lost sandbox) or on what
else was running (memory) is never remembered.

A remembered result has ``wall_s`` and ``cpu_s`` 0 and no slot: nothing ran. A program that is not
deterministic is judged by its first run; whoever needs fresh runs uses the sandbox itself.
"""

from __future__ import annotations

import asyncio
import hashlib
import time
from collections import OrderedDict
from collections.abc import Sequence
from dataclasses import astuple, replace
from typing import Protocol
from weakref import WeakValueDictionary

from assay_sandbox.job import Job, Result
from assay_sandbox.pair import Pair, PairResult

_SETTLED = frozenset({"ok", "nonzero_exit", "compile_error"})


class Runner(Protocol):
    """What runs jobs: a :class:`Sandbox`, :class:`Partitions`, or a memo around one."""

    async def run(self, job: Job, deadline_s: float | None = None) -> Result: ...

    async def run_pair(self, pair: Pair, deadline_s: float | None = None) -> PairResult: ...


class Memo:
    """Remembers results of ``sandbox``: of the last ``size`` different jobs, and ``size_bytes``."""

    def __init__(self, sandbox: Runner, size: int = 4096, size_bytes: int = 64 << 20) -> None:
        self.sandbox = sandbox
        self._size = size
        self._room = size_bytes
        self._results: OrderedDict[bytes, Result] = OrderedDict()
        self._running: WeakValueDictionary[bytes, asyncio.Lock] = WeakValueDictionary()

    async def run(self, job: Job, deadline_s: float | None = None) -> Result:
        """As :meth:`Sandbox.run`; an equal job that is running now is waited for."""
        key = _key(job)
        lock = self._running.setdefault(key, asyncio.Lock())
        latest = None if deadline_s is None else time.monotonic() + deadline_s
        try:
            await asyncio.wait_for(lock.acquire(), deadline_s)
        except TimeoutError:
            return Result(
                "sandbox_failed", error=f"no result within the deadline of {deadline_s} s"
            )
        try:
            known = self._results.get(key)
            if known is not None:
                self._results.move_to_end(key)
                return replace(known, wall_s=0.0, cpu_s=0.0, slot="")
            left = None if latest is None else max(latest - time.monotonic(), 0.0)
            result = await self.sandbox.run(job, left)
            if result.status in _SETTLED:
                self._keep(key, result)
            return result
        finally:
            lock.release()

    async def run_many(self, jobs: Sequence[Job], deadline_s: float | None = None) -> list[Result]:
        """As :meth:`Sandbox.run_many`, each job once."""
        return list(await asyncio.gather(*(self.run(job, deadline_s) for job in jobs)))

    async def run_pair(self, pair: Pair, deadline_s: float | None = None) -> PairResult:
        """As :meth:`Sandbox.run_pair`; pairs are not remembered."""
        return await self.sandbox.run_pair(pair, deadline_s)

    def _keep(self, key: bytes, result: Result) -> None:
        self._results[key] = result
        self._room -= _weight(result)
        while len(self._results) > self._size or (self._room < 0 and self._results):
            _, dropped = self._results.popitem(last=False)
            self._room += _weight(dropped)


def _weight(result: Result) -> int:
    return len(result.stdout) + len(result.stderr) + sum(map(len, result.files.values()))


def _key(job: Job) -> bytes:
    """A hash of every field, in order, spelt out."""
    files, env = sorted(job.files.items()), sorted(job.env.items())
    rest = replace(job, files={}, env={})
    return hashlib.sha256(repr((astuple(rest), files, env)).encode()).digest()
