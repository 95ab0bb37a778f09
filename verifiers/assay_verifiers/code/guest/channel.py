"""Frames between two processes that do not trust each other: four bytes of length, and JSON."""

from __future__ import annotations

import json
import os
from typing import Any

from assay_verifiers.codec import CannotCarry

LONGEST_FRAME = 16 << 20


def read(name: str) -> bytes:
    """A file's bytes. ``open`` would touch many pages more, each to be copied in every job."""
    fd = os.open(name, os.O_RDONLY)
    data = os.read(fd, os.fstat(fd).st_size)
    os.close(fd)
    return data


class Lost(BaseException):
    """The other side is gone, or does not keep to the protocol."""


class TooLong(CannotCarry):
    """A message is."""


class Channel:
    """Frames over two descriptors; ``received``: bytes of those that came."""

    def __init__(self, read_fd: int, write_fd: int) -> None:
        self._read_fd, self._write_fd = read_fd, write_fd
        self._ahead = b""
        self.received = 0

    def send(self, message: Any) -> None:
        data = json.dumps(message).encode()
        if len(data) > LONGEST_FRAME:
            raise TooLong(f"a message of {len(data)} bytes")
        view = memoryview(len(data).to_bytes(4, "big") + data)
        try:
            while view:
                view = view[os.write(self._write_fd, view) :]
        except OSError as error:
            raise Lost(f"the other side is gone: {error}") from None

    def receive(self) -> Any:
        size = int.from_bytes(self._exactly(4), "big")
        if size > LONGEST_FRAME:
            raise Lost("a message that is too long")
        self.received += size
        try:
            return json.loads(self._exactly(size))
        except (ValueError, RecursionError):
            raise Lost("a message that is no JSON") from None

    def _exactly(self, size: int) -> bytes:
        """The next ``size`` bytes; a message is mostly read whole, its length with it."""
        parts, got = [self._ahead], len(self._ahead)
        while got < size:
            part = os.read(self._read_fd, 1 << 16)
            if not part:
                raise Lost("the other side ended")
            parts.append(part)
            got += len(part)
        whole = b"".join(parts)
        self._ahead = whole[size:]
        return whole[:size]
