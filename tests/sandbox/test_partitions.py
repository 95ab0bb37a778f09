"""Slots and partitions that fail are taken out, seen, and brought back; the others go on.

Over a back-end of the test's own, which breaks when told to.
"""

from __future__ import annotations

import asyncio
import json
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import asdict
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from assay_sandbox import (
    InvalidJob,
    Job,
    Memo,
    Partitions,
    Result,
    Sandbox,
    SandboxFailed,
    SandboxUnavailable,
    checkpoint,
    partitions,
    pool,
    slot,
)

OK = Job("print(1)")


class FakeContainer:
    """Does what its back-end says, without a process."""

    def __init__(self, backend: FakeBackend, template: str) -> None:
        self.backend_of = backend
        self.template = template
        self.backend, self.slot = "fake", ""
        self.jobs, self.lost = 0, False
        self.process = SimpleNamespace(poll=lambda: None)
        self.killed = threading.Event()

    def run(self, job: Job) -> Result:
        if job.source == "hang":
            self.killed.wait(10)
        if self.killed.is_set() or self.backend_of.bad_jobs or job.source == "poison":
            self.lost = True
            raise SandboxFailed("the container ended")
        self.jobs += 1
        said = b"42\n" if job == checkpoint.HEALTH else self.template.encode()
        return Result("ok", stdout=said, backend="fake", slot=self.slot)

    def kill(self) -> None:
        self.killed.set()

    def remove(self) -> None:
        self.kill()
        self.backend_of.alive -= 1


class FakeBackend:
    name = "fake"

    def __init__(self) -> None:
        self.bad_starts: set[str] = set()
        self.bad_jobs = False
        self.alive = 0

    def start(self, rootfs: Path, slot: str, program: bytes = b"") -> Any:
        if rootfs.name in self.bad_starts:
            raise SandboxFailed(f"{rootfs.name} does not start")
        self.alive += 1
        return FakeContainer(self, rootfs.name)


@pytest.fixture
def backend(monkeypatch: pytest.MonkeyPatch) -> Iterator[FakeBackend]:
    fake = FakeBackend()
    settings = SimpleNamespace(key="k", languages=("python",), name="plain")
    monkeypatch.setattr(pool, "choose", lambda name: fake)
    monkeypatch.setattr(pool.template, "build", lambda name: Path("/templates", name))
    monkeypatch.setattr(pool.template, "settings", lambda rootfs: settings)
    monkeypatch.setattr(slot, "PAUSE_S", 0.01)
    monkeypatch.setattr(partitions, "PAUSE_S", 0.01)
    yield fake
    assert fake.alive == 0  # whatever happened, every container was removed


async def _until(true: Callable[[], bool]) -> None:
    def poll() -> bool:
        deadline = time.monotonic() + 5
        while not true() and time.monotonic() < deadline:
            time.sleep(0.005)
        return true()

    assert await asyncio.to_thread(poll)


def _states(box: Sandbox) -> set[str]:
    return {each.state for each in box.stats().slots.values()}


async def test_slot_that_cannot_be_refilled_is_taken_out_and_comes_back(
    backend: FakeBackend,
) -> None:
    async with Sandbox(slots=2, spares=0) as box:
        backend.bad_starts.add("plain")
        assert (await box.run(Job("poison"))).status == "sandbox_failed"
        await _until(lambda: "out" in _states(box))
        stats = box.stats()
        problems = [each.problem for each in stats.slots.values() if each.state == "out"]
        assert problems == ["plain does not start"]
        json.dumps(asdict(stats))
        assert [r.status for r in await box.run_many([OK] * 5)] == ["ok"] * 5  # by the other slot
        backend.bad_starts.clear()
        await _until(lambda: _states(box) == {"idle"})
        assert box.stats().recycles == {"lost": 1}


async def test_jobs_fail_at_once_where_every_slot_is_out(backend: FakeBackend) -> None:
    async with Sandbox(slots=1, spares=0) as box:
        backend.bad_starts.add("plain")
        waiting = [asyncio.create_task(box.run(Job("poison"))) for _ in range(4)]
        statuses = [(await task).status for task in waiting]
        assert statuses == ["sandbox_failed"] * 4
        await _until(lambda: _states(box) == {"out"})
        assert "plain does not start" in (await box.run(OK)).error
        assert [r.status for r in await box.run_many([OK, OK])] == ["sandbox_failed"] * 2
        backend.bad_starts.clear()
        await _until(lambda: _states(box) == {"idle"})
        assert (await box.run(OK)).status == "ok"


async def test_containers_that_start_but_do_not_work_are_found_out(backend: FakeBackend) -> None:
    async with Sandbox(slots=1, spares=0) as box:
        backend.bad_jobs = True
        await box.run(OK)
        await _until(lambda: _states(box) == {"out"})
        backend.bad_jobs = False
        await _until(lambda: _states(box) == {"idle"})
        assert (await box.run(OK)).status == "ok"


async def test_poisonous_jobs_do_not_take_a_slot_out(backend: FakeBackend) -> None:
    async with Sandbox(slots=1) as box:
        for _ in range(20):
            assert (await box.run(Job("poison"))).status == "sandbox_failed"
            assert "out" not in _states(box)
        assert (await box.run(OK)).status == "ok"
        assert box.stats().recycles == {"lost": 20}


async def test_spare_takes_the_place_of_an_old_container(backend: FakeBackend) -> None:
    async with Sandbox(slots=1, recycle_after=4) as box:
        await box.run_many([OK] * 2)  # half its life: a spare is made ready
        await _until(lambda: backend.alive == 2)
        backend.bad_starts.add("plain")
        assert [r.status for r in await box.run_many([OK] * 4)] == ["ok"] * 4
        assert box.stats().recycles == {"age": 1}
        backend.bad_starts.clear()


async def test_partition_that_does_not_open_is_out_until_it_does(backend: FakeBackend) -> None:
    backend.bad_starts.add("sympy")
    async with Partitions({"plain": 1, "sympy": 1}) as boxes:
        lost = await boxes.run(Job("import sympy"))
        assert lost.status == "sandbox_failed"
        assert "partition sympy is out: sympy does not start" in lost.error
        assert (await boxes.run(OK)).stdout == b"plain"
        stats = boxes.stats()
        assert {name: each.state for name, each in stats.items()} == {
            "plain": "open",
            "sympy": "out",
        }
        assert stats["sympy"].problem == "sympy does not start"
        backend.bad_starts.clear()
        await _until(lambda: boxes.stats()["sympy"].state == "open")
        assert (await boxes.run(Job("import sympy"))).stdout == b"sympy"


async def test_hanging_partition_does_not_hold_another(backend: FakeBackend) -> None:
    async with Partitions({"plain": 1, "sympy": 1}) as boxes:
        stuck = [
            asyncio.create_task(boxes.run(Job("hang"), partition="sympy", deadline_s=2.0))
            for _ in range(5)
        ]
        await asyncio.sleep(0.05)
        assert (await boxes.run(OK, deadline_s=1.0)).status == "ok"
        for task in stuck:
            task.cancel()
        assert all(
            isinstance(each, asyncio.CancelledError)
            for each in await asyncio.gather(*stuck, return_exceptions=True)
        )


async def test_when_none_opens_opening_says_why(backend: FakeBackend) -> None:
    backend.bad_starts |= {"plain", "sympy"}
    with pytest.raises(SandboxFailed, match="does not start"):
        await Partitions({"plain": 1, "sympy": 1}).open()


ROUTES = {
    "nothing imported": (Job("print(1)"), "plain"),
    "imports what is warm": (Job("def f():\n    from sympy.abc import x\nf()"), "sympy"),
    "imports numpy": (Job("import os\nimport numpy as np"), "numpy"),
    "imports another module": (Job("import sympyx"), "plain"),
    "a name in a string": (Job("print('import sympy')"), "plain"),
}


@pytest.mark.parametrize("case", ROUTES)
def test_jobs_go_where_their_modules_are_warm(case: str, backend: FakeBackend) -> None:
    job, name = ROUTES[case]
    assert Partitions({"plain": 1, "numpy": 1, "sympy": 1}).route(job) == name


async def test_batch_is_spread_and_comes_back_in_order(backend: FakeBackend) -> None:
    async with Partitions({"plain": 1, "sympy": 1}) as boxes:
        results = await boxes.run_many([OK, Job("import sympy"), OK])
        assert [result.stdout for result in results] == [b"plain", b"sympy", b"plain"]
        assert (await Memo(boxes).run(OK)).stdout == b"plain"


async def test_unknown_partition_template_and_language_are_named(backend: FakeBackend) -> None:
    with pytest.raises(SandboxUnavailable, match="no template 'fortran'"):
        Partitions({"fortran": 1})
    async with Partitions({"plain": 1}) as boxes:
        with pytest.raises(InvalidJob, match="no partition 'x'; there are: plain"):
            await boxes.run(OK, partition="x")
        with pytest.raises(InvalidJob, match="no partition runs 'cpp'; there are: python"):
            await boxes.run(Job("int main() {}", language="cpp"))
