"""Scores of tokens against a plain log-softmax over the model's own logits."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
import torch

from assay_trainer.forward import score_tokens
from assay_trainer.packing import pack


@pytest.mark.parametrize("temperature", [1.0, 0.7, 2.5])
def test_scores_are_a_plain_log_softmax(tiny_model: Callable[..., Any], temperature: float) -> None:
    model = tiny_model()
    tokens = [5, 17, 80, 33, 41, 2]
    with torch.no_grad():
        scores = score_tokens(model, pack([tokens], 8, 0), temperature)
        logits = model(torch.tensor([tokens])).logits[0].double() / temperature
    distribution = logits.log_softmax(-1)
    for place in range(1, len(tokens)):
        given = distribution[place - 1]
        assert float(scores.logprobs[0, place]) == pytest.approx(
            float(given[tokens[place]]), abs=1e-4
        )
        entropy = float(-(given.exp() * given).sum())
        assert float(scores.entropies[0, place]) == pytest.approx(entropy, abs=1e-4)


def test_the_first_token_of_a_row_scores_nothing(tiny_model: Callable[..., Any]) -> None:
    scores = score_tokens(tiny_model(), pack([[1, 2], [3, 4]], 2, 0))
    assert scores.logprobs[:, 0].tolist() == [0.0, 0.0]
    assert scores.entropies[:, 0].tolist() == [0.0, 0.0]


def test_the_gradient_flows_through_log_probs_only(tiny_model: Callable[..., Any]) -> None:
    scores = score_tokens(tiny_model(), pack([[1, 2, 3]], 4, 0))
    assert scores.logprobs.requires_grad
    assert not scores.entropies.requires_grad
