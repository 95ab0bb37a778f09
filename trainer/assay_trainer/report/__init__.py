"""The report of a run: one self-contained HTML file that opens offline.

`build_report` is all that others call. Inside, data flows one way:

    run directory ──data──► RunData ──panels──► figures (inline SVG) ─┐
                               ├──summary, evaluation, rollouts───────┼──build──► report.html
"""

from assay_trainer.report.build import build_report

__all__ = ["build_report"]
