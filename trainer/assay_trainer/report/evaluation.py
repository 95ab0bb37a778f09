"""The evaluation table: per environment, what each stage solved, as numbers and small bars."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from assay_trainer.report.data import Phase, Row, RunData, number, numbers

_PLAIN = {"entropy": ("nats", 2), "length": ("tokens", 1)}


@dataclass(frozen=True)
class Bar:
    """One stage's figure in percent, with its 95 % interval in percent where one was given."""

    phase: str
    percent: float
    interval: tuple[float, float] | None


@dataclass(frozen=True)
class Cell:
    """One metric of one row over the stages; ``change`` is last minus second last, in points."""

    bars: Sequence[Bar]
    change: float | None


@dataclass(frozen=True)
class Table:
    """``rows`` maps the suite and each environment to one cell per entry of ``metrics``.

    ``plain`` holds, row by row, a text per entry of ``plain_titles`` (``0.27 → 0.16``).
    """

    metrics: Sequence[str]
    plain_titles: Sequence[str]
    rows: Sequence[tuple[str, Sequence[Cell], Sequence[str]]]
    phases: Sequence[str]
    note: str


def evaluation_table(data: RunData) -> Table | None:
    """The comparison of the run's stages; None if the run was never evaluated."""
    phases = data.phases()
    if not phases:
        return None
    metrics = metric_names(phases)
    plain = {name: how for name, how in _PLAIN.items() if _has(phases, name)}
    names = [name for name in ("suite", *data.envs) if any(_has(phases, m, name) for m in metrics)]
    rows = [
        (
            "All" if name == "suite" else name,
            [_cell(phases, metric, name) for metric in metrics],
            [_arrow(phases, f"{metric}/{name}", digits) for metric, (_, digits) in plain.items()],
        )
        for name in names
    ]
    titles = [f"{name}, {unit}" for name, (unit, _) in plain.items()]
    labels = [phase.label for phase in phases]
    return Table(metrics, titles, rows, labels, _note(phases[-1].row, metrics))


def metric_names(phases: Sequence[Phase]) -> list[str]:
    """``sampled``, ``greedy`` and every ``pass@k`` that was evaluated, in this order."""
    named = {key.split("/", 1)[0] for phase in phases for key in phase.row if "/" in key}
    passes = sorted((name for name in named if name.startswith("pass@")), key=lambda n: (len(n), n))
    return [name for name in ("sampled", "greedy", *passes) if name in named]


def interval(row: Row, key: str) -> tuple[float, float] | None:
    """The ``[low, high]`` stored under ``key``, in percent."""
    ends = numbers(row, key)
    return (100 * ends[0], 100 * ends[1]) if len(ends) == 2 else None


def _cell(phases: Sequence[Phase], metric: str, name: str) -> Cell:
    bars = []
    for phase in phases:
        value = number(phase.row, f"{metric}/{name}")
        if value is not None:
            ends = interval(phase.row, f"ci95/{metric}") if name == "suite" else None
            bars.append(Bar(phase.label, 100 * value, ends))
    return Cell(bars, bars[-1].percent - bars[-2].percent if len(bars) > 1 else None)


def _arrow(phases: Sequence[Phase], key: str, digits: int) -> str:
    values = [number(phase.row, key) for phase in phases]
    return " → ".join(f"{value:.{digits}f}" for value in values if value is not None)


def _has(phases: Sequence[Phase], metric: str, name: str = "") -> bool:
    return any(key.startswith(f"{metric}/{name}") for phase in phases for key in phase.row)


def _note(row: Row, metrics: Sequence[str]) -> str:
    parts = ["Per cent of problems solved"]
    problems, samples = number(row, "n"), number(row, "k")
    if problems:
        parts.append(f" over {problems:,.0f} {row.get('split', '')} problems".replace("  ", " "))
    if samples and "sampled" in metrics:
        parts.append(f", {samples:.0f} samples each")
    return "".join(parts) + "."
