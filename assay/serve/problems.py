"""Whatever an HTTP handler raises, as the one error that its client is told."""

from __future__ import annotations

from aiohttp import web
from pydantic import ValidationError

from assay.serve.errors import Broken, Malformed, NotFound, Refused, ServiceError, TooLarge
from assay_datasets import InputError


class _MethodNotAllowed(ServiceError):
    status, kind = 405, "method_not_allowed"


def problem_of(error: Exception) -> ServiceError:
    """What to say of ``error``; anything unknown is a bug of ours, told without its text."""
    match error:
        case ServiceError():
            return error
        case ValidationError():
            return Refused(_deepest(error))
        case InputError():
            return Refused(str(error))
        case RecursionError():
            return Refused("this is nested too deeply")
        case web.HTTPNotFound():
            return NotFound("no such page; /openapi.json lists what there is")
        case web.HTTPMethodNotAllowed():
            methods = ", ".join(sorted(error.allowed_methods))
            return _MethodNotAllowed(f"not by {error.method}; by {methods}")
        case web.HTTPRequestEntityTooLarge():
            return TooLarge("the body is larger than this server takes")
        case web.HTTPClientError():
            return Malformed(error.reason)
        case _:
            return Broken("this server failed; its log says more")


def _deepest(error: ValidationError) -> str:
    """Of what pydantic found wrong the deepest, which of several readings is the one meant."""
    found = error.errors(include_url=False, include_context=False, include_input=False)
    told = max(found, key=lambda each: len(each["loc"]))
    where = ".".join(map(str, told["loc"])) or "the body"
    more = f" (and {len(found) - 1} more)" if len(found) > 1 else ""
    return f"{where}: {told['msg']}{more}"
