"""Energies of reactions: calorimetry, enthalpies and free energy, as problems.

The working of each solves for the answer; its law puts the answer back into a balance of energy,
and is computed with units. Enthalpies of formation are those at 25 °C of the usual state: water
liquid, glucose solid.
"""

from __future__ import annotations

import math
from random import Random
from typing import Any

from assay_envs.science.amounts import LIQUIDS
from assay_envs.science.constants import GAS_CONSTANT, KELVIN
from assay_envs.science.molar_masses import masses, molar_line, weight
from assay_envs.science.problem import Parameters
from assay_envs.science.quantities import Given, Quantity, bare
from assay_envs.science.reacting import coefficient
from assay_envs.science.reactions import read_back
from assay_envs.science.substances import molar_mass
from assay_envs.science.workings import figured

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
    "N2H4 + H2O2 -> N2 + H2O", "SO2 + O2 -> SO3", "N2H4 + NO2 -> N2 + H2O", "NO + O2 -> NO2",
    "CaCO3 -> CaO + CO2", "PCl3 + Cl2 -> PCl5", "H2 + Cl2 -> HCl", "NH3 + N2O -> N2 + H2O",
    "Mg + CO2 -> MgO + C", "CO + H2 -> CH3OH", "C2H4 + H2O -> C2H5OH", "CO + NO -> CO2 + N2",
    "H2S + SO2 -> S + H2O", "CO + O2 -> CO2", "CH4 + CO2 -> CO + H2", "CuO + CO -> Cu + CO2",
    "ZnO + C -> Zn + CO", "Fe2O3 + H2 -> Fe + H2O", "H2O2 -> H2O + O2", "C2H2 + H2 -> C2H6",
    "N2H4 + O2 -> N2 + H2O", "C6H12O6 -> C2H5OH + CO2",
)  # fmt: skip
_COMBUSTION = {
    "C2H5OH": 1367, "CH3OH": 726, "C6H6": 3268, "C3H6O": 1790, "C8H18": 5470, "C7H8": 3910,
}  # fmt: skip
"""kJ/mol, to liquid water."""


def _with_formation(names: tuple[str, ...], rng: Random) -> Parameters:
    """A reaction and the enthalpies of formation of its compounds."""
    reaction = read_back(rng.choice(names))
    compounds = [f for _, f in (*reaction.left, *reaction.right) if f in _FORMATION]
    table = ", ".join(f"{each} {_FORMATION[each]:.1f}" for each in compounds)
    return {"A": reaction.left[0][1], "equation": str(reaction), "table": table}


def _burnt(rng: Random) -> Parameters:
    """A liquid, burnt in a calorimeter that misses up to 30 % of its heat."""
    parameters = LIQUIDS(rng)
    mass, capacity = Given("g", 0.3, 3).draw(rng), Given("kJ/K", 4, 15).draw(rng)
    moles = float(mass[0]) / molar_mass(parameters["A"])
    caught = moles * _COMBUSTION[parameters["A"]] * rng.uniform(0.7, 1)
    warmer = [figured(caught / float(capacity[0]), 3), "K"]
    return {**parameters, "m": mass, "C": capacity, "T": warmer}


def _enthalpy_form(equation: str) -> str:
    reaction = read_back(equation)
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


CALORIMETER = Quantity(
    "calorimeter",
    (
        "{m} of {A} are burnt in a calorimeter whose heat capacity is {C}; it gets {T} warmer. "
        "How much heat does {A} give off per mole, in kJ/mol? {masses}",
    ),
    {},
    lambda p: (molar_line(p["A"]), "q [kJ] = C*T", "n [mol] = m/M", "Q [kJ/mol] = q/n"),
    lambda x, q: (x * q.m / weight(q.A), q.C * q.T),
    mistakes=("q*n", "q/m", "q"),
    where=lambda q: 1 < q.T < 12,
    pick=_burnt,
    shown=masses,
)
ENTHALPY = Quantity(
    "enthalpy",
    (
        "What is the enthalpy change of {equation}, as it is written, per mole of reaction, in "
        "kJ/mol? "
        "Standard enthalpies of formation in kJ/mol: {table}; of elements 0.",
    ),
    {},
    lambda p: (f"products less reagents: H [kJ/mol] = {_enthalpy_form(p['equation'])}",),
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
        f"per turn: H [kJ/mol] = {_enthalpy_form(p['equation'])}",
        f"per mole of {p['A']}: h [kJ/mol] = H/{read_back(p['equation']).of(p['A'])}",
        molar_line(p["A"]),
        "n [mol] = m/M",
        "q [kJ] = -h*n",
    ),
    lambda x, q: (
        (x / q.m * weight(q.A)).m_as("kJ/mol") * coefficient(q.equation, q.A),
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
        " at {t}? R = {R}, " + KELVIN,
    ),
    {
        "H": Given("kJ/mol", -90, 60), "S": Given("J/(mol K)", -150, 150),
        "t": Given("°C", 20, 250), "R": GAS_CONSTANT,
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
