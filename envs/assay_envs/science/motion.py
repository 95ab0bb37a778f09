"""Motion: ways, times and speeds, on the road and through the air, as problems.

The working of each solves for the answer; its law puts the answer back into the equations of
motion, and is computed with units.
"""

from __future__ import annotations

from assay_envs.science.constants import FREE_FALL
from assay_envs.science.quantities import Given, Quantity, cosine, sine, tangent

_NO_AIR = "Neglect air resistance; g = {g}."

SPEED = Quantity(
    "speed",
    (
        "A train covers {s} in {t}. What is its average speed?",
        "A cyclist needs {t} for {s}. How fast is the ride on average?",
    ),
    {"s": Given("km", 2, 90), "t": Given("min", 4, 95)},
    ("v [km/h] = s/(t/60)",),
    lambda x, q: (x * q.t, q.s),
    mistakes=("s/t", "s*t/60"),
    where=lambda q: 15 < q.answer < 200,
)
BRAKING = Quantity(
    "braking",
    (
        "A car at {v} brakes evenly at {a}. How far does it go until it stops?",
        "What is the braking distance from {v} at a constant deceleration of {a}?",
    ),
    {"v": Given("km/h", 30, 160), "a": Given("m/s^2", 2.5, 9)},
    ("to metres per second: u [m/s] = v/3.6", "s [m] = u**2/(2*a)"),
    lambda x, q: (2 * q.a * x, q.v**2),
    mistakes=("v**2/(2*a)", "u**2/a", "u/a"),
)
DROP = Quantity(
    "drop",
    (
        "A stone is dropped from a bridge {h} above the water. How long does it fall? " + _NO_AIR,
        "From rest, how much time does a fall from {h} take? " + _NO_AIR,
    ),
    {"h": Given("m", 2, 150), "g": FREE_FALL},
    ("t [s] = sqrt(2*h/g)",),
    lambda x, q: (q.g * x**2 / 2, q.h),
    mistakes=("sqrt(h/g)", "2*h/g", "sqrt(2*g*h)"),
)
UPWARD = Quantity(
    "upward",
    (
        "A ball leaves the ground straight up at {v}. How long does it take to come back? "
        + _NO_AIR,
        "For how long is a ball in the air that is thrown straight up from the ground at {v}? "
        + _NO_AIR,
    ),
    {"v": Given("m/s", 4, 45), "g": FREE_FALL},
    ("t [s] = 2*v/g",),
    lambda x, q: (q.v * x, q.g * x**2 / 2),
    mistakes=("v/g", "v**2/(2*g)", "v*g"),
)
PROJECTILE = Quantity(
    "projectile",
    (
        "A ball is kicked from level ground at {v}, {theta} above the horizontal. How far away "
        "does it land? " + _NO_AIR,
    ),
    {"v": Given("m/s", 8, 40), "theta": Given("°", 20, 70), "g": FREE_FALL},
    (
        "upward: w [m/s] = v*sin(theta)",
        "forward: u [m/s] = v*cos(theta)",
        "in the air: t [s] = 2*w/g",
        "R [m] = u*t",
    ),
    lambda x, q: (x * q.g / q.v**2, 2 * sine(q.theta) * cosine(q.theta)),
    mistakes=("u*w/g", "v*t", "w*t"),
)
CLIFF = Quantity(
    "cliff",
    (
        "From a cliff {h} above the sea a ball is thrown at {v}, {theta} above the horizontal. How "
        "far from the foot of the cliff does it hit the water? " + _NO_AIR,
    ),
    {
        "h": Given("m", 8, 80), "v": Given("m/s", 6, 30),
        "theta": Given("°", 15, 65), "g": FREE_FALL,
    },
    (
        "upward: w [m/s] = v*sin(theta)",
        "forward: u [m/s] = v*cos(theta)",
        "speed downward at the water: d [m/s] = sqrt(w**2 + 2*g*h)",
        "in the air: t [s] = (w + d)/g",
        "R [m] = u*t",
    ),
    lambda x, q: (
        q.h + x * tangent(q.theta),
        q.g * x**2 / (2 * q.v**2 * cosine(q.theta) ** 2),
    ),
    mistakes=("u*2*w/g", "u*(d - w)/g", "u*sqrt(2*h/g)"),
)  # fmt: skip
INCLINE_RANGE = Quantity(
    "incline_range",
    (
        "From the foot of a hill that rises at {beta} a ball is thrown uphill at {v}, {theta} "
        "above the horizontal. How far along the slope does it land? " + _NO_AIR,
    ),
    {
        "beta": Given("°", 8, 30),
        "theta": Given("°", 40, 75),
        "v": Given("m/s", 8, 35),
        "g": FREE_FALL,
    },
    (
        "upward: w [m/s] = v*sin(theta)",
        "forward: u [m/s] = v*cos(theta)",
        "where the path meets the slope: t [s] = 2*(w - u*tan(beta))/g",
        "forward: d [m] = u*t",
        "along the slope: s [m] = d/cos(beta)",
    ),
    lambda x, q: (
        x * cosine(q.beta) * tangent(q.theta) - x * sine(q.beta),
        q.g * (x * cosine(q.beta)) ** 2 / (2 * q.v**2 * cosine(q.theta) ** 2),
    ),
    mistakes=("d", "2*u*w/g", "d*cos(beta)"),
)
