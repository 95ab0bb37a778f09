"""The policy loss: weights of the mismatch times the clipped surrogate, aggregated.

    loss of a token = -w · min(r·A, clip(r, 1-ε_low, 1+ε_high)·A)
    w = the algorithm's stop-gradient weight, from logp_old and logp_behaviour
    r = exp(logp - logp_old), the policy's change since the step began; with ``clip_against`` =
        ``engine`` exp(logp - logp_behaviour), its change since the token was sampled

A dropped token gives no loss and no gradient, and stays in the denominators. There is no KL term.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from assay_trainer.losses.aggregate import aggregate
from assay_trainer.losses.config import LossConfig
from assay_trainer.losses.weights import TokenWeights, without_nonfinite

if TYPE_CHECKING:
    from torch import Tensor

_LARGEST_CHANGE = 20.0
"""Log of ``r`` beyond which the ratio no longer grows: e^20 is far outside any clip."""


def policy_loss(
    logp: Tensor,
    logp_old: Tensor,
    logp_behaviour: Tensor,
    advantages: Tensor,
    policy_mask: Tensor,
    sequence_ids: Tensor,
    config: LossConfig,
    *,
    global_sequences: int,
    global_tokens: int,
    lag: Tensor | None = None,
) -> tuple[Tensor, TokenWeights]:
    """This part's share of the loss of the step, and what was decided of each token.

    All tensors are flat, [T], and hold whole sequences in any order. What stands where
    ``policy_mask`` is false is ignored, NaN included. A sequence that is to leave the loss (an
    undecided rollout, a group of one) is false throughout and is not counted.

    Args:
        logp: log-probability of each token under the weights being trained; carries the gradient.
        logp_old: the same under the weights the step began with.
        logp_behaviour: as sampled, under the engine that sampled it.
        advantages: of each token.
        policy_mask: what the policy wrote, bool.
        sequence_ids: any integer that the tokens of one sequence share.
        config: which loss.
        global_sequences, global_tokens: ``count(policy_mask, sequence_ids)`` summed over all
            micro-batches and ranks of the step.
        lag: versions between each token and the step; needed for ``max_token_lag``.

    Raises:
        ValueError: shapes differ, a count is not positive, or ``lag`` is missing.
    """
    flat = (logp, logp_old, logp_behaviour, advantages, policy_mask, sequence_ids)
    if logp.dim() != 1 or any(tensor.shape != logp.shape for tensor in flat):
        raise ValueError(f"all tensors are flat and equal, not {[list(t.shape) for t in flat]}")
    if global_sequences < 1 or global_tokens < 1:
        raise ValueError("nothing to train: global_sequences and global_tokens must be positive")
    weights = token_weights(logp_old, logp_behaviour, config, lag=lag)
    weights = without_nonfinite(weights, logp)
    # Whatever does not count is 0 before it meets an exp or a product, so no 0 · inf can arise.
    idle = ~(policy_mask & (weights.weight > 0) & (advantages != 0))
    advantages = advantages.masked_fill(idle, 0.0)
    anchor = logp_old if config.clip_against == "learner" else logp_behaviour
    change = (logp - anchor.detach()).masked_fill(idle, 0.0)
    if config.algorithm.log_ratio is not None:
        change = config.algorithm.log_ratio(change, policy_mask, sequence_ids)
    ratio = change.clamp(max=_LARGEST_CHANGE).exp()
    free, clipped = ratio * advantages, ratio.clamp(*config.clip) * advantages
    loss = aggregate(
        -weights.weight * free.minimum(clipped),
        policy_mask,
        sequence_ids,
        config.aggregation,
        global_sequences=global_sequences,
        global_tokens=global_tokens,
    )
    return loss, replace(weights, clipped=(clipped < free).detach())


def token_weights(
    logp_old: Tensor, logp_behaviour: Tensor, config: LossConfig, *, lag: Tensor | None = None
) -> TokenWeights:
    """The algorithm's weights, without the tokens older than ``max_token_lag``."""
    weights = config.algorithm.weights(logp_old, logp_behaviour, **config.parameters)
    if config.max_token_lag is None:
        return weights
    if lag is None:
        raise ValueError("max_token_lag needs the lag of each token")
    stale = lag > config.max_token_lag
    return replace(weights, weight=weights.weight * ~stale, stale=stale)
