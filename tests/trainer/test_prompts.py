"""Prompts: the blend's order, levels that follow the policy, and a state that goes on."""

from __future__ import annotations

import json
from collections import Counter

import pytest

from assay_datasets import Blend, InputError, Share
from assay_envs.suite import Suite
from assay_trainer.prompts import Levels, Prompts

SUITE = Suite("one", Blend((Share("math/linear", 1.0, (1, 2, 3)),)))


def played(prompts: Prompts, n: int) -> list[int]:
    """Levels of ``n`` problems; the policy solves level 1, half of level 2 and none of level 3."""
    levels = []
    for place in range(n):
        spec = prompts.next()
        outcome = {1: "correct", 2: ("correct", "incorrect")[place % 2], 3: "incorrect"}
        prompts.record(spec, [outcome[spec.difficulty], "undecided"])
        levels.append(spec.difficulty)
    return levels


def test_even_levels_are_the_places_of_the_suite() -> None:
    prompts = Prompts(SUITE, 3, "even")
    specs = [prompts.next() for _ in range(5)]
    assert specs == [SUITE.spec("train", place, 3) for place in range(5)]


def test_adaptive_levels_follow_what_the_policy_passes_now_and_then() -> None:
    counts = Counter(played(Prompts(SUITE, 3, "adaptive"), 200)[100:])
    assert counts[2] > 60
    assert set(counts) == {1, 2, 3}


@pytest.mark.parametrize("levels", ["even", "adaptive"])
def test_a_resumed_run_is_given_the_same_problems(levels: Levels) -> None:
    whole, resumed = Prompts(SUITE, 5, levels), Prompts(SUITE, 5, levels)
    played(whole, 30)
    resumed.load(json.loads(json.dumps(whole.state())))
    assert played(resumed, 30) == played(whole, 30)


def test_levels_that_were_changed_since_are_refused() -> None:
    state = Prompts(SUITE, 5, "even").state()
    with pytest.raises(InputError, match=r'begun with rl\.levels = "even"; set that back'):
        Prompts(SUITE, 5, "adaptive").load(state)
