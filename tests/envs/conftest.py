"""An environment whose package is not installed here is skipped, and the skip names the mend."""

from __future__ import annotations

import pytest

from assay_envs import env_registry


@pytest.fixture(autouse=True)
def skip_what_is_lacking(request: pytest.FixtureRequest) -> None:
    parameters = getattr(getattr(request.node, "callspec", None), "params", {})
    env_id = parameters.get("env_id")
    if env_id and (reason := env_registry.load(env_id).lacking()):
        pytest.skip(reason)
