"""The guest program: a warm interpreter that forks one jailed child per job.

Runs inside the boundary, under the template's own Python, with frames on its stdin and stdout:

    zygote ── clone(PID, NS, IPC, UTS) ──► supervisor (pid 1, root) ── fork ──► candidate (own uid)
      waits                                  reads the job's frame               runs main.py
                                             reads the candidate's pipes
                                             kills everything, writes the reply

The zygote only forks and waits: no byte of a job ever enters it, so none is left for the next job.
The supervisor is forked before its job arrives and ends with it; the candidate has no descriptor of
the frames, cannot signal or trace the supervisor (another uid), and dies with the namespace. That a
candidate reached its own code is told through a pipe closed before that code runs.

A frame is a length, a number of blobs, their lengths (all 4 bytes, big-endian), and the blobs:

    settings  JSON · seccomp program or nothing
    request   REQUEST · argv · env · names of files · names to fetch · source · stdin · *files
    reply     REPLY · names of fetched files · stdout · stderr · *fetched files

The functions for frames serve the host as well. What runs once per job avoids whatever touches
many pages (JSON, the ``threading`` module's fork hooks): after a fork each costs a fault, in gVisor
a dear one.

It does not decide anything about correctness, and knows no expected output.
"""

from __future__ import annotations

import atexit
import builtins
import contextlib
import ctypes
import gc
import importlib
import json
import math
import os
import platform
import resource
import select
import signal
import stat
import struct
import sys
import time
import types
from typing import Any, NoReturn

WARM = """
    bisect cmath collections collections.abc contextlib copy dataclasses datetime decimal enum
    fractions functools heapq io itertools json math operator random re statistics string textwrap
    time traceback typing
"""

WORKDIR = "/tmp"  # noqa: S108 (inside the jail: a fresh tmpfs for every job)
PROGRAM = WORKDIR + "/main.py"
SHM_BYTES = 256 << 10
END_OF_INPUT = 3
CHUNK = 1 << 16

NEW_NAMESPACES = 0x20000000 | 0x20000 | 0x8000000 | 0x4000000  # PID, NS, IPC, UTS
SYS_CLONE = 56 if platform.machine() == "x86_64" else 220
MS_NOSUID_NODEV, MNT_DETACH = 2 | 4, 2
PR_SET_SECCOMP, SECCOMP_MODE_FILTER = 22, 2
PR_SET_NO_NEW_PRIVS = 38

_libc = ctypes.PyDLL(None, use_errno=True)  # keeps the GIL, so a raw clone comes back holding it
_word, _text = ctypes.c_ulong, ctypes.c_char_p
# Bound here, once: looked up or converted later, they would be so again in every job.
_mount, _umount, _prctl, _syscall = _libc.mount, _libc.umount2, _libc.prctl, _libc.syscall
_mount.argtypes = [_text, _text, _text, _word, _text]
_umount.argtypes = [_text, ctypes.c_int]
_prctl.argtypes = [ctypes.c_int, _word, _word, _word, _word]
_syscall.argtypes = [_word] * 6

STATUSES = (
    "ok",
    "nonzero_exit",
    "signal",
    "timeout",
    "memory",
    "output_limit",
    "compile_error",
    "sandbox_failed",
)
REQUEST = struct.Struct(">ddQQQQ")  # wall s, CPU s, memory, processes, file and output bytes
REPLY = struct.Struct(">BhB?ddQ")  # status, exit code or -1, signal or 0, cut?, wall s, CPU s, peak


def pack(blobs: list[bytes]) -> bytes:
    """One frame, its length included."""
    lengths = struct.pack(f">I{len(blobs)}I", len(blobs), *map(len, blobs))
    body = b"".join((lengths, *blobs))
    return len(body).to_bytes(4, "big") + body


def unpack(body: bytes) -> list[bytes]:
    """The blobs of a frame's body; ``ValueError`` if it is not one."""
    try:
        (count,) = struct.unpack_from(">I", body)
        lengths = struct.unpack_from(f">{count}I", body, 4) if count <= len(body) else ()
    except struct.error as error:
        raise ValueError(f"not a frame: {error}") from error
    blobs, at = [], 4 + 4 * count
    for length in lengths:
        blobs.append(body[at : at + length])
        at += length
    if at != len(body):
        raise ValueError("not a frame: lengths do not add up")
    return blobs


def pack_names(names: list[str]) -> bytes:
    """Strings without NUL as one blob."""
    return "".join(f"{name}\0" for name in names).encode("utf-8", "surrogateescape")


def unpack_names(blob: bytes) -> list[str]:
    return blob.decode("utf-8", "surrogateescape").split("\0")[:-1]


def read_exactly(fd: int, size: int) -> bytes | None:
    """``size`` bytes from ``fd``, or None where the input ends first."""
    parts = []
    while size:
        part = os.read(fd, min(size, 1 << 20))
        if not part:
            return None
        parts.append(part)
        size -= len(part)
    return b"".join(parts)


def read_body(fd: int) -> bytes | None:
    """The next frame's body, or None at the end of input."""
    head = read_exactly(fd, 4)
    return None if head is None else read_exactly(fd, struct.unpack(">I", head)[0])


def write_all(fd: int, data: bytes) -> None:
    view = memoryview(data)
    while view:
        view = view[os.write(fd, view) :]


# ── the zygote ───────────────────────────────────────────────────────────────────────────────────


def main() -> None:
    """Warm up, say so, then one supervisor after another until the input ends."""
    body = read_body(0)
    if body is None:
        return
    settings, filters = unpack(body)
    config = json.loads(settings)
    program = ctypes.create_string_buffer(filters, len(filters) or 1)
    header = ctypes.create_string_buffer(
        struct.pack("HxxxxxxP", len(filters) // 8, ctypes.addressof(program))
    )
    seccomp = ctypes.addressof(header) if filters else 0
    _check(_prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0), "no_new_privs")
    for name in WARM.split():
        importlib.import_module(name)
    compile("print(1)", PROGRAM, "exec")
    gc.disable()
    gc.collect()
    gc.freeze()
    write_all(1, pack([sys.version.encode()]))
    while True:
        pid = _fork_apart()
        if pid == 0:
            _supervise(config, seccomp)
        _, status = os.waitpid(pid, 0)
        if status:
            os._exit(0 if os.waitstatus_to_exitcode(status) == END_OF_INPUT else 1)


def _fork_apart() -> int:
    """``fork`` into new namespaces, which ``os.fork`` cannot.

    The interpreter's fork hooks do not run. There is one thread, the same in the child, so they
    have nothing to repair; the candidate is forked by ``os.fork`` and gets them.
    """
    pid: int = _syscall(SYS_CLONE, NEW_NAMESPACES | signal.SIGCHLD, 0, 0, 0, 0)
    _check(pid, "clone")
    return pid


def _check(returned: int, what: str) -> None:
    if returned < 0:
        number = ctypes.get_errno()
        raise OSError(number, f"{what}: {os.strerror(number)}")


def _mount_fresh(kind: bytes, target: bytes, options: str) -> None:
    returned = _mount(kind, target, kind, MS_NOSUID_NODEV, options.encode())
    _check(returned, f"mount on {target!r}")


# ── the supervisor ───────────────────────────────────────────────────────────────────────────────


def _supervise(config: dict[str, Any], seccomp: int) -> NoReturn:
    """Serve one job and end. Exit status: 0 replied, 3 no more input, 1 broken."""
    try:
        _mount_fresh(b"proc", b"/proc", config["proc_options"])
        body = read_body(0)
        if body is None:
            os._exit(END_OF_INPUT)
        limits, *blobs = unpack(body)
        job = Limits(*REQUEST.unpack(limits))
        owner = f"uid={config['uid']},gid={config['uid']},mode=700{config['tmpfs_options']}"
        _mount_fresh(b"tmpfs", WORKDIR.encode(), f"size={job.file_bytes},{owner}")
        _mount_fresh(b"tmpfs", b"/dev/shm", f"size={SHM_BYTES},{owner}")
        write_all(1, _run(job, blobs, config["uid"], seccomp))
        if config["unmount"]:
            for target in (b"/dev/shm", WORKDIR.encode(), b"/proc"):
                _check(_umount(target, MNT_DETACH), f"umount {target!r}")
        os._exit(0)
    except BaseException as error:
        os.write(2, f"supervisor: {error!r}\n".encode())
        os._exit(1)


class Limits:
    """A job's limits, as :data:`REQUEST` carries them."""

    __slots__ = ("cpu_s", "file_bytes", "memory_bytes", "output_bytes", "processes", "wall_s")

    def __init__(
        self, wall_s: float, cpu_s: float, memory: int, processes: int, file: int, output: int
    ) -> None:
        self.wall_s, self.cpu_s = wall_s, cpu_s
        self.memory_bytes, self.processes = memory, processes
        self.file_bytes, self.output_bytes = file, output


class _Output:
    """The candidate's two pipes and what was read of them, up to one read beyond ``cap`` bytes."""

    def __init__(self, stdout: int, stderr: int, cap: int) -> None:
        self.pipes = {stdout: bytearray(), stderr: bytearray()}
        self.open = {stdout, stderr}
        self.cap = cap

    @property
    def over(self) -> bool:
        return sum(map(len, self.pipes.values())) > self.cap

    def read(self, fd: int) -> None:
        data = os.read(fd, CHUNK)
        self.pipes[fd] += data
        if not data:
            self.open.discard(fd)

    def drain(self) -> None:
        """Read what dead processes left in the pipes."""
        while self.open and not self.over:
            self.read(next(iter(self.open)))

    def kept(self) -> list[bytes]:
        stdout, stderr = self.pipes.values()
        first = bytes(stdout[: self.cap])
        return [first, bytes(stderr[: self.cap - len(first)])]


def _run(job: Limits, blobs: list[bytes], uid: int, seccomp: int) -> bytes:
    """Fork the candidate, watch it to its end, and pack what came of it."""
    stdin = os.memfd_create("stdin", 0)
    write_all(stdin, blobs[5])
    os.lseek(stdin, 0, os.SEEK_SET)
    (out, out_w), (err, err_w), (phase, phase_w) = os.pipe(), os.pipe(), os.pipe()
    started = time.monotonic()
    pid = os.fork()
    if pid == 0:
        _candidate(job, blobs, uid, seccomp, (stdin, out_w, err_w, phase_w))
    for fd in (stdin, out_w, err_w, phase_w):
        os.close(fd)
    output = _Output(out, err, job.output_bytes)
    cause, ended = _watch(pid, output, started + job.wall_s)
    wall_s = time.monotonic() - started
    code, cpu_s, peak_bytes = _kill_all(pid, ended)
    output.drain()
    kept = output.kept()
    if output.over:
        cause = "output_limit"
    files = _fetch(unpack_names(blobs[3]), job.file_bytes) if blobs[3] else {}
    status = cause or _status(code, os.read(phase, 2), cpu_s, kept[1], job)
    reply = REPLY.pack(
        STATUSES.index(status),
        max(code, -1),
        max(-code, 0),
        output.over,
        wall_s,
        cpu_s,
        peak_bytes,
    )
    return pack([reply, pack_names(list(files)), *kept, *files.values()])


def _watch(pid: int, output: _Output, deadline: float) -> tuple[str, Any]:
    """Read the pipes until the candidate ends or goes too far: why to kill it, or its ``wait4``.

    Its end is asked for, not inferred from the pipes: it may close them and sleep, or leave them
    open in a daemon.
    """
    poller = select.poll()
    poller.register(0, 0)  # only a hang-up: the host is gone
    for fd in output.open:
        poller.register(fd, select.POLLIN)
    pause = 0.0001
    while (left := deadline - time.monotonic()) > 0:
        if not output.open:
            time.sleep(min(pause, left))
            pause = min(2 * pause, 0.02)
        for fd, _ in poller.poll(min(50, math.ceil(left * 1000)) if output.open else 0):
            if fd == 0:
                os._exit(END_OF_INPUT)
            output.read(fd)
            if fd not in output.open:
                poller.unregister(fd)
        if output.over:
            return "output_limit", None
        ended = os.wait4(pid, os.WNOHANG)
        if ended[0]:
            return "", ended
    return "timeout", None


def _kill_all(pid: int, ended: Any) -> tuple[int, float, int]:
    """Kill and reap every process of the job: exit code, CPU seconds, largest resident set."""
    reaped = [ended] if ended else []
    try:
        while True:
            last = os.wait4(-1, os.WNOHANG)
            if last[0] == 0:
                os.kill(-1, signal.SIGKILL)
                last = os.wait4(-1, 0)
            reaped.append(last)
    except ChildProcessError:
        pass
    status = next(status for who, status, _ in reaped if who == pid)
    cpu_s = sum(usage.ru_utime + usage.ru_stime for _, _, usage in reaped)
    peak_bytes = max(usage.ru_maxrss for _, _, usage in reaped) * 1024
    return os.waitstatus_to_exitcode(status), cpu_s, peak_bytes


def _status(code: int, phase: bytes, cpu_s: float, stderr: bytes, job: Limits) -> str:
    """What an end that nobody forced says about the program."""
    if b"J" not in phase:
        return "sandbox_failed"
    if code == -signal.SIGXCPU or cpu_s > job.cpu_s:
        return "timeout"
    if code < 0:
        return "signal"
    if code and stderr.rstrip().rpartition(b"\n")[2].startswith(b"MemoryError"):
        return "memory"
    if b"R" not in phase:
        return "compile_error"
    return "nonzero_exit" if code else "ok"


def _fetch(names: list[str], budget: int) -> dict[str, bytes]:
    """The regular files of these names, reached without a link, at most ``budget`` bytes in all.

    Every process of the job is dead, so nothing changes between the look and the reading.
    """
    files = {}
    for name in names:
        path = f"{WORKDIR}/{name}"
        with contextlib.suppress(OSError):
            status = os.lstat(path)
            plain = stat.S_ISREG(status.st_mode) and os.path.realpath(path) == path
            if plain and status.st_size <= budget:
                with open(path, "rb") as file:
                    files[name] = file.read(budget)
                budget -= len(files[name])
    return files


# ── the candidate ────────────────────────────────────────────────────────────────────────────────


def _candidate(
    job: Limits, blobs: list[bytes], uid: int, seccomp: int, fds: tuple[int, ...]
) -> NoReturn:
    """Give up everything but the jail, then run the program."""
    try:
        _jail(job, uid, seccomp, fds)
        _lay_out(blobs)
        os.write(3, b"J")
    except BaseException as error:
        os.write(2, f"jail: {error!r}\n".encode())
        os._exit(1)
    gc.enable()
    _finish(blobs[4])


def _jail(job: Limits, uid: int, seccomp: int, fds: tuple[int, ...]) -> None:
    """Descriptors 0-2 and the phase pipe as 3; limits; own uid; seccomp."""
    for target, fd in enumerate(fds[:3]):
        os.dup2(fd, target)
    os.dup2(fds[3], 3)
    os.closerange(4, max(fds) + 1)
    cpu_s = math.ceil(job.cpu_s)
    # SIGXCPU first: it names the cause. Who ignores it is killed a second later.
    resource.setrlimit(resource.RLIMIT_CPU, (cpu_s, cpu_s + 1))
    for which, value in (
        (resource.RLIMIT_AS, job.memory_bytes),
        (resource.RLIMIT_FSIZE, job.file_bytes),
        (resource.RLIMIT_NPROC, job.processes),
        (resource.RLIMIT_NOFILE, 256),
        (resource.RLIMIT_CORE, 0),
    ):
        resource.setrlimit(which, (value, value))
    os.setgroups([])
    os.setresgid(uid, uid, uid)
    os.setresuid(uid, uid, uid)
    if seccomp:
        _check(_prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, seccomp, 0, 0), "seccomp")


def _lay_out(blobs: list[bytes]) -> None:
    """The program, its files, arguments and environment."""
    os.chdir(WORKDIR)
    os.umask(0o022)
    argv, env, names, _, source, _, *contents = blobs
    _write_file("main.py", source)
    for name, data in zip(unpack_names(names), contents, strict=True):
        if "/" in name:
            os.makedirs(os.path.dirname(name), exist_ok=True)
        _write_file(name, data)
    for variable in unpack_names(env):
        key, _, value = variable.partition("=")
        os.environ[key] = value
    sys.argv = ["main.py", *unpack_names(argv)]
    sys.path.insert(0, WORKDIR)


def _write_file(name: str, data: bytes) -> None:
    fd = os.open(name, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o644)
    write_all(fd, data)
    os.close(fd)


def _finish(source: bytes) -> NoReturn:
    """Run the program as ``__main__`` and end as the interpreter would."""
    code = 0
    try:
        _execute(source)
    except SystemExit as error:
        code = _exit_code(error.code)
    except MemoryError as error:
        error.__traceback__ = None  # lets go of the frames that hold the memory
        os.write(2, b"MemoryError\n")
        code = 1
    except BaseException as error:
        trace = error.__traceback__
        while trace and trace.tb_frame.f_code.co_filename != PROGRAM:
            trace = trace.tb_next
        sys.excepthook(type(error), error.with_traceback(trace), trace)
        code = 1
    try:
        if "threading" in sys.modules:
            sys.modules["threading"]._shutdown()
        atexit._run_exitfuncs()
        sys.stdout.flush()
        sys.stderr.flush()
    except BaseException:
        code = code or 120
    os._exit(code)


def _execute(source: bytes) -> None:
    program = compile(source, PROGRAM, "exec", dont_inherit=True)
    os.write(3, b"R")
    os.close(3)
    module = types.ModuleType("__main__")
    module.__dict__.update(__file__=PROGRAM, __builtins__=builtins)
    sys.modules["__main__"] = module
    exec(program, module.__dict__)  # noqa: S102 (this is what the jail is for)


def _exit_code(code: object) -> int:
    if code is None:
        return 0
    if isinstance(code, int):
        return code & 0xFF
    sys.stderr.write(f"{code}\n")
    return 1


if __name__ == "__main__":
    main()
