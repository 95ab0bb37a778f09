"""Equality of two scalar expressions, decided in process within bounds.

Theory of operation. Expressions without variables are compared exactly where both are rational,
else by balls: balls apart are different numbers; balls that touch are equal only if they still
touch at a precision above the two expressions' *weight* (the bits of all their numbers), because
expressions of little weight that are not equal do not come closer than that (for sums of roots this
is a separation bound, for exponentials and the like the uniformity conjecture of D. Richardson).
So ``sqrt(2) + 10^-18`` and ``sqrt(2)`` are told apart, at any power of ten that may be written.

Expressions with variables are compared at points that the two texts themselves decide (nobody can
know the point before the text is fixed): exactly at integers where both are rational, else by balls
at several points, positive ones first. Points outside the real domain of either side do not count.
Variables that are integers by custom (n, k, m) get integers.
"""

from __future__ import annotations

import cmath
import hashlib
from collections.abc import Iterator
from fractions import Fraction

from assay_verifiers.math.ball import Balls, Complex, Unclear
from assay_verifiers.math.exact import Exact, Inexact
from assay_verifiers.math.numerics import Digits, Floats
from assay_verifiers.math.tree import Node, TooCostly, Undefined, symbols, walk

INTEGERS = frozenset(("n", "k", "m", "N", "K", "M", "j"))
_FIRST_BITS = 256
_MOST_BITS = 60_000
_BUDGET = 120_000.0  # steps of the machine's numbers (about a microsecond each) in a comparison
_POINTS = 3
_TRIES = 12
_STEPPED = frozenset(("abs", "floor", "ceil", "min", "max", "sgn", "mod", "gcd", "lcm"))


class Scalars:
    """Compares expressions; ``effort`` multiplies the work one comparison may take."""

    def __init__(self, seed: bytes, effort: float = 1.0) -> None:
        self._seed = seed
        self._left = _BUDGET * effort

    def equal(self, left: Node, right: Node) -> bool:
        """Whether two expressions are the same for all values of their variables.

        Raises:
            TooCostly: that would take more than may be spent.
            Hard: one of them needs an engine.
        """
        if left == right:
            return True
        names = sorted(symbols(left) | symbols(right))
        if not names:
            return self._constants(left, right)
        exactly = self._exactly(left, right, names)
        return self._at_points(left, right, names) if exactly is None else exactly

    def number(self, node: Node) -> complex | None:
        """The value of an expression without variables, in double precision; None without one, or
        beyond its range, where every two numbers would be as far from each other as from nothing.
        """
        if symbols(node):
            return None
        for make in (Floats, lambda: Digits(_FIRST_BITS)):
            balls = make()
            try:
                value, error = balls.value(node)
                found = complex(value) if error <= abs(value) * 1e-9 + 1e-300 else 0j
                return found if cmath.isfinite(found) else None
            except (Unclear, OverflowError):
                continue
            except (Undefined, Complex):
                return None
        return None

    # Without variables

    def _constants(self, left: Node, right: Node) -> bool:
        try:
            one, other = Exact().value(left), Exact().value(right)
            return one[0] * other[1] == other[0] * one[1]
        except (Inexact, TooCostly):
            return self._touch(left, right, {}, real=False)

    def _touch(
        self, left: Node, right: Node, at: dict[str, Fraction], *, real: bool, proof: bool = True
    ) -> bool:
        """Whether the two are equal at a point; with ``proof`` false, whether floats leave it open.

        Raises:
            Undefined, Complex: one of them has no (real) value there.
        """
        try:
            apart = self._apart(Floats(at, real=real), left, right)
            if apart or not proof:
                return not apart
        except Unclear:
            if not proof:
                return True
        return self._touch_in_digits(left, right, at, real)

    def _touch_in_digits(
        self, left: Node, right: Node, at: dict[str, Fraction], real: bool
    ) -> bool:
        bits = _FIRST_BITS
        while bits <= _MOST_BITS:
            balls = Digits(bits, at, real=real)
            try:
                if self._apart(balls, left, right):
                    return False
                needed = 64 + int(balls.weight)
                if needed <= bits:
                    return True
            except Unclear as error:
                if bits > 256 + 2 * balls.weight:
                    raise Undefined("a pole") from error
                needed = 4 * bits
            if balls.cost() * (needed / bits) ** 1.4 > self._left:
                raise TooCostly("too much work to tell")
            bits = max(needed, bits + 64)
        raise TooCostly("too many digits to tell")

    def _apart(self, balls: Balls, left: Node, right: Node) -> bool:
        """Whether the balls of the two do not touch; what it took is taken from the budget."""
        try:
            return _apart(balls, left, right)
        finally:
            self._left -= balls.cost()
            if self._left < 0:
                raise TooCostly("too much work to tell")

    # With variables

    def _exactly(self, left: Node, right: Node, names: list[str]) -> bool | None:
        """Equality by integer points, or None where the two are not both rational functions."""
        raised = _raised_names(left) | _raised_names(right)
        stepped = _is_stepped(left) or _is_stepped(right)
        agreed = 0
        for turn in range(_TRIES * (2 if stepped else 1)):
            values = {
                name: self._whole(name, turn, small=name in raised or (stepped and turn % 2 == 0))
                for name in names
            }
            try:
                one, other = Exact(values).value(left), Exact(values).value(right)
            except Undefined:
                continue
            except (Inexact, TooCostly):
                return None
            if one[0] * other[1] != other[0] * one[1]:
                return False
            agreed += 1
            if agreed >= (_TRIES if stepped or raised else _POINTS):
                break
        if stepped and not set(names) <= INTEGERS:
            return None  # integers alone do not tell a step from a line
        return agreed >= _POINTS if agreed else None

    def _whole(self, name: str, turn: int, *, small: bool) -> int:
        drawn = self._drawn(name, turn)
        if small:
            return drawn % 60 + 1 if name in INTEGERS or turn % 2 else drawn % 90 - 30
        return drawn % (1 << 22) + 1 if turn % 2 == 0 else drawn % (1 << 22) - (1 << 21)

    def _at_points(self, left: Node, right: Node, names: list[str]) -> bool:
        if not (_has_i(left) or _has_i(right)):
            found = self._at_real_points(left, right, names, real=True)
            if found is not None:
                return found
        return bool(self._at_real_points(left, right, names, real=False))

    def _at_real_points(
        self, left: Node, right: Node, names: list[str], *, real: bool
    ) -> bool | None:
        """Equality by balls; None where no point lies in both domains."""
        open_points = []
        for at in self._points(names):
            try:
                if not self._touch(left, right, at, real=real, proof=False):
                    return False
                open_points.append(at)
            except (Undefined, Complex):
                continue
        agreed = 0
        for at in open_points:
            try:
                if not self._touch_in_digits(left, right, at, real):
                    return False
                agreed += 1
            except (Undefined, Complex):
                continue
            if agreed >= _POINTS:
                return True
        return None if real and not agreed else agreed > 0

    def _points(self, names: list[str]) -> Iterator[dict[str, Fraction]]:
        """Points: some within (0, 1), some above, some of mixed signs."""
        for turn in range(_TRIES):
            yield {name: self._point(name, turn) for name in names}

    def _point(self, name: str, turn: int) -> Fraction:
        drawn = self._drawn(name, turn)
        if name in INTEGERS:
            return Fraction(drawn % 23 + 2)
        if turn % 3 == 0:
            return Fraction(drawn % 900 + 60, 1024)
        if turn % 3 == 1:
            return Fraction(drawn % 5000 + 1030, 1024)
        return Fraction((drawn % 6000 + 100) * (-1 if drawn >> 20 & 1 or turn == 2 else 1), 1024)

    def _drawn(self, name: str, turn: int) -> int:
        drawn = hashlib.blake2b(f"{name} {turn}".encode(), digest_size=6, key=self._seed).digest()
        return int.from_bytes(drawn, "big")


def seed_of(left: str, right: str) -> bytes:
    """The points' seed: a digest of the two texts, in either order."""
    both = "\0".join(sorted((left, right)))
    return hashlib.blake2b(both.encode(errors="replace"), digest_size=16).digest()


def _apart(balls: Balls, left: Node, right: Node) -> bool:
    """Whether the balls of the two do not touch.

    Raises:
        Unclear: they touch, but say too little: their errors are as large as themselves.
    """
    one, other = balls.value(left), balls.value(right)
    distance = balls.size(one[0] - other[0])
    reach = one[1] + other[1]
    if distance > reach:
        return True
    size = balls.size(one[0])
    if size * size * 1e-9 < reach * reach and reach * reach > balls.unit:
        raise Unclear("the errors drown the values")
    return False


def _raised_names(node: Node) -> set[str]:
    """Variables in exponents, factorials and binomials, where large integers cost too much."""
    found: set[str] = set()
    for part in walk(node):
        if part.head == "^":
            found |= symbols(part.args[1])
        elif part.head == "call" and part.args[0] in ("factorial", "factorial2", "binom"):
            for arg in part.args[1]:
                found |= symbols(arg)
        elif part.head == "hard":
            found |= symbols(part)
    return found


def _is_stepped(node: Node) -> bool:
    return any(part.head == "call" and part.args[0] in _STEPPED for part in walk(node))


def _has_i(node: Node) -> bool:
    return any(part == ("const", ("i",)) for part in walk(node))
