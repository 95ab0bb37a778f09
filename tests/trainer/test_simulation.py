"""The simulator: closed forms where there are any, and the same books as the scheduler's own."""

from __future__ import annotations

import dataclasses
from itertools import pairwise
from typing import Any

import pytest

from assay_datasets import InputError, derive_seed
from assay_trainer.scheduler_config import SchedulerConfig
from assay_trainer.scheduler_records import RolloutId
from assay_trainer.simulation import CostModel, SimulatedStep, simulate

FLAT = CostModel(tick=((1, 1.0), (2, 1.0)))
"""A tick is a second, whatever runs."""


def config(**settings: Any) -> SchedulerConfig:
    return SchedulerConfig(**{"group_size": 2, "infer_capacity": 4, **settings})


def alike(rollout: RolloutId) -> int:
    return 10


def one_in_eight_is_long(rollout: RolloutId) -> int:
    return 200 if derive_seed("length", rollout.group, rollout.index) % 8 == 0 else 10


@pytest.mark.parametrize(
    ("running", "seconds"), [(0, 2.0), (2, 2.0), (6, 4.0), (8, 5.0), (20, 8.0), (40, 13.0)]
)
def test_a_tick_is_interpolated_and_shared_by_the_engines(running: int, seconds: float) -> None:
    cost = CostModel(tick=((1, 2.0), (4, 5.0), (8, 7.0)), engines=2)
    assert cost.tick_s(running) == seconds


@pytest.mark.parametrize("tick", [(), ((1, 1.0),), ((2, 1.0), (1, 2.0))])
def test_a_curve_of_one_point_or_out_of_order_is_refused(tick: Any) -> None:
    with pytest.raises(InputError, match="two or more points"):
        CostModel(tick=tick)


def test_a_synchronous_step_is_the_sum_of_its_parts() -> None:
    cost = dataclasses.replace(
        FLAT, prefill_token=0.5, prompt_tokens=4, verify=3.0, train_token=0.25, sync=2.0
    )
    first, second = simulate(config(), cost, alike, 2)
    prefill, generate, train = 2 * 4 * 0.5, 10.0, 40 * 0.25
    assert (first.began, first.cut) == (0.0, prefill + generate)
    assert first.judged == first.cut + 3.0 == first.update_began
    assert first.updated == first.judged + train
    assert second.began == first.updated + 2.0
    assert (first.version, second.version) == (0, 1)


def test_a_synchronous_step_waits_for_its_longest_rollout() -> None:
    [step] = simulate(config(), FLAT, lambda r: 50 if r == RolloutId(1, 0) else 10, 1)
    assert step.cut == 50.0
    assert step.end.trained_tokens == 80


@pytest.mark.parametrize(
    ("train_token", "period"), [(0.1, 12.0), (1.0, 42.0)], ids=["generation", "training"]
)
def test_with_overlap_the_slower_side_sets_the_pace(train_token: float, period: float) -> None:
    cost = dataclasses.replace(FLAT, train_token=train_token, sync=2.0)
    steps = simulate(config(overlap=True), cost, alike, 8)
    assert [b.updated - a.updated for a, b in pairwise(steps[2:])] == [pytest.approx(period)] * 5
    assert [step.version for step in steps] == [0, 0, 1, 2, 3, 4, 5, 6]


def test_verdicts_are_waited_for_without_overlap_and_hidden_with_it() -> None:
    cost = dataclasses.replace(FLAT, train_token=0.01, verify=5.0)
    for overlap, period in ((False, 15.4), (True, 10.0)):
        steps = simulate(config(overlap=overlap), cost, alike, 6)
        assert steps[-1].updated - steps[-2].updated == pytest.approx(period)


def test_a_budget_keeps_the_slots_full_where_a_synchronous_step_waits() -> None:
    wide = {"group_size": 2, "infer_capacity": 32}
    waiting = simulate(config(**wide), FLAT, one_in_eight_is_long, 40)
    budget = waiting[0].end.trained_tokens
    partial = simulate(config(**wide, budget_tokens=budget), FLAT, one_in_eight_is_long, 40)
    speed = [sum(s.end.trained_tokens for s in run) / run[-1].updated for run in (waiting, partial)]
    assert speed[1] > 2 * speed[0]
    assert any(step.end.resumed for step in partial)


def test_a_slot_that_falls_free_between_two_looks_stays_free() -> None:
    def trained(look: int) -> int:
        lengths = {0: 30}
        [step] = simulate(
            config(budget_tokens=100), FLAT, lambda r: lengths.get(r.group, 10), 1, look=look
        )
        assert step.cut == 30.0
        return step.end.trained_tokens

    assert trained(look=1) == 2 * 30 + 3 * 2 * 10
    assert trained(look=15) == 2 * 30 + 2 * 2 * 10


def test_a_generated_budget_is_looked_at_between_the_ends_of_rollouts() -> None:
    settings = config(budget_tokens=90, budget_mode="generated", infer_capacity=6)
    steps = simulate(settings, FLAT, lambda r: 10 if r.group == 0 else 400, 2, look=2)
    assert steps[0].end.generated_tokens == 96
    assert steps[0].end.overshoot == 6


def test_resuming_costs_the_prefill_of_all_that_was_written() -> None:
    cost = dataclasses.replace(FLAT, prefill_token=1.0)
    settings = config(budget_tokens=20, infer_capacity=4)
    first, second = simulate(settings, cost, lambda r: 10 if r.group == 0 else 25, 2)
    assert first.cut == 10.0
    assert len(first.end.carried) == 2
    # 2 x 10 tokens are prefilled, then the fifteen that are left take fifteen ticks.
    assert second.cut - second.began == 20.0 + 15.0


WAYS: list[dict[str, Any]] = [
    {},
    {"budget_tokens": 300},
    {"budget_tokens": 300, "retention": 1},
    {"budget_tokens": 300, "retention": 1, "on_purge": "drop"},
    {"budget_tokens": 300, "retention": 1, "on_purge": "truncate"},
    {"budget_tokens": 300, "retention": 1, "on_purge": "release", "group_size": 4},
    {"budget_tokens": 300, "retention": 3, "train_capacity": 8},
    {"budget_tokens": 300, "group_policy": "partial", "group_size": 4},
    {"budget_tokens": 300, "budget_mode": "generated", "retention": 2},
]


@pytest.mark.parametrize("way", WAYS, ids=str)
@pytest.mark.parametrize("overlap", [False, True])
def test_nothing_is_lost_and_no_token_is_staler_than_the_bound(
    way: dict[str, Any], overlap: bool
) -> None:
    settings = config(**{"infer_capacity": 24, **way}, overlap=overlap)
    cost = dataclasses.replace(FLAT, train_token=0.02)
    steps = simulate(settings, cost, one_in_eight_is_long, 30)
    ends = [step.end for step in steps]
    spent = sum(end.trained_tokens + end.wasted_tokens for end in ends)
    in_flight = sum(end.generated_tokens for end in ends) - spent
    assert 0 <= in_flight <= 200 * sum(ends[-1].ages)
    version = 0
    for step in steps:
        assert version - step.version <= overlap
        for group in step.end.released:
            assert group.oldest_version is not None
            assert settings.max_staleness is None or (
                version - group.oldest_version <= settings.max_staleness
            )
        version += bool(step.end.released)
    assert_in_order(steps)


def assert_in_order(steps: list[SimulatedStep]) -> None:
    for step in steps:
        assert step.began <= step.cut <= step.judged <= step.update_began <= step.updated
    for before, after in pairwise(steps):
        assert before.cut <= after.began
        assert before.updated <= after.update_began


def test_the_same_arguments_give_the_same_run() -> None:
    arguments = (config(budget_tokens=300, retention=2), FLAT, one_in_eight_is_long, 20)
    assert simulate(*arguments) == simulate(*arguments)
