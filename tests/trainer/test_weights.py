"""Published weights are the learner's own numbers in the engine's type, tied ones once."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
import torch

from assay_trainer.chat import Chat
from assay_trainer.engines.torch_engine import TorchEngine
from assay_trainer.weights import WeightSnapshot

DTYPES = [torch.float32, torch.bfloat16]


@pytest.mark.parametrize("dtype", DTYPES)
def test_round_trip_is_a_cast(tiny_model: Callable[..., Any], dtype: torch.dtype) -> None:
    model = tiny_model()
    snapshot = WeightSnapshot.of(model, dtype, 5)
    state = snapshot.state()
    assert snapshot.version == 5
    assert set(state) == {name for name, _ in model.named_parameters()}
    for name, parameter in model.named_parameters():
        assert state[name].dtype == dtype
        assert torch.equal(state[name], parameter.detach().to(dtype))


@pytest.mark.parametrize("dtype", DTYPES)
def test_a_later_step_does_not_reach_into_a_snapshot(
    tiny_model: Callable[..., Any], dtype: torch.dtype
) -> None:
    model = tiny_model()
    before = {n: p.detach().to(dtype).clone() for n, p in model.named_parameters()}
    snapshot = WeightSnapshot.of(model, dtype, 0)
    with torch.no_grad():
        for parameter in model.parameters():
            parameter.add_(1.0)
    assert all(torch.equal(before[name], tensor) for name, tensor in snapshot.state().items())


@pytest.mark.parametrize("dtype", DTYPES)
def test_read_only_arrays_of_an_object_store_are_taken(
    tiny_model: Callable[..., Any], dtype: torch.dtype
) -> None:
    model = tiny_model()
    snapshot = WeightSnapshot.of(model, dtype, 0)
    for array in snapshot.arrays.values():
        array.setflags(write=False)
    state = snapshot.state()
    first = next(iter(state))
    state[first].zero_()
    assert np.any(snapshot.arrays[first])


def test_a_snapshot_fits_the_engine(tiny_model: Callable[..., Any], chat: Chat) -> None:
    learner, other = tiny_model(seed=0), tiny_model(seed=1)
    engine = TorchEngine(other, slots=1, capacity=8, stop_token_ids=chat.stop_ids, version=-1)
    snapshot = WeightSnapshot.of(learner, torch.bfloat16, 0)
    engine.load_weights(snapshot.state(), snapshot.version)
    assert engine.version == 0
