"""Back-end ``docker``: a container of a Docker engine, under any runtime that the engine knows.

``docker`` takes the engine's default runtime, ``docker:NAME`` the one of that name (``runc``,
``runsc``, ``kata-runtime`` …); what stands between a job and the host is that runtime. The template
becomes an image of the engine's by import, tagged with its key, so no registry is asked. The
container is read-only, without a network, with the five capabilities of a supervisor, and its own
limits of memory and processes; inside, the same guest does the same work as elsewhere.

The channel is the attached standard streams, which the engine multiplexes; a small process,
``docker_relay.py``, turns them into plain ones, and starts the container once it listens. When that
process dies the container's input ends, the guest ends with it, and the engine removes it.

The engine may be another machine's (``DOCKER_HOST``). Under ``runc`` the supervisor is root there,
with those capabilities, which is why ``namespace`` is taken before it.
"""

from __future__ import annotations

import os
import re
import sys
import tarfile
import tempfile
from contextlib import closing, suppress
from functools import partial
from importlib import resources
from pathlib import Path
from typing import TYPE_CHECKING, Any

from assay_sandbox import cgroup, gvisor, namespace, seccomp, template
from assay_sandbox.backend import CONTAINER_BYTES
from assay_sandbox.container import Container, Plan, boot_arguments, job_uid, start
from assay_sandbox.errors import SandboxFailed, SandboxUnavailable, last_line

if TYPE_CHECKING:
    import docker as sdk

REPOSITORY = "assay"
_ANSWER_S = 300  # an import of a large template
_DESCRIPTORS = 4096  # named, because an engine's default may be above what its host allows
_RELAY_TASKS, _LINUX_TASKS, _GVISOR_TASKS = 64, 256, 2048
_GONE_S = 30
_HIGHEST_SMALL_ID = 60_000  # where an engine lends a container only 65,536 ids
_ENGINE_MEND = "start one (as in: systemctl start docker), or set DOCKER_HOST"
# What an engine shows every container of the host's hardware and control groups, read-only.
_UNSEE = "import ctypes\nctypes.CDLL(None).umount2(b'/sys', 2)\n"
# What a runtime is, and what it leaves open; one that is not known counts as the weakest.
_RUNTIMES = {
    "runc": (
        "a container of the engine (as runc's): namespaces and seccomp; shares the host's kernel",
        "a hole in the host's kernel, behind which the supervisor is root with five capabilities; "
        "whoever may speak to the engine is root; side channels of the processor",
    ),
    "runsc": (
        "gVisor's user-space kernel (runsc), run by the engine",
        "two holes in a row, gVisor's and its jail's; whoever may speak to the engine is root; "
        "side channels of the processor",
    ),
    "kata": (
        "a virtual machine (kata), run by the engine",
        "a hole in the virtual machine's monitor; whoever may speak to the engine is root; side "
        "channels of the processor",
    ),
}


class Docker:
    """See the module.

    Args:
        runtime: one of the engine's; "" for its default.
    """

    def __init__(self, runtime: str = "") -> None:
        self.runtime = runtime
        self.name = f"docker:{runtime}" if runtime else "docker"
        known = (each for key, each in _RUNTIMES.items() if key in runtime)
        self.boundary, self.exposed = next(known, _RUNTIMES["runc"])
        self.protects = (
            "reach for host files, processes, environment and network, for the supervisor and for "
            "other jobs; use beyond the limits"
        )

    def check(self) -> None:
        seccomp.filter_program()
        with closing(_connect()) as engine:
            self._engine_runtime(engine)

    def start(self, rootfs: Path, slot: str, program: bytes = b"") -> Container:
        try:
            with closing(_connect()) as engine:
                plan = self._plan(engine, rootfs)
        except _errors() as error:
            raise SandboxFailed(f"the Docker engine refused: {_said(error)}") from error
        return start(self.name, slot, plan, CONTAINER_BYTES, program)

    def _plan(self, engine: sdk.APIClient, rootfs: Path) -> Plan:
        runtime, path = self._engine_runtime(engine)
        in_gvisor = "runsc" in f"{runtime} {path}"
        guest = gvisor.guest_settings if in_gvisor else namespace.guest_settings
        tasks = _GVISOR_TASKS if in_gvisor else _LINUX_TASKS
        settings = template.settings(rootfs)
        # An engine's container has a loopback that is up, whatever its runtime.
        job_settings = {**settings.guest, **guest(_uid(engine)), "network": True}
        container = _create(engine, runtime, _image(engine, rootfs), settings, tasks)
        return Plan(
            argv=[sys.executable, "-P", _relay(), container],
            env=dict(os.environ),
            guest=job_settings,
            processes=_RELAY_TASKS,  # the container has the engine's limit
            seccomp=seccomp.filter_program(),
            cleanup=partial(_remove, container),
        )

    def _engine_runtime(self, engine: sdk.APIClient) -> tuple[str, str]:
        """Name and path of the runtime that is meant."""
        info = engine.info()
        known = info.get("Runtimes") or {}
        name = self.runtime or info.get("DefaultRuntime", "")
        if info.get("OSType") != "linux" or name not in known:
            raise SandboxUnavailable(
                f"the Docker engine has no runtime {name!r} (it has: {', '.join(known)}); mend: "
                f"install it and name it under `runtimes` in the engine's daemon.json"
            )
        return name, str(known[name].get("path", ""))


def _connect() -> sdk.APIClient:
    try:
        import docker as sdk
    except ImportError as error:
        raise SandboxUnavailable(
            "the docker package is not installed; mend: pip install 'assay[docker]'"
        ) from error
    scheme, _, path = os.environ.get("DOCKER_HOST", sdk.constants.DEFAULT_UNIX_SOCKET).partition(
        "://"
    )
    if scheme.endswith("unix") and not Path("/", path.lstrip("/")).exists():
        raise SandboxUnavailable(f"no Docker engine: {path} is not there; mend: {_ENGINE_MEND}")
    try:
        return sdk.from_env(timeout=_ANSWER_S).api  # asks the engine for its version
    except sdk.errors.DockerException as error:
        raise SandboxUnavailable(
            f"no Docker engine answers ({_said(error)}); mend: {_ENGINE_MEND}"
        ) from error


def _errors() -> tuple[type[Exception], ...]:
    import docker as sdk
    import requests

    return (sdk.errors.DockerException, requests.RequestException)


def _said(error: Exception) -> str:
    return last_line(str(getattr(error, "explanation", None) or error).encode())


def _relay() -> str:
    return str(resources.files("assay_sandbox").joinpath("docker_relay.py"))


def _uid(engine: sdk.APIClient) -> int:
    """A job's uid: none that a user of the host has, where the engine's containers have such."""
    options = engine.info().get("SecurityOptions") or []
    if any("userns" in option or "rootless" in option for option in options):
        return 1 + job_uid() % _HIGHEST_SMALL_ID
    return job_uid()


def _image(engine: sdk.APIClient, rootfs: Path) -> str:
    """The template as an image of this engine, imported now if it has none."""
    import docker as sdk

    tag = re.sub(r"[^\w.-]", "-", rootfs.parent.name)
    name = f"{REPOSITORY}:{tag}"
    with suppress(sdk.errors.ImageNotFound):
        engine.inspect_image(name)
        return name
    with tempfile.TemporaryFile() as file:
        with tarfile.open(fileobj=file, mode="w") as archive:
            archive.add(rootfs, arcname=".", filter=_as_root)
        file.seek(0)
        engine.import_image(src=file, repository=REPOSITORY, tag=tag)
    engine.inspect_image(name)  # the answer to an import is a log, whatever came of it
    return name


def _as_root(member: tarfile.TarInfo) -> tarfile.TarInfo:
    member.uid = member.gid = 0
    member.uname = member.gname = "root"
    return member


def _create(
    engine: sdk.APIClient, runtime: str, image: str, settings: template.Settings, tasks: int
) -> str:
    """A container that waits to be attached to and started; its id."""
    from docker.types import LogConfig, Ulimit

    boot = boot_arguments(template.PYTHON)
    host: dict[str, Any] = engine.create_host_config(
        runtime=runtime,
        auto_remove=True,
        read_only=True,
        network_mode="none",
        ipc_mode="private",
        cap_drop=["ALL"],
        cap_add=[name.removeprefix("CAP_") for name in gvisor.CAPABILITIES],
        # AppArmor's profile for containers forbids every mount, the supervisor's work.
        security_opt=["no-new-privileges", "apparmor=unconfined"],
        mem_limit=CONTAINER_BYTES,
        memswap_limit=CONTAINER_BYTES,
        pids_limit=tasks,
        ulimits=[
            Ulimit(name="nofile", soft=_DESCRIPTORS, hard=_DESCRIPTORS),
            Ulimit(name="core", soft=1, hard=1),  # 0 would not stop a crash handler; see the guest
        ],
        log_config=LogConfig(type="none"),  # or every frame would be written to the engine's disk
    )
    created = engine.create_container(
        image,
        command=[*boot[:-1], _UNSEE + boot[-1]],
        environment=dict(settings.environment),
        hostname="assay",
        user="0:0",
        working_dir="/",
        stdin_open=True,
        detach=False,  # its input ends when the relay does
        network_disabled=True,
        labels={"assay": cgroup.owner_tag()},
        host_config=host,
    )
    return str(created["Id"])


def _remove(container: str) -> None:
    """Kill and remove it, if it is not going by itself; back when it is gone."""
    with suppress(SandboxUnavailable), closing(_connect()) as engine:
        with suppress(*_errors()):
            engine.remove_container(container, force=True)
        with suppress(*_errors()):
            engine.wait(container, timeout=_GONE_S, condition="removed")
