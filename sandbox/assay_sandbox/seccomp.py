"""The system-call filter of every candidate, as a classic BPF program for the guest.

A deny list over libseccomp's names: whatever opens kernel surface that a program under judgement
has no need of. It is the second wall; the first are the namespaces, the uid without capabilities
and no-new-privs. ``clone3`` says ENOSYS, because its flags lie in memory where a filter cannot
look, and the C library then falls back to ``clone``, whose flags are checked here. Calls newer than
this list say ENOSYS too, as on the kernel for which it was written; calls of another architecture's
table (32-bit, x32) kill.

What stays open is what ordinary programs use: files, memory, threads, processes of the job itself,
pipes, and sockets of the unix, inet and inet6 families, which reach nothing in an empty network
namespace.
"""

from __future__ import annotations

import errno
import tempfile
from functools import lru_cache
from typing import Any

from assay_sandbox.errors import SandboxUnavailable

DENIED = """
    unshare setns mount umount umount2 pivot_root chroot fsopen fsconfig fsmount fspick move_mount
    open_tree mount_setattr
    ptrace process_vm_readv process_vm_writev process_madvise pidfd_getfd kcmp
    bpf io_uring_setup io_uring_enter io_uring_register perf_event_open userfaultfd
    add_key request_key keyctl fanotify_init fanotify_mark lookup_dcookie memfd_secret
    kexec_load kexec_file_load init_module finit_module delete_module create_module query_module
    get_kernel_syms reboot swapon swapoff acct syslog quotactl quotactl_fd
    settimeofday stime clock_settime clock_adjtime clock_adjtime64 clock_settime64 adjtimex
    sethostname setdomainname iopl ioperm modify_ldt vhangup vm86 vm86old nfsservctl uselib ustat
    sysfs _sysctl personality vserver
    move_pages migrate_pages mbind set_mempolicy set_mempolicy_home_node
    name_to_handle_at open_by_handle_at vmsplice
    inotify_init inotify_init1 inotify_add_watch
    io_setup io_submit io_getevents io_pgetevents io_cancel io_destroy
"""
# Would have the whole host write its disks, and a job has nothing on one: they do nothing.
NOTHING = "sync syncfs"

_CLONE_FLAGS = (
    0x80,  # TIME
    0x8000,  # PARENT: a child that would be the supervisor's
    0x20000,  # NS
    0x2000000,  # CGROUP
    0x4000000,  # UTS
    0x8000000,  # IPC
    0x10000000,  # USER
    0x20000000,  # PID
    0x40000000,  # NET
)
_SOCKET_FAMILIES = frozenset({1, 2, 10})  # UNIX, INET, INET6; VSOCK would reach past the namespace
_HIGHEST_FAMILY = 10
_PROTOCOLS = frozenset({0, 1, 6, 17})  # and UNIX or ICMP, TCP, UDP; others load the host's modules
_HIGHEST_PROTOCOL = 17
_RLIMIT_CORE = 4
# Since 424 all architectures number alike. The newest call known here is set_mempolicy_home_node;
# the next, cachestat, tells which files of the template others have read.
_NEWEST_CALL, _CALLS_END = 450, 512
_TIOCSTI, _TIOCLINUX = 0x5412, 0x541C  # would type into a terminal, had the job one
_INT = 0xFFFFFFFF  # the kernel reads these arguments as 32 bits, whatever is above
_UNKNOWN = -1
_BINARY_TREE = 2  # of a call's number; gVisor interprets the program at every call


@lru_cache(maxsize=1)
def filter_program() -> bytes:
    """The BPF program, 8 bytes an instruction; :class:`SandboxUnavailable` without libseccomp."""
    try:
        import pyseccomp
    except (ImportError, RuntimeError, OSError) as error:
        raise SandboxUnavailable(
            f"libseccomp is missing ({error}); mend: apt-get install libseccomp2"
        ) from error
    rules = pyseccomp.SyscallFilter(pyseccomp.ALLOW)
    rules.set_attr(pyseccomp.Attr.CTL_OPTIMIZE, _BINARY_TREE)
    _deny_calls(pyseccomp, rules)
    _deny_arguments(pyseccomp, rules)
    with tempfile.TemporaryFile() as file:
        rules.export_bpf(file)
        file.seek(0)
        return file.read()


def _deny_calls(pyseccomp: Any, rules: Any) -> None:
    for name in DENIED.split():
        if pyseccomp.resolve_syscall(pyseccomp.Arch.NATIVE, name) > _UNKNOWN:
            rules.add_rule(pyseccomp.ERRNO(errno.EPERM), name)
    for name in NOTHING.split():
        rules.add_rule(pyseccomp.ERRNO(0), name)
    absent = pyseccomp.ERRNO(errno.ENOSYS)
    rules.add_rule(absent, "clone3")
    for number in range(_NEWEST_CALL + 1, _CALLS_END):
        rules.add_rule(absent, number)


def _deny_arguments(pyseccomp: Any, rules: Any) -> None:
    refuse = pyseccomp.ERRNO(errno.EPERM)

    def equal(position: int, value: int, mask: int = _INT) -> Any:
        return pyseccomp.Arg(position, pyseccomp.MASKED_EQ, mask, value)

    for flag in _CLONE_FLAGS:
        rules.add_rule(refuse, "clone", equal(0, flag, flag))
    for command in (_TIOCSTI, _TIOCLINUX):
        rules.add_rule(refuse, "ioctl", equal(1, command))
    for call in ("socket", "socketpair"):
        rules.add_rule(refuse, call, pyseccomp.Arg(0, pyseccomp.GT, _HIGHEST_FAMILY))
        for family in sorted(set(range(_HIGHEST_FAMILY)) - _SOCKET_FAMILIES):
            rules.add_rule(refuse, call, equal(0, family))
        rules.add_rule(refuse, call, pyseccomp.Arg(2, pyseccomp.GT, _HIGHEST_PROTOCOL))
        for protocol in sorted(set(range(_HIGHEST_PROTOCOL)) - _PROTOCOLS):
            rules.add_rule(refuse, call, equal(2, protocol))
    # A limit of 0 would let a crash begin the host's handler, which the guest's own does not.
    rules.add_rule(refuse, "setrlimit", equal(0, _RLIMIT_CORE))
    given = pyseccomp.Arg(2, pyseccomp.NE, 0)
    rules.add_rule(refuse, "prlimit64", equal(1, _RLIMIT_CORE), given)
