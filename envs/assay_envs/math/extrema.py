"""Extrema: of cubics, on closed intervals, and the largest box from a sheet.

Families of :mod:`assay_envs.math.calculus`. Turning points are drawn rational; the second method
tries every point of a grid that they lie on.
"""

from __future__ import annotations

import math
from fractions import Fraction
from itertools import pairwise
from random import Random

from assay_envs.math.derivatives import derived
from assay_envs.math.families import BARE, Family, Parameters, Worked, nonzero, number
from assay_envs.math.notation import bracketed, polynomial
from assay_envs.math.polynomials import Coefficients, powers, value_at


def _draw_extremum(rng: Random, level: int) -> Parameters:
    """A cubic with turning points at whole numbers; from level 4 on a closed interval."""
    r, s = rng.sample(range(-5, 6), 2)
    k = nonzero(rng, 2)
    p = [2 * k, -3 * k * (r + s), 6 * k * r * s, rng.randint(-20, 20)]
    most = rng.random() < 0.5
    if level < 4:
        return {"p": p, "most": most, "ends": []}
    low, high = min(r, s) - rng.randint(-1, 3), max(r, s) + rng.randint(-1, 3)
    return {"p": p, "most": most, "ends": sorted((low, high + (low == high)))}


def _show_extremum(p: Coefficients, most: bool, ends: list[int]) -> dict[str, str]:
    if not ends:
        asked = f"the value of its local {'maximum' if most else 'minimum'}"
    else:
        size = "largest" if most else "smallest"
        asked = f"its {size} value for {ends[0]} <= x <= {ends[1]}"
    return {"text": polynomial(p), "asked": asked}


def _solve_extremum(p: Coefficients, most: bool, ends: list[int]) -> Worked:
    a, b, c = derived(p)
    root = math.isqrt(b * b - 4 * a * c)
    turns = sorted((Fraction(-b + root, 2 * a), Fraction(-b - root, 2 * a)))
    inside = [x for x in turns if not ends or ends[0] < x < ends[1]]
    values = {x: value_at(p, x) for x in [*map(Fraction, ends), *inside]}
    chosen = (max if most else min)(values.values())
    steps = [
        f"{polynomial([a, b, c])} = 0 at {turns[0]} and {turns[1]}",
        *(f"Value at {x}: {powers(p, x)} = {value}" for x, value in values.items()),
        f"The {'largest' if most else 'smallest'} of these is {chosen}.",
    ]
    return number(chosen, *steps, mistakes=[*values.values(), *values, *turns])


def _check_extremum(p: Coefficients, most: bool, ends: list[int]) -> str:
    """Every quarter is tried: the ends' best, or the one that beats both its neighbours."""
    low, high = ends or (-8, 8)
    tried = [value_at(p, Fraction(n, 4)) for n in range(4 * low, 4 * high + 1)]
    if ends:
        return str(max(tried) if most else min(tried))
    sign = 1 if most else -1
    rising = [sign * (b - a) > 0 for a, b in pairwise(tried)]
    place = next(i for i, (a, b) in enumerate(pairwise(rising)) if a and not b)
    return str(tried[place + 1])


_SHEETS = ((3, 8), (5, 8), (7, 15), (8, 15), (5, 21), (16, 21), (2, 2), (7, 40), (33, 40))


def _draw_box(rng: Random, level: int) -> Parameters:
    """Sheets whose best cut is rational: p^2 - p*q + q^2 is a square."""
    p, q = rng.choice(_SHEETS)
    k = rng.randint(1, 12)
    return {"short": k * p, "long": k * q}


def _solve_box(short: int, long: int) -> Worked:
    value = short**2 - short * long + long**2
    root = math.isqrt(value)
    cut = Fraction(short + long - root, 6)
    other = Fraction(short + long + root, 6)
    volume = cut * (short - 2 * cut) * (long - 2 * cut)
    x = bracketed(cut)
    steps = [
        f"V = x({short} - 2x)({long} - 2x), with the derivative "
        f"{polynomial([12, -4 * (short + long), short * long])}.",
        f"{short}^2 - {short}*{long} + {long}^2 = {value} = {root}^2",
        f"({short} + {long} - {root})/6 = {cut}",
        f"{x}*({short} - 2*{x})*({long} - 2*{x}) = {volume}",
    ]
    away = other * (short - 2 * other) * (long - 2 * other)
    return number(volume, *steps, mistakes=[cut, away, Fraction(short**2 * long, 16)])


def _check_box(short: int, long: int) -> str:
    """Every sixth of a unit is tried, the best cut among them."""
    cuts = (Fraction(n, 6) for n in range(3 * short))
    return str(max(x * (short - 2 * x) * (long - 2 * x) for x in cuts))


EXTREMUM = Family(
    "extremum",
    (
        "Let f(x) = {text}. What is {asked}?",
        "Given f(x) = {text}, find {asked}.",
    ),
    _draw_extremum, _solve_extremum, _check_extremum,
    lambda rng, p: str(rng.randint(-200, 200)), shown=_show_extremum,
)  # fmt: skip
BOX = Family(
    "box",
    (
        "Equal squares are cut from the four corners of a sheet of {short} cm by {long} cm, and "
        "the sides are folded up to an open box. What is its largest possible volume in cm^3?",
        "An open tray is folded from a sheet of {short} by {long} units by cutting a square of "
        "side x out of each corner. What is the greatest volume that the tray can have?",
    ),
    _draw_box, _solve_box, _check_box,
    lambda rng, p: str(rng.randint(1, p["short"] ** 2 * p["long"])),
    form=BARE,
)  # fmt: skip
