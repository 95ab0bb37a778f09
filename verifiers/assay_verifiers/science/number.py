"""Numbers as they are written in science, read exactly.

Integers, decimals, thousands separators, scientific notation of every common form, fractions,
mixed numbers, powers, roots, π, ``exp`` and ``ln`` of numbers. What is rational stays an exact
fraction; the rest is worked out to fifty digits and says so (``exact`` is false). Digits, depth and
exponents are bounded before anything is computed.

Input is the plain form of :mod:`.notation`. A reader stops at the first thing that is no number, so
the unit behind it is left to :mod:`.unit`.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from decimal import Context, Decimal
from fractions import Fraction
from math import isqrt

from assay_verifiers.science.notation import Unreadable

_MOST_BITS = 20_000
_LARGEST_POWER = 4_000
_DEEPEST = 30
_CONTEXT = Context(prec=50, Emax=999_999, Emin=-999_999)

PI = Fraction("3.14159265358979323846264338327950288419716939937510582097494")
_LITERAL = re.compile(
    r"((?:[0-9]{1,3}(?:,[0-9]{3})+(?![0-9])|[0-9]{1,3}(?: [0-9]{3})+(?![0-9])|[0-9]+)"
    r"(?:\.[0-9]+(?: [0-9]{3})*(?![0-9])|\.[0-9]+|\.(?![0-9]))?|\.[0-9]+)"
    r"(?:[eE]([+-]?[0-9]{1,6})(?![\w.]))?"
)
_MIXED = re.compile(r" ([0-9]{1,9})/([0-9]{1,9})(?![0-9.])")
_TIMES_TEN = re.compile(r"\s*[xX]\s*(?=10\s*\^)")
_FUNCTIONS = ("sqrt", "exp", "ln")
_ONE = Fraction(1)


@dataclass(frozen=True)
class Number:
    """A number and whether ``value`` is exactly what was written."""

    value: Fraction
    exact: bool = True


def read_number(text: str, start: int = 0, euler: bool = True) -> tuple[Number, int] | None:
    """The number at ``start`` and where it ends, or None where none begins.

    ``euler`` is false where ``e`` is the elementary charge and not Euler's number.
    """
    return _Reader(text, euler).sum(start)


_Found = tuple[Number, int]


class _Reader:
    """Recursive descent; every method gives the number from ``at`` and its end, or None."""

    def __init__(self, text: str, euler: bool) -> None:
        self._text = text
        self._euler = euler
        self._depth = 0

    def sum(self, at: int) -> _Found | None:
        self._depth += 1
        if self._depth > _DEEPEST:
            raise Unreadable("nested too deep", "too_costly")
        found = self._signed(at)
        while found:
            total, at = found
            sign = self._skip(at)
            operator = self._text[sign : sign + 1]
            following = self._product(sign + 1) if operator in ("+", "-") and operator else None
            if following is None:
                break
            value = following[0].value if operator == "+" else -following[0].value
            exact = total.exact and following[0].exact
            found = Number(_bounded(total.value + value), exact), following[1]
        self._depth -= 1
        return found

    def _signed(self, at: int) -> _Found | None:
        at = self._skip(at)
        sign = self._text[at : at + 1]
        if not sign or sign not in "+-–":
            return self._product(at)
        found = self._product(at + 1)
        if found is None or sign == "+":
            return found
        return Number(-found[0].value, found[0].exact), found[1]

    def _product(self, at: int) -> _Found | None:
        found = self._power(at)
        while found:
            left, at = found
            place = self._skip(at)
            operator = self._text[place : place + 1]
            tens = _TIMES_TEN.match(self._text, at)
            if tens:
                following = self._power(tens.end())
            elif operator and operator in "×·*/":
                following = self._power(place + 1)
            else:
                following = None if operator.isdigit() else self._power(place)
            if following is None:
                break
            found = _times(left, following[0], operator == "/" and not tens), following[1]
        return found

    def _power(self, at: int) -> _Found | None:
        found = self._atom(self._skip(at))
        if found is None or self._text[found[1] : found[1] + 1] != "^":
            return found
        inner = self._atom(found[1] + 1)
        if inner is None:
            return None  # a power of no number belongs to a unit
        return _raised(found[0], inner[0]), inner[1]

    def _atom(self, at: int) -> _Found | None:
        literal = _LITERAL.match(self._text, at)
        if literal:
            return self._literal(literal)
        letter = self._text[at : at + 1]
        if letter == "π":
            return Number(PI, False), at + 1
        if self._euler and letter == "e" and self._text[at + 1 : at + 2] == "^":
            return Number(_exp(_ONE), False), at + 1
        if letter == "(":
            return self._closed(self.sum(at + 1))
        for name in _FUNCTIONS:
            if self._text.startswith(f"{name}(", at):
                inside = self._closed(self.sum(at + len(name) + 1))
                return inside and (_applied(name, inside[0]), inside[1])
        return None

    def _closed(self, found: _Found | None) -> _Found | None:
        if found is None:
            return None
        at = self._skip(found[1])
        return (found[0], at + 1) if self._text[at : at + 1] == ")" else None

    def _literal(self, literal: re.Match[str]) -> _Found:
        exponent = int(literal[2] or 0)
        if abs(exponent) > _LARGEST_POWER:
            raise Unreadable("an exponent is out of bounds", "too_costly")
        value = Fraction(literal[1].replace(",", "").replace(" ", "")) * Fraction(10) ** exponent
        mixed = _MIXED.match(self._text, literal.end()) if literal[1].isdigit() else None
        if mixed and int(mixed[2]):
            return Number(value + Fraction(int(mixed[1]), int(mixed[2]))), mixed.end()
        return Number(_bounded(value)), literal.end()

    def _skip(self, at: int) -> int:
        while self._text[at : at + 1] == " ":
            at += 1
        return at


def _bounded(value: Fraction) -> Fraction:
    if value.numerator.bit_length() + value.denominator.bit_length() > _MOST_BITS:
        raise Unreadable("a number has too many digits", "too_costly")
    return value


def _times(left: Number, right: Number, divide: bool) -> Number:
    if divide and not right.value:
        raise Unreadable("a division by zero")
    value = left.value / right.value if divide else left.value * right.value
    return Number(_bounded(value), left.exact and right.exact)


def _raised(base: Number, exponent: Number) -> Number:
    power = exponent.value
    if abs(power) > _LARGEST_POWER or (not base.value and power <= 0):
        raise Unreadable("a power is out of bounds", "too_costly")
    size = max(base.value.numerator.bit_length(), base.value.denominator.bit_length())
    if size * abs(power) > _MOST_BITS:
        raise Unreadable("a power is out of bounds", "too_costly")
    if exponent.exact and power.denominator == 1:
        return Number(_bounded(base.value ** int(power)), base.exact)
    if base.value < 0:
        raise Unreadable("a root of a negative number")
    if power == Fraction(1, 2) and exponent.exact:
        return _applied("sqrt", base)
    return Number(_rounded(_CONTEXT.power(_decimal(base.value), _decimal(power))), False)


def _applied(name: str, argument: Number) -> Number:
    value = argument.value
    if name == "exp":
        return Number(_exp(value), False)
    if name == "ln":
        if value <= 0:
            raise Unreadable("a logarithm of no positive number")
        return Number(_rounded(_CONTEXT.ln(_decimal(value))), False)
    if value < 0:
        raise Unreadable("a root of a negative number")
    root = Fraction(isqrt(value.numerator), isqrt(value.denominator))
    if root * root == value:
        return Number(root, argument.exact)
    return Number(_rounded(_CONTEXT.sqrt(_decimal(value))), False)


def _exp(value: Fraction) -> Fraction:
    if abs(value) > _LARGEST_POWER:
        raise Unreadable("an exponential is out of bounds", "too_costly")
    return _rounded(_CONTEXT.exp(_decimal(value)))


def _decimal(value: Fraction) -> Decimal:
    return _CONTEXT.divide(Decimal(value.numerator), Decimal(value.denominator))


def _rounded(value: Decimal) -> Fraction:
    if not value.is_finite() or abs(value.adjusted()) > 2 * _LARGEST_POWER:
        raise Unreadable("a number is out of bounds", "too_costly")
    return Fraction(value)


# Significant figures

_FIGURES = re.compile(r"[-+–]? *([0-9][0-9, ]*)?(\.[0-9 ]*)?(?:[ ×*·(^°%‰]|[^\W\d_]|$)")


def written_figures(text: str) -> tuple[int, int] | None:
    """The fewest and the most significant figures that a written decimal may claim.

    They differ where an integer ends in zeros: ``1500`` may claim two, three or four.
    """
    match = _FIGURES.match(text.strip())
    if match is None or not (match[1] or match[2]):
        return None
    whole = (match[1] or "").replace(",", "").replace(" ", "")
    part = (match[2] or "").replace(" ", "")
    digits = (whole + part[1:]).lstrip("0")
    if not digits:
        return (1, 1)
    fewest = len(digits) if part else len(digits.rstrip("0"))
    return fewest, len(digits)


def rounded_to(value: Fraction, figures: int) -> frozenset[Fraction]:
    """``value`` rounded to ``figures`` significant figures; both neighbours where it is a tie."""
    if not value:
        return frozenset((value,))
    step = Fraction(10) ** (_magnitude(abs(value)) - figures + 1)
    below, rest = divmod(value, step)
    if rest * 2 == step:
        return frozenset((below * step, (below + 1) * step))
    return frozenset(((below + (rest * 2 > step)) * step,))


def _magnitude(value: Fraction) -> int:
    """The exponent of the leading decimal digit of a positive number."""
    guess = int((value.numerator.bit_length() - value.denominator.bit_length()) * 0.30103)
    while Fraction(10) ** guess > value:
        guess -= 1
    while Fraction(10) ** (guess + 1) <= value:
        guess += 1
    return guess
