"""The order of generation, verdicts, update and publishing, with and without overlap, without Ray.

The generator, the episodes, the scheduler and their checkpoints are the real ones. The engine below
writes responses of scripted lengths, and an actor's calls take effect at once; a log tells in which
order they were made.
"""

from __future__ import annotations

import json
from collections import deque
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any

import numpy as np
import pytest

from assay_datasets import Blend, Share, TaskSpec, derive_seed
from assay_trainer.config import RunConfig, resolve
from assay_trainer.engines import Emissions, Request
from assay_trainer.generation import Generator
from assay_trainer.pipeline import Pipeline, Step
from assay_trainer.trajectory import TrajectoryBatch
from assay_trainer.workers import RolloutFigures, StepOutcome

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
    """A tokenizer that needs no vocabulary."""

    def prompt_ids(self, messages: Any) -> list[int]:
        return [1, 2]

    def text(self, ids: Sequence[int]) -> str:
        return "x" * len(ids)


class EngineActor:
    def __init__(self, log: list[str]) -> None:
        self.log = log
        self.generator = Generator(Sampler(), Words(), 60)  # type: ignore[arg-type]
        for name in ("start", "observe", "forget", "cut", "resume"):
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

    def past_actions(self, uids: list[str]) -> Any:
        return [[self.generator.past_actions(uid) for uid in uids]]

    def cut_short(self, uids: list[str]) -> Any:
        return [self.generator.cut_short(uids)]

    def release(self, uids: list[str], show: list[str]) -> Any:
        trajectories = self.generator.take(uids)
        lengths = tuple(t.policy_tokens for t in trajectories)
        return [TrajectoryBatch.of(trajectories)], RolloutFigures(lengths, 0.1), []


class RewardActor:
    def __init__(self) -> None:
        self.levels: list[int] = []

    def start(self, starts: list[Any]) -> Any:
        self.levels += [start.spec.difficulty for start in starts]
        return [[[] for _ in starts]]

    def replay(self, starts: list[Any], actions: list[list[str]]) -> None:
        pass

    def step(self, uids: list[str], texts: list[str], wanted: list[int]) -> Any:
        rewards = [float(derive_seed("reward", uid) % 2) for uid in uids]
        ends = zip(uids, rewards, strict=True)
        words = {0.0: ("incorrect", "mismatch"), 1.0: ("correct", "match")}
        return [StepOutcome(uid, r, True, *words[r]) for uid, r in ends], []

    def forget(self, uids: list[str]) -> None:
        pass


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
    """The workers. Verdicts are there ``patience`` looks after they were asked for."""

    def __init__(self, patience: int = 0) -> None:
        self.log: list[str] = []
        self.patience = patience
        self.engine = Handle(EngineActor(self.log))
        self.learner = Handle(LearnerActor(self.log))
        self.rewards = [Handle(RewardActor())]

    def get(self, reference: Callable[[], Any], worker: str) -> Any:
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


BUDGET = {"budget_tokens": 25, "retention": 2}


def pipeline(crew: Crew, settings: RunConfig) -> Pipeline:
    return Pipeline(crew, settings, Suite())  # type: ignore[arg-type]


def play(crew: Crew, settings: RunConfig, steps: int = 8) -> list[Step]:
    crew.publish(0)
    line = pipeline(crew, settings)
    done: list[Step] = []
    for number in range(steps):
        version = done[-1].version if done else 0
        done.append(line.step(version, last=number == steps - 1))
    return done


def order(log: list[str]) -> list[str]:
    """The log with runs of looks drawn together."""
    return [entry for n, entry in enumerate(log) if entry != "look" or log[n - 1] != "look"]


def test_without_overlap_one_thing_follows_another() -> None:
    crew = Crew()
    play(crew, config(**BUDGET), steps=3)
    turn = ["look", "train {0}", "weights {1}"]
    expected = [entry.format(n, n + 1) for n in range(3) for entry in turn]
    assert order(crew.log) == ["weights 0", *expected]


def test_with_overlap_the_next_iteration_is_generated_while_the_last_one_trains() -> None:
    crew = Crew()
    play(crew, config(**BUDGET, overlap=True), steps=3)
    assert order(crew.log) == [
        *("weights 0", "look"),
        *("train 0", "look", "weights 1"),
        *("train 1", "look", "weights 2"),
        *("train 2", "weights 3"),
    ]


def test_an_update_waits_for_its_verdicts_and_generation_does_not() -> None:
    crew = Crew(patience=5)
    play(crew, config(**BUDGET, overlap=True), steps=2)
    begun = crew.log.index("train 0")
    looks_before = [entry for entry in crew.log[:begun] if entry == "look"]
    prompt = Crew()
    play(prompt, config(**BUDGET, overlap=True), steps=2)
    assert len(looks_before) > prompt.log[: prompt.log.index("train 0")].count("look")
    assert sorted(crew.log) == sorted(prompt.log), "the same work in another order"


@pytest.mark.parametrize("overlap", [False, True])
def test_which_levels_come_next_does_not_depend_on_how_fast_verdicts_come(overlap: bool) -> None:
    started = []
    for patience in (0, 7, 10_000):
        crew = Crew(patience)
        play(crew, config(**BUDGET, levels="adaptive", overlap=overlap), steps=12)
        started.append(crew.rewards[0]._target.levels)
    even = Crew()
    play(even, config(**BUDGET, overlap=overlap), steps=12)
    assert started[0] == started[1] == started[2]
    assert started[0] != even.rewards[0]._target.levels


@pytest.mark.parametrize("overlap", [False, True])
@pytest.mark.parametrize("on_purge", ["requeue", "drop", "truncate"])
def test_no_token_is_staler_than_the_bound_and_none_is_trained_twice(
    overlap: bool, on_purge: str
) -> None:
    settings = config(budget_tokens=25, retention=1, on_purge=on_purge, overlap=overlap)
    crew = Crew()
    steps = play(crew, settings, steps=12)
    staleness = [step.row["staleness_max"] for step in steps if "staleness_max" in step.row]
    assert max(staleness) == 1 + overlap
    trained = sum(int(batch.policy.sum()) for batch in crew.trained)
    assert trained == sum(step.row["tokens_trained"] for step in steps)
    assert any(step.row["purged"] for step in steps) or on_purge == "truncate"


@pytest.mark.parametrize("overlap", [False, True])
@pytest.mark.parametrize("stop", [1, 2, 5])
def test_a_run_taken_through_its_checkpoint_goes_on_as_if_it_had_not_been(
    overlap: bool, stop: int
) -> None:
    settings = config(**BUDGET, overlap=overlap)
    whole = Crew(patience=3)
    play(whole, settings)
    crew = Crew(patience=1)
    crew.publish(0)
    line, version = pipeline(crew, settings), 0
    for number in range(8):
        if number == stop:
            saved = json.loads(json.dumps([line.state(), crew.engine._target.generator.state()]))
            batches = crew.trained
            crew = Crew()
            crew.trained.extend(batches)
            crew.publish(version)
            crew.engine._target.generator.load_state(saved[1])
            line = pipeline(crew, settings)
            line.load_state(saved[0])
        version = line.step(version, last=number == 7).version
    assert len(crew.trained) == len(whole.trained)
    for one, other in zip(crew.trained, whole.trained, strict=True):
        for column in ("lengths", "tokens", "versions", "logprobs"):
            assert np.array_equal(getattr(one, column), getattr(other, column))
