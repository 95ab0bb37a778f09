"""Mask-only IcePop: the band of IcePop decides what is trained, and all of it weighs the same."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from assay_trainer.losses.icepop import icepop
from assay_trainer.losses.weights import TokenWeights

if TYPE_CHECKING:
    from torch import Tensor


def icepop_mask_only(
    logp_old: Tensor, logp_behaviour: Tensor, *, alpha: float, beta: float
) -> TokenWeights:
    """Weight 1 where ``alpha <= exp(l) <= beta``, else 0."""
    weights = icepop(logp_old, logp_behaviour, alpha=alpha, beta=beta)
    return replace(weights, weight=(weights.weight > 0).float())
