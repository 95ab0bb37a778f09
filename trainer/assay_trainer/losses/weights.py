"""What a correction of the train/inference mismatch says of each token: a weight, or why not.

    l = logp_old - logp_behaviour      in float32: train engine at θ_old against sampling engine

Everything here is a stop-gradient. A token is kept or dropped on ``l`` itself, in log space and
before any ``exp``, so an infinite or NaN log-ratio never meets a multiplication.

Like the whole package this module imports torch for its types only: it speaks in tensor methods, so
the names and settings of the losses can be read where torch is not installed.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from torch import Tensor

_LARGEST = 88.0
"""Log-ratio above which ``exp`` leaves float32."""


@dataclass(frozen=True)
class TokenWeights:
    """One entry a token, in the shape of the log-probabilities.

    Attributes:
        weight: float32 without gradient; 0 where the token is dropped.
        low: dropped, because the train engine finds the token much less likely.
        high: dropped, because the train engine finds it much more likely.
        nonfinite: dropped, because the log-ratio, or the log-probability under the weights being
            trained, is infinite or NaN. Never also low or high.
        stale: dropped, because the token is older than ``max_token_lag``, whatever its ratio; None
            where no such limit is set.
        clipped: kept, but the clip of the policy ratio stops its gradient; None before the loss.
    """

    weight: Tensor
    low: Tensor
    high: Tensor
    nonfinite: Tensor
    stale: Tensor | None = None
    clipped: Tensor | None = None


def log_ratio(logp_old: Tensor, logp_behaviour: Tensor) -> Tensor:
    """``logp_old - logp_behaviour`` in float32, without gradient; rounded once, at the end."""
    return (logp_old.detach().double() - logp_behaviour.detach().double()).float()


def without_nonfinite(weights: TokenWeights, logp: Tensor) -> TokenWeights:
    """``weights`` less the tokens whose log-probability under the trained weights is not finite."""
    broken = ~logp.detach().isfinite()
    return replace(
        weights,
        weight=weights.weight.masked_fill(broken, 0.0),
        low=weights.low & ~broken,
        high=weights.high & ~broken,
        nonfinite=weights.nonfinite | broken,
    )


def no_token(like: Tensor) -> Tensor:
    """False for every token of ``like``."""
    return like.new_zeros(like.shape).bool()


def ratio_where_kept(ratio: Tensor, low: Tensor, high: Tensor) -> TokenWeights:
    """The ratio itself as weight, and 0 where a token is dropped.

    Args:
        ratio: the log-ratio ``l``.
        low, high: tokens to drop; what they say of a non-finite ``l`` is ignored.
    """
    nonfinite = ~ratio.isfinite()
    low = low & ~nonfinite
    high = (high | (ratio > _LARGEST)) & ~nonfinite
    keep = ~(low | high | nonfinite)
    return TokenWeights(ratio.masked_fill(~keep, 0.0).exp() * keep, low, high, nonfinite)
