"""Progress: what a person at the terminal sees while a run goes on.

On a terminal: one live bar with the figures that matter. Elsewhere (a log file, CI): one plain line
every so often and every evaluation in full. It reads the rows that go to metrics.jsonl, nothing
else.
"""

from __future__ import annotations

import math
import time
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from rich.console import Console
from rich.progress import (
    BarColumn,
    MofNCompleteColumn,
    TextColumn,
    TimeElapsedColumn,
    TimeRemainingColumn,
)
from rich.progress import Progress as Bar
from rich.table import Column, Table

from assay_trainer.profile import profile

_PLAIN_EVERY_S = 15.0
_TITLES = {"sft": "SFT", "rl": "RL "}
_PHASES = {
    "start": "before",
    "after_sft": "after SFT",
    "step": "on the way",
    "after_rl": "after RL",
}


class Progress:
    """Shows a run. Use as a context manager."""

    def __init__(self, console: Console | None = None) -> None:
        self.console = console or Console()
        self._bar = Bar(
            TextColumn("[bold]{task.description}"),
            BarColumn(bar_width=24),
            MofNCompleteColumn(),
            TimeElapsedColumn(),
            TimeRemainingColumn(),
            TextColumn("{task.fields[figures]}", table_column=Column(no_wrap=True, ratio=1)),
            console=self.console,
            expand=True,
            disable=not self.console.is_terminal,
        )
        self._task: Any = None
        self._stage, self._total = "", 0
        self._last_plain = float("-inf")

    def __enter__(self) -> Progress:
        self._bar.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._bar.stop()

    def note(self, text: str) -> None:
        """Something that happened, on a line of its own."""
        self.console.print(text, style="dim", markup=False, highlight=False)

    def stage(self, stage: str, total: int, done: int) -> None:
        """A stage begins, or goes on at step ``done``."""
        if self._task is not None:
            self._bar.remove_task(self._task)
        self._stage, self._total = stage, total
        self._last_plain = float("-inf")
        self._task = self._bar.add_task(_TITLES[stage], total=total, completed=done, figures="")

    def row(self, row: Mapping[str, Any]) -> None:
        """Show one metrics row."""
        if row["stage"] == "eval":
            self.console.print(_evaluation_table(row))
            return
        figures = _sft_figures(row) if row["stage"] == "sft" else _rl_figures(row)
        self._bar.update(self._task, completed=row["step"], figures=figures)
        last = row["step"] == self._total
        if not self.console.is_terminal and (last or self._due()):
            self._last_plain = time.monotonic()
            title = _TITLES[row["stage"]]
            line = f"{title} {row['step']:>4}/{self._total}  {figures}"
            self.console.print(line, markup=False, highlight=False, soft_wrap=True)

    def _due(self) -> bool:
        return time.monotonic() - self._last_plain >= _PLAIN_EVERY_S


def _sft_figures(row: Mapping[str, Any]) -> str:
    return f"loss {row['loss']:.3f}  {row['tokens_per_s']:,.0f} tok/s"


def _rl_figures(row: Mapping[str, Any]) -> str:
    parts = []
    if row.get("reward") is not None:
        parts.append(f"reward {row['reward']:.3f}")
    if "length_mean" in row:
        parts.append(f"length {row['length_mean']:.0f}")
    if "mask/low" in row:
        masked = row["mask/low"] + row.get("mask/high", 0.0) + row.get("mask/nonfinite", 0.0)
        parts.append(f"masked {masked:.2%}")
    parts.append(f"resumed {row['resumed']}")
    if row.get("undecided"):
        parts.append(f"undecided {sum(row['undecided'].values())}")
    parts.append(f"{row['tokens_trained_per_s']:,.0f} tok/s")
    return "  ".join(parts)


def _evaluation_table(row: Mapping[str, Any]) -> Table:
    from assay_trainer.evaluation import summary  # brings torch and Ray, which --help must not

    figures = summary(row)
    columns = list(next(iter(figures.values())))
    title = f"{_PHASES[row['phase']]}: {row['n']} {row['split']} problems"
    cells = {
        env: [_percent(values[column]) for column in columns] for env, values in figures.items()
    }
    return _table(title, columns, cells)


def outcome(rows: Iterable[Mapping[str, Any]]) -> Table | None:
    """What the stages of a run came to, ``before → after`` per environment; None if nothing did.

    Args:
        rows: the rows of metrics.jsonl.
    """
    from assay_trainer.evaluation import summary

    phases = {row["phase"]: row for row in rows if row["stage"] == "eval"}
    phases.pop("step", None)
    if not phases:
        return None
    last = list(phases.values())[-1]
    stages = [summary(row) for row in phases.values()]
    columns = list(stages[-1]["suite"])
    cells = {
        env: [" → ".join(_percent(stage[env][column]) for stage in stages) for column in columns]
        for env in stages[-1]
    }
    title = " → ".join(_PHASES[phase] for phase in phases)
    return _table(f"{title}: {last['n']} {last['split']} problems", columns, cells)


def profile_table(rows: Iterable[Mapping[str, Any]]) -> Table | None:
    """Where the time of an RL step went, by part; None if no step was timed."""
    steps = [row["seconds"] for row in rows if row["stage"] == "rl" and "seconds" in row]
    parts = profile(steps)
    if not parts:
        return None
    table = Table(title=f"where a step's time goes: mean of {len(steps)} steps")
    table.add_column("part")
    for column in ("seconds", "of the step"):
        table.add_column(column, justify="right", no_wrap=True)
    for part in parts:
        name = f"  {part.name}" if part.inside else part.name
        style = "dim" if part.inside else ""
        table.add_row(name, f"{part.seconds:.3f}", f"{part.share:.1%}", style=style)
    return table


def _table(title: str, columns: Sequence[str], cells: Mapping[str, Sequence[str]]) -> Table:
    table = Table(title=title)
    table.add_column("environment")
    for column in columns:
        table.add_column(column, justify="right", no_wrap=True)
    for env, texts in cells.items():
        table.add_row(env, *texts, style="bold" if env == "suite" else "")
    return table


def _percent(value: float | None) -> str:
    """``value`` may be None where it was read from metrics.jsonl, which holds no NaN."""
    return "–" if value is None or math.isnan(value) else f"{value:.1%}"
