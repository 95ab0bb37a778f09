"""Run: one training run from config to report, stage by stage, with checkpoints between.

    start ─► SFT steps ─► evaluate ─► RL iterations ─► evaluate ─► model, report

The controller holds control flow and counts only. A checkpoint is the whole run at a boundary
between two steps: policy, optimiser, scheduler, every episode in flight, verdicts held, the
positions in the logs. Each stage's last step is followed by one, so a run whose steps are raised
goes on from its end. A resumed run goes through the same code as one that was never stopped.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any, Literal

from assay_datasets import InputError, Json
from assay_trainer.actors import suite_of
from assay_trainer.checkpoint import load_json
from assay_trainer.config import RunConfig
from assay_trainer.crew import Crew
from assay_trainer.evaluation import evaluate
from assay_trainer.metrics import MetricsWriter, read_rows
from assay_trainer.pipeline import Pipeline
from assay_trainer.progress import Progress
from assay_trainer.room import RoomWarnings
from assay_trainer.rundir import RunDir
from assay_trainer.saver import Saver
from assay_trainer.trackers import Trackers

Stage = Literal["start", "sft", "rl"]
Row = dict[str, Any]
_SFT_CHECKPOINT_FACTOR = 4  # a supervised step is short


class Stopped(Exception):
    """The user asked to stop; a checkpoint holds everything."""

    exit_status = 130


def has_ended(folder: RunDir, config: RunConfig) -> bool:
    """Whether the run in ``folder`` has come to the end that ``config`` gives it."""
    section = config.rl or config.sft
    rows = read_rows(folder.metrics)
    if section is None or len(rows) < 2 or not folder.model.is_dir():
        return False
    phase = "after_rl" if config.rl else "after_sft"
    return rows[-1].get("phase") == phase and rows[-2]["step"] == section.steps


@dataclass
class Place:
    """Where a run stands: what the next step is, and which version it will start from."""

    stage: Stage
    step: int = 0
    version: int = 0


@dataclass
class Run:
    """A run being played.

    Attributes:
        folder: its directory.
        config: its resolved config.
        crew: its workers.
        progress: what the person at the terminal sees.
        stop: asked between steps; true ends the run cleanly, with a checkpoint.
    """

    folder: RunDir
    config: RunConfig
    crew: Crew
    progress: Progress
    stop: Callable[[], bool]
    place: Place = field(init=False)

    def __post_init__(self) -> None:
        self.suite = suite_of(self.config)
        self.metrics = MetricsWriter(self.folder.metrics)
        self.samples = MetricsWriter(self.folder.samples)
        self.trackers = Trackers(self.config.track, self.folder, self.progress.note)
        self.warnings = RoomWarnings(self.config)
        self.place = Place("sft" if self.config.sft else "start")
        self.pipeline = Pipeline(self.crew, self.config, self.suite) if self.config.rl else None
        root, keep = self.folder.checkpoints, self.config.keep_checkpoints
        self.saver = Saver(self.crew, root, keep, self.crew.watch.say)

    def play(self) -> None:
        """From where the run stands to its end; :class:`Stopped` if asked to stop."""
        if self.place.stage == "sft":
            self._sft()
        if self.place.stage == "start":
            self._enter_rl("start")
        if self.place.stage == "rl":
            self._rl()

    def begin(self) -> None:
        """Start from nothing, whatever an attempt that was lost had written."""
        self.metrics.truncate_to(0)
        self.samples.truncate_to(0)

    def restore(self, checkpoint: Path) -> None:
        """Take over a checkpoint; the crew was started from its model."""
        state = load_json(checkpoint / "progress.json")
        self.place = Place(**state["place"])
        if getattr(self.config, self.place.stage) is None:
            raise InputError(
                f"the run stands in its {self.place.stage} stage, but {self.folder.config} has no "
                f"[{self.place.stage}] section any more; put it back"
            )
        self.metrics.truncate_to(state["metrics"])
        self.samples.truncate_to(state["samples"])
        self._begin_stage()
        self.crew.get(self.crew.learner.load_optimiser.remote(str(checkpoint)))
        if self.place.stage == "rl" and self.pipeline:
            self.crew.publish(self.place.version)
            self.crew.get(self.crew.engine.load.remote(str(checkpoint)))
            self.pipeline.load_state(state["pipeline"])

    def close(self) -> None:
        self.metrics.close()
        self.samples.close()
        self.trackers.close()

    # Stages

    def _sft(self) -> None:
        section = self.config.sft
        assert section is not None  # the stage is "sft" only if it exists
        if self.place.step == 0:
            self._begin_stage()
        self.progress.stage("sft", section.steps, self.place.step)
        every = self.config.checkpoint_every * _SFT_CHECKPOINT_FACTOR
        while self.place.step < section.steps:
            self._pause()
            row = self.crew.get(self.crew.learner.sft_step.remote(self.place.step))
            self.place.step += 1
            self._log({"stage": "sft", "step": self.place.step, **row})
            self._stepped()
            if self.place.step % every == 0 or self.place.step == section.steps:
                self._checkpoint()
        if self.config.rl:
            self._enter_rl("after_sft")
        else:
            self.crew.publish(self.place.version)
            self._end("after_sft")

    def _enter_rl(self, phase: str) -> None:
        """Give the engine its first weights, evaluate them, and set out."""
        self.place = Place("rl")
        self.crew.publish(self.place.version)
        self._evaluate(phase)
        self._begin_stage()
        self._checkpoint()

    def _rl(self) -> None:
        section, pipeline = self.config.rl, self.pipeline
        assert section is not None
        assert pipeline is not None
        self.progress.stage("rl", section.steps, self.place.step)
        while self.place.step < section.steps:
            self._pause()
            self._rl_step(pipeline, last=self.place.step + 1 == section.steps)
            self._stepped()
            self._rl_boundary(section.steps, section.eval_every)
        self._end("after_rl")

    def _end(self, phase: str) -> None:
        """Save the model and evaluate it; the evaluation is the run's last row."""
        self.saver.finish()
        self.crew.get(self.crew.learner.save.remote(str(self.folder.path)))
        self._evaluate(phase)

    def _rl_step(self, pipeline: Pipeline, *, last: bool) -> None:
        version = self.place.version
        step = pipeline.step(version, last=last)
        self.place.step += 1
        self.place.version = step.version
        self._log({"stage": "rl", "step": self.place.step, "version": version, **step.row})
        if step.row.get("undecided") and step.row["reward"] is None:
            reasons = ", ".join(f"{reason} {n}" for reason, n in step.row["undecided"].items())
            what = f"step {self.place.step} trained nothing, no verdict came"
            self.crew.watch.say(f"{what}: {reasons}")
        for sample in step.samples:
            self.samples.write({"step": self.place.step, **sample})

    def _rl_boundary(self, steps: int, eval_every: int) -> None:
        ended = self.place.step == steps
        if eval_every and self.place.step % eval_every == 0 and not ended:
            self._evaluate("step")
        if self.place.step % self.config.checkpoint_every == 0 or ended:
            self._checkpoint()

    # What every stage does

    def _begin_stage(self) -> None:
        self.crew.get(self.crew.learner.begin_stage.remote(self.place.stage))

    def _stepped(self) -> None:
        self.crew.stepped()
        self.saver.look()

    def _pause(self) -> None:
        if self.stop():
            self._checkpoint()
            self.saver.finish()
            raise Stopped(f"stopped; go on with `assay resume {self.folder.path}`")

    def _log(self, row: Row) -> None:
        self.metrics.write(row)
        self.trackers.log(row)
        self.progress.row(row)
        for warning in self.warnings.of(row):
            self.crew.watch.say(warning)

    def _evaluate(self, phase: str) -> None:
        section = self.config.evaluation
        self.progress.note(f"evaluating on {section.split} problems")
        result = evaluate(
            self.crew, self.config, self.suite, section.split, section.tasks, section.samples
        )
        row = {"stage": "eval", "phase": phase, "step": self.place.step}
        self._log(row | result.row(self._first_evaluation() if phase == "after_rl" else None))

    def _first_evaluation(self) -> Row | None:
        """The evaluation that the RL stage started from, as it was logged."""
        rows = read_rows(self.folder.metrics)
        return next((row for row in rows if row.get("phase") in ("start", "after_sft")), None)

    def _checkpoint(self) -> None:
        place = self.place
        name = f"{place.stage}-{place.step:06d}"
        self.saver.begin(name, self._state(), engine=place.stage == "rl")

    def _state(self) -> Json:
        return {
            "place": asdict(self.place),
            "metrics": self.metrics.position,
            "samples": self.samples.position,
            "pipeline": self.pipeline.state() if self.pipeline else None,
        }
