"""Polynomials: values, products, remainders, partial fractions, roots.

Families of :mod:`assay_envs.math.algebra`. Where an expression would be equal to the question
(a product, a fraction to be split), its coefficients are asked for. The second methods work with
values of the polynomials where the worked solutions work with their coefficients.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from fractions import Fraction
from random import Random

from assay_envs.math.equations import candidates, determinant
from assay_envs.math.families import Family, Parameters, Worked, nonzero, number, numbers
from assay_envs.math.notation import Number, bracketed, polynomial, power, signed, term

Coefficients = list[int]
"""A polynomial's coefficients, the highest power's first."""

_FAR = 10**9
_LETTERS = "pqrstuv"  # neither e nor i, which are numbers


def value_at(coefficients: Sequence[Number], x: Number) -> Fraction:
    """By Horner's rule."""
    value = Fraction(0)
    for coefficient in coefficients:
        value = value * x + coefficient
    return value


def powers(p: Sequence[Number], x: Number) -> str:
    """The value at x, written out."""
    degree, terms = len(p) - 1, []
    for i, c in enumerate(p):
        factor = str(c) if Fraction(c).denominator == 1 else bracketed(c)
        terms += [f"{factor}*{bracketed(x)}^{degree - i}"] if c else []
    return signed(terms)


def product(first: Sequence[int], second: Sequence[int]) -> Coefficients:
    found = [0] * (len(first) + len(second) - 1)
    for i, a in enumerate(first):
        for j, b in enumerate(second):
            found[i + j] += a * b
    return found


def drawn(rng: Random, degree: int, most: int, lead: int = 3) -> Coefficients:
    """A polynomial of this degree without vanishing coefficients at either end."""
    between = [rng.randint(-most, most) for _ in range(degree - 1)]
    return [rng.randint(1, lead), *between, nonzero(rng, most)]


def _tuple(values: Sequence[object]) -> str:
    return f"({', '.join(map(str, values))})"


# Values and products


def _draw_value(rng: Random, level: int) -> Parameters:
    return {"p": drawn(rng, 2 + level // 2, 4 + 3 * level, 5), "x": nonzero(rng, 3 + level)}


def _show_value(p: Coefficients, x: int) -> dict[str, str]:
    return {"text": polynomial(p)}


def _solve_value(p: Coefficients, x: int) -> Worked:
    steps, value = [], p[0]
    for coefficient in p[1:]:
        work = signed([f"{bracketed(value)}*{bracketed(x)}", str(coefficient)])
        steps.append(f"{work} = {value * x + coefficient}")
        value = value * x + coefficient
    turned = value_at(p, -x)
    at = signed([f"{c}*{bracketed(x)}^{len(p) - 1 - i}" for i, c in enumerate(p)])
    return number(value, *steps, mistakes=[turned, value - p[-1]], undone=[at])


def _check_value(p: Coefficients, x: int) -> str:
    return str(sum(c * x**i for i, c in enumerate(reversed(p))))


def _draw_expand(rng: Random, level: int) -> Parameters:
    """Two factors; three from level 4."""
    degrees = {1: (1, 1), 2: (1, 2), 3: (2, 2), 4: (1, 2, 2), 5: (2, 2, 2)}[level]
    return {"factors": [drawn(rng, degree, 3 + 2 * level, level) for degree in degrees]}


def _show_expand(factors: list[Coefficients]) -> dict[str, str]:
    degree = sum(len(factor) - 1 for factor in factors)
    letters = _LETTERS[: degree + 1]
    terms = [f"{a}{power('x', degree - i)}" for i, a in enumerate(letters)]
    return {"text": "".join(f"({polynomial(each)})" for each in factors),
            "general": " + ".join(terms), "letters": _tuple(letters)}  # fmt: skip


def _solve_expand(factors: list[Coefficients]) -> Worked:
    found, steps = factors[0], []
    for factor in factors[1:]:
        for i in range(len(found) + len(factor) - 1):
            pairs = [(a, factor[i - j]) for j, a in enumerate(found) if 0 <= i - j < len(factor)]
            work = signed([f"{bracketed(a)}*{bracketed(b)}" for a, b in pairs])
            after = product(found, factor)
            steps.append(f"x^{len(after) - 1 - i}: {work} = {after[i]}")
        found = product(found, factor)
    return numbers(found, *steps)


def _check_expand(factors: list[Coefficients]) -> str:
    """From one value far out: its digits to a large base are the coefficients."""
    return _tuple(_digits(math.prod(int(value_at(factor, _FAR)) for factor in factors)))


def _digits(value: int) -> Coefficients:
    """Digits to the base _FAR, negative ones among them, the highest first."""
    found: Coefficients = []
    while value:
        digit = (value + _FAR // 2) % _FAR - _FAR // 2
        found.append(digit)
        value = (value - digit) // _FAR
    return found[::-1]


def _draw_coefficient(rng: Random, level: int) -> Parameters:
    n = rng.randint(2 + level, 3 + 2 * level)
    return {"a": nonzero(rng, 1 + level // 2), "b": nonzero(rng, 4), "n": n,
            "k": rng.randint(1, n - 1)}  # fmt: skip


def _show_coefficient(a: int, b: int, n: int, k: int) -> dict[str, str]:
    return {"text": f"({polynomial([a, b])})^{n}", "power": power("x", k)}


def _solve_coefficient(a: int, b: int, n: int, k: int) -> Worked:
    ways, value = math.comb(n, k), math.comb(n, k) * a**k * b ** (n - k)
    return number(
        value,
        f"C({n}, {k}) = {ways}",
        f"{bracketed(a)}^{k} = {a**k}",
        f"{bracketed(b)}^{n - k} = {b ** (n - k)}",
        f"{ways}*{bracketed(a**k)}*{bracketed(b ** (n - k))} = {value}",
        mistakes=[ways, ways * b ** (n - k), math.comb(n, k) * a ** (n - k) * b**k],
        undone=[f"C({n}, {k})*{bracketed(a)}^{k}*{bracketed(b)}^{n - k}"],
    )


def _check_coefficient(a: int, b: int, n: int, k: int) -> str:
    """By multiplying out, factor by factor."""
    found = [1]
    for _ in range(n):
        found = product(found, [a, b])
    return str(found[n - k])


def _draw_composition(rng: Random, level: int) -> Parameters:
    return {"f": drawn(rng, 2, 5 + level, 4), "g": drawn(rng, 1 if level < 4 else 2, 6, 4)}


def _show_composition(f: Coefficients, g: Coefficients) -> dict[str, str]:
    degree = 2 * (len(g) - 1)
    letters = _LETTERS[: degree + 1]
    terms = [f"{a}{power('x', degree - i)}" for i, a in enumerate(letters)]
    return {"outer": polynomial(f), "inner": polynomial(g), "general": " + ".join(terms),
            "letters": _tuple(letters)}  # fmt: skip


def _composed(f: Coefficients, g: Coefficients) -> tuple[Coefficients, list[str]]:
    square = product(g, g)
    pad = [0] * (len(square) - len(g))
    steps = [f"g(x)^2: the coefficients are {_tuple(square)}."]
    found = []
    for s, once, one in zip(square, [*pad, *g], [*[0] * (len(square) - 1), 1], strict=True):
        value = f[0] * s + f[1] * once + f[2] * one
        a, b = bracketed(f[0]), bracketed(f[1])
        steps.append(f"{a}*{bracketed(s)} + {b}*{bracketed(once)} + {bracketed(f[2] * one)}"
                     f" = {value}")  # fmt: skip
        found.append(value)
    return found, steps


def _solve_composition(f: Coefficients, g: Coefficients) -> Worked:
    found, steps = _composed(f, g)
    worked = numbers(found, *steps)
    if len(g) > 2:
        return worked
    other = product([g[0]], f)
    other[-1] += g[1]
    wrong = [_tuple(other)] if other != found else []
    return Worked(worked.answer, steps, (*worked.wrong, *wrong))


def _check_composition(f: Coefficients, g: Coefficients) -> str:
    """From one value far out."""
    return _tuple(_digits(int(value_at(f, value_at(g, _FAR)))))


# Division


def _draw_remainder(rng: Random, level: int) -> Parameters:
    return {"p": drawn(rng, 2 + level, 9, 3), "root": nonzero(rng, 2 + level)}


def _show_remainder(p: Coefficients, root: int) -> dict[str, str]:
    return {"text": polynomial(p), "divisor": polynomial([1, -root])}


def _solve_remainder(p: Coefficients, root: int) -> Worked:
    worked = _solve_value(p, root)
    steps = [f"The remainder is the value at x = {root}.", *worked.steps]
    return Worked(worked.answer, steps, worked.wrong, undone=worked.undone)


def _check_remainder(p: Coefficients, root: int) -> str:
    """By long division."""
    left = list(p)
    for i in range(len(left) - 1):
        left[i + 1] += root * left[i]
        left[i] = 0
    return str(left[-1])


def _draw_division(rng: Random, level: int) -> Parameters:
    """A divisor with two different whole roots; neither quotient nor remainder is a constant."""
    while True:
        roots = rng.sample([n for n in range(-6, 7) if n], 2)
        divisor = product([1, -roots[0]], [1, -roots[1]])
        quotient = drawn(rng, level - 2, 7, 3)
        rest = [nonzero(rng, 12), rng.randint(-20, 20)]
        p = product(quotient, divisor)
        p[-2], p[-1] = p[-2] + rest[0], p[-1] + rest[1]
        if divisor[1]:
            return {"p": p, "divisor": divisor}


def _show_division(p: Coefficients, divisor: Coefficients) -> dict[str, str]:
    return {"text": polynomial(p), "by": polynomial(divisor)}


def divided(p: Coefficients, divisor: Coefficients) -> tuple[Coefficients, Coefficients, list[str]]:
    left, quotient, steps = list(p), [], []
    for i in range(len(p) - 2):
        factor = left[i]
        quotient.append(factor)
        for j, each in enumerate(divisor):
            left[i + j] -= factor * each
        part = power("x", len(p) - 3 - i)
        whole = polynomial([*(factor * each for each in divisor), *[0] * (len(p) - 3 - i)])
        times = term(factor, part)
        steps.append(
            f"{times} times the divisor is {whole}; less that: {polynomial(left[i + 1 :])}"
        )
    return quotient, left[-2:], steps


def _solve_division(p: Coefficients, divisor: Coefficients) -> Worked:
    _, (a, b), steps = divided(p, divisor)
    near = ([a, b + 1], [a + 1, b], [-a, -b], [a, -b], [b, a], [a, 0])
    wrong = [polynomial(each) for each in near if each != [a, b]]
    alike = [f"{b} + {bracketed(a)}*x", f"R(x) = {polynomial([a, b])}"]
    return Worked(polynomial([a, b]), steps, tuple(dict.fromkeys(wrong)), alike)


def _check_division(p: Coefficients, divisor: Coefficients) -> str:
    """The line through the polynomial's values at the divisor's roots."""
    low, high = (x for x in candidates(12, 1) if value_at(divisor, x) == 0)
    slope = (value_at(p, high) - value_at(p, low)) / (high - low)
    return f"{slope}*x + {bracketed(value_at(p, low) - slope * low)}"


def _draw_split(rng: Random, level: int) -> Parameters:
    """Whole numbers over two linear factors, over three at level 5."""
    poles = rng.sample([n for n in range(-7, 8) if n], level - 2)
    while True:
        above = [rng.randint(-9, 9) for _ in poles]
        if above[0] and all(value_at(above, pole) for pole in poles):
            return {"above": above, "poles": poles}


def _show_split(above: Coefficients, poles: list[int]) -> dict[str, str]:
    factors, letters = [polynomial([1, -pole]) for pole in poles], "ABC"[: len(poles)]
    parts = [f"{a}/({factor})" for a, factor in zip(letters, factors, strict=True)]
    fraction = f"({polynomial(above)})/({''.join(f'({factor})' for factor in factors)})"
    return {"fraction": fraction, "parts": " + ".join(parts), "letters": _tuple(letters)}


def _solve_split(above: Coefficients, poles: list[int]) -> Worked:
    """The value at each pole of the rest, the pole's own factor covered up."""
    found, steps = [], []
    for letter, pole in zip("ABC", poles, strict=False):
        top = value_at(above, pole)
        gaps = [f"({pole} - {bracketed(other)})" for other in poles if other != pole]
        bottom = math.prod(pole - other for other in poles if other != pole)
        work = signed([f"{bracketed(c)}*{bracketed(pole)}^{len(above) - 1 - i}"
                       for i, c in enumerate(above)])  # fmt: skip
        steps += [f"{letter}: {work} = {top}", f"{letter}: {'*'.join(gaps)} = {bottom}",
                  f"{letter}: {top}/{bracketed(bottom)} = {top / bottom}"]  # fmt: skip
        found.append(top / bottom)
    named = ", ".join(f"{a} = {value}" for a, value in zip("ABC", found, strict=False))
    return numbers(found, *steps, alike=[named])


def _check_split(above: Coefficients, poles: list[int]) -> str:
    """Cramer's rule for the coefficients of the numerator."""
    columns = []
    for pole in poles:
        column = [1]
        for other in poles:
            column = column if other == pole else product(column, [1, -other])
        columns.append(column)
    rows = [list(row) for row in zip(*columns, strict=True)]
    whole, found = determinant(rows), []
    for place in range(len(poles)):
        replaced = [
            [*row[:place], c, *row[place + 1 :]] for row, c in zip(rows, above, strict=True)
        ]
        found.append(Fraction(determinant(replaced), whole))
    return _tuple(found)


# Roots


def _draw_factor(rng: Random, level: int) -> Parameters:
    """A cubic with three different whole roots at level 4, a quartic with four above."""
    most = 17 if level < 5 else 10
    roots = rng.sample([n for n in range(-most, most + 1) if n], level - 1)
    p = [1]
    for root in roots:
        p = product(p, [1, -root])
    return {"p": p}


def _solve_factor(p: Coefficients) -> Worked:
    """Root after root, dividing by what was found."""
    left, found, steps = list(p), [], []
    while len(left) > 1:
        tries = (sign * n for n in range(1, abs(p[-1]) + 1) for sign in (1, -1))
        root = next(x for x in tries if value_at(left, x) == 0)
        work = signed([f"{c}*{bracketed(root)}^{len(left) - 1 - i}" for i, c in enumerate(left)])
        steps.append(f"{work} = 0")
        quotient = [left[0]]
        for coefficient in left[1:-1]:
            quotient.append(quotient[-1] * root + coefficient)
        left = quotient
        found.append(root)
        steps.append(f"Divided by {polynomial([1, -root])}: {polynomial(left)}")
    return numbers(sorted(found), *steps, ordered=False,
                   alike=[", ".join(f"x = {root}" for root in found)])  # fmt: skip


def _check_factor(p: Coefficients) -> str:
    """Every whole number in reach of the roots (Cauchy's bound) is tried."""
    most = 1 + max(abs(c) for c in p)
    most = min(most, abs(p[-1]))
    return ", ".join(str(x) for x in range(-most, most + 1) if _check_value(p, x) == "0")


def _draw_vieta(rng: Random, level: int) -> Parameters:
    """Roots that need not be rational; their sum of squares, cubes or reciprocals."""
    degree = 2 if level < 5 else 3
    asked = rng.choice(("squares", "reciprocals") if level < 4 else ("cubes", "squares"))
    return {"p": drawn(rng, degree, 4 + 2 * level, 1 if level < 4 else 3), "asked": asked}


def _show_vieta(p: Coefficients, asked: str) -> dict[str, str]:
    return {"text": polynomial(p), "count": "two" if len(p) == 3 else "three"}


def _solve_vieta(p: Coefficients, asked: str) -> Worked:
    e = [Fraction((-1) ** i * c, p[0]) for i, c in enumerate(p)] + [Fraction(0)]
    first = e[1]
    squares = first**2 - 2 * e[2]
    cubes = first**3 - 3 * first * e[2] + 3 * e[3]
    steps = [f"The sum of the roots is {first}, of their products in pairs {e[2]}."]
    if asked == "reciprocals":
        below = e[len(p) - 1]
        above = e[len(p) - 2]
        steps.append(f"({above})/({below}) = {above / below}")
        return number(above / below, *steps, mistakes=[-above / below, first])
    if len(p) > 3:
        steps.append(f"The product of the roots is {e[3]}.")
    if asked == "squares":
        steps.append(f"{bracketed(first)}^2 - 2*{bracketed(e[2])} = {squares}")
        return number(squares, *steps, mistakes=[first**2, first**2 + 2 * e[2]])
    f, s = bracketed(first), bracketed(e[2])
    steps.append(f"{f}^3 - 3*{f}*{s} + 3*{bracketed(e[3])} = {cubes}")
    return number(cubes, *steps, mistakes=[first**3, first**3 + 3 * first * e[2]])


def _check_vieta(p: Coefficients, asked: str) -> str:
    """The trace of a power of the companion matrix, or of its inverse's."""
    degree = len(p) - 1
    if asked == "reciprocals":
        return _check_vieta(p[::-1], "sums")
    rows = [[Fraction(int(j == i + 1)) for j in range(degree)] for i in range(degree - 1)]
    rows.append([Fraction(-c, p[0]) for c in reversed(p[1:])])
    result = rows
    for _ in range({"sums": 0, "squares": 1, "cubes": 2}[asked]):
        result = [[sum((a * b for a, b in zip(row, column, strict=True)), Fraction(0))
                   for column in zip(*rows, strict=True)] for row in result]  # fmt: skip
    return str(sum((result[i][i] for i in range(degree)), Fraction(0)))


def _guess_coefficients(rng: Random, count: int) -> str:
    return _tuple([nonzero(rng, 20) for _ in range(count)])


VALUE = Family(
    "value",
    (
        "What is the value of {text} at x = {x}?",
        "Let p(x) = {text}. What is p({x})?",
        "Evaluate {text} for x = {x}.",
    ),
    _draw_value, _solve_value, _check_value,
    lambda rng, p: str(rng.randint(-300, 600)), shown=_show_value,
)  # fmt: skip
EXPAND = Family(
    "expand",
    (
        "Expand {text} to the form {general}. What are the coefficients {letters}?",
        "Multiplied out, {text} is {general}. Find {letters}.",
    ),
    _draw_expand, _solve_expand, _check_expand,
    lambda rng, p: _guess_coefficients(rng, 1 + sum(len(f) - 1 for f in p["factors"])),
    shown=_show_expand, key=lambda factors: sorted(factors), form="the tuple {letters}",
)  # fmt: skip
COEFFICIENT = Family(
    "coefficient",
    (
        "What is the coefficient of {power} in the expansion of {text}?",
        "{text} is multiplied out. By what number is {power} multiplied in the result?",
    ),
    _draw_coefficient, _solve_coefficient, _check_coefficient,
    lambda rng, p: str(nonzero(rng, 2_000)), shown=_show_coefficient,
)  # fmt: skip
COMPOSITION = Family(
    "composition",
    (
        "Let f(x) = {outer} and g(x) = {inner}. Write f(g(x)) as {general}. What is {letters}?",
        "With f(x) = {outer} and g(x) = {inner}, f(g(x)) = {general} for all x. Find {letters}.",
    ),
    _draw_composition, _solve_composition, _check_composition,
    lambda rng, p: _guess_coefficients(rng, 2 * len(p["g"]) - 1),
    shown=_show_composition, form="the tuple {letters}",
)  # fmt: skip
REMAINDER = Family(
    "remainder",
    (
        "What is the remainder when {text} is divided by {divisor}?",
        "{text} = ({divisor})*q(x) + r with a number r. What is r?",
    ),
    _draw_remainder, _solve_remainder, _check_remainder,
    lambda rng, p: str(rng.randint(-300, 600)), shown=_show_remainder,
)  # fmt: skip
DIVISION = Family(
    "division",
    (
        "What is the remainder R(x) when {text} is divided by {by}?",
        "{text} = ({by})*Q(x) + R(x), where R has a degree below 2. Find R(x).",
    ),
    _draw_division, _solve_division, _check_division,
    lambda rng, p: polynomial([nonzero(rng, 15), nonzero(rng, 25)]),
    shown=_show_division, form="the polynomial R(x)", written="closed",
)  # fmt: skip
SPLIT = Family(
    "split",
    (
        "Write {fraction} as {parts}. What is {letters}?",
        "For which {letters} is {fraction} = {parts} for all x where both sides are defined?",
    ),
    _draw_split, _solve_split, _check_split,
    lambda rng, p: _guess_coefficients(rng, len(p["poles"])), shown=_show_split,
    key=lambda above, poles: [above, sorted(poles)], form="the tuple {letters}",
)  # fmt: skip
FACTOR = Family(
    "factor",
    (
        "Find all roots of {text}.",
        "At which x does the graph of y = {text} meet the x-axis?",
        "Solve {text} = 0.",
    ),
    _draw_factor, _solve_factor, _check_factor,
    lambda rng, p: ", ".join(str(nonzero(rng, 15)) for _ in p["p"][1:]),
    shown=lambda p: {"text": polynomial(p)}, form="all of them, separated by commas",
)  # fmt: skip
VIETA = Family(
    "vieta",
    (
        "What is the sum of the {asked} of the {count} complex roots of {text}, each counted as "
        "often as it occurs?",
        "The equation {text} = 0 has {count} complex solutions, counted with multiplicity. What "
        "do their {asked} add up to?",
    ),
    _draw_vieta, _solve_vieta, _check_vieta,
    lambda rng, p: str(rng.randint(-60, 120)), shown=_show_vieta,
)  # fmt: skip
