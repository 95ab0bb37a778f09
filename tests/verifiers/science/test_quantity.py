"""Quantities: what is read, what is converted, what must not pass."""

from __future__ import annotations

from fractions import Fraction
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from assay_datasets import InputError
from assay_verifiers.science import ScienceVerifier
from assay_verifiers.science.notation import Unreadable, plain
from assay_verifiers.science.number import read_number, rounded_to, written_figures
from assay_verifiers.science.quantity import Quantity, read_measured
from assay_verifiers.science.unit import read_unit

VERIFIER = ScienceVerifier()


def reason(gold: Any, response: str, **options: Any) -> str:
    return VERIFIER.check(response, gold, **options).reason


NUMBERS = [
    ("7", "7"), ("-3.50", "-7/2"), ("−4", "-4"), ("1,234,567", "1234567"), ("1 234 567", "1234567"),
    (r"1\,234\,567", "1234567"), ("1{,}234", "1234"), ("6.02e23", "602000000000000000000000"),
    ("6.02 x 10^3", "6020"), ("6.02×10³", "6020"), (r"6.02\times10^{-3}", "301/50000"),
    (r"6.02\cdot 10^{3}", "6020"), ("6.02*10**3", "6020"), ("10^-2", "1/100"), ("3/4", "3/4"),
    (r"\frac{3}{4}", "3/4"), (r"\frac34", "3/4"), ("1 1/2", "3/2"), (r"1\frac{1}{2}", "3/2"),
    (r"-1\frac12", "-3/2"), (r"\sqrt{16}", "4"), (r"2\sqrt{\frac{9}{4}}", "3"), ("(2+3)*4", "20"),
    ("2^-2", "1/4"), (".5", "1/2"), ("5.", "5"), ("½", "1/2"),
]  # fmt: skip


@pytest.mark.parametrize(("text", "value"), NUMBERS)
def test_a_number_is_read_exactly_in_every_notation(text: str, value: str) -> None:
    found = read_number(plain(text))
    assert found is not None
    assert (found[0].value, found[0].exact, found[1]) == (Fraction(value), True, len(plain(text)))


UNBOUNDED = ["9^9^9^9", "9^(9^(9^9))", "1e999999", "10^100000", "exp(10^9)", "2^0.5^0.1^9999999",
             "(" * 200 + "1" + ")" * 200, r"\frac{" * 100, "((10^4000)^4000)"]  # fmt: skip


@pytest.mark.parametrize("text", UNBOUNDED)
def test_a_number_without_bound_is_refused_before_it_is_computed(text: str) -> None:
    with pytest.raises(Unreadable):
        read_measured(text)


SAME_UNIT = [
    ("m/s^2", r"\mathrm{m\,s^{-2}}"), ("m/s^2", "m s⁻²"), ("m/s^2", "m/s/s"), ("m/s^2", "m s-2"),
    ("m/s^2", "meters per second squared"), ("m/s^2", r"\frac{\text{m}}{\text{s}^2}"),
    ("m/s^2", r"\si{\meter\per\second\squared}"), ("kJ/mol", r"\text{ kJ mol}^{-1}"),
    ("J/(mol K)", "J/mol/K"), ("J/(mol K)", "J/mol·K"), ("J/(mol K)", "J K^-1 mol^-1"),
    ("kg m^2/s^2", "J"), ("N m", "Nm"), ("mol/L", "M"), ("µm", r"\mu\text{m}"), ("µm", "um"),
    ("Å", r"\text{\AA}"), ("Ω", r"\Omega"), ("Ω", "Ohm"), ("kΩ", "kohm"), ("cm^3", "cc"),
    ("cm^3", "mL"), ("1/s", "Hz"), ("m^3", "cubic meters"), ("km/h", "kilometres per hour"),
    ("kg", "Kg"), ("°C", r"^\circ\mathrm{C}"), ("°C", r"^{\circ}C"), ("°C", "℃"), ("%", r"\%"),
    ("m^{1/2}", "m^0.5"),
]  # fmt: skip


@pytest.mark.parametrize(("one", "other"), SAME_UNIT)
def test_a_unit_is_the_same_however_it_is_written(one: str, other: str) -> None:
    assert reason(f"5 {one}", f"5 {other}") == "match"
    assert reason(f"5 {other}", f"5 {one}") == "match"


CONVERTED = [
    ("5 m", "500 cm"), ("36 km/h", "10 m/s"), ("1 eV", "1.602176634e-19 J"), ("1 atm", "101325 Pa"),
    ("1 L", "1 dm^3"), ("50%", "0.5"), ("5 ppm", "5e-6"), ("20 kJ/mol", "20,000 J/mol"),
    ("25 °C", "298.15 K"), ("25 °C", "77 °F"), ("4.18 J/(g °C)", "4.18 J/(g K)"),
    ("180°", r"\pi"), ("30°", r"\frac{\pi}{6} rad"), ("60 rpm", r"2\pi rad/s"), ("1 kWh", "3.6 MJ"),
    ("2 h 30 min", "2.5 h"), ("0.5 c", "0.5c"), ("5 N m", "5 J"), ("10^3 J", "1 kJ"),
]  # fmt: skip


@pytest.mark.parametrize(("one", "other"), CONVERTED)
def test_equal_quantities_in_other_units_match_both_ways(one: str, other: str) -> None:
    assert reason(one, other) == reason(other, one) == "match"


REFUSED = [
    ("5 m", "5 cm", "mismatch"), ("5 kg", "5 g", "mismatch"), ("5 m", "5", "wrong_unit"),
    ("5", "5 m", "wrong_unit"), ("5 m", "5 m/s", "wrong_unit"), ("5 m", "-5 m", "mismatch"),
    ("9", "9%", "mismatch"), ("25 °C", "25 K", "mismatch"), ("30°", "30", "wrong_unit"),
    ("1.6e-19 C", "1.7e-19 C", "mismatch"), ("9.11e-31 kg", "1.67e-27 kg", "mismatch"),
    ("5 Hz", "5 rad/s", "mismatch"), ("5 dollars", "5 cents", "wrong_unit"),
    ("10 dB", "10", "wrong_unit"), ("3", "1+1=3", "mismatch"), ("5 m", "5 m or 6 m", "malformed"),
    ("5 m", "The answer is not 5 m.", "no_answer"), ("5 m", "5 ± 100 m", "mismatch"),
    ("5 m", "5 m, 6 m", "wrong_type"),
    ("5 m", "5 m/0", "malformed"), ("5 m", "5 ((((km^20)^20)^20)^20)", "too_costly"),
    ("5 m", "5 " + "x" * 900, "malformed"), ("5 m", "5 " + "m " * 600, "too_long"),
    ("5 m", "9^{9^{9^9}} m", "too_costly"), ("5 m", "<think>5 m</think>", "no_answer"),
    ("1000000007", "1000000006", "mismatch"), ("0.5", "0.50000000000000000001", "mismatch"),
]  # fmt: skip


@pytest.mark.parametrize(("gold", "response", "why"), REFUSED)
def test_what_is_not_the_quantity_is_refused_for_its_reason(
    gold: str, response: str, why: str
) -> None:
    assert reason(gold, response) == why


NAMED = ["v = 5 m/s", r"v_{max} \approx 5\ \text{m/s}", r"\boxed{v = 5\,\mathrm{m/s}}", "5.0 m/s.",
         "The answer is 5 m/s.", r"P(A) = 5 \text{ m/s}", "about 5 m/s", "$5$ m/s"]  # fmt: skip


@pytest.mark.parametrize("response", NAMED)
def test_a_name_before_the_quantity_is_dropped(response: str) -> None:
    assert reason("5 m/s", response) == "match"


@pytest.mark.parametrize("response", ["pH = 3.62", "pH 3.62", "pH: 3.62", "The pH is 3.62"])
def test_a_ph_may_be_named_without_a_sign(response: str) -> None:
    assert reason("3.62", response) == "match"
    assert reason("3.71", response) == "mismatch"


LISTS = [
    ("[1, 2, 3]", "(1,2,3)", "match"), ("[1, 2, 3]", "1, 2 and 3", "match"),
    ("[1, 2]", "x = 1, y = 2", "match"), ("[1, 2]", "(2, 1)", "mismatch"),
    ("[1, 2]", r"\{1, 2\}", "wrong_type"), ("[1, 2]", "1, 2, 2", "mismatch"), ("[3]", "3", "match"),
    ("(1, 2) m", "(100 cm, 2 m)", "match"), ("(1, 2) m", "[100, 200] cm", "match"),
    ("(1, 2) m", "(1, 2)", "wrong_unit"), ("(3, -4) N", r"3\hat{i} - 4\hat{j}\ \text{N}", "match"),
    ("(0, -1)", r"-\hat{j}", "match"), ("(3, 4)", "4i + 3j", "mismatch"),
    ("(1, 2)", r"\begin{pmatrix} 1 \\ 2 \end{pmatrix}", "match"),
    ("(10,100)", "[10, 100]", "match"),
    ("3–5 m", "3 to 5 m", "match"), ("3-5 m", "between 300 and 500 cm", "match"),
    ("3–5 m", "4 m", "wrong_type"), ("3–5 m", "(3, 5) m", "wrong_type"),
]  # fmt: skip


@pytest.mark.parametrize(("gold", "response", "why"), LISTS)
def test_vectors_and_ranges_keep_order_number_and_kind(gold: str, response: str, why: str) -> None:
    assert reason(gold, response) == why


DECLARED: list[tuple[Any, str, dict[str, Any], str]] = [
    ("100 m", "105 m", {"relative_tolerance": 0.05}, "match"),
    ("100 m", "105.01 m", {"relative_tolerance": 0.05}, "mismatch"),
    ("100 m", "0.095 km", {"relative_tolerance": 0.05}, "match"),
    ("25 °C", "299 K", {"relative_tolerance": 0.04}, "match"),
    ("25 °C", "300 K", {"relative_tolerance": 0.04}, "mismatch"),
    ("2.5", "2.51", {"absolute_tolerance": 0.01}, "match"),
    ("2.5", "2.511", {"absolute_tolerance": 0.01}, "mismatch"),
    ("0", "1e-9", {"relative_tolerance": 0.5}, "mismatch"),
    ("1.2345", "1.23", {"significant_figures": 3}, "match"),
    ("1.2345", "1.24", {"significant_figures": 3}, "mismatch"),
    ("1500 m", "1.5 km", {"significant_figures": 2, "exact_figures": True}, "match"),
    ("1500 m", "1.500 km", {"significant_figures": 2, "exact_figures": True}, "wrong_format"),
    ("11.92 °", "11.9°", {"significant_figures": 3, "exact_figures": True}, "match"),
    ("29.71 m/s", "29.7m/s", {"significant_figures": 3, "exact_figures": True}, "match"),
    ("29.71 m/s", "29.71m/s", {"significant_figures": 3, "exact_figures": True}, "wrong_format"),
    ("5 ± 0.1 m", "5.05 m", {}, "match"),
    ("5 ± 0.1 m", "5.2 m", {}, "mismatch"),
    ("5 m", "5", {"units": "optional"}, "match"),
    ("5", "5 m", {"units": "optional"}, "match"),
    ("5 m", "5 s", {"units": "optional"}, "wrong_unit"),
    ("9", "9%", {"units": "optional"}, "mismatch"),
    ("[1, 2, 2]", "2, 1, 2", {"ordered": False}, "match"),
    ("[1, 2, 2]", "2, 1, 1", {"ordered": False}, "mismatch"),
    ("0.6 c", "1.8e8 m/s", {"constants": ["c"], "relative_tolerance": 0.01}, "match"),
    ("2 e^2/h", "7.748e-5 S", {"constants": ["e", "h"], "relative_tolerance": 0.001}, "match"),
    ({"value": [1, 2], "unit": "m"}, "(100, 200) cm", {}, "match"),
    ({"value": 10, "unit": "Δ°C"}, "10 K", {}, "match"),
    ({"value": 10, "unit": "Δ°C"}, "10 °C", {}, "match"),
    (["5 m", "6 m"], "600 cm", {}, "match"),
]


@pytest.mark.parametrize(("gold", "response", "options", "why"), DECLARED)
def test_the_task_declares_how_close_is_close(
    gold: Any, response: str, options: dict[str, Any], why: str
) -> None:
    assert reason(gold, response, **options) == why


BAD_OPTIONS: list[tuple[dict[str, Any], str]] = [
    ({"relative_tolerance": -1}, "not negative"),
    ({"relative_tolerance": True}, "number"),
    ({"significant_figures": 0}, "whole number"),
    ({"significant_figures": 3, "relative_tolerance": 0.1}, "not both"),
    ({"exact_figures": True}, "needs significant_figures"),
    ({"units": "maybe"}, "required, optional"),
    ({"constants": ["q"]}, "known: c"),
    ({"kind": "poem"}, "quantity, formula"),
    ({"tolerance": 0.1}, "relative_tolerance"),
]


@pytest.mark.parametrize(("options", "mend"), BAD_OPTIONS)
def test_a_wrong_option_is_refused_with_its_mend(options: dict[str, Any], mend: str) -> None:
    with pytest.raises(InputError, match=mend):
        VERIFIER.check("5", "5", **options)


def test_the_figures_a_decimal_claims() -> None:
    cases = {"1500": (2, 4), "1.50": (3, 3), "0.0050": (2, 2), "1.5e3": (2, 2), "0": (1, 1)}
    assert {text: written_figures(text) for text in cases} == cases


def test_a_tie_rounds_to_both_neighbours() -> None:
    assert rounded_to(Fraction("1.25"), 2) == {Fraction("1.2"), Fraction("1.3")}
    assert rounded_to(Fraction("9.96"), 2) == {Fraction(10)}


UNITS = st.sampled_from(
    ["m", "kg", "s", "A", "K", "mol", "J", "eV", "km/h", "N m", "1/s", "Å", "%"]
)
VALUES = st.decimals(
    allow_nan=False, allow_infinity=False, places=6, max_value=10**9, min_value=-(10**9)
)


@given(VALUES, UNITS)
def test_every_quantity_equals_itself_and_not_its_neighbour(value: Any, unit: str) -> None:
    gold = {"value": f"{value:f}", "unit": unit}
    assert reason(gold, f"\\boxed{{{value:f}\\ \\text{{{unit}}}}}") == "match"
    assert reason(gold, f"\\boxed{{{value + 1:f}\\ \\text{{{unit}}}}}") == "mismatch"


@given(VALUES, UNITS, VALUES, UNITS)
def test_equality_of_quantities_is_symmetric(a: Any, u: str, b: Any, v: str) -> None:
    one, other = f"{a:f} {u}", f"{b:f} {v}"
    assert (reason(one, other) == "match") == (reason(other, one) == "match")


@given(st.text(alphabet="0123456789+-*/^_(){}[]\\., =eE·×µ°Ω²⁻→–±%abcmkgsNHOC\n$", max_size=80))
def test_no_text_of_a_response_raises_or_is_undecided(text: str) -> None:
    for gold in ("5 m/s", "(1, 2) N", "H2O", "2H2 + O2 -> 2H2O", "B", "true"):
        assert VERIFIER.check(text, gold).outcome in ("correct", "incorrect")


def test_units_of_no_dimension_are_told_from_numbers_only_where_both_are_named() -> None:
    for text in ("rad", "Hz s", "rev"):
        unit, rest = read_unit(text)
        assert unit is not None
        assert (unit.is_number, rest) == (True, "")


def test_a_reading_keeps_the_default_unit_only_where_none_is_written() -> None:
    metre = read_unit("m")[0]
    one, other = read_measured("5", unit=metre), read_measured("5 s", unit=metre)
    assert isinstance(one, Quantity)
    assert isinstance(other, Quantity)
    assert one.unit == metre != other.unit
