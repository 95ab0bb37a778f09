"""Exact evaluation over the rationals, where the variables are integers.

A value is a pair of integers, numerator and denominator, never reduced (reducing long integers
costs a square) and never rounded. Every result's bits are counted against a budget, so no
expression takes more than some milliseconds. What leaves the rationals (roots, pi, functions)
raises :class:`Inexact` and is left to :mod:`ball`.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from fractions import Fraction

from assay_verifiers.math.tree import Hard, Node, TooCostly, Undefined, num, substituted

Ratio = tuple[int, int]
LARGEST_BITS = 400_000
_BUDGET_BITS = 4_000_000
_STEP_BITS = 64  # what a step costs whatever its digits
_LARGEST_FACTORIAL = 10_000
_MOST_TERMS = 200


class Inexact(Exception):
    """The expression is not rational here, or not plainly."""


class Exact:
    """Evaluates nodes at one assignment of integers to variables.

    Args:
        values: what each variable is worth.
    """

    def __init__(self, values: Mapping[str, int] | None = None) -> None:
        self._values = values or {}
        self._bits = 0

    def value(self, node: Node) -> Ratio:
        """The value of ``node``, its denominator positive.

        Raises:
            Inexact: it is not rational, or not plainly so.
            Undefined: it has no value (a division by zero).
            TooCostly: it has more digits than may be computed.
        """
        rule = _RULES.get(node.head)
        if rule is None:
            raise Inexact(node.head)
        above, below = rule(self, node.args)
        bits = above.bit_length() + below.bit_length()
        self._bits += bits + _STEP_BITS
        if bits > LARGEST_BITS or self._bits > _BUDGET_BITS:
            raise TooCostly("too many digits")
        return (above, below) if below > 0 else (-above, -below)

    def integer(self, node: Node) -> int:
        above, below = self.value(node)
        whole, rest = divmod(above, below)
        if rest:
            raise Inexact("no integer")
        return whole

    def variable(self, name: str) -> int:
        try:
            return self._values[name]
        except KeyError:
            raise Inexact(name) from None


def _number(_: Exact, args: tuple[Fraction, int]) -> Ratio:
    return args[0].numerator, args[0].denominator


def _symbol(at: Exact, args: tuple[str]) -> Ratio:
    return at.variable(args[0]), 1


def _sum(at: Exact, args: tuple[Node, ...]) -> Ratio:
    above, below = at.value(args[0])
    for term in args[1:]:
        top, under = at.value(term)
        above, below = (
            (above + top, below) if under == below else (above * under + top * below, below * under)
        )
    return above, below


def _product(at: Exact, args: tuple[Node, ...]) -> Ratio:
    above, below = at.value(args[0])
    for factor in args[1:]:
        top, under = at.value(factor)
        above, below = above * top, below * under
        _check(above.bit_length() + below.bit_length())
    return above, below


def _quotient(at: Exact, args: tuple[Node, Node]) -> Ratio:
    (above, below), (top, under) = at.value(args[0]), at.value(args[1])
    if top == 0:
        raise Undefined("a division by zero")
    return above * under, below * top


def _power(at: Exact, args: tuple[Node, Node]) -> Ratio:
    base, exponent = at.value(args[0]), at.value(args[1])
    if exponent[1] != 1:
        shared = math.gcd(*exponent)
        exponent = exponent[0] // shared, exponent[1] // shared
    if exponent[1] != 1:
        base = _rooted(base, exponent[1])
    return _raised(base, exponent[0])


def _raised(base: Ratio, power: int) -> Ratio:
    above, below = base
    if power < 0:
        if above == 0:
            raise Undefined("a division by zero")
        above, below, power = below, above, -power
    if abs(above) <= 1 and below == 1:
        return (above if power % 2 or above >= 0 else 1) if power else 1, 1
    _check(max(above.bit_length(), below.bit_length()) * power)
    return above**power, below**power


def _check(bits: int) -> None:
    if bits > LARGEST_BITS:
        raise TooCostly("too many digits")


def _rooted(value: Ratio, degree: int) -> Ratio:
    """The real root where it is rational."""
    shared = math.gcd(*value) if value[0] else value[1]
    above, below = value[0] // shared, value[1] // shared
    if degree > 64 or above.bit_length() + below.bit_length() > 4_000:
        raise Inexact("a large root")
    if above < 0 and degree % 2 == 0:
        raise Inexact("no real root")
    return _integer_root(above, degree), _integer_root(below, degree)


def _integer_root(value: int, degree: int) -> int:
    if value < 0:
        return -_integer_root(-value, degree)
    root = math.isqrt(value) if degree == 2 else _newton(value, degree)
    if root**degree != value:
        raise Inexact("no rational root")
    return root


def _newton(value: int, degree: int) -> int:
    if value < 2:
        return value
    root = 1 << -(-value.bit_length() // degree)
    while (lower := ((degree - 1) * root + value // root ** (degree - 1)) // degree) < root:
        root = lower
    return root


def _call(at: Exact, args: tuple[str, tuple[Node, ...]]) -> Ratio:
    name, arguments = args
    rule = _FUNCTIONS.get(name)
    if rule is None:
        raise Inexact(name)
    return rule(at, arguments)


def _absolute(at: Exact, args: tuple[Node, ...]) -> Ratio:
    above, below = at.value(_one(args))
    return abs(above), below


def _floor(at: Exact, args: tuple[Node, ...]) -> Ratio:
    above, below = at.value(_one(args))
    return above // below, 1


def _ceiling(at: Exact, args: tuple[Node, ...]) -> Ratio:
    above, below = at.value(_one(args))
    return -(-above // below), 1


def _one(args: tuple[Node, ...]) -> Node:
    if len(args) != 1:
        raise Inexact("a function of one thing has several")
    return args[0]


def _factorial(at: Exact, args: tuple[Node, ...]) -> Ratio:
    size = _count(at, _one(args))
    return math.factorial(size), 1


def _double_factorial(at: Exact, args: tuple[Node, ...]) -> Ratio:
    return math.prod(range(_count(at, _one(args)), 0, -2)), 1


def _count(at: Exact, node: Node) -> int:
    size = at.integer(node)
    if size < 0:
        raise Undefined("a factorial of a negative number")
    if size > _LARGEST_FACTORIAL:
        raise TooCostly("too large a factorial")
    return size


def _binomial(at: Exact, args: tuple[Node, ...]) -> Ratio:
    if len(args) != 2:
        raise Inexact("a binomial of two things")
    size, chosen = at.integer(args[0]), at.integer(args[1])
    if size < 0:
        raise Inexact("a negative binomial")
    if not 0 <= chosen <= size:
        return 0, 1
    _check(min(chosen, size - chosen) * size.bit_length())
    return math.comb(size, chosen), 1


def _modulo(at: Exact, args: tuple[Node, ...]) -> Ratio:
    if len(args) != 2:
        raise Inexact("mod of two things")
    (above, below), (top, under) = at.value(args[0]), at.value(args[1])
    if top == 0:
        raise Undefined("modulo zero")
    return (above * under) % (top * below), below * under


def _gcd(at: Exact, args: tuple[Node, ...]) -> Ratio:
    return math.gcd(*_short(at, args)), 1


def _lcm(at: Exact, args: tuple[Node, ...]) -> Ratio:
    return math.lcm(*_short(at, args)), 1


def _short(at: Exact, args: tuple[Node, ...]) -> list[int]:
    found = [at.integer(arg) for arg in args]
    if sum(value.bit_length() for value in found) > 10_000:
        raise TooCostly("a divisor of long numbers")
    return found


def _least(at: Exact, args: tuple[Node, ...]) -> Ratio:
    return _as_ratio(min(Fraction(*at.value(arg)) for arg in args))


def _greatest(at: Exact, args: tuple[Node, ...]) -> Ratio:
    return _as_ratio(max(Fraction(*at.value(arg)) for arg in args))


def _as_ratio(value: Fraction) -> Ratio:
    return value.numerator, value.denominator


def _sign(at: Exact, args: tuple[Node, ...]) -> Ratio:
    above, _ = at.value(_one(args))
    return (above > 0) - (above < 0), 1


def _square_root(at: Exact, args: tuple[Node, ...]) -> Ratio:
    return _rooted(at.value(_one(args)), 2)


def _root(at: Exact, args: tuple[Node, ...]) -> Ratio:
    degree = at.integer(args[1])
    if degree < 1:
        raise Inexact("a root of degree below one")
    return _rooted(at.value(args[0]), degree)


def _same(at: Exact, args: tuple[Node, ...]) -> Ratio:
    return at.value(_one(args))


def _based(_: Exact, args: tuple[int, int]) -> Ratio:
    return args[0], 1


def _ratio(at: Exact, args: tuple[Node, ...]) -> Ratio:
    if len(args) != 2:
        raise Inexact("a ratio of several things")
    return _quotient(at, (args[0], args[1]))


def _applied(at: Exact, args: tuple[Node, Node]) -> Ratio:
    return _product(at, args)


def _big(at: Exact, args: tuple[str, Node, Node, Node]) -> Ratio:
    """A sum or product over a short range of integers."""
    name, body, below, above = args
    terms = unrolled(at, name, body, below, above)
    return _sum(at, terms) if name == "sum" else _product(at, terms)


def unrolled(at: Exact, name: str, body: Node, below: Node, above: Node) -> tuple[Node, ...]:
    """The terms of a sum or product with short integer bounds; :class:`Hard` for any other."""
    equation = below.head == "rel" and len(below.args) == 3 and below.args[1] == "="
    if name not in ("sum", "prod") or not equation or below.args[0].head not in ("sym", "const"):
        raise Hard(name)
    try:
        first, last = at.integer(below.args[2]), at.integer(above)
    except Inexact as error:
        raise Hard(name) from error
    if last - first >= _MOST_TERMS:
        raise Hard(name)
    if last < first:
        return (num(0 if name == "sum" else 1),)
    index = below.args[0]
    if index.head == "const":
        raise Hard(name)
    return tuple(substituted(body, index.args[0], num(k)) for k in range(first, last + 1))


_Rule = Callable[..., Ratio]
_RULES: dict[str, _Rule] = {
    "num": _number, "sym": _symbol, "+": _sum, "*": _product, "/": _quotient, "^": _power,
    "call": _call, "based": _based, "ratio": _ratio, "apply": _applied, "hard": _big,
}  # fmt: skip
_FUNCTIONS: dict[str, _Rule] = {
    "abs": _absolute, "floor": _floor, "ceil": _ceiling, "factorial": _factorial,
    "factorial2": _double_factorial, "binom": _binomial, "mod": _modulo, "gcd": _gcd, "lcm": _lcm,
    "min": _least, "max": _greatest, "sgn": _sign, "sqrt": _square_root, "root": _root,
    "conj": _same, "Re": _same,
}  # fmt: skip
