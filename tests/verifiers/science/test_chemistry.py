"""Formulae and equations: atoms, charges, balance, proportions."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from assay_verifiers.science import ScienceVerifier
from assay_verifiers.science.equation import imbalance, read_equation
from assay_verifiers.science.formula import read_formula
from assay_verifiers.science.notation import Unreadable

VERIFIER = ScienceVerifier()


def reason(gold: Any, response: str, **options: Any) -> str:
    return VERIFIER.check(response, gold, **options).reason


SAME_FORMULA = [
    ("H2SO4", "H₂SO₄"), ("H2SO4", r"\ce{H2SO4}"), ("H2SO4", r"$\mathrm{H_2SO_4}$"),
    ("H2SO4", r"\text{H}_2\text{SO}_{4}"), ("H2SO4", "SO4H2"), ("Ca(OH)2", "CaO2H2"),
    ("[Fe(CN)6]^{4-}", "[Fe(CN)_6]^{4-}"), ("CuSO4·5H2O", r"CuSO_4 \cdot 5H_2O"),
    ("CuSO4·5H2O", "CuSO4.5H2O"), ("CuSO4·5H2O", "CuSO4*5H2O"), ("SO4^2-", "SO₄²⁻"),
    ("SO4^2-", "SO42-"), ("SO4^2-", "SO4 2-"), ("SO4^2-", r"\mathrm{SO_4^{2-}}"),
    ("SO4^2-", r"SO^{2-}_4"), ("SO4^2-", "SO4--"), ("Fe3+", "Fe^{3+}"), ("Fe3+", "Fe^{+3}"),
    ("Fe3+", "Fe³⁺"), ("NH4+", "NH_4^+"), ("NO3-", "NO3^-"), ("Hg2^2+", "Hg22+"), ("I3-", "I3^-"),
    ("[Cu(NH3)4]2+", "[Cu(NH3)4]^{2+}"), ("^{14}C", "¹⁴C"), ("^{14}_{6}C", "^{14}C"),
    ("D2O", "^2H_2O"), ("K4[Fe(CN)6]", "K4FeC6N6"),
]  # fmt: skip


@pytest.mark.parametrize(("one", "other"), SAME_FORMULA)
def test_a_formula_is_its_atoms_and_its_charge(one: str, other: str) -> None:
    assert read_formula(one) == read_formula(other)


OTHER_FORMULA = [
    ("H2O", "H2O2"), ("H2O", "D2O"), ("CO", "Co"), ("SO4^2-", "SO4^-"), ("SO4^2-", "SO4^2+"),
    ("SO4^2-", "SO4"), ("CuSO4·5H2O", "CuSO4·6H2O"), ("CuSO4·5H2O", "CuSO4"), ("^{14}C", "^{13}C"),
    ("Ca(OH)2", "CaOH2"), ("C2H4O2", "CH2O"), ("O2-", "O2^-"),
]  # fmt: skip


@pytest.mark.parametrize(("one", "other"), OTHER_FORMULA)
def test_another_count_charge_or_isotope_is_another_formula(one: str, other: str) -> None:
    assert read_formula(one) != read_formula(other)


NO_FORMULA = ["", "water", "H2O or H2O2", "2H2O", "Xy2", "H2O)", "(H2O", "H^2O", "Fe(III)", "H2O^x",
              "H" * 600, "(" * 50 + "H" + ")" * 50, "H999999999", "^{14}_{7}C", "H+-"]  # fmt: skip


@pytest.mark.parametrize("text", NO_FORMULA)
def test_what_is_no_formula_is_refused(text: str) -> None:
    with pytest.raises(Unreadable):
        read_formula(text)


GOLD = "N2 + 3 H2 -> 2 NH3"
EQUATIONS = [
    (GOLD, "3H2+N2->2NH3", "match"), (GOLD, "N₂ + 3H₂ ⇌ 2NH₃", "match"),
    (GOLD, "2N2 + 6H2 = 4NH3", "match"), (GOLD, "1/2 N2 + 3/2 H2 → NH3", "match"),
    (GOLD, "0.5N2 + 1.5H2 --> NH3", "match"),
    (GOLD, r"\ce{N2 + 3H2 <=>[Fe][\Delta] 2NH3}", "match"),
    (GOLD, r"\mathrm{N_2 + 3H_2 \xrightarrow{Fe} 2NH_3}", "match"),
    (GOLD, r"$\mathrm{N}_2(g) + 3\mathrm{H}_2(g) \rightleftharpoons 2\mathrm{NH}_3(g)$", "match"),
    (GOLD, "2 NH3 <- N2 + 3 H2", "match"), (GOLD, "2NH3 -> N2 + 3H2", "mismatch"),
    (GOLD, "N2 + 2H2 -> 2NH3", "rule_broken"), (GOLD, "N2 + 3H2 -> NH3", "rule_broken"),
    (GOLD, "N2 + 3H2 + O2 -> 2NH3 + O2", "mismatch"), (GOLD, "N2 + 3H2", "malformed"),
    (GOLD, "N2 + 3H2 -> 2NH3 -> 2NH3", "malformed"), (GOLD, "N2 + 3X2 -> 2NX3", "malformed"),
    ("Ag+ + Cl- -> AgCl", "Ag+(aq)+Cl-(aq)→AgCl(s)", "match"),
    ("Ag+ + Cl- -> AgCl", r"Ag^+_{(aq)} + Cl^-_{(aq)} \to AgCl_{(s)}\downarrow", "match"),
    ("2 Fe^3+ + Sn^2+ -> 2 Fe^2+ + Sn^4+", "Fe3+ + Sn2+ -> Fe2+ + Sn4+", "rule_broken"),
    ("Zn -> Zn^2+ + 2e-", r"Zn -> Zn^{2+} + 2e^{-}", "match"),
    ("Zn -> Zn^2+ + 2e-", "Zn -> Zn^2+ + e-", "rule_broken"),
    ("2 Zn + O2 -> ZnO", "2 Zn + O2 -> ZnO", "bad_gold"),
    (r"H2 + \frac{1}{2} O2 -> H2O", "2 H2 + O2 -> 2 H2O", "match"),
    (GOLD, "0 N2 + 3H2 -> 2NH3", "malformed"), (GOLD, "1/0 N2 + 3H2 -> 2NH3", "malformed"),
]  # fmt: skip


@pytest.mark.parametrize(("gold", "response", "why"), EQUATIONS)
def test_an_equation_is_its_species_in_proportion(gold: str, response: str, why: str) -> None:
    assert reason(gold, response) == why


def test_states_count_only_where_the_task_says_so() -> None:
    assert reason("H2O(l) -> H2O(g)", "H2O(g) -> H2O(l)") == "match"
    assert reason("H2O(l) -> H2O(g)", "H2O(g) -> H2O(l)", states=True) == "mismatch"


def test_an_imbalance_is_named_by_element_and_charge() -> None:
    assert imbalance(read_equation("Fe3+ + Cu -> 2 Fe2+")) == {"Cu": "-1", "Fe": "1", "charge": "1"}


SYMBOLS = st.sampled_from(["H", "C", "N", "O", "Na", "Cl", "Fe", "Cu", "S"])
FORMULAE = st.lists(st.tuples(SYMBOLS, st.integers(1, 20)), min_size=1, max_size=6)


@given(FORMULAE, st.randoms())
def test_the_order_of_atoms_never_matters(parts: list[tuple[str, int]], random: Any) -> None:
    shuffled = random.sample(parts, len(parts))
    one, other = ("".join(f"{s}{n}" for s, n in written) for written in (parts, shuffled))
    assert read_formula(one) == read_formula(other)
    assert read_formula(one) != read_formula(f"{other}He")


@given(st.integers(1, 1000), st.booleans())
def test_the_scale_of_an_equation_never_matters(scale: int, turned: bool) -> None:
    terms = [f"{2 * scale} CO", f"{scale} O2"]
    left = " + ".join(reversed(terms) if turned else terms)
    assert reason("2 CO + O2 -> 2 CO2", f"{left} -> {2 * scale} CO2") == "match"
    assert reason("2 CO + O2 -> 2 CO2", f"{left} -> {2 * scale + 1} CO2") == "rule_broken"
