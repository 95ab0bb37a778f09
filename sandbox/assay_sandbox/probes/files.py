"""Probes by files: outputs that are no files, names that lead elsewhere."""

from __future__ import annotations

from assay_sandbox.job import Result
from assay_sandbox.probes.probe import Probe


def _nothing(result: Result) -> str | None:
    return f"came out: {dict(result.files)!r}"[:300] if result.files else None


PROBES = (
    Probe(
        "symlink outputs",
        "have the host follow links when it fetches",
        """
os.symlink(FACTS["canary"], "canary")
os.symlink("/etc/passwd", "out")
os.symlink("/", "root")
os.makedirs("folder", exist_ok=True)
os.symlink("/proc/self", "folder/self")
""",
        fetch=("canary", "out", "root/etc/passwd", "folder/self/environ", "folder/self/status"),
        judge=_nothing,
    ),
    Probe(
        "hardlink outputs",
        "link files that it may not read into the outputs",
        """
for path in ("/etc/shadow", "/etc/passwd", FACTS["canary"], "/proc/1/environ"):
    try:
        os.link(path, "out")
        print("linked", path)
    except OSError as error:
        print(path, errno.errorcode.get(error.errno))
""",
        fetch=("out",),
        judge=_nothing,
    ),
    Probe(
        "odd outputs",
        "offer a FIFO, a socket and a directory where a file is fetched",
        """
import socket
os.mkfifo("fifo")
os.mkdir("folder")
listener = socket.socket(socket.AF_UNIX)
try:
    listener.bind("/tmp/socket")
except OSError as error:
    print(error)
""",
        fetch=("fifo", "folder", "socket", "absent"),
        judge=_nothing,
    ),
    Probe(
        "endless outputs",
        "link the outputs to files without an end",
        """
for name in ("zero", "urandom", "full"):
    os.symlink("/dev/" + name, name)
    try:
        os.link("/dev/" + name, "hard-" + name)
    except OSError as error:
        print(error)
""",
        fetch=("zero", "urandom", "full", "hard-zero", "hard-urandom"),
        judge=_nothing,
    ),
    Probe(
        "outputs that change",
        "swap a file for a link while it is fetched",
        """
if os.fork() == 0:
    os.setsid()
    while True:
        for target in (FACTS["canary"], "/etc/passwd"):
            try:
                os.symlink(target, "new")
                os.rename("new", "out")
                with open("new", "w"):
                    pass
                os.rename("new", "out")
            except OSError:
                pass
time.sleep(0.2)
""",
        fetch=("out",),
        judge=lambda result: _nothing(result) if result.files.get("out") else None,
    ),
    Probe(
        "replaced directory",
        "put a link where a directory of the inputs was",
        """
os.rename("/tmp", "/tmp2") if os.access("/", os.W_OK) else print("no")
try:
    os.chmod("/tmp", 0)
except OSError as error:
    print(error)
""",
        fetch=("out",),
        judge=_nothing,
    ),
)
