"""Audit: an environment is proved before it is trusted.

for report in audit(["logic/countdown"], seeds=50):
    print(report.env, report.passed, [finding.check for finding in report.failed])

runner.py       every check in order, over one environment or many
processes.py    environments side by side
subject.py      the environment under audit, its tasks, its verdicts
generation.py   records, determinism, splits, distinct tasks, certificates, measured difficulty
verdicts.py     oracle, solution, adversaries, near misses, JSON, threads, deadlines
chance.py       constants, guesses, trivial policies, leaks: nothing is paid above chance
episodes.py     reset and step; pictures
clearance.py    which plug-ins have passed, by a hash of their code
report.py       what was found
table.py        it as a table
"""

from assay_envs.audit.clearance import Unaudited, is_cleared, require_audit
from assay_envs.audit.report import Finding, Report
from assay_envs.audit.runner import CHECKS, DEFAULT_SEEDS, audit, audit_one

__all__ = [
    "CHECKS",
    "DEFAULT_SEEDS",
    "Finding",
    "Report",
    "Unaudited",
    "audit",
    "audit_one",
    "is_cleared",
    "require_audit",
]
