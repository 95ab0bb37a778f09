"""The optimiser and its schedule: AdamW, linear warm-up, then constant or cosine.

Its config is part of every recipe, so importing the module imports no torch.
"""

from __future__ import annotations

import math
from collections.abc import Iterable
from typing import TYPE_CHECKING, Annotated, Any, Literal

from pydantic import ConfigDict, Field
from pydantic.dataclasses import dataclass

from assay_trainer.errors import TrainerError

if TYPE_CHECKING:
    import torch

Moment = Annotated[float, Field(ge=0, lt=1)]


@dataclass(frozen=True, kw_only=True, config=ConfigDict(extra="forbid"))
class OptimConfig:
    """AdamW and its schedule.

    Attributes:
        lr: peak learning rate.
        betas: AdamW moments.
        weight_decay: decoupled decay, on matrices only (not on norms).
        warmup_steps: updates of linear warm-up from 0.
        schedule: ``constant`` after warm-up, or ``cosine`` down to a tenth of ``lr`` at the end.
        clip_norm: gradients are clipped to this global norm.
    """

    lr: float = Field(gt=0)
    betas: tuple[Moment, Moment] = (0.9, 0.99)
    weight_decay: float = Field(default=0.0, ge=0)
    warmup_steps: int = Field(default=10, ge=0)
    schedule: Literal["constant", "cosine"] = "constant"
    clip_norm: float = Field(default=1.0, gt=0)


def lr_factor(step: int, total: int, config: OptimConfig) -> float:
    """The fraction of the peak learning rate at ``step`` (0-based) of ``total``."""
    if step < config.warmup_steps:
        return (step + 1) / config.warmup_steps
    if config.schedule == "constant":
        return 1.0
    progress = (step - config.warmup_steps) / max(1, total - config.warmup_steps)
    return 0.1 + 0.9 * 0.5 * (1 + math.cos(math.pi * min(1.0, progress)))


class Optimiser:
    """AdamW over a model's parameters, stepped with clipping and the schedule."""

    def __init__(
        self, parameters: Iterable[torch.nn.Parameter], config: OptimConfig, total_steps: int
    ) -> None:
        from torch.optim import AdamW

        self.config = config
        self.total_steps = total_steps
        self.step_index = 0
        self._parameters = [p for p in parameters if p.requires_grad]
        matrices = [p for p in self._parameters if p.ndim >= 2]
        others = [p for p in self._parameters if p.ndim < 2]
        self.adam = AdamW(
            [
                {"params": matrices, "weight_decay": config.weight_decay},
                {"params": others, "weight_decay": 0.0},
            ],
            lr=config.lr,
            betas=config.betas,
        )

    @property
    def lr(self) -> float:
        """The learning rate of the next step."""
        return self.config.lr * lr_factor(self.step_index, self.total_steps, self.config)

    def step(self) -> float:
        """Clip, update, clear gradients; returns the gradient norm before clipping.

        Raises:
            TrainerError: the norm is not finite; nothing was updated.
        """
        from torch.nn.utils import clip_grad_norm_

        from assay_trainer.ranks import whole

        norm = float(whole(clip_grad_norm_(self._parameters, self.config.clip_norm)))
        if not math.isfinite(norm):
            raise TrainerError(
                f"the gradient of step {self.step_index + 1} is not finite; lower the learning "
                "rate (optim.lr in the run's config.toml), then go on from the last checkpoint"
            )
        for group in self.adam.param_groups:
            group["lr"] = self.lr
        self.adam.step()
        self.adam.zero_grad(set_to_none=True)
        self.step_index += 1
        return norm

    def state(self) -> dict[str, Any]:
        """What :meth:`load_state` goes on from, whole, whatever the number of ranks; all call."""
        from assay_trainer.ranks import whole

        adam = self.adam.state_dict()
        adam["state"] = {
            number: {name: whole(value) for name, value in moments.items()}
            for number, moments in adam["state"].items()
        }
        return {"adam": adam, "step_index": self.step_index}

    def load_state(self, state: dict[str, Any]) -> None:
        """Go on from the state of an optimiser over the same parameters, on any number of ranks."""
        from assay_trainer.ranks import part_like

        parameters = [p for group in self.adam.param_groups for p in group["params"]]
        adam = dict(state["adam"])
        adam["state"] = {
            number: {name: part_like(value, parameters[number]) for name, value in moments.items()}
            for number, moments in adam["state"].items()
        }
        self.adam.load_state_dict(adam)
        self.step_index = int(state["step_index"])
