"""Back-end ``namespace``: Linux namespaces, seccomp, an own uid, control groups. The fast tier.

The launcher enters fresh mount, PID, IPC, UTS and network namespaces with the template as its
read-only root; the guest then gives every job namespaces, a uid and a system-call filter of its
own.
It shares the host's kernel: a hole in that kernel is a hole in this boundary. It needs root.
"""

from __future__ import annotations

import os
import platform
from pathlib import Path
from typing import ClassVar

from assay_sandbox import seccomp, template
from assay_sandbox.backend import CONTAINER_BYTES
from assay_sandbox.container import Container, Plan, boot_arguments, job_uid, start
from assay_sandbox.errors import SandboxUnavailable

_OLDEST_KERNEL = (5, 8)  # proc's subset=pid


class Namespace:
    """See the module."""

    name: ClassVar[str] = "namespace"
    boundary: ClassVar[str] = "namespaces, seccomp and an own uid; shares the host's kernel"

    def check(self) -> None:
        if platform.system() != "Linux" or platform.machine() not in ("x86_64", "aarch64"):
            raise SandboxUnavailable("needs Linux on x86_64 or aarch64; mend: run there")
        if os.geteuid() != 0:
            raise SandboxUnavailable("needs root; mend: run as root (sudo, or a root container)")
        release = tuple(int(part) for part in platform.release().split("-")[0].split(".")[:2])
        if release < _OLDEST_KERNEL:
            raise SandboxUnavailable("needs Linux 5.8 or later; mend: a newer kernel")
        seccomp.filter_program()

    def start(self, rootfs: Path, slot: str) -> Container:
        plan = Plan(
            argv=boot_arguments(template.PYTHON),
            env=template.ENVIRONMENT,
            guest={
                "uid": job_uid(),
                "proc_options": "subset=pid",
                "tmpfs_options": ",nr_inodes=4096",
                "unmount": False,  # the job's mounts go with its mount namespace
            },
            processes=256,
            rootfs=rootfs,
            seccomp=seccomp.filter_program(),
        )
        return start(self.name, slot, plan, CONTAINER_BYTES)
