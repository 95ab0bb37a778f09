"""Orbits: bodies that circle a planet or a star and pass from one orbit to another, as problems.

The working of each solves for the answer; its law puts the answer back into Newton's law, Kepler's
third or the conservation of energy and angular momentum, and is computed with units.
"""

from __future__ import annotations

import math
from typing import Any

from assay_envs.science.constants import GRAVITATION
from assay_envs.science.quantities import Given, Quantity, one_of

_BODIES = (
    {"planet": "the Earth", "M": ["5.972e24", "kg"], "r": ["6371", "km"]},
    {"planet": "Mars", "M": ["6.417e23", "kg"], "r": ["3390", "km"]},
    {"planet": "the Moon", "M": ["7.342e22", "kg"], "r": ["1737", "km"]},
)
_VENUS = {"planet": "Venus", "M": ["4.867e24", "kg"], "r": ["6052", "km"]}

ORBIT = Quantity(
    "orbit",
    (
        "A satellite circles {planet} (mass {M}, radius {r}) at a height of {h} above its surface. "
        "What is its orbital period? G = {G}.",
    ),
    {"h": Given("km", 200, 40000), "G": GRAVITATION},
    (
        "from the centre: a [m] = (r + h)*1000",
        "T [s] = 2*pi*sqrt(a**3/(G*M))",
    ),
    lambda x, q: (
        (math.tau / x) ** 2 * (q.r + q.h),
        q.G * q.M / (q.r + q.h) ** 2,
    ),
    mistakes=("2*pi*sqrt((h*1000)**3/(G*M))", "sqrt(a**3/(G*M))", "2*pi*sqrt(a**2/(G*M))"),
    pick=one_of(*_BODIES, _VENUS),
)

ESCAPE = Quantity(
    "escape",
    (
        "A probe of {m} rests on {planet} (mass {M}, radius {r}). How much energy must it be given "
        "to circle at a height of {h}? Neglect the planet's rotation; G = {G}.",
    ),
    {"m": Given("kg", 150, 4000), "h": Given("km", 300, 20000), "G": GRAVITATION},
    (
        "in orbit, from the centre: a [m] = (r + h)*1000",
        "at rest on the ground: A [J] = -G*M*m/(r*1000)",
        "in orbit, both kinds of energy: B [J] = -G*M*m/(2*a)",
        "E [J] = B - A",
    ),
    lambda x, q: (
        x - q.G * q.M * q.m * (1 / q.r - 1 / (q.r + q.h)),
        q.m * (q.G * q.M / (q.r + q.h)) / 2,
    ),
    mistakes=("-B", "G*M*m/(r*1000) - G*M*m/a", "-A"),
    pick=one_of(*_BODIES),
)


def _transfer_law(x: Any, q: Any) -> tuple[Any, Any]:
    """Kepler's third law against the circular orbit of the same size."""
    a = (q.a + q.b) / 2
    speed = (q.G * q.M / a) ** 0.5
    return 2 * x, math.tau * a / speed


TRANSFER = Quantity(
    "transfer",
    (
        "A ship goes from a circular orbit of radius {a} around a star of {M} to one of radius {b} "
        "on the half ellipse that touches both. How long does it take? Answer in days. G = {G}.",
    ),
    {
        "a": Given("km", 5e7, 2e8), "b": Given("km", 2.2e8, 9e8),
        "M": Given("kg", 8e29, 4e30), "G": GRAVITATION,
    },
    (
        "half the long axis: c [m] = (a + b)*1000/2",
        "half a period: t [s] = pi*sqrt(c**3/(G*M))",
        "T [days] = t/86400",
    ),
    _transfer_law,
    mistakes=("2*T", "pi*sqrt(((a + b)*1000)**3/(G*M))/86400", "T*24/365"),
)  # fmt: skip
BURN = Quantity(
    "burn",
    (
        "A craft of {m} circles a planet of {M} at {a} from its centre. How much speed must it "
        "gain in one short burn to get onto the ellipse whose far point is {b} from the centre? "
        "G = {G}.",
    ),
    {
        "m": Given("kg", 500, 6000), "M": Given("kg", 6e23, 9e24),
        "a": Given("km", 6600, 12000), "b": Given("km", 15000, 60000), "G": GRAVITATION,
    },
    (
        "circular speed: c [m/s] = sqrt(G*M/(a*1000))",
        "half the long axis: s [m] = (a + b)*1000/2",
        "speed at the near point: p [m/s] = sqrt(G*M*(2/(a*1000) - 1/s))",
        "v [m/s] = p - c",
    ),
    lambda x, q: (
        # energy and angular momentum at both ends of the ellipse
        ((q.G * q.M / q.a) ** 0.5 + x) ** 2 * (1 - (q.a / q.b) ** 2) / 2,
        q.G * q.M * (1 / q.a - 1 / q.b),
    ),
    mistakes=("p", "c", "p + c", "sqrt(2*G*M/(a*1000)) - c"),
)  # fmt: skip
