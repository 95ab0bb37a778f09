"""The labels that the scorecard and the benchmark make: rewrites equal, changes differ, surely."""

from __future__ import annotations

from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from benchmarks.labelled import changes, gold_rows, rewrites, top_level_parts

FORMS = [
    ("5", {"digit": "6", "sign": "-5"}),
    ("0", {"digit": "1"}),
    ("-9", {"digit": "-0", "sign": "9"}),
    ("\\frac{2}{3}", {"sign": "-\\frac{2}{3}", "inverse": "\\frac{3}{2}"}),
    ("[0,1)", {"bracket": "(0,1)"}),
    ("(1,2)", {"order": "(2,1)"}),
    ("\\{1,2,3\\}", {"dropped": "\\{1,2\\}"}),
    ("Yes", {"word": "No"}),
    ("\\text{odd}", {"word": "even"}),
    ("\\text{some words}", {}),
]


@pytest.mark.parametrize(("gold", "expected"), FORMS)
def test_a_change_is_made_where_it_surely_differs(gold: str, expected: dict[str, str]) -> None:
    made = dict(changes(gold))
    assert {kind: made.get(kind) for kind in expected} == expected
    assert made or not expected


@given(st.fractions(-(10**20), 10**20, max_denominator=10**6))
def test_numbers_are_rewritten_to_themselves_and_changed_to_others(number: Fraction) -> None:
    gold = str(number)
    forms = dict(rewrites(gold))
    above, _, below = forms["algebra"].partition("}{")
    sign = -1 if above.startswith("-") else 1
    value = Fraction(int(above.partition("{")[2]), int(below.rstrip("}")))
    assert sign * value == number
    assert all(text != gold for _, text in changes(gold))


def test_commas_inside_brackets_do_not_part() -> None:
    assert top_level_parts("(1,2),\\{3,4\\},5") == ["(1,2)", "\\{3,4\\}", "5"]
    assert top_level_parts("(1,2") is None


def test_every_gold_gives_right_and_wrong_responses_that_show_it() -> None:
    rows = list(gold_rows("made", ["\\frac{2}{3}"]))
    assert {row.expected for row in rows} == {True, False}
    assert all(row.set == "made" and row.verifier == "math" for row in rows)
