"""Verifier: the one contract every judge of responses keeps.

``check`` is the synchronous pure core for what is cheap and safe in process. ``verify`` is what
callers use: it adds whatever the verifier needs to be safe (a hard deadline, a killable worker, the
sandbox) and never raises for anything the response did.
"""

from __future__ import annotations

import time
from abc import ABC, abstractmethod
from collections.abc import Iterable
from dataclasses import replace
from typing import ClassVar

from assay_datasets import InputError, Json
from assay_verifiers.verdict import Verdict


class Verifier(ABC):
    """Judges a response against an answer.

    Attributes:
        name: how tasks and the command line name it (``math``, ``code``, ``logic/countdown``).
        needs_sandbox: true where judging runs the response as a program.
        summary: one line for ``assay list``.
        options: names of the options it knows; any other is refused, never ignored.
    """

    name: ClassVar[str]
    summary: ClassVar[str] = ""
    needs_sandbox: ClassVar[bool] = False
    options: ClassVar[tuple[str, ...]] = ()

    @abstractmethod
    def check(self, response: str, answer: Json, **options: Json) -> Verdict:
        """Judge in this process, synchronously and purely.

        Verifiers whose judging is not safe in process (``needs_sandbox``) raise ``TypeError`` here
        and are used through :meth:`verify` only.
        """

    async def verify(
        self, response: str, answer: Json, *, deadline_s: float = 10.0, **options: Json
    ) -> Verdict:
        """Judge safely; the verdict carries the seconds it took.

        Args:
            response: the model's whole text.
            answer: the task's answer, in the shape this verifier documents.
            deadline_s: wall-clock bound in seconds, queueing included.
            options: the task's options.
        """
        started = time.perf_counter()
        verdict = self.check(response, answer, **options)
        return replace(verdict, seconds=time.perf_counter() - started)

    def refuse_unknown(self, names: Iterable[str]) -> None:
        """Raise :class:`InputError`, naming the known options, for one that this one lacks."""
        if unknown := [name for name in names if name not in self.options]:
            known = f"known: {', '.join(self.options)}" if self.options else "it has none"
            raise InputError(f"verifier {self.name!r} has no option {unknown[0]!r}; {known}")

    async def close(self) -> None:  # noqa: B027 - most verifiers hold nothing
        """Give back what judging holds (workers, sandbox slots). Idempotent."""


def visible_text(response: str) -> str:
    """What stands after the last ``</think>``; the thinking is never searched for the answer.

    Thinking that was opened and never closed (a response cut off) hides all that follows it.
    """
    return response.rpartition("</think>")[2].partition("<think>")[0]
