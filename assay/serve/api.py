"""The ``/v1`` endpoints: one table from which the routes and ``/openapi.json`` are both made."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Any, TypeVar, cast

from pydantic import BaseModel

from assay.serve.callers import Caller
from assay.serve.errors import Refused
from assay.serve.models import (
    CellReply,
    CellRequest,
    Closed,
    Envs,
    FileNames,
    Files,
    GenerateRequest,
    JobRequest,
    ResultModel,
    SandboxOpened,
    SandboxRequest,
    SessionOpened,
    SessionRequest,
    StepReply,
    StepRequest,
    Tasks,
    VerdictBatch,
    VerdictLine,
    Verifiers,
    VerifyBatch,
    VerifyLine,
    to_blob,
    to_bytes,
)
from assay.serve.service import Service
from assay_datasets import Json

Reply = BaseModel | Json


@dataclass(frozen=True)
class Call:
    """One request, read.

    Attributes:
        service: does it; caller: who asks.
        body: the JSON that came, checked by ``asked`` where an endpoint has one model for it.
        name: the session in the path.
    """

    service: Service
    caller: Caller
    body: Any = None
    name: str = ""


@dataclass(frozen=True)
class Endpoint:
    """One line of the table.

    Attributes:
        asked: models of the body, any of which may come; none for no body.
        reply: models of the answer.
        statuses: of errors that this endpoint may answer, besides those that every one may.
    """

    method: str
    path: str
    summary: str
    work: Callable[[Call], Awaitable[Reply]]
    asked: tuple[type[BaseModel], ...] = ()
    reply: tuple[type[BaseModel], ...] = ()
    statuses: tuple[int, ...] = ()


AskedT = TypeVar("AskedT", bound=BaseModel)


async def _verify(call: Call) -> Reply:
    """A batch, or a bare line, whose own mistake is the request's."""
    body = call.body
    if isinstance(body, dict) and "items" in body:
        batch = VerifyBatch.model_validate(body)
        items = await call.service.verify_many(
            batch.items, deadline_s=batch.deadline_s, caller=call.caller
        )
        return {"items": items}
    asked = VerifyLine.model_validate(body)
    line = await call.service.verify(body, deadline_s=asked.deadline_s, caller=call.caller)
    if "error" in line:
        raise Refused(str(line["error"]))
    return line


async def _run(call: Call) -> Reply:
    return await call.service.run(call.body, caller=call.caller)


async def _generate(call: Call) -> Reply:
    return Tasks(tasks=await call.service.generate(call.body, caller=call.caller))


async def _open_session(call: Call) -> Reply:
    return await call.service.open_session(call.body, caller=call.caller)


async def _step(call: Call) -> Reply:
    return await call.service.step(call.name, call.body.action, caller=call.caller)


async def _close_session(call: Call) -> Reply:
    await call.service.close_session(call.name, caller=call.caller)
    return Closed(closed=True)


async def _open_sandbox(call: Call) -> Reply:
    return await call.service.open_sandbox(call.body, caller=call.caller)


async def _run_cell(call: Call) -> Reply:
    return await call.service.run_cell(call.name, call.body, caller=call.caller)


async def _put_files(call: Call) -> Reply:
    files = {path: to_bytes(blob) for path, blob in cast(Files, call.body).files.items()}
    await call.service.put_files(call.name, files, caller=call.caller)
    return FileNames(names=list(files))


async def _get_files(call: Call) -> Reply:
    found = await call.service.get_files(call.name, call.body.names, caller=call.caller)
    return {"files": {path: to_blob(data) for path, data in found.items()}}


async def _close_sandbox(call: Call) -> Reply:
    await call.service.close_sandbox(call.name, caller=call.caller)
    return Closed(closed=True)


async def _envs(call: Call) -> Reply:
    return Envs(envs=call.service.envs())


async def _verifiers(call: Call) -> Reply:
    return Verifiers(verifiers=call.service.verifiers())


_SESSION = (404, 409, 410)

ENDPOINTS = (
    Endpoint(
        "POST",
        "/v1/verify",
        "Judge responses: a batch, or one bare line.",
        _verify,
        (VerifyLine, VerifyBatch),
        (VerdictLine, VerdictBatch),
    ),
    Endpoint(
        "POST", "/v1/run", "Run a program in the sandbox.", _run, (JobRequest,), (ResultModel,)
    ),
    Endpoint(
        "POST", "/v1/generate", "Make tasks.", _generate, (GenerateRequest,), (Tasks,), (403,)
    ),
    Endpoint(
        "POST",
        "/v1/sessions",
        "Begin an episode.",
        _open_session,
        (SessionRequest,),
        (SessionOpened,),
        (404,),
    ),
    Endpoint(
        "POST",
        "/v1/sessions/{name}/step",
        "Play one action.",
        _step,
        (StepRequest,),
        (StepReply,),
        _SESSION,
    ),
    Endpoint(
        "DELETE",
        "/v1/sessions/{name}",
        "End an episode.",
        _close_session,
        (),
        (Closed,),
        _SESSION,
    ),
    Endpoint(
        "POST",
        "/v1/sandboxes",
        "Open a kept interpreter or shell.",
        _open_sandbox,
        (SandboxRequest,),
        (SandboxOpened,),
    ),
    Endpoint(
        "POST",
        "/v1/sandboxes/{name}/run",
        "Run one cell.",
        _run_cell,
        (CellRequest,),
        (CellReply,),
        _SESSION,
    ),
    Endpoint(
        "POST",
        "/v1/sandboxes/{name}/files",
        "Lay files into its directory.",
        _put_files,
        (Files,),
        (FileNames,),
        _SESSION,
    ),
    Endpoint(
        "POST",
        "/v1/sandboxes/{name}/fetch",
        "Read files of its directory.",
        _get_files,
        (FileNames,),
        (Files,),
        _SESSION,
    ),
    Endpoint(
        "DELETE",
        "/v1/sandboxes/{name}",
        "End a kept interpreter or shell.",
        _close_sandbox,
        (),
        (Closed,),
        _SESSION,
    ),
    Endpoint("GET", "/v1/envs", "The environments offered.", _envs, (), (Envs,)),
    Endpoint("GET", "/v1/verifiers", "The verifiers offered.", _verifiers, (), (Verifiers,)),
)
