"""The pool: choosing a back-end, recycling, losing a container, cancelling, leaving nothing."""

from __future__ import annotations

import asyncio
import os
import re
import subprocess
import sys
import tempfile
import textwrap
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from assay_sandbox import (
    Job,
    Limits,
    Sandbox,
    SandboxFailed,
    SandboxUnavailable,
    backend,
    cgroup,
    doctor,
    gvisor,
    probe,
)

OK = Job("print('ok')")
SLEEP = Job("import time; time.sleep(60)", limits=Limits(wall_s=60.0))


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
    container = box._threads[0]._container
    assert container is not None
    container.kill()
    result = await running
    assert result.status == "sandbox_failed"
    assert result.error
    assert (await box.run(OK)).stdout == b"ok\n"
    assert box.stats().sandbox_failed == 1
    assert box.stats().recycles == {"lost": 1}


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
    result = await box.run(SLEEP, deadline_s=0.2)
    assert result.status == "sandbox_failed"
    assert "deadline" in result.error
    assert (await box.run(OK)).status == "ok"


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
        box._submit(Job("import time; time.sleep(60)"))
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


def test_unknown_back_end_names_the_known() -> None:
    with pytest.raises(SandboxUnavailable, match=r"no back-end 'kvm'.*gvisor, namespace"):
        Sandbox("kvm").__enter__()


def test_named_back_end_is_never_replaced(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(backend, "probe", lambda name: f"{name} is broken; mend: repair it")
    monkeypatch.setenv("ASSAY_BACKEND", "namespace")
    with pytest.raises(SandboxUnavailable, match=r"is broken\); mend: repair it$") as caught:
        Sandbox().__enter__()
    assert "gvisor" not in str(caught.value)


def test_safest_working_back_end_is_taken(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("ASSAY_BACKEND", raising=False)
    monkeypatch.setattr(backend, "probe", lambda name: "")
    assert backend.choose().name == "gvisor"
    monkeypatch.setattr(backend, "probe", lambda name: "no" if name == "gvisor" else "")
    assert backend.choose().name == "namespace"


def test_doctor_reports_every_back_end_with_a_mend_for_what_fails() -> None:
    checks = {check.name: check for check in doctor()}
    assert {"gvisor", "namespace", "cgroups", "user", "kernel", "runsc"} == set(checks)
    assert all(check.detail and (check.ok or check.mend) for check in checks.values())


def test_doctor_says_in_one_line_why_runsc_does_not_start(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    fake = tmp_path / "runsc"
    fake.write_text(
        "#!/bin/sh\nprintf 'W1122 FATAL ERROR: no\\nno such platform\\n' >&2\nexit 128\n"
    )
    fake.chmod(0o755)
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(SandboxFailed) as raised:
        gvisor.platform.__wrapped__()
    assert str(raised.value).endswith("(systrap: no such platform; ptrace: no such platform)")


def test_running_before_opening_is_refused() -> None:
    with pytest.raises(RuntimeError, match="not open"):
        Sandbox().run_sync(OK)
