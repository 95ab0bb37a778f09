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

A job with a command is a program of the template (a compiler, a virtual machine) or of its own
files, begun with ``execve`` in the jail. Its memory is what its processes together hold, looked at
every few milliseconds, since such programs reserve address space far beyond what they use.

A frame is a length, a number of blobs, their lengths (all 4 bytes, big-endian), and the blobs:

    settings  marshalled dictionary · then, or nothing: seccomp program · native core ·
              guest program instead of jobs
    ready     "native" or "python"
    request   REQUEST · command · argv · env · names of files · names to fetch · source · stdin ·
              *files
    reply     REPLY · names of fetched files · stdout · stderr · *fetched files

All this is here twice: in C, in ``core.c``, which the host compiles and sends along, and in Python
for where it could not. The C core is several times cheaper. Its supervisor shares the zygote's
memory, and the zygote wipes what it wrote.

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
import marshal
import math
import os
import resource
import select
import signal
import stat
import struct
import sys
import time
import types
from collections.abc import Callable
from typing import Any, NoReturn

# What programs import most. Under gVisor every job costs a copy of all that was ever imported, so
# the rest is left to who needs it, and this module itself imports little.
WARM = """
    bisect collections copy functools heapq io itertools math operator re string typing
"""

WORKDIR = "/tmp"  # noqa: S108 (inside the jail: a fresh tmpfs for every job)
PROGRAM = WORKDIR + "/main.py"
SHM_BYTES = 256 << 10
END_OF_INPUT = 3
CHUNK = 1 << 16
LOOK_S = 0.02  # how often the memory of a command is looked at
PAGE = resource.getpagesize()
HUGE_PAGE, MADV_HUGEPAGE, MADV_COLLAPSE = 2 << 20, 14, 25

NEW_NAMESPACES = 0x20000000 | 0x20000 | 0x8000000 | 0x4000000  # PID, NS, IPC, UTS
NEW_NETWORK = 0x40000000
SYS_CLONE = 56 if os.uname().machine == "x86_64" else 220
MS_NOSUID_NODEV, MS_RDONLY, MNT_DETACH = 2 | 4, 1, 2
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
_madvise = _libc.madvise
_madvise.argtypes = [_word, _word, ctypes.c_int]

_main = types.ModuleType("__main__")  # the program's; made here, where making it costs nothing
_compiled: dict[bytes, types.CodeType] = {}  # the template's programs

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
    settings, filters, library, instead = unpack(body)
    config = marshal.loads(settings)  # noqa: S302 (the host's own)
    program = ctypes.create_string_buffer(filters, len(filters) or 1)
    header = ctypes.create_string_buffer(
        struct.pack("HxxxxxxP", len(filters) // 8, ctypes.addressof(program))
    )
    seccomp = ctypes.addressof(header) if filters else 0
    _check(_prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0), "no_new_privs")
    core = _load(library)
    _warm_up(config.get("preload", ()), config.get("warm", ""), config.get("programs", ()))
    write_all(1, pack([b"native" if core else b"python"]))
    if instead:
        _run_instead(instead, config, seccomp, core)
    if core:
        _serve_natively(core, config, seccomp)
    __import__("socket")  # so that no supervisor has to
    while True:
        pid = _fork_apart(NEW_NETWORK if config["network"] else 0)
        if pid == 0:
            _supervise(config, seccomp)
        _, status = os.waitpid(pid, 0)
        if status:
            os._exit(0 if os.waitstatus_to_exitcode(status) == END_OF_INPUT else 1)


def _run_instead(
    source: bytes, config: dict[str, Any], seccomp: int, core: ctypes.PyDLL | None
) -> NoReturn:
    """Another guest program in place of the loop of jobs; it may import from this one."""
    sys.modules["assay_sandbox.guest.zygote"] = sys.modules[__name__]
    scope: dict[str, Any] = {"__name__": "instead"}
    exec(marshal.loads(source), scope)  # noqa: S102, S302 (the host's own)
    _settle()
    scope["main"](config, seccomp, core)
    os._exit(0)


def _warm_up(preload: tuple[str, ...], source: str, programs: tuple[str, ...]) -> None:
    """Import and run what the template asks for, and lay it out so that forking it is cheap."""
    for name in (*WARM.split(), *preload):
        __import__(name)
    if source:
        scope: dict[str, Any] = {"__name__": "warm"}
        scope |= {name: sys.modules[name] for name in (each.partition(".")[0] for each in preload)}
        exec(compile(source, "<warm>", "exec"), scope)  # noqa: S102 (the template's)
    compile("print(1)", PROGRAM, "exec")
    for program in programs:
        _compiled[program.encode()] = compile(program, PROGRAM, "exec", dont_inherit=True)
    sys.argv = ["main.py"]
    sys.path.insert(0, WORKDIR)
    _main.__dict__.update(__file__=PROGRAM, __builtins__=builtins)
    _settle()
    _use_huge_pages()


def _settle() -> None:
    """Keep the collector from writing into what is there already: each write copies a page."""
    gc.disable()
    gc.collect()
    gc.freeze()


def _use_huge_pages() -> None:
    """Put large private memory on huge pages: a fork copies one entry for 512 pages then.

    Where the kernel cannot, nothing happens.
    """
    with open("/proc/self/maps", encoding="utf-8") as maps:
        lines = [line.split() for line in maps]
    for bounds, mode, *rest in lines:
        start, end = (int(bound, 16) for bound in bounds.split("-"))
        private = mode.startswith("rw") and (len(rest) == 3 or rest[3] == "[heap]")
        if private and end - start >= HUGE_PAGE:
            for advice in (MADV_HUGEPAGE, MADV_COLLAPSE):
                _madvise(start, end - start, advice)


class _Settings(ctypes.Structure):
    """As ``core.c`` has it."""

    _fields_ = (
        ("proc_options", ctypes.c_char_p),
        ("tmpfs_options", ctypes.c_char_p),
        ("filter", ctypes.c_void_p),
        ("uid", ctypes.c_uint32),
        ("unmount", ctypes.c_int32),
        ("network", ctypes.c_int32),
        ("hide", ctypes.c_int32),
        ("compact", ctypes.c_int32),
    )


def _load(library: bytes) -> ctypes.PyDLL | None:
    """The native core, from its bytes; None if there is none or this C library cannot hold it."""
    if not library:
        return None
    fd = os.memfd_create("core")
    write_all(fd, library)
    try:
        core = ctypes.PyDLL(f"/proc/self/fd/{fd}")  # PyDLL: the GIL stays held over the fork
    except OSError as error:
        os.write(2, f"no native core: {error}\n".encode())
        return None
    finally:
        os.close(fd)
    core.serve.restype = core.serve_pairs.restype = ctypes.py_object
    return core


def _settings(config: dict[str, Any], seccomp: int) -> ctypes.Structure:
    """The settings as the native core takes them."""
    options = [config[name].encode() for name in ("proc_options", "tmpfs_options")]
    switches = [config[name] for name in ("uid", "unmount", "network", "hide", "compact")]
    return _Settings(*options, seccomp or None, *switches)


def _serve_natively(core: ctypes.PyDLL, config: dict[str, Any], seccomp: int) -> NoReturn:
    """One job after another; what is below ``serve`` runs in each candidate.

    The interpreter's fork hooks do not run: see :func:`_fork_apart`. They would touch a hundred
    pages.
    """
    begin = core.begin  # looked up here, or every candidate would
    source, argv, env = core.serve(ctypes.byref(_settings(config, seccomp)))
    _introduce(argv, env)
    gc.enable()
    _finish(source, begin)


def _fork_apart(more: int = 0) -> int:
    """``fork`` into new namespaces, which ``os.fork`` cannot.

    The interpreter's fork hooks do not run. There is one thread, the same in the child, so they
    have nothing to repair but the state of ``random``. A candidate that the Python guest forks
    by ``os.fork`` gets them.
    """
    pid: int = _syscall(SYS_CLONE, NEW_NAMESPACES | more | signal.SIGCHLD, 0, 0, 0, 0)
    _check(pid, "clone")
    return pid


def _check(returned: int, what: str) -> None:
    if returned < 0:
        number = ctypes.get_errno()
        raise OSError(number, f"{what}: {os.strerror(number)}")


def _mount_fresh(kind: bytes, target: bytes, options: str, more: int = 0) -> None:
    returned = _mount(kind, target, kind, MS_NOSUID_NODEV | more, options.encode())
    _check(returned, f"mount on {target!r}")


def _mount_proc(config: dict[str, Any]) -> None:
    """Of these namespaces; where everybody could read the supervisor's entry, without that."""
    _mount_fresh(b"proc", b"/proc", config["proc_options"])
    if config["hide"]:
        _mount_fresh(b"tmpfs", b"/proc/1", "mode=000,size=0", MS_RDONLY)


# ── the supervisor ───────────────────────────────────────────────────────────────────────────────


def _supervise(config: dict[str, Any], seccomp: int) -> NoReturn:
    """Serve one job and end. Exit status: 0 replied, 3 no more input, 1 broken."""
    try:
        _mount_proc(config)
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

    def read(self, fd: int) -> bool:
        """Read once; whether there was something."""
        try:
            data = os.read(fd, CHUNK)
        except BlockingIOError:
            return False
        self.pipes[fd] += data
        if not data:
            self.open.discard(fd)
        return bool(data)

    def drain(self) -> None:
        """Read what dead processes left in the pipes.

        A pipe may have no end nevertheless: it may be on its way through a socket.
        """
        for fd in list(self.open):
            while not self.over and self.read(fd):
                pass

    def kept(self) -> list[bytes]:
        stdout, stderr = self.pipes.values()
        first = bytes(stdout[: self.cap])
        return [first, bytes(stderr[: self.cap - len(first)])]


def _run(job: Limits, blobs: list[bytes], uid: int, seccomp: int) -> bytes:
    """Fork the candidate, watch it to its end, and pack what came of it."""
    stdin = os.memfd_create("stdin", 0)
    write_all(stdin, blobs[6])
    os.lseek(stdin, 0, os.SEEK_SET)
    (out, out_w), (err, err_w), (phase, phase_w) = os.pipe(), os.pipe(), os.pipe()
    for fd in (out, err):
        os.set_blocking(fd, False)
    started = time.monotonic()
    pid = os.fork()
    if pid == 0:
        _candidate(job, blobs, uid, seccomp, (stdin, out_w, err_w, phase_w))
    for fd in (stdin, out_w, err_w, phase_w):
        os.close(fd)
    output = _Output(out, err, job.output_bytes)
    command = unpack_names(blobs[0])
    most = job.memory_bytes if command else math.inf
    cause, ended = _watch(pid, output, started + job.wall_s, most)
    wall_s = time.monotonic() - started
    code, cpu_s, peak_bytes = _kill_all(pid, ended)
    output.drain()
    import socket

    socket.socket(socket.AF_UNIX).close()  # the kernel collects lost sockets when one is closed
    kept = output.kept()
    if output.over:
        cause = "output_limit"
    files = _fetch(unpack_names(blobs[4]), job.file_bytes) if blobs[4] else {}
    status = cause or _status(code, os.read(phase, 3), cpu_s, kept[1], job)
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


def _watch(pid: int, output: _Output, deadline: float, memory: float) -> tuple[str, Any]:
    """Read the pipes until the candidate ends or goes too far: why to kill it, or its ``wait4``.

    Its end is asked for, not inferred from the pipes: it may close them and sleep, or leave them
    open in a daemon.
    """
    poller = select.poll()
    poller.register(0, 0)  # only a hang-up: the host is gone
    for fd in output.open:
        poller.register(fd, select.POLLIN)
    pause, look = 0.0001, time.monotonic() + LOOK_S
    while (left := deadline - (now := time.monotonic())) > 0:
        if now > look:
            if memory < math.inf and _resident_bytes() > memory:
                return "memory", None
            look = time.monotonic() + LOOK_S
        if not output.open:
            time.sleep(min(pause, left))
            pause = min(2 * pause, LOOK_S)
        for fd, _ in poller.poll(min(LOOK_S, left) * 1000 if output.open else 0):
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


def _resident_bytes() -> int:
    """What all processes of the job hold; a page shared by two counts twice."""
    pages = 0
    for name in os.listdir("/proc"):
        if name.isdigit() and name != "1":
            with contextlib.suppress(OSError), open(f"/proc/{name}/statm", "rb") as file:
                pages += int(file.read().split()[1])
    return pages * PAGE


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
    if b"J" not in phase or b"X" in phase:
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
        command = unpack_names(blobs[0])
        _jail(job, uid, seccomp, fds, address_space=not command)
        _lay_out(blobs)
        os.write(3, b"J")
    except BaseException as error:
        os.write(2, f"jail: {error!r}\n".encode())
        os._exit(1)
    if command:
        _introduce(b"", blobs[2])
        _become(command, blobs)
    _introduce(blobs[1], blobs[2])
    gc.enable()
    _finish(blobs[5], _begin)


def _begin() -> None:
    """Tell that the candidate's own code is about to run, and give up the means to."""
    os.write(3, b"R")
    os.close(3)


def _introduce(argv: bytes, env: bytes) -> None:
    """The program's arguments and environment, and random numbers of its own."""
    for name in ("random", "numpy.random"):
        if name in sys.modules:
            sys.modules[name].seed()
    for variable in unpack_names(env) if env else ():
        key, _, value = variable.partition("=")
        os.environ[key] = value
    if argv:
        sys.argv += unpack_names(argv)


def _become(command: list[str], blobs: list[bytes]) -> NoReturn:
    """The command in place of this process. One that cannot begin ends as in a shell, 126 or 127.

    A missing program of the template is not the job's fault, and is told as such by ``X``.
    """
    os.set_inheritable(3, False)
    for number in (signal.SIGPIPE, signal.SIGXFSZ):  # ignored by Python, and so by what it becomes
        signal.signal(number, signal.SIG_DFL)
    os.write(3, b"R")
    try:
        argv = [*command, *unpack_names(blobs[1])]
        os.execve(argv[0], argv, os.environ)  # noqa: S606 (no shell is wanted)
    except OSError as error:
        if command[0].startswith("/"):
            os.write(3, b"X")
        os.write(2, f"cannot run {command[0]}: {error.strerror}\n".encode())
        os._exit(127 if isinstance(error, FileNotFoundError) else 126)


def _jail(
    job: Limits, uid: int, seccomp: int, fds: tuple[int, ...], *, address_space: bool
) -> None:
    """Descriptors 0-2 and the phase pipe as 3; limits; own uid; seccomp."""
    for target, fd in enumerate(fds[:3]):
        os.dup2(fd, target)
    os.dup2(fds[3], 3)
    os.closerange(4, max(fds) + 1)
    _confine(job, uid, seccomp, address_space=address_space)


def _confine(job: Limits, uid: int, seccomp: int, *, address_space: bool) -> None:
    """Limits; own uid; seccomp."""
    cpu_s = math.ceil(job.cpu_s)
    # SIGXCPU first: it names the cause. Who ignores it is killed a second later.
    resource.setrlimit(resource.RLIMIT_CPU, (cpu_s, cpu_s + 1))
    for which, value in (
        (resource.RLIMIT_AS, job.memory_bytes if address_space else resource.RLIM_INFINITY),
        (resource.RLIMIT_FSIZE, job.file_bytes),
        (resource.RLIMIT_NPROC, job.processes),
        (resource.RLIMIT_NOFILE, 256),
    ):
        resource.setrlimit(which, (value, value))
    _forbid_cores()
    os.setgroups([])
    os.setresgid(uid, uid, uid)
    os.setresuid(uid, uid, uid)
    if seccomp:
        _check(_prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, seccomp, 0, 0), "seccomp")


def _forbid_cores() -> None:
    """Not even a call of the host's crash handler: 0 would not stop that, 1 does (core(5))."""
    try:
        resource.setrlimit(resource.RLIMIT_CORE, (1, 1))
    except (OSError, ValueError):  # it is 0 already, and cannot be raised
        resource.setrlimit(resource.RLIMIT_CORE, (0, 0))


def _lay_out(blobs: list[bytes]) -> None:
    """The program and its files."""
    os.chdir(WORKDIR)
    os.umask(0o022)
    command, _, _, names, _, source, _, *contents = blobs
    if source or not command:
        _write_file("main.py", source)
    for name, data in zip(unpack_names(names), contents, strict=True):
        if "/" in name:
            os.makedirs(os.path.dirname(name), exist_ok=True)
        _write_file(name, data, 0o755 if command else 0o644)


def _write_file(name: str, data: bytes, mode: int = 0o644) -> None:
    fd = os.open(name, os.O_WRONLY | os.O_CREAT | os.O_EXCL, mode)
    write_all(fd, data)
    os.close(fd)


def _finish(source: bytes, begin: Callable[[], object]) -> NoReturn:
    """Run the program as ``__main__`` and end as the interpreter would."""
    code = 0
    try:
        _execute(source, begin)
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
        _flush()
        sys.stdout, sys.stderr = sys.__stdout__, sys.__stderr__  # theirs would miss their globals
        _forget(source)
        _flush()
    except BaseException:
        code = code or 120
    os._exit(code)


def _flush() -> None:
    """What is buffered for either stream, the program's replacements included."""
    for stream in (sys.stdout, sys.stderr, sys.__stdout__, sys.__stderr__):
        if stream is not None and not getattr(stream, "closed", False):
            stream.flush()


def _forget(source: bytes) -> None:
    """Drop the program's globals as the interpreter does, so that finalizers run and files close.

    Finalizers in Python may use other globals: for them all go at once, by a collection. Every job
    would pay dearly for that, so the others' globals are merely let go.
    """
    names = _main.__dict__
    if b"__del__" in source or b"IOBase" in source:  # whose objects write what they hold at last
        del sys.modules["__main__"], globals()["_main"], names
        gc.unfreeze()
        gc.collect()
    else:
        for name in [name for name in names if name != "__builtins__"]:
            names[name] = None


def _execute(source: bytes, begin: Callable[[], object]) -> None:
    program = _compiled.get(source) or compile(source, PROGRAM, "exec", dont_inherit=True)
    begin()
    sys.modules["__main__"] = _main
    exec(program, _main.__dict__)  # noqa: S102 (this is what the jail is for)


def _exit_code(code: object) -> int:
    if code is None:
        return 0
    if isinstance(code, int):
        return code & 0xFF
    sys.stderr.write(f"{code}\n")
    return 1


if __name__ == "__main__":
    main()
