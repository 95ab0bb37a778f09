"""Selection: few tests, all the mutants that can be killed, and the same choice every time."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from assay_verifiers.testmaking.selection import select

KILLS = st.lists(st.frozensets(st.integers(0, 12)), max_size=12)


def test_the_test_that_kills_most_comes_first_and_the_earlier_of_equals() -> None:
    kills = [{1}, {1, 2, 3}, {3, 4}, {4, 3}, {2}]
    assert select(kills, least=1, most=9) == [1, 2]


def test_further_rounds_fill_up_to_the_least() -> None:
    kills = [{1, 2}, {1}, set(), {1, 2}]
    assert select(kills, least=3, most=9) == [0, 3, 1]
    assert select(kills, least=9, most=9) == [0, 3, 1, 2]
    assert select(kills, least=2, most=9) == [0, 3]


def test_tests_that_kill_nothing_are_kept_only_to_reach_the_least() -> None:
    assert select([set(), set(), set()], least=2, most=9) == [0, 1]
    assert select([], least=2, most=9) == []


@given(kills=KILLS, least=st.integers(1, 5), more=st.integers(0, 5))
def test_invariants(kills: list[frozenset[int]], least: int, more: int) -> None:
    most = least + more
    chosen = select(kills, least=least, most=most)
    assert len(set(chosen)) == len(chosen) <= most
    assert len(chosen) >= min(least, len(kills))
    if len(chosen) < most:  # then nothing that can be killed was left alive
        assert set().union(*(kills[n] for n in chosen)) == set().union(*kills)
