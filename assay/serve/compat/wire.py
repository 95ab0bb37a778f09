"""What the doors share: bodies read as FastAPI reads them, refusals written as it writes them."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Any, TypeVar

from aiohttp import web
from pydantic import BaseModel, ConfigDict, ValidationError

from assay.serve.bodies import read_json
from assay.serve.callers import Caller
from assay.serve.errors import Malformed
from assay.serve.origin import caller_of

AskedT = TypeVar("AskedT", bound=BaseModel)
Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]


class Wire(BaseModel):
    """A message of another project; fields that we do not know are let pass, as there."""

    model_config = ConfigDict(extra="ignore", frozen=True)


class Detail(Wire):
    """A refusal, as FastAPI writes it."""

    detail: Any


@dataclass(frozen=True)
class Door:
    """One endpoint, for ``/openapi.json``.

    Attributes:
        again: statuses after which its own clients ask again.
    """

    method: str
    path: str
    summary: str
    asked: type[BaseModel] | None
    reply: type[BaseModel] | None
    again: tuple[int, ...] = ()


class Unprocessable(Exception):
    """What was asked has the right shape, and cannot be done; the reply is 422."""


def door(asked: type[AskedT], answer: Callable[[AskedT, Caller], Awaitable[BaseModel]]) -> Handler:
    """A handler that reads ``asked`` from the body and writes what ``answer`` gives."""

    async def handle(request: web.Request) -> web.Response:
        try:
            message = asked.model_validate(await read_json(request))
            reply = await answer(message, caller_of(request))
        except Malformed as error:
            return _refusal([{"type": "json_invalid", "loc": ["body"], "msg": str(error)}])
        except ValidationError as error:
            found = error.errors(include_url=False, include_context=False, include_input=False)
            return _refusal([{**each, "loc": ["body", *each["loc"]]} for each in found])
        except Unprocessable as error:
            return _refusal([{"type": "value_error", "loc": ["body"], "msg": str(error)}])
        return web.Response(text=reply.model_dump_json(), content_type="application/json")

    return handle


def _refusal(detail: Any) -> web.Response:
    return web.json_response({"detail": detail}, status=422)
