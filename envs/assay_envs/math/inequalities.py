"""Inequalities: linear, quadratic, rational and with absolute values; the answer is a set of reals.

Families of :mod:`assay_envs.math.algebra`. All boundaries are rational. The second method tries
every small fraction as a boundary and one number between each two: it evaluates the two sides of
the inequality and knows no algebra.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Sequence
from fractions import Fraction
from itertools import pairwise
from random import Random

from assay_envs.math.equations import candidates
from assay_envs.math.families import Family, Parameters, Worked, nonzero
from assay_envs.math.notation import Number, bracketed, polynomial

Pieces = list[tuple[str, str]]
"""Intervals as (left end with its bracket, right end with its bracket), from left to right."""

_SIGNS = ("<", "<=", ">", ">=")
_FLIPPED = {"<": ">", "<=": ">=", ">": "<", ">=": "<="}
_FAR = 40


def _holds(left: Fraction, sign: str, right: Fraction) -> bool:
    return {"<": left < right, "<=": left <= right, ">": left > right, ">=": left >= right}[sign]


def _joined(pieces: Iterable[tuple[str, str]]) -> str:
    return " U ".join(f"{left}, {right}" for left, right in pieces)


def _solved(pieces: Pieces, *steps: str, wrong: Sequence[Pieces] = ()) -> Worked:
    """The set, worked out; near misses turn one bracket, leave a piece out, take the rest."""
    near = list(wrong)
    for place, (left, right) in enumerate(pieces):
        if "inf" not in left:
            other = ("[" if left[0] == "(" else "(") + left[1:]
            near.append([*pieces[:place], (other, right), *pieces[place + 1 :]])
        if "inf" not in right:
            other = right[:-1] + ("]" if right[-1] == ")" else ")")
            near.append([*pieces[:place], (left, other), *pieces[place + 1 :]])
    if len(pieces) > 1:
        near += [pieces[:1], pieces[1:]]
    near.append(_rest(pieces))
    texts = dict.fromkeys(_joined(each) for each in near if each and each != pieces)
    return Worked(_joined(pieces), steps, tuple(texts), (_as_inequalities(pieces),))


def _rest(pieces: Pieces) -> Pieces:
    """What of the reals the pieces leave out."""
    found, start = [], "(-inf"
    for left, right in pieces:
        if "inf" not in left:
            found.append((start, left[1:] + ("]" if left[0] == "(" else ")")))
        start = ("[" if right[-1] == ")" else "(") + right[:-1]
    return found if "inf" in start else [*found, (start, "inf)")]


def _as_inequalities(pieces: Pieces) -> str:
    """The set as inequalities of x, joined by "or"."""
    texts = []
    for left, right in pieces:
        low = "" if "inf" in left else f"{left[1:]} {'<' if left[0] == '(' else '<='} "
        high = "" if "inf" in right else f" {'<' if right[-1] == ')' else '<='} {right[:-1]}"
        texts.append(f"{low}x{high}")
    return " or ".join(texts)


def _by_trial(
    holds: Callable[[Fraction], bool], is_boundary: Callable[[Fraction], bool], below: int
) -> str:
    """The set where ``holds``, from its boundaries among small fractions."""
    bounds = [x for x in candidates(_FAR, below) if is_boundary(x)]
    far = Fraction(3 * _FAR)
    ends = [-far, *bounds, far]
    gaps = [holds((a + b) / 2) for a, b in pairwise(ends)]
    at = [holds(x) for x in bounds]
    pieces: Pieces = []
    start = "(-inf" if gaps[0] else ""
    for i, x in enumerate(bounds):
        if start and not (gaps[i + 1] and at[i]):
            pieces.append((start, f"{x}{']' if at[i] else ')'}"))
            start = ""
        if not start and (gaps[i + 1] or (at[i] and not gaps[i])):
            start = f"{'[' if at[i] else '('}{x}"
        if start and not gaps[i + 1]:
            pieces.append((start, f"{x}]"))
            start = ""
    return _joined([*pieces, (start, "inf)")] if start else pieces)


def _guess_set(rng: Random, parameters: Parameters) -> str:
    low, high = sorted(rng.sample(range(-12, 13), 2))
    brackets = rng.choice(("()", "[]")), rng.choice(("()", "[]"))
    return rng.choice(
        (
            f"{brackets[0][0]}{low}, {high}{brackets[1][1]}",
            f"(-inf, {high}{brackets[1][1]}",
            f"{brackets[0][0]}{low}, inf)",
            f"(-inf, {low}{brackets[0][1]} U {brackets[1][0]}{high}, inf)",
        )
    )


# a*x + b < c*x + d


def _draw_linear(rng: Random, level: int) -> Parameters:
    while True:
        a, b, d = nonzero(rng, 4 + 3 * level), nonzero(rng, 20), rng.randint(-30, 30)
        c = 0 if level == 1 else nonzero(rng, 3 + 2 * level)
        x = Fraction(d - b, a - c) if a != c else Fraction(_FAR)
        if abs(x) < 20 and (level > 1 or x.denominator == 1):
            return {"left": [a, b], "sign": rng.choice(_SIGNS), "right": [c, d]}


def _show_linear(left: list[int], sign: str, right: list[int]) -> dict[str, str]:
    return {"text": f"{polynomial(left)} {sign} {polynomial(right)}"}


def _ray(sign: str, x: Number) -> Pieces:
    """All numbers in that relation to x."""
    closed = sign.endswith("=")
    if sign[0] == "<":
        return [("(-inf", f"{x}{']' if closed else ')'}")]
    return [(f"{'[' if closed else '('}{x}", "inf)")]


def _solve_linear(left: list[int], sign: str, right: list[int]) -> Worked:
    (a, b), (c, d) = left, right
    x, turned = Fraction(d - b, a - c), sign if a > c else _FLIPPED[sign]
    steps = [
        f"{polynomial([a - c, 0])} {sign} {d} - {bracketed(b)}",
        f"({d} - {bracketed(b)})/({a} - {bracketed(c)}) = {x}",
        f"The factor {a - c} is {'positive' if a > c else 'negative: the sign turns'}: "
        f"x {turned} {x}",
    ]
    wrong = [_ray(turned, x + 1), _ray(turned, -x)] if x else [_ray(turned, x + 1)]
    return _undone(_solved(_ray(turned, x), *steps, wrong=wrong), _show_linear(left, sign, right))


def _undone(worked: Worked, shown: dict[str, str]) -> Worked:
    """The inequality itself is no answer."""
    return Worked(worked.answer, worked.steps, worked.wrong, worked.alike, (shown["text"],))


def _check_linear(left: list[int], sign: str, right: list[int]) -> str:
    def gap(x: Fraction) -> Fraction:
        return left[0] * x + left[1] - right[0] * x - right[1]

    zero = Fraction(0)
    return _by_trial(
        lambda x: _holds(gap(x), sign, zero), lambda x: gap(x) == 0, abs(left[0] - right[0])
    )


# a*x^2 + b*x + c < 0, with rational zeros


def _draw_quadratic(rng: Random, level: int) -> Parameters:
    below = [1 if level < 4 else rng.randint(1, 3) for _ in range(2)]
    low, high = (Fraction(rng.randint(-12, 12), q) for q in below)
    if low == high:
        return _draw_quadratic(rng, level)
    scale = low.denominator * high.denominator * (rng.choice((1, -1)) if level > 2 else 1)
    p = [Fraction(scale), -scale * (low + high), scale * low * high]
    return {"p": [int(c) for c in p], "sign": rng.choice(_SIGNS)}


def _show_quadratic(p: list[int], sign: str) -> dict[str, str]:
    return {"text": f"{polynomial(p)} {sign} 0"}


def _solve_quadratic(p: list[int], sign: str) -> Worked:
    a, b, c = p
    value = b * b - 4 * a * c
    root = next(n for n in range(value + 1) if n * n == value)
    low, high = sorted((Fraction(-b + root, 2 * a), Fraction(-b - root, 2 * a)))
    outside = (sign[0] == ">") == (a > 0)
    steps = [
        f"{bracketed(b)}^2 - 4*{bracketed(a)}*{bracketed(c)} = {value} = {root}^2",
        f"({-b} + {root})/(2*{bracketed(a)}) = {Fraction(-b + root, 2 * a)}",
        f"({-b} - {root})/(2*{bracketed(a)}) = {Fraction(-b - root, 2 * a)}",
        f"The parabola opens {'upwards' if a > 0 else 'downwards'}, so the inequality holds "
        f"{'outside' if outside else 'between'} the zeros.",
    ]
    pieces = _between(low, high, sign.endswith("="), outside)
    worked = _solved(pieces, *steps, wrong=[_between(low, high + 1, sign[-1] == "=", outside)])
    return _undone(worked, _show_quadratic(p, sign))


def _between(low: Number, high: Number, closed: bool, outside: bool) -> Pieces:
    if outside:
        return [("(-inf", f"{low}{']' if closed else ')'}"), (f"{'[' if closed else '('}{high}",
                                                              "inf)")]  # fmt: skip
    return [(f"{'[' if closed else '('}{low}", f"{high}{']' if closed else ')'}")]


def _check_quadratic(p: list[int], sign: str) -> str:
    def value(x: Fraction) -> Fraction:
        return p[0] * x * x + p[1] * x + p[2]

    zero = Fraction(0)
    return _by_trial(lambda x: _holds(value(x), sign, zero), lambda x: value(x) == 0, abs(p[0]))


# |a*x + b| < c


def _draw_absolute(rng: Random, level: int) -> Parameters:
    a = rng.randint(1, level) if level > 2 else 1
    return {"left": [a, nonzero(rng, 15)], "sign": rng.choice(_SIGNS), "c": rng.randint(1, 20)}


def _show_absolute(left: list[int], sign: str, c: int) -> dict[str, str]:
    return {"text": f"|{polynomial(left)}| {sign} {c}"}


def _solve_absolute(left: list[int], sign: str, c: int) -> Worked:
    a, b = left
    low, high = Fraction(-c - b, a), Fraction(c - b, a)
    outside = sign[0] == ">"
    steps = [
        f"({c} - {bracketed(b)})/{a} = {high}",
        f"({-c} - {bracketed(b)})/{a} = {low}",
        f"The distance is {'larger outside' if outside else 'smaller between'} these.",
    ]
    closed = sign.endswith("=")
    wrong = [_between(-high, -low, closed, outside), _between(low, high + 1, closed, outside)]
    wrong = [each for each in wrong if each != _between(low, high, closed, outside)]
    worked = _solved(_between(low, high, closed, outside), *steps, wrong=wrong)
    return _undone(worked, _show_absolute(left, sign, c))


def _check_absolute(left: list[int], sign: str, c: int) -> str:
    def size(x: Fraction) -> Fraction:
        return abs(left[0] * x + left[1])

    return _by_trial(lambda x: _holds(size(x), sign, Fraction(c)), lambda x: size(x) == c, left[0])


# (x + a)/(x + b) < c


def _draw_rational(rng: Random, level: int) -> Parameters:
    """Compared with 0 at level 4, with another number above."""
    while True:
        m, a, b = rng.randint(1, 4), nonzero(rng, 12), nonzero(rng, 12)
        c = 0 if level < 5 else nonzero(rng, 5)
        if m != c and -a != m * -b and abs(Fraction(c * b - a, m - c)) < _FAR:
            return {"above": [m, a], "below": [1, b], "sign": rng.choice(_SIGNS), "c": c}


def _show_rational(above: list[int], below: list[int], sign: str, c: int) -> dict[str, str]:
    return {"text": f"({polynomial(above)})/({polynomial(below)}) {sign} {c}"}


def _solve_rational(above: list[int], below: list[int], sign: str, c: int) -> Worked:
    """Everything on one side; then signs at the zero and the pole."""
    (m, a), (_, b) = above, below
    zero, pole = Fraction(c * b - a, m - c), Fraction(-b)
    low, high = sorted((zero, pole))
    outside = (sign[0] == ">") == (m > c)
    steps = [
        f"({polynomial([m - c, a - c * b])})/({polynomial(below)}) {sign} 0",
        f"The zero is ({c}*{bracketed(b)} - {bracketed(a)})/({m} - {bracketed(c)}) = {zero}",
        f"The pole is at {pole}, where nothing is defined.",
        f"Far out the left side is {'positive' if m > c else 'negative'}, so the inequality "
        f"holds {'outside' if outside else 'between'} these.",
    ]
    pieces = _between(low, high, sign.endswith("="), outside)
    if sign.endswith("="):
        pieces = [
            (f"({pole}" if left == f"[{pole}" else left,
             f"{pole})" if right == f"{pole}]" else right)
            for left, right in pieces
        ]  # fmt: skip
    beyond = Fraction(c * b - a, m - c)
    multiplied = _ray(sign if m > c else _FLIPPED[sign], beyond)
    worked = _solved(pieces, *steps, wrong=[multiplied])
    return _undone(worked, _show_rational(above, below, sign, c))


def _check_rational(above: list[int], below: list[int], sign: str, c: int) -> str:
    def holds(x: Fraction) -> bool:
        bottom = x + below[1]
        return bottom != 0 and _holds((above[0] * x + above[1]) / bottom, sign, Fraction(c))

    def is_boundary(x: Fraction) -> bool:
        bottom = x + below[1]
        return bottom == 0 or above[0] * x + above[1] == c * bottom

    return _by_trial(holds, is_boundary, abs(above[0] - c))


# (x - a)(x - b)/(x - c) < 0


def _draw_chart(rng: Random, level: int) -> Parameters:
    points = rng.sample(range(-15, 16), 3 if level < 5 else 4)
    poles = 1 if level < 5 else rng.randint(1, 2)
    return {"zeros": points[poles:], "poles": points[:poles], "sign": rng.choice(_SIGNS)}


def _show_chart(zeros: list[int], poles: list[int], sign: str) -> dict[str, str]:
    above, below = ("".join(f"({polynomial([1, -x])})" for x in each) for each in (zeros, poles))
    return {"text": f"{above}/{f'({below})' if len(poles) > 1 else below} {sign} 0"}


def _solve_chart(zeros: list[int], poles: list[int], sign: str) -> Worked:
    """The sign changes at every zero and every pole; it is positive from the last one on."""
    points, pieces, steps = sorted([*zeros, *poles]), [], []
    ends = ["-inf", *map(str, points), "inf"]
    for i, (left, right) in enumerate(pairwise(ends)):
        positive = (len(points) - i) % 2 == 0
        steps.append(f"({left}, {right}): {len(points) - i} factors are negative, "
                     f"the quotient is {'positive' if positive else 'negative'}.")  # fmt: skip
        if positive == (sign[0] == ">"):
            pieces.append((_bracket(left, zeros, sign, "[("), _bracket(right, zeros, sign, "])")))
    shown = _show_chart(zeros, poles, sign)
    whole = [(left.replace("(", "["), right.replace(")", "]")) for left, right in pieces]
    wrong = [] if any("inf" in part for piece in pieces for part in piece) else [whole]
    return _undone(_solved(pieces, *steps, wrong=wrong), shown)


def _bracket(end: str, zeros: list[int], sign: str, kinds: str) -> str:
    """An end of an interval with its bracket: closed at a zero where the sign allows 0."""
    closed = sign.endswith("=") and "inf" not in end and int(end) in zeros
    bracket = kinds[0] if closed else kinds[1]
    return bracket + end if bracket in "[(" else end + bracket


def _check_chart(zeros: list[int], poles: list[int], sign: str) -> str:
    def holds(x: Fraction) -> bool:
        bottom = math.prod((x - pole for pole in poles), start=Fraction(1))
        top = math.prod((x - zero for zero in zeros), start=Fraction(1))
        return bottom != 0 and _holds(top / bottom, sign, Fraction(0))

    return _by_trial(holds, lambda x: x in zeros or x in poles, 1)


def inequality(
    name: str,
    draw: Callable[[Random, int], Parameters],
    solve: Callable[..., Worked],
    check: Callable[..., str],
    shown: Callable[..., dict[str, str]],
) -> Family:
    """A family whose answer is a set of reals."""
    return Family(
        name,
        (
            "Solve {text} over the real numbers.",
            "For which real x is {text}?",
            "Find the set of all real x with {text}.",
        ),
        draw, solve, check, _guess_set, shown=shown,
        form="the solution set in interval notation, such as (-inf, 2] U (5, 7)",
    )  # fmt: skip


LINEAR_INEQUALITY = inequality(
    "linear_inequality", _draw_linear, _solve_linear, _check_linear, _show_linear
)
QUADRATIC_INEQUALITY = inequality(
    "quadratic_inequality", _draw_quadratic, _solve_quadratic, _check_quadratic, _show_quadratic
)
ABSOLUTE_INEQUALITY = inequality(
    "absolute_inequality", _draw_absolute, _solve_absolute, _check_absolute, _show_absolute
)
RATIONAL_INEQUALITY = inequality(
    "rational_inequality", _draw_rational, _solve_rational, _check_rational, _show_rational
)
SIGN_CHART = inequality("sign_chart", _draw_chart, _solve_chart, _check_chart, _show_chart)
