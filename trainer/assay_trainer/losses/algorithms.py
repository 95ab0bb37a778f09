"""The losses by name. A new one is a file of its own and a line here."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, TypeAlias

from assay_trainer.losses.grpo import grpo
from assay_trainer.losses.gspo import sequence_log_ratio
from assay_trainer.losses.icepop import icepop
from assay_trainer.losses.icepop_mask_only import icepop_mask_only
from assay_trainer.losses.ipo import ipo
from assay_trainer.losses.kpop import kpop
from assay_trainer.losses.tis import tis
from assay_trainer.losses.weights import TokenWeights

if TYPE_CHECKING:
    from torch import Tensor

WeightFunction: TypeAlias = Callable[..., TokenWeights]
"""``(logp_old, logp_behaviour, **parameters) -> TokenWeights``; pure, no gradient."""


@dataclass(frozen=True)
class Algorithm:
    """One policy loss: the weight of a token and the ratio that is clipped.

    Attributes:
        weights: the correction of the train/inference mismatch.
        parameters: the settings ``weights`` takes, with their defaults.
        clip: default ``(clip_low, clip_high)``.
        log_ratio: turns the tokens' ``logp - logp_old`` into the log of the ratio that is clipped;
            None = each token its own.
    """

    weights: WeightFunction
    parameters: Mapping[str, float] = field(default_factory=dict)
    clip: tuple[float, float] = (0.2, 0.2)
    log_ratio: Callable[[Tensor, Tensor, Tensor], Tensor] | None = None


ALGORITHMS: Mapping[str, Algorithm] = {
    "icepop": Algorithm(icepop, {"alpha": 0.5, "beta": 5.0}),
    "icepop_mask_only": Algorithm(icepop_mask_only, {"alpha": 0.5, "beta": 5.0}),
    "grpo": Algorithm(grpo),
    "tis": Algorithm(tis, {"cap": 2.0}),
    "gspo": Algorithm(grpo, clip=(3e-4, 4e-4), log_ratio=sequence_log_ratio),
    "ipo": Algorithm(ipo, {"epsilon": 0.3}),
    "kpop": Algorithm(kpop, {"phi": 2.0}),
}
