"""The guest program of a session: a kept interpreter or shell, and its supervisor.

Runs in place of the zygote's loop of jobs, in a container of its own, over the same frames:

    zygote ── clone(PID, NS, IPC, UTS) ──► supervisor (pid 1) ── fork ──► interpreter (own uid)
      waits                                  reads a request                reads a cell
                                             watches pipes, clock, usage    runs it
                                             interrupts, kills, replies     says that it ended

The supervisor and the interpreter talk over a socket: a cell goes down, one line comes up when it
has ended. The code in a cell can get at that socket, and so can lie about its own cell's end; the
frames, the clock and the limits are the supervisor's, another uid out of its reach.

Between cells every process of the session is stopped: nothing runs that no cell's limits count.
What a program left running goes on with the next cell, and writes into that cell's output.

    open      OPEN · language
    run       "run" · wall s · cell              → CELL · stdout · stderr
    put       "put" · names · *contents          → error or nothing
    get       "get" · names                      → names found · *contents
"""

from __future__ import annotations

import ast
import contextlib
import errno
import gc
import linecache
import os
import resource
import select
import signal
import socket
import stat
import struct
import sys
import time
import traceback
import types
from typing import Any, NoReturn

from assay_sandbox.guest.zygote import (
    SHM_BYTES,
    STATUSES,
    WORKDIR,
    Limits,
    _fork_apart,
    _jail,
    _mount_fresh,
    _mount_proc,
    pack,
    pack_names,
    read_body,
    read_exactly,
    unpack,
    unpack_names,
    write_all,
)

OPEN = struct.Struct(">ddQQQQ")  # as a job's limits; wall, CPU and output of each cell
CELL = struct.Struct(">BhB??ddQ")  # status, exit code or -1, signal, cut?, alive?, wall, CPU, peak
WALL = struct.Struct(">d")
SHELLS = ("/bin/bash", "/usr/bin/bash", "/bin/sh")
CHANNEL = 3
CHUNK = 1 << 16
LOOK_S = 0.05  # how often CPU and memory are looked at
GRACE_S = 0.5  # from one interrupt to the next, and from the last to the end of the session
INTERRUPTS = {False: (signal.SIGINT, signal.SIGINT), True: (signal.SIGINT, signal.SIGKILL)}
FOREVER = float(1 << 31)
TICKS = os.sysconf("SC_CLK_TCK")
PAGE = resource.getpagesize()


def main(config: dict[str, Any], seccomp: int, _core: object) -> None:
    """One session: begin it when the host says what it shall be, and end with it."""
    body = read_body(0)
    if body is None:
        return
    pid = _fork_apart()
    if pid == 0:
        _supervise(config, seccomp, unpack(body))
    os.waitpid(pid, 0)


# ── the supervisor ───────────────────────────────────────────────────────────────────────────────


def _supervise(config: dict[str, Any], seccomp: int, opening: list[bytes]) -> NoReturn:
    try:
        limits = Limits(*OPEN.unpack(opening[0]))
        uid = config["uid"]
        owner = f"uid={uid},gid={uid},mode=700{config['tmpfs_options']}"
        _mount_proc(config)
        _mount_fresh(b"tmpfs", WORKDIR.encode(), f"size={limits.file_bytes},{owner}")
        _mount_fresh(b"tmpfs", b"/dev/shm", f"size={SHM_BYTES},{owner}")
        session = _Session(limits, opening[1].decode(), uid, seccomp)
        write_all(1, pack([session.program.encode()]))
        while session.alive and (body := read_body(0)) is not None:
            write_all(1, pack(session.answer(unpack(body))))
    except BaseException as error:
        os.write(2, f"session: {error!r}\n".encode())
        os._exit(1)
    os._exit(0)


class _Session:
    """The interpreter, its pipes, and what a cell may use."""

    def __init__(self, limits: Limits, language: str, uid: int, seccomp: int) -> None:
        self.limits = limits
        self.uid = uid
        self.alive = True
        self.shell = language != "python"
        self.program = next(filter(os.path.exists, SHELLS)) if self.shell else "python"
        (self.out, out_w), (self.err, err_w) = os.pipe(), os.pipe()
        self.channel, far = socket.socketpair()
        null = os.open("/dev/null", os.O_RDWR)
        self.pid = os.fork()
        if self.pid == 0:
            stdin = far.fileno() if self.shell else null
            self._become((stdin, out_w, err_w, far.fileno()), seccomp)
        for fd in (null, out_w, err_w):
            os.close(fd)
        far.close()
        for each in (self.out, self.err, self.channel.fileno()):
            os.set_blocking(each, False)
        self._stop()

    def _become(self, fds: tuple[int, ...], seccomp: int) -> NoReturn:
        """The interpreter, in the jail of a job; its CPU is counted by cell, not by process."""
        try:
            limits = self.limits
            limits.cpu_s = FOREVER
            _jail(limits, self.uid, seccomp, fds, address_space=not self.shell)
            os.chdir(WORKDIR)
            os.umask(0o022)
            if self.shell:
                arguments = _shell_arguments(self.program)
                os.execve(self.program, arguments, os.environ)  # noqa: S606 (it is the shell)
            gc.enable()
            _interpret()
        except BaseException as error:
            os.write(2, f"session: {error!r}\n".encode())
        os._exit(1)

    def answer(self, request: list[bytes]) -> list[bytes]:
        kind, *rest = request
        if kind == b"run":
            return self._run(rest[1], WALL.unpack(rest[0])[0])
        os.setegid(self.uid)  # files are laid and read with the session's own rights
        os.seteuid(self.uid)
        try:
            if kind == b"put":
                return [self._put(unpack_names(rest[0]), rest[1:])]
            return self._get(unpack_names(rest[0]))
        finally:
            os.seteuid(0)
            os.setegid(0)

    # ── files, while everything is stopped ───────────────────────────────────────────────────────

    def _put(self, names: list[str], contents: list[bytes]) -> bytes:
        try:
            for name, data in zip(names, contents, strict=True):
                folder, last = _walk(name, make=True)
                with contextlib.closing(_Fd(folder)):
                    with contextlib.suppress(FileNotFoundError):
                        os.unlink(last, dir_fd=folder)
                    flags = os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW
                    with open(os.open(last, flags, 0o644, dir_fd=folder), "wb") as file:
                        file.write(data)
        except OSError as error:
            return f"{name}: {error.strerror}".encode()
        return b""

    def _get(self, names: list[str]) -> list[bytes]:
        found, budget = {}, self.limits.file_bytes
        for name in names:
            with contextlib.suppress(OSError):
                folder, last = _walk(name)
                with contextlib.closing(_Fd(folder)):
                    flags = os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK
                    with open(os.open(last, flags, dir_fd=folder), "rb") as file:
                        status = os.fstat(file.fileno())
                        if stat.S_ISREG(status.st_mode) and status.st_size <= budget:
                            found[name] = file.read(budget)
                            budget -= len(found[name])
        return [pack_names(list(found)), *found.values()]

    # ── a cell ───────────────────────────────────────────────────────────────────────────────────

    def _run(self, cell: bytes, wall_s: float) -> list[bytes]:
        watch = _Watch(self, wall_s)
        self._drain_channel()
        self._continue()
        word, code = watch.until_ended(self._dressed(cell))
        wall_s = time.monotonic() - watch.started
        if self.alive:
            self._stop()
        else:
            self._kill()
        kept = watch.output.finish()
        status = watch.cause or _status(word, code)
        reply = CELL.pack(
            STATUSES.index(status),
            max(code, -1),
            max(-code, 0),
            watch.output.over,
            self.alive,
            wall_s,
            max(0.0, self.usage()[0] - watch.cpu_before),
            watch.peak_bytes,
        )
        return [reply, *kept]

    def _dressed(self, cell: bytes) -> bytes:
        """The cell as the interpreter or the shell reads it."""
        if not self.shell:
            return struct.pack(">I", len(cell)) + cell
        quoted = b"'" + cell.replace(b"'", b"'\\''") + b"'"
        return b"command eval " + quoted + b' </dev/null 3>&-\necho "done $?" >&3\n'

    def _drain_channel(self) -> None:
        """Forget what was said before this cell."""
        with contextlib.suppress(BlockingIOError):
            while os.read(self.channel.fileno(), CHUNK):
                pass

    def usage(self) -> tuple[float, int]:
        """CPU seconds so far and bytes held now, of all processes of the session."""
        reaped = resource.getrusage(resource.RUSAGE_CHILDREN)
        ticks = pages = 0
        for pid in self.others():
            with contextlib.suppress(OSError), open(f"/proc/{pid}/stat", "rb") as file:
                fields = file.read().rpartition(b")")[2].split()
                ticks += sum(map(int, fields[11:15]))
                pages += int(fields[21])
        return reaped.ru_utime + reaped.ru_stime + ticks / TICKS, pages * PAGE

    def others(self) -> list[int]:
        return [int(name) for name in os.listdir("/proc") if name.isdigit() and name != "1"]

    def reap(self) -> int | None:
        """Bury the dead; the interpreter's exit code if it is among them."""
        with contextlib.suppress(ChildProcessError):
            while (ended := os.waitpid(-1, os.WNOHANG))[0]:
                if ended[0] == self.pid:
                    self.alive = False
                    return os.waitstatus_to_exitcode(ended[1])
        return None

    def interrupt(self, number: int) -> None:
        """A signal for the cell: to a shell's children only, since it would end the shell."""
        for pid in self.others():
            if not (self.shell and pid == self.pid):
                with contextlib.suppress(ProcessLookupError):
                    os.kill(pid, number)

    def _stop(self) -> None:
        with contextlib.suppress(ProcessLookupError):
            os.kill(-1, signal.SIGSTOP)

    def _continue(self) -> None:
        with contextlib.suppress(ProcessLookupError):
            os.kill(-1, signal.SIGCONT)

    def _kill(self) -> None:
        with contextlib.suppress(ProcessLookupError, ChildProcessError):
            os.kill(-1, signal.SIGKILL)
            while True:
                os.waitpid(-1, 0)


class _Watch:
    """One cell from its beginning to its end."""

    def __init__(self, session: _Session, wall_s: float) -> None:
        self.session = session
        self.output = _Output(session.out, session.err, session.limits.output_bytes)
        self.cause = ""
        self.cpu_before, self.peak_bytes = session.usage()
        self.started = time.monotonic()
        self._deadline = self.started + wall_s
        self._look = self.started
        self._said = b""
        self._interrupts = list(INTERRUPTS[session.shell])

    def until_ended(self, message: bytes) -> tuple[str, int]:
        """Send the cell and wait for its end: its word and exit code, or how the session ended."""
        session, channel = self.session, self.session.channel.fileno()
        poller = select.poll()
        poller.register(0, 0)  # only a hang-up: the host is gone
        for fd in (session.out, session.err):
            poller.register(fd, select.POLLIN)
        poller.register(channel, select.POLLIN | select.POLLOUT)
        view = memoryview(message)
        while True:
            for fd, event in poller.poll(LOOK_S * 1000):
                if fd == 0:
                    os._exit(0)
                elif fd != channel:
                    if not self.output.read(fd):
                        poller.unregister(fd)
                    continue
                if event & select.POLLOUT and view:
                    view = view[_send(channel, view) :]
                if not view:
                    poller.modify(channel, select.POLLIN)
                if event & select.POLLIN:
                    said = _receive(channel)
                    self._said += said[: 64 - len(self._said)]
                    if not said:  # nobody is there any more
                        poller.unregister(channel)
            code = session.reap()
            if code is not None:
                return "gone", code
            if b"\n" in self._said:
                session.alive = not view  # one that reads no cell to its end cannot have another
                return _parse(self._said)
            self._judge()
            if not session.alive:
                return "gone", -signal.SIGKILL

    def _judge(self) -> None:
        """Press the cell to its end if it went too far, ever harder."""
        now = time.monotonic()
        if self.cause and now < self._deadline:
            return
        self.cause = self.cause or self._excess(now)
        if self.cause == "memory" or (self.cause and not self._interrupts):
            self.session.alive = False
        elif self.cause:
            self.session.interrupt(self._interrupts.pop(0))
            self._deadline = now + GRACE_S

    def _excess(self, now: float) -> str:
        if self.output.over:
            return "output_limit"
        if now > self._deadline:
            return "timeout"
        if now > self._look:
            self._look = now + LOOK_S
            cpu_s, held = self.session.usage()
            self.peak_bytes = max(self.peak_bytes, held)
            if held > self.session.limits.memory_bytes:
                return "memory"
            if cpu_s - self.cpu_before > self.session.limits.cpu_s:
                return "timeout"
        return ""


class _Output:
    """What a cell wrote, up to ``cap`` bytes on both streams together."""

    def __init__(self, stdout: int, stderr: int, cap: int) -> None:
        self.kept = {stdout: bytearray(), stderr: bytearray()}
        self.cap = cap
        self.over = False

    def read(self, fd: int) -> int:
        """Read once; 0 at the end of the stream."""
        try:
            data = os.read(fd, CHUNK)
        except BlockingIOError:
            return 1
        room = self.cap - sum(map(len, self.kept.values()))
        self.kept[fd] += data[:room]
        self.over = self.over or len(data) > room
        return len(data)

    def finish(self) -> list[bytes]:
        """Read what is in the pipes now, and no more."""
        for fd in self.kept:
            with contextlib.suppress(BlockingIOError):
                for _ in range(2 * self.cap // CHUNK + 2):
                    data = os.read(fd, CHUNK)
                    if not data:
                        break
                    room = self.cap - sum(map(len, self.kept.values()))
                    self.kept[fd] += data[:room]
                    self.over = self.over or len(data) > room
        return [bytes(kept) for kept in self.kept.values()]


class _Fd:
    """A descriptor that can be closed as a file can."""

    def __init__(self, number: int) -> None:
        self.number = number

    def close(self) -> None:
        os.close(self.number)


def _walk(name: str, *, make: bool = False) -> tuple[int, str]:
    """The folder of ``name``, reached without a link, and its last part."""
    *folders, last = name.split("/")
    fd = os.open(WORKDIR, os.O_RDONLY | os.O_DIRECTORY)
    for part in folders:
        with contextlib.closing(_Fd(fd)):
            if make:
                with contextlib.suppress(FileExistsError):
                    os.mkdir(part, 0o755, dir_fd=fd)
            # Looked at first: a gVisor of 2022 follows a link where it is asked not to.
            if not stat.S_ISDIR(os.stat(part, dir_fd=fd, follow_symlinks=False).st_mode):
                raise NotADirectoryError(errno.ENOTDIR, "not a directory")
            fd = os.open(part, os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW, dir_fd=fd)
    return fd, last


def _send(fd: int, view: memoryview) -> int:
    try:
        return os.write(fd, view)
    except OSError as error:
        if error.errno in (errno.EAGAIN, errno.EPIPE, errno.ECONNRESET):
            return 0
        raise


def _receive(fd: int) -> bytes:
    """What was said; nothing where the other side has gone, be it before it had read all."""
    with contextlib.suppress(BlockingIOError, ConnectionResetError):
        return os.read(fd, CHUNK)
    return b""


def _parse(said: bytes) -> tuple[str, int]:
    """``word code``; what makes no sense was said by the cell's own code, and is its failure."""
    word, _, number = said.partition(b"\n")[0].partition(b" ")
    code = int(number) & 0xFF if number.isdigit() else 1
    return word.decode("ascii", "replace"), code


def _status(word: str, code: int) -> str:
    if word in ("memory", "compile_error"):
        return word
    if code < 0:
        return "signal"
    return "nonzero_exit" if code else "ok"


def _shell_arguments(program: str) -> list[str]:
    name = os.path.basename(program)
    return [name, "--noprofile", "--norc", "-s"] if name == "bash" else [name, "-s"]


# ── the interpreter ──────────────────────────────────────────────────────────────────────────────


def _interpret() -> NoReturn:
    """Read cells and run them in one module, for ever."""
    module = types.ModuleType("__main__")
    sys.modules["__main__"] = module
    sys.argv = [""]
    sys.path.insert(0, WORKDIR)
    number = 0
    while True:
        number += 1
        word, code = "error", 1
        try:
            signal.signal(signal.SIGINT, signal.SIG_IGN)
            head = read_exactly(CHANNEL, 4)
            cell = head and read_exactly(CHANNEL, struct.unpack(">I", head)[0])
            if cell is None:
                os._exit(0)
            signal.signal(signal.SIGINT, signal.default_int_handler)
            word, code = _run_cell(cell, f"<cell {number}>", module.__dict__)
            signal.signal(signal.SIGINT, signal.SIG_IGN)
        except KeyboardInterrupt:
            pass
        for stream in (sys.stdout, sys.stderr):
            with contextlib.suppress(Exception):
                stream.flush()
        os.write(CHANNEL, f"{word} {code}\n".encode())


def _run_cell(cell: bytes, name: str, scope: dict[str, Any]) -> tuple[str, int]:
    text = cell.decode("utf-8", "surrogatepass")
    linecache.cache[name] = (len(text), None, text.splitlines(keepends=True), name)
    try:
        steps = _compile(text, name)
    except MemoryError:
        return _out_of_memory()
    except BaseException:
        traceback.print_exc(0)
        return "compile_error", 1
    try:
        for step in steps:
            exec(step, scope)  # noqa: S102 (this is what the jail is for)
    except SystemExit as error:
        return "done", _exit_code(error.code)
    except MemoryError as error:
        error.__traceback__ = None  # lets go of the frames that hold the memory
        return _out_of_memory()
    except BaseException as error:
        trace = error.__traceback__
        while trace and trace.tb_frame.f_code.co_filename != name:
            trace = trace.tb_next
        if sys.excepthook is sys.__excepthook__:  # which knows no source but files
            traceback.print_exception(error.with_traceback(trace))
        else:
            sys.excepthook(type(error), error.with_traceback(trace), trace)
        return "done", 1
    return "done", 0


def _compile(text: str, name: str) -> list[types.CodeType]:
    """The statements, then the last one, if it is an expression, to be shown as in a notebook."""
    tree = ast.parse(text, name)
    last: list[ast.stmt] = []
    if tree.body and isinstance(tree.body[-1], ast.Expr):
        last = [tree.body.pop()]
    steps = [compile(tree, name, "exec", dont_inherit=True)]
    if last:
        shown = ast.Interactive(last)
        steps.append(compile(shown, name, "single", dont_inherit=True))
    return steps


def _out_of_memory() -> tuple[str, int]:
    os.write(2, b"MemoryError\n")
    return "memory", 1


def _exit_code(code: object) -> int:
    if code is None or isinstance(code, int):
        return (code or 0) & 0xFF
    sys.stderr.write(f"{code}\n")
    return 1
