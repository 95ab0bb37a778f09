"""Outputs: what each comparison forgives, and that it forgives nothing else."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from assay_verifiers.code.comparison import difference
from assay_verifiers.code.options import Tolerance

MILLIONTH = Tolerance(1e-6, 1e-6)

ALIKE = [
    ("exact", "1 2\n3", "1 2  \n3\n\n"),
    ("exact", "1\r\n2\r\n", "1\n2"),
    ("exact", "", "\n \n"),
    ("tokens", "1   2\n\n3", "1 2 3"),
    ("float", "0.333333", "0.3333333333"),
    ("float", "1e3 yes", "1000.0 yes"),
    ("float", "3.0", "3"),
    ("float", "+007", "7"),
    ("unordered", "b\na\na", "a\nb\na\n"),
]
APART = [
    ("exact", "1000000006", "1000000007"),
    ("exact", "123456", "123457"),
    ("exact", "YES", "Yes"),
    ("exact", " 1", "1"),
    ("exact", "1  2", "1 2"),
    ("exact", "1\n\n2", "1\n2"),
    ("exact", "1", "1.0"),
    ("exact", "a\u2028b", "a\nb"),
    ("exact", "", "1"),
    ("exact", "1\n2", "1"),
    ("tokens", "1000000006", "1000000007"),
    ("tokens", "1\u00a02", "1 2"),
    ("tokens", "12", "1 2"),
    ("float", "1000000006", "1000000007"),
    ("float", "1.1", "1.2"),
    ("float", "nan", "1.0"),
    ("float", "inf", "1e999"),
    ("float", "1e999", "2e999"),
    ("float", "0x10", "16"),
    ("float", "1_000", "1000"),
    ("float", "1.0 2.0", "1.0"),
    ("unordered", "a\na\nb", "a\nb\nb"),
    ("unordered", "a", "a\na"),
]


@pytest.mark.parametrize(("compare", "given", "wanted"), ALIKE)
def test_what_a_comparison_forgives(compare: str, given: str, wanted: str) -> None:
    assert difference(given.encode(), wanted.encode(), compare, MILLIONTH) is None


@pytest.mark.parametrize(("compare", "given", "wanted"), APART)
def test_what_no_comparison_forgives(compare: str, given: str, wanted: str) -> None:
    assert difference(given.encode(), wanted.encode(), compare, MILLIONTH)


def test_two_outputs_that_are_no_text_are_not_the_same() -> None:
    assert difference(b"\xff", b"\xfe", "exact", None)


def test_the_first_difference_can_be_read() -> None:
    assert difference(b"1\n3\n", b"1\n2\n", "exact", None) == "line 2: expected '2', got '3'"
    assert difference(b"1", b"1 2", "tokens", None) == "token 2: expected '2', got nothing"


@given(st.text(alphabet="a1. \n"), st.sampled_from(["exact", "tokens", "float", "unordered"]))
def test_every_output_is_like_itself(text: str, compare: str) -> None:
    assert difference(text.encode(), text.encode(), compare, MILLIONTH) is None
