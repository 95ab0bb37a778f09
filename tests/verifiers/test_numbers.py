"""Plain numbers as exact fractions: what is read, and what is left alone."""

from __future__ import annotations

import pytest

from assay_verifiers.numbers import exact_number

NUMBERS = [
    ("7", "7/1"), ("-07.50", "-15/2"), ("1,234,567", "1234567"), ("\\frac{14}{-6}", "-7/3"),
    ("-\\frac{1}{2}", "-1/2"), ("(-1)/2", "-1/2"), ("1.5e-3", "3/2000"), (".5", "1/2"),
    ("1.6\\times 10^{-19}", "16/100000000000000000000"), ("2*10^3", "2000"), ("$ 3 $", "3"),
]  # fmt: skip
NO_NUMBERS = [
    "",
    "x",
    "1,5",
    "12,34",
    "1/0",
    "1/2/3",
    "5%",
    "0.\\overline{3}",
    "1e99999",
    "٣",
    "--1",
]


@pytest.mark.parametrize(("text", "same"), NUMBERS)
def test_plain_numbers_are_read_exactly(text: str, same: str) -> None:
    assert exact_number(text) == exact_number(same) is not None


@pytest.mark.parametrize("text", NO_NUMBERS)
def test_what_is_not_plainly_a_number_is_left_alone(text: str) -> None:
    assert exact_number(text) is None
