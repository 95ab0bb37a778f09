"""A Docker engine of the tests' own: under a temporary folder, without a bridge, gone afterwards.

Nothing of it lies where a machine's own engine would: another socket, another store, control groups
below this process's own. Needs root and ``dockerd``.
"""

from __future__ import annotations

import contextlib
import json
import os
import shutil
import subprocess
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

_UP_S = 40.0
_DOWN_S = 30.0
_CGROUPS = Path("/sys/fs/cgroup")


class NoEngine(Exception):
    """Why there is none."""


@contextlib.contextmanager
def private_engine() -> Iterator[str]:
    """Its ``DOCKER_HOST``; :class:`NoEngine` where none can be started."""
    missing = [name for name in ("dockerd", "containerd", "setpriv") if shutil.which(name) is None]
    if os.geteuid() != 0 or missing:
        raise NoEngine(f"not installed: {', '.join(missing)}" if missing else "needs root")
    folder = Path(tempfile.mkdtemp(prefix="assay-engine-"))
    before = {Path(folder) for folder, _, _ in os.walk(_CGROUPS)}  # while others come and go
    key = Path("/etc/docker/key.json")
    had_key = key.exists()
    try:
        yield from _running(folder)
    finally:
        if not had_key:
            key.unlink(missing_ok=True)
        shutil.rmtree(folder, ignore_errors=True)
        _remove_groups(before)


def _running(folder: Path) -> Iterator[str]:
    host = f"unix://{folder}/s"
    config = folder / "daemon.json"
    config.write_text(json.dumps(_config(folder, host)), encoding="utf-8")
    with open(folder / "log", "wb") as log:
        process = subprocess.Popen(
            ["setpriv", "--pdeathsig", "TERM", "dockerd", "--config-file", str(config)],
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=log,
            start_new_session=True,
        )
    try:
        deadline = time.monotonic() + _UP_S
        while not (folder / "s").exists() or b"API listen on" not in (folder / "log").read_bytes():
            if process.poll() is not None or time.monotonic() > deadline:
                raise NoEngine(f"dockerd: {(folder / 'log').read_text()[-300:]}")
            time.sleep(0.05)
        yield host
    finally:
        process.terminate()
        try:
            process.wait(_DOWN_S)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()


def _config(folder: Path, host: str) -> dict[str, object]:
    config: dict[str, object] = {
        "hosts": [host],
        "data-root": str(folder / "data"),
        "exec-root": str(folder / "exec"),
        "pidfile": str(folder / "pid"),
        "bridge": "none",
        "iptables": False,
        "ip6tables": False,
        "ip-masq": False,
    }
    for line in Path("/proc/self/cgroup").read_text().splitlines():
        _, controllers, own = line.split(":", 2)
        if "memory" in controllers.split(","):  # version 1: stay below our own group
            config["cgroup-parent"] = f"{own.rstrip('/')}/assay-engine-{os.getpid()}"
    runsc = shutil.which("runsc")
    if runsc:
        arguments = ["--network=none", "--platform=ptrace", "--ignore-cgroups"]
        config["runtimes"] = {"runsc": {"path": runsc, "runtimeArgs": arguments}}
    return config


def _remove_groups(before: set[Path]) -> None:
    """The empty groups that were not there before, the innermost first."""
    now = {Path(folder) for folder, _, _ in os.walk(_CGROUPS)}
    mine = [path for path in now - before if f"assay-engine-{os.getpid()}" in str(path)]
    parents = {parent for path in mine for parent in path.parents} & (now - before)
    for path in sorted({*mine, *parents}, key=lambda each: -len(each.parts)):
        with contextlib.suppress(OSError):
            path.rmdir()
