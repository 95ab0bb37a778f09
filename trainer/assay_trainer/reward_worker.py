"""The Ray actor that judges rollouts: it plays the environment's side of episodes.

Observations and texts travel between workers as object-store references; the controller sees
rewards and reasons. Its process holds no torch.
"""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Any

import ray

from assay_datasets import Json, Message, TaskSpec
from assay_envs import make
from assay_trainer.actors import Ref, suite_of
from assay_trainer.config import RunConfig


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
        self.config = config
        self.sandbox: Any = None
        self.memo: Any = None
        self.episodes: dict[str, _Played] = {}
        self.idle: dict[str, list[Any]] = {}
        self.turns = asyncio.Semaphore(2 * config.reward.slots)

    async def open(self) -> str:
        """Load the suite, and open the sandbox if it runs code; the back-end's name, or ''.

        What ``__init__`` raised would come out as the actor's death.
        """
        from assay_sandbox import Memo, Sandbox
        from assay_verifiers.guests import judge_template

        self.suite = suite_of(self.config)
        self.task = lru_cache(maxsize=256)(self.suite.task)  # siblings share theirs
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
