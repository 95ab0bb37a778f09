"""Crew: the worker processes of one run, started on Ray and taken down with it.

One controller (this process) directs; a learner, an engine worker and some reward workers do the
work, each behind its supervisor (see `supervision`): a lost engine or reward worker is replaced
without anyone's notice, a lost learner rank comes out as :class:`WorkerLost`.
"""

from __future__ import annotations

import logging
import os
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import Any, cast

import ray

from assay_sandbox.container import sweep
from assay_trainer.config import RunConfig
from assay_trainer.errors import TrainerError
from assay_trainer.supervision import Call, EngineLog, NoLog, RewardLog, Watch, Worker
from assay_trainer.wire import RayWire

_OBJECT_STORE_BYTES = 512 << 20
_CLOSE_S = 30  # a sandbox ends its containers first


def _nothing(_: str) -> None:
    """Say nothing."""


@dataclass
class Crew:
    """Handles to the workers; ``with Crew.start(...) as crew``."""

    learner: Worker
    engine: Worker
    rewards: list[Worker]
    watch: Watch
    backend: str
    owns_ray: bool

    @classmethod
    def start(
        cls,
        config: RunConfig,
        folder: Path,
        model_dir: Path | None,
        say: Callable[[str], object] = _nothing,
    ) -> Crew:
        """Start the workers; a new model is made (and saved under ``folder``) if none is given.

        ``say`` is told of workers that are slow, and of those that are replaced.
        """
        owns_ray = _connect()
        watch = Watch(RayWire(), config.recovery, say)
        crew = cls(*_workers(config, watch), watch, "", owns_ray)
        try:
            made = crew.learner.open.remote(str(model_dir) if model_dir else None)
            crew.backend = crew.get([worker.open.remote() for worker in crew.rewards])[0]
            if warning := crew.get(made):
                say(warning)
            crew.get(crew.learner.save.remote(str(folder)))
            crew.get(crew.engine.open.remote(str(folder / "model")))
        except BaseException:
            crew.close()
            raise
        return crew

    def get(self, call: Call | list[Call]) -> Any:
        """The answer to a call (or to each); errors come out as what they are.

        Raises:
            WorkerLost: a worker died or hung and could not be replaced.
        """
        return [each.result() for each in call] if isinstance(call, list) else call.result()

    def ready(self, call: Call) -> bool:
        """Whether the answer (or its error) is there."""
        done, _ = ray.wait([call.reference], timeout=0, fetch_local=False)
        return bool(done)

    def stepped(self) -> None:
        """A step was made: what had to be replaced for it is forgiven."""
        self.watch.replaced = 0

    def publish(self, version: int) -> dict[str, float]:
        """Hand the learner's weights to the engine as ``version``, by reference.

        Returns:
            the seconds it took, as ``sync`` and its parts.
        """
        started = time.perf_counter()
        [weights] = self.get(self.learner.publish.remote(version))
        collected = time.perf_counter()
        self.get(self.engine.load_weights.remote(weights))
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
                ray.get(worker.actor.close.remote(), timeout=_CLOSE_S)
            except Exception:  # noqa: S112 - going down anyway; the sandbox dies with it
                continue
        for worker in (self.learner, self.engine, *self.rewards):
            self.watch.wire.kill(worker.actor)
        if self.owns_ray:
            ray.shutdown()
        sweep()  # what a sandbox left whose worker was killed, and no other was opened after it

    def __enter__(self) -> Crew:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        tb: TracebackType | None,
    ) -> None:
        self.close()


def _workers(config: RunConfig, watch: Watch) -> tuple[Worker, Worker, list[Worker]]:
    """Learner, engine and reward workers, each under its supervisor."""
    from assay_trainer.engine_worker import EngineWorker
    from assay_trainer.learner_worker import LearnerRanks
    from assay_trainer.reward_worker import RewardWorker

    engine, reward = cast(Any, EngineWorker), cast(Any, RewardWorker)
    ranks = LearnerRanks(config)
    return (
        Worker("learner", lambda: ranks, NoLog(), watch),
        Worker("engine", lambda: engine.remote(config), EngineLog(), watch),
        [
            Worker(name, lambda: reward.remote(config), RewardLog(), watch)
            for name in _numbered("reward", config.reward.workers)
        ],
    )


def _numbered(name: str, count: int) -> list[str]:
    return [f"{name} {number}" for number in range(count)] if count > 1 else [name]


def _connect() -> bool:
    """Join the Ray that runs, or start a private one; whether it is ours to stop."""
    if ray.is_initialized():
        return False
    os.environ.setdefault("RAY_USAGE_STATS_ENABLED", "0")
    os.environ.setdefault("RAY_ACCEL_ENV_VAR_OVERRIDE_ON_ZERO", "0")
    os.environ.setdefault("RAY_worker_niceness", "0")  # Ray's 15 starves a run beside other work
    # Ray turns token authentication on by itself; that it says so is no news to a user of ours.
    logging.getLogger("ray._private.authentication").setLevel(logging.ERROR)
    try:
        ray.init(
            address="local",  # also where the environment or `ray start` names a cluster
            num_cpus=64,  # workers are placed by us; Ray must not hold one back on a small machine
            include_dashboard=False,
            log_to_driver=False,
            configure_logging=False,
            object_store_memory=_OBJECT_STORE_BYTES,
        )
    except (OSError, RuntimeError, ValueError) as error:
        raise TrainerError(f"Ray does not start on this host: {error}") from error
    return True
