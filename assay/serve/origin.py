"""Who sent a request: a key's owner, or a browser led here by a foreign page (CSRF, DNS rebinding).

An ``Origin`` must be this server's own. A server without keys moreover answers only to addresses
and names without a dot, which nobody outside can own.
"""

from __future__ import annotations

import ipaddress
from urllib.parse import urlsplit

from aiohttp import web

from assay.serve.callers import ANYONE, Caller
from assay.serve.errors import Forbidden

CALLER: web.RequestKey[Caller] = web.RequestKey("caller", Caller)


def caller_of(request: web.Request) -> Caller:
    """Who sent this request, as its key says."""
    caller: Caller = request.get(CALLER, ANYONE)
    return caller


def refuse_foreign(request: web.Request, *, named: bool) -> None:
    """Raise :class:`Forbidden` where a browser may have been led here under a foreign name.

    Args:
        request: what came.
        named: the caller gave a key, which no foreign page can have.
    """
    origin = request.headers.get("Origin")
    if origin is not None and urlsplit(origin).netloc != request.host:
        raise Forbidden(f"requests from pages of {origin} are not answered")
    if not named and not _cannot_be_foreign(request.url.host or ""):
        raise Forbidden(
            f"a server without API keys is not to be had as {request.host}; "
            "call it by its address, or start it with keys"
        )


def _cannot_be_foreign(host: str) -> bool:
    try:
        ipaddress.ip_address(host)
    except ValueError:
        return "." not in host
    return True
