"""The seam of the back-ends: what one must be, which exist, and which to take.

A back-end prepares a :class:`~assay_sandbox.container.Plan`; everything after the start is shared.
Choosing without a name goes down :data:`BACKENDS`, safest first; naming one takes that or nothing.
"""

from __future__ import annotations

import os
from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import ClassVar, Protocol

from assay_sandbox import template
from assay_sandbox.container import Container
from assay_sandbox.errors import SandboxError, SandboxUnavailable
from assay_sandbox.job import Job

CONTAINER_BYTES = 2 << 30


class Backend(Protocol):
    """A way to isolate.

    Attributes:
        name: how it is asked for.
        boundary: one sentence saying what stands between a job and the host.
    """

    name: ClassVar[str]
    boundary: ClassVar[str]

    def check(self) -> None:
        """Cheap requirements; :class:`SandboxUnavailable` with the mend."""

    def start(self, rootfs: Path, slot: str) -> Container:
        """A warm container over ``rootfs``; :class:`SandboxFailed` if it does not come up."""


def backends() -> dict[str, Backend]:
    """Every back-end by name, safest first."""
    from assay_sandbox.gvisor import GVisor
    from assay_sandbox.namespace import Namespace

    return {backend.name: backend for backend in (GVisor(), Namespace())}


@cache
def probe(name: str) -> str:
    """Why ``name`` cannot be used here, with the mend, or "". Starts it and runs a program."""
    backend = backends()[name]
    try:
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
    known = backends()
    name = name or os.environ.get("ASSAY_BACKEND") or None
    if name is not None and name not in known:
        raise SandboxUnavailable(f"no back-end {name!r}; there are: {', '.join(known)}")
    reasons = {}
    for candidate in [name] if name else known:
        reasons[candidate] = probe(candidate)
        if not reasons[candidate]:
            return known[candidate]
    raise SandboxUnavailable(_refusal(reasons))


def _refusal(reasons: Mapping[str, str]) -> str:
    """One sentence from each candidate's "detail; mend: what to do", ending in the mends."""
    parts = {name: reason.partition("; mend: ") for name, reason in reasons.items()}
    why = "; ".join(f"{name}: {detail}" for name, (detail, _, _) in parts.items())
    mends = list(dict.fromkeys(mend for _, _, mend in parts.values() if mend))
    mend = ", or ".join(mends) or "see `assay doctor`"
    return f"cannot isolate untrusted code here ({why}); mend: {mend}"
