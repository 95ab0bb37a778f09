"""The value codec: everything it names survives, everything else is refused, types are exact."""

from __future__ import annotations

import itertools
import json
import math
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from assay_verifiers.codec import CannotCarry, canonical, decode, encode

hashable = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text() | st.binary(),
    lambda inner: st.tuples(inner, inner) | st.frozensets(inner, max_size=3),
    max_leaves=5,
)
values = st.recursive(
    hashable | st.complex_numbers(),
    lambda inner: (
        st.lists(inner, max_size=4)
        | st.tuples(inner)
        | st.sets(hashable, max_size=3)
        | st.dictionaries(hashable, inner, max_size=3)
    ),
    max_leaves=8,
)


@given(values)
def test_a_value_crosses_as_json_and_stays_itself(value: Any) -> None:
    crossed = json.loads(json.dumps(encode(value)))
    assert canonical(crossed) == canonical(encode(value)) == canonical(encode(decode(crossed)))


DIFFERENT = [
    1, 1.0, True, "1", b"1", (1,), [1], {1}, frozenset({1}), {1: 1}, {"1": 1}, 1 + 0j, None, 0, 0.5,
    math.nan, math.inf, -math.inf, 2**2000, 2**2000 + 1, "é", [1, 1], [[1]], {1: 2}, {1, 2}, "nan",
]  # fmt: skip


def test_no_two_different_values_are_spelt_alike() -> None:
    spellings = [canonical(encode(value)) for value in DIFFERENT]
    assert len(set(spellings)) == len(DIFFERENT)


@pytest.mark.parametrize(
    ("left", "right"),
    [
        ({"a": 1, "b": [2]}, {"b": [2], "a": 1}),
        ({3, 1, 2}, {2, 3, 1}),
        (math.nan, float("nan")),
        (0.0, -0.0),
    ],
)
def test_order_of_keys_and_members_does_not_matter(left: Any, right: Any) -> None:
    assert canonical(encode(left)) == canonical(encode(right))


def test_a_plain_object_in_a_gold_is_a_dict() -> None:
    assert canonical({"a": [1, {"b": None}]}) == canonical(encode({"a": [1, {"b": None}]}))


class _Agreeable(int):
    def __eq__(self, other: object) -> bool:
        return True

    __hash__ = int.__hash__


CYCLE: list[Any] = []
CYCLE.append(CYCLE)


@pytest.mark.parametrize(
    "value",
    [_Agreeable(3), object(), len, int, json, itertools.count(), CYCLE],
    ids=str,
)
def test_what_has_no_row_is_refused(value: Any) -> None:
    with pytest.raises(CannotCarry):
        encode(value)


@pytest.mark.parametrize(
    "tree",
    [
        {"$": "object", "v": 1},
        {"$": "tuple"},
        {"$": "tuple", "v": 3},
        {"$": "int", "v": "zz"},
        {"$": "bytes", "v": "0"},
        {"$": "float", "v": "1.0"},
        {"$": ["tuple"], "v": []},
        {"$": "dict", "v": [[1]]},
        {"$": "complex", "v": [1]},
    ],
    ids=str,
)
def test_a_tree_that_encode_never_writes_is_refused(tree: Any) -> None:
    with pytest.raises((CannotCarry, ValueError)):
        canonical(tree)
