"""A root file system made of copies: an interpreter, programs, trees, and what they are linked to.

Nothing is taken that was not named, and of what is taken only bytes and the right to execute: links
are followed, owners, setuid bits and write permissions are left behind. Shared libraries are those
that ``ldd`` names, at their own place where that is a system's, and by name in ``/lib``.
"""

from __future__ import annotations

import os
import re
import shutil
import site
import subprocess
import sys
import sysconfig
from collections.abc import Callable
from pathlib import Path

from assay_sandbox import packages
from assay_sandbox.errors import SandboxUnavailable

PYTHON = "/usr/bin/python3"
DEVICES = ("null", "zero", "full", "random", "urandom")
LIBRARY = f"usr/{sys.platlibdir}/python{sys.version_info[0]}.{sys.version_info[1]}"
_SYSTEM = ("/lib", "/usr/lib")
_LEFT_OUT = """
    test tests idlelib tkinter turtledemo turtle.py ensurepip lib2to3 site-packages dist-packages
    pydoc_data venv distutils
"""
LeaveOut = Callable[[str, list[str]], set[str]]


class Rootfs:
    """A directory being filled. ``copy`` and ``tree`` lay things in, ``finish`` completes it.

    Attributes:
        root: the directory.
        later: what to do when the libraries are there and programs inside could run.
    """

    def __init__(self, root: Path) -> None:
        root.mkdir(parents=True)
        self.root = root
        self.later: list[Callable[[], None]] = []
        self._programs: set[Path] = set()
        self._trees: list[Path] = []
        root.chmod(0o755)
        for folder in ("usr/bin", "usr/lib", "usr/lib64", "usr/sbin"):
            (root / folder).mkdir(parents=True, exist_ok=True)
            (root / folder[4:]).symlink_to(folder)
        for folder in ("dev/shm", "proc", "tmp", "etc", "sys"):
            (root / folder).mkdir(parents=True)
        for device in DEVICES:
            (root / "dev" / device).touch()
        self.write("etc/passwd", b"root:x:0:0::/:/bin/false\n")
        self.write("etc/group", b"root:x:0:\n")

    def write(self, at: str, data: bytes) -> Path:
        """A file of these bytes at the relative path ``at``."""
        target = self.root / at
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_bytes(data)
        return target

    def copy(self, source: Path, at: str = "") -> None:
        """The file ``source``, links followed, at ``at``, else at its own path."""
        target = self.root / (at or str(source)).lstrip("/")
        if target.exists():
            return
        target.parent.mkdir(parents=True, exist_ok=True)
        shutil.copy2(source, target)
        self._note(source)

    def tree(self, source: Path, at: str = "", leave_out: LeaveOut | None = None) -> None:
        """The directory ``source``, links followed, at ``at``, else at its own path."""
        target = self.root / (at or str(source)).lstrip("/")

        def ignore(folder: str, names: list[str]) -> set[str]:
            dangling = {name for name in names if not os.path.exists(os.path.join(folder, name))}
            return dangling | (leave_out(folder, names) if leave_out else set())

        shutil.copytree(source, target, ignore=ignore, dirs_exist_ok=True)
        self._trees.append(source.resolve())
        for path in target.rglob("*"):
            if path.is_file() and (".so" in path.name or os.access(path, os.X_OK)):
                self._note(source / path.relative_to(target))

    def library(self, path: Path) -> None:
        """A shared library, where the loader will find it."""
        if any(path.resolve().is_relative_to(tree) for tree in self._trees):
            return  # found by its neighbours, as on the host
        flat = f"/lib/{path.name}"
        if str(path).startswith(_SYSTEM) and str(path) != flat:
            self.copy(path)
            self.link(f"/usr{flat}", str(path))
        else:
            self.copy(path, flat)

    def link(self, at: str, to: str) -> None:
        """A link at the path ``at`` to the path ``to``, both inside."""
        target = self.root / at.lstrip("/")
        if not target.is_symlink() and not target.exists():
            target.parent.mkdir(parents=True, exist_ok=True)
            target.symlink_to(os.path.relpath(to, os.path.dirname(at)))

    def python(self, interpreter: Path) -> None:
        """This interpreter and its standard library, and a shell."""
        stdlib = Path(sysconfig.get_path("stdlib")).resolve()
        self.tree(stdlib, LIBRARY, _not_in_the_library)
        self.copy(interpreter, PYTHON)
        shell = Path("/bin/dash").resolve()
        if shell.is_file():
            self.copy(shell, "bin/sh")

    def packages(self, requirements: tuple[str, ...]) -> None:
        """Python packages, importable; see ``packages.py``.

        They lie where this Python looks inside, its prefix being ``/usr``: Debian's own looks into
        ``dist-packages`` alone.
        """
        at = site.getsitepackages(["/usr"])[-1]
        folder = self.root / at.lstrip("/")
        packages.lay(requirements, folder, at)
        for path in folder.rglob("*.so*"):
            self._note(path)

    def finish(self) -> None:
        """Lay what everything so far is linked to, and set the modes."""
        self._copy_libraries()
        for do in self.later:
            do()
        for path in self.root.rglob("*"):
            if not path.is_symlink():
                path.chmod(0o755 if path.is_dir() or os.access(path, os.X_OK) else 0o644)

    def _note(self, path: Path) -> None:
        with open(path, "rb") as file:
            if file.read(4) == b"\x7fELF":
                self._programs.add(path)

    def _copy_libraries(self) -> None:
        """Everything the dynamic loader would map, and the loader at the path a binary names."""
        asked = ["ldd", *map(str, sorted(self._programs))]
        found = subprocess.run(asked, capture_output=True, text=True, check=False).stdout
        for path in sorted(set(re.findall(r"=> (/\S+)", found))):
            self.library(Path(path))
        loaders = set(re.findall(r"^\s+(/\S*/ld-\S+) \(", found, flags=re.MULTILINE))
        if not loaders:
            raise SandboxUnavailable(
                "ldd does not say what this Python needs; mend: use a glibc Python"
            )
        for path in loaders:
            self.copy(Path(path))
        libc = re.search(r"libc\.so\.6 => (/\S+)", found)
        unwinder = Path(libc[1]).with_name("libgcc_s.so.1") if libc else None
        if unwinder and unwinder.exists():  # opened by name when a thread ends
            self.library(unwinder)


def _not_in_the_library(folder: str, names: list[str]) -> set[str]:
    """Names not copied: tools, tests, other people's packages, and byte code for ``-O``."""
    return {
        name
        for name in names
        if name in _LEFT_OUT.split()
        or name.startswith(("config-", "_tkinter"))
        or name.endswith((".opt-1.pyc", ".opt-2.pyc"))
    }
