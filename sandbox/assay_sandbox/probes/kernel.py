"""Probes of the kernel's surface: calls that widen it, change it, or gain privilege."""

from __future__ import annotations

from assay_sandbox.probes.probe import Probe

PROBES = (
    Probe(
        "become root",
        "change uid and gid, find setuid programs, use capabilities",
        """
fails("setuid", os.setuid, 0)
fails("setgid", os.setgid, 0)
fails("setgroups", os.setgroups, [0])
if 0 in (os.getuid(), os.geteuid(), os.getgid()):
    escaped("runs as root", os.getresuid())
with open("/proc/self/status") as file:
    status = dict(line.split(":\\t", 1) for line in file.read().splitlines() if ":\\t" in line)
for name in ("CapEff", "CapPrm", "CapInh", "CapAmb"):
    if int(status[name], 16):
        escaped(name, status[name])
print(status.get("NoNewPrivs"), status.get("Seccomp"))
for place, folders, names in os.walk("/"):
    if place.startswith(("/proc", "/sys")):
        folders.clear()
        continue
    for name in names:
        try:
            mode = os.lstat(os.path.join(place, name)).st_mode
        except OSError:
            continue
        if mode & 0o6000:
            escaped("setuid or setgid:", place, name)
""",
    ),
    Probe(
        "user namespace",
        "become root in a namespace of its own",
        """
for name, flags in (("user", 0x10000000), ("user+mount", 0x10020000), ("net", 0x40000000),
                    ("pid", 0x20000000), ("mount", 0x20000), ("cgroup", 0x02000000)):
    if os.fork() == 0:
        refused("unshare " + name, 272, 97, flags)
        os._exit(0)
    os.wait()
got, why = syscall(56, 220, 0x10000000 | 17, 0, 0, 0, 0)
if got == 0:
    granted("clone into a user namespace")
    os._exit(0)
print("clone", why)
refused("setns", 308, 268, os.open("/proc/self/ns/net", os.O_RDONLY), 0)
""",
        virtual=True,
    ),
    Probe(
        "mount",
        "mount, bind, unmount, change the root",
        """
refused("mount tmpfs", 165, 40, b"x", b"/tmp", b"tmpfs", 0, 0)
refused("bind /", 165, 40, b"/", b"/tmp", 0, 4096, 0)
refused("remount", 165, 40, b"/", b"/", 0, 4096 | 32, 0)
refused("umount /proc", 166, 39, b"/proc", 2)
refused("pivot_root", 155, 41, b"/tmp", b"/tmp")
refused("fsopen", 430, 430, b"tmpfs", 0)
refused("open_tree", 428, 428, -100, b"/", 1)
fails("chroot", os.chroot, "/tmp")
""",
        virtual=True,
    ),
    Probe(
        "keyrings",
        "use the kernel's keyrings",
        """
refused("keyctl", 250, 219, 0, -3, 1)
refused("add_key", 248, 217, b"user", b"assay", b"x", 1, -3)
refused("request_key", 249, 218, b"user", b"assay", 0, -3)
""",
        virtual=True,
    ),
    Probe(
        "io_uring",
        "set up an io_uring",
        """
import ctypes
refused("io_uring_setup", 425, 425, 4, ctypes.create_string_buffer(120))
refused("io_uring_enter", 426, 426, 0, 0, 0, 0, 0)
""",
        virtual=True,
    ),
    Probe(
        "bpf",
        "load programs into the kernel",
        """
import ctypes
table = ctypes.create_string_buffer(b"\\1\\0\\0\\0\\4\\0\\0\\0\\4\\0\\0\\0\\1", 72)
refused("bpf", 321, 280, 0, table, 72)
event = ctypes.create_string_buffer(b"\\1\\0\\0\\0\\x70", 128)
refused("perf_event_open", 298, 241, event, 0, -1, -1, 0)
refused("userfaultfd", 323, 282, 1)
refused("init_module", 175, 105, b"x", 1, b"")
refused("finit_module", 313, 273, 0, b"", 0)
refused("kexec_load", 246, 104, 0, 0, 0, 0)
""",
        virtual=True,
    ),
    Probe(
        "personality",
        "switch off address randomisation, become another kind of process",
        """
refused("personality", 135, 92, 0x0040000)
refused("personality 32", 135, 92, 8)
""",
        virtual=True,
    ),
    Probe(
        "clock",
        "set the host's clock",
        """
import ctypes
fails("clock_settime", time.clock_settime, time.CLOCK_REALTIME, 1.0)
refused("settimeofday", 164, 170, ctypes.create_string_buffer(16), 0)
refused("adjtimex", 159, 171, ctypes.create_string_buffer(b"\\1", 256))
""",
        virtual=True,
    ),
    Probe(
        "handles",
        "open files by handle, past every directory",
        """
import ctypes
handle = ctypes.create_string_buffer(b"\\x80\\0\\0\\0\\1\\0\\0\\0\\2\\0\\0\\0\\0\\0\\0\\0", 144)
refused("open_by_handle_at", 304, 265, os.open("/", os.O_RDONLY), handle, 0)
refused("name_to_handle_at", 303, 264, -100, b"/", handle, ctypes.create_string_buffer(4), 0)
""",
        virtual=True,
    ),
    Probe(
        "machine",
        "reboot, swap, quotas, ports of the hardware",
        """
refused("reboot", 169, 142, 0xfee1dead, 672274793, 0, 0)
refused("swapon", 167, 224, b"/tmp/x", 0)
refused("acct", 163, 89, b"/tmp/x")
refused("quotactl", 179, 60, 0x800002, b"/dev/vda", 0, 0)
if not ARM:
    refused("iopl", 172, -1, 3)
    refused("ioperm", 173, -1, 0, 1, 1)
""",
        virtual=True,
    ),
    Probe(
        "other calling conventions",
        "reach the kernel by the 32-bit door, past a filter of 64-bit calls",
        """
if not ARM:
    got, why = syscall(0x40000000 | 39, -1)
    print("x32 getpid", got, why)
    if got >= 0:
        granted("x32 calls")
    import ctypes, mmap
    page = mmap.mmap(-1, 4096, prot=mmap.PROT_READ | mmap.PROT_WRITE | mmap.PROT_EXEC)
    page.write(bytes.fromhex("b814000000cd80c3"))
    address = ctypes.addressof(ctypes.c_char.from_buffer(page))
    if os.fork() == 0:
        got = ctypes.CFUNCTYPE(ctypes.c_int)(address)()
        if got > 0:
            granted("int 0x80 getpid", got)
        os._exit(0)
    print("int 0x80", os.wait()[1])
""",
        virtual=True,
    ),
)
