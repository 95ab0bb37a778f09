"""Decimals: what a decimal with many places, or one that was rounded, stands for.

A decimal is the number it writes, with two exceptions. One that shows so many digits of a fraction
that no other small fraction has them is that fraction (``0.3333333`` is 1/3; ``0.33333`` is not).
One of sixteen or seventeen digits that is the machine's number nearest to a root or the like was
computed from it, and is it (``1.4142135623730951``). Fewer digits, or more, are never pi or a root:
where rounded answers count, the task declares a tolerance.
"""

from __future__ import annotations

import math
from fractions import Fraction

from assay_verifiers.math.ball import Complex, Unclear
from assay_verifiers.math.exact import Exact, Inexact
from assay_verifiers.math.numerics import Floats
from assay_verifiers.math.tree import Hard, Node, TooCostly, Undefined, symbols, walk

_TELLING_DECIMALS = 7
_LONGEST = 1_000
_DIGITS_OF_A_DOUBLE = (16, 17)


def tells(left: Node, right: Node) -> bool:
    """Whether a decimal of seven or more places is a fraction cut or rounded, and no other."""
    if left.head != "num" and not (left.head == "*" and left.args[-1].head == "num"):
        return False
    decimals = _decimals(left)
    if not _TELLING_DECIMALS <= decimals <= _LONGEST or _decimals(right):
        return False
    try:
        (a, b), (c, d) = Exact().value(left), Exact().value(right)
    except Inexact:
        return not symbols(right) and _is_double(left, decimals, right)
    except (Undefined, TooCostly, Hard):
        return False
    shown, meant = Fraction(a, b), Fraction(c, d)
    place = Fraction(1, 10**decimals)
    unique = 10 * meant.denominator**2 <= 10**decimals
    return unique and abs(shown - meant) < place and abs(shown) <= abs(meant) + place / 2


def _is_double(decimal: Node, decimals: int, right: Node) -> bool:
    """Whether a decimal is written as the machine's number of a value is, and is that number."""
    try:
        above, below = Exact().value(decimal)
        digits = len(str(abs(above) * 10**decimals // below))
        if above.bit_length() > _LONGEST or digits not in _DIGITS_OF_A_DOUBLE:
            return False
        meant, error = Floats().value(right)
    except (Undefined, Complex, Unclear, TooCostly, Hard):
        return False
    near = isinstance(meant, float) and abs(meant - above / below) <= math.ulp(meant)
    return near and error < abs(meant) * 1e-12


def _decimals(node: Node) -> int:
    """The most places that a number in ``node`` shows."""
    return max((part.args[1] for part in walk(node) if part.head == "num"), default=0)
