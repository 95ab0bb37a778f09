"""The Ray actor that writes rollouts: an engine and the trajectories in flight.

Bulk data (observations, texts, trajectories, weights) travels between workers as object-store
references; the controller sees counts, rewards and reasons. An actor method that returns bulk puts
it and returns the reference inside a list, so that the controller never fetches it by accident.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from typing import Any

import ray

from assay_datasets import Json, Message
from assay_trainer.actors import Ref, device_of, settle
from assay_trainer.chat import Chat
from assay_trainer.checkpoint import PartWriter, Sums, load_json, save_json
from assay_trainer.config import RunConfig
from assay_trainer.engines.build import build_engine
from assay_trainer.generation import Generator, Progress, Start
from assay_trainer.trajectory import TrajectoryBatch
from assay_trainer.weights import WeightSnapshot


@ray.remote
class EngineWorker:
    """Samples episodes' actions; owns the trajectories in flight."""

    def __init__(self, config: RunConfig) -> None:
        self.config = config
        self.writer = PartWriter()

    def open(self, model_dir: str) -> None:
        """Load the policy's shape and tokenizer; its first weights are published to it."""
        engine = self.config.engine
        settle(engine.threads)
        self.chat = Chat.load(Path(model_dir))
        device = device_of(engine.device, self.config.learner.ranks)  # behind the learner's
        sampler = build_engine(self.config, Path(model_dir), device, self.chat.stop_ids)
        self.generator = Generator(sampler, self.chat, engine.capacity)

    def load_weights(self, snapshot: WeightSnapshot) -> None:
        """Take over published weights; what was running is cut first and may be resumed."""
        self.generator.cut()
        self.generator.engine.load_weights(snapshot.state(), snapshot.version)

    def start(
        self, starts: Sequence[Start], observations: Sequence[Sequence[Message]]
    ) -> dict[str, int]:
        """Begin episodes; those that have no room, with the tokens that they would take."""
        return self.generator.start(starts, observations)

    def observe(self, uids: Sequence[str], observations: Sequence[Sequence[Message]]) -> list[str]:
        """Tell episodes what was answered; those that have no room for it."""
        return self.generator.observe(uids, observations)

    def advance(self, ticks: int) -> tuple[Progress, list[Ref]]:
        """Generate; the ended actions' texts come as a reference."""
        progress = self.generator.advance(ticks)
        texts = ray.put(list(progress.texts))
        return replace(progress, texts=()), [texts]

    def resume(self, uids: Sequence[str]) -> None:
        self.generator.resume(uids)

    def cut(self) -> None:
        """Stop generating; what is in flight may be resumed."""
        self.generator.cut()

    def sleep(self) -> None:
        """Give memory back until the next call that needs it."""
        self.generator.engine.sleep()

    def cut_short(self, uids: Sequence[str]) -> list[Ref]:
        """End open actions where they stand; a reference to their texts."""
        return [ray.put(self.generator.cut_short(uids))]

    def seconds(self) -> dict[str, float]:
        """Time spent since last asked, by part of generating."""
        parts = self.generator.engine.seconds()
        return {f"generate/{part}": spent for part, spent in parts.items()}

    def forget(self, uids: Sequence[str]) -> None:
        self.generator.forget(uids)

    def release(
        self, uids: Sequence[str], show: Sequence[str]
    ) -> tuple[list[Ref], RolloutFigures, list[Sample]]:
        """Hand finished episodes over for training; ``show`` names those to keep as samples."""
        trajectories = dict(zip(uids, self.generator.take(uids), strict=True))
        samples = [_sample(uid, trajectories[uid], self.chat) for uid in show]
        batch = TrajectoryBatch.of(list(trajectories.values()))
        written = [t.policy_tokens for t in trajectories.values()]
        entropy = sum(sum(t.entropies) for t in trajectories.values())
        figures = RolloutFigures(tuple(written), entropy / max(1, sum(written)))
        return [ray.put(batch)], figures, samples

    def past_actions(self, uids: Sequence[str]) -> list[Ref]:
        return [ray.put([self.generator.past_actions(uid) for uid in uids])]

    def last_actions(self, uids: Sequence[str]) -> list[Ref]:
        return [ray.put([self.generator.action_text(uid) for uid in uids])]

    def state(self) -> Json:
        """Every trajectory in flight, for :meth:`load_state`.

        It is returned and not put, so that it belongs to the controller and outlives this worker.
        """
        return self.generator.state()

    def load_state(self, state: Json) -> None:
        self.generator.load_state(state)

    def save(self, folder: str) -> None:
        """Copy every trajectory in flight, and write them while the next iteration begins."""
        path = Path(folder)
        write = partial(save_json, path / "rollouts.json", self.generator.state())
        self.writer.begin(path, write, "rollouts.json")

    def written(self, *, wait: bool) -> Sums | None:
        """Of the last :meth:`save`; see `PartWriter.written`."""
        return self.writer.written(wait=wait)

    def load(self, folder: str) -> None:
        self.generator.load_state(load_json(Path(folder) / "rollouts.json"))


@dataclass(frozen=True)
class RolloutFigures:
    """Policy tokens of each released rollout, and their mean entropy in nats."""

    lengths: tuple[int, ...]
    entropy: float


@dataclass(frozen=True)
class Sample:
    """One rollout as a person reads it; ``versions`` are runs of (version, tokens)."""

    uid: str
    prompt: str
    response: str
    tokens: int
    versions: tuple[tuple[int, int], ...]


def _sample(uid: str, trajectory: Any, chat: Chat) -> Sample:
    prompt = [*trajectory.policy, True].index(True)
    runs: list[tuple[int, int]] = []
    for version in (v for v in trajectory.versions if v >= 0):
        if runs and runs[-1][0] == version:
            runs[-1] = (version, runs[-1][1] + 1)
        else:
            runs.append((version, 1))
    return Sample(
        uid=uid,
        prompt=chat.text(trajectory.tokens[:prompt]),
        response=chat.text(trajectory.tokens[prompt:]),
        tokens=trajectory.policy_tokens,
        versions=tuple(runs),
    )
