"""What benchmarks/icepop.py reads of its runs: figures by block of steps, early, late, by seed.

A block is 32 steps, a whole number of the periods at which a stale engine gets new weights, so that
no figure depends on where in a period it was taken. Early and late are the first and the last half
of the blocks behind the first one, in which the learning rate warms up and nothing has drifted yet.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from statistics import fmean
from typing import Any

from icepop_grid import SEEDS, SETTINGS, Cell
from icepop_run import BLOCK

Result = Mapping[str, Any]
Done = Mapping[Cell, Result]

_PARTS = {"dropped": ("mask/low", "mask/high")}
_ROUNDING = 1e-9


def complete(done: Done) -> dict[Cell, Result]:
    """The cells whose setting and method were run with every seed."""
    return {c: r for c, r in done.items() if len(having(done, c.setting, c.method)) == len(SEEDS)}


def having(done: Done, setting: str, method: str) -> dict[int, Result]:
    """The results of a setting and a method, by seed in order."""
    cells = [Cell(setting, method, seed) for seed in SEEDS]
    return {cell.seed: done[cell] for cell in cells if cell in done}


def settings_of(done: Done) -> list[str]:
    """The settings of which something is done, in the order of the grid."""
    return [name for name in SETTINGS if any(cell.setting == name for cell in done)]


def points(run: Result, key: str) -> list[float]:
    """The mean of a figure over every block; NaN for a block none of whose steps has it."""
    steps = run["steps"]
    return [mean(steps[n : n + BLOCK], key) for n in range(0, len(steps), BLOCK)]


def early(run: Result, key: str) -> float:
    return mean(run["steps"][BLOCK:][: _half(run)], key)


def late(run: Result, key: str) -> float:
    return mean(run["steps"][-_half(run) :], key)


def _half(run: Result) -> int:
    """Steps in half of the blocks behind the first; one block at least."""
    return max(1, (len(run["steps"]) // BLOCK - 1) // 2) * BLOCK


def growth(run: Result, key: str) -> float:
    """Late over early; NaN where there is rounding alone to grow."""
    began = early(run, key)
    return late(run, key) / began if began > _ROUNDING else float("nan")


def mean(steps: Iterable[Mapping[str, float]], key: str) -> float:
    """Over the steps that have the figure: one without a token to stand on is left out."""
    parts = _PARTS.get(key, (key,))
    values = [sum(step[part] for part in parts) for step in steps if parts[0] in step]
    return fmean(values) if values else float("nan")


def first(run: Result) -> Result:
    """The evaluation before the first step."""
    found: Result = run["evaluations"][0]
    return found


def last(run: Result) -> Result:
    """The evaluation after the last step."""
    found: Result = run["evaluations"][-1]
    return found


def at(run: Result, step: int) -> Result:
    """The evaluation after ``step`` steps."""
    found: Result = next(row for row in run["evaluations"] if row["step"] == step)
    return found


def over_seeds(values: Sequence[float], form: str) -> str:
    """The mean, and the range between the seeds in brackets."""
    low, high = min(values), max(values)
    return f"{fmean(values):{form}} ({low:{form}} – {high:{form}})"
