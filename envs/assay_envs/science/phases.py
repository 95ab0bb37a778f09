"""Phases: freezing and boiling points and osmotic pressure, as problems of chemistry.

The working of each solves for the answer; its law puts the answer back into the law of dilute
solutions or that of Clausius and Clapeyron, and is computed with units.
"""

from __future__ import annotations

import math

from assay_envs.science.constants import GAS_CONSTANT, KELVIN
from assay_envs.science.quantities import Given, Quantity, bare, one_of

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
        "molar mass, in g/mol? R = {R}, " + KELVIN,
    ),
    {
        "m": Given("g", 0.5, 9), "V": Given("mL", 50, 500), "p": Given("Pa", 80, 4000),
        "t": Given("°C", 4, 40), "R": GAS_CONSTANT,
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
        "temperature, in °C, does it boil under {q}? R = {R}, " + KELVIN,
    ),
    {"q": Given("kPa", 5, 60), "p": ("101.3", "kPa"), "R": GAS_CONSTANT},
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
