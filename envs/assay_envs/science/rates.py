"""Rates: decay, reactions of first order and what temperature does to them, as problems.

The working of each solves for the answer; its law puts the answer back into the law of decay or
Arrhenius's equation, and is computed with units.
"""

from __future__ import annotations

import math
from random import Random

from assay_envs.science.constants import GAS_CONSTANT, KELVIN
from assay_envs.science.problem import Parameters
from assay_envs.science.quantities import Given, Quantity, bare
from assay_envs.science.workings import figured

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
        " in kJ/mol? R = {R}, " + KELVIN,
    ),
    {
        "k": Given("1/s", 0.0001, 0.01), "l": Given("1/s", 0.001, 0.5), "t": Given("°C", 10, 40),
        "u": Given("°C", 50, 110), "R": GAS_CONSTANT,
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
        " How long does it take at {u} until {p} of the reagent have reacted? R = {R}, " + KELVIN,
    ),
    {
        "E": Given("kJ/mol", 35, 110), "k": Given("1/s", 0.00005, 0.003), "t": Given("°C", 15, 35),
        "u": Given("°C", 45, 100), "p": Given("%", 20, 97), "R": GAS_CONSTANT,
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
