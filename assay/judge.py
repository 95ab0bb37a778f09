"""Judge: many verdicts in one process, from calls or from lines of JSON.

Verifiers are made when first named and kept, so what they hold (workers, sandbox slots) is paid for
once. A line is judged into exactly one line, in order, whatever it holds; several are judged at a
time. This is the whole of ``assay verify --jsonl``; it does no input or output itself.
"""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator, Mapping
from types import TracebackType
from typing import Any, Self

from assay_datasets import InputError, Json
from assay_verifiers import Verdict, Verifier, make_verifier


class Judge:
    """Verifiers by name, shared by every call; use it as ``async with Judge() as judge``.

    Args:
        settings: keyword arguments for the constructor of one verifier, by the verifier's name.
    """

    def __init__(self, settings: Mapping[str, Mapping[str, Any]] | None = None) -> None:
        self._settings = dict(settings or {})
        self._verifiers: dict[str, Verifier] = {}

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        await self.close()

    async def close(self) -> None:
        """Close every verifier that was used. Idempotent."""
        verifiers = list(self._verifiers.values())
        self._verifiers.clear()
        for verifier in verifiers:
            await verifier.close()

    async def verify(
        self,
        verifier: str,
        response: str,
        answer: Json,
        options: Mapping[str, Json] | None = None,
        *,
        deadline_s: float | None = None,
    ) -> Verdict:
        """Judge one response; unknown verifiers and options raise :class:`InputError`.

        Args:
            deadline_s: seconds it may take; None: what the verifier itself allows.
        """
        if verifier not in self._verifiers:
            made = make_verifier(verifier, **self._settings.get(verifier, {}))
            self._verifiers[verifier] = made
        judge, chosen = self._verifiers[verifier], dict(options or {})
        judge.refuse_unknown(chosen)  # none may pass for a parameter of verify itself
        if deadline_s is not None:
            return await judge.verify(response, answer, deadline_s=deadline_s, **chosen)
        return await judge.verify(response, answer, **chosen)

    async def line(self, text: str | bytes, number: int) -> dict[str, Json]:
        """The verdict line of one request line; never raises for anything the line holds.

        Args:
            text: ``{"id"?, "verifier", "response", "answer", "options"?}`` as JSON.
            number: the id of a line that has none of its own.
        """
        name: Json = number
        try:
            record = _parse(text)
            name = record.get("id", number)
            request = read_request(record)
            verdict = await self.verify(*request)
            return _checked({"id": name, **verdict.to_json()})
        except InputError as error:
            return {"id": name, "error": str(error)}
        except Exception as error:  # a verifier's bug must not stop the other lines
            return {"id": name, "error": f"the verifier failed: {type(error).__name__}: {error}"}

    async def lines(
        self, source: AsyncIterator[str | bytes], concurrency: int = 32
    ) -> AsyncIterator[dict[str, Json]]:
        """One verdict line per line of ``source``, in order, ``concurrency`` judged at a time."""
        waiting: asyncio.Queue[asyncio.Task[dict[str, Json]] | None] = asyncio.Queue(concurrency)

        async def read() -> None:
            number = 0
            try:
                async for text in source:
                    number += 1
                    await waiting.put(asyncio.create_task(self.line(text, number)))
            finally:
                await waiting.put(None)

        reader = asyncio.create_task(read())
        try:
            while (task := await waiting.get()) is not None:
                yield await task
            await reader
        finally:
            reader.cancel()


def _parse(text: str | bytes) -> dict[str, Json]:
    try:
        record = json.loads(text.strip(), parse_constant=_refuse_constant)
    except (ValueError, RecursionError) as error:
        raise InputError(f"not JSON: {error or type(error).__name__}") from None
    if not isinstance(record, dict):
        raise InputError(f"not a request: a JSON object is wanted, not {_kind(record)}")
    return record


def _refuse_constant(name: str) -> None:
    raise ValueError(f"{name} is not a JSON number")


def read_request(record: Mapping[str, Json]) -> tuple[str, str, Json, Mapping[str, Json]]:
    """Verifier, response, answer and options of a line; what is missing is an InputError."""
    missing = [name for name in ("verifier", "response", "answer") if name not in record]
    if missing:
        raise InputError(f"not a request: missing {', '.join(missing)}")
    options = record.get("options") or {}
    for name, value, kind in (
        ("verifier", record["verifier"], str),
        ("response", record["response"], str),
        ("options", options, dict),
    ):
        if not isinstance(value, kind):
            wanted = "a text" if kind is str else "an object"
            raise InputError(f"not a request: {name} must be {wanted}, not {_kind(value)}")
    return record["verifier"], record["response"], record["answer"], options


def _checked(line: dict[str, Json]) -> dict[str, Json]:
    try:
        json.dumps(line, allow_nan=False)
    except (TypeError, ValueError) as error:
        raise InputError(f"the verdict is not JSON: {error}") from None
    return line


def _kind(value: Json) -> str:
    names = {str: "a text", list: "a list", dict: "an object", bool: "a boolean"}
    return "null" if value is None else names.get(type(value), "a number")
