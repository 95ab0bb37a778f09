"""Transport: JSON over HTTP to an Assay server, tried again where that is right and can help.

Sent again until the deadline: what the server said it did nothing of (429, 503). The pause is what
``Retry-After`` says and a random part beyond; without that header a random part of a span that
doubles. Sent again ``attempts`` times in all: what met no server, a broken connection or a
gateway's 502, unless it must not be done twice (an action in a session) and may have arrived.
Anything else that comes is the answer, or the error.

It runs on an event loop of its own (``background.py``), so one set of connections serves callers in
every thread and loop. It follows no redirects and keeps no cookies.
"""

from __future__ import annotations

import asyncio
import json
import random
import time
from typing import TYPE_CHECKING

from assay.background import Background
from assay.serve.errors import KINDS, Broken, Late, ServiceError
from assay_datasets import InputError, Json

if TYPE_CHECKING:
    import aiohttp

_FIRST_S = 0.1
_MOST_S = 10.0
_BEYOND = 0.5  # of Retry-After: the most that is waited beyond it
_NOT_DONE = (429, 503)
_SHOWN = 200
_random = random.SystemRandom()  # not seeded: clients that were refused together must part


class Unreachable(ServiceError):
    """No server answers at that address, or the connection to it broke."""

    status, kind = 502, "unreachable"

    def __init__(self, message: str, arrived: bool = True) -> None:
        super().__init__(message)
        self.arrived = arrived  # the request may have


class Transport:
    """Connections to one server.

    Args:
        url: of the server.
        key: sent as ``Authorization: Bearer``; never logged or shown.
        attempts: of a request whose connection fails.
        connections: open at once; further requests wait, within their deadlines.
    """

    def __init__(self, url: str, key: str | None, attempts: int, connections: int) -> None:
        if not url.startswith(("http://", "https://")):
            raise InputError(f"a server's url begins with http:// or https://, unlike {url!r}")
        self.url = url.rstrip("/")
        self.background = Background()
        self._headers = {"Authorization": f"Bearer {key}"} if key else {}
        self._attempts = attempts
        self._connections = connections
        self._session: aiohttp.ClientSession | None = None
        self._of: asyncio.AbstractEventLoop | None = None
        self._inherited: list[aiohttp.ClientSession] = []

    async def ask(
        self,
        method: str,
        path: str,
        body: Json = None,
        *,
        deadline_s: float,
        timed: bool = False,
        twice: bool = True,
    ) -> dict[str, Json]:
        """The reply to one request: a JSON object.

        Args:
            method, path, body: what is sent; the body as JSON.
            deadline_s: for everything: waiting for a connection, trying again, the reply.
            timed: the body says by ``deadline_s`` how long the server has.
            twice: no harm is done if the server does it twice.

        Raises:
            ServiceError: the kind that the server said, :class:`Unreachable` or :class:`Late`.
        """
        ends, tried = time.monotonic() + deadline_s, 0
        while True:
            left = ends - time.monotonic()
            try:
                timely = {**body, "deadline_s": left} if timed else body
                return await self._once(method, path, timely, left)
            except ServiceError as error:
                tried += 1
                pause = self._pause(error, tried, twice)
                if pause is None or pause >= ends - time.monotonic():
                    if tried > 1:
                        error.add_note(f"tried {tried} times within {deadline_s:g} s")
                    raise
            await asyncio.sleep(pause)

    def close(self) -> None:
        """Close the connections and end the loop; a later request begins anew. Idempotent."""
        if self.background.running and self._session is not None:
            self.background.wait(self._session.close())
            self._session = self._of = None
        self.background.close()

    def _pause(self, error: ServiceError, tried: int, twice: bool) -> float | None:
        """Seconds until the next attempt; None where there is to be none."""
        if error.status in _NOT_DONE:
            if error.retry_after_s is not None:
                return error.retry_after_s * _random.uniform(1.0, 1.0 + _BEYOND)
        elif (
            not isinstance(error, Unreachable)
            or tried >= self._attempts
            or (error.arrived and not twice)
        ):
            return None
        return _random.uniform(0.0, min(_FIRST_S * 2**tried, _MOST_S))

    async def _once(self, method: str, path: str, body: Json, left_s: float) -> dict[str, Json]:
        import aiohttp

        try:
            async with (
                asyncio.timeout(left_s),
                self._connected().request(
                    method, self.url + path, json=body, allow_redirects=False
                ) as reply,
            ):
                content = await reply.read()
        except TimeoutError:
            raise Late(f"{self.url}{path}: no reply in time") from None
        except aiohttp.ClientError as error:
            arrived = not isinstance(error, aiohttp.ClientConnectorError)
            raise Unreachable(f"{self.url}: {error or type(error).__name__}", arrived) from error
        return _read(reply, content)

    def _connected(self) -> aiohttp.ClientSession:
        """The connections of this process, made when first needed."""
        import aiohttp

        loop = asyncio.get_running_loop()
        if self._of is not loop:
            if self._session is not None:  # a parent's, before a fork: not ours to close
                self._inherited.append(self._session)
            self._of = loop
            self._session = aiohttp.ClientSession(
                connector=aiohttp.TCPConnector(limit=self._connections),
                cookie_jar=aiohttp.DummyCookieJar(),
                headers=self._headers,
                timeout=aiohttp.ClientTimeout(total=None),
            )
        assert self._session is not None
        return self._session


def _read(reply: aiohttp.ClientResponse, content: bytes) -> dict[str, Json]:
    """The JSON of a reply that is one; else the error that it is."""
    try:
        value = json.loads(content)
    except (ValueError, RecursionError):
        value = None
    if reply.status == 200 and isinstance(value, dict):
        return value
    said = value.get("error") if isinstance(value, dict) else None
    said = said if isinstance(said, dict) else {}
    message = said.get("message") or content[:_SHOWN].decode("utf-8", "replace")
    raise _error(reply, str(said.get("type", "")), f"{reply.url.path}: {message}")


def _error(reply: aiohttp.ClientResponse, kind: str, message: str) -> ServiceError:
    known = KINDS.get(kind) or next((k for k in KINDS.values() if k.status == reply.status), None)
    if known is None and reply.status == Unreachable.status:
        return Unreachable(message)
    error = (known or Broken)(message if known else f"HTTP {reply.status}: {message}")
    error.retry_after_s = _seconds(reply.headers.get("Retry-After"))
    return error


def _seconds(text: str | None) -> float | None:
    """``Retry-After`` in seconds; a date is not read, as clocks differ."""
    try:
        return max(float(text or "none"), 0.0)
    except ValueError:
        return None
