"""Division: remainders and partial fractions of polynomials.

Families of :mod:`assay_envs.math.algebra`. A fraction that is split would be equal to the question,
so its numerators are asked for. The second methods work with values of the polynomials where the
worked solutions work with their coefficients, and the other way round.
"""

from __future__ import annotations

import math
from fractions import Fraction
from random import Random

from assay_envs.math.equations import candidates, determinant
from assay_envs.math.families import Family, Parameters, Worked, nonzero, numbers
from assay_envs.math.notation import as_tuple, bracketed, polynomial, signed
from assay_envs.math.polynomials import Coefficients, divided, drawn, horner, product, value_at


def _draw_remainder(rng: Random, level: int) -> Parameters:
    return {"p": drawn(rng, 2 + level, 9, 3), "root": nonzero(rng, 2 + level)}


def _show_remainder(p: Coefficients, root: int) -> dict[str, str]:
    return {"text": polynomial(p), "divisor": polynomial([1, -root])}


def _solve_remainder(p: Coefficients, root: int) -> Worked:
    worked = horner(p, root)
    steps = [f"The remainder is the value at x = {root}.", *worked.steps]
    return Worked(worked.answer, steps, worked.wrong, undone=worked.undone)


def _check_remainder(p: Coefficients, root: int) -> str:
    """By long division."""
    left = list(p)
    for i in range(len(left) - 1):
        left[i + 1] += root * left[i]
        left[i] = 0
    return str(left[-1])


def _draw_division(rng: Random, level: int) -> Parameters:
    """A divisor with two different whole roots; neither quotient nor remainder is a constant."""
    while True:
        roots = rng.sample([n for n in range(-6, 7) if n], 2)
        divisor = product([1, -roots[0]], [1, -roots[1]])
        quotient = drawn(rng, level - 2, 7, 3)
        rest = [nonzero(rng, 12), rng.randint(-20, 20)]
        p = product(quotient, divisor)
        p[-2], p[-1] = p[-2] + rest[0], p[-1] + rest[1]
        if divisor[1]:
            return {"p": p, "divisor": divisor}


def _show_division(p: Coefficients, divisor: Coefficients) -> dict[str, str]:
    return {"text": polynomial(p), "by": polynomial(divisor)}


def _solve_division(p: Coefficients, divisor: Coefficients) -> Worked:
    _, (a, b), steps = divided(p, divisor)
    near = ([a, b + 1], [a + 1, b], [-a, -b], [a, -b], [b, a], [a, 0])
    wrong = [polynomial(each) for each in near if each != [a, b]]
    alike = [f"{b} + {bracketed(a)}*x", f"R(x) = {polynomial([a, b])}"]
    return Worked(polynomial([a, b]), steps, tuple(dict.fromkeys(wrong)), alike)


def _check_division(p: Coefficients, divisor: Coefficients) -> str:
    """The line through the polynomial's values at the divisor's roots."""
    low, high = (x for x in candidates(12, 1) if value_at(divisor, x) == 0)
    slope = (value_at(p, high) - value_at(p, low)) / (high - low)
    return f"{slope}*x + {bracketed(value_at(p, low) - slope * low)}"


def _draw_split(rng: Random, level: int) -> Parameters:
    """Whole numbers over two linear factors, over three at level 5."""
    poles = rng.sample([n for n in range(-7, 8) if n], level - 2)
    while True:
        above = [rng.randint(-9, 9) for _ in poles]
        if above[0] and all(value_at(above, pole) for pole in poles):
            return {"above": above, "poles": poles}


def _show_split(above: Coefficients, poles: list[int]) -> dict[str, str]:
    factors, letters = [polynomial([1, -pole]) for pole in poles], "ABC"[: len(poles)]
    parts = [f"{a}/({factor})" for a, factor in zip(letters, factors, strict=True)]
    fraction = f"({polynomial(above)})/({''.join(f'({factor})' for factor in factors)})"
    return {"fraction": fraction, "parts": " + ".join(parts), "letters": as_tuple(letters)}


def _solve_split(above: Coefficients, poles: list[int]) -> Worked:
    """The value at each pole of the rest, the pole's own factor covered up."""
    found, steps = [], []
    for letter, pole in zip("ABC", poles, strict=False):
        top = value_at(above, pole)
        gaps = [f"({pole} - {bracketed(other)})" for other in poles if other != pole]
        bottom = math.prod(pole - other for other in poles if other != pole)
        work = signed([f"{bracketed(c)}*{bracketed(pole)}^{len(above) - 1 - i}"
                       for i, c in enumerate(above)])  # fmt: skip
        steps += [f"{letter}: {work} = {top}", f"{letter}: {'*'.join(gaps)} = {bottom}",
                  f"{letter}: {top}/{bracketed(bottom)} = {top / bottom}"]  # fmt: skip
        found.append(top / bottom)
    named = ", ".join(f"{a} = {value}" for a, value in zip("ABC", found, strict=False))
    return numbers(found, *steps, alike=[named])


def _check_split(above: Coefficients, poles: list[int]) -> str:
    """Cramer's rule for the coefficients of the numerator."""
    columns = []
    for pole in poles:
        column = [1]
        for other in poles:
            column = column if other == pole else product(column, [1, -other])
        columns.append(column)
    rows = [list(row) for row in zip(*columns, strict=True)]
    whole, found = determinant(rows), []
    for place in range(len(poles)):
        replaced = [
            [*row[:place], c, *row[place + 1 :]] for row, c in zip(rows, above, strict=True)
        ]
        found.append(Fraction(determinant(replaced), whole))
    return as_tuple(found)


REMAINDER = Family(
    "remainder",
    (
        "What is the remainder when {text} is divided by {divisor}?",
        "{text} = ({divisor})*q(x) + r with a number r. What is r?",
    ),
    _draw_remainder, _solve_remainder, _check_remainder,
    lambda rng, p: str(rng.randint(-300, 600)), shown=_show_remainder,
)  # fmt: skip
DIVISION = Family(
    "division",
    (
        "What is the remainder R(x) when {text} is divided by {by}?",
        "{text} = ({by})*Q(x) + R(x), where R has a degree below 2. Find R(x).",
    ),
    _draw_division, _solve_division, _check_division,
    lambda rng, p: polynomial([nonzero(rng, 15), nonzero(rng, 25)]),
    shown=_show_division, form="the polynomial R(x)", written="closed",
)  # fmt: skip
SPLIT = Family(
    "split",
    (
        "Write {fraction} as {parts}. What is {letters}?",
        "For which {letters} is {fraction} = {parts} for all x where both sides are defined?",
    ),
    _draw_split, _solve_split, _check_split,
    lambda rng, p: as_tuple([nonzero(rng, 20) for _ in p["poles"]]), shown=_show_split,
    key=lambda above, poles: [above, sorted(poles)], form="the tuple {letters}",
)  # fmt: skip
