"""Figures of the train/inference mismatch and of what the IcePop mask did about it.

The ratio of a token is exp(l) with l = log p_train - log p_behaviour; ratios outside the band
[alpha, beta] are dropped from the loss.
"""

from __future__ import annotations

import itertools
import math
from collections.abc import Iterator, Sequence

from matplotlib.axes import Axes

from assay_trainer.report.data import Row, RunData, masked_share, number, numbers, total
from assay_trainer.report.panel import Axis, Line, Panel, Text, lines, table
from assay_trainer.report.style import canvas, colour, log_scale, percent, short, to_svg

_LAGS = (("@lag0", "same version", "s1"), ("@lag1", "1 behind", "s2"), ("@lag2+", "older", "s5"))
_TICKS = (0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1, 2, 5, 10, 20, 50, 100)


def mismatch(data: RunData) -> Iterator[Panel | None]:
    """Histogram with the band, mask fractions, mismatch and its largest ratio, also by lag."""
    low, high = mask_band(data)
    yield _histogram(data.rl, low, high)
    yield _masked(data, low, high)
    yield _by_lag(data, "mask/low", _MASKED_LOW_BY_LAG, Axis(from_zero=True), 100)
    yield _divergence(data)
    yield _by_lag(data, "mismatch/k3", _K3_BY_LAG, Axis(log=True))
    yield _largest_ratio(data, high)
    yield lines(_ESS, data.rl, [Line("mismatch/ess", "ESS", "s3", 100)], Axis())
    yield lines(
        _MASKED_ENTROPY,
        data.rl,
        [Line("mismatch/entropy_masked_over_all", "masked / all", "s4")],
        Axis(from_zero=True),
    )
    yield lag_table(data)


_MASKED = Text(
    "mask",
    "Masked tokens",
    "Share of trained tokens that the mask dropped, by side; low and steady is right, and a rising "
    "line means that engine and learner are drifting apart.",
    "% of trained tokens",
)
_MASKED_LOW_BY_LAG = Text(
    "mask-lag",
    "Masked low, by staleness",
    "The same band also filters stale tokens: the older the weights that sampled a token, the more "
    "often it should be dropped.",
    "% of tokens of that age",
)
_DIVERGENCE = Text(
    "k3",
    "Mismatch between engine and learner",
    "Estimates of how far the two computations of one policy differ; spikes are single tokens, a "
    "rising floor is a real drift. Below 0 k1 is not drawn.",
    "nats, log scale",
)
_K3_BY_LAG = Text(
    "k3-lag",
    "Mismatch, by staleness",
    "k3 of tokens sampled by the current weights and by older ones: the gap between the lines is "
    "what resuming rollouts costs.",
    "nats, log scale",
)
_ESS = Text(
    "ess",
    "Effective sample size",
    "How much of the batch the importance weights leave in use: 100 % means that engine and "
    "learner agree.",
    "% of tokens",
)
_MASKED_ENTROPY = Text(
    "masked-entropy",
    "Entropy of masked tokens",
    "Entropy where the mask struck, relative to all tokens: above 1 the mask acts on the choices "
    "about which the policy was least sure.",
    "ratio",
)


def _masked(data: RunData, low: float, high: float) -> Panel | None:
    sides = [
        Line("mask/low", f"ratio below {low:g}", "s1", 100),
        Line("mask/high", f"ratio above {high:g}", "s5", 100),
        Line("mask/nonfinite", "not finite", "muted", 100),
        Line("clipped", "clipped", "s4", 100),
    ]
    moved = [line for line in sides if line.key != "clipped" or total(data.rl, line.key)]
    return lines(_MASKED, data.rl, moved, Axis(from_zero=True))


def _divergence(data: RunData) -> Panel | None:
    estimates = [
        Line("mismatch/k1", "k1 (KL)", "s2"),
        Line("mismatch/k3", "k3 (KL)", "s1"),
        Line("mismatch/abs_mean", "mean |log ratio|", "s3"),
    ]
    return lines(_DIVERGENCE, data.rl, estimates, Axis(log=True))


def _largest_ratio(data: RunData, high: float) -> Panel | None:
    text = Text(
        "max-ratio",
        "Largest ratio of a step",
        f"The most extreme token of each step; those above {high:g} (shaded) never reached the "
        "loss.",
        "p_train / p_behaviour, log scale",
    )
    largest = [Line("mismatch/max_ratio", "largest ratio", "s5")]
    shaded = Axis(log=True, decorate=lambda axes: _shade_above(axes, high))
    return lines(text, data.rl, largest, shaded)


_BY_LAG_TABLE = Text(
    "lags",
    "Every figure, by staleness",
    "The whole run: means over the trained tokens that had an advantage, largest values where the "
    "name says so. The band filters numerical mismatch (same version) and staleness alike.",
)
_TABLE = (
    ("tokens", "mismatch/tokens"),
    ("masked low", "mask/low"),
    ("masked high", "mask/high"),
    ("not finite", "mask/nonfinite"),
    ("too old", "mask/stale"),
    ("clipped", "clipped"),
    ("k1", "mismatch/k1"),
    ("k3", "mismatch/k3"),
    ("mean |l|", "mismatch/abs_mean"),
    ("largest ratio", "mismatch/max_ratio"),
    ("ESS", "mismatch/ess"),
    ("entropy, masked / all", "mismatch/entropy_masked_over_all"),
)


def lag_table(data: RunData) -> Panel | None:
    """Each figure of `_TABLE` over the run, for all tokens and for each version lag."""
    columns = [("all", ""), *((label, lag) for lag, label, _ in _LAGS)]
    there = [(label, lag) for label, lag in columns if total(data.rl, f"mismatch/tokens{lag}")]
    if not there:
        return None
    rows = [(name, [_over_the_run(data.rl, key, lag) for _, lag in there]) for name, key in _TABLE]
    return table(_BY_LAG_TABLE, [label for label, _ in there], rows, [key for _, key in _TABLE])


def _over_the_run(rows: Sequence[Row], key: str, lag: str) -> str:
    """A figure's sum (tokens), largest (ratio) or mean weighted by tokens; – where it has none."""
    pairs = [(number(row, key + lag), number(row, f"mismatch/tokens{lag}")) for row in rows]
    known = [(value, count) for value, count in pairs if value is not None and count]
    if not known:
        return "–"
    if key == "mismatch/tokens":
        return short(sum(value for value, _ in known))
    if key == "mismatch/max_ratio":
        return short(max(value for value, _ in known))
    mean = sum(value * count for value, count in known) / sum(count for _, count in known)
    is_share = key.startswith("mask/") or key in ("clipped", "mismatch/ess")
    return percent(mean) if is_share else short(mean)


def mask_band(data: RunData) -> tuple[float, float]:
    """The band [alpha, beta] that the run logged, else the default."""
    for row in reversed(data.rl):
        band = numbers(row, "mask_band")
        if len(band) == 2 and 0 < band[0] < band[1]:
            return band[0], band[1]
    return 0.5, 5.0


def _by_lag(data: RunData, key: str, text: Text, axis: Axis, scale: float = 1.0) -> Panel | None:
    wanted = [Line(key + lag, label, role, scale) for lag, label, role in _LAGS]
    panel = lines(text, data.rl, wanted, axis)
    return panel if panel and len(panel.metrics) > 1 else None


def _shade_above(axes: Axes, high: float) -> None:
    top = max(axes.get_ylim()[1], high * 1.3)
    axes.axhspan(high, top, color=colour("alarm"), alpha=0.1, linewidth=0)
    axes.set_ylim(axes.get_ylim()[0], top)


def _histogram(rows: Sequence[Row], low: float, high: float) -> Panel | None:
    """All steps' histograms of l in one, on a log scale, the band shaded."""
    edges, counts = _summed(rows)
    if not sum(counts):
        return None
    left, width = edges[:-1], [b - a for a, b in itertools.pairwise(edges)]
    middles = [a + w / 2 for a, w in zip(left, width, strict=True)]
    inside = [math.log(low) <= middle <= math.log(high) for middle in middles]
    with canvas() as (figure, axes):
        axes.axvspan(math.log(low), math.log(high), color=colour("band"), linewidth=0)
        for end in (low, high):
            axes.axvline(math.log(end), color=colour("s3"), linewidth=0.9, linestyle=(0, (3, 3)))
        hues = [colour("s1" if kept else "s5") for kept in inside]
        axes.bar(left, counts, width, align="edge", color=hues)
        log_scale(axes)
        axes.set_ylim(bottom=0.6)
        used = [i for i, n in enumerate(counts) if n]
        lowest = min(edges[used[0]], math.log(low)) - 0.3
        highest = max(edges[used[-1] + 1], math.log(high)) + 0.3
        axes.set_xlim(lowest, highest)
        ticks = [
            tick for tick in sorted({*_TICKS, low, high}) if lowest <= math.log(tick) <= highest
        ]
        axes.set_xticks([math.log(t) for t in ticks], [f"{t:g}" for t in ticks])
        axes.set_xlabel("p_train / p_behaviour", loc="right", labelpad=2)
        svg = to_svg(figure, "histogram")
    text = Text(
        "histogram",
        "Log-ratio histogram and the mask band",
        f"All trained tokens by how much the learner's probability differs from the engine's: "
        f"inside the shaded band [{low:g}, {high:g}] they train, outside they are dropped.",
        "tokens, log scale",
    )
    dropped = masked_share(rows)
    masked = "masked" if dropped is None else f"masked, {percent(dropped)}"
    legend = [("kept", "s1"), (masked, "s5"), ("band", "band")]
    return Panel(text, svg, legend, ["log_ratio_histogram"])


def _summed(rows: Sequence[Row]) -> tuple[list[float], list[float]]:
    """Edges of the last histogram and the sum of all histograms over the same edges."""
    edges: list[float] = []
    counts: list[float] = []
    for row in reversed(rows):
        here, bins = numbers(row, "log_ratio_histogram"), numbers(row, "log_ratio_edges")
        if not here or len(bins) != len(here) + 1:
            continue
        if not edges:
            edges, counts = bins, [0.0] * len(here)
        if bins == edges:
            counts = [total + n for total, n in zip(counts, here, strict=True)]
    return edges, counts
