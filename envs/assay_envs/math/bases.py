"""Bases: whole numbers written in other bases than ten.

Families of :mod:`assay_envs.math.number_theory`. The second method counts up in the base.
"""

from __future__ import annotations

from random import Random

from assay_envs.math.families import Family, Parameters, Worked, number
from assay_envs.math.notation import in_base


def _draw_base(rng: Random, level: int) -> Parameters:
    base = rng.randint(3, 9)
    value = rng.randint(*((30, 300), (200, 2_000), (1_000, 9_999))[level - 1])
    return {"digits": in_base(value, base), "base": base}


def _solve_from_base(digits: str, base: int) -> Worked:
    places = range(len(digits) - 1, -1, -1)
    terms = [f"{d}*{base}^{place}" for d, place in zip(digits, places, strict=True)]
    values = [int(d) * base**place for d, place in zip(digits, places, strict=True)]
    total = sum(values)
    steps = [f"{' + '.join(terms)} = {' + '.join(map(str, values))} = {total}"]
    return number(total, *steps, mistakes=[int(digits), total * base, total // base])


def _solve_to_base(digits: str, base: int) -> Worked:
    value, steps = int(digits, base), []
    while value:
        steps.append(f"{value} = {value // base}*{base} + {value % base}")
        value //= base
    reverse = digits[::-1].lstrip("0")
    steps.append(f"The remainders from the last to the first are the digits {digits}.")
    return number(int(digits), *steps, mistakes=[int(reverse), int(digits, base)])


def _check_to_base(digits: str, base: int) -> str:
    """Counting up in the base from 0."""
    wanted, counter = int(digits, base), [0]
    for _ in range(wanted):
        place = 0
        while counter[place] == base - 1:
            counter[place], place = 0, place + 1
            if place == len(counter):
                counter.append(0)
        counter[place] += 1
    return "".join(map(str, reversed(counter)))


FROM_BASE = Family(
    "from_base",
    (
        "The number {digits} is written in base {base}. What is it in base ten?",
        "Convert {digits} from base {base} to decimal.",
    ),
    _draw_base, _solve_from_base, lambda digits, base: str(int(digits, base)),
    lambda rng, p: str(rng.randint(p["base"], p["base"] ** len(p["digits"]))),
)  # fmt: skip
TO_BASE = Family(
    "to_base",
    (
        "Write the decimal number {value} in base {base}.",
        "What are the digits of {value} (base ten) when it is written in base {base}?",
    ),
    _draw_base, _solve_to_base, _check_to_base,
    lambda rng, p: in_base(rng.randint(30, 9_999), p["base"]),
    shown=lambda digits, base: {"value": str(int(digits, base))},
    form="the digits, without the base",
)  # fmt: skip
