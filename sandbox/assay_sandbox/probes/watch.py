"""The host's own eyes while probes run: listeners, a canary, switches, processes left behind.

What an attacker says of itself proves little; this looks at what a probe must not be able to
change. It is a context: listeners and the canary exist while it is open.
"""

from __future__ import annotations

import json
import os
import secrets
import socket
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from types import TracebackType
from typing import Self

from assay_sandbox import cgroup
from assay_sandbox.container import is_job_uid

SECRET_VARIABLE = "ASSAY_SELF_CHECK_SECRET"  # noqa: S105 (a name)
MARK = "assay-bytes-of-another-job-"
_SWITCHES = ("core_pattern", "hostname", "domainname", "modprobe")


class HostWatch:
    """Something to steal and something to disturb.

    Attributes:
        secret: in the canary file and in this process's environment; must never come out.
        other: what every bystander's job carries; must never reach another job.
    """

    def __init__(self) -> None:
        self.secret = secrets.token_hex(16)
        self.other = MARK + secrets.token_hex(16)

    def __enter__(self) -> Self:
        self._folder = tempfile.TemporaryDirectory(prefix="assay-self-check-")
        self._canary = Path(self._folder.name, "canary")
        self._canary.write_text(self.secret)
        os.environ[SECRET_VARIABLE] = self.secret
        self._tcp = socket.create_server(("", 0))
        self._udp = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self._udp.bind(("", 0))
        self._abstract = socket.socket(socket.AF_UNIX)
        self._abstract.bind(f"\0assay-{self.secret[:8]}")
        self._abstract.listen()
        for listener in (self._tcp, self._udp, self._abstract):
            listener.setblocking(False)
        self._before = self._state()
        self._clock = time.time() - time.monotonic()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        for listener in (self._tcp, self._udp, self._abstract):
            listener.close()
        os.environ.pop(SECRET_VARIABLE, None)
        self._folder.cleanup()

    @property
    def port(self) -> int:
        """Where the TCP listener waits."""
        return int(self._tcp.getsockname()[1])

    def facts(self) -> str:
        """What a probe is told of its targets, as JSON; nothing in it is secret."""
        return json.dumps(
            {
                "tcp": self.port,
                "udp": self._udp.getsockname()[1],
                "abstract": f"assay-{self.secret[:8]}",
                "address": _address(),
                "canary": str(self._canary),
                "package": str(Path(__file__).parent),
                "home": str(Path.home()),
                "mark": MARK,
            }
        )

    def disturbed(self) -> str | None:
        """What has happened on the host that a job must not cause; None for nothing."""
        for name, listener in (("TCP", self._tcp), ("abstract", self._abstract)):
            if _heard(listener.accept):
                return f"a job connected to the host's {name} listener"
        if _heard(lambda: self._udp.recv(64)):
            return "a job's datagram reached the host"
        if self._canary.read_text() != self.secret:
            return "the canary was changed"
        if abs(time.time() - time.monotonic() - self._clock) > 5:
            return "the clock was set"
        after = self._state()
        changed = [name for name in after if after[name] != self._before[name]]
        return f"changed on the host: {', '.join(changed)}" if changed else None

    def processes(self) -> list[int]:
        """Processes of jobs, running or left behind, but for those in another program's groups."""
        found = []
        for folder in Path("/proc").glob("[0-9]*"):
            try:
                lines = (folder / "status").read_text().splitlines()
                groups = (folder / "cgroup").read_text()
            except OSError:  # it has just ended
                continue
            uid = next(int(line.split()[1]) for line in lines if line.startswith("Uid:"))
            elsewhere = "/assay-" in groups and f"/{cgroup.owner_tag()}" not in groups
            if is_job_uid(uid) and not elsewhere:
                found.append(int(folder.name))
        return found

    def _state(self) -> dict[str, str]:
        switches = {name: Path("/proc/sys/kernel", name) for name in _SWITCHES}
        return {name: path.read_text() if path.exists() else "" for name, path in switches.items()}


def _heard(receive: Callable[[], object]) -> bool:
    """Whether something was waiting there."""
    try:
        came = receive()
    except OSError:
        return False
    if isinstance(came, tuple):
        came[0].close()
    return True


def _address() -> str:
    """An address of this host on its network; loopback where it has none."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe:
        try:
            probe.connect(("192.0.2.1", 9))  # sends nothing
        except OSError:
            return "127.0.0.1"
        return str(probe.getsockname()[0])
