"""The figures of benchmarks/c3po.py and c3po_reward.py.

Trained tokens over time, and where a step's time goes; and reward over trained tokens.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from itertools import accumulate
from pathlib import Path
from typing import Any

import c3po_real as real
import c3po_scale as scale
import matplotlib as mpl
import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure

_COLOURS = ("#8a8f98", "#b98bd0", "#2f6fb2", "#d1662b")
_STYLE: dict[str, Any] = {"svg.hashsalt": "c3po", "svg.fonttype": "none", "font.size": 9}
_SMOOTH = 5  # steps


def draw(
    simulated: Mapping[str, scale.Simulated], done: Mapping[str, real.RealRun] | None, file: Path
) -> None:
    """Write the figure as SVG, the same bytes for the same data."""
    with mpl.rc_context(_STYLE):
        figure = Figure(figsize=(9.5, 3.2 if done is None else 6.2), layout="constrained")
        axes = figure.subplots(1 if done is None else 2, 2, squeeze=False)
        for place, (mode, run) in enumerate(simulated.items()):
            times = [step.updated / 60 for step in run.steps]
            tokens = [step.end.trained_tokens / 1e6 for step in run.steps]
            _curve(axes[0, 0], times, tokens, mode, place)
        _label(axes[0, 0], "simulated, from a cold start", "minutes", "million tokens trained")
        _bars(
            axes[0, 1],
            {m: {"generate": r.rollout_s, "train": r.train_s} for m, r in simulated.items()},
            {m: r.step_s for m, r in simulated.items()},
        )
        _label(axes[0, 1], "simulated, one step", "seconds", "")
        if done is not None:
            _real(axes[1], done)
        _save(figure, file)


def draw_rewards(runs: Mapping[str, Sequence[Mapping[str, Any]]], file: Path) -> None:
    """Write the reward of each mode over its trained tokens as SVG: the mean of its seeds' runs,
    between the least and the most of them, each smoothed over a few steps and less what the seed's
    first mode came to on average."""
    with mpl.rc_context(_STYLE):
        figure = Figure(figsize=(6.5, 3.4), layout="constrained")
        axes = figure.subplots()
        window = np.ones(_SMOOTH) / _SMOOTH
        levels = [[np.mean(run["rewards"])] for run in next(iter(runs.values()))]
        for mode, seeds in runs.items():
            rewards = np.array([np.convolve(run["rewards"], window, "valid") for run in seeds])
            rewards -= levels
            tokens = np.mean([run["tokens"] / len(run["rewards"]) for run in seeds]) / 1e3
            at = tokens * (np.arange(rewards.shape[1]) + _SMOOTH)
            colour = _COLOURS[scale.MODES.index(mode)]
            axes.fill_between(at, rewards.min(0), rewards.max(0), color=colour, alpha=0.12, lw=0)
            axes.plot(at, rewards.mean(0), color=colour, label=mode)
        title = f"mean of {_SMOOTH} steps and of the seeds; bands from least to most of them"
        _label(axes, title, "thousand trained tokens", "reward, less the seed's mean")
        _save(figure, file)


def _save(figure: Figure, file: Path) -> None:
    figure.savefig(file, format="svg", metadata={"Date": None, "Creator": None})


def _real(axes: Any, done: Mapping[str, real.RealRun]) -> None:
    for mode, run in done.items():
        place = scale.MODES.index(mode)
        tokens = [count / 1e3 for count in run.tokens]
        _curve(axes[0], list(accumulate(run.seconds)), tokens, mode, place)
    _label(axes[0], "really run, from a cold start", "seconds", "thousand tokens trained")
    parts = {
        mode: {key: 1e6 * run.mean(key) for key in ("generate", "train")}
        for mode, run in done.items()
    }
    _bars(axes[1], parts, {mode: 1e6 * run.mean("total") for mode, run in done.items()})
    _label(axes[1], "really run, per trained token", "µs", "")


def _curve(axes: Axes, times: Sequence[float], tokens: list[float], mode: str, at: int) -> None:
    axes.plot([0, *times], [0, *accumulate(tokens)], color=_COLOURS[at], label=mode, marker=".")


def _bars(axes: Axes, parts: Mapping[str, Mapping[str, float]], whole: Mapping[str, float]) -> None:
    """Generation and training of each mode, beside one another's time and the step's."""
    for row, (mode, pieces) in enumerate(parts.items()):
        left = 0.0
        for shade, (name, length) in zip((0.9, 0.45), pieces.items(), strict=True):
            at = row + (0.17 if "overlap" in mode else 0.0) * (1 if name == "train" else -1)
            start = 0.0 if "overlap" in mode else left
            height = 0.3 if "overlap" in mode else 0.6
            colour = _COLOURS[scale.MODES.index(mode)]
            axes.barh(at, length, height, left=start, color=colour, alpha=shade)
            axes.text(start + length / 2, at, name, ha="center", va="center", fontsize=7)
            left += length
        axes.plot([whole[mode]] * 2, [row - 0.4, row + 0.4], color="black", linewidth=1.2)
    axes.set_yticks(range(len(parts)), list(parts))
    axes.invert_yaxis()


def _label(axes: Axes, title: str, x: str, y: str) -> None:
    axes.set_title(title, fontsize=9, loc="left")
    axes.set_xlabel(x)
    axes.set_ylabel(y)
    axes.spines[["top", "right"]].set_visible(False)
    if axes.get_legend_handles_labels()[0]:
        axes.legend(frameon=False, fontsize=8)
