"""One open sandbox per back-end for the whole room; a back-end that cannot work here says why."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import pytest

from assay_sandbox import Job, Limits, Result, Sandbox, probe

Run = Callable[..., Result]


@pytest.fixture(scope="session", params=["gvisor", "namespace"])
def box(request: pytest.FixtureRequest) -> Iterator[Sandbox]:
    reason = probe(request.param)
    if reason:
        pytest.skip(f"{request.param}: {reason}")
    with Sandbox(request.param, slots=1) as opened:
        yield opened


@pytest.fixture
def run(box: Sandbox) -> Run:
    """``run(source, wall_s=…, stdin=…)``: one job; limits and fields of a Job by name."""

    def run_one(source: str, **given: object) -> Result:
        limits = {name: given.pop(name) for name in list(given) if hasattr(Limits, name)}
        return box.run_sync(Job(source, limits=Limits(**limits), **given))  # type: ignore[arg-type]

    return run_one
