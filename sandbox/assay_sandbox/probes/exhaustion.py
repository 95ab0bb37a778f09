"""Probes that take more than their share: processes, memory, time, space, output."""

from __future__ import annotations

from dataclasses import replace

from assay_sandbox.job import Result
from assay_sandbox.probes.probe import SHORT, Probe

_BOMB = replace(SHORT, processes=24)


def _over(result: Result) -> str | None:
    kept = len(result.stdout) + len(result.stderr)
    return f"{kept} bytes of output were kept" if kept > SHORT.output_bytes else None


def _small(result: Result) -> str | None:
    written = sum(map(len, result.files.values()))
    return f"{written} bytes came out" if written > SHORT.file_bytes else None


PROBES = (
    Probe(
        "fork bomb",
        "fork in a loop, in every child too",
        """
while True:
    try:
        os.fork()
    except OSError:
        pass
""",
        limits=_BOMB,
        ends=frozenset({"timeout", "memory", "nonzero_exit", "signal", "sandbox_failed"}),
    ),
    Probe(
        "processes",
        "start more processes than the limit",
        """
children = 0
try:
    for _ in range(500):
        if os.fork() == 0:
            time.sleep(60)
            os._exit(0)
        children += 1
except OSError as error:
    print(children, error)
if children > 64:
    escaped(children, "processes at once")
""",
        limits=_BOMB,
        ends=frozenset({"ok", "timeout", "memory", "sandbox_failed"}),
    ),
    Probe(
        "thread bomb",
        "start threads without end",
        """
import threading
started = 0
try:
    for _ in range(5000):
        threading.Thread(target=time.sleep, args=(60,), daemon=True).start()
        started += 1
except RuntimeError as error:
    print(started, error)
if started > 64:
    escaped(started, "threads at once")
os._exit(0)
""",
        limits=_BOMB,
        ends=frozenset({"ok", "timeout", "memory", "sandbox_failed"}),
    ),
    Probe(
        "memory bomb",
        "allocate and touch memory without end",
        """
held = []
for n in range(400):
    held.append(bytearray(b"x" * (8 << 20)))
escaped("touched", len(held) * 8, "MiB")
""",
        ends=frozenset({"memory", "timeout"}),
    ),
    Probe(
        "memory bomb of many",
        "allocate in many processes, each below the limit",
        """
for n in range(20):
    try:
        if os.fork() == 0:
            held = [b"x" * (1 << 20) for _ in range(160)]
            time.sleep(60)
            os._exit(0)
    except OSError:
        pass
time.sleep(60)
""",
        ends=frozenset({"memory", "timeout", "nonzero_exit"}),
    ),
    Probe("spin", "loop for ever", "while True: pass", ends=frozenset({"timeout"})),
    Probe(
        "spin deaf",
        "loop for ever, deaf to every signal that can be ignored",
        """
import signal
for number in range(1, 65):
    try:
        signal.signal(number, signal.SIG_IGN)
    except (OSError, ValueError):
        pass
while True: pass
""",
        ends=frozenset({"timeout", "signal"}),
    ),
    Probe("sleep", "sleep for ever", "time.sleep(3600)", ends=frozenset({"timeout"})),
    Probe(
        "sleep in silence",
        "close every descriptor, then sleep for ever",
        "os.closerange(0, 1024)\ntime.sleep(3600)",
        ends=frozenset({"timeout"}),
    ),
    Probe(
        "one huge power",
        "a computation that no signal handler of Python's can interrupt",
        "9 ** 9 ** 9",
        ends=frozenset({"timeout", "memory"}),
    ),
    Probe(
        "disk flood",
        "write without end, to every place that can be written",
        """
total = 0
for place in ("/tmp", "/dev/shm", "/var/tmp", "/run", "/home", "/"):
    for n in range(100):
        try:
            with open(f"{place}/flood{n}", "wb", buffering=0) as file:
                while True:
                    total += file.write(b"x" * (1 << 20))
        except OSError as error:
            print(place, errno.errorcode.get(error.errno))
            if not os.path.exists(f"{place}/flood{n}"):
                break
            if error.errno == errno.ENOSPC:
                break
if total > 40 << 20:
    escaped(total, "bytes on disk")
""",
    ),
    Probe(
        "shared memory flood",
        "fill /dev/shm and memory that has no name",
        """
total = 0
try:
    with open("/dev/shm/flood", "wb", buffering=0) as file:
        while True:
            total += file.write(b"x" * (1 << 20))
except OSError as error:
    print(error)
if total > 20 << 20:
    escaped(total, "bytes of shared memory")
try:
    fd = os.memfd_create("flood")
    while True:
        total += os.write(fd, b"x" * (1 << 20))
except OSError as error:
    print(error)
if total > 300 << 20:
    escaped(total, "bytes without a name")
""",
        ends=frozenset({"ok", "memory", "signal", "timeout"}),
    ),
    Probe(
        "inode flood",
        "make empty files without end",
        """
made = 0
try:
    for made in range(2_000_000):
        os.close(os.open(f"/tmp/{made}", os.O_CREAT | os.O_WRONLY))
except OSError as error:
    print(made, error)
else:
    escaped(made, "files")
""",
        ends=frozenset({"ok", "timeout", "memory", "sandbox_failed"}),
    ),
    Probe(
        "sparse file",
        "claim a huge file without writing it, and have it fetched",
        """
for size in (1 << 50, 1 << 40, 1 << 33):
    try:
        with open("out", "wb") as file:
            os.truncate(file.fileno(), size)
        escaped("a file of", size, "bytes")
    except OSError as error:
        print(size, error)
with open("out", "wb") as file:
    file.write(b"y")
""",
        fetch=("out",),
        judge=_small,
        ends=frozenset({"ok", "signal", "nonzero_exit"}),
    ),
    Probe(
        "output flood",
        "write to stdout without end",
        'while True: os.write(1, b"x" * 65536)',
        ends=frozenset({"output_limit"}),
        judge=_over,
    ),
    Probe(
        "error flood",
        "write to stderr without end",
        'while True: os.write(2, b"x" * 65536)',
        ends=frozenset({"output_limit"}),
        judge=_over,
    ),
    Probe(
        "flood of both",
        "write to both streams from many processes",
        """
for _ in range(4):
    try:
        os.fork()
    except OSError:
        pass
while True:
    os.write(1, b"x" * 4096)
    os.write(2, b"y" * 4096)
""",
        ends=frozenset({"output_limit", "timeout"}),
        judge=_over,
    ),
    Probe(
        "output without an end",
        "keep its output's pipes open in sockets that outlive every process",
        """
import socket
one, other = socket.socketpair()
socket.send_fds(one, [b"x"], [one.fileno(), other.fileno(), 1, 2])
print("left")
""",
        ends=frozenset({"ok"}),
    ),
    Probe(
        "asynchronous requests",
        "take the places that the whole host has for them",
        """
context = ctypes.c_ulong(0)
refused("io_setup", 206, 0, 65_000, ctypes.byref(context))
""",
        virtual=True,
    ),
    Probe(
        "descriptor flood",
        "open descriptors without end",
        """
held = []
try:
    while len(held) < 100_000:
        held.append(os.open("/dev/null", os.O_RDONLY))
except OSError as error:
    print(len(held), error)
if len(held) > 1024:
    escaped(len(held), "descriptors")
""",
    ),
    Probe(
        "higher limits",
        "raise its own limits",
        """
import resource
for name in ("RLIMIT_NPROC", "RLIMIT_FSIZE", "RLIMIT_NOFILE", "RLIMIT_CORE", "RLIMIT_CPU"):
    which = getattr(resource, name)
    hard = resource.getrlimit(which)[1]
    try:
        resource.setrlimit(which, (resource.RLIM_INFINITY, resource.RLIM_INFINITY))
        escaped(name, "raised from", hard)
    except (OSError, ValueError) as error:
        print(name, hard, error)
""",
    ),
    Probe(
        "priority",
        "raise its own priority, ask for real time",
        """
try:
    os.nice(-10)
    granted("nice -10")
except OSError as error:
    print(error)
fails("real time", os.sched_setscheduler, 0, os.SCHED_FIFO, os.sched_param(10))
""",
        virtual=True,
    ),
)
