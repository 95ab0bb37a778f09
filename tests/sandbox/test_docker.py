"""What only an engine's containers have: runtimes by name, images, what a killed pool leaves."""

from __future__ import annotations

import subprocess
import sys
import textwrap
import time
from collections.abc import Iterator
from typing import Any

import pytest

from assay_sandbox import Job, Sandbox, SandboxUnavailable, cgroup, template
from assay_sandbox.docker import REPOSITORY, Docker


class Engine:
    """The engine's client, and which of its containers this test has started."""

    def __init__(self, client: Any) -> None:
        self.client = client
        self.before = {each.id for each in self.containers(cgroup.owner_tag())}

    def containers(self, tag: str) -> list[Any]:
        found = self.client.containers.list(all=True, filters={"label": "assay"})
        return [each for each in found if tag in each.labels["assay"]]

    def mine(self) -> list[Any]:
        started = self.containers(cgroup.owner_tag())
        return [each for each in started if each.id not in self.before]

    def left(self, tag: str) -> list[Any]:
        """Containers of this tag, besides the earlier ones, when they have had time to go."""
        deadline = time.monotonic() + 30
        while left := [each for each in self.containers(tag) if each.id not in self.before]:
            if time.monotonic() > deadline:
                break
            time.sleep(0.1)
        return left


@pytest.fixture
def host(engine: str) -> Iterator[Engine]:
    import docker

    del engine
    client = docker.from_env()
    yield Engine(client)
    client.close()


def test_container_is_shut_in_and_leaves_nothing(host: Engine) -> None:
    backend = Docker()
    started = backend.start(template.build(), "test")
    try:
        (container,) = host.mine()
        config, settings = container.attrs["Config"], container.attrs["HostConfig"]
        assert started.run(Job("print(6 * 7)")).stdout == b"42\n"
        assert (settings["ReadonlyRootfs"], settings["NetworkMode"]) == (True, "none")
        assert settings["CapDrop"] == ["ALL"]
        assert "no-new-privileges" in settings["SecurityOpt"]
        assert not settings["Privileged"]
        assert not settings["Binds"]
        assert settings["Memory"] == settings["MemorySwap"] > 0
        assert settings["PidsLimit"] > 0
        assert settings["LogConfig"]["Type"] == "none"
        names = {variable.partition("=")[0] for variable in config["Env"]}
        assert names == set(template.ENVIRONMENT)
    finally:
        started.remove()
    assert host.mine() == []


def test_template_is_imported_once(host: Engine) -> None:
    tag = f"{REPOSITORY}:{template.build().parent.name}"
    for _ in range(2):
        Docker().start(template.build(), "test").remove()
    assert [each.tags for each in host.client.images.list(name=tag)] == [[tag]]


def test_pool_that_is_killed_leaves_no_container(host: Engine) -> None:
    source = """
        import time
        from assay_sandbox import Sandbox
        with Sandbox("docker", slots=1):
            print("up", flush=True)
            time.sleep(60)
        """
    with subprocess.Popen(
        [sys.executable, "-c", textwrap.dedent(source)], stdout=subprocess.PIPE
    ) as pool:
        assert pool.stdout is not None
        assert pool.stdout.readline() == b"up\n"
        tag = f"-{pool.pid}-"
        pool.kill()
    assert host.left(tag) == []


def test_engines_default_runtime_is_taken_without_a_name(host: Engine) -> None:
    with Sandbox("docker", slots=1) as box:
        assert box.run_sync(Job("print(1)")).backend == "docker"
        (container,) = host.mine()
        assert container.attrs["HostConfig"]["Runtime"] == host.client.info()["DefaultRuntime"]


@pytest.mark.usefixtures("engine")
def test_unknown_runtime_is_refused_with_those_there_are() -> None:
    with pytest.raises(SandboxUnavailable, match=r"no runtime 'kata-made-up' \(it has: .*runc"):
        Docker("kata-made-up").check()


@pytest.mark.parametrize(
    "address", ["unix:///nowhere/docker.sock", "tcp://127.0.0.1:9", "http+unix:///nowhere/s"]
)
def test_no_engine_is_said_with_the_mend(monkeypatch: pytest.MonkeyPatch, address: str) -> None:
    monkeypatch.setenv("DOCKER_HOST", address)
    with pytest.raises(SandboxUnavailable, match=r"no Docker engine.*; mend: .*DOCKER_HOST"):
        Docker().check()


def test_missing_package_is_said_with_the_mend(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "docker", None)
    with pytest.raises(SandboxUnavailable, match=r"mend: pip install 'assay\[docker\]'"):
        Docker().check()


def test_kill_of_the_relay_ends_the_container(host: Engine) -> None:
    started = Docker().start(template.build(), "test")
    try:
        started.kill()
        assert host.left(cgroup.owner_tag()) == []
    finally:
        started.remove()
