"""The schedule as a table, and what the optimiser decays, clips and remembers."""

from __future__ import annotations

import copy
from typing import Any

import pytest
import torch

from assay_trainer.errors import TrainerError
from assay_trainer.optim import OptimConfig, Optimiser, lr_factor

SCHEDULES = [
    # schedule, warm-up, step of 20, factor
    ("constant", 0, 0, 1.0),
    ("constant", 4, 0, 0.25),
    ("constant", 4, 3, 1.0),
    ("constant", 4, 19, 1.0),
    ("cosine", 0, 0, 1.0),
    ("cosine", 10, 4, 0.5),
    ("cosine", 10, 10, 1.0),
    ("cosine", 10, 15, 0.55),
    ("cosine", 10, 20, 0.1),
    ("cosine", 10, 99, 0.1),
    ("cosine", 30, 9, 1 / 3),
]


@pytest.mark.parametrize(("schedule", "warmup", "step", "factor"), SCHEDULES)
def test_schedule(schedule: Any, warmup: int, step: int, factor: float) -> None:
    config = OptimConfig(lr=1.0, warmup_steps=warmup, schedule=schedule)
    assert lr_factor(step, 20, config) == pytest.approx(factor)


def _model() -> torch.nn.Module:
    model = torch.nn.Sequential(torch.nn.Linear(3, 2), torch.nn.LayerNorm(2))
    for parameter in model.parameters():
        torch.nn.init.ones_(parameter)
    return model


def _step(model: torch.nn.Module, optimiser: Optimiser, gradient: float) -> float:
    for parameter in model.parameters():
        parameter.grad = torch.full_like(parameter, gradient)
    return optimiser.step()


def test_only_matrices_decay() -> None:
    model = _model()
    config = OptimConfig(lr=0.1, weight_decay=0.5, warmup_steps=0)
    _step(model, Optimiser(model.parameters(), config, 10), 0.0)
    for parameter in model.parameters():
        expected = 0.95 if parameter.ndim == 2 else 1.0
        torch.testing.assert_close(parameter.detach(), torch.full_like(parameter, expected))


def test_a_step_reports_the_norm_before_clipping_and_clears_gradients() -> None:
    model = _model()
    optimiser = Optimiser(model.parameters(), OptimConfig(lr=0.1, warmup_steps=0), 10)
    count = sum(parameter.numel() for parameter in model.parameters())
    assert _step(model, optimiser, 3.0) == pytest.approx(3.0 * count**0.5)
    assert all(parameter.grad is None for parameter in model.parameters())


@pytest.mark.parametrize("gradient", [float("nan"), float("inf")])
def test_a_gradient_that_is_not_finite_stops_the_run_before_the_weights(gradient: float) -> None:
    model = _model()
    optimiser = Optimiser(model.parameters(), OptimConfig(lr=0.1, warmup_steps=0), 10)
    with pytest.raises(TrainerError, match=r"gradient of step 1 is not finite; lower the"):
        _step(model, optimiser, gradient)
    assert all(parameter.eq(1).all() for parameter in model.parameters())


def test_frozen_parameters_stay() -> None:
    model = _model()
    model[0].requires_grad_(False)
    optimiser = Optimiser(model.parameters(), OptimConfig(lr=0.1, weight_decay=0.5), 10)
    model[1].weight.grad = torch.ones(2)
    optimiser.step()
    assert model[0].weight.eq(1).all()


def test_a_restored_optimiser_goes_on_as_the_one_that_was_saved() -> None:
    config = OptimConfig(lr=0.1, warmup_steps=4, weight_decay=0.1, schedule="cosine")
    model, twin = _model(), _model()
    optimiser = Optimiser(model.parameters(), config, 10)
    for gradient in (1.0, -0.3):
        _step(model, optimiser, gradient)
    twin.load_state_dict(model.state_dict())
    restored = Optimiser(twin.parameters(), config, 10)
    restored.load_state(copy.deepcopy(optimiser.state()))
    assert restored.lr == optimiser.lr == pytest.approx(0.075)
    _step(model, optimiser, 0.2)
    _step(twin, restored, 0.2)
    for one, other in zip(model.parameters(), twin.parameters(), strict=True):
        assert torch.equal(one, other)
