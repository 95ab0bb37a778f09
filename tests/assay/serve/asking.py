"""Short ways to ask a server, for its tests."""

from __future__ import annotations

from typing import Any

import psutil
from aiohttp import ClientSession


async def post(http: ClientSession, path: str, body: Any, **headers: str) -> tuple[int, Any]:
    """Status and JSON of a reply."""
    async with http.post(path, json=body, headers=headers) as reply:
        return reply.status, await reply.json()


async def verify(http: ClientSession, *lines: Any, **more: Any) -> list[Any]:
    """The lines that a batch came to."""
    status, reply = await post(http, "/v1/verify", {"items": list(lines), **more})
    assert status == 200, reply
    return list(reply["items"])


def line(verifier: str, response: Any, answer: Any, **more: Any) -> dict[str, Any]:
    return {"verifier": f"test/{verifier}", "response": response, "answer": answer, **more}


def workers() -> set[int]:
    """The worker processes of all servers in this process."""
    return {child.pid for child in psutil.Process().children()}
