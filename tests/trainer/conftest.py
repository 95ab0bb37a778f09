"""What several tests of the trainer share: a tiny policy with its tokenizer, and one real run.

The run is that of the recipe ``spark`` made short, with overlap: SFT from nothing, a few IcePop +
C3PO++ steps, evaluation, report; end to end on Ray, with code judged in a sandbox.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from assay_trainer.chat import Chat, train_tokenizer
from assay_trainer.model import ModelConfig, new_model

RL_STEPS = 8
RUN_SETTINGS = (
    "sft.steps=120",
    "sft.examples_per_step=24",
    f"rl.steps={RL_STEPS}",
    "rl.optim.warmup_steps=1",
    "rl.scheduler.infer_capacity=96",
    "rl.scheduler.budget_tokens=1500",
    "rl.scheduler.retention=2",
    "rl.scheduler.overlap=true",
    "engine.slots=64",
    "engine.ticks_per_call=4",
    "learner.threads=1",
    "evaluation.tasks=4",
    "evaluation.samples=2",
    "checkpoint_every=2",
    "keep_checkpoints=9",
)
TEXTS = ["Solve 3x + 4 = 19 for x.", "<think>19 - 4 = 15; 15 / 3 = 5</think>\n5", "Use 1, 2 and 7."]


@pytest.fixture(scope="session")
def finished(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The run, never stopped."""
    from assay_trainer.api import train

    runs = tmp_path_factory.mktemp("runs")
    return train("spark", name="whole", overrides=RUN_SETTINGS, runs_dir=runs)


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
        context=208,
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
