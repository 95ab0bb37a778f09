"""Workers that die, hang or are slow: noticed in time, named, replaced, and no result changes.

The processes are fakes that die at a chosen call; what runs in them, and the whole of the run
around them (see `fake_crew`), is what runs on Ray.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest

from assay_datasets import InputError
from assay_trainer.errors import TrainerError, WorkerLost
from assay_trainer.pipeline import Pipeline
from assay_trainer.recovery_config import RecoveryConfig
from assay_trainer.reward_worker import StepOutcome
from assay_trainer.supervision import (
    DataLost,
    EngineLog,
    Gone,
    Late,
    NoLog,
    RewardLog,
    Unstarted,
    Watch,
    Worker,
)
from tests.trainer.fake_crew import Crew, EngineActor, RewardActor, Suite, config

STEPS = 6
MOMENTS = {"engine": (1, 2, 3, 5, 8, 13, 21, 34, 55, 89), "reward": (0, 1, 2, 3, 4, 6, 9, 15, 20)}
BOUNDS = RecoveryConfig(slow_s=60, patience_s=900, attempts=3)


class Reference:
    """An answer, or what is raised in its place."""

    def __init__(self, value: Any = None, error: Exception | None = None) -> None:
        self.value, self.error = value, error

    def __call__(self) -> Any:
        if self.error is not None:
            raise self.error
        return self.value


class Process:
    """An actor's process, which ends at its ``last`` call, before or after it has worked."""

    def __init__(self, target: Any, last: int | None = None, way: str = "dies before") -> None:
        self._target, self._left, self._way = target, last, way
        self._error: Exception | None = None

    def __getattr__(self, name: str) -> Any:
        return SimpleNamespace(remote=lambda *args: self._call(name, args))

    def _call(self, name: str, args: tuple[Any, ...]) -> Reference:
        if self._error is not None:
            return Reference(error=self._error)
        if self._left == 0:
            self._error = Late() if self._way == "hangs" else Gone("died (killed by signal 9)")
            if self._way == "dies after":
                self._answer(name, args)
            return Reference(error=self._error)
        self._left = None if self._left is None else self._left - 1
        return self._answer(name, args)

    def _answer(self, name: str, args: tuple[Any, ...]) -> Reference:
        given = [arg() if isinstance(arg, Reference) else arg for arg in args]
        try:
            return Reference(getattr(self._target, name)(*given))
        except Exception as error:
            return Reference(error=error)


class Wire:
    """What Ray is to the supervisors; ``waited`` are the bounds that were given to it."""

    def __init__(self) -> None:
        self.waited: list[float] = []
        self.killed: list[Any] = []

    def get(self, reference: Reference, timeout_s: float) -> Any:
        self.waited.append(timeout_s)
        return reference()

    def kill(self, actor: Any) -> None:
        self.killed.append(actor)


class WatchedCrew(Crew):
    """The crew under supervision; of one worker, every process so many calls long but the last."""

    def __init__(self, victim: str = "", ends: tuple[int, ...] = (), way: str = "dies before"):
        super().__init__()
        self.said: list[str] = []
        self.watch = Watch(Wire(), BOUNDS, self.said.append)
        lives = iter(ends)

        def spawner(name: str, make: Callable[[], Any]) -> Callable[[], Process]:
            return lambda: Process(make(), next(lives, None) if name == victim else None, way)

        makes = {"engine": lambda: EngineActor(self.log), "reward": RewardActor}
        logs: dict[str, Any] = {"engine": EngineLog(), "reward": RewardLog()}
        workers = {n: Worker(n, spawner(n, makes[n]), logs[n], self.watch) for n in makes}
        self.engine, self.rewards = workers["engine"], [workers["reward"]]

    def get(self, reference: Any) -> Any:
        return reference() if callable(reference) else reference.result()

    def ready(self, reference: Any) -> bool:
        return True

    def publish(self, version: int) -> dict[str, float]:
        self.get(self.engine.load_weights.remote(version))
        return {}


def play(crew: WatchedCrew, *, overlap: bool, on_purge: str = "requeue") -> None:
    settings = config(budget_tokens=25, retention=1, overlap=overlap, on_purge=on_purge)
    crew.publish(0)
    line = Pipeline(crew, settings, Suite())  # type: ignore[arg-type]
    version = 0
    for number in range(STEPS):
        version = line.step(version, last=number + 1 == STEPS).version
        crew.watch.replaced = 0


def assert_same_batches(crew: Crew, other: Crew) -> None:
    assert len(crew.trained) == len(other.trained) > 0
    for one, two in zip(crew.trained, other.trained, strict=True):
        for column in ("lengths", "tokens", "versions", "logprobs"):
            assert np.array_equal(getattr(one, column), getattr(two, column))


@pytest.mark.parametrize("way", ["dies before", "dies after", "hangs"])
@pytest.mark.parametrize("overlap", [False, True])
@pytest.mark.parametrize("victim", ["engine", "reward"])
def test_whenever_a_worker_is_lost_the_same_batches_are_trained(
    victim: str, overlap: bool, way: str
) -> None:
    whole = WatchedCrew()
    play(whole, overlap=overlap)
    for moment in MOMENTS[victim]:
        crew = WatchedCrew(victim, (moment,), way)
        play(crew, overlap=overlap)
        assert_same_batches(crew, whole)
        assert [line for line in crew.said if "replaced" in line], "it outlived the run"


def test_episodes_cut_short_are_judged_by_the_new_worker() -> None:
    whole = WatchedCrew()
    play(whole, overlap=False, on_purge="truncate")
    for moment in range(1, 30):
        crew = WatchedCrew("reward", (moment,), "dies after")
        play(crew, overlap=False, on_purge="truncate")
        assert_same_batches(crew, whole)


def test_a_worker_may_be_lost_again_while_it_catches_up() -> None:
    whole = WatchedCrew()
    play(whole, overlap=True)
    crew = WatchedCrew("engine", (30, 40), "dies after")
    play(crew, overlap=True)
    assert_same_batches(crew, whole)
    assert len(crew.watch.wire.killed) == 2  # type: ignore[attr-defined]


def test_the_controller_holds_the_calls_of_one_iteration_only() -> None:
    crew = WatchedCrew()
    play(crew, overlap=False)
    kept = [call.method for call in crew.engine.log.again()]
    assert kept[:2] == ["load_weights", "load_state"]
    assert kept.count("load_weights") == 2, "those of the iteration and those after it"
    assert kept.count("advance") < crew.log.count("look") / 2
    begun = [call for call in crew.rewards[0].log.again() if call.method == "start"]
    told = {start.uid for call in begun for start in call.args[0]}
    assert told == crew.rewards[0].actor._target.open, "no episode that is over"


# One worker


class Counter:
    """Adds up; refuses what is negative."""

    def __init__(self) -> None:
        self.sum = 0

    def open(self) -> None:
        """Be ready."""

    def add(self, number: int) -> int:
        if number < 0:
            raise InputError("negative")
        self.sum += number
        return self.sum


def counter(
    *lives: Process, log: Any = None, bounds: RecoveryConfig = BOUNDS
) -> tuple[Worker, Watch, list[str]]:
    said: list[str] = []
    watch = Watch(Wire(), bounds, said.append)
    processes = iter(lives)
    return Worker("counter", lambda: next(processes), log or EngineLog(), watch), watch, said


def test_a_dead_worker_is_named_with_its_reason_and_its_process_ended() -> None:
    first = Process(Counter(), 1)
    worker, watch, said = counter(first, Process(Counter()))
    assert worker.add.remote(1).result() == 1
    assert worker.add.remote(2).result() == 3
    assert said == [
        "the counter worker died (killed by signal 9): replaced, its work is taken up again"
    ]
    assert watch.wire.killed == [first]  # type: ignore[attr-defined]


def test_a_hung_worker_is_first_told_as_slow_then_replaced_and_no_wait_is_unbounded() -> None:
    worker, watch, said = counter(Process(Counter(), 0, "hangs"), Process(Counter()))
    assert worker.add.remote(1).result() == 1
    assert said == [
        "the counter worker is slow: add takes over 60 s",
        "the counter worker hung: no answer to add in 900 s: replaced, its work is taken up again",
    ]
    assert watch.wire.waited == [60, 840, 60]  # type: ignore[attr-defined]


@pytest.mark.parametrize("slow_s", [900, 5000])
def test_patience_bounds_slowness(slow_s: float) -> None:
    bounds = RecoveryConfig(slow_s=slow_s, patience_s=900)
    worker, watch, said = counter(Process(Counter(), 0, "hangs"), Process(Counter()), bounds=bounds)
    assert worker.add.remote(1).result() == 1
    assert sum(watch.wire.waited[:2]) == 900  # type: ignore[attr-defined]
    assert not [line for line in said if "slow" in line]


def test_a_process_that_starts_has_its_own_time() -> None:
    bounds = RecoveryConfig(slow_s=1, patience_s=5)
    worker, watch, _ = counter(Process(Counter(), 0, "hangs"), Process(Counter()), bounds=bounds)
    worker.open.remote().result()
    assert sum(watch.wire.waited[:2]) == 600  # type: ignore[attr-defined]


def test_what_a_call_raises_is_not_the_workers_death() -> None:
    worker, _, said = counter(Process(Counter()))
    with pytest.raises(InputError, match="negative"):
        worker.add.remote(-1).result()
    assert said == []


def test_too_many_replacements_in_one_step_are_a_lost_worker() -> None:
    worker, watch, _ = counter(*(Process(Counter(), 0) for _ in range(9)))
    with pytest.raises(WorkerLost, match=r"counter worker died .*, after 3 replacements"):
        worker.add.remote(1).result()
    watch.replaced = 0
    assert watch.config.attempts == 3


LOST = {
    "dead": (Gone("of rank 1 died (killed)"), "of rank 1 died (killed)"),
    "hung": (Late(""), "hung: no answer to add in 900 s"),
    "hung in part": (Late("of rank 1"), "of rank 1 hung: no answer to add in 900 s"),
}


@pytest.mark.parametrize("case", LOST)
def test_a_worker_that_nothing_can_replace_is_lost_at_once_by_name(case: str) -> None:
    error, named = LOST[case]
    worker, _, said = counter(Process(SimpleNamespace(add=raising(error))), log=NoLog())
    with pytest.raises(WorkerLost, match=f"^the counter worker {re.escape(named)}$"):
        worker.add.remote(1).result()
    assert not [line for line in said if "replaced" in line]


def raising(error: Exception) -> Callable[..., None]:
    def call(*_: Any) -> None:
        raise error

    return call


class Wrapped(Exception):
    """As Ray hands over what is no error of ours."""

    def __init__(self, cause: Exception) -> None:
        self.cause = cause


STARTS = [
    (Wrapped(ImportError("no libcudart.so")), TrainerError, "start: ImportError: no libcudart.so$"),
    (Unstarted("ModuleNotFoundError: x"), TrainerError, "start: ModuleNotFoundError: x$"),
    (InputError("no such model"), InputError, "^no such model$"),
]


@pytest.mark.parametrize(("error", "kind", "told"), STARTS)
def test_a_worker_that_cannot_start_says_why_and_is_not_tried_again(
    error: Exception, kind: type[Exception], told: str
) -> None:
    worker, watch, said = counter(Process(SimpleNamespace(open=raising(error))))
    with pytest.raises(kind, match=told):
        worker.open.remote().result()
    assert watch.replaced == 0
    assert said == []


def test_a_bug_in_a_call_is_none_of_starting() -> None:
    worker, _, _ = counter(Process(SimpleNamespace(add=raising(Wrapped(KeyError("bug"))))))
    with pytest.raises(Wrapped):
        worker.add.remote(1).result()


def test_data_that_died_with_its_owner_is_not_asked_for_again() -> None:
    def lose(number: int) -> None:
        raise DataLost("owner died")

    worker, watch, _ = counter(Process(SimpleNamespace(add=lose)), Process(Counter()))
    with pytest.raises(WorkerLost, match=r"left without data: owner died"):
        worker.add.remote(1).result()
    assert watch.replaced == 0


def test_an_engine_that_writes_other_tokens_the_second_time_is_lost() -> None:
    def engine(token: int) -> Any:
        return SimpleNamespace(advance=lambda ticks: (("emitted", token), []))

    worker, _, _ = counter(Process(engine(5), 1), Process(engine(6)))
    worker.advance.remote(1).result()
    with pytest.raises(WorkerLost, match="gave advance another answer"):
        worker.advance.remote(1).result()


# What a reward worker is told again


def starting(*uids: str) -> list[Any]:
    return [SimpleNamespace(uid=uid) for uid in uids]


class Turns:
    """Writes down what it is asked; an episode is over when it is told so."""

    def __init__(self) -> None:
        self.asked: list[tuple[Any, ...]] = []

    def start(self, starts: list[Any]) -> Any:
        self.asked.append(("start", *(start.uid for start in starts)))

    def step(self, uids: list[str], texts: list[str], wanted: list[int]) -> Any:
        said = [texts[place] for place in wanted]
        self.asked.append(("step", *zip(uids, said, strict=True)))
        return [StepOutcome(uid, 1.0, text == "end") for uid, text in zip(uids, said, strict=True)]

    def forget(self, uids: list[str]) -> None:
        self.asked.append(("forget", *uids))


class Judging:
    """Turns whose ``step`` answers as the reward worker does."""

    def __init__(self, turns: Turns) -> None:
        self.start, self.forget = turns.start, turns.forget
        self.step = lambda *args: (turns.step(*args), [])


def test_a_new_reward_worker_hears_the_open_episodes_only_and_is_asked_what_was_not_answered() -> (
    None
):
    second = Turns()
    worker, _, _ = counter(Process(Judging(Turns()), 4), Process(Judging(second)), log=RewardLog())
    worker.start.remote(starting("a", "b", "c", "d")).result()
    worker.step.remote(["b", "a"], ["end", "go"], [0, 1]).result()
    worker.step.remote(["c", "d"], ["go", "go"], [0, 1]).result()
    worker.forget.remote(["d"])
    outcomes, _ = worker.step.remote(["a", "c"], ["end", "on"], [0, 1]).result()
    assert [(outcome.uid, outcome.done) for outcome in outcomes] == [("a", True), ("c", False)]
    assert second.asked == [
        ("start", "a", "c"),
        ("step", ("a", "go")),
        ("step", ("c", "go")),
        ("step", ("a", "end"), ("c", "on")),
    ]
