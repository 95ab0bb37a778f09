"""A sandbox ``toolchain`` that takes its time to be made; for workers to import."""

from __future__ import annotations

import time
from typing import Any, Self

from assay.serve import running
from assay_sandbox import Sandbox
from assay_verifiers import shared_sandbox

BUILD_S = 6.0


class Slow(Sandbox):
    """As a template that is built first; what it opens then is ``plain``."""

    def __init__(self, *, template: Any, **settings: Any) -> None:
        self._build_s = BUILD_S if template == "toolchain" else 0.0
        super().__init__(template="plain" if self._build_s else template, **settings)

    def __enter__(self) -> Self:
        time.sleep(self._build_s)
        return super().__enter__()


running._PATIENCE_S = 1.0
shared_sandbox.Sandbox = Slow  # type: ignore[misc]
