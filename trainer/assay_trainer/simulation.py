"""Simulation: what a schedule costs, in discrete events, without an engine or a learner.

The scheduler is the real one, driven in the order in which a run drives it. What runs beneath it
only takes time: a tick of an engine as long as its running rollouts make it, a resumed rollout the
prefill of all it had written, a trained token its share of an update. So a budget, a capacity or a
retention can be tried at any scale in seconds, and a simulated run is a function of its arguments.

    engine   ▐ iteration 0 ▌▐ iteration 1 ▌▐ iteration 2 ▌          with overlap; without it,
    learner                 ▐ train 0 ▌    ▐ train 1 ▌   …          iteration 1 begins after train 0

Iteration n begins when iteration n-1 is cut and batch n-1 is trained (n-2 with ``overlap``); batch
n is trained when its last verdict is there and the learner is free.

What it leaves out: how long a context makes a tick, that engines are unevenly loaded, that two
parts may share one processor, and everything about what is learned. Every attempt of a rollout has
the same length.
"""

from __future__ import annotations

import heapq
from bisect import bisect_right
from collections.abc import Callable
from dataclasses import dataclass, field

from assay_datasets import InputError
from assay_trainer.scheduler import Scheduler
from assay_trainer.scheduler_config import SchedulerConfig
from assay_trainer.scheduler_records import IterationEnd, RolloutId

Lengths = Callable[[RolloutId], int]
"""Policy tokens of a rollout's whole response, at least one; asked once an attempt."""


@dataclass(frozen=True, kw_only=True)
class CostModel:
    """What the parts of a step cost, in seconds.

    Attributes:
        tick: (rollouts running on one engine, seconds of a tick), rising in both; linear between
            the points and beyond them.
        engines: equal engines, which share the rollouts evenly.
        prefill_token: one token of a prompt or of a resumed response, on one engine.
        train_token: one trained policy token, on the whole learner.
        sync: to hand new weights over; the engines stand still.
        verify: from the end of a rollout to its verdict.
        prompt_tokens: length of a prompt; the siblings of a group share its prefill.
    """

    tick: tuple[tuple[float, float], ...]
    engines: int = 1
    prefill_token: float = 0.0
    train_token: float = 0.0
    sync: float = 0.0
    verify: float = 0.0
    prompt_tokens: int = 0

    def __post_init__(self) -> None:
        rows = [rows for rows, _ in self.tick]
        if len(rows) < 2 or rows != sorted(set(rows)):
            raise InputError("a cost model needs two or more points of tick, rising in rollouts")

    def tick_s(self, running: int) -> float:
        """Seconds of one tick with so many rollouts over all engines."""
        rows = max(1.0, running / self.engines)
        place = bisect_right(self.tick, rows, key=lambda point: point[0])
        place = min(max(place, 1), len(self.tick) - 1)
        (left, low), (right, high) = self.tick[place - 1 : place + 1]
        return low + (high - low) * (rows - left) / (right - left)


@dataclass(frozen=True)
class SimulatedStep:
    """One iteration and its update; times are seconds since the start of the run.

    Attributes:
        end: the scheduler's account of the iteration.
        version: of the weights that generated it.
        began: when the engines had their weights and began.
        cut: when they were cut.
        judged: when the last verdict of the batch was there.
        update_began: when the learner began the update.
        updated: when it was done.
    """

    end: IterationEnd
    version: int
    began: float
    cut: float
    judged: float
    update_began: float
    updated: float


def simulate(
    config: SchedulerConfig, cost: CostModel, lengths: Lengths, steps: int, *, look: int = 1
) -> list[SimulatedStep]:
    """``steps`` iterations with endless prompts.

    Args:
        config: of the scheduler.
        cost: of everything else.
        lengths: how long each response is.
        steps: iterations; one in which nothing was trainable counts too.
        look: ticks between two looks of the controller; a slot that falls free in between stays
            free until the next.
    """
    run = _Run(Scheduler(config), cost, lengths, look)
    return [run.step() for _ in range(steps)]


@dataclass
class _Engine:
    """All engines as one clock of common ticks, with the rollouts that run on them."""

    cost: CostModel
    now: float = 0.0
    tick: int = 0
    ends: list[tuple[int, RolloutId]] = field(default_factory=list)
    """A heap of the running rollouts by the tick of their last token."""

    def prefill(self, tokens: int) -> None:
        self.now += tokens * self.cost.prefill_token / self.cost.engines

    def start(self, rollout: RolloutId, tokens: int) -> None:
        """Run a rollout for so many more tokens."""
        heapq.heappush(self.ends, (self.tick + tokens, rollout))

    def advance(self, ticks: int) -> list[RolloutId]:
        """So many ticks; the rollouts that ended."""
        target, ended = self.tick + ticks, []
        while self.ends and self.ends[0][0] <= target:
            self._to(self.ends[0][0])
            ended.append(heapq.heappop(self.ends)[1])
        self._to(target)
        return ended

    def _to(self, tick: int) -> None:
        if self.ends:
            self.now += (tick - self.tick) * self.cost.tick_s(len(self.ends))
        self.tick = tick


@dataclass
class _Run:
    scheduler: Scheduler
    cost: CostModel
    lengths: Lengths
    look: int
    left: dict[RolloutId, int] = field(default_factory=dict)
    """Of every unfinished rollout, the tokens that the scheduler was not told of yet."""
    ended_at: dict[RolloutId, float] = field(default_factory=dict)
    updates: list[float] = field(default_factory=list)
    """When each released batch was trained."""
    told: int = 0
    """Of those, how many the scheduler knows of."""
    cut_at: float = 0.0

    def step(self) -> SimulatedStep:
        engine = _Engine(self.cost, self._may_begin())
        began, version = engine.now, self.told
        end = self._generate(engine, version)
        self.cut_at = engine.now
        released = [rollout for group in end.released for rollout in group.rollouts]
        last_end = max((self._ended(rollout, engine) for rollout in released), default=0.0)
        judged = max(engine.now, last_end + self.cost.verify) if released else engine.now
        free = self.updates[-1] + self.cost.sync if self.updates else 0.0
        update_began = max(judged, free)
        updated = update_began + end.trained_tokens * self.cost.train_token
        if released:
            self.updates.append(updated)
        return SimulatedStep(end, version, began, engine.now, judged, update_began, updated)

    def _ended(self, rollout: RolloutId, engine: _Engine) -> float:
        """When it ended; a truncated one, when it was cut."""
        self.left.pop(rollout, None)
        return self.ended_at.pop(rollout, engine.now)

    def _may_begin(self) -> float:
        """Tell the scheduler of every update that the staleness bound waits for."""
        ready = self.cut_at
        known = len(self.updates) - self.scheduler.config.overlap
        if known <= self.told:
            return ready
        while self.told < known:
            self.scheduler.trained()
            self.told += 1
        return max(ready, self.updates[known - 1]) + self.cost.sync

    def _generate(self, engine: _Engine, version: int) -> IterationEnd:
        scheduler = self.scheduler
        start = scheduler.begin_iteration()
        for rollout in start.purged:
            self.left.pop(rollout, None)
            self.ended_at.pop(rollout, None)
        for rollout in start.resume:
            written = self.lengths(rollout) - self.left[rollout]
            engine.prefill(self.cost.prompt_tokens + written)
            engine.start(rollout, self.left[rollout])
        while not scheduler.should_cut():
            self._admit(engine)
            for rollout in engine.advance(self._next_look(engine)):
                scheduler.emitted(rollout, self.left.pop(rollout), version)
                scheduler.finished(rollout)
                self.ended_at[rollout] = engine.now
            if scheduler.config.budget_mode == "generated":
                self._tell(engine, version)
        self._tell(engine, version)
        return scheduler.end_iteration()

    def _next_look(self, engine: _Engine) -> int:
        """Ticks until the next look at which there is something to see."""
        if self.scheduler.config.budget_mode == "generated" or not engine.ends:
            return self.look
        return -((engine.tick - engine.ends[0][0]) // self.look) * self.look

    def _admit(self, engine: _Engine) -> None:
        admitted = [group.rollouts for group in self.scheduler.admit_requeued()]
        admitted += [self.scheduler.admit(None) for _ in range(self.scheduler.room())]
        for rollouts in admitted:
            engine.prefill(self.cost.prompt_tokens)
            for rollout in rollouts:
                self.left[rollout] = self.lengths(rollout)
                engine.start(rollout, self.left[rollout])

    def _tell(self, engine: _Engine, version: int) -> None:
        """Count what unfinished rollouts have written since they were last counted."""
        for tick, rollout in engine.ends:
            if written := self.left[rollout] - (tick - engine.tick):
                self.scheduler.emitted(rollout, written, version)
                self.left[rollout] -= written
