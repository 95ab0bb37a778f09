"""Amounts: moles, masses, particles and shares of a substance, as problems of chemistry.

The working of each solves for the answer; its law puts the answer back into the definition of an
amount, reads formulae as the verifier does, and is computed with units.
"""

from __future__ import annotations

from random import Random

from assay_envs.science.constants import AVOGADRO
from assay_envs.science.molar_masses import masses, molar_line, weight
from assay_envs.science.problem import Parameters
from assay_envs.science.quantities import Given, Quantity, bare, molar, one_of
from assay_envs.science.substances import MASSES, composition
from assay_verifiers.science.formula import read_formula

_COMPOUNDS = (
    "H2SO4", "CaCO3", "C6H12O6", "KMnO4", "Al2(SO4)3", "CuSO4·5H2O", "Fe2O3", "Na2CO3", "NH4NO3",
    "Ca3(PO4)2", "C2H5OH", "CH3COOH", "K2Cr2O7", "Mg(OH)2", "AgNO3", "Pb(NO3)2", "C12H22O11",
    "Na2S2O3", "BaCl2·2H2O", "FeSO4·7H2O", "(NH4)2SO4", "ZnSO4·7H2O", "Na3PO4", "KClO3", "H3PO4",
    "Ba(OH)2", "Cr2O3", "Sn(SO4)2", "CoCl2·6H2O", "NiSO4·6H2O", "Fe(NO3)3·9H2O", "K4Fe(CN)6",
)  # fmt: skip
_COMPOUND = one_of(*({"A": each} for each in _COMPOUNDS))
LIQUIDS = one_of(
    {"A": "C2H5OH", "name": "ethanol"}, {"A": "CH3OH", "name": "methanol"},
    {"A": "C6H6", "name": "benzene"}, {"A": "C3H6O", "name": "acetone"},
    {"A": "C8H18", "name": "octane"}, {"A": "C7H8", "name": "toluene"},
)  # fmt: skip
"""An organic liquid: formula and name."""


def _decimals(number: str) -> int:
    return len(number.partition(".")[2])


def _figures(number: str) -> int:
    return len(number.replace(".", "").lstrip("0"))


MOLAR_MASS = Quantity(
    "molar_mass",
    (
        "What is the mass of {n} of {A}? {masses}",
        "How many grams are {n} of {A}? {masses}",
    ),
    {"n": Given("mol", 0.02, 20)},
    lambda p: (molar_line(p["A"]), "m [g] = n*M"),
    lambda x, q: (x / q.n, weight(q.A)),
    mistakes=("n/M", "M/n"),
    pick=_COMPOUND,
    shown=masses,
)
AMOUNT = Quantity(
    "amount",
    (
        "How many moles are {m} of {A}? {masses}",
        "What amount of substance is {m} of {A}? {masses}",
    ),
    {"m": Given("g", 0.5, 900)},
    lambda p: (molar_line(p["A"]), "n [mol] = m/M"),
    lambda x, q: (q.m / x, weight(q.A)),
    mistakes=("m*M", "M/m"),
    pick=_COMPOUND,
    shown=masses,
)
PARTICLES = Quantity(
    "particles",
    (
        "How many molecules are there in {n} of {name}? N_A = {N}.",
        "What number of molecules do {n} of {name} hold? N_A = {N}.",
    ),
    {"n": Given("mol", 0.001, 40), "N": AVOGADRO},
    ("Z [] = n*N",),
    lambda x, q: (x / q.N, q.n),
    mistakes=("N/n",),
    pick=LIQUIDS,
)
DENSITY = Quantity(
    "density",
    (
        "A sample of {m} takes up {V}. What is its density?",
        "What is the density of a body of {m} and {V}?",
    ),
    {"m": Given("g", 12, 95, 4), "V": Given("mL", 11, 48, 2)},
    ("d [g/mL] = m/V",),
    lambda x, q: (x * q.V, q.m),
    mistakes=("V/m", "m*V"),
    where=lambda q: q.V % 10 != 0,  # of 30 mL nobody could tell how many figures count
    justified=lambda p: min(_figures(p["m"][0]), _figures(p["V"][0])),
)
TOTAL = Quantity(
    "total",
    (
        "A beaker of {a} is filled with {b} of water and {c} of salt, each weighed on another "
        "balance. What is the mass in all?",
        "Samples of {a}, {b} and {c} are put together. What is their mass?",
    ),
    {"a": Given("g", 101, 480, 4), "b": Given("g", 11, 92, 4), "c": Given("g", 1.1, 9.4, 4)},
    ("m [g] = a + b + c",),
    lambda x, q: (x - q.b, q.a + q.c),
    mistakes=("a + b", "a + b - c"),
    alike=(("a",), ("b",), ("c",)),
    justified=lambda p: _figures(
        f"{sum(float(p[k][0]) for k in 'abc'):.{min(_decimals(p[k][0]) for k in 'abc')}f}"
    ),
)


def _element_of(rng: Random) -> Parameters:
    compound = rng.choice(_COMPOUNDS)
    return {"A": compound, "element": rng.choice(list(composition(compound)))}


SHARE = Quantity(
    "share",
    ("What percentage by mass of {A} is {element}? {masses}",
     "How much {element} does {A} hold, as a percentage by mass? {masses}"),
    {},
    lambda p: (
        molar_line(p["A"]),
        f"{p['element']} in it: e [g/mol] = "
        f"{composition(p['A'])[p['element']]}*{MASSES[p['element']]}",
        "w [%] = 100*e/M",
    ),
    lambda x, q: (
        bare(x) * weight(q.A),
        molar(dict(read_formula(q.A).atoms)[0, q.element] * float(MASSES[q.element])),
    ),
    mistakes=("100 - w",),
    where=lambda q: q.answer < 97 and abs(q.answer - 50) > 3,
    pick=_element_of,
    shown=masses,
    between=(1, 95),
)  # fmt: skip
