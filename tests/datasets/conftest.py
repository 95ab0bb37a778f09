"""Property tests of this room are not judged by the clock."""

from __future__ import annotations

from hypothesis import settings

settings.register_profile("assay", deadline=None)  # this machine may be busy
settings.load_profile("assay")
