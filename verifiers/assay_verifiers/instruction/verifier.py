"""InstructionVerifier: does the response keep every verifiable instruction of the prompt?

The answer names the instructions as IFEval, IFBench and its training set do, with their arguments::

    {"instruction_id_list": ["punctuation:no_comma", …], "kwargs": [{}, …]}

Options: ``mode`` is ``strict`` (default) or ``loose`` (see :mod:`.judge`); ``edition`` is ``2026``
(default) or ``2025`` (see :mod:`.table`; it matters for IFBench's ids only); ``partial`` scores the
fraction of instructions that are followed. Without it all must be.

Verdicts are those of the references, with their faults (each file of constraints lists them). Where
a reference crashes on a response, the instruction is not followed; where it would draw an argument
at random, the answer is ``bad_gold``. Texts beyond 100,000 characters are ``too_long``. All rules
take linear time; those that need language data run in a worker process.
"""

from __future__ import annotations

import re
import time
from collections.abc import Mapping
from concurrent.futures import Future
from dataclasses import dataclass, replace
from typing import Any

from assay_datasets import InputError, Json
from assay_verifiers.asking import limit_within, verdict_by
from assay_verifiers.instruction.constraint import Constraint
from assay_verifiers.instruction.judge import MODES, follow
from assay_verifiers.instruction.linguistics import require
from assay_verifiers.instruction.table import EDITIONS, constraints
from assay_verifiers.verdict import Verdict
from assay_verifiers.verifier import Verifier, visible_text
from assay_verifiers.workers import (
    Ask,
    WorkerError,
    WorkerPool,
    shared_pool,
)

_WORKER = "assay_verifiers.instruction.worker"
LONGEST = 100_000
_SHORT = 10_000  # characters that light rules judge in process, without stalling an event loop
_MOST_INSTRUCTIONS = 64
_PROBE = "One short line."
_HALF_SURROGATE = re.compile("[\ud800-\udfff]")


class InstructionVerifier(Verifier):
    """Judges a response by the verifiable instructions of its prompt.

    Args:
        judge_s: seconds a worker may take for one response.
        pool: workers to use; by default those shared by the process.
    """

    name = "instruction"
    summary = "every verifiable instruction kept (IFEval and IFBench ids), strict or loose"
    options = ("mode", "edition", "partial")

    def __init__(self, judge_s: float = 5.0, pool: WorkerPool | None = None) -> None:
        self._judge_s = judge_s
        self._pool = pool

    def check(self, response: str, answer: Json, **options: Json) -> Verdict:
        """Judge in this process; language data is imported at the first rule that needs it."""
        question = self._read(response, answer, options)
        if isinstance(question, Verdict):
            return question
        return question.verdict(follow(question.text, question.rules, question.mode))

    async def verify(
        self, response: str, answer: Json, *, deadline_s: float = 10.0, **options: Json
    ) -> Verdict:
        """Judge, in a worker where a rule needs language data or the response is long."""
        started = time.perf_counter()
        question = self._read(response, answer, options)
        if isinstance(question, Verdict):
            verdict = question
        elif question.is_light:
            verdict = question.verdict(follow(question.text, question.rules, question.mode))
        else:
            verdict = await verdict_by(self._ask(question, deadline_s), deadline_s)
        return replace(verdict, seconds=time.perf_counter() - started)

    def _read(
        self, response: str, answer: Json, options: Mapping[str, Json]
    ) -> Verdict | _Question:
        self.refuse_unknown(options)
        mode = _one_of(MODES, "mode", options)
        table = constraints(_one_of(EDITIONS, "edition", options))
        try:
            instructions = _instructions(answer, table)
        except ValueError as error:
            return Verdict.undecided("bad_gold", error=str(error), known=sorted(table))
        text = readable(response)
        require(module for item in instructions for module in item.constraint.needs_for(text))
        if not text.strip():
            return Verdict.incorrect("no_answer")
        if len(text) > LONGEST:
            return Verdict.incorrect("too_long", length=len(text))
        edition, partial = str(options.get("edition", EDITIONS[0])), _flag("partial", options)
        return _Question(text, instructions, mode, edition, partial)

    def _ask(self, question: _Question, deadline_s: float) -> Future[Verdict]:
        pool = self._pool or shared_pool(_WORKER)
        limit = limit_within(deadline_s, self._judge_s)
        return pool.submit(lambda ask: _judge(ask, question, limit), deadline_s=deadline_s)


@dataclass(frozen=True)
class _Instruction:
    """One instruction of the answer: its id, its rule, and its kwargs as given and as read."""

    name: str
    constraint: Constraint
    given: Mapping[str, Json]
    kwargs: Mapping[str, Any]


@dataclass(frozen=True)
class _Question:
    """A text and the rules that it is to keep."""

    text: str
    instructions: list[_Instruction]
    mode: str
    edition: str
    partial: bool

    @property
    def rules(self) -> list[tuple[Constraint, Mapping[str, Any]]]:
        return [(item.constraint, item.kwargs) for item in self.instructions]

    @property
    def is_light(self) -> bool:
        heavy = any(item.constraint.needs_for(self.text) for item in self.instructions)
        return not heavy and len(self.text) * len(self.instructions) <= _SHORT

    def to_json(self) -> Json:
        instructions = [[item.name, dict(item.given)] for item in self.instructions]
        return {
            "text": self.text,
            "mode": self.mode,
            "edition": self.edition,
            "instructions": instructions,
        }

    def verdict(self, followed: list[bool]) -> Verdict:
        listed = [
            {"id": item.name, "followed": kept}
            for item, kept in zip(self.instructions, followed, strict=True)
        ]
        detail: dict[str, Json] = {"mode": self.mode, "instructions": listed}
        if all(followed):
            return Verdict.correct(**detail)
        if self.partial and any(followed):
            return Verdict.incorrect("partial", sum(followed) / len(followed), **detail)
        return Verdict.incorrect("rule_broken", **detail)


def readable(response: str) -> str:
    """What follows the thinking, without the blanks around it; half surrogates are replaced."""
    text = visible_text(response)
    return _HALF_SURROGATE.sub("\ufffd", text if text == response else text.strip())


def _one_of(values: tuple[str, ...], name: str, options: Mapping[str, Json]) -> str:
    value = options.get(name, values[0])
    if value not in values:
        raise InputError(f"{name} must be one of {', '.join(values)}, not {value!r}")
    return str(value)


def _flag(name: str, options: Mapping[str, Json]) -> bool:
    value = options.get(name, False)
    if not isinstance(value, bool):
        raise InputError(f"{name} must be true or false, not {value!r}")
    return value


def _instructions(answer: Json, table: Mapping[str, Constraint]) -> list[_Instruction]:
    """The answer's instructions; ``ValueError`` says what is wrong with it."""
    names = answer.get("instruction_id_list") if isinstance(answer, dict) else None
    if not isinstance(names, list) or not 0 < len(names) <= _MOST_INSTRUCTIONS:
        raise ValueError(f"instruction_id_list must be a list of 1 to {_MOST_INSTRUCTIONS} ids")
    listed = answer.get("kwargs")
    if not isinstance(listed, list) or len(listed) != len(names):
        raise ValueError(f"kwargs must be a list of {len(names)} objects, one for each id")
    return [_instruction(*pair, table) for pair in zip(names, listed, strict=True)]


def _instruction(name: Json, given: Json, table: Mapping[str, Constraint]) -> _Instruction:
    if not isinstance(name, str) or name not in table:
        raise ValueError(f"unknown instruction id {name!r:.80}")
    given = {} if given is None else given
    if not isinstance(given, dict):
        raise ValueError(f"kwargs of {name} must be an object")
    try:
        return _Instruction(name, table[name], given, table[name].read(given))
    except ValueError as error:
        raise ValueError(f"kwargs of {name}: {error}") from error


def _judge(ask: Ask, question: _Question, limit: float) -> Verdict:
    """Ask a worker; late or deadly is the response's fault unless a short text is so too."""
    try:
        return question.verdict(ask(question.to_json(), limit))
    except WorkerError:
        return _blame(ask, question, limit)


def _blame(ask: Ask, question: _Question, limit: float) -> Verdict:
    try:
        ask(replace(question, text=_PROBE).to_json(), limit)
    except WorkerError as error:
        return Verdict.undecided("worker_failed", error=str(error))
    return Verdict.incorrect("time_limit", length=len(question.text))
