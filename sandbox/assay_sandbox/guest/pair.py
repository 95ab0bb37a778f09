"""The guest program of pairs: a tester and a candidate that talk over two pipes, and no more.

Runs in place of the zygote's loop of jobs, in containers of their own, over the same frames:

    zygote ── fork ──► watcher ──┬─ clone(PID, NS, IPC, UTS) ──► candidate, pid 1 (own uid)
      waits             pipes    │                                 ▲ 3, 4  two pipes
                        clock    │                                 ▼ 4, 3
                        reply    └─ clone(PID, NS, IPC, UTS) ──► tester, pid 1 (another uid)

Each has namespaces, ``/proc``, ``/tmp`` and ``/dev/shm`` of its own, the two are in different
network namespaces, and the watcher is in none of them: neither sees that anything else exists. All
three are forked before the requests arrive, and each of the two reads its own, so no byte of one is
ever in memory from which the other is forked. Before its program begins, a process has let go of
every descriptor but the program's own, and of a page shared with the watcher, in which it has told
its limits and how far it got: ``J`` (jailed), ``R`` (running).

Being the first process of its namespace, a program that ends takes all that it began with it; then
the other reads the end of its pipe. When the tester has ended, by itself or by a limit, the
candidate has a moment to end as well; then it is killed. What the first process of a namespace
cannot do on Linux is end itself by a signal: that does nothing, unless it has a handler for it or
the signal is a crash's. So the CPU limit ends it a second late, by the hard limit.

Where there is one mount namespace for all (that gVisor), the tester's ``/tmp`` is at
:data:`ASIDE`, and what is mounted on ``/proc``, ``/tmp`` and ``/dev/shm`` is the candidate's, whose
uid alone can enter it.

    request   the candidate's, as of any job · the tester's
    reply     OUTLIVED · the candidate's, as of any job · the tester's

All this is here twice, as in ``zygote.py``: in C in ``pair.c``, and in Python where there is no
native core. Like the zygote's loop it decides nothing about correctness.
"""

from __future__ import annotations

import contextlib
import ctypes
import gc
import itertools
import os
import select
import signal
import struct
import sys
import time
from collections.abc import Callable
from typing import Any, NoReturn

from assay_sandbox.guest.zygote import (
    END_OF_INPUT,
    MNT_DETACH,
    NEW_NETWORK,
    REPLY,
    REQUEST,
    SHM_BYTES,
    STATUSES,
    SYS_CLONE,
    WORKDIR,
    Limits,
    _check,
    _confine,
    _finish,
    _fork_apart,
    _introduce,
    _lay_out,
    _libc,
    _mount_fresh,
    _Output,
    _settings,
    _status,
    _syscall,
    _umount,
    pack,
    pack_names,
    read_body,
    unpack,
    write_all,
)

ASIDE = "/dev/tester"
OUTLIVED = struct.Struct(">?")  # the candidate still ran when the tester ended
PAGE_BYTES = 4096
LIMITS_AT = 8  # in the page, after the two letters
FAR, NEAR, FIRST_FREE = 3, 4, 5  # a program's descriptors: from the other side, to it
DESCRIPTORS = 256
MOMENT_S = 0.05  # for the candidate to end as well, by itself, before it is killed
ZYGOTE = Limits.__module__


def main(config: dict[str, Any], seccomp: int, core: ctypes.PyDLL | None) -> None:
    """One watcher after another until the input ends."""
    null = os.open("/dev/null", os.O_RDONLY)
    for fd in (FAR, NEAR):  # so that no pipe made later has a number that it must move to
        os.dup2(null, fd)
    if config["unmount"]:
        os.makedirs(ASIDE, exist_ok=True)
    networks = None if config["network"] else _networks()
    if core:
        _serve_natively(core, config, seccomp, networks)
    for name in ("mmap", "socket"):  # so that no watcher has to
        __import__(name)
    while True:
        pid: int = _syscall(SYS_CLONE, signal.SIGCHLD, 0, 0, 0, 0)
        _check(pid, "clone")
        if pid == 0:
            _guarded(lambda: _watch(config, seccomp, networks))
        _, status = os.waitpid(pid, 0)
        if status:
            os._exit(0 if os.waitstatus_to_exitcode(status) == END_OF_INPUT else 1)


def _serve_natively(
    core: ctypes.PyDLL, config: dict[str, Any], seccomp: int, networks: tuple[int, int] | None
) -> NoReturn:
    """One pair after another; what is below ``serve_pairs`` runs in each side."""
    if networks:
        os.dup2(networks[1], FIRST_FREE)
    begin = core.begin  # looked up here, or every side would
    settings = ctypes.byref(_settings(config, seccomp))
    source, argv, env, folder = core.serve_pairs(settings, FIRST_FREE if networks else -1)
    if folder.decode() != WORKDIR:
        _move(folder.decode())
    _run(source, argv, env, begin)


def _guarded(work: Callable[[], int]) -> NoReturn:
    """End with what ``work`` returns; with 1, and a word on the container's log, where it fails."""
    try:
        os._exit(work())
    except BaseException as error:
        os.write(2, f"pair: {error!r}\n".encode())
    os._exit(1)


def _networks() -> tuple[int, int]:
    """Descriptors of this network namespace and of another as empty, made once."""
    ready, ready_w = os.pipe()
    wait, wait_w = os.pipe()
    pid: int = _syscall(SYS_CLONE, NEW_NETWORK | signal.SIGCHLD, 0, 0, 0, 0)
    _check(pid, "clone")
    if pid == 0:
        os.close(wait_w)
        os.write(ready_w, b".")
        os.read(wait, 1)
        os._exit(0)
    os.read(ready, 1)
    paths = ("/proc/self/ns/net", f"/proc/{pid}/ns/net")
    own, other = (os.open(path, os.O_RDONLY) for path in paths)
    for fd in (ready, ready_w, wait, wait_w):
        os.close(fd)
    os.waitpid(pid, 0)
    return own, other


# ── a side ───────────────────────────────────────────────────────────────────────────────────────


class _Side:
    """One of the two, as the watcher has it; in its own process, as it is to be.

    Attributes:
        cause: why it was killed, a status, or "".
        ended: exit code or minus signal, and usage, once it is gone.
        wall_s: seconds that it ran.
    """

    def __init__(self, uid: int, folder: str, mounts: dict[str, int]) -> None:
        self.uid, self.folder, self.mounts = uid, folder, mounts
        import mmap

        self.page = mmap.mmap(-1, PAGE_BYTES)
        (self.out, self.out_w), (self.err, self.err_w) = os.pipe(), os.pipe()
        for fd in (self.out, self.err):
            os.set_blocking(fd, False)
        self.pid = 0
        self.cause = ""
        self.ended: tuple[int, Any] | None = None
        self.wall_s = 0.0

    def begun(self) -> None:
        """In the watcher: it has read its request."""
        self.limits = Limits(*REQUEST.unpack_from(self.page, LIMITS_AT))
        self.output = _Output(self.out, self.err, self.limits.output_bytes)

    def kill(self, cause: str) -> None:
        """End everything of it, unless that has been done."""
        if self.ended is None and not self.cause:
            self.cause = cause
            os.kill(self.pid, signal.SIGKILL)

    def excess(self, seconds: float) -> str:
        """Why to kill it now, or ""."""
        if self.output.over:
            return "output_limit"
        return "timeout" if seconds > self.limits.wall_s else ""

    def reap(self, seconds: float) -> None:
        """Note its end, if it has ended; ``seconds`` is the time now."""
        if self.ended is None:
            pid, status, usage = os.wait4(self.pid, os.WNOHANG)
            if pid:
                self.ended = (os.waitstatus_to_exitcode(status), usage)
                self.wall_s = seconds
                if status != signal.SIGKILL:  # before it could be killed
                    self.cause = ""
                # The kernel collects sockets that nobody holds when one is closed; a pipe's end may
                # be on its way through such, and the other side waits for it.
                import socket

                socket.socket(socket.AF_UNIX).close()

    def reply(self) -> bytes:
        """A reply's body, as of any job."""
        assert self.ended is not None
        code, usage = self.ended
        cpu_s = usage.ru_utime + usage.ru_stime
        self.output.drain()
        kept, over = self.output.kept(), self.output.over
        status = "output_limit" if over else self.cause
        status = status or _status(code, self.page[:2], cpu_s, kept[1], self.limits)
        fields = REPLY.pack(
            STATUSES.index(status),
            max(code, -1),
            max(-code, 0),
            over,
            self.wall_s,
            cpu_s,
            usage.ru_maxrss * 1024,
        )
        return pack([fields, pack_names([]), *kept])[4:]


# ── the watcher ──────────────────────────────────────────────────────────────────────────────────


def _watch(config: dict[str, Any], seccomp: int, networks: tuple[int, int] | None) -> int:
    """Serve one pair; what to end with."""
    candidate, tester = sides = _sides(config)
    turn, ready, to_tester, to_candidate = pipes = [os.pipe() for _ in range(4)]
    if networks:
        _check(_libc.setns(networks[1], NEW_NETWORK), "setns")
    candidate.pid = _fork_apart(NEW_NETWORK if config["network"] else 0)
    if candidate.pid == 0:
        tester.page.close()
        _offer_to_die()
        ends = (to_candidate[0], to_tester[1])
        _guarded(lambda: _become(candidate, config, seccomp, ends, None, turn[1]))
    if networks:
        _check(_libc.setns(networks[0], NEW_NETWORK), "setns")
    tester.pid = _fork_apart()
    if tester.pid == 0:
        candidate.page.close()
        ends = (to_tester[0], to_candidate[1])
        _guarded(lambda: _become(tester, config, seccomp, ends, turn[0], ready[1]))
    for fd in {
        *itertools.chain(*pipes),
        *(side.out_w for side in sides),
        *(side.err_w for side in sides),
    } - {ready[0]}:
        os.close(fd)
    if not os.read(ready[0], 1):
        return END_OF_INPUT
    for side in sides:
        side.begun()
    _until_ended(candidate, tester)
    outlived = candidate.cause == "signal"
    write_all(1, pack([OUTLIVED.pack(outlived), candidate.reply(), tester.reply()]))
    if config["unmount"]:
        for target in (*candidate.mounts, "/proc", *tester.mounts):
            _check(_umount(target.encode(), MNT_DETACH), f"umount {target!r}")
    return 0


def _offer_to_die() -> None:
    """Be what the kernel kills first where the container has no memory left: not the tester."""
    with contextlib.suppress(OSError), open("/proc/self/oom_score_adj", "w") as file:
        file.write("1000")


def _sides(config: dict[str, Any]) -> tuple[_Side, _Side]:
    """Candidate and tester."""
    uid = config["uid"]
    usual = {WORKDIR: 0, "/dev/shm": SHM_BYTES}  # noqa: S108 (inside the jail)
    candidate = _Side(uid, WORKDIR, usual)
    if config["unmount"]:
        return candidate, _Side(uid + 1, ASIDE, {ASIDE: 0})
    return candidate, _Side(uid + 1, WORKDIR, usual)


def _until_ended(candidate: _Side, tester: _Side) -> None:
    """Watch both until they have ended, and have the candidate end with the tester."""
    woken, wake = os.pipe()
    for fd in (woken, wake):
        os.set_blocking(fd, False)
    signal.signal(signal.SIGCHLD, lambda *_: None)
    signal.set_wakeup_fd(wake)
    poller = select.poll()
    poller.register(0, 0)  # only a hang-up: the host is gone
    poller.register(woken, select.POLLIN)
    outputs = {fd: side.output for side in (candidate, tester) for fd in (side.out, side.err)}
    for fd in outputs:
        poller.register(fd, select.POLLIN)
    started = time.monotonic()
    while True:
        seconds = time.monotonic() - started
        for side in (candidate, tester):
            side.reap(seconds)
            if cause := side.excess(seconds):
                side.kill(cause)
        if tester.ended and seconds > tester.wall_s + MOMENT_S:
            candidate.kill("signal")
        if tester.ended and candidate.ended:
            return
        running = [side for side in (candidate, tester) if not (side.ended or side.cause)]
        left = min((side.limits.wall_s - seconds for side in running), default=MOMENT_S)
        left = min(left, MOMENT_S) if tester.ended else left
        for fd, _ in poller.poll(max(0.0, left) * 1000 + 1):
            if fd == 0:
                os._exit(END_OF_INPUT)
            if fd == woken:
                os.read(woken, PAGE_BYTES)
                continue
            outputs[fd].read(fd)
            if fd not in outputs[fd].open:
                poller.unregister(fd)


# ── the two processes ────────────────────────────────────────────────────────────────────────────


def _become(
    side: _Side,
    config: dict[str, Any],
    seccomp: int,
    ends: tuple[int, int],
    turn: int | None,
    done: int,
) -> int:
    """Read the request and run its program; what to end with where there is none.

    Args:
        ends: of the two pipes, to read from and to write to.
        turn: where it is told that the next request is its own; None: the first is.
        done: where to tell that the request has been read.
    """
    _close_all_but(0, 2, side.out_w, side.err_w, *ends, done, *(() if turn is None else (turn,)))
    if side.folder == WORKDIR:
        _mount_fresh(b"proc", b"/proc", config["proc_options"])
    if turn is not None and not os.read(turn, 1):
        return END_OF_INPUT
    body = read_body(0)
    if body is None:
        return END_OF_INPUT
    fields, *blobs = unpack(body)
    limits = Limits(*REQUEST.unpack(fields))
    side.page[LIMITS_AT : LIMITS_AT + REQUEST.size] = fields
    owner = f"uid={side.uid},gid={side.uid},mode=700{config['tmpfs_options']}"
    for target, size in side.mounts.items():
        _mount_fresh(b"tmpfs", target.encode(), f"size={size or limits.file_bytes},{owner}")
    os.write(done, b".")
    os.setsid()
    _dress(side, ends, blobs[6])
    _confine(limits, side.uid, seccomp, address_space=True)
    _begin(side, blobs)


def _close_all_but(*fds: int) -> None:
    for low, high in itertools.pairwise(sorted({*fds, DESCRIPTORS})):
        os.closerange(low + 1, high)


def _dress(side: _Side, ends: tuple[int, int], stdin: bytes) -> None:
    """Have the program's descriptors, and no other."""
    given = os.memfd_create("stdin", 0)
    write_all(given, stdin)
    os.lseek(given, 0, os.SEEK_SET)
    for target, fd in enumerate((given, side.out_w, side.err_w)):
        os.dup2(fd, target)
    for target, fd in zip((FAR, NEAR), ends, strict=True):
        os.dup2(fd, target, inheritable=False)
    os.closerange(FIRST_FREE, DESCRIPTORS)


def _begin(side: _Side, blobs: list[bytes]) -> NoReturn:
    if side.folder != WORKDIR:
        _move(side.folder)
    _lay_out(blobs)
    side.page[0:1] = b"J"

    def begin() -> None:
        side.page[1:2] = b"R"
        side.page.close()

    _run(blobs[5], blobs[1], blobs[2], begin)


def _run(source: bytes, argv: bytes, env: bytes, begin: Callable[[], object]) -> NoReturn:
    """Become the program of one side."""
    _introduce(argv, env)
    gc.enable()
    _finish(source, begin)


def _move(folder: str) -> None:
    """Have ``folder`` in place of ``/tmp``."""
    sys.path[sys.path.index(WORKDIR)] = folder
    os.environ["TMPDIR"] = folder
    program = f"{folder}/main.py"
    zygote = vars(sys.modules[ZYGOTE])
    zygote.update(WORKDIR=folder, PROGRAM=program)
    zygote["_main"].__file__ = program
