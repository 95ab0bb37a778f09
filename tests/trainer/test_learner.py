"""The learner's steps against an independent reference, and what they must not depend on."""

from __future__ import annotations

import copy
from collections.abc import Callable, Sequence
from typing import Any

import pytest
import torch

from assay_trainer.learner import Learner
from assay_trainer.losses import LossConfig
from assay_trainer.optim import OptimConfig, Optimiser
from assay_trainer.trajectory import Trajectory, TrajectoryBatch
from tests.trainer.supervised import answer

VERSION = 3
TEMPERATURE = 0.8
ADVANTAGES: list[float | None] = [1.2, -0.7, None, 0.0, 0.4, -0.9]
Gradients = dict[str, torch.Tensor]


def log_probs(model: Any, tokens: Sequence[int]) -> torch.Tensor:
    """Of each token but the first, one sequence at a time, in the model's own precision."""
    logits = model(torch.tensor([list(tokens)])).logits[0, :-1] / TEMPERATURE
    return logits.log_softmax(-1).gather(-1, torch.tensor(tokens)[1:, None])[:, 0]


def trajectories(model: Any) -> list[Trajectory]:
    """Episodes of two turns whose behaviour log-probs lie inside, below and above the band."""
    random = torch.Generator().manual_seed(5)
    episodes = []
    for number, length in enumerate((12, 7, 9, 14, 5, 10)):
        tokens = torch.randint(model.config.vocab_size, (length,), generator=random).tolist()
        with torch.no_grad():
            true = [0.0, *log_probs(model, tokens).tolist()]
        episode = Trajectory()
        for place, token in enumerate(tokens):
            if place < 3 or place == 6:
                episode.observe([token])
                continue
            shift = (0.12, -0.22, 1.02, -1.93, 0.43)[(place + number) % 5]  # band: -0.69 .. 1.61
            version = VERSION - (place < 5)
            episode.emit(token, true[place] + shift, version, entropy=0.5)
        episodes.append(episode)
    return episodes


def icepop_gradients(model: Any, episodes: Sequence[Trajectory]) -> tuple[float, Gradients]:
    """Paper eq. 1-2 in float64, sequence by sequence, with no packing and no micro-batch."""
    model = copy.deepcopy(model).double()
    model.set_experts_implementation("eager")  # the grouped kernel knows no float64
    decided = [(e, a) for e, a in zip(episodes, ADVANTAGES, strict=True) if a is not None]
    loss = torch.zeros((), dtype=torch.float64)
    for episode, advantage in decided:
        mask = torch.tensor(episode.policy[1:])
        new = log_probs(model, episode.tokens)[mask]
        ratio = (new.detach() - torch.tensor(episode.logprobs[1:])[mask].double()).exp()
        weight = torch.where((ratio >= 0.5) & (ratio <= 5.0), ratio, 0.0)
        surrogate = (new - new.detach()).exp() * advantage
        loss = loss - (weight * surrogate).mean() / len(decided)
    loss.backward()
    return float(loss.detach()), {name: p.grad for name, p in model.named_parameters()}


def rl_gradients(
    model: Any,
    episodes: Sequence[Trajectory],
    advantages: Sequence[float | None] = ADVANTAGES,
    *,
    row_length: int = 32,
    micro_rows: int = 2,
    config: LossConfig | None = None,
) -> tuple[dict[str, Any], Gradients]:
    """Metrics of one step, and the gradients that its optimiser was given."""
    learner = Learner(
        copy.deepcopy(model),
        pad_id=0,
        row_length=row_length,
        micro_rows=micro_rows,
        temperature=TEMPERATURE,
    )
    learner.begin_stage(OptimConfig(lr=1e-3, warmup_steps=0, clip_norm=1e9), 10)
    taken: Gradients = {}

    def take(optimiser: Any, *_: object) -> None:
        taken.update({n: p.grad.clone() for n, p in learner.model.named_parameters()})

    assert learner.optimiser is not None
    learner.optimiser.adam.register_step_pre_hook(take)
    batch = TrajectoryBatch.of(episodes)
    return learner.rl_step(batch, advantages, config or LossConfig(), VERSION), taken


def assert_same(one: Gradients, other: Gradients, tolerance: float = 1e-5) -> None:
    assert one.keys() == other.keys()
    for name, gradient in one.items():
        torch.testing.assert_close(
            gradient.double(), other[name].double(), atol=tolerance, rtol=1e-3, msg=name
        )


@pytest.fixture(scope="module")
def model(tiny_model: Callable[..., Any]) -> Any:
    return tiny_model(sharpen=2.0)


@pytest.fixture(scope="module")
def episodes(model: Any) -> list[Trajectory]:
    return trajectories(model)


def test_the_gradient_is_icepops(model: Any, episodes: list[Trajectory]) -> None:
    loss, expected = icepop_gradients(model, episodes)
    metrics, found = rl_gradients(model, episodes)
    assert metrics["loss"] == pytest.approx(loss, abs=1e-5)
    assert metrics["mask/low"] > 0
    assert metrics["mask/high"] > 0
    assert_same(found, expected)


@pytest.mark.parametrize(("row_length", "micro_rows"), [(14, 1), (14, 3), (30, 1), (64, 9)])
def test_packing_and_micro_batches_change_nothing(
    model: Any, episodes: list[Trajectory], row_length: int, micro_rows: int
) -> None:
    one, expected = rl_gradients(model, episodes)
    other, found = rl_gradients(model, episodes, row_length=row_length, micro_rows=micro_rows)
    assert_same(found, expected)
    for name in ("loss", "grad_norm", "mask/low", "mismatch/k3", "mismatch/ess"):
        assert other[name] == pytest.approx(one[name], rel=1e-4, abs=1e-5)
    assert other["log_ratio_histogram"] == one["log_ratio_histogram"]


def test_an_undecided_rollout_is_as_if_it_were_not_there(
    model: Any, episodes: list[Trajectory]
) -> None:
    there = [index for index, advantage in enumerate(ADVANTAGES) if advantage is not None]
    one, expected = rl_gradients(
        model, [episodes[i] for i in there], [ADVANTAGES[i] for i in there]
    )
    other, found = rl_gradients(model, episodes)
    assert_same(found, expected, 1e-6)
    for name in ("sequences", "tokens_trained", "staleness_mean"):
        assert other[name] == one[name]


def test_a_zero_advantage_stays_in_the_denominators(model: Any, episodes: list[Trajectory]) -> None:
    with_zero = [advantage for advantage in ADVANTAGES if advantage is not None]
    there = [e for e, a in zip(episodes, ADVANTAGES, strict=True) if a is not None]
    some, small = rl_gradients(model, there, with_zero)
    without = [advantage or None for advantage in with_zero]
    fewer, large = rl_gradients(model, there, without)
    assert (some["sequences"], fewer["sequences"]) == (5, 4)
    assert_same({n: g * 5 / 4 for n, g in small.items()}, large, 1e-6)


def test_without_a_signal_nothing_moves(model: Any, episodes: list[Trajectory]) -> None:
    metrics, gradients = rl_gradients(model, episodes, [0.0, None, 0.0, 0.0, None, 0.0])
    assert gradients == {}
    assert (metrics["loss"], metrics["grad_norm"], metrics["sequences"]) == (0.0, 0.0, 4)


def test_token_mean_weighs_tokens_alike(model: Any, episodes: list[Trajectory]) -> None:
    config = LossConfig(name="grpo", aggregation="token_mean")
    metrics, _ = rl_gradients(model, episodes, config=config)
    decided = [(e, a) for e, a in zip(episodes, ADVANTAGES, strict=True) if a is not None]
    total = sum(e.policy_tokens for e, _ in decided)
    expected = -sum(e.policy_tokens * a for e, a in decided) / total
    assert metrics["loss"] == pytest.approx(expected, abs=1e-5)


def test_staleness_is_counted_in_versions_over_trained_tokens(
    model: Any, episodes: list[Trajectory]
) -> None:
    metrics, _ = rl_gradients(model, episodes)
    trained = [e for e, a in zip(episodes, ADVANTAGES, strict=True) if a is not None]
    lags = [VERSION - v for e in trained for v, p in zip(e.versions, e.policy, strict=True) if p]
    assert metrics["staleness_max"] == 1
    assert metrics["staleness_mean"] == pytest.approx(sum(lags) / len(lags))
    assert metrics["mismatch/tokens@lag0"] + metrics["mismatch/tokens@lag1"] == pytest.approx(
        metrics["mismatch/tokens"]
    )


def test_a_token_newer_than_the_weights_is_refused(model: Any, episodes: list[Trajectory]) -> None:
    newer = copy.deepcopy(episodes)
    newer[0].versions[-1] = VERSION + 1
    with pytest.raises(ValueError, match="negative version lag"):
        rl_gradients(model, newer)


def test_supervision_lowers_the_loss_of_responses_only(tiny_model: Callable[..., Any]) -> None:
    learner = Learner(tiny_model(), pad_id=0, row_length=16, micro_rows=2, temperature=1.0)
    learner.begin_stage(OptimConfig(lr=3e-2, warmup_steps=0), 30)
    examples = [answer((9, 8, 7, n, n + 1, n + 2), 3) for n in (20, 40, 60)]
    steps = [learner.sft_step(examples) for _ in range(30)]
    assert steps[-1]["loss"] < steps[0]["loss"] / 3
    assert steps[-1]["accuracy"] > steps[0]["accuracy"]
    assert steps[0]["tokens"] == 18


def test_a_step_whose_examples_were_all_passed_over_moves_nothing(
    tiny_model: Callable[..., Any],
) -> None:
    learner = Learner(tiny_model(), pad_id=0, row_length=32, micro_rows=2, temperature=1.0)
    learner.begin_stage(OptimConfig(lr=1e-2), 10)
    before = copy.deepcopy(learner.state_dict())
    row = learner.sft_step([])
    assert (row["loss"], row["tokens"], row["grad_norm"]) == (0.0, 0, 0.0)
    assert all(torch.equal(before[name], tensor) for name, tensor in learner.state_dict().items())


def test_the_supervised_loss_is_the_mean_over_response_tokens(
    tiny_model: Callable[..., Any],
) -> None:
    model = tiny_model()
    examples = [answer((9, 8, 7, 20, 21), 3), answer((5, 4, 30), 2), answer((1, 2, 3, 4, 6), 1)]
    with torch.no_grad():
        logits = [model(torch.tensor([e.tokens])).logits[0, :-1].log_softmax(-1) for e in examples]
    chosen = [
        -float(row[place - 1, example.tokens[place]])
        for example, row in zip(examples, logits, strict=True)
        for place, written in enumerate(example.policy)
        if written
    ]
    for micro_rows in (1, 4):
        learner = Learner(
            copy.deepcopy(model), pad_id=0, row_length=8, micro_rows=micro_rows, temperature=2.0
        )
        learner.begin_stage(OptimConfig(lr=1e-3), 10)
        assert learner.sft_step(examples)["loss"] == pytest.approx(
            sum(chosen) / len(chosen), abs=1e-5
        )


def step_by_step(
    model: Any, episodes: Sequence[Trajectory], config: LossConfig, optim: OptimConfig
) -> list[Gradients]:
    """Gradients of two updates by the formula: halves of the batch, one θ_old for both."""
    decided = [(e, a) for e, a in zip(episodes, ADVANTAGES, strict=True) if a is not None]
    with torch.no_grad():
        old = [log_probs(model, episode.tokens) for episode, _ in decided]
    optimiser = Optimiser(model.parameters(), optim, 10)
    taken = []
    for half in (range(0, 3), range(3, 5)):
        loss = torch.zeros(())
        for index in half:
            episode, advantage = decided[index]
            mask = torch.tensor(episode.policy[1:])
            new = log_probs(model, episode.tokens)[mask]
            behaviour = torch.tensor(episode.logprobs[1:])[mask]
            start = old[index][mask] if config.clip_against == "learner" else behaviour
            kept = (old[index][mask] - behaviour).exp()
            band = (kept >= 0.5) & (kept <= 5.0) if config.name == "icepop" else kept * 0 + 1
            weight = torch.where(band.bool(), kept if config.name == "icepop" else 1.0, 0.0)
            r = (new - start).exp()
            surrogate = torch.minimum(r * advantage, r.clamp(*config.clip) * advantage)
            loss = loss - (weight * surrogate).mean() / len(half)
        loss.backward()
        taken.append({name: p.grad.clone() for name, p in model.named_parameters()})
        optimiser.step()
    return taken


@pytest.mark.parametrize(
    "config",
    [
        LossConfig(clip_low=0.02, clip_high=0.02),
        LossConfig(name="grpo", clip_against="engine", clip_low=0.1, clip_high=0.1),
    ],
    ids=["learner", "engine"],
)
def test_later_updates_of_a_step_are_clipped_against_its_start(
    model: Any, episodes: list[Trajectory], config: LossConfig
) -> None:
    optim = OptimConfig(lr=3e-3, warmup_steps=0, clip_norm=1e9)
    learner = Learner(
        copy.deepcopy(model), pad_id=0, row_length=32, micro_rows=1, temperature=TEMPERATURE
    )
    learner.begin_stage(optim, 10)
    found: list[Gradients] = []

    def take(*_: object) -> None:
        found.append({n: p.grad.clone() for n, p in learner.model.named_parameters()})

    assert learner.optimiser is not None
    learner.optimiser.adam.register_step_pre_hook(take)
    batch = TrajectoryBatch.of(episodes)
    metrics = learner.rl_step(batch, ADVANTAGES, config, VERSION, updates=2)
    expected = step_by_step(copy.deepcopy(model), episodes, config, optim)
    assert len(found) == 2
    for one, other in zip(found, expected, strict=True):
        assert_same(one, other, 1e-4)
    assert metrics["clipped"] > 0


def test_recomputing_runs_the_layers_again(model: Any, episodes: list[Trajectory]) -> None:
    passes = []
    for recompute in (False, True):
        learner = Learner(
            copy.deepcopy(model),
            pad_id=0,
            row_length=64,
            micro_rows=9,
            temperature=1.0,
            recompute=recompute,
        )
        learner.begin_stage(OptimConfig(lr=1e-3), 10)
        count = 0

        def run(*_: object) -> None:
            nonlocal count
            count += 1

        learner.model.model.layers[0].self_attn.register_forward_hook(run)
        learner.rl_step(TrajectoryBatch.of(episodes), ADVANTAGES, LossConfig(), VERSION)
        passes.append(count)
    assert passes == [1, 2]


def test_where_the_time_went_is_told_by_part(model: Any, episodes: list[Trajectory]) -> None:
    learner = Learner(copy.deepcopy(model), pad_id=0, row_length=64, micro_rows=1, temperature=1.0)
    learner.begin_stage(OptimConfig(lr=1e-3), 10)
    learner.rl_step(TrajectoryBatch.of(episodes), ADVANTAGES, LossConfig(), VERSION)
    seconds = learner.watch.take()
    assert set(seconds) == {"pack", "forward", "backward", "update"}
    assert min(seconds.values()) > 0
    assert learner.watch.take() == {}


def test_a_step_before_its_stage_is_refused(tiny_model: Callable[..., Any]) -> None:
    learner = Learner(tiny_model(), pad_id=0, row_length=8, micro_rows=1, temperature=1.0)
    with pytest.raises(RuntimeError, match="begin_stage"):
        learner.sft_step([answer((1, 2, 3), 1)])
