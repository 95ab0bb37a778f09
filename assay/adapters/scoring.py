"""Scoring: verdicts in this process or from a server, for whoever calls from wherever.

The verifiers, or the connections, belong to this process and are made when first used, one set for
each server; a function that a trainer pickles or forks away makes its own there.
"""

from __future__ import annotations

import asyncio
import functools
import os
from collections.abc import Sequence
from typing import TYPE_CHECKING

from assay.background import Background
from assay.client import Client, Line
from assay_datasets import InputError, Json, Task
from assay_verifiers import Verdict

if TYPE_CHECKING:
    from assay.judge import Judge

_AT_ONCE = 32


class Undecided(RuntimeError):
    """A response was not judged, by no fault of its own; the message says why."""


def verdicts(lines: Sequence[Line], url: str | None, key: str | None) -> list[Verdict]:
    """One verdict for each verify line, in order.

    Args:
        lines: ``{"verifier", "response", "answer", "options"?}``.
        url, key: of the server that judges; without, this process does.

    Raises:
        InputError, ServiceError: a line is no request; the server did not answer.
    """
    return _background().wait(averdicts(lines, url, key))


async def averdicts(lines: Sequence[Line], url: str | None, key: str | None) -> list[Verdict]:
    """One verdict for each verify line; see :func:`verdicts`."""
    found = await _once(lines, url, key)
    again = [at for at, verdict in enumerate(found) if verdict.outcome == "undecided"]
    if again:
        second = await _once([lines[at] for at in again], url, key)
        for at, verdict in zip(again, second, strict=True):
            found[at] = verdict
    return found


def line_of(task: Task | Json, response: str) -> Line:
    """The verify line of a response to ``task``: a :class:`Task`, its JSON, or that as text."""
    import json

    try:
        read = json.loads(task) if isinstance(task, str) else task
    except ValueError as error:
        raise InputError(f"a task is JSON, as `assay generate` writes it: {error}") from error
    whole = read if isinstance(read, Task) else Task.from_json(read)
    return {
        "verifier": whole.verifier,
        "response": response,
        "answer": whole.answer,
        "options": dict(whole.options),
    }


async def _once(lines: Sequence[Line], url: str | None, key: str | None) -> list[Verdict]:
    if url is not None:
        return await client_of(url, key).averify_many(lines)
    return await _background().do(_here(lines))


async def _here(lines: Sequence[Line]) -> list[Verdict]:
    judge, free = _judge(), asyncio.Semaphore(_AT_ONCE)

    async def one(line: Line) -> Verdict:
        async with free:
            return await judge.verify(
                line["verifier"], line["response"], line["answer"], line.get("options")
            )

    return list(await asyncio.gather(*map(one, lines)))


def _background() -> Background:
    return _loops(os.getpid())


def _judge() -> Judge:
    return _judges(os.getpid())


@functools.cache
def _loops(pid: int) -> Background:
    return Background()


@functools.cache
def _judges(pid: int) -> Judge:
    """This process's own; what it holds is given back when the process ends."""
    from assay.judge import Judge

    return Judge()


@functools.cache
def client_of(url: str, key: str | None) -> Client:
    """This process's client of a server."""
    return Client(url, key=key)
