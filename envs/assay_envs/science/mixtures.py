"""Mixtures: what share of a sample one substance is, as problems of stoichiometry.

The working of each solves for the share; its law puts the share back into what the sample gave or
took, and is computed with units.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from random import Random
from typing import Any

from assay_envs.science.constants import GAS_CONSTANT, KELVIN
from assay_envs.science.molar_masses import masses, molar_line, weight
from assay_envs.science.problem import Parameters
from assay_envs.science.quantities import Given, Quantity, bare
from assay_envs.science.reacting import (
    GASES,
    balancing,
    from_to,
    gas_amount,
    ratio,
    turns,
    unbalanced,
)
from assay_envs.science.substances import MASSES

_VALENCES = {"Mg": 2, "Al": 3, "Zn": 2, "Fe": 2, "Ca": 2}
_CARBONATES = ("CaCO3", "MgCO3", "ZnCO3", "BaCO3", "FeCO3")


def _two_of(choices: Sequence[str]) -> Callable[[Random], Parameters]:
    """Two substances to be told apart, ``A`` and ``C``."""

    def pick(rng: Random) -> Parameters:
        first, second = rng.sample(choices, 2)
        return {"A": first, "C": second}

    return pick


PURITY = Quantity(
    "purity",
    (
        "{m} of impure {A} gave {V} of {B} gas at {t} and {p} by {reaction}; the impurities do not "
        "react. What is the percentage by mass of {A} in the sample? {masses} R = {R}, " + KELVIN,
    ),
    {
        "m": Given("g", 1, 40), "V": Given("L", 0.2, 30), "t": Given("°C", 15, 40),
        "p": Given("kPa", 92, 106), "R": GAS_CONSTANT,
    },
    lambda p: (
        molar_line(p["A"], "M_A"),
        "T [K] = t + 273.15",
        "n [mol] = p*V/(R*T)",
        f"{balancing(p)}: N [mol] = n{ratio(p, 'A', 'B')}",
        "pure: x [g] = N*M_A",
        "w [%] = 100*x/m",
    ),
    lambda x, q: (
        turns(q, q.A, bare(x) * q.m / weight(q.A)),
        turns(q, q.B, gas_amount(q.p, q.V, q.R, q.t)),
    ),
    mistakes=("100*n*M_A/m", "100*p*V/(R*t)*M_A/m", "100 - w"),
    where=lambda q: 30 < q.answer < 98,
    pick=from_to(None, GASES),
    shown=unbalanced,
)  # fmt: skip
BACK_TITRATION = Quantity(
    "back_titration",
    (
        "{m} of an ore that contains {A} are treated with {V} of HCl ({c}), an excess that "
        "dissolves all {A} and nothing else; the acid that is left takes {W} of NaOH ({d}). What "
        "is the percentage by mass of {A} in the ore? {A} + 2 HCl -> salt + H2O + CO2. {masses}",
    ),
    {
        "m": Given("g", 0.8, 9), "V": Given("mL", 40, 200), "c": Given("mol/L", 0.2, 2),
        "W": Given("mL", 5, 80), "d": Given("mol/L", 0.1, 1),
    },
    lambda p: (
        molar_line(p["A"], "M_A"),
        "acid in all: n [mol] = c*V/1000",
        "acid left: r [mol] = d*W/1000",
        "acid used: u [mol] = n - r",
        "x [g] = u/2*M_A",
        "w [%] = 100*x/m",
    ),
    lambda x, q: (
        q.c * q.V,
        2 * bare(x) * q.m / weight(q.A) + q.d * q.W,
    ),
    mistakes=("2*w", "100*r/2*M_A/m", "100*n/2*M_A/m", "100 - w"),
    where=lambda q: 15 < q.answer < 97 and q.r > 0.1 * q.n,
    pick=lambda rng: {"A": rng.choice(_CARBONATES)},
    shown=masses,
)  # fmt: skip


def _alloy_work(parameters: Parameters) -> Sequence[str]:
    first, second = (_VALENCES[parameters[each]] for each in "AC")
    return (
        "T [K] = t + 273.15",
        "hydrogen: n [mol] = p*V/(R*T)",
        f"per gram of {parameters['A']}: a [mol] = {first}/2/{MASSES[parameters['A']]}",
        f"per gram of {parameters['C']}: c [mol] = {second}/2/{MASSES[parameters['C']]}",
        f"if all were {parameters['C']}: h [mol] = m*c",
        "x [g] = (n - h)/(a - c)",
        "w [%] = 100*x/m",
    )


def _alloy_law(x: Any, q: Any) -> tuple[Any, Any]:
    """Electrons given by both metals, electrons taken by hydrogen."""
    first = bare(x) * q.m / weight(q.A) * _VALENCES[q.A]
    second = (1 - bare(x)) * q.m / weight(q.C) * _VALENCES[q.C]
    return first + second, 2 * gas_amount(q.p, q.V, q.R, q.t)


ALLOY = Quantity(
    "alloy",
    (
        "{m} of a mixture of {A} and {C} dissolve completely in hydrochloric acid, to the ions "
        "{ions}, and set free {V} of hydrogen at {t} and {p}. What is the percentage by mass of {A}"
        " in the mixture? {masses} R = {R}, " + KELVIN,
    ),
    {
        "m": Given("g", 0.5, 12, 4), "V": Given("L", 0.3, 12, 4), "t": Given("°C", 15, 40),
        "p": Given("kPa", 92, 106, 4), "R": GAS_CONSTANT,
    },
    _alloy_work,
    _alloy_law,
    mistakes=("100 - w", "100*n/(m*a)", "100*(n - h)/(m*a)"),
    relative=0.02,
    where=lambda q: 12 < q.answer < 88 and not 1 / 1.25 < q.a / q.c < 1.25,
    pick=_two_of(tuple(_VALENCES)),
    shown=lambda p: {
        **masses(p), "ions": " and ".join(f"{p[each]}^{_VALENCES[p[each]]}+" for each in "AC"),
    },
    between=(0, 100),
)  # fmt: skip
CARBONATES = Quantity(
    "carbonates",
    (
        "{m} of a mixture of {A} and {C} lose {d} of CO2 when they are heated until only the "
        "oxides are left. What is the percentage by mass of {A} in the mixture? {masses}",
    ),
    {"m": Given("g", 2, 50, 4), "d": Given("g", 0.4, 25, 4)},
    lambda p: (
        molar_line(p["A"], "M_A"),
        molar_line(p["C"], "M_C"),
        "gas: n [mol] = d/(12.01 + 2*16.00)",
        "if all were the second: h [mol] = m/M_C",
        "more or less per gram: g [mol] = 1/M_A - 1/M_C",
        "x [g] = (n - h)/g",
        "w [%] = 100*x/m",
    ),
    lambda x, q: (
        bare(x) * q.m / weight(q.A) + (1 - bare(x)) * q.m / weight(q.C),
        q.d / weight("CO2"),
    ),
    mistakes=("100 - w", "100*n*M_A/m", "100*d/m"),
    relative=0.02,
    where=lambda q: 12 < q.answer < 88 and abs(q.M_A / q.M_C - 1) > 0.25,
    pick=_two_of(_CARBONATES),
    shown=masses,
    between=(0, 100),
)
