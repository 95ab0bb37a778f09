"""Messages between the server and its workers: JSON in length-prefixed frames over a socket.

Nothing is pickled. Both ends are Python's, so infinity and NaN pass; clients are kept from them at
the doors. A frame is written whole, so the two ends need no lock; what does not fit into
the socket waits in the transport.
"""

from __future__ import annotations

import asyncio
import json
import struct
from collections.abc import Callable
from typing import Any, cast

Message = dict[str, Any]

_HEADER = struct.Struct(">I")


class Channel(asyncio.Protocol):
    """One end: ``on_message`` for every message that comes, ``on_lost`` once when none will."""

    def __init__(self, on_message: Callable[[Message], None], on_lost: Callable[[], None]) -> None:
        self._on_message = on_message
        self._on_lost = on_lost
        self._buffer = bytearray()
        self._transport: asyncio.WriteTransport | None = None

    def send(self, message: Message) -> None:
        """Send; does nothing where the other end is gone, which ``on_lost`` tells.

        Raises:
            RecursionError: it is nested too deeply.
        """
        body = json.dumps(message, separators=(",", ":")).encode()
        if self._transport is not None and not self._transport.is_closing():
            self._transport.write(_HEADER.pack(len(body)) + body)

    def close(self) -> None:
        if self._transport is not None:
            self._transport.close()

    # ── asyncio.Protocol ─────────────────────────────────────────────────────────────────────────

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast(asyncio.WriteTransport, transport)

    def connection_lost(self, exc: Exception | None) -> None:
        self._on_lost()

    def data_received(self, data: bytes) -> None:
        self._buffer += data
        start, end = 0, len(self._buffer)
        while end - start >= _HEADER.size:
            (length,) = _HEADER.unpack_from(self._buffer, start)
            if end - start < _HEADER.size + length:
                break
            body = self._buffer[start + _HEADER.size : start + _HEADER.size + length]
            start += _HEADER.size + length
            self._on_message(json.loads(body))
        del self._buffer[:start]
