"""Every probe over both walls that CI can build; and the check sees a hole where there is one."""

from __future__ import annotations

import asyncio
import os
import subprocess
from collections.abc import Callable
from functools import cache

import pytest

from assay_sandbox import Job, Result, Sandbox, SandboxUnavailable, probe
from assay_sandbox.container import job_uid
from assay_sandbox.probes import PROBES, Finding, Probe, self_check, watch
from assay_sandbox.probes.self_check import attempt as run_attempt

BACKENDS = ("gvisor", "namespace")
CATEGORIES = 40  # what the room promises at least


@cache
def findings(backend: str) -> dict[str, Finding]:
    """One run of all probes for all the tests of a back-end."""
    return {each.probe: each for each in asyncio.run(self_check(backend))}


@pytest.mark.slow
@pytest.mark.parametrize("backend", BACKENDS)
@pytest.mark.parametrize("name", [each.name for each in PROBES])
def test_the_attempt_is_contained(backend: str, name: str) -> None:
    if reason := probe(backend):
        pytest.skip(f"{backend}: {reason}")
    finding = findings(backend)[name]
    if finding.outcome == "not_run":
        pytest.skip(finding.evidence)
    assert finding.outcome == "contained", finding.evidence


def test_what_must_work_here_works() -> None:
    """A skip is for machines that cannot; CI names in ASSAY_REQUIRE what its own must do."""
    required = os.environ.get("ASSAY_REQUIRE", "").split()
    assert {name: probe(name) for name in required} == dict.fromkeys(required, "")


def test_there_are_enough_probes_and_each_has_a_name_of_its_own() -> None:
    names = [each.name for each in PROBES]
    assert len(names) == len(set(names)) >= CATEGORIES


class _Open:
    """A sandbox with a hole, to see that the check sees: it answers what ``replies`` says."""

    backend = "namespace"

    def __init__(self, reply: Callable[[Job], Result]) -> None:
        self.reply = reply

    async def run(self, job: Job) -> Result:
        source = job.source
        if source.startswith("print(6 *"):
            return Result("ok", stdout=b"%d\n" % (6 * int(source[9:-1])))
        if watch.MARK in source:
            length = len(job.stdin)
            return Result("ok", stdout=b"4999950000 %d\n" % length)
        return self.reply(job)


def says(words: bytes) -> Callable[[Job], Result]:
    return lambda _: Result("ok", stdout=words)


HOLES: list[tuple[str, Callable[[watch.HostWatch], Callable[[Job], Result]], Probe, str]] = [
    ("a word", lambda _: says(b"ESCAPED all\n"), Probe("p", "t"), "ESCAPED all"),
    ("a call", lambda _: says(b"GRANTED bpf\n"), Probe("p", "t", virtual=True), "GRANTED"),
    ("the secret", lambda w: says(w.secret.encode()), Probe("p", "t"), "secret came out"),
    ("another job", lambda w: says(w.other.encode()), Probe("p", "t"), "another job"),
    ("no end", lambda _: says(b""), Probe("p", "t", ends=frozenset({"timeout"})), "ended in ok"),
    ("lost", lambda _: lambda _: Result("sandbox_failed"), Probe("p", "t"), "ended in sandbox_f"),
    ("files", lambda w: lambda _: Result("ok", files={"out": w.secret.encode()}), Probe("p", "t"),
     "secret came out"),
]  # fmt: skip


@pytest.mark.parametrize(("hole", "replies", "attempt", "said"), HOLES, ids=[h[0] for h in HOLES])
async def test_a_hole_is_seen(
    hole: str,
    replies: Callable[[watch.HostWatch], Callable[[Job], Result]],
    attempt: Probe,
    said: str,
) -> None:
    with watch.HostWatch() as host:
        finding = await run_attempt(_Open(replies(host)), host, attempt)
    assert finding.outcome == "escaped"
    assert said in finding.evidence


async def test_a_visitor_at_the_hosts_listener_is_seen() -> None:
    with watch.HostWatch() as host:
        assert host.disturbed() is None
        _, writer = await asyncio.open_connection("127.0.0.1", host.port)
        writer.close()
        assert "TCP" in str(host.disturbed())


@pytest.mark.skipif(os.geteuid() != 0, reason="needs root, to give a process a job's uid")
def test_a_process_left_behind_is_seen() -> None:
    with watch.HostWatch() as host:
        assert host.processes() == []
        with subprocess.Popen(["sleep", "60"], user=job_uid()) as left:
            seen = host.processes()
            left.kill()
    assert seen == [left.pid]


@pytest.mark.parametrize("backend", BACKENDS)
async def test_a_job_that_runs_is_seen_from_the_host_where_it_is_a_process_of_it(
    backend: str,
) -> None:
    if reason := probe(backend):
        pytest.skip(f"{backend}: {reason}")
    with watch.HostWatch() as host:
        async with Sandbox(backend, slots=1) as box:
            running = asyncio.create_task(box.run(Job("import time; time.sleep(0.5)")))
            await asyncio.sleep(0.25)
            seen = host.processes()
            await running
            assert host.processes() == []
    assert len(seen) == (0 if backend == "gvisor" else 1)  # gVisor's processes are its own


async def test_a_harmed_bystander_is_seen() -> None:
    class Harmful(_Open):
        async def run(self, job: Job) -> Result:
            if watch.MARK in job.source:
                return Result("sandbox_failed", error="lost")
            return await super().run(job)

    with watch.HostWatch() as host:
        finding = await run_attempt(Harmful(says(b"")), host, Probe("p", "t"))
    assert "bystander" in finding.evidence


async def test_an_unknown_back_end_is_refused() -> None:
    with pytest.raises(SandboxUnavailable, match="no back-end"):
        await self_check("chroot")
