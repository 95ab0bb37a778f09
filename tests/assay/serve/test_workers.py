"""What the workers are for: whatever a verifier does, the server answers, and loses no verdict."""

from __future__ import annotations

import asyncio
import statistics
import time
from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import aiohttp
import pytest
from aiohttp import ClientSession

from assay.serve import lane
from assay.serve.config import ServiceConfig
from tests.assay.serve import misbehaving
from tests.assay.serve.asking import line, post, verify, workers
from tests.assay.serve.loopback import serving

GRACE_S = 0.5


@pytest.fixture(scope="module")
def fragile() -> Iterator[str]:
    """A server that loses patience with a worker quickly."""
    config = ServiceConfig(
        workers=1, slots=1, imports=(misbehaving.__name__,), worker_bytes=600 << 20
    )
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(lane, "GRACE_S", GRACE_S)
        with serving(config) as url:
            yield url


@pytest.fixture
async def http(fragile: str) -> AsyncIterator[ClientSession]:
    async with aiohttp.ClientSession(fragile) as session:
        yield session


async def test_the_loop_stands_still_for_nobody(http: ClientSession) -> None:
    """While the judges are kept busy by verifiers that never let go, health is told at once."""
    spins = [line("spin", "", 0.4) for _ in range(4)]
    maths = [{"verifier": "math", "response": f"{n}", "answer": f"{n}"} for n in range(2000)]
    heavy = [asyncio.create_task(verify(http, *spins)), asyncio.create_task(verify(http, *maths))]
    await asyncio.sleep(0.1)
    took = []
    while not heavy[0].done():
        began = time.perf_counter()
        async with http.get("/healthz") as reply:
            assert reply.status == 200
        took.append(time.perf_counter() - began)
        await asyncio.sleep(0.02)
    assert len(took) >= 5
    assert statistics.median(took) < 0.05
    assert {each["outcome"] for task in heavy for each in await task} == {"correct"}


async def test_a_line_that_kills_its_worker_takes_no_other_along(http: ClientSession) -> None:
    lines = [line("die", "die" if at == 7 else "live", 0, id=at) for at in range(40)]
    verdicts = await verify(http, *lines)
    assert [each["id"] for each in verdicts] == [*range(40)]
    assert [each["outcome"] for each in verdicts if each["id"] != 7] == ["correct"] * 39
    assert (verdicts[7]["outcome"], verdicts[7]["reason"]) == ("undecided", "worker_failed")
    assert (await verify(http, line("die", "live", 0)))[0]["outcome"] == "correct"


async def test_a_worker_that_does_not_come_back_is_replaced(http: ClientSession) -> None:
    before = workers()
    stuck, fine = await asyncio.gather(
        verify(http, line("spin", "", 3600), deadline_s=0.5),
        verify(http, line("sleep", "", 1), deadline_s=60),
    )
    assert stuck[0]["reason"] == "deadline"
    assert fine[0]["outcome"] == "correct"
    assert len(before - workers()) == 1


async def test_a_client_that_goes_away_takes_its_work_along(
    http: ClientSession, tmp_path: Path
) -> None:
    noted = tmp_path / "noted"
    with pytest.raises(TimeoutError):
        async with asyncio.timeout(0.5):
            await verify(http, line("sleep", str(noted), 3600))
    for _ in range(100):
        if noted.exists():
            break
        await asyncio.sleep(0.05)
    assert noted.read_text() == "dropped"


async def test_a_task_that_takes_too_long_to_make_is_late(http: ClientSession) -> None:
    """Python cannot stop the thread that makes it, so its worker goes, and the next is served."""
    body = {"env": "test/tedious", "parameters": {"seconds": 3600}, "deadline_s": 0.5}
    status, problem = await post(http, "/v1/generate", body)
    assert (status, problem["error"]["type"]) == (504, "deadline")
    status, made = await post(http, "/v1/generate", {"env": "test/tedious"})
    assert (status, len(made["tasks"])) == (200, 1)


async def test_a_worker_that_has_grown_is_replaced_and_no_verdict_lost(
    http: ClientSession,
) -> None:
    before = workers()
    slow = asyncio.create_task(verify(http, line("sleep", "", 5)))
    await verify(http, line("hog", "", 800))
    async with asyncio.timeout(60):
        while before <= workers():
            (verdict,) = await verify(http, line("exact", "a", "a"))
            assert verdict["outcome"] == "correct"
    assert (await slow)[0]["outcome"] == "correct"


async def test_failures_of_each_kind_are_counted_apart(http: ClientSession) -> None:
    await verify(http, line("exact", "a", "b"), line("broken", "", ""), 7)
    await post(http, "/v1/verify", {"verifier": "nope", "response": "", "answer": ""})
    async with http.get("/metrics") as reply:
        told = await reply.text()
    for counted in (
        'assay_verdicts_total{outcome="incorrect",reason="mismatch",verifier="test/exact"}',
        'assay_verdicts_total{outcome="undecided",reason="worker_failed",verifier="test/broken"}',
        "assay_error_lines_total",
        'assay_rejected_total{cause="invalid"}',
        'assay_requests_total{route="/v1/verify",status="200"}',
        'assay_request_seconds_bucket{le="0.001",route="/healthz"}',
        'assay_queued_items{lane="quick"}',
        'assay_workers_died_total{crew="judges"}',
        'assay_worker_bytes{crew="judges"}',
        'assay_sessions{kind="episode"}',
    ):
        assert counted in told
