"""The doctor's report: what every back-end is good for, and a mend for all that is amiss."""

from __future__ import annotations

import os
import sys
from pathlib import Path

import pytest

from assay_sandbox import Check, cgroup, gvisor, languages
from assay_sandbox.backend import backends
from assay_sandbox.doctor import RUN_UNDER, doctor

MODULE = sys.modules["assay_sandbox.doctor"]
HOST = ["cgroups", "user", "kernel", "runsc", "guest", "templates"]


def _by_name(checks: list[Check]) -> dict[str, Check]:
    return {check.name: check for check in checks}


def _pretend(monkeypatch: pytest.MonkeyPatch, *works: str) -> None:
    """Only these back-ends work; none is started."""
    reason = "{0} is out; mend: get {0}"
    monkeypatch.setattr(MODULE, "probe", lambda name: "" if name in works else reason.format(name))


def test_report_is_whole_and_every_fault_has_a_mend(monkeypatch: pytest.MonkeyPatch) -> None:
    _pretend(monkeypatch, "namespace")
    checks = doctor()
    rows = [f"language {name}" for name in languages.LANGUAGES]
    assert [check.name for check in checks] == [*backends(), *HOST, *rows]
    for check in checks:
        assert check.detail
        assert check.ok or check.mend


def test_back_end_says_its_boundary_or_its_fault(monkeypatch: pytest.MonkeyPatch) -> None:
    _pretend(monkeypatch, "namespace")
    checks = _by_name(doctor())
    works, out = checks["namespace"], checks["gvisor"]
    assert (works.ok, works.mend) == (True, "")
    assert "kernel" in works.detail
    assert (out.ok, out.detail, out.mend) == (False, "gvisor is out", "get gvisor")
    for check in (works, out):
        assert check.protects
        assert check.exposed


def test_docker_is_known_to_share_the_kernel_only_where_it_does() -> None:
    exposed = {name: backend.exposed for name, backend in backends().items()}
    assert "host's kernel" in exposed["docker"]
    assert "host's kernel" in exposed["namespace"]
    assert "host's kernel" not in exposed["docker:runsc"]
    assert "host's kernel" not in exposed["gvisor"]


def test_missing_control_groups_are_a_fault(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    _pretend(monkeypatch)
    monkeypatch.setattr(cgroup, "ROOT", tmp_path)
    check = _by_name(doctor())["cgroups"]
    assert not check.ok
    assert "none; no memory or pids limit" in check.detail


def test_other_release_of_runsc_is_told_from_the_one_that_was_run(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    _pretend(monkeypatch)
    fake = tmp_path / "runsc"
    fake.write_text("#!/bin/sh\necho runsc version release-29990101.0\n", encoding="utf-8")
    fake.chmod(0o755)
    monkeypatch.setenv("PATH", f"{tmp_path}{os.pathsep}{os.environ['PATH']}")
    monkeypatch.setattr(gvisor, "platform", lambda: "systrap")
    detail = _by_name(doctor())["runsc"].detail
    assert detail.startswith("release-29990101.0, platform")
    assert f"tested under {', '.join(RUN_UNDER)} only" in detail


def test_another_user_is_told_what_works(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(os, "geteuid", lambda: 1234)
    _pretend(monkeypatch, "namespace")
    assert _by_name(doctor())["user"] == Check("user", True, "uid 1234, for whom namespace works")
    _pretend(monkeypatch)
    check = _by_name(doctor())["user"]
    assert not check.ok
    assert "root" in check.mend
