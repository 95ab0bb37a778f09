"""Verdict: what a verifier says of a response, and why, from a closed list of reasons.

*Whatever the response causes is the response's fault*: unparsable, too long, too slow, too much
memory are all ``incorrect``. ``undecided`` is only for what it did not cause (unreadable gold, a
lost sandbox, a crashed worker), so no policy gains by making a verifier give up.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal, get_args

from assay_datasets import Json

Outcome = Literal["correct", "incorrect", "undecided"]

IncorrectReason = Literal[
    "partial",
    "mismatch",
    "no_answer",
    "malformed",
    "too_long",
    "too_costly",
    "wrong_unit",
    "wrong_type",
    "wrong_format",
    "rule_broken",
    "compile_error",
    "runtime_error",
    "time_limit",
    "memory_limit",
    "output_limit",
    "tampering",
]
UndecidedReason = Literal[
    "bad_gold", "not_serialisable", "sandbox_failed", "worker_failed", "judge_failed", "deadline"
]
Reason = Literal["match"] | IncorrectReason | UndecidedReason

_INCORRECT = frozenset(get_args(IncorrectReason))
_UNDECIDED = frozenset(get_args(UndecidedReason))


@dataclass(frozen=True, init=False)
class Verdict:
    """The judgement of one response.

    Attributes:
        outcome: ``correct``, ``incorrect`` or ``undecided``.
        score: in [0, 1]; 1.0 for correct unless the task sets a threshold or penalties, 0.0 for
            undecided, a fraction for ``partial``.
        reason: one of the closed reasons; decides the outcome.
        detail: JSON for people and metrics (trust class, first difference, …).
        seconds: wall-clock time the judging took.
    """

    outcome: Outcome
    score: float
    reason: Reason
    detail: Mapping[str, Json]
    seconds: float

    def __init__(
        self,
        outcome: Outcome,
        score: float,
        reason: Reason,
        detail: Mapping[str, Json] | None = None,
        seconds: float = 0.0,
    ) -> None:
        """``ValueError`` where outcome, score and reason contradict each other."""
        expected: Outcome = (
            "undecided"
            if reason in _UNDECIDED
            else "incorrect"
            if reason in _INCORRECT
            else "correct"
        )
        if outcome != expected or not 0.0 <= score <= 1.0:
            raise ValueError(f"inconsistent verdict: {outcome}, {score}, {reason}")
        self.__dict__.update(  # a frozen field set one by one costs as much as judging does
            outcome=outcome,
            score=score,
            reason=reason,
            detail={} if detail is None else detail,
            seconds=seconds,
        )

    @classmethod
    def correct(cls, **detail: Json) -> Verdict:
        return cls("correct", 1.0, "match", detail)

    @classmethod
    def incorrect(cls, reason: IncorrectReason, score: float = 0.0, **detail: Json) -> Verdict:
        return cls("incorrect", score, reason, detail)

    @classmethod
    def undecided(cls, reason: UndecidedReason, **detail: Json) -> Verdict:
        return cls("undecided", 0.0, reason, detail)

    def to_json(self) -> dict[str, Json]:
        return {
            "outcome": self.outcome,
            "score": self.score,
            "reason": self.reason,
            "detail": dict(self.detail),
            "seconds": self.seconds,
        }
