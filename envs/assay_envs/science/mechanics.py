"""Mechanics: motion, forces, energy, momentum, rotation, gravitation and fluids, as problems.

The working of each solves for the answer; its law puts the answer back into what it came from, a
conservation law or the equations of motion, and is computed with units.
"""

from __future__ import annotations

from typing import Any

from assay_envs.science.quantities import (
    Given,
    Quantity,
    cosine,
    one_of,
    sine,
    tangent,
)

_G = ("9.81", "m/s^2")
_GRAVITY = ("6.674e-11", "N m^2/kg^2")
_NO_AIR = "Neglect air resistance; g = {g}."

# One law

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
PRESSURE = Quantity(
    "pressure",
    (
        "How much does the pressure in {liquid} (density {rho}) rise over a depth of {h}? g = {g}.",
        "What gauge pressure does a column of {liquid} of height {h} have at its foot? Its "
        "density is {rho}; g = {g}.",
    ),
    {"h": Given("m", 0.2, 40), "g": _G},
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
LIFTING = Quantity(
    "lifting",
    (
        "A hoist lifts {m} by {h} in {t} at constant speed. What is its mechanical power? g = {g}.",
        "What power does it take to raise a load of {m} by {h} in {t}? g = {g}.",
    ),
    {"m": Given("kg", 20, 900), "h": Given("m", 2, 40), "t": Given("s", 3, 60), "g": _G},
    ("W [J] = m*g*h", "P [W] = W/t"),
    lambda x, q: (x * q.t, q.m * q.g * q.h),
    mistakes=("m*h/t", "W*t"),
)

# One law, turned round or with conversions

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
    {"h": Given("m", 2, 150), "g": _G},
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
    {"v": Given("m/s", 4, 45), "g": _G},
    ("t [s] = 2*v/g",),
    lambda x, q: (q.v * x, q.g * x**2 / 2),
    mistakes=("v/g", "v**2/(2*g)", "v*g"),
)
FRICTION = Quantity(
    "friction",
    (
        "A crate of {m} is pulled over a level floor by a horizontal force of {F}; the coefficient "
        "of kinetic friction is {mu}. What is its acceleration? g = {g}.",
    ),
    {"m": Given("kg", 4, 80), "F": Given("N", 30, 600), "mu": Given("", 0.1, 0.5), "g": _G},
    ("friction: R [N] = mu*m*g", "a [m/s^2] = (F - R)/m"),
    lambda x, q: (q.m * (x + q.mu * q.g), q.F),
    mistakes=("F/m", "(F + R)/m", "(F - mu*m)/m"),
    where=lambda q: 0.3 < q.answer < 12 and q.R > 0.1 * q.F,
)
BUOYANCY = Quantity(
    "buoyancy",
    (
        "A stone of {m} and density {rho} hangs on a thread, wholly under water of density {water}."
        " What is the tension in the thread? g = {g}.",
    ),
    {
        "m": Given("kg", 0.4, 20), "rho": Given("kg/m^3", 1900, 4500, 4),
        "water": ("998", "kg/m^3"), "g": _G,
    },
    ("V [m^3] = m/rho", "what the water bears: B [N] = water*V*g", "T [N] = m*g - B"),
    lambda x, q: (x / q.g + q.water * q.m / q.rho, q.m),
    mistakes=("m*g", "B", "m*g + B"),
)  # fmt: skip
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
    lambda x, q: (q.T / 6.283185307179586, (q.l / x) ** 0.5),
    mistakes=("2*pi*l/T**2", "4*pi**2*l/T", "l/T**2"),
    where=lambda q: 1 < q.answer < 26,
)
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

# Two steps

PROJECTILE = Quantity(
    "projectile",
    (
        "A ball is kicked from level ground at {v}, {theta} above the horizontal. How far away "
        "does it land? " + _NO_AIR,
    ),
    {"v": Given("m/s", 8, 40), "theta": Given("°", 20, 70), "g": _G},
    (
        "upward: w [m/s] = v*sin(theta)",
        "forward: u [m/s] = v*cos(theta)",
        "in the air: t [s] = 2*w/g",
        "R [m] = u*t",
    ),
    lambda x, q: (x * q.g / q.v**2, 2 * sine(q.theta) * cosine(q.theta)),
    mistakes=("u*w/g", "v*t", "w*t"),
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
        "mu": Given("", 0.05, 0.4), "g": _G,
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
        "theta": Given("°", 20, 85), "g": _G,
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
    {"r": Given("m", 12, 300), "mu": Given("", 0.2, 0.95), "g": _G},
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
        "h": Given("m", 0.3, 4), "g": _G,
    },
    ("a [m/s^2] = g*(M - m)/(M + m)", "v [m/s] = sqrt(2*a*h)"),
    lambda x, q: ((q.M - q.m) * q.g * q.h, (q.M + q.m) * x**2 / 2),
    mistakes=("sqrt(2*g*h)", "sqrt(a*h)", "sqrt(2*g*h*(M - m)/M)"),
    where=lambda q: 1.15 * q.m < q.M,
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
ORBIT = Quantity(
    "orbit",
    (
        "A satellite circles {planet} (mass {M}, radius {r}) at a height of {h} above its surface. "
        "What is its orbital period? G = {G}.",
    ),
    {"h": Given("km", 200, 40000), "G": _GRAVITY},
    (
        "from the centre: a [m] = (r + h)*1000",
        "T [s] = 2*pi*sqrt(a**3/(G*M))",
    ),
    lambda x, q: (
        (6.283185307179586 / x) ** 2 * (q.r + q.h),
        q.G * q.M / (q.r + q.h) ** 2,
    ),
    mistakes=("2*pi*sqrt((h*1000)**3/(G*M))", "sqrt(a**3/(G*M))", "2*pi*sqrt(a**2/(G*M))"),
    pick=one_of(
        {"planet": "the Earth", "M": ["5.972e24", "kg"], "r": ["6371", "km"]},
        {"planet": "Mars", "M": ["6.417e23", "kg"], "r": ["3390", "km"]},
        {"planet": "the Moon", "M": ["7.342e22", "kg"], "r": ["1737", "km"]},
        {"planet": "Venus", "M": ["4.867e24", "kg"], "r": ["6052", "km"]},
    ),
)

# Several steps

BALLISTIC = Quantity(
    "ballistic",
    (
        "A bullet of {m} sticks in a block of {M} that hangs at rest on strings of length {l}. The "
        "block swings out to {theta} from the vertical. How fast was the bullet? g = {g}.",
    ),
    {
        "m": Given("g", 4, 30), "M": Given("kg", 0.8, 5), "l": Given("m", 0.5, 3),
        "theta": Given("°", 12, 60), "g": _G,
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
CLIFF = Quantity(
    "cliff",
    (
        "From a cliff {h} above the sea a ball is thrown at {v}, {theta} above the horizontal. How "
        "far from the foot of the cliff does it hit the water? " + _NO_AIR,
    ),
    {
        "h": Given("m", 8, 80), "v": Given("m/s", 6, 30),
        "theta": Given("°", 15, 65), "g": _G,
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
ROLLING = Quantity(
    "rolling",
    (
        "A {body} (moment of inertia {k} m r^2) rolls without slipping from rest down {s} of a "
        "slope of {theta}. How long does it take? g = {g}.",
    ),
    {"s": Given("m", 0.8, 15), "theta": Given("°", 5, 35), "g": _G},
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
        "theta": Given("°", 12, 45), "mu": Given("", 0.1, 0.4), "g": _G,
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
ESCAPE = Quantity(
    "escape",
    (
        "A probe of {m} rests on {planet} (mass {M}, radius {r}). How much energy must it be given "
        "to circle at a height of {h}? Neglect the planet's rotation; G = {G}.",
    ),
    {"m": Given("kg", 150, 4000), "h": Given("km", 300, 20000), "G": _GRAVITY},
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
    pick=one_of(
        {"planet": "the Earth", "M": ["5.972e24", "kg"], "r": ["6371", "km"]},
        {"planet": "Mars", "M": ["6.417e23", "kg"], "r": ["3390", "km"]},
        {"planet": "the Moon", "M": ["7.342e22", "kg"], "r": ["1737", "km"]},
    ),
)

# Long ways


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
        "u": Given("km/h", 30, 100), "mu": Given("", 0.3, 0.8), "g": _G,
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


def _transfer_law(x: Any, q: Any) -> tuple[Any, Any]:
    """Kepler's third law against the circular orbit of the same size."""
    a = (q.a + q.b) / 2
    speed = (q.G * q.M / a) ** 0.5
    return 2 * x, 6.283185307179586 * a / speed


TRANSFER = Quantity(
    "transfer",
    (
        "A ship goes from a circular orbit of radius {a} around a star of {M} to one of radius {b} "
        "on the half ellipse that touches both. How long does it take? Answer in days. G = {G}.",
    ),
    {
        "a": Given("km", 5e7, 2e8), "b": Given("km", 2.2e8, 9e8),
        "M": Given("kg", 8e29, 4e30), "G": _GRAVITY,
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
        "a": Given("km", 6600, 12000), "b": Given("km", 15000, 60000), "G": _GRAVITY,
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
        "mu": Given("", 0.1, 0.5), "r": Given("m", 0.4, 2.2), "g": _G,
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
        "theta": Given("°", 10, 45), "mu": Given("", 0.05, 0.4), "s": Given("m", 0.5, 3), "g": _G,
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
INCLINE_RANGE = Quantity(
    "incline_range",
    (
        "From the foot of a hill that rises at {beta} a ball is thrown uphill at {v}, {theta} "
        "above the horizontal. How far along the slope does it land? " + _NO_AIR,
    ),
    {"beta": Given("°", 8, 30), "theta": Given("°", 40, 75), "v": Given("m/s", 8, 35), "g": _G},
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
