"""Units: what they measure and by how much they scale, compared by dimension.

How it works. A unit is read by a grammar of our own (products, quotients, whole or fractional
powers, ``per``, ``square``); pint is asked only what one *name* means (``kJ``, ``metres``, ``eV``),
so no text of a response ever reaches its expression parser, and what it says is kept as exact
fractions. The registry is loaded once, at the first name. Conventions beside pint's are one table
below. After a slash all that is joined by a blank or a dot is below it: ``J/mol K`` is J/(mol·K),
and so is ``J/mol/K``; a ``*`` or ``×`` goes back above.

Angles, cycles and counts have no dimension but are told apart where both sides name one: 5 Hz is
5/s, and 5 rad/s is 5/s, but 5 Hz is not 5 rad/s. A name nobody knows (``apples``) is a unit of its
own. °C and °F alone are temperatures on their scales; inside a product they are differences.
"""

from __future__ import annotations

import re
import threading
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from fractions import Fraction
from functools import cache, lru_cache
from typing import Any

from assay_datasets import InputError
from assay_verifiers.science.notation import Unreadable
from assay_verifiers.science.number import PI, read_number

_LONGEST_NAME = 40
_LARGEST_POWER = 20
_MOST_FACTORS = 30
_MOST_BITS = 20_000
_MOST_FLOAT_BITS = 900
_TOKEN = re.compile(
    r" *(?:(?P<name>(?:[^\W\d_]|[°%‰Å])+(?:_\(?[^\W_]+\)?)*)|(?P<sign>\^|[*×·/()]|[-.](?=[^\W\d_]))"
    r"|(?P<number>[0-9]+(?:\.[0-9]+)?))"
)
_ATTACHED = re.compile(r"[-+]?[0-9]{1,2}(?![0-9.,])")
_LOGARITHMIC = ("decibel", "bel", "neper")  # levels, which nothing here converts
_TAGS = frozenset(("radian", "count", "cycle"))
_SPOKEN = {"square": 2, "cubic": 3}
_BEHIND = {"squared": 2, "cubed": 3}

_SYNONYMS = {
    "°": "degree", "°C": "degree_Celsius", "°F": "degree_Fahrenheit", "°K": "kelvin",
    "degC": "degree_Celsius", "degF": "degree_Fahrenheit", "celsius": "degree_Celsius",
    "fahrenheit": "degree_Fahrenheit", "Δ°C": "delta_degree_Celsius", "ΔK": "kelvin",
    "Δ°F": "delta_degree_Fahrenheit", "%": "percent", "‰": "permille", "Å": "angstrom",
    "AU": "astronomical_unit",
    "Torr": "torr", "rev": "turn", "revs": "turn", "revolution": "turn", "revolutions": "turn",
    "turns": "turn", "amps": "ampere", "rads": "radian", "gm": "gram", "gms": "gram",
    "Amp": "ampere", "Amps": "ampere", "Debye": "debye", "mho": "siemens", "sq": "square",
    "cycles": "cycle", "Ohm": "ohm",
}  # fmt: skip
_PRODUCTS = {"Nm": "N m", "kNm": "kN m", "Ns": "N s", "Js": "J s", "Vs": "V s", "As": "A s",
             "Pas": "Pa s", "mAh": "mA h", "Wm": "W m", "Vm": "V m", "rpm": "turn/min",
             "rps": "turn/s", "kmph": "km/h", "kmh": "km/h", "kilohm": "kΩ", "kilohms": "kΩ",
             "megohm": "MΩ", "megohms": "MΩ"}  # fmt: skip
_GAUSS = {name: Fraction(size) for name, size in
          {"G": "1", "gauss": "1", "Gauss": "1", "kG": "1000", "mG": "0.001"}.items()}  # fmt: skip
_SYMBOLS = frozenset(
    ("m", "dm", "cm", "mm", "km", "nm", "s", "kg", "g", "J", "kJ", "N", "W", "V", "A", "K", "C",
     "Pa", "T", "mol", "L", "Ω")
)  # fmt: skip
CONSTANTS = {
    "c": "speed_of_light", "h": "planck_constant", "ħ": "dirac_constant", "hbar": "dirac_constant",
    "k": "boltzmann_constant", "k_B": "boltzmann_constant", "e": "elementary_charge",
    "m_e": "electron_mass", "m_p": "proton_mass", "m_n": "neutron_mass", "N_A": "avogadro_constant",
    "R": "molar_gas_constant", "G": "newtonian_constant_of_gravitation", "g": "standard_gravity",
    "F": "faraday_constant", "σ": "stefan_boltzmann_constant", "α": "fine_structure_constant",
    "ε_0": "vacuum_permittivity", "μ_0": "vacuum_permeability", "a_0": "bohr", "u": "dalton",
    "R_inf": "rydberg_constant",
}  # fmt: skip


@dataclass(frozen=True)
class Unit:
    """``factor`` times the base units ``dimension``; ``offset`` (in kelvin) for °C and °F.

    ``tags`` are the exponents of what has no dimension: radian, cycle, count; ``difference`` marks
    Δ°C and Δ°F, which are no points on a scale.
    """

    factor: Fraction = Fraction(1)
    dimension: frozenset[tuple[str, Fraction]] = frozenset()
    tags: frozenset[tuple[str, Fraction]] = frozenset()
    offset: Fraction = Fraction(0)
    difference: bool = False

    @property
    def is_number(self) -> bool:
        """No dimension: a plain number, a percentage, an angle, a count."""
        return not self.dimension

    def times(self, other: Unit, power: Fraction = Fraction(1)) -> Unit:
        """This unit times ``other ** power``; a product has no offset."""
        return Unit(
            self.factor * _power(other.factor, power),
            _joined(self.dimension, other.dimension, power),
            _joined(self.tags, other.tags, power),
        )


def ratio(given: Unit, wanted: Unit) -> Fraction | None:
    """What a value in ``given`` is multiplied by to be one in ``wanted``; None for another kind."""
    if given.dimension != wanted.dimension:
        return None
    plain = given.factor / wanted.factor
    if given.tags == wanted.tags or not given.tags or not wanted.tags:
        return plain
    mine, theirs = dict(given.tags), dict(wanted.tags)
    if set(mine) == {"cycle"} and theirs == {"radian": mine["cycle"]}:
        return plain * _power(2 * PI, mine["cycle"])
    if set(mine) == {"radian"} and theirs == {"cycle": mine["radian"]}:
        return plain / _power(2 * PI, mine["radian"])
    return None


def read_unit(text: str, constants: Iterable[str] = ()) -> tuple[Unit | None, str]:
    """The unit at the start of ``text`` (None: there is none) and what follows it.

    Raises :class:`Unreadable` for what is no unit.
    """
    reader = _Reader(text, frozenset(constants))
    unit = reader.product()
    return (unit if reader.read_any else None), text[reader.place :].strip()


def known_constants(names: Any) -> frozenset[str]:
    """The option ``constants``; raises :class:`InputError` for a name that is none."""
    if not isinstance(names, list) or not all(isinstance(name, str) for name in names):
        raise InputError("constants must be a list of names")
    if unknown := [name for name in names if name not in CONSTANTS]:
        raise InputError(
            f"no physical constant is called {unknown[0]!r}; known: {', '.join(CONSTANTS)}"
        )
    return frozenset(names)


class _Reader:
    """Left to right through a product of powers; ``place`` is where it got to."""

    def __init__(self, text: str, constants: frozenset[str]) -> None:
        self._text = text
        self._constants = constants
        self._factors = 0
        self.place = 0
        self.read_any = False

    def product(self, depth: int = 0) -> Unit:
        if depth > _LARGEST_POWER:
            raise Unreadable("nested too deep", "too_costly")
        unit, alone = Unit(), True
        below, pending = False, Fraction(1)
        while token := self._next():
            word = token["name"] or token["sign"] or token["number"]
            if word == ")" and depth:
                self.place = token.end()
                return unit
            if word in ("/", "per", "*", "×", "·", "-", "."):
                below = word in ("/", "per") or (below and word in ("·", "-", "."))
                self.place = token.end()
                alone = False
                continue
            if word in _SPOKEN:
                self.place, pending = token.end(), Fraction(_SPOKEN[word])
                continue
            if token["number"] and not below and (self.read_any or word != "1"):
                break  # another quantity: 2 h 30 min
            factor = self._factor(token, depth)
            if factor is None:
                break
            power = self._exponent() * pending
            if alone and power == 1 and not self.read_any:
                unit = factor
            else:
                unit = _difference(unit).times(_difference(factor), -power if below else power)
            self.read_any, alone, pending = True, False, Fraction(1)
            self._bound(unit)
        if depth:
            raise Unreadable("no closing parenthesis")
        return unit

    def _next(self) -> re.Match[str] | None:
        return _TOKEN.match(self._text, self.place)

    def _factor(self, token: re.Match[str], depth: int) -> Unit | None:
        if token["sign"] == "(":
            self.place = token.end()
            return self.product(depth + 1)
        if token["sign"]:
            return None
        self.place = token.end()
        if token["number"]:
            if not float(token["number"]):
                raise Unreadable("a division by zero")
            return Unit(Fraction(token["number"]))
        first = _first_of(token["name"], self._constants)
        self.place -= len(token["name"]) - len(first)
        return _meaning(first, self._constants)

    def _exponent(self) -> Fraction:
        if behind := next((w for w in _BEHIND if self._text.startswith(f" {w}", self.place)), None):
            self.place += 1 + len(behind)
            return Fraction(_BEHIND[behind])
        if self._text[self.place : self.place + 1] == "^":
            found = read_number(self._text, self.place + 1)
            if found is None or not found[0].exact:
                raise Unreadable("a unit's power is no number")
            if abs(found[0].value) > _LARGEST_POWER or found[0].value.denominator > _LARGEST_POWER:
                raise Unreadable("a unit's power is out of bounds")
            self.place = found[1]
            return found[0].value
        attached = _ATTACHED.match(self._text, self.place)
        if attached is None or not int(attached[0]):
            return Fraction(1)
        if abs(int(attached[0])) > _LARGEST_POWER:
            raise Unreadable("a unit's power is out of bounds")
        self.place = attached.end()
        return Fraction(int(attached[0]))

    def _bound(self, unit: Unit) -> None:
        self._factors += 1
        size = unit.factor.numerator.bit_length() + unit.factor.denominator.bit_length()
        if self._factors > _MOST_FACTORS or size > _MOST_BITS:
            raise Unreadable("a unit of too many factors", "too_costly")


def _difference(unit: Unit) -> Unit:
    """A degree inside a product is a difference of temperature."""
    return Unit(unit.factor, unit.dimension, unit.tags) if unit.offset else unit


def _joined(
    left: frozenset[tuple[str, Fraction]], right: frozenset[tuple[str, Fraction]], power: Fraction
) -> frozenset[tuple[str, Fraction]]:
    exponents = dict(left)
    for base, exponent in right:
        exponents[base] = exponents.get(base, Fraction(0)) + exponent * power
    return frozenset((base, exponent) for base, exponent in exponents.items() if exponent)


def _power(base: Fraction, power: Fraction) -> Fraction:
    size = base.numerator.bit_length() + base.denominator.bit_length()
    if size * abs(power) > (_MOST_BITS if power.denominator == 1 else _MOST_FLOAT_BITS):
        raise Unreadable("a unit is out of bounds", "too_costly")
    return base ** int(power) if power.denominator == 1 else Fraction(float(base) ** float(power))


# What a name means


def _meaning(name: str, constants: frozenset[str]) -> Unit:
    if name.replace("(", "").replace(")", "") in constants:
        return _pint_unit(CONSTANTS[name.replace("(", "").replace(")", "")])
    if len(name) > 1 and set(name) <= constants:  # hc
        unit = Unit()
        for letter in name:
            unit = unit.times(_pint_unit(CONSTANTS[letter]))
        return unit
    return _named(name)


@lru_cache(maxsize=4096)
def _first_of(name: str, constants: frozenset[str]) -> str:
    """The first of symbols run together (``J`` of ``Jmol``); a name that is known, whole."""
    if len(name) > 10 or name in constants or set(name) <= constants or _is_known(name):
        return name
    heads = (s for s in _SYMBOLS if name.startswith(s) and _are_symbols(name[len(s) :]))
    return max(heads, key=len, default=name)


def _are_symbols(text: str) -> bool:
    return text in _SYMBOLS or any(
        text.startswith(symbol) and _are_symbols(text[len(symbol) :]) for symbol in _SYMBOLS
    )


def _is_known(name: str) -> bool:
    return not any(base.startswith("'") for base, _ in _named(name).dimension)


@lru_cache(maxsize=4096)
def _named(name: str) -> Unit:
    """The unit called ``name``; one of its own where nobody knows it."""
    if len(name) > _LONGEST_NAME:
        raise Unreadable("a unit's name is too long")
    if name in _PRODUCTS:
        return read_unit(_PRODUCTS[name])[0] or Unit()
    if name in ("ppb", "ppt"):
        return Unit(Fraction(1, 10**9 if name == "ppb" else 10**12))
    if name in _GAUSS:
        return _scaled("tesla", _GAUSS[name] / 10_000)
    if name == "cycle":
        return Unit(tags=frozenset({("cycle", Fraction(1))}))
    found = _known(_SYNONYMS.get(name, name))
    if found is None and len(name) > 3:
        lower = name.lower()
        found = _known(_SYNONYMS.get(lower, lower))
    if found is None and name[0] == "K" and len(name) > 1:
        found = _known(f"k{name[1:]}")
    if found is not None:
        return found
    word = name.lower()
    word = word[:-1] if word.endswith("s") and len(word) > 3 else word
    return Unit(dimension=frozenset({(f"'{word}'", Fraction(1))}))


def _scaled(name: str, factor: Fraction) -> Unit:
    unit = _pint_unit(name)
    return Unit(unit.factor * factor, unit.dimension, unit.tags)


def _known(name: str) -> Unit | None:
    if not name.isidentifier():
        return None  # pint reads anything else as an expression
    registry = _registry()
    from pint.errors import PintError

    try:
        canonical = registry.get_name(name)
    except PintError:  # no such unit, or a prefix before °C
        return None
    return _pint_unit(canonical)


def _pint_unit(canonical: str) -> Unit:
    """pint's unit of this canonical name as exact fractions of base units."""
    if canonical.startswith(_LOGARITHMIC):
        return Unit(dimension=frozenset({(canonical, Fraction(1))}))
    registry = _registry()
    factor, base = registry.get_root_units(canonical)
    exact = Fraction(str(factor)) if isinstance(factor, float) else Fraction(factor)
    exponents: Mapping[str, Any] = dict(base._units)
    tags = {(name, Fraction(power)) for name, power in exponents.items() if name in _TAGS}
    if canonical.endswith("hertz"):
        tags = {("cycle", Fraction(1))}
    if canonical == "turn":
        return Unit(tags=frozenset({("cycle", Fraction(1))}))
    return Unit(
        exact,
        frozenset(
            (name, Fraction(power)) for name, power in exponents.items() if name not in _TAGS
        ),
        frozenset(tags),
        _OFFSETS.get(canonical, Fraction(0)),
        canonical.startswith("delta_"),
    )


_OFFSETS = {
    "degree_Celsius": Fraction("273.15"),
    "degree_Fahrenheit": Fraction("273.15") - 32 * Fraction(5, 9),
}
_loading = threading.Lock()


@cache
def _loaded() -> Any:
    try:
        from pint import UnitRegistry
    except ImportError as error:
        mend = "units need pint: install the extra, pip install 'assay[science]'"
        raise InputError(mend) from error
    return UnitRegistry(non_int_type=Fraction)


def _registry() -> Any:
    """pint's registry, built once; about half a second of processor time."""
    with _loading:
        return _loaded()


def units_are_loaded() -> bool:
    return _loaded.cache_info().currsize > 0
