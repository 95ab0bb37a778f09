"""Gases: the ideal gas law and partial pressures, as problems of chemistry.

The working of each solves for the answer; its law puts the answer back into the equation of state,
and is computed with units.
"""

from __future__ import annotations

from assay_envs.science.constants import GAS_CONSTANT, KELVIN
from assay_envs.science.quantities import Given, Quantity

IDEAL = Quantity(
    "ideal",
    (
        "How many moles of gas are in a vessel of {V} at {t} and {p}? R = {R}, " + KELVIN,
        "What amount of an ideal gas takes up {V} at {t} and {p}? R = {R}, " + KELVIN,
    ),
    {
        "V": Given("L", 0.3, 60),
        "t": Given("°C", 5, 150),
        "p": Given("kPa", 40, 400),
        "R": GAS_CONSTANT,
    },
    ("T [K] = t + 273.15", "n [mol] = p*V/(R*T)"),
    lambda x, q: (x * q.R * q.t / q.V, q.p),
    mistakes=("p*V/(R*t)", "R*T/(p*V)", "V/22.4"),
)
COMBINED = Quantity(
    "combined",
    (
        "A gas takes up {V} at {t} and {p}. What volume does it have at {u} and {q}? " + KELVIN,
        "{V} of a gas at {t} and {p} are brought to {u} and {q}. What is the volume then? "
        + KELVIN,
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
        + KELVIN,
        "What is the molar mass of a gas of which {m} take up {V} at {t} and {p}? R = {R}, "
        + KELVIN,
    ),
    {
        "m": Given("g", 0.2, 6), "V": Given("mL", 150, 1500), "t": Given("°C", 60, 160),
        "p": Given("kPa", 90, 106), "R": GAS_CONSTANT,
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
