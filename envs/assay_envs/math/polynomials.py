"""Polynomials: their arithmetic, for the families whose questions are about them.

A polynomial is its list of coefficients, the highest power's first.
"""

from __future__ import annotations

from collections.abc import Sequence
from fractions import Fraction
from random import Random
from typing import TypeAlias

from assay_envs.math.families import Worked, nonzero, number
from assay_envs.math.notation import Number, bracketed, polynomial, power, signed, term

Coefficients: TypeAlias = list[int]
"""A polynomial's coefficients, the highest power's first."""


def value_at(coefficients: Sequence[Number], x: Number) -> Fraction:
    """By Horner's rule."""
    value = Fraction(0)
    for coefficient in coefficients:
        value = value * x + coefficient
    return value


def horner(p: Coefficients, x: int) -> Worked:
    """The value at x, worked out by that rule."""
    steps, value = [], p[0]
    for coefficient in p[1:]:
        work = signed([f"{bracketed(value)}*{bracketed(x)}", str(coefficient)])
        steps.append(f"{work} = {value * x + coefficient}")
        value = value * x + coefficient
    turned = value_at(p, -x)
    return number(value, *steps, mistakes=[turned, value - p[-1]], undone=[powers(p, x)])


def powers(p: Sequence[Number], x: Number) -> str:
    """The value at x, written out."""
    degree, terms = len(p) - 1, []
    for i, c in enumerate(p):
        factor = str(c) if Fraction(c).denominator == 1 else bracketed(c)
        terms += [f"{factor}*{bracketed(x)}^{degree - i}"] if c else []
    return signed(terms)


def product(first: Sequence[int], second: Sequence[int]) -> Coefficients:
    """Multiplied out."""
    found = [0] * (len(first) + len(second) - 1)
    for i, a in enumerate(first):
        for j, b in enumerate(second):
            found[i + j] += a * b
    return found


def drawn(rng: Random, degree: int, most: int, lead: int = 3) -> Coefficients:
    """A polynomial of this degree without vanishing coefficients at either end."""
    between = [rng.randint(-most, most) for _ in range(degree - 1)]
    return [rng.randint(1, lead), *between, nonzero(rng, most)]


def divided(p: Coefficients, divisor: Coefficients) -> tuple[Coefficients, Coefficients, list[str]]:
    """Quotient and remainder by a quadratic divisor that begins with x^2, and the long division."""
    left, quotient, steps = list(p), [], []
    for i in range(len(p) - 2):
        factor = left[i]
        quotient.append(factor)
        for j, each in enumerate(divisor):
            left[i + j] -= factor * each
        part = power("x", len(p) - 3 - i)
        whole = polynomial([*(factor * each for each in divisor), *[0] * (len(p) - 3 - i)])
        times = term(factor, part)
        steps.append(
            f"{times} times the divisor is {whole}; less that: {polynomial(left[i + 1 :])}"
        )
    return quotient, left[-2:], steps
