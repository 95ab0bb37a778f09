"""Forward passes over packed rows: the log-prob of every token under the learner's weights."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import torch

from assay_trainer.packing import PackedRows


@dataclass(frozen=True)
class TokenScores:
    """Per token of [R, L]: its log-prob given what stands before it, and the entropy there.

    Position 0 of a row has nothing before it and scores 0; the first token of a packed sequence is
    scored against a foreign context and must be masked by the caller (it is prompt).
    """

    logprobs: torch.Tensor
    entropies: torch.Tensor


def score_tokens(model: Any, rows: PackedRows, temperature: float = 1.0) -> TokenScores:
    """Log-probs (natural, float32, full vocabulary, at ``temperature``) and detached entropies."""
    logits = model(
        input_ids=rows.tokens,
        position_ids=rows.positions,
        attention_mask=rows.attention_mask(),
        use_cache=False,
    ).logits[:, :-1]
    everything = torch.log_softmax(logits.float() / temperature, dim=-1)
    chosen = everything.gather(-1, rows.tokens[:, 1:, None])[..., 0]
    with torch.no_grad():
        entropies = -(everything.exp() * everything).sum(-1)
    pad = (1, 0)
    return TokenScores(
        torch.nn.functional.pad(chosen, pad), torch.nn.functional.pad(entropies, pad)
    )
