"""Panel: one figure with its words, and the ways most figures are drawn.

`lines`, `stack`, `bars` and `table` take rows and names; the first three give None when there is
nothing to draw: a panel whose data is missing is left out of the report.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field

from markupsafe import Markup
from matplotlib.axes import Axes

from assay_trainer.report.data import Row, number, series, total
from assay_trainer.report.style import canvas, colour, log_scale, mark_steps, smooth, to_svg

_MOST_COLUMNS = 60


@dataclass(frozen=True)
class Text:
    """The words around a figure; ``slug`` names it in the page and in its SVG ids."""

    slug: str
    title: str
    caption: str
    unit: str = ""


@dataclass(frozen=True)
class Panel:
    """A drawn figure: an SVG or a table, as HTML.

    ``legend`` holds (label, colour role); ``metrics`` the names it shows; ``tabular`` says that
    there are words in it to be read out.
    """

    text: Text
    svg: Markup
    legend: Sequence[tuple[str, str]] = ()
    metrics: Sequence[str] = ()
    tabular: bool = False


@dataclass(frozen=True)
class Line:
    """One line: the metric ``key`` in the colour of ``role``, multiplied by ``scale``."""

    key: str
    label: str
    role: str
    scale: float = 1.0


@dataclass(frozen=True)
class Axis:
    """What is special about a line figure's axes; ``decorate`` may draw more onto them."""

    x: str = "RL step"
    log: bool = False
    from_zero: bool = False
    smoothed: bool = True
    decorate: Callable[[Axes], None] = field(default=lambda axes: None)


def lines(text: Text, rows: Sequence[Row], wanted: Sequence[Line], axis: Axis) -> Panel | None:
    """Each metric over the steps: faint as measured and, on long runs, strong as smoothed."""
    present = [line for line in wanted if any(_values(rows, line, axis))]
    if not present:
        return None
    with canvas() as (figure, axes):
        draw_lines(axes, rows, present, axis)
        mark_steps(axes, axis.x)
        svg = to_svg(figure, text.slug)
    legend = [(line.label, line.role) for line in present]
    return Panel(text, svg, legend if len(legend) > 1 else (), [line.key for line in present])


def draw_lines(axes: Axes, rows: Sequence[Row], wanted: Sequence[Line], axis: Axis) -> None:
    for line in wanted:
        steps, values = _values(rows, line, axis)
        marker = "o" if len(steps) == 1 else ""
        if axis.smoothed and len(steps) > 20:
            axes.plot(steps, values, color=colour(line.role), alpha=0.22, linewidth=0.8)
            values = smooth(values)
        axes.plot(steps, values, color=colour(line.role), marker=marker)
    if axis.from_zero:
        axes.set_ylim(bottom=0)
    if axis.log:
        log_scale(axes)
    axis.decorate(axes)


def stack(
    text: Text, rows: Sequence[Row], parts: Mapping[str, tuple[str, str]], *, share: bool = False
) -> Panel | None:
    """Metrics that add up, as columns over the steps; each column is a mean over a few steps.

    Args:
        parts: metric name to (label, colour role), lowest part first.
        share: draw parts of one hundred per cent instead of amounts.
    """
    present = {key: part for key, part in parts.items() if total(rows, key)}
    known = [row for row in rows if number(row, "step") is not None]
    if not present or not known:
        return None
    per_column = -(-len(known) // _MOST_COLUMNS)
    chunks = [known[start : start + per_column] for start in range(0, len(known), per_column)]
    steps = [float(chunk[0]["step"]) for chunk in chunks]
    width = 0.82 * (steps[1] - steps[0] if len(steps) > 1 else 1.0)
    heights = [[(total(chunk, key) or 0.0) / len(chunk) for key in present] for chunk in chunks]
    if share:
        heights = [[100 * part / (sum(column) or 1.0) for part in column] for column in heights]
    with canvas() as (figure, axes):
        floor = [0.0] * len(steps)
        for index, (_, role) in enumerate(present.values()):
            column = [parts_here[index] for parts_here in heights]
            axes.bar(steps, column, width, bottom=floor, color=colour(role), align="edge")
            floor = [low + part for low, part in zip(floor, column, strict=True)]
        if share:
            axes.set_ylim(0, 100)
        mark_steps(axes, "RL step")
        svg = to_svg(figure, text.slug)
    return Panel(text, svg, list(present.values()), list(present))


def bars(text: Text, counts: Mapping[str, float], role: str) -> Panel | None:
    """Totals by name, largest first."""
    ranked = sorted(((n, name) for name, n in counts.items() if n), reverse=True)
    if not ranked:
        return None
    names = [name.replace("_", " ") for _, name in ranked]
    with canvas(height=0.2 + 0.24 * len(ranked)) as (figure, axes):
        drawn = axes.barh(names, [n for n, _ in ranked], 0.5, color=colour(role))
        axes.bar_label(drawn, [f"{n:,.0f}" for n, _ in ranked], padding=4)
        axes.invert_yaxis()
        axes.grid(False)
        axes.xaxis.set_visible(False)
        axes.spines.bottom.set_visible(False)
        axes.margins(x=0.12)
        svg = to_svg(figure, text.slug)
    return Panel(text, svg)


def table(
    text: Text,
    head: Sequence[str],
    rows: Sequence[tuple[str, Sequence[str]]],
    metrics: Sequence[str] = (),
    above: Markup = Markup(),  # noqa: B008 - immutable
) -> Panel:
    """Figures as text: one row a name, one column an entry of ``head``; ``above`` may be a plot.

    A name that begins with a space is set as a part of the row before.
    """
    titles = Markup("").join(Markup("<th>{}</th>").format(title) for title in ("", *head))
    lines = [
        Markup('<tr{}><th scope="row">{}</th>{}</tr>').format(
            Markup(' class="inner"') if name.startswith(" ") else "",
            name.strip(),
            Markup("").join(Markup("<td>{}</td>").format(cell) for cell in cells),
        )
        for name, cells in rows
    ]
    whole = Markup('<table class="figures"><thead><tr>{}</tr></thead><tbody>{}</tbody></table>')
    inside = above + whole.format(titles, Markup("").join(lines))
    return Panel(text, inside, (), metrics, tabular=True)


def _values(rows: Sequence[Row], line: Line, axis: Axis) -> tuple[list[float], list[float]]:
    steps, values = series(rows, line.key)
    known = [
        (step, value * line.scale)
        for step, value in zip(steps, values, strict=True)
        if value > 0 or not axis.log
    ]
    return [step for step, _ in known], [value for _, value in known]
