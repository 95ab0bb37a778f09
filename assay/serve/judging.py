"""In a worker: verify lines into verdict lines, whatever they hold."""

from __future__ import annotations

import asyncio
import json
import logging
from collections.abc import Sequence
from typing import Any

from assay.judge import Judge, read_request
from assay.serve.errors import ServiceError
from assay.serve.lines import is_name, late_line, name_of
from assay.serve.playing import Tasks
from assay.serve.secrecy import shown_verdict
from assay_datasets import InputError, Json
from assay_sandbox import SandboxError
from assay_verifiers import Verdict

_GRACE_S = 1.0
_log = logging.getLogger("assay.serve")


class Judging:
    """Judges lines with verifiers that are made once and kept.

    Args:
        tasks: where a line that names a task finds its answer.
    """

    def __init__(self, tasks: Tasks) -> None:
        self._judge = Judge()
        self._tasks = tasks

    async def verify(self, lines: Sequence[Json], numbers: Sequence[int], left_s: float) -> Json:
        """A verdict line, or ``{"id", "error"}``, for every line, after ``left_s`` at the latest.

        Args:
            lines: what the client sent; numbers: the ids of those that have none of their own.
        """
        judged = [
            asyncio.ensure_future(self._line(line, number, left_s))
            for line, number in zip(lines, numbers, strict=True)
        ]
        try:
            await asyncio.wait(judged, timeout=left_s + _GRACE_S)
        finally:
            for each in judged:
                each.cancel()
        return _strict(
            [
                each.result() if each.done() and not each.cancelled() else late_line(line, number)
                for each, line, number in zip(judged, lines, numbers, strict=True)
            ],
            numbers,
        )

    async def close(self) -> None:
        await self._judge.close()

    async def _line(self, line: Json, number: int, left_s: float) -> dict[str, Json]:
        name = name_of(line, number)
        try:
            return {"id": name, **await self._verdict(line, left_s)}
        except (InputError, ServiceError) as error:
            return {"id": name, "error": str(error)}
        except SandboxError as error:
            verdict = Verdict.undecided("sandbox_failed", error=str(error))
        except Exception as error:
            _log.exception("a verifier failed")
            verdict = Verdict.undecided("worker_failed", error=type(error).__name__)
        return {"id": name, **verdict.to_json()}

    async def _verdict(self, line: Json, left_s: float) -> dict[str, Json]:
        if not isinstance(line, dict):
            raise InputError("not a request: a JSON object is wanted")
        if not is_name(line.get("id")):
            raise InputError("not a request: the id is too long")
        if line.get("task") is None:
            verdict = await self._judge.verify(*read_request(line), deadline_s=left_s)
            return verdict.to_json()
        response = _response(line)
        task = await self._tasks.find(line["task"])
        verdict = await self._judge.verify(
            task.verifier, response, task.answer, task.options, deadline_s=left_s
        )
        return shown_verdict(verdict)


def _response(line: dict[str, Any]) -> str:
    if line.get("answer") is not None or line.get("verifier") is not None:
        raise InputError("give task, or verifier and answer; not both")
    if line.get("options"):
        raise InputError("a task is judged by its own options; leave options out")
    if not isinstance(line["task"], str):
        raise InputError("task must be an id, as /v1/generate gave it")
    if not isinstance(line.get("response"), str):
        raise InputError("not a request: response must be a text")
    return str(line["response"])


def _strict(lines: list[dict[str, Json]], numbers: Sequence[int]) -> list[dict[str, Json]]:
    """``lines``, where those that are not JSON (infinity, NaN) are replaced."""
    if _is_json(lines):
        return lines
    return [
        line if _is_json(line) else {"id": number, "error": "infinity and NaN are not JSON"}
        for line, number in zip(lines, numbers, strict=True)
    ]


def _is_json(value: Json) -> bool:
    try:
        json.dumps(value, allow_nan=False)
    except (TypeError, ValueError, RecursionError):
        return False
    return True
