"""Electrochemistry: electrolysis and galvanic cells, as problems.

The working of each solves for the answer; its law puts the answer back into Faraday's law or the
free enthalpy of the reaction, and is computed with units.
"""

from __future__ import annotations

import math
from random import Random

from assay_envs.science.constants import FARADAY, GAS_CONSTANT, KELVIN
from assay_envs.science.molar_masses import masses, weight
from assay_envs.science.problem import Parameters
from assay_envs.science.quantities import Given, Quantity, bare, one_of
from assay_envs.science.substances import MASSES

_PLATED = one_of(
    {"A": "Cu", "z": ["2", ""]}, {"A": "Ag", "z": ["1", ""]}, {"A": "Ni", "z": ["2", ""]},
    {"A": "Zn", "z": ["2", ""]}, {"A": "Cr", "z": ["3", ""]}, {"A": "Sn", "z": ["2", ""]},
    {"A": "Pb", "z": ["2", ""]}, {"A": "Co", "z": ["2", ""]},
)  # fmt: skip
_POTENTIALS = (
    ("Mg", -2.37, 2), ("Al", -1.66, 3), ("Zn", -0.76, 2), ("Cr", -0.74, 3), ("Fe", -0.45, 2),
    ("Co", -0.28, 2), ("Ni", -0.26, 2), ("Sn", -0.14, 2), ("Pb", -0.13, 2), ("Cu", 0.34, 2),
    ("Ag", 0.80, 1),
)  # fmt: skip


def _cell(rng: Random) -> Parameters:
    """Two metals and their ions; the first is the baser one."""
    while True:
        (base, low, m), (noble, high, n) = sorted(
            rng.sample(_POTENTIALS, 2), key=lambda each: each[1]
        )
        if high - low > 0.25:
            return {
                "A": base, "C": noble, "a": [f"{low:.2f}", "V"], "b": [f"{high:.2f}", "V"],
                "m": [str(m), ""], "n": [str(n), ""], "ions": f"{base}^{_plus(m)}",
                "nobler": f"{noble}^{_plus(n)}", "z": [str(math.lcm(m, n)), ""],
            }  # fmt: skip


def _plus(charge: int) -> str:
    return f"{charge if charge > 1 else ''}+"


PLATING = Quantity(
    "plating",
    (
        "A current of {I} flows for {t} through a solution of {A} ions with a charge of {z}+. What "
        "mass of {A} is deposited? F = {F}. {masses}",
    ),
    {"I": Given("A", 0.2, 15), "t": Given("min", 5, 300), "F": FARADAY},
    lambda p: (
        "charge: Q [C] = I*t*60",
        "electrons: e [mol] = Q/F",
        "atoms: n [mol] = e/z",
        f"m [g] = n*{MASSES[p['A']]}",
    ),
    lambda x, q: (x / weight(q.A) * q.z * q.F, q.I * q.t),
    mistakes=("m*z", "m/60", "m*z*z"),
    pick=_PLATED,
    shown=masses,
)
PLATING_TIME = Quantity(
    "plating_time",
    (
        "For how long must a current of {I} flow to plate a surface of {S} in all with a layer of "
        "{A} (density {d}) that is {h} thick? The ions have a charge of {z}+; F = {F}. {masses} "
        "Answer in minutes.",
    ),
    {"I": Given("A", 0.2, 12), "S": Given("cm^2", 20, 900), "h": Given("μm", 5, 90), "F": FARADAY},
    lambda p: (
        "V [cm^3] = S*h/10000",
        "m [g] = V*d",
        f"n [mol] = m/{MASSES[p['A']]}",
        "Q [C] = n*z*F",
        "t [min] = Q/I/60",
    ),
    lambda x, q: (q.I * x * weight(q.A), q.S * q.h * q.d * q.z * q.F),
    mistakes=("Q/I", "t/z", "n*F/I/60/z", "t*100"),
    pick=one_of(
        {"A": "Cu", "z": ["2", ""], "d": ["8.96", "g/cm^3"]},
        {"A": "Ag", "z": ["1", ""], "d": ["10.49", "g/cm^3"]},
        {"A": "Ni", "z": ["2", ""], "d": ["8.91", "g/cm^3"]},
        {"A": "Cr", "z": ["3", ""], "d": ["7.19", "g/cm^3"]},
        {"A": "Zn", "z": ["2", ""], "d": ["7.14", "g/cm^3"]},
    ),
    shown=masses,
)
CELL_ENERGY = Quantity(
    "cell_energy",
    (
        "A cell has {A} in a solution of {ions} ({a}) and {C} in one of {nobler} ({b}), both "
        "standard potentials. What is the standard free enthalpy of its reaction, in kJ/mol, where "
        "a mole of reaction passes {z} mol of electrons? F = {F}.",
    ),
    {"F": FARADAY},
    ("E [V] = b - a", "G [kJ/mol] = -z*F*E/1000"),
    lambda x, q: (-x / (q.z * q.F) + q.a, q.b),
    mistakes=("-F*E/1000", "z*F*E/1000", "-z*F*(a + b)/1000"),
    where=lambda q: q.E > 0.25,
    signed=True,
    pick=_cell,
)
NERNST = Quantity(
    "nernst",
    (
        "A cell has {A} in a {c} solution of {ions} (standard potential {a}) and {C} in a {d} "
        "solution of {nobler} ({b}). What is its voltage at {t}? R = {R}, F = {F}, " + KELVIN,
    ),
    {
        "c": Given("mol/L", 0.001, 2), "d": Given("mol/L", 0.001, 2), "t": Given("°C", 15, 60),
        "R": GAS_CONSTANT, "F": FARADAY,
    },
    (
        "T [K] = t + 273.15",
        "k [V] = R*T/F",
        "noble half: u [V] = b + k/n*ln(d)",
        "base half: v [V] = a + k/m*ln(c)",
        "U [V] = u - v",
    ),
    lambda x, q: (
        # the free enthalpy of the whole reaction, by its reaction quotient
        -bare(q.z) * q.F * x,
        -bare(q.z) * q.F * (q.b - q.a)
        + q.R * q.t * math.log(
            q.c.m_as("mol/L") ** (bare(q.z) / bare(q.m))
            / q.d.m_as("mol/L") ** (bare(q.z) / bare(q.n))
        ),
    ),
    mistakes=("b - a", "(b - k/n*ln(d)) - (a - k/m*ln(c))", "u + v"),
    absolute=0.005,
    where=lambda q: abs(q.answer - (q.b - q.a)) > 0.022 and q.answer > 0.2,
    pick=_cell,
    between=(0.2, 3.2),
)  # fmt: skip
