"""Pipeline: rollouts, verdicts and update of an RL step, one after the other or at once.

Without overlap a step is: generate, wait for the verdicts, train, publish the weights. With it,
iteration n+1 is generated while batch n is judged and trained:

    engine    ▐ generate 0 ▌▐ generate 1   ▌▐ generate 2   ▌
    rewards        ▐ judge 0    ▌  ▐ judge 1    ▌
    learner                      ▐ train 0 ▌     ▐ train 1 ▌

New weights come in between two iterations and at no other time, so the engine is exactly one
version behind the learner: which weights wrote a token depends on the config and not on which side
was faster, and a resumed run repeats a killed one in this mode too. The scheduler refuses an
iteration beyond that bound.
"""

from __future__ import annotations

import time
from dataclasses import asdict, dataclass
from typing import Any

from assay_datasets import Json
from assay_envs.suite import Suite
from assay_trainer.config import RunConfig
from assay_trainer.crew import Crew
from assay_trainer.mismatch import BIN_EDGES
from assay_trainer.rollouts import Generated, Iteration, Rollouts

Row = dict[str, Any]


@dataclass(frozen=True)
class Step:
    """What one RL step did.

    Attributes:
        version: of the engine's weights now.
        row: fields of the step's row.
        samples: rows for samples.jsonl, without the step.
    """

    version: int
    row: Row
    samples: list[Row]


class Pipeline:
    """The RL stage's steps.

    Args:
        crew: the workers.
        config: the run; its ``rl`` section must be there.
        suite: where prompts come from.
    """

    def __init__(self, crew: Crew, config: RunConfig, suite: Suite) -> None:
        assert config.rl is not None  # the caller runs this stage only if it exists
        self.crew = crew
        self.rl = config.rl
        self.sleeps = config.engine.sleep
        self.rollouts = Rollouts(crew, config, suite)
        self._ahead: Generated | None = None

    def step(self, version: int, *, last: bool) -> Step:
        """One update from the weights ``version``; the ``last`` generates nothing beyond it."""
        started = time.perf_counter()
        self.crew.engine.seconds.remote()  # what an evaluation took is not this step's
        generated = self._ahead or self.rollouts.generate(version)
        if self.sleeps:
            self.crew.engine.sleep.remote()
        update = _Update(self, generated, version)
        self._ahead = None
        if self.rl.scheduler.overlap and not last:
            self._ahead = self.rollouts.generate(version, meanwhile=update.begin_if_judged)
        step = update.finish()
        step.row.update(self.rollouts.passed_over.take())
        step.row["seconds"] |= self.crew.get(self.crew.engine.seconds.remote())
        seconds = step.row["seconds"]["total"] = time.perf_counter() - started
        step.row["tokens_trained_per_s"] = step.row.get("tokens_trained", 0) / seconds
        return step

    def state(self) -> Json:
        """All that the next step depends on, but for weights and trajectories."""
        ahead = None if self._ahead is None else asdict(self._ahead)
        return {"rollouts": self.rollouts.state(), "ahead": ahead}

    def load_state(self, state: Json) -> None:
        """Take over a checkpoint's state; the engine must have loaded its trajectories."""
        self.rollouts.load_state(state["rollouts"])
        ahead = state["ahead"]
        self._ahead = None if ahead is None else Generated.from_json(ahead)


class _Update:
    """The update with one iteration's batch, which begins when the batch is judged."""

    def __init__(self, pipeline: Pipeline, generated: Generated, version: int) -> None:
        self.crew, self.rl, self.rollouts = pipeline.crew, pipeline.rl, pipeline.rollouts
        self.generated = generated
        self.version = version
        self.iteration: Iteration | None = None
        self.training: Any = None

    def begin_if_judged(self) -> None:
        if self.iteration is None and self.rollouts.judged(self.generated):
            self._begin()

    def finish(self) -> Step:
        """Wait for the verdicts, the learner and the engine to have its new weights."""
        iteration = self.iteration or self._begin()
        self.rollouts.learn_levels(iteration)
        row = dict(iteration.metrics)
        if iteration.batch is None:
            return Step(self.version, row, [])
        figures, seconds = self.crew.get(self.training)
        row |= figures
        row["seconds"] |= seconds | self.crew.publish(self.version + 1)
        self.rollouts.scheduler.trained()
        row["log_ratio_edges"] = list(BIN_EDGES)
        if self.rl.loss.alpha is not None:
            row["mask_band"] = [self.rl.loss.alpha, self.rl.loss.beta]
        return Step(self.version + 1, row, iteration.samples)

    def _begin(self) -> Iteration:
        self.iteration = iteration = self.rollouts.release(self.generated)
        if iteration.batch is not None:
            self.training = self.crew.learner.rl_step.remote(
                iteration.batch, iteration.advantages, self.version
            )
        return iteration
