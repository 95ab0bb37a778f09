"""Sequences and series: arithmetic, geometric, power sums and recurrences, with exact values.

Families of :mod:`assay_envs.math.algebra`. The worked solutions use closed formulas; the second
methods walk from term to term.
"""

from __future__ import annotations

import math
from fractions import Fraction
from random import Random

from assay_envs.math.families import Family, Parameters, Worked, nonzero, number
from assay_envs.math.notation import bracketed, polynomial, signed, term


def _draw_arithmetic(rng: Random, level: int) -> Parameters:
    """Two terms are given; a later term or the sum of the first terms is asked for."""
    first, step = nonzero(rng, 20), nonzero(rng, 5 + 2 * level)
    i, j = sorted(rng.sample(range(2, 10), 2))
    return {"i": i, "j": j, "at_i": first + (i - 1) * step, "at_j": first + (j - 1) * step,
            "n": rng.randint(12, 20 + 20 * level), "is_sum": level > 1}  # fmt: skip


def _show_arithmetic(i: int, j: int, at_i: int, at_j: int, n: int, is_sum: bool) -> dict[str, str]:
    asked = f"the sum of its first {n} terms" if is_sum else f"its term number {n}"
    return {"asked": asked}


def _solve_arithmetic(i: int, j: int, at_i: int, at_j: int, n: int, is_sum: bool) -> Worked:
    step = (at_j - at_i) // (j - i)
    first = at_i - (i - 1) * step
    last = first + (n - 1) * step
    d = bracketed(step)
    steps = [
        f"({at_j} - {bracketed(at_i)})/({j} - {i}) = {step}",
        f"{at_i} - {i - 1}*{d} = {first}",
        f"{first} + {n - 1}*{d} = {last}",
    ]
    if not is_sum:
        return number(last, *steps, mistakes=[last + step, last - step])
    total = n * (first + last) // 2
    steps.append(f"{n}*({first} + {bracketed(last)})/2 = {total}")
    return number(total, *steps, mistakes=[total - last, total - first, 2 * total, last])


def _check_arithmetic(i: int, j: int, at_i: int, at_j: int, n: int, is_sum: bool) -> str:
    step = Fraction(at_j - at_i, j - i)
    terms = [at_i + (k - i) * step for k in range(1, n + 1)]
    return str(sum(terms, Fraction(0)) if is_sum else terms[-1])


def _draw_geometric(rng: Random, level: int) -> Parameters:
    """Whole ratios below level 3, fractions above."""
    below = 1 if level < 3 else rng.randint(2, 4)
    above = rng.choice([n for n in (-5, -3, -2, 2, 3, 4, 5) if math.gcd(n, below) == 1])
    return {"first": nonzero(rng, 12), "ratio": str(Fraction(above, below)),
            "n": rng.randint(4, 5 + level)}  # fmt: skip


def _solve_geometric(first: int, ratio: str, n: int) -> Worked:
    r = Fraction(ratio)
    total = first * (r**n - 1) / (r - 1)
    steps = [
        f"{bracketed(r)}^{n} = {r**n}",
        f"{bracketed(r**n)} - 1 = {r**n - 1}",
        f"{bracketed(r)} - 1 = {r - 1}",
        f"{bracketed(first)}*{bracketed(r**n - 1)}/{bracketed(r - 1)} = {total}",
    ]
    mistakes = [total - first * r ** (n - 1), total + first * r**n, first * r ** (n - 1)]
    return number(total, *steps, mistakes=mistakes)


def _check_geometric(first: int, ratio: str, n: int) -> str:
    value, total = Fraction(first), Fraction(0)
    for _ in range(n):
        total, value = total + value, value * Fraction(ratio)
    return str(total)


def _draw_endless(rng: Random, level: int) -> Parameters:
    below = rng.randint(3, 6 + level)
    above = rng.choice([n for n in range(-below + 1, below) if n])
    return {"first": nonzero(rng, 20), "ratio": str(Fraction(above, below)),
            "start": 0 if level < 4 else rng.randint(1, 3)}  # fmt: skip


def _show_endless(first: int, ratio: str, start: int) -> dict[str, str]:
    r = Fraction(ratio)
    terms = [str(first * r ** (start + i)) for i in range(3)]
    return {"terms": f"{signed(terms)} + ...", "general": f"{first}*{bracketed(r)}^n",
            "start": str(start)}  # fmt: skip


def _solve_endless(first: int, ratio: str, start: int) -> Worked:
    r = Fraction(ratio)
    lead = first * r**start
    total = lead / (1 - r)
    steps = [
        f"The first term is {bracketed(first)}*{bracketed(r)}^{start} = {lead}",
        f"The ratio is {r}.",
        f"1 - {bracketed(r)} = {1 - r}",
        f"{bracketed(lead)}/{bracketed(1 - r)} = {total}",
    ]
    return number(total, *steps, mistakes=[first / (1 - r), lead / (1 + r), total - lead, lead])


def _check_endless(first: int, ratio: str, start: int) -> str:
    """Aitken's extrapolation of three partial sums, which is exact for geometric series."""
    sums, total = [], Fraction(0)
    for n in range(start, start + 3):
        total += first * Fraction(ratio) ** n
        sums.append(total)
    a, b, c = sums
    return str(a - (b - a) ** 2 / (c - 2 * b + a))


def _draw_powers(rng: Random, level: int) -> Parameters:
    """The sum of a polynomial's values, of degree 2 at level 4, of degree 3 above."""
    degree = 2 if level < 5 else 3
    p = [rng.randint(1, 3), *(rng.randint(-5, 5) for _ in range(degree))]
    return {"p": p, "n": rng.randint(10, 15 + 5 * level), "start": 1}


def _show_powers(p: list[int], n: int, start: int) -> dict[str, str]:
    return {"text": polynomial(p, "k")}


def _solve_powers(p: list[int], n: int, start: int) -> Worked:
    """By the closed sums of k^3, k^2, k and 1."""
    sums = {
        "k^3": (f"({n}*({n} + 1)/2)^2", (n * (n + 1) // 2) ** 2),
        "k^2": (f"{n}*({n} + 1)*(2*{n} + 1)/6", n * (n + 1) * (2 * n + 1) // 6),
        "k": (f"{n}*({n} + 1)/2", n * (n + 1) // 2),
        "1": (f"{n}", n),
    }
    used = list(sums.items())[-len(p) :]
    steps = [f"The sum of {name}: {work} = {value}" for name, (work, value) in used]
    parts = [c * value for c, (_, (_, value)) in zip(p, used, strict=True)]
    total = sum(parts)
    work = signed([f"{c}*{value}" for c, (_, (_, value)) in zip(p, used, strict=True)])
    steps.append(f"{work} = {total}")
    last = sum(c * n ** (len(p) - 1 - i) for i, c in enumerate(p))
    mistakes = [total - last, total - p[-1] * n + p[-1], sum(p[:-1])]
    text = polynomial(p, "k")
    return number(total, *steps, mistakes=mistakes, undone=[f"\\sum_{{k=1}}^{{{n}}} ({text})"])


def _check_powers(p: list[int], n: int, start: int) -> str:
    degree = len(p) - 1
    return str(sum(c * k ** (degree - i) for k in range(start, n + 1) for i, c in enumerate(p)))


def _draw_recurrence(rng: Random, level: int) -> Parameters:
    """a(n+1) = p*a(n) + q, not starting at the fixed point."""
    while True:
        first, p, q = nonzero(rng, 9), rng.choice((-3, -2, 2, 3, 4, 5)), nonzero(rng, 12)
        if p * first + q != first:
            n = rng.randint(4 + level, 5 + 2 * level)
            return {"first": first, "p": p, "q": q, "n": n}


def _show_recurrence(first: int, p: int, q: int, n: int) -> dict[str, str]:
    return {"rule": signed([term(p, "a(n)"), str(q)])}


def _solve_recurrence(first: int, p: int, q: int, n: int) -> Worked:
    """By its fixed point: the distance from it is multiplied by p each time."""
    fixed = Fraction(q, 1 - p)
    value = fixed + (first - fixed) * p ** (n - 1)
    steps = [
        f"The fixed point is {q}/(1 - {bracketed(p)}) = {fixed}",
        f"{first} - {bracketed(fixed)} = {first - fixed}",
        f"{bracketed(p)}^{n - 1} = {p ** (n - 1)}",
        f"{bracketed(fixed)} + {bracketed(first - fixed)}*{bracketed(p ** (n - 1))} = {value}",
    ]
    return number(value, *steps, mistakes=[p * value + q, (value - q) / p, first * p ** (n - 1)])


def _check_recurrence(first: int, p: int, q: int, n: int) -> str:
    value = first
    for _ in range(n - 1):
        value = p * value + q
    return str(value)


def _draw_second_order(rng: Random, level: int) -> Parameters:
    """a(n+2) = p*a(n+1) + q*a(n), with two whole characteristic roots."""
    roots = rng.sample((-4, -3, -2, -1, 1, 2, 3, 4, 5), 2)
    return {"start": [rng.randint(-6, 9), nonzero(rng, 9)], "p": sum(roots),
            "q": -roots[0] * roots[1], "n": rng.randint(6, 4 + level)}  # fmt: skip


def _show_second_order(start: list[int], p: int, q: int, n: int) -> dict[str, str]:
    terms = [term(c, name) for c, name in ((p, "a(n+1)"), (q, "a(n)")) if c]
    return {"first": str(start[0]), "second": str(start[1]), "rule": signed(terms)}


def _characteristic(p: int, q: int) -> tuple[int, int]:
    return next((r, p - r) for r in range(5, -5, -1) if r * r == p * r + q)


def _solve_second_order(start: list[int], p: int, q: int, n: int) -> Worked:
    r, s = _characteristic(p, q)
    a = Fraction(start[1] - s * start[0], r - s)
    b = start[0] - a
    value = a * r**n + b * s**n
    x, y = bracketed(r), bracketed(s)
    steps = [
        f"{polynomial([1, -p, -q], 'r')} = 0 has the roots {r} and {s}.",
        f"A: ({start[1]} - {y}*{bracketed(start[0])})/({r} - {y}) = {a}",
        f"B: {start[0]} - {bracketed(a)} = {b}",
        f"{x}^{n} = {r**n}",
        f"{y}^{n} = {s**n}",
        f"{bracketed(a)}*{bracketed(r**n)} + {bracketed(b)}*{bracketed(s**n)} = {value}",
    ]
    following = a * r ** (n + 1) + b * s ** (n + 1)
    before = a * Fraction(r) ** (n - 1) + b * Fraction(s) ** (n - 1)
    return number(value, *steps, mistakes=[following, before])


def _check_second_order(start: list[int], p: int, q: int, n: int) -> str:
    a, b = start
    for _ in range(n):
        a, b = b, p * b + q * a
    return str(a)


def _draw_weighted(rng: Random, level: int) -> Parameters:
    return {"factor": rng.randint(1, 9), "ratio": rng.choice((2, 3, 4, 5, -2, -3)),
            "n": rng.randint(6, 10)}  # fmt: skip


def _solve_weighted(factor: int, ratio: int, n: int) -> Worked:
    """The sum of factor*k*r^k: r times the sum, less the sum, is a geometric series."""
    r = bracketed(ratio)
    powers = (ratio ** (n + 1) - ratio) // (ratio - 1)
    total = (n * ratio ** (n + 1) - powers) // (ratio - 1)
    steps = [
        f"The sum of r^k: ({r}^{n + 1} - {r})/({ratio} - 1) = {powers}",
        f"(r - 1) times the sum of k*r^k: {n}*{r}^{n + 1} - {bracketed(powers)} = "
        f"{n * ratio ** (n + 1) - powers}",
        f"{n * ratio ** (n + 1) - powers}/({ratio} - 1) = {total}",
        f"{factor}*{bracketed(total)} = {factor * total}",
    ]
    mistakes = [factor * powers, factor * (total - n * ratio**n)]
    sign = f"\\sum_{{k=1}}^{{{n}}} {factor}*k*({ratio})^k"
    return number(factor * total, *steps, mistakes=mistakes, undone=[sign])


def _check_weighted(factor: int, ratio: int, n: int) -> str:
    return str(sum(factor * k * ratio**k for k in range(1, n + 1)))


ARITHMETIC = Family(
    "arithmetic_sequence",
    (
        "In an arithmetic sequence, term number {i} is {at_i} and term number {j} is {at_j}. What "
        "is {asked}?",
        "An arithmetic sequence a(1), a(2), ... has a({i}) = {at_i} and a({j}) = {at_j}. Find "
        "{asked}.",
    ),
    _draw_arithmetic, _solve_arithmetic, _check_arithmetic,
    lambda rng, p: str(rng.randint(-600, 1_200)), shown=_show_arithmetic,
)  # fmt: skip
GEOMETRIC = Family(
    "geometric_series",
    (
        "A geometric sequence starts with {first} and has the ratio {ratio}. What is the sum of "
        "its first {n} terms?",
        "Each term of a sequence is {ratio} times the one before, and the first is {first}. What "
        "do the first {n} terms add up to?",
    ),
    _draw_geometric, _solve_geometric, _check_geometric,
    lambda rng, p: str(rng.randint(-900, 900)),
)  # fmt: skip
ENDLESS = Family(
    "endless_series",
    (
        "What does the endless geometric series {terms} add up to?",
        "What is the sum of {general} over all whole numbers n from {start} on?",
    ),
    _draw_endless, _solve_endless, _check_endless,
    lambda rng, p: f"{nonzero(rng, 60)}/{rng.randint(1, 12)}", shown=_show_endless,
)  # fmt: skip
POWERS = Family(
    "power_sums",
    (
        "What is the sum of {text} over all whole numbers k from 1 to {n}?",
        "Add up {text} for k = 1, 2, ..., {n}. What is the sum?",
    ),
    _draw_powers, _solve_powers, _check_powers,
    lambda rng, p: str(rng.randint(100, p["p"][0] * p["n"] ** 3)), shown=_show_powers,
)  # fmt: skip
RECURRENCE = Family(
    "recurrence",
    (
        "A sequence has a(1) = {first} and a(n+1) = {rule} for n >= 1. What is a({n})?",
        "Let a(1) = {first} and a(n+1) = {rule}. Find a({n}).",
    ),
    _draw_recurrence, _solve_recurrence, _check_recurrence,
    lambda rng, p: str(nonzero(rng, 20_000)), shown=_show_recurrence,
)  # fmt: skip
SECOND_ORDER = Family(
    "second_order",
    (
        "A sequence has a(0) = {first}, a(1) = {second} and a(n+2) = {rule}. What is a({n})?",
        "Let a(0) = {first} and a(1) = {second}, and a(n+2) = {rule} for n >= 0. Find a({n}).",
    ),
    _draw_second_order, _solve_second_order, _check_second_order,
    lambda rng, p: str(nonzero(rng, 20_000)), shown=_show_second_order,
)  # fmt: skip
WEIGHTED = Family(
    "weighted_series",
    (
        "What is the sum of {factor}*k*({ratio})^k over all whole numbers k from 1 to {n}?",
        "Add up {factor}*k*({ratio})^k for k = 1, 2, ..., {n}.",
    ),
    _draw_weighted, _solve_weighted, _check_weighted,
    lambda rng, p: str(nonzero(rng, 500_000)),
)  # fmt: skip
