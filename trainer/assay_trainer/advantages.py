"""Group advantages: each rollout's reward against its siblings' of the same prompt.

Plain Python, a few numbers at a time. An undecided rollout has no reward: it leaves the statistics
and the loss. One decided rollout alone has nothing to be compared with and leaves the loss too; its
raw reward is never taken for an advantage. Where all rewards are equal all advantages are 0, not a
rounding error divided by a vanishing deviation.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

Normalise = Literal["std", "mean", "leave_one_out"]

_EQUAL = 1e-6
"""Rewards that lie within this are the same reward, computed by different roads."""


@dataclass(frozen=True)
class GroupAdvantages:
    """The advantages of one group, in the order of its rewards.

    Attributes:
        values: one a rollout; None = it leaves the loss.
        undecided: rollouts without a reward.
        alone: 1 where a single decided rollout was left without a sibling, else 0.
        zero_variance: two or more decided rollouts, all with the same reward.
    """

    values: tuple[float | None, ...]
    undecided: int
    alone: int
    zero_variance: bool


def group_advantages(
    rewards: Sequence[float | None],
    normalise: Normalise = "std",
    *,
    positive_weight: float = 1.0,
) -> GroupAdvantages:
    """The advantages of the rollouts of one prompt.

    Args:
        rewards: one a rollout; None = undecided.
        normalise: ``mean`` subtracts the group's mean; ``std`` divides that by the sample standard
            deviation; ``leave_one_out`` subtracts the mean of the other rollouts.
        positive_weight: factor on the advantages above zero. Below 1 the policy learns more from
            what failed than from what worked, which keeps its answers diverse (pass@k); the idea
            is W-REINFORCE's (arXiv 2506.01347).

    Raises:
        ValueError: a reward is infinite or NaN.
    """
    decided = [reward for reward in rewards if reward is not None]
    if not all(map(math.isfinite, decided)):
        raise ValueError(f"a reward is not finite: {decided}")
    undecided = len(rewards) - len(decided)
    if len(decided) < 2:
        return GroupAdvantages((None,) * len(rewards), undecided, len(decided), False)
    equal = max(decided) - min(decided) <= _EQUAL
    mean = math.fsum(decided) / len(decided)
    scale = 0.0 if equal else _scale(decided, mean, normalise)
    centred = [None if reward is None else (reward - mean) * scale for reward in rewards]
    values = tuple(a * positive_weight if a is not None and a > 0 else a for a in centred)
    return GroupAdvantages(values, undecided, 0, equal)


def _scale(decided: Sequence[float], mean: float, normalise: Normalise) -> float:
    count = len(decided)
    if normalise == "mean":
        return 1.0
    if normalise == "leave_one_out":  # r - mean of the others = (r - mean) · n / (n - 1)
        return count / (count - 1)
    return 1.0 / math.sqrt(math.fsum((reward - mean) ** 2 for reward in decided) / (count - 1))
