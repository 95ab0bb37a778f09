"""What several tests of the trainer share: a tiny policy and its tokenizer, made once."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from assay_trainer.chat import Chat, train_tokenizer
from assay_trainer.model import ModelConfig, new_model

TEXTS = ["Solve 3x + 4 = 19 for x.", "<think>19 - 4 = 15; 15 / 3 = 5</think>\n5", "Use 1, 2 and 7."]


@pytest.fixture(scope="session")
def chat() -> Chat:
    return train_tokenizer(TEXTS * 5, 300)


@pytest.fixture(scope="session")
def tiny_model(chat: Chat) -> Callable[..., Any]:
    """Makes float32 mixtures of experts whose distributions are far from uniform."""
    import torch

    torch.set_num_threads(1)
    config = ModelConfig(
        hidden=24,
        layers=2,
        heads=2,
        kv_heads=1,
        head_dim=12,
        experts=4,
        experts_per_token=2,
        expert_hidden=16,
        context=96,
    )

    def make(seed: int = 0, sharpen: float = 4.0) -> Any:
        model = new_model(
            config,
            vocab_size=len(chat.tokenizer),
            eos_id=chat.stop_ids[0],
            pad_id=chat.pad_id,
            seed=seed,
        )
        with torch.no_grad():
            for parameter in model.parameters():
                if parameter.ndim > 1:
                    parameter.mul_(sharpen)
        return model

    return make
