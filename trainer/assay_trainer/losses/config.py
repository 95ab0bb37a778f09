"""The settings of the policy loss, refused where they contradict each other or do nothing.

Importable without torch. A setting left out takes the default of the algorithm that is named, and
can be read from the config afterwards; a setting that the algorithm does not have is an error.
"""

from __future__ import annotations

import difflib
import math
from typing import Literal

from pydantic import ConfigDict
from pydantic.dataclasses import dataclass

from assay_datasets import InputError
from assay_trainer.losses.aggregate import Aggregation
from assay_trainer.losses.algorithms import ALGORITHMS, Algorithm
from assay_trainer.losses.grpo import grpo

_PARAMETERS = ("alpha", "beta", "cap", "epsilon", "phi")


@dataclass(frozen=True, kw_only=True, config=ConfigDict(extra="forbid"))
class LossConfig:
    """One policy loss.

    Attributes:
        name: ``icepop``, ``icepop_mask_only``, ``grpo``, ``tis``, ``gspo``, ``ipo`` or ``kpop``.
            With one update a step ``gspo`` is ``grpo``: its ratio starts from 1.
        alpha: lower bound of the ratio band (icepop, icepop_mask_only); 0.5.
        beta: upper bound of the ratio band (icepop, icepop_mask_only); 5.
        cap: largest weight of a token (tis); 2.
        epsilon: largest difference of the two probabilities (ipo); 0.3.
        phi: largest Bernoulli divergence, in nats (kpop); 2.
        clip_low: the policy ratio is clipped below ``1 - clip_low``; 0.2 (gspo 3e-4).
        clip_high: the policy ratio is clipped above ``1 + clip_high``; 0.2 (gspo 4e-4).
        clip_against: whose probabilities the policy ratio starts from: ``learner``, the train
            engine's at the start of the step; ``engine``, those that the tokens were sampled with
            (grpo and gspo, where no weight corrects the same difference a second time).
        aggregation: ``sequence_mean``: all sequences weigh the same; ``token_mean``: all tokens.
        max_token_lag: no loss on tokens older than this many versions; None = the band decides.
    """

    name: str = "icepop"
    alpha: float | None = None
    beta: float | None = None
    cap: float | None = None
    epsilon: float | None = None
    phi: float | None = None
    clip_low: float | None = None
    clip_high: float | None = None
    clip_against: Literal["learner", "engine"] = "learner"
    aggregation: Aggregation = "sequence_mean"
    max_token_lag: int | None = None

    def __post_init__(self) -> None:
        algorithm = self._known()
        clip = dict(zip(("clip_low", "clip_high"), algorithm.clip, strict=True))
        for name, value in {**algorithm.parameters, **clip}.items():
            if getattr(self, name) is None:
                object.__setattr__(self, name, value)
        self._refuse_idle(algorithm)
        self._refuse_biased(algorithm)
        self._refuse_out_of_range()

    @property
    def algorithm(self) -> Algorithm:
        return ALGORITHMS[self.name]

    @property
    def parameters(self) -> dict[str, float]:
        """The settings that the algorithm's weights take."""
        return {name: getattr(self, name) for name in self.algorithm.parameters}

    @property
    def clip(self) -> tuple[float, float]:
        """Bounds of the policy ratio: ``(1 - clip_low, 1 + clip_high)``."""
        return 1.0 - (self.clip_low or 0.0), 1.0 + (self.clip_high or 0.0)

    def _known(self) -> Algorithm:
        if self.name in ALGORITHMS:
            return self.algorithm
        near = difflib.get_close_matches(self.name, ALGORITHMS, n=1)
        hint = f"did you mean {near[0]!r}?" if near else f"choose one of {', '.join(ALGORITHMS)}"
        raise InputError(f"unknown loss {self.name!r}; {hint}")

    def _refuse_idle(self, algorithm: Algorithm) -> None:
        for name in _PARAMETERS:
            if getattr(self, name) is not None and name not in algorithm.parameters:
                takes = ", ".join(algorithm.parameters) or "none of these settings"
                raise InputError(
                    f"{name} does nothing for the loss {self.name!r}, which takes {takes}; "
                    f"remove {name} or name another loss"
                )
        if algorithm.log_ratio is not None and self.aggregation == "token_mean":
            raise InputError(
                f'the loss {self.name!r} is defined over sequences; use "sequence_mean"'
            )

    def _refuse_biased(self, algorithm: Algorithm) -> None:
        if self.clip_against == "engine" and algorithm.weights is not grpo:
            raise InputError(
                f"the weights of {self.name!r} correct the difference between engine and learner, "
                'and a ratio from the engine holds it again; use clip_against = "learner", or '
                'the loss "grpo"'
            )

    def _refuse_out_of_range(self) -> None:
        for name, (low, high, sentence) in _RANGES.items():
            value = getattr(self, name)
            if value is not None and not (math.isfinite(value) and low <= value <= high):
                raise InputError(f"{name} = {value:g}: {sentence}")
        if self.alpha is not None and self.alpha == self.beta:
            raise InputError("alpha = beta = 1 keeps no token but the identical; widen the band")


_TINY = 1e-9
_RANGES: dict[str, tuple[float, float, str]] = {
    "alpha": (_TINY, 1.0, "must be above 0 and at most 1, the ratio of an engine that agrees"),
    "beta": (1.0, math.inf, "must be finite and at least 1, the ratio of an engine that agrees"),
    "cap": (
        1.0,
        math.inf,
        "must be finite and at least 1; less shrinks what the engines agree on",
    ),
    "epsilon": (_TINY, 1 - _TINY, "must be between 0 and 1; probabilities never differ by more"),
    "phi": (_TINY, math.inf, "must be finite and above 0"),
    "clip_low": (_TINY, 1.0, "must be above 0 and at most 1; a ratio is never negative"),
    "clip_high": (_TINY, math.inf, "must be finite and above 0"),
    "max_token_lag": (0, math.inf, "must be 0 or more versions"),
}
"""Smallest and largest value of a setting, and the sentence for any other."""
