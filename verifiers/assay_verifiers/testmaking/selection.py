"""Which tests to keep: a small set that kills as many mutants as all of them.

Greedy set cover, which is within a logarithm of the best and always the same: each time the test
that kills most of those still alive, the earlier one where two kill as many. When all that can be
killed are dead, another round begins over the tests that are left, until there are ``least``. A
mutant that only one test would have found is thus found by two where that is cheap.
"""

from __future__ import annotations

from collections.abc import Sequence
from collections.abc import Set as AbstractSet


def select(kills: Sequence[AbstractSet[int]], *, least: int, most: int) -> list[int]:
    """Positions of the tests to keep, most valuable first.

    Args:
        kills: for each test the mutants that it kills.
        least: keep as many at least, where there are so many.
        most: keep no more.
    """
    left, chosen = list(range(len(kills))), list[int]()
    while left and len(chosen) < most:
        round_of = _cover(kills, left)[: most - len(chosen)]
        if chosen:  # the first round is kept whole, those after only as far as needed
            round_of = round_of[: max(0, least - len(chosen))]
        if not round_of:
            round_of = left[: max(0, min(least, most) - len(chosen))]
        if not round_of:
            break
        chosen += round_of
        left = [place for place in left if place not in round_of]
    return chosen


def _cover(kills: Sequence[AbstractSet[int]], places: Sequence[int]) -> list[int]:
    alive = set().union(*(kills[place] for place in places))
    cover: list[int] = []
    while alive:
        best = max(places, key=lambda place: len(kills[place] & alive))  # the first of equals
        cover.append(best)
        alive -= kills[best]
    return cover
