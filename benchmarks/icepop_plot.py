"""The figures of benchmarks/icepop.py: means over seeds by block, the range between them as a band.

A point is the mean of a block of 32 steps, drawn at its middle; accuracy is drawn where it was
measured. What was done with no mismatch is dashed, for comparison.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import matplotlib as mpl
import numpy as np
from icepop_grid import BANDS, CLIPS, LOSSES, SETTINGS, band_name
from icepop_run import BLOCK
from icepop_series import Done, Result, having, points, settings_of
from matplotlib.axes import Axes
from matplotlib.figure import Figure

_GREY = "#8a8f98"
_COLOURS = {"grpo": "#d1662b", "icepop": "#2f6fb2"}
_OTHERS = ("#c2a83e", "#4c9f70", "#b98bd0", "#222222")
_FIGURES = {
    "reward": "reward",
    "accuracy": "disjoint accuracy, sampled",
    "grad_norm": "gradient norm",
    "mismatch/abs_mean": "mean abs log-ratio",
    "dropped": "tokens dropped, %",
    "mismatch/entropy_masked_over_all": "entropy, dropped / all",
}
_FROM_ZERO = ("mismatch/abs_mean", "dropped")
_SHARED = ("reward", "accuracy")  # of one scale under all settings, and shown with no mismatch


def draw_all(done: Done, page: Path) -> list[str]:
    """Every figure that there is something to draw in, beside ``page``; their names."""
    settings = [name for name in settings_of(done) if name != "exact"]
    sets = {
        "": (settings, LOSSES),
        "_clips": (["stale32"], ("grpo", "icepop", *CLIPS)),
        "_bands": (["stale32"], ("grpo", "icepop", *(band_name(*band) for band in BANDS))),
    }
    drawn = []
    for suffix, (shown, methods) in sets.items():
        others = [method for method in methods if method not in _COLOURS]
        compared = others if suffix else methods
        if any(having(done, name, method) for name in shown for method in compared):
            file = page.with_name(f"{page.stem}{suffix}.svg")
            colours = _COLOURS | dict(zip(others, _OTHERS, strict=False))
            draw(done, shown, {method: colours[method] for method in methods}, file)
            drawn.append(file.name)
    return drawn


def draw(done: Done, settings: Sequence[str], methods: Mapping[str, str], file: Path) -> None:
    """One panel for every figure and setting, as SVG, the same bytes for the same data."""
    style: dict[str, Any] = {"svg.hashsalt": "icepop", "svg.fonttype": "none", "font.size": 9}
    one = len(settings) == 1
    rows, columns = (2, len(_FIGURES) // 2) if one else (len(_FIGURES), len(settings))
    with mpl.rc_context(style):
        figure = Figure(figsize=(3.0 * columns, 2.1 * rows + 0.5), layout="constrained")
        axes = figure.subplots(rows, columns, squeeze=False)
        for across, setting in enumerate(settings):
            for down, (key, label) in enumerate(_FIGURES.items()):
                place = axes[divmod(down, columns)] if one else axes[down, across]
                _panel(place, done, setting, key, methods)
                if one or across == 0:
                    place.set_ylabel(label)
                if down == 0 and not one:
                    place.set_title(f"{setting}: {SETTINGS[setting].title}", fontsize=9)
                if down == len(_FIGURES) - 1 or (one and down >= columns):
                    place.set_xlabel("step")
        if not one:
            _share(axes[: len(_SHARED)])
        lines = {line.get_label(): line for place in axes.flat for line in place.get_lines()}
        figure.legend(
            lines.values(), list(lines), loc="outside upper center", ncols=7, frameon=False
        )
        figure.savefig(file, format="svg", metadata={"Date": None, "Creator": None})


def _share(rows: Any) -> None:
    """One scale for all panels of a row."""
    for row in rows:
        low = min(place.get_ylim()[0] for place in row)
        high = max(place.get_ylim()[1] for place in row)
        for place in row:
            place.set_ylim(low, high)


def _panel(axes: Axes, done: Done, setting: str, key: str, methods: Mapping[str, str]) -> None:
    if key in _SHARED:
        _curve(axes, list(having(done, "exact", "grpo").values()), key, "no mismatch", _GREY, "--")
    for method, colour in methods.items():
        runs = list(having(done, setting, method).values())
        if key not in ("dropped", "mismatch/entropy_masked_over_all") or _drops(runs):
            _curve(axes, runs, key, method, colour)
    steps = SETTINGS[setting].steps
    axes.set_xlim(-0.02 * steps, 1.02 * steps)
    axes.set_xticks(range(0, steps + 1, BLOCK))
    if key in _FROM_ZERO:
        axes.set_ylim(bottom=0)
    axes.spines[["top", "right"]].set_visible(False)


def _drops(runs: Sequence[Result]) -> bool:
    return any(max(points(run, "dropped")) > 0 for run in runs)


def _curve(
    axes: Axes, runs: Sequence[Result], key: str, name: str, colour: str, style: str = "-"
) -> None:
    if not runs:
        return
    if key == "accuracy":
        steps = [row["step"] for row in runs[0]["evaluations"]]
        values = np.array([[row["sampled"] for row in run["evaluations"]] for run in runs])
    else:
        scale = 100 if key == "dropped" else 1
        values = scale * np.array([points(run, key) for run in runs])
        steps = [BLOCK * (number + 0.5) for number in range(values.shape[1])]
    axes.plot(steps, values.mean(0), style, color=colour, label=name, linewidth=1.3, marker=".")
    axes.fill_between(steps, values.min(0), values.max(0), color=colour, alpha=0.12, linewidth=0)
