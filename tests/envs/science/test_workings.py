"""Workings: lines of arithmetic are computed and written as they say; numbers are written right."""

from __future__ import annotations

import math

import pytest

from assay_envs.science.workings import carried, figured, measured, read_line, value_of, work_out

FIGURED = [
    (45.04, 3, "45.0"),
    (120.3, 3, "120"),
    (1234.0, 3, "1230"),
    (0.04502, 3, "0.0450"),
    (9.996, 3, "10.0"),
    (999999.0, 3, "1.00e6"),
    (6.626e-34, 4, "6.626e-34"),
    (-2.718, 2, "-2.7"),
    (0.0, 3, "0"),
]


@pytest.mark.parametrize(("value", "figures", "text"), FIGURED)
def test_a_number_is_written_with_its_figures(value: float, figures: int, text: str) -> None:
    assert figured(value, figures) == text


def test_what_is_carried_has_no_idle_zeros() -> None:
    assert [carried(each) for each in (2.5, 2346.0, 1.5e-7)] == ["2.5", "2346", "1.5e-7"]


def test_units_stand_behind_their_numbers() -> None:
    assert measured("6.63e-34", "J s") == "6.63×10^-34 J s"
    assert measured("31.2", "°") == "31.2°"
    assert measured("3.2", "") == "3.2"


VALUES = [
    ("2*x + y/4", 2 * 3 + 8 / 4),
    ("-x**2", -9),
    ("(x - y)/(x + y)", -5 / 11),
    ("sqrt(x**2 + 16)", 5),
    ("10*sin(30)", 5),
    ("asin(cos(60))", 30),
    ("atan(tan(41))", 41),
    ("ln(exp(2)) + lg(1000)", 5),
    ("pi*abs(-x)", 3 * math.pi),
]


@pytest.mark.parametrize(("form", "value"), VALUES)
def test_expressions_have_their_values(form: str, value: float) -> None:
    assert value_of(form, {"x": 3, "y": 8}) == pytest.approx(value)


@pytest.mark.parametrize("form", ["__import__('os')", "x.real", "[x]", "x if x else x", "'x'*3"])
def test_nothing_but_arithmetic_is_evaluated(form: str) -> None:
    with pytest.raises((ValueError, KeyError)):
        value_of(form, {"x": 3.0})


def test_lines_are_worked_out_in_order_and_written_with_their_numbers() -> None:
    values, texts = {"g": 9.81, "h": 45.0}, {"g": "9.81", "h": "45.0"}
    lines = ("energy is conserved: w [m^2/s^2] = 2*g*h", "v [m/s] = sqrt(w)")
    last, steps, operations = work_out(lines, values, texts)
    assert steps == [
        "energy is conserved: w = 2*g*h = 2 * 9.81 * 45.0 = 882.9 m^2/s^2",
        "v = sqrt(w) = sqrt(882.9) = 29.7136 m/s",
    ]
    assert (last.name, last.unit, operations) == ("v", "m/s", 3)
    assert values["v"] == pytest.approx(math.sqrt(2 * 9.81 * 45))


@pytest.mark.parametrize("text", ["v = 3", "v [m] 3", "[m] = 3", ""])
def test_what_is_no_line_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match="no line"):
        read_line(text)
