"""Changes: differential equations, and series that converge to exact values.

Families of :mod:`assay_envs.math.calculus`. Solutions of differential equations are checked in
another closed form (hyperbolic functions, an integrating factor, proportions), series by exact
partial sums.
"""

from __future__ import annotations

import math
from fractions import Fraction
from random import Random

from assay_envs.math.equations import nonzero
from assay_envs.math.families import Family, Parameters, Worked, number
from assay_envs.math.integrals import CLOSE
from assay_envs.math.notation import Number, bracketed, polynomial, signed, term

_TERMS = 200


def _exp(exponent: Number) -> str:
    """e to a multiple of x."""
    return f"e^({term(exponent, 'x')})"


def _sum(*terms: tuple[Number, str]) -> str:
    """A sum of multiples, those by 0 left out."""
    return signed([_multiple(c, factor) for c, factor in terms if c])


def _multiple(coefficient: Number, factor: str) -> str:
    exact = Fraction(coefficient)
    return term(exact, factor) if abs(exact) == 1 or not factor else f"{bracketed(exact)}*{factor}"


# Differential equations


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
    mistakes = [start + n * (then - start), value * ratio, value / ratio]
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
    return {"rule": _sum((a, "y")) if not b else f"{_sum((a, 'y'))} {'+' if b > 0 else '-'} "
            f"{abs(b)}", "conditions": f"y(0) = {c}"}  # fmt: skip


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
    answer = _multiple(c, f"e^({exponent})")
    steps = [
        f"dy/y = {term(a, f'x^{n}')} dx, so ln|y| = {exponent} + C.",
        f"{bracketed(a)}/({n} + 1) = {share}",
        f"At 0 it is {c}, so y = {answer}.",
    ]
    wrong = [
        _multiple(c, f"e^({term(a, f'x^{n + 1}')})"),
        _multiple(c, f"e^({term(-share, f'x^{n + 1}')})"),
        _multiple(c + 1, f"e^({exponent})") if c != -1 else f"2*e^({exponent})",
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
        f"Try y = mx + n: m = {a}*(mx + n) + {b}x asks for {a}m + {bracketed(b)} = 0 and m = {a}n.",
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
    return (
        f"e^(({m})*x)*(({start})*{c}({d}*x) + (({slope}) - ({m})*({start}))/{d}*{s}({d}*x))"
    )


# Series


def _draw_telescope(rng: Random, level: int) -> Parameters:
    """The sum of k/((n + a)(n + b)) over all n from 1 on."""
    a = rng.randint(0, 4)
    return {"k": rng.randint(1, 12), "a": a, "b": a + rng.randint(2, level)}


def _show_telescope(k: int, a: int, b: int) -> dict[str, str]:
    first = f"({polynomial([1, a], 'n')})" if a else "n"
    return {"text": f"{k}/({first}({polynomial([1, b], 'n')}))"}


def _solve_telescope(k: int, a: int, b: int) -> Worked:
    kept = [Fraction(1, n) for n in range(a + 1, b + 1)]
    total = sum(kept, Fraction(0))
    value = Fraction(k, b - a) * total
    steps = [
        f"{k}/((n + {a})(n + {b})) = {Fraction(k, b - a)}*(1/(n + {a}) - 1/(n + {b}))",
        "All but the first terms cancel.",
        f"{' + '.join(map(str, kept))} = {total}",
        f"{bracketed(Fraction(k, b - a))}*{bracketed(total)} = {value}",
    ]
    sign = f"\\sum_{{n=1}}^{{\\infty}} {_show_telescope(k, a, b)['text']}"
    mistakes = [k * total, Fraction(k, a + 1), value - Fraction(k, (a + 1) * (b + 1))]
    return number(value, *steps, mistakes=mistakes, undone=[sign])


def _check_telescope(k: int, a: int, b: int) -> str:
    """Partial sums at doubled lengths, extrapolated to their limit, and the fraction meant."""
    terms = [1 / ((n + a) * (n + b)) for n in range(1, 4_097)]
    sums = [math.fsum(terms[: 2**n]) for n in range(6, 13)]
    for order in range(1, len(sums)):
        sums = [(2**order * y - x) / (2**order - 1) for x, y in zip(sums, sums[1:], strict=False)]
    return str(k * Fraction(sums[0]).limit_denominator(3_000))


def _draw_factorials(rng: Random, level: int) -> Parameters:
    """The sum of (p*n + q)*a^n/n! over all n from 0 on."""
    while True:
        p, q, a = nonzero(rng, 6), rng.randint(-9, 9), nonzero(rng, 5)
        if abs(p * a + q) > 1:
            return {"p": p, "q": q, "a": a}


def _show_factorials(p: int, q: int, a: int) -> dict[str, str]:
    return {"text": f"({polynomial([p, q], 'n')})*{bracketed(a)}^n/n!"}


def _solve_factorials(p: int, q: int, a: int) -> Worked:
    factor = p * a + q
    steps = [
        f"The sum of {bracketed(a)}^n/n! is e^({a}).",
        f"The sum of n*{bracketed(a)}^n/n! is {a}*e^({a}).",
        f"{p}*{bracketed(a)} + {bracketed(q)} = {factor}",
    ]
    sign = f"\\sum_{{n=0}}^{{\\infty}} {_show_factorials(p, q, a)['text']}"
    near = (factor + 1, p + q, -factor, p * a * a + q, p)
    wrong = [f"{n}*e^({a})" for n in dict.fromkeys(near) if n != factor]
    wrong += [f"{factor}*e^({-a})", str(factor)]
    return Worked(f"{factor}*e^({a})", steps, tuple(wrong), (), (sign,))


def _check_factorials(p: int, q: int, a: int) -> str:
    total, part = Fraction(0), Fraction(1)
    for n in range(60):
        total, part = total + (p * n + q) * part, part * a / (n + 1)
    return repr(float(total))


def _draw_weighted(rng: Random, level: int) -> Parameters:
    """The sum of (p*n + q)*r^n over all n from 0 on."""
    below = rng.randint(2, 3 + level)
    above = rng.choice([n for n in range(1 - below, below) if n and math.gcd(n, below) == 1])
    return {"p": nonzero(rng, 6), "q": rng.randint(-9, 9), "ratio": str(Fraction(above, below))}


def _show_weighted(p: int, q: int, ratio: str) -> dict[str, str]:
    return {"text": f"({polynomial([p, q], 'n')})*({ratio})^n"}


def _solve_weighted(p: int, q: int, ratio: str) -> Worked:
    r = Fraction(ratio)
    once, plain = r / (1 - r) ** 2, 1 / (1 - r)
    value = p * once + q * plain
    x = bracketed(r)
    steps = [
        f"The sum of r^n: 1/(1 - {x}) = {plain}",
        f"The sum of n*r^n: {x}/(1 - {x})^2 = {once}",
        f"{p}*{bracketed(once)} + {bracketed(q)}*{bracketed(plain)} = {value}",
    ]
    sign = f"\\sum_{{n=0}}^{{\\infty}} {_show_weighted(p, q, ratio)['text']}"
    mistakes = [(p + q) * plain, p * once / r + q * plain, p * plain + q, value - q]
    return number(value, *steps, mistakes=mistakes, undone=[sign])


def _check_weighted(p: int, q: int, ratio: str) -> str:
    """A long partial sum, rounded to the fraction that is meant."""
    r = Fraction(ratio)
    total, part = Fraction(0), Fraction(1)
    for n in range(_TERMS):
        total, part = total + (p * n + q) * part, part * r
    return str(total.limit_denominator(1_000))


def _draw_taylor(rng: Random, level: int) -> Parameters:
    """The coefficient of x^n in e^(a*x)/(1 - b*x)."""
    return {"a": nonzero(rng, 4), "b": nonzero(rng, 3), "n": rng.randint(3, level)}


def _show_taylor(a: int, b: int, n: int) -> dict[str, str]:
    return {"text": f"e^({term(a, 'x')})/({polynomial([-b, 1])})"}


def _solve_taylor(a: int, b: int, n: int) -> Worked:
    parts = [Fraction(a**k, math.factorial(k)) * b ** (n - k) for k in range(n + 1)]
    value = sum(parts, Fraction(0))
    steps = [
        f"{bracketed(a)}^{k}/{k}!*{bracketed(b)}^{n - k} = {part}" for k, part in enumerate(parts)
    ]
    steps.append(f"{signed([str(part) for part in parts])} = {value}")
    mistakes = [value * math.factorial(n), parts[-1], Fraction(b**n), value - parts[-1]]
    return number(value, *steps, mistakes=mistakes)


def _check_taylor(a: int, b: int, n: int) -> str:
    """From c(n) = b*c(n-1) + a^n/n!."""
    value, part = Fraction(1), Fraction(1)
    for k in range(1, n + 1):
        part = part * a / k
        value = b * value + part
    return str(value)


def _guess_solution(rng: Random, parameters: Parameters) -> str:
    return f"{nonzero(rng, 9)}*e^({nonzero(rng, 6)}x) + {rng.randint(1, 9)}"


_SOLVE = (
    "Solve y' = {rule} with {conditions}.",
    "A function y(x) satisfies y' = {rule} and {conditions}. Find y(x).",
)
_SUM = (
    "What is the sum of {text} over all whole numbers n from {first} on?",
    "Find the exact value of the infinite series of {text}, n = {first}, {second}, ...",
)


def _from(first: int) -> dict[str, str]:
    return {"first": str(first), "second": f"{first + 1}, {first + 2}"}


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
TELESCOPE = Family(
    "telescope", _SUM, _draw_telescope, _solve_telescope, _check_telescope,
    lambda rng, p: f"{rng.randint(1, 60)}/{rng.randint(1, 40)}",
    shown=lambda **p: {**_show_telescope(**p), **_from(1)},
)  # fmt: skip
FACTORIALS = Family(
    "factorials", _SUM, _draw_factorials, _solve_factorials, _check_factorials,
    lambda rng, p: f"{nonzero(rng, 30)}*e^({nonzero(rng, 5)})",
    shown=lambda **p: {**_show_factorials(**p), **_from(0)},
    form="the exact value", written="closed", tolerance=CLOSE,
)  # fmt: skip
WEIGHTED = Family(
    "weighted", _SUM, _draw_weighted, _solve_weighted, _check_weighted,
    lambda rng, p: f"{nonzero(rng, 60)}/{rng.randint(1, 40)}",
    shown=lambda **p: {**_show_weighted(**p), **_from(0)},
)  # fmt: skip
TAYLOR = Family(
    "taylor",
    (
        "What is the coefficient of x^{n} in the power series of {text} at 0?",
        "Let f(x) = {text} = c(0) + c(1)x + c(2)x^2 + ... near 0. What is c({n})?",
    ),
    _draw_taylor, _solve_taylor, _check_taylor,
    lambda rng, p: f"{nonzero(rng, 90)}/{rng.randint(1, 30)}", shown=_show_taylor,
)  # fmt: skip
