"""aiohttp's runner, except for what is not even HTTP.

aiohttp answers that before any middleware: with its own version and Python's, and with the line at
fault, which it logs as well, whatever secret stands in it. Here it is told as everything else that
goes wrong, and logged without a word of what came.
"""

from __future__ import annotations

import asyncio
import logging

from aiohttp import web

from assay.serve.errors import Broken, Malformed, ServiceError

SERVER = "assay"
"""What we say we are: versions of what we are built of are nobody's business."""

_log = logging.getLogger("assay.serve")


class Runner(web.AppRunner):
    """Runs an application."""

    async def _make_server(self) -> web.Server:
        made = await super()._make_server()
        return _Server(
            made.request_handler,
            request_factory=made.request_factory,
            handler_cancellation=made.handler_cancellation,
            **made._kwargs,
        )


class _Server(web.Server):
    def __call__(self) -> web.RequestHandler:
        return _Connection(self, loop=asyncio.get_running_loop(), **self._kwargs)


class _Connection(web.RequestHandler):
    def handle_error(
        self,
        request: web.BaseRequest,
        status: int = 500,
        exc: BaseException | None = None,
        message: str | None = None,
    ) -> web.StreamResponse:
        """The answer to what no handler saw."""
        _log.info("%s from %s: %s", status, request.remote, type(exc).__name__)
        if request.writer.output_size > 0:
            raise ConnectionError("a part of another response was sent already")
        told: ServiceError = Malformed("this is not HTTP")
        if status >= web.HTTPInternalServerError.status_code:
            told = Broken("this server failed; its log says more")
        response = web.json_response(told.to_json(), status=status, headers={"Server": SERVER})
        response.force_close()
        return response
