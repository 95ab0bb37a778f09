"""The guest's native core: compiled once from ``guest/core.c`` and ``pair.c``, kept, sent along.

It needs a C compiler and nothing else. Where there is none, where the guest's C library cannot load
it, or where ``ASSAY_GUEST=python`` says so, the guest does the same work in Python, several times
dearer. :attr:`Container.core <assay_sandbox.container.Container>` says what a container runs.
"""

from __future__ import annotations

import hashlib
import os
import shutil
import subprocess
import tempfile
from functools import cache
from importlib import resources
from pathlib import Path

from assay_sandbox.template import cache_dir

FLAGS = ("-std=c11", "-O2", "-fPIC", "-shared")
_COMPILE_S = 60.0


def source() -> bytes:
    """What is compiled: the files of the core, one after another."""
    guest = resources.files("assay_sandbox").joinpath("guest")
    return b"".join(guest.joinpath(name).read_bytes() for name in ("core.c", "pair.c"))


def build(into: Path) -> Path | None:
    """The compiled core in the folder ``into``, made now if it is not there; None if it cannot be.

    Its name holds a hash of its source, the flags and the machine.
    """
    made_of = (source(), " ".join(FLAGS).encode(), os.uname().machine.encode())
    target = into / f"core-{hashlib.sha256(b'|'.join(made_of)).hexdigest()[:12]}.so"
    if target.exists():
        return target
    compiler = _compiler()
    if compiler is None:
        return None
    into.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(prefix=".draft-", dir=into) as draft:
        made = Path(draft, "core.so")
        command = [compiler, *FLAGS, "-x", "c", "-", "-o", str(made)]
        try:
            subprocess.run(
                command, input=source(), capture_output=True, timeout=_COMPILE_S, check=True
            )
        except (OSError, subprocess.SubprocessError):
            return None
        made.rename(target)
    return target


@cache
def library() -> bytes:
    """What a guest is sent: the compiled core, or nothing."""
    if os.environ.get("ASSAY_GUEST") == "python":
        return b""
    built = build(cache_dir() / "native")
    return built.read_bytes() if built else b""


def explain() -> tuple[str, str]:
    """For ``doctor``: which core guests are sent (``native`` or ``python``), and why."""
    if library():
        return "native", "compiled from guest/core.c and pair.c"
    if os.environ.get("ASSAY_GUEST") == "python":
        return "python", "ASSAY_GUEST asks for it"
    if _compiler() is None:
        return "python", "no C compiler; mend: apt-get install gcc libc6-dev"
    return "python", "the guest's core does not compile here; mend: apt-get install libc6-dev"


def _compiler() -> str | None:
    wanted = (os.environ.get("CC"), "cc", "gcc", "clang")
    return next((found for name in wanted if name and (found := shutil.which(name))), None)
