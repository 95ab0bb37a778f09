"""Probes that look for the host: files, environment, kernel switches, devices."""

from __future__ import annotations

from assay_sandbox.probes.probe import Probe

PROBES = (
    Probe(
        "host files",
        "read files of the host by their paths",
        """
for path in (FACTS["canary"], FACTS["package"], FACTS["home"], "/root", "/etc/shadow",
             "/etc/gshadow", "/etc/sudoers", "/var/run/docker.sock", "/run/docker.sock",
             "/proc/1/root" + FACTS["canary"], "/proc/self/cwd/../.." + FACTS["canary"]):
    try:
        if os.path.isdir(path):
            if os.listdir(path):
                escaped("listed", path)
        else:
            with open(path, "rb") as file:
                escaped("read", path, file.read(200))
    except OSError as error:
        print(path, errno.errorcode.get(error.errno))
""",
    ),
    Probe(
        "environment",
        "find secrets in every environment that can be read",
        """
print(dict(os.environ))
for pid in ["self", *filter(str.isdigit, os.listdir("/proc"))]:
    for name in ("environ", "cmdline"):
        try:
            with open(f"/proc/{pid}/{name}", "rb") as file:
                print(pid, name, file.read())
        except OSError as error:
            print(pid, error)
""",
    ),
    Probe(
        "mounts",
        "see the host's paths in the mount table, and reach them",
        """
with open("/proc/self/mountinfo") as file:
    table = file.read()
for line in table.splitlines():
    where, options = line.split()[4:6]
    if where not in ("/", "/tmp", "/proc", "/dev", "/dev/shm") and "rw" in options.split(","):
        if os.access(where, os.W_OK) and not where.startswith(("/proc", "/dev")):
            escaped("writable mount", where)
print(table)
""",
    ),
    Probe(
        "control groups",
        "see which control groups of the host it is in",
        """
with open("/proc/self/cgroup") as file:
    for line in file.read().splitlines():
        print(line)
        if line.split(":", 2)[2] != "/":
            escaped("sees", line)
""",
    ),
    Probe(
        "watch the host's files",
        "be told when others open devices and files of the template",
        """
refused("inotify_init1", 294, 26, 0o4000)
fd = libc.inotify_init()
for path in (b"/dev/null", b"/", os.__file__.encode()):
    if libc.inotify_add_watch(fd, path, 0xFFF) >= 0:
        granted("watches", path)
""",
        virtual=True,
    ),
    Probe(
        "time stamps of devices",
        "change the host's devices by what may be done with any file",
        """
for name in ("null", "zero", "full", "random", "urandom"):
    for what, attempt in (("utime", lambda path: os.utime(path)),
                          ("chmod", lambda path: os.chmod(path, 0o600)),
                          ("setxattr", lambda path: os.setxattr(path, "user.x", b"x"))):
        try:
            attempt("/dev/" + name)
            granted(what, name)
        except OSError as error:
            print(what, name, errno.errorcode.get(error.errno))
""",
        virtual=True,
    ),
    Probe(
        "writes to proc",
        "change the kernel through /proc",
        """
for path in ("/proc/sys/kernel/core_pattern", "/proc/sys/kernel/hostname",
             "/proc/sys/vm/overcommit_memory", "/proc/sysrq-trigger", "/proc/sys/kernel/modprobe",
             "/proc/1/oom_score_adj", "/proc/self/uid_map", "/proc/irq/default_smp_affinity"):
    try:
        fd = os.open(path, os.O_WRONLY)
    except OSError as error:
        print(path, errno.errorcode.get(error.errno))
        continue
    try:
        os.write(fd, b"")
        if not path.endswith("uid_map"):
            granted("opened for writing", path)
    except OSError as error:
        print(path, errno.errorcode.get(error.errno))
""",
        virtual=True,
    ),
    Probe(
        "writes to sys",
        "change the kernel and the control groups through /sys",
        """
for path in ("/sys/kernel/mm/transparent_hugepage/enabled", "/sys/fs/cgroup/cgroup.procs",
             "/sys/fs/cgroup/memory/memory.limit_in_bytes", "/sys/power/state",
             "/sys/kernel/uevent_helper", "/sys/fs/cgroup/release_agent"):
    fails(path, os.open, path, os.O_WRONLY)
try:
    os.mkdir("/sys/fs/cgroup/assay-probe")
    escaped("made a control group")
except OSError as error:
    print(error)
""",
    ),
    Probe(
        "writes to the template",
        "change what the next job will be run with",
        """
import sysconfig
for place in ("/", "/usr", "/lib", "/bin", "/etc", sysconfig.get_path("stdlib"), sys.prefix):
    fails(place, os.open, place + "/assay-probe", os.O_CREAT | os.O_WRONLY)
target = os.__file__
fails("os.py", os.open, target, os.O_WRONLY)
fails("chmod", os.chmod, target, 0o666)
fails("rename", os.rename, target, target + "x")
""",
        after="""
if os.path.exists("/assay-probe") or os.path.exists("/usr/assay-probe"):
    escaped("the file of the job before is here")
""",
    ),
    Probe(
        "devices",
        "open or make devices",
        """
for name in ("kvm", "mem", "kmem", "sda", "vda", "nvme0n1", "fuse", "net/tun", "kmsg", "port",
             "loop0", "loop-control", "mapper/control", "vhost-net", "userfaultfd", "tty", "ptmx"):
    try:
        os.close(os.open("/dev/" + name, os.O_RDWR))
        granted("opened", name)
    except OSError as error:
        print(name, errno.errorcode.get(error.errno))
for kind, major, minor in ((0o060000, 254, 0), (0o020000, 1, 1)):
    try:
        os.mknod("/tmp/device", kind | 0o600, os.makedev(major, minor))
        os.close(os.open("/tmp/device", os.O_RDWR))
        escaped("a device of its own making opened")
    except OSError as error:
        print(errno.errorcode.get(error.errno))
""",
        virtual=True,
    ),
    Probe(
        "kernel log",
        "read the kernel's messages",
        """
import ctypes
buffer = ctypes.create_string_buffer(4096)
got, why = syscall(103, 116, 3, buffer, 4096)
print(got, why)
if got > 0:
    granted("kernel log", buffer.value[:100])
""",
        virtual=True,
    ),
    Probe(
        "host's name",
        "change the host's name",
        """
fails("sethostname", lambda: __import__("socket").sethostname("assay-probe"))
refused("setdomainname", 171, 162, b"assay-probe", 11)
""",
    ),
)
