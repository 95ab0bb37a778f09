"""Probes against the harness: its frames, objects, descriptors, and other jobs' bytes."""

from __future__ import annotations

from assay_sandbox.job import Result
from assay_sandbox.probes.probe import ENDS, Probe


def _honest(result: Result) -> str | None:
    forged = result.stdout == b"forged" or result.cpu_s > 1000 or "forged" in result.error
    return "a forged reply was believed" if forged else None


PROBES = (
    Probe(
        "frames",
        "read the frames and closures above its own",
        """
depth, frame = 0, sys._getframe()
while frame is not None:
    for name, value in {**frame.f_locals, **frame.f_globals}.items():
        print(depth, name, repr(value)[:2000])
    depth, frame = depth + 1, frame.f_back
""",
    ),
    Probe(
        "objects",
        "read every object that the collector knows",
        """
import gc
for thing in gc.get_objects():
    if isinstance(thing, (dict, list, tuple, bytearray)):
        text = repr(thing)[:5000]
        if FACTS["mark"] in text:
            print(text)
""",
    ),
    Probe(
        "memory",
        "search its whole memory for bytes of other jobs",
        """
import re
mark = re.compile(FACTS["mark"].encode() + b"[0-9a-f]{32}")
with open("/proc/self/maps") as maps, open("/proc/self/mem", "rb", buffering=0) as memory:
    for line in maps:
        span, mode = line.split()[:2]
        start, end = (int(word, 16) for word in span.split("-"))
        if mode[0] != "r" or end - start > 64 << 20 or "[v" in line:
            continue
        try:
            memory.seek(start)
            content = memory.read(end - start)
        except (OSError, OverflowError, ValueError):
            continue
        for found in mark.findall(content or b""):
            print(found.decode())
""",
    ),
    Probe(
        "stale pages",
        "search memory that the kernel hands out for bytes of other jobs",
        """
import re
mark = re.compile(FACTS["mark"].encode() + b"[0-9a-f]{32}")
for n in range(32):
    libc.malloc.restype = ctypes.c_void_p
    address = libc.malloc(1 << 20)
    content = ctypes.string_at(address, 1 << 20)
    for found in mark.findall(content):
        print(found.decode())
""",
    ),
    Probe(
        "forged frames",
        "write replies to every descriptor it has",
        """
import struct
blobs = [struct.pack(">BiBBddQ", 0, 0, 0, 0, 9e9, 9e9, 1), b"", b"forged", b""]
heads = struct.pack(">I", len(blobs)) + b"".join(struct.pack(">I", len(b)) for b in blobs)
body = heads + b"".join(blobs)
frame = struct.pack(">I", len(body)) + body
for fd in range(3, 1024):
    try:
        os.write(fd, frame * 3)
        print("wrote to", fd)
    except OSError:
        pass
for fd in (0, 1, 2):
    for mode in (os.O_WRONLY, os.O_RDWR):
        try:
            again = os.open(f"/proc/self/fd/{fd}", mode)
            os.write(again, b"" if fd else frame)
        except OSError as error:
            print(fd, error)
""",
        judge=_honest,
    ),
    Probe(
        "descriptors",
        "find descriptors beyond the three it is given",
        """
found = []
for fd in range(3, 4096):
    try:
        os.fstat(fd)
        found.append((fd, os.readlink(f"/proc/self/fd/{fd}")))
    except OSError:
        pass
if found:
    escaped("has", found)
for fd in range(3):
    print(fd, os.readlink(f"/proc/self/fd/{fd}"))
""",
    ),
    Probe(
        "the supervisor's descriptors",
        "open what the supervisor has open",
        """
for pid in {1, os.getppid()} - {0, os.getpid()}:
    for fd in range(64):
        try:
            os.open(f"/proc/{pid}/fd/{fd}", os.O_RDWR)
            escaped("opened", pid, fd)
        except OSError:
            pass
print("none")
""",
    ),
    Probe(
        "end as it likes",
        "claim success by leaving early; what it cannot do is claim output it never wrote",
        "os._exit(0)",
        ends=frozenset({"ok"}),
        judge=lambda result: "output from nowhere" if result.stdout else None,
    ),
    Probe(
        "replace itself",
        "become another program",
        """
os.execv(sys.executable, [sys.executable, "-c", "import os; print(os.getuid()); os._exit(0)"])
""",
        ends=ENDS,
        judge=lambda result: "runs as root" if result.stdout.strip() == b"0" else None,
    ),
    Probe(
        "poison the next",
        "change modules, caches and the random state for the jobs after",
        """
import builtins, random
builtins.print = None
sys.modules["json"] = None
random.seed(1)
os.environ["PYTHONSTARTUP"] = "/tmp/x"
for place in sys.path:
    try:
        with open(os.path.join(place, "sitecustomize.py"), "w") as file:
            file.write("1/0")
        os.write(1, b"wrote " + place.encode())
    except OSError:
        pass
""",
        after="""
import json, random
if "PYTHONSTARTUP" in os.environ:
    escaped("the environment of the job before")
print(random.random())
""",
    ),
    Probe(
        "the same randomness",
        "guess the random state of another job",
        """
import random
print("RANDOM", random.getrandbits(64))
""",
        after="""
import random
print("RANDOM", random.getrandbits(64))
""",
        compare=lambda first, then: "the same numbers" if first.stdout == then.stdout else None,
    ),
)
