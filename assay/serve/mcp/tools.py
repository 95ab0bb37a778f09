"""The tools: what each takes, gives and does, over the one :class:`Service` that HTTP has too.

A tool is its arguments' model, its result's model and a function between them; both models are
published as JSON schemas. What takes long says how far it is. Errors are the service's own, whose
messages name the mend.
"""

from __future__ import annotations

import secrets
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Any

from pydantic import BaseModel

from assay.serve.callers import Caller
from assay.serve.errors import Refused
from assay.serve.mcp import models
from assay.serve.mcp.progress import Reporter
from assay.serve.models import (
    LONGEST_SEED,
    CellReply,
    CellRequest,
    Closed,
    EnvEntry,
    GenerateRequest,
    JobRequest,
    ResultModel,
    SandboxRequest,
    SessionRequest,
    VerdictBatch,
    VerdictLine,
    VerifierEntry,
    VerifyBatch,
    VerifyLine,
)
from assay.serve.service import Service


@dataclass(frozen=True)
class Call:
    """One call of a tool.

    Attributes:
        service: what does the work.
        caller: who asks, whose limits and sessions these are.
        reporter: tells the client how far the work is.
    """

    service: Service
    caller: Caller
    reporter: Reporter


@dataclass(frozen=True)
class Tool:
    """One tool.

    Attributes:
        title: for people.
        description: for the model that calls it.
        arguments, result: models of what it takes and gives.
        run: does it; raises :class:`ServiceError`.
        reads: it changes nothing on the server.
    """

    title: str
    description: str
    arguments: type[BaseModel]
    result: type[BaseModel]
    run: Callable[[Call, Any], Awaitable[BaseModel]]
    reads: bool = True


async def _list_verifiers(call: Call, asked: models.Search) -> models.VerifierList:
    found = [each for each in call.service.verifiers() if _matches(asked, each)]
    return models.VerifierList(verifiers=found)


async def _list_envs(call: Call, asked: models.Search) -> models.EnvList:
    return models.EnvList(envs=[each for each in call.service.envs() if _matches(asked, each)])


def _matches(asked: models.Search, entry: EnvEntry | VerifierEntry) -> bool:
    name = entry.id if isinstance(entry, EnvEntry) else entry.name
    return asked.search.lower() in f"{name} {entry.summary}".lower()


async def _generate_task(call: Call, asked: models.NewTask) -> models.ShownTask:
    request = GenerateRequest(
        env=asked.env, difficulty=asked.difficulty, seed=_seed(asked.seed), render=True
    )
    async with call.reporter.working("making the task"):
        (task,) = await call.service.generate(request, caller=call.caller)
    return models.ShownTask(
        task=task.id,
        env=task.env,
        difficulty=asked.difficulty,
        prompt=task.prompt,
        rendering=task.rendering,
    )


def _seed(asked: int | None) -> int:
    return secrets.randbelow(LONGEST_SEED) if asked is None else asked


async def _verify(call: Call, asked: VerifyLine) -> VerdictLine:
    async with call.reporter.working("judging"):
        line = await call.service.verify(asked.model_dump(exclude_unset=True), caller=call.caller)
    if "error" in line:
        raise Refused(str(line["error"]))
    return VerdictLine.model_validate(line)


async def _verify_batch(call: Call, asked: VerifyBatch) -> VerdictBatch:
    async with call.reporter.counting("judged") as progress:
        lines = await call.service.verify_many(
            asked.items, deadline_s=asked.deadline_s, caller=call.caller, progress=progress
        )
    return VerdictBatch.model_validate({"items": lines})


async def _run_code(call: Call, asked: JobRequest) -> ResultModel:
    async with call.reporter.working("running"):
        return await call.service.run(asked, deadline_s=asked.deadline_s, caller=call.caller)


async def _open_session(call: Call, asked: models.OpenSession) -> models.OpenedSession:
    if (asked.task is None) == (asked.env is None):
        raise Refused("give either task (an id from generate_task) or env (an id from list_envs)")
    request = (
        SessionRequest(task=asked.task)
        if asked.task is not None
        else SessionRequest(env=asked.env, seed=_seed(asked.seed), difficulty=asked.difficulty)
    )
    async with call.reporter.working("opening the session"):
        opened = await call.service.open_session(request, caller=call.caller)
    return models.OpenedSession(session=opened.session, observation=opened.observation)


async def _act(call: Call, asked: models.Act) -> models.Acted:
    async with call.reporter.working("playing the action"):
        reply = await call.service.step(asked.session, asked.action, caller=call.caller)
    over = reply.terminated or reply.truncated
    return models.Acted(
        observation=reply.observation,
        over=over,
        verdict=VerdictLine(id=asked.session, **reply.info["verdict"]) if over else None,
    )


async def _close_session(call: Call, asked: models.SessionId) -> Closed:
    await call.service.close_session(asked.session, caller=call.caller)
    return Closed()


async def _open_sandbox(call: Call, asked: models.OpenSandbox) -> models.OpenedSandbox:
    request = SandboxRequest(language=asked.language, limits=asked.limits)
    async with call.reporter.working("opening the sandbox"):
        opened = await call.service.open_sandbox(request, caller=call.caller)
    return models.OpenedSandbox(sandbox=opened.sandbox, language=opened.language)


async def _run_cell(call: Call, asked: models.RunCell) -> CellReply:
    request = CellRequest(source=asked.source, wall_s=asked.wall_s)
    async with call.reporter.working("running the cell"):
        return await call.service.run_cell(asked.sandbox, request, caller=call.caller)


async def _close_sandbox(call: Call, asked: models.SandboxId) -> Closed:
    await call.service.close_sandbox(asked.sandbox, caller=call.caller)
    return Closed()


TOOLS: dict[str, Tool] = {
    "list_verifiers": Tool(
        "List verifiers",
        "The verifiers that verify knows: name, what it judges, its options.",
        models.Search,
        models.VerifierList,
        _list_verifiers,
    ),
    "list_envs": Tool(
        "List environments",
        "The environments that generate_task and open_session know, with their levels.",
        models.Search,
        models.EnvList,
        _list_envs,
    ),
    "generate_task": Tool(
        "Make a task",
        "Make a task of an environment. Its answer stays on the server: judge a response with "
        "verify and the task's id, or play it with open_session.",
        models.NewTask,
        models.ShownTask,
        _generate_task,
    ),
    "verify": Tool(
        "Judge a response",
        "Judge a response: correct, incorrect or undecided, with a reason. Give either verifier "
        "and answer (the gold, in that verifier's shape), or task, the id of a task made here.",
        VerifyLine,
        VerdictLine,
        _verify,
    ),
    "verify_batch": Tool(
        "Judge many responses",
        "Judge many responses at once; each item is what verify takes. One line comes back for "
        "each, in order: a verdict, or an error where the item is no request.",
        VerifyBatch,
        VerdictBatch,
        _verify_batch,
    ),
    "run_code": Tool(
        "Run a program",
        "Run one program in a sandbox without network and return what it wrote. A program that "
        "fails is a result too: read status, exit_code and stderr.",
        JobRequest,
        ResultModel,
        _run_code,
    ),
    "open_session": Tool(
        "Open a session",
        "Begin an episode of an environment, or of a task made here. Read the observation, then "
        "act until it is over.",
        models.OpenSession,
        models.OpenedSession,
        _open_session,
        reads=False,
    ),
    "act": Tool(
        "Act in a session",
        "Play one action in a session; the verdict comes when the episode is over.",
        models.Act,
        models.Acted,
        _act,
        reads=False,
    ),
    "close_session": Tool(
        "Close a session",
        "End a session before it is over.",
        models.SessionId,
        Closed,
        _close_session,
        reads=False,
    ),
    "open_sandbox": Tool(
        "Open a sandbox",
        "Open a Python interpreter or a shell that keeps its state between cells, without network.",
        models.OpenSandbox,
        models.OpenedSandbox,
        _open_sandbox,
        reads=False,
    ),
    "run_cell": Tool(
        "Run a cell",
        "Run a cell in an open sandbox. A Python cell also shows its last expression's value.",
        models.RunCell,
        CellReply,
        _run_cell,
        reads=False,
    ),
    "close_sandbox": Tool(
        "Close a sandbox",
        "End an open sandbox; what is in it is gone.",
        models.SandboxId,
        Closed,
        _close_sandbox,
        reads=False,
    ),
}
