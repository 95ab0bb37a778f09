"""Chemistry: amounts, gases, solutions, heat, electricity, rates and equilibria, and formulae.

Rules: data with units and one quantity asked, or measured masses and one formula asked; the prompt
says how exact the answer must be. Constants that are needed stand in the prompt. Problems about
solutions are in :mod:`.solutions`, those about formulae in :mod:`.formulas`, all others here; how
they are drawn, judged and proved is in :mod:`.quantities`, and so are the trivial policies that
must fail (the largest number shown …).
"""

from __future__ import annotations

import math
from random import Random
from typing import Any, ClassVar

from assay_envs.science import solutions
from assay_envs.science.formulas import FormulaProblem
from assay_envs.science.problem import Parameters
from assay_envs.science.quantities import (
    Given,
    Quantity,
    QuantityEnvironment,
    bare,
    molar,
    one_of,
)
from assay_envs.science.reactions import Balanced, balance, skeleton
from assay_envs.science.solutions import masses, molar_line, weight
from assay_envs.science.substances import MASSES, composition
from assay_envs.science.workings import figured
from assay_verifiers.science.formula import read_formula

_R = ("8.314", "J/(mol K)")
_FARADAY = ("96485", "C/mol")
_AVOGADRO = ("6.022e23", "1/mol")
_KELVIN = "0 °C = 273.15 K."
_COMPOUNDS = (
    "H2SO4", "CaCO3", "C6H12O6", "KMnO4", "Al2(SO4)3", "CuSO4·5H2O", "Fe2O3", "Na2CO3", "NH4NO3",
    "Ca3(PO4)2", "C2H5OH", "CH3COOH", "K2Cr2O7", "Mg(OH)2", "AgNO3", "Pb(NO3)2", "C12H22O11",
    "Na2S2O3", "BaCl2·2H2O", "FeSO4·7H2O", "(NH4)2SO4", "ZnSO4·7H2O", "Na3PO4", "KClO3", "H3PO4",
    "Ba(OH)2", "Cr2O3", "Sn(SO4)2", "CoCl2·6H2O", "NiSO4·6H2O", "Fe(NO3)3·9H2O", "K4Fe(CN)6",
)  # fmt: skip
_COMPOUND = one_of(*({"A": each} for each in _COMPOUNDS))
_LIQUIDS = one_of(
    {"A": "C2H5OH", "name": "ethanol"}, {"A": "CH3OH", "name": "methanol"},
    {"A": "C6H6", "name": "benzene"}, {"A": "C3H6O", "name": "acetone"},
    {"A": "C8H18", "name": "octane"}, {"A": "C7H8", "name": "toluene"},
)  # fmt: skip


def _decimals(number: str) -> int:
    return len(number.partition(".")[2])


def _figures(number: str) -> int:
    return len(number.replace(".", "").lstrip("0"))


# Amounts

MOLAR_MASS = Quantity(
    "molar_mass",
    (
        "What is the mass of {n} of {A}? {masses}",
        "How many grams are {n} of {A}? {masses}",
    ),
    {"n": Given("mol", 0.02, 20)},
    lambda p: (molar_line(p), "m [g] = n*M"),
    lambda x, q: (x / q.n, molar(weight(q.A))),
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
    lambda p: (molar_line(p), "n [mol] = m/M"),
    lambda x, q: (q.m / x, molar(weight(q.A))),
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
    {"n": Given("mol", 0.001, 40), "N": _AVOGADRO},
    ("Z [] = n*N",),
    lambda x, q: (x / q.N, q.n),
    mistakes=("N/n",),
    pick=_LIQUIDS,
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
        molar_line(p),
        f"{p['element']} in it: e [g/mol] = "
        f"{composition(p['A'])[p['element']]}*{MASSES[p['element']]}",
        "w [%] = 100*e/M",
    ),
    lambda x, q: (
        bare(x) * weight(q.A),
        dict(read_formula(q.A).atoms)[0, q.element] * float(MASSES[q.element]),
    ),
    mistakes=("100 - w",),
    where=lambda q: q.answer < 97 and abs(q.answer - 50) > 3,
    pick=_element_of,
    shown=masses,
    between=(1, 95),
)  # fmt: skip


# Gases

IDEAL = Quantity(
    "ideal",
    (
        "How many moles of gas are in a vessel of {V} at {t} and {p}? R = {R}, " + _KELVIN,
        "What amount of an ideal gas takes up {V} at {t} and {p}? R = {R}, " + _KELVIN,
    ),
    {"V": Given("L", 0.3, 60), "t": Given("°C", 5, 150), "p": Given("kPa", 40, 400), "R": _R},
    ("T [K] = t + 273.15", "n [mol] = p*V/(R*T)"),
    lambda x, q: (x * q.R * q.t / q.V, q.p),
    mistakes=("p*V/(R*t)", "R*T/(p*V)", "V/22.4"),
)
COMBINED = Quantity(
    "combined",
    (
        "A gas takes up {V} at {t} and {p}. What volume does it have at {u} and {q}? " + _KELVIN,
        "{V} of a gas at {t} and {p} are brought to {u} and {q}. What is the volume then? "
        + _KELVIN,
    ),
    {
        "V": Given("L", 0.3, 60), "t": Given("°C", 5, 90), "p": Given("kPa", 60, 300),
        "u": Given("°C", 5, 250), "q": Given("kPa", 60, 300),
    },
    ("T [K] = t + 273.15", "U [K] = u + 273.15", "W [L] = V*p/q*U/T"),
    lambda x, q: (q.p * q.V / q.t, q.q * x / q.u),
    mistakes=("V*p/q*u/t", "V*q/p*U/T", "V*p/q*T/U"),
    where=lambda q: abs(q.u - q.t) > 25 and not 0.9 < q.p / q.q < 1.1,
)  # fmt: skip
VAPOUR_MASS = Quantity(
    "vapour_mass",
    (
        "{m} of a liquid fill {V} as a vapour at {t} and {p}. What is its molar mass? R = {R}, "
        + _KELVIN,
        "What is the molar mass of a gas of which {m} take up {V} at {t} and {p}? R = {R}, "
        + _KELVIN,
    ),
    {
        "m": Given("g", 0.2, 6), "V": Given("mL", 150, 1500), "t": Given("°C", 60, 160),
        "p": Given("kPa", 90, 106), "R": _R,
    },
    ("T [K] = t + 273.15", "n [mol] = p*(V/1000)/(R*T)", "M [g/mol] = m/n"),
    lambda x, q: (q.m / x * q.R * q.t, q.p * q.V),
    mistakes=("m*n", "m/(p*(V/1000)/(R*t))", "m*22.4/(V/1000)"),
    where=lambda q: 20 < q.answer < 300,
)  # fmt: skip
PARTIAL = Quantity(
    "partial",
    (
        "A vessel at {p} in all holds {a} of helium, {b} of nitrogen and {c} of oxygen. What is "
        "the partial pressure of oxygen? Molar masses: He 4.003, N2 28.02, O2 32.00 g/mol.",
    ),
    {
        "p": Given("kPa", 90, 900), "a": Given("g", 0.5, 12), "b": Given("g", 5, 90),
        "c": Given("g", 5, 90),
    },
    (
        "x [mol] = a/4.003",
        "y [mol] = b/28.02",
        "z [mol] = c/32.00",
        "share: k [] = z/(x + y + z)",
        "P [kPa] = k*p",
    ),
    lambda x, q: (
        (q.p - x) * (q.c / 32.00),
        x * (q.a / 4.003 + q.b / 28.02),
    ),
    mistakes=("p*c/(a + b + c)", "p*x/(x + y + z)", "p*y/(x + y + z)"),
)  # fmt: skip

# Heat

_FORMATION = {
    "CH4": -74.8, "C2H6": -84.7, "C3H8": -103.8, "C2H4": 52.3, "C2H2": 226.7, "C6H6": 49.0,
    "CH3OH": -238.7, "C2H5OH": -277.7, "CO": -110.5, "CO2": -393.5, "H2O": -285.8, "NH3": -46.1,
    "NO": 90.3, "NO2": 33.2, "N2O": 82.1, "SO2": -296.8, "SO3": -395.7, "H2S": -20.6, "CS2": 89.0,
    "Fe2O3": -824.2, "Fe3O4": -1118.4, "Al2O3": -1675.7, "CuO": -157.3, "HCl": -92.3,
    "PCl3": -319.7, "PCl5": -443.5, "N2H4": 50.6, "HNO3": -174.1, "C6H12O6": -1273.3,
    "ZnS": -206.0, "ZnO": -350.5, "CaCO3": -1206.9, "CaO": -635.1, "MgO": -601.6,
    "H2O2": -187.8, "MnO2": -520.0, "Cr2O3": -1139.7,
}  # fmt: skip
_BURNT = (
    "CH4 + O2 -> CO2 + H2O", "C2H6 + O2 -> CO2 + H2O", "C3H8 + O2 -> CO2 + H2O",
    "C2H4 + O2 -> CO2 + H2O", "C2H2 + O2 -> CO2 + H2O", "C6H6 + O2 -> CO2 + H2O",
    "CH3OH + O2 -> CO2 + H2O", "C2H5OH + O2 -> CO2 + H2O", "C6H12O6 + O2 -> CO2 + H2O",
)  # fmt: skip
_REACTIONS = (
    *_BURNT, "NH3 + O2 -> NO + H2O", "NH3 + NO -> N2 + H2O", "H2S + O2 -> SO2 + H2O",
    "CS2 + O2 -> CO2 + SO2", "Fe2O3 + CO -> Fe + CO2", "Fe3O4 + CO -> Fe + CO2",
    "Fe2O3 + Al -> Al2O3 + Fe", "Cr2O3 + Al -> Al2O3 + Cr", "MnO2 + Al -> Al2O3 + Mn",
    "ZnS + O2 -> ZnO + SO2", "NH3 + CuO -> Cu + N2 + H2O", "NO2 + H2O -> HNO3 + NO",
    "N2H4 + H2O2 -> N2 + H2O", "SO2 + O2 -> SO3", "N2H4 + NO2 -> N2 + H2O",
)  # fmt: skip


def _with_formation(names: tuple[str, ...], rng: Random) -> Parameters:
    """A reaction and the enthalpies of formation of its compounds."""
    reaction = balance(skeleton(rng.choice(names)))
    if reaction is None:
        raise ValueError("a reaction of the table is not unique")
    compounds = [f for _, f in (*reaction.left, *reaction.right) if f in _FORMATION]
    table = ", ".join(f"{each} {_FORMATION[each]:.1f}" for each in compounds)
    return {"A": reaction.left[0][1], "equation": str(reaction), "table": table}


def _enthalpy_form(reaction: Balanced) -> str:
    terms = [(n, f) for n, f in reaction.right] + [(-n, f) for n, f in reaction.left]
    known = [f"({n})*({_FORMATION[f]:.1f})" for n, f in terms if f in _FORMATION]
    return " + ".join(known)


def _enthalpy_law(q: Any) -> float:
    """kJ per turn of the reaction, from the text of table and equation."""
    formation = {name: float(value) for name, value in map(str.split, q.table.split(", "))}
    left, right = q.equation.split(" -> ")
    total = 0.0
    for side, sign in ((left, -1), (right, 1)):
        for term in side.split(" + "):
            times, _, formula = term.rpartition(" ")
            total += sign * int(times or 1) * formation.get(formula, 0.0)
    return total


def _equation_of(parameters: Parameters) -> Balanced:
    found = balance(skeleton(_skeleton_text(parameters["equation"])))
    if found is None:
        raise ValueError(f"{parameters['equation']} is not unique")
    return found


def _skeleton_text(equation: str) -> str:
    sides = (side.split(" + ") for side in equation.split(" -> "))
    return " -> ".join(" + ".join(term.lstrip("0123456789 ") for term in side) for side in sides)


CALORIMETER = Quantity(
    "calorimeter",
    (
        "{m} of {A} are burnt in a calorimeter whose heat capacity is {C}; it gets {T} warmer. "
        "How much heat does a mole of {A} give off? {masses}",
    ),
    {"m": Given("g", 0.3, 3), "C": Given("kJ/K", 4, 15), "T": Given("K", 1, 12)},
    lambda p: (molar_line(p), "q [kJ] = C*T", "n [mol] = m/M", "Q [kJ/mol] = q/n"),
    lambda x, q: (x * q.m / molar(weight(q.A)), q.C * q.T),
    mistakes=("q*n", "q/m", "q"),
    pick=_LIQUIDS,
    shown=masses,
)
ENTHALPY = Quantity(
    "enthalpy",
    (
        "What is the enthalpy change of {equation}, as it is written, per mole of reaction? "
        "Standard enthalpies of formation in kJ/mol: {table}; of elements 0.",
    ),
    {},
    lambda p: (f"products less reagents: H [kJ/mol] = {_enthalpy_form(_equation_of(p))}",),
    lambda x, q: (x.m_as("kJ/mol"), _enthalpy_law(q)),
    relative=0.005,
    where=lambda q: abs(q.answer) > 20,
    signed=True,
    pick=lambda rng: _with_formation(_REACTIONS, rng),
)
FUEL = Quantity(
    "fuel",
    (
        "How much heat is given off when {m} of {A} burn: {equation}? Standard enthalpies of "
        "formation in kJ/mol: {table}; of elements 0. {masses}",
    ),
    {"m": Given("g", 1, 500)},
    lambda p: (
        f"per turn: H [kJ/mol] = {_enthalpy_form(_equation_of(p))}",
        f"per mole of {p['A']}: h [kJ/mol] = H/{_equation_of(p).of(p['A'])}",
        molar_line(p),
        "n [mol] = m/M",
        "q [kJ] = -h*n",
    ),
    lambda x, q: (
        (x / q.m * molar(weight(q.A))).m_as("kJ/mol") * int(_equation_of(vars(q)).of(q.A)),
        -_enthalpy_law(q),
    ),
    mistakes=("-H*n", "h*n", "-h*m", "-h/n"),
    pick=lambda rng: _with_formation(_BURNT, rng),
    shown=masses,
)
FREE_ENERGY = Quantity(
    "free_energy",
    (
        "A reaction has an enthalpy of {H} and an entropy of {S}. What is its equilibrium constant"
        " at {t}? R = {R}, " + _KELVIN,
    ),
    {
        "H": Given("kJ/mol", -90, 60), "S": Given("J/(mol K)", -150, 150),
        "t": Given("°C", 20, 250), "R": _R,
    },
    (
        "T [K] = t + 273.15",
        "G [J/mol] = H*1000 - T*S",
        "k [] = -G/(R*T)",
        "K [] = exp(k)",
    ),
    lambda x, q: (
        q.R * math.log(bare(x)),
        q.S - q.H / q.t,
    ),
    mistakes=("exp(-k)", "exp(-(H*1000 - t*S)/(R*T))", "exp(-H*1000/(R*T))", "k"),
    relative=0.03,
    where=lambda q: 0.4 < abs(q.k) < 9 and abs(q.H) > 5 and abs(q.S) > 10 and abs(q.G) > 900,
)  # fmt: skip

# Electricity

_PLATED = one_of(
    {"A": "Cu", "z": ["2", ""]}, {"A": "Ag", "z": ["1", ""]}, {"A": "Ni", "z": ["2", ""]},
    {"A": "Zn", "z": ["2", ""]}, {"A": "Cr", "z": ["3", ""]}, {"A": "Sn", "z": ["2", ""]},
    {"A": "Al", "z": ["3", ""]}, {"A": "Co", "z": ["2", ""]},
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
    {"I": Given("A", 0.2, 15), "t": Given("min", 5, 300), "F": _FARADAY},
    lambda p: (
        "charge: Q [C] = I*t*60",
        "electrons: e [mol] = Q/F",
        "atoms: n [mol] = e/z",
        f"m [g] = n*{MASSES[p['A']]}",
    ),
    lambda x, q: (x / molar(weight(q.A)) * q.z * q.F, q.I * q.t),
    mistakes=("m*z", "m/60", "m*z*z"),
    pick=_PLATED,
    shown=masses,
)
PLATING_TIME = Quantity(
    "plating_time",
    (
        "For how long must a current of {I} flow to cover {S} of metal on all sides with a layer "
        "of {A} (density {d}) that is {h} thick? The ions have a charge of {z}+; F = {F}. {masses}"
        " Answer in minutes.",
    ),
    {"I": Given("A", 0.2, 12), "S": Given("cm^2", 20, 900), "h": Given("μm", 5, 90), "F": _FARADAY},
    lambda p: (
        "V [cm^3] = S*h/10000",
        "m [g] = V*d",
        f"n [mol] = m/{MASSES[p['A']]}",
        "Q [C] = n*z*F",
        "t [min] = Q/I/60",
    ),
    lambda x, q: (q.I * x * molar(weight(q.A)), q.S * q.h * q.d * q.z * q.F),
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
        "standard potentials. What is the standard free enthalpy of its reaction, for {z} mol of "
        "electrons? F = {F}.",
    ),
    {"F": _FARADAY},
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
        "solution of {nobler} ({b}). What is its voltage at {t}? R = {R}, F = {F}, " + _KELVIN,
    ),
    {
        "c": Given("mol/L", 0.001, 2), "d": Given("mol/L", 0.001, 2), "t": Given("°C", 15, 60),
        "R": _R, "F": _FARADAY,
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

# Rates

_ISOTOPES = (
    ("iodine-131", "8.02", "days"), ("technetium-99m", "6.01", "h"), ("radon-222", "3.82", "days"),
    ("cobalt-60", "5.27", "years"), ("phosphorus-32", "14.3", "days"), ("sodium-24", "14.96", "h"),
    ("fluorine-18", "109.8", "min"), ("strontium-90", "28.8", "years"),
)  # fmt: skip


def _decay(rng: Random) -> Parameters:
    name, half, unit = rng.choice(_ISOTOPES)
    passed = figured(float(half) * rng.uniform(0.3, 6), 3)
    return {"iso": name, "h": [half, unit], "t": [passed, unit]}


HALF_LIFE = Quantity(
    "half_life",
    (
        "{m} of {iso} (half-life {h}) decay for {t}. How much of it is left?",
        "What mass of {iso} remains of {m} after {t}? Its half-life is {h}.",
    ),
    {"m": Given("mg", 2, 900)},
    ("half-lives: k [] = t/h", "M [mg] = m*0.5**k"),
    lambda x, q: (math.log(bare(q.m / x)), math.log(2) * bare(q.t / q.h)),
    mistakes=("m/(2*k)", "m*exp(-k)", "m - m*0.5**k"),
    where=lambda q: 0.3 < q.k < 6,
    pick=_decay,
)
FIRST_ORDER = Quantity(
    "first_order",
    (
        "A first-order reaction has a rate constant of {k}. How long does it take until {p} of the "
        "reagent have reacted?",
    ),
    {"k": Given("1/s", 0.0002, 0.2), "p": Given("%", 15, 98)},
    ("left: r [] = 1 - p/100", "t [s] = -ln(r)/k"),
    lambda x, q: (math.exp(-bare(q.k * x)), 1 - bare(q.p)),
    mistakes=("-ln(p/100)/k", "0.693147/k", "p/100/k", "-lg(r)/k"),
    where=lambda q: abs(q.p - 50) > 4,
)
DATING = Quantity(
    "dating",
    (
        "A sample gives {a} decays per minute and gram of carbon, living wood {b}. How old is it? "
        "The half-life of carbon-14 is {h}. Answer in years.",
    ),
    {"a": Given("", 1.5, 12), "b": ("13.6", ""), "h": ("5730", "years")},
    ("k [1/years] = ln(2)/h", "t [years] = ln(b/a)/k"),
    lambda x, q: (bare(q.b) * 2 ** -bare(x / q.h), bare(q.a)),
    mistakes=("ln(b/a)*h", "h*(b/a)/2", "lg(b/a)/k", "h*(1 - a/b)"),
)
ACTIVATION = Quantity(
    "activation",
    (
        "A reaction has rate constants of {k} at {t} and {l} at {u}. What is its activation energy,"
        " in kJ/mol? R = {R}, " + _KELVIN,
    ),
    {
        "k": Given("1/s", 0.0001, 0.01), "l": Given("1/s", 0.001, 0.5), "t": Given("°C", 10, 40),
        "u": Given("°C", 50, 110), "R": _R,
    },
    (
        "T [K] = t + 273.15",
        "U [K] = u + 273.15",
        "x [1/K] = 1/T - 1/U",
        "E [kJ/mol] = R*ln(l/k)/x/1000",
    ),
    lambda x, q: (
        bare(x / (q.R * q.t)),
        bare(x / (q.R * q.u)) + math.log(bare(q.l / q.k)),
    ),
    mistakes=("R*ln(l/k)/x", "R*lg(l/k)/x/1000", "R*ln(l/k)/(1/t - 1/u)/1000"),
    where=lambda q: 20 < q.answer < 160 and q.u - q.t > 25,
)  # fmt: skip
HOTTER = Quantity(
    "hotter",
    (
        "A first-order reaction with an activation energy of {E} has a rate constant of {k} at {t}."
        " How long does it take at {u} until {p} of the reagent have reacted? R = {R}, " + _KELVIN,
    ),
    {
        "E": Given("kJ/mol", 35, 110), "k": Given("1/s", 0.00005, 0.003), "t": Given("°C", 15, 35),
        "u": Given("°C", 45, 100), "p": Given("%", 20, 97), "R": _R,
    },
    (
        "T [K] = t + 273.15",
        "U [K] = u + 273.15",
        "w [] = E*1000/R*(1/T - 1/U)",
        "l [1/s] = k*exp(w)",
        "left: r [] = 1 - p/100",
        "x [s] = -ln(r)/l",
    ),
    lambda x, q: (
        math.log(-math.log(1 - bare(q.p)) / bare(q.k * x)),
        bare(q.E / (q.R * q.t)) - bare(q.E / (q.R * q.u)),
    ),
    mistakes=("-ln(r)/k", "-ln(p/100)/l", "-ln(r)/(k*exp(-w))", "0.693147/l"),
    relative=0.02,
)  # fmt: skip


# Mixtures and equilibria

FREEZING = Quantity(
    "freezing",
    (
        "{m} of an unknown substance, not dissociated, in {M} of {solvent} lower its freezing "
        "point by {T}. What is the molar mass of the substance? The cryoscopic constant is {K}.",
    ),
    {"m": Given("g", 1, 40), "M": Given("g", 80, 900), "T": Given("K", 0.15, 6)},
    (
        "molality: b [mol/kg] = T/K",
        "n [mol] = b*M/1000",
        "x [g/mol] = m/n",
    ),
    lambda x, q: (q.K * q.m / (x * q.M), q.T),
    mistakes=("m*n", "m/(b*M)", "K*T*m/(M/1000)"),
    where=lambda q: 30 < q.answer < 600,
    pick=one_of(
        {"solvent": "water", "K": ["1.86", "K kg/mol"]},
        {"solvent": "benzene", "K": ["5.12", "K kg/mol"]},
        {"solvent": "cyclohexane", "K": ["20.0", "K kg/mol"]},
    ),
)
OSMOSIS = Quantity(
    "osmosis",
    (
        "{m} of a protein in {V} of solution have an osmotic pressure of {p} at {t}. What is its "
        "molar mass, in g/mol? R = {R}, " + _KELVIN,
    ),
    {
        "m": Given("g", 0.5, 9), "V": Given("mL", 50, 500), "p": Given("Pa", 80, 4000),
        "t": Given("°C", 4, 40), "R": _R,
    },
    (
        "T [K] = t + 273.15",
        "c [mol/m^3] = p/(R*T)",
        "n [mol] = c*V*10**(-6)",
        "M [g/mol] = m/n",
    ),
    lambda x, q: (q.m / (x * q.V) * q.R * q.t, q.p),
    mistakes=("m/(c*V/1000)", "m/(p/(R*t)*V*10**(-6))", "m*n"),
)  # fmt: skip
VAPOUR = Quantity(
    "vapour",
    (
        "{name} boils at {t} under {p} and has an enthalpy of vaporisation of {H}. At what "
        "temperature, in °C, does it boil under {q}? R = {R}, " + _KELVIN,
    ),
    {"q": Given("kPa", 5, 60), "p": ("101.3", "kPa"), "R": _R},
    (
        "T [K] = t + 273.15",
        "by Clausius and Clapeyron: y [1/K] = 1/T - R/(H*1000)*ln(q/p)",
        "U [K] = 1/y",
        "u [°C] = U - 273.15",
    ),
    lambda x, q: (
        bare(q.H / (q.R * x)) + math.log(bare(q.q / q.p)),
        bare(q.H / (q.R * q.t)),
    ),
    mistakes=("t*q/p", "1/(1/T + R/(H*1000)*ln(q/p)) - 273.15", "U"),
    absolute=0.3,
    pick=one_of(
        {"name": "Ethanol", "t": ["78.3", "°C"], "H": ["38.6", "kJ/mol"]},
        {"name": "Benzene", "t": ["80.1", "°C"], "H": ["30.7", "kJ/mol"]},
        {"name": "Water", "t": ["100.0", "°C"], "H": ["40.7", "kJ/mol"]},
        {"name": "Toluene", "t": ["110.6", "°C"], "H": ["33.2", "kJ/mol"]},
        {"name": "Methanol", "t": ["64.7", "°C"], "H": ["35.2", "kJ/mol"]},
    ),
    between=(0, 105),
)
IODIDE = Quantity(
    "iodide",
    (
        "{n} of H2 and {n} of I2 react in {V} until H2 + I2 <=> 2 HI is in equilibrium, K = {K}. "
        "What is the concentration of HI then?",
    ),
    {"n": Given("mol", 0.2, 6), "V": Given("L", 0.5, 12), "K": Given("", 8, 70)},
    (
        "at first: c [mol/L] = n/V",
        "HI is so many times H2: r [] = sqrt(K)",
        "reacted, 2*x is r*(c - x): x [mol/L] = r*c/(2 + r)",
        "h [mol/L] = 2*x",
    ),
    lambda x, q: (x**2, q.K * (q.n / q.V - x / 2) ** 2),
    mistakes=("x", "2*c", "K*c/(2 + K)", "c - x"),
)
DISSOCIATION = Quantity(
    "dissociation",
    (
        "{n} of {A} are put into {V} and dissociate, {equation}, with K_c = {K} mol/L. What "
        "percentage of the {A} is dissociated at equilibrium?",
    ),
    {"n": Given("mol", 0.05, 3), "V": Given("L", 0.5, 20), "K": Given("", 0.004, 0.5)},
    (
        "at first: c [mol/L] = n/V",
        "a share a dissociates, k*c*a**2 is K*(1 - a): z [] = K/(k*c)",
        "a [] = (-z + sqrt(z**2 + 4*z))/2",
        "p [%] = 100*a",
    ),
    lambda x, q: (
        bare(q.k) * (q.n / q.V).m_as("mol/L") * bare(x) ** 2,
        bare(q.K) * (1 - bare(x)),
    ),
    mistakes=("100*sqrt(z)", "100 - 100*a", "100*K/c", "100*a/2"),
    where=lambda q: 5 < q.answer < 95 and abs(q.answer - 50) > 3,
    pick=one_of(
        {"A": "N2O4", "equation": "N2O4 <=> 2 NO2", "k": ["4", ""]},
        {"A": "PCl5", "equation": "PCl5 <=> PCl3 + Cl2", "k": ["1", ""]},
        {"A": "COCl2", "equation": "COCl2 <=> CO + Cl2", "k": ["1", ""]},
        {"A": "I2", "equation": "I2 <=> 2 I", "k": ["4", ""]},
    ),
    between=(5, 95),
)
VANT_HOFF = Quantity(
    "vant_hoff",
    (
        "{n} of PCl5 in {V} dissociate, PCl5 <=> PCl3 + Cl2. At {t} K_c is {K} mol/L; the reaction "
        "has an energy of {H}. What percentage is dissociated at {u}? Use van 't Hoff's equation "
        "for K_c; R = {R}, " + _KELVIN,
    ),
    {
        "n": Given("mol", 0.1, 2), "V": Given("L", 1, 20), "K": Given("", 0.004, 0.06),
        "H": Given("kJ/mol", 70, 95), "t": Given("°C", 180, 220), "u": Given("°C", 235, 290),
        "R": _R,
    },
    (
        "T [K] = t + 273.15",
        "U [K] = u + 273.15",
        "w [] = H*1000/R*(1/T - 1/U)",
        "L [mol/L] = K*exp(w)",
        "at first: c [mol/L] = n/V",
        "a share a dissociates, c*a**2 is L*(1 - a): z [] = L/c",
        "a [] = (-z + sqrt(z**2 + 4*z))/2",
        "p [%] = 100*a",
    ),
    lambda x, q: (
        math.log(
            (q.n / q.V).m_as("mol/L") * bare(x) ** 2 / (1 - bare(x)) / bare(q.K)
        ),
        bare(q.H / (q.R * q.t)) - bare(q.H / (q.R * q.u)),
    ),
    mistakes=("100*sqrt(z)", "100 - p", "100*((-K/c + sqrt((K/c)**2 + 4*K/c))/2)"),
    where=lambda q: 10 < q.answer < 93,
    between=(5, 95),
)  # fmt: skip


class Chemistry(QuantityEnvironment):
    """The environment; one quantity or formula per episode."""

    id = "science/chemistry"
    summary = "amounts, gases, solutions, heat, electrochemistry, rates, equilibria, formulae"
    levels: ClassVar = {
        1: "amounts, masses, concentrations; the figures that data justify",
        2: "gas laws, solutions by weight, decay, heats of combustion, electrolysis",
        3: "molar masses measured, enthalpies, pH of strong bases and weak acids, simple formulae",
        4: "buffers, Nernst, Arrhenius, solubility, equilibria, molecular formulae",
        5: "titration curves, temperature of equilibria and rates, formulae from combustion",
    }
    chance: ClassVar = {1: 0.01, 2: 0.01, 3: 0.01, 4: 0.015, 5: 0.02}
    problems: ClassVar = {
        1: (MOLAR_MASS, AMOUNT, PARTICLES, DENSITY, TOTAL, solutions.CONCENTRATION,
            solutions.DILUTION, solutions.STRONG_ACID),
        2: (SHARE, IDEAL, COMBINED, CALORIMETER, HALF_LIFE, FIRST_ORDER, DATING, FREEZING,
            solutions.WEIGHED_IN, CELL_ENERGY, PLATING),
        3: (VAPOUR_MASS, PARTIAL, ENTHALPY, PLATING_TIME, OSMOSIS, IODIDE, solutions.STRONG_BASE,
            solutions.STOCK, solutions.WEAK_ACID, FormulaProblem("empirical")),
        4: (FUEL, FREE_ENERGY, NERNST, ACTIVATION, VAPOUR, DISSOCIATION,
            solutions.WEAK_BASE, solutions.BUFFER, solutions.STRONG_MIX, solutions.SOLUBILITY,
            FormulaProblem("molecular")),
        5: (HOTTER, VANT_HOFF, solutions.COMMON_ION, solutions.BEFORE, solutions.EQUIVALENCE,
            solutions.AFTER, FormulaProblem("burnt")),
    }  # fmt: skip
