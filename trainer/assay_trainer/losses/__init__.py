"""Policy losses: IcePop and its family. One algorithm, one file; none imports torch by itself."""

from assay_trainer.losses.aggregate import aggregate, count
from assay_trainer.losses.algorithms import ALGORITHMS, Algorithm
from assay_trainer.losses.config import LossConfig
from assay_trainer.losses.policy import policy_loss, token_weights
from assay_trainer.losses.weights import TokenWeights

__all__ = [
    "ALGORITHMS",
    "Algorithm",
    "LossConfig",
    "TokenWeights",
    "aggregate",
    "count",
    "policy_loss",
    "token_weights",
]
