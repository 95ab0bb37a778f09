"""Equilibria of gases: how far a reaction goes, as problems.

The working of each solves for the answer; its law puts the answer back into the law of mass action,
and is computed with units.
"""

from __future__ import annotations

import math

from assay_envs.science.constants import GAS_CONSTANT, KELVIN
from assay_envs.science.quantities import Given, Quantity, bare, one_of

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
        "for K_c; R = {R}, " + KELVIN,
    ),
    {
        "n": Given("mol", 0.1, 2), "V": Given("L", 1, 20), "K": Given("", 0.004, 0.06),
        "H": Given("kJ/mol", 70, 95), "t": Given("°C", 180, 220), "u": Given("°C", 235, 290),
        "R": GAS_CONSTANT,
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
