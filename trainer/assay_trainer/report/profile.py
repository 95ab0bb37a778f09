"""Figure of a mean step's time by part, as bars and as a table."""

from __future__ import annotations

from collections.abc import Sequence

from markupsafe import Markup

from assay_trainer.profile import Part, profile
from assay_trainer.report.data import Row, RunData, number
from assay_trainer.report.panel import Panel, Text, table
from assay_trainer.report.style import canvas, colour, percent, to_svg

_ROLES = {"generate": "s1", "verify": "s2", "train": "s3", "sync": "s4"}
_TEXT = Text(
    "profile",
    "Where a step's time goes",
    "A mean step, part by part, and what the workers measured inside; rest is what is left of a "
    "part: calls, data on the way, waiting. On a GPU the split inside is true for runs with "
    "--profile only.",
    "seconds",
)


def step_profile(data: RunData) -> Panel | None:
    """Bars and a table; None if no step has its seconds."""
    parts = profile([_seconds(row) for row in data.rl])
    if not parts:
        return None
    rows = [
        (f" {part.name}" if part.inside else part.name, [_time(part.seconds), percent(part.share)])
        for part in parts
    ]
    names = [f"seconds/{part.inside}/{part.name}".replace("//", "/") for part in parts]
    return table(_TEXT, ["seconds per step", "of the step"], rows, names, above=_bars(parts))


def _bars(parts: Sequence[Part]) -> Markup:
    with canvas(height=0.25 + 0.21 * len(parts)) as (figure, axes):
        places = range(len(parts))
        hues = [colour(_ROLES.get(part.inside or part.name, "muted")) for part in parts]
        drawn = axes.barh(places, [part.seconds for part in parts], 0.62, color=hues)
        for bar, part in zip(drawn, parts, strict=True):
            bar.set_alpha(0.45 if part.inside else 1.0)
        labels = [f"{part.name}  " if part.inside else part.name for part in parts]
        axes.set_yticks(places, labels)
        axes.grid(False)
        axes.grid(True, axis="x")
        axes.invert_yaxis()
        return to_svg(figure, _TEXT.slug)


def _seconds(row: Row) -> dict[str, float]:
    found = {name: number(row, name) for name in row if name.startswith("seconds/")}
    return {name.removeprefix("seconds/"): s for name, s in found.items() if s is not None}


def _time(seconds: float) -> str:
    return f"{seconds:.3f}" if seconds < 10 else f"{seconds:.1f}"
