"""Integrals: definite and improper ones with exact values, areas, volumes.

Families of :mod:`assay_envs.math.calculus`. The worked solutions use antiderivatives; the second
method is numerical: Gauss's rule on many panels, right to more than twelve digits. Polynomials are
integrated by a rule that is exact for them.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from fractions import Fraction
from itertools import pairwise
from random import Random

from assay_envs.math.derivatives import derived
from assay_envs.math.families import Family, Parameters, Worked, nonzero, number
from assay_envs.math.notation import Number, bracketed, polynomial, power, term
from assay_envs.math.polynomials import Coefficients, drawn, powers, product, value_at

CLOSE = 1e-9
"""Relative error allowed between a closed form and its numerical check."""

_NODES = (0.0, 0.5384693101056831, 0.9061798459386640)
_WEIGHTS = (128 / 225, 0.47862867049936647, 0.23692688505618908)
_PANELS = 200


def quadrature(f: Callable[[float], float], low: float, high: float) -> float:
    """The integral by Gauss's rule with five nodes on each of many panels."""
    half = (high - low) / (2 * _PANELS)
    total = []
    for panel in range(_PANELS):
        middle = low + (2 * panel + 1) * half
        for node, weight in zip(_NODES, _WEIGHTS, strict=True):
            values = f(middle - half * node) + f(middle + half * node)
            total.append(weight * values / (1 if node else 2))
    return half * math.fsum(total)


def _sign(text: str, low: object, high: object) -> str:
    """The integral as a sign, which is no answer."""
    return f"\\int_{{{low}}}^{{{high}}} ({text}) dx"


def _antiderivative(p: Sequence[Number]) -> list[Fraction]:
    degree = len(p)
    return [*(Fraction(c) / (degree - i) for i, c in enumerate(p)), Fraction(0)]


# Polynomials


def _draw_polynomial(rng: Random, level: int) -> Parameters:
    low = 0 if level == 1 else rng.randint(-2, 1)
    return {"p": drawn(rng, rng.randint(level, 1 + level), 9, 6), "low": low,
            "high": low + rng.randint(1, 2 + level)}  # fmt: skip


def _solve_polynomial(p: Coefficients, low: int, high: int) -> Worked:
    whole = _antiderivative(p)
    top, bottom = value_at(whole, high), value_at(whole, low)
    steps = [
        f"An antiderivative is F(x) = {polynomial(whole)}.",
        *(f"F({x}): {powers(whole, x)} = {value}"
          for x, value in ((high, top), (low, bottom)) if x),
        f"{bracketed(top)} - {bracketed(bottom)} = {top - bottom}",
    ]  # fmt: skip
    slopes = derived(p)
    mistakes = [top, top + bottom, value_at(p, high) - value_at(p, low),
                value_at(slopes, high) - value_at(slopes, low)]  # fmt: skip
    return number(top - bottom, *steps, mistakes=mistakes,
                  undone=[_sign(polynomial(p), low, high)])  # fmt: skip


def _romberg(f: Callable[[Fraction], Fraction], low: Number, high: Number) -> Fraction:
    """Romberg's rule with eight panels: exact up to degree seven."""
    width = Fraction(high) - low
    rows: list[Fraction] = []
    for level in range(4):
        n = 2**level
        values = [f(low + width * i / n) for i in range(n + 1)]
        rows.append(width / n * (sum(values, Fraction(0)) - (values[0] + values[-1]) / 2))
    for order in range(1, 4):
        rows = [(4**order * fine - coarse) / (4**order - 1) for coarse, fine in pairwise(rows)]
    return rows[0]


def _check_polynomial(p: Coefficients, low: int, high: int) -> str:
    return str(_romberg(lambda x: value_at(p, x), low, high))


def _draw_chain(rng: Random, level: int) -> Parameters:
    """k*x*(x^2 + a)^n from low to high."""
    low = rng.randint(0, 1)
    return {"k": rng.randint(1, 8), "a": nonzero(rng, 4), "n": rng.randint(2, 3), "low": low,
            "high": low + rng.randint(1, 2)}  # fmt: skip


def _show_chain(k: int, a: int, n: int, low: int, high: int) -> dict[str, str]:
    return {"text": f"{term(k, 'x')}({polynomial([1, 0, a])})^{n}"}


def _solve_chain(k: int, a: int, n: int, low: int, high: int) -> Worked:
    u, v = low * low + a, high * high + a
    value = Fraction(k * (v ** (n + 1) - u ** (n + 1)), 2 * (n + 1))
    steps = [
        f"With u = {polynomial([1, 0, a])}, du = 2x dx, u goes from {u} to {v}.",
        f"{bracketed(v)}^{n + 1} = {v ** (n + 1)}",
        f"{bracketed(u)}^{n + 1} = {u ** (n + 1)}",
        f"{k}*({v ** (n + 1)} - {bracketed(u ** (n + 1))})/(2*{n + 1}) = {value}",
    ]
    other = Fraction(k * (high ** (n + 1) - low ** (n + 1)), 2 * (n + 1))
    shown = _show_chain(k, a, n, low, high)["text"]
    return number(value, *steps, mistakes=[2 * value, other, value * (n + 1)],
                  undone=[_sign(shown, low, high)])  # fmt: skip


def _check_chain(k: int, a: int, n: int, low: int, high: int) -> str:
    return str(_romberg(lambda x: k * x * (x * x + a) ** n, low, high))


def _draw_area(rng: Random, level: int) -> Parameters:
    """A parabola and a line that meet at two whole numbers."""
    low, high = sorted(rng.sample(range(-6, 8), 2))
    a, line = nonzero(rng, 3), [rng.randint(-5, 5), rng.randint(-9, 9)]
    gap = [a, -a * (low + high), a * low * high]
    return {"parabola": [gap[0], gap[1] + line[0], gap[2] + line[1]], "line": line}


def _show_area(parabola: Coefficients, line: Coefficients) -> dict[str, str]:
    return {"parabola": polynomial(parabola), "line": polynomial(line)}


def _solve_area(parabola: Coefficients, line: Coefficients) -> Worked:
    a, b, c = parabola[0], parabola[1] - line[0], parabola[2] - line[1]
    root = math.isqrt(b * b - 4 * a * c)
    low, high = sorted((Fraction(-b - root, 2 * a), Fraction(-b + root, 2 * a)))
    whole = _antiderivative([a, b, c])
    top, bottom = value_at(whole, high), value_at(whole, low)
    steps = [
        f"{polynomial([a, b, c])} = 0 at {low} and {high}",
        f"An antiderivative of the difference is F(x) = {polynomial(whole)}.",
        f"F({high}): {powers(whole, high)} = {top}",
        f"F({low}): {powers(whole, low)} = {bottom}",
        f"The area is the size of {bracketed(top)} - {bracketed(bottom)} = {top - bottom}",
    ]
    return number(abs(top - bottom), *steps, mistakes=[high - low, top, 2 * abs(top - bottom)])


def _check_area(parabola: Coefficients, line: Coefficients) -> str:
    """The whole numbers where they meet by trial, then an exact rule."""
    shifted = [parabola[0], parabola[1] - line[0], parabola[2] - line[1]]
    low, high = (x for x in range(-9, 10) if value_at(shifted, x) == 0)
    return str(abs(_romberg(lambda x: value_at(parabola, x) - value_at(line, x), low, high)))


# Closed forms: kinds of integrands, each with text, value, antiderivative's steps, near misses

_KINDS = {3: ("exp", "log"), 4: ("parts", "ln", "arctan", "sine"), 5: ("twice", "split", "wave")}


def _draw_closed(rng: Random, level: int) -> Parameters:
    """k is a factor, a and b belong to the integrand, c to the bounds."""
    kind = rng.choice(_KINDS[level])
    k, a, b, c = rng.randint(1, 7), rng.randint(2, 6), rng.randint(1, 9), rng.randint(1, 4)
    if kind == "split" and a == b:
        return _draw_closed(rng, level)
    return {"kind": kind, "k": k, "a": a, "b": b, "c": c}


def _shown_closed(kind: str, k: int, a: int, b: int, c: int) -> tuple[str, str, str]:
    """The integrand and its bounds."""
    factor = "" if k == 1 else f"{k}*"
    return {
        "exp": (f"{factor}e^({a}x)", "0", str(c)),
        "log": (f"{k}/({polynomial([a, b])})", "0", str(c)),
        "parts": (f"{term(k, 'x')}*e^({a}x)", "0", str(c)),
        "ln": (f"{factor}{power('x', b % 3)}{'*' if b % 3 else ''}ln(x)", "1", str(c + 1)),
        "arctan": (f"{k}/({polynomial([1, 0, a * a])})", "0", str(a)),
        "sine": (f"{term(k, 'x')}*sin({a}x)", "0", f"pi/{a}"),
        "twice": (f"{term(k, 'x^2')}*e^({a}x)", "0", str(c)),
        "split": (f"{k}/(({polynomial([1, a])})({polynomial([1, b])}))", "0", str(c)),
        "wave": (f"{factor}e^({a}x)*sin({b}x)", "0", f"pi/{b}"),
    }[kind]


def _show_closed(kind: str, k: int, a: int, b: int, c: int) -> dict[str, str]:
    text, low, high = _shown_closed(kind, k, a, b, c)
    return {"text": text, "low": low, "high": high}


def _solve_closed(kind: str, k: int, a: int, b: int, c: int) -> Worked:
    answer, steps, wrong = _CLOSED[kind](k, a, b, c)
    text, low, high = _shown_closed(kind, k, a, b, c)
    wrong = [*wrong, f"{answer} + 1", f"-({answer})", f"2*({answer})"]
    return Worked(answer, steps, tuple(wrong), (), (_sign(text, low, high),))


Closed = tuple[str, list[str], list[str]]
"""The value, the steps, near misses of its own."""


def _times(value: Fraction, factor: str) -> str:
    """A fraction times a factor that is a sum or a function."""
    above = "" if value.numerator == 1 else f"{value.numerator}*"
    below = "" if value.denominator == 1 else f"/{value.denominator}"
    return f"{above}{factor}{below}"


def _exp(k: int, a: int, b: int, c: int) -> Closed:
    share, n = Fraction(k, a), a * c
    steps = [f"An antiderivative is {share}*e^({a}x).", f"{a}*{c} = {n}"]
    wrong = [_times(Fraction(k), f"(e^{n} - 1)"), _times(share, f"e^{n}")]
    return _times(share, f"(e^{n} - 1)"), steps, wrong


def _log(k: int, a: int, b: int, c: int) -> Closed:
    share, ratio = Fraction(k, a), Fraction(a * c + b, b)
    steps = [
        f"An antiderivative is {share}*ln({polynomial([a, b])}).",
        f"{a}*{c} + {b} = {a * c + b}",
        f"({a * c + b})/{b} = {ratio}",
    ]
    wrong = [_times(Fraction(k), f"ln({ratio})"), _times(share, f"ln({a * c + b - b})")]
    wrong = wrong if ratio != a * c else wrong[:1]
    wrong = wrong if share != k else wrong[1:]
    return _times(share, f"ln({ratio})"), steps, wrong


def _parts(k: int, a: int, b: int, c: int) -> Closed:
    n, share = a * c, Fraction(k, a * a)
    steps = [
        f"By parts an antiderivative is {share}*({a}x - 1)*e^({a}x).",
        f"{a}*{c} - 1 = {n - 1}",
        f"At {c} it is {share}*{n - 1}*e^{n}, at 0 it is -{share}.",
    ]
    wrong = [_times(share, f"({n - 1}*e^{n} - 1)"), _times(Fraction(k, a), f"({c}*e^{n})")]
    return _times(share, f"({n - 1}*e^{n} + 1)"), steps, wrong


def _ln(k: int, a: int, b: int, c: int) -> Closed:
    m, high = b % 3 + 1, c + 1
    first, rest = Fraction(k * high**m, m), Fraction(k * (high**m - 1), m * m)
    steps = [
        f"By parts an antiderivative is {k}*(x^{m}*ln(x)/{m} - x^{m}/{m}^2).",
        f"{k}*{high}^{m}/{m} = {first}",
        f"{k}*({high}^{m} - 1)/{m}^2 = {rest}",
    ]
    wrong = [_times(first, f"ln({high})"), f"{_times(first, f'ln({high})')} + {rest}"]
    return f"{_times(first, f'ln({high})')} - {rest}", steps, wrong


def _arctan(k: int, a: int, b: int, c: int) -> Closed:
    share = Fraction(k, 4 * a)
    steps = [
        f"An antiderivative is {Fraction(k, a)}*arctan(x/{a}).",
        "arctan(1) is pi/4.",
        f"{bracketed(Fraction(k, a))}*1/4 = {share}",
    ]
    return _times(share, "pi"), steps, [str(share), _times(share * a, "pi")]


def _sine(k: int, a: int, b: int, c: int) -> Closed:
    share = Fraction(k, a * a)
    steps = [
        f"By parts an antiderivative is {k}*(sin({a}x)/{a}^2 - x*cos({a}x)/{a}).",
        f"At pi/{a} the cosine is -1 and the sine 0.",
        f"{k}*1/({a}*{a}) = {share}",
    ]
    return _times(share, "pi"), steps, [_times(share * a, "pi"), str(share), _times(-share, "pi")]


def _twice(k: int, a: int, b: int, c: int) -> Closed:
    n, share = a * c, Fraction(k, a**3)
    inner = n * n - 2 * n + 2
    steps = [
        f"By parts, twice, an antiderivative is {share}*({polynomial([a * a, -2 * a, 2])})"
        f"*e^({a}x).",
        f"{n}^2 - 2*{n} + 2 = {inner}",
        f"At {c} it is {share}*{inner}*e^{n}, at 0 it is {2 * share}.",
    ]
    wrong = [_times(share, f"({inner}*e^{n})"), _times(share, f"({inner}*e^{n} + 2)")]
    return _times(share, f"({inner}*e^{n} - 2)"), steps, wrong


def _split(k: int, a: int, b: int, c: int) -> Closed:
    share, ratio = Fraction(k, b - a), Fraction((c + a) * b, (c + b) * a)
    steps = [
        f"{k}/((x + {a})(x + {b})) = {share}/(x + {a}) - {share}/(x + {b})",
        f"({c} + {a})*{b}/(({c} + {b})*{a}) = {ratio}",
        f"So the value is {share}*ln({ratio}).",
    ]
    wrong = [_times(share, f"ln({1 / ratio})"), _times(Fraction(k), f"ln({ratio})")]
    return _times(share, f"ln({ratio})"), steps, wrong if share != k else wrong[:1]


def _wave(k: int, a: int, b: int, c: int) -> Closed:
    share = Fraction(k * b, a * a + b * b)
    steps = [
        f"By parts, twice, an antiderivative is "
        f"{k}*e^({a}x)*({a}*sin({b}x) - {b}*cos({b}x))/({a}^2 + {b}^2).",
        f"{a}^2 + {b}^2 = {a * a + b * b}",
        f"{k}*{b}/({a * a + b * b}) = {share}",
        f"At pi/{b} the cosine is -1 and the sine 0, at 0 it is 1.",
    ]
    grown = f"e^({Fraction(a, b)}*pi)"
    wrong = [_times(share, f"({grown} - 1)"), _times(Fraction(k, b), f"({grown} + 1)")]
    return _times(share, f"({grown} + 1)"), steps, wrong


_CLOSED = {
    "exp": _exp, "log": _log, "parts": _parts, "ln": _ln, "arctan": _arctan, "sine": _sine,
    "twice": _twice, "split": _split, "wave": _wave,
}  # fmt: skip


def _check_closed(kind: str, k: int, a: int, b: int, c: int) -> str:
    """By Gauss's rule."""
    f: Callable[[float], float] = {
        "exp": lambda x: k * math.exp(a * x),
        "log": lambda x: k / (a * x + b),
        "parts": lambda x: k * x * math.exp(a * x),
        "ln": lambda x: k * x ** (b % 3) * math.log(x),
        "arctan": lambda x: k / (x * x + a * a),
        "sine": lambda x: k * x * math.sin(a * x),
        "twice": lambda x: k * x * x * math.exp(a * x),
        "split": lambda x: k / ((x + a) * (x + b)),
        "wave": lambda x: k * math.exp(a * x) * math.sin(b * x),
    }[kind]
    _, low, high = _shown_closed(kind, k, a, b, c)
    ends = [math.pi / int(end[3:]) if end.startswith("pi/") else float(end) for end in (low, high)]
    return repr(quadrature(f, *ends))


def _guess_closed(rng: Random, parameters: Parameters) -> str:
    a, b = rng.randint(1, 9), rng.randint(2, 9)
    return rng.choice((f"{a}*pi/{b}", f"{a}*ln({b})", f"({a}*e^{b} - 1)/{b}", f"{a}/{b}"))


# Improper integrals and volumes


def _draw_improper(rng: Random, level: int) -> Parameters:
    """k*x^n*e^(-a*x) from 0 on."""
    return {"k": rng.randint(1, 9), "n": rng.randint(1, level - 2), "a": rng.randint(2, 5)}


def _show_improper(k: int, n: int, a: int) -> dict[str, str]:
    return {"text": f"{term(k, power('x', n))}*e^(-{a}x)"}


def _solve_improper(k: int, n: int, a: int) -> Worked:
    value, steps = Fraction(k, a), [f"Of {k}*e^(-{a}x): {k}/{a} = {Fraction(k, a)}"]
    for m in range(1, n + 1):
        after = value * m / a
        steps.append(f"By parts, with x^{m}: {bracketed(value)}*{m}/{a} = {after}")
        value = after
    mistakes = [value * a, Fraction(k, a ** (n + 1)), value * (n + 1) / a]
    shown = _show_improper(k, n, a)["text"]
    return number(value, *steps, mistakes=mistakes, undone=[_sign(shown, 0, "\\infty")])


def _check_improper(k: int, n: int, a: int) -> str:
    """By Gauss's rule up to where nothing is left, rounded to the fraction that is meant."""
    found = quadrature(lambda x: k * x**n * math.exp(-a * x), 0.0, 60.0 / a)
    return str(Fraction(found).limit_denominator(10_000))


def _draw_volume(rng: Random, level: int) -> Parameters:
    low = rng.randint(0, 2)
    return {"p": drawn(rng, level - 3, 6, 4), "low": low, "high": low + rng.randint(1, 3)}


def _solve_volume(p: Coefficients, low: int, high: int) -> Worked:
    square = product(p, p)
    whole = _antiderivative(square)
    top, bottom = value_at(whole, high), value_at(whole, low)
    value = top - bottom
    steps = [
        f"({polynomial(p)})^2 = {polynomial(square)}",
        f"An antiderivative is F(x) = {polynomial(whole)}.",
        *(f"F({x}): {powers(whole, x)} = {each}" for x, each in ((high, top), (low, bottom))),
        f"{bracketed(top)} - {bracketed(bottom)} = {value}",
    ]
    plain = abs(value_at(_antiderivative(p), high) - value_at(_antiderivative(p), low))
    near = [str(value), _times(2 * value, "pi"), _times(value + 1, "pi"), _times(plain, "pi")]
    wrong = [each for each in near if each != _times(value, "pi")]
    sign = f"\\pi {_sign(f'({polynomial(p)})^2', low, high)}"
    return Worked(_times(value, "pi"), steps, tuple(wrong), (f"{value}\\pi",), (sign,))


def _check_volume(p: Coefficients, low: int, high: int) -> str:
    return f"{_romberg(lambda x: value_at(p, x) ** 2, low, high)}*pi"


def _guess_number(rng: Random, parameters: Parameters) -> str:
    return str(Fraction(rng.randint(-200, 400), rng.choice((1, 1, 2, 3, 4, 6))))


_ASKED = (
    "What is the integral of {text} from x = {low} to x = {high}?",
    "Integrate f(x) = {text} from {low} to {high}. What is the exact value?",
    "Find the exact value of the definite integral of {text} dx between {low} and {high}.",
)

POLYNOMIAL = Family(
    "polynomial_integral", _ASKED, _draw_polynomial, _solve_polynomial, _check_polynomial,
    _guess_number, shown=lambda p, low, high: {"text": polynomial(p)},
)  # fmt: skip
CHAIN = Family(
    "chain_integral", _ASKED, _draw_chain, _solve_chain, _check_chain, _guess_number,
    shown=_show_chain,
)  # fmt: skip
CLOSED = Family(
    "closed_integral", _ASKED, _draw_closed, _solve_closed, _check_closed, _guess_closed,
    shown=_show_closed, form="the exact value", written="closed", tolerance=CLOSE,
)  # fmt: skip
AREA = Family(
    "area",
    (
        "What is the area between the curves y = {parabola} and y = {line}?",
        "The parabola y = {parabola} and the line y = {line} enclose a region. What is its area?",
    ),
    _draw_area, _solve_area, _check_area,
    lambda rng, p: str(Fraction(rng.randint(1, 900), rng.choice((1, 2, 3, 6)))), shown=_show_area,
)  # fmt: skip
IMPROPER = Family(
    "improper",
    (
        "What is the integral of {text} from 0 to infinity?",
        "Integrate {text} over all x >= 0. What is the exact value?",
    ),
    _draw_improper, _solve_improper, _check_improper,
    lambda rng, p: f"{rng.randint(1, 60)}/{rng.randint(1, 60)}", shown=_show_improper,
)  # fmt: skip
VOLUME = Family(
    "volume",
    (
        "The graph of y = {text} for {low} <= x <= {high} is rotated about the x-axis. What is "
        "the volume of the solid?",
        "Find the volume of the solid of revolution of y = {text} about the x-axis, from x = {low} "
        "to x = {high}.",
    ),
    _draw_volume, _solve_volume, _check_volume,
    lambda rng, p: f"{rng.randint(1, 900)}*pi/{rng.randint(1, 6)}",
    shown=lambda p, low, high: {"text": polynomial(p)}, form="the exact value", written="closed",
)  # fmt: skip
