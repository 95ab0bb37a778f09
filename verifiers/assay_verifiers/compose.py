"""ComposedVerifier: several judgements of one response as one.

The answer says what is judged and how it adds up::

    {"mode": "all" | "any" | "weighted",                       "all" unless said
     "parts": [{"verifier", "answer", "options"?, "weight"?}, …],
     "gates": [{"kind": "format", "pattern"},                  RE2, found in the whole response
               {"kind": "length", "unit"?, "min"?, "max"?},    "words" (unless said), "characters"
               {"kind": "language", "language"},               ISO 639-1, of what follows </think>
               … each with "penalty"?]}                        in (0, 1], 1 unless said

Gates are cheap and come first. One that fails takes its penalty off the score (× (1 - penalty)); a
penalty of 1 decides: incorrect, and no part is asked. Parts are judged at once, and joined as in
three-valued logic, so that making one of them give up never helps:

========  =====================  =============================  =====================
mode      correct                undecided                      score
========  =====================  =============================  =====================
all       all parts are          none is wrong, one undecided   the least of the parts
any       one part is            none is right, one undecided   the greatest
weighted  the score reaches      one undecided                  Σ weight · score / Σ weight
          ``threshold`` (1)
========  =====================  =============================  =====================

A part may be composed itself, eight levels deep, 64 parts in all.
"""

from __future__ import annotations

import asyncio
import math
import time
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationError, model_validator

from assay_datasets import InputError, Json
from assay_verifiers import pattern
from assay_verifiers.instruction.linguistics import LANGDETECT, language, require
from assay_verifiers.registry import make_verifier
from assay_verifiers.verdict import IncorrectReason, Verdict
from assay_verifiers.verifier import Verifier, visible_text

_DEEPEST = 8
_MOST_PARTS = 64
_LONGEST = 1_000_000
_READ = 10_000  # characters that tell a language

Positive = Annotated[float, Field(gt=0, le=1e12, allow_inf_nan=False)]
Share = Annotated[float, Field(gt=0, le=1)]


class _Record(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True, strict=True)


class Part(_Record):
    """One judgement: by which verifier, against what, and its weight in a weighted sum."""

    verifier: str
    answer: Any
    options: dict[str, Any] = {}
    weight: Positive = 1.0


class FormatGate(_Record):
    """A pattern must be found in the whole response."""

    kind: Literal["format"]
    pattern: str = Field(min_length=1)
    penalty: Share = 1.0

    def failure(self, response: str) -> IncorrectReason | None:
        """Why ``response`` does not pass, or None."""
        return None if pattern.found(self.pattern, response) else "wrong_format"


class LengthGate(_Record):
    """What follows ``</think>`` must be of a length from ``min`` to ``max``."""

    kind: Literal["length"]
    unit: Literal["words", "characters"] = "words"
    min: int = Field(0, ge=0)
    max: int | None = Field(None, ge=0)
    penalty: Share = 1.0

    @model_validator(mode="after")
    def _leaves_room(self) -> LengthGate:
        if self.max is not None and self.max < self.min:
            raise ValueError(f"max {self.max} is below min {self.min}")
        return self

    def failure(self, response: str) -> IncorrectReason | None:
        """Why ``response`` does not pass, or None."""
        text = visible_text(response).strip()
        length = len(text.split()) if self.unit == "words" else len(text)
        if self.max is not None and length > self.max:
            return "too_long"
        return "wrong_format" if length < self.min else None


class LanguageGate(_Record):
    """What follows ``</think>`` must be in a language."""

    kind: Literal["language"]
    language: str = Field(pattern="^[a-z]{2}(-[a-z]{2})?$")
    penalty: Share = 1.0

    def failure(self, response: str) -> IncorrectReason | None:
        """Why ``response`` does not pass, or None."""
        require(LANGDETECT)
        found = language(visible_text(response)[:_READ]) or ""
        same = found == self.language or found.partition("-")[0] == self.language  # zh-cn is zh
        return None if same else "wrong_format"


Gate = Annotated[FormatGate | LengthGate | LanguageGate, Field(discriminator="kind")]


class Composition(_Record):
    """The answer: see the module."""

    mode: Literal["all", "any", "weighted"] = "all"
    parts: list[Part] = Field(min_length=1)
    gates: list[Gate] = []


class ComposedVerifier(Verifier):
    """Judges by several verifiers at once.

    Args:
        verifiers: the verifiers to ask, by name; those missing are made and closed here.
    """

    name = "compose"
    summary = "all of, any of or a weighted sum of other verifiers, behind gates"
    options = ("threshold",)

    def __init__(self, verifiers: Mapping[str, Verifier] | None = None) -> None:
        self._given = dict(verifiers or {})
        self._made: dict[str, Verifier] = {}

    def check(self, response: str, answer: Json, **options: Json) -> Verdict:
        raise TypeError("composed verdicts may need workers or a sandbox; use verify")

    async def verify(
        self, response: str, answer: Json, *, deadline_s: float = 10.0, **options: Json
    ) -> Verdict:
        self.refuse_unknown(options)
        threshold = _threshold(options.get("threshold", 1.0))
        started = time.perf_counter()
        verdict = await self._judge(response, answer, deadline_s, threshold)
        return replace(verdict, seconds=time.perf_counter() - started)

    async def close(self) -> None:
        made, self._made = list(self._made.values()), {}
        for verifier in made:
            await verifier.close()

    async def _judge(
        self, response: str, answer: Json, deadline_s: float, threshold: float
    ) -> Verdict:
        try:
            composition = _read(answer)
            for part in composition.parts:
                self._verifier(part.verifier).refuse_unknown(part.options)
        except InputError as error:
            return Verdict.undecided("bad_gold", error=str(error))
        if len(response) > _LONGEST:
            return Verdict.incorrect("too_long", length=len(response))
        failed = [(gate, why) for gate in composition.gates if (why := gate.failure(response))]
        for gate, why in failed:
            if gate.penalty == 1.0:
                return Verdict.incorrect(why, gate=gate.kind)
        verdicts = await asyncio.gather(
            *(self._ask(response, part, deadline_s) for part in composition.parts)
        )
        joined = _join(composition, verdicts, threshold)
        return _penalised(joined, [gate for gate, _ in failed])

    async def _ask(self, response: str, part: Part, deadline_s: float) -> Verdict:
        verifier = self._verifier(part.verifier)
        try:
            return await verifier.verify(
                response, part.answer, deadline_s=deadline_s, **part.options
            )
        except InputError as error:
            return Verdict.undecided("bad_gold", error=str(error))

    def _verifier(self, name: str) -> Verifier:
        if name == self.name:
            return self
        if name in self._given:
            return self._given[name]
        if name not in self._made:
            self._made[name] = make_verifier(name)
        return self._made[name]


# ── joining ──────────────────────────────────────────────────────────────────────────────────────


def _join(composition: Composition, verdicts: Sequence[Verdict], threshold: float) -> Verdict:
    detail: dict[str, Json] = {
        "parts": [
            {"verifier": part.verifier, "outcome": verdict.outcome, "score": verdict.score,
             "reason": verdict.reason, "detail": dict(verdict.detail)}
            for part, verdict in zip(composition.parts, verdicts, strict=True)
        ]
    }  # fmt: skip
    if composition.mode == "weighted":
        return _weighted(composition, verdicts, threshold, detail)
    wins, loses = (
        ("correct", "incorrect") if composition.mode == "any" else ("incorrect", "correct")
    )
    best = max if composition.mode == "any" else min
    deciding = [verdict for verdict in verdicts if verdict.outcome == wins]
    deciding = deciding or [verdict for verdict in verdicts if verdict.outcome == "undecided"]
    deciding = deciding or [verdict for verdict in verdicts if verdict.outcome == loses]
    score = 0.0
    if deciding[0].outcome != "undecided":
        score = best(verdict.score for verdict in verdicts)
    return replace(deciding[0], score=score, detail=detail)


def _weighted(
    composition: Composition,
    verdicts: Sequence[Verdict],
    threshold: float,
    detail: dict[str, Json],
) -> Verdict:
    for verdict in verdicts:
        if verdict.outcome == "undecided":
            return replace(verdict, detail=detail)
    total = math.fsum(part.weight for part in composition.parts)
    earned = math.fsum(
        part.weight * verdict.score
        for part, verdict in zip(composition.parts, verdicts, strict=True)
    )
    score = min(earned / total, 1.0)
    if score >= threshold:
        return replace(Verdict.correct(**detail), score=score)
    return Verdict.incorrect("partial" if score else "mismatch", score, **detail)


def _threshold(value: Json) -> float:
    if isinstance(value, bool) or not isinstance(value, int | float) or not 0 < value <= 1:
        raise InputError(f"threshold must be above 0 and at most 1, not {value!r}")
    return float(value)


def _penalised(verdict: Verdict, failed: Sequence[Gate]) -> Verdict:
    if not failed:
        return verdict
    score = verdict.score * math.prod(1.0 - gate.penalty for gate in failed)
    kinds: list[Json] = [gate.kind for gate in failed]
    return replace(verdict, score=score, detail={**verdict.detail, "penalised": kinds})


# ── reading the answer ───────────────────────────────────────────────────────────────────────────


def _read(answer: Json) -> Composition:
    """The answer as a composition; :class:`InputError` says what is wrong with it."""
    _bound(answer)
    try:
        composition = Composition.model_validate(answer)
    except ValidationError as error:
        first = error.errors()[0]
        where = ".".join(map(str, first["loc"])) or "the answer"
        raise InputError(f"{where}: {first['msg']}") from error
    for gate in composition.gates:
        if isinstance(gate, FormatGate):
            pattern.compiled(gate.pattern)
    return composition


def _bound(answer: Json) -> None:
    """Refuse what nests too deep or has too many parts, before anything is asked."""
    level, parts = [answer], 0
    for _ in range(_DEEPEST):
        found = [part for each in level if isinstance(each, dict) for part in _parts(each)]
        parts += len(found)
        if parts > _MOST_PARTS:
            raise InputError(f"more than {_MOST_PARTS} parts")
        level = [
            part.get("answer")
            for part in found
            if isinstance(part, dict) and part.get("verifier") == ComposedVerifier.name
        ]
        if not level:
            return
    raise InputError(f"composed deeper than {_DEEPEST} levels")


def _parts(answer: Mapping[str, Json]) -> list[Json]:
    parts = answer.get("parts")
    return parts if isinstance(parts, list) else []
