"""What came of each test, and the verdict that follows: the same in whatever order tests ran.

A test's status is ``match``, a reason of ``verdict.py``, or ``not_run``. A test that failed by the
candidate's fault decides, whatever else could not be decided; among several, the reason that says
most about the program is the verdict's (:data:`_WEIGHT`), not the one that happened to be first.
With ``stop_early`` it is the first one's: no other was judged.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Literal, cast, get_args

from assay_datasets import Json
from assay_sandbox import Result
from assay_verifiers.verdict import IncorrectReason, UndecidedReason, Verdict

Status = Literal["match", "not_run"] | IncorrectReason | UndecidedReason
SHOWN = 200
LATE = "not finished by the deadline"
_UNDECIDED: tuple[UndecidedReason, ...] = get_args(UndecidedReason)
_WEIGHT: tuple[IncorrectReason, ...] = (
    "compile_error",
    "tampering",
    "malformed",
    "memory_limit",
    "output_limit",
    "time_limit",
    "runtime_error",
    "wrong_type",
    "mismatch",
)
REASONS: Mapping[str, IncorrectReason | UndecidedReason] = {
    "timeout": "time_limit",
    "memory": "memory_limit",
    "output_limit": "output_limit",
    "compile_error": "compile_error",
    "nonzero_exit": "runtime_error",
    "signal": "runtime_error",
    "sandbox_failed": "sandbox_failed",
}


@dataclass(frozen=True)
class Finding:
    """What came of one test.

    Attributes:
        status: see the module.
        seconds: it took, by the wall clock; None where nobody can say.
        difference: the first difference, or what went wrong, for a person.
        name: the test's own, where tests have names.
    """

    status: Status
    seconds: float | None = None
    difference: str | None = None
    name: str | None = None

    def to_json(self) -> Json:
        return {name: value for name, value in vars(self).items() if value is not None}


def failure(result: Result) -> Finding:
    """What a run that did not end well says."""
    if result.status == "sandbox_failed" and result.error == LATE:
        return Finding("deadline", difference=LATE)
    reason = REASONS.get(result.status, "runtime_error")
    return Finding(reason, result.wall_s, _said(result))


def _said(result: Result) -> str | None:
    text = result.error or result.stderr.decode("utf-8", "replace").strip()
    if not text and result.status == "nonzero_exit":
        return f"exit code {result.exit_code}"
    if not text and result.status == "signal":
        return f"signal {result.signal}"
    return text[-SHOWN:] or None


def stopped(findings: Sequence[Finding]) -> list[Finding]:
    """``findings`` as if nothing had run after the first that failed."""
    for number, finding in enumerate(findings):
        if finding.status not in ("match", "not_run"):
            kept, rest = findings[: number + 1], findings[number + 1 :]
            return [*kept, *(Finding("not_run", name=each.name) for each in rest)]
    return list(findings)


def within_total(findings: Sequence[Finding], total_s: float | None) -> list[Finding]:
    """``findings`` where no more than ``total_s`` seconds count, the quick tests before the slow,
    so that their order does not decide."""
    if total_s is None:
        return list(findings)
    spent, kept = 0.0, list(findings)
    for place in sorted(range(len(kept)), key=lambda place: kept[place].seconds or 0.0):
        finding = kept[place]
        spent += finding.seconds or 0.0
        if spent > total_s and finding.status == "match":
            kept[place] = replace(
                finding, status="time_limit", difference=f"all tests: {total_s:g} s"
            )
    return kept


def conclude(findings: Sequence[Finding], partial: bool, detail: dict[str, Json]) -> Verdict:
    """The verdict over all tests."""
    detail = {**detail, "tests": [finding.to_json() for finding in findings]}
    statuses = [finding.status for finding in findings]
    passing = ("match", "not_run", *_UNDECIDED)
    failed = [cast(IncorrectReason, status) for status in statuses if status not in passing]
    unknown = [finding for finding in findings if finding.status in _UNDECIDED]
    if unknown and (partial or not failed):
        reason = next(reason for reason in _UNDECIDED if reason in statuses)
        why = min(each.difference or "" for each in unknown if each.status == reason)
        return Verdict.undecided(reason, error=why, **detail)
    if not failed and "not_run" in statuses:
        return Verdict.undecided("sandbox_failed", error="a test never ran", **detail)
    if not failed:
        return Verdict.correct(**detail)
    passed = statuses.count("match")
    if partial and passed:
        return Verdict.incorrect("partial", passed / len(statuses), **detail)
    return Verdict.incorrect(min(failed, key=_weight), **detail)


def _weight(reason: IncorrectReason) -> tuple[int, str]:
    return (_WEIGHT.index(reason) if reason in _WEIGHT else len(_WEIGHT), reason)
