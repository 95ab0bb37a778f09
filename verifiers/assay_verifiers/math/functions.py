"""Functions of balls: trigonometric, hyperbolic, their inverses, parts of complex numbers.

Each is built from the few elementary functions that :class:`~assay_verifiers.math.ball.Balls` has,
and so has its error bound from them.
"""

from __future__ import annotations

from fractions import Fraction
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from assay_verifiers.math.ball import Ball, Balls


def _trigonometric(at: Balls, ball: Ball, name: str) -> Ball:
    if name in ("sin", "cos"):
        return at.elementary(name, ball)
    sine, cosine = at.elementary("sin", ball), at.elementary("cos", ball)
    one = (at.of(Fraction(1)), 0)
    above, below = {
        "tan": (sine, cosine), "cot": (cosine, sine), "sec": (one, cosine), "csc": (one, sine),
    }[name]  # fmt: skip
    return at.divided(above, below)


def _hyperbolic(at: Balls, ball: Ball, name: str) -> Ball:
    up, down = at.elementary("exp", ball), at.elementary("exp", (-ball[0], ball[1]))
    plus = ((up[0] + down[0]) / 2, up[1] + down[1])
    minus = ((up[0] - down[0]) / 2, up[1] + down[1])
    one = (at.of(Fraction(1)), 0)
    if name in ("sinh", "cosh"):
        return minus if name == "sinh" else plus
    above, below = {
        "tanh": (minus, plus), "coth": (plus, minus), "sech": (one, plus), "csch": (one, minus),
    }[name]  # fmt: skip
    return at.divided(above, below)


def _inverse(at: Balls, ball: Ball, name: str) -> Ball:
    one = (at.of(Fraction(1)), 0)
    if name in ("arccot", "arcsec", "arccsc"):
        other = {"arccot": "atan", "arcsec": "acos", "arccsc": "asin"}[name]
        return at.elementary(other, at.divided(one, ball))
    if name in ("arcsinh", "arccosh", "arctanh"):
        return _inverse_hyperbolic(at, ball, name)
    return at.elementary({"arcsin": "asin", "arccos": "acos", "arctan": "atan"}[name], ball)


def _inverse_hyperbolic(at: Balls, ball: Ball, name: str) -> Ball:
    one = at.of(Fraction(1))
    if name == "arctanh":
        quotient = at.divided((one + ball[0], ball[1]), (one - ball[0], ball[1]))
        found = at.elementary("log", quotient)
        return found[0] / 2, found[1]
    square = at.times(ball, ball)
    shifted = (square[0] + one, square[1]) if name == "arcsinh" else (square[0] - one, square[1])
    root = at.elementary("sqrt", shifted)
    return at.elementary("log", (ball[0] + root[0], ball[1] + root[1]))


def _absolute(at: Balls, ball: Ball) -> Ball:
    return at.size(ball[0]), ball[1]


def _conjugate(at: Balls, ball: Ball) -> Ball:
    return ball[0].conjugate(), ball[1]


def _real_part(at: Balls, ball: Ball) -> Ball:
    return at.real_part(ball[0]), ball[1]


def _imaginary_part(at: Balls, ball: Ball) -> Ball:
    return (ball[0] - at.real_part(ball[0])) * -1j if ball[0] else ball[0], ball[1]


def _argument(at: Balls, ball: Ball) -> Ball:
    return _imaginary_part(at, at.elementary("log", ball))


def _common_logarithm(at: Balls, ball: Ball) -> Ball:
    ten = at.elementary("log", (at.of(Fraction(10)), 0))
    return at.divided(at.elementary("log", ball), ten)


def _cube_root(at: Balls, ball: Ball) -> Ball:
    third = at.of(Fraction(1, 3)), at.unit
    if at.real_part(ball[0]) < 0:
        found = at.elementary("exp", at.times(third, at.elementary("log", (-ball[0], ball[1]))))
        return -found[0], found[1]
    return at.elementary("exp", at.times(third, at.elementary("log", ball)))


def _named(rule: Any, name: str) -> Any:
    return lambda at, ball: rule(at, ball, name)


FUNCTIONS: dict[str, Any] = {
    "sqrt": lambda at, ball: at.elementary("sqrt", ball),
    "exp": lambda at, ball: at.elementary("exp", ball),
    "ln": lambda at, ball: at.elementary("log", ball),
    "log": lambda at, ball: at.elementary("log", ball),
    "lg": _common_logarithm, "abs": _absolute, "conj": _conjugate, "Re": _real_part,
    "cis": lambda at, ball: at.elementary("exp", (ball[0] * 1j, ball[1])),
    "Im": _imaginary_part, "arg": _argument, "cbrt": _cube_root,
    **{name: _named(_trigonometric, name) for name in ("sin", "cos", "tan", "cot", "sec", "csc")},
    **{name: _named(_hyperbolic, name)
       for name in ("sinh", "cosh", "tanh", "coth", "sech", "csch")},
    **{name: _named(_inverse, name)
       for name in ("arcsin", "arccos", "arctan", "arccot", "arcsec", "arccsc", "arcsinh",
                    "arccosh", "arctanh")},
}  # fmt: skip
