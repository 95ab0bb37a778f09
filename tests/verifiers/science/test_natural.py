"""Answers as models write them: units in words, bold type, sentences; and what only looks right."""

from __future__ import annotations

from typing import Any

import pytest

from assay_verifiers.science import ScienceVerifier

SPEEDS = {"A": "5 m/s", "B": "10 m/s", "C": "15 m/s", "D": "20 m/s"}
ORGANS = ["mitochondria", "nucleus", "ribosome", "all of the above"]


def reason(gold: Any, response: str, **options: Any) -> str:
    return ScienceVerifier().check(response, gold, **options).reason


SPELLINGS = [
    ("20 °C", "20 degrees Celsius", "20 deg C", "68 degrees Fahrenheit", "20 ºC",
     r"\SI{20}{\degreeCelsius}"),
    ("9.81 m/s^2", "9.81 m.s^-2", r"\qty{9.81}{m.s^{-2}}", "9.81 ms^{-2}"),
    ("2.5 h", "2 hours and 30 minutes"),
    ("4.7 kΩ", r"4.7\ \text{k}\Omega", "4.7 kilohms"),
    ("1.21 Å", r"1.21\ \mathring{A}"),
    ("72 km/h", "72 kmph", "72 kmh"),
    ("5 %", "5 per cent"),
    ("1 eV", "1 electron volt"),
    ("1 T", "10 kG"),
    ("20 N/m", r"20\ \mathrm{Nm^{-1}}"),
    ("8.314 J/(mol K)", r"8.314\ \mathrm{Jmol^{-1}K^{-1}}"),
    ("1 g/cm^3", r"1000\ \mathrm{kgm^{-3}}"),
]  # fmt: skip


@pytest.mark.parametrize(
    ("gold", "given"), [(row[0], given) for row in SPELLINGS for given in row[1:]]
)
def test_a_unit_may_be_spelled_in_many_ways(gold: str, given: str) -> None:
    assert reason(gold, rf"\boxed{{{given}}}") == "match"


SENTENCES: list[tuple[Any, str, dict[str, Any], str]] = [
    ("12 km/h", "The final speed is roughly 12 km/h.", {}, "match"),
    ("12 km/h", "The speed is approximately **12 km/h**.", {}, "match"),
    ("12 km/h", r"So it is $\boxed{12}$ km/h.", {}, "match"),
    ("12 km/h", r"\boxed{12}\ \text{km/h}", {}, "match"),
    ("12 km/h", "It moves at roughly 12 mph.", {}, "wrong_unit"),
    ("12 km/h", "It moves at 12.", {}, "wrong_unit"),
    ("3 h", "It takes 3 hours.", {}, "match"),
    ("3 h", "It takes 3 minutes.", {}, "wrong_unit"),
    ("5", r"\boxed{5!}", {}, "mismatch"),
    ("120", r"\boxed{5!}", {}, "match"),
    ("5 m/s", r"\boxed{5\ \mathrm{ms}}", {}, "wrong_unit"),
    ("B", "Thus option B is correct.", {"choices": SPEEDS}, "match"),
    ("B", "Therefore B is the right answer.", {"choices": SPEEDS}, "match"),
    ("B", "I choose B", {"choices": SPEEDS}, "match"),
    ("B", r"\boxed{\textbf{B}}", {"choices": SPEEDS}, "match"),
    ("B", r"\boxed{B, 10 m/s}", {"choices": SPEEDS}, "match"),
    ("B", r"\boxed{B (10 m/s)}", {"choices": SPEEDS}, "match"),
    ("B", r"\boxed{B (5 m/s)}", {"choices": SPEEDS}, "malformed"),
    ("B", r"\boxed{C}. Option B is correct.", {"choices": SPEEDS}, "mismatch"),
    ("ACD", "So (A), (C) and (D) are correct.", {}, "match"),
    ("ACD", r"\boxed{(A)(C)(D)}", {}, "match"),
    ("A", r"\boxed{(A)(C)(D)}", {}, "mismatch"),
    ("A", "(A) and B", {}, "mismatch"),
    ("D", "All of the above.", {"choices": ORGANS}, "match"),
    ("A", "mitochondria?", {"choices": ORGANS}, "no_answer"),
    ({"kind": "text", "value": "osmosis"}, "This process is called osmosis.", {}, "match"),
    ({"kind": "text", "value": "osmosis"}, "Answer: osmosis?", {}, "no_answer"),
    ({"kind": "formula", "value": "H2SO4"}, "The acid has the formula H2SO4.", {}, "match"),
    ({"kind": "formula", "value": "Fe3+"}, r"\boxed{Fe(3+)}", {}, "match"),
    ({"kind": "formula", "value": "Fe3+"}, r"\boxed{Fe+3}", {}, "match"),
    ({"kind": "formula", "value": "SO4^2-"}, r"\boxed{SO4^-2}", {}, "match"),
    ({"kind": "formula", "value": "SO4^2-"}, r"\boxed{SO4^-}", {}, "mismatch"),
    ({"kind": "formula", "value": "^{14}C"}, r"\boxed{C-14}", {}, "match"),
    ({"kind": "formula", "value": "^{14}C"}, r"\boxed{C-13}", {}, "mismatch"),
    ({"kind": "equation", "value": "CaCO3 -> CaO + CO2"},
     r"\boxed{\ce{CaCO3 ->[\Delta] CaO + CO2 ^}}", {}, "match"),
]  # fmt: skip


@pytest.mark.parametrize(("gold", "response", "options", "why"), SENTENCES)
def test_a_sentence_is_read_for_what_it_says(
    gold: Any, response: str, options: dict[str, Any], why: str
) -> None:
    assert reason(gold, response, **options) == why


HOSTILE = [
    "5" + "0" * 5_000 + " m", "5e99999999999 m", "5 m^{9999999}", "5 " + "m*" * 300 + "m",
    "(" * 600 + "5" + ")" * 600, "5^{5^{5^{5^{5}}}} m", r"\frac" * 300, r"\sqrt" * 300 + "5 m",
    "\ud8005 m", "5 \u202em", "5 m\x00", "5 m/0", "5 m^{1/0}", "5 " + "ms" * 500, "A, " * 5_000,
    "2H2 + O2 -> " + "H2O + " * 500 + "H2O", "H" * 5_000, "C" * 5_000, "\\boxed{" * 3_000,
]  # fmt: skip


@pytest.mark.parametrize("response", HOSTILE)
@pytest.mark.parametrize("kind", ["quantity", "formula", "equation", "smiles", "choice", "text"])
def test_hostile_text_is_incorrect_whatever_is_asked(kind: str, response: str) -> None:
    golds = {"quantity": "5 m", "formula": "H2O", "equation": "2H2 + O2 -> 2H2O", "smiles": "CCO",
             "choice": "B", "text": "osmosis"}  # fmt: skip
    gold = {"kind": kind, "value": golds[kind]}
    assert ScienceVerifier().check(response, gold).outcome == "incorrect"
