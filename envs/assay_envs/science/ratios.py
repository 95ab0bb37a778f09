"""Ratios: how much of one substance goes with how much of another, as problems of stoichiometry.

The working of each goes by moles from what is given to what is asked; its law says that the
reaction takes place as often for the one as for the other, and is computed with units.
"""

from __future__ import annotations

from assay_envs.science.constants import GAS_CONSTANT, KELVIN
from assay_envs.science.molar_masses import molar_line, weight
from assay_envs.science.quantities import Given, Quantity, bare
from assay_envs.science.reacting import (
    GASES,
    balanced,
    balancing,
    from_to,
    gas_amount,
    put_together,
    ratio,
    turns,
    unbalanced,
)
from assay_envs.science.reactions import base_metal_dissolved, neutralised_alkali

MOLES = Quantity(
    "moles",
    (
        "{reaction}. How many moles of {B} form from {n} of {A}?",
        "In the reaction {reaction}, {n} of {A} react completely. What amount of {B} forms?",
    ),
    {"n": Given("mol", 0.05, 30)},
    lambda p: (f"N [mol] = n{ratio(p, 'B', 'A')}",),
    lambda x, q: (turns(q, q.B, x), turns(q, q.A, q.n)),
    mistakes=("n",),
    pick=from_to(),
    shown=balanced,
)
REAGENT = Quantity(
    "reagent",
    (
        "{reaction}. How many moles of {A} are needed to make {n} of {B}?",
        "To get {n} of {B} by {reaction}, what amount of {A} has to react?",
    ),
    {"n": Given("mol", 0.05, 30)},
    lambda p: (f"N [mol] = n{ratio(p, 'A', 'B')}",),
    lambda x, q: (turns(q, q.A, x), turns(q, q.B, q.n)),
    mistakes=("n",),
    pick=from_to(),
    shown=balanced,
)
VOLUMES = Quantity(
    "volumes",
    (
        "{reaction}. {V} of {A} gas react completely. How many litres of {B} gas form, at the same "
        "temperature and pressure?",
    ),
    {"V": Given("L", 0.2, 90)},
    lambda p: (f"volumes of gases are as their amounts: W [L] = V{ratio(p, 'B', 'A')}",),
    lambda x, q: (turns(q, q.B, x), turns(q, q.A, q.V)),
    mistakes=("V",),
    pick=from_to(GASES, GASES),
    shown=balanced,
)

# Masses and solutions

FROM_MASS = Quantity(
    "from_mass",
    (
        "{reaction}. How many moles of {B} form from {m} of {A}? {masses}",
        "By the reaction {reaction}, what amount of {B} comes from {m} of {A}? {masses}",
    ),
    {"m": Given("g", 0.5, 90)},
    lambda p: (
        molar_line(p["A"], "M_A"),
        "n [mol] = m/M_A",
        f"N [mol] = n{ratio(p, 'B', 'A')}",
    ),
    lambda x, q: (turns(q, q.B, x) * weight(q.A), turns(q, q.A, q.m)),
    mistakes=("n", "m*M_A"),
    pick=from_to(),
    shown=balanced,
)
MASSES_OF = Quantity(
    "masses",
    (
        "{reaction}. What mass of {B} forms from {m} of {A}? {masses}",
        "How many grams of {B} are made when {m} of {A} react by {reaction}? {masses}",
    ),
    {"m": Given("g", 0.5, 90)},
    lambda p: (
        molar_line(p["A"], "M_A"),
        molar_line(p["B"], "M_B"),
        "n [mol] = m/M_A",
        f"N [mol] = n{ratio(p, 'B', 'A')}",
        "x [g] = N*M_B",
    ),
    lambda x, q: (turns(q, q.B, x / weight(q.B)), turns(q, q.A, q.m / weight(q.A))),
    mistakes=("n*M_B", "m", "N*M_A"),
    pick=from_to(),
    shown=balanced,
)
TITRATION = Quantity(
    "titration",
    (
        "{V} of a solution of {A} take {W} of {B} solution ({c}) to be neutralised completely. "
        "What is the concentration of the {A} solution? The reaction: {reaction}.",
    ),
    {"V": Given("mL", 10, 50), "W": Given("mL", 8, 45), "c": Given("mol/L", 0.05, 0.9)},
    lambda p: (
        "used: n [mol] = c*W/1000",
        f"neutralised: N [mol] = n{ratio(p, 'A', 'B')}",
        "C [mol/L] = N/(V/1000)",
    ),
    lambda x, q: (turns(q, q.A, x * q.V), turns(q, q.B, q.c * q.W)),
    mistakes=("n/(V/1000)", "c*V/W", "N/(W/1000)"),
    pick=put_together(neutralised_alkali, "ABSX"),
    shown=balanced,
)
METAL = Quantity(
    "metal",
    (
        "What volume of {B} solution ({c}) does it take to dissolve {m} of {A}? The reaction: "
        "{reaction}. {masses} Answer in millilitres.",
    ),
    {"m": Given("g", 0.2, 9), "c": Given("mol/L", 0.1, 4)},
    lambda p: (
        molar_line(p["A"], "M_A"),
        "n [mol] = m/M_A",
        f"N [mol] = n{ratio(p, 'B', 'A')}",
        "V [mL] = N/c*1000",
    ),
    lambda x, q: (turns(q, q.B, x * q.c), turns(q, q.A, q.m / weight(q.A))),
    mistakes=("n/c*1000", "N*c*1000", "N/c"),
    pick=put_together(base_metal_dissolved, "ABSX"),
    shown=balanced,
)

# Two laws

GAS = Quantity(
    "gas",
    (
        "{reaction}. What volume of {B} gas, at {t} and {p}, forms from {m} of {A}? {masses} "
        "R = {R}, " + KELVIN,
    ),
    {
        "m": Given("g", 0.5, 60),
        "t": Given("°C", 15, 90),
        "p": Given("kPa", 85, 140),
        "R": GAS_CONSTANT,
    },
    lambda p: (
        molar_line(p["A"], "M_A"),
        "n [mol] = m/M_A",
        f"{balancing(p)}: N [mol] = n{ratio(p, 'B', 'A')}",
        "T [K] = t + 273.15",
        "V [L] = N*R*T/p",
    ),
    lambda x, q: (
        turns(q, q.B, gas_amount(q.p, x, q.R, q.t)),
        turns(q, q.A, q.m / weight(q.A)),
    ),
    mistakes=("n*R*T/p", "N*R*t/p", "N*22.4", "N*R*T*p"),
    pick=from_to(None, GASES),
    shown=unbalanced,
)
YIELD = Quantity(
    "yield",
    (
        "{reaction}. {m} of {A} gave {y} of {B}. What was the yield, in percent? {masses}",
        "From {m} of {A} a chemist gets {y} of {B} by {reaction}. What is the percentage yield? "
        "{masses}",
    ),
    {"m": Given("g", 2, 80), "y": Given("g", 0.5, 80)},
    lambda p: (
        molar_line(p["A"], "M_A"),
        molar_line(p["B"], "M_B"),
        "n [mol] = m/M_A",
        f"{balancing(p)}: N [mol] = n{ratio(p, 'B', 'A')}",
        "at best: x [g] = N*M_B",
        "k [%] = 100*y/x",
    ),
    lambda x, q: (
        turns(q, q.B, q.y / weight(q.B)),
        bare(x) * turns(q, q.A, q.m / weight(q.A)),
    ),
    mistakes=("100*y/m", "100*y/(n*M_B)", "100*x/y"),
    where=lambda q: 25 < q.answer < 98,
    pick=from_to(),
    shown=unbalanced,
)
