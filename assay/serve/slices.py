"""JSON of a large body, read slice by slice, so that the event loop has its turns in between.

Reading thirty megabytes at once would stall everyone for a third of a second, and a thread would
help nobody: the interpreter lets no other run meanwhile. So the two outer levels of a value are
walked here, and what lies in them (a line of a batch, mostly) is read by ``json``, one at a time.
"""

from __future__ import annotations

import asyncio
import json
import re
from collections.abc import Callable, Generator
from typing import Any, NoReturn

from assay_datasets import Json

_SLICE = 1 << 18  # characters read between two turns
_WALKED = 2  # levels
_MOST_PARTS = 1 << 18
_BLANK = re.compile(r"[ \t\n\r]*")

Walk = Generator[None, None, Json]


async def read_slowly(body: bytes, refuse: Callable[[str], NoReturn]) -> Json:
    """What ``json.loads`` gives.

    Args:
        refuse: is called with what ``json`` lets pass beyond JSON, ``NaN`` and its like.

    Raises:
        ValueError: it is not JSON, or its outer levels have more than 262,144 parts.
        RecursionError: nested too deeply.
    """
    text = body.decode(json.detect_encoding(body), "surrogatepass")
    walk = _Walker(text, json.JSONDecoder(parse_constant=refuse)).whole()
    while True:
        try:
            next(walk)
        except StopIteration as end:
            return end.value
        await asyncio.sleep(0)


class _Walker:
    """A place in a text. The generators stop wherever others should have their turn."""

    def __init__(self, text: str, decoder: json.JSONDecoder) -> None:
        self._text = text
        self._decoder = decoder
        self._at = 0
        self._turn = _SLICE
        self._parts = 0

    def whole(self) -> Walk:
        value = yield from self._value(0)
        if self._next():
            raise self._wrong("Extra data")
        return value

    def _value(self, depth: int) -> Walk:
        self._parts += 1
        if self._parts > _MOST_PARTS:
            raise ValueError(f"more than {_MOST_PARTS} parts in its outer levels")
        first = self._next()
        if depth < _WALKED and first == "[":
            return (yield from self._list(depth + 1))
        if depth < _WALKED and first == "{":
            return (yield from self._object(depth + 1))
        value, self._at = self._decoder.raw_decode(self._text, self._at)
        if self._at > self._turn:
            self._turn = self._at + _SLICE
            yield
        return value

    def _list(self, depth: int) -> Walk:
        found: list[Json] = []
        self._at += 1
        if self._next() == "]":
            self._at += 1
            return found
        while True:
            found.append((yield from self._value(depth)))
            if self._taken(",]") == "]":
                return found

    def _object(self, depth: int) -> Walk:
        found: dict[str, Json] = {}
        self._at += 1
        if self._next() == "}":
            self._at += 1
            return found
        while True:
            if self._next() != '"':
                raise self._wrong("Expecting property name enclosed in double quotes")
            key, self._at = self._decoder.raw_decode(self._text, self._at)
            self._taken(":")
            found[key] = yield from self._value(depth)
            if self._taken(",}") == "}":
                return found

    def _next(self) -> str:
        """The next character that is no blank, or "" at the end."""
        blank: Any = _BLANK.match(self._text, self._at)
        self._at = blank.end()
        return self._text[self._at : self._at + 1]

    def _taken(self, wanted: str) -> str:
        """The next character, one of ``wanted``."""
        found = self._next()
        if not found or found not in wanted:
            raise self._wrong(f"Expecting {' or '.join(map(repr, wanted))}")
        self._at += 1
        return found

    def _wrong(self, why: str) -> json.JSONDecodeError:
        return json.JSONDecodeError(why, self._text, self._at)
