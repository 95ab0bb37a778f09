"""The client against a server that follows a script: what is tried again, and what is raised."""

from __future__ import annotations

import asyncio
import os
import pickle
import sys
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Any

import pytest
from aiohttp import web

import assay
from assay.client import Episode, ItemsRefused, Unreachable
from assay.serve.errors import (
    Broken,
    Forbidden,
    Gone,
    Late,
    Malformed,
    Refused,
    ServiceError,
    TooMany,
    Unauthorised,
)
from assay_datasets import InputError

MATCH = {"outcome": "correct", "score": 1.0, "reason": "match", "detail": {}, "seconds": 0.1}
HANG, BREAK = "hang", "break"
Reply = tuple[int, Any, dict[str, str]] | str


@dataclass
class Scripted:
    """Gives one reply after another; after the last, verdicts."""

    url: str = ""
    replies: list[Reply] = field(default_factory=list)
    came: list[tuple[str, str, Any, dict[str, str]]] = field(default_factory=list)
    times: list[float] = field(default_factory=list)
    hanging: threading.Event = field(default_factory=threading.Event)
    gone: threading.Event = field(default_factory=threading.Event)

    async def handle(self, request: web.Request) -> web.StreamResponse:
        body = await request.json() if request.can_read_body else None
        self.came.append((request.method, request.path, body, dict(request.headers)))
        self.times.append(time.monotonic())
        reply = self.replies.pop(0) if self.replies else (200, _judged(body), {})
        if isinstance(reply, str):
            return await self._misbehave(reply, request)
        status, record, headers = reply
        return web.json_response(record, status=status, headers=headers)

    async def _misbehave(self, how: str, request: web.Request) -> web.StreamResponse:
        if how == BREAK:
            assert request.transport is not None
            request.transport.abort()
            return web.Response()
        self.hanging.set()
        try:
            await asyncio.sleep(30)
        finally:
            self.gone.set()
        return web.Response()


def _judged(body: Any) -> Any:
    """A verdict for each line; an error where the line says so."""
    items = (body or {}).get("items", [])
    return {
        "items": [
            {"id": at, "error": "no such option"}
            if line.get("response") == "refuse"
            else {"id": at, **MATCH, "detail": {"response": line.get("response")}}
            for at, line in enumerate(items)
        ]
    }


def _problem(status: int, kind: str, **headers: str) -> Reply:
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    return status, {"error": {"type": kind, "message": "because"}}, named


@pytest.fixture
def script() -> Iterator[Scripted]:
    """The server, in a thread of its own."""
    scripted, loop, up = Scripted(), asyncio.new_event_loop(), threading.Event()
    stop = asyncio.Event()

    async def serve() -> None:
        app = web.Application()
        app.router.add_route("*", "/{path:.*}", scripted.handle)
        runner = web.AppRunner(app, handler_cancellation=True, shutdown_timeout=0.1)
        await runner.setup()
        await web.TCPSite(runner, "127.0.0.1", 0).start()
        scripted.url = "http://{}:{}".format(*runner.addresses[0])
        up.set()
        await stop.wait()
        await runner.cleanup()

    thread = threading.Thread(target=lambda: loop.run_until_complete(serve()))
    thread.start()
    up.wait()
    yield scripted
    loop.call_soon_threadsafe(stop.set)
    thread.join()
    loop.close()


@pytest.fixture
def client(script: Scripted) -> Iterator[assay.Client]:
    with assay.Client(script.url, key="secret", deadline_s=5.0, batch=4) as made:
        yield made


def lines(*responses: str) -> list[dict[str, Any]]:
    return [{"verifier": "math", "response": each, "answer": "1"} for each in responses]


# ── calls ────────────────────────────────────────────────────────────────────────────────────────


def test_a_verdict_is_what_assay_verify_gives(client: assay.Client, script: Scripted) -> None:
    verdict = client.verify("math", "1", "1", tolerance=0.1)
    assert (verdict.outcome, verdict.score, verdict.reason) == ("correct", 1.0, "match")
    method, path, body, headers = script.came[0]
    assert (method, path) == ("POST", "/v1/verify")
    [line] = body["items"]
    assert line == {
        "verifier": "math",
        "response": "1",
        "answer": "1",
        "options": {"tolerance": 0.1},
    }
    assert headers["Authorization"] == "Bearer secret"
    assert 4.0 < body["deadline_s"] <= 5.0


async def test_it_is_awaited_or_called_inside_a_running_loop(client: assay.Client) -> None:
    assert (await client.averify("math", "1", "1")).outcome == "correct"
    assert client.verify("math", "1", "1").outcome == "correct"


def test_many_go_in_batches_and_come_back_in_order(client: assay.Client, script: Scripted) -> None:
    names = [str(number) for number in range(10)]
    found = client.verify_many(lines(*names))
    assert [verdict.detail["response"] for verdict in found] == names
    assert sorted(len(body["items"]) for _, _, body, _ in script.came) == [2, 4, 4]
    assert client.verify_many([]) == []


def test_lines_that_are_no_requests_leave_the_others_their_verdicts(client: assay.Client) -> None:
    with pytest.raises(ItemsRefused, match=r"1 of 6 lines refused; line 5: no such option") as told:
        client.verify_many(lines("a", "b", "c", "d", "e", "refuse"))
    assert told.value.errors == {5: "no such option"}
    assert [verdict is not None for verdict in told.value.verdicts] == [True] * 5 + [False]


async def test_many_callers_share_the_connections(script: Scripted) -> None:
    async with assay.Client(script.url, connections=2) as client:
        found = await asyncio.gather(*(client.averify("math", "1", "1") for _ in range(20)))
    assert [verdict.outcome for verdict in found] == ["correct"] * 20


# ── again, or not ────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize(
    "refusal",
    [
        _problem(429, "too_many", Retry_After="0.2"),
        _problem(503, "unavailable", Retry_After="0.2"),
        _problem(429, "too_many"),
        _problem(503, "unavailable", Retry_After="Wed, 21 Oct 2026 07:28:00 GMT"),
        (502, "<html>a gateway</html>", {}),
        BREAK,
    ],
    ids=["429", "503", "no header", "a date", "502", "broken"],
)
def test_what_was_not_done_is_asked_again(
    client: assay.Client, script: Scripted, refusal: Reply
) -> None:
    script.replies = [refusal, refusal]
    assert client.verify("math", "1", "1").outcome == "correct"
    assert len(script.came) == 3
    if not isinstance(refusal, str) and refusal[2].get("Retry-After") == "0.2":
        pauses = [b - a for a, b in zip(script.times, script.times[1:], strict=False)]
        assert min(pauses) >= 0.2


def test_refusals_are_borne_until_the_deadline_and_no_longer(script: Scripted) -> None:
    script.replies = [_problem(429, "too_many", Retry_After="0.1")] * 1000
    with (
        assay.Client(script.url, deadline_s=0.8, attempts=1) as client,
        pytest.raises(TooMany) as told,
    ):
        client.verify("math", "1", "1")
    assert 2 <= len(script.came) <= 8
    assert "tried" in told.value.__notes__[0]


def test_a_pause_that_would_outlast_the_deadline_is_not_begun(
    client: assay.Client, script: Scripted
) -> None:
    script.replies = [_problem(429, "too_many", Retry_After="3600")]
    with pytest.raises(TooMany) as told:
        client.verify("math", "1", "1")
    assert told.value.retry_after_s == 3600
    assert len(script.came) == 1


def test_an_action_that_may_have_arrived_is_not_played_twice(
    client: assay.Client, script: Scripted
) -> None:
    opened = {"session": "s", "observation": [], "info": {}}
    script.replies = [(200, opened, {}), BREAK]
    episode = client.session("logic/countdown")
    with pytest.raises(Unreachable):
        episode.step("1+1")
    assert len(script.came) == 2


def test_an_action_that_was_refused_is_sent_again(client: assay.Client, script: Scripted) -> None:
    reply = {
        "observation": [],
        "reward": 1.0,
        "terminated": True,
        "truncated": False,
        "info": {"verdict": MATCH},
    }
    opened = {"session": "s", "observation": [{"role": "user", "content": "?"}], "info": {}}
    script.replies = [(200, opened, {}), _problem(429, "too_many"), (200, reply, {})]
    episode = client.session("logic/countdown", seed=3, size=4)
    assert episode.observation[0]["content"] == "?"
    assert episode.step("1+1") == ([], 1.0, True, False, {"verdict": MATCH})
    assert [path for _, path, _, _ in script.came] == [
        "/v1/sessions",
        "/v1/sessions/s/step",
        "/v1/sessions/s/step",
    ]
    assert script.came[0][2] == {
        "env": "logic/countdown",
        "seed": 3,
        "difficulty": 1,
        "options": {"parameters": {"size": 4}},
    }


def test_no_server_is_said_so_after_a_few_attempts() -> None:
    with (
        assay.Client("http://127.0.0.1:9", attempts=2) as client,
        pytest.raises(Unreachable, match=r"127\.0\.0\.1:9") as told,
    ):
        client.verify("math", "1", "1")
    assert "tried 2 times" in told.value.__notes__[0]


# ── errors ───────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize(
    ("reply", "kind"),
    [
        (_problem(400, "malformed"), Malformed),
        (_problem(401, "unauthorised"), Unauthorised),
        (_problem(403, "forbidden"), Forbidden),
        (_problem(410, "gone"), Gone),
        (_problem(422, "invalid"), Refused),
        (_problem(500, "internal"), Broken),
        (_problem(504, "deadline"), Late),
        (_problem(422, "a kind of a later version"), Refused),
        ((418, {"error": "not ours"}, {}), Broken),
        ((200, "not an object", {}), Broken),
        ((200, {"some": "other server"}, {}), Broken),
        ((200, {"items": []}, {}), Broken),
        ((302, {}, {"Location": "/elsewhere"}), Broken),
    ],
)
def test_every_error_has_its_class(
    client: assay.Client, script: Scripted, reply: Reply, kind: type[ServiceError]
) -> None:
    script.replies = [reply]
    with pytest.raises(kind):
        client.verify("math", "1", "1")
    assert len(script.came) == 1


def test_a_message_of_the_server_is_passed_on(client: assay.Client, script: Scripted) -> None:
    script.replies = [_problem(422, "invalid")]
    with pytest.raises(Refused, match="because"):
        client.generate("logic/none")


def test_a_server_that_says_nothing_is_late(script: Scripted) -> None:
    script.replies = [HANG]
    with assay.Client(script.url, deadline_s=0.3) as client, pytest.raises(Late, match="in time"):
        client.verify("math", "1", "1")
    assert script.gone.wait(5)


async def test_cancelling_a_call_lets_go_of_the_server(script: Scripted) -> None:
    script.replies = [HANG]
    async with assay.Client(script.url) as client:
        call = asyncio.create_task(client.averify("math", "1", "1"))
        assert await asyncio.to_thread(script.hanging.wait, 5)
        call.cancel()
        with pytest.raises(asyncio.CancelledError):
            await call
        assert await asyncio.to_thread(script.gone.wait, 5)


def test_a_url_that_is_none_is_the_users_mistake() -> None:
    with pytest.raises(InputError, match="http"):
        assay.Client("localhost:8000")


def test_without_aiohttp_it_says_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "aiohttp", None)
    with pytest.raises(InputError, match=r"assay\[client\]"):
        assay.Client("http://127.0.0.1:9")


# ── lives ────────────────────────────────────────────────────────────────────────────────────────


def test_it_can_be_pickled_and_shows_no_key(client: assay.Client) -> None:
    assert "secret" not in repr(client)
    with pickle.loads(pickle.dumps(client)) as other:  # noqa: S301 - our own bytes
        assert other.verify("math", "1", "1").outcome == "correct"


def test_it_can_be_used_again_after_it_was_closed(client: assay.Client) -> None:
    client.close()
    assert client.verify("math", "1", "1").outcome == "correct"
    client.close()
    client.close()


def test_a_fork_uses_it_beside_its_parent(client: assay.Client, script: Scripted) -> None:
    assert client.verify("math", "1", "1").outcome == "correct"
    child = os.fork()
    if child == 0:
        status = 1
        try:
            status = 0 if client.verify("math", "1", "1").outcome == "correct" else 2
        finally:
            os._exit(status)
    assert os.waitpid(child, 0)[1] == 0
    assert client.verify("math", "1", "1").outcome == "correct"
    assert len(script.came) == 3


def test_one_that_nobody_holds_lets_go_of_its_thread(script: Scripted) -> None:
    def threads() -> int:
        return sum(thread.name == "assay-background" for thread in threading.enumerate())

    before = threads()
    made = assay.Client(script.url)
    made.verify("math", "1", "1")
    assert threads() == before + 1
    del made
    assert threads() == before


def test_plain_and_awaited_calls_come_in_pairs() -> None:
    def signature(call: Callable[..., Any]) -> list[str]:
        import inspect

        return [str(each) for each in inspect.signature(call).parameters.values()]

    for kind in (assay.Client, Episode):
        calls = {name for name, each in vars(kind).items() if asyncio.iscoroutinefunction(each)}
        public = {name for name in calls if name.startswith("a")}
        assert public
        for name in public:
            plain = getattr(kind, name.removeprefix("a"))
            assert signature(plain) == signature(getattr(kind, name))
