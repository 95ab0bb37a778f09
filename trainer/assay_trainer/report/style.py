"""How figures look: the one place that sets matplotlib's style and turns figures into SVG.

Colours are roles, not values. Matplotlib draws each role in a sentinel colour, which `to_svg`
replaces by the CSS variable of the page, so one figure follows the reader's light or dark theme.
The output is deterministic: no dates, no random ids.
"""

from __future__ import annotations

import io
import re
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any

import matplotlib as mpl
from markupsafe import Markup
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import LogLocator, NullLocator

SERIES = ("s1", "s2", "s3", "s4", "s5", "s6", "s7", "s8")
_ROLES = ("ink", "muted", "grid", "band", "alarm", *SERIES)
_SENTINEL = {role: f"#01f0{index:02x}" for index, role in enumerate(_ROLES, 16)}

_STYLE: Any = {
    "axes.axisbelow": True,
    "axes.edgecolor": _SENTINEL["grid"],
    "axes.facecolor": "none",
    "axes.grid": True,
    "axes.grid.axis": "y",
    "axes.labelcolor": _SENTINEL["muted"],
    "axes.labelsize": 9.5,
    "axes.spines.left": False,
    "axes.spines.right": False,
    "axes.spines.top": False,
    "axes.xmargin": 0.01,
    "figure.constrained_layout.use": True,
    "figure.facecolor": "none",
    "font.family": "sans-serif",
    "font.sans-serif": ["DejaVu Sans"],
    "font.size": 9.5,
    "grid.color": _SENTINEL["grid"],
    "grid.linewidth": 0.8,
    "lines.linewidth": 1.7,
    "lines.solid_capstyle": "round",
    "path.simplify_threshold": 0.4,
    "savefig.facecolor": "none",
    "svg.fonttype": "none",
    "text.color": _SENTINEL["muted"],
    "text.parse_math": False,
    "xtick.color": _SENTINEL["grid"],
    "xtick.labelcolor": _SENTINEL["muted"],
    "xtick.labelsize": 9.5,
    "ytick.color": "none",
    "ytick.labelcolor": _SENTINEL["muted"],
    "ytick.labelsize": 9.5,
    "ytick.major.size": 0,
    "ytick.minor.size": 0,
}


def colour(role: str) -> str:
    """What to hand to matplotlib for ``role``."""
    return _SENTINEL[role]


def series_role(index: int) -> str:
    return SERIES[index % len(SERIES)]


@contextmanager
def canvas(height: float = 2.35) -> Iterator[tuple[Figure, Axes]]:
    """A figure of the page's width in the house style; draw and call `to_svg` inside the with."""
    with mpl.rc_context(_STYLE):
        figure = Figure(figsize=(5.0, height))
        yield figure, figure.subplots()


def to_svg(figure: Figure, slug: str) -> Markup:
    """``figure`` as an inline ``<svg>`` that scales, with ids that no other figure has."""
    with mpl.rc_context({"svg.hashsalt": slug}):
        buffer = io.StringIO()
        figure.savefig(buffer, format="svg", metadata={"Date": None})
    svg = buffer.getvalue()
    svg = svg[svg.index("<svg") :]
    svg = re.sub(r"<metadata>.*?</metadata>", "", svg, flags=re.DOTALL)
    svg = re.sub(r'(<svg [^>]*?) width="[^"]*"| height="[^"]*"', r"\1", svg, count=2)
    svg = re.sub(r' d="[^"]*"', lambda path: re.sub(r"(\.\d\d)\d+", r"\1", path[0]), svg)
    svg = re.sub(r'(\bid="|url\(#|href="#)', rf"\g<1>{slug}-", svg)
    for role, sentinel in _SENTINEL.items():
        svg = svg.replace(sentinel, f"var(--{role})")
    return Markup(svg)  # noqa: S704 - matplotlib escapes the text it draws


def smooth(values: Sequence[float]) -> list[float]:
    """Exponential moving average over a thirtieth of the series, the mean of both directions.

    One direction alone would lag behind a steep curve.
    """
    span = max(1, len(values) // 30)
    forward, backward = _average(values, span), _average(values[::-1], span)[::-1]
    return [(one + other) / 2 for one, other in zip(forward, backward, strict=True)]


def _average(values: Sequence[float], span: int) -> list[float]:
    level = sum(values[:span]) / span
    out = []
    for value in values:
        level += (value - level) / span
        out.append(level)
    return out


def short(value: float) -> str:
    """``12400`` as ``12.4k``: three significant digits and a suffix."""
    for size, suffix in ((1e9, "G"), (1e6, "M"), (1e3, "k")):
        if abs(value) >= size:
            return f"{value / size:.3g}{suffix}"
    return f"{value:.3g}"


def percent(share: float) -> str:
    """``0.0026`` as ``0.26 %``."""
    value = 100 * share
    return f"{value:.1f} %" if value >= 1 or not value else f"{value:.2g} %"


def log_scale(axes: Axes) -> None:
    """A log y axis with plain numbers on it, at least two of them."""
    axes.set_yscale("log")
    low, high = axes.get_ylim()
    axes.yaxis.set_major_locator(LogLocator(subs=(1, 2, 5) if high / low < 300 else (1,)))
    axes.yaxis.set_major_formatter(lambda value, _: short(value))
    axes.yaxis.set_minor_locator(NullLocator())


def mark_steps(axes: Axes, label: str) -> None:
    """Name the x axis at its right end, and shorten extreme numbers on the other."""
    axes.set_xlabel(label, loc="right", labelpad=2)
    axes.locator_params(axis="x", nbins=6, integer=True)
    if axes.get_yscale() == "linear" and not 0.001 < axes.get_ylim()[1] < 10_000:
        axes.yaxis.set_major_formatter(lambda value, _: short(value))
