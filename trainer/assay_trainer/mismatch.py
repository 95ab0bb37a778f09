"""How far the training engine and the sampling engine disagree, in figures that can be merged.

Every figure is a sum, a maximum or a histogram over policy tokens, kept apart by *version lag* (0,
1, 2 and more), because the mask filters staleness as well as numerical mismatch. Micro-batches are
added, ranks are merged, and the whole is the sum of the lags: the summary does not depend on how
the tokens were cut. With ``l = logp_old - logp_behaviour``:

    mask/low, /high, /nonfinite, /stale      dropped tokens, fraction of all
    clipped                          tokens whose gradient the clip of the policy ratio stopped
    mismatch/logp                    mean of logp_old
    mismatch/k1, /k3                 mean of -l and of exp(l) - 1 - l, two estimates of
                                     KL(sampling engine || training engine)
    mismatch/abs_mean, /abs_max      of the absolute l
    mismatch/max_ratio               largest exp(l)
    mismatch/ess                     effective sample size of the weights, fraction of all tokens
    mismatch/entropy_masked_over_all mean entropy of the dropped tokens over that of all
    mismatch/tokens                  how many
    log_ratio_histogram              counts of l between HISTOGRAM_EDGES, with both overflows

A key ends in ``@lag0``, ``@lag1`` or ``@lag2+``, or in nothing for all tokens. A figure that has no
token to stand on is left out. Imports no torch: it speaks in tensor methods.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from assay_trainer.losses.weights import TokenWeights, log_ratio

if TYPE_CHECKING:
    from torch import Tensor

_LOWEST, _WIDTH, _BINS = -4.0, 0.05, 160

HISTOGRAM_EDGES: tuple[float, ...] = tuple(
    round(_LOWEST + _WIDTH * index, 2) for index in range(_BINS + 1)
)
"""Edges of the log-ratio histogram, -4 to 4. Bin 0 holds what is below the first edge, bin i what
lies in [edge i-1, edge i), the last bin the rest: ``len(HISTOGRAM_EDGES) + 1`` counts."""
BIN_EDGES = (HISTOGRAM_EDGES[0] - _WIDTH, *HISTOGRAM_EDGES, HISTOGRAM_EDGES[-1] + _WIDTH)
"""Edges of all counts for a plot: both overflows as one more bin of the same width."""

LAGS = ("@lag0", "@lag1", "@lag2+")

_EXP_LIMIT = 80.0
"""Where exp(l) is cut in the figures, so that one absurd token leaves them finite."""


@dataclass
class _Sums:
    """The figures of one lag, before they are divided."""

    tokens: float = 0.0
    low: float = 0.0
    high: float = 0.0
    nonfinite: float = 0.0
    stale: float = 0.0
    clipped: float = 0.0
    dropped: float = 0.0
    log_ratio: float = 0.0
    log_ratio_abs: float = 0.0
    logp: float = 0.0
    k3: float = 0.0
    weight: float = 0.0
    weight_squared: float = 0.0
    entropy: float = 0.0
    entropy_dropped: float = 0.0
    entropy_tokens: float = 0.0
    entropy_tokens_dropped: float = 0.0
    abs_max: float = 0.0
    max: float = -math.inf
    histogram: list[int] = field(default_factory=lambda: [0] * (_BINS + 2))

    def merge(self, other: _Sums) -> None:
        for name, value in vars(other).items():
            mine = getattr(self, name)
            if name == "histogram":
                merged = [a + b for a, b in zip(mine, value, strict=True)]
            elif name in ("abs_max", "max"):
                merged = max(mine, value)
            else:
                merged = mine + value
            setattr(self, name, merged)


class MismatchStats:
    """Accumulates the mismatch of one step; picklable."""

    def __init__(self) -> None:
        self._lags = [_Sums() for _ in LAGS]

    def add(
        self,
        logp_old: Tensor,
        logp_behaviour: Tensor,
        weights: TokenWeights,
        policy_mask: Tensor,
        *,
        lag: Tensor | None = None,
        entropy: Tensor | None = None,
    ) -> None:
        """Add the policy tokens of one micro-batch; all tensors of one shape.

        Args:
            weights: from the loss, for these log-probabilities.
            policy_mask: what the policy wrote, bool.
            lag: versions between each token and the step; None = 0 for all.
            entropy: of the training engine's distribution at each token, in nats.

        Raises:
            ValueError: a lag is negative: a token cannot be newer than the weights.
        """
        ratio = log_ratio(logp_old, logp_behaviour)
        lags = lag if lag is not None else policy_mask.long() * 0
        if bool((policy_mask & (lags < 0)).any()):
            raise ValueError("negative version lag: a token is stamped newer than the weights")
        for number, sums in enumerate(self._lags):
            chosen = policy_mask & (lags.clamp(max=len(LAGS) - 1) == number)
            if bool(chosen.any()):
                sums.merge(_sums(ratio, logp_old, weights, chosen, entropy))

    def merge(self, other: MismatchStats) -> None:
        """Add what another rank or batch has seen."""
        for mine, theirs in zip(self._lags, other._lags, strict=True):
            mine.merge(theirs)

    def summary(self) -> dict[str, float | list[int]]:
        """The figures of the module's docstring, for all tokens and for each lag that has any."""
        total = _Sums()
        for sums in self._lags:
            total.merge(sums)
        figures: dict[str, float | list[int]] = {}
        for suffix, sums in (("", total), *zip(LAGS, self._lags, strict=True)):
            figures.update({key + suffix: value for key, value in _figures(sums).items()})
        return figures


def _sums(
    ratio: Tensor, logp: Tensor, weights: TokenWeights, chosen: Tensor, entropy: Tensor | None
) -> _Sums:
    weight = weights.weight[chosen].double()
    dropped = weight == 0
    known = chosen & ratio.isfinite()
    finite = ratio[known].double()
    cut = finite.clamp(max=_EXP_LIMIT)
    sums = _Sums(
        tokens=len(weight),
        low=float(weights.low[chosen].sum()),
        high=float(weights.high[chosen].sum()),
        nonfinite=float(weights.nonfinite[chosen].sum()),
        stale=0.0 if weights.stale is None else float(weights.stale[chosen].sum()),
        clipped=0.0 if weights.clipped is None else float(weights.clipped[chosen].sum()),
        dropped=float(dropped.sum()),
        log_ratio=float(finite.sum()),
        log_ratio_abs=float(finite.abs().sum()),
        logp=float(logp.detach()[known].double().sum()),
        k3=float((cut.exp() - 1.0 - cut).sum()),
        weight=float(weight.sum()),
        weight_squared=float((weight * weight).sum()),
        histogram=_histogram(finite),
    )
    if len(finite):
        sums.abs_max, sums.max = float(finite.abs().max()), float(finite.max())
    if entropy is not None:
        nats = entropy.detach()[chosen].double()
        sums.entropy, sums.entropy_dropped = float(nats.sum()), float(nats[dropped].sum())
        sums.entropy_tokens, sums.entropy_tokens_dropped = sums.tokens, sums.dropped
    return sums


def _histogram(finite: Tensor) -> list[int]:
    bins = ((finite - _LOWEST) / _WIDTH).floor().clamp(-1, _BINS).long() + 1
    counts: list[int] = bins.bincount(minlength=_BINS + 2).tolist()
    return counts


def _figures(sums: _Sums) -> dict[str, float | list[int]]:
    if not sums.tokens:
        return {}
    figures: dict[str, float | list[int]] = {
        "mismatch/tokens": sums.tokens,
        "log_ratio_histogram": sums.histogram,
    }
    for reason in ("low", "high", "nonfinite", "stale"):
        figures[f"mask/{reason}"] = getattr(sums, reason) / sums.tokens
    figures["clipped"] = sums.clipped / sums.tokens
    finite = sum(sums.histogram)
    if finite:
        figures["mismatch/k1"] = -sums.log_ratio / finite
        figures["mismatch/k3"] = sums.k3 / finite
        figures["mismatch/logp"] = sums.logp / finite
        figures["mismatch/abs_mean"] = sums.log_ratio_abs / finite
        figures["mismatch/abs_max"] = sums.abs_max
        figures["mismatch/max_ratio"] = math.exp(min(sums.max, _EXP_LIMIT))
    if sums.weight_squared:
        figures["mismatch/ess"] = sums.weight**2 / sums.weight_squared / sums.tokens
    if sums.entropy_tokens_dropped and sums.entropy:
        masked = sums.entropy_dropped / sums.entropy_tokens_dropped
        overall = sums.entropy / sums.entropy_tokens
        figures["mismatch/entropy_masked_over_all"] = masked / overall
    return figures
