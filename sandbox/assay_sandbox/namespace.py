"""Back-end ``namespace``: Linux namespaces, seccomp, own uids, control groups. The fast tier.

The launcher enters fresh user, mount, PID, IPC, UTS and network namespaces with the template as
its read-only root; the guest then gives every job namespaces, a uid and a system-call filter of
its own. Nobody inside is root on the host: supervisor and job are two ids of a user namespace that
stand for two ids without any rights outside.

It works as root, and without root where the host lets this user make user namespaces and gives it
a range of ids in ``/etc/subuid`` and ``/etc/subgid``. With one id only, a job would have the
supervisor's, could send it signals and change its limits; so one id is not enough, and is refused.
Without root there is a control group only where the host has delegated one.

It shares the host's kernel: a hole in that kernel is a hole in this boundary.
"""

from __future__ import annotations

import os
import platform
import shutil
from pathlib import Path
from typing import Any

from assay_sandbox import launch, seccomp, template
from assay_sandbox.backend import CONTAINER_BYTES
from assay_sandbox.container import Container, Plan, boot_arguments, start
from assay_sandbox.errors import SandboxUnavailable

_OLDEST_KERNEL = (5, 8)  # proc's subset=pid
# Files that close user namespaces when they hold this, and for whom.
_CLOSED = (
    ("/proc/sys/user/max_user_namespaces", "0", "everyone"),
    ("/proc/sys/kernel/unprivileged_userns_clone", "0", "users"),
)


class Namespace:
    """See the module."""

    name: str = "namespace"
    boundary: str = "namespaces, seccomp and own uids; shares the host's kernel"
    protects: str = (
        "reach for host files, processes, environment and network, for the supervisor and for "
        "other jobs; use beyond the limits; nobody inside is root on the host"
    )
    exposed: str = (
        "a hole in the host's kernel, among the calls that the filter leaves; side channels of the "
        "processor; without control groups, many processes that each hold a little"
    )

    def check(self) -> None:
        if platform.system() != "Linux" or platform.machine() not in ("x86_64", "aarch64"):
            raise SandboxUnavailable("needs Linux on x86_64 or aarch64; mend: run there")
        release = tuple(int(part) for part in platform.release().split("-")[0].split(".")[:2])
        if release < _OLDEST_KERNEL:
            raise SandboxUnavailable("needs Linux 5.8 or later; mend: a newer kernel")
        _check_user_namespaces()
        if os.geteuid() != 0:
            _check_range()
        seccomp.filter_program()

    def start(self, rootfs: Path, slot: str, program: bytes = b"") -> Container:
        settings = template.settings(rootfs)
        plan = Plan(
            argv=boot_arguments(template.PYTHON),
            env=settings.environment,
            guest={**settings.guest, **guest_settings(launch.JOB_ID)},
            processes=256,
            rootfs=rootfs,
            seccomp=seccomp.filter_program(),
        )
        return start(self.name, slot, plan, CONTAINER_BYTES, program)


def guest_settings(uid: int) -> dict[str, Any]:
    """How the guest makes a job's mounts under Linux itself."""
    return {
        "uid": uid,
        "proc_options": "subset=pid",
        "tmpfs_options": ",nr_inodes=4096",
        "unmount": False,  # the job's mounts go with its mount namespace
        "network": False,  # the container's has not even a loopback that is up
        "hide": False,  # Linux keeps another user's processes to that user
        "compact": False,  # Linux copies single pages
    }


def _check_user_namespaces() -> None:
    for path, closed, for_whom in _CLOSED:
        setting = Path(path)
        concerned = for_whom == "everyone" or os.geteuid() != 0
        if concerned and setting.is_file() and setting.read_text().strip() == closed:
            raise SandboxUnavailable(
                f"user namespaces are closed ({path} is {closed}); mend: {launch.NAMESPACE_MEND}"
            )


def _check_range() -> None:
    """Without root: a range of ids to give to jobs, and the programs that give them."""
    for kind in ("uid", "gid"):
        if not launch.subordinate_ids(f"/etc/sub{kind}"):
            missing = f"not root, and no range of this user in /etc/sub{kind}"
        elif shutil.which(f"new{kind}map") is None:
            missing = f"not root, and no new{kind}map"
        else:
            continue
        raise SandboxUnavailable(f"{missing}; mend: run as root, or {launch.NO_RANGE_MEND}")
