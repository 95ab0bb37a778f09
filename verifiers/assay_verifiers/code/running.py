"""Running a verdict's jobs under its deadline, and saying whose fault it is where time ran out.

The deadline covers waiting for a slot and running. Where it passes, the verdict is ``time_limit``
if the candidate's own processes took most of it, else undecided: nothing is gained by being slow,
and nothing lost by a full queue.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from assay_datasets import InputError
from assay_sandbox import InvalidJob, Job, Pair, PairResult, Result
from assay_verifiers.code.finding import LATE

_CHUNK = 8  # jobs at once where it may turn out that no more are needed
_SHARE = 0.8  # of the deadline: what one job may take of it by itself


@dataclass
class Runner:
    """Runs jobs in a sandbox until ``deadline_s`` seconds after its making.

    Attributes:
        box: a ``Sandbox`` or ``Partitions``, open.
        template: of ``Partitions``: the partition; else it has no meaning here.
        results: of all that ran.
    """

    box: Any
    deadline_s: float
    results: list[Result] = field(default_factory=list)
    _began: float = field(default_factory=time.perf_counter)

    @property
    def left_s(self) -> float:
        return self.deadline_s - (time.perf_counter() - self._began)

    @property
    def spent_s(self) -> float:
        """Seconds that the jobs' own processes ran."""
        return sum(result.wall_s for result in self.results)

    async def one(self, job: Job) -> Result:
        return (await self.many([job]))[0]

    async def many(
        self, jobs: Sequence[Job], enough: Callable[[Sequence[Result]], bool] | None = None
    ) -> list[Result]:
        """The jobs' results in order; fewer where ``enough`` says so of those so far.

        Raises:
            InputError: limits or names that no sandbox takes.
        """
        size = _CHUNK if enough else max(len(jobs), 1)
        results: list[Result] = []
        for at in range(0, len(jobs), size):
            results += await self._some(jobs[at : at + size])
            if enough and enough(results):
                break
        return results

    async def _some(self, jobs: Sequence[Job]) -> list[Result]:
        jobs = [self.bounded(job) for job in jobs]
        try:
            results: list[Result] = await self.box.run_many(jobs, max(self.left_s, 0.001))
        except InvalidJob as error:
            raise InputError(f"code verifier: {error}") from error
        self.results += results
        return [self._late(result) for result in results]

    async def pair(self, pair: Pair) -> PairResult:
        """What came of two joined programs."""
        pair = Pair(self.bounded(pair.tester), self.bounded(pair.candidate))
        try:
            result: PairResult = await self.box.run_pair(pair, max(self.left_s, 0.001))
        except InvalidJob as error:
            raise InputError(f"code verifier: {error}") from error
        self.results.append(result.candidate)
        return replace(result, tester=self._late(result.tester))

    def bounded(self, job: Job) -> Job:
        """``job`` such that it ends by itself before the deadline, if it begins at once."""
        most = self.deadline_s * _SHARE
        if job.limits.wall_s <= most:
            return job
        return replace(job, limits=replace(job.limits, wall_s=most))

    def _late(self, result: Result) -> Result:
        """A result that the deadline kept from being, as the fault of whoever took the time."""
        if result.status != "sandbox_failed" or self.left_s > 0:
            return result
        if self.spent_s >= self.deadline_s / 2:
            return replace(result, status="timeout", error=f"above {self.deadline_s:g} s in all")
        return replace(result, error=LATE)
