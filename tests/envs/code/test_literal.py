"""Literals: read as Python would read them, and never run."""

from __future__ import annotations

from typing import Any

import pytest

from assay_envs.code.literal import Unreadable, claimed_values, read_value

VALUES = [
    ("12", 12),
    ("-3", -3),
    ("[1, -2,3]", [1, -2, 3]),
    ("[ ]", []),
    ("[1, 2,]", [1, 2]),
    ("(1,)", (1,)),
    ("(1)", 1),
    ("()", ()),
    ("'a b'", "a b"),
    ('"it\'s"', "it's"),
    ("'it\\'s \\\\ \\n'", "it's \\ \n"),
    ("['x', \"y\"]", ["x", "y"]),
    ("[[1], (2, 'c')]", [[1], (2, "c")]),
    ("True", True),
    ("None", None),
]


@pytest.mark.parametrize(("text", "value"), VALUES)
def test_a_literal_is_the_value_that_python_gives_it(text: str, value: Any) -> None:
    found = read_value(text)
    assert (found, type(found)) == (value, type(value))
    assert repr(found) == repr(eval(text))  # noqa: S307 - our own text


STATED = [
    ("Answer: 5", [5]),
    ("**Answer:** `[1, 2]`", [[1, 2]]),
    ("The final answer is 'ab'.", ["ab"]),
    ("f([1, 2]) returns 3", [3]),
    ("f('a)b') == 7", [7]),
    ("$\\boxed{42}$", [42]),
    ("```python\n[1,\n 2]\n```", [[1, 2]]),
    ("I count them.\n5", [5]),
    ("5\n5\n", [5, 5]),
    ("5\n6", [5, 6]),
]


@pytest.mark.parametrize(("text", "values"), STATED)
def test_a_value_may_be_announced_and_wrapped(text: str, values: list[Any]) -> None:
    assert claimed_values(text) == values


@pytest.mark.parametrize(
    "text",
    [
        "", "5 or 6", "either 5", "[1, 2", "[1 2]", "1, 2", "[1,, 2]", "[,]", "'a", "'a''b'", "5.0",
        "1_000", "0x10", "2+3", "9**9**9", "x", "[x for x in y]", "{1}", "__import__('os')",
        "'\\x41'", "f'a'", "[" * 50 + "]" * 50, "[" * 100_000, "1" * 500, "'\na'", "5 6",
    ],
)  # fmt: skip
def test_anything_else_states_nothing(text: str) -> None:
    with pytest.raises(Unreadable):
        claimed_values(text)
