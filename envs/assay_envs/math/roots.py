"""Roots of polynomials: whole ones to be found, and power sums of any.

Families of :mod:`assay_envs.math.algebra`. The second methods try every whole number in reach of
the roots, and take traces of powers of the companion matrix.
"""

from __future__ import annotations

from fractions import Fraction
from random import Random

from assay_envs.math.families import Family, Parameters, Worked, nonzero, number, numbers
from assay_envs.math.notation import bracketed, polynomial, signed
from assay_envs.math.polynomials import Coefficients, drawn, product, value_at


def _draw_factor(rng: Random, level: int) -> Parameters:
    """A cubic with three different whole roots at level 4, a quartic with four above."""
    most = 17 if level < 5 else 10
    roots = rng.sample([n for n in range(-most, most + 1) if n], level - 1)
    p = [1]
    for root in roots:
        p = product(p, [1, -root])
    return {"p": p}


def _solve_factor(p: Coefficients) -> Worked:
    """Root after root, dividing by what was found."""
    left, found, steps = list(p), [], []
    while len(left) > 1:
        tries = (sign * n for n in range(1, abs(p[-1]) + 1) for sign in (1, -1))
        root = next(x for x in tries if value_at(left, x) == 0)
        work = signed([f"{c}*{bracketed(root)}^{len(left) - 1 - i}" for i, c in enumerate(left)])
        steps.append(f"{work} = 0")
        quotient = [left[0]]
        for coefficient in left[1:-1]:
            quotient.append(quotient[-1] * root + coefficient)
        left = quotient
        found.append(root)
        steps.append(f"Divided by {polynomial([1, -root])}: {polynomial(left)}")
    return numbers(sorted(found), *steps, ordered=False,
                   alike=[", ".join(f"x = {root}" for root in found)])  # fmt: skip


def _check_factor(p: Coefficients) -> str:
    """Every whole number in reach of the roots (Cauchy's bound) is tried."""
    most = 1 + max(abs(c) for c in p)
    most = min(most, abs(p[-1]))
    tries = range(-most, most + 1)
    return ", ".join(str(x) for x in tries if not sum(c * x**i for i, c in enumerate(p[::-1])))


def _draw_vieta(rng: Random, level: int) -> Parameters:
    """Roots that need not be rational; their sum of squares or cubes."""
    degree = 2 if level < 5 else 3
    asked = rng.choice(("cubes", "squares"))
    return {"p": drawn(rng, degree, 4 + 2 * level), "asked": asked}


def _show_vieta(p: Coefficients, asked: str) -> dict[str, str]:
    return {"text": polynomial(p), "count": "two" if len(p) == 3 else "three"}


def _solve_vieta(p: Coefficients, asked: str) -> Worked:
    e = [Fraction((-1) ** i * c, p[0]) for i, c in enumerate(p)] + [Fraction(0)]
    first = e[1]
    squares = first**2 - 2 * e[2]
    cubes = first**3 - 3 * first * e[2] + 3 * e[3]
    steps = [f"The sum of the roots is {first}, of their products in pairs {e[2]}."]
    if len(p) > 3:
        steps.append(f"The product of the roots is {e[3]}.")
    if asked == "squares":
        steps.append(f"{bracketed(first)}^2 - 2*{bracketed(e[2])} = {squares}")
        return number(squares, *steps, mistakes=[first**2, first**2 + 2 * e[2]])
    f, s = bracketed(first), bracketed(e[2])
    steps.append(f"{f}^3 - 3*{f}*{s} + 3*{bracketed(e[3])} = {cubes}")
    return number(cubes, *steps, mistakes=[first**3, first**3 + 3 * first * e[2]])


def _check_vieta(p: Coefficients, asked: str) -> str:
    """The trace of a power of the companion matrix."""
    degree = len(p) - 1
    rows = [[Fraction(int(j == i + 1)) for j in range(degree)] for i in range(degree - 1)]
    rows.append([Fraction(-c, p[0]) for c in reversed(p[1:])])
    result = rows
    for _ in range({"squares": 1, "cubes": 2}[asked]):
        result = [[sum((a * b for a, b in zip(row, column, strict=True)), Fraction(0))
                   for column in zip(*rows, strict=True)] for row in result]  # fmt: skip
    return str(sum((result[i][i] for i in range(degree)), Fraction(0)))


FACTOR = Family(
    "factor",
    (
        "Find all roots of {text}.",
        "At which x does the graph of y = {text} meet the x-axis?",
        "Solve {text} = 0.",
    ),
    _draw_factor, _solve_factor, _check_factor,
    lambda rng, p: ", ".join(str(nonzero(rng, 15)) for _ in p["p"][1:]),
    shown=lambda p: {"text": polynomial(p)}, form="all of them, separated by commas",
)  # fmt: skip
VIETA = Family(
    "vieta",
    (
        "What is the sum of the {asked} of the {count} complex roots of {text}, each counted as "
        "often as it occurs?",
        "The equation {text} = 0 has {count} complex solutions, counted with multiplicity. What "
        "do their {asked} add up to?",
    ),
    _draw_vieta, _solve_vieta, _check_vieta,
    lambda rng, p: str(rng.randint(-60, 120)), shown=_show_vieta,
)  # fmt: skip
