"""The template: what is in it, that it is built once, and from any kind of interpreter."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from assay_sandbox import SandboxUnavailable, template


def test_template_is_built_once_and_holds_no_packages(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("ASSAY_CACHE", str(tmp_path))
    root = template.build()
    assert root == template.build()
    assert [path.name for path in root.parent.iterdir()] == [root.name]
    assert (root / template.PYTHON[1:]).is_file()
    assert not list(root.rglob("site-packages"))
    home = root / "usr" / sys.platlibdir / f"python3.{sys.version_info[1]}"
    assert (home / "os.py").is_file()
    assert not (home / "test").exists()
    assert all(path.stat().st_mode & 0o022 == 0 for path in root.rglob("*") if path.is_file())


@pytest.mark.skipif(not Path("/usr/bin/python3").exists(), reason="no Python of the distribution")
@pytest.mark.skipif(os.geteuid() != 0, reason="entering the template needs root")
def test_template_of_the_distributions_python_starts(tmp_path: Path) -> None:
    program = "from assay_sandbox import template; print(template.build())"
    built = subprocess.run(
        ["/usr/bin/python3", "-c", program],
        env={"ASSAY_CACHE": str(tmp_path), "PYTHONPATH": os.pathsep.join(sys.path)},
        capture_output=True,
        text=True,
        check=False,
    )
    if "requires" in built.stderr or "SyntaxError" in built.stderr:
        pytest.skip("the distribution's Python is older than 3.11")
    root = Path(built.stdout.strip())
    asked = [template.PYTHON, "-c", "import math, sqlite3, sys; print(sys.prefix)"]
    ran = subprocess.run(
        ["/usr/sbin/chroot", str(root), *asked],
        env=template.ENVIRONMENT,
        capture_output=True,
        text=True,
        check=False,
    )
    assert ran.stdout == "/usr\n", ran


def test_unknown_template_names_the_known() -> None:
    with pytest.raises(SandboxUnavailable, match="there is: plain"):
        template.build("numpy")
