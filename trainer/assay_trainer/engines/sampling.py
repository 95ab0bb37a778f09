"""Draw tokens so that a draw depends only on its rollout's seed and its place in that rollout.

The uniform number of (seed, position) is one step of SplitMix64 jumped to that position; the token
is the inverse of the cumulative distribution at that number. Neither the batch around a row nor
the order of rows enters, so a rollout that is cut and resumed continues its own stream.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

_GOLDEN = np.uint64(0x9E3779B97F4A7C15)


def _mix(state: NDArray[np.uint64]) -> NDArray[np.uint64]:
    """SplitMix64's output function; array arithmetic wraps modulo 2**64."""
    state = (state ^ (state >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
    state = (state ^ (state >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
    return state ^ (state >> np.uint64(31))


def uniforms(seeds: NDArray[np.uint64], positions: NDArray[np.int64]) -> NDArray[np.float64]:
    """One number in [0, 1) with 53 random bits for each (seed, position); arrays of one shape."""
    # Seeds are mixed first, so that neighbouring seeds start far apart on the generator's cycle.
    state = _mix(seeds + _GOLDEN) + (positions.astype(np.uint64) + np.uint64(1)) * _GOLDEN
    return (_mix(state) >> np.uint64(11)).astype(np.float64) * 2.0**-53


@dataclass(frozen=True)
class Draws:
    """Sampled tokens with what their distribution said of them; tensors of shape [rows].

    Attributes:
        tokens: int64 ids.
        logprobs: float32 natural log-probability of each token.
        entropies: float32, in nats.
        finite: bool; False where the logits gave no distribution and the token means nothing.
    """

    tokens: Tensor
    logprobs: Tensor
    entropies: Tensor
    finite: Tensor


def draw(logits: Tensor, numbers: Tensor, temperatures: Tensor) -> Draws:
    """Sample one token a row from softmax(logits / temperature), computed in float32.

    Args:
        logits: [rows, vocabulary], any float type.
        numbers: [rows] float64 in [0, 1), see :func:`uniforms`.
        temperatures: [rows] float32; 0 takes the likeliest token and reports it at temperature 1.
    """
    greedy = temperatures == 0
    scaled = logits.float() / torch.where(greedy, 1.0, temperatures)[:, None]
    logprobs = scaled.log_softmax(-1)
    probabilities = logprobs.exp()
    tokens = torch.where(greedy, logprobs.argmax(-1), _invert(probabilities, numbers))
    return Draws(
        tokens=tokens,
        logprobs=logprobs.gather(-1, tokens[:, None])[:, 0],
        entropies=torch.special.entr(probabilities).sum(-1),
        finite=probabilities.sum(-1).isfinite(),
    )


def _invert(probabilities: Tensor, numbers: Tensor) -> Tensor:
    """The first token of each row whose cumulative probability exceeds number * total.

    The total in place of 1 keeps float32 rounding from opening a gap behind the last token, and a
    target strictly below the total always falls on a token of non-zero probability.
    """
    cumulative = probabilities.cumsum(-1, dtype=torch.float64)
    total = cumulative[:, -1]
    target = torch.minimum(numbers * total, torch.nextafter(total, torch.zeros_like(total)))
    found = torch.searchsorted(cumulative, target[:, None], right=True)[:, 0]
    return found.clamp(max=probabilities.shape[-1] - 1)
