"""Fluids: pressure, buoyancy and flow, as problems.

The working of each solves for the answer; its law puts the answer back into hydrostatics or
Bernoulli's equation, and is computed with units.
"""

from __future__ import annotations

from assay_envs.science.constants import FREE_FALL
from assay_envs.science.quantities import Given, Quantity, one_of

PRESSURE = Quantity(
    "pressure",
    (
        "How much does the pressure in {liquid} (density {rho}) rise over a depth of {h}? g = {g}.",
        "What gauge pressure does a column of {liquid} of height {h} have at its foot? Its "
        "density is {rho}; g = {g}.",
    ),
    {"h": Given("m", 0.2, 40), "g": FREE_FALL},
    ("p [Pa] = rho*g*h",),
    lambda x, q: (x / (q.rho * q.g), q.h),
    mistakes=("rho*h", "rho*g*h/2"),
    pick=one_of(
        {"liquid": "water", "rho": ["998", "kg/m^3"]},
        {"liquid": "sea water", "rho": ["1025", "kg/m^3"]},
        {"liquid": "ethanol", "rho": ["789", "kg/m^3"]},
        {"liquid": "glycerol", "rho": ["1261", "kg/m^3"]},
    ),
)
BUOYANCY = Quantity(
    "buoyancy",
    (
        "A stone of {m} and density {rho} hangs on a thread, wholly under water of density {water}."
        " What is the tension in the thread? g = {g}.",
    ),
    {
        "m": Given("kg", 0.4, 20), "rho": Given("kg/m^3", 1900, 4500, 4),
        "water": ("998", "kg/m^3"), "g": FREE_FALL,
    },
    ("V [m^3] = m/rho", "what the water bears: B [N] = water*V*g", "T [N] = m*g - B"),
    lambda x, q: (x / q.g + q.water * q.m / q.rho, q.m),
    mistakes=("m*g", "B", "m*g + B"),
)  # fmt: skip
VENTURI = Quantity(
    "venturi",
    (
        "Water of density {rho} flows at {v} through a level pipe whose diameter narrows from {d} "
        "to {e}. By how much does the pressure drop? Treat the flow as ideal.",
    ),
    {
        "rho": ("998", "kg/m^3"), "v": Given("m/s", 0.5, 4),
        "d": Given("cm", 4, 20), "e": Given("cm", 2, 12),
    },
    (
        "continuity: w [m/s] = v*(d/e)**2",
        "Bernoulli: p [Pa] = rho*(w**2 - v**2)/2",
    ),
    lambda x, q: (q.v**2 + 2 * x / q.rho, (q.v * q.d**2 / q.e**2) ** 2),
    mistakes=("rho*((v*d/e)**2 - v**2)/2", "rho*(w - v)**2/2", "rho*w**2/2"),
    where=lambda q: 1.3 < q.d / q.e < 3,
)  # fmt: skip
