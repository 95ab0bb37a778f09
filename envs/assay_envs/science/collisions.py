"""Collisions: bodies that meet, stick together or spring apart, as problems.

The working of each solves for the answer by the conservation of momentum; its law puts the answer
back into a balance of momentum or energy, and is computed with units.
"""

from __future__ import annotations

from typing import Any

from assay_envs.science.constants import FREE_FALL
from assay_envs.science.quantities import Given, Quantity, cosine

COLLISION = Quantity(
    "collision",
    (
        "A wagon of {m} rolling at {v} couples to another of {M} that rolls ahead of it at {u} in "
        "the same direction. How fast do both go on together?",
    ),
    {
        "m": Given("kg", 300, 9000), "M": Given("kg", 300, 9000),
        "v": Given("m/s", 2, 9), "u": Given("m/s", 0.5, 4),
    },
    ("momentum is conserved: p [kg m/s] = m*v + M*u", "w [m/s] = p/(m + M)"),
    lambda x, q: (q.m * (q.v - x), q.M * (x - q.u)),
    mistakes=("m*v/(m + M)", "(v + u)/2", "(m*v - M*u)/(m + M)"),
    where=lambda q: q.v > 1.5 * q.u,
)  # fmt: skip

BALLISTIC = Quantity(
    "ballistic",
    (
        "A bullet of {m} sticks in a block of {M} that hangs at rest on strings of length {l}. The "
        "block swings out to {theta} from the vertical. How fast was the bullet? g = {g}.",
    ),
    {
        "m": Given("g", 4, 30), "M": Given("kg", 0.8, 5), "l": Given("m", 0.5, 3),
        "theta": Given("°", 12, 60), "g": FREE_FALL,
    },
    (
        "height gained: h [m] = l*(1 - cos(theta))",
        "energy after the impact: w [m/s] = sqrt(2*g*h)",
        "both together: n [kg] = m/1000 + M",
        "momentum in the impact: v [m/s] = n*w/(m/1000)",
    ),
    lambda x, q: (
        (q.m * x / (q.m + q.M)) ** 2 / 2,
        q.g * q.l * (1 - cosine(q.theta)),
    ),
    mistakes=("w", "sqrt(n/(m/1000))*w", "n*w/m"),
)  # fmt: skip
ELASTIC = Quantity(
    "elastic",
    (
        "A ball of {m} moving at {v} meets another of {M} that comes towards it at {u}, head-on "
        "and elastically. What is the velocity of the first ball afterwards? Its direction before "
        "is positive.",
    ),
    {
        "m": Given("kg", 0.2, 4), "M": Given("kg", 0.2, 6),
        "v": Given("m/s", 1, 9), "u": Given("m/s", 0.5, 7),
    },
    (
        "of both together: c [m/s] = (m*v - M*u)/(m + M)",
        "the velocity turns round as seen from there: w [m/s] = 2*c - v",
    ),
    lambda x, q: (
        q.m * q.v**2 + q.M * q.u**2,
        q.m * x**2 + q.M * (q.m / q.M * (q.v - x) - q.u) ** 2,
    ),
    mistakes=("-w", "c", "2*(m*v + M*u)/(m + M) - v"),
    where=lambda q: abs(q.answer) > 0.3 and abs(q.answer - q.v) > 0.5,
    signed=True,
)  # fmt: skip


def _crossing_law(x: Any, q: Any) -> tuple[Any, Any]:
    """Friction takes all the energy that the wrecks have after the impact."""
    east, north = q.m * q.v, q.M * q.u
    return (east**2 + north**2) / (2 * (q.m + q.M)), q.mu * (q.m + q.M) * q.g * x


CROSSING = Quantity(
    "crossing",
    (
        "At a crossing a car of {m} going east at {v} and one of {M} going north at {u} crash and "
        "stay locked together. The coefficient of kinetic friction with the road is {mu}. How far "
        "do they slide? g = {g}.",
    ),
    {
        "m": Given("kg", 800, 2500), "M": Given("kg", 800, 2500), "v": Given("km/h", 30, 100),
        "u": Given("km/h", 30, 100), "mu": Given("", 0.3, 0.8), "g": FREE_FALL,
    },
    (
        "eastward: a [kg m/s] = m*v/3.6",
        "northward: b [kg m/s] = M*u/3.6",
        "w [m/s] = sqrt(a**2 + b**2)/(m + M)",
        "d [m/s^2] = mu*g",
        "s [m] = w**2/(2*d)",
    ),
    _crossing_law,
    alike=(("m", "v"), ("M", "u")),
    mistakes=("((a + b)/(m + M))**2/(2*d)", "w**2/d", "(w*3.6)**2/(2*d)"),
)  # fmt: skip
