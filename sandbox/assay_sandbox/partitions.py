"""Partitions: independent pools, one for each template, behind the face of one.

    async with Partitions({"plain": 2, "sympy": 1, "toolchain": 1}) as boxes:
        await boxes.run(Job("import sympy; print(sympy.factorint(60))"))    # goes to sympy

A job goes to the partition asked for, else to the first whose template has its language and has
preloaded the modules that it imports: forking costs with what the parent holds, so small programs
are kept away from large interpreters. Imports are read off the text; what that misses still runs,
only without its module at hand, so name the partition where it matters.

Partitions share nothing: slots, queue, limits and faults are each one's own. One that does not open
is *out*; jobs that need it fail at once as ``sandbox_failed``, never elsewhere with a missing
module, and it is opened again in the background until it answers. Only when none opens is opening
an error.
"""

from __future__ import annotations

import asyncio
import re
import threading
from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from typing import Any, Literal, Self

from assay_sandbox import languages, template
from assay_sandbox.errors import InvalidJob, SandboxBusy, SandboxError
from assay_sandbox.job import Job, Result
from assay_sandbox.metrics import Stats
from assay_sandbox.pair import Pair, PairResult
from assay_sandbox.pool import Sandbox
from assay_sandbox.session import Session

PAUSE_S = 1.0  # before the first attempt to open a partition again; doubles up to the longest
LONGEST_PAUSE_S = 30.0
_IMPORT = re.compile(r"^[ \t]*(?:import|from)[ \t]+([A-Za-z_]\w*)", re.MULTILINE)


@dataclass(frozen=True)
class PartitionStats:
    """A partition: whether it takes jobs, if not why, and its pool's figures."""

    state: Literal["open", "out"]
    problem: str
    pool: Stats


class Partitions:
    """Several :class:`Sandbox` by name. Open it before running.

    Args:
        slots: template's name → slots; or any name → a :class:`Sandbox` that is not open yet.
        backend: of those given by slots; as for :class:`Sandbox`.
        options: further options of those given by slots.

    Raises:
        SandboxUnavailable: on opening, no partition could be opened; on making, no such template.
    """

    def __init__(
        self, slots: Mapping[str, int | Sandbox], backend: str | None = None, **options: Any
    ) -> None:
        if not slots:
            raise ValueError("no partition is named")
        self._boxes = {
            name: given
            if isinstance(given, Sandbox)
            else Sandbox(backend, name, slots=given, **options)
            for name, given in slots.items()
        }
        templates = {
            name: template.find(box.template) if isinstance(box.template, str) else box.template
            for name, box in self._boxes.items()
        }
        self._languages = {name: set(each.languages) for name, each in templates.items()}
        self._modules = {
            name: {module.partition(".")[0] for module in each.preload}
            for name, each in templates.items()
        }
        self._problems: dict[str, SandboxError] = {}
        self._mender: threading.Thread | None = None
        self._stopped = threading.Event()

    # ── opening and closing ──────────────────────────────────────────────────────────────────────

    async def open(self) -> Self:
        return await asyncio.to_thread(self._open)

    async def close(self) -> None:
        """As :meth:`Sandbox.close`, for all."""
        await asyncio.to_thread(self._close)

    async def __aenter__(self) -> Self:
        return await self.open()

    async def __aexit__(self, *_: object) -> None:
        await self.close()

    def __enter__(self) -> Self:
        return self._open()

    def __exit__(self, *_: object) -> None:
        self._close()

    def _open(self) -> Self:
        self._stopped.clear()
        with ThreadPoolExecutor(len(self._boxes)) as threads:
            list(threads.map(self._try, self._boxes))
        if len(self._problems) == len(self._boxes):
            self._close()
            raise next(iter(self._problems.values()))
        if self._problems:
            self._mender = threading.Thread(target=self._mend, name="assay-partitions", daemon=True)
            self._mender.start()
        return self

    def _try(self, name: str) -> None:
        try:
            self._boxes[name].__enter__()
        except SandboxError as error:
            self._problems[name] = error
        else:
            self._problems.pop(name, None)

    def _mend(self) -> None:
        pause = PAUSE_S
        while self._problems and not self._stopped.wait(pause):
            for name in list(self._problems):
                self._try(name)
            pause = min(2 * pause, LONGEST_PAUSE_S)

    def _close(self) -> None:
        self._stopped.set()
        if self._mender is not None:
            self._mender.join()
            self._mender = None
        for box in self._boxes.values():
            box._close()

    # ── running ──────────────────────────────────────────────────────────────────────────────────

    @property
    def backend(self) -> str:
        """The back-ends in use."""
        return "+".join(sorted({box.backend for box in self._boxes.values() if box.backend}))

    async def run(
        self,
        job: Job,
        deadline_s: float | None = None,
        *,
        wait: bool = True,
        partition: str | None = None,
    ) -> Result:
        """As :meth:`Sandbox.run`, in ``partition`` or where the job belongs."""
        name = partition or self.route(job)
        if out := self._out(name):
            return out
        return await self._boxes[name].run(job, deadline_s, wait=wait)

    def run_sync(
        self,
        job: Job,
        deadline_s: float | None = None,
        *,
        wait: bool = True,
        partition: str | None = None,
    ) -> Result:
        name = partition or self.route(job)
        if out := self._out(name):
            return out
        return self._boxes[name].run_sync(job, deadline_s, wait=wait)

    async def run_many(self, jobs: Sequence[Job], deadline_s: float | None = None) -> list[Result]:
        """As :meth:`Sandbox.run_many`, each job where it belongs, all partitions at once."""
        routed: dict[str, list[int]] = {}
        for index, job in enumerate(jobs):
            routed.setdefault(self.route(job), []).append(index)
        names = list(routed)
        parts = await asyncio.gather(
            *(self._run_part(name, [jobs[i] for i in routed[name]], deadline_s) for name in names)
        )
        results: dict[int, Result] = {}
        for name, part in zip(names, parts, strict=True):
            results.update(zip(routed[name], part, strict=True))
        return [results[index] for index in range(len(jobs))]

    async def _run_part(self, name: str, jobs: list[Job], deadline_s: float | None) -> list[Result]:
        if out := self._out(name):
            return [out] * len(jobs)
        return await self._boxes[name].run_many(jobs, deadline_s)

    async def run_pair(
        self,
        pair: Pair,
        deadline_s: float | None = None,
        *,
        wait: bool = True,
        partition: str | None = None,
    ) -> PairResult:
        """As :meth:`Sandbox.run_pair`, in ``partition`` or where what both import is at hand."""
        name = partition or self._route_pair(pair)
        if out := self._out(name):
            return PairResult(out, out)
        return await self._boxes[name].run_pair(pair, deadline_s, wait=wait)

    def run_pair_sync(
        self,
        pair: Pair,
        deadline_s: float | None = None,
        *,
        wait: bool = True,
        partition: str | None = None,
    ) -> PairResult:
        name = partition or self._route_pair(pair)
        if out := self._out(name):
            return PairResult(out, out)
        return self._boxes[name].run_pair_sync(pair, deadline_s, wait=wait)

    def _route_pair(self, pair: Pair) -> str:
        both = f"{pair.tester.source}\n{pair.candidate.source}"
        return self.route(replace(pair.candidate, source=both))

    def session(self, language: Any = "python", *, partition: str = "", **options: Any) -> Session:
        """As :meth:`Sandbox.session`, in ``partition``, or else the first."""
        name = partition or next(iter(self._boxes))
        if out := self._out(name):
            raise SandboxBusy(out.error, PAUSE_S)
        return self._boxes[name].session(language, **options)

    def route(self, job: Job) -> str:
        """The name of the partition where ``job`` belongs; :class:`InvalidJob` if nowhere."""
        language = "python" if job.command else languages.find(job.language).name
        fit = [name for name, known in self._languages.items() if language in known]
        if not fit:
            have = ", ".join(sorted(set().union(*self._languages.values())))
            raise InvalidJob(f"no partition runs {job.language!r}; there are: {have}")
        if language != "python" or len(fit) == 1:
            return fit[0]
        imported = set(_IMPORT.findall(job.source))
        return max(fit, key=lambda name: len(imported & self._modules[name]))

    def stats(self) -> dict[str, PartitionStats]:
        """Every partition by name, in the order given."""
        return {name: self._stats(name) for name in self._boxes}

    def _stats(self, name: str) -> PartitionStats:
        pool = self._boxes[name].stats()
        problem = str(self._problems.get(name, ""))
        if not problem and all(slot.state == "out" for slot in pool.slots.values()):
            problem = next((slot.problem for slot in pool.slots.values()), "not open")
        return PartitionStats("out" if problem else "open", problem, pool)

    def _out(self, name: str) -> Result | None:
        if name not in self._boxes:
            raise InvalidJob(f"no partition {name!r}; there are: {', '.join(self._boxes)}")
        if problem := self._problems.get(name):
            return Result("sandbox_failed", error=f"partition {name} is out: {problem}")
        return None
