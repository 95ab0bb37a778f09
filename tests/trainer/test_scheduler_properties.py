"""What holds of the scheduler in any order of events: DESIGN's invariants as a state machine.

A model keeps its own books of every rollout, in the plainest way, and is compared with what the
scheduler says. A twin is taken to JSON and back before every call and must say the same.
"""

from __future__ import annotations

import json
from collections import Counter
from dataclasses import asdict
from itertools import count, cycle
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    invariant,
    precondition,
    rule,
)

from assay_trainer.scheduler import Scheduler, SchedulerStalled
from assay_trainer.scheduler_config import SchedulerConfig
from assay_trainer.scheduler_records import IterationEnd, ReleasedGroup, RolloutId


@st.composite
def configs(draw: st.DrawFn) -> SchedulerConfig:
    size = draw(st.integers(2, 4))
    budget = draw(st.none() | st.integers(1, 40))
    retention = draw(st.none() | st.integers(0, 3))
    chosen: dict[str, Any] = {
        "group_size": size,
        "infer_capacity": size * draw(st.integers(1, 3)) + draw(st.integers(0, 1)),
        "budget_tokens": budget,
        "retention": retention,
    }
    if budget is not None:
        chosen["budget_mode"] = draw(st.sampled_from(["completed", "generated"]))
    if not (retention == 0 and budget is not None):
        chosen["train_capacity"] = draw(st.none() | st.integers(size, 3 * size))
    if retention is not None:
        ways = ["requeue", "drop", "truncate", *(["release"] if size > 2 else [])]
        chosen["on_purge"] = draw(st.sampled_from(ways))
        if chosen["on_purge"] in ("requeue", "release"):
            chosen["max_requeues"] = draw(st.integers(0, 2))
    if size > 2 and chosen.get("on_purge") != "release" and draw(st.booleans()):
        chosen["group_policy"] = "partial"
    if chosen.get("on_purge") == "release" or "group_policy" in chosen:
        chosen["min_group"] = draw(st.integers(2, size - 1))
    chosen["overlap"] = draw(st.booleans())
    return SchedulerConfig(**chosen)


class SchedulerMachine(RuleBasedStateMachine):
    @initialize(config=configs())
    def begin(self, config: SchedulerConfig) -> None:
        self.config = config
        self.scheduler, self.twin = Scheduler(config), Scheduler(config)
        self.prompts = count()
        self.fits = cycle([True, True, False, True])
        self.learner_version = self.engine_version = 0
        self.in_training: list[list[ReleasedGroup]] = []
        self.running = False
        self.tokens: dict[RolloutId, int] = {}
        self.active: set[RolloutId] = set()
        self.age: dict[int, int] = {}
        self.ended_data = False
        self.generated = self.trained_tokens = self.wasted = 0
        self.trained: Counter[RolloutId] = Counter()
        self.forgotten: set[RolloutId] = set()

    def both(self, name: str, *arguments: Any) -> Any:
        """Call both; the twin lives in its JSON."""
        state = json.loads(json.dumps(self.twin.state()))
        self.twin = Scheduler.from_state(self.config, state)
        answers = []
        for scheduler in (self.scheduler, self.twin):
            try:
                answers.append(getattr(scheduler, name)(*arguments))
            except SchedulerStalled as error:
                answers.append(str(error))
        assert answers[0] == answers[1]
        assert self.scheduler.state() == self.twin.state()
        return answers[0]

    def started(self, rollouts: tuple[RolloutId, ...]) -> None:
        assert len(rollouts) == self.config.group_size
        for rollout in rollouts:
            assert rollout not in self.tokens, "no rollout starts twice"
            self.tokens[rollout] = 0
            self.active.add(rollout)
        self.age[rollouts[0].group] = 0

    @precondition(lambda self: self.in_training)
    @rule()
    def train_the_oldest_batch(self) -> None:
        self.both("trained")
        for group in self.in_training.pop(0):
            if group.oldest_version is not None:
                staleness = self.learner_version - group.oldest_version
                assert 0 <= staleness <= group.retention + self.config.overlap
                bound = self.config.max_staleness
                assert bound is None or staleness <= bound
        self.learner_version += 1

    @precondition(lambda self: not self.running and len(self.in_training) > self.config.overlap)
    @rule()
    def begin_beyond_the_staleness_bound(self) -> None:
        with pytest.raises(ValueError, match="staleness bound"):
            self.scheduler.begin_iteration()

    @rule(data=st.data())
    def go_on(self, data: st.DataObject) -> None:
        """What a run does most of the time, so that most examples get far."""
        if not self.running:
            while len(self.in_training) > self.config.overlap:
                self.train_the_oldest_batch()
            self.begin_iteration()
        if self.running:
            self.admit(data.draw(st.integers(0, 3)))
            self.play(data)

    def begin_iteration(self) -> None:
        self.engine_version = self.learner_version
        start = self.both("begin_iteration")
        if isinstance(start, str):
            assert "the prompts have ended" in start
            assert not self.active
            return
        self.running = True
        limit = self.config.retention
        too_old = {group for group, age in self.age.items() if limit is not None and age > limit}
        alive = set(self.tokens) - set(self.trained) - self.forgotten
        assert set(start.purged) == {rollout for rollout in alive if rollout.group in too_old}
        assert {*start.requeued, *start.dropped} == too_old
        self.forgotten |= set(start.purged)
        self.wasted += sum(self.tokens[rollout] for rollout in start.purged)
        self.active -= set(start.purged)
        for group in too_old:
            del self.age[group]
        assert set(start.resume) == self.active
        ages = [self.age[rollout.group] for rollout in start.resume]
        assert ages == sorted(ages, reverse=True), "oldest first"

    def admit(self, most: int) -> None:
        for group in self.both("admit_requeued"):
            assert group.rollouts[0].attempt > 0
            self.started(group.rollouts)
        for _ in range(0 if self.ended_data else min(most, self.scheduler.room())):
            self.started(self.both("admit", {"number": next(self.prompts)}))
            if not next(self.fits):
                self.withdraw()

    def withdraw(self) -> None:
        """The newest group turns out to have no room."""
        newest = max(self.age)
        self.both("withdraw", newest)
        gone = {rollout for rollout in self.active if rollout.group == newest}
        self.forgotten |= gone
        self.active -= gone
        del self.age[newest]

    def play(self, data: st.DataObject) -> None:
        """Every active rollout waits, writes, or ends, with or without a word."""
        rollouts = sorted(self.active)
        moves = st.tuples(st.sampled_from([0, 1, 4, 9]), st.sampled_from([False, False, True]))
        drawn = data.draw(st.lists(moves, min_size=len(rollouts), max_size=len(rollouts)))
        for rollout, (tokens, ends) in zip(rollouts, drawn, strict=True):
            if tokens:
                self.both("emitted", rollout, tokens, self.engine_version)
                self.tokens[rollout] += tokens
                self.generated += tokens
            if ends:
                self.both("finished", rollout)
                self.active.discard(rollout)

    @precondition(lambda self: not self.ended_data)
    @rule(end=st.integers(0, 19))
    def end_data(self, end: int) -> None:
        if end == 19:
            self.both("prompts_ended")
            self.ended_data = True

    @precondition(lambda self: self.running)
    @rule()
    def end_iteration(self) -> None:
        should_cut = self.both("should_cut")
        end = self.both("end_iteration")
        self.running = False
        if isinstance(end, str):  # stalled: nothing was released, and all has aged
            end = None
        for group in end.released if end else ():
            self.check_released(group)
            self.trained_tokens += sum(group.tokens)
        if end:
            self.check_accounts(end, should_cut)
        if end and end.released:
            self.in_training.append(list(end.released))
        alive = {r.group for r in set(self.tokens) - set(self.trained) - self.forgotten}
        self.age = {group: age + 1 for group, age in self.age.items() if group in alive}

    def check_released(self, group: ReleasedGroup) -> None:
        limit = self.config.retention
        assert limit is None or group.retention <= limit
        assert group.retention == self.age[group.group]
        assert set(group.rollouts) <= set(group.known)
        assert len(group.known) >= (self.config.min_group or self.config.group_size)
        for rollout, tokens in zip(group.rollouts, group.tokens, strict=True):
            self.trained[rollout] += 1
            self.active.discard(rollout)
            assert tokens == self.tokens[rollout]

    def check_accounts(self, end: IterationEnd, should_cut: bool) -> None:
        assert IterationEnd.from_json(json.loads(json.dumps(asdict(end)))) == end
        self.active -= set(end.truncated)
        if self.config.on_purge == "truncate":  # truncated, but no room to train them
            self.active &= set(end.carried)
        released = sum(len(group.rollouts) for group in end.released)
        capacity = self.config.train_capacity
        assert capacity is None or released <= capacity
        assert sum(end.retention) == released
        assert sum(end.ages) == len(end.carried) + end.held + end.waiting
        assert end.trained_tokens <= end.completed_tokens
        assert set(end.carried) == self.active
        assert (end.outcome == "released") == bool(released)
        assert released or not (should_cut and self.config.budget_tokens and self.active)

    @invariant()
    def nothing_is_lost_or_counted_twice(self) -> None:
        if not hasattr(self, "trained"):
            return
        assert all(times == 1 for times in self.trained.values())
        assert not set(self.trained) & self.forgotten
        alive = set(self.tokens) - set(self.trained) - self.forgotten
        in_flight = sum(self.tokens[rollout] for rollout in alive)
        assert self.generated == self.trained_tokens + self.wasted + in_flight

    @invariant()
    def the_pool_is_bounded(self) -> None:
        if not hasattr(self, "active"):
            return
        assert set(self.scheduler.active) == self.active
        assert len(self.active) <= self.config.infer_capacity
        limit = self.config.retention
        if self.running and limit is not None:
            assert all(age <= limit for age in self.age.values())


SchedulerMachine.TestCase.settings = settings(
    max_examples=60,
    stateful_step_count=60,
    deadline=None,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.filter_too_much],
)
TestAnyOrderOfEvents = SchedulerMachine.TestCase


def drive(
    config: SchedulerConfig, lengths: list[list[int]], speed: int = 3
) -> tuple[list[IterationEnd], Scheduler]:
    """A faithful controller over an engine that emits ``speed`` tokens a tick and rollout.

    ``lengths[p][i]`` is how long response ``i`` to prompt ``p`` would be.
    """
    scheduler = Scheduler(config)
    prompts = iter(range(len(lengths)))
    done: Counter[RolloutId] = Counter()
    ends = []
    for version in range(10_000):
        scheduler.begin_iteration()
        while not scheduler.should_cut():
            scheduler.admit_requeued()
            while scheduler.room():
                prompt = next(prompts, None)
                if prompt is None:
                    scheduler.prompts_ended()
                    break
                assert scheduler.admit(prompt)[0].group == prompt
            for rollout in scheduler.active:
                left = lengths[rollout.group][rollout.index] - done[rollout]
                scheduler.emitted(rollout, min(speed, left), version)
                done[rollout] += min(speed, left)
                if left <= speed:
                    scheduler.finished(rollout)
        ends.append(scheduler.end_iteration())
        if ends[-1].released:
            scheduler.trained()
        if scheduler.exhausted:
            return ends, scheduler
    raise AssertionError("the run did not end")


def trained_lengths(ends: list[IterationEnd]) -> Counter[tuple[int, int, int]]:
    return Counter(
        (group.prompt, rollout.index, tokens)
        for end in ends
        for group in end.released
        for rollout, tokens in zip(group.rollouts, group.tokens, strict=True)
    )


def synchronous(lengths: list[list[int]]) -> Counter[tuple[int, int, int]]:
    return Counter((p, i, n) for p, group in enumerate(lengths) for i, n in enumerate(group))


prompt_sets = st.lists(st.lists(st.integers(1, 40), min_size=3, max_size=3), min_size=1, max_size=8)


@given(lengths=prompt_sets, slots=st.integers(3, 12))
@settings(max_examples=30, deadline=None)
def test_without_budget_and_retention_one_step_trains_the_synchronous_multiset(
    lengths: list[list[int]], slots: int
) -> None:
    config = SchedulerConfig(group_size=3, infer_capacity=slots, train_capacity=3 * len(lengths))
    ends, _ = drive(config, lengths)
    assert trained_lengths(ends[:1]) == synchronous(lengths)


@given(
    lengths=prompt_sets,
    slots=st.integers(3, 12),
    budget=st.integers(1, 200),
    capacity=st.none() | st.integers(3, 12),
    policy=st.sampled_from(["hold", "partial"]),
    mode=st.sampled_from(["completed", "generated"]),
)
@settings(max_examples=30, deadline=None)
def test_without_retention_the_lengths_trained_are_the_lengths_started(
    lengths: list[list[int]], slots: int, budget: int, capacity: int | None, policy: Any, mode: Any
) -> None:
    config = SchedulerConfig(
        group_size=3,
        infer_capacity=slots,
        budget_tokens=budget,
        train_capacity=capacity,
        group_policy=policy,
        budget_mode=mode,
    )
    ends, _ = drive(config, lengths)
    assert trained_lengths(ends) == synchronous(lengths)


@given(
    lengths=prompt_sets,
    budget=st.integers(1, 100),
    retention=st.integers(0, 3),
    on_purge=st.sampled_from(["requeue", "drop", "truncate", "release"]),
)
@settings(max_examples=60, deadline=None)
def test_with_retention_a_run_ends_and_every_prompt_is_trained_or_dropped(
    lengths: list[list[int]], budget: int, retention: int, on_purge: Any
) -> None:
    config = SchedulerConfig(
        group_size=3,
        infer_capacity=6,
        budget_tokens=budget,
        retention=retention,
        on_purge=on_purge,
    )
    ends, _ = drive(config, lengths)
    released = [group for end in ends for group in end.released]
    prompts = [group.prompt for group in released]
    assert len(prompts) == len(set(prompts))
    parts = sum(len(group.known) < 3 for group in released)
    assert parts == 0 or on_purge == "release"
    assert len(prompts) - parts + sum(end.dropped for end in ends) == len(lengths)
    spent = sum(end.trained_tokens + end.wasted_tokens for end in ends)
    assert spent == sum(end.generated_tokens for end in ends)


def test_a_long_response_spans_iterations_and_is_trained_once() -> None:
    lengths = [[2, 90], *[[2, 2]] * 40]
    config = SchedulerConfig(group_size=2, infer_capacity=4, budget_tokens=8, retention=12)
    ends, _ = drive(config, lengths, speed=2)
    (long,) = [group for end in ends for group in end.released if group.prompt == 0]
    assert long.tokens == (2, 90)
    assert 1 < long.retention <= 12
    assert trained_lengths(ends) == synchronous(lengths)
