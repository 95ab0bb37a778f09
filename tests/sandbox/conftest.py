"""One open sandbox per back-end for the whole room; a back-end that cannot work here says why."""

from __future__ import annotations

import contextlib
import os
from collections.abc import Callable, Iterator

import pytest

from assay_sandbox import Job, Limits, Result, Sandbox, SandboxUnavailable, probe
from assay_sandbox.docker import Docker

from .engine import NoEngine, private_engine

Run = Callable[..., Result]

BACKENDS = ("gvisor", "namespace", "docker:runc", "docker:runsc")


@pytest.fixture(scope="session")
def engine() -> Iterator[str]:
    """``DOCKER_HOST`` of an engine: the machine's ("" where that is), or one of our own."""
    with contextlib.ExitStack() as stack:
        patch = stack.enter_context(pytest.MonkeyPatch.context())
        pytest.importorskip("docker", reason="the docker package is not installed")
        try:
            Docker().check()
            yield os.environ.get("DOCKER_HOST", "")
            return
        except SandboxUnavailable:
            pass
        try:
            host = stack.enter_context(private_engine())
        except NoEngine as error:
            pytest.skip(f"no Docker engine: {error}")
        patch.setenv("DOCKER_HOST", host)
        probe.cache_clear()
        yield host
    probe.cache_clear()


@pytest.fixture(scope="session", params=BACKENDS)
def box(request: pytest.FixtureRequest) -> Iterator[Sandbox]:
    if request.param.startswith("docker"):
        request.getfixturevalue("engine")
    reason = probe(request.param)
    if reason:
        pytest.skip(f"{request.param}: {reason}")
    with Sandbox(request.param, slots=1) as opened:
        yield opened


@pytest.fixture
def run(box: Sandbox) -> Run:
    """``run(source, wall_s=…, stdin=…)``: one job; limits and fields of a Job by name."""

    def run_one(source: str, **given: object) -> Result:
        limits = {name: given.pop(name) for name in list(given) if hasattr(Limits, name)}
        return box.run_sync(Job(source, limits=Limits(**limits), **given))  # type: ignore[arg-type]

    return run_one
