"""``/v1/verify``: whatever an item holds, one line comes back for it, in its place."""

from __future__ import annotations

import json
from typing import Any

import pytest
from aiohttp import ClientSession

from tests.assay.serve.asking import line, post, verify, workers

RIGHT = {"verifier": "math", "response": r"so \boxed{1/2}", "answer": "0.5"}

NO_REQUESTS: list[tuple[Any, str]] = [
    (None, "a JSON object is wanted"),
    (["math", "1", "1"], "a JSON object is wanted"),
    ({}, "missing verifier, response, answer"),
    ({"verifier": "math", "response": 1, "answer": "1"}, "response must be a text"),
    ({"verifier": ["math"], "response": "1", "answer": "1"}, "verifier must be a text"),
    ({"verifier": "mth", "response": "1", "answer": "1"}, "did you mean 'math'?"),
    ({**RIGHT, "options": [1]}, "options must be an object"),
    ({**RIGHT, "options": {"deadline_s": 1}}, "no option 'deadline_s'"),
    ({**RIGHT, "options": {"tolerance": 2}}, "tolerance must be"),
    ({"task": "nonsense", "response": "1"}, "no such task"),
    ({"task": 7, "response": "1"}, "task must be an id"),
    ({"task": "nonsense", "response": "1", "answer": "1"}, "not both"),
    ({"task": "nonsense", "response": "1", "options": {"tolerance": 0.9}}, "its own options"),
]


@pytest.mark.parametrize(("item", "said"), NO_REQUESTS, ids=[said for _, said in NO_REQUESTS])
async def test_an_item_that_is_no_request_costs_its_own_line_only(
    http: ClientSession, item: Any, said: str
) -> None:
    first, wrong, last = await verify(http, RIGHT, item, {**RIGHT, "id": "mine"})
    assert (first["id"], first["outcome"], last["id"], last["outcome"]) == (
        1,
        "correct",
        "mine",
        "correct",
    )
    assert wrong["id"] == 2
    assert said in wrong["error"]
    assert set(wrong) == {"id", "error"}


async def test_a_bare_line_gives_a_bare_verdict(http: ClientSession) -> None:
    status, verdict = await post(http, "/v1/verify", {**RIGHT, "id": {"any": ["json"]}})
    assert status == 200
    assert set(verdict) == {"id", "outcome", "score", "reason", "detail", "seconds"}
    assert (verdict["id"], verdict["outcome"], verdict["score"]) == (
        {"any": ["json"]},
        "correct",
        1,
    )


async def test_a_bare_line_that_is_no_request_is_refused(http: ClientSession) -> None:
    status, problem = await post(http, "/v1/verify", {**RIGHT, "verifier": "mth"})
    assert status == 422
    assert problem == {
        "error": {"type": "invalid", "message": "unknown verifier 'mth'; did you mean 'math'?"}
    }


async def test_a_task_with_a_response_added_is_a_line(http: ClientSession) -> None:
    task = {**RIGHT, "env": "math/linear", "prompt": [], "metadata": {}, "options": {}}
    assert (await verify(http, task))[0]["outcome"] == "correct"


async def test_lines_keep_their_order_whatever_each_takes(http: ClientSession) -> None:
    lines = [line("sleep", "", (50 - at) / 1000, id=at) for at in range(50)]
    assert [each["id"] for each in await verify(http, *lines)] == [*range(50)]


async def test_an_empty_batch_is_answered_by_one(http: ClientSession) -> None:
    assert await verify(http) == []


@pytest.mark.parametrize(
    ("item", "outcome", "reason"),
    [
        (line("broken", "x", "y"), "undecided", "worker_failed"),
        (line("exact", "\ud800", "\ud800"), "correct", "match"),
        (line("exact", "a" * 300_000, "a"), "incorrect", "mismatch"),
        ({"verifier": "math", "response": "9^{9^{9^{9}}}", "answer": "1"}, "incorrect", None),
    ],
    ids=["a verifier's bug", "half a character", "a long response", "a tower of powers"],
)
async def test_odd_responses_get_verdicts(
    http: ClientSession, item: Any, outcome: str, reason: str | None
) -> None:
    (verdict,) = await verify(http, item)
    assert verdict["outcome"] == outcome
    assert reason is None or verdict["reason"] == reason


@pytest.mark.parametrize("body", ['{"items": [%s]}', "%s"])
async def test_what_is_not_json_stays_out_of_replies(http: ClientSession, body: str) -> None:
    """1e999 is JSON that Python reads as infinity, which JSON has no way to write."""
    for text in (
        '{"id": 1e999, "verifier": "test/exact", "response": "a", "answer": "a"}',
        '{"verifier": "test/infinite", "response": "a", "answer": 1}',
    ):
        reply = await http.post("/v1/verify", data=body % text)
        told = json.loads(await reply.text(), parse_constant=pytest.fail)
        assert "infinity" in json.dumps(told)


NOT_TAKEN = [
    (b"{", 400),
    (b"\xff\xfe", 400),
    (b"", 400),
    (b"[" * 100_000, 400),
    (b'{"items": [NaN]}', 400),
    (b"1" * 5000, 400),
    (b"[]", 422),
    (b'"items"', 422),
    (b'{"items": {}}', 422),
    (b'{"items": [], "deadline_s": 0}', 422),
    (b'{"items": [], "what": 1}', 422),
    (b'{"items": [' + b"0," * 5000 + b"0]}", 413),
]


@pytest.mark.parametrize(("body", "status"), NOT_TAKEN, ids=[str(b[:20]) for b, _ in NOT_TAKEN])
async def test_bodies_that_are_not_taken(http: ClientSession, body: bytes, status: int) -> None:
    async with http.post("/v1/verify", data=body) as reply:
        problem = await reply.json()
    assert reply.status == status, problem
    assert set(problem["error"]) == {"type", "message"}


async def test_a_compressed_body_that_is_none_is_the_senders_fault(http: ClientSession) -> None:
    headers = {"Content-Encoding": "gzip"}
    async with http.post("/v1/verify", data=b"\x1f\x8b\x08junk", headers=headers) as reply:
        problem = await reply.json()
    assert (reply.status, problem["error"]["type"]) == (400, "malformed")


async def test_a_deadline_bounds_each_line_and_spares_those_that_made_it(
    http: ClientSession,
) -> None:
    quick, slow = line("exact", "a", "a"), line("sleep", "", 30)
    first, second = await verify(http, quick, slow, deadline_s=0.3)
    assert (first["outcome"], second["reason"]) == ("correct", "deadline")


@pytest.mark.parametrize("place", ["id", "answer", "options"])
async def test_deep_nesting_costs_its_own_line_only(http: ClientSession, place: str) -> None:
    """From depths that pass to those that do not: nothing breaks at any in between."""
    before = workers()
    for depth in [*range(900, 1000, 3), 400, 10_000]:
        deep = f"{'[' * depth}{']' * depth}"
        fields = {"verifier": '"test/exact"', "response": '"a"', "answer": '"a"', "id": "7"}
        fields[place] = deep
        item = ", ".join(f'"{name}": {value}' for name, value in fields.items())
        body = f'{{"items": [{json.dumps(RIGHT)}, {{{item}}}, {json.dumps(RIGHT)}]}}'
        async with http.post("/v1/verify", data=body) as reply:
            told = await reply.json()
        if reply.status == 400:
            assert "nested too deeply" in told["error"]["message"]
            continue
        first, second, third = told["items"]
        assert first["outcome"] == third["outcome"] == "correct"
        assert "error" in second or second["outcome"] in ("correct", "incorrect")
    assert workers() == before
