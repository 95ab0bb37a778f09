"""Expansion: values, products, powers and compositions of polynomials.

Families of :mod:`assay_envs.math.algebra`. An expanded expression would be equal to the question,
so its coefficients are asked for. The second methods work with values of the polynomials where the
worked solutions work with their coefficients.
"""

from __future__ import annotations

import math
from random import Random

from assay_envs.math.families import Family, Parameters, Worked, nonzero, number, numbers
from assay_envs.math.notation import as_tuple, bracketed, polynomial, power, signed
from assay_envs.math.polynomials import Coefficients, drawn, horner, product, value_at

_FAR = 10**9
_LETTERS = "pqrstuv"  # neither e nor i, which are numbers


def _draw_value(rng: Random, level: int) -> Parameters:
    return {"p": drawn(rng, 2 + level // 2, 4 + 3 * level, 5), "x": nonzero(rng, 3 + level)}


def _show_value(p: Coefficients, x: int) -> dict[str, str]:
    return {"text": polynomial(p)}


def _check_value(p: Coefficients, x: int) -> str:
    return str(sum(c * x**i for i, c in enumerate(reversed(p))))


def _general(degree: int) -> dict[str, str]:
    """A polynomial with letters for its coefficients, and these letters."""
    letters = _LETTERS[: degree + 1]
    terms = [f"{a}{power('x', degree - i)}" for i, a in enumerate(letters)]
    return {"general": " + ".join(terms), "letters": as_tuple(letters)}


def _guess_coefficients(rng: Random, count: int) -> str:
    return as_tuple([nonzero(rng, 20) for _ in range(count)])


def _draw_expand(rng: Random, level: int) -> Parameters:
    """Two factors; three from level 4."""
    degrees = {1: (1, 1), 2: (1, 2), 3: (2, 2), 4: (1, 2, 2), 5: (2, 2, 2)}[level]
    return {"factors": [drawn(rng, degree, 3 + 2 * level, level) for degree in degrees]}


def _show_expand(factors: list[Coefficients]) -> dict[str, str]:
    degree = sum(len(factor) - 1 for factor in factors)
    return {"text": "".join(f"({polynomial(each)})" for each in factors), **_general(degree)}


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
    return as_tuple(_digits(math.prod(int(value_at(factor, _FAR)) for factor in factors)))


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
    return {"outer": polynomial(f), "inner": polynomial(g), **_general(2 * (len(g) - 1))}


def _composed(f: Coefficients, g: Coefficients) -> tuple[Coefficients, list[str]]:
    square = product(g, g)
    pad = [0] * (len(square) - len(g))
    steps = [f"g(x)^2: the coefficients are {as_tuple(square)}."]
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
    wrong = [as_tuple(other)] if other != found else []
    return Worked(worked.answer, steps, (*worked.wrong, *wrong))


def _check_composition(f: Coefficients, g: Coefficients) -> str:
    """From one value far out."""
    return as_tuple(_digits(int(value_at(f, value_at(g, _FAR)))))


VALUE = Family(
    "value",
    (
        "What is the value of {text} at x = {x}?",
        "Let p(x) = {text}. What is p({x})?",
        "Evaluate {text} for x = {x}.",
    ),
    _draw_value, horner, _check_value,
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
