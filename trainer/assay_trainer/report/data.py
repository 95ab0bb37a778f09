"""RunData: everything a run has written, read once and flattened for the report.

Nested objects become names with a slash (``seconds/generate``), the names of `metrics.METRICS`.
Every field may be missing or null: the run may have died early, or be older than the field.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from assay_datasets import Json
from assay_trainer.metrics import read_rows
from assay_trainer.rundir import RunDir

Row = Mapping[str, Json]

_PHASES = {"start": "Start", "after_sft": "SFT", "after_rl": "RL"}


@dataclass(frozen=True)
class Phase:
    """One evaluation of the run: ``label`` as people call it (``SFT``, ``RL``, ``step 300``)."""

    key: str
    label: str
    row: Row


@dataclass(frozen=True)
class RunData:
    """A run as the report sees it.

    Attributes:
        name: the run's name.
        config_text: ``config.toml`` as written.
        sft, rl, evals: flattened metric rows by stage, oldest first.
        samples: rows of ``samples.jsonl`` as written, oldest first.
        envs: environment ids in a fixed order, so that each keeps its colour in every figure.
    """

    name: str
    config_text: str
    sft: Sequence[Row]
    rl: Sequence[Row]
    evals: Sequence[Row]
    samples: Sequence[Row]
    envs: Sequence[str]

    @property
    def finished(self) -> bool:
        return any(row.get("phase") == "after_rl" for row in self.evals)

    def phases(self) -> list[Phase]:
        """The evaluations to compare, in order, all on one split: start, SFT, and the last one.

        The split is the one that saw most of them, and the test split where several saw as many.
        """
        splits = {str(row.get("split", "")) for row in self.evals}
        found = [(split == "test", split, self._phases_of(split)) for split in splits]
        ranked = sorted(found, key=lambda item: (len(item[2]), item[0], item[1]))
        return ranked[-1][2] if ranked else []

    def _phases_of(self, split: str) -> list[Phase]:
        rows = [row for row in self.evals if str(row.get("split", "")) == split]
        by_key = {str(row.get("phase")): row for row in rows}
        phases = [Phase(key, label, by_key[key]) for key, label in _PHASES.items() if key in by_key]
        if "step" in by_key and "after_rl" not in by_key:
            phases.append(Phase("step", phase_label(by_key["step"]), by_key["step"]))
        return phases


def phase_label(row: Row) -> str:
    """What people call the moment of an evaluation: ``SFT``, ``RL``, ``step 300``."""
    phase = str(row.get("phase"))
    return _PHASES.get(phase) or f"step {row.get('step', '?')}"


def load(run: RunDir) -> RunData:
    """Read ``run``; a file that is not there yet counts as empty."""
    rows = [flatten(row) for row in read_rows(run.metrics)]
    stages: dict[str, list[Row]] = {"sft": [], "rl": [], "eval": []}
    for row in rows:
        stages.setdefault(str(row.get("stage")), []).append(row)
    samples = read_rows(run.samples)
    return RunData(
        name=run.name,
        config_text=run.config.read_text(encoding="utf-8", errors="replace"),
        sft=stages["sft"],
        rl=stages["rl"],
        evals=stages["eval"],
        samples=samples,
        envs=_envs(rows, samples),
    )


def flatten(row: Row, prefix: str = "") -> dict[str, Json]:
    """``{"seconds": {"train": 1}}`` as ``{"seconds/train": 1}``; lists stay as they are."""
    flat: dict[str, Json] = {}
    for key, value in row.items():
        if isinstance(value, Mapping):
            flat.update(flatten(value, f"{prefix}{key}/"))
        else:
            flat[prefix + key] = value
    generated, wasted = number(flat, "tokens_generated"), number(flat, "tokens_wasted")
    if not prefix and generated and wasted is not None:
        flat["wasted_share"] = wasted / generated
    return flat


def number(row: Row, key: str) -> float | None:
    """The finite number called ``key``, else None."""
    value = row.get(key)
    if isinstance(value, bool) or not isinstance(value, int | float) or not math.isfinite(value):
        return None
    return float(value)


def numbers(row: Row, key: str) -> list[float]:
    """The list of finite numbers called ``key``, else an empty list."""
    value = row.get(key)
    found = value if isinstance(value, list) else []
    known = [float(item) for item in found if isinstance(item, int | float) and math.isfinite(item)]
    return known if len(known) == len(found) else []


def series(rows: Iterable[Row], key: str) -> tuple[list[float], list[float]]:
    """Steps and values of ``key``, where both are there."""
    pairs = [(number(row, "step"), number(row, key)) for row in rows]
    known = [(step, value) for step, value in pairs if step is not None and value is not None]
    return [step for step, _ in known], [value for _, value in known]


def total(rows: Iterable[Row], key: str) -> float | None:
    """Sum of ``key`` over the rows that have it; None if none has."""
    values = series(rows, key)[1]
    return sum(values) if values else None


def members(rows: Iterable[Row], prefix: str) -> list[str]:
    """What follows ``prefix`` in the rows' names, sorted: ``reward/`` gives the environments."""
    found = {key[len(prefix) :] for row in rows for key in row if key.startswith(prefix)}
    return sorted(name for name in found if name)


def masked_share(rows: Iterable[Row]) -> float | None:
    """Masked tokens over trained tokens, whole run; rows without a token count weigh alike."""
    names = ("mask/low", "mask/high", "mask/nonfinite")
    weights, masked = 0.0, 0.0
    for row in rows:
        parts = [part for name in names if (part := number(row, name)) is not None]
        if parts:
            weight = number(row, "tokens_trained") or 1.0
            weights += weight
            masked += weight * sum(parts)
    return masked / weights if weights else None


def _envs(rows: Sequence[Row], samples: Sequence[Row]) -> list[str]:
    named = {
        name
        for prefix in ("reward/", "length/", "greedy/", "sampled/")
        for name in members(rows, prefix)
    }
    named |= {str(sample["env"]) for sample in samples if sample.get("env")}
    return sorted(named - {"suite"})
