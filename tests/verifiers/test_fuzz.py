"""Mutated responses of every verifier: the few of them that run with each change.

``make fuzz`` judges a million per verifier by the same code; here a property draws the numbers.
"""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from assay_verifiers import verifier_registry
from benchmarks.fuzz import cases, judge_chunk, names, response_of

NUMBERS = st.integers(0, 10**9)


@pytest.mark.parametrize("name", names())
@settings(max_examples=4, deadline=None)
@given(first=NUMBERS)
def test_no_mutated_response_crashes_hangs_or_is_undecided(name: str, first: int) -> None:
    tally = judge_chunk(seed=1, name=name, first=first, size=10, ask_every=0)
    assert tally.faults == []
    assert tally.reasons.total() == 10


def test_every_game_is_fuzzed_at_every_level() -> None:
    games = {name for name in verifier_registry.names() if name.startswith("logic/")}
    assert games <= set(names())
    assert len(cases("logic/nim")) == 5


@given(NUMBERS)
def test_a_number_always_stands_for_the_same_response(number: int) -> None:
    for name in ("math", "logic/nim"):
        assert response_of(3, name, number)[:2] == response_of(3, name, number)[:2]
