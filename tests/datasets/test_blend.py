"""Blend: places of a weighted mixture, computed from their number alone."""

from __future__ import annotations

from collections import Counter

import pytest

from assay_datasets import Blend, InputError, Share

BLEND = Blend((Share("logic/a", 2, (1,)), Share("math/b", 1, (1, 2)), Share("code/c", 1, (3,))))


def test_a_place_is_the_same_whenever_and_in_whatever_order_it_is_asked() -> None:
    forward = [BLEND.spec(index, seed=4) for index in range(50)]
    backward = [BLEND.spec(index, seed=4) for index in reversed(range(50))]
    assert forward == backward[::-1]


@pytest.mark.parametrize("start", [0, 7, 1_000_000])
@pytest.mark.parametrize("seed", [0, 1, 2])
def test_any_window_holds_the_shares_by_weight(start: int, seed: int) -> None:
    window = [BLEND.spec(start + index, seed).env for index in range(48)]
    counts = Counter(window)
    assert abs(counts["logic/a"] - 24) <= 3
    assert abs(counts["math/b"] - 12) <= 3
    assert abs(counts["code/c"] - 12) <= 3


def test_levels_of_a_share_come_alike_and_seeds_never_repeat() -> None:
    specs = [BLEND.spec(index) for index in range(4_000)]
    levels = Counter(spec.difficulty for spec in specs if spec.env == "math/b")
    assert set(levels) == {1, 2}
    assert 0.8 < levels[1] / levels[2] < 1.25
    assert len({spec.seed for spec in specs}) == len(specs)


def test_streams_and_seeds_are_unrelated() -> None:
    def seeds(seed: int, stream: str) -> set[int]:
        return {BLEND.spec(index, seed, stream).seed for index in range(200)}

    assert not seeds(0, "train") & seeds(1, "train")
    assert not seeds(0, "train") & seeds(0, "test")


@pytest.mark.parametrize(
    ("shares", "message"),
    [
        ((), "at least one env"),
        ((Share("a/b", 0, (1,)),), "weight must be above 0"),
        ((Share("a/b", float("nan"), (1,)),), "weight must be above 0"),
        ((Share("a/b", 1, ()),), "no difficulty level"),
    ],
)
def test_a_blend_that_means_nothing_is_refused(shares: tuple[Share, ...], message: str) -> None:
    with pytest.raises(InputError, match=message):
        Blend(shares)
