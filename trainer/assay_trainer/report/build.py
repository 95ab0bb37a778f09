"""Puts the report together: reads the run, draws the panels, fills the page, writes one file.

The page holds its style and figures itself, loads nothing and runs no script: a content security
policy forbids both, and whatever the model wrote is escaped.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import jinja2
from markupsafe import Markup

from assay_trainer.metrics import METRICS, describe
from assay_trainer.report.data import RunData, load
from assay_trainer.report.evaluation import evaluation_table
from assay_trainer.report.learning import learning, optimiser, supervised
from assay_trainer.report.mismatch import mismatch
from assay_trainer.report.panel import Panel
from assay_trainer.report.rollouts import rollouts
from assay_trainer.report.schedule import schedule, verdicts
from assay_trainer.report.summary import summarise
from assay_trainer.rundir import RunDir

_HERE = Path(__file__).parent


@dataclass(frozen=True)
class Section:
    """Panels that answer one question."""

    slug: str
    title: str
    panels: Sequence[Panel]


_SECTIONS: tuple[tuple[str, str, Callable[[RunData], Iterator[Panel | None]]], ...] = (
    ("learning", "Did it learn?", learning),
    ("mismatch", "Do engine and learner agree?", mismatch),
    ("verdicts", "Can the rewards be trusted?", verdicts),
    ("schedule", "Where did time and tokens go?", schedule),
    ("sft", "Supervised fine-tuning", supervised),
    ("optimiser", "Optimiser", optimiser),
)


def build_report(run: RunDir | Path) -> Path:
    """Write ``report.html`` of a finished, running or killed run; returns its path.

    The same run gives the same bytes. Raises InputError if a path is no run, the run's files are
    corrupt, or the report cannot be written.
    """
    if isinstance(run, Path):
        run = RunDir.open(run)
    data = load(run)
    page = _page().render(
        data=data,
        summary=summarise(data),
        table=evaluation_table(data),
        sections=_sections(data),
        rollouts=rollouts(data),
        glossary=METRICS,
        describe=describe,
        css=Markup((_HERE / "report.css").read_text(encoding="utf-8")),  # noqa: S704 - our own file
    )
    run.write_text(run.report, page)
    return run.report


def _sections(data: RunData) -> list[Section]:
    drawn = [
        Section(slug, title, [panel for panel in draw(data) if panel is not None])
        for slug, title, draw in _SECTIONS
    ]
    return [section for section in drawn if section.panels]


def _page() -> jinja2.Template:
    environment = jinja2.Environment(
        loader=jinja2.FileSystemLoader(_HERE),
        autoescape=True,
        undefined=jinja2.StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    return environment.get_template("report.html.jinja")
