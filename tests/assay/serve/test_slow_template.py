"""A template that takes minutes to build: requests for it are told to come again, others served."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from typing import Any

import aiohttp
import pytest

from assay.serve import lane, process
from assay.serve.config import ServiceConfig
from assay.serve.errors import Unavailable
from assay.serve.service import Service
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
        patch.setattr(lane, "GRACE_S", 2.0)
        patch.setattr(process, "_STALL_S", 2.0)
        patch.setattr(process, "_BEAT_S", 0.2)
        with serving(config) as url:
            yield url


async def test_a_build_outlives_the_requests_that_wait_for_it(cold: str) -> None:
    async with aiohttp.ClientSession(cold) as http:
        await until_open(http)
        before = workers()
        late, soon, fusion, undecided, python = await asyncio.gather(
            post(http, "/v1/run", {**JOB, "deadline_s": 0.5}),
            asked(http, "/v1/run", JOB),
            asked(http, "/run_code", {"code": "int main() {}", "language": "cpp"}),
            verify(http, CPP, deadline_s=0.5),
            post(http, "/v1/run", {"source": "print(7)"}),
        )
        assert (late[0], late[1]["error"]["type"]) == (504, "deadline")
        assert soon == (503, "5")
        assert fusion == (504, "5")
        assert (undecided[0]["outcome"], undecided[0]["reason"]) == ("undecided", "deadline")
        assert (python[0], python[1]["stdout"]) == (200, "7\n")
        status, result = await until_built(http)
        assert (status, result["stdout"]) == (200, "42\n")
        assert workers() == before


async def test_a_template_can_be_made_ready_at_the_start() -> None:
    """Nobody asks for it, and it is there."""
    config = ServiceConfig(
        workers=1, slots=1, warm=("toolchain",), imports=(slow_template.__name__,)
    )
    async with Service(config) as service:
        try:
            await service.open_backend()
        except Unavailable as error:
            pytest.skip(str(error))
        assert await appears(service, "toolchain")


async def appears(service: Service, template: str) -> bool:
    """Whether the sandbox is opened within a minute."""
    for _ in range(600):
        if template in service.state().sandboxes:
            return True
        await asyncio.sleep(0.1)
    return False


async def until_open(http: aiohttp.ClientSession) -> None:
    """Wait for the sandbox that Python needs, if there will be one."""
    async with asyncio.timeout(60):
        while (came := await asked(http, "/v1/run", {"source": "1"})) != (200, ""):
            if came == (503, ""):
                pytest.skip("no sandbox here")


async def asked(http: aiohttp.ClientSession, path: str, body: Any) -> tuple[int, str]:
    """Status, and when to ask again."""
    async with http.post(path, json=body) as reply:
        return reply.status, reply.headers.get("Retry-After", "")


async def until_built(http: aiohttp.ClientSession) -> tuple[int, Any]:
    async with asyncio.timeout(60):
        while True:
            status, result = await post(http, "/v1/run", JOB)
            if status != 503:
                return status, result
