"""The web page at ``/``: what this server offers, tried in a browser.

Plain HTML, CSS and ES modules, packaged with Assay and fetched from nowhere else, so the page works
offline. It speaks the same HTTP API as every client and has no rights of its own: files are given
to anyone, data only to who has a key. A strict content policy lets nothing run but these files.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from importlib import resources

from aiohttp import web

from assay.serve.page.examples import Examples
from assay.serve.service import Service

POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' blob: data:; "
    "connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
)
HEADERS = {
    "Content-Security-Policy": POLICY,
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cache-Control": "no-cache",
}
_KINDS = {
    "html": "text/html",
    "css": "text/css",
    "js": "text/javascript",
    "svg": "image/svg+xml",
    "json": "application/json",
}


@dataclass(frozen=True)
class _File:
    """One file of the page, as it is sent."""

    body: bytes
    kind: str
    tag: str

    @classmethod
    def of(cls, name: str, body: bytes) -> _File:
        return cls(body, _KINDS[name.rpartition(".")[2]], hashlib.sha256(body).hexdigest()[:16])

    def answer(self, request: web.Request) -> web.Response:
        headers = {**HEADERS, "ETag": f'"{self.tag}"'}
        if any(each.value == self.tag for each in request.if_none_match or ()):
            return web.Response(status=304, headers=headers)
        return web.Response(
            body=self.body, content_type=self.kind, charset="utf-8", headers=headers
        )


def attach(app: web.Application, service: Service) -> None:
    """Serve the page at ``/`` of ``app``, and its files under ``/page/``."""
    files, examples = _files(), Examples(service)

    async def index(request: web.Request) -> web.Response:
        return files["index.html"].answer(request)

    async def file(request: web.Request) -> web.Response:
        found = files.get(request.match_info["name"])
        if found is None:
            raise web.HTTPNotFound
        return found.answer(request)

    async def example(request: web.Request) -> web.Response:
        found = await examples.of(request.query.get("verifier", ""))
        return web.json_response(found, headers=HEADERS)

    app.router.add_get("/", index)
    app.router.add_get("/page/example", example)
    app.router.add_get("/page/{name}", file)


def _files() -> dict[str, _File]:
    """Everything in ``static``, read once: no path of a request ever reaches the disk."""
    found = resources.files("assay.serve.page").joinpath("static").iterdir()
    return {each.name: _File.of(each.name, each.read_bytes()) for each in found}
