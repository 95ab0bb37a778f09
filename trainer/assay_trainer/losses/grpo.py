"""GRPO: no correction of the mismatch, every token weighs 1."""

from __future__ import annotations

from typing import TYPE_CHECKING

from assay_trainer.losses.weights import TokenWeights, log_ratio, no_token

if TYPE_CHECKING:
    from torch import Tensor


def grpo(logp_old: Tensor, logp_behaviour: Tensor) -> TokenWeights:
    """Weight 1, but for a token that one engine calls impossible: no formula holds for it."""
    nonfinite = ~log_ratio(logp_old, logp_behaviour).isfinite()
    return TokenWeights((~nonfinite).float(), no_token(nonfinite), no_token(nonfinite), nonfinite)
