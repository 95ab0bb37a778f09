"""The Ray actors that make rollouts: engine and reward workers. Each wraps one plain object.

Bulk data (observations, texts, trajectories, weights) travels between workers as object-store
references; the controller sees counts, rewards and reasons. An actor method that returns bulk puts
it and returns the reference inside a list, so that the controller never fetches it by accident.
"""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from functools import lru_cache, partial
from pathlib import Path
from typing import Any

import ray
import torch

from assay_datasets import Json, Message, TaskSpec
from assay_envs import make
from assay_trainer.actors import Ref, device_of, settle, suite_of
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

    def start(self, starts: Sequence[Start], observations: Sequence[Sequence[Message]]) -> None:
        self.generator.start(starts, observations)

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


@dataclass(frozen=True)
class EpisodeStart:
    """An episode to open: its name and the task it is played over."""

    uid: str
    spec: TaskSpec


@dataclass(frozen=True)
class StepOutcome:
    """What the environment said to one action.

    Attributes:
        uid: the episode.
        reward: of this step; None = undecided, for no fault of the response.
        done: the episode is over.
        reason, outcome: of the verdict, empty before the last step.
        detail: the verdict's detail.
        sandbox_s: seconds in the sandbox, where it was used.
    """

    uid: str
    reward: float | None
    done: bool
    outcome: str = ""
    reason: str = ""
    detail: Json = None
    sandbox_s: float | None = None


@dataclass
class _Played:
    """An open episode: how it began, its environment, and the actions answered so far."""

    start: EpisodeStart
    env: Any
    actions: list[str] = field(default_factory=list)


@ray.remote
class RewardWorker:
    """Plays the environment's side of episodes. Rewards come from ``step`` and nowhere else."""

    def __init__(self, config: RunConfig) -> None:
        torch.set_num_threads(1)
        self.config = config
        self.suite = suite_of(config)
        self.sandbox: Any = None
        self.memo: Any = None
        self.episodes: dict[str, _Played] = {}
        self.idle: dict[str, list[Any]] = {}
        self.turns = asyncio.Semaphore(2 * config.reward.slots)
        self.task = lru_cache(maxsize=256)(self.suite.task)  # siblings share theirs

    async def open(self) -> str:
        """Open the sandbox if the suite runs code; the back-end's name, or ''."""
        from assay_sandbox import Memo, Sandbox
        from assay_verifiers.guests import judge_template

        if any(self.suite.environment(env).needs_sandbox for env in self.suite.env_ids):
            reward = self.config.reward
            self.sandbox = Sandbox(reward.backend, judge_template(), slots=reward.slots)
            await self.sandbox.open()
            self.memo = Memo(self.sandbox)
            return str(self.sandbox.backend)
        return ""

    async def start(self, starts: Sequence[EpisodeStart]) -> list[Ref]:
        """Open episodes; a reference to their first observations."""
        return [ray.put([await self._start(start) for start in starts])]

    async def replay(self, starts: Sequence[EpisodeStart], actions: Sequence[list[str]]) -> None:
        """Open episodes and bring them to where they were, after a restart."""
        for start, past in zip(starts, actions, strict=True):
            await self._start(start)
            await self._catch_up(start.uid, past)

    async def step(
        self, uids: Sequence[str], texts: Sequence[str], wanted: Sequence[int]
    ) -> tuple[list[StepOutcome], list[Ref]]:
        """Play ``texts[wanted[i]]`` in episode ``uids[i]``.

        Returns the outcomes and a reference to the next observations of those not done, in order.
        """
        played = await asyncio.gather(
            *(self._step(uid, texts[place]) for uid, place in zip(uids, wanted, strict=True))
        )
        outcomes = [outcome for outcome, _ in played]
        observations = [observation for outcome, observation in played if not outcome.done]
        return outcomes, [ray.put(observations)] if observations else []

    async def forget(self, uids: Sequence[str]) -> None:
        for uid in uids:
            self.episodes.pop(uid, None)

    async def close(self) -> None:
        if self.sandbox is not None:
            await self.sandbox.close()

    async def _start(self, start: EpisodeStart) -> list[Message]:
        env = self._environment(start.spec.env)
        self.episodes[start.uid] = _Played(start, env)
        options = {"task": self.task(start.spec)}
        observation, _ = await env.reset(seed=start.spec.seed, options=options)
        return list(observation)

    def _environment(self, env_id: str) -> Any:
        """An instance that plays no episode now: one that is done with its last, or a new one."""
        if idle := self.idle.get(env_id):
            return idle.pop()
        needs_sandbox = self.suite.environment(env_id).needs_sandbox
        return make(env_id, **({"sandbox": self.memo} if needs_sandbox else {}))

    async def _catch_up(self, uid: str, actions: Sequence[str]) -> None:
        """Play actions whose answers are known."""
        played = self.episodes[uid]
        for action in actions:
            await played.env.step(action)
            played.actions.append(action)

    async def _answer(self, uid: str, text: str) -> Any:
        """The environment's answer; asked again where it was the sandbox that failed."""
        attempts = self.config.recovery.attempts
        for attempt in range(1 + attempts):
            answer = await self.episodes[uid].env.step(text)
            verdict = answer[-1].get("verdict")
            if attempt == attempts or verdict is None or verdict.reason != "sandbox_failed":
                break
            lost = self.episodes[uid]
            await self._start(lost.start)
            await self._catch_up(uid, lost.actions)
        self.episodes[uid].actions.append(text)
        return answer

    async def _step(self, uid: str, text: str) -> tuple[StepOutcome, list[Message]]:
        async with self.turns:
            observation, reward, terminated, truncated, info = await self._answer(uid, text)
        done = terminated or truncated
        if not done:
            return StepOutcome(uid, reward, False), list(observation)
        env = self.episodes.pop(uid).env
        self.idle.setdefault(env.id, []).append(env)
        verdict = info["verdict"]
        undecided = bool(info.get("undecided"))
        outcome = StepOutcome(
            uid=uid,
            reward=None if undecided else reward,
            done=True,
            outcome=verdict.outcome,
            reason=verdict.reason,
            detail=dict(verdict.detail),
            sandbox_s=verdict.detail.get("sandbox_s"),
        )
        return outcome, []
