"""Infinite series with exact values: telescoping, with factorials, weighted geometric, Taylor's.

Families of :mod:`assay_envs.math.calculus`. The second methods add up: partial sums extrapolated or
long enough to recognise the value, and a recurrence for coefficients.
"""

from __future__ import annotations

import math
from fractions import Fraction
from itertools import pairwise
from random import Random

from assay_envs.math.families import Family, Parameters, Worked, nonzero, number
from assay_envs.math.integrals import CLOSE
from assay_envs.math.notation import bracketed, polynomial, signed, term

_TERMS = 200


def _draw_telescope(rng: Random, level: int) -> Parameters:
    """The sum of k/((n + a)(n + b)) over all n from 1 on."""
    a = rng.randint(0, 4)
    return {"k": rng.randint(1, 12), "a": a, "b": a + rng.randint(2, level)}


def _show_telescope(k: int, a: int, b: int) -> dict[str, str]:
    first = f"({polynomial([1, a], 'n')})" if a else "n"
    return {"text": f"{k}/({first}({polynomial([1, b], 'n')}))"}


def _solve_telescope(k: int, a: int, b: int) -> Worked:
    kept = [Fraction(1, n) for n in range(a + 1, b + 1)]
    total = sum(kept, Fraction(0))
    value = Fraction(k, b - a) * total
    steps = [
        f"{k}/((n + {a})(n + {b})) = {Fraction(k, b - a)}*(1/(n + {a}) - 1/(n + {b}))",
        "All but the first terms cancel.",
        f"{' + '.join(map(str, kept))} = {total}",
        f"{bracketed(Fraction(k, b - a))}*{bracketed(total)} = {value}",
    ]
    sign = f"\\sum_{{n=1}}^{{\\infty}} {_show_telescope(k, a, b)['text']}"
    mistakes = [k * total, Fraction(k, a + 1), value - Fraction(k, (a + 1) * (b + 1))]
    return number(value, *steps, mistakes=mistakes, undone=[sign])


def _check_telescope(k: int, a: int, b: int) -> str:
    """Partial sums at doubled lengths, extrapolated to their limit, and the fraction meant."""
    terms = [1 / ((n + a) * (n + b)) for n in range(1, 4_097)]
    sums = [math.fsum(terms[: 2**n]) for n in range(6, 13)]
    for order in range(1, len(sums)):
        sums = [(2**order * y - x) / (2**order - 1) for x, y in pairwise(sums)]
    return str(k * Fraction(sums[0]).limit_denominator(20_000))


def _draw_factorials(rng: Random, level: int) -> Parameters:
    """The sum of (p*n + q)*a^n/n! over all n from 0 on."""
    while True:
        p, q, a = nonzero(rng, 6), rng.randint(-9, 9), nonzero(rng, 5)
        if abs(p * a + q) > 1:
            return {"p": p, "q": q, "a": a}


def _show_factorials(p: int, q: int, a: int) -> dict[str, str]:
    return {"text": f"({polynomial([p, q], 'n')})*{bracketed(a)}^n/n!"}


def _solve_factorials(p: int, q: int, a: int) -> Worked:
    factor = p * a + q
    steps = [
        f"The sum of {bracketed(a)}^n/n! is e^({a}).",
        f"The sum of n*{bracketed(a)}^n/n! is {a}*e^({a}).",
        f"{p}*{bracketed(a)} + {bracketed(q)} = {factor}",
    ]
    sign = f"\\sum_{{n=0}}^{{\\infty}} {_show_factorials(p, q, a)['text']}"
    near = (factor + 1, p + q, -factor, p * a * a + q, p)
    wrong = [f"{n}*e^({a})" for n in dict.fromkeys(near) if n != factor]
    wrong += [f"{factor}*e^({-a})", str(factor)]
    return Worked(f"{factor}*e^({a})", steps, tuple(wrong), (), (sign,))


def _check_factorials(p: int, q: int, a: int) -> str:
    total, part = Fraction(0), Fraction(1)
    for n in range(60):
        total, part = total + (p * n + q) * part, part * a / (n + 1)
    return repr(float(total))


def _draw_weighted(rng: Random, level: int) -> Parameters:
    """The sum of (p*n + q)*r^n over all n from 0 on."""
    below = rng.randint(2, 3 + level)
    above = rng.choice([n for n in range(1 - below, below) if n and math.gcd(n, below) == 1])
    return {"p": nonzero(rng, 6), "q": rng.randint(-9, 9), "ratio": str(Fraction(above, below))}


def _show_weighted(p: int, q: int, ratio: str) -> dict[str, str]:
    return {"text": f"({polynomial([p, q], 'n')})*({ratio})^n"}


def _solve_weighted(p: int, q: int, ratio: str) -> Worked:
    r = Fraction(ratio)
    once, plain = r / (1 - r) ** 2, 1 / (1 - r)
    value = p * once + q * plain
    x = bracketed(r)
    steps = [
        f"The sum of r^n: 1/(1 - {x}) = {plain}",
        f"The sum of n*r^n: {x}/(1 - {x})^2 = {once}",
        f"{p}*{bracketed(once)} + {bracketed(q)}*{bracketed(plain)} = {value}",
    ]
    sign = f"\\sum_{{n=0}}^{{\\infty}} {_show_weighted(p, q, ratio)['text']}"
    mistakes = [(p + q) * plain, p * once / r + q * plain, p * plain + q, value - q]
    return number(value, *steps, mistakes=mistakes, undone=[sign])


def _check_weighted(p: int, q: int, ratio: str) -> str:
    """A long partial sum, rounded to the fraction that is meant."""
    r = Fraction(ratio)
    total, part = Fraction(0), Fraction(1)
    for n in range(_TERMS):
        total, part = total + (p * n + q) * part, part * r
    return str(total.limit_denominator(1_000))


def _draw_taylor(rng: Random, level: int) -> Parameters:
    """The coefficient of x^n in e^(a*x)/(1 - b*x)."""
    return {"a": nonzero(rng, 4), "b": nonzero(rng, 3), "n": rng.randint(3, level)}


def _show_taylor(a: int, b: int, n: int) -> dict[str, str]:
    return {"text": f"e^({term(a, 'x')})/({polynomial([-b, 1])})"}


def _solve_taylor(a: int, b: int, n: int) -> Worked:
    parts = [Fraction(a**k, math.factorial(k)) * b ** (n - k) for k in range(n + 1)]
    value = sum(parts, Fraction(0))
    steps = [
        f"{bracketed(a)}^{k}/{k}!*{bracketed(b)}^{n - k} = {part}" for k, part in enumerate(parts)
    ]
    steps.append(f"{signed([str(part) for part in parts])} = {value}")
    mistakes = [value * math.factorial(n), parts[-1], Fraction(b**n), value - parts[-1]]
    return number(value, *steps, mistakes=mistakes)


def _check_taylor(a: int, b: int, n: int) -> str:
    """From c(n) = b*c(n-1) + a^n/n!."""
    value, part = Fraction(1), Fraction(1)
    for k in range(1, n + 1):
        part = part * a / k
        value = b * value + part
    return str(value)


_SUM = (
    "What is the sum of {text} over all whole numbers n from {first} on?",
    "Find the exact value of the infinite series of {text}, n = {first}, {second}, ...",
)


def _from(first: int) -> dict[str, str]:
    return {"first": str(first), "second": f"{first + 1}, {first + 2}"}


TELESCOPE = Family(
    "telescope", _SUM, _draw_telescope, _solve_telescope, _check_telescope,
    lambda rng, p: f"{rng.randint(1, 60)}/{rng.randint(1, 40)}",
    shown=lambda **p: {**_show_telescope(**p), **_from(1)},
)  # fmt: skip
FACTORIALS = Family(
    "factorials", _SUM, _draw_factorials, _solve_factorials, _check_factorials,
    lambda rng, p: f"{nonzero(rng, 30)}*e^({nonzero(rng, 5)})",
    shown=lambda **p: {**_show_factorials(**p), **_from(0)},
    form="the exact value", written="closed", tolerance=CLOSE,
)  # fmt: skip
WEIGHTED = Family(
    "weighted", _SUM, _draw_weighted, _solve_weighted, _check_weighted,
    lambda rng, p: f"{nonzero(rng, 60)}/{rng.randint(1, 40)}",
    shown=lambda **p: {**_show_weighted(**p), **_from(0)},
)  # fmt: skip
TAYLOR = Family(
    "taylor",
    (
        "What is the coefficient of x^{n} in the power series of {text} at 0?",
        "Let f(x) = {text} = c(0) + c(1)x + c(2)x^2 + ... near 0. What is c({n})?",
    ),
    _draw_taylor, _solve_taylor, _check_taylor,
    lambda rng, p: f"{nonzero(rng, 90)}/{rng.randint(1, 30)}", shown=_show_taylor,
)  # fmt: skip
