"""A memo runs equal jobs once, and forgets what the machine, not the program, decided."""

from __future__ import annotations

import asyncio
from dataclasses import replace

import pytest

from assay_sandbox import Job, Limits, Memo, Result
from assay_sandbox.job import Status


class Counting:
    """A runner that counts; its results say which run they came from."""

    def __init__(self, status: Status = "ok") -> None:
        self.status = status
        self.runs = 0

    async def run(self, job: Job, deadline_s: float | None = None) -> Result:
        self.runs += 1
        await asyncio.sleep(0)
        return Result(self.status, stdout=str(self.runs).encode(), wall_s=1.0, slot="s")


JOB = Job("print(1)", files={"a": b"1", "b": b"2"})


async def test_equal_jobs_run_once_even_at_the_same_time() -> None:
    runner = Counting()
    memo = Memo(runner)
    same = replace(JOB, files={"b": b"2", "a": b"1"})
    results = await asyncio.gather(memo.run(JOB), memo.run(same), memo.run(JOB))
    assert runner.runs == 1
    assert {result.stdout for result in results} == {b"1"}
    assert [result.wall_s for result in results] == [1.0, 0.0, 0.0]


@pytest.mark.parametrize(
    "other",
    [
        replace(JOB, source="print(2)"),
        replace(JOB, stdin=b"x"),
        replace(JOB, argv=("x",)),
        replace(JOB, files={"a": b"12", "b": b""}),
        replace(JOB, env={"A": "1"}),
        replace(JOB, limits=Limits(wall_s=1.0)),
        replace(JOB, fetch=("a",)),
    ],
)
async def test_any_difference_is_another_job(other: Job) -> None:
    runner = Counting()
    memo = Memo(runner)
    await memo.run(JOB)
    await memo.run(other)
    assert runner.runs == 2


@pytest.mark.parametrize(
    "status", ["timeout", "memory", "signal", "output_limit", "sandbox_failed"]
)
async def test_what_did_not_end_by_itself_is_run_again(status: Status) -> None:
    runner = Counting(status)
    memo = Memo(runner)
    await memo.run(JOB)
    await memo.run(JOB)
    assert runner.runs == 2


async def test_only_the_newest_are_kept() -> None:
    runner = Counting()
    memo = Memo(runner, size=2)
    for source in ("1", "2", "3", "1"):
        await memo.run(Job(source))
    assert runner.runs == 4


async def test_large_results_do_not_fill_the_memory() -> None:
    class Large(Counting):
        async def run(self, job: Job, deadline_s: float | None = None) -> Result:
            result = await super().run(job, deadline_s)
            return replace(result, stdout=b"x" * 400, files={"f": b"y" * 100})

    runner = Large()
    memo = Memo(runner, size_bytes=1000)
    for source in ("1", "2", "2", "1", "3", "1"):
        await memo.run(Job(source))
    assert runner.runs == 3
    await memo.run(Job("2"))
    assert runner.runs == 4


async def test_waiting_for_an_equal_job_counts_towards_the_deadline() -> None:
    class Slow(Counting):
        async def run(self, job: Job, deadline_s: float | None = None) -> Result:
            await asyncio.sleep(0.5)
            return await super().run(job, deadline_s)

    memo = Memo(Slow())
    first = asyncio.create_task(memo.run(JOB))
    await asyncio.sleep(0)
    late = await memo.run(JOB, deadline_s=0.05)
    assert (late.status, "deadline" in late.error) == ("sandbox_failed", True)
    assert (await first).status == "ok"


async def test_a_batch_runs_each_job_once_and_keeps_its_order() -> None:
    class Echo(Counting):
        async def run(self, job: Job, deadline_s: float | None = None) -> Result:
            return replace(await super().run(job, deadline_s), stdout=job.source.encode())

    runner = Echo()
    results = await Memo(runner).run_many([Job("a"), Job("b"), Job("a")])
    assert runner.runs == 2
    assert [result.stdout for result in results] == [b"a", b"b", b"a"]
