"""Back-end ``gvisor``: a container under ``runsc``. The secure default wherever it runs.

Jobs talk to gVisor's own kernel, a user-space process that itself runs behind seccomp and
namespaces; inside it the guest gives every job its own PID namespace, mounts, uid and the same
system-call filter as elsewhere. One attached ``runsc run`` per container, its standard streams are
the channel.

Releases differ in their flags and platforms, so both are asked for: :func:`read_flags` reads what
``runsc flags`` says, :meth:`Release.arguments` takes from it what is wanted and known, and
:func:`platform` starts each candidate platform with a time limit. ``systrap`` is taken where this
runsc has it, else ``ptrace``; never ``kvm``, which was seen to hang for minutes.
"""

from __future__ import annotations

import json
import os
import re
import shutil
import signal
import subprocess
import tempfile
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

from assay_sandbox import cgroup, seccomp, template
from assay_sandbox.backend import CONTAINER_BYTES
from assay_sandbox.container import Container, Plan, boot_arguments, job_uid, start
from assay_sandbox.errors import SandboxFailed, SandboxUnavailable, last_line

PLATFORMS = ("systrap", "ptrace")
INSTALL_MEND = "apt-get install runsc, or a release from https://gvisor.dev/docs/user_guide/install"
# What a job's supervisor needs inside the guest: mounts and namespaces, another uid, its files.
CAPABILITIES = ["CAP_SYS_ADMIN", "CAP_SETUID", "CAP_SETGID", "CAP_KILL", "CAP_DAC_OVERRIDE"]
PROCESSES = 2048  # the sentry's threads and one stub per guest thread
_TRY_S = 10.0
_MOST_OUTPUT = 1 << 20

_REQUIRED = ("root", "platform", "network")
# Alternatives for one wish: the first that this release has with effect is taken.
_WISHES = (
    (("ignore-cgroups", "true"),),  # the launcher's group is around all of it
    (("overlay2", "none"), ("overlay", "false")),  # the root is read-only; nothing to lay over
    (("host-uds", "none"), ("fsgofer-host-uds", "false")),
    (("host-fifo", "none"),),
    (("directfs", "false"),),  # else the part that jobs talk to opens host files by itself
    (("vfs2", "true"),),  # the file system layer that has the mounts of a job
    (("net-raw", "false"),),
)


class GVisor:
    """See the module."""

    name: str = "gvisor"
    boundary: str = "gVisor's user-space kernel (runsc), itself jailed on the host"
    protects: str = (
        "holes in the host's kernel; reach for host files, processes, environment and network, for "
        "the supervisor and for other jobs; use beyond the limits"
    )
    exposed: str = (
        "two holes in a row, gVisor's and its jail's; side channels of the processor; jobs whose "
        "processes together fill the container's memory cost the container"
    )

    def check(self) -> None:
        if os.geteuid() != 0:
            raise SandboxUnavailable("needs root; mend: run as root (sudo, or a root container)")
        if shutil.which("runsc") is None:
            raise SandboxUnavailable(f"runsc is not installed; mend: {INSTALL_MEND}")
        seccomp.filter_program()

    def start(self, rootfs: Path, slot: str, program: bytes = b"") -> Container:
        settings = template.settings(rootfs)
        scratch = _scratch()
        bundle = scratch / "bundle"
        bundle.mkdir()
        config = _config(rootfs, settings.environment)
        (bundle / "config.json").write_text(json.dumps(config), encoding="utf-8")
        plan = Plan(
            argv=[*_runsc(scratch, platform()), "run", f"--bundle={bundle}", scratch.name],
            env={"PATH": os.defpath},
            guest={**settings.guest, **guest_settings(job_uid())},
            processes=PROCESSES,
            scratch=scratch,
            seccomp=seccomp.filter_program(),
        )
        return start(self.name, slot, plan, CONTAINER_BYTES, program)


def guest_settings(uid: int) -> dict[str, Any]:
    """How the guest makes a job's mounts under gVisor.

    The release that ran has one mount namespace for all, whatever a clone asks for, and refuses
    ``nr_inodes``. Its network stack has a working loopback, on which a job would leave ports behind
    that the next one cannot bind; so each has a stack of its own. And it lets everybody read the
    entry of the supervisor in ``/proc``, which is hidden therefore.
    """
    return {
        "uid": uid,
        "proc_options": "",
        "tmpfs_options": "",
        "unmount": True,
        "network": True,
        "hide": True,
        "compact": True,
    }


@dataclass(frozen=True)
class Release:
    """What one release of runsc can be asked for.

    Attributes:
        flags: help text by name, of all its top-level flags.
    """

    flags: Mapping[str, str]

    @property
    def platforms(self) -> tuple[str, ...]:
        """Those worth trying, best first: named in the help, and never ``kvm``."""
        said = self.flags.get("platform", "")
        named = tuple(name for name in PLATFORMS if re.search(rf"\b{name}\b", said))
        return named or PLATFORMS

    def arguments(self, root: Path, platform_name: str) -> list[str]:
        """The global flags to start with; :class:`SandboxUnavailable` if a needed one is absent."""
        missing = [name for name in _REQUIRED if name not in self.flags]
        if missing:
            raise SandboxUnavailable(f"this runsc has no flag {missing[0]!r}; mend: {INSTALL_MEND}")
        wished = [
            next((pair for pair in pairs if self._has_effect(pair[0])), None) for pairs in _WISHES
        ]
        given = [("root", str(root)), ("platform", platform_name), ("network", "none")]
        return [f"--{name}={value}" for name, value in (*given, *filter(None, wished))]

    def _has_effect(self, name: str) -> bool:
        return name in self.flags and "DEPRECATED" not in self.flags[name]


def read_flags(text: str) -> Release:
    """The flags in the output of ``runsc flags``: a line ``  -name [type]``, indented help below.

    ``runsc help`` and ``--help`` of recent releases show only sub-commands; very old ones append
    the flags to it in the same form, so any of them may be given.
    """
    flags: dict[str, str] = {}
    name = None
    for line in text.splitlines():
        found = re.match(r" {2}--?([A-Za-z][\w-]*)", line)
        if found:
            name = found[1]
            flags[name] = ""
        elif name and line[:1] in ("\t", " "):
            flags[name] += line.strip() + " "
        else:
            name = None
    return Release(flags)


@cache
def release() -> Release:
    """What the installed runsc can do; :class:`SandboxFailed` if it does not say."""
    _, said = _ask([str(shutil.which("runsc")), "flags"])
    return read_flags(said.decode("utf-8", "replace"))


def _ask(argv: list[str]) -> tuple[int, bytes]:
    """Exit code and output of a short runsc command; :class:`SandboxFailed` where it hangs."""
    with tempfile.TemporaryFile() as output:
        process = subprocess.Popen(
            argv,
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )
        try:
            code = process.wait(_TRY_S)
        except subprocess.TimeoutExpired:
            os.killpg(process.pid, signal.SIGKILL)
            process.wait()
            raise SandboxFailed(f"runsc hangs for {_TRY_S:.0f} s") from None
        output.seek(0)
        return code, output.read(_MOST_OUTPUT)


@cache
def platform() -> str:
    """The best platform that this runsc can start; :class:`SandboxFailed` if none."""
    said = []
    for name in release().platforms:
        scratch = _scratch()
        try:
            code, output = _ask([*_runsc(scratch, name), "do", "true"])
            if code == 0:
                return name
            said.append(f"{name}: {last_line(output)}")
        except SandboxFailed as error:
            said.append(f"{name}: {error}")
        finally:
            shutil.rmtree(scratch, ignore_errors=True)
    raise SandboxFailed(f"no platform of runsc works here ({'; '.join(said)})")


def _scratch() -> Path:
    return Path(tempfile.mkdtemp(prefix=cgroup.owner_tag()))


def _runsc(scratch: Path, platform_name: str) -> list[str]:
    return [
        str(shutil.which("runsc")),
        *release().arguments(scratch / "state", platform_name),
    ]


def _config(rootfs: Path, template_environment: Mapping[str, str]) -> dict[str, Any]:
    """An OCI runtime configuration: read-only root, nothing mounted from the host."""
    kinds = ("bounding", "effective", "permitted")
    environment = {**template_environment, "PYTHONMALLOC": "malloc"}  # a fifth cheaper to fork here
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
