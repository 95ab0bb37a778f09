"""Differential equations: growth, linear ones of first and second order, separable ones.

Families of :mod:`assay_envs.math.calculus`. The second methods reach the solution in another form:
by proportions, an integrating factor, hyperbolic functions, a power series.
"""

from __future__ import annotations

import math
from fractions import Fraction
from random import Random

from assay_envs.math.families import Family, Parameters, Worked, nonzero, number
from assay_envs.math.notation import Number, bracketed, polynomial, signed, term


def _exp(exponent: Number) -> str:
    """e to a multiple of x."""
    return f"e^({term(exponent, 'x')})"


def _sum(*terms: tuple[Number, str]) -> str:
    """A sum of multiples, those by 0 left out."""
    return signed([term(c, factor) for c, factor in terms if c])


def _draw_growth(rng: Random, level: int) -> Parameters:
    """y' is proportional to y; two values are known, the second a power's worth later."""
    ratio = Fraction(rng.randint(1, 6), rng.randint(1, 6))
    if ratio == 1:
        return _draw_growth(rng, level)
    step, n = rng.randint(2, 6), rng.randint(2, 2 + level)
    start = ratio.denominator**n * rng.randint(1, 5)
    return {"start": start, "step": step, "then": int(start * ratio), "late": step * n}


def _solve_growth(start: int, step: int, then: int, late: int) -> Worked:
    ratio, n = Fraction(then, start), late // step
    value = start * ratio**n
    steps = [
        f"{then}/{start} = {ratio}",
        f"{late}/{step} = {n}",
        f"{bracketed(ratio)}^{n} = {ratio**n}",
        f"{start}*{bracketed(ratio**n)} = {value}",
    ]
    mistakes = [Fraction(start + n * (then - start)), value * ratio, value / ratio]
    return number(value, *steps, mistakes=mistakes)


def _check_growth(start: int, step: int, then: int, late: int) -> str:
    """Interval by interval, in proportion."""
    before, value, time = Fraction(start), Fraction(then), step
    while time < late:
        before, value, time = value, value * value / before, time + step
    return str(value)


def _draw_linear(rng: Random, level: int) -> Parameters:
    """y' = a*y + b with y(0) = c; b = 0 at level 3."""
    while True:
        a, b, c = nonzero(rng, 6), 0 if level < 4 else nonzero(rng, 12), nonzero(rng, 9)
        if a * c + b:
            return {"a": a, "b": b, "c": c}


def _show_linear(a: int, b: int, c: int) -> dict[str, str]:
    return {"rule": _sum((a, "y"), (b, "")), "conditions": f"y(0) = {c}"}


def _solve_linear(a: int, b: int, c: int) -> Worked:
    rest = Fraction(-b, a)
    factor = c - rest
    answer = _sum((factor, _exp(a)), (rest, ""))
    steps = [
        f"y' = 0 where y = {rest}" + (f": -{bracketed(b)}/{bracketed(a)} = {rest}" if b else ""),
        f"With z = {_sum((1, 'y'), (-rest, ''))} the equation is z' = {term(a, 'z')}, so that "
        f"z = C*{_exp(a)}.",
        f"C is z at 0: {c} - {bracketed(rest)} = {factor}",
        f"y = {answer}",
        f"Check: y' is {_sum((a * factor, _exp(a)))}; {bracketed(a)}*{bracketed(factor)} = "
        f"{a * factor}",
    ]
    near = [
        _sum((factor, _exp(-a)), (rest, "")),
        _sum((c, _exp(a)), (rest, "")),
        _sum((factor + 1, _exp(a)), (rest, "")),
        _sum((factor, _exp(a)), (rest + 1, "")),
        _sum((factor, _exp(a + 1)), (rest, "")) if a != -1 else str(rest),
    ]
    wrong = tuple(each for each in dict.fromkeys(near) if each != answer)
    return Worked(answer, steps, wrong, (f"y = {answer}",))


def _check_linear(a: int, b: int, c: int) -> str:
    """By an integrating factor."""
    return f"e^({a}*x)*({c} + ({b})*(1 - e^(-({a})*x))/({a}))"


def _draw_separable(rng: Random, level: int) -> Parameters:
    """y' = a*x^n*y with y(0) = c."""
    n = rng.randint(1, 3)
    return {"a": nonzero(rng, 4) * (n + 1 if rng.random() < 0.5 else 1), "n": n,
            "c": nonzero(rng, 9)}  # fmt: skip


def _show_separable(a: int, n: int, c: int) -> dict[str, str]:
    return {"rule": f"{term(a, 'x' if n == 1 else f'x^{n}')}*y", "conditions": f"y(0) = {c}"}


def _solve_separable(a: int, n: int, c: int) -> Worked:
    share = Fraction(a, n + 1)
    exponent = term(share, f"x^{n + 1}")
    answer = term(c, f"e^({exponent})")
    steps = [
        f"dy/y = {term(a, f'x^{n}')} dx, so ln|y| = {exponent} + C.",
        f"{bracketed(a)}/({n} + 1) = {share}",
        f"At 0 it is {c}, so y = {answer}.",
    ]
    wrong = [
        term(c, f"e^({term(a, f'x^{n + 1}')})"),
        term(c, f"e^({term(-share, f'x^{n + 1}')})"),
        term(c + 1, f"e^({exponent})") if c != -1 else f"2*e^({exponent})",
        f"{answer} + 1",
    ]
    return Worked(answer, steps, tuple(wrong), (f"y = {answer}",))


def _check_separable(a: int, n: int, c: int) -> str:
    """The power series of the recurrence (m + n + 1)*y(m + n + 1) = a*y(m), as a power of e.

    Its first two coefficients give the exponent: all others follow from the same recurrence.
    """
    series = [Fraction(c), *[Fraction(0)] * n]
    for m in range(n + 2):
        series.append(a * series[m] / (m + n + 1))
    second = series[n + 1] / c
    if series[2 * n + 2] != c * second**2 / 2:
        return "no power of e"
    return f"({c})*exp(({second})*x^{n + 1})"


def _draw_forced(rng: Random, level: int) -> Parameters:
    """y' = a*y + b*x with y(0) = c."""
    return {"a": nonzero(rng, 4), "b": nonzero(rng, 9), "c": nonzero(rng, 9)}


def _show_forced(a: int, b: int, c: int) -> dict[str, str]:
    return {"rule": signed([term(a, "y"), term(b, "x")]), "conditions": f"y(0) = {c}"}


def _solve_forced(a: int, b: int, c: int) -> Worked:
    """A line solves it, and every multiple of a power of e may be added."""
    slope, start = Fraction(-b, a), Fraction(-b, a * a)
    factor = c - start
    answer = _sum((factor, _exp(a)), (slope, "x"), (start, ""))
    steps = [
        f"Try y = mx + n: m = {a}*(mx + n) + {bracketed(b)}*x for all x, so {term(a, 'm')} = {-b} "
        f"and m = {term(a, 'n')}.",
        f"m: -{bracketed(b)}/{bracketed(a)} = {slope}",
        f"n: {bracketed(slope)}/{bracketed(a)} = {start}",
        f"C: {c} - {bracketed(start)} = {factor}",
        f"y = {answer}",
        f"Check: y' at 0 is {a}*{bracketed(factor)} + {bracketed(slope)} = {a * factor + slope}",
        f"and by the equation {bracketed(a)}*{bracketed(c)} = {a * c}",
    ]
    near = [
        _sum((c, _exp(a)), (slope, "x"), (start, "")),
        _sum((factor, _exp(a)), (-slope, "x"), (start, "")),
        _sum((factor, _exp(a)), (slope, "x"), (-start, "")),
        _sum((factor + 1, _exp(a)), (slope, "x"), (start, "")),
        _sum((factor, _exp(-a)), (slope, "x"), (start, "")),
    ]
    wrong = tuple(each for each in dict.fromkeys(near) if each != answer)
    return Worked(answer, steps, wrong, (f"y = {answer}",))


def _check_forced(a: int, b: int, c: int) -> str:
    """By an integrating factor: the integral of b*t*e^(-a*t) by parts."""
    inner = f"(1 - e^(-({a})*x))/({a})^2 - x*e^(-({a})*x)/({a})"
    return f"e^(({a})*x)*({c} + ({b})*({inner}))"


def _draw_oscillator(rng: Random, level: int) -> Parameters:
    """y'' + p*y' + q*y = 0 with real roots; with complex ones at times."""
    start, slope = rng.randint(-6, 6), nonzero(rng, 9)
    if rng.random() < 0.4:
        m, w = rng.randint(-3, 3), rng.randint(1, 5)
        return {"p": -2 * m, "q": m * m + w * w, "start": start, "slope": slope}
    r, s = rng.sample([n for n in range(-6, 7) if n], 2)
    return {"p": -(r + s), "q": r * s, "start": start, "slope": slope}


def _show_oscillator(p: int, q: int, start: int, slope: int) -> dict[str, str]:
    terms = [term(c, name) for c, name in ((1, "y''"), (p, "y'"), (q, "y")) if c]
    return {"equation": f"{signed(terms)} = 0", "start": str(start), "slope": str(slope)}


def _solve_oscillator(p: int, q: int, start: int, slope: int) -> Worked:
    value = p * p - 4 * q
    root = math.isqrt(abs(value))
    steps = [f"{polynomial([1, p, q], 'r')} = 0: {bracketed(p)}^2 - 4*{bracketed(q)} = {value}"]
    middle, off = Fraction(-p, 2), Fraction(root, 2)
    if value > 0:
        high, low = middle + off, middle - off
        a = (slope - low * start) / (high - low)
        b = start - a
        steps += [
            f"({-p} + {root})/2 = {high}",
            f"({-p} - {root})/2 = {low}",
            f"A: ({slope} - {bracketed(low)}*{bracketed(start)})/({high} - {bracketed(low)}) = {a}",
            f"B: {start} - {bracketed(a)} = {b}",
        ]
        parts = [(a, _exp(high)), (b, _exp(low))]
        others = [(a, _exp(-high)), (b, _exp(-low))]
    else:
        b = (slope - middle * start) / off
        wave = f"{_exp(middle)}*" if middle else ""
        steps += [
            f"The roots are {middle} + {off}i and {middle} - {off}i.",
            f"A is {start}.",
            f"B: ({slope} - {bracketed(middle)}*{bracketed(start)})/{off} = {b}",
        ]
        inner = term(off, "x")
        parts = [(Fraction(start), f"{wave}cos({inner})"), (b, f"{wave}sin({inner})")]
        others = [(Fraction(start), f"{wave}sin({inner})"), (b, f"{wave}cos({inner})")]
    answer = _sum(*parts)
    (first, f), (second, g) = parts
    steps += [f"y = {answer}", f"Check: y'' + {p}y' + {bracketed(q)}y = 0 and y(0) = {start}."]
    near = [_sum(*others), _sum((second, f), (first, g)), _sum((first + 1, f), (second, g)),
            _sum((first, f), (second + 1, g)), _sum((first, f), (-second, g))]  # fmt: skip
    wrong = [each for each in dict.fromkeys(near) if each != answer]
    return Worked(answer, steps, tuple(wrong), (f"y = {answer}",))


def _check_oscillator(p: int, q: int, start: int, slope: int) -> str:
    """With hyperbolic or circular functions of half the difference of the roots."""
    m, square = Fraction(-p, 2), Fraction(p * p, 4) - q
    c, s = ("cosh", "sinh") if square > 0 else ("cos", "sin")
    d = f"sqrt({abs(square)})"
    return f"e^(({m})*x)*(({start})*{c}({d}*x) + (({slope}) - ({m})*({start}))/{d}*{s}({d}*x))"


def _guess_solution(rng: Random, parameters: Parameters) -> str:
    return f"{nonzero(rng, 9)}*e^({nonzero(rng, 6)}x) + {rng.randint(1, 9)}"


_SOLVE = (
    "Solve y' = {rule} with {conditions}.",
    "A function y(x) satisfies y' = {rule} and {conditions}. Find y(x).",
)

GROWTH = Family(
    "growth",
    (
        "The rate of change of y(t) is proportional to y(t). If y(0) = {start} and y({step}) = "
        "{then}, what is y({late})?",
        "A culture grows (or decays) at a rate proportional to its size. It measures {start} at "
        "first and {then} after {step} hours. What does it measure after {late} hours?",
    ),
    _draw_growth, _solve_growth, _check_growth, lambda rng, p: str(rng.randint(1, 6_000)),
)  # fmt: skip
LINEAR = Family(
    "linear_ode", _SOLVE, _draw_linear, _solve_linear, _check_linear, _guess_solution,
    shown=_show_linear, form="y as an expression in x", written="closed",
)  # fmt: skip
SEPARABLE = Family(
    "separable_ode", _SOLVE, _draw_separable, _solve_separable, _check_separable, _guess_solution,
    shown=_show_separable, form="y as an expression in x", written="closed",
)  # fmt: skip
FORCED = Family(
    "forced_ode", _SOLVE, _draw_forced, _solve_forced, _check_forced, _guess_solution,
    shown=_show_forced, form="y as an expression in x", written="closed",
)  # fmt: skip
OSCILLATOR = Family(
    "second_order_ode",
    (
        "Solve {equation} with y(0) = {start} and y'(0) = {slope}.",
        "A function y(x) satisfies {equation}, y(0) = {start} and y'(0) = {slope}. Find y(x).",
    ),
    _draw_oscillator, _solve_oscillator, _check_oscillator, _guess_solution,
    shown=_show_oscillator, form="y as an expression in x", written="closed",
)  # fmt: skip
