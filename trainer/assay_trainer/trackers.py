"""Trackers: the rows of a run sent on to TensorBoard, Weights & Biases or Trackio as they happen.

Every number of a row goes out under ``<stage>/<name>``, the name being that of `metrics.METRICS`,
over the step of its stage. What is not a number (histograms, texts) stays in ``metrics.jsonl``,
which remains the record: a tracker that fails is dropped with a word, and the run goes on.

    tensorboard   event files in ``<run>/tensorboard``
    wandb         ``<run>/wandb``, offline unless WANDB_MODE says otherwise; ``wandb sync`` sends it
    trackio       Trackio's own local database (TRACKIO_DIR); ``trackio show`` reads it

Each needs its package, an optional extra of the same name. Importing this module imports none.
"""

from __future__ import annotations

import importlib.util
import math
import os
from abc import ABC, abstractmethod
from collections.abc import Callable, Mapping, Sequence
from functools import partial
from typing import Any, Literal, get_args

from assay_datasets import InputError, Json
from assay_trainer.rundir import RunDir

TrackerName = Literal["tensorboard", "wandb", "trackio"]
Figures = Mapping[str, float]
_PROJECT = "assay"


def require_trackers(names: Sequence[TrackerName]) -> None:
    """Raise :class:`InputError` if the package behind one of ``names`` is not installed."""
    for name in names:
        if importlib.util.find_spec(name) is None:
            raise InputError(
                f"track = {name!r} needs the package {name}: pip install 'assay[{name}]', or leave "
                "it out of track"
            )


class Tracker(ABC):
    """One place that figures go to; made with the run and its resolved config."""

    @abstractmethod
    def __init__(self, run: RunDir, config: Mapping[str, Json]) -> None: ...

    @abstractmethod
    def log(self, stage: str, step: int, figures: Figures) -> None:
        """Send the figures of one row, already named ``<stage>/<name>``."""

    @abstractmethod
    def close(self) -> None:
        """Send what is left."""


class TensorBoard(Tracker):
    def __init__(self, run: RunDir, config: Mapping[str, Json]) -> None:
        from torch.utils.tensorboard import SummaryWriter

        self._writer: Any = SummaryWriter(str(run.path / "tensorboard"))
        self._writer.add_text("config", run.config.read_text(encoding="utf-8"))

    def log(self, stage: str, step: int, figures: Figures) -> None:
        for name, value in figures.items():
            self._writer.add_scalar(name, value, step)

    def close(self) -> None:
        self._writer.close()


class WeightsAndBiases(Tracker):
    def __init__(self, run: RunDir, config: Mapping[str, Json]) -> None:
        import wandb

        mode: Any = os.environ.get("WANDB_MODE", "offline")
        self._run: Any = wandb.init(
            project=_PROJECT,
            name=run.name,
            dir=str(run.path),
            config=dict(config),
            mode=mode,
            settings=wandb.Settings(silent=True),
        )
        for stage in ("sft", "rl", "eval"):
            self._run.define_metric(f"{stage}/*", step_metric=f"{stage}/step")

    def log(self, stage: str, step: int, figures: Figures) -> None:
        self._run.log({f"{stage}/step": step, **figures})

    def close(self) -> None:
        self._run.finish()


class Trackio(Tracker):
    def __init__(self, run: RunDir, config: Mapping[str, Json]) -> None:
        import trackio

        self._run: Any = trackio.init(
            project=_PROJECT,
            name=run.name,
            config=dict(config),
            resume="allow",
            embed=False,
            auto_log_cpu=False,
            auto_log_gpu=False,
        )

    def log(self, stage: str, step: int, figures: Figures) -> None:
        self._run.log({f"{stage}/step": step, **figures})

    def close(self) -> None:
        self._run.finish()


TRACKERS: Mapping[TrackerName, type[Tracker]] = dict(
    zip(get_args(TrackerName), (TensorBoard, WeightsAndBiases, Trackio), strict=True)
)


class Trackers:
    """The trackers of a run; with none it does nothing.

    Args:
        names: which.
        run: the run they track.
        warn: told, in one sentence, of a tracker that failed and was dropped.
    """

    def __init__(
        self, names: Sequence[TrackerName], run: RunDir, warn: Callable[[str], None]
    ) -> None:
        self._warn = warn
        self._open: dict[str, Tracker] = {}
        for name in names:
            self._guard(name, partial(self._start, name, run))

    def log(self, row: Mapping[str, Any]) -> None:
        """Send one metrics row."""
        stage, step = str(row["stage"]), int(row["step"])
        numbers = _numbers({name: value for name, value in row.items() if name != "step"})
        figures = {f"{stage}/{name}": value for name, value in numbers.items()}
        for name, tracker in list(self._open.items()):
            self._guard(name, partial(tracker.log, stage, step, figures))

    def close(self) -> None:
        for name, tracker in list(self._open.items()):
            self._guard(name, tracker.close)

    def _start(self, name: TrackerName, run: RunDir) -> None:
        self._open[name] = TRACKERS[name](run, run.read_config())

    def _guard(self, name: str, act: Callable[[], None]) -> None:
        try:
            act()
        except Exception as error:  # another project's code, at its boundary: whatever it raises
            self._open.pop(name, None)
            self._warn(f"tracking with {name} stopped ({error}); metrics.jsonl has every row")


def _numbers(row: Mapping[str, Any], prefix: str = "") -> dict[str, float]:
    """The finite numbers of a row; ``{"seconds": {"train": 1}}`` is ``seconds/train``."""
    found: dict[str, float] = {}
    for key, value in row.items():
        if isinstance(value, Mapping):
            found |= _numbers(value, f"{prefix}{key}/")
        elif isinstance(value, int | float) and not isinstance(value, bool):
            found[prefix + key] = value
    return {name: value for name, value in found.items() if math.isfinite(value)}
