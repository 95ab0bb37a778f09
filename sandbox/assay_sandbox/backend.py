"""The seam of the back-ends: what one must be, which exist, and which to take.

A back-end prepares a :class:`~assay_sandbox.container.Plan`; everything after the start is shared.
Choosing without a name goes down :func:`backends`, safest first; naming one takes that or nothing.
"""

from __future__ import annotations

import os
from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import Protocol

from assay_sandbox import template
from assay_sandbox.container import Container
from assay_sandbox.errors import SandboxError, SandboxUnavailable
from assay_sandbox.job import Job

CONTAINER_BYTES = 2 << 30


class Backend(Protocol):
    """A way to isolate.

    Attributes:
        name: how it is asked for.
        boundary: what stands between a job and the host.
        protects: what it protects against.
        exposed: what it does not protect against.
    """

    name: str
    boundary: str
    protects: str
    exposed: str

    def check(self) -> None:
        """Cheap requirements; :class:`SandboxUnavailable` with the mend."""

    def start(self, rootfs: Path, slot: str, program: bytes = b"") -> Container:
        """A warm container over ``rootfs``; :class:`SandboxFailed` if it does not come up.

        With ``program`` its guest runs that instead of serving jobs.
        """


def backends() -> dict[str, Backend]:
    """Every back-end by name, safest first; ``docker:NAME`` is one for any runtime NAME besides.

    gVisor run by us knows its limits better than an engine's; with our own namespaces nobody inside
    is root on the host, as the supervisor in an engine's ``runc`` container is.
    """
    from assay_sandbox.docker import Docker
    from assay_sandbox.gvisor import GVisor
    from assay_sandbox.namespace import Namespace

    ordered: tuple[Backend, ...] = (GVisor(), Docker("runsc"), Namespace(), Docker())
    return {backend.name: backend for backend in ordered}


def find(name: str) -> Backend:
    """The back-end of this name; :class:`SandboxUnavailable` if there is none."""
    from assay_sandbox.docker import Docker

    known = backends()
    family, _, runtime = name.partition(":")
    if name not in known and family == "docker" and runtime:
        return Docker(runtime)
    if name not in known:
        raise SandboxUnavailable(
            f"no back-end {name!r}; mend: name one of {', '.join(known)}, or docker:RUNTIME"
        )
    return known[name]


@cache
def probe(name: str) -> str:
    """Why ``name`` cannot be used here, with the mend, or "". Starts it and runs a program."""
    try:
        backend = find(name)
        backend.check()
        container = backend.start(template.build(), "probe")
        try:
            result = container.run(Job("print(42)"))
        finally:
            container.remove()
    except (SandboxError, OSError) as error:
        return str(error)
    return "" if result.stdout == b"42\n" else f"print(42) ended in {result}"


def choose(name: str | None = None) -> Backend:
    """The back-end called ``name`` (or by ``ASSAY_BACKEND``); with no name, the safest that works.

    Raises:
        SandboxUnavailable: the named one, or every one, does not work here; says why and the mend.
    """
    name = name or os.environ.get("ASSAY_BACKEND") or None
    if name is not None:
        find(name)
    reasons = {}
    for candidate in [name] if name else backends():
        reasons[candidate] = probe(candidate)
        if not reasons[candidate]:
            return find(candidate)
    raise SandboxUnavailable(_refusal(reasons))


def _refusal(reasons: Mapping[str, str]) -> str:
    """One sentence from each candidate's "detail; mend: what to do", ending in the mends."""
    parts = {name: reason.partition("; mend: ") for name, reason in reasons.items()}
    why = "; ".join(f"{name}: {detail}" for name, (detail, _, _) in parts.items())
    mends = list(dict.fromkeys(mend for _, _, mend in parts.values() if mend))
    mend = ", or ".join(mends) or "see `assay doctor`"
    return f"cannot isolate untrusted code here ({why}); mend: {mend}"
