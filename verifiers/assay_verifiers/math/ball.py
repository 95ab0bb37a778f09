"""Ball arithmetic: complex values that carry a bound of their own error, at any precision.

A ball is a pair ``(value, error)``: the true value lies within ``error`` of ``value``. ``Floats``
computes with the machine's complex numbers (some microseconds an expression), ``Digits`` with
mpmath at a given precision. Two balls that do not touch are different numbers, whatever the
precision. Balls that touch prove nothing; see :mod:`equality` for what does.

An evaluation also counts its *weight*: the bits of every number on the way. Expressions with little
weight cannot come extremely close to each other without being equal, so weight decides how many
digits must agree.
"""

from __future__ import annotations

import math
from abc import ABC, abstractmethod
from collections.abc import Mapping
from fractions import Fraction
from typing import Any

from assay_verifiers.math.exact import Exact, Inexact, unrolled
from assay_verifiers.math.functions import FUNCTIONS
from assay_verifiers.math.matrices import determinant
from assay_verifiers.math.tree import Hard, Node, TooCostly, Undefined

Ball = tuple[Any, Any]
_LARGEST_ARGUMENT_BITS = 256


class Unclear(Exception):
    """At this precision the value cannot be bounded (a division by what may be zero …)."""


class Complex(Exception):
    """A value that must be real is not."""


class Balls(ABC):
    """Evaluates nodes at one assignment of rationals to variables.

    Args:
        values: what each variable is worth.
        real: refuse (:class:`Complex`) whatever leaves the reals on the way.
    """

    def __init__(self, values: Mapping[str, Fraction] | None = None, *, real: bool = False) -> None:
        self._values = values or {}
        self._real = real
        self.weight = 0.0
        self.work = 0
        self.steps = 0

    # What an arithmetic must provide

    unit: Any
    most_steps: int

    @abstractmethod
    def cost(self) -> float:
        """What was computed so far, in steps of the machine's numbers."""

    @abstractmethod
    def of(self, value: Fraction) -> Any: ...

    @abstractmethod
    def size(self, value: Any) -> Any:
        """The absolute value."""

    @abstractmethod
    def bits(self, value: Any) -> float:
        """The binary logarithm of the absolute value, roughly."""

    @abstractmethod
    def constant(self, name: str) -> Any: ...

    @abstractmethod
    def apply(self, name: str, value: Any) -> Any:
        """An elementary function of a value."""

    @abstractmethod
    def real_part(self, value: Any) -> Any: ...

    # Evaluation

    def value(self, node: Node) -> Ball:
        """The ball of ``node``.

        Raises:
            Undefined: it has no value here.
            Unclear: the precision is too low to say.
            Complex: it is not real, and must be.
            Hard: it needs an engine.
            TooCostly: its numbers are too large.
        """
        head, args = node
        self.steps += 1
        if self.steps > self.most_steps:
            raise TooCostly("too many steps")
        if head == "num":
            ball = self._rational(args[0])
        elif head == "sym":
            ball = self._variable(args[0])
        elif head == "+":
            ball = self._sum(args)
        elif head == "*" or head == "apply":
            ball = self._product(args)
        elif head == "/":
            ball = self.divided(self.value(args[0]), self.value(args[1]))
        elif head == "^":
            ball = self._power(args[0], args[1])
            if (size := self.size(ball[0])) > ball[1]:  # a small base raised is very small
                self.weight += abs(self.bits(size))
        elif head == "const":
            ball = self._constant(args[0])
        elif head == "call":
            ball = self._call(args[0], args[1])
        elif head == "deg":
            ball = self.times(
                self.value(args[0]),
                self.divided(self._constant("pi"), self._rational(Fraction(180))),
            )
        elif head == "based":
            ball = self._rational(Fraction(args[0]))
        elif head == "fn":
            ball = self._unknown(args)
        elif head == "hard":
            ball = self._big(args)
        elif head == "ratio" and len(args) == 2:
            ball = self.divided(self.value(args[0]), self.value(args[1]))
        else:
            raise Undefined(f"{head} has no numeric value")
        return ball

    def _rational(self, value: Fraction) -> Ball:
        self.weight += value.numerator.bit_length() + value.denominator.bit_length()
        found = self.of(value)
        return found, self.size(found) * self.unit

    def _variable(self, name: str) -> Ball:
        if name not in self._values:
            raise Undefined(name)
        return self._rational(self._values[name])

    def _constant(self, name: str) -> Ball:
        if name == "i":
            if self._real:
                raise Complex("i")
            return self.constant("i"), 0
        if name in ("inf", "dots"):
            raise Undefined(name)
        found = self.constant(name)
        return found, found * self.unit

    def _sum(self, args: tuple[Node, ...]) -> Ball:
        total, error = self.value(args[0])
        for term in args[1:]:
            value, more = self.value(term)
            total = total + value
            error = error + more + self.size(total) * self.unit
        return total, error

    def _product(self, args: tuple[Node, ...]) -> Ball:
        ball = self.value(args[0])
        for factor in args[1:]:
            ball = self.times(ball, self.value(factor))
        return ball

    def times(self, left: Ball, right: Ball) -> Ball:
        value = left[0] * right[0]
        return value, (
            self.size(left[0]) * right[1]
            + self.size(right[0]) * left[1]
            + left[1] * right[1]
            + self.size(value) * self.unit
        )

    def divided(self, left: Ball, right: Ball) -> Ball:
        room = self.size(right[0]) - right[1]
        if not room > 0:
            if right == (0, 0) or (right[1] == 0 and not right[0]):
                raise Undefined("a division by zero")
            raise Unclear("a division by what may be zero")
        value = left[0] / right[0]
        size = self.size(value)
        return value, (left[1] + size * right[1]) / room + size * self.unit

    def _power(self, base: Node, exponent: Node) -> Ball:
        try:
            above, below = Exact().value(exponent)
        except (Inexact, Undefined, Hard):
            return self._general_power(self.value(base), self.value(exponent), base)
        power = Fraction(above, below) if above.bit_length() + below.bit_length() < 9_000 else None
        if power is None:
            raise TooCostly("too long an exponent")
        self.weight += power.denominator.bit_length() + power.numerator.bit_length()
        if power.denominator == 1:
            return self.raised(self.value(base), int(power))
        found = self.value(base)
        if self._negative(found) and power.denominator % 2:
            root = self._exponential((-found[0], found[1]), self._rational(power))
            return (-root[0], root[1]) if power.numerator % 2 else root
        if power.denominator == 2:
            return self.raised(self.elementary("sqrt", found), power.numerator)
        return self._exponential(found, self._rational(power))

    def raised(self, base: Ball, power: int) -> Ball:
        if power == 0:
            return self.of(Fraction(1)), 0
        if power < 0:
            return self.divided((self.of(Fraction(1)), 0), self.raised(base, -power))
        if power > 64:
            size = self.size(base[0])
            if size <= base[1]:
                if not size and not base[1]:
                    return base
                raise Unclear("a power of what may be zero")
            return self._exponential(base, self._rational(Fraction(power)), whole=True)
        found, square = None, base
        while power:
            if power & 1:
                found = square if found is None else self.times(found, square)
            power >>= 1
            if power:
                square = self.times(square, square)
        return found if found is not None else base

    def _general_power(self, base: Ball, exponent: Ball, written: Node) -> Ball:
        if written == ("const", ("e",)):
            return self.elementary("exp", exponent)
        return self._exponential(base, exponent)

    def _exponential(self, base: Ball, exponent: Ball, *, whole: bool = False) -> Ball:
        if not base[0] and not base[1]:
            if self.real_part(exponent[0]) > 0:
                return base
            raise Undefined("a power of zero")
        if whole and self._real and self._negative(base):
            positive = self._exponential((-base[0], base[1]), exponent)
            odd = int(self.real_part(exponent[0])) % 2
            return (-positive[0], positive[1]) if odd else positive
        return self.elementary("exp", self.times(exponent, self.elementary("log", base)))

    def _negative(self, ball: Ball) -> bool:
        real = self.real_part(ball[0])
        return bool(real < 0 and real + ball[1] < 0 and abs(ball[0] - real) <= ball[1])

    def elementary(self, name: str, ball: Ball) -> Ball:
        """A function of known derivative: its error is the derivative's bound times the ball's."""
        value, error = ball
        size = self.size(value)
        if self._real and name in ("log", "sqrt") and self._negative(ball):
            raise Complex(name)
        if name in ("log", "sqrt"):
            if size <= error:
                if name == "sqrt" and not size and not error:
                    return ball
                if name == "log" and not size and not error:
                    raise Undefined("the logarithm of zero")
                raise Unclear("a root or logarithm of what may be zero")
            if self._near_cut(ball):
                value = self.real_part(value)
        if self.bits(size) > _LARGEST_ARGUMENT_BITS:
            raise TooCostly("too large an argument")
        found = self.apply(name, value)
        self.work += 1
        if self._real and abs(found - self.real_part(found)) > 0:
            raise Complex(name)
        slope = self._slope(name, value, found, error)
        size, reach = self.size(found), slope * error * 2 + self.size(found) * self.unit * 4
        if size > reach:  # else it may be zero, which weighs nothing
            self.weight += abs(self.bits(size))
        return found, reach

    def _near_cut(self, ball: Ball) -> bool:
        """Whether a rounding error alone puts a negative real off the cut of log and sqrt."""
        real = self.real_part(ball[0])
        return bool(real < 0 and abs(ball[0] - real) <= ball[1])

    def _slope(self, name: str, value: Any, found: Any, error: Any) -> Any:
        if name == "exp":
            if error > 0.5:
                raise Unclear("an exponential of an unclear value")
            return self.size(found)
        if name == "log":
            return 1 / (self.size(value) - error)
        if name == "sqrt":
            return self.size(found) / (self.size(value) - error)
        if name in ("sin", "cos"):
            return (
                1
                + self.size(found)
                + self.size(self.apply("cos" if name == "sin" else "sin", value))
            )
        if name == "atan":
            near = self.size(1 + value * value) - 2 * error * (self.size(value) + error)
            if not near > 0:
                raise Unclear("an arc tangent near its pole")
            return 1 / near
        near = self.size(1 - value * value) - 2 * error * (self.size(value) + error)
        if not near > 0:
            if error == 0 or self.size(1 - value * value) == 0:
                return self.size(1 / self.unit) ** 0.5 if error else 0
            raise Unclear("an arc sine near its edge")
        return 1 / near**0.5

    # Functions

    def _call(self, name: str, args: tuple[Node, ...]) -> Ball:
        if name in _EXACT_ONLY:
            return self._whole_function(name, args)
        if name == "root" and len(args) == 2:
            return self._power(args[0], Node("/", (Node("num", (Fraction(1), 0)), args[1])))
        if name == "log" and len(args) == 2:
            return self.divided(
                self.elementary("log", self.value(args[0])),
                self.elementary("log", self.value(args[1])),
            )
        if name in ("min", "max"):
            return self._extreme(name, args)
        if name in ("det",):
            return self._determinant(args)
        if len(args) != 1:
            raise Undefined(f"{name} of {len(args)} things")
        if name == "abs" and args[0].head == "matrix":
            return self._determinant(args)
        if name not in FUNCTIONS:
            return self._unknown((name, *args))
        found: Ball = FUNCTIONS[name](self, self.value(args[0]))
        return found

    def _whole_function(self, name: str, args: tuple[Node, ...]) -> Ball:
        """Factorials and the like: of integers, or by the gamma function."""
        try:
            exact = Exact({n: int(v) for n, v in self._values.items() if v.denominator == 1})
            return self._rational(Fraction(*exact.value(Node("call", (name, args)))))
        except (Inexact, TooCostly):
            pass
        if name == "factorial":
            return self._gamma(self.plus_one(self.value(args[0])))
        if name == "binom":
            size, chosen = self.value(args[0]), self.value(args[1])
            rest = (size[0] - chosen[0], size[1] + chosen[1])
            below = self.times(self._gamma(self.plus_one(chosen)), self._gamma(self.plus_one(rest)))
            return self.divided(self._gamma(self.plus_one(size)), below)
        if name in ("floor", "ceil", "mod", "sgn"):
            return self._stepped(name, args)
        raise Undefined(name)

    def plus_one(self, ball: Ball) -> Ball:
        return ball[0] + 1, ball[1]

    def _gamma(self, ball: Ball) -> Ball:
        raise Unclear("a gamma function")

    def _stepped(self, name: str, args: tuple[Node, ...]) -> Ball:
        value, error = self.value(args[0])
        if name == "mod":
            modulus = self.value(args[1])
            steps = self._step("floor", self.divided((value, error), modulus))
            product = self.times(steps, modulus)
            return value - product[0], error + product[1]
        return self._step(name, (value, error))

    def _step(self, name: str, ball: Ball) -> Ball:
        real = self.real_part(ball[0])
        low, high = real - ball[1], real + ball[1]
        if name == "sgn":
            if low <= 0 <= high:
                raise Unclear("the sign of what may be zero")
            return self.of(Fraction(1 if real > 0 else -1)), 0
        if abs(real) > 1e15:
            raise Unclear("a large number between two integers")
        step = math.floor if name == "floor" else math.ceil
        if step(low) != step(high):
            raise Unclear("a value that may be an integer")
        return self.of(Fraction(step(real))), 0

    def _extreme(self, name: str, args: tuple[Node, ...]) -> Ball:
        balls = [self.value(arg) for arg in args]
        pick = max if name == "max" else min
        return pick(balls, key=lambda ball: self.real_part(ball[0]))

    def _determinant(self, args: tuple[Node, ...]) -> Ball:
        if len(args) != 1 or args[0].head != "matrix":
            raise Undefined("the determinant of no matrix")
        return self.value(determinant(args[0]))

    def _unknown(self, args: tuple[Any, ...]) -> Ball:
        """A function nobody defined: an arbitrary smooth function that its name decides."""
        name, inner = args[0], args[1:]
        seed = _mixed(name)
        ball = self._rational(Fraction(seed % 1009 + 1, 997))
        for place, arg in enumerate(inner):
            if not isinstance(arg, Node):
                raise Undefined(name)
            scale = self._rational(Fraction((seed >> 10) % 499 + 101 * (place + 1), 503))
            scaled = self.times(scale, self.value(arg))
            ball = ball[0] + scaled[0], ball[1] + scaled[1]
        smooth = self.elementary("sin", ball)
        return smooth[0] + 2, smooth[1] + self.unit * 4

    def _big(self, args: tuple[Any, ...]) -> Ball:
        name, body, below, above = args
        terms = unrolled(Exact(), name, body, below, above)
        return self._sum(terms) if name == "sum" else self._product(terms)


def _mixed(name: str) -> int:
    """A number from a name, the same in every process."""
    mixed = 2166136261
    for letter in name:
        mixed = (mixed ^ ord(letter)) * 16777619 % (1 << 32)
    return mixed


_EXACT_ONLY = frozenset(
    ("factorial", "factorial2", "binom", "gcd", "lcm", "floor", "ceil", "mod", "sgn")
)
