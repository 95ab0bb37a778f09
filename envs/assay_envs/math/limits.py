"""Limits: of quotients at a point and far out, of differences of roots, and to powers of e.

Families of :mod:`assay_envs.math.calculus`. The worked solutions cancel factors, compare leading
terms and use power series; the second methods differentiate, or evaluate to many digits close to
the point and take the fraction that is meant.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from fractions import Fraction
from random import Random
from typing import Any

from assay_envs.math.derivatives import derived
from assay_envs.math.families import Family, Parameters, Worked, nonzero, number
from assay_envs.math.notation import Number, bracketed, polynomial, signed, term
from assay_envs.math.polynomials import Coefficients, drawn, powers, product, value_at

Series = list[Fraction]
"""Coefficients of 1, x, x^2, … up to a fixed order."""

_ORDER = 7
_CLOSE = 40  # digits of distance from the point; the values have many more
_MEANT = 10**7  # denominators up to this are recognised


def _undone(what: str, goes: str) -> str:
    return f"\\lim_{{x \\to {goes}}} {what}"


# Quotients of polynomials


def _draw_hole(rng: Random, level: int) -> Parameters:
    """Both polynomials vanish at x; twice from level 4."""
    x = nonzero(rng, 3 + level)
    factor = [1, -x] if level < 4 else product([1, -x], [1, -x])
    while True:
        first, second = drawn(rng, 1, 9, 3), drawn(rng, 1 + (level > 1), 9, 3)
        if value_at(first, x) and value_at(second, x):
            return {"above": product(factor, first), "below": product(factor, second), "x": x}


def _show_hole(above: Coefficients, below: Coefficients, x: int) -> dict[str, str]:
    return {"text": f"({polynomial(above)})/({polynomial(below)})"}


def _cancelled(p: Coefficients, x: int) -> Coefficients:
    """The polynomial divided by (t - x)."""
    found = [p[0]]
    for coefficient in p[1:-1]:
        found.append(found[-1] * x + coefficient)
    return found


def _solve_hole(above: Coefficients, below: Coefficients, x: int) -> Worked:
    steps, first, second = [], above, below
    while value_at(second, x) == 0:
        first, second = _cancelled(first, x), _cancelled(second, x)
        steps.append(f"Both vanish at {x}; without the factor {polynomial([1, -x])} they are "
                     f"{polynomial(first)} and {polynomial(second)}.")  # fmt: skip
    a, b = value_at(first, x), value_at(second, x)
    steps += [
        f"{powers(first, x)} = {a}",
        f"{powers(second, x)} = {b}",
        f"{bracketed(a)}/{bracketed(b)} = {a / b}",
    ]
    lead = Fraction(above[0], below[0])
    shown = _show_hole(above, below, x)["text"]
    return number(a / b, *steps, mistakes=[lead, b / a, 0], undone=[_undone(shown, str(x))])


def _check_hole(above: Coefficients, below: Coefficients, x: int) -> str:
    """By l'Hopital's rule."""
    while value_at(below, x) == 0:
        above, below = derived(above), derived(below)
    return str(value_at(above, x) / value_at(below, x))


def _draw_far(rng: Random, level: int) -> Parameters:
    """Factors whose leading terms give the limit at infinity."""
    degrees = ([2], [2]) if level == 1 else ([1, 2], [3]) if level == 2 else ([2, 2], [1, 3])
    most = (9, 9, 12, 12, 15)[level - 1]
    parts = [[drawn(rng, degree, most, 6) for degree in each] for each in degrees]
    for side in parts:
        for factor in side:
            factor[0] *= rng.choice((1, 1, -1))
    return {"above": parts[0], "below": parts[1]}


def _show_far(above: list[Coefficients], below: list[Coefficients]) -> dict[str, str]:
    first, second = ("".join(f"({polynomial(p)})" for p in each) for each in (above, below))
    return {"text": f"{first}/{second if len(below) == 1 else f'({second})'}"}


def _solve_far(above: list[Coefficients], below: list[Coefficients]) -> Worked:
    first, second = (math.prod(p[0] for p in each) for each in (above, below))
    degree = sum(len(p) - 1 for p in above)
    steps = []
    for name, each, value in (("above", above, first), ("below", below, second)):
        work = "*".join(bracketed(p[0]) for p in each)
        steps.append(f"The leading coefficient {name}, of x^{degree}: {work} = {value}")
    limit = Fraction(first, second)
    steps.append(f"{bracketed(first)}/{bracketed(second)} = {limit}")
    lowest = Fraction(math.prod(p[-1] for p in above), math.prod(p[-1] for p in below))
    shown = _show_far(above, below)["text"]
    return number(limit, *steps, mistakes=[lowest, 0], undone=[_undone(shown, "\\infty")])


def _check_far(above: list[Coefficients], below: list[Coefficients]) -> str:
    """The exact value far out, rounded to the fraction that is meant."""
    far = 10**_CLOSE
    first, second = (
        math.prod((value_at(p, far) for p in each), start=Fraction(1)) for each in (above, below)
    )
    return str((first / second).limit_denominator(_MEANT))


# Roots


def _draw_roots(rng: Random, level: int) -> Parameters:
    """sqrt(a^2*x^2 + b*x + c) - sqrt(a^2*x^2 + d*x + f), or less a*x + d, far out."""
    a, b, d = rng.randint(1, 6), nonzero(rng, 15), rng.randint(-9, 9)
    return {"a": a, "b": b, "c": rng.randint(-9, 20), "d": d + (d == b),
            "f": rng.randint(1, 20), "two": level > 3}  # fmt: skip


def _show_roots(a: int, b: int, c: int, d: int, f: int, two: bool) -> dict[str, str]:
    second = f"sqrt({polynomial([a * a, d, f])})" if two else f"({polynomial([a, d])})"
    return {"text": f"sqrt({polynomial([a * a, b, c])}) - {second}"}


def _solve_roots(a: int, b: int, c: int, d: int, f: int, two: bool) -> Worked:
    """By the conjugate: what is left is linear above, and like 2*a*x below."""
    other = d if two else 2 * a * d
    limit = Fraction(b - other, 2 * a)
    squares = "" if two else f"({polynomial([a, d])})^2 = {polynomial([a * a, other, d * d])}"
    steps = [
        *([squares] if squares else []),
        f"Above, the squares less each other: {b} - {bracketed(other)} = {b - other} times x.",
        f"Below, far out: {a} + {a} = {2 * a} times x.",
        f"{bracketed(b - other)}/{2 * a} = {limit}",
    ]
    mistakes: list[Number] = [b - other, Fraction(b - other, a), Fraction(b, 2 * a), 0]
    shown = _show_roots(a, b, c, d, f, two)["text"]
    return number(limit, *steps, mistakes=mistakes, undone=[_undone(f"({shown})", "\\infty")])


def _check_roots(a: int, b: int, c: int, d: int, f: int, two: bool) -> str:
    """The value far out to many digits, by whole square roots."""
    x, scale = 10 ** (2 * _CLOSE), 10 ** (2 * _CLOSE)

    def root(q: int, r: int) -> int:
        return math.isqrt((a * a * x * x + q * x + r) * scale**2)

    second = root(d, f) if two else (a * x + d) * scale
    return str(Fraction(root(b, c) - second, scale).limit_denominator(_MEANT))


# Power series at 0

_MAKERS = {
    "sin": "sin({a}x)", "tan": "tan({a}x)", "exp": "(e^({a}x) - 1)", "log": "ln(1 + {a}x)",
    "cos": "(1 - cos({a}x))", "exp2": "(e^({a}x) - 1 - {a}x)", "sin3": "({a}x - sin({a}x))",
    "atan": "arctan({a}x)", "root": "(sqrt(1 + {a}x) - 1)",
}  # fmt: skip
_SIMPLE, _CURVED = ("sin", "tan", "exp", "log", "atan", "root"), ("cos", "exp2", "sin3")


def _series(name: str, a: int) -> Series:
    """Of the function of that name at a*x, from known coefficients."""
    fact = math.factorial
    of: dict[str, Callable[[int], Number]] = {
        "sin": lambda n: Fraction((-1) ** (n // 2), fact(n)) if n % 2 else 0,
        "cos": lambda n: Fraction((-1) ** (n // 2 + 1), fact(n)) if n and n % 2 == 0 else 0,
        "exp": lambda n: Fraction(1, fact(n)) if n else 0,
        "exp2": lambda n: Fraction(1, fact(n)) if n > 1 else 0,
        "sin3": lambda n: Fraction((-1) ** (n // 2 + 1), fact(n)) if n % 2 and n > 1 else 0,
        "log": lambda n: Fraction((-1) ** (n + 1), n) if n else 0,
        "atan": lambda n: Fraction((-1) ** (n // 2), n) if n % 2 else 0,
        "tan": lambda n: {1: Fraction(1), 3: Fraction(1, 3), 5: Fraction(2, 15)}.get(n, 0),
        "root": lambda n: _half_choose(n) if n else 0,
    }
    return [Fraction(of[name](n)) * a**n for n in range(_ORDER)]


def _half_choose(n: int) -> Fraction:
    """Binomial coefficient of 1/2 over n."""
    return math.prod((Fraction(1, 2) - i for i in range(n)), start=Fraction(1)) / math.factorial(n)


def _draw_series(rng: Random, level: int) -> Parameters:
    """Functions above and below with the same order of vanishing; the rest is a power of x."""
    kinds = {2: (_SIMPLE, _SIMPLE), 3: (_SIMPLE, _SIMPLE), 4: (_CURVED, _SIMPLE)}
    first, second = kinds.get(level, (_CURVED, _CURVED))
    above = [[rng.choice(first), _scale(rng)]]
    below = [[rng.choice(second), _scale(rng)]] if level > 2 else []
    if level == 5:
        above.append([rng.choice(_SIMPLE), _scale(rng)])
    factor = rng.randint(2, 9) if level < 4 else 1
    is_plain = level < 5 and bool(below) and above[0][0] == below[0][0]
    if is_plain or (not below and above[0][1] == factor):
        return _draw_series(rng, level)
    return {"above": above, "below": below, "factor": factor}


def _scale(rng: Random) -> int:
    return rng.randint(2, 9)


def _order(factors: list[list[Any]]) -> int:
    return sum({"cos": 2, "exp2": 2, "sin3": 3}.get(name, 1) for name, _ in factors)


def _show_series(above: list[list[Any]], below: list[list[Any]], factor: int) -> dict[str, str]:
    """Powers of x fill up whichever side vanishes more slowly."""
    first = [_MAKERS[name].format(a=a) for name, a in above]
    second = [_MAKERS[name].format(a=a) for name, a in below]
    gap = _order(above) - _order(below)
    x = "x" if abs(gap) == 1 else f"x^{abs(gap)}"
    if gap < 0:
        first.insert(0, x)
    scale = [str(factor)] if factor > 1 else []
    second = [*scale, *([x] if gap > 0 else []), *second]
    bottom = "*".join(second)
    return {"text": f"{'*'.join(first)}/{bottom if len(second) == 1 else f'({bottom})'}"}


def _leading(factors: list[list[Any]]) -> tuple[Fraction, list[str]]:
    """The product of the first coefficients that do not vanish."""
    value, steps = Fraction(1), []
    for name, a in factors:
        series = _series(name, a)
        n = next(n for n, c in enumerate(series) if c)
        text = _MAKERS[name].format(a=a)
        terms = [term(c, "x" if k == 1 else f"x^{k}") for k, c in enumerate(series) if c]
        steps.append(f"{text} = {signed(terms[:2])} + ...")
        value *= series[n]
    return value, steps


def _solve_series(above: list[list[Any]], below: list[list[Any]], factor: int) -> Worked:
    (a, first), (b, second) = _leading(above), _leading(below)
    b *= factor
    limit = a / b
    steps = [*first, *second, f"{bracketed(a)}/{bracketed(b)} = {limit}"]
    naive = Fraction(math.prod(k for _, k in above), math.prod(k for _, k in below) * factor)
    shown = _show_series(above, below, factor)["text"]
    return number(limit, *steps, mistakes=[naive, 0, 1, 2 * limit], undone=[_undone(shown, "0")])


def _check_series(above: list[list[Any]], below: list[list[Any]], factor: int) -> str:
    """The value close to 0, to many digits."""
    from mpmath import mp  # type: ignore[import-untyped]

    with mp.workdps(6 * _CLOSE):
        x = mp.mpf(10) ** -_CLOSE
        of = {
            "sin": mp.sin, "tan": mp.tan, "atan": mp.atan,
            "exp": lambda t: mp.exp(t) - 1, "log": lambda t: mp.log(1 + t),
            "cos": lambda t: 1 - mp.cos(t), "exp2": lambda t: mp.exp(t) - 1 - t,
            "sin3": lambda t: t - mp.sin(t), "root": lambda t: mp.sqrt(1 + t) - 1,
        }  # fmt: skip
        top, bottom = (mp.fprod(of[n](a * x) for n, a in each) for each in (above, below))
        value = top / (bottom * factor) / x ** (_order(above) - _order(below))
        digits = mp.nstr(value, 30, strip_zeros=False, min_fixed=-mp.inf, max_fixed=mp.inf)
    return str(Fraction(digits).limit_denominator(_MEANT))


# Powers of e


def _draw_power(rng: Random, level: int) -> Parameters:
    """((x + a)/(x + b))^(c*x + d) far out."""
    while True:
        a, b, c = nonzero(rng, 9), rng.randint(-9, 9) if level > 3 else 0, nonzero(rng, 5)
        if a != b and abs(c * (a - b)) > 1:
            return {"a": a, "b": b, "c": c, "d": 0 if level < 4 else nonzero(rng, 9)}


def _show_power(a: int, b: int, c: int, d: int) -> dict[str, str]:
    sign = "+" if a > 0 else "-"
    below = polynomial([1, b])
    base = f"({polynomial([1, a])})/({below})" if b else f"1 {sign} {abs(a)}/x"
    return {"text": f"({base})^({polynomial([c, d])})"}


def _solve_power(a: int, b: int, c: int, d: int) -> Worked:
    exponent = c * (a - b)
    steps = [
        f"ln({polynomial([1, a])}) - ln({polynomial([1, b])}) = ln(1 + {a}/x) - ln(1 + {b}/x)",
        f"For large x that is {a}/x - {bracketed(a)}^2/(2x^2) - {bracketed(b)}/x + "
        f"{bracketed(b)}^2/(2x^2) and smaller.",
        f"Times x it goes to {a} - {bracketed(b)} = {a - b}",
        f"Times {polynomial([c, d])} it goes to {c} times that; the {d} does not count.",
        f"{bracketed(a - b)}*{bracketed(c)} = {exponent}",
    ]
    others = dict.fromkeys((exponent + 1, -exponent, a * c, exponent + d, a + b, c * (a + b)))
    wrong = [f"e^({other})" for other in others if other != exponent]
    shown = _undone(_show_power(a, b, c, d)["text"], "\\infty")
    alike = [f"\\exp({exponent})", f"1/e^({-exponent})"]
    return Worked(f"e^({exponent})", steps, (*wrong, "1", str(exponent)), alike, (shown,))


def _check_power(a: int, b: int, c: int, d: int) -> str:
    """The logarithm's value far out, to many digits."""
    from mpmath import mp

    with mp.workdps(4 * _CLOSE):
        x = mp.mpf(10) ** _CLOSE
        exponent = mp.nint((c * x + d) * mp.log((x + a) / (x + b)))
    return f"exp({int(exponent)})"


def _guess_fraction(rng: Random, parameters: Parameters) -> str:
    return str(Fraction(nonzero(rng, 30), rng.randint(1, 12)))


def _asked(goes: str) -> tuple[str, ...]:
    """The limit of {text} in words."""
    return (
        f"What is the limit of {{text}} as x goes to {goes}?",
        f"What does {{text}} tend to when x approaches {goes}?",
        f"Find lim {{text}} for x -> {goes}.",
    )


HOLE = Family(
    "hole", _asked("{x}"), _draw_hole, _solve_hole, _check_hole, _guess_fraction, shown=_show_hole
)
FAR = Family(
    "far", _asked("infinity"), _draw_far, _solve_far, _check_far, _guess_fraction, shown=_show_far,
    key=lambda above, below: [sorted(above), sorted(below)],
)  # fmt: skip
ROOTS = Family(
    "roots", _asked("infinity"), _draw_roots, _solve_roots, _check_roots, _guess_fraction,
    shown=_show_roots,
)  # fmt: skip
SERIES = Family(
    "series", _asked("0"), _draw_series, _solve_series, _check_series, _guess_fraction,
    shown=_show_series,
)  # fmt: skip
POWER = Family(
    "power_limit", _asked("infinity"), _draw_power, _solve_power, _check_power,
    lambda rng, p: f"e^({nonzero(rng, 40)})",
    shown=_show_power, form="the exact number", written="closed",
)  # fmt: skip
