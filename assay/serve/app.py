"""The HTTP door: what every request passes before and after its endpoint.

From the outside in: it is counted and logged, and whatever goes wrong becomes problem JSON; a
browser sent by a foreign page is turned away; the key says who asks; the body is read within the
server's bounds of time and memory. Logs hold the route, never the path (ids of sessions are
secrets), and no header or body.
"""

from __future__ import annotations

import json
import logging
import math
import time
from collections.abc import Awaitable, Callable

from aiohttp import web
from pydantic import BaseModel

from assay.serve.api import ENDPOINTS, Call, Endpoint
from assay.serve.bodies import Bodies, read_json
from assay.serve.errors import Broken, ServiceError
from assay.serve.keys import Keys
from assay.serve.openapi import describe
from assay.serve.origin import CALLER, caller_of, refuse_foreign
from assay.serve.problems import problem_of
from assay.serve.runner import SERVER
from assay.serve.service import Service

Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]

_OPEN = frozenset(
    {"/", "/healthz", "/healthz/live", "/healthz/ready", "/metrics", "/openapi.json", "/v1/ping"}
)
_OPEN_FILES = "/page/"
_PROMETHEUS = "text/plain; version=0.0.4; charset=utf-8"
_log = logging.getLogger("assay.serve")


def make_app(service: Service, keys: Keys | None = None) -> web.Application:
    """The application over an open ``service``.

    Run it by ``runner.Runner`` with ``handler_cancellation=True``, so that a client's going away
    cancels its work.

    Args:
        keys: who may ask; without any, everyone.
    """
    from assay.serve import compat, mcp, page

    app = web.Application(
        client_max_size=service.config.body_bytes,
        middlewares=[
            _telling(service),
            compat.overload_as_504,
            _admitting(keys or Keys({}), Bodies(service.config)),
        ],
    )
    app.on_response_prepare.append(_named)
    for endpoint in ENDPOINTS:
        app.router.add_route(endpoint.method, endpoint.path, _handler(endpoint, service))
    app.router.add_routes(_about(service))
    app.router.add_routes(compat.routes(service))
    mcp.attach(app, service)
    page.attach(app, service)
    return app


# ── around every request ─────────────────────────────────────────────────────────────────────────


def _telling(service: Service) -> Callable[..., Awaitable[web.StreamResponse]]:
    """Counts and logs requests, and answers for what goes wrong in them."""

    @web.middleware
    async def tell(request: web.Request, handler: Handler) -> web.StreamResponse:
        began = time.perf_counter()
        status = 499  # the client went away
        try:
            response = await _answered(request, handler, service)
            status = response.status
            return response
        finally:
            seconds = time.perf_counter() - began
            route = _route(request)
            service.metrics.requested(route, status, seconds)
            name = caller_of(request).name
            _log.info("%s %s %d %.4f s %s", request.method, route, status, seconds, name)

    return tell


async def _answered(request: web.Request, handler: Handler, service: Service) -> web.StreamResponse:
    try:
        return await handler(request)
    except Exception as error:
        told = problem_of(error)
        if isinstance(told, Broken) and not isinstance(error, ServiceError):
            _log.exception("%s %s failed", request.method, _route(request))
        service.metrics.rejected(told)
        return _problem(told, error)


def _problem(told: ServiceError, error: Exception) -> web.Response:
    headers = {}
    if isinstance(error, web.HTTPMethodNotAllowed):
        headers["Allow"] = ", ".join(sorted(error.allowed_methods))
    if told.retry_after_s is not None:
        headers["Retry-After"] = str(max(1, math.ceil(told.retry_after_s)))
    if told.status == 401:
        headers["WWW-Authenticate"] = "Bearer"
    return web.json_response(told.to_json(), status=told.status, headers=headers)


def _admitting(keys: Keys, bodies: Bodies) -> Callable[..., Awaitable[web.StreamResponse]]:
    """Finds out who asks, and turns away who may not."""

    @web.middleware
    async def admit(request: web.Request, handler: Handler) -> web.StreamResponse:
        path = request.path
        refuse_foreign(request, named=bool(keys))
        if path not in _OPEN and not path.startswith(_OPEN_FILES):
            request[CALLER] = keys.caller(request.headers)
        with bodies.room(request):
            return await handler(request)

    return admit


async def _named(request: web.Request, response: web.StreamResponse) -> None:
    response.headers["Server"] = SERVER


def _route(request: web.Request) -> str:
    """The pattern that matched: a label from a closed list."""
    resource = request.match_info.route.resource
    return resource.canonical if resource is not None else "none"


# ── endpoints ────────────────────────────────────────────────────────────────────────────────────


def _handler(endpoint: Endpoint, service: Service) -> Handler:
    model = endpoint.asked[0] if len(endpoint.asked) == 1 else None

    async def handle(request: web.Request) -> web.Response:
        body = await read_json(request) if endpoint.asked else None
        asked = model.model_validate(body) if model else body
        name = request.match_info.get("name", "")
        return _json(await endpoint.work(Call(service, caller_of(request), asked, name)))

    return handle


def _json(reply: object) -> web.Response:
    fields = reply.model_dump(exclude_unset=True) if isinstance(reply, BaseModel) else reply
    text = json.dumps(fields, allow_nan=False, separators=(",", ":"))
    return web.Response(text=text, content_type="application/json")


def _about(service: Service) -> list[web.RouteDef]:
    """What the server says of itself, to anyone."""
    document = json.dumps(describe(service.describe()["version"])).encode()

    async def health(request: web.Request) -> web.Response:
        return web.json_response(_health(service))

    async def live(request: web.Request) -> web.Response:
        return web.json_response({"live": True})

    async def ready(request: web.Request) -> web.Response:
        return web.json_response(_health(service), status=200 if service.ready else 503)

    async def metrics(request: web.Request) -> web.Response:
        return web.Response(body=service.metrics.render(), headers={"Content-Type": _PROMETHEUS})

    async def openapi(request: web.Request) -> web.Response:
        return web.Response(body=document, content_type="application/json")

    return [
        web.get("/healthz", health),
        web.get("/healthz/live", live),
        web.get("/healthz/ready", ready),
        web.get("/metrics", metrics),
        web.get("/openapi.json", openapi),
    ]


def _health(service: Service) -> dict[str, object]:
    return {
        "live": True,
        "ready": service.ready,
        "draining": service.draining,
        "backend": service.backend or None,
    }
