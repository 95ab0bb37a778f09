"""Notation: how numbers, surds and polynomials are written in questions and answers.

Everything is plain text that ``math`` reads: ``3x^2 - 5x + 1/2``, ``(2 + 3sqrt(5))/4``, ``2.75``.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from fractions import Fraction

Number = int | Fraction


def signed(terms: Sequence[str]) -> str:
    """A sum of terms that bring their signs: ``x^2``, ``-3x`` are ``x^2 - 3x``; none are 0."""
    text = " + ".join(terms) or "0"
    return text.replace("+ -", "- ")


def term(coefficient: Number, factor: str) -> str:
    """A multiple of ``factor``; 1 and -1 are not written."""
    exact = Fraction(coefficient)
    if abs(exact) == 1 and factor:
        return factor if exact > 0 else f"-{factor}"
    between = "*" if exact.denominator > 1 and factor else ""
    return f"{exact}{between}{factor}"


def power(variable: str, exponent: int) -> str:
    if exponent == 0:
        return ""
    return variable if exponent == 1 else f"{variable}^{exponent}"


def polynomial(coefficients: Sequence[Number], variable: str = "x") -> str:
    """The polynomial with these coefficients, the highest power's first."""
    degree = len(coefficients) - 1
    terms = [term(c, power(variable, degree - i)) for i, c in enumerate(coefficients) if c]
    return signed(terms)


def as_tuple(values: Sequence[object]) -> str:
    return f"({', '.join(map(str, values))})"


def bracketed(value: Number) -> str:
    """A number as a factor or base: brackets around a negative one and around a fraction."""
    exact = Fraction(value)
    return str(exact) if exact >= 0 and exact.denominator == 1 else f"({exact})"


def negative_bracketed(value: Number) -> str:
    """A number behind a sign of operation: brackets around a negative one only."""
    return str(value) if value >= 0 else f"({value})"


def decimal(value: Number) -> str:
    """A number whose decimals end.

    Raises:
        ValueError: its decimals do not end within 60 places.
    """
    exact = Fraction(value)
    places = next((n for n in range(60) if (exact * 10**n).denominator == 1), None)
    if places is None:
        raise ValueError(f"the decimals of {exact} do not end")
    digits = str(abs(int(exact * 10**places))).rjust(places + 1, "0")
    whole, rest = (digits[:-places], digits[-places:]) if places else (digits, "")
    return ("-" if exact < 0 else "") + whole + (f".{rest}" if rest else "")


def in_base(value: int, base: int) -> str:
    """The digits of a number that is not negative; the base is at most ten."""
    digits = ""
    while value:
        value, digit = divmod(value, base)
        digits = f"{digit}{digits}"
    return digits or "0"


def square_part(n: int) -> tuple[int, int]:
    """(a, b) with n = a^2*b and no square in b; n > 0."""
    outside, factor = 1, 2
    while factor * factor <= n:
        while n % (factor * factor) == 0:
            n, outside = n // (factor * factor), outside * factor
        factor += 1
    return outside, n


def surd(whole: Number, factor: Number, radicand: int) -> str:
    """``whole + factor*sqrt(radicand)`` over one denominator, in lowest terms."""
    first, second = Fraction(whole), Fraction(factor)
    below = first.denominator * second.denominator
    below //= _common(first * below, second * below, below)
    above = signed(
        [
            *([str(first * below)] if first else []),
            *([term(second * below, f"sqrt({radicand})")] if second else []),
        ]
    )
    if below == 1:
        return above
    return f"({above})/{below}" if first and second else f"{above}/{below}"


def _common(*values: Number) -> int:
    """The greatest whole number that divides all of these whole numbers."""
    return math.gcd(*(int(value) for value in values))
