"""``/openapi.json``, made from the endpoints' table and the models of the wire."""

from __future__ import annotations

from pydantic import BaseModel
from pydantic.json_schema import models_json_schema

from assay.serve.api import ENDPOINTS, Endpoint
from assay.serve.errors import KINDS
from assay.serve.models import Problem
from assay_datasets import Json

_REFS = "#/components/schemas/{model}"
_ALWAYS = (401, 429, 500, 503)
_WITH_BODY = (400, 413, 422, 504)
_WHY = {each.status: each.__doc__ or "" for each in KINDS.values()}


def describe(version: str) -> dict[str, Json]:
    """The OpenAPI 3.1 document of this server's ``/v1``."""
    models = {model for each in ENDPOINTS for model in (*each.asked, *each.reply)} | {Problem}
    ordered = sorted(models, key=lambda model: model.__name__)
    _, schemas = models_json_schema(
        [(model, "validation") for model in ordered], ref_template=_REFS
    )
    paths: dict[str, dict[str, Json]] = {}
    for each in ENDPOINTS:
        paths.setdefault(each.path, {})[each.method.lower()] = _operation(each)
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
    operation: dict[str, Json] = {
        "summary": endpoint.summary,
        "operationId": endpoint.work.__name__.strip("_"),
        "responses": {
            "200": {"description": "Done.", **_content(endpoint.reply)},
            **{
                str(status): {"description": _WHY[status], **_content((Problem,))}
                for status in statuses
            },
        },
    }
    if endpoint.asked:
        operation["requestBody"] = {"required": True, **_content(endpoint.asked)}
    if "{name}" in endpoint.path:
        operation["parameters"] = [
            {"name": "name", "in": "path", "required": True, "schema": {"type": "string"}}
        ]
    return operation


def _content(models: tuple[type[BaseModel], ...]) -> dict[str, Json]:
    refs = [{"$ref": _REFS.format(model=model.__name__)} for model in models]
    schema = refs[0] if len(refs) == 1 else {"anyOf": refs}
    return {"content": {"application/json": {"schema": schema}}}
