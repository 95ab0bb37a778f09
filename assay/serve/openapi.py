"""``/openapi.json``, made from the endpoints' table, the compatible doors' and their models."""

from __future__ import annotations

from pydantic import BaseModel
from pydantic.json_schema import models_json_schema

from assay.serve.api import ENDPOINTS, Endpoint
from assay.serve.compat import DOORS
from assay.serve.compat.wire import Detail, Door
from assay.serve.errors import KINDS
from assay.serve.models import Problem
from assay_datasets import Json

_REFS = "#/components/schemas/{model}"
_ALWAYS = (401, 429, 500, 503)
_WITH_BODY = (400, 413, 422, 504)
_WHY = {each.status: each.__doc__ or "" for each in KINDS.values()}


def describe(version: str) -> dict[str, Json]:
    """The OpenAPI 3.1 document of this server: ``/v1``, and the doors that others' clients know."""
    models: set[type[BaseModel]] = {Problem, Detail}
    models |= {model for each in ENDPOINTS for model in (*each.asked, *each.reply)}
    models |= {model for door in DOORS for model in (door.asked, door.reply) if model is not None}
    ordered = sorted(models, key=lambda model: model.__name__)
    _, schemas = models_json_schema(
        [(model, "validation") for model in ordered], ref_template=_REFS
    )
    paths: dict[str, dict[str, Json]] = {}
    for each in ENDPOINTS:
        paths.setdefault(each.path, {})[each.method.lower()] = _operation(each)
    for door in DOORS:
        paths.setdefault(door.path, {})[door.method.lower()] = _door(door)
    return {
        "openapi": "3.1.0",
        "info": {"title": "Assay", "version": version, "license": {"name": "Apache-2.0"}},
        "paths": paths,
        "components": {
            "schemas": schemas["$defs"],
            "securitySchemes": {"key": {"type": "http", "scheme": "bearer"}},
        },
        "security": [{"key": []}, {}],
    }


def _operation(endpoint: Endpoint) -> dict[str, Json]:
    body = _WITH_BODY if endpoint.asked else ()
    statuses = sorted({*_ALWAYS, *body, *endpoint.statuses})
    operation = _described(endpoint.work.__name__.strip("_"), endpoint.summary)
    operation["responses"] = {
        "200": {"description": "Done.", **_content(endpoint.reply)},
        **{str(status): _refusal(status, (Problem,)) for status in statuses},
    }
    if endpoint.asked:
        operation["requestBody"] = {"required": True, **_content(endpoint.asked)}
    if "{name}" in endpoint.path:
        operation["parameters"] = [
            {"name": "name", "in": "path", "required": True, "schema": {"type": "string"}}
        ]
    return operation


def _door(door: Door) -> dict[str, Json]:
    """One of the doors, whose own refusals have the shape that its clients know."""
    operation = _described(door.path.strip("/").replace("/", "_"), door.summary)
    if door.asked is None or door.reply is None:
        pong: Json = {"application/json": {"schema": {"type": "string", "const": "pong"}}}
        operation["responses"] = {"200": {"description": "Here.", "content": pong}}
        return operation
    operation["requestBody"] = {"required": True, **_content((door.asked,))}
    operation["responses"] = {
        "200": {"description": "Done.", **_content((door.reply,))},
        "422": _refusal(422, (Detail,)),
        **{str(status): _refusal(status, (Problem,)) for status in (401, 413, 500)},
        **{str(status): _refusal(status, (Detail, Problem)) for status in door.again},
    }
    return operation


def _described(name: str, summary: str) -> dict[str, Json]:
    return {"summary": summary, "operationId": name}


def _refusal(status: int, models: tuple[type[BaseModel], ...]) -> Json:
    return {"description": _WHY[status], **_content(models)}


def _content(models: tuple[type[BaseModel], ...]) -> dict[str, Json]:
    refs = [{"$ref": _REFS.format(model=model.__name__)} for model in models]
    schema = refs[0] if len(refs) == 1 else {"anyOf": refs}
    return {"content": {"application/json": {"schema": schema}}}
