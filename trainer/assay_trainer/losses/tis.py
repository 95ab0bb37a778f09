"""TIS, truncated importance sampling: the ratio as weight, cut at a cap; nothing is dropped."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from assay_trainer.losses.weights import TokenWeights, log_ratio, no_token

if TYPE_CHECKING:
    from torch import Tensor


def tis(logp_old: Tensor, logp_behaviour: Tensor, *, cap: float) -> TokenWeights:
    """Weight ``min(exp(l), cap)``; only a non-finite ``l`` is dropped."""
    ratio = log_ratio(logp_old, logp_behaviour)
    nonfinite = ~ratio.isfinite()
    weight = ratio.masked_fill(nonfinite, 0.0).clamp(max=math.log(cap)).exp() * ~nonfinite
    return TokenWeights(weight, no_token(ratio), no_token(ratio), nonfinite)
