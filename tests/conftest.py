"""What several rooms share: a real sandbox per back-end, and patience on a busy machine."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from hypothesis import settings

from assay_sandbox import Sandbox, SandboxUnavailable

settings.register_profile("assay", deadline=None)  # this machine may be busy
settings.load_profile("assay")


@pytest.fixture(scope="module", params=["namespace", "gvisor"])
def box(request: pytest.FixtureRequest) -> Iterator[Sandbox]:
    """An open sandbox; skipped where this host lacks the back-end, with the reason it gives."""
    try:
        with Sandbox(backend=request.param) as opened:
            yield opened
    except SandboxUnavailable as error:
        pytest.skip(f"{request.param}: {error}")
