"""Crew: the worker processes of one run, started on Ray and taken down with it.

One controller (this process) directs; a learner worker, an engine worker and some reward workers
do the work. A worker that dies is reported by name as :class:`WorkerLost`; the run's checkpoints
stand.
"""

from __future__ import annotations

import logging
import os
import time
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import Any

import ray
from ray.exceptions import RayActorError, RayTaskError

from assay_datasets import InputError
from assay_sandbox import SandboxError
from assay_trainer.config import RunConfig
from assay_trainer.engines import EngineError
from assay_trainer.errors import TrainerError, WorkerLost

_OBJECT_STORE_BYTES = 512 << 20


@dataclass
class Crew:
    """Handles to the workers; ``with Crew.start(...) as crew``."""

    learner: Any
    engine: Any
    rewards: list[Any]
    backend: str
    owns_ray: bool

    @classmethod
    def start(cls, config: RunConfig, folder: Path, model_dir: Path | None) -> Crew:
        """Start the workers; a new model is made (and saved under ``folder``) if none is given."""
        owns_ray = _connect()
        from assay_trainer.learner_worker import LearnerRanks
        from assay_trainer.workers import EngineWorker, RewardWorker

        kinds: list[Any] = [EngineWorker] + [RewardWorker] * config.reward.workers
        learner = LearnerRanks(config)
        engine, *rewards = [kind.remote(config) for kind in kinds]
        crew = cls(learner, engine, rewards, "", owns_ray)
        try:
            made = learner.open(str(model_dir) if model_dir else None)
            crew.backend = crew.get([worker.open.remote() for worker in rewards], "reward")[0]
            crew.get(made, "learner")
            crew.get(learner.save.remote(str(folder), optimiser=False), "learner")
            crew.get(engine.open.remote(str(folder / "model")), "engine")
        except BaseException:
            crew.close()
            raise
        return crew

    def get(self, reference: Any, worker: str) -> Any:
        """The value behind ``reference``; errors come out as what they are; a death is named."""
        try:
            return ray.get(reference)
        except RayTaskError as error:
            cause = error.cause
            if isinstance(cause, InputError | SandboxError | EngineError | TrainerError):
                raise cause from None
            if lost := self.learner.lost():
                raise WorkerLost(f"the learner worker of rank {lost[0]} died") from error
            raise
        except RayActorError as error:
            reason = str(error).strip().splitlines()[0]
            raise WorkerLost(f"the {worker} worker died ({reason})") from error

    def ready(self, reference: Any) -> bool:
        """Whether the value behind ``reference`` (or its error) is there."""
        done, _ = ray.wait([reference], timeout=0, fetch_local=False)
        return bool(done)

    def publish(self, version: int) -> dict[str, float]:
        """Hand the learner's weights to the engine as ``version``, by reference.

        Returns:
            the seconds it took, as ``sync`` and its parts.
        """
        started = time.perf_counter()
        [weights] = self.get(self.learner.publish.remote(version), "learner")
        collected = time.perf_counter()
        self.get(self.engine.load_weights.remote(weights), "engine")
        ended = time.perf_counter()
        return {
            "sync": ended - started,
            "sync/collect": collected - started,
            "sync/load": ended - collected,
        }

    def close(self) -> None:
        """End every worker and what it holds."""
        if not ray.is_initialized():
            return
        for worker in self.rewards:
            try:
                ray.get(worker.close.remote(), timeout=10)
            except Exception:  # noqa: S112 - going down anyway; the sandbox dies with it
                continue
        for worker in (*self.learner.workers, self.engine, *self.rewards):
            ray.kill(worker)
        if self.owns_ray:
            ray.shutdown()

    def __enter__(self) -> Crew:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        tb: TracebackType | None,
    ) -> None:
        self.close()


def _connect() -> bool:
    """Join the Ray that runs, or start a private one; whether it is ours to stop."""
    if ray.is_initialized():
        return False
    os.environ.setdefault("RAY_USAGE_STATS_ENABLED", "0")
    os.environ.setdefault("RAY_ACCEL_ENV_VAR_OVERRIDE_ON_ZERO", "0")
    # Ray turns token authentication on by itself; that it says so is no news to a user of ours.
    logging.getLogger("ray._private.authentication").setLevel(logging.ERROR)
    ray.init(
        num_cpus=64,  # workers are placed by us; Ray must not hold one back on a small machine
        include_dashboard=False,
        log_to_driver=False,
        configure_logging=False,
        object_store_memory=_OBJECT_STORE_BYTES,
    )
    return True
