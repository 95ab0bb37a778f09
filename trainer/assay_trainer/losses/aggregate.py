"""From token losses to one number, the same however the tokens are cut into batches.

The denominators are counts over the whole step, taken before it is cut into micro-batches and
ranks, so the contributions of the parts simply add up to the loss of the step. A sequence is never
cut: all of its tokens stand in one part. Tokens that a mask drops stay in the denominators.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal

if TYPE_CHECKING:
    from torch import Tensor

Aggregation = Literal["sequence_mean", "token_mean"]


def aggregate(
    token_losses: Tensor,
    policy_mask: Tensor,
    sequence_ids: Tensor,
    how: Aggregation,
    *,
    global_sequences: int,
    global_tokens: int,
) -> Tensor:
    """This part's share of the loss of the step; a scalar.

    Args:
        token_losses: one loss a token, [T]; ignored where ``policy_mask`` is false.
        policy_mask: what the policy wrote, before any token is dropped, [T] bool.
        sequence_ids: any integer that all tokens of a sequence share, [T].
        how: ``sequence_mean``, the mean over sequences of each one's mean over its policy tokens;
            ``token_mean``, the mean over all policy tokens.
        global_sequences, global_tokens: :func:`count` summed over the whole step.
    """
    losses = token_losses.masked_fill(~policy_mask, 0.0)
    if how == "token_mean":
        return losses.sum() / global_tokens
    lengths = sequence_sums(policy_mask.to(losses.dtype), sequence_ids).clamp(min=1.0)
    return (losses / lengths).sum() / global_sequences


def count(policy_mask: Tensor, sequence_ids: Tensor) -> tuple[int, int]:
    """Sequences with at least one policy token, and policy tokens."""
    sequences = sequence_ids[policy_mask].unique()  # type: ignore[no-untyped-call]
    return len(sequences), int(policy_mask.sum())


def sequence_sums(values: Tensor, sequence_ids: Tensor) -> Tensor:
    """For every token the sum of ``values`` over its sequence, [T]."""
    distinct, slots = sequence_ids.unique(return_inverse=True)  # type: ignore[no-untyped-call]
    return values.new_zeros(len(distinct)).index_add(0, slots, values)[slots]
