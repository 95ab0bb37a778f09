"""Congruences: remainders of powers, inverses, systems of congruences and orders.

Families of :mod:`assay_envs.math.number_theory`. The second methods try the definition, number by
number.
"""

from __future__ import annotations

import math
from random import Random

from assay_envs.math.divisors import SMALL_PRIMES, factors_of, spelt
from assay_envs.math.families import Family, Parameters, Worked, below, number

_PRIMES = tuple(n for n in range(53, 400) if all(n % p for p in SMALL_PRIMES))


def _draw_power(rng: Random, level: int) -> Parameters:
    moduli = {2: (30, 99), 3: (50, 199), 4: (100, 499), 5: (300, 999)}[level]
    exponents = {2: (8, 20), 3: (15, 60), 4: (50, 300), 5: (300, 2_000)}[level]
    while True:
        modulus, exponent = rng.randint(*moduli), rng.randint(*exponents)
        base = rng.randint(3, modulus - 2)
        if pow(base, exponent, modulus) not in (0, 1, base):
            return {"base": base, "exponent": exponent, "modulus": modulus}


def _squarings(base: int, exponent: int, modulus: int) -> tuple[int, list[str]]:
    """The remainder by squaring from the highest binary digit, each product written."""
    rest, power, steps = base % modulus, 1, [f"{base} mod {modulus} = {base % modulus}"]
    for bit in bin(exponent)[3:]:
        square, power = rest * rest % modulus, 2 * power
        steps.append(f"{base}^{power}: {rest}*{rest} mod {modulus} = {square}")
        rest = square
        if bit == "1":
            product, power = rest * base % modulus, power + 1
            steps.append(f"{base}^{power}: {rest}*{base} mod {modulus} = {product}")
            rest = product
    return rest, steps


def _solve_power(base: int, exponent: int, modulus: int) -> Worked:
    rest, steps = _squarings(base, exponent, modulus)
    undone = [f"{base}^{exponent} mod {modulus}"]
    mistakes = [rest * base % modulus, modulus - rest]
    return number(rest, *steps, mistakes=mistakes, undone=undone)


def _check_power(base: int, exponent: int, modulus: int) -> str:
    rest = 1
    for _ in range(exponent):
        rest = rest * base % modulus
    return str(rest)


def _draw_tower(rng: Random, level: int) -> Parameters:
    """A prime modulus, so that the exponent counts modulo p - 1."""
    while True:
        p, base = rng.choice(_PRIMES), rng.randint(2, 40)
        middle, top = rng.randint(2, 30), rng.randint(3, 12)
        rest = pow(base, middle**top, p)
        if rest not in (0, 1, base):
            return {"base": base, "middle": middle, "top": top, "p": p}


def _solve_tower(base: int, middle: int, top: int, p: int) -> Worked:
    exponent, steps = _squarings(middle, top, p - 1)
    intro = f"{p} is prime and does not divide {base}, so the exponent counts modulo {p - 1}."
    rest, more = _squarings(base, exponent, p)
    wrong = pow(base, middle * top, p)
    return number(rest, intro, *steps, *more, mistakes=[wrong, p - rest])


def _check_tower(base: int, middle: int, top: int, p: int) -> str:
    """Raised to the middle number, again and again."""
    rest = base % p
    for _ in range(top):
        rest = int(_check_power(rest, middle, p))
    return str(rest)


def _draw_inverse(rng: Random, level: int) -> Parameters:
    least, most = {3: (50, 200), 4: (150, 500), 5: (400, 1_500)}[level]
    while True:
        m = rng.randint(least, most)
        a = rng.randint(3, m - 2)
        if math.gcd(a, m) == 1 and pow(a, -1, m) != a:
            return {"a": a, "m": m}


def _inversion(a: int, m: int) -> tuple[int, list[str]]:
    """The inverse of a modulo m by extended division, remainders as multiples of a."""
    before, now, old, new = m, a % m, 0, 1
    steps = []
    while now > 1:
        quotient = before // now
        before, now, old, new = now, before - quotient * now, new, (old - quotient * new) % m
        steps.append(f"{a}*{new} mod {m} = {now}")
    return new % m, steps


def _solve_inverse(a: int, m: int) -> Worked:
    inverse, steps = _inversion(a, m)
    steps.append(f"Check: {a}*{inverse} = {a * inverse} = {a * inverse // m}*{m} + 1")
    return number(inverse, *steps, mistakes=[m - inverse])


def _check_inverse(a: int, m: int) -> str:
    return str(next(x for x in range(m) if a * x % m == 1))


def _draw_congruences(rng: Random, level: int) -> Parameters:
    """Two moduli without common factor, three from level 5."""
    top = {2: 13, 3: 19, 4: 30, 5: 23}[level]
    while True:
        moduli = rng.sample(range(4, top + 1), 3 if level == 5 else 2)
        product = math.prod(moduli)
        if math.lcm(*moduli) == product:
            x = rng.randrange(max(moduli) + 1, product)
            return {"moduli": moduli, "rests": [x % m for m in moduli]}


def _shown_congruences(moduli: list[int], rests: list[int]) -> dict[str, str]:
    parts = [f"{r} when divided by {m}" for m, r in zip(moduli, rests, strict=True)]
    formal = [f"x = {r} (mod {m})" for m, r in zip(moduli, rests, strict=True)]
    return {
        "remainders": ", ".join(parts[:-1]) + f" and {parts[-1]}",
        "system": ", ".join(formal[:-1]) + f" and {formal[-1]}",
    }


def _solve_congruences(moduli: list[int], rests: list[int]) -> Worked:
    """One congruence after the other: x = found + step*k."""
    found, step, steps = rests[0], moduli[0], []
    for m, r in zip(moduli[1:], rests[1:], strict=True):
        inverse, _ = _inversion(step, m)
        k = (r - found) * inverse % m
        steps.append(f"Every x = {found} + {step}k fits so far; for {r} modulo {m}, k is wanted.")
        steps.append(f"{step}*{inverse} mod {m} = 1")
        steps.append(f"({r} - {found})*{inverse} mod {m} = {k}")
        steps.append(f"{found} + {step}*{k} = {found + step * k}")
        found, step = found + step * k, step * m
    mistakes = [found + step, step - found, found + moduli[0]]
    return number(found, *steps, mistakes=mistakes)


def _check_congruences(moduli: list[int], rests: list[int]) -> str:
    pairs = list(zip(moduli, rests, strict=True))
    return str(next(x for x in range(math.prod(moduli)) if all(x % m == r for m, r in pairs)))


def _order_of(a: int, p: int) -> tuple[int, list[str]]:
    """The least exponent that gives 1: p - 1, less every prime that can be spared."""
    order, steps = p - 1, [f"The order divides {p - 1} = {spelt(factors_of(p - 1))}."]
    for prime in factors_of(p - 1):
        while order % prime == 0:
            rest, tried = pow(a, order // prime, p), order // prime
            steps.append(f"{a}^{tried} mod {p} = {rest}")
            if rest != 1:
                break
            order = tried
    return order, steps


def _draw_order(rng: Random, level: int) -> Parameters:
    while True:
        a, p = rng.randint(2, 50), rng.choice(_PRIMES)
        if _order_of(a, p)[0] > 8:
            return {"a": a, "p": p}


def _solve_order(a: int, p: int) -> Worked:
    order, steps = _order_of(a, p)
    return number(order, *steps, f"So the order is {order}.", mistakes=[2 * order, order // 2])


def _check_order(a: int, p: int) -> str:
    power, k = a % p, 1
    while power != 1:
        power, k = power * a % p, k + 1
    return str(k)


POWER = Family(
    "power",
    (
        "What is the remainder when {base}^{exponent} is divided by {modulus}?",
        "Find {base}^{exponent} mod {modulus}, as a whole number from 0 to {modulus} - 1.",
    ),
    _draw_power, _solve_power, _check_power, below("modulus"),
)  # fmt: skip
TOWER = Family(
    "tower",
    (
        "What is the remainder when {base}^({middle}^{top}) is divided by {p}?",
        "The number {base} is raised to the power {middle}^{top}. "
        "What remainder does the result leave when divided by {p}?",
    ),
    _draw_tower, _solve_tower, _check_tower, below("p"),
)  # fmt: skip
INVERSE = Family(
    "inverse",
    (
        "Which whole number x from 0 to {m} - 1 makes {a}*x leave the remainder 1 when divided "
        "by {m}?",
        "Find the multiplicative inverse of {a} modulo {m}, as a number below {m}.",
    ),
    _draw_inverse, _solve_inverse, _check_inverse, below("m"),
)  # fmt: skip
CONGRUENCES = Family(
    "congruences",
    (
        "What is the smallest non-negative whole number that leaves the remainder {remainders}?",
        "Find the smallest x >= 0 with {system}.",
    ),
    _draw_congruences, _solve_congruences, _check_congruences,
    lambda rng, p: str(rng.randrange(math.prod(p["moduli"]))),
    shown=_shown_congruences,
    key=lambda moduli, rests: sorted(zip(moduli, rests, strict=True)),
)  # fmt: skip
ORDER = Family(
    "order",
    (
        "What is the smallest positive exponent k for which {a}^k leaves the remainder 1 when "
        "divided by {p}?",
        "Find the multiplicative order of {a} modulo the prime {p}.",
    ),
    _draw_order, _solve_order, _check_order, below("p", 2),
)  # fmt: skip
