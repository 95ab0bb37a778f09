"""The filter of system calls, asked for from inside a job of every back-end."""

from __future__ import annotations

import errno
import platform
import struct

import pytest

from assay_sandbox import seccomp

from .conftest import Run

ASK = """
import ctypes, os
libc = ctypes.CDLL(None, use_errno=True)
libc.syscall.argtypes = [ctypes.c_ulong] * 7
for number, *arguments in {calls}:
    returned = libc.syscall(number, *arguments, *[0] * (6 - len(arguments)))
    print(ctypes.get_errno() if returned == ctypes.c_int(-1).value else 0)
"""
HIGH = 1 << 32  # above what the kernel reads of an int

# What the call is for → calls, each a name or a number and its arguments.
REFUSED: dict[str, list[tuple[object, ...]]] = {
    "user and other namespaces": [
        ("unshare", 0x10000000),
        ("unshare", 0x40000000),
        ("setns", 0, 0x10000000),
        ("clone", 0x10000000 | 17),
        ("clone", 0x20000000 | 17),
        ("clone", HIGH | 0x10000000 | 17),
    ],
    "a child of the supervisor": [("clone", 0x8000 | 17)],
    "io_uring": [("io_uring_setup", 1), ("io_uring_enter",), ("io_uring_register",)],
    "keys": [("keyctl",), ("add_key",), ("request_key",)],
    "bpf and perf": [("bpf",), ("perf_event_open",), ("lookup_dcookie",)],
    "other processes": [
        ("ptrace", 0),
        ("process_vm_readv", 1),
        ("process_vm_writev", 1),
        ("pidfd_getfd",),
        ("kcmp", 1, 1),
    ],
    "memory tricks": [
        ("userfaultfd",),
        ("memfd_secret",),
        ("vmsplice",),
        ("mbind",),
        ("move_pages",),
        ("set_mempolicy",),
    ],
    "mounts": [
        ("mount",),
        ("umount2",),
        ("pivot_root",),
        ("chroot",),
        ("open_tree",),
        ("move_mount",),
        ("fsopen",),
        ("fsconfig",),
        ("fsmount",),
        ("fspick",),
        ("mount_setattr",),
    ],
    "files by handle": [("open_by_handle_at",), ("name_to_handle_at",)],
    "the machine": [
        ("kexec_load",),
        ("reboot",),
        ("swapon",),
        ("swapoff",),
        ("quotactl",),
        ("acct",),
        ("syslog",),
        ("init_module",),
        ("finit_module",),
        ("delete_module",),
        ("sethostname",),
        ("setdomainname",),
    ],
    "clocks": [("settimeofday",), ("clock_settime",), ("clock_adjtime",), ("adjtimex",)],
    "personality": [("personality", 0x0040000)],
    "ports": [("iopl", 3), ("ioperm", 0, 1, 1), ("modify_ldt",)],
    "a terminal": [("ioctl", 0, 0x5412), ("ioctl", 0, HIGH | 0x5412), ("ioctl", 0, 0x541C)],
    "sockets": [
        *(("socket", family, 3) for family in (3, 9, 16, 17, 31, 38, 40, 44)),
        ("socket", HIGH | 16, 3),
        ("socketpair", 30, 1),
    ],
}
ABSENT = [("clone3",), (452,), (467,), (511,)]


def _errors(run: Run, calls: list[tuple[object, ...]]) -> list[str]:
    import pyseccomp

    numbered = [
        (number, *arguments)
        for name, *arguments in calls
        if (
            number := name
            if isinstance(name, int)
            else pyseccomp.resolve_syscall(pyseccomp.Arch.NATIVE, str(name))
        )
        >= 0
    ]
    assert numbered
    result = run(ASK.format(calls=numbered))
    assert result.status == "ok", result
    return [errno.errorcode.get(int(word), "none") for word in result.stdout.split()]


@pytest.mark.parametrize("purpose", REFUSED)
def test_call_is_refused(run: Run, purpose: str) -> None:
    assert set(_errors(run, REFUSED[purpose])) == {"EPERM"}


def test_calls_that_cannot_be_judged_or_are_too_new_are_absent(run: Run) -> None:
    assert set(_errors(run, list(ABSENT))) == {"ENOSYS"}


@pytest.mark.skipif(platform.machine() != "x86_64", reason="the other tables of x86_64")
@pytest.mark.parametrize(
    "source",
    [
        "import ctypes; ctypes.CDLL(None).syscall(0x40000000 | 39); print('went on')",
        # mov eax, 250 (keyctl, were it read as of 64 bits); int 0x80; ret
        """
import ctypes, mmap
page = mmap.mmap(-1, 4096, prot=7)
page.write(b"\\xb8\\xfa\\x00\\x00\\x00\\xcd\\x80\\xc3")
address = ctypes.addressof(ctypes.c_char.from_buffer(page))
print("went on", ctypes.CFUNCTYPE(ctypes.c_int)(address)())
""",
    ],
    ids=["x32", "32 bits"],
)
def test_other_tables_of_calls_are_closed(run: Run, source: str) -> None:
    """Linux kills. gVisor reads the 32-bit gate as of 64 bits, and so the filter does too."""
    result = run(source)
    assert result.status == "signal" or result.stdout == b"went on -1\n", result


def test_ordinary_sockets_threads_and_processes_are_left(run: Run) -> None:
    result = run(
        """
import os, socket, subprocess, threading
for family in (socket.AF_UNIX, socket.AF_INET, socket.AF_INET6):
    socket.socket(family).close()
socket.socketpair()
thread = threading.Thread(target=print, args=("thread",))
thread.start()
thread.join()
print(os.waitstatus_to_exitcode(os.system("exit 3")))
"""
    )
    assert result.stdout == b"thread\n3\n", result


def test_program_is_whole_instructions() -> None:
    program = seccomp.filter_program()
    assert len(program) % 8 == 0
    code, _, _, _ = struct.unpack("HBBI", program[:8])
    assert code == 0x20  # begins by loading the architecture
    assert len(program) // 8 < 4096  # the kernel's longest
