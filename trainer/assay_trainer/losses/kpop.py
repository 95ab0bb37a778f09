"""KPop: drop a token by a divergence in place of a ratio.

The sampled token is seen as a coin: it comes up with probability p under one engine and q under the
other. A ratio band is strict on rare tokens and blind on likely ones; the divergence of the two
coins weighs both.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from assay_trainer.losses.weights import TokenWeights, log_ratio, ratio_where_kept

if TYPE_CHECKING:
    from torch import Tensor


def kpop(logp_old: Tensor, logp_behaviour: Tensor, *, phi: float) -> TokenWeights:
    """Keep a token where the larger of the two Bernoulli KLs is at most ``phi``."""
    train, behaviour = logp_old.detach().float(), logp_behaviour.detach().float()
    ratio = log_ratio(train, behaviour)
    drop = bernoulli_kl(train, behaviour).maximum(bernoulli_kl(behaviour, train)) > phi
    return ratio_where_kept(ratio, drop & (ratio < 0), drop & (ratio >= 0))


def bernoulli_kl(log_p: Tensor, log_q: Tensor) -> Tensor:
    """``p log(p/q) + (1-p) log((1-p)/(1-q))`` of two log-probabilities, term by term."""
    log_not_p, log_not_q = _log_complement(log_p), _log_complement(log_q)
    return log_p.exp() * (log_p - log_q) + log_not_p.exp() * (log_not_p - log_not_q)


def _log_complement(log_p: Tensor) -> Tensor:
    # A probability that rounds to 1 leaves a complement of 0: the smallest one float32 resolves
    # stands in for it, so that an engine's rounding is not taken for an infinite divergence.
    return (-log_p.clamp(max=-6e-8).expm1()).log()
