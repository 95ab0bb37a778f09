"""IPO: drop a token whose probability differs too much between the engines, in either direction."""

from __future__ import annotations

from typing import TYPE_CHECKING

from assay_trainer.losses.weights import TokenWeights, log_ratio, ratio_where_kept

if TYPE_CHECKING:
    from torch import Tensor


def ipo(logp_old: Tensor, logp_behaviour: Tensor, *, epsilon: float) -> TokenWeights:
    """Keep a token where ``|p_train - p_behaviour| <= epsilon``; the ratio is its weight."""
    gap = logp_old.detach().float().exp() - logp_behaviour.detach().float().exp()
    return ratio_where_kept(log_ratio(logp_old, logp_behaviour), gap < -epsilon, gap > epsilon)
