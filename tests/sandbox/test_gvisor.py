"""Which flags and platform runsc is started with, from what releases say, and in what time."""

from __future__ import annotations

import os
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from assay_sandbox import gvisor
from assay_sandbox.errors import SandboxFailed, SandboxUnavailable

DATA = Path(__file__).with_name("data")
ALWAYS = ["--root=/r", "--platform=p", "--network=none"]

RELEASES = {
    "runsc-48fae14e-flags.derived.txt": (
        ("ptrace",),
        ["--overlay=false", "--fsgofer-host-uds=false", "--vfs2=true", "--net-raw=false"],
    ),
    "runsc-20221219-flags.recorded.txt": (
        ("ptrace",),
        [
            "--ignore-cgroups=true",
            "--overlay2=none",
            "--host-uds=none",
            "--host-fifo=none",
            "--net-raw=false",
        ],
    ),
    "runsc-00972a2a-flags.derived.txt": (
        ("systrap", "ptrace"),
        [
            "--ignore-cgroups=true",
            "--overlay2=none",
            "--host-uds=none",
            "--host-fifo=none",
            "--directfs=false",
            "--net-raw=false",
        ],
    ),
}


@pytest.mark.parametrize("name", RELEASES)
def test_flags_follow_what_the_release_says(name: str) -> None:
    release = gvisor.read_flags((DATA / name).read_text(encoding="utf-8"))
    platforms, arguments = RELEASES[name]
    assert release.platforms == platforms
    assert release.arguments(Path("/r"), "p") == ALWAYS + arguments


def test_every_flag_of_a_recorded_text_is_read() -> None:
    text = (DATA / "runsc-20221219-flags.recorded.txt").read_text(encoding="utf-8")
    read = gvisor.read_flags(text).flags
    assert len(read) == sum(line.startswith("  -") for line in text.splitlines())
    assert read["network"].startswith("specifies which network to use")
    assert "DEPRECATED" in read["vfs2"]


@pytest.mark.parametrize("text", ["", "unknown command", "help"])
def test_release_that_lists_no_flags_is_refused(text: str) -> None:
    if text == "help":
        text = (DATA / "runsc-20221219-help.recorded.txt").read_text(encoding="utf-8")
    with pytest.raises(SandboxUnavailable, match="no flag 'root'; mend: "):
        gvisor.read_flags(text).arguments(Path("/r"), "ptrace")


def test_kvm_is_never_tried() -> None:
    for name in RELEASES:
        text = (DATA / name).read_text(encoding="utf-8")
        assert "kvm" in gvisor.read_flags(text).flags["platform"]
        assert "kvm" not in gvisor.read_flags(text).platforms


FAKE = """#!/bin/sh
case "$*" in
  flags) cat {flags}; exit ;;
  *--platform=systrap*) {systrap} ;;
  *--platform=ptrace*) {ptrace} ;;
  *) echo "asked for $*" >&2; exit 9 ;;
esac
"""


@pytest.fixture
def fresh() -> Iterator[None]:
    """Nothing remembered of another runsc, before and after."""
    for cached in (gvisor.release, gvisor.platform):
        cached.cache_clear()
    yield
    for cached in (gvisor.release, gvisor.platform):
        cached.cache_clear()


def _install(monkeypatch: pytest.MonkeyPatch, tmp_path: Path, *, systrap: str, ptrace: str) -> None:
    runsc = tmp_path / "runsc"
    flags = DATA / "runsc-00972a2a-flags.derived.txt"
    runsc.write_text(FAKE.format(flags=flags, systrap=systrap, ptrace=ptrace), encoding="utf-8")
    runsc.chmod(0o755)
    monkeypatch.setenv("PATH", f"{tmp_path}{os.pathsep}{os.environ['PATH']}")
    monkeypatch.setattr(gvisor, "_TRY_S", 0.5)


@pytest.mark.usefixtures("fresh")
@pytest.mark.parametrize(
    ("systrap", "ptrace", "taken"),
    [
        ("exit 0", "exit 0", "systrap"),
        ("exit 1", "exit 0", "ptrace"),
        ("sleep 60 & sleep 60", "exit 0", "ptrace"),
    ],
)
def test_first_platform_that_starts_in_time_is_taken(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, systrap: str, ptrace: str, taken: str
) -> None:
    _install(monkeypatch, tmp_path, systrap=systrap, ptrace=ptrace)
    started = time.monotonic()
    assert gvisor.platform() == taken
    assert time.monotonic() - started < 30


@pytest.mark.usefixtures("fresh")
def test_no_platform_says_what_each_did(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    _install(monkeypatch, tmp_path, systrap="sleep 60", ptrace="echo no ptrace >&2; exit 1")
    with pytest.raises(SandboxFailed, match=r"systrap: runsc hangs.*; ptrace: no ptrace"):
        gvisor.platform()


def test_nothing_of_the_host_is_mounted() -> None:
    config = gvisor._config(Path("/rootfs"), {"A": "b"})
    assert config["root"] == {"path": "/rootfs", "readonly": True}
    assert [mount["type"] for mount in config["mounts"]] == ["proc"]
    assert config["process"]["noNewPrivileges"]
    assert {"type": "network"} in config["linux"]["namespaces"]
