"""What this host can do for the sandbox, and how to mend what it cannot."""

from __future__ import annotations

import os
import platform
import shutil
import subprocess
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

from assay_sandbox import cgroup, gvisor, languages, native, template
from assay_sandbox.backend import backends, probe
from assay_sandbox.errors import SandboxError

# The releases of runsc under which the tests of this repository really ran.
RUN_UNDER = ("0.0~20221219.0",)
_COMMAND_S = 5.0


@dataclass(frozen=True)
class Check:
    """One line of the doctor's report.

    Attributes:
        name: what was looked at.
        ok: whether it is as it should be.
        detail: what was found; for a back-end that works, its boundary.
        mend: what to do if not; empty when ok.
        protects, exposed: of a back-end, what it does and does not protect against.
    """

    name: str
    ok: bool
    detail: str
    mend: str = ""
    protects: str = ""
    exposed: str = ""


def doctor() -> list[Check]:
    """Every check; each back-end is really started and runs a program. A few seconds."""
    names = list(backends())
    with ThreadPoolExecutor(len(names)) as threads:
        started = list(threads.map(_backend, names))
    host = [_cgroups(), _user(started), _kernel(), _runsc(), _core(), _templates()]
    return [*started, *host, *_languages()]


def _backend(name: str) -> Check:
    backend, reason = backends()[name], probe(name)
    detail, _, mend = reason.partition("; mend: ")
    if reason and not mend:
        mend = "see the detail; `assay doctor` again when mended"
    return Check(
        name, not reason, detail or backend.boundary, mend, backend.protects, backend.exposed
    )


def _cgroups() -> Check:
    flavour = cgroup.flavour()
    missing = [controller for controller, ok in cgroup.available().items() if not ok]
    if missing:
        detail = f"{flavour}; no {' or '.join(missing)} limit; only per-process limits hold"
        mend = (
            "run as root with writable control groups, or where a hierarchy of version 2 is "
            "delegated to this user and the process is not in its top group"
        )
        return Check("cgroups", False, detail, mend)
    kill = "cgroup.kill" if cgroup.kills_at_once() else "a kill of one process after another"
    return Check("cgroups", True, f"{flavour}; memory and pids limits, {kill}")


def _user(started: list[Check]) -> Check:
    if os.geteuid() == 0:
        return Check("user", True, "root")
    usable = [check.name for check in started if check.ok]
    detail = f"uid {os.geteuid()}, for whom {', '.join(usable) or 'no back-end'} works"
    mend = "" if usable else "run as root, or see the mend of namespace"
    return Check("user", bool(usable), detail, mend)


def _kernel() -> Check:
    detail = f"{platform.system()} {platform.release()} {platform.machine()}"
    ok = platform.system() == "Linux" and platform.machine() in ("x86_64", "aarch64")
    return Check("kernel", ok, detail, "" if ok else "use Linux on x86_64 or aarch64")


def _runsc() -> Check:
    if shutil.which("runsc") is None:
        return Check("runsc", False, "not installed", gvisor.INSTALL_MEND)
    try:
        said = subprocess.run(
            ["runsc", "--version"], capture_output=True, text=True, timeout=_COMMAND_S, check=True
        )
        version = said.stdout.partition("\n")[0].removeprefix("runsc version ")
        platform_name = gvisor.platform() if os.geteuid() == 0 else "not tried without root"
    except (OSError, subprocess.SubprocessError, SandboxError) as error:
        mend = "a runsc whose systrap or ptrace platform works here"
        return Check("runsc", False, str(error), mend)
    known = "" if version in RUN_UNDER else f"; tested under {', '.join(RUN_UNDER)} only"
    return Check("runsc", True, f"{version}, platform {platform_name}{known}")


def _core() -> Check:
    core, why = native.explain()
    detail, _, mend = why.partition("; mend: ")
    return Check("guest", core == "native" or not mend, f"{core}: {detail}", mend)


def _templates() -> Check:
    return Check(
        "templates", True, f"{', '.join(template.names())}; kept in {template.cache_dir()}"
    )


def _languages() -> list[Check]:
    return [
        Check(f"language {name}", found.ok, found.detail, found.mend)
        for name, found in languages.available().items()
    ]
