"""The scheduler's decisions one by one; what holds for any order of events is in
test_scheduler_properties.py."""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import asdict
from typing import Any

import pytest
from pydantic import ValidationError

from assay_trainer.scheduler import Scheduler, SchedulerStalled
from assay_trainer.scheduler_config import SchedulerConfig
from assay_trainer.scheduler_records import IterationEnd, RolloutId

REFUSED: list[tuple[dict[str, Any], str]] = [
    ({"group_size": 1}, "group of one"),
    ({"group_size": 8, "infer_capacity": 7}, "infer_capacity = 7 cannot hold one group of 8"),
    ({"group_size": 8, "train_capacity": 7}, "train_capacity = 7 cannot hold one group of 8"),
    ({"budget_tokens": 0}, "leave it out for a synchronous step"),
    ({"budget_mode": "generated"}, "does nothing without budget_tokens"),
    ({"budget_tokens": 9, "min_trained": 4}, "belongs to budget_mode"),
    ({"retention": -1}, "0 or more"),
    ({"retention": 0, "train_capacity": 8, "budget_tokens": 9}, "lets nothing be carried"),
    ({"min_group": 3}, "min_group does nothing"),
    ({"group_policy": "partial", "min_group": 1}, "between 2 and 7"),
    ({"group_policy": "partial", "min_group": 8}, "between 2 and 7"),
    ({"group_policy": "partial", "group_size": 2}, "need group_size 3"),
    ({"retention": 1, "on_purge": "release", "group_size": 2}, "need group_size 3"),
    ({"retention": 1, "on_purge": "release", "group_policy": "partial"}, "finished siblings"),
    ({"retention": 1, "min_group": 3}, "min_group does nothing"),
    ({"on_purge": "drop"}, "set retention"),
    ({"max_requeues": 2}, "belongs to on_purge"),
    ({"retention": 1, "on_purge": "drop", "max_requeues": 2}, "belongs to on_purge"),
    ({"retention": 1, "max_requeues": -1}, "0 or more"),
    ({"phi": 3}, "phi"),
]


@pytest.mark.parametrize(("settings", "sentence"), REFUSED)
def test_a_setting_that_contradicts_or_does_nothing_is_refused(
    settings: dict[str, Any], sentence: str
) -> None:
    with pytest.raises(ValidationError, match=sentence):
        SchedulerConfig(**settings)


def test_a_resolved_config_is_read_back_as_itself() -> None:
    for settings in (
        {},
        {"retention": 2},
        {"budget_tokens": 10, "budget_mode": "generated", "group_policy": "partial"},
        {"retention": 0, "on_purge": "truncate"},
        {"retention": 1, "on_purge": "release"},
    ):
        config = SchedulerConfig(**settings)
        assert SchedulerConfig(**asdict(config)) == config


def make(**settings: Any) -> Scheduler:
    """A scheduler of pairs with four slots and a budget of 10, unless told otherwise."""
    defaults = {"group_size": 2, "infer_capacity": 4, "budget_tokens": 10}
    return Scheduler(SchedulerConfig(**{**defaults, **settings}))


def fill(scheduler: Scheduler, first: int = 0) -> list[RolloutId]:
    """Admit new prompts ``first``, ``first + 1`` … while there is room."""
    admitted: list[RolloutId] = []
    while scheduler.room():
        admitted += scheduler.admit(f"prompt {first + len(admitted) // 2}")
    return admitted


def finish(
    scheduler: Scheduler, rollouts: Iterable[RolloutId], tokens: int = 5, version: int = 0
) -> None:
    for rollout in rollouts:
        scheduler.emitted(rollout, tokens, version)
        scheduler.finished(rollout)


def end_and_train(scheduler: Scheduler) -> IterationEnd:
    end = scheduler.end_iteration()
    if end.released:
        scheduler.trained()
    return end


def trained(end: IterationEnd) -> list[RolloutId]:
    return [rollout for group in end.released for rollout in group.rollouts]


def test_admission_is_by_whole_group() -> None:
    scheduler = make(infer_capacity=5)
    scheduler.begin_iteration()
    assert scheduler.room() == 2
    a, b, c, _ = fill(scheduler)
    assert (a, b) == (RolloutId(0, 0), RolloutId(0, 1))
    finish(scheduler, [a])
    assert scheduler.room() == 1, "one free slot and the odd fifth make a place for a pair"
    scheduler.admit("more")
    finish(scheduler, [c])
    assert scheduler.room() == 0
    with pytest.raises(ValueError, match="room"):
        scheduler.admit("too many")


def test_a_group_that_cannot_be_played_is_taken_back_and_leaves_its_place() -> None:
    scheduler = make()
    scheduler.begin_iteration()
    a, b, c, d = fill(scheduler)
    scheduler.withdraw(a.group)
    assert scheduler.active == (c, d)
    assert scheduler.room() == 1
    fresh = scheduler.admit("another")
    assert {rollout.group for rollout in fresh}.isdisjoint({a.group, c.group})
    finish(scheduler, [c, d, *fresh])
    end = end_and_train(scheduler)
    assert trained(end) == [c, d, *fresh]
    assert (end.generated_tokens, end.wasted_tokens, end.purged) == (20, 0, 0)
    scheduler.begin_iteration()
    with pytest.raises(ValueError, match="not active"):
        scheduler.emitted(b, 1, 1)


def test_only_what_was_just_admitted_is_taken_back() -> None:
    scheduler = make(retention=3)
    scheduler.begin_iteration()
    a, b, c, d = fill(scheduler)
    scheduler.emitted(a, 1, 0)
    finish(scheduler, [c, d])
    for group in (a.group, c.group, 99):
        with pytest.raises(ValueError, match=r"just admitted|tokens already"):
            scheduler.withdraw(group)
    end_and_train(scheduler)
    scheduler.begin_iteration()
    with pytest.raises(ValueError, match="not just admitted"):
        scheduler.withdraw(b.group)


def test_the_budget_counts_a_finished_rollout_when_its_group_is_complete() -> None:
    scheduler = make(budget_tokens=10)
    scheduler.begin_iteration()
    a, b, c, d = fill(scheduler)
    finish(scheduler, [a], tokens=30)
    finish(scheduler, [c], tokens=30)
    assert not scheduler.should_cut()
    finish(scheduler, [b], tokens=1)
    assert scheduler.should_cut()
    scheduler.emitted(d, 7, 0)
    end = end_and_train(scheduler)
    assert trained(end) == [a, b]
    assert end.released[0].prompt == "prompt 0"
    assert end.released[0].tokens == (30, 1)
    assert (end.carried, end.held, end.overshoot) == ((d,), 1, 21)
    assert (end.trained_tokens, end.completed_tokens, end.generated_tokens) == (31, 31, 68)


def test_a_generated_budget_waits_for_something_to_train() -> None:
    scheduler = make(budget_mode="generated", budget_tokens=10)
    scheduler.begin_iteration()
    a, b, c, _ = fill(scheduler)
    scheduler.emitted(c, 50, 0)
    assert not scheduler.should_cut()
    finish(scheduler, [a, b], tokens=1)
    assert scheduler.should_cut()
    assert end_and_train(scheduler).overshoot == 42


def test_without_a_budget_the_step_waits_for_every_rollout_it_admitted() -> None:
    scheduler = make(budget_tokens=None, train_capacity=6)
    scheduler.begin_iteration()
    a, b, c, d = fill(scheduler)
    finish(scheduler, [a, b])
    e, f = fill(scheduler)
    finish(scheduler, [c, d])
    assert scheduler.room() == 0, "six sequences are the step"
    assert not scheduler.should_cut()
    finish(scheduler, [e, f])
    assert scheduler.should_cut()
    end = end_and_train(scheduler)
    assert trained(end) == [a, b, c, d, e, f]
    assert end.overshoot == 0


def test_carried_rollouts_are_resumed_oldest_first_and_keep_their_tokens() -> None:
    scheduler = make(retention=3, infer_capacity=8)
    scheduler.begin_iteration()
    a, b, c, d, *_ = fill(scheduler)
    scheduler.emitted(a, 3, 0)
    finish(scheduler, [c, d])
    end_and_train(scheduler)
    start = scheduler.begin_iteration()
    assert start.resume[:2] == (a, b)
    new = fill(scheduler)
    finish(scheduler, [b, a], tokens=4, version=1)
    finish(scheduler, new, tokens=4, version=1)
    end = end_and_train(scheduler)
    assert end.released[0].rollouts == (a, b), "the oldest group comes first"
    assert end.released[0].tokens == (7, 4)
    assert (end.released[0].retention, end.released[0].oldest_version) == (1, 0)
    assert end.retention == (2, 2)
    assert end.resumed == 6


@pytest.mark.parametrize("retention", [0, 1, 2])
def test_a_group_is_purged_once_it_was_carried_more_often_than_its_retention(
    retention: int,
) -> None:
    scheduler = make(retention=retention, infer_capacity=2)
    scheduler.begin_iteration()
    a, b = scheduler.admit("slow")
    finish(scheduler, [a], tokens=9)
    for carried in range(retention):
        scheduler.emitted(b, 1, carried)
        end_and_train(scheduler)
        assert scheduler.begin_iteration().resume == (b,)
    scheduler.emitted(b, 1, retention)
    # Nothing was ever released: the last iteration says so, and the purge comes all the same.
    with pytest.raises(SchedulerStalled, match=r"stuck groups \[0\].*retention"):
        scheduler.end_iteration()
    start = scheduler.begin_iteration()
    assert start.purged == (a, b), "the finished sibling goes with its group"
    assert (start.resume, start.requeued) == ((), (0,))
    again = scheduler.admit_requeued()[0]
    assert (again.prompt, again.rollouts) == ("slow", (RolloutId(0, 0, 1), RolloutId(0, 1, 1)))
    finish(scheduler, again.rollouts, version=9)
    end = end_and_train(scheduler)
    assert (end.wasted_tokens, end.purged, end.requeued) == (10 + retention, 2, 1)
    assert (end.released[0].retention, end.released[0].oldest_version) == (0, 9)


def test_requeued_groups_are_admitted_before_new_prompts() -> None:
    scheduler = make(retention=0, budget_tokens=1, infer_capacity=4)
    scheduler.begin_iteration()
    a, b, c, d = fill(scheduler)
    finish(scheduler, [a, b])
    scheduler.emitted(c, 2, 0)
    end_and_train(scheduler)
    scheduler.begin_iteration()
    assert scheduler.room() == 1, "two pairs fit, and one place is taken"
    assert [group.prompt for group in scheduler.admit_requeued()] == ["prompt 1"]
    assert scheduler.room() == 1
    with pytest.raises(ValueError, match="not active"):
        scheduler.emitted(d, 1, 0)


def test_a_group_that_started_over_is_younger_than_its_number() -> None:
    scheduler = make(retention=1, budget_tokens=1, infer_capacity=6)
    for version in range(2):
        scheduler.begin_iteration()
        scheduler.admit("never ends" if version == 0 else "slow")
        finish(scheduler, scheduler.admit("quick"), version=version)
        end_and_train(scheduler)
    assert scheduler.begin_iteration().requeued == (0,)
    scheduler.admit_requeued()
    finish(scheduler, scheduler.active, version=2)
    released = end_and_train(scheduler).released
    assert [(group.prompt, group.retention) for group in released] == [
        ("slow", 1),
        ("never ends", 0),
    ]


def test_a_prompt_is_dropped_when_it_is_out_of_requeues() -> None:
    scheduler = make(retention=0, max_requeues=1, budget_tokens=1, infer_capacity=4)
    outcomes = []
    for version in range(3):
        start = scheduler.begin_iteration()
        outcomes.append((start.requeued, start.dropped))
        if version == 0:
            scheduler.admit("never ends")
        else:
            scheduler.admit_requeued()
        finish(scheduler, scheduler.admit(f"quick {version}"), version=version)
        end_and_train(scheduler)
    assert outcomes == [((), ()), ((0,), ()), ((), (0,))]


def test_on_purge_drop_gives_the_prompt_up() -> None:
    scheduler = make(retention=0, on_purge="drop", budget_tokens=1)
    scheduler.begin_iteration()
    a, b, *_ = fill(scheduler)
    finish(scheduler, [a, b])
    end_and_train(scheduler)
    start = scheduler.begin_iteration()
    assert (start.dropped, start.requeued) == ((1,), ())
    assert scheduler.admit_requeued() == ()


def test_on_purge_truncate_trains_the_group_at_its_last_permitted_iteration() -> None:
    scheduler = make(retention=1, on_purge="truncate", infer_capacity=2)
    scheduler.begin_iteration()
    a, b = scheduler.admit("slow")
    finish(scheduler, [a], tokens=3)
    scheduler.emitted(b, 2, 0)
    assert end_and_train(scheduler).truncated == ()
    scheduler.begin_iteration()
    scheduler.emitted(b, 2, 1)
    end = end_and_train(scheduler)
    assert (end.truncated, trained(end)) == ((b,), [a, b])
    assert end.released[0].tokens == (3, 4)
    assert end.carried == ()


def test_on_purge_release_trains_the_finished_siblings_of_a_group_at_its_end() -> None:
    scheduler = make(group_size=3, infer_capacity=6, retention=1, on_purge="release")
    scheduler.begin_iteration()
    a, b, c = scheduler.admit("two of three")
    d, *others = scheduler.admit("one of three")
    finish(scheduler, [a, b, d], tokens=2)
    for rollout in (c, *others):
        scheduler.emitted(rollout, 4, 0)
    first = end_and_train(scheduler)
    assert (trained(first), first.held, first.ages) == ([], 3, (0, 6))
    scheduler.begin_iteration()
    scheduler.emitted(c, 1, 1)
    end = end_and_train(scheduler)
    assert trained(end) == [a, b]
    assert end.released[0].known == (a, b)
    assert (end.trained_tokens, end.completed_tokens, end.held) == (4, 4, 1)
    start = scheduler.begin_iteration()
    assert start.purged == (c, d, *others)
    assert (start.dropped, start.requeued) == ((0,), (1,)), "one alone is no group: it starts over"


def test_the_gap_between_trained_and_purged_lengths_is_reported() -> None:
    scheduler = make(retention=0, on_purge="drop", budget_tokens=10)
    scheduler.begin_iteration()
    a, b, c, d = fill(scheduler)
    finish(scheduler, [a, b], tokens=5)
    scheduler.emitted(c, 20, 0)
    scheduler.emitted(d, 30, 0)
    assert end_and_train(scheduler).length_gap == 0, "nothing is purged yet"
    scheduler.begin_iteration()
    finish(scheduler, fill(scheduler)[:2], tokens=5, version=1)
    assert end_and_train(scheduler).length_gap == 5 - (4 * 5 + 2 * 25) / 6


def test_an_iteration_may_begin_while_as_many_batches_train_as_the_bound_permits() -> None:
    for overlap in (False, True):
        scheduler = make(overlap=overlap)
        for _ in range(1 + overlap):
            scheduler.begin_iteration()
            finish(scheduler, fill(scheduler))
            scheduler.end_iteration()
        with pytest.raises(ValueError, match="staleness bound"):
            scheduler.begin_iteration()
        scheduler.trained()
        scheduler.begin_iteration()
    assert SchedulerConfig(retention=2, overlap=True).max_staleness == 3
    assert SchedulerConfig(retention=2).max_staleness == 2
    assert SchedulerConfig().max_staleness is None
    with pytest.raises(ValueError, match="without a released batch"):
        make().trained()


def test_partial_groups_release_what_is_known_and_stragglers_later() -> None:
    scheduler = make(group_size=4, infer_capacity=4, group_policy="partial", retention=5)
    scheduler.begin_iteration()
    a, b, c, d = scheduler.admit("p")
    finish(scheduler, [c], tokens=20)
    assert not scheduler.should_cut(), "one sibling is no group"
    finish(scheduler, [a])
    assert scheduler.should_cut()
    assert trained(end_and_train(scheduler)) == [a, c]
    scheduler.begin_iteration()
    finish(scheduler, [b], version=1)
    (late,) = end_and_train(scheduler).released
    assert (late.rollouts, late.known) == ((b,), (a, b, c))
    scheduler.begin_iteration()
    finish(scheduler, [d], version=2)
    assert end_and_train(scheduler).released[0].retention == 2


def test_a_group_trained_in_part_is_never_started_over() -> None:
    scheduler = make(group_size=3, infer_capacity=3, group_policy="partial", retention=0)
    scheduler.begin_iteration()
    a, b, c = scheduler.admit("p")
    finish(scheduler, [a, b])
    scheduler.emitted(c, 4, 0)
    end_and_train(scheduler)
    start = scheduler.begin_iteration()
    assert (start.purged, start.requeued, start.dropped) == ((c,), (), (0,))


def test_the_training_capacity_carries_the_youngest() -> None:
    scheduler = make(train_capacity=2, infer_capacity=6, budget_tokens=100, retention=1)
    scheduler.begin_iteration()
    a, b, c, d, e, f = fill(scheduler)
    finish(scheduler, [e, f, c, d])
    assert scheduler.should_cut(), "the training pool is full"
    end = end_and_train(scheduler)
    assert trained(end) == [c, d]
    assert (end.waiting, end.held, end.completed_tokens, end.trained_tokens) == (2, 0, 20, 10)
    scheduler.begin_iteration()
    assert scheduler.should_cut(), "what was carried fills it again"
    finish(scheduler, [a, b], version=1)
    assert trained(end_and_train(scheduler)) == [a, b], "equal age: the earlier prompt first"
    assert scheduler.begin_iteration().purged == (e, f), "the same bound holds for who waits"


def test_the_end_of_the_prompts_drains_the_pool_and_is_named() -> None:
    scheduler = make(budget_tokens=1000)
    scheduler.begin_iteration()
    rollouts = scheduler.admit("last")
    scheduler.prompts_ended()
    assert not scheduler.should_cut()
    finish(scheduler, rollouts)
    assert scheduler.should_cut()
    assert not scheduler.exhausted
    assert end_and_train(scheduler).outcome == "released"
    assert scheduler.exhausted
    with pytest.raises(SchedulerStalled, match="prompts have ended"):
        scheduler.begin_iteration()


def test_no_prompt_at_all_is_an_exhausted_iteration_and_no_hang() -> None:
    scheduler = make()
    scheduler.begin_iteration()
    scheduler.prompts_ended()
    assert scheduler.should_cut()
    assert end_and_train(scheduler).outcome == "exhausted"


def test_an_iteration_that_did_nothing_is_an_error_that_names_the_groups() -> None:
    scheduler = make()
    scheduler.begin_iteration()
    fill(scheduler)
    with pytest.raises(SchedulerStalled, match=r"stuck groups \[0, 1\].*is the engine alive"):
        scheduler.end_iteration()


def test_calls_out_of_order_are_refused() -> None:
    scheduler = make()
    for call in (scheduler.end_iteration, scheduler.room, scheduler.should_cut):
        with pytest.raises(ValueError, match="begin_iteration"):
            call()
    scheduler.begin_iteration()
    with pytest.raises(ValueError, match="end_iteration"):
        scheduler.begin_iteration()


@pytest.mark.parametrize(("tokens", "version"), [(0, 3), (-1, 3), (1, 2), (1, -1)])
def test_counts_are_positive_and_versions_never_decrease(tokens: int, version: int) -> None:
    scheduler = make()
    scheduler.begin_iteration()
    (a, *_) = fill(scheduler)
    scheduler.emitted(a, 1, 3)
    with pytest.raises(ValueError, match="never decrease"):
        scheduler.emitted(a, tokens, version)


def test_a_rollout_ends_once() -> None:
    scheduler = make()
    scheduler.begin_iteration()
    (a, *_) = fill(scheduler)
    finish(scheduler, [a])
    for late in (a, RolloutId(0, 0, 1), RolloutId(9, 0)):
        with pytest.raises(ValueError, match="not active"):
            scheduler.finished(late)


def test_the_state_is_json_and_names_what_was_running() -> None:
    scheduler = make()
    scheduler.begin_iteration()
    a, b, c, d = fill(scheduler)
    finish(scheduler, [a, b, c])
    state = json.loads(json.dumps(scheduler.state()))
    again = Scheduler.from_state(scheduler.config, state)
    assert again.active == (d,)
    assert again.should_cut()
    assert again.end_iteration() == scheduler.end_iteration()
