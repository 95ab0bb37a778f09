"""Forces: what they set in motion, hold in a curve and work against, as problems.

The working of each solves for the answer; its law puts the answer back into a balance of forces or
of energy, and is computed with units.
"""

from __future__ import annotations

import math
from typing import Any

from assay_envs.science.constants import FREE_FALL
from assay_envs.science.quantities import Given, Quantity, cosine, one_of, sine

NEWTON = Quantity(
    "newton",
    (
        "A force of {F} acts on a cart of {m} that rolls without friction. What is its "
        "acceleration?",
        "A body of {m} is pulled by a net force of {F}. Find its acceleration.",
    ),
    {"F": Given("N", 3, 400), "m": Given("kg", 0.5, 60)},
    ("a [m/s^2] = F/m",),
    lambda x, q: (q.m * x, q.F),
    mistakes=("m/F", "F*m"),
)
KINETIC = Quantity(
    "kinetic",
    (
        "What is the kinetic energy of a car of {m} at {v}?",
        "A vehicle of {m} drives at {v}. Find its kinetic energy.",
    ),
    {"m": Given("kg", 600, 2400), "v": Given("km/h", 20, 150)},
    ("to metres per second: u [m/s] = v/3.6", "E [J] = m*u**2/2"),
    lambda x, q: (2 * x / q.m, q.v**2),
    mistakes=("m*v**2/2", "m*u**2", "m*u/2"),
)
SPRING = Quantity(
    "spring",
    (
        "A spring of stiffness {k} is stretched by {x}. With what force does it pull back?",
        "How large a force holds a spring of {k} stretched by {x}?",
    ),
    {"k": Given("N/m", 20, 900), "x": Given("cm", 1, 25)},
    ("F [N] = k*(x/100)",),
    lambda x, q: (x / q.x, q.k),
    mistakes=("k*x", "k*(x/100)**2/2"),
)
LIFTING = Quantity(
    "lifting",
    (
        "A hoist lifts {m} by {h} in {t} at constant speed. What is its mechanical power? g = {g}.",
        "What power does it take to raise a load of {m} by {h} in {t}? g = {g}.",
    ),
    {"m": Given("kg", 20, 900), "h": Given("m", 2, 40), "t": Given("s", 3, 60), "g": FREE_FALL},
    ("W [J] = m*g*h", "P [W] = W/t"),
    lambda x, q: (x * q.t, q.m * q.g * q.h),
    mistakes=("m*h/t", "W*t"),
)

FRICTION = Quantity(
    "friction",
    (
        "A crate of {m} is pulled over a level floor by a horizontal force of {F}; the coefficient "
        "of kinetic friction is {mu}. What is its acceleration? g = {g}.",
    ),
    {"m": Given("kg", 4, 80), "F": Given("N", 30, 600), "mu": Given("", 0.1, 0.5), "g": FREE_FALL},
    ("friction: R [N] = mu*m*g", "a [m/s^2] = (F - R)/m"),
    lambda x, q: (q.m * (x + q.mu * q.g), q.F),
    mistakes=("F/m", "(F + R)/m", "(F - mu*m)/m"),
    where=lambda q: 0.3 < q.answer < 12 and q.R > 0.1 * q.F,
)
PENDULUM = Quantity(
    "pendulum",
    (
        "A simple pendulum of length {l} makes one small swing to and fro in {T}. What is the "
        "acceleration of gravity there?",
        "On another planet a pendulum of {l} has a period of {T} at small angles. How large is the "
        "gravitational acceleration?",
    ),
    {"l": Given("m", 0.2, 3), "T": Given("s", 0.8, 6)},
    ("g [m/s^2] = 4*pi**2*l/T**2",),
    lambda x, q: (q.T / math.tau, (q.l / x) ** 0.5),
    mistakes=("2*pi*l/T**2", "4*pi**2*l/T", "l/T**2"),
    where=lambda q: 1 < q.answer < 26,
)
SLOPE = Quantity(
    "slope",
    (
        "A box starts from rest on a slope of {theta} and slides {s} down; the coefficient of "
        "kinetic friction is {mu}. How fast is it then? g = {g}.",
        "A sledge slides from rest down {s} of a slope inclined by {theta}. With a coefficient of "
        "friction of {mu}, what is its speed at the end? g = {g}.",
    ),
    {
        "theta": Given("°", 15, 50), "s": Given("m", 1, 60),
        "mu": Given("", 0.05, 0.4), "g": FREE_FALL,
    },
    (
        "along the slope: a [m/s^2] = g*(sin(theta) - mu*cos(theta))",
        "v [m/s] = sqrt(2*a*s)",
    ),
    lambda x, q: (
        q.g * q.s * sine(q.theta),
        x**2 / 2 + q.mu * q.g * q.s * cosine(q.theta),
    ),
    mistakes=("sqrt(2*g*s*sin(theta))", "sqrt(2*g*(sin(theta) + mu*cos(theta))*s)", "sqrt(a*s)"),
    where=lambda q: q.a > 0.6,
)  # fmt: skip
TENSION = Quantity(
    "tension",
    (
        "A ball of {m} on a string of {l} is let go at rest with the string taut, {theta} from the "
        "vertical. What is the tension in the string at the lowest point? g = {g}.",
    ),
    {
        "m": Given("kg", 0.1, 8), "l": Given("m", 0.4, 4),
        "theta": Given("°", 20, 85), "g": FREE_FALL,
    },
    (
        "height lost: h [m] = l*(1 - cos(theta))",
        "speed squared: w [m^2/s^2] = 2*g*h",
        "weight and centripetal force: T [N] = m*g + m*w/l",
    ),
    lambda x, q: (x / (q.m * q.g), 3 - 2 * cosine(q.theta)),
    mistakes=("m*g", "m*w/l", "m*g - m*w/l"),
)  # fmt: skip
CURVE = Quantity(
    "curve",
    (
        "How fast may a car at most go round a level curve of radius {r} if the coefficient of "
        "static friction is {mu}? g = {g}.",
        "Tyres and road have a coefficient of static friction of {mu}. What is the highest speed "
        "in a flat curve of radius {r}? g = {g}.",
    ),
    {"r": Given("m", 12, 300), "mu": Given("", 0.2, 0.95), "g": FREE_FALL},
    ("friction holds it in the curve: v [m/s] = sqrt(mu*g*r)",),
    lambda x, q: (x**2 / q.r, q.mu * q.g),
    mistakes=("mu*g*r", "sqrt(g*r)", "sqrt(2*mu*g*r)"),
)
ATWOOD = Quantity(
    "atwood",
    (
        "Two masses, {m} and {M}, hang from a light string over a frictionless, massless pulley. "
        "Let go at rest, how fast are they after moving {h}? g = {g}.",
    ),
    {
        "m": Given("kg", 0.5, 5), "M": Given("kg", 1, 9),
        "h": Given("m", 0.3, 4), "g": FREE_FALL,
    },
    ("a [m/s^2] = g*(M - m)/(M + m)", "v [m/s] = sqrt(2*a*h)"),
    lambda x, q: ((q.M - q.m) * q.g * q.h, (q.M + q.m) * x**2 / 2),
    mistakes=("sqrt(2*g*h)", "sqrt(a*h)", "sqrt(2*g*h*(M - m)/M)"),
    where=lambda q: 1.15 * q.m < q.M,
)  # fmt: skip
ROLLING = Quantity(
    "rolling",
    (
        "A {body} (moment of inertia {k} m r^2) rolls without slipping from rest down {s} of a "
        "slope of {theta}. How long does it take? g = {g}.",
    ),
    {"s": Given("m", 0.8, 15), "theta": Given("°", 5, 35), "g": FREE_FALL},
    (
        "height lost: h [m] = s*sin(theta)",
        "energy of moving and turning: v [m/s] = sqrt(2*g*h/(1 + k))",
        "the mean speed is half of it: t [s] = 2*s/v",
    ),
    lambda x, q: (2 * q.s / x**2 * (1 + q.k), q.g * sine(q.theta)),
    mistakes=("2*s/sqrt(2*g*h)", "s/v", "sqrt(2*s/g)"),
    pick=one_of(
        {"body": "solid cylinder", "k": ["0.5", ""]},
        {"body": "solid ball", "k": ["0.4", ""]},
        {"body": "thin hoop", "k": ["1", ""]},
    ),
)
LAUNCH = Quantity(
    "launch",
    (
        "A spring of {k}, pressed together by {x}, shoots a block of {m} up a slope of {theta} on "
        "which the coefficient of kinetic friction is {mu}. How far along the slope, measured from "
        "where it is let go, does the block get? It leaves the spring behind; friction acts all "
        "the way. g = {g}.",
    ),
    {
        "k": Given("N/m", 300, 4000), "x": Given("cm", 5, 25), "m": Given("kg", 0.3, 4),
        "theta": Given("°", 12, 45), "mu": Given("", 0.1, 0.4), "g": FREE_FALL,
    },
    (
        "in the spring: E [J] = k*(x/100)**2/2",
        "down the slope: D [N] = m*g*sin(theta)",
        "friction: R [N] = mu*m*g*cos(theta)",
        "s [m] = E/(D + R)",
    ),
    lambda x, q: (
        q.k * q.x**2 / 2 - q.m * q.g * x * sine(q.theta),
        q.mu * q.m * q.g * x * cosine(q.theta),
    ),
    mistakes=("E/D", "E/(D - R)", "2*E/(D + R)"),
    where=lambda q: q.answer > 2.5 * q.x / 100 and q.answer < 40,
)  # fmt: skip


def _loop_law(x: Any, q: Any) -> tuple[Any, Any]:
    """At the top the normal force and weight bend the path; energy comes from the start."""
    speed_squared = 2 * q.g * (q.h - 2 * q.r) - 2 * q.mu * q.g * q.d
    return x + q.m * q.g, q.m * speed_squared / q.r


LOOP = Quantity(
    "loop",
    (
        "A block of {m} slides from rest at a height of {h}, first without friction, then over a "
        "level rough stretch of {d} with a coefficient of friction of {mu}, then into a smooth "
        "loop of radius {r} that starts at ground level. With what force does the track press on "
        "the block at the top of the loop? g = {g}.",
    ),
    {
        "m": Given("kg", 0.2, 5), "h": Given("m", 3, 14), "d": Given("m", 0.5, 4),
        "mu": Given("", 0.1, 0.5), "r": Given("m", 0.4, 2.2), "g": FREE_FALL,
    },
    (
        "at the start: E [J] = m*g*h",
        "lost on the rough stretch: R [J] = mu*m*g*d",
        "at the top: K [J] = E - R - 2*m*g*r",
        "speed squared: w [m^2/s^2] = 2*K/m",
        "towards the centre: N [N] = m*w/r - m*g",
    ),
    _loop_law,
    mistakes=("m*w/r", "m*w/r + m*g", "2*(E - 2*m*g*r)/r - m*g"),
    where=lambda q: q.answer > 0.2 * q.m * 9.81,
)  # fmt: skip
PULLEY = Quantity(
    "pulley",
    (
        "A block of {m} on a slope of {theta} (coefficient of kinetic friction {mu}) is pulled up "
        "by a string that runs over a pulley, a solid disc of {D}, to a hanging mass of {M}. The "
        "string does not slip. Let go at rest, how long does it take to move {s}? g = {g}.",
    ),
    {
        "m": Given("kg", 0.5, 6), "M": Given("kg", 2, 12), "D": Given("kg", 0.2, 3),
        "theta": Given("°", 10, 45), "mu": Given("", 0.05, 0.4), "s": Given("m", 0.5, 3),
        "g": FREE_FALL,
    },
    (
        "down the slope: A [N] = m*g*sin(theta)",
        "friction: R [N] = mu*m*g*cos(theta)",
        "net: F [N] = M*g - A - R",
        "what has to be sped up: I [kg] = m + M + D/2",
        "a [m/s^2] = F/I",
        "t [s] = sqrt(2*s/a)",
    ),
    lambda x, q: (
        # energy: every part moves at twice the mean speed at the end
        q.g * q.s * (q.M - q.m * sine(q.theta) - q.mu * q.m * cosine(q.theta)),
        (q.m + q.M + q.D / 2) / 2 * (2 * q.s / x) ** 2,
    ),
    mistakes=("sqrt(2*s*(m + M)/F)", "sqrt(2*s*(m + M + D)/F)", "sqrt(2*s*I/(M*g - A))"),
    where=lambda q: q.a > 0.8,
)  # fmt: skip
