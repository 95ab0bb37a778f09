"""Electricity: circuits, fields, charges in motion and alternating current, as problems.

The working of each solves for the answer; its law puts the answer back into a balance of currents,
voltages, energies or forces, and is computed with units.
"""

from __future__ import annotations

import math
from typing import Any

from assay_envs.science.constants import CHARGE, COULOMB_CONSTANT, ELECTRON_MASS, FREE_FALL
from assay_envs.science.quantities import Given, Quantity, bare, sine, tangent

# One law

OHM = Quantity(
    "ohm",
    (
        "A resistor of {R} lies at {U}. What current flows through it?",
        "What current does a source of {U} drive through {R}?",
    ),
    {"U": Given("V", 1.5, 240), "R": Given("Ω", 5, 900)},
    ("I [A] = U/R",),
    lambda x, q: (q.R * x, q.U),
    mistakes=("U*R", "R/U", "U**2/R"),
)
HEATER = Quantity(
    "heater",
    (
        "How much electrical energy does a device use that draws {I} at {U} for {t}?",
        "A current of {I} flows at {U} for {t}. How much energy is converted?",
    ),
    {"I": Given("A", 0.2, 12), "U": Given("V", 12, 230), "t": Given("min", 2, 50)},
    ("in seconds: T [s] = t*60", "E [J] = U*I*T"),
    lambda x, q: (x / (q.U * q.t), q.I),
    mistakes=("U*I*t", "U*T/I", "I*T"),
)

# One law, turned round or with conversions

CAPACITOR = Quantity(
    "capacitor",
    (
        "To what voltage must a capacitor of {C} be charged to hold {E} of energy?",
        "A capacitor of {C} stores {E}. What is the voltage across it?",
    ),
    {"C": Given("μF", 10, 900), "E": Given("J", 0.05, 30)},
    ("U [V] = sqrt(2*E/(C*10**(-6)))",),
    lambda x, q: (q.C * x**2 / 2, q.E),
    mistakes=("sqrt(E/(C*10**(-6)))", "2*E/(C*10**(-6))", "sqrt(2*E/C)"),
)
WIRE = Quantity(
    "wire",
    (
        "What is the resistance of {l} of copper wire with a diameter of {d}? The resistivity of "
        "copper is {rho}.",
    ),
    {"l": Given("m", 5, 400), "d": Given("mm", 0.2, 3), "rho": ("1.68e-8", "Ω m")},
    ("cross-section: A [m^2] = pi*(d/1000)**2/4", "R [Ω] = rho*l/A"),
    lambda x, q: (x * math.pi * (q.d / 2) ** 2 / q.l, q.rho),
    mistakes=("rho*l/(4*A)", "rho*l/(d/1000)**2", "rho*A/l"),
)
MIXED = Quantity(
    "mixed",
    (
        "{a} and {b} are in parallel, {c} is in series with both; the whole lies at {U}. What "
        "current does the source deliver?",
    ),
    {
        "a": Given("Ω", 20, 300), "b": Given("Ω", 20, 300), "c": Given("Ω", 10, 200),
        "U": Given("V", 6, 60),
    },
    ("in parallel: p [Ω] = a*b/(a + b)", "in all: R [Ω] = p + c", "I [A] = U/R"),
    lambda x, q: ((q.U - x * q.c) * (1 / q.a + 1 / q.b), x),
    mistakes=("U/(a + b + c)", "U/p", "U/(1/a + 1/b + c)"),
    alike=(("a",), ("b",)),
)  # fmt: skip
COULOMB = Quantity(
    "coulomb",
    (
        "Two small spheres carry {a} and {b}; their centres are {r} apart. With what force do they "
        "repel each other? Coulomb's constant is {k}.",
    ),
    {
        "a": Given("nC", 5, 900),
        "b": Given("nC", 5, 900),
        "r": Given("cm", 3, 60),
        "k": COULOMB_CONSTANT,
    },
    ("F [N] = k*(a*10**(-9))*(b*10**(-9))/(r/100)**2",),
    lambda x, q: (x / (q.a / q.r), q.k * q.b / q.r),
    mistakes=("k*(a*10**(-9))*(b*10**(-9))/(r/100)", "k*(a*10**(-9))*(b*10**(-9))/r**2"),
    alike=(("a",), ("b",)),
)

# Two steps

INTERNAL = Quantity(
    "internal",
    (
        "A battery gives {U} at a load of {a} and {V} at a load of {b}. What is its internal "
        "resistance?",
    ),
    {
        "a": Given("Ω", 15, 60), "b": Given("Ω", 2, 10),
        "U": Given("V", 8, 14, 4), "V": Given("V", 4, 11, 4),
    },
    (
        "first current: I [A] = U/a",
        "second current: J [A] = V/b",
        "voltage lost per current: R [Ω] = (U - V)/(J - I)",
    ),
    lambda x, q: (q.U * (1 + x / q.a), q.V * (1 + x / q.b)),
    mistakes=("(U - V)/J", "(U - V)/(J + I)", "(U + V)/(J - I)"),
    where=lambda q: q.U - q.V > 0.8 and q.J > 1.3 * q.I,
)  # fmt: skip
DISCHARGE = Quantity(
    "discharge",
    (
        "A capacitor of {C}, charged to {U}, discharges through {R}. After what time is its voltage"
        " down to {V}?",
    ),
    {
        "C": Given("μF", 10, 800), "R": Given("kΩ", 1, 90),
        "U": Given("V", 12, 60), "V": Given("V", 1, 11),
    },
    ("time constant: T [s] = R*1000*C*10**(-6)", "t [s] = T*ln(U/V)"),
    lambda x, q: (q.U * math.exp(-bare(x / (q.R * q.C))), q.V),
    mistakes=("T*(1 - V/U)", "T*lg(U/V)", "T", "T*U/V"),
    where=lambda q: q.U > 1.5 * q.V,
)  # fmt: skip
CIRCULAR = Quantity(
    "circular",
    (
        "An electron (charge {e}, mass {m}) is accelerated from rest through {U} and enters a "
        "uniform magnetic field of {B} at right angles. What is the radius of its path? Do not use "
        "relativity.",
    ),
    {"U": Given("V", 80, 2500), "B": Given("mT", 0.3, 20), "e": CHARGE, "m": ELECTRON_MASS},
    (
        "v [m/s] = sqrt(2*e*U/m)",
        "the magnetic force turns it: r [m] = m*v/(e*B/1000)",
    ),
    lambda x, q: (q.e * (q.B * x) ** 2, 2 * q.m * q.U),
    mistakes=("m*v/(e*B)", "m*sqrt(e*U/m)/(e*B/1000)", "m*v**2/(e*B/1000)"),
)
HEAT_UP = Quantity(
    "heat_up",
    (
        "A heating coil of {R} at {U} warms {m} of water (specific heat {c}) from {a} to {b}. How "
        "long does it take, if nothing is lost?",
    ),
    {
        "R": Given("Ω", 20, 120), "U": Given("V", 110, 240), "m": Given("kg", 0.3, 4),
        "c": ("4186", "J/(kg K)"), "a": Given("°C", 10, 30), "b": Given("°C", 50, 95),
    },
    ("P [W] = U**2/R", "Q [J] = m*c*(b - a)", "t [s] = Q/P"),
    lambda x, q: (x * q.U**2, q.R * q.m * q.c * (q.b - q.a)),
    mistakes=("m*c*b/P", "Q/(U/R)", "Q/(U*R)"),
)  # fmt: skip

# Several steps


def _mesh_law(x: Any, q: Any) -> tuple[Any, Any]:
    """The voltage across the shared resistor seen from both sources: currents must add up."""
    voltage = x * q.c
    return (q.U - voltage) / q.a + (q.V - voltage) / q.b, x


MESH = Quantity(
    "mesh",
    (
        "A battery of {U} in series with {a} and a battery of {V} in series with {b} are connected "
        "in parallel, like poles together, to a resistor of {c}. What current flows through {c}?",
    ),
    {
        "U": Given("V", 6, 30), "V": Given("V", 4, 24), "a": Given("Ω", 2, 40),
        "b": Given("Ω", 2, 40), "c": Given("Ω", 5, 90),
    },
    (
        "short-circuit current: J [A] = U/a + V/b",
        "conductance: G [1/Ω] = 1/a + 1/b + 1/c",
        "voltage at the node: W [V] = J/G",
        "I [A] = W/c",
    ),
    _mesh_law,
    mistakes=("(U + V)/(a + b + c)", "J", "(U - V)/(a + b)", "U/(a + c) - V/(b + c)"),
    alike=(("U", "a"), ("V", "b")),
)  # fmt: skip
IMPEDANCE = Quantity(
    "impedance",
    (
        "A resistor of {R}, a coil of {L} and a capacitor of {C} are in series at an alternating "
        "voltage of {U} (effective) and {f}. What is the effective current?",
    ),
    {
        "R": Given("Ω", 20, 200), "L": Given("mH", 30, 600), "C": Given("μF", 4, 90),
        "U": Given("V", 12, 230), "f": Given("Hz", 40, 400),
    },
    (
        "angular frequency: w [1/s] = 2*pi*f",
        "coil: X [Ω] = w*L/1000",
        "capacitor: Y [Ω] = 1/(w*C*10**(-6))",
        "Z [Ω] = sqrt(R**2 + (X - Y)**2)",
        "I [A] = U/Z",
    ),
    lambda x, q: (
        (q.U / x) ** 2 - q.R**2,
        (2 * math.pi * q.f * q.L - 1 / (2 * math.pi * q.f * q.C)) ** 2,
    ),
    mistakes=("U/(R + X + Y)", "U/(R + abs(X - Y))", "U/sqrt(R**2 + (X + Y)**2)", "U/R"),
    where=lambda q: abs(q.X - q.Y) > 0.4 * q.R,
)  # fmt: skip
DEFLECTION = Quantity(
    "deflection",
    (
        "Electrons (charge {e}, mass {m}), accelerated from rest through {U}, fly midway between "
        "two plates of length {l}, {d} apart, that carry {V}. By what angle are they deflected when"
        " they leave the plates?",
    ),
    {
        "U": Given("V", 600, 4000), "V": Given("V", 20, 300), "l": Given("cm", 2, 8),
        "d": Given("cm", 1, 4), "e": CHARGE, "m": ELECTRON_MASS,
    },
    (
        "v [m/s] = sqrt(2*e*U/m)",
        "between the plates: t [s] = l/100/v",
        "sideways: a [m/s^2] = e*V/(m*d/100)",
        "w [m/s] = a*t",
        "theta [°] = atan(w/v)",
    ),
    lambda x, q: (tangent(x), q.V * q.l / (2 * q.U * q.d)),
    mistakes=("atan(2*w/v)", "atan(w/v/2)", "w/v"),
    where=lambda q: (
        1.5 < q.answer < 14 and q.l * q.w / q.v < 0.9 * q.d  # else they hit a plate
    ),
)  # fmt: skip
TRIANGLE = Quantity(
    "triangle",
    (
        "Equal charges of {Q} sit at two corners of an equilateral triangle with sides of {s}. How "
        "strong is the electric field at the third corner? Coulomb's constant is {k}.",
    ),
    {"Q": Given("nC", 2, 200), "s": Given("cm", 4, 60), "k": COULOMB_CONSTANT},
    (
        "of one charge: E [N/C] = k*(Q*10**(-9))/(s/100)**2",
        "the parts along the base cancel: F [N/C] = 2*E*cos(30)",
    ),
    lambda x, q: (x**2, 3 * (q.k * q.Q / q.s**2) ** 2),
    mistakes=("2*E", "E", "2*E*sin(30)"),
)

# Long ways


def _bridge_law(x: Any, q: Any) -> tuple[Any, Any]:
    """Kirchhoff at both ends of the bridge, from the current that was found.

    With x from left to right: U = a*I + b*(I - x) on the left gives I, on the right likewise.
    """
    left = (q.U + q.b * x) / (q.a + q.b)
    right = (q.U - q.d * x) / (q.c + q.d)
    return q.a * left + q.g * x, q.c * right


BRIDGE = Quantity(
    "bridge",
    (
        "In a bridge circuit {a} and below it {b} form the left branch, {c} and below it {d} the "
        "right branch, both at {U}. An instrument of {g} joins the two midpoints. What current "
        "flows through it? Take it as positive whichever way it flows.",
    ),
    {
        "a": Given("Ω", 50, 400), "b": Given("Ω", 50, 400), "c": Given("Ω", 50, 400),
        "d": Given("Ω", 50, 400), "g": Given("Ω", 20, 200), "U": Given("V", 5, 40),
    },
    (
        "left midpoint without the instrument: V [V] = U*b/(a + b)",
        "right midpoint: W [V] = U*d/(c + d)",
        "inner resistance: R [Ω] = a*b/(a + b) + c*d/(c + d)",
        "I [A] = (V - W)/(R + g)",
    ),
    _bridge_law,
    mistakes=("(V - W)/g", "(V - W)/R", "(V - W)/(a + b + c + d + g)"),
    where=lambda q: q.V - q.W > 0.12 * q.U,
)  # fmt: skip
ROD = Quantity(
    "rod",
    (
        "A rod of {m} and length {l} slides without friction down two rails that slope at {theta} "
        "and are joined at the top by {R}; the rod and the rails have no resistance. A uniform "
        "magnetic field of {B} points straight up. What speed does the rod reach at last? g = {g}.",
    ),
    {
        "m": Given("g", 40, 600), "l": Given("cm", 20, 90), "theta": Given("°", 10, 40),
        "R": Given("Ω", 0.4, 6), "B": Given("T", 0.3, 1.6), "g": FREE_FALL,
    },
    (
        "across the rails: b [T] = B*cos(theta)",
        "along the slope: F [N] = m/1000*g*sin(theta)",
        "the current whose force holds it: I [A] = F/(b*l/100)",
        "its voltage: U [V] = R*I",
        "v [m/s] = U/(b*l/100)",
    ),
    lambda x, q: (
        # the power of the weight is that of the resistor
        q.m * q.g * sine(q.theta) * x * q.R,
        (q.B * q.l * x) ** 2 * (1 - sine(q.theta) ** 2),
    ),
    mistakes=("R*F/(B*l/100)**2", "U/(B*l/100)", "R*(m/1000*g)/(b*l/100)**2"),
)  # fmt: skip


def _resonance_law(x: Any, q: Any) -> tuple[Any, Any]:
    """At resonance coil and capacitor cancel and all the voltage is at the resistor."""
    w = 1 / (q.L * q.C) ** 0.5
    return x / (q.U / q.R), w * q.L


RESONANCE = Quantity(
    "resonance",
    (
        "A resistor of {R}, a coil of {L} and a capacitor of {C} are in series at an alternating "
        "voltage of {U} (effective), whose frequency is set to the resonance. What is then the "
        "effective voltage across the coil?",
    ),
    {
        "R": Given("Ω", 5, 60), "L": Given("mH", 20, 400), "C": Given("μF", 0.5, 40),
        "U": Given("V", 2, 40),
    },
    (
        "w [1/s] = 1/sqrt(L/1000*C*10**(-6))",
        "only the resistor limits the current: I [A] = U/R",
        "coil: X [Ω] = w*L/1000",
        "V [V] = X*I",
    ),
    _resonance_law,
    mistakes=("U", "U*X/sqrt(R**2 + X**2)", "U*X/(R + X)"),
    where=lambda q: q.X > 2 * q.R,
)  # fmt: skip
