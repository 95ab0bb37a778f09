"""What an audit found: one finding a check, one report an environment, as data and as text."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Literal

from assay_datasets import Json

State = Literal["held", "failed", "open"]
_MOST_EVIDENCE = 5


@dataclass(frozen=True)
class Finding:
    """What came of one check.

    Attributes:
        check: its name.
        state: ``held``; ``failed``; ``open`` where the environment gives nothing to check by, and
            says so itself (a data set without correct responses).
        evidence: what failed, each a line that names level and seed; the first few.
        facts: figures worth publishing (rates, counts, seconds).
        failures: how many there were, shown or not.
    """

    check: str
    state: State
    evidence: tuple[str, ...] = ()
    facts: Mapping[str, Json] = field(default_factory=dict)
    failures: int = 0

    @classmethod
    def of(cls, check: str, problems: Sequence[str], **facts: Json) -> Finding:
        """``held`` if there are no problems, else ``failed`` with the first of them."""
        state: State = "failed" if problems else "held"
        return cls(check, state, tuple(problems[:_MOST_EVIDENCE]), facts, len(problems))

    @classmethod
    def left_open(cls, check: str, why: str) -> Finding:
        return cls(check, "open", (why,))


@dataclass(frozen=True)
class Report:
    """The audit of one environment.

    Attributes:
        env: its id.
        seeds: tasks of each level that were looked at.
        findings: one for each check.
        seconds: wall-clock time it took.
    """

    env: str
    seeds: int
    findings: tuple[Finding, ...]
    seconds: float = 0.0

    @property
    def passed(self) -> bool:
        return all(finding.state != "failed" for finding in self.findings)

    @property
    def failed(self) -> tuple[Finding, ...]:
        return tuple(finding for finding in self.findings if finding.state == "failed")

    def finding(self, check: str) -> Finding:
        """What came of the check of that name."""
        return next(finding for finding in self.findings if finding.check == check)

    def to_json(self) -> dict[str, Json]:
        return {
            "env": self.env,
            "passed": self.passed,
            "seeds": self.seeds,
            "seconds": round(self.seconds, 3),
            "findings": [
                {
                    "check": finding.check,
                    "state": finding.state,
                    "failures": finding.failures,
                    "evidence": list(finding.evidence),
                    "facts": dict(finding.facts),
                }
                for finding in self.findings
            ],
        }

    @classmethod
    def from_json(cls, record: Mapping[str, Json]) -> Report:
        findings = tuple(
            Finding(
                each["check"],
                each["state"],
                tuple(each["evidence"]),
                each["facts"],
                each["failures"],
            )
            for each in record["findings"]
        )
        return cls(record["env"], record["seeds"], findings, record["seconds"])


def shortened(text: str, most: int = 120) -> str:
    """One printable line of ``text`` for evidence."""
    line = text.encode("unicode_escape").decode("ascii")
    return line if len(line) <= most else f"{line[: most - 1]}…({len(text)} characters)"
