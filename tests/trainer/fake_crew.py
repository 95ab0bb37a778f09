"""A crew without Ray or a model, for tests of what the controller does.

The generator, the episodes, the scheduler and their checkpoints are the real ones. The engine below
writes responses of scripted lengths, and an actor's calls take effect at once; a log tells in which
order they were made.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Container, Iterable, Mapping, Sequence
from typing import Any

import numpy as np

from assay_datasets import Blend, Share, TaskSpec, derive_seed
from assay_trainer.config import RunConfig, resolve
from assay_trainer.engine_worker import RolloutFigures
from assay_trainer.engines import Emissions, Request
from assay_trainer.generation import Generator
from assay_trainer.reward_worker import StepOutcome
from assay_trainer.trajectory import TrajectoryBatch

LONGEST = 40


def length_of(uid: str) -> int:
    """One response in six is long."""
    draw = derive_seed("length", uid)
    return LONGEST if draw % 6 == 0 else 2 + draw % 5


class Sampler:
    """An engine of six slots that writes each response to its scripted length."""

    def __init__(self) -> None:
        self.version = -1
        self.queue: deque[Request] = deque()
        self.slots: dict[str, int] = {}  # uid → policy tokens written

    @property
    def running(self) -> int:
        return len(self.slots)

    @property
    def waiting(self) -> int:
        return len(self.queue)

    def submit(self, requests: Sequence[Request]) -> None:
        self.queue.extend(requests)

    def tick(self) -> Emissions:
        while self.queue and len(self.slots) < 6:
            request = self.queue.popleft()
            self.slots[request.uid] = request.position
        uids = list(self.slots)
        for uid in uids:
            self.slots[uid] += 1
        done = [self.slots[uid] >= length_of(uid) for uid in uids]
        self.slots = {uid: n for uid, n in self.slots.items() if n < length_of(uid)}
        return Emissions(
            self.version,
            uids,
            np.full(len(uids), 5),
            np.full(len(uids), -1.0, dtype=np.float32),
            np.zeros(len(uids), dtype=np.float32),
            ["stop" if end else None for end in done],
        )

    def cut(self) -> list[str]:
        gone = [*self.slots, *(request.uid for request in self.queue)]
        self.queue.clear()
        self.slots.clear()
        return gone

    def abort(self, uids: Iterable[str]) -> None:
        gone = set(uids)
        self.queue = deque(request for request in self.queue if request.uid not in gone)
        self.slots = {uid: n for uid, n in self.slots.items() if uid not in gone}

    def load_weights(self, state: Mapping[str, Any], version: int) -> None:
        assert version > self.version
        self.version = version


class Words:
    """A tokenizer that needs no vocabulary; a prompt in ``long`` fills any engine."""

    def __init__(self, long: Container[str]) -> None:
        self.long = long

    def prompt_ids(self, messages: Any) -> list[int]:
        return [1] * 99 if messages[0]["content"] in self.long else [1, 2]

    def text(self, ids: Sequence[int]) -> str:
        return "x" * len(ids)


class EngineActor:
    def __init__(self, log: list[str], long: Container[str] = ()) -> None:
        self.log = log
        self.generator = Generator(Sampler(), Words(long), 60)  # type: ignore[arg-type]
        for name in ("start", "observe", "forget", "cut", "resume", "state"):
            setattr(self, name, getattr(self.generator, name))

    def load_weights(self, version: int) -> None:
        self.log.append(f"weights {version}")
        self.generator.cut()
        self.generator.engine.load_weights({}, version)

    def advance(self, ticks: int) -> Any:
        self.log.append("look")
        progress = self.generator.advance(ticks)
        return progress, [list(progress.texts)]

    def seconds(self) -> dict[str, float]:
        return {}

    def load_state(self, state: Any) -> None:
        self.generator.load_state(state)

    def past_actions(self, uids: list[str]) -> Any:
        return [[self.generator.past_actions(uid) for uid in uids]]

    def last_actions(self, uids: list[str]) -> Any:
        return [[self.generator.action_text(uid) for uid in uids]]

    def cut_short(self, uids: list[str]) -> Any:
        return [self.generator.cut_short(uids)]

    def release(self, uids: list[str], show: list[str]) -> Any:
        trajectories = self.generator.take(uids)
        lengths = tuple(t.policy_tokens for t in trajectories)
        return [TrajectoryBatch.of(trajectories)], RolloutFigures(lengths, 0.1), []


class RewardActor:
    """Knows only the episodes that were begun with it."""

    def __init__(self) -> None:
        self.open: set[str] = set()
        self.levels: list[int] = []

    def start(self, starts: list[Any]) -> Any:
        self.open |= {start.uid for start in starts}
        self.levels += [start.spec.difficulty for start in starts]
        return [[[{"role": "user", "content": str(start.spec.seed)}] for start in starts]]

    def replay(self, starts: list[Any], actions: list[list[str]]) -> None:
        self.open |= {start.uid for start in starts}

    def step(self, uids: list[str], texts: list[str], wanted: list[int]) -> Any:
        for uid in uids:
            self.open.remove(uid)
        rewards = [float(derive_seed("reward", uid) % 2) for uid in uids]
        ends = zip(uids, rewards, strict=True)
        words = {0.0: ("incorrect", "mismatch"), 1.0: ("correct", "match")}
        return [StepOutcome(uid, r, True, *words[r]) for uid, r in ends], []

    def forget(self, uids: list[str]) -> None:
        self.open.difference_update(uids)


class LearnerActor:
    """Writes down what it trains."""

    def __init__(self, log: list[str]) -> None:
        self.log = log
        self.batches: list[TrajectoryBatch] = []

    def rl_step(self, batch: TrajectoryBatch, advantages: Any, version: int) -> Any:
        self.log.append(f"train {version}")
        self.batches.append(batch)
        lag = version - batch.versions[batch.policy]
        return {"tokens_trained": int(batch.policy.sum()), "staleness_max": int(lag.max())}, {}


class Handle:
    """An object as an actor; a call's value is a function that gives it."""

    def __init__(self, target: Any) -> None:
        self._target = target

    def __getattr__(self, name: str) -> Any:
        method = getattr(self._target, name)

        def remote(*args: Any) -> Callable[[], Any]:
            value = method(*args)
            return lambda: value

        return type("Call", (), {"remote": staticmethod(remote)})


class Crew:
    """The workers. Verdicts are there ``patience`` looks after they were asked for.

    The problems whose seeds are in ``long`` have no room in the engine.
    """

    def __init__(self, patience: int = 0, long: Container[str] = ()) -> None:
        self.log: list[str] = []
        self.patience = patience
        self.engine = Handle(EngineActor(self.log, long))
        self.learner = Handle(LearnerActor(self.log))
        self.rewards = [Handle(RewardActor())]

    def get(self, reference: Callable[[], Any]) -> Any:
        return reference()

    def ready(self, reference: Callable[[], Any]) -> bool:
        self.patience -= 1
        return self.patience < 0

    def publish(self, version: int) -> dict[str, float]:
        self.engine._target.load_weights(version)
        return {}

    @property
    def trained(self) -> list[TrajectoryBatch]:
        batches: list[TrajectoryBatch] = self.learner._target.batches
        return batches


class Suite:
    """Endless prompts of one single-turn environment."""

    name = "fake"
    blend = Blend((Share("one/turn", 1.0, (1, 2, 3)),))

    def in_split(self, start: TaskSpec, split: str) -> TaskSpec:
        return start

    def spec(self, split: str, index: int, seed: int) -> TaskSpec:
        return TaskSpec("one/turn", index, 1)

    def environment(self, env: str) -> Any:
        return type("Env", (), {"max_turns": 1})


def config(*, levels: str = "even", **scheduler: Any) -> RunConfig:
    return resolve(
        {
            "suite": "spark",
            "engine": {"max_response_tokens": LONGEST, "capacity": 60, "ticks_per_call": 2},
            "rl": {
                "steps": 8,
                "levels": levels,
                "optim": {"lr": 1e-3},
                "scheduler": {"group_size": 2, "infer_capacity": 6, **scheduler},
            },
        }
    )
