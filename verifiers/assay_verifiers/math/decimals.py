"""Decimals that show so many digits that they can only mean one value, cut or rounded."""

from __future__ import annotations

from fractions import Fraction

from assay_verifiers.math.ball import Complex, Unclear
from assay_verifiers.math.exact import Exact, Inexact
from assay_verifiers.math.numerics import Floats
from assay_verifiers.math.tree import Hard, Node, TooCostly, Undefined, symbols, walk

_TELLING_DECIMALS = 7
_LONGEST = 1_000
_DIGITS_OF_A_DOUBLE = range(14, 18)


def tells(left: Node, right: Node) -> bool:
    """Whether a decimal of seven or more places is a fraction cut or rounded, and no other."""
    if left.head != "num" and not (left.head == "*" and left.args[-1].head == "num"):
        return False
    decimals = max((part.args[1] for part in walk(left) if part.head == "num"), default=0)
    if not _TELLING_DECIMALS <= decimals <= _LONGEST or any(
        p.head == "num" and p.args[1] for p in walk(right)
    ):
        return False
    try:
        (a, b), (c, d) = Exact().value(left), Exact().value(right)
    except (Undefined, TooCostly):
        return False
    except Inexact:
        return not symbols(right) and _is_double(left, decimals, right)
    shown, meant = Fraction(a, b), Fraction(c, d)
    place = Fraction(1, 10**decimals)
    unique = 10 * meant.denominator**2 <= 10**decimals
    return unique and abs(shown - meant) < place and abs(shown) <= abs(meant) + place / 2


def _is_double(decimal: Node, decimals: int, right: Node) -> bool:
    """Whether a decimal shows the digits that a machine's number has of a value, and no more."""
    balls = Floats()
    try:
        above, below = Exact().value(decimal)
        if (
            above.bit_length() > _LONGEST
            or len(str(above * 10**decimals // below).strip("-0")) not in _DIGITS_OF_A_DOUBLE
        ):
            return False
        (shown, _), (meant, error) = balls.value(decimal), balls.value(right)
    except (Undefined, Complex, Unclear, TooCostly, Hard):
        return False
    size = abs(meant)
    return bool(abs(shown - meant) <= size * 1e-15 and error < size * 1e-12)
