"""The launcher: a short program between the pool and a container.

    python -I -S launch.py '{"cgroups": […], "rootfs": PATH or null, "argv": […], "env": {…}}'

It joins the control groups, so that everything started from here is limited; with ``rootfs`` it
also enters fresh mount, PID, IPC, UTS and network namespaces and makes that directory, read-only,
the only file system; then it becomes ``argv``. It runs as its own process because the pool's has
threads, in which forking and changing namespaces is not safe. Imports nothing of ours.
"""

from __future__ import annotations

import ctypes
import json
import os
import signal
import sys
from typing import NoReturn

NEW_NS, NEW_UTS, NEW_IPC, NEW_PID, NEW_NET = 0x20000, 0x4000000, 0x8000000, 0x20000000, 0x40000000
MS_RDONLY, MS_NOSUID, MS_NODEV, MS_NOEXEC, MS_REMOUNT, MS_BIND, MS_REC, MS_PRIVATE = (
    1, 2, 4, 8, 32, 4096, 16384, 1 << 18,
)  # fmt: skip
MNT_DETACH = 2
SYS_PIVOT_ROOT = {"x86_64": 155, "aarch64": 41}
PR_SET_PDEATHSIG, PR_CAPBSET_DROP = 1, 24
DEVICES = ("null", "zero", "full", "random", "urandom")
# DAC_OVERRIDE, KILL, SETGID, SETUID, SYS_ADMIN: what the supervisor of a job needs, no more.
KEPT_CAPABILITIES = frozenset({1, 5, 6, 7, 21})
LAST_CAPABILITY = 40

libc = ctypes.CDLL(None, use_errno=True)


def main() -> NoReturn:
    spec = json.loads(sys.argv[1])
    for path in spec["cgroups"]:
        with open(os.path.join(path, "cgroup.procs"), "w") as members:
            members.write(str(os.getpid()))
    if spec["rootfs"] is not None:
        _enter_namespaces()
        _enter_root(spec["rootfs"])
        for capability in set(range(LAST_CAPABILITY + 1)) - KEPT_CAPABILITIES:
            _check(libc.prctl(PR_CAPBSET_DROP, capability, 0, 0, 0), "drop capability")
    os.execve(spec["argv"][0], spec["argv"], spec["env"])  # noqa: S606 (no shell is wanted)


def _check(returned: int, what: str) -> None:
    if returned < 0:
        number = ctypes.get_errno()
        raise SystemExit(f"launch: {what}: {os.strerror(number)}")


def _mount(source: str, target: str, kind: str | None, flags: int, options: str = "") -> None:
    returned = libc.mount(
        source.encode(), target.encode(), kind and kind.encode(), flags, options.encode() or None
    )
    _check(returned, f"mount {target}")


def _enter_namespaces() -> None:
    """Go on in the first process of new namespaces; this one waits and ends with it."""
    _check(libc.unshare(NEW_NS | NEW_UTS | NEW_IPC | NEW_PID | NEW_NET), "unshare")
    pid = os.fork()
    if pid:
        null = os.open("/dev/null", os.O_RDWR)
        os.dup2(null, 0)  # or the guest would never see the end of its input
        os.dup2(null, 1)
        _, status = os.waitpid(pid, 0)
        os._exit(os.waitstatus_to_exitcode(status) & 0xFF)
    _check(libc.prctl(PR_SET_PDEATHSIG, signal.SIGKILL, 0, 0, 0), "parent death signal")


def _enter_root(rootfs: str) -> None:
    """Make ``rootfs`` the root, read-only, with its devices and /proc; drop the old one."""
    _mount("none", "/", None, MS_REC | MS_PRIVATE)
    _mount(rootfs, rootfs, None, MS_BIND)
    for device in DEVICES:
        _mount(f"/dev/{device}", f"{rootfs}/dev/{device}", None, MS_BIND)
    _mount(rootfs, rootfs, None, MS_REMOUNT | MS_BIND | MS_RDONLY | MS_NOSUID | MS_NODEV)
    _mount("proc", f"{rootfs}/proc", "proc", MS_NOSUID | MS_NODEV | MS_NOEXEC)
    os.chdir(rootfs)
    number = SYS_PIVOT_ROOT[os.uname().machine]
    _check(libc.syscall(ctypes.c_long(number), b".", b"."), "pivot_root")
    _check(libc.umount2(b".", MNT_DETACH), "detach the old root")
    os.chdir("/")
    _check(libc.sethostname(b"assay", 5), "sethostname")


if __name__ == "__main__":
    main()
