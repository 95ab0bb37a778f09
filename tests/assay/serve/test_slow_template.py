"""A template that takes minutes to build: requests for it are told to come again, others served."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from typing import Any

import aiohttp
import pytest

from assay.serve import lane, process
from assay.serve.config import ServiceConfig
from tests.assay.serve import slow_template
from tests.assay.serve.asking import post, verify, workers
from tests.assay.serve.loopback import serving

JOB = {"source": "print(42)", "template": "toolchain"}
CPP = {
    "verifier": "code",
    "response": "int main() {}",
    "answer": {"style": "stdio", "language": "cpp", "tests": [{"stdin": "", "stdout": ""}]},
}


@pytest.fixture
def cold() -> Iterator[str]:
    """A server that loses patience with a worker long before the build is done."""
    config = ServiceConfig(workers=1, slots=1, imports=(slow_template.__name__,))
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(lane, "GRACE_S", 0.5)
        patch.setattr(process, "_STALL_S", 2.0)
        patch.setattr(process, "_BEAT_S", 0.2)
        with serving(config) as url:
            yield url


async def test_a_build_outlives_the_requests_that_wait_for_it(cold: str) -> None:
    async with aiohttp.ClientSession(cold) as http:
        if (await post(http, "/v1/run", {"source": "1"}))[0] == 503:
            pytest.skip("no sandbox here")
        before = workers()
        late, undecided, python = await asyncio.gather(
            post(http, "/v1/run", {**JOB, "deadline_s": 0.5}),
            verify(http, CPP, deadline_s=0.5),
            post(http, "/v1/run", {"source": "print(7)"}),
        )
        assert (late[0], late[1]["error"]["type"]) == (504, "deadline")
        assert (undecided[0]["outcome"], undecided[0]["reason"]) == ("undecided", "deadline")
        assert (python[0], python[1]["stdout"]) == (200, "7\n")
        status, result = await until_built(http)
        assert (status, result["stdout"]) == (200, "42\n")
        assert workers() == before


async def until_built(http: aiohttp.ClientSession) -> tuple[int, Any]:
    async with asyncio.timeout(60):
        while True:
            status, result = await post(http, "/v1/run", {**JOB, "deadline_s": 1})
            if status != 504:
                return status, result
