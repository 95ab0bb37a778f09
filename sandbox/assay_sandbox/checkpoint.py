"""Checkpoints: a warm gVisor container, saved before its first job, and copies of it.

Refilling a pool from one costs half the CPU of a cold start for ``plain``, a quarter for ``sympy``,
whose imports and warm-up are in it. It is still far from a fork: containers are refilled so, jobs
are not. Making one costs a cold start and the writing, so a pool does it only when it recycles for
the second time. No job was ever in what is saved; the copies share the layout of their addresses,
as all jobs of one container do. The namespace back-end starts in less time than this takes.
"""

from __future__ import annotations

import os
import shutil
import subprocess
from dataclasses import dataclass
from pathlib import Path

from assay_sandbox import gvisor
from assay_sandbox.backend import CONTAINER_BYTES, Backend
from assay_sandbox.container import Container, Plan, launch
from assay_sandbox.errors import SandboxFailed, last_line
from assay_sandbox.job import Job

HEALTH = Job("print(6 * 7)")
_TAKE_S = 60.0


@dataclass(frozen=True)
class Checkpoint:
    """A saved container. ``folder`` holds its bundle and image until :meth:`remove`."""

    folder: Path
    core: str

    def thaw(self, slot: str) -> Container:
        """A running copy that has answered; :class:`SandboxFailed` if it does not come up."""
        scratch = gvisor._scratch()
        paths = [f"--bundle={self.folder / 'bundle'}", f"--image-path={self.folder / 'image'}"]
        plan = Plan(
            argv=[*gvisor._runsc(scratch, gvisor.platform()), "restore", *paths, scratch.name],
            env={"PATH": os.defpath},
            guest={},
            processes=gvisor.PROCESSES,
            scratch=scratch,
        )
        container = launch("gvisor", slot, plan, CONTAINER_BYTES)
        container.core = self.core
        examine(container)
        container.jobs = 0
        return container

    def remove(self) -> None:
        shutil.rmtree(self.folder, ignore_errors=True)


def can_take(backend: Backend) -> bool:
    return isinstance(backend, gvisor.GVisor)


def take(backend: Backend, rootfs: Path) -> Checkpoint:
    """Start a container, save it when it is warm, and end it; :class:`SandboxFailed` if not."""
    container = backend.start(rootfs, "checkpoint")
    folder = gvisor._scratch()
    try:
        assert container.scratch is not None
        (folder / "image").mkdir()
        shutil.copytree(container.scratch / "bundle", folder / "bundle")
        runsc = gvisor._runsc(container.scratch, gvisor.platform())
        done = subprocess.run(
            [*runsc, "checkpoint", f"--image-path={folder / 'image'}", container.scratch.name],
            stdin=subprocess.DEVNULL,
            capture_output=True,
            timeout=_TAKE_S,
            check=False,
        )
        if done.returncode:
            raise SandboxFailed(f"no checkpoint: {last_line(done.stderr)}")
        return Checkpoint(folder, container.core)
    except BaseException as error:
        shutil.rmtree(folder, ignore_errors=True)
        if isinstance(error, OSError | subprocess.TimeoutExpired):
            raise SandboxFailed(f"no checkpoint: {error}") from error
        raise
    finally:
        container.remove()


def examine(container: Container) -> None:
    """Raise :class:`SandboxFailed`, having removed it, unless it runs a job of ours."""
    try:
        result = container.run(HEALTH)
    except SandboxFailed:
        container.remove()
        raise
    if result.stdout != b"42\n":
        container.remove()
        said = f"{result.status} {result.error}".rstrip()
        raise SandboxFailed(f"a new container does not work: {said}")
