"""Reactions and formulae: coefficients are exact and unique, and wrong equations are refused."""

from __future__ import annotations

import math
from itertools import product

import pytest

from assay_envs.environment import CertificateError
from assay_envs.science.balancing import Balancing
from assay_envs.science.chemistry import Chemistry
from assay_envs.science.formulas import FormulaProblem
from assay_envs.science.reactions import (
    KNOWN,
    Skeleton,
    balance,
    null_space,
    rank_modulo_prime,
    redox,
    redox_of_salts,
    skeleton,
)
from assay_envs.science.substances import composition, molar_mass, salt
from assay_verifiers.science.equation import imbalance, read_equation
from assay_verifiers.science.formula import read_formula

COMPOSITIONS = [
    ("H2O", {"H": 2, "O": 1}),
    ("Fe2(SO4)3", {"Fe": 2, "S": 3, "O": 12}),
    ("CuSO4·5H2O", {"Cu": 1, "S": 1, "O": 9, "H": 10}),
    ("Cr2O7^2-", {"Cr": 2, "O": 7, "charge": -2}),
    ("NH4^+", {"N": 1, "H": 4, "charge": 1}),
    ("K4Fe(CN)6", {"K": 4, "Fe": 1, "C": 6, "N": 6}),
]


@pytest.mark.parametrize(("formula", "atoms"), COMPOSITIONS)
def test_a_formula_is_made_of_its_atoms(formula: str, atoms: dict[str, int]) -> None:
    assert dict(composition(formula)) == atoms


def test_our_reading_of_formulae_is_the_verifier_s() -> None:
    reactions = [*map(skeleton, KNOWN), *redox("acid"), *redox("base"), *redox_of_salts()]
    for formula in sorted({each for reaction in reactions for each in reaction.species}):
        read, ours = read_formula(formula), dict(composition(formula))
        assert ours.pop("charge", 0) == read.charge
        assert {symbol: n for (_, symbol), n in read.atoms} == ours


@pytest.mark.parametrize("text", ["H2O)", "h2o", "Fe2(SO4", "2"])
def test_what_is_no_formula_is_refused(text: str) -> None:
    with pytest.raises((ValueError, IndexError)):
        composition(text)


def test_salts_are_neutral_and_molar_masses_add_up() -> None:
    assert salt("Al", "SO4", 3, 2) == "Al2(SO4)3"
    assert salt("NH4", "SO4", 1, 2) == "(NH4)2SO4"
    assert salt("Ca", "Cl", 2, 1) == "CaCl2"
    assert salt("Mg", "O", 2, 2) == "MgO"
    assert molar_mass("H2SO4") == pytest.approx(2 * 1.008 + 32.06 + 4 * 16)


BALANCED = [
    ("Fe + O2 -> Fe2O3", "4 Fe + 3 O2 -> 2 Fe2O3"),
    ("C2H6 + O2 -> CO2 + H2O", "2 C2H6 + 7 O2 -> 4 CO2 + 6 H2O"),
    ("CrI3 + KOH + Cl2 -> K2CrO4 + KIO4 + KCl + H2O",
     "2 CrI3 + 64 KOH + 27 Cl2 -> 2 K2CrO4 + 6 KIO4 + 54 KCl + 32 H2O"),
]  # fmt: skip


@pytest.mark.parametrize(("text", "balanced"), BALANCED)
def test_known_reactions_are_balanced(text: str, balanced: str) -> None:
    assert str(balance(skeleton(text))) == balanced


def test_a_redox_reaction_is_completed_with_water_and_its_ion() -> None:
    asked = Skeleton(("MnO4^-", "Fe^2+"), ("Mn^2+", "Fe^3+"), ("H2O", "H^+"))
    found = "MnO4^- + 5 Fe^2+ + 8 H^+ -> Mn^2+ + 5 Fe^3+ + 4 H2O"
    assert str(balance(asked)) == found


@pytest.mark.parametrize(
    "text",
    [
        "KMnO4 + H2O2 + H2SO4 -> K2SO4 + MnSO4 + O2 + H2O",  # two reactions in one
        "H2 + O2 -> CO2",  # carbon from nothing
        "CO2 -> CO + O2 + C",  # two ways
    ],
)
def test_what_is_not_unique_is_no_reaction(text: str) -> None:
    assert balance(skeleton(text)) is None


def test_every_reaction_of_the_tables_is_unique_and_balanced() -> None:
    for each in [*map(skeleton, KNOWN), *redox("acid"), *redox("base"), *redox_of_salts()]:
        found = balance(each)
        assert found is not None, each
        assert imbalance(read_equation(str(found))) == {}
        assert math.gcd(*found.coefficients) == 1
    assert min(len(redox("acid")), len(redox("base"))) > 200
    assert len(redox_of_salts()) > 40


def test_small_coefficients_are_those_of_a_search() -> None:
    """Brute force over all coefficients up to 6 finds the same and, in lowest terms, no other."""
    for text in KNOWN[:12]:
        asked = skeleton(text)
        reaction = balance(asked)
        assert reaction is not None
        if max(reaction.coefficients) > 6 or len(asked.species) > 5:
            continue
        parts = [composition(each) for each in asked.species]
        signs = [1] * len(asked.left) + [-1] * len(asked.right)
        elements = {element for part in parts for element in part}
        found = [
            numbers
            for numbers in product(range(1, 7), repeat=len(parts))
            if math.gcd(*numbers) == 1
            and all(
                sum(
                    s * n * part.get(e, 0) for s, n, part in zip(signs, numbers, parts, strict=True)
                )
                == 0
                for e in elements
            )
        ]
        assert found == [reaction.coefficients]


def test_rank_and_null_space_agree() -> None:
    matrix = [[1, 2, 3, 4], [2, 4, 6, 8], [0, 1, -1, 2], [1, 3, 2, 6]]
    space = null_space(matrix)
    assert len(space) == 4 - rank_modulo_prime(matrix) == 2
    for vector in space:
        assert all(sum(a * b for a, b in zip(row, vector, strict=True)) == 0 for row in matrix)


ENV = Balancing()
REFUSED = [
    ("H2 + O2 -> H2O2", "lacks"),
    ("H2 + O2 -> H2O", "not balanced"),
    ("no equation", "no equation"),
]


@pytest.mark.parametrize(("equation", "reason"), REFUSED)
def test_a_false_gold_is_refused(equation: str, reason: str) -> None:
    problem = next(each for each in ENV.problems[1] if each.name == "easy")
    parameters = {"left": ["N2", "H2"], "right": ["NH3"], "helpers": []}
    with pytest.raises(CertificateError, match=reason):
        problem.prove(parameters, {"kind": "equation", "value": equation})


def test_a_gold_with_freedom_left_is_refused() -> None:
    problem = ENV.problems[1][0]
    parameters = {
        "left": ["KMnO4", "H2O2", "H2SO4"],
        "right": ["K2SO4", "MnSO4", "O2", "H2O"],
        "helpers": [],
    }
    answer = "2 KMnO4 + 5 H2O2 + 3 H2SO4 -> K2SO4 + 2 MnSO4 + 5 O2 + 8 H2O"
    with pytest.raises(CertificateError, match="not unique"):
        problem.prove(parameters, {"kind": "equation", "value": answer})


def test_any_multiple_and_any_order_is_right_and_the_reverse_is_not() -> None:
    answer = {"kind": "equation", "value": "4 Fe + 3 O2 -> 2 Fe2O3"}
    judged = {
        "8 Fe + 6 O2 -> 4 Fe2O3": "correct",
        "3 O2 + 4 Fe → 2 Fe₂O₃": "correct",
        "2 Fe + 3/2 O2 -> Fe2O3": "correct",
        "2 Fe2O3 -> 4 Fe + 3 O2": "incorrect",
        "4 Fe + 6 O -> 2 Fe2O3": "incorrect",
        "2 Fe + O2 -> 2 FeO": "incorrect",
        "4 Fe + 3 O2 -> 2 Fe2O3 or Fe + O2 -> FeO2": "incorrect",
    }
    found = {text: ENV.verifier.check(text, answer).outcome for text in judged}
    assert found == judged


@pytest.mark.parametrize("asked", ["empirical", "molecular", "burnt"])
def test_numbers_allow_one_formula_only(asked: str) -> None:
    level = {"empirical": 3, "molecular": 4, "burnt": 5}[asked]
    env, name = Chemistry(), f"formula_{asked}"
    for seed in range(12):
        task = env.generate(seed, level, problem=name)
        env.recheck(task)
        doubled = {**task.answer, "value": f"({task.answer['value']})2"}
        problem = FormulaProblem(asked)
        with pytest.raises(CertificateError, match="alone"):
            problem.prove(task.metadata["certificate"]["parameters"], doubled)


def test_an_empirical_formula_is_known() -> None:
    parameters = {"elements": ["C", "H", "O"], "shares": ["40.00", "6.71", "53.29"]}
    worked = FormulaProblem("empirical").solve(parameters)
    assert worked.answer == {"kind": "formula", "value": "CH2O"}
    molecular = FormulaProblem("molecular").solve({**parameters, "molar": "180"})
    assert molecular.answer == {"kind": "formula", "value": "C6H12O6"}
