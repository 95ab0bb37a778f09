"""Under load: each gets its verdict or is told when to come again, and none starves another."""

from __future__ import annotations

import asyncio
import io
import json
import time
from collections import Counter
from collections.abc import AsyncIterator, Iterator
from contextlib import ExitStack
from pathlib import Path
from unittest.mock import Mock

import aiohttp
import pytest
from aiohttp import ClientSession
from aiohttp.test_utils import make_mocked_request
from hypothesis import given
from hypothesis import strategies as st

from assay.serve import lane
from assay.serve.bodies import Bodies
from assay.serve.callers import Caller, Rates
from assay.serve.config import ServiceConfig
from assay.serve.errors import TooMany
from assay.serve.fair import FairQueue
from assay.serve.keys import Keys, digest, read_keys
from assay_datasets import InputError
from tests.assay.serve import misbehaving
from tests.assay.serve.asking import line, post, verify
from tests.assay.serve.loopback import serving

# ── the queue ────────────────────────────────────────────────────────────────────────────────────

PUTS = st.lists(st.tuples(st.sampled_from("abc"), st.integers(1, 32)), max_size=60)


@given(PUTS, st.sets(st.integers(0, 59)))
def test_a_fair_queue_loses_nothing_and_keeps_each_callers_order(
    puts: list[tuple[str, int]], gone: set[int]
) -> None:
    queue: FairQueue[int] = FairQueue(quantum=32)
    for number, (caller, size) in enumerate(puts):
        queue.put(caller, number, size)
    for number in gone:
        here = number < len(puts)
        assert queue.remove(puts[number][0] if here else "a", number) == here
    left = [number for number in range(len(puts)) if number not in gone]
    assert queue.items == sum(puts[number][1] for number in left)
    popped = []
    while queue:
        head = queue.head()
        assert queue.pop() == head
        popped.append(head)
    assert sorted(popped) == left
    assert queue.items == 0
    for caller in "abc":
        own = [number for number in popped if puts[number][0] == caller]
        assert own == sorted(own)


@given(PUTS)
def test_no_caller_waits_for_more_than_a_turn_of_each_other(puts: list[tuple[str, int]]) -> None:
    queue: FairQueue[int] = FairQueue(quantum=32)
    for number in range(200):
        queue.put("flood", number, 32)
    for number, (caller, size) in enumerate(puts, start=1000):
        queue.put(caller, number, size)
    floods = 0
    while any(queue.items_of(caller) for caller in "abc"):
        floods += queue.pop() < 1000
    turns = Counter(caller for caller, _ in puts)
    assert floods <= 1 + max(turns.values(), default=0)


# ── keys ─────────────────────────────────────────────────────────────────────────────────────────


def test_a_lane_knows_its_pace_from_the_first_seconds(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    now = 1000.0
    monkeypatch.setattr(lane.time, "monotonic", lambda: now)
    throughput = lane.Throughput()
    assert throughput.per_s() == 0
    for second in range(60):
        for _ in range(10):
            throughput.add(10)
            now += 0.1
        assert 90 <= throughput.per_s() <= 115, second
    now += 30
    assert throughput.per_s() < 10


def test_a_rate_is_held_on_average(monkeypatch: pytest.MonkeyPatch) -> None:
    now = [100.0]
    monkeypatch.setattr(time, "monotonic", lambda: now[0])
    rates, caller, taken = Rates(), Caller("a", rate=10), 0
    while now[0] < 120:
        try:
            rates.take(caller, 4)
        except TooMany as refused:
            now[0] += refused.retry_after_s or 1000
        else:
            taken += 4
    assert 190 <= taken <= 224  # 20 s at 10 a second, and the two seconds' worth to begin with


HASH = "ab" * 32
BAD_KEYS = [
    ("", "holds no key"),
    ("[a", "cannot read"),
    ("a = 1", "a: "),
    ("[a]\nrate = 1", "a.sha256: Field required"),
    (f'[a]\nsha256 = "{HASH}"\nrat = 1', "a.rat: "),
    (f'[a]\nsha256 = "{HASH}"\nrate = -1', "a.rate: "),
    ('[a]\nsha256 = "my key in clear"', "a.sha256: "),
    (f'[a]\nsha256 = "{HASH}"\n[b]\nsha256 = "{HASH}"', "b has the key of a"),
]


@pytest.mark.parametrize(("text", "said"), BAD_KEYS)
def test_a_file_of_keys_that_is_wrong_says_where(tmp_path: Path, text: str, said: str) -> None:
    file = tmp_path / "keys.toml"
    file.write_text(text)
    with pytest.raises(InputError) as refused:
        read_keys(file, {})
    assert said in str(refused.value)
    assert "in clear" not in str(refused.value)


def test_keys_come_from_file_and_environment(tmp_path: Path) -> None:
    file = tmp_path / "keys.toml"
    file.write_text(f'[alice]\nsha256 = "{digest("A")}"\nrate = 5.0\nsessions = 3\n')
    keys = read_keys(file, {"ASSAY_SERVE_KEY": "E"})
    assert keys.caller({"Authorization": "Bearer A"}) == Caller("alice", rate=5.0, sessions=3)
    assert keys.caller({"Authorization": "bearer E"}).answers


# ── a server ─────────────────────────────────────────────────────────────────────────────────────

KEYS = {
    "alice": Caller("alice", queued_items=200),
    "bob": Caller("bob"),
    "slow": Caller("slow", rate=2.0),
    "trainer": Caller("trainer", answers=True),
}


@pytest.fixture(scope="module")
def small() -> Iterator[str]:
    """A server of little patience and few places."""
    keys = Keys({digest(name): caller for name, caller in KEYS.items()})
    config = ServiceConfig(
        workers=1,
        slots=1,
        imports=(misbehaving.__name__,),
        queued_items=300,
        body_bytes=1 << 20,
    )
    with serving(config, keys) as url:
        yield url


@pytest.fixture
async def callers(small: str) -> AsyncIterator[dict[str, ClientSession]]:
    sessions = {
        name: aiohttp.ClientSession(small, headers={"Authorization": f"Bearer {name}"})
        for name in KEYS
    }
    yield sessions
    for session in sessions.values():
        await session.close()


async def test_overload_is_answered_by_a_verdict_or_429_and_loses_none(
    callers: dict[str, ClientSession],
) -> None:
    async def ask(number: int) -> int:
        lines = [line("sleep", "", 0.3, id=[number, at]) for at in range(40)]
        async with callers["bob"].post("/v1/verify", json={"items": lines}) as reply:
            told = await reply.json()
            if reply.status == 429:
                assert int(reply.headers["Retry-After"]) >= 1
                assert told["error"]["type"] == "too_many"
            else:
                assert [each["id"] for each in told["items"]] == [[number, at] for at in range(40)]
                assert {each["outcome"] for each in told["items"]} == {"correct"}
            return reply.status

    statuses = Counter(await asyncio.gather(*(ask(number) for number in range(30))))
    assert set(statuses) == {200, 429}
    assert statuses[200] >= 5


async def test_one_keys_flood_leaves_others_their_turn(
    callers: dict[str, ClientSession],
) -> None:
    flood = [line("spin", "", 0.02) for _ in range(250)]  # five seconds of one worker
    flooding = asyncio.create_task(verify(callers["bob"], *flood))
    await asyncio.sleep(0.3)
    (verdict,) = await verify(callers["alice"], line("exact", "a", "a"))
    assert verdict["outcome"] == "correct"
    assert not flooding.done()
    assert {each["outcome"] for each in await flooding} == {"correct"}


async def test_a_key_has_its_own_place_in_the_queue(callers: dict[str, ClientSession]) -> None:
    lines = [line("sleep", "", 0.5) for _ in range(199)]
    first = asyncio.create_task(verify(callers["alice"], *lines))
    await asyncio.sleep(0.2)
    status, problem = await post(
        callers["alice"], "/v1/verify", {"items": [line("exact", "a", "a")] * 100}
    )
    assert (status, problem["error"]["message"].startswith("your queue is full")) == (429, True)
    assert (await verify(callers["bob"], line("exact", "a", "a")))[0]["outcome"] == "correct"
    assert len(await first) == 199


async def test_a_key_above_its_rate_is_told_when(callers: dict[str, ClientSession]) -> None:
    statuses = []
    for _ in range(3):
        body = {"items": [line("exact", "a", "a")] * 6}
        async with callers["slow"].post("/v1/verify", json=body) as reply:
            statuses.append(reply.status)
            wait = reply.headers.get("Retry-After")
    assert statuses == [200, 429, 429]
    assert wait == "1"


async def test_bodies_beyond_the_bound_are_not_read(callers: dict[str, ClientSession]) -> None:
    big = json.dumps(line("exact", "a" * (2 << 20), "a")).encode()
    async with callers["bob"].post("/v1/verify", data=io.BytesIO(big)) as reply:
        assert (reply.status, (await reply.json())["error"]["type"]) == (413, "too_large")

    async def drip() -> AsyncIterator[bytes]:
        for _ in range(40):
            yield b"1" * (64 << 10)

    try:
        async with callers["bob"].post("/v1/verify", data=drip()) as reply:
            assert reply.status == 413
    except aiohttp.ClientOSError:
        pass  # the server closed before all was sent, which says the same


async def test_a_key_with_the_right_gets_the_tasks_that_generate_gives(
    callers: dict[str, ClientSession],
) -> None:
    from assay.front import generate
    from assay_envs import make

    asked = {"env": "math/linear", "n": 3, "seed": 4, "difficulty": 2, "include_answers": True}
    _, made = await post(callers["trainer"], "/v1/generate", asked)
    stream = generate(make("math/linear"), seed=4, difficulty=2)
    for shown in made["tasks"]:
        task = next(stream)
        assert shown == {**task.to_json(), "split": task.split}
        (verdict,) = await verify(callers["trainer"], {**shown, "response": task.answer})
        assert verdict["outcome"] == "correct"


@pytest.mark.parametrize(
    ("headers", "status"),
    [
        ({"Origin": "http://evil.example"}, 403),
        ({"Origin": "null"}, 403),
        ({}, 200),
    ],
)
async def test_pages_from_elsewhere_are_turned_away(
    callers: dict[str, ClientSession], headers: dict[str, str], status: int
) -> None:
    async with callers["bob"].get("/v1/envs", headers=headers) as reply:
        assert reply.status == status


async def test_a_server_without_keys_answers_to_no_name_from_outside(
    http: ClientSession,
) -> None:
    for host, status in (("evil.example", 403), ("localhost:1", 200), ("127.0.0.1", 200)):
        async with http.get("/v1/envs", headers={"Host": host}) as reply:
            assert reply.status == status, host


def test_room_for_a_compressed_body_is_for_what_it_may_grow_to() -> None:
    bodies = Bodies(ServiceConfig(workers=1, slots=1, body_bytes=1000))
    headers = {"Content-Length": "10", "Content-Encoding": "gzip"}
    packed = make_mocked_request("POST", "/", headers, payload=Mock())
    plain = make_mocked_request("POST", "/", {"Content-Length": "10"}, payload=Mock())
    with ExitStack() as held:
        for _ in range(8):
            held.enter_context(bodies.room(packed))
        for request in (packed, plain):
            with pytest.raises(TooMany), bodies.room(request):
                pass
    with bodies.room(plain), bodies.room(packed):
        pass
