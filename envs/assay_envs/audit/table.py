"""Tables of reports: what each comes to in a line, and a page of Markdown over many."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from assay_datasets import Json
from assay_envs.audit.report import Finding, Report
from assay_envs.registry import registry as env_registry

COLUMNS = ("env", "", "chance", "paid", "measured", "seconds")

_HEAD = """# Audit

`assay audit --out FILE.md`; what each check asks is said by `envs/README.md`. *Tasks*: levels ×
seeds, and how many of them differ. *Chance*: the rate declared for guessing, from level to level.
*Paid*: the most that a constant, a guess, a trivial policy or another task's answer earned of a
level's tasks; a rate above the declared one fails where chance would give it less than once in
10,000 audits. *Measured*: mean measured difficulty, level by level; it has to rise. *Seconds*: by
the clock.

| env | verdict | tasks | differ | chance | paid | measured | seconds |
|---|---|---|---|---|---|---|---|
"""


def row(report: Report) -> tuple[str, ...]:
    """What a report comes to; rates and measured difficulty from one end to the other."""
    declared, paid = _rates(report)
    measured = _facts(report, "difficulty").get("measured", {})
    return (
        report.env,
        _verdict(report),
        _span(sorted(declared.values()), "–"),
        _span(sorted(paid), "–"),
        _span(list(measured.values()), " → "),
        f"{report.seconds:.1f}",
    )


def markdown(reports: Sequence[Report]) -> str:
    """A page: a line for each environment, what was not held, what measured difficulty counts."""
    passed = sum(report.passed for report in reports)
    lines = [_line(report) for report in reports]
    lines += ["", f"{passed} of {len(reports)} passed.", ""]
    for report in reports:
        lines += [_not_held(report.env, each) for each in report.findings if each.state != "held"]
    lines += ["", "What *measured* counts:", ""]
    lines += [f"- `{report.env}`: {_measure(report.env)}" for report in reports]
    return _HEAD + "\n".join(lines) + "\n"


def _line(report: Report) -> str:
    declared, paid = _rates(report)
    differ = _facts(report, "distinct").get("distinct", {})
    measured = _facts(report, "difficulty").get("measured", {})
    cells = (
        f"`{report.env}`",
        _verdict(report),
        f"{len(declared)} × {report.seeds}",
        str(sum(differ.values())),
        _span(list(declared.values()), "–"),
        _span(sorted(paid), "–"),
        " → ".join(f"{value:.3g}" for value in measured.values()),
        f"{report.seconds:.0f}",
    )
    return f"| {' | '.join(cells)} |"


def _rates(report: Report) -> tuple[Mapping[str, float], list[float]]:
    """The declared chance by level, and the most that was paid at each."""
    declared = _facts(report, "chance").get("declared", {})
    rates = [
        _facts(report, "constants").get("best", {}),
        _facts(report, "trivial").get("worst", {}),
        *_facts(report, "guesses").get("rates", {}).values(),
    ]
    return declared, [max(rate.get(level, 0.0) for rate in rates) for level in declared]


def _facts(report: Report, check: str) -> Mapping[str, Json]:
    return next((each.facts for each in report.findings if each.check == check), {})


def _verdict(report: Report) -> str:
    return "passed" if report.passed else "FAILED"


def _not_held(env_id: str, finding: Finding) -> str:
    count = f" ({finding.failures})" if finding.failures > 1 else ""
    evidence = "".join(f"\n  - {line}" for line in finding.evidence)
    return f"- `{env_id}`: {finding.check} {finding.state}{count}{evidence}"


def _measure(env_id: str) -> str:
    return env_registry.load(env_id).measure or "nothing: its levels are what its rows say"


def _span(values: Sequence[float], to: str) -> str:
    ends = dict.fromkeys(f"{value:.3g}" for value in (*values[:1], *values[-1:]))
    return to.join(ends)
