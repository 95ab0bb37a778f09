"""Equations: systems, quadratics with rational, surd and complex roots, exponents, logs, roots.

Families of :mod:`assay_envs.math.algebra`. Solutions are drawn first and the equation is built
around them. The second methods are Cramer's rule, the quadratic formula as it stands, and trial of
every small candidate.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Sequence
from fractions import Fraction
from itertools import permutations
from random import Random

from assay_envs.math.families import Family, Parameters, Worked, nonzero, number, numbers
from assay_envs.math.notation import (
    Number,
    as_tuple,
    bracketed,
    negative_bracketed,
    polynomial,
    signed,
    square_part,
    surd,
    term,
)

_UNKNOWNS = "xyz"


def candidates(most: int, below: int) -> Iterator[Fraction]:
    """Every multiple of 1/below from -most to most, in order."""
    for above in range(-most * below, most * below + 1):
        yield Fraction(above, below)


def _listed(values: Sequence[Number]) -> str:
    return ", ".join(str(value) for value in sorted(values))


# Systems


def _draw_system(rng: Random, level: int) -> Parameters:
    """A row of coefficients and right side for each equation; its solution is whole."""
    size, most = (2, 2, 2, 3, 3)[level - 1], (5, 7, 12, 4, 9)[level - 1]
    values = [nonzero(rng, most + 2) for _ in range(size)]
    while True:
        rows = [[nonzero(rng, most) for _ in range(size)] for _ in range(size)]
        if determinant(rows):
            break
    sides = [sum(c * v for c, v in zip(row, values, strict=True)) for row in rows]
    return {"rows": [[*row, side] for row, side in zip(rows, sides, strict=True)]}


def determinant(rows: Sequence[Sequence[int]]) -> int:
    """Of a square matrix, by Leibniz's formula."""
    total = 0
    for order in permutations(range(len(rows))):
        turns = sum(a > b for i, a in enumerate(order) for b in order[i + 1 :])
        total += (-1) ** turns * math.prod(row[i] for row, i in zip(rows, order, strict=True))
    return total


def _equation(row: Sequence[Number]) -> str:
    terms = [term(c, name) for c, name in zip(row[:-1], _UNKNOWNS, strict=False) if c]
    return f"{signed(terms)} = {row[-1]}"


def _show_system(rows: list[list[int]]) -> dict[str, str]:
    texts, names = [_equation(row) for row in rows], ", ".join(_UNKNOWNS[: len(rows)])
    return {"system": ", ".join(texts[:-1]) + f" and {texts[-1]}", "names": f"({names})"}


def _solve_system(rows: list[list[int]]) -> Worked:
    """Elimination, then from the last unknown back."""
    left, steps = [[Fraction(each) for each in row] for row in rows], []
    size = len(rows)
    for column in range(size):
        first = next(i for i in range(column, size) if left[i][column])
        left[column], left[first] = left[first], left[column]
        for below in range(column + 1, size):
            factor = left[below][column] / left[column][column]
            if factor:
                pairs = zip(left[below], left[column], strict=True)
                left[below] = [a - factor * b for a, b in pairs]
                steps.append(f"Less {factor} times equation {column + 1}: {_equation(left[below])}")
    values = [Fraction(0)] * size
    for row in range(size - 1, -1, -1):
        known = sum((left[row][j] * values[j] for j in range(row + 1, size)), Fraction(0))
        values[row] = (left[row][-1] - known) / left[row][row]
        steps.append(f"{_UNKNOWNS[row]}: ({left[row][-1]} - {negative_bracketed(known)})/"
                     f"{bracketed(left[row][row])} = {values[row]}")  # fmt: skip
    named = ", ".join(f"{n} = {v}" for n, v in zip(_UNKNOWNS, values, strict=False))
    return numbers(values, *steps, alike=[named])


def _check_system(rows: list[list[int]]) -> str:
    """Cramer's rule."""
    whole, values = determinant([row[:-1] for row in rows]), []
    for place in range(len(rows)):
        replaced = [[*row[:place], row[-1], *row[place + 1 : -1]] for row in rows]
        values.append(Fraction(determinant(replaced), whole))
    return as_tuple(values)


def _guess_tuple(rng: Random, parameters: Parameters) -> str:
    return as_tuple([nonzero(rng, 10) for _ in parameters["rows"]])


# Quadratics: a*x^2 + b*x + c = 0


def _draw_rational(rng: Random, level: int) -> Parameters:
    """Two different roots p/q, whole ones below level 3."""
    while True:
        below = [rng.randint(1, level) if level > 2 else 1 for _ in range(2)]
        above = [nonzero(rng, 6 + 3 * level) for _ in range(2)]
        first, second = (Fraction(a, b) for a, b in zip(above, below, strict=True))
        scale = first.denominator * second.denominator
        parts = [Fraction(scale), -scale * (first + second), scale * first * second]
        if first != second and parts[1]:
            return dict(zip("abc", map(int, parts), strict=True))


def _show_quadratic(a: int, b: int, c: int) -> dict[str, str]:
    return {"left": polynomial([a, b, c]), "same": f"{polynomial([a, b, 0])} = {-c}"}


def _discriminant(a: int, b: int, c: int) -> tuple[int, str]:
    value = b * b - 4 * a * c
    work = f"{bracketed(b)}^2 - 4*{a}*{bracketed(c)} = {value}"
    return value, work


def _solve_rational(a: int, b: int, c: int) -> Worked:
    value, work = _discriminant(a, b, c)
    root = math.isqrt(value)
    high, low = Fraction(-b + root, 2 * a), Fraction(-b - root, 2 * a)
    steps = [
        work,
        f"{root}^2 = {value}",
        f"({-b} + {root})/(2*{a}) = {high}",
        f"({-b} - {root})/(2*{a}) = {low}",
    ]
    return numbers([low, high], *steps, ordered=False,
                   alike=[f"x = {high} or x = {low}", f"{{{low}, {high}}}"])  # fmt: skip


def _check_rational(a: int, b: int, c: int) -> str:
    """Every p/q with p a divisor of c and q a divisor of a."""
    found = {
        Fraction(sign * p, q)
        for p in range(1, abs(c) + 1) if c % p == 0
        for q in range(1, a + 1) if a % q == 0
        for sign in (1, -1)
    }  # fmt: skip
    return _listed([x for x in found if a * x * x + b * x + c == 0])


def _draw_surd(rng: Random, level: int) -> Parameters:
    """Irrational real roots."""
    while True:
        a = 1 if level < 4 else rng.randint(1, 5)
        b, c = nonzero(rng, 6 + 2 * level), nonzero(rng, 20)
        value = b * b - 4 * a * c
        if value > 0 and square_part(value)[1] > 1 and math.gcd(a, b, c) == 1:
            return {"a": a, "b": b, "c": c}


def _solve_surd(a: int, b: int, c: int) -> Worked:
    value, work = _discriminant(a, b, c)
    outside, inside = square_part(value)
    middle, off = Fraction(-b, 2 * a), Fraction(outside, 2 * a)
    high, low = surd(middle, off, inside), surd(middle, -off, inside)
    steps = [work, f"{value} = {outside}^2*{inside}", f"x = ({-b} +- sqrt({value}))/(2*{a})"]
    wrong = [
        high,
        f"{surd(-middle, off, inside)}, {surd(-middle, -off, inside)}",
        f"{surd(middle, 2 * off, inside)}, {surd(middle, -2 * off, inside)}",
        f"{surd(middle, off, inside + 1)}, {surd(middle, -off, inside + 1)}",
    ]
    alike = [f"x = \\frac{{{-b} \\pm \\sqrt{{{value}}}}}{{{2 * a}}}", f"{high} or {low}"]
    return Worked(f"{high}, {low}", steps, wrong, alike)


def _check_surd(a: int, b: int, c: int) -> str:
    """Completing the square."""
    half = Fraction(b, 2 * a)
    rest = half**2 - Fraction(c, a)
    return f"{-half} + sqrt({rest}), {-half} - sqrt({rest})"


def _draw_complex(rng: Random, level: int) -> Parameters:
    """Roots p + q*i and p - q*i, both rational in parts."""
    real = Fraction(nonzero(rng, 9), rng.randint(1, level - 2))
    imaginary = Fraction(rng.randint(1, 9), rng.randint(1, level - 2))
    parts = [Fraction(1), -2 * real, real**2 + imaginary**2]
    scale = math.lcm(*(part.denominator for part in parts))
    return {name: int(part * scale) for name, part in zip("abc", parts, strict=True)}


def _pair(real: Fraction, imaginary: Fraction) -> str:
    up, down = (signed([str(real), term(each, "i")]) for each in (imaginary, -imaginary))
    return f"{up}, {down}"


def _solve_complex(a: int, b: int, c: int) -> Worked:
    value, work = _discriminant(a, b, c)
    root = math.isqrt(-value)
    real, imaginary = Fraction(-b, 2 * a), Fraction(root, 2 * a)
    steps = [work, f"{root}^2 = {-value}", f"x = ({-b} +- {root}i)/(2*{a})"]
    wrong = [
        _pair(-real, imaginary),
        _pair(real, imaginary + 1),
        _pair(real, 2 * imaginary),
        signed([str(real), term(imaginary, "i")]),
        f"{real + imaginary}, {real - imaginary}",
    ]
    alike = [f"x = \\frac{{{-b} \\pm {root}i}}{{{2 * a}}}"]
    return Worked(_pair(real, imaginary), steps, wrong, alike)


def _check_complex(a: int, b: int, c: int) -> str:
    """Completing the square."""
    half = Fraction(b, 2 * a)
    rest = Fraction(c, a) - half**2
    return f"{-half} + i*sqrt({rest}), {-half} - i*sqrt({rest})"


def _guess_pair(rng: Random, parameters: Parameters) -> str:
    return f"{nonzero(rng, 15)}, {nonzero(rng, 15)}"


# Powers, logarithms, roots, absolute values


def _draw_exponents(rng: Random, level: int) -> Parameters:
    """(base^p)^(m*x + n) = (base^q)^(r*x + s), with one solution."""
    base = rng.choice((2, 3, 5))
    most = {2: 6, 3: 4, 5: 3}[base]
    while True:
        p, q = rng.sample(range(1, most + 1), 2)
        m, n, r, s = (nonzero(rng, 3 + level) for _ in range(4))
        if level < 3:
            r = 0
        if p * m != q * r and abs(Fraction(q * s - p * n, p * m - q * r)) < 20:
            return {"base": base, "p": p, "q": q, "left": [m, n], "right": [r, s]}


def _show_exponents(base: int, p: int, q: int, left: list[int], right: list[int]) -> dict[str, str]:
    first, second = polynomial(left), polynomial(right)
    return {"equation": f"{base**p}^({first}) = {base**q}^({second})"}


def _solve_exponents(base: int, p: int, q: int, left: list[int], right: list[int]) -> Worked:
    (m, n), (r, s) = left, right
    x = Fraction(q * s - p * n, p * m - q * r)
    steps = [
        f"{base**p} = {base}^{p}",
        f"{base**q} = {base}^{q}",
        f"{p}*({polynomial(left)}) = {q}*({polynomial(right)})",
        f"{term(p * m - q * r, 'x')} = {q * s - p * n}",
        f"x = {x}",
    ]
    unequal = [Fraction(s - n, m - r)] if m != r else []
    return number(x, *steps, mistakes=[*unequal, Fraction(q * s + p * n, p * m - q * r)])


def _check_exponents(base: int, p: int, q: int, left: list[int], right: list[int]) -> str:
    """The difference of the exponents is linear in x: its zero from two of its values."""

    def difference(x: int) -> int:
        return p * (left[0] * x + left[1]) - q * (right[0] * x + right[1])

    at_0, at_1 = difference(0), difference(1)
    return str(Fraction(at_0, at_0 - at_1))


def _draw_logarithms(rng: Random, level: int) -> Parameters:
    """log(x + u) + log(x + v) = k to a base; the other root of the quadratic is no solution."""
    base, k = rng.choice(((2, 4), (2, 5), (2, 6), (3, 3), (3, 4), (5, 2), (5, 3), (6, 2), (7, 2)))
    first, x = base ** rng.randint(0, (k - 1) // 2), rng.randint(-12, 30)
    return {"base": base, "k": k, "u": first - x, "v": base**k // first - x}


def _show_logarithms(base: int, k: int, u: int, v: int) -> dict[str, str]:
    return {"first": polynomial([1, u]), "second": polynomial([1, v])}


def _solve_logarithms(base: int, k: int, u: int, v: int) -> Worked:
    value = (u - v) ** 2 + 4 * base**k
    root = math.isqrt(value)
    x, other = (-(u + v) + root) // 2, (-(u + v) - root) // 2
    steps = [
        f"({polynomial([1, u])})({polynomial([1, v])}) = {base}^{k} = {base**k}",
        f"{polynomial([1, u + v, u * v - base**k])} = 0",
        f"({-(u + v)} + {root})/2 = {x}",
        f"({-(u + v)} - {root})/2 = {other}",
        f"{other} + {bracketed(u)} = {other + u}",
        f"That is negative, so only {x} is a solution.",
    ]
    worked = number(x, *steps, mistakes=[other])
    return Worked(worked.answer, steps, (*worked.wrong, f"{x}, {other}"), (f"x = {x}",))


def _check_logarithms(base: int, k: int, u: int, v: int) -> str:
    start = max(-u, -v) + 1
    return str(next(x for x in range(start, start + base**k) if (x + u) * (x + v) == base**k))


def _draw_hidden(rng: Random, level: int) -> Parameters:
    """e^(2x) - (a + b)*e^x + a*b = 0, whose solutions are ln(a) and ln(b)."""
    a, b = rng.sample(range(2, 8 + 4 * level), 2)
    return {"total": a + b, "product": a * b, "factor": rng.randint(1, level)}


def _show_hidden(total: int, product: int, factor: int) -> dict[str, str]:
    m = "" if factor == 1 else factor
    return {"equation": f"e^({2 * factor}x) - {total}e^({m}x) + {product} = 0"}


def _solve_hidden(total: int, product: int, factor: int) -> Worked:
    root = math.isqrt(total**2 - 4 * product)
    high, low = (total + root) // 2, (total - root) // 2
    share = "" if factor == 1 else f"/{factor}"
    steps = [
        f"With y = e^({factor}x): y^2 - {total}y + {product} = 0",
        f"{total}^2 - 4*{product} = {root**2}",
        f"({total} + {root})/2 = {high}",
        f"({total} - {root})/2 = {low}",
        f"x = ln(y){share}",
    ]
    wrong = [f"{low}, {high}", f"ln({low}){share}", f"-ln({low}){share}, -ln({high}){share}",
             f"ln({low + 1}){share}, ln({high}){share}", f"ln({high}){share}"]  # fmt: skip
    alike = [f"x = \\ln({high}){share} or x = \\ln({low}){share}"]
    return Worked(f"ln({low}){share}, ln({high}){share}", steps, wrong, alike)


def _check_hidden(total: int, product: int, factor: int) -> str:
    found = [y for y in range(1, product + 1) if y * y - total * y + product == 0]
    return ", ".join(f"(1/{factor})*ln({y})" for y in found)


def _draw_radical(rng: Random, level: int) -> Parameters:
    """sqrt(a*x + b) = x + c, whose square has one root more."""
    while True:
        x, value = rng.randint(-15, 30), rng.randint(1, 12)
        c, a = value - x, nonzero(rng, 12)
        other = a - 2 * c - x
        if other + c < 0 and c:
            return {"a": a, "b": value**2 - a * x, "c": c}


def _show_radical(a: int, b: int, c: int) -> dict[str, str]:
    return {"left": f"sqrt({polynomial([a, b])})", "right": polynomial([1, c])}


def _solve_radical(a: int, b: int, c: int) -> Worked:
    value = (2 * c - a) ** 2 - 4 * (c * c - b)
    root = math.isqrt(value)
    x, other = (a - 2 * c + root) // 2, (a - 2 * c - root) // 2
    steps = [
        f"{polynomial([a, b])} = ({polynomial([1, c])})^2",
        f"{polynomial([1, 2 * c - a, c * c - b])} = 0",
        f"({a - 2 * c} + {root})/2 = {x}",
        f"({a - 2 * c} - {root})/2 = {other}",
        f"{other} + {bracketed(c)} = {other + c}",
        f"A square root is not negative, so only {x} is a solution.",
    ]
    worked = number(x, *steps, mistakes=[other])
    return Worked(worked.answer, steps, (*worked.wrong, f"{x}, {other}"), (f"x = {x}",))


def _check_radical(a: int, b: int, c: int) -> str:
    holds = [x for x in range(-c, -c + 60) if a * x + b == (x + c) ** 2]
    return _listed(holds)


def _draw_absolute(rng: Random, level: int) -> Parameters:
    """|a*x + b| = c*x + d with two solutions."""
    while True:
        a, b, c, d = rng.randint(2, 5), nonzero(rng, 12), nonzero(rng, level), nonzero(rng, 15)
        if abs(c) < a and len(_absolute_roots(a, b, c, d)) == 2:
            return {"a": a, "b": b, "c": c, "d": d}


def _absolute_roots(a: int, b: int, c: int, d: int) -> list[Fraction]:
    tried = {Fraction(d - b, a - c), Fraction(-d - b, a + c)}
    return sorted(x for x in tried if c * x + d >= 0)


def _show_absolute(a: int, b: int, c: int, d: int) -> dict[str, str]:
    return {"left": f"|{polynomial([a, b])}|", "right": polynomial([c, d])}


def _solve_absolute(a: int, b: int, c: int, d: int) -> Worked:
    low, high = _absolute_roots(a, b, c, d)
    steps = [
        f"{polynomial([a, b])} = {polynomial([c, d])} or -({polynomial([a, b])}) = "
        f"{polynomial([c, d])}",
        f"x = ({d} - {bracketed(b)})/({a} - {bracketed(c)}) = {Fraction(d - b, a - c)}",
        f"x = ({-d} - {bracketed(b)})/({a} + {bracketed(c)}) = {Fraction(-d - b, a + c)}",
        *(f"At x = {x} the right side is {c * x + d}, not negative." for x in (low, high)),
    ]
    return numbers([low, high], *steps, ordered=False, alike=[f"x = {high} or x = {low}"])


def _check_absolute(a: int, b: int, c: int, d: int) -> str:
    return _listed([x for x in candidates(40, a * a - c * c) if abs(a * x + b) == c * x + d])


def quadratic(
    name: str,
    draw: Callable[[Random, int], Parameters],
    solve: Callable[..., Worked],
    check: Callable[..., str],
    *,
    over: str = "",
    written: str = "closed",
) -> Family:
    """A family about the roots of a*x^2 + b*x + c."""
    return Family(
        name,
        (
            f"Solve {{left}} = 0{over}.",
            f"Find both solutions of {{same}}{over}.",
            f"Which numbers x make {{left}} equal to 0{over}?",
        ),
        draw, solve, check, _guess_pair,
        shown=_show_quadratic, form="both solutions, separated by a comma", written=written,
    )  # fmt: skip


RATIONAL = quadratic("rational", _draw_rational, _solve_rational, _check_rational, written="number")
SURD = quadratic("surd", _draw_surd, _solve_surd, _check_surd)
COMPLEX = quadratic(
    "complex", _draw_complex, _solve_complex, _check_complex, over=" over the complex numbers"
)
SYSTEM = Family(
    "system",
    (
        "Solve the system {system}.",
        "Find {names} with {system}.",
        "Which numbers {names} satisfy {system}?",
    ),
    _draw_system, _solve_system, _check_system, _guess_tuple,
    shown=_show_system, key=lambda rows: sorted(rows), form="the solution as a tuple {names}",
)  # fmt: skip
EXPONENTS = Family(
    "exponents",
    ("Solve {equation} for x.", "For which x is {equation}?"),
    _draw_exponents, _solve_exponents, _check_exponents,
    lambda rng, p: f"{nonzero(rng, 15)}/{rng.randint(1, 5)}",
    shown=_show_exponents, form="the value of x",
)  # fmt: skip
LOGARITHMS = Family(
    "logarithms",
    (
        "Solve log_{base}({first}) + log_{base}({second}) = {k} over the real numbers.",
        "For which real x do the logarithms of {first} and {second} to base {base} add up to {k}?",
    ),
    _draw_logarithms, _solve_logarithms, _check_logarithms,
    lambda rng, p: str(rng.randint(-15, 40)), shown=_show_logarithms,
    key=lambda base, k, u, v: [base, k, sorted((u, v))], form="the value of x",
)  # fmt: skip
HIDDEN = Family(
    "hidden",
    ("Solve {equation} over the real numbers.", "Find all real x with {equation}."),
    _draw_hidden, _solve_hidden, _check_hidden,
    lambda rng, p: f"ln({rng.randint(2, 9)}), ln({rng.randint(10, 20)})",
    shown=_show_hidden, form="the exact solutions, separated by a comma", written="closed",
)  # fmt: skip
RADICAL = Family(
    "radical",
    ("Solve {left} = {right} over the real numbers.", "Find all real x with {left} = {right}."),
    _draw_radical, _solve_radical, _check_radical,
    lambda rng, p: str(rng.randint(-15, 30)), shown=_show_radical, form="the value of x",
)  # fmt: skip
ABSOLUTE = Family(
    "absolute",
    ("Solve {left} = {right}.", "For which x is {left} equal to {right}?"),
    _draw_absolute, _solve_absolute, _check_absolute, _guess_pair,
    shown=_show_absolute, form="all solutions, separated by a comma",
)  # fmt: skip
