"""IcePop: the ratio as weight inside a fixed band, nothing outside of it (paper eq. 1-2)."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from assay_trainer.losses.weights import TokenWeights, log_ratio, ratio_where_kept

if TYPE_CHECKING:
    from torch import Tensor


def icepop(logp_old: Tensor, logp_behaviour: Tensor, *, alpha: float, beta: float) -> TokenWeights:
    """Keep a token where ``alpha <= exp(l) <= beta``, both bounds included."""
    ratio = log_ratio(logp_old, logp_behaviour)
    return ratio_where_kept(ratio, ratio < math.log(alpha), ratio > math.log(beta))
