"""Group advantages against the textbook, and the groups that must not be normalised."""

from __future__ import annotations

import math
import statistics

import pytest
from hypothesis import given
from hypothesis import strategies as st

from assay_trainer.advantages import GroupAdvantages, group_advantages

CASES: list[tuple[str, list[float | None], list[float | None]]] = [
    ("mean", [1.0, 0.0, 0.0, 0.0], [0.75, -0.25, -0.25, -0.25]),
    ("std", [1.0, 0.0], [math.sqrt(0.5), -math.sqrt(0.5)]),
    ("std", [1.0, None, 0.0], [math.sqrt(0.5), None, -math.sqrt(0.5)]),
    ("leave_one_out", [1.0, 0.0, 0.5], [0.75, -0.75, 0.0]),
]


@pytest.mark.parametrize(("normalise", "rewards", "expected"), CASES)
def test_advantages(normalise: str, rewards: list[float], expected: list[float]) -> None:
    values = group_advantages(rewards, normalise).values  # type: ignore[arg-type]
    assert values == pytest.approx(expected)


OUT_OF_THE_LOSS: list[tuple[list[float | None], GroupAdvantages]] = [
    ([], GroupAdvantages((), 0, 0, False)),
    ([1.0], GroupAdvantages((None,), 0, 1, False)),
    ([None, None], GroupAdvantages((None, None), 2, 0, False)),
    ([None, 1.0, None], GroupAdvantages((None, None, None), 2, 1, False)),
]


@pytest.mark.parametrize("normalise", ["std", "mean", "leave_one_out"])
@pytest.mark.parametrize(("rewards", "expected"), OUT_OF_THE_LOSS)
def test_a_group_of_one_and_the_undecided_leave_the_loss(
    rewards: list[float | None], expected: GroupAdvantages, normalise: str
) -> None:
    assert group_advantages(rewards, normalise) == expected  # type: ignore[arg-type]


@pytest.mark.parametrize("normalise", ["std", "mean", "leave_one_out"])
@pytest.mark.parametrize("rewards", [[0.0, 0.0], [1.0, None, 1.0], [0.1 + 0.2, 0.3, 0.3]])
def test_equal_rewards_give_zero_and_say_so(rewards: list[float], normalise: str) -> None:
    group = group_advantages(rewards, normalise)  # type: ignore[arg-type]
    assert group.zero_variance
    assert all(value == 0.0 for value in group.values if value is not None)
    assert group.values.count(None) == rewards.count(None)  # type: ignore[arg-type]


def test_a_reward_that_is_not_finite_is_refused() -> None:
    with pytest.raises(ValueError, match="not finite"):
        group_advantages([1.0, math.nan])


@given(st.lists(st.floats(0, 1), min_size=2, max_size=16))
def test_std_normalised_advantages_have_mean_zero_and_deviation_one(rewards: list[float]) -> None:
    group = group_advantages(rewards)
    values = [value for value in group.values if value is not None]
    assert statistics.fmean(values) == pytest.approx(0.0, abs=1e-6)
    if not group.zero_variance:
        assert statistics.stdev(values) == pytest.approx(1.0)


@given(st.lists(st.floats(0, 1), min_size=3, max_size=8))
def test_leave_one_out_compares_with_the_others(rewards: list[float]) -> None:
    group = group_advantages(rewards, "leave_one_out")
    if group.zero_variance:
        return
    for index, (reward, value) in enumerate(zip(rewards, group.values, strict=True)):
        others = statistics.fmean(rewards[:index] + rewards[index + 1 :])
        assert value == pytest.approx(reward - others, abs=1e-9)
