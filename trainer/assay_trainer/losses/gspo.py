"""GSPO: one policy ratio a sequence, the geometric mean of its tokens' ratios.

It differs from the others in the ratio ``r`` that is clipped, not in the weights, which are GRPO's.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from assay_trainer.losses.aggregate import sequence_sums

if TYPE_CHECKING:
    from torch import Tensor


def sequence_log_ratio(change: Tensor, policy_mask: Tensor, sequence_ids: Tensor) -> Tensor:
    """Give every token the mean of ``change`` over its sequence's policy tokens.

    Args:
        change: ``logp - logp_old`` of each token, [T]; 0 where it is to count for nothing.
        policy_mask: what the policy wrote, [T].
        sequence_ids: the sequence of each token, [T].
    """
    lengths = sequence_sums(policy_mask.to(change.dtype), sequence_ids).clamp(min=1.0)
    return sequence_sums(change * policy_mask, sequence_ids) / lengths
