"""The launcher: a short program between the pool and a container.

    python -I -S launch.py '{"cgroups": […], "rootfs": PATH or null, "argv": […], "env": {…}}'

It joins the control groups, so that everything started from here is limited; with ``rootfs`` it
also enters fresh user, mount, PID, IPC, UTS, network and control group namespaces and makes that
directory, read-only, the only file system; then it becomes ``argv``. It runs as its own process
because the pool's has threads, in which forking and changing namespaces is not safe. Imports
nothing of ours.

Three identities exist inside, and none is root on the host: 0, which supervises, :data:`JOB_ID`,
which runs jobs, and the next, which tests another. As root the launcher lends them ids that nobody
has; another user's launcher lends its own to the first and, through ``newuidmap``, some from its
range in ``/etc/subuid`` to the others. With a single id to lend, a job could send signals to its
supervisor and change its limits, so that is refused.
"""

from __future__ import annotations

import ctypes
import json
import os
import pwd
import signal
import sys
from typing import NoReturn

JOB_ID = 1000  # inside; the next is a pair's tester
_LENT_FROM = 1 << 30  # above every range that is commonly given out
_LENT_SPAN = 1 << 22  # as many as there can be process numbers

NEW_NS, NEW_CGROUP, NEW_UTS, NEW_IPC, NEW_USER, NEW_PID, NEW_NET = (
    0x20000, 0x2000000, 0x4000000, 0x8000000, 0x10000000, 0x20000000, 0x40000000,
)  # fmt: skip
NEW_NAMESPACES = NEW_NS | NEW_CGROUP | NEW_UTS | NEW_IPC | NEW_USER | NEW_PID | NEW_NET
MS_RDONLY, MS_NOSUID, MS_NODEV, MS_NOEXEC, MS_REMOUNT, MS_BIND, MS_REC, MS_PRIVATE = (
    1, 2, 4, 8, 32, 4096, 16384, 1 << 18,
)  # fmt: skip
MNT_DETACH = 2
SYS_CLONE, SYS_PIVOT_ROOT = {"x86_64": (56, 155), "aarch64": (220, 41)}.get(
    os.uname().machine, (0, 0)
)
PR_SET_PDEATHSIG, PR_CAPBSET_DROP = 1, 24
DEVICES = ("null", "zero", "full", "random", "urandom")
# DAC_OVERRIDE, KILL, SETGID, SETUID, SYS_ADMIN: what the supervisor of a job needs, no more.
KEPT_CAPABILITIES = frozenset({1, 5, 6, 7, 21})
LAST_CAPABILITY = 40
_ATTACHED_AT = "/tmp"  # noqa: S108 (a directory that every host has; seen only in this namespace)

NAMESPACE_MEND = (
    "sysctl user.max_user_namespaces=15000, kernel.unprivileged_userns_clone=1 (Debian), "
    "kernel.apparmor_restrict_unprivileged_userns=0 (Ubuntu); in a container "
    "--security-opt seccomp=unconfined"
)
_PROC_MEND = "in a container --security-opt systempaths=unconfined, so that /proc is whole"
_FEW_IDS_MEND = "a user namespace with a range of ids (as engines make), or none around this"
NO_RANGE_MEND = (
    "apt-get install uidmap, and as root: usermod --add-subuids 100000-165535 "
    "--add-subgids 100000-165535 USER"
)

libc = ctypes.PyDLL(None, use_errno=True)  # keeps the GIL, so a raw clone comes back holding it


def main() -> NoReturn:
    spec = json.loads(sys.argv[1])
    for path in spec["cgroups"]:
        with open(os.path.join(path, "cgroup.procs"), "w") as members:
            members.write(str(os.getpid()))
    if spec["rootfs"] is not None:
        os.chdir(spec["rootfs"])  # while this user still may: its folder need not be open to all
        _enter_namespaces()
        _enter_root()
        for capability in set(range(LAST_CAPABILITY + 1)) - KEPT_CAPABILITIES:
            _check(libc.prctl(PR_CAPBSET_DROP, capability, 0, 0, 0), "drop capability")
    os.execve(spec["argv"][0], spec["argv"], spec["env"])  # noqa: S606 (no shell is wanted)


def _check(returned: int, what: str, mend: str = "") -> None:
    if returned < 0:
        number = ctypes.get_errno()
        _refuse(f"{what}: {os.strerror(number)}", mend)


def _refuse(what: str, mend: str) -> NoReturn:
    raise SystemExit(f"launch: {what}" + (f"; mend: {mend}" if mend else ""))


# ── who is who ───────────────────────────────────────────────────────────────────────────────────


def subordinate_ids(path: str) -> range:
    """This user's first range in ``/etc/subuid`` or ``/etc/subgid``; empty if there is none."""
    try:
        names = {str(os.getuid()), pwd.getpwuid(os.getuid()).pw_name}
    except KeyError:
        names = {str(os.getuid())}
    try:
        with open(path) as file:
            lines = [line.strip().split(":") for line in file]
    except OSError:
        lines = []
    for line in lines:
        if len(line) == 3 and line[0] in names and line[1].isdigit() and line[2].isdigit():
            return range(int(line[1]), int(line[1]) + int(line[2]))
    return range(0)


def _lendable(path: str) -> range:
    """Ids that root may lend: unusual ones, as far as its own namespace has such."""
    with open(path) as file:
        first, _, count = max(
            ([int(word) for word in line.split()] for line in file), key=lambda each: each[2]
        )
    if first + count >= _LENT_FROM + _LENT_SPAN:
        return range(_LENT_FROM, _LENT_FROM + _LENT_SPAN)
    return range(first + count // 2, first + count)


def is_lent_to_jobs(uid: int) -> bool:
    """Whether a uid, seen outside, is one that containers of this user give to jobs."""
    if os.geteuid() != 0:
        return uid in subordinate_ids("/etc/subuid")
    ids = _lendable("/proc/self/uid_map")
    return uid in ids and ids.index(uid) % 3 != 0  # the first of three supervises


def _identities(kind: str) -> list[tuple[int, int]]:
    """(inside, outside) for all; ``kind`` is ``uid`` or ``gid``. Distinct among live containers,
    because a number of processes is limited by id, and this process lives as long as its own."""
    serial = os.getpid()
    if os.geteuid() == 0:
        ids = _lendable(f"/proc/self/{kind}_map")
        if len(ids) < 3:
            _refuse("root here has no ids to lend", _FEW_IDS_MEND)
        first = serial % (len(ids) // 3) * 3
        return list(zip((0, JOB_ID, JOB_ID + 1), ids[first : first + 3], strict=True))
    ids = subordinate_ids(f"/etc/sub{kind}")
    if not ids:
        _refuse(f"this user has no range in /etc/sub{kind}", NO_RANGE_MEND)
    own = os.getuid() if kind == "uid" else os.getgid()
    first = serial % max(1, len(ids) // 2) * 2
    lent = ids[first : first + 2]  # where there is one only, there are no pairs
    return [(0, own), *((JOB_ID + at, each) for at, each in enumerate(lent))]


def _lend_identities(pid: int) -> None:
    for kind in ("gid", "uid"):
        entries = _identities(kind)
        if os.geteuid() == 0:
            with open(f"/proc/{pid}/{kind}_map", "w") as file:
                file.write("".join(f"{inside} {outside} 1\n" for inside, outside in entries))
            continue
        helper = f"new{kind}map"
        words = [str(word) for entry in entries for word in (*entry, 1)]
        try:
            started = os.posix_spawnp(helper, [helper, str(pid), *words], os.environ)
            status = os.waitstatus_to_exitcode(os.waitpid(started, 0)[1])
        except FileNotFoundError:
            _refuse(f"{helper} is not installed", NO_RANGE_MEND)
        if status:
            _refuse(f"{helper} ended with {status}", NO_RANGE_MEND)


# ── namespaces and the root ──────────────────────────────────────────────────────────────────────


def _enter_namespaces() -> None:
    """Go on in the first process of new namespaces; this one waits and ends with it."""
    lent, lent_w = os.pipe()
    pid = libc.syscall(
        ctypes.c_long(SYS_CLONE), ctypes.c_long(NEW_NAMESPACES | signal.SIGCHLD), 0, 0, 0, 0
    )
    _check(pid, "new namespaces", NAMESPACE_MEND)
    if pid == 0:
        os.close(lent_w)
        if not os.read(lent, 1):
            os._exit(1)
        os.close(lent)
        os.setgroups([])
        os.setresgid(0, 0, 0)
        os.setresuid(0, 0, 0)
        _check(libc.prctl(PR_SET_PDEATHSIG, signal.SIGKILL, 0, 0, 0), "parent death signal")
        return
    _lend_identities(pid)
    os.write(lent_w, b"1")
    null = os.open("/dev/null", os.O_RDWR)
    os.dup2(null, 0)  # or the guest would never see the end of its input
    os.dup2(null, 1)
    _, status = os.waitpid(pid, 0)
    os._exit(os.waitstatus_to_exitcode(status) & 0xFF)


def _mount(
    source: str, target: str, kind: str | None, flags: int, *, mend: str = NAMESPACE_MEND
) -> None:
    returned = libc.mount(source.encode(), target.encode(), kind and kind.encode(), flags, None)
    _check(returned, f"mount {target}", mend)


def _enter_root() -> None:
    """Make the working directory the root, read-only, with its devices and /proc; drop the old."""
    _mount("none", "/", None, MS_REC | MS_PRIVATE)
    _mount(".", _ATTACHED_AT, None, MS_BIND)
    os.chdir(_ATTACHED_AT)
    for device in DEVICES:
        _mount(f"/dev/{device}", f"dev/{device}", None, MS_BIND)
        # Can be opened for writing all the same; what cannot be changed are the host's time stamps.
        _mount(
            "none", f"dev/{device}", None, MS_REMOUNT | MS_BIND | MS_RDONLY | MS_NOSUID | MS_NOEXEC
        )
    _mount("none", ".", None, MS_REMOUNT | MS_BIND | MS_RDONLY | MS_NOSUID | MS_NODEV)
    _mount("proc", "proc", "proc", MS_NOSUID | MS_NODEV | MS_NOEXEC, mend=_PROC_MEND)
    _check(libc.syscall(ctypes.c_long(SYS_PIVOT_ROOT), b".", b"."), "pivot_root")
    _check(libc.umount2(b".", MNT_DETACH), "detach the old root")
    os.chdir("/")
    _check(libc.sethostname(b"assay", 5), "sethostname")


if __name__ == "__main__":
    main()
