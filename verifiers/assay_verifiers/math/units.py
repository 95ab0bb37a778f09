"""Units of measure, each as an exact multiple of a base, with its dimension.

``unit_of`` recognises a unit (or a counted noun: ``apples``) and gives its canonical spelling;
``factor`` gives what it is worth. Exact fractions only; temperatures other than differences and
anything this table lacks are the science verifier's business.
"""

from __future__ import annotations

import re
from fractions import Fraction
from functools import lru_cache

_TABLE = """
m 1 L|meter meters metre metres
cm 1/100 L|centimeter centimeters centimetre centimetres
mm 1/1000 L|millimeter millimeters millimetre millimetres
km 1000 L|kilometer kilometers kilometre kilometres
dm 1/10 L|decimeter decimeters
nm 1/1000000000 L|nanometer nanometers
in 127/5000 L|inch inches
ft 381/1250 L|foot feet
yd 1143/1250 L|yard yards
mi 201168/125 L|mile miles
kg 1 M|kilogram kilograms kgs
g 1/1000 M|gram grams
mg 1/1000000 M|milligram milligrams
t 1000 M|ton tons tonne tonnes
lb 45359237/100000000 M|pound pounds lbs
oz 45359237/1600000000 M|ounce ounces
s 1 T|sec secs second seconds
ms 1/1000 T|millisecond milliseconds
min 60 T|minute minutes mins
h 3600 T|hr hrs hour hours
day 86400 T|days
week 604800 T|weeks
month 1 months|
year 1 years|yr yrs
L 1/1000 L^3|liter liters litre litres l
mL 1/1000000 L^3|milliliter milliliters ml
dollar 1 $|dollars usd bucks
cent 1/100 $|cents ¢
euro 1 euro|euros
sterling 1 sterling|
yen 1 yen|
mph 1397/3125 L T^-1|
kph 5/18 L T^-1|kmh
N 1 M L T^-2|newton newtons
J 1 M L^2 T^-2|joule joules
kJ 1000 M L^2 T^-2|kilojoule kilojoules
W 1 M L^2 T^-3|watt watts
kW 1000 M L^2 T^-3|kilowatt kilowatts
Pa 1 M L^-1 T^-2|pascal pascals
Hz 1 T^-1|hertz
V 1 V|volt volts
A 1 A|amp amps ampere amperes
K 1 K|kelvin kelvins
mol 1 mol|mole moles mols
celsius 1 celsius|
fahrenheit 1 fahrenheit|
am 1 am|AM
pm 1 pm|PM
degree 1 degree|degrees deg
radian 1 radian|radians rad
"""
_WORD = re.compile(r"[A-Za-z¢$]+")
_PART = re.compile(r"([*/]?) ?(?:(per|square|sq|cubic) )?\.?([A-Za-z¢]+)\.?(?:\^? ?(-?[0-9]))?")
_PRODUCTS = frozenset(("nm", "ms", "mi", "in", "kg m", "mn"))
_NEITHER = """
not no nor or and but except none either neither yes true false if when where for all is are was
maybe unless than more less least most at about approximately error wrong incorrect solution
solutions undefined squared cubed factorial half halves third thirds quarter quarters fourth
fourths fifth fifths sixth sixths seventh sevenths eighth eighths ninth ninths tenth tenths
hundredth hundredths thousandth thousandths score gross plus minus times over divided
by negative modulo power root roots exponent inverse reciprocal
"""
_NO_UNITS = frozenset(_NEITHER.split())


def _load() -> dict[str, tuple[str, Fraction, dict[str, int]]]:
    units: dict[str, tuple[str, Fraction, dict[str, int]]] = {}
    for line in _TABLE.strip().splitlines():
        left, _, names = line.partition("|")
        name, worth, *dimensions = left.split()
        powers = {part.split("^")[0]: int((part + "^1").split("^")[1]) for part in dimensions}
        for spelled in (name, *names.split()):
            units[spelled] = (name, Fraction(worth), powers)
    return units


_UNITS = _load()


@lru_cache(maxsize=4096)
def unit_of(text: str) -> str:
    """``text`` if it is a unit or up to four words that may be counted; empty otherwise."""
    text = text.strip(" .,~").replace("~", " ")
    if not text or len(text) > 60 or not _WORD.search(text):
        return ""
    if text == "%" or _measured(text) is not None:
        return text
    words = text.lower().split()
    if len(words) > 4 or any(not word.replace("-", "").isalpha() for word in words):
        return ""
    if any(word in _NO_UNITS for word in words) or len(words[0]) == 1:
        return ""
    return text


def unit_worth(text: str) -> Fraction | None:
    """What a unit of the table is worth in base units."""
    found = _measured(text)
    return None if found is None else found[0]


def is_measure(text: str) -> bool:
    """Whether plain letters are a unit of the table and no product of variables."""
    return text not in _PRODUCTS and len(text) > 1 and _measured(text) is not None


@lru_cache(maxsize=4096)
def same_unit(left: str, right: str) -> Fraction | None:
    """What one ``left`` is worth in ``right``; None where they do not measure the same."""
    one, other = _measured(left), _measured(right)
    if one is None or other is None:
        return Fraction(1) if one is other and _noun(left) == _noun(right) else None
    return one[0] / other[0] if one[1] == other[1] else None


@lru_cache(maxsize=4096)
def _measured(text: str) -> tuple[Fraction, tuple[tuple[str, int], ...]] | None:
    """The worth and the dimension of a unit of the table, or None."""
    worth, dimension, at, below = Fraction(1), dict[str, int](), 0, False
    text = text.strip().replace("\\cdot", "*")
    while at < len(text):
        match = _PART.match(text, at)
        if match is None:
            return None
        known = _UNITS.get(match[3]) or _UNITS.get(match[3].lower())
        if known is None:
            return None
        below = below or match[1] == "/" or match[2] == "per"
        power = int(match[4] or {"square": 2, "sq": 2, "cubic": 3}.get(match[2] or "", 1))
        power = -power if below else power
        worth *= known[1] ** power
        for name, exponent in known[2].items():
            dimension[name] = dimension.get(name, 0) + exponent * power
        at = match.end()
        while at < len(text) and text[at] == " ":
            at += 1
    kept = tuple(sorted((name, power) for name, power in dimension.items() if power))
    return (worth, kept) if at else None


def _noun(text: str) -> str:
    """Counted nouns are compared in lower case and without the plural's s."""
    return " ".join(word.rstrip("s") for word in text.lower().split())
