"""Probes against other processes: the supervisor, the zygote, neighbours, what comes after."""

from __future__ import annotations

from assay_sandbox.job import Status
from assay_sandbox.probes.probe import ENDS, Probe

_KILLED: frozenset[Status] = ENDS | {"sandbox_failed"}

PROBES = (
    Probe(
        "kill the parent",
        "send every signal to the parent",
        """
import signal
for number in (signal.SIGKILL, signal.SIGSTOP, signal.SIGTERM, signal.SIGINT, signal.SIGSEGV):
    try:
        if os.getppid() > 0:
            os.kill(os.getppid(), number)
            print("sent", number, "to", os.getppid())
    except OSError as error:
        print(error)
time.sleep(0.2)
print("alive")
""",
    ),
    Probe(
        "kill the first process",
        "send every signal to pid 1",
        """
for number in range(1, 65):
    try:
        os.kill(1, number)
    except OSError as error:
        print(number, error)
time.sleep(0.2)
print("alive")
""",
    ),
    Probe(
        "kill everything",
        "send SIGKILL to every process and every group",
        """
import signal
for pid in range(1, 3000):
    for kill in (os.kill, os.killpg):
        try:
            if pid != os.getpid() and pid != os.getpgid(0):
                kill(pid, signal.SIGKILL)
        except OSError:
            pass
try:
    os.kill(-1, signal.SIGKILL)
except OSError as error:
    print(error)
""",
        ends=_KILLED,
    ),
    Probe(
        "see processes",
        "see processes that are not its own",
        """
seen = [pid for pid in os.listdir("/proc") if pid.isdigit()]
print(seen)
if len(seen) > 4:
    escaped("sees", len(seen), "processes")
""",
    ),
    Probe(
        "ptrace",
        "attach to the supervisor and to pid 1",
        """
for pid in {1, os.getppid()} - {0, os.getpid()}:
    for request in (16, 0x4206):
        got, why = syscall(101, 117, request, pid, 0, 0)
        print(pid, request, got, why)
        if got == 0:
            escaped("attached to", pid)
""",
    ),
    Probe(
        "read another's memory",
        "read memory through /proc, process_vm_readv and a pidfd",
        """
import ctypes
for pid in {1, os.getppid()} - {0, os.getpid()}:
    for name in ("mem", "maps", "environ", "stack", "syscall", "auxv"):
        try:
            with open(f"/proc/{pid}/{name}", "rb") as file:
                if file.read(64):
                    escaped("read", name, "of", pid)
        except OSError as error:
            print(pid, name, errno.errorcode.get(error.errno))
    try:
        os.listdir(f"/proc/{pid}/fd")
        escaped("listed the descriptors of", pid)
    except OSError as error:
        print(pid, "fd", errno.errorcode.get(error.errno))
    class Span(ctypes.Structure):
        _fields_ = [("base", ctypes.c_void_p), ("size", ctypes.c_size_t)]
    own = ctypes.create_string_buffer(8)
    here, there = Span(ctypes.addressof(own), 8), Span(ctypes.addressof(own), 8)
    got, why = syscall(310, 270, pid, ctypes.byref(here), 1, ctypes.byref(there), 1, 0)
    print("process_vm_readv", got, why)
    if got > 0:
        escaped("process_vm_readv of", pid)
    fd, why = syscall(434, 434, pid, 0)
    if fd >= 0:
        got, why = syscall(438, 438, fd, 0, 0)
        if got >= 0:
            escaped("took a descriptor of", pid)
    print("pidfd", fd, why)
""",
    ),
    Probe(
        "daemon",
        "leave a process behind that goes on after the job",
        """
if os.fork() == 0:
    os.setsid()
    if os.fork() == 0:
        for fd in range(3):
            try:
                os.close(fd)
            except OSError:
                pass
        while True:
            time.sleep(0.05)
            try:
                open("/tmp/daemon-was-here", "w").close()
            except OSError:
                pass
    os._exit(0)
time.sleep(0.1)
""",
        ends=frozenset({"ok"}),
        after="""
time.sleep(0.3)
if os.path.exists("/tmp/daemon-was-here"):
    escaped("the daemon of the job before writes here")
others = [pid for pid in os.listdir("/proc") if pid.isdigit()]
if len(others) > 4:
    escaped("processes of the job before:", others)
""",
    ),
    Probe(
        "leave things behind",
        "leave files, shared memory and queues for the next job",
        """
for place in ("/tmp", "/dev/shm", "/var/tmp", "/run", "/"):
    try:
        with open(f"{place}/left-behind", "w") as file:
            file.write("here")
        print("left in", place)
    except OSError as error:
        print(place, error)
libc.shmget(0x1234, 4096, 0o1666)
libc.msgget(0x1234, 0o1666)
libc.semget(0x1234, 1, 0o1666)
os.umask(0)
""",
        after="""
for place in ("/tmp", "/dev/shm", "/var/tmp", "/run", "/"):
    if os.path.exists(f"{place}/left-behind"):
        escaped("found in", place)
for name, call in (("memory", libc.shmget(0x1234, 4096, 0)), ("queue", libc.msgget(0x1234, 0)),
                   ("semaphore", libc.semget(0x1234, 1, 0))):
    if call >= 0:
        escaped("found shared", name)
""",
    ),
    Probe(
        "core dump",
        "crash with a core file, or with the host's crash handler",
        """
import resource
hard = resource.getrlimit(resource.RLIMIT_CORE)[1]
for limits in ((resource.RLIM_INFINITY,) * 2, (0, hard)):  # 0 stops files, but no handler
    try:
        resource.setrlimit(resource.RLIMIT_CORE, limits)
        escaped("limits of core files set to", limits)
    except (OSError, ValueError) as error:
        print(limits, error)
sys.stdout.flush()
os.abort()
""",
        ends=frozenset({"signal"}),
        after="""
found = [name for name in os.listdir("/tmp") if "core" in name]
if found:
    escaped(found)
""",
    ),
    Probe(
        "terminal",
        "type into a terminal of the host",
        """
import fcntl, termios
for fd in range(3):
    try:
        fcntl.ioctl(fd, termios.TIOCSTI, b"x")
        escaped("typed into", fd)
    except OSError as error:
        print(fd, error)
try:
    os.open("/dev/tty", os.O_RDWR)
    granted("a controlling terminal")
except OSError as error:
    print(error)
""",
        virtual=True,
    ),
)
