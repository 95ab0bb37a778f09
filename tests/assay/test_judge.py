"""Judge: one line in, one line out, whatever the line holds."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator

import pytest

from assay.judge import Judge
from assay_datasets import InputError, Json

pytestmark = pytest.mark.usefixtures("world")

GOOD = {"verifier": "test/exact", "response": "4", "answer": "4"}

BAD_LINES: list[tuple[str, str | bytes, Json, str]] = [
    ("empty", "", 1, "not JSON"),
    ("not_json", "{", 1, "not JSON"),
    ("not_utf8", b'{"id": "\xff"}', 1, "not JSON"),
    ("not_a_number", '{"id": 5, "answer": NaN}', 1, "NaN is not a JSON number"),
    ("too_deep", "[" * 100_000, 1, "not JSON"),
    ("a_list", "[1]", 1, "a JSON object is wanted, not a list"),
    ("null", "null", 1, "a JSON object is wanted, not null"),
    ("missing_fields", '{"id": "a", "verifier": "test/exact"}', "a", "missing response, answer"),
    ("response_no_text", json.dumps({**GOOD, "response": 4}), 1, "response must be a text"),
    ("options_a_list", json.dumps({**GOOD, "options": [1]}), 1, "options must be an object"),
    ("unknown_verifier", json.dumps({**GOOD, "verifier": "test/exakt"}), 1, "'test/exact'"),
    ("unknown_option", json.dumps({**GOOD, "options": {"x": 1}}), 1, "no option 'x'; known: loose"),
    ("parameter", json.dumps({**GOOD, "options": {"response": ""}}), 1, "no option 'response'"),
    ("deadline", json.dumps({**GOOD, "options": {"deadline_s": 0}}), 1, "no option 'deadline_s'"),
    ("bug", json.dumps({**GOOD, "id": 9, "verifier": "test/broken"}), 9, "ZeroDivisionError"),
]


async def _stream(*lines: str | bytes) -> AsyncIterator[str | bytes]:
    for line in lines:
        yield line


async def _judged(*lines: str | bytes, concurrency: int = 32) -> list[dict[str, Json]]:
    async with Judge() as judge:
        return [line async for line in judge.lines(_stream(*lines), concurrency)]


@pytest.mark.parametrize(
    ("text", "name", "message"), [row[1:] for row in BAD_LINES], ids=[row[0] for row in BAD_LINES]
)
async def test_a_line_that_is_no_request_gives_its_id_and_the_reason(
    text: str | bytes, name: Json, message: str
) -> None:
    [line] = await _judged(text)
    assert set(line) == {"id", "error"}
    assert line["id"] == name
    assert message in line["error"]


async def test_a_request_gives_the_verdict_line_of_the_contract() -> None:
    [line] = await _judged(json.dumps({**GOOD, "id": "x", "env": "ignored"}))
    assert list(line) == ["id", "outcome", "score", "reason", "detail", "seconds"]
    assert (line["id"], line["outcome"], line["score"]) == ("x", "correct", 1.0)


async def test_lines_come_in_order_although_later_ones_finish_first() -> None:
    lines = [
        json.dumps({"verifier": "test/slow", "response": str(ms), "answer": ""})
        for ms in (30, 20, 10, 0)
    ]
    assert [line["id"] for line in await _judged(*lines)] == [1, 2, 3, 4]


async def test_bad_lines_stop_nothing() -> None:
    lines = await _judged("{", json.dumps(GOOD), "[]", json.dumps(GOOD), concurrency=1)
    assert ["error" in line for line in lines] == [True, False, True, False]


async def test_a_source_that_fails_is_an_error_after_what_it_gave() -> None:
    async def failing() -> AsyncIterator[str]:
        yield json.dumps(GOOD)
        raise OSError("gone")

    async with Judge() as judge:
        lines = judge.lines(failing())
        assert (await anext(lines))["id"] == 1
        with pytest.raises(OSError, match="gone"):
            await anext(lines)


async def test_an_unknown_verifier_is_bad_input() -> None:
    async with Judge() as judge:
        with pytest.raises(InputError, match="did you mean 'test/exact'"):
            await judge.verify("test/exakt", "4", "4")
