"""Sampler: by weight, toward what can be learned, the same for a seed, from where it stopped."""

from __future__ import annotations

import json
from collections import Counter

import pytest

from assay_datasets import Blend, InputError, Share, TaskSpec, derive_random
from assay_envs import Sampler, Suite

SUITE = Suite(
    "two", Blend((Share("logic/countdown", 3.0, (1, 2, 3)), Share("math/linear", 1.0, (1, 2, 3))))
)


def played(sampler: Sampler, n: int, skill: dict[int, float]) -> list[TaskSpec]:
    """Draw and record ``n`` times, a policy passing level ``l`` at the rate ``skill[l]``."""
    drawn = []
    for _ in range(n):
        spec = sampler.draw()
        lucky = derive_random("player", spec.seed).random() < skill[spec.difficulty]
        sampler.record(spec, float(lucky))
        drawn.append(spec)
    return drawn


def test_envs_come_by_weight_whatever_is_recorded() -> None:
    drawn = played(Sampler(SUITE, seed=1), 200, {1: 1.0, 2: 0.5, 3: 0.0})
    counts = Counter(spec.env for spec in drawn)
    assert abs(counts["logic/countdown"] - 150) <= 3


@pytest.mark.parametrize(
    ("skill", "best"),
    [
        ({1: 0.5, 2: 0.02, 3: 0.0}, 1),
        ({1: 0.98, 2: 0.5, 3: 0.02}, 2),
        ({1: 1.0, 2: 0.98, 3: 0.5}, 3),
    ],
)
def test_most_tasks_come_from_the_level_that_passes_half_the_time(
    skill: dict[int, float], best: int
) -> None:
    drawn = played(Sampler(SUITE, seed=3), 400, skill)[200:]
    counts = Counter(spec.difficulty for spec in drawn)
    assert counts.most_common(1)[0][0] == best
    assert counts[best] > 0.5 * len(drawn)
    assert len(counts) == 3, "no level is given up"


def test_a_policy_that_improves_is_followed() -> None:
    sampler = Sampler(SUITE, seed=5)
    played(sampler, 200, {1: 0.5, 2: 0.0, 3: 0.0})
    later = played(sampler, 400, {1: 1.0, 2: 0.9, 3: 0.5})[250:]
    assert Counter(spec.difficulty for spec in later).most_common(1)[0][0] == 3


def test_a_seed_and_what_was_recorded_decide_every_draw() -> None:
    skill = {1: 0.9, 2: 0.5, 3: 0.1}
    first, second = (played(Sampler(SUITE, seed=7), 60, skill) for _ in range(2))
    assert first == second
    assert first != played(Sampler(SUITE, seed=8), 60, skill)


def test_a_resumed_sampler_goes_on_as_if_it_had_never_stopped() -> None:
    skill = {1: 0.9, 2: 0.5, 3: 0.1}
    whole = Sampler(SUITE, seed=9)
    played(whole, 40, skill)
    saved = json.loads(json.dumps(whole.state()))
    resumed = Sampler(SUITE, seed=9)
    resumed.load(saved)
    assert resumed.rates() == whole.rates()
    assert played(resumed, 40, skill) == played(whole, 40, skill)


def test_only_tasks_of_the_split_are_drawn() -> None:
    sampler = Sampler(SUITE, seed=2, split="test")
    assert {SUITE.task(sampler.draw()).split for _ in range(20)} == {"test"}


def test_undecided_teaches_nothing_and_a_score_that_is_none_is_refused() -> None:
    sampler = Sampler(SUITE)
    spec = sampler.draw()
    before = sampler.rates()
    sampler.record(spec, None)
    assert sampler.rates() == before
    with pytest.raises(InputError, match="between 0 and 1"):
        sampler.record(spec, 1.5)
    with pytest.raises(InputError, match="seed 0, not 1"):
        Sampler(SUITE, seed=1).load(sampler.state())
