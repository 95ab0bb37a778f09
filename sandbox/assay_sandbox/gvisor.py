"""Back-end ``gvisor``: a container under ``runsc``. The secure default wherever it runs.

Jobs talk to gVisor's own kernel, a user-space process that itself runs behind seccomp and
namespaces; inside it the guest gives every job its own PID namespace, mounts and uid. One attached
``runsc run`` per container, its standard streams are the channel. Of the platforms, ``systrap`` is
taken where this runsc knows it, else ``ptrace``; never ``kvm``, which was seen to hang.
"""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import tempfile
from functools import cache
from pathlib import Path
from typing import Any, ClassVar

from assay_sandbox import cgroup, template
from assay_sandbox.backend import CONTAINER_BYTES
from assay_sandbox.container import Container, Plan, boot_arguments, job_uid, start
from assay_sandbox.errors import SandboxFailed, SandboxUnavailable, last_line

PLATFORMS = ("systrap", "ptrace")
# What a job's supervisor needs inside the guest: mounts and namespaces, another uid, its files.
CAPABILITIES = ["CAP_SYS_ADMIN", "CAP_SETUID", "CAP_SETGID", "CAP_KILL", "CAP_DAC_OVERRIDE"]
_TRY_S = 10.0


class GVisor:
    """See the module."""

    name: ClassVar[str] = "gvisor"
    boundary: ClassVar[str] = "gVisor's user-space kernel (runsc), itself jailed on the host"

    def check(self) -> None:
        if os.geteuid() != 0:
            raise SandboxUnavailable("needs root; mend: run as root (sudo, or a root container)")
        if shutil.which("runsc") is None:
            raise SandboxUnavailable("runsc is not installed; mend: apt-get install runsc")

    def start(self, rootfs: Path, slot: str) -> Container:
        scratch = _scratch()
        bundle = scratch / "bundle"
        bundle.mkdir()
        (bundle / "config.json").write_text(json.dumps(_config(rootfs)), encoding="utf-8")
        plan = Plan(
            argv=[*_runsc(scratch, platform()), "run", f"--bundle={bundle}", scratch.name],
            env={"PATH": os.defpath},
            # This gVisor has one mount namespace for all, whatever a clone asks for.
            guest={"uid": job_uid(), "proc_options": "", "tmpfs_options": "", "unmount": True},
            processes=2048,  # the sentry's threads and one stub per guest thread
            scratch=scratch,
        )
        return start(self.name, slot, plan, CONTAINER_BYTES)


@cache
def platform() -> str:
    """The best platform that this runsc can start; :class:`SandboxFailed` if none."""
    said = []
    for name in PLATFORMS:
        scratch = _scratch()
        try:
            done = subprocess.run(
                [*_runsc(scratch, name), "do", "true"],
                capture_output=True,
                timeout=_TRY_S,
                check=False,
            )
            if done.returncode == 0:
                return name
            said.append(f"{name}: {last_line(done.stderr)}")
        except subprocess.TimeoutExpired:
            said.append(f"{name}: hangs")
        finally:
            shutil.rmtree(scratch, ignore_errors=True)
    raise SandboxFailed(f"no platform of runsc works here ({'; '.join(said)})")


def _scratch() -> Path:
    return Path(tempfile.mkdtemp(prefix=cgroup.owner_tag()))


def _runsc(scratch: Path, platform_name: str) -> list[str]:
    return [
        str(shutil.which("runsc")),
        f"--root={scratch / 'state'}",
        f"--platform={platform_name}",
        "--network=none",
        "--ignore-cgroups",
    ]


def _config(rootfs: Path) -> dict[str, Any]:
    """An OCI runtime configuration: read-only root, nothing mounted from the host."""
    kinds = ("bounding", "effective", "permitted")
    environment = {**template.ENVIRONMENT, "PYTHONMALLOC": "malloc"}  # a fifth cheaper to fork here
    return {
        "ociVersion": "1.0.2",
        "hostname": "assay",
        "root": {"path": str(rootfs), "readonly": True},
        "process": {
            "user": {"uid": 0, "gid": 0},
            "args": boot_arguments(template.PYTHON),
            "env": [f"{name}={value}" for name, value in environment.items()],
            "cwd": "/",
            "noNewPrivileges": True,
            "capabilities": {kind: CAPABILITIES for kind in kinds},
        },
        "mounts": [{"destination": "/proc", "type": "proc", "source": "proc"}],
        "linux": {
            "namespaces": [{"type": kind} for kind in ("pid", "ipc", "uts", "mount", "network")]
        },
    }
