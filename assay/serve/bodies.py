"""Reading bodies: JSON, within bounds of time and memory.

What is held of all bodies together is bounded too: a request is taken only where there is room for
what it says it will send (or for the most it may, where it does not say, or compresses it).
"""

from __future__ import annotations

import asyncio
import json
from collections.abc import Iterator
from contextlib import contextmanager
from typing import NoReturn

from aiohttp import web

from assay.serve.config import ServiceConfig
from assay.serve.errors import Late, Malformed, TooLarge, TooMany
from assay.serve.slices import read_slowly
from assay_datasets import Json

_READ_S = 60.0
_TOGETHER = 8
_AT_ONCE = 1 << 20  # bytes; some ten milliseconds


class Bodies:
    """Bodies being held.

    Args:
        config: its ``body_bytes`` bound one; eight of the largest may be held together.
    """

    def __init__(self, config: ServiceConfig) -> None:
        self._most = config.body_bytes
        self._free = _TOGETHER * config.body_bytes

    @contextmanager
    def room(self, request: web.Request) -> Iterator[None]:
        """Hold room for a request's body."""
        size = request.content_length if request.body_exists else 0
        if size is not None and size > self._most:
            raise TooLarge(f"a body has {self._most} bytes at most, not {size}")
        if size is None or "Content-Encoding" in request.headers:  # as large as it likes
            size = self._most
        if size > self._free:
            raise TooMany("too much is being sent to this server at once", 1.0)
        self._free -= size
        try:
            yield
        finally:
            self._free += size


async def read_json(request: web.Request) -> Json:
    """The JSON of a request's body; one that does not come is :class:`Late`."""
    try:
        async with asyncio.timeout(_READ_S):
            body = await request.read()
    except TimeoutError:
        raise Late(f"the body did not come within {_READ_S:g} s") from None
    except web.RequestPayloadError as error:
        raise Malformed(f"the body cannot be read: {error}") from None
    try:
        if len(body) > _AT_ONCE:
            return await read_slowly(body, _refuse)
        return json.loads(body, parse_constant=_refuse)
    except RecursionError:
        raise Malformed("the body is nested too deeply") from None
    except ValueError as error:  # not UTF-8 text, not JSON, a number of too many digits
        raise Malformed(f"the body is not JSON: {error}") from None


def _refuse(name: str) -> NoReturn:
    raise ValueError(f"{name} is not a JSON number")
