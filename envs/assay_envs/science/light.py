"""Waves, optics, quanta and relativity, as problems.

The working of each solves for the answer; its law puts the answer back into what it came from and
is computed with units.
"""

from __future__ import annotations

import math
from typing import Any

from assay_envs.science.constants import CHARGE, ELECTRON_MASS, LIGHT_SPEED, PLANCK
from assay_envs.science.quantities import Given, Quantity, bare, cosine, one_of, sine

_ELECTRON_REST = ("511.0", "keV")
_PROTON_REST = ("938.3", "MeV")
_ROUNDED = 1.602e-19 / 1.602176634e-19  # what the prompts' electronvolt is of the exact one

# One law

WAVELENGTH = Quantity(
    "wavelength",
    (
        "A tone of {f} travels at {v}. What is its wavelength?",
        "Sound of {f} moves through {medium} at {v}. How long is one wave?",
    ),
    {"f": Given("Hz", 60, 9000)},
    ("l [m] = v/f",),
    lambda x, q: (x * q.f, q.v),
    mistakes=("f/v", "v*f"),
    pick=one_of(
        {"medium": "air", "v": ["343", "m/s"]},
        {"medium": "water", "v": ["1480", "m/s"]},
        {"medium": "steel", "v": ["5960", "m/s"]},
        {"medium": "helium", "v": ["1010", "m/s"]},
    ),
)

# One law, turned round or with conversions

SNELL = Quantity(
    "snell",
    (
        "Light passes from air (n = 1.000) into {medium} (n = {n}) at {a} from the normal. At what "
        "angle from the normal does it go on?",
    ),
    {"a": Given("°", 15, 80)},
    ("b [°] = asin(sin(a)/n)",),
    lambda x, q: (q.n * sine(x), sine(q.a)),
    mistakes=("a/n", "a", "90 - asin(sin(a)/n)"),
    pick=one_of(
        {"medium": "water", "n": ["1.333", ""]},
        {"medium": "crown glass", "n": ["1.520", ""]},
        {"medium": "flint glass", "n": ["1.650", ""]},
        {"medium": "diamond", "n": ["2.417", ""]},
    ),
)
LENS = Quantity(
    "lens",
    (
        "An object stands {d} in front of a converging lens of focal length {f}. How far behind "
        "the lens is its image?",
    ),
    {"d": Given("cm", 12, 120), "f": Given("cm", 4, 40)},
    ("b [cm] = 1/(1/f - 1/d)",),
    lambda x, q: (1 / q.d + 1 / x, 1 / q.f),
    mistakes=("1/(1/f + 1/d)", "d - f", "1/f - 1/d"),
    where=lambda q: q.d > 1.3 * q.f,
)
PHOTON = Quantity(
    "photon",
    (
        "What is the energy of a photon of {l}, in electronvolts? h = {h}, c = {c}, "
        "1 eV = 1.602×10^-19 J.",
    ),
    {"l": Given("nm", 120, 1800), "h": PLANCK, "c": LIGHT_SPEED},
    ("f [Hz] = c/(l*10**(-9))", "E [J] = h*f", "e [eV] = E/(1.602*10**(-19))"),
    lambda x, q: (x * _ROUNDED / (q.h * q.c), 1 / q.l),
    mistakes=("E", "h*l*10**(-9)/(1.602*10**(-19))"),
)
STRING = Quantity(
    "string",
    (
        "A string of length {l} and mass {m} is held taut with {F}. What is the frequency of its "
        "fundamental tone?",
    ),
    {"l": Given("cm", 30, 150), "m": Given("g", 0.8, 20), "F": Given("N", 20, 400)},
    (
        "mass per length: u [kg/m] = (m/1000)/(l/100)",
        "v [m/s] = sqrt(F/u)",
        "half a wave fits: f [Hz] = v/(2*l/100)",
    ),
    lambda x, q: (4 * x**2 * q.l * q.m, q.F),
    mistakes=("v/(l/100)", "F/u/(2*l/100)", "v/(4*l/100)"),
)

# Two steps

FRINGES = Quantity(
    "fringes",
    (
        "Light of {l} falls on a double slit of spacing {d}. On a screen {D} away, how far from the"
        " middle is the bright fringe of order {n}? Take the angle as small.",
    ),
    {
        "l": Given("nm", 400, 700), "d": Given("mm", 0.1, 0.9), "D": Given("m", 0.8, 5),
        "n": Given("", 2, 6, 0),
    },
    (
        "between fringes: a [m] = l*10**(-9)*D/(d*10**(-3))",
        "x [mm] = n*a*1000",
    ),
    lambda x, q: (x / q.D, q.n * q.l / q.d),
    mistakes=("a*1000", "(n - 0.5)*a*1000", "(n + 0.5)*a*1000"),
)  # fmt: skip
GRATING = Quantity(
    "grating",
    (
        "A grating with {lines} lines per millimetre is lit at right angles with light of {l}. At "
        "what angle from the middle is the maximum of order {n}?",
    ),
    {"N": Given("1/mm", 150, 600), "l": Given("nm", 400, 700), "n": Given("", 1, 3, 0)},
    (
        "spacing: d [nm] = 10**6/N",
        "theta [°] = asin(n*l/d)",
    ),
    lambda x, q: (sine(x) / q.N, q.n * q.l),
    mistakes=("n*l/d", "asin(l/d)", "asin((n + 0.5)*l/d)"),
    where=lambda q: 8 < q.answer < 75,
    shown=lambda parameters: {"lines": parameters["N"][0]},
)
DOPPLER = Quantity(
    "doppler",
    (
        "A siren of {f} moves away from you at {v} while you drive towards it at {u}. Sound travels"
        " at {c}. What frequency do you hear?",
    ),
    {
        "f": Given("Hz", 300, 2500, 4), "v": Given("km/h", 20, 140), "u": Given("km/h", 20, 140),
        "c": ("343", "m/s"),
    },
    (
        "the source: a [m/s] = v/3.6",
        "you: b [m/s] = u/3.6",
        "F [Hz] = f*(c + b)/(c + a)",
    ),
    lambda x, q: (q.f * (1 + q.u / q.c), x * (1 + q.v / q.c)),
    mistakes=("f*(c + b)/(c - a)", "f*(c - b)/(c + a)", "f*(c + u)/(c + v)"),
    relative=0.002,
    where=lambda q: abs(q.a - q.b) > 4,
)  # fmt: skip
PHOTOELECTRIC = Quantity(
    "photoelectric",
    (
        "{metal} has a work function of {W}. What voltage stops the electrons that light of {l} "
        "sets free? h = {h}, c = {c}, e = {e}.",
    ),
    {"l": Given("nm", 150, 500), "h": PLANCK, "c": LIGHT_SPEED, "e": CHARGE},
    (
        "photon: E [J] = h*c/(l*10**(-9))",
        "left for the electron: K [J] = E - W*e",
        "U [V] = K/e",
    ),
    lambda x, q: (q.e * x + q.W * _ROUNDED, q.h * q.c / q.l),
    mistakes=("E/e", "(E + W*e)/e", "W"),
    where=lambda q: q.answer > 0.4,
    pick=one_of(
        {"metal": "Caesium", "W": ["2.14", "eV"]},
        {"metal": "Potassium", "W": ["2.29", "eV"]},
        {"metal": "Sodium", "W": ["2.36", "eV"]},
        {"metal": "Zinc", "W": ["3.63", "eV"]},
    ),
)
DILATION = Quantity(
    "dilation",
    (
        "A spaceship flies at {b} of the speed of light. While {t} pass on board, how much time "
        "passes on the ground?",
    ),
    {"b": Given("", 0.4, 0.98), "t": Given("h", 1, 90)},
    ("gamma [] = 1/sqrt(1 - b**2)", "T [h] = gamma*t"),
    lambda x, q: (x**2 - (q.b * x) ** 2, q.t**2),
    mistakes=("t/gamma", "t/(1 - b**2)", "t*(1 + b)"),
)
DE_BROGLIE = Quantity(
    "de_broglie",
    (
        "What is the de Broglie wavelength of an electron (mass {m}, charge {e}) accelerated from "
        "rest through {U}? Do not use relativity; h = {h}.",
    ),
    {"U": Given("V", 40, 3000), "h": PLANCK, "e": CHARGE, "m": ELECTRON_MASS},
    (
        "momentum: p [kg m/s] = sqrt(2*m*e*U)",
        "l [nm] = h/p*10**9",
    ),
    lambda x, q: ((q.h / x) ** 2 / (2 * q.m), q.e * q.U),
    mistakes=("h/sqrt(m*e*U)*10**9", "h*p", "h/(2*m*e*U)"),
)

# Several steps

TWO_LENSES = Quantity(
    "two_lenses",
    (
        "An object stands {d} in front of a converging lens of {f}; a second converging lens of "
        "{F} stands {s} behind the first. How far behind the second lens is the final image?",
    ),
    {
        "d": Given("cm", 20, 80), "f": Given("cm", 6, 18),
        "F": Given("cm", 5, 15), "s": Given("cm", 50, 110),
    },
    (
        "first image: b [cm] = 1/(1/f - 1/d)",
        "before the second lens: g [cm] = s - b",
        "B [cm] = 1/(1/F - 1/g)",
    ),
    lambda x, q: (1 / (q.s - q.d * q.f / (q.d - q.f)), 1 / q.F - 1 / x),
    mistakes=("b", "1/(1/F - 1/(s + b))", "1/(1/F - 1/s)", "1/(1/F - 1/b)"),
    where=lambda q: q.d > 1.5 * q.f and q.g > 1.4 * q.F and q.b > 0,
)  # fmt: skip
HYDROGEN = Quantity(
    "hydrogen",
    (
        "An electron in hydrogen falls from level n = {n} to n = {m}. What is the wavelength of "
        "the light? The energy of level n is -{R}/n^2; h = {h}, c = {c}, "
        "1 eV = 1.602×10^-19 J.",
    ),
    {
        "n": Given("", 3, 12, 0), "m": Given("", 1, 6, 0), "R": ("13.606", "eV"),
        "h": PLANCK, "c": LIGHT_SPEED,
    },
    (
        "energy set free: E [eV] = R*(1/m**2 - 1/n**2)",
        "W [J] = E*1.602*10**(-19)",
        "l [nm] = h*c/W*10**9",
    ),
    lambda x, q: (
        q.h * q.c / (q.R * _ROUNDED * x),
        (q.n - q.m) * (q.n + q.m) / (q.n * q.m) ** 2,
    ),
    mistakes=("h*c/(R*1.602*10**(-19)*(1/m - 1/n))*10**9", "h*c/W", "h*c/E"),
    where=lambda q: q.n > q.m,
)  # fmt: skip
COMPTON = Quantity(
    "compton",
    (
        "A photon of {E} is scattered by {theta} off an electron at rest (rest energy {r}). What "
        "energy does the photon keep?",
    ),
    {"E": Given("keV", 60, 1500), "theta": Given("°", 35, 170), "r": _ELECTRON_REST},
    (
        "how much the wavelength grows: k [] = 1 + E/r*(1 - cos(theta))",
        "K [keV] = E/k",
    ),
    lambda x, q: (1 / x - 1 / q.E, (1 - cosine(q.theta)) / q.r),
    mistakes=("E*(1 - k) + E", "E/(1 + E/r*cos(theta))", "E - E/k"),
    where=lambda q: q.k > 1.1,
)
MUON = Quantity(
    "muon",
    (
        "Muons with a mean life of {T} at rest come down {d} at {b} of the speed of light "
        "({c}). What percentage of them gets through?",
    ),
    {
        "T": ("2.197", "μs"), "d": Given("km", 1, 15), "b": Given("", 0.97, 0.998, 4),
        "c": LIGHT_SPEED,
    },
    (
        "gamma [] = 1/sqrt(1 - b**2)",
        "on the ground: t [μs] = d*1000/(b*c)*10**6",
        "their own time: s [μs] = t/gamma",
        "P [%] = 100*exp(-s/T)",
    ),
    lambda x, q: (
        -math.log(bare(x)) * q.T * q.b * q.c,
        q.d * (1 - bare(q.b) ** 2) ** 0.5,
    ),
    mistakes=("100*exp(-t/T)", "100*exp(-t*gamma/T)", "100*2**(-s/T)", "100 - 100*exp(-s/T)"),
    where=lambda q: 2 < q.answer < 95,
)  # fmt: skip

# Long ways


def _relativistic_wave_law(x: Any, q: Any) -> tuple[Any, Any]:
    """Energy and momentum: E² = (pc)² + (rest energy)²."""
    rest = q.r * _ROUNDED
    return (q.h * q.c / x) ** 2, (rest + q.e * q.U) ** 2 - rest**2


FAST_ELECTRON = Quantity(
    "fast_electron",
    (
        "An electron (rest energy {r}) is accelerated from rest through {U}. What is its de Broglie"
        " wavelength, with relativity? h = {h}, c = {c}, e = {e}. Answer in picometres.",
    ),
    {
        "U": Given("kV", 80, 2500), "r": _ELECTRON_REST,
        "h": PLANCK, "c": LIGHT_SPEED, "e": CHARGE,
    },
    (
        "all energy: E [keV] = U + r",
        "momentum times c: P [keV] = sqrt(E**2 - r**2)",
        "W [J] = P*1000*e",
        "l [pm] = h*c/W*10**12",
    ),
    _relativistic_wave_law,
    mistakes=("h*c/(U*1000*e)*10**12", "h*c/(E*1000*e)*10**12"),
)  # fmt: skip
CYCLOTRON = Quantity(
    "cyclotron",
    (
        "A proton (rest energy {r}, charge {e}) with a kinetic energy of {K} circles in a uniform "
        "magnetic field of {B}. What is the radius of its path? Use relativity; c = {c}.",
    ),
    {
        "K": Given("MeV", 60, 3000), "B": Given("T", 0.4, 5),
        "r": _PROTON_REST, "e": CHARGE, "c": LIGHT_SPEED,
    },
    (
        "all energy: E [MeV] = K + r",
        "momentum times c: P [MeV] = sqrt(E**2 - r**2)",
        "momentum: p [kg m/s] = P*10**6*e/c",
        "R [m] = p/(e*B)",
    ),
    lambda x, q: (
        (x * q.e * q.B * q.c) ** 2,
        q.K * (q.K + 2 * q.r) * _ROUNDED**2,
    ),
    mistakes=("sqrt(2*r*K)*10**6/(c*B)", "K*10**6/(c*B)", "E*10**6/(c*B)"),
)  # fmt: skip
VELOCITIES = Quantity(
    "velocities",
    (
        "A ship passes the Earth at {a} of the speed of light and fires a probe forwards at {b} of "
        "the speed of light as seen from the ship. The probe's clock then runs for {t}. How far "
        "does it come in that time, as measured from the Earth? c = {c}.",
    ),
    {
        "a": Given("", 0.3, 0.85), "b": Given("", 0.3, 0.85),
        "t": Given("s", 2, 400), "c": LIGHT_SPEED,
    },
    (
        "velocities add up: w [] = (a + b)/(1 + a*b)",
        "gamma [] = 1/sqrt(1 - w**2)",
        "on the Earth's clocks: T [s] = gamma*t",
        "s [m] = w*c*T",
    ),
    lambda x, q: (
        # rapidities add up, and the way is c times the proper time times the sinh of their sum
        x / (q.c * q.t),
        math.sinh(math.atanh(bare(q.a)) + math.atanh(bare(q.b))),
    ),
    mistakes=("w*c*t", "(a + b)*c*t", "w*c*t/gamma"),
)  # fmt: skip
WELL = Quantity(
    "well",
    (
        "An electron (mass {m}) in an infinitely deep well falls from state n = {n} to n = {k} and "
        "gives off light of {l}. How wide is the well? h = {h}, c = {c}.",
    ),
    {
        "n": Given("", 2, 7, 0), "k": Given("", 1, 5, 0), "l": Given("nm", 150, 2500),
        "m": ELECTRON_MASS, "h": PLANCK, "c": LIGHT_SPEED,
    },
    (
        "photon: E [J] = h*c/(l*10**(-9))",
        "difference of squares: z [] = n**2 - k**2",
        "w [m^2] = z*h**2/(8*m*E)",
        "L [nm] = sqrt(w)*10**9",
    ),
    lambda x, q: (
        (q.h * q.n / (2 * x)) ** 2 - (q.h * q.k / (2 * x)) ** 2,
        2 * q.m * q.h * q.c / q.l,
    ),
    mistakes=("sqrt((n - k)**2*h**2/(8*m*E))*10**9", "sqrt(h**2/(8*m*E))*10**9"),
    where=lambda q: q.n > q.k and q.n - q.k > 1,
)  # fmt: skip
ECHO = Quantity(
    "echo",
    (
        "A bat flies at {v} straight towards a wall that comes towards it at {u} and calls at {f}. "
        "Sound travels at {c}. What frequency does the bat hear in the echo?",
    ),
    {
        "v": Given("m/s", 3, 20), "u": Given("m/s", 2, 18), "f": Given("kHz", 25, 90),
        "c": ("343", "m/s"),
    },
    (
        "what meets the wall: a [kHz] = f*(c + u)/(c - v)",
        "what the moving wall sends back: b [kHz] = a/(1 - u/c)",
        "what the bat hears: F [kHz] = b*(1 + v/c)",
    ),
    lambda x, q: (
        x * (1 - q.v / q.c) * (1 - q.u / q.c),
        q.f * (1 + q.v / q.c) * (1 + q.u / q.c),
    ),
    mistakes=("a", "b", "f*(c + v)/(c - v)", "f*(c + u)/(c - v)*c/(c - v)"),
    relative=0.003,
)  # fmt: skip
