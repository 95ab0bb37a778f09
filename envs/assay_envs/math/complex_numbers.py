"""Complex numbers: products, powers and quotients, asked for as a pair of real numbers.

A family of :mod:`assay_envs.math.algebra`. The second method multiplies matrices of turns and
stretches.
"""

from __future__ import annotations

from collections.abc import Sequence
from fractions import Fraction
from random import Random

from assay_envs.math.families import Family, Parameters, Worked, nonzero, numbers
from assay_envs.math.notation import bracketed


def _draw_complex(rng: Random, level: int) -> Parameters:
    """A product of two below level 5, then a quotient or a power."""
    return {
        "first": [nonzero(rng, 9), nonzero(rng, 9)],
        "second": [nonzero(rng, 9), nonzero(rng, 9)],
        "power": 1 if level < 4 else rng.randint(1, 3),
        "divide": level > 4 and rng.random() < 0.5,
    }


def _complex(parts: Sequence[int]) -> str:
    return f"({parts[0]} {'+' if parts[1] > 0 else '-'} {abs(parts[1])}i)"


def _show_complex(first: list[int], second: list[int], power: int, divide: bool) -> dict[str, str]:
    raised = f"{_complex(first)}^{power}" if power > 1 else _complex(first)
    return {"text": f"{raised}{' / ' if divide else ' * '}{_complex(second)}"}


def _times(first: Sequence[Fraction], second: Sequence[Fraction]) -> list[Fraction]:
    (a, b), (c, d) = first, second
    return [a * c - b * d, a * d + b * c]


def _solve_complex(first: list[int], second: list[int], power: int, divide: bool) -> Worked:
    base = [Fraction(each) for each in first]
    found, steps = base, []
    factors = [base] * (power - 1)
    other = [Fraction(second[0]), Fraction(-second[1] if divide else second[1])]
    for factor in [*factors, other]:
        (a, b), (c, d) = ([bracketed(each) for each in pair] for pair in (found, factor))
        found = _times(found, factor)
        steps.append(f"{a}*{c} - {b}*{d} = {found[0]}")
        steps.append(f"{a}*{d} + {b}*{c} = {found[1]}")
    if divide:
        size = second[0] ** 2 + second[1] ** 2
        steps.append(f"{bracketed(second[0])}^2 + {bracketed(second[1])}^2 = {size}")
        found = [each / size for each in found]
    return numbers(found, *steps, alike=[f"a = {found[0]}, b = {found[1]}"])


def _check_complex(first: list[int], second: list[int], power: int, divide: bool) -> str:
    """By matrices of turns and stretches; a quotient by Cramer's rule."""
    (a, b), (c, d) = first, second
    x, y = Fraction(1), Fraction(0)
    for _ in range(power):
        x, y = a * x - b * y, b * x + a * y
    if not divide:
        return f"({c * x - d * y}, {d * x + c * y})"
    size = c * c + d * d
    return f"({(x * c + y * d) / size}, {(c * y - d * x) / size})"


COMPLEX_NUMBERS = Family(
    "complex_numbers",
    (
        "Write {text} as a + bi with real a and b. What is (a, b)?",
        "{text} = a + bi, where i^2 = -1 and a and b are real. Find (a, b).",
    ),
    _draw_complex, _solve_complex, _check_complex,
    lambda rng, p: f"({nonzero(rng, 80)}, {nonzero(rng, 80)})",
    shown=_show_complex, form="the pair (a, b)",
)  # fmt: skip
