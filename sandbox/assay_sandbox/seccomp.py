"""The system-call filter of the namespace back-end, as a classic BPF program for the guest.

A deny list over libseccomp's names: whatever opens kernel surface that a program under judgement
has no need of. It is the second wall; the first are the namespaces, the uid without capabilities
and no-new-privs. ``clone3`` says ENOSYS, because its flags lie in memory where a filter cannot
look, and the C library then falls back to ``clone``, whose flags are checked here.
"""

from __future__ import annotations

import errno
import tempfile
from functools import lru_cache

from assay_sandbox.errors import SandboxUnavailable

DENIED = """
    unshare setns mount umount2 pivot_root chroot fsopen fsconfig fsmount fspick move_mount
    open_tree mount_setattr
    ptrace process_vm_readv process_vm_writev process_madvise pidfd_getfd kcmp
    bpf io_uring_setup io_uring_enter io_uring_register perf_event_open userfaultfd
    add_key request_key keyctl fanotify_init lookup_dcookie memfd_secret
    kexec_load kexec_file_load init_module finit_module delete_module reboot swapon swapoff acct
    syslog quotactl quotactl_fd settimeofday clock_settime clock_adjtime adjtimex sethostname
    setdomainname iopl ioperm modify_ldt vhangup nfsservctl uselib ustat sysfs personality
    move_pages migrate_pages mbind set_mempolicy name_to_handle_at open_by_handle_at
"""

_NAMESPACE_FLAGS = (
    0x80,  # TIME
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
_UNKNOWN = -1


@lru_cache(maxsize=1)
def filter_program() -> bytes:
    """The BPF program, 8 bytes an instruction; :class:`SandboxUnavailable` without libseccomp."""
    try:
        import pyseccomp
    except (ImportError, RuntimeError, OSError) as error:
        raise SandboxUnavailable(
            f"libseccomp is missing ({error}); mend: apt-get install libseccomp2"
        ) from error
    refuse = pyseccomp.ERRNO(errno.EPERM)
    rules = pyseccomp.SyscallFilter(pyseccomp.ALLOW)
    for name in DENIED.split():
        if pyseccomp.resolve_syscall(pyseccomp.Arch.NATIVE, name) != _UNKNOWN:
            rules.add_rule(refuse, name)
    rules.add_rule(pyseccomp.ERRNO(errno.ENOSYS), "clone3")
    for flag in _NAMESPACE_FLAGS:
        rules.add_rule(refuse, "clone", pyseccomp.Arg(0, pyseccomp.MASKED_EQ, flag, flag))
    rules.add_rule(refuse, "socket", pyseccomp.Arg(0, pyseccomp.GT, _HIGHEST_FAMILY))
    for family in sorted(set(range(_HIGHEST_FAMILY)) - _SOCKET_FAMILIES):
        rules.add_rule(refuse, "socket", pyseccomp.Arg(0, pyseccomp.EQ, family))
    with tempfile.TemporaryFile() as file:
        rules.export_bpf(file)
        file.seek(0)
        return file.read()
