"""Values: what each comparison of a function's values forgives."""

from __future__ import annotations

from collections import Counter, OrderedDict, deque, namedtuple
from dataclasses import dataclass
from decimal import Decimal
from enum import Enum, IntEnum, StrEnum
from typing import Any

import pytest
from hypothesis import given

from assay_verifiers.code.options import Tolerance
from assay_verifiers.code.values import difference
from assay_verifiers.codec import encode

from .test_codec import values

NEAR = Tolerance(1e-6, 1e-9)
Pair = namedtuple("Pair", "a b")


@dataclass
class Point:
    x: int
    y: int


class Level(IntEnum):
    LOW = 1
    HIGH = 2


class Grade(IntEnum):
    LOW = 1


class Letter(StrEnum):
    A = "a"


class Plain(Enum):
    LOW = 1


CASES: list[tuple[Any, Any, str]] = [
    (1, 1.0, "equal json float"),
    (True, 1, "equal float"),
    ([1, 2], (1, 2), "json float"),
    ((1, 2), Pair(1, 2), "equal json float"),
    ({"x": 1, "y": [2]}, Point(1, (2,)), "json"),  # type: ignore[arg-type]
    (1, Level.LOW, "equal json float"),
    (1.0, Level.LOW, "equal json float"),
    ("a", Letter.A, "equal json float"),
    (Grade.LOW, Level.LOW, "equal json float"),
    (Level.LOW, Level.LOW, "exact equal json float"),
    ({1: [1]}, {Level.LOW: [Level.LOW]}, "equal json float"),
    ({1, 2}, {Level.LOW, Level.HIGH}, "equal json float"),
    (1, Plain.LOW, ""),
    (2, Level.LOW, ""),
    ([1, 2], deque([1, 2]), "json float"),
    ([1, 2], range(1, 3), "json float"),
    ([1, 2], iter([1, 2]), "json float"),
    ({"a": 1}, OrderedDict(a=1), "equal json float"),
    ({"a": 1}, Counter("a"), "exact equal json float"),
    ({1: 2}, {"1": 2}, "json"),
    ({1: 2}, {1.0: 2}, "equal float"),
    ({1, 2}, frozenset({1, 2}), "equal json float"),
    (0.3, 0.1 + 0.2, "float"),
    ([0.3, [1]], (0.1 + 0.2, (1,)), "float"),
    ({"a": 0.3}, {"a": 0.1 + 0.2}, "float"),
    (1e-12, 0.0, "float"),
    (Decimal("1.0"), Decimal("1.00"), "exact equal json float"),
    (float("nan"), float("nan"), "exact equal json float"),
    (1000000006, 1000000007, ""),
    (1, 2, ""),
    ("1", 1, ""),
    ([1, 2], [2, 1], ""),
    ([1], [1, 1], ""),
    ([1], {1}, ""),
    ({"a": 1}, {"b": 1}, ""),
    ({"a": 1}, {"a": 1, "b": 2}, ""),
    (0, None, ""),
    (10**400, 1.0, ""),
    (b"a", "a", ""),
    (1.0, float("nan"), ""),
]


@pytest.mark.parametrize("compare", ["exact", "equal", "json", "float"])
@pytest.mark.parametrize(("left", "right", "alike"), CASES, ids=repr)
def test_a_comparison_forgives_what_it_says(
    left: Any, right: Any, alike: str, compare: str
) -> None:
    one, other = encode(left), encode(_fresh(right))
    tolerance = NEAR if compare == "float" else None
    found = [difference(one, other, compare, tolerance), difference(other, one, compare, tolerance)]
    assert [each is None for each in found] == [compare in alike.split()] * 2, found


def _fresh(value: Any) -> Any:
    return iter([1, 2]) if hasattr(value, "__next__") else value


@pytest.mark.parametrize("compare", ["exact", "equal", "json", "float"])
@given(value=values)
def test_every_value_is_like_itself(compare: str, value: Any) -> None:
    assert difference(encode(value), encode(value), compare, NEAR) is None


DIFFERENCES = [
    ([1, 2], [1, 3], "at [1]: expected 3, got 2"),
    ({"a": [1, 2]}, {"a": [1]}, 'at ["a"]: expected 1 items, got 2'),
    ({"a": 1}, {}, 'a key that is not expected: "a"'),
    ((1,), [1], "expected [1], got (1,)"),
    (Point(1, 2), Point(1, 3), "expected Point(x=1, y=3), got Point(x=1, y=2)"),
]


@pytest.mark.parametrize(("given", "wanted", "said"), DIFFERENCES)
def test_the_first_difference_can_be_read(given: Any, wanted: Any, said: str) -> None:
    found = difference(encode(given), encode(wanted), "exact", None)
    assert found is not None
    assert said in found
    assert difference(encode(wanted), encode(given), "equal", None)
