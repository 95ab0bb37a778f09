"""Draws: fixed by seed and position, equal to the exact inverse CDF, honest about log-probs."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from assay_trainer.engines.sampling import draw, uniforms

WORD = 2**64


def _mixed(word: int) -> int:
    word = ((word ^ (word >> 30)) * 0xBF58476D1CE4E5B9) % WORD
    word = ((word ^ (word >> 27)) * 0x94D049BB133111EB) % WORD
    return word ^ (word >> 31)


def _splitmix(state: int, step: int) -> int:
    """SplitMix64 from ``state``, one output after another, in Python integers."""
    for _ in range(step + 1):
        state = (state + 0x9E3779B97F4A7C15) % WORD
    return _mixed(state)


def _inverse(probabilities: list[float], number: float) -> int:
    """The first token whose cumulative probability exceeds number * total, one by one."""
    total = float(np.cumsum(np.array(probabilities, dtype=np.float64))[-1])
    reached = 0.0
    for token, probability in enumerate(probabilities):
        reached += probability
        if reached > number * total:
            return token
    return max(token for token, probability in enumerate(probabilities) if probability)


@given(seed=st.integers(0, WORD - 1), position=st.integers(0, 40))
@settings(max_examples=60, deadline=None)
def test_uniforms_are_splitmix64_jumped_to_the_position(seed: int, position: int) -> None:
    start = _splitmix(seed, 0)
    expected = (_splitmix(start, position) >> 11) * 2.0**-53
    got = uniforms(np.array([seed], dtype=np.uint64), np.array([position]))
    assert got[0] == expected


def test_splitmix64_gives_its_published_first_output() -> None:
    assert _splitmix(0, 0) == 0xE220A8397B1DCDAF


def test_uniforms_fill_the_unit_interval_and_neighbouring_seeds_are_unrelated() -> None:
    seeds = np.repeat(np.arange(64, dtype=np.uint64), 64)
    numbers = uniforms(seeds, np.tile(np.arange(64), 64))
    assert len(np.unique(numbers)) == len(numbers)
    assert np.histogram(numbers, bins=16, range=(0, 1))[0] == pytest.approx(256, abs=80)
    table = numbers.reshape(64, 64)
    assert abs(np.corrcoef(table[:-1].ravel(), table[1:].ravel())[0, 1]) < 0.05
    assert abs(np.corrcoef(table[:, :-1].ravel(), table[:, 1:].ravel())[0, 1]) < 0.05


@pytest.mark.parametrize("temperature", [0.3, 1.0, 1.7])
def test_tokens_are_the_exact_inverse_of_the_cumulative_distribution(temperature: float) -> None:
    generator = torch.Generator().manual_seed(0)
    logits = 3 * torch.randn(200, 37, generator=generator)
    logits[:, 5] = float("-inf")
    numbers = torch.rand(200, generator=generator, dtype=torch.float64)
    draws = draw(logits, numbers, torch.full((200,), temperature))
    rows = (logits / temperature).log_softmax(-1).exp().tolist()
    assert draws.tokens.tolist() == [
        _inverse(row, number) for row, number in zip(rows, numbers.tolist(), strict=True)
    ]


def test_logprob_and_entropy_are_those_of_the_tempered_full_distribution() -> None:
    logits = torch.randn(6, 11, generator=torch.Generator().manual_seed(1))
    temperatures = torch.tensor([0.5, 0.5, 1.0, 1.0, 2.0, 2.0])
    draws = draw(logits, torch.full((6,), 0.4, dtype=torch.float64), temperatures)
    exact = (logits.double() / temperatures.double()[:, None]).log_softmax(-1)
    chosen = exact.gather(-1, draws.tokens[:, None])[:, 0]
    torch.testing.assert_close(draws.logprobs.double(), chosen, rtol=0, atol=1e-6)
    entropies = -(exact.exp() * exact).sum(-1)
    torch.testing.assert_close(draws.entropies.double(), entropies, rtol=0, atol=1e-5)
    assert draws.logprobs.dtype == torch.float32


@pytest.mark.parametrize("number", [0.0, 0.5, float(np.nextafter(1.0, 0.0))])
@pytest.mark.parametrize("allowed", [[0], [3], [6], [1, 4], [0, 6]])
def test_a_token_of_zero_probability_is_never_sampled(number: float, allowed: list[int]) -> None:
    logits = torch.full((1, 7), float("-inf"))
    logits[0, allowed] = torch.arange(len(allowed), dtype=torch.float32)
    draws = draw(logits, torch.tensor([number], dtype=torch.float64), torch.ones(1))
    assert int(draws.tokens) in allowed
    assert bool(draws.finite.all())


def test_greedy_rows_take_the_likeliest_token_and_report_it_at_temperature_one() -> None:
    logits = torch.tensor([[0.0, 2.0, 1.0], [0.0, 2.0, 1.0]])
    draws = draw(logits, torch.tensor([0.99, 0.0], dtype=torch.float64), torch.tensor([0.0, 1.0]))
    assert draws.tokens.tolist() == [1, 0]
    assert draws.logprobs[0] == logits[0].log_softmax(-1)[1]


def test_frequencies_follow_the_distribution() -> None:
    logits = torch.tensor([0.0, 1.0, 2.0, -1.0])
    numbers = torch.from_numpy(uniforms(np.full(20000, 7, dtype=np.uint64), np.arange(20000)))
    draws = draw(logits.expand(20000, 4), numbers, torch.ones(20000))
    shares = torch.bincount(draws.tokens, minlength=4) / 20000
    torch.testing.assert_close(shares, logits.softmax(-1), rtol=0, atol=0.012)


@pytest.mark.parametrize("bad", [float("nan"), float("inf")])
def test_logits_without_a_distribution_are_marked(bad: float) -> None:
    logits = torch.zeros(2, 4)
    logits[1, 2] = bad
    draws = draw(logits, torch.full((2,), 0.5, dtype=torch.float64), torch.ones(2))
    assert draws.finite.tolist() == [True, False]
    assert int(draws.tokens.max()) < 4
