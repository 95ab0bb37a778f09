"""The mismatch figures: closed forms, the split by lag, and the same sum however it is cut."""

from __future__ import annotations

import json
import math
import pickle

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from assay_trainer.losses import LossConfig, token_weights
from assay_trainer.mismatch import BIN_EDGES, HISTOGRAM_EDGES, MismatchStats


def stats_of(
    ratios: list[float],
    *,
    lag: list[int] | None = None,
    entropy: list[float] | None = None,
    mask: list[bool] | None = None,
    config: LossConfig | None = None,
) -> MismatchStats:
    old = torch.tensor(ratios).log()
    behaviour = torch.zeros(len(ratios))
    lags = torch.tensor(lag) if lag is not None else None
    weights = token_weights(old, behaviour, config or LossConfig(), lag=lags)
    stats = MismatchStats()
    stats.add(
        old,
        behaviour,
        weights,
        torch.tensor(mask if mask is not None else [True] * len(ratios)),
        lag=lags,
        entropy=torch.tensor(entropy) if entropy is not None else None,
    )
    return stats


def test_the_public_case_of_three_ratios() -> None:
    summary = stats_of([0.4, 0.8, 6.0], entropy=[2.0, 1.0, 3.0]).summary()
    logs = [math.log(ratio) for ratio in (0.4, 0.8, 6.0)]
    expected = {
        "mismatch/tokens": 3,
        "mask/low": 1 / 3,
        "mask/high": 1 / 3,
        "mask/nonfinite": 0.0,
        "mask/stale": 0.0,
        "clipped": 0.0,
        "mismatch/logp": sum(logs) / 3,
        "mismatch/k1": -sum(logs) / 3,
        "mismatch/k3": sum(math.exp(log) - 1 - log for log in logs) / 3,
        "mismatch/abs_mean": sum(map(abs, logs)) / 3,
        "mismatch/abs_max": math.log(6.0),
        "mismatch/max_ratio": 6.0,
        "mismatch/ess": 1 / 3,
        "mismatch/entropy_masked_over_all": 2.5 / 2.0,
    }
    assert {key: summary[key] for key in expected} == pytest.approx(expected, rel=1e-6)
    assert summary["mismatch/k1@lag0"] == summary["mismatch/k1"]


def test_non_finite_tokens_are_counted_and_stay_out_of_the_rest() -> None:
    summary = stats_of([1.0, 0.0, math.inf, math.nan]).summary()
    assert summary["mask/nonfinite"] == 0.75
    assert summary["mismatch/abs_max"] == 0.0
    assert sum(summary["log_ratio_histogram"]) == 1  # type: ignore[arg-type]
    assert "Infinity" not in json.dumps(summary)
    only = stats_of([math.nan]).summary()
    assert only["mask/nonfinite"] == 1.0
    assert not {"mismatch/k1", "mismatch/ess", "mismatch/abs_max"} & set(only)


@pytest.mark.parametrize(
    ("log_ratio", "place"),
    [(-5.0, 0), (-3.99, 1), (0.001, 81), (-0.001, 80), (3.99, 160), (4.5, 161), (100.0, 161)],
)
def test_each_log_ratio_falls_between_its_edges(log_ratio: float, place: int) -> None:
    old = torch.tensor([log_ratio])
    weights = token_weights(old, torch.zeros(1), LossConfig())
    stats = MismatchStats()
    stats.add(old, torch.zeros(1), weights, torch.tensor([True]))
    histogram = stats.summary()["log_ratio_histogram"]
    assert isinstance(histogram, list)
    assert len(histogram) == len(HISTOGRAM_EDGES) + 1
    assert [index for index, number in enumerate(histogram) if number] == [place]
    if 0 < place < 161:
        assert HISTOGRAM_EDGES[place - 1] <= log_ratio < HISTOGRAM_EDGES[place]


def test_the_figures_are_split_by_version_lag() -> None:
    summary = stats_of(
        [1.0, 0.1, 0.1, 1.0, 9.0], lag=[0, 1, 1, 2, 7], config=LossConfig(max_token_lag=2)
    ).summary()
    assert (summary["mask/low@lag0"], summary["mask/low@lag1"]) == (0.0, 1.0)
    assert (summary["mask/high@lag2+"], summary["mask/stale@lag2+"]) == (0.5, 0.5)
    assert summary["mask/low"] == pytest.approx(0.4)
    assert "mask/low@lag2+" in summary
    assert "mask/low@lag1" not in stats_of([1.0], lag=[0]).summary()


def test_a_token_newer_than_the_weights_is_an_error() -> None:
    with pytest.raises(ValueError, match="negative version lag"):
        stats_of([1.0], lag=[-1])


def test_only_policy_tokens_count() -> None:
    ours = stats_of([1.0, 0.1, 0.8], mask=[True, False, True], lag=[0, -3, 0]).summary()
    assert ours == stats_of([1.0, 0.8], lag=[0, 0]).summary()


def test_nothing_seen_is_an_empty_summary() -> None:
    assert MismatchStats().summary() == {}


@given(
    st.lists(
        st.tuples(
            st.floats(-8, 8) | st.just(math.inf), st.integers(0, 4), st.booleans(), st.floats(0, 3)
        ),
        min_size=2,
        max_size=20,
    )
)
@settings(max_examples=40, deadline=None)
def test_the_summary_does_not_depend_on_how_the_tokens_were_cut(
    tokens: list[tuple[float, int, bool, float]],
) -> None:
    old, lag, mask, entropy = (torch.tensor(column) for column in zip(*tokens, strict=True))
    whole, left, right = MismatchStats(), MismatchStats(), MismatchStats()
    config = LossConfig(name="tis")
    for stats, cut in ((whole, slice(None)), (left, slice(0, 1)), (right, slice(1, None))):
        stats.add(
            old[cut],
            torch.zeros_like(old[cut]),
            token_weights(old[cut], torch.zeros_like(old[cut]), config),
            mask[cut],
            lag=lag[cut],
            entropy=entropy[cut],
        )
    left.merge(pickle.loads(pickle.dumps(right)))  # noqa: S301 - ranks send it so
    merged, expected = left.summary(), whole.summary()
    assert merged.keys() == expected.keys()
    for key, value in expected.items():
        assert merged[key] == pytest.approx(value, rel=1e-9, abs=1e-9)


def test_every_count_of_the_histogram_has_its_two_edges() -> None:
    figures = MismatchStats()
    one = torch.zeros(1)
    weights = token_weights(one, one, LossConfig())
    figures.add(one, one, weights, torch.ones(1, dtype=torch.bool))
    assert len(BIN_EDGES) == len(figures.summary()["log_ratio_histogram"]) + 1
    assert list(BIN_EDGES) == sorted(BIN_EDGES)
