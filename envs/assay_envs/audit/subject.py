"""Subject: one environment under audit, its tasks, and how responses to them are judged."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from random import Random

from assay_datasets import InputError, Json, Task, derive_random, derive_seed
from assay_envs.audit.report import shortened
from assay_envs.data_env import DataEnvironment
from assay_envs.environment import Environment
from assay_envs.multi_turn import MultiTurn
from assay_verifiers import Verdict

DEADLINE_S = 10.0
_COSTLY_DEADLINE_S = 60.0  # programs wait for their turn in the sandbox
_AT_ONCE = 4
_VERDICTS = 4_000  # of one search, where a verdict is cheap
_COSTLY_CANDIDATES = 10  # of one search, where a verdict runs a program
_COSTLY_TASKS = 4  # at least
_COSTLY_FEW = 2
_LEAST_FRESH = 60


@dataclass(frozen=True)
class Case:
    """A response to be judged against a task; ``kind`` says what it is meant to be."""

    kind: str
    task: Task
    response: str

    def __str__(self) -> str:
        level, seed = self.task.metadata["difficulty"], self.task.metadata["seed"]
        return f"level {level} seed {seed}: {self.kind} {shortened(self.response)!r}"


@dataclass
class Subject:
    """What the checks share.

    Attributes:
        env: an instance of its own.
        make: further instances.
        seeds: tasks of each level.
        tasks: level → its tasks, in order of their seeds.
        slowest_s: seconds of the slowest verdict so far, and the case it was asked for.
    """

    env: Environment
    make: Callable[[], Environment]
    seeds: int
    tasks: dict[int, list[Task]] = field(default_factory=dict)
    _fresh: dict[int, list[Task]] = field(default_factory=dict)
    slowest_s: float = 0.0
    slowest: str = ""

    @property
    def is_data(self) -> bool:
        """Whether its tasks are rows of a data set, which certify nothing."""
        return isinstance(self.env, DataEnvironment)

    @property
    def is_game(self) -> bool:
        return isinstance(self.env, MultiTurn)

    @property
    def levels(self) -> list[int]:
        return sorted(self.env.levels)

    @property
    def is_costly(self) -> bool:
        """Whether a verdict runs a program."""
        return self.env.verifier.needs_sandbox

    def candidates(self, level: int) -> int:
        """Responses that one search of one level may try."""
        return _COSTLY_CANDIDATES if self.is_costly else max(1, _VERDICTS // len(self.some(level)))

    def seed(self, place: int) -> int:
        """Small seeds and large ones in turn, so that neither end is ignored."""
        return place if place % 2 == 0 else derive_seed("audit", self.env.id, place)

    def generate(self) -> None:
        """Make the tasks that the checks look at."""
        for level in self.levels:
            self.tasks[level] = [
                self.env.generate(self.seed(place), level) for place in range(self.seeds)
            ]

    def fresh(self, level: int) -> list[Task]:
        """Tasks that no search has seen: many, where a verdict is cheap, for rates and means."""
        if level not in self._fresh:
            cheap = max(_LEAST_FRESH, 4 * self.seeds)
            n = max(_COSTLY_TASKS, self.seeds) if self.is_costly else cheap
            places = range(self.seeds, self.seeds + n)
            self._fresh[level] = [self.env.generate(self.seed(place), level) for place in places]
        return self._fresh[level]

    def some(self, level: int) -> list[Task]:
        """As many of a level's tasks as verdicts may be asked for freely."""
        tasks = self.tasks[level]
        return tasks[: max(_COSTLY_TASKS, self.seeds // 2)] if self.is_costly else tasks

    def every(self) -> list[Task]:
        return [task for level in self.levels for task in self.some(level)]

    def few(self) -> list[Task]:
        """Tasks of all levels on which many responses each are tried."""
        most = max(_COSTLY_FEW, self.seeds // 10) if self.is_costly else self.seeds
        return [task for level in self.levels for task in self.tasks[level][:most]]

    def others(self, task: Task, n: int) -> list[str]:
        """Correct responses to other tasks of its level."""
        level = task.metadata["difficulty"]
        rng = self.rng("others", task)
        pool = [each for each in self.tasks[level] if each.duplicate_key != task.duplicate_key]
        return [self.env.oracle(each) for each in rng.sample(pool, min(n, len(pool)))]

    def rng(self, name: str, task: Task) -> Random:
        return derive_random("audit", name, self.env.id, task.id)

    def knows_answers(self) -> bool:
        """Whether it can give correct responses; data need not."""
        try:
            self.env.oracle(self.tasks[self.levels[0]][0])
        except InputError:
            if self.is_data:
                return False
            raise
        return True

    async def judge(self, case: Case) -> Verdict:
        """The verdict, within the deadline or not."""
        started = time.perf_counter()
        task = case.task
        verdict = await self.env.verifier.verify(
            case.response,
            task.answer,
            deadline_s=_COSTLY_DEADLINE_S if self.is_costly else DEADLINE_S,
            **task.options,
        )
        taken = time.perf_counter() - started
        if not self.is_costly and taken > self.slowest_s:
            self.slowest_s, self.slowest = taken, str(case)
        return verdict

    async def judge_all(self, cases: Iterable[Case]) -> list[tuple[Case, Verdict]]:
        """Verdicts on all cases, in order; a few at a time where they run programs."""
        listed = list(cases)
        if not self.is_costly:
            return [(case, await self.judge(case)) for case in listed]
        turns = asyncio.Semaphore(_AT_ONCE)

        async def one(case: Case) -> Verdict:
            async with turns:
                return await self.judge(case)

        return list(zip(listed, await asyncio.gather(*map(one, listed)), strict=True))

    async def unlike(self, cases: Iterable[Case], wanted: str) -> list[str]:
        """A line for each case whose outcome is not ``wanted``."""
        return [
            f"{case} is {verdict.outcome} ({verdict.reason}, score {verdict.score:g}){why(verdict)}"
            for case, verdict in await self.judge_all(cases)
            if verdict.outcome != wanted or (wanted == "correct" and verdict.score != 1.0)
        ]


def why(verdict: Verdict) -> str:
    """What the verdict says of its reason, for evidence; "" where it says no more."""
    tests = verdict.detail.get("tests")
    said = [verdict.detail.get("error")]
    said += [test.get("difference") for test in tests] if isinstance(tests, list) else []
    return next((f": {shortened(str(each))}" for each in said if each), "")


def leaves(value: Json, path: str = "") -> Iterable[tuple[str, str]]:
    """Every leaf of a JSON value as (path, text)."""
    if isinstance(value, dict):
        for key, inner in value.items():
            yield from leaves(inner, f"{path}.{key}" if path else str(key))
    elif isinstance(value, Sequence) and not isinstance(value, str):
        for place, inner in enumerate(value):
            yield from leaves(inner, f"{path}.{place}")
    else:
        yield path, str(value)
