"""The real runs of benchmarks/c3po.py: the whole trainer on Ray, engine and learner one core each.

A policy made from nothing draws its end by chance, so its responses have a long tail of lengths and
a learning rate of 1e-9 leaves them that way; a coin for a verdict gives every group something to
train on. Nothing is learned: what is measured is time. All three modes have the same slots, the
same seeds and, by the budget, the same trained tokens a step.
"""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path
from statistics import fmean
from typing import Any

from assay_datasets import add_plugin
from assay_trainer.api import train
from assay_trainer.metrics import read_rows

_HERE = Path(__file__).resolve().parent
MODES = ("synchronous", "C3PO++", "C3PO++, overlap")
_RETENTION = 8


@dataclass(frozen=True)
class RealRun:
    """One run.

    Attributes:
        seconds: wall-clock time of each step.
        tokens: policy tokens trained in each.
        rows: the steps' rows of metrics.
        warm: steps that do not count: the pool fills. Nor does the last one, behind which nothing
            is generated: overlap would have it for the price of its training.
    """

    seconds: list[float]
    tokens: list[int]
    rows: list[dict[str, Any]]
    warm: int

    @property
    def counted(self) -> slice:
        """The steps that count."""
        return slice(self.warm, len(self.rows) - 1)

    @property
    def trained(self) -> list[int]:
        """Policy tokens trained in each step that counts."""
        return self.tokens[self.counted]

    @property
    def speed(self) -> float:
        """Trained tokens a second."""
        return sum(self.trained) / sum(self.seconds[self.counted])

    def mean(self, key: str) -> float:
        """Mean of ``seconds/<key>`` per trained token."""
        spent = sum(row["seconds"].get(key, 0.0) for row in self.rows[self.counted])
        return spent / sum(self.trained)


def play(seed: int, steps: int, warm: int, folder: Path) -> dict[str, RealRun]:
    """One run of each mode; the budget is what the synchronous one trained a step."""
    os.environ["ASSAY_UNAUDITED"] = "1"  # the coin has no wrong answer that an audit could ask for
    add_plugin(_HERE / "c3po_env.py")
    runs = {MODES[0]: _train(seed, steps, warm, folder / f"sync-{seed}", ())}
    budget = (
        f"rl.scheduler.budget_tokens={round(fmean(runs[MODES[0]].tokens))}",
        f"rl.scheduler.retention={_RETENTION}",
    )
    runs[MODES[1]] = _train(seed, steps, warm, folder / f"c3po-{seed}", budget)
    overlap = (*budget, "rl.scheduler.overlap=true")
    runs[MODES[2]] = _train(seed, steps, warm, folder / f"overlap-{seed}", overlap)
    return runs


def _train(seed: int, steps: int, warm: int, run: Path, settings: tuple[str, ...]) -> RealRun:
    train(
        _HERE / "c3po_real.toml",
        suite=str(_HERE / "c3po_suite.toml"),
        name=run.name,
        seed=seed,
        overrides=[f"rl.steps={steps}", *settings],
        runs_dir=run.parent,
    )
    rows = [row for row in read_rows(run / "metrics.jsonl") if row["stage"] == "rl"]
    seconds = [row["seconds"]["total"] for row in rows]
    return RealRun(seconds, [row.get("tokens_trained", 0) for row in rows], rows, warm)
