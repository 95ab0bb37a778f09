"""What one rank does in test_ranks.py: supervised and policy steps on data that all ranks share.

    python rank_program.py RANK SIZE ADDRESS FOLDER

Rank 0 leaves FOLDER/<variant>.pt: metrics of every step, and weights and optimiser state before and
after the last.
"""

from __future__ import annotations

import copy
import sys
from pathlib import Path
from typing import Any

import torch

from assay_trainer.learner import Learner
from assay_trainer.losses import LossConfig
from assay_trainer.model import ModelConfig, new_model
from assay_trainer.optim import OptimConfig
from assay_trainer.ranks import Ranks
from assay_trainer.sft import Example
from assay_trainer.trajectory import Trajectory, TrajectoryBatch
from tests.trainer.supervised import answer

VARIANTS: dict[str, dict[str, Any]] = {
    "float32": {},
    "recompute": {"recompute": True},
    "bfloat16": {"compute": "bfloat16"},
}
OPTIM = OptimConfig(lr=1e-2, weight_decay=0.1, warmup_steps=2, clip_norm=0.5)
SIZES = ModelConfig(
    vocab_size=91,
    hidden=24,
    layers=2,
    heads=2,
    kv_heads=1,
    head_dim=12,
    experts=5,  # which two ranks cannot share evenly
    experts_per_token=2,
    expert_hidden=16,
    context=96,
)
VERSION = 2


def made_learner(ranks: Ranks, weights: Any = None, **settings: Any) -> Learner:
    model = new_model(SIZES, vocab_size=SIZES.vocab_size, eos_id=0, pad_id=1, seed=3)
    model.load_state_dict(weights or {}, strict=False)
    learner = Learner(
        model, pad_id=1, row_length=24, micro_rows=1, temperature=0.9, ranks=ranks, **settings
    )
    learner.begin_stage(OPTIM, 10)
    return learner


def examples() -> list[Example]:
    random = torch.Generator().manual_seed(1)
    lengths = (20, 5, 9, 14, 3)
    return [answer(tuple(torch.randint(91, (n,), generator=random).tolist()), 2) for n in lengths]


def trajectories(count: int) -> TrajectoryBatch:
    """Episodes of very different lengths, with tokens inside, below and above the band."""
    random = torch.Generator().manual_seed(count)
    episodes = []
    for number in range(count):
        episode = Trajectory()
        for place in range(4 + 3 * number % 19):
            token = int(torch.randint(91, (1,), generator=random))
            if place < 3 or place == 6:
                episode.observe([token])
            else:
                logprob = -4.5 + float(torch.randn(1, generator=random))
                episode.emit(token, logprob, VERSION - place % 3, entropy=0.5)
        episodes.append(episode)
    return TrajectoryBatch.of(episodes)


def policy_step(learner: Learner, count: int, updates: int) -> dict[str, Any]:
    given = [None if i % 5 == 4 else (i % 4 - 1.5) * (i % 3 != 0) for i in range(count)]
    config = LossConfig()
    return learner.rl_step(trajectories(count), given, config, VERSION, updates=updates)


def play(ranks: Ranks, settings: dict[str, Any]) -> dict[str, Any]:
    learner = made_learner(ranks, **settings)
    metrics = [learner.sft_step(examples()), policy_step(learner, 11, 1)]
    metrics.append(policy_step(learner, 2, 1))  # one sequence with a signal, fewer than ranks
    metrics.append(policy_step(learner, 12, 3))
    assert learner.optimiser is not None
    before = copy.deepcopy((learner.state_dict(), learner.optimiser.state()))
    metrics.append(policy_step(learner, 10, 1))
    resumed = made_learner(ranks, before[0], **settings)
    assert resumed.optimiser is not None
    resumed.optimiser.load_state(copy.deepcopy(before[1]))
    policy_step(resumed, 10, 1)
    return {
        "resumed": resumed.state_dict(),
        "metrics": metrics,
        "before": before,
        "after": (learner.state_dict(), learner.optimiser.state()),
    }


def main() -> None:
    rank, size, address, folder = sys.argv[1:]
    torch.set_num_threads(1)
    ranks = Ranks.join(int(rank), int(size), address, torch.device("cpu"))
    for name, settings in VARIANTS.items():
        played = play(ranks, settings)
        if ranks.rank == 0:
            torch.save(played, Path(folder) / f"{name}.pt")
    ranks.leave()


if __name__ == "__main__":
    main()
