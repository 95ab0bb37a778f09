"""The pool: choosing a back-end, recycling, losing a container, cancelling, leaving nothing."""

from __future__ import annotations

import asyncio
import json
import os
import re
import shutil
import subprocess
import sys
import tempfile
import textwrap
from collections.abc import AsyncIterator
from dataclasses import asdict
from pathlib import Path

import pytest

from assay_sandbox import (
    InvalidJob,
    Job,
    Limits,
    Sandbox,
    SandboxBusy,
    SandboxFailed,
    cgroup,
    checkpoint,
    doctor,
    gvisor,
    probe,
    template,
)

OK = Job("print('ok')")
NAP = Job("import time; time.sleep(0.3)")
SLEEP = Job("import time; time.sleep(60)", limits=Limits(wall_s=60.0))


FAST = next((name for name in ("namespace", "gvisor") if not probe(name)), "none")
pytestmark = pytest.mark.skipif(FAST == "none", reason="no back-end works here")


@pytest.fixture(params=["gvisor", "namespace"])
async def box(request: pytest.FixtureRequest) -> AsyncIterator[Sandbox]:
    reason = probe(request.param)
    if reason:
        pytest.skip(f"{request.param}: {reason}")
    async with Sandbox(request.param, slots=1, recycle_after=3) as opened:
        yield opened


def _left_by(pid: int) -> list[Path]:
    """Processes, control groups and directories that carry this pool's process id."""
    parents = {parent for name in cgroup.CONTROLLERS for parent in cgroup._parents(name)}
    folders = [*parents, Path(tempfile.gettempdir())]
    named = [path for folder in folders for path in folder.glob(f"assay-*-{pid}-*")]
    tag = rf"assay-\d+-{pid}-".encode()
    processes = [
        path.parent for path in Path("/proc").glob("[0-9]*/cmdline") if re.search(tag, _read(path))
    ]
    return [*named, *processes]


def _read(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except OSError:
        return b""


async def test_container_is_recycled_by_age(box: Sandbox) -> None:
    results = [await box.run(OK) for _ in range(7)]
    assert [result.status for result in results] == ["ok"] * 7
    assert box.stats().recycles == {"age": 2}


async def test_lost_container_costs_its_job_only(box: Sandbox) -> None:
    running = asyncio.create_task(box.run(SLEEP))
    await asyncio.sleep(0.3)
    container = box._slots[0].container
    assert container is not None
    container.kill()
    result = await running
    assert result.status == "sandbox_failed"
    assert result.error
    assert (await box.run(OK)).stdout == b"ok\n"
    assert box.stats().sandbox_failed == 1
    assert box.stats().recycles == {"lost": 1}


@pytest.mark.parametrize("here", [True, False])
async def test_a_container_that_died_idle_costs_nobody_anything(box: Sandbox, here: bool) -> None:
    """Borrowed by a synchronous caller, or through the queue."""
    assert (await box.run(Job("print(1)"))).status == "ok"
    await asyncio.sleep(0.1)
    for slot in box._slots:
        assert slot.container is not None
        slot.container.kill()
        slot.container.process.wait()
    job = Job("print(2)")
    result = await (asyncio.to_thread(box.run_sync, job) if here else box.run(job))
    assert (result.status, result.stdout) == ("ok", b"2\n")


async def test_cancelling_kills_the_job(box: Sandbox) -> None:
    running = asyncio.create_task(box.run(SLEEP))
    await asyncio.sleep(0.3)
    running.cancel()
    with pytest.raises(asyncio.CancelledError):
        await running
    assert (await box.run(OK)).stdout == b"ok\n"  # the slot did not wait for the sleeper
    assert box.stats().recycles == {"cancelled": 1}


async def test_cancelling_a_waiting_job_costs_no_container(box: Sandbox) -> None:
    first = asyncio.create_task(box.run(Job("import time; time.sleep(0.5)")))
    await asyncio.sleep(0.1)
    second = asyncio.create_task(box.run(SLEEP))
    await asyncio.sleep(0.1)
    second.cancel()
    assert (await first).status == "ok"
    assert (await box.run(OK)).status == "ok"
    assert box.stats().recycles == {}


async def test_deadline_counts_waiting(box: Sandbox) -> None:
    running = asyncio.create_task(box.run(SLEEP, deadline_s=0.3))
    await asyncio.sleep(0.02)
    waiting = await box.run(OK, deadline_s=0.1)
    late = await running
    for result in (waiting, late):
        assert result.status == "sandbox_failed"
        assert "deadline" in result.error
    assert (await box.run(OK)).status == "ok"
    assert box.stats().recycles == {"deadline": 1}  # none for the one that had only waited
    assert box.run_sync(SLEEP, deadline_s=0.1).status == "sandbox_failed"


async def test_full_queue_says_so_or_makes_callers_wait() -> None:
    async with Sandbox(FAST, slots=1, queue_limit=1) as box:
        first = asyncio.create_task(box.run(NAP))
        await asyncio.sleep(0.1)
        second = asyncio.create_task(box.run(OK))
        third = asyncio.create_task(box.run(OK))
        await asyncio.sleep(0)
        stats = box.stats()
        assert (stats.in_flight, stats.depth, stats.blocked) == (1, 1, 1)
        with pytest.raises(SandboxBusy, match="queue is full") as refused:
            await box.run(OK, wait=False)
        assert 0 < refused.value.retry_after_s < 60
        with pytest.raises(SandboxBusy):
            box.run_sync(OK, wait=False)
        assert [(await task).status for task in (first, second, third)] == ["ok"] * 3
        assert (await box.run(OK, wait=False)).status == "ok"


async def test_first_come_first_served() -> None:
    async with Sandbox(FAST, slots=1) as box:
        order: list[int] = []

        async def one(number: int) -> None:
            await box.run(OK)
            order.append(number)

        await asyncio.gather(*(one(number) for number in range(20)))
        assert order == list(range(20))


async def test_batch_comes_back_in_order_and_lets_others_in_between(box: Sandbox) -> None:
    jobs = [Job(f"print({n})") for n in range(40)]
    batch = asyncio.create_task(box.run_many(jobs))
    await asyncio.sleep(0.02)
    other = await box.run(Job("print('other')"))
    assert other.stdout == b"other\n"
    assert not batch.done()
    assert [int(result.stdout) for result in await batch] == list(range(40))
    assert await box.run_many([]) == []
    assert [r.stdout for r in box.run_many_sync(jobs[:3])] == [b"0\n", b"1\n", b"2\n"]


async def test_batch_beyond_its_deadline_is_ended_whole() -> None:
    async with Sandbox(FAST, slots=2) as box:
        results = await box.run_many([OK, OK, *[SLEEP] * 4], deadline_s=0.5)
        assert [r.status for r in results] == ["ok"] * 2 + ["sandbox_failed"] * 4
        assert box.run_many_sync([SLEEP, OK], deadline_s=0.2)[0].status == "sandbox_failed"
        task = asyncio.create_task(box.run_many([SLEEP] * 4))
        await asyncio.sleep(0.2)
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task
        assert (await box.run(OK)).status == "ok"


async def test_batch_in_a_closing_pool_fails_without_hanging() -> None:
    box = await Sandbox(FAST, slots=1).open()
    task = asyncio.create_task(box.run_many([NAP] * 2000))
    await asyncio.sleep(0.2)
    await box.close()
    statuses = {result.status for result in await task}
    assert statuses <= {"ok", "sandbox_failed"}
    assert "sandbox_failed" in statuses


async def test_one_bad_job_in_a_batch_refuses_all_before_any_runs(box: Sandbox) -> None:
    with pytest.raises(InvalidJob):
        await box.run_many([OK, Job("", limits=Limits(wall_s=-1.0))])
    assert box.stats().jobs == 0


async def test_figures_are_by_phase_and_can_be_written_as_json(box: Sandbox) -> None:
    await asyncio.gather(*(box.run(OK) for _ in range(8)))
    stats = box.stats()
    assert stats.total.p50_s >= stats.running.p50_s > 0
    assert stats.queued.worst_s > stats.queued.p50_s > 0
    assert stats.starts >= 1
    assert stats.start.p50_s > 0
    told = json.loads(json.dumps(asdict(stats)))
    assert told["recycles"] == {"age": 2}
    assert {slot["state"] for slot in told["slots"].values()} <= {"idle", "busy", "starting"}


def test_checkpoint_of_a_warm_container_gives_working_copies() -> None:
    if probe("gvisor"):
        pytest.skip(f"gvisor: {probe('gvisor')}")
    saved = checkpoint.take(gvisor.GVisor(), template.build())
    try:
        copies = [saved.thaw(str(number)) for number in range(2)]
        try:
            seeds = {
                copy.run(Job("import random; print(random.random())")).stdout for copy in copies
            }
            assert len(seeds) == 2
        finally:
            for copy in copies:
                copy.remove()
        shutil.rmtree(saved.folder / "image")
        with pytest.raises(SandboxFailed):
            saved.thaw("lost")
    finally:
        saved.remove()
    assert not saved.folder.exists()


@pytest.mark.parametrize("name", ["gvisor", "namespace"])
def test_no_job_kills_the_pool(name: str) -> None:
    if probe(name):
        pytest.skip(f"{name}: {probe(name)}")
    bad = {
        "fork bomb": "import os\nwhile True:\n    try: os.fork()\n    except OSError: pass",
        "kill all": "import os; os.kill(-1, 9)",
        "flood": "while True: print('x' * 100000)",
        "memory": "x = bytearray(1 << 40)",
        "crash": "import ctypes; ctypes.string_at(0)",
    }
    with Sandbox(name, slots=1) as box:
        for source in bad.values():
            box.run_sync(Job(source, limits=Limits(wall_s=1.0)))
        box.run_sync(OK)
        assert box.run_sync(OK).stdout == b"ok\n"


def test_forked_child_neither_uses_nor_closes_its_parents_pool() -> None:
    with Sandbox(FAST, slots=1) as box:
        read, write = os.pipe()
        pid = os.fork()
        if pid == 0:
            try:
                box.run_sync(OK)
            except RuntimeError as error:
                os.write(write, str(error).encode())
            box._close()
            os._exit(0)
        os.close(write)
        os.waitpid(pid, 0)
        assert b"another process" in os.read(read, 1000)
        os.close(read)
        assert box.run_sync(OK).stdout == b"ok\n"


async def test_many_jobs_at_once_all_come_back(box: Sandbox) -> None:
    jobs = [Job(f"print({n})") for n in range(12)]
    results = await asyncio.gather(*(box.run(job) for job in jobs))
    assert [int(result.stdout) for result in results] == list(range(12))
    stats = box.stats()
    assert stats.jobs == 12
    assert 0 < stats.p50_s <= stats.p99_s


@pytest.mark.parametrize("name", ["gvisor", "namespace"])
async def test_memory_of_many_processes_is_the_jobs_fault(
    name: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """No process is beyond its own limit, but together they are beyond the container's."""
    if probe(name):
        pytest.skip(f"{name}: {probe(name)}")
    if not cgroup.available()["memory"]:
        pytest.skip("no memory control group can be made here")
    source = """
        import os, time
        for _ in range(12):
            if os.fork() == 0:
                x = bytearray(b"x") * (64 << 20)
                time.sleep(60)
        os.wait()
        os.kill(os.getpid(), 9)
        """
    monkeypatch.setattr(f"assay_sandbox.{name}.CONTAINER_BYTES", 384 << 20)
    async with Sandbox(name, slots=1) as box:
        result = await box.run(Job(textwrap.dedent(source), limits=Limits(wall_s=30.0)))
        assert result.status == "memory", result
        assert (await box.run(OK)).status == "ok"


async def test_closing_leaves_nothing_and_ends_what_runs() -> None:
    box = await Sandbox(slots=2).open()
    running = [asyncio.create_task(box.run(SLEEP)) for _ in range(3)]
    await asyncio.sleep(0.3)
    await box.close()
    assert [result.status for result in await asyncio.gather(*running)] == ["sandbox_failed"] * 3
    await box.close()
    with pytest.raises(RuntimeError, match="not open"):
        await box.run(OK)


@pytest.mark.parametrize("ending", ["pass", "import os; os.kill(os.getpid(), 9)"])
@pytest.mark.parametrize("name", ["gvisor", "namespace"])
def test_pool_that_dies_takes_its_containers_along(name: str, ending: str) -> None:
    """Whether its process ends without closing it, or is killed and leaves empty folders."""
    reason = probe(name)
    if reason:
        pytest.skip(f"{name}: {reason}")
    program = f"""
        from assay_sandbox import Job, Sandbox
        box = Sandbox({name!r}, slots=1)
        box.__enter__()
        import threading
        job = Job("import time; time.sleep(60)")
        threading.Thread(target=box.run_sync, args=[job], daemon=True).start()
        import time; time.sleep(0.3)
        {ending}
        """
    child = subprocess.Popen(
        [sys.executable, "-c", textwrap.dedent(program)],
        env={**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)},
    )
    child.wait(30)
    for _ in range(100):
        alive = [path for path in _left_by(child.pid) if _has_processes(path)]
        if not alive:
            break
        subprocess.run(["sleep", "0.1"], check=True)
    assert not alive
    with Sandbox(name, slots=1):  # sweeps what a killed pool could not
        assert _left_by(child.pid) == []


def _has_processes(path: Path) -> bool:
    return path.parent == Path("/proc") or bool(_read(path / "cgroup.procs"))


def test_doctor_reports_every_back_end_with_a_mend_for_what_fails() -> None:
    checks = {check.name: check for check in doctor()}
    assert {"gvisor", "namespace", "cgroups", "user", "kernel", "runsc"} <= set(checks)
    assert all(check.detail and (check.ok or check.mend) for check in checks.values())


def test_running_before_opening_is_refused() -> None:
    with pytest.raises(RuntimeError, match="not open"):
        Sandbox().run_sync(OK)
