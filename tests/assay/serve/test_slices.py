"""Large bodies are read as ``json`` reads them, with turns for others in between."""

from __future__ import annotations

import asyncio
import json
from typing import NoReturn

import pytest
from hypothesis import given
from hypothesis import strategies as st

from assay.serve import slices
from assay.serve.slices import read_slowly

VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(), inner, max_size=4),
)  # fmt: skip
WRONG = [
    "", " ", "[", "{", "]", "[1", "[1,", "[1,]", "[,]", "{1: 2}", '{"a"', '{"a":', '{"a": 1',
    '{"a": 1,}', '{"a" 1}', "[1 2]", "[1] 2", "[nul]", '{"a": [1}', "[NaN]",
    '{"a": {"b": Infinity}}', "[[[1]", '{"a": 1}}', "[01]", "'a'", "[1]\u00a0",
]  # fmt: skip


def refuse(name: str) -> NoReturn:
    raise ValueError(name)


@given(VALUES, st.sampled_from([None, 2]), st.sampled_from(["utf-8", "utf-16", "utf-8-sig"]))
def test_a_value_is_what_json_reads(value: object, indent: int | None, encoding: str) -> None:
    body = json.dumps(value, indent=indent, ensure_ascii=False).encode(encoding, "surrogatepass")
    assert asyncio.run(read_slowly(body, refuse)) == json.loads(body)


@pytest.mark.parametrize("text", WRONG)
async def test_what_is_no_json_is_refused(text: str) -> None:
    for_it = "Expecting|Extra|NaN|Infinity"
    with pytest.raises(ValueError, match=for_it):
        json.loads(text, parse_constant=refuse)
    with pytest.raises(ValueError, match=for_it):
        await read_slowly(text.encode(), refuse)


async def test_the_last_of_two_equal_names_counts() -> None:
    assert await read_slowly(b'{"a": 1, "a": [2]}', refuse) == {"a": [2]}


async def test_others_have_their_turns(monkeypatch: pytest.MonkeyPatch) -> None:
    turns, done = 0, asyncio.Event()

    async def count() -> None:
        nonlocal turns
        while not done.is_set():
            turns += 1
            await asyncio.sleep(0)

    counting = asyncio.ensure_future(count())
    items = [{"response": "x" * 100_000} for _ in range(50)]
    assert await read_slowly(json.dumps({"items": items}).encode(), refuse) == {"items": items}
    done.set()
    await counting
    assert turns >= 15
    monkeypatch.setattr(slices, "_MOST_PARTS", 100)
    with pytest.raises(ValueError, match="parts"):
        await read_slowly(json.dumps([1] * 100).encode(), refuse)
