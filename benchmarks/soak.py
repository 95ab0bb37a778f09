"""Does anything leak? Mixed jobs by the hundred thousand, with the host watched all along.

    python benchmarks/soak.py                100,000 jobs on namespace, 4,000 on gvisor; a document
    python benchmarks/soak.py --jobs 2000    fewer; --gvisor-jobs, --slots, --seed likewise
    python benchmarks/soak.py --quick        2,000 and 100, printed only

Most jobs are small and good; the rest crash, exit oddly, flood, run out of memory or time, leave
daemons, fork until they may not, are cancelled, or are compiled where a compiler is installed; now
and then comes a batch or a session of a few cells. Every result is checked for its kind. Before,
during and after, the host is looked at: this process's descendants, mounts, control groups,
temporary directories, descriptors, threads, and memory (this process's, and its containers').

It fails, with exit status 1, if anything is left after closing, if memory, descriptors, processes
or threads still grow in the second half, or if a job gives what its kind cannot give. A lost
container is allowed to cost its own job (``sandbox_failed``), and counted. What the kernel itself
keeps is not seen here, nor is another user's view of the host.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import os
import platform
import random
import sys
import tempfile
import threading
import time
from collections import Counter
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

from assay_sandbox import Job, Limits, Result, Sandbox, SandboxBusy, SandboxError, cgroup, probe
from assay_sandbox.languages import available

_DOCUMENT = Path(__file__).resolve().parent.parent / "docs" / "results" / "soak.md"
_SHORT = Limits(wall_s=0.15)
# What the last quarter may always be above the third one: arenas and sessions come and go.
_GROWTH = {"own_mib": 8, "containers_mib": 100, "descriptors": 9, "processes": 20, "threads": 3}
_SAMPLES = 40


@dataclass(frozen=True)
class Kind:
    """Jobs of one kind: how many in a thousand, and the statuses and output it may give."""

    weight: float
    job: Job
    statuses: frozenset[str]
    stdout: bytes | None = None


def _kind(weight: float, source: str, statuses: str, out: bytes | None = None, **job: Any) -> Kind:
    return Kind(weight, Job(source, **job), frozenset(statuses.split()), out)


KINDS = {
    "print": _kind(640, "print(42)", "ok", b"42\n"),
    "input": _kind(80, "print(sum(map(int, input().split())))", "ok", b"6\n", stdin=b"1 2 3\n"),
    "files": _kind(40, "open('out', 'w').write(open('in').read())", "ok", b"",
                   files={"in": b"x" * 10000}, fetch=("out",)),
    "exception": _kind(60, "1 / 0", "nonzero_exit"),
    "syntax error": _kind(30, "def f(:", "compile_error"),
    "exit": _kind(30, "import sys; sys.exit(3)", "nonzero_exit"),
    "crash": _kind(20, "import os; os.abort()", "signal"),
    "memory": _kind(20, "x = bytearray(1 << 40)", "memory"),
    "flood": _kind(15, "while True: print('x' * 65536)", "output_limit"),
    "daemon": _kind(20, "import os, time\nif not os.fork(): os.setsid(); time.sleep(60)", "ok"),
    "timeout": _kind(6, "while True: pass", "timeout", limits=_SHORT),
    "sleep": _kind(6, "import time; time.sleep(60)", "timeout", limits=_SHORT),
    "fork bomb": _kind(2, "import os\nwhile True:\n    try: os.fork()\n    except OSError: pass",
                       "timeout", limits=_SHORT),
    "temporary files": _kind(10, "for n in range(200): open(f'f{n}', 'w').write('x')", "ok", b""),
    "threads": _kind(10, "from threading import Thread\nfor _ in 'abcdefgh': Thread().start()",
                     "ok", b""),
}  # fmt: skip
COMPILED = {
    "c": 'int printf(const char *, ...);\nint main() { printf("42\\n"); }',
    "cpp": '#include <cstdio>\nint main() { std::puts("42"); }',
}
_ODD = {"cancelled": 4.0, "late": 2.0, "session": 1.0, "batch": 1.0, "compiled": 2.0}
_BATCH = 20


@dataclass(frozen=True)
class Look:
    """What the host holds of us at one moment; memory in MiB."""

    jobs: int
    seconds: float
    processes: int
    mounts: int
    groups: int
    folders: int
    descriptors: int
    threads: int
    own_mib: float
    containers_mib: float


@dataclass
class Run:
    """One back-end's soak."""

    backend: str
    jobs: int
    looks: list[Look] = field(default_factory=list)
    statuses: Counter[str] = field(default_factory=Counter)
    kinds: Counter[str] = field(default_factory=Counter)
    faults: list[str] = field(default_factory=list)
    stats: dict[str, Any] = field(default_factory=dict)
    done: int = 0
    seconds: float = 0.0


def main() -> None:
    arguments = _arguments()
    wanted = {"namespace": arguments.jobs, "gvisor": arguments.gvisor_jobs}
    runs, skipped = [], {}
    for backend, jobs in wanted.items():
        if reason := probe(backend):
            skipped[backend] = reason
        elif jobs:
            runs.append(_soak(backend, jobs, arguments))
    document = _markdown(runs, skipped)
    print(document)
    if not arguments.quick:
        _DOCUMENT.parent.mkdir(parents=True, exist_ok=True)
        _DOCUMENT.write_text(document, encoding="utf-8")
    if arguments.json:
        record = [vars(run) | {"looks": [asdict(look) for look in run.looks]} for run in runs]
        Path(arguments.json).write_text(json.dumps(record, indent=1) + "\n", encoding="utf-8")
    sys.exit(1 if any(run.faults for run in runs) or not runs else 0)


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--jobs", type=int, default=100_000, help="on namespace")
    parser.add_argument("--gvisor-jobs", type=int, default=4_000, help="on gvisor")
    parser.add_argument("--slots", type=int, default=os.cpu_count() or 1)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--quick", action="store_true", help="2,000 and 100; writes no document")
    parser.add_argument("--json", metavar="FILE", help="where everything seen goes")
    arguments = parser.parse_args()
    if arguments.quick:
        arguments.jobs, arguments.gvisor_jobs = 2_000, 100
    return arguments


# ── the jobs ─────────────────────────────────────────────────────────────────────────────────────


def _soak(backend: str, jobs: int, arguments: argparse.Namespace) -> Run:
    run = Run(backend, jobs)
    with Sandbox(backend, slots=arguments.slots):  # everything that is made once and kept
        pass
    asyncio.run(_feed(run, arguments))
    run.looks.append(_look(run.done, run.seconds))
    run.faults += _leaks(run.looks)
    return run


async def _feed(run: Run, arguments: argparse.Namespace) -> None:
    first = _look(0, 0.0)
    began = time.monotonic()
    language = next((name for name in COMPILED if available()[name].ok), "")
    box = Sandbox(run.backend, slots=arguments.slots, template="plain")
    toolchain = Sandbox(run.backend, "toolchain", slots=1) if language else None
    await box.open()
    if toolchain is not None:
        await toolchain.open()
    run.looks += [first, _look(0, time.monotonic() - began)]
    numbers = iter(range(run.jobs))
    workers = [
        _Worker(run, box, toolchain, language, f"{arguments.seed} {n}").work(numbers)
        for n in range(2 * arguments.slots)
    ]
    watching = asyncio.create_task(_watch(run, began))
    await asyncio.gather(*workers)
    watching.cancel()
    run.seconds = time.monotonic() - began
    run.looks.append(_look(run.done, run.seconds))
    run.stats = asdict(box.stats())
    await box.close()
    if toolchain is not None:
        await toolchain.close()


class _Worker:
    """Feeds one job after another, and checks what comes of it."""

    def __init__(
        self, run: Run, box: Sandbox, toolchain: Sandbox | None, language: str, seed: str
    ) -> None:
        self.run, self.box, self.toolchain, self.language = run, box, toolchain, language
        self.rng = random.Random(seed)  # noqa: S311 (draws kinds of jobs, no secret)
        self.names = [*KINDS, *_ODD]
        self.weights = [*(kind.weight for kind in KINDS.values()), *_ODD.values()]

    async def work(self, numbers: Any) -> None:
        for _ in numbers:
            (name,) = self.rng.choices(self.names, self.weights)
            self.run.kinds[name] += 1
            odd = getattr(self, f"_{name}", None) if name in _ODD else None
            if odd is not None:
                await odd()
            else:
                self._judge(name, KINDS[name], await self.box.run(KINDS[name].job))
            self.run.done += 1

    def _judge(self, name: str, kind: Kind, result: Result) -> None:
        self.run.statuses[result.status] += 1
        if result.status == "sandbox_failed":
            return
        wrong_output = kind.stdout is not None and result.stdout != kind.stdout
        if result.status not in kind.statuses or wrong_output:
            self._fault(
                f"{name}: {result.status}, {result.stdout[:60]!r}, {result.stderr[-200:]!r}"
            )

    def _fault(self, said: str) -> None:
        if len(self.run.faults) < 20:
            self.run.faults.append(said)

    async def _cancelled(self) -> None:
        task = asyncio.create_task(self.box.run(Job("import time; time.sleep(60)")))
        await asyncio.sleep(self.rng.random() * 0.05)
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)

    async def _late(self) -> None:
        result = await self.box.run(Job("import time; time.sleep(60)"), deadline_s=0.05)
        if result.status != "sandbox_failed":
            self._fault(f"late: {result.status}")

    async def _batch(self) -> None:
        kind = KINDS["print"]
        for result in await self.box.run_many([kind.job] * _BATCH):
            self._judge("batch", kind, result)

    async def _compiled(self) -> None:
        if self.toolchain is not None:
            source = f"{COMPILED[self.language]}\n// {self.rng.randrange(50)}\n"
            kind = Kind(0, Job(source, language=self.language), frozenset({"ok"}), b"42\n")
            self._judge("compiled", kind, await self.toolchain.run(kind.job))

    async def _session(self) -> None:
        try:
            async with self.box.session(limits=Limits(wall_s=5.0)) as session:
                await session.run("x = 41")
                cell = await session.run("import os\nos.fork() or os._exit(0)\nx + 1")
                if cell.stdout != b"42\n":
                    self._fault(f"session: {cell}")
                if self.rng.random() < 0.3:
                    await session.run("while True: pass", wall_s=0.1)
        except SandboxBusy:
            self.run.kinds["session refused"] += 1
        except SandboxError as error:
            self._fault(f"session: {error}")


# ── the host ─────────────────────────────────────────────────────────────────────────────────────


async def _watch(run: Run, began: float) -> None:
    step = max(1, run.jobs // _SAMPLES)
    next_look = step
    while True:
        await asyncio.sleep(0.2)
        if run.done >= next_look:
            next_look = run.done + step
            look = _look(run.done, time.monotonic() - began)
            run.looks.append(look)
            rate = look.jobs / look.seconds
            print(f"{run.backend} {run.done}/{run.jobs} {rate:.0f}/s {look}", file=sys.stderr)


def _look(jobs: int, seconds: float) -> Look:
    parents = {parent for name in cgroup.CONTROLLERS for parent in cgroup._parents(name)}
    tag = cgroup.owner_tag()
    family = _descendants(os.getpid())
    return Look(
        jobs=jobs,
        seconds=round(seconds, 1),
        processes=len(family),
        mounts=len(Path("/proc/self/mountinfo").read_text().splitlines()),
        groups=sum(1 for parent in parents for _ in parent.glob(f"{tag}*")),
        folders=sum(1 for _ in Path(tempfile.gettempdir()).glob(f"{tag}*")),
        descriptors=len(os.listdir("/proc/self/fd")),
        threads=threading.active_count(),
        own_mib=_resident_mib(os.getpid()),
        containers_mib=round(sum(map(_resident_mib, family)), 1),
    )


def _descendants(root: int) -> list[int]:
    children: dict[int, list[int]] = {}
    for path in Path("/proc").glob("[0-9]*/stat"):
        try:
            fields = path.read_text().rpartition(")")[2].split()
        except OSError:
            continue
        children.setdefault(int(fields[1]), []).append(int(path.parent.name))
    found, heads = [], [root]
    while heads:
        heads = [child for head in heads for child in children.get(head, [])]
        found += heads
    return found


def _resident_mib(pid: int) -> float:
    try:
        pages = int(Path(f"/proc/{pid}/statm").read_text().split()[1])
    except OSError:
        return 0.0
    return round(pages * os.sysconf("SC_PAGE_SIZE") / (1 << 20), 1)


def _leaks(looks: list[Look]) -> list[str]:
    """What is left at the end that was not there at the beginning, or kept growing."""
    first, last, during = looks[0], looks[-1], looks[2:-1]
    faults = [
        f"{name}: {getattr(first, name)} before, {getattr(last, name)} after"
        for name in ("processes", "mounts", "groups", "folders", "descriptors")
        if getattr(last, name) > getattr(first, name)
    ]
    middle = during[len(during) // 2 :]
    for name, most in _GROWTH.items():
        early, late = (
            [getattr(look, name) for look in part]
            for part in (middle[: len(middle) // 2], middle[len(middle) // 2 :])
        )
        if early and min(late) > max(early) + most:
            faults.append(f"{name} grow: at most {max(early)}, later at least {min(late)}")
    return faults


# ── the document ─────────────────────────────────────────────────────────────────────────────────


def _markdown(runs: list[Run], skipped: dict[str, str]) -> str:
    lines = [
        "# Soak: does anything leak?",
        "",
        f"Written by `benchmarks/soak.py` on {platform.system()} {platform.release()}, "
        f"{os.cpu_count()} cores, Python {platform.python_version()}.",
        "",
    ]
    for run in runs:
        lines += _section(run)
    lines += [f"`{backend}` did not run: {reason}" for backend, reason in skipped.items()]
    return "\n".join(lines).rstrip() + "\n"


def _section(run: Run) -> list[str]:
    stats = run.stats
    verdict = "nothing leaked, nothing wrong" if not run.faults else "**failed**"
    counts = ", ".join(f"{name} {n:,}" for name, n in run.statuses.most_common())
    kinds = ", ".join(f"{name} {n:,}" for name, n in run.kinds.most_common())
    recycles = ", ".join(f"{cause} {n:,}" for cause, n in stats["recycles"].items()) or "none"
    lines = [
        f"## {run.backend}: {verdict}",
        "",
        f"{run.done:,} jobs in {run.seconds:.0f} s, {run.done / run.seconds:.0f}/s; total p50 "
        f"{stats['total']['p50_s'] * 1000:.1f} ms, p99 {stats['total']['p99_s'] * 1000:.1f} ms "
        "of the last jobs.",
        "",
        f"- statuses: {counts}",
        f"- kinds: {kinds}",
        f"- containers started: {stats['starts']:,}, p50 {stats['start']['p50_s'] * 1000:.0f} ms; "
        f"recycled: {recycles}",
        *(f"- FAULT: {fault}" for fault in run.faults),
        "",
        "| jobs | s | processes | mounts | cgroups | folders | descriptors | threads | own MiB "
        "| containers MiB |",
        "|--:|--:|--:|--:|--:|--:|--:|--:|--:|--:|",
    ]
    shown = run.looks if len(run.looks) <= 14 else _thinned(run.looks)
    for index, look in enumerate(shown):
        name = {0: "before", 1: "opened", len(shown) - 1: "closed"}.get(index, f"{look.jobs:,}")
        rest = list(asdict(look).values())[1:]
        lines.append(f"| {name} | {' | '.join(map(str, rest))} |")
    return [*lines, ""]


def _thinned(looks: list[Look]) -> list[Look]:
    during = looks[2:-1]
    return [*looks[:2], *during[:: max(1, len(during) // 10)], looks[-1]]


if __name__ == "__main__":
    main()
