"""Two ranks over gloo are one: the same steps, weights, optimiser state and figures.

`rank_program.py` plays the same steps once as one process and once as two.
"""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import torch

from assay_trainer.ranks import Ranks, free_address
from tests.trainer import rank_program

PROGRAM = Path(rank_program.__file__)
TIMES = {"seconds", "tokens_per_s"}


def play(size: int, folder: Path) -> dict[str, Any]:
    address = free_address()
    commands = [
        [sys.executable, str(PROGRAM), str(rank), str(size), address, str(folder)]
        for rank in range(size)
    ]
    running = [subprocess.Popen(command, stderr=subprocess.PIPE, text=True) for command in commands]
    ended = [(process.communicate(timeout=400)[1], process.returncode) for process in running]
    assert all(status == 0 for _, status in ended), ended
    return {name: torch.load(folder / f"{name}.pt") for name in rank_program.VARIANTS}


@pytest.fixture(scope="module")
def one(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    return play(1, tmp_path_factory.mktemp("one"))


@pytest.fixture(scope="module")
def two(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    return play(2, tmp_path_factory.mktemp("two"))


def assert_close(found: Any, expected: Any, tolerance: float = 2e-6) -> None:
    assert found.keys() == expected.keys()
    for name, tensor in expected.items():
        torch.testing.assert_close(found[name], tensor, atol=tolerance, rtol=0, msg=name)


@pytest.mark.parametrize("moment", ["before", "after"])
@pytest.mark.parametrize("variant", ["float32", "recompute"])
def test_weights_and_optimiser_are_those_of_one_rank(
    one: dict[str, Any], two: dict[str, Any], variant: str, moment: str
) -> None:
    (weights, adam), (expected, expected_adam) = (played[variant][moment] for played in (two, one))
    assert_close(weights, expected)
    assert adam["step_index"] == expected_adam["step_index"]
    states = adam["adam"]["state"], expected_adam["adam"]["state"]
    assert states[0].keys() == states[1].keys()
    for number, moments in states[1].items():
        assert_close(states[0][number], moments)


@pytest.mark.parametrize("variant", rank_program.VARIANTS)
def test_figures_are_those_of_one_rank(
    one: dict[str, Any], two: dict[str, Any], variant: str
) -> None:
    tolerance = 0.02 if variant == "bfloat16" else 1e-5
    for found, expected in zip(two[variant]["metrics"], one[variant]["metrics"], strict=True):
        assert found.keys() == expected.keys()
        for name in expected.keys() - TIMES:
            if "histogram" not in name:
                assert found[name] == pytest.approx(expected[name], rel=tolerance, abs=tolerance)


def test_every_step_moved_the_weights_and_met_the_mask(one: dict[str, Any]) -> None:
    steps = one["float32"]["metrics"]
    assert all(step["grad_norm"] > 0 for step in steps)
    assert max(step.get("mask/low", 0) for step in steps) > 0


def test_recomputed_activations_change_no_bit(one: dict[str, Any]) -> None:
    plain, recomputed = (one[name]["after"][0] for name in ("float32", "recompute"))
    assert all(torch.equal(plain[name], recomputed[name]) for name in plain)


def test_autocast_is_near_float32_and_not_the_same(one: dict[str, Any]) -> None:
    first, rough = (one[name]["metrics"][0] for name in ("float32", "bfloat16"))
    assert rough["loss"] == pytest.approx(first["loss"], rel=1e-3)
    assert rough["loss"] != first["loss"]
    assert all(tensor.dtype == torch.float32 for tensor in one["bfloat16"]["after"][0].values())


@pytest.mark.parametrize("size", ["one", "two"])
def test_resumed_ranks_repeat_the_step_to_the_bit(
    size: str, one: dict[str, Any], two: dict[str, Any]
) -> None:
    played = {"one": one, "two": two}[size]["float32"]
    assert_close(played["resumed"], played["after"][0], tolerance=0.0)


def test_one_rank_goes_on_where_two_stopped(two: dict[str, Any]) -> None:
    weights, optimiser = two["float32"]["before"]
    learner = rank_program.made_learner(Ranks(), weights)
    assert learner.optimiser is not None
    learner.optimiser.load_state(optimiser)
    metrics = rank_program.policy_step(learner, 10, 1)
    assert metrics["loss"] == pytest.approx(two["float32"]["metrics"][-1]["loss"], abs=1e-6)
    assert_close(learner.state_dict(), two["float32"]["after"][0])
