"""The figures of benchmarks/icepop.py: means over seeds, and the range between them as a band."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import matplotlib as mpl
import numpy as np
from icepop_grid import BANDS, LOSSES, SETTINGS, Cell, band_name
from matplotlib.axes import Axes
from matplotlib.figure import Figure

_COLOURS = {
    "grpo": "#d1662b",
    "tis": "#8a8f98",
    "icepop": "#2f6fb2",
    "ipo": "#4c9f70",
    "kpop": "#b98bd0",
}
_FIGURES = {
    "reward": "reward",
    "accuracy": "disjoint accuracy, sampled",
    "grad_norm": "gradient norm",
    "mismatch/abs_mean": "mean abs log-ratio",
    "dropped": "tokens dropped, %",
}
_SMOOTH = 9  # steps of a running mean

Done = Mapping[Cell, Mapping[str, Any]]


def draw(done: Done, file: Path) -> None:
    """Every figure under every setting, by loss."""
    shown = [name for name in SETTINGS if any(cell.setting == name for cell in done)]
    methods = {name: _COLOURS[name] for name in LOSSES}
    _grid(done, shown, methods, file)


def draw_bands(done: Done, file: Path) -> None:
    """The same under ``stale32``, by the bounds of the band."""
    names = ["grpo", *(band_name(*band) for band in BANDS), "icepop"]
    colours = dict(zip(names, [*list(_COLOURS.values())[:2], *_MORE], strict=False))
    _grid(done, ["stale32"], colours, file)


_MORE = ("#4c9f70", "#b98bd0", "#c2a83e", "#2f6fb2")


def _grid(done: Done, settings: Sequence[str], methods: Mapping[str, str], file: Path) -> None:
    style: dict[str, Any] = {"svg.hashsalt": "icepop", "svg.fonttype": "none", "font.size": 8}
    one = len(settings) == 1
    rows, columns = (1, len(_FIGURES)) if one else (len(_FIGURES), len(settings))
    with mpl.rc_context(style):
        figure = Figure(figsize=(2.6 * columns, 2.4 * rows), layout="constrained")
        axes = figure.subplots(rows, columns, squeeze=False)
        for across, setting in enumerate(settings):
            for down, (key, label) in enumerate(_FIGURES.items()):
                place = axes[0, down] if one else axes[down, across]
                for method, colour in methods.items():
                    _curve(place, _runs(done, setting, method), key, method, colour)
                place.spines[["top", "right"]].set_visible(False)
                place.set_title(label if one or across == 0 else "", fontsize=8, loc="left")
                if one or down == len(_FIGURES) - 1:
                    place.set_xlabel("step")
            if not one:
                axes[0, across].set_title(SETTINGS[setting].title, fontsize=8, loc="right")
        axes[0, -1 if not one else 0].legend(frameon=False, fontsize=6)
        figure.savefig(file, format="svg", metadata={"Date": None, "Creator": None})


def _runs(done: Done, setting: str, method: str) -> list[Mapping[str, Any]]:
    return [done[c] for c in done if (c.setting, c.method) == (setting, method)]


def _curve(axes: Axes, runs: Sequence[Mapping[str, Any]], key: str, name: str, colour: str) -> None:
    if not runs:
        return
    if key == "accuracy":
        steps = [row["step"] for row in runs[0]["evaluations"]]
        values = np.array([[row["sampled"] for row in run["evaluations"]] for run in runs])
    else:
        values = np.array([_smooth([_value(step, key) for step in run["steps"]]) for run in runs])
        steps = list(range(values.shape[1]))
    axes.plot(steps, values.mean(0), color=colour, label=name, linewidth=1.2)
    axes.fill_between(steps, values.min(0), values.max(0), color=colour, alpha=0.15, linewidth=0)


def _value(step: Mapping[str, float], key: str) -> float:
    """A figure of a step; one without a token to stand on is 0."""
    if key == "dropped":
        return 100 * (step.get("mask/low", 0.0) + step.get("mask/high", 0.0))
    return step.get(key, 0.0)


def _smooth(values: Sequence[float]) -> Any:
    """The running mean, as long as what it is of."""
    padded = np.pad(values, _SMOOTH // 2, mode="edge")
    return np.convolve(padded, np.ones(_SMOOTH) / _SMOOTH, mode="valid")
