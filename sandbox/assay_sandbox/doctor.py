"""What this host can do for the sandbox, and how to mend what it cannot."""

from __future__ import annotations

import os
import platform
import shutil
import subprocess
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

from assay_sandbox import cgroup, gvisor
from assay_sandbox.backend import backends, probe
from assay_sandbox.errors import SandboxError

_COMMAND_S = 5.0


@dataclass(frozen=True)
class Check:
    """One line of the doctor's report.

    Attributes:
        name: what was looked at.
        ok: whether it is as it should be.
        detail: what was found.
        mend: what to do if not; empty when ok.
    """

    name: str
    ok: bool
    detail: str
    mend: str = ""


def doctor() -> list[Check]:
    """Every check; each back-end is really started and runs a program. A few seconds."""
    names = list(backends())
    with ThreadPoolExecutor(len(names)) as threads:
        started = list(threads.map(_backend, names))
    return [*started, _cgroups(), _user(), _kernel(), _runsc()]


def _backend(name: str) -> Check:
    reason = probe(name)
    if not reason:
        return Check(name, True, backends()[name].boundary)
    detail, _, mend = reason.partition("; mend: ")
    return Check(name, False, detail, mend or "see the detail; `assay doctor` again when mended")


def _cgroups() -> Check:
    found = cgroup.available()
    missing = [controller for controller, ok in found.items() if not ok]
    if not missing:
        return Check("cgroups", True, "memory and pids limits around every container")
    detail = f"no {' or '.join(missing)} limit can be set; only per-process limits hold"
    return Check("cgroups", False, detail, "run as root, in a container with writable cgroups")


def _user() -> Check:
    if os.geteuid() == 0:
        return Check("user", True, "root")
    return Check(
        "user", False, f"uid {os.geteuid()}", "run as root: the back-ends need it to isolate"
    )


def _kernel() -> Check:
    detail = f"{platform.system()} {platform.release()} {platform.machine()}"
    ok = platform.system() == "Linux" and platform.machine() in ("x86_64", "aarch64")
    return Check("kernel", ok, detail, "" if ok else "use Linux on x86_64 or aarch64")


def _runsc() -> Check:
    if shutil.which("runsc") is None:
        return Check("runsc", False, "not installed", "apt-get install runsc")
    try:
        version = subprocess.run(
            ["runsc", "--version"], capture_output=True, text=True, timeout=_COMMAND_S, check=True
        )
        platform_name = gvisor.platform() if os.geteuid() == 0 else "not tried without root"
        detail = f"{version.stdout.splitlines()[0]}, platform {platform_name}"
    except (OSError, subprocess.SubprocessError, SandboxError) as error:
        return Check(
            "runsc", False, str(error), "a runsc whose systrap or ptrace platform works here"
        )
    return Check("runsc", True, detail)
