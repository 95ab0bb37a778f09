"""Figures of how the run spent its time: throughput, waste, staleness, retention, sandbox."""

from __future__ import annotations

from collections.abc import Iterator

from assay_trainer.report.data import RunData, members, total
from assay_trainer.report.panel import Axis, Line, Panel, Text, bars, lines, stack
from assay_trainer.report.profile import step_profile
from assay_trainer.report.style import series_role

_PHASES = {
    "seconds/generate": ("generate", "s1"),
    "seconds/verify": ("verify", "s2"),
    "seconds/train": ("train", "s3"),
    "seconds/sync": ("sync", "s4"),
}
_REASON_ROLES = ("s5", "s2", "s4", "s1", "s6", "s7", "s8")

_THROUGHPUT = Text(
    "throughput",
    "Tokens trained per second",
    "Policy tokens that entered the loss per second of the whole step, generation, "
    "verdicts and weight sync included.",
    "tokens/s",
)
_WASTE = Text(
    "waste",
    "Tokens wasted",
    "Share of sampled tokens that never trained because their rollout was purged, "
    "requeued or left undecided.",
    "% of generated",
)
_SECONDS = Text(
    "seconds",
    "Time per step",
    "Where a step's wall-clock time goes: the tallest colour is what to speed up first. "
    "With overlap the parts run at the same time and stand higher than the step is long.",
    "seconds",
)
_STALENESS = Text(
    "staleness",
    "Staleness",
    "How many versions old the trained tokens are; the longest-running rollouts set the "
    "maximum, which the retention limit bounds.",
    "versions",
)
_RETENTION = Text(
    "retention",
    "Retention",
    "Released rollouts by how often their group was carried over before it was complete: the "
    "lowest part was generated within one iteration.",
    "rollouts",
)
_AGES = Text(
    "ages",
    "Queue ages",
    "Rollouts kept for the next step, unfinished or waiting for siblings, by how often they were "
    "carried over: the highest part is next to be purged.",
    "rollouts",
)
_FATES = Text(
    "fates",
    "Rollouts resumed, held, purged",
    "Resumed rollouts continue under new weights, held ones wait for their siblings, and "
    "purged ones were too old to keep.",
    "rollouts per step",
)
_REASONS = Text(
    "reasons",
    "Verdicts by reason",
    "Why each rollout got its verdict: training should turn format failures into answers "
    "and answers into matches.",
    "% of rollouts",
)
_SANDBOX = Text(
    "sandbox",
    "Sandbox latency",
    "Time of one sandboxed execution, queueing included: the gap between the lines is the "
    "tail that a synchronous step would wait for.",
    "ms, log scale",
)
_ZERO_VARIANCE = Text(
    "zero-variance",
    "Groups without signal",
    "Groups whose rollouts all earned the same reward teach nothing: many of them mean "
    "that the problems are too easy or too hard. A rollout whose siblings are all "
    "undecided has nothing to be compared with.",
    "groups per step",
)
_UNDECIDED = Text(
    "undecided",
    "Undecided, by reason",
    "Rollouts that got no verdict through no fault of their own; they train nothing and "
    "should be few.",
    "rollouts, whole run",
)


def schedule(data: RunData) -> Iterator[Panel | None]:
    """Throughput, waste, time by phase, staleness, retention, the fate of rollouts."""
    yield lines(
        _THROUGHPUT, data.rl, [Line("tokens_trained_per_s", "trained", "s3")], Axis(from_zero=True)
    )
    yield lines(_WASTE, data.rl, [Line("wasted_share", "wasted", "s5", 100)], Axis(from_zero=True))
    yield stack(_SECONDS, data.rl, _PHASES)
    yield step_profile(data)
    yield lines(
        _STALENESS,
        data.rl,
        [Line("staleness_mean", "mean", "s1"), Line("staleness_max", "oldest", "s2")],
        Axis(from_zero=True),
    )
    yield stack(_RETENTION, data.rl, _carried(data, "retention/"))
    yield stack(_AGES, data.rl, _carried(data, "ages/"))
    yield lines(
        _FATES,
        data.rl,
        [
            Line("resumed", "resumed", "s1"),
            Line("held", "held", "s2"),
            Line("purged", "purged", "s5"),
        ],
        Axis(from_zero=True),
    )


def _carried(data: RunData, prefix: str) -> dict[str, tuple[str, str]]:
    """The metrics under ``prefix`` by number of iterations, the youngest at the bottom."""
    times = sorted(members(data.rl, prefix), key=lambda name: (len(name), name))
    return {f"{prefix}{n}": (f"carried {n}×", series_role(i)) for i, n in enumerate(times)}


def verdicts(data: RunData) -> Iterator[Panel | None]:
    """Reasons of the verdicts, undecided ones, groups without signal, sandbox latency."""
    yield stack(_REASONS, data.rl, _reason_parts(data), share=True)
    yield lines(
        _SANDBOX,
        data.rl,
        [
            Line("sandbox/p50_s", "median", "s1", 1000),
            Line("sandbox/p99_s", "99th percentile", "s2", 1000),
        ],
        Axis(log=True),
    )
    yield lines(
        _ZERO_VARIANCE,
        data.rl,
        [
            Line("zero_variance_groups", "zero variance", "s4"),
            Line("alone_groups", "one decided", "s5"),
        ],
        Axis(from_zero=True),
    )
    yield bars(
        _UNDECIDED,
        {name: total(data.rl, f"undecided/{name}") or 0 for name in members(data.rl, "undecided/")},
        "s5",
    )


def _reason_parts(data: RunData) -> dict[str, tuple[str, str]]:
    """``match`` at the bottom, the other reasons by frequency; the rarest share one colour."""
    counts = {
        name: total(data.rl, f"verdicts/{name}") or 0 for name in members(data.rl, "verdicts/")
    }
    others = sorted((name for name in counts if name != "match"), key=lambda name: -counts[name])
    parts = {"verdicts/match": ("match", "s3")} if "match" in counts else {}
    for index, name in enumerate(others):
        role = _REASON_ROLES[index] if index < len(_REASON_ROLES) else "muted"
        parts[f"verdicts/{name}"] = (name.replace("_", " "), role)
    return parts
