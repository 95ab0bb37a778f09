"""The ``plain`` template: a root file system with this interpreter and its standard library.

Built in a second or two from what already runs here, without a registry and without root: the real
interpreter (not a virtual environment's link), the standard library without tests, tools and
site-packages, its extension modules, and every shared library that ``ldd`` names, laid flat into
``/lib``. Nothing of the host's configuration, home or environment is copied. It is kept in a cache
directory named by what it was made of, built beside it and renamed into place, and never changed.
"""

from __future__ import annotations

import hashlib
import os
import re
import shutil
import subprocess
import sys
import sysconfig
import tempfile
from pathlib import Path

from assay_sandbox.errors import SandboxUnavailable

TEMPLATES = ("plain",)
PYTHON = "/usr/bin/python3"
DEVICES = ("null", "zero", "full", "random", "urandom")
ENVIRONMENT = {
    "PATH": "/usr/bin:/bin",
    "HOME": "/tmp",  # noqa: S108 (the job's scratch space inside the container)
    "LANG": "C.UTF-8",
    "LD_LIBRARY_PATH": "/lib",
    "PYTHONHASHSEED": "0",  # a verdict must not depend on the container that gave it
    "PYTHONDONTWRITEBYTECODE": "1",
    "PYTHONUTF8": "1",
}

_LAYOUT = 2  # raise when what is built below changes
_LEFT_OUT = """
    test tests idlelib tkinter turtledemo turtle.py ensurepip lib2to3 site-packages dist-packages
    pydoc_data venv distutils
"""


def cache_dir() -> Path:
    """``ASSAY_CACHE``, or ``assay`` under the user's cache directory."""
    named = os.environ.get("ASSAY_CACHE")
    base = os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache"
    return Path(named) if named else Path(base) / "assay"


def build(template: str = "plain") -> Path:
    """The root file system of ``template``, made now if it is not in the cache."""
    if template not in TEMPLATES:
        raise SandboxUnavailable(f"no template {template!r}; there is: {', '.join(TEMPLATES)}")
    interpreter = Path(getattr(sys, "_base_executable", None) or sys.executable).resolve()
    status = interpreter.stat()
    made_of = f"{_LAYOUT} {sys.version} {interpreter} {status.st_size} {status.st_mtime_ns}"
    target = (
        cache_dir() / "templates" / f"plain-{hashlib.sha256(made_of.encode()).hexdigest()[:12]}"
    )
    if target.is_dir():
        return target
    target.parent.mkdir(parents=True, exist_ok=True)
    draft = Path(tempfile.mkdtemp(prefix=".draft-", dir=target.parent))
    try:
        _fill(draft, interpreter)
        draft.rename(target)
    except OSError:
        if not target.is_dir():  # else another process was quicker
            raise
    finally:
        shutil.rmtree(draft, ignore_errors=True)
    return target


def _fill(root: Path, interpreter: Path) -> None:
    root.chmod(0o755)
    for folder in ("usr/bin", "usr/lib", "lib", "bin", "dev/shm", "proc", "tmp", "etc", "sys"):
        (root / folder).mkdir(parents=True, exist_ok=True)
    for device in DEVICES:
        (root / "dev" / device).touch()
    _write(root / "etc/passwd", "root:x:0:0::/:/bin/false\n")
    _write(root / "etc/group", "root:x:0:\n")
    stdlib = Path(sysconfig.get_path("stdlib")).resolve()
    home = root / "usr" / sys.platlibdir / stdlib.name
    shutil.copytree(stdlib, home, ignore=_ignore, ignore_dangling_symlinks=True)
    _copy(interpreter, root / PYTHON[1:])
    programs = [root / PYTHON[1:], *home.glob("lib-dynload/*.so")]
    shell = Path("/bin/dash").resolve()
    if shell.is_file():
        _copy(shell, root / "bin/sh")
        programs.append(shell)
    _copy_libraries(root, interpreter, [*map(str, programs)])
    for path in root.rglob("*"):
        if not path.is_symlink():
            path.chmod(0o755 if path.is_dir() or os.access(path, os.X_OK) else 0o644)


def _ignore(folder: str, names: list[str]) -> set[str]:
    """Names not copied: tools, tests, other people's packages, and byte code for ``-O``."""
    return {
        name
        for name in names
        if name in _LEFT_OUT.split()
        or name.startswith(("config-", "_tkinter"))
        or name.endswith((".opt-1.pyc", ".opt-2.pyc"))
    }


def _write(path: Path, text: str) -> None:
    path.write_text(text, encoding="utf-8")


def _copy(source: Path, target: Path) -> None:
    target.parent.mkdir(parents=True, exist_ok=True)
    shutil.copy2(source, target)


def _copy_libraries(root: Path, interpreter: Path, programs: list[str]) -> None:
    """Everything the dynamic loader would map, and the loader at the path the binary names."""
    found = subprocess.run(
        ["ldd", str(interpreter), *programs], capture_output=True, text=True, check=False
    ).stdout
    for path in set(re.findall(r"=> (/\S+)", found)):
        _copy(Path(path), root / "lib" / Path(path).name)
    loaders = set(re.findall(r"^\s+(/\S*/ld-\S+) \(", found, flags=re.MULTILINE))
    if not loaders:
        raise SandboxUnavailable(
            "ldd does not say what this Python needs; mend: use a glibc Python"
        )
    for path in loaders:
        _copy(Path(path), root / path[1:])
    libc = re.search(r"libc\.so\.6 => (/\S+)", found)
    unwinder = Path(libc[1]).with_name("libgcc_s.so.1") if libc else None
    if unwinder and unwinder.exists():  # opened by name when a thread ends
        _copy(unwinder, root / "lib" / unwinder.name)
