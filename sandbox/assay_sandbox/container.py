"""A started container, seen from the host: one job at a time over its attached standard streams.

The same for every back-end, since all of them run the same guest program. It is used by one thread;
only :meth:`Container.kill` may be called from others, and ends a running job at once.
"""

from __future__ import annotations

import itertools
import json
import marshal
import os
import select
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from functools import cache
from importlib import resources
from pathlib import Path
from typing import IO, Any

from assay_sandbox import cgroup, native, wire
from assay_sandbox.errors import SandboxFailed, last_line
from assay_sandbox.guest.zygote import pack, unpack
from assay_sandbox.job import Job, Result
from assay_sandbox.launch import is_lent_to_jobs

START_S = 20.0
GRACE_S = 10.0  # beyond a job's wall limit, for a busy machine, before the container counts as hung
_BOOT = """import marshal, os
code = b''
while len(code) < {size}:
    code += os.read(0, {size} - len(code))
exec(marshal.loads(code))
"""


@cache
def guest_code(name: str) -> bytes:
    """A guest program, compiled: a compiler's memory is not there for every job's fork to copy.

    The template's interpreter is this one, so it reads what this one marshals.
    """
    source = resources.files("assay_sandbox.guest").joinpath(f"{name}.py").read_bytes()
    return marshal.dumps(compile(source, name, "exec", dont_inherit=True))


def boot_arguments(python: str) -> list[str]:
    """The guest's command line: read the zygote from stdin, and become it."""
    return [python, "-s", "-B", "-c", _BOOT.format(size=len(guest_code("zygote")))]


_serial = itertools.count()
_UIDS = range(3 << 29, 1 << 31)  # above what launchers lend


def job_uid() -> int:
    """A uid, for the jobs of one container, that no other live pool on this host uses; so the next.

    Above every range that is commonly given out. RLIMIT_NPROC counts by uid, host-wide.
    """
    return _UIDS[((os.getpid() << 10) + 2 * next(_serial) % (1 << 10)) % len(_UIDS)]


def is_job_uid(uid: int) -> bool:
    """Whether a process of this uid, on this host, can only be a job's of some pool."""
    return uid in _UIDS or is_lent_to_jobs(uid)


@dataclass(frozen=True)
class Plan:
    """How a back-end wants its container started.

    Attributes:
        argv, env: what the launcher becomes.
        rootfs: where it enters namespaces first; None where argv isolates by itself.
        guest: the zygote's settings; see ``guest/zygote.py``.
        seccomp: the BPF program for every candidate, or nothing.
        scratch: a directory of this container, removed with it.
        cleanup: called when the container is removed, for what no kill of its process removes.
        processes: tasks the whole container may have on the host.
    """

    argv: Sequence[str]
    env: Mapping[str, str]
    guest: Mapping[str, Any]
    processes: int
    rootfs: Path | None = None
    seccomp: bytes = b""
    scratch: Path | None = None
    cleanup: Callable[[], None] | None = None


@dataclass
class Container:
    """One isolated guest. Start it with :func:`start`.

    Attributes:
        backend, slot: names for results.
        memory_bytes: what it may hold; a job must find half of that free.
        core: what its guest serves with, ``native`` or ``python``; see ``native.py``.
        jobs: how many jobs it has finished.
        lost: an exchange with it broke, or jobs have left memory in it; it is of no more use.
    """

    backend: str
    slot: str
    process: subprocess.Popen[bytes]
    group: cgroup.Cgroup
    log: IO[bytes]
    scratch: Path | None
    memory_bytes: int
    cleanup: Callable[[], None] | None = None
    core: str = ""
    jobs: int = 0
    lost: bool = False
    _ooms: int = 0
    _ahead: bytes = b""

    def run(self, job: Job) -> Result:
        """Run one job; :class:`SandboxFailed` if the container did not do its work."""
        most, wall_s = wire.max_reply_bytes(job), job.limits.wall_s
        body = self.exchange(wire.encode(job), most, wall_s)
        if body is None:
            return Result("memory", signal=9, backend=self.backend, slot=self.slot)
        (result,) = self.finish(wire.decode(body, job, self.backend, self.slot))
        return result

    def exchange(self, request: bytes, most: int, wall_s: float) -> bytes | None:
        """The body of the reply to ``request``; None where the container was lost for its memory.

        It counts as lost until :meth:`finish` is told that the reply makes sense.

        Args:
            most: bytes that the reply may have.
            wall_s: seconds that the guest may work on it.
        """
        self.lost = True
        deadline = time.monotonic() + wall_s + GRACE_S
        try:
            self.write(request, deadline)
            return self.read(most, deadline)
        except SandboxFailed as error:
            if self._new_ooms():
                return None
            raise SandboxFailed(f"{error}{self._said()}") from None

    def finish(self, *results: Result) -> list[Result]:
        """Note a reply's results, whose status is ``memory`` where that is why one was killed."""
        swollen = self.group.memory_bytes() > self.memory_bytes // 2
        self.lost = swollen or any(result.status == "sandbox_failed" for result in results)
        self.jobs += 1
        killed = [result.signal == 9 and result.status == "signal" for result in results]
        if any(killed) and self._new_ooms():
            return [
                replace(result, status="memory") if each else result
                for result, each in zip(results, killed, strict=True)
            ]
        return list(results)

    def write(self, data: bytes, deadline: float) -> None:
        assert self.process.stdin is not None
        fd, view = self.process.stdin.fileno(), memoryview(data)
        while view:
            try:
                view = view[os.write(fd, view) :]
            except BlockingIOError:
                _wait(fd, select.POLLOUT, deadline)
            except OSError as error:
                raise SandboxFailed("the container ended") from error

    def read(self, limit: int, deadline: float) -> bytes:
        """One frame's body of at most ``limit`` bytes."""
        data, self._ahead = self._ahead, b""
        while len(data) < 4:
            data += self._read_some(deadline)
        size = int.from_bytes(data[:4], "big")
        if size > limit:
            raise SandboxFailed(f"a reply of {size} bytes, above {limit}")
        parts, left = [data[4:]], size - len(data) + 4
        while left > 0:
            parts.append(self._read_some(deadline))
            left -= len(parts[-1])
        whole = b"".join(parts)
        self._ahead = whole[size:]
        return whole[:size]

    def _read_some(self, deadline: float) -> bytes:
        """What the container has written, once there is something."""
        assert self.process.stdout is not None
        fd = self.process.stdout.fileno()
        while True:
            _wait(fd, select.POLLIN, deadline)
            with suppress(BlockingIOError):
                part = os.read(fd, 1 << 20)
                if not part:
                    raise SandboxFailed("the container ended")
                return part

    def _new_ooms(self) -> bool:
        before, self._ooms = self._ooms, self.group.oom_kills()
        return self._ooms > before

    def _said(self) -> str:
        """The last line that the container wrote on its own error stream."""
        self.log.seek(0)
        said = last_line(self.log.read())
        return f": {said}" if said else ""

    def kill(self) -> None:
        """End it now; a job that is running fails. From any thread, more than once."""
        self.process.kill()

    def remove(self) -> None:
        """Kill it and leave nothing behind."""
        self.kill()
        for stream in (self.process.stdin, self.process.stdout):
            if stream is not None:
                stream.close()
        self.process.wait()
        self.group.remove()
        self.log.close()
        if self.scratch is not None:
            shutil.rmtree(self.scratch, ignore_errors=True)
        if self.cleanup is not None:
            self.cleanup()


def sweep() -> None:
    """Remove what pools left on the host when they were killed before they could."""
    cgroup.sweep()
    for path in cgroup.orphans(Path(tempfile.gettempdir())):
        shutil.rmtree(path, ignore_errors=True)


def start(
    backend: str, slot: str, plan: Plan, memory_bytes: int, program: bytes = b""
) -> Container:
    """Launch ``plan`` and wait for its guest to be warm; :class:`SandboxFailed` if it is not.

    With ``program`` the guest runs that instead of serving jobs; see ``guest/session.py``.
    """
    container = launch(backend, slot, plan, memory_bytes)
    deadline = time.monotonic() + START_S
    settings = marshal.dumps(dict(plan.guest))
    try:
        blobs = [settings, plan.seccomp, native.library(), program]
        container.write(guest_code("zygote") + pack(blobs), deadline)
        (core,) = unpack(container.read(1 << 16, deadline))
        container.core = core.decode("ascii", "replace")
    except (SandboxFailed, ValueError) as error:
        said = container._said()
        container.remove()
        raise SandboxFailed(f"{backend} did not start: {error}{said}") from None
    return container


def launch(backend: str, slot: str, plan: Plan, memory_bytes: int) -> Container:
    """Launch ``plan`` and hold its ends; nothing is said to the guest yet."""
    group = cgroup.create(memory_bytes, plan.processes)
    spec = {
        "cgroups": [str(path) for path in group.paths],
        "rootfs": str(plan.rootfs) if plan.rootfs else None,
        "argv": list(plan.argv),
        "env": dict(plan.env),
    }
    launcher = str(resources.files("assay_sandbox").joinpath("launch.py"))
    log = tempfile.TemporaryFile()  # noqa: SIM115 (kept for the container's life)
    process = subprocess.Popen(
        [sys.executable, "-I", "-S", launcher, json.dumps(spec)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=log,
        bufsize=0,
        start_new_session=True,  # a Ctrl-C in the terminal is for the pool to handle
    )
    assert process.stdin is not None
    assert process.stdout is not None
    for stream in (process.stdin, process.stdout):
        os.set_blocking(stream.fileno(), False)
    return Container(backend, slot, process, group, log, plan.scratch, memory_bytes, plan.cleanup)


def _wait(fd: int, event: int, deadline: float) -> None:
    poller = select.poll()
    poller.register(fd, event)
    left = deadline - time.monotonic()
    if left <= 0 or not poller.poll(left * 1000):
        raise SandboxFailed("no answer within its time")
