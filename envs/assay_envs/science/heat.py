"""Heat: calorimetry, gases, engines, conduction and radiation, as problems.

The working of each solves for the answer; its law puts the answer back into a balance of energy or
the equation of state, and is computed with units. Temperatures are absolute in the laws.
"""

from __future__ import annotations

import math
from typing import Any

from assay_envs.science.constants import GAS_CONSTANT, KELVIN
from assay_envs.science.quantities import Given, Quantity, bare, one_of

_WATER = ("4186", "J/(kg K)")
_FUSION = ("334.0", "kJ/kg")

WARMING = Quantity(
    "warming",
    (
        "How much heat does it take to warm {m} of {stuff} (specific heat {c}) by {T}?",
        "{m} of {stuff} with a specific heat of {c} gets {T} warmer. How much heat went in?",
    ),
    {"m": Given("kg", 0.2, 20), "T": Given("K", 4, 75)},
    ("Q [J] = c*m*T",),
    lambda x, q: (x / q.T, q.c * q.m),
    mistakes=("m*T", "c*m/T", "c*T"),
    pick=one_of(
        {"stuff": "water", "c": ["4186", "J/(kg K)"]},
        {"stuff": "aluminium", "c": ["897", "J/(kg K)"]},
        {"stuff": "copper", "c": ["385", "J/(kg K)"]},
        {"stuff": "iron", "c": ["449", "J/(kg K)"]},
        {"stuff": "ethanol", "c": ["2440", "J/(kg K)"]},
    ),
)
EXPANSION = Quantity(
    "expansion",
    (
        "A rail of {stuff}, {l} long (coefficient of expansion {a}) warms from {T} to {S}. How "
        "much longer does it get, in millimetres?",
    ),
    {"l": Given("m", 3, 60), "T": Given("°C", 2, 20), "S": Given("°C", 30, 90)},
    ("d [mm] = l*1000*a*(S - T)",),
    lambda x, q: (x / q.l, q.a * (q.S - q.T)),
    mistakes=("l*a*(S - T)", "l*1000*a*S", "l*1000*a*(S + T)"),
    pick=one_of(
        {"stuff": "steel", "a": ["1.20e-5", "1/K"]},
        {"stuff": "copper", "a": ["1.65e-5", "1/K"]},
        {"stuff": "aluminium", "a": ["2.31e-5", "1/K"]},
    ),
)
GAS = Quantity(
    "gas",
    ("A vessel of {V} holds {n} of an ideal gas at {t}. What is the pressure? R = {R}, " + KELVIN,),
    {
        "V": Given("L", 2, 90),
        "n": Given("mol", 0.1, 9),
        "t": Given("°C", 5, 180),
        "R": GAS_CONSTANT,
    },
    ("T [K] = t + 273.15", "p [kPa] = n*R*T/(V/1000)/1000"),
    lambda x, q: (x * q.V / (q.n * q.t), q.R),
    mistakes=("n*R*t/(V/1000)/1000", "n*R*T/V/1000", "n*R*T*V/1000"),
)
ENGINE = Quantity(
    "engine",
    (
        "A Carnot engine works between {a} and {b} and delivers {P}. At what rate does it give "
        "off heat to the cold side? " + KELVIN,
    ),
    {"a": Given("°C", 200, 700), "b": Given("°C", 5, 60), "P": Given("kW", 2, 400)},
    (
        "hot: H [K] = a + 273.15",
        "cold: C [K] = b + 273.15",
        "efficiency: k [] = 1 - C/H",
        "Q [kW] = P*(1/k - 1)",
    ),
    lambda x, q: (x / q.b, (x + q.P) / q.a),
    mistakes=("P*k", "P/k", "P*(1 - k)", "P*(a/(a - b) - 1)"),
)
MIXING = Quantity(
    "mixing",
    (
        "{m} of {metal} (specific heat {c}) at {a} is put into {M} of water (specific heat {w}) at "
        "{b}. What temperature do they reach, in °C, if no heat is lost?",
    ),
    {
        "m": Given("kg", 0.2, 3), "a": Given("°C", 120, 400), "M": Given("kg", 0.5, 5),
        "b": Given("°C", 8, 28), "w": _WATER,
    },
    (
        "of the metal: A [J/K] = m*c",
        "of the water: B [J/K] = M*w",
        "T [°C] = (A*a + B*b)/(A + B)",
    ),
    lambda x, q: (q.m * q.c * (q.a - x), q.M * q.w * (x - q.b)),
    mistakes=("(m*a + M*b)/(m + M)", "(a + b)/2", "(A*a - B*b)/(A - B)"),
    absolute=0.3,
    where=lambda q: q.answer - q.b > 3 and q.answer < 90,
    pick=one_of(
        {"metal": "aluminium", "c": ["897", "J/(kg K)"]},
        {"metal": "copper", "c": ["385", "J/(kg K)"]},
        {"metal": "iron", "c": ["449", "J/(kg K)"]},
    ),
    between=(10, 90),
)  # fmt: skip
MOLECULES = Quantity(
    "molecules",
    (
        "What is the root-mean-square speed of {gas} molecules (molar mass {M}) at {t}? R = {R}, "
        + KELVIN,
    ),
    {"t": Given("°C", 5, 900), "R": GAS_CONSTANT},
    ("T [K] = t + 273.15", "v [m/s] = sqrt(3*R*T/(M/1000))"),
    lambda x, q: (q.M * x**2 / 3, q.R * q.t),
    mistakes=("sqrt(3*R*T/M)", "sqrt(3*R*t/(M/1000))", "sqrt(R*T/(M/1000))"),
    pick=one_of(
        {"gas": "nitrogen", "M": ["28.01", "g/mol"]},
        {"gas": "oxygen", "M": ["32.00", "g/mol"]},
        {"gas": "hydrogen", "M": ["2.016", "g/mol"]},
        {"gas": "carbon dioxide", "M": ["44.01", "g/mol"]},
    ),
)
MELTING = Quantity(
    "melting",
    (
        "{m} of ice at 0 °C is put into {M} of water at {t}. What temperature is reached, in °C, "
        "once all has melted? Specific heat of water {c}, heat of fusion {L}; nothing is lost.",
    ),
    {
        "m": Given("kg", 0.05, 0.6), "M": Given("kg", 0.6, 4), "t": Given("°C", 25, 90),
        "c": _WATER, "L": _FUSION,
    },
    (
        "melting takes: Q [J] = m*L*1000",
        "the warm water over 0 °C: W [J] = M*c*t",
        "what is left warms all the water: T [°C] = (W - Q)/((m + M)*c)",
    ),
    lambda x, q: (
        q.m * (q.L + q.c * (x - _frost(x))),
        q.M * q.c * (q.t - x),
    ),
    mistakes=("W/((m + M)*c)", "(W - Q)/(M*c)", "(W + Q)/((m + M)*c)"),
    absolute=0.2,
    where=lambda q: q.answer > 4,
    between=(0, 80),
)  # fmt: skip
WALL = Quantity(
    "wall",
    (
        "A wall of {A} has {a} of brick ({k}) and {b} of insulation ({K}). Inside it is {t}, "
        "outside {T}. What heat flows through it?",
    ),
    {
        "A": Given("m^2", 6, 90), "a": Given("cm", 10, 40), "b": Given("cm", 3, 25),
        "k": Given("W/(m K)", 0.4, 1.2), "K": Given("W/(m K)", 0.025, 0.06),
        "t": Given("°C", 18, 24), "T": Given("°C", 1, 12),
    },
    (
        "brick: R [m^2 K/W] = a/100/k",
        "insulation: S [m^2 K/W] = b/100/K",
        "P [W] = A*(t - T)/(R + S)",
    ),
    lambda x, q: (
        q.t - x * q.a / (q.k * q.A),
        q.T + x * q.b / (q.K * q.A),
    ),
    mistakes=("A*(t - T)*(1/R + 1/S)", "A*(t - T)/S", "A*(t + T)/(R + S)"),
)  # fmt: skip
ADIABAT = Quantity(
    "adiabat",
    (
        "{n} of a {gas} ideal gas ({gamma} = heat capacity ratio) at {t} is compressed "
        "adiabatically to 1/{k} of its volume. How much work does it take? R = {R}, " + KELVIN,
    ),
    {"n": Given("mol", 0.2, 6), "t": Given("°C", 5, 80), "k": Given("", 2, 15), "R": GAS_CONSTANT},
    (
        "before: T [K] = t + 273.15",
        "after: S [K] = T*k**(gamma - 1)",
        "molar heat capacity: C [J/(mol K)] = R/(gamma - 1)",
        "no heat is exchanged: W [J] = n*C*(S - T)",
    ),
    lambda x, q: (
        # p V^gamma stays; W = (p2 V2 - p1 V1) / (gamma - 1)
        x * (bare(q.gamma) - 1) / (q.n * q.R * q.t) + 1,
        bare(q.k) ** bare(q.gamma) / bare(q.k),
    ),
    mistakes=("n*R*T*ln(k)", "n*R*(S - T)", "n*C*T*(k - 1)", "n*C*(t*k**(gamma - 1) - t)"),
    pick=one_of(
        {"gas": "monatomic", "gamma": ["1.667", ""]},
        {"gas": "diatomic", "gamma": ["1.400", ""]},
    ),
)
PLANET = Quantity(
    "planet",
    (
        "A star of radius {r} has a surface temperature of {T}. A fast-turning planet without "
        "greenhouse effect, of albedo {a}, circles it at {d}. What is the planet's mean "
        "temperature, in kelvins?",
    ),
    {
        "r": Given("km", 3e5, 1.5e6), "T": Given("K", 3200, 8000), "a": Given("", 0.1, 0.7),
        "d": Given("km", 4e7, 9e8),
    },
    (
        "how the radiation thins: k [] = (r/d)**2",
        "taken in on the disc, given off by the sphere: w [] = (1 - a)*k/4",
        "S [K] = T*w**0.25",
    ),
    lambda x, q: (
        4 * x**4 * q.d**2,
        (1 - bare(q.a)) * q.T**4 * q.r**2,
    ),
    mistakes=("T*sqrt(w)", "T*((1 - a)*k)**0.25", "T*(k/4)**0.25", "T*(a*k/4)**0.25"),
    where=lambda q: 60 < q.answer < 1200,
    between=(60, 1200),
)  # fmt: skip

# Long ways


def _frost(near: Any) -> Any:
    """0 °C, as a temperature of the kind of ``near``."""
    return 273.15 * near.units


def _cycle_law(x: Any, q: Any) -> tuple[Any, Any]:
    """Heat in and out along all four sides, in units of p·V, from the first law alone."""
    a, b, f = bare(q.a), bare(q.b), bare(q.f) / 2
    energies = [f * pv for pv in (1, a, a * b, b)]
    works = [0, a * (b - 1), 0, -(b - 1)]
    turns = zip(works, [*energies[1:], energies[0]], energies, strict=True)
    heats = [work + after - before for work, after, before in turns]
    return bare(x) * sum(heat for heat in heats if heat > 0), sum(works)


CYCLE = Quantity(
    "cycle",
    (
        "An ideal gas with {f} degrees of freedom goes round a cycle: at constant volume its "
        "pressure rises to {a} times, then at constant pressure its volume grows to {b} times, "
        "then at constant volume the pressure falls back, then at constant pressure the volume "
        "shrinks back. What is the efficiency, as a percentage?",
    ),
    {"f": Given("", 3, 6, 0), "a": Given("", 1.3, 5), "b": Given("", 1.3, 5)},
    (
        "work, in units of the first p*V: W [] = (a - 1)*(b - 1)",
        "heat in at constant volume: Q [] = f/2*(a - 1)",
        "heat in at constant pressure: P [] = (f/2 + 1)*a*(b - 1)",
        "k [%] = 100*W/(Q + P)",
    ),
    _cycle_law,
    mistakes=("100*W/P", "100*W/Q", "100*W/(f/2*(a*b - 1))", "100 - 100*W/(Q + P)"),
    where=lambda q: q.f != 4,
)
STEAM = Quantity(
    "steam",
    (
        "{s} of steam at 100 °C is led into {M} of water and {m} of ice, both at 0 °C. What "
        "temperature is reached, in °C? Specific heat of water {c}, heat of fusion {L}, heat of "
        "vaporisation {V}; nothing is lost.",
    ),
    {
        "s": Given("g", 20, 150), "M": Given("g", 200, 900), "m": Given("g", 30, 300),
        "c": ("4.186", "J/(g K)"), "L": ("334.0", "J/g"), "V": ("2257", "J/g"),
    },
    (
        "the steam gives when it condenses: A [J] = s*V",
        "and when it cools to 0 °C: B [J] = s*c*100",
        "melting takes: Q [J] = m*L",
        "all of it is water: n [g] = s + M + m",
        "T [°C] = (A + B - Q)/(n*c)",
    ),
    lambda x, q: (
        q.s * (q.V + q.c * (_frost(x) + 100 * x.units - x)),
        q.m * q.L + (q.m + q.M) * q.c * (x - _frost(x)),
    ),
    mistakes=("(A - Q)/(n*c)", "(A + B)/(n*c)", "(A + B - Q)/((M + m)*c)", "(B - Q)/(n*c)"),
    absolute=0.2,
    where=lambda q: 6 < q.answer < 94,
    between=(0, 100),
)  # fmt: skip
HEAT_PUMP = Quantity(
    "heat_pump",
    (
        "A heat pump whose coefficient of performance is {e} of Carnot's takes heat from a lake at "
        "{a} and delivers it at {b} to a house that loses {K} times the difference "
        "between inside ({t}) and outside ({T}). What electrical power does it take? " + KELVIN,
    ),
    {
        "e": Given("", 0.3, 0.6), "a": Given("°C", 4, 12), "b": Given("°C", 32, 60),
        "K": Given("W/K", 80, 400), "t": Given("°C", 19, 23), "T": Given("°C", 0.5, 9),
    },
    (
        "lost: Q [W] = K*(t - T)",
        "warm side: H [K] = b + 273.15",
        "Carnot: k [] = H/(b - a)",
        "real: r [] = e*k",
        "P [W] = Q/r",
    ),
    lambda x, q: (x * bare(q.e) / (q.b - q.a), q.K * (q.t - q.T) / q.b),
    mistakes=("Q/k", "Q*r", "Q/(e*b/(b - a))", "Q/(e*(H - (b - a))/(b - a))"),
)  # fmt: skip


def _ascent_law(x: Any, q: Any) -> tuple[Any, Any]:
    """The lift, by Archimedes with both densities from the equation of state, is the weight."""
    outside, inside = (q.p * q.M / (q.R * kelvin) for kelvin in (q.t, x))
    return q.V * (outside - inside), q.m


BALLOON = Quantity(
    "balloon",
    (
        "A hot-air balloon of {V} carries {m} in all, its hot air not counted. The air around it "
        "has {t} and {p}, a molar mass of {M}. To what temperature, in kelvins, must the air "
        "inside be heated for the balloon to float? R = {R}, " + KELVIN,
    ),
    {
        "V": Given("m^3", 800, 3000), "m": Given("kg", 150, 600), "t": Given("°C", 5, 25),
        "p": Given("kPa", 85, 103), "M": ("28.97", "g/mol"), "R": GAS_CONSTANT,
    },
    (
        "outside: T [K] = t + 273.15",
        "density outside: d [kg/m^3] = p*1000*M/1000/(R*T)",
        "the air it displaces: A [kg] = d*V",
        "hot air it may hold: B [kg] = A - m",
        "at the same pressure density goes as 1/T: S [K] = T*A/B",
    ),
    _ascent_law,
    mistakes=("T*m/A", "t*A/B", "T*(A + m)/A", "T*B/A"),
    relative=0.004,
    where=lambda q: 320 < q.answer < 420,
    between=(300, 420),
)  # fmt: skip


def _two_steps_law(x: Any, q: Any) -> tuple[Any, Any]:
    """The mean of both processes by p V and the areas under them."""
    hot = q.n * q.R * q.t
    return x / hot, math.log(bare(q.k)) - (1 - 1 / bare(q.k))


RETURN = Quantity(
    "return",
    (
        "{n} of an ideal gas at {t} expands at constant temperature to {k} times its volume, is "
        "then pressed back at the constant low pressure to its first volume, and warmed at that "
        "volume to the first temperature. How much work does it do in all? R = {R}, " + KELVIN,
    ),
    {
        "n": Given("mol", 0.3, 8),
        "t": Given("°C", 15, 300),
        "k": Given("", 1.6, 9),
        "R": GAS_CONSTANT,
    },
    (
        "T [K] = t + 273.15",
        "first p*V: A [J] = n*R*T",
        "expanding: W [J] = A*ln(k)",
        "pressed back: B [J] = A/k*(k - 1)",
        "E [J] = W - B",
    ),
    _two_steps_law,
    mistakes=("W", "W + B", "A*ln(k) - A*(k - 1)", "n*R*t*(ln(k) - 1 + 1/k)"),
)
