"""The losses against an oracle written from the formulas, one token at a time, in Python floats."""

from __future__ import annotations

import math
import subprocess
import sys
from collections import defaultdict
from dataclasses import asdict
from typing import Any

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from pydantic import TypeAdapter, ValidationError
from torch import Tensor

from assay_trainer.losses import ALGORITHMS, LossConfig, count, policy_loss, token_weights
from assay_trainer.losses.kpop import bernoulli_kl

INF, NAN = math.inf, math.nan


# --- the oracle ---------------------------------------------------------------------------------


def bernoulli(p: float, q: float) -> float:
    return p * math.log(p / q) + (1 - p) * math.log((1 - p) / (1 - q))


def oracle_weight(name: str, old: float, behaviour: float) -> float:
    """The weight of one token with the default settings."""
    difference = old - behaviour
    if not math.isfinite(difference):
        return 0.0
    ratio, p, q = math.exp(difference), math.exp(old), math.exp(behaviour)
    match name:
        case "icepop":
            return ratio if 0.5 <= ratio <= 5 else 0.0
        case "icepop_mask_only":
            return 1.0 if 0.5 <= ratio <= 5 else 0.0
        case "tis":
            return min(ratio, 2.0)
        case "ipo":
            return ratio if abs(p - q) <= 0.3 else 0.0
        case "kpop":
            return ratio if max(bernoulli(p, q), bernoulli(q, p)) <= 2.0 else 0.0
        case _:
            return 1.0


def oracle_gradient(name: str, sequences: list[list[dict[str, float]]], how: str) -> list[float]:
    """d loss / d logp of every policy token: -w·A·r over the denominators, 0 where clipped."""
    low, high = (3e-4, 4e-4) if name == "gspo" else (0.2, 0.2)
    total = sum(map(len, sequences))
    gradient = []
    for sequence in sequences:
        share = 1 / total if how == "token_mean" else 1 / len(sequence) / len(sequences)
        changes = [token["new"] - token["old"] for token in sequence]
        mean = math.fsum(changes) / len(changes)
        weights = [oracle_weight(name, token["old"], token["behaviour"]) for token in sequence]
        slopes = []
        for token, change, weight in zip(sequence, changes, weights, strict=True):
            r, a = math.exp(mean if name == "gspo" else change), token["advantage"]
            active = r * a <= min(max(r, 1 - low), 1 + high) * a
            slopes.append(-weight * a * r * active)
        if name == "gspo":  # one ratio a sequence, to which its tokens contribute alike
            slopes = [math.fsum(slopes) / len(slopes)] * len(slopes)
        gradient += [share * slope for slope in slopes]
    return gradient


def oracle_loss(name: str, sequences: list[list[dict[str, float]]], how: str) -> float:
    """The loss of a step; a sequence is a list of its policy tokens."""
    low, high = (3e-4, 4e-4) if name == "gspo" else (0.2, 0.2)
    means, tokens = [], []
    for sequence in sequences:
        changes = [token["new"] - token["old"] for token in sequence]
        if name == "gspo":
            changes = [math.fsum(changes) / len(changes)] * len(changes)
        losses = []
        for token, change in zip(sequence, changes, strict=True):
            r, a = math.exp(change), token["advantage"]
            surrogate = min(r * a, min(max(r, 1 - low), 1 + high) * a)
            losses.append(-oracle_weight(name, token["old"], token["behaviour"]) * surrogate)
        means.append(math.fsum(losses) / len(losses))
        tokens += losses
    parts = means if how == "sequence_mean" else tokens
    return math.fsum(parts) / len(parts)


# --- flat batches -------------------------------------------------------------------------------

log_probabilities = st.floats(-6.0, -0.01)
policy_tokens = st.fixed_dictionaries(
    {
        "new": log_probabilities,
        "old": log_probabilities,
        "behaviour": log_probabilities,
    }
)
steps = st.lists(
    st.tuples(st.lists(policy_tokens, min_size=1, max_size=5), st.floats(-2.0, 2.0)),
    min_size=1,
    max_size=6,
).map(
    lambda drawn: [
        [{**token, "advantage": advantage} for token in tokens] for tokens, advantage in drawn
    ]
)
Batch = dict[str, Tensor]


def flatten(sequences: list[tuple[int, list[dict[str, float]]]], *, between: float = NAN) -> Batch:
    """Pack numbered sequences; ``between`` stands where the prompt and environment tokens do."""
    rows: list[tuple[float, float, float, float, bool, int]] = []
    for number, sequence in sequences:
        rows.append((between, between, between, between, False, number))
        rows += [
            (token["new"], token["old"], token["behaviour"], token["advantage"], True, number)
            for token in sequence
        ]
    columns = list(zip(*rows, strict=True))
    names = ("logp", "logp_old", "logp_behaviour", "advantages")
    batch = {
        name: torch.tensor(column, dtype=torch.float64)
        for name, column in zip(names, columns[:4], strict=True)
    }
    return {
        **batch,
        "policy_mask": torch.tensor(columns[4]),
        "sequence_ids": torch.tensor(columns[5]),
    }


def loss_of(batch: Batch, config: LossConfig, counts: tuple[int, int] | None = None) -> Tensor:
    sequences, tokens = counts or count(batch["policy_mask"], batch["sequence_ids"])
    loss, _ = policy_loss(**batch, config=config, global_sequences=sequences, global_tokens=tokens)
    return loss


def batch_of(
    ratios: list[float], *, advantage: float = 1.0, behaviour: float = -1.0
) -> tuple[Batch, Tensor]:
    """One sequence whose tokens have these ratios old/behaviour, and the leaf of its gradient."""
    sampled = torch.full((len(ratios),), behaviour)
    old = sampled + torch.tensor(ratios).log()
    logp = old.clone().requires_grad_()
    batch = {
        "logp": logp,
        "logp_old": old,
        "logp_behaviour": sampled,
        "advantages": torch.full_like(old, advantage),
        "policy_mask": torch.ones(len(ratios), dtype=torch.bool),
        "sequence_ids": torch.zeros(len(ratios), dtype=torch.long),
    }
    return batch, logp


# --- against the formulas -----------------------------------------------------------------------


@pytest.mark.parametrize("name", ALGORITHMS)
@pytest.mark.parametrize("how", ["sequence_mean", "token_mean"])
@given(sequences=steps)
@settings(max_examples=25, deadline=None)
def test_the_loss_and_its_gradient_are_what_the_formula_says(
    name: str, how: Any, sequences: list[list[dict[str, float]]]
) -> None:
    if name == "gspo" and how == "token_mean":
        return
    config = LossConfig(name=name, aggregation=how)
    near_a_bound = any(
        token_is_near_a_bound(name, token) for sequence in sequences for token in sequence
    )
    if near_a_bound:
        return
    batch = flatten(list(enumerate(sequences)))
    logp = batch["logp"].requires_grad_()
    loss = loss_of(batch, config)
    heaviest = max(oracle_weight(name, t["old"], t["behaviour"]) for s in sequences for t in s)
    close = {"rel": 1e-5, "abs": 2e-6 * (1 + heaviest)}  # weights are float32
    assert loss.item() == pytest.approx(oracle_loss(name, sequences, how), **close)
    (gradient,) = torch.autograd.grad(loss, logp)
    assert gradient[~batch["policy_mask"]].eq(0).all()
    own = gradient[batch["policy_mask"]].tolist()
    assert own == pytest.approx(oracle_gradient(name, sequences, how), **close)


def token_is_near_a_bound(name: str, token: dict[str, float]) -> bool:
    """Where float32 and float64 may decide differently: a nudge of ``old`` changes the weight."""
    weights = [
        oracle_weight(name, token["old"] + nudge, token["behaviour"]) for nudge in (-1e-5, 1e-5)
    ]
    return abs(weights[0] - weights[1]) > 1e-3 * (1 + max(weights))


@pytest.mark.parametrize("name", ALGORITHMS)
def test_the_gradient_is_that_of_the_loss(name: str) -> None:
    generator = torch.Generator().manual_seed(5)
    old = -3 * torch.rand(12, generator=generator, dtype=torch.float64) - 0.1
    logp = (old + 0.1 * torch.randn(12, generator=generator, dtype=torch.float64)).requires_grad_()
    batch = {
        "logp_old": old,
        "logp_behaviour": old + torch.randn(12, generator=generator, dtype=torch.float64),
        "advantages": torch.tensor([1.0, -1.0, 0.5] * 4, dtype=torch.float64).sort().values,
        "policy_mask": torch.tensor([True, True, False] * 4),
        "sequence_ids": torch.arange(12) // 3,
    }
    config = LossConfig(name=name)
    assert torch.autograd.gradcheck(lambda leaf: loss_of({"logp": leaf, **batch}, config), (logp,))


def test_the_public_case_of_three_ratios() -> None:
    batch, logp = batch_of([0.4, 0.8, 6.0])
    loss, weights = policy_loss(**batch, config=LossConfig(), global_sequences=1, global_tokens=3)
    torch.testing.assert_close(weights.weight, torch.tensor([0.0, 0.8, 0.0]))
    assert weights.low.tolist() == [True, False, False]
    assert weights.high.tolist() == [False, False, True]
    assert not weights.nonfinite.any()
    assert loss.item() == pytest.approx(-0.8 / 3), "dropped tokens stay in the denominator"
    loss.backward()
    torch.testing.assert_close(logp.grad, torch.tensor([0.0, -0.8 / 3, 0.0]))


WEIGHTS: list[tuple[str, list[float]]] = [
    ("icepop", [0.0, 0.8, 1.0, 4.0, 0.0]),
    ("icepop_mask_only", [0.0, 1.0, 1.0, 1.0, 0.0]),
    ("grpo", [1.0, 1.0, 1.0, 1.0, 1.0]),
    ("gspo", [1.0, 1.0, 1.0, 1.0, 1.0]),
    ("tis", [0.4, 0.8, 1.0, 2.0, 2.0]),
    ("ipo", [0.4, 0.8, 1.0, 4.0, 0.0]),  # behaviour .1: differences .06 .02 0 .3- .5
    ("kpop", [0.4, 0.8, 1.0, 4.0, 6.0]),
]


@pytest.mark.parametrize(("name", "expected"), WEIGHTS)
def test_weights_of_a_token_the_engine_gave_a_tenth(name: str, expected: list[float]) -> None:
    batch, _ = batch_of([0.4, 0.8, 1.0, 3.999, 6.0], behaviour=math.log(0.1))
    weights = token_weights(batch["logp_old"], batch["logp_behaviour"], LossConfig(name=name))
    torch.testing.assert_close(weights.weight, torch.tensor(expected), rtol=1e-3, atol=1e-6)


def test_kpop_drops_by_divergence_and_names_the_side() -> None:
    probabilities = [(0.99, 0.001), (0.001, 0.99), (0.5, 0.4), (1.0, 0.9), (1.0, 0.5)]
    old, behaviour = torch.tensor(probabilities).log().unbind(1)
    weights = token_weights(old, behaviour, LossConfig(name="kpop"))
    assert weights.high.tolist() == [True, False, False, False, True]
    assert weights.low.tolist() == [False, True, False, False, False]
    torch.testing.assert_close(weights.weight, torch.tensor([0.0, 0.0, 1.25, 1 / 0.9, 0.0]))


@pytest.mark.parametrize(
    ("ratio", "kept"),
    [(0.5, True), (5.0, True), (0.4999, False), (5.001, False)],
)
def test_the_bounds_of_the_band_are_inside(ratio: float, kept: bool) -> None:
    weights = token_weights(torch.tensor([math.log(ratio)]), torch.zeros(1), LossConfig())
    assert bool(weights.weight > 0) == kept


BOUNDS: list[tuple[dict[str, Any], float, float, bool]] = [
    # settings, log p_train, log p_behaviour, kept
    ({"name": "icepop"}, math.log(0.5) - 1.0, -1.0, True),
    ({"name": "icepop"}, math.log(5.0) - 3.7, -3.7, True),
    ({"name": "icepop_mask_only"}, math.log(0.5) - 1.0, -1.0, True),
    ({"name": "icepop_mask_only"}, math.log(0.5) - 1.0 - 1e-6, -1.0, False),
    ({"name": "ipo", "epsilon": 0.5}, 0.0, math.log(0.5), True),
    ({"name": "ipo", "epsilon": 0.5}, math.log(0.5), 0.0, True),
    ({"name": "ipo", "epsilon": 0.4999999}, 0.0, math.log(0.5), False),
]


@pytest.mark.parametrize(("settings_", "old", "behaviour", "kept"), BOUNDS)
def test_a_token_on_the_bound_is_kept(
    settings_: dict[str, Any], old: float, behaviour: float, kept: bool
) -> None:
    pair = torch.tensor([[old], [behaviour]], dtype=torch.float64)
    weights = token_weights(*pair, LossConfig(**settings_))
    assert bool(weights.weight > 0) == kept


def test_kpop_keeps_a_token_whose_divergence_is_the_limit() -> None:
    old, behaviour = torch.tensor([-0.1]), torch.tensor([-3.0])
    limit = float(bernoulli_kl(old, behaviour).maximum(bernoulli_kl(behaviour, old)))
    for phi, kept in ((limit, True), (limit * (1 - 1e-6), False)):
        weights = token_weights(old, behaviour, LossConfig(name="kpop", phi=phi))
        assert bool(weights.weight > 0) == kept


# --- against the policy that sampled ------------------------------------------------------------


@pytest.mark.parametrize("name", ["grpo", "gspo"])
def test_the_ratio_may_start_from_the_engine(name: str) -> None:
    """The same loss as where the learner's old log-probs are the engine's own."""
    sequence = [
        {"new": -1.0, "old": -0.4, "behaviour": -1.1, "advantage": 1.0},
        {"new": -2.0, "old": -2.9, "behaviour": -1.4, "advantage": 1.0},
    ]
    merged = [{**token, "old": token["behaviour"]} for token in sequence]
    loss = loss_of(flatten([(0, sequence)]), LossConfig(name=name, clip_against="engine"))
    assert loss.item() == pytest.approx(oracle_loss(name, [merged], "sequence_mean"), rel=1e-6)
    assert loss.item() != pytest.approx(oracle_loss(name, [sequence], "sequence_mean"))


def test_tokens_that_the_clip_stops_are_told() -> None:
    batch, _ = batch_of([1.0] * 4)
    logp = batch["logp_old"] + torch.tensor([1.3, 0.7, 1.3, 0.7]).log()
    batch |= {"logp": logp, "advantages": torch.tensor([1.0, 1.0, -1.0, -1.0])}
    _, weights = policy_loss(**batch, config=LossConfig(), global_sequences=1, global_tokens=4)
    assert weights.clipped is not None
    assert weights.clipped.tolist() == [True, False, False, True]


# --- what must never leak -----------------------------------------------------------------------

BROKEN: list[tuple[float, float]] = [
    (-INF, -1.0),
    (-1.0, -INF),
    (-INF, -INF),
    (NAN, -1.0),
    (-1.0, NAN),
    (-1.0, INF),
]


@pytest.mark.parametrize("name", ALGORITHMS)
@pytest.mark.parametrize(("old", "behaviour"), BROKEN)
def test_a_non_finite_ratio_is_dropped_counted_and_leaves_no_trace(
    name: str, old: float, behaviour: float
) -> None:
    logp = torch.tensor([-1.0, old, -1.0], requires_grad=True)
    loss, weights = policy_loss(
        logp,
        torch.tensor([-1.0, old, -1.0]),
        torch.tensor([-1.0, behaviour, -1.0]),
        torch.ones(3),
        torch.ones(3, dtype=torch.bool),
        torch.zeros(3, dtype=torch.long),
        LossConfig(name=name),
        global_sequences=1,
        global_tokens=3,
    )
    loss.backward()
    assert weights.nonfinite.tolist() == [False, True, False]
    assert not (weights.low | weights.high).any()
    assert loss.item() == pytest.approx(-2 / 3)
    assert logp.grad is not None
    assert logp.grad[1] == 0
    assert logp.grad.isfinite().all()


@pytest.mark.parametrize("name", ALGORITHMS)
@pytest.mark.parametrize("new", [-INF, INF, NAN])
def test_a_log_probability_that_became_non_finite_is_dropped_and_counted(
    name: str, new: float
) -> None:
    batch, _ = batch_of([1.0, 0.4, 1.0])
    logp = torch.tensor([-1.0, new, -1.0], requires_grad=True)
    batch["logp"] = logp
    batch["logp_old"] = torch.tensor([-1.0, -1.9, -1.0])
    loss, weights = policy_loss(
        **batch, config=LossConfig(name=name), global_sequences=1, global_tokens=3
    )
    loss.backward()
    assert weights.nonfinite.tolist() == [False, True, False]
    assert not weights.low.any(), "a token is counted once"
    assert loss.item() == pytest.approx(-2 / 3)
    assert logp.grad is not None
    assert logp.grad[1] == 0
    assert logp.grad.isfinite().all()


@pytest.mark.parametrize("name", ["icepop", "ipo", "kpop", "tis"])
def test_a_ratio_beyond_float32_stays_finite(name: str) -> None:
    weights = token_weights(torch.tensor([-5.0]), torch.tensor([-120.0]), LossConfig(name=name))
    assert weights.weight.item() == (pytest.approx(2.0) if name == "tis" else 0.0)
    assert weights.high.item() == (name != "tis")


@pytest.mark.parametrize("advantage", [1.0, 0.0, -1.0])
def test_a_policy_that_moved_absurdly_far_keeps_a_finite_loss_and_gradient(
    advantage: float,
) -> None:
    batch, _ = batch_of([1.0, 1.0], advantage=advantage, behaviour=-200.0)
    logp = torch.tensor([-0.1, -200.0], requires_grad=True)
    loss = loss_of({**batch, "logp": logp}, LossConfig())
    loss.backward()
    assert loss.isfinite()
    assert logp.grad is not None
    assert logp.grad.isfinite().all()


def test_what_the_environment_wrote_is_ignored_even_as_nan() -> None:
    sequence = [{"new": -1.0, "old": -1.1, "behaviour": -1.2, "advantage": 2.0}]
    for name in ALGORITHMS:
        losses, gradients = [], []
        for between in (NAN, -1.0):
            batch = flatten([(0, sequence)], between=between)
            leaf = batch["logp"].requires_grad_()
            loss = loss_of(batch, LossConfig(name=name))
            losses.append(loss.item())
            gradients += torch.autograd.grad(loss, leaf)
        assert losses[0] == losses[1]
        assert torch.equal(gradients[0], gradients[1])
        assert gradients[0][0] == 0


def test_no_gradient_reaches_the_old_and_the_behaviour_log_probabilities() -> None:
    for name in ALGORITHMS:
        batch, _ = batch_of([0.9, 1.1])
        for key in ("logp_old", "logp_behaviour"):
            batch[key] = batch[key].detach().requires_grad_()
        loss_of(batch, LossConfig(name=name)).backward()
        assert batch["logp_old"].grad is None
        assert batch["logp_behaviour"].grad is None


def test_the_clip_stops_the_gradient_on_the_side_it_clips() -> None:
    batch, _ = batch_of([1.0] * 4)
    logp = (batch["logp_old"] + torch.tensor([1.3, 0.7, 1.3, 0.7]).log()).requires_grad_()
    batch |= {"logp": logp, "advantages": torch.tensor([1.0, 1.0, -1.0, -1.0])}
    loss_of(batch, LossConfig()).backward()
    assert logp.grad is not None
    assert (logp.grad != 0).tolist() == [False, True, True, False]


def test_tokens_older_than_the_limit_get_no_loss_and_stay_in_the_denominator() -> None:
    batch, logp = batch_of([1.0, 1.0, 1.0, 1.0])
    config = LossConfig(max_token_lag=1)
    lag = torch.tensor([2, 1, 0, 3])
    loss, weights = policy_loss(
        **batch, config=config, global_sequences=1, global_tokens=4, lag=lag
    )
    loss.backward()
    assert weights.stale is not None
    assert weights.stale.tolist() == [True, False, False, True]
    assert loss.item() == pytest.approx(-0.5)
    assert logp.grad is not None
    assert (logp.grad != 0).tolist() == [False, True, True, False]
    with pytest.raises(ValueError, match="lag"):
        loss_of(batch, config)


# --- invariance ---------------------------------------------------------------------------------


@pytest.mark.parametrize("name", ALGORITHMS)
@given(sequences=steps, data=st.data())
@settings(max_examples=15, deadline=None)
def test_the_step_is_the_same_however_it_is_packed_and_split(
    name: str, sequences: list[list[dict[str, float]]], data: st.DataObject
) -> None:
    how = data.draw(st.sampled_from(["sequence_mean"] + ["token_mean"] * (name != "gspo")))
    config = LossConfig(name=name, aggregation=how)
    whole = flatten(list(enumerate(sequences)), between=0.0)
    counts = count(whole["policy_mask"], whole["sequence_ids"])
    parts: dict[int, list[tuple[int, list[dict[str, float]]]]] = defaultdict(list)
    for number, sequence in data.draw(st.permutations(list(enumerate(sequences)))):
        label = 1000 - 7 * number  # any integer will do
        parts[data.draw(st.integers(0, 2))].append((label, sequence))
    split = sum(loss_of(flatten(part), config, counts).item() for part in parts.values())
    assert split == pytest.approx(loss_of(whole, config).item(), rel=1e-6, abs=1e-9)
    local = [count(b["policy_mask"], b["sequence_ids"]) for b in map(flatten, parts.values())]
    assert tuple(map(sum, zip(*local, strict=True))) == counts


def test_a_sequence_whose_tokens_are_all_dropped_still_counts() -> None:
    kept = [{"new": -1.0, "old": -1.0, "behaviour": -1.0, "advantage": 1.0}] * 3
    dropped = [{**token, "behaviour": -6.0} for token in kept]
    batch = flatten([(0, kept), (1, dropped)])
    for how in ("sequence_mean", "token_mean"):
        config = LossConfig(aggregation=how)  # type: ignore[arg-type]
        assert loss_of(batch, config).item() == pytest.approx(-0.5)


def test_a_sequence_without_policy_tokens_leaves_the_loss() -> None:
    kept = [{"new": -1.0, "old": -1.0, "behaviour": -1.0, "advantage": 1.0}] * 3
    batch = flatten([(0, kept), (1, [])], between=0.0)
    assert count(batch["policy_mask"], batch["sequence_ids"]) == (1, 3)
    assert loss_of(batch, LossConfig()).item() == pytest.approx(-1.0)


# --- refusals -----------------------------------------------------------------------------------

REFUSED: list[tuple[dict[str, Any], str]] = [
    ({"name": "icepopp"}, "did you mean 'icepop'"),
    ({"name": "zzz"}, "choose one of icepop"),
    ({"name": "grpo", "alpha": 0.5}, "alpha does nothing for the loss 'grpo'"),
    ({"name": "tis", "beta": 5.0}, "which takes cap"),
    ({"name": "icepop", "phi": 2.0}, "which takes alpha, beta"),
    ({"name": "kpop", "epsilon": 0.3}, "which takes phi"),
    ({"alpha": 0.0}, "alpha = 0: must be above 0"),
    ({"alpha": 6.0}, "at most 1"),
    ({"beta": 0.9}, "at least 1"),
    ({"beta": INF}, "finite"),
    ({"alpha": NAN}, "alpha = nan"),
    ({"alpha": 1.0, "beta": 1.0}, "widen the band"),
    ({"name": "tis", "cap": 0.5}, "at least 1"),
    ({"name": "ipo", "epsilon": 1.0}, "never differ by more"),
    ({"name": "kpop", "phi": 0.0}, "above 0"),
    ({"clip_low": 1.5}, "at most 1"),
    ({"clip_high": 0.0}, "above 0"),
    ({"max_token_lag": -1}, "0 or more"),
    ({"name": "gspo", "aggregation": "token_mean"}, "defined over sequences"),
    ({"name": "icepop", "clip_against": "engine"}, "holds it again"),
    ({"name": "tis", "clip_against": "engine"}, "the weights of 'tis' correct the difference"),
    ({"clip_against": "rollout"}, "learner"),
    ({"aggregation": "mean"}, "sequence_mean"),
    ({"ratio": 3}, "ratio"),
]


@pytest.mark.parametrize(("given_settings", "sentence"), REFUSED)
def test_a_setting_that_contradicts_or_does_nothing_is_refused(
    given_settings: dict[str, Any], sentence: str
) -> None:
    with pytest.raises(ValidationError, match=sentence):
        TypeAdapter(LossConfig).validate_python(given_settings)


@pytest.mark.parametrize("name", ALGORITHMS)
def test_a_resolved_config_is_read_back_as_itself(name: str) -> None:
    config = LossConfig(name=name)
    assert LossConfig(**asdict(config)) == config
    assert all(value is not None for value in config.parameters.values())


def test_shapes_that_would_broadcast_and_empty_steps_are_refused() -> None:
    batch, _ = batch_of([1.0, 1.0])
    with pytest.raises(ValueError, match="flat and equal"):
        loss_of({**batch, "advantages": torch.ones(1)}, LossConfig())
    with pytest.raises(ValueError, match="nothing to train"):
        loss_of(batch, LossConfig(), (0, 0))


def test_the_settings_can_be_read_without_torch() -> None:
    program = (
        "import sys; import assay_trainer.losses, assay_trainer.scheduler, "
        "assay_trainer.advantages, assay_trainer.mismatch; sys.exit('torch' in sys.modules)"
    )
    assert subprocess.run([sys.executable, "-c", program], check=False).returncode == 0
