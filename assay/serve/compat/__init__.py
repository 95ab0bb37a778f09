"""Doors that other people's clients already knock at, with our judging behind them.

    fusion.py         SandboxFusion: POST /run_code, POST /submit, GET /v1/ping
    open_instruct.py  open-instruct: POST /test_program, POST /test_program_stdio

Requests and replies have the shapes that those servers have; what does not fit is answered 422 as
FastAPI would. The judging is ours: a program is never compared case-insensitively or by rounded
floats, and a pass cannot be forged by an exit code. What could not be decided is never a 0: it is
an HTTP error of the kind that the door's own clients try again.
"""

from __future__ import annotations

from aiohttp import web

from assay.serve.compat import fusion, open_instruct
from assay.serve.compat.fusion import overload_as_504
from assay.serve.service import Service

__all__ = ["DOORS", "overload_as_504", "routes"]

DOORS = (*fusion.DOORS, *open_instruct.DOORS)
"""Every endpoint of every door, for ``/openapi.json``."""


def routes(service: Service) -> list[web.RouteDef]:
    """Every route of every door."""
    return [*fusion.routes(service), *open_instruct.routes(service)]
