"""self_check: run every probe over a back-end and report what held.

Beside every probe a bystander runs in the other slot: it must end rightly whatever the probe does.
After it, the next job must find nothing, both slots must answer rightly, and the host must be as it
was. A probe is ``contained`` only if all of that held; ``not_run`` says why it could not be tried.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable, Sequence
from dataclasses import dataclass
from typing import Literal, Protocol

from assay_sandbox.errors import InvalidJob, SandboxError
from assay_sandbox.job import Job, Limits, Result
from assay_sandbox.pool import Sandbox
from assay_sandbox.probes import compiling, exhaustion, files, harness, host, kernel, network
from assay_sandbox.probes import processes as others
from assay_sandbox.probes.probe import PRELUDE, SHORT, Probe
from assay_sandbox.probes.watch import HostWatch

Outcome = Literal["contained", "escaped", "not_run"]

PROBES: tuple[Probe, ...] = (
    *exhaustion.PROBES,
    *network.PROBES,
    *host.PROBES,
    *others.PROBES,
    *kernel.PROBES,
    *files.PROBES,
    *harness.PROBES,
    *compiling.PROBES,
)
_EVIDENCE = 300
_SLOTS = 2
_PATIENT = Limits(wall_s=20.0, cpu_s=20.0)


class Runner(Protocol):
    """What is attacked: a sandbox, or what a test puts in its place."""

    backend: str

    async def run(self, job: Job) -> Result: ...


@dataclass(frozen=True)
class Finding:
    """What came of one probe; ``evidence`` is its own words or what the host saw."""

    probe: str
    backend: str
    outcome: Outcome
    evidence: str


async def self_check(
    backend: str | None = None,
    probes: Sequence[Probe] = PROBES,
    report: Callable[[Finding], None] = lambda _: None,
) -> list[Finding]:
    """Run ``probes`` over ``backend``; ``report`` is called after each.

    Raises:
        SandboxUnavailable: the back-end does not work on this host.
    """
    findings = []
    for template in dict.fromkeys(probe.template for probe in probes):
        chosen = [probe for probe in probes if probe.template == template]
        async for finding in _over(backend, template, chosen):
            findings.append(finding)
            report(finding)
    return findings


async def _over(
    backend: str | None, template: str, probes: Sequence[Probe]
) -> AsyncIterator[Finding]:
    with HostWatch() as watch:
        try:
            box = await Sandbox(backend, template=template, slots=_SLOTS).open()
        except SandboxError as error:
            if template == "plain":
                raise
            for probe in probes:
                yield Finding(probe.name, backend or "", "not_run", str(error)[:_EVIDENCE])
            return
        try:
            for probe in probes:
                yield await attempt(box, watch, probe)
        finally:
            await box.close()


async def attempt(box: Runner, watch: HostWatch, probe: Probe) -> Finding:
    """Run one probe beside a bystander, and look at everything afterwards."""

    def found(outcome: Outcome, evidence: str) -> Finding:
        return Finding(probe.name, box.backend, outcome, evidence.strip()[:_EVIDENCE])

    try:
        job = probe.as_job(watch.facts())
        result, bystander = await asyncio.gather(box.run(job), box.run(_bystander(watch)))
    except InvalidJob as error:
        return found("not_run", str(error))
    problem = _ending(probe, result) or _words_of_guilt(box, watch, probe, result)
    problem = problem or probe.judge(result) or _harmed(bystander, watch)
    if problem is None and probe.after:
        then = await box.run(Job(PRELUDE + probe.after, argv=(watch.facts(),), limits=SHORT))
        problem = _words_of_guilt(box, watch, probe, then) or probe.compare(result, then)
    problem = problem or await _aftermath(box, watch)
    if problem is not None:
        return found("escaped", problem)
    return found("contained", f"{result.status}: {_words(result)}")


def _ending(probe: Probe, result: Result) -> str | None:
    """An end that the probe must not have; a program that is merely refused ends in ``ok``."""
    if result.status in probe.ends:
        return None
    return f"ended in {result.status}: {result.error} {_words(result)}"


def _words_of_guilt(box: Runner, watch: HostWatch, probe: Probe, result: Result) -> str | None:
    """What a program says that it could, or shows that it has seen."""
    said = result.stdout + result.stderr + b"".join(result.files.values())
    if watch.secret.encode() in said:
        return "the host's secret came out"
    if watch.other.encode() in said:
        return "bytes of another job came out"
    lines = result.stdout.decode("utf-8", "replace").splitlines()
    escapes = [line for line in lines if line.startswith("ESCAPED")]
    own_kernel = box.backend == "gvisor" or box.backend.endswith("runsc")
    if not (probe.virtual and own_kernel):
        escapes += [line for line in lines if line.startswith("GRANTED")]
    return "; ".join(escapes) or None


def _bystander(watch: HostWatch) -> Job:
    source = (
        "import sys, time\nkept = sys.stdin.read()\ntime.sleep(0.2)\n"
        f"print(sum(range(100_000)), len(kept))\n# {watch.other}"
    )
    return Job(source, stdin=watch.other.encode(), env={"OTHER": watch.other}, limits=_PATIENT)


def _harmed(result: Result, watch: HostWatch) -> str | None:
    wanted = f"4999950000 {len(watch.other)}\n".encode()
    if result.status == "ok" and result.stdout == wanted:
        return None
    return f"the bystander ended in {result.status}: {result.error} {_words(result)}"


async def _aftermath(box: Runner, watch: HostWatch) -> str | None:
    """Whether both slots answer rightly and the host is as before."""
    answers = await asyncio.gather(
        *(box.run(Job(f"print(6 * {n})", limits=_PATIENT)) for n in range(4))
    )
    if [answer.stdout for answer in answers] != [b"0\n", b"6\n", b"12\n", b"18\n"]:
        return f"the next jobs ended in {[answer.status for answer in answers]}"
    for _ in range(40):
        if not (left := watch.processes()):
            return watch.disturbed()
        await asyncio.sleep(0.05)
    return f"left behind: {left}"


def _words(result: Result) -> str:
    """What the probe said last, in one line."""
    said = (result.stdout + b" " + result.stderr).decode("utf-8", "replace")
    return " | ".join(line.strip() for line in said.splitlines()[-6:] if line.strip())
