"""Number theory: divisors, remainders, congruences, powers and bases, with exact whole answers.

Rules: one whole number is asked for; it is decided by definition, so it is unique. Families,
certificate, duplicate key and trivial policies: see :mod:`assay_envs.math.families`. The second
method is the definition itself, tried number by number.
"""

from __future__ import annotations

import math
from random import Random
from typing import ClassVar

from assay_envs.math.families import (
    Family,
    FamilyEnvironment,
    Parameters,
    Worked,
    below,
    number,
    up_to,
)
from assay_envs.math.notation import in_base

_SMALL_PRIMES = (2, 3, 5, 7, 11, 13, 17, 19, 23, 29, 31, 37, 41, 43, 47)
_PRIMES = tuple(n for n in range(53, 400) if all(n % p for p in _SMALL_PRIMES))


# Divisors


def _draw_pair(rng: Random, level: int) -> Parameters:
    """Two multiples of a common factor, neither of which divides the other."""
    top = (12, 40, 120, 300, 900)[level - 1]
    while True:
        common = rng.randint(3, 12 + 8 * level)
        a, b = (common * rng.randint(2, top) for _ in range(2))
        if math.gcd(a, b) not in (a, b):
            return {"a": a, "b": b}


def _euclid(a: int, b: int) -> list[str]:
    steps, a, b = [], max(a, b), min(a, b)
    while b:
        steps.append(f"{a} = {a // b}*{b} + {a % b}")
        a, b = b, a % b
    return steps


def _solve_gcd(a: int, b: int) -> Worked:
    common = math.gcd(a, b)
    steps = [*_euclid(a, b), f"The last divisor is {common}."]
    mistakes = [a * b // common, abs(a - b)]
    return number(common, *steps, mistakes=mistakes, undone=[f"gcd({a}, {b})"])


def _check_gcd(a: int, b: int) -> str:
    return str(max(d for d in range(1, min(a, b) + 1) if a % d == 0 and b % d == 0))


def _solve_lcm(a: int, b: int) -> Worked:
    common = math.gcd(a, b)
    steps = [*_euclid(a, b), f"gcd = {common}", f"{a}*{b}/{common} = {a // common * b}"]
    undone = [f"lcm({a}, {b})", f"{a}*{b}/{common}"]
    return number(a // common * b, *steps, mistakes=[a * b, common], undone=undone)


def _check_lcm(a: int, b: int) -> str:
    multiple = a
    while multiple % b:
        multiple += a
    return str(multiple)


def _draw_composite(rng: Random, level: int) -> Parameters:
    """A number with three or more prime factors, drawn factor by factor."""
    least, most = ((40, 200), (150, 700), (500, 2_500), (2_000, 8_000), (6_000, 20_000))[level - 1]
    while True:
        n = math.prod(rng.choice(_SMALL_PRIMES[: 5 + level]) for _ in range(rng.randint(3, 6)))
        if least <= n <= most and len(_factors(n)) > 1:
            return {"n": n}


def _factors(n: int) -> dict[int, int]:
    found: dict[int, int] = {}
    factor = 2
    while n > 1:
        while n % factor == 0:
            n //= factor
            found[factor] = found.get(factor, 0) + 1
        factor += 1
    return found


def _spelt(factors: dict[int, int]) -> str:
    return "*".join(f"{p}^{k}" if k > 1 else str(p) for p, k in factors.items())


def _solve_divisor_sum(n: int) -> Worked:
    factors = _factors(n)
    sums = {p: (p ** (k + 1) - 1) // (p - 1) for p, k in factors.items()}
    total = math.prod(sums.values())
    steps = [f"{n} = {_spelt(factors)}"]
    for p, k in factors.items():
        powers = " + ".join(str(p**i) for i in range(k + 1))
        steps.append(f"{powers} = {sums[p]}")
    steps.append(f"{'*'.join(map(str, sums.values()))} = {total}")
    return number(total, *steps, mistakes=[total - n, total - n - 1])


def _check_divisor_sum(n: int) -> str:
    return str(sum(d for d in range(1, n + 1) if n % d == 0))


def _solve_totient(n: int) -> Worked:
    factors = _factors(n)
    parts = {p: p ** (k - 1) * (p - 1) for p, k in factors.items()}
    count = math.prod(parts.values())
    steps = [f"{n} = {_spelt(factors)}"]
    steps += [f"{p}^{k} - {p}^{k - 1} = {parts[p]}" for p, k in factors.items()]
    steps.append(f"{'*'.join(map(str, parts.values()))} = {count}")
    return number(count, *steps, mistakes=[n - count, n - 1])


def _check_totient(n: int) -> str:
    return str(sum(math.gcd(i, n) == 1 for i in range(1, n + 1)))


# Remainders and congruences


def _draw_power(rng: Random, level: int) -> Parameters:
    moduli = ((11, 40), (30, 99), (50, 199), (100, 499), (300, 999))[level - 1]
    exponents = ((4, 9), (8, 20), (15, 60), (50, 300), (300, 2_000))[level - 1]
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
    least, most = ((11, 30), (20, 60), (50, 200), (150, 500), (400, 1_500))[level - 1]
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
    top = (9, 13, 19, 30, 23)[level - 1]
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
    order, steps = p - 1, [f"The order divides {p - 1} = {_spelt(_factors(p - 1))}."]
    for prime in _factors(p - 1):
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


# Bases, factorials, coins


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


def _draw_factorial(rng: Random, level: int) -> Parameters:
    least, most = ((20, 60), (60, 300), (200, 900), (600, 3_000), (2_000, 9_000))[level - 1]
    return {"n": rng.randint(least, most), "p": rng.choice((2, 3, 5, 7, 11))}


def _solve_factorial(n: int, p: int) -> Worked:
    steps, parts, power = [], [], p
    while power <= n:
        parts.append(n // power)
        steps.append(f"{n} = {n // power}*{power} + {n % power}")
        power *= p
    steps.append(f"{' + '.join(map(str, parts))} = {sum(parts)}")
    return number(sum(parts), *steps, mistakes=[parts[0]])


def _check_factorial(n: int, p: int) -> str:
    count = 0
    for multiple in range(p, n + 1, p):
        while multiple % p == 0:
            multiple, count = multiple // p, count + 1
    return str(count)


def _draw_coins(rng: Random, level: int) -> Parameters:
    most = (9, 15, 30, 60, 90)[level - 1]
    while True:
        a, b = rng.sample(range(4, most + 1), 2)
        if math.gcd(a, b) == 1:
            return {"a": a, "b": b}


def _solve_coins(a: int, b: int) -> Worked:
    largest = a * b - a - b
    steps = [
        f"{a} and {b} have no common factor, so the largest such amount is ab - a - b.",
        f"{a}*{b} - {a} - {b} = {a * b} - {a + b} = {largest}",
    ]
    mistakes = [a * b, (a - 1) * (b - 1), (a - 1) * (b - 1) // 2]
    return number(largest, *steps, mistakes=mistakes, undone=[f"{a}*{b} - {a} - {b}"])


def _check_coins(a: int, b: int) -> str:
    payable = [True] + [False] * (a * b)
    for amount in range(1, a * b + 1):
        payable[amount] = any(amount >= coin and payable[amount - coin] for coin in (a, b))
    return str(max(amount for amount, is_payable in enumerate(payable) if not is_payable))


def _pair_key(a: int, b: int) -> list[int]:
    return sorted((a, b))


_GCD = Family(
    "gcd",
    (
        "What is the greatest common divisor of {a} and {b}?",
        "Find the largest whole number that divides both {a} and {b}.",
        "Ribbons of {a} cm and {b} cm are cut into equal pieces of a whole number of cm, with "
        "nothing left over. How long, in cm, can a piece be at most?",
    ),
    _draw_pair, _solve_gcd, _check_gcd, up_to(50, 2), key=_pair_key,
)  # fmt: skip
_LCM = Family(
    "lcm",
    (
        "What is the least common multiple of {a} and {b}?",
        "Find the smallest positive whole number that is divisible by both {a} and {b}.",
        "One bell rings every {a} minutes and another every {b} minutes. They ring together now. "
        "After how many minutes do they next ring together?",
    ),
    _draw_pair, _solve_lcm, _check_lcm,
    lambda rng, p: str(p["a"] * rng.randint(1, int(p["b"]))), key=_pair_key,
)  # fmt: skip
_DIVISOR_SUM = Family(
    "divisor_sum",
    (
        "What is the sum of all positive divisors of {n}, including 1 and {n}?",
        "Add up all the positive whole numbers that divide {n} (1 and {n} among them). "
        "What is the sum?",
    ),
    _draw_composite, _solve_divisor_sum, _check_divisor_sum,
    lambda rng, p: str(rng.randint(p["n"], 4 * p["n"])),
)  # fmt: skip
_TOTIENT = Family(
    "totient",
    (
        "How many of the whole numbers from 1 to {n} have no common factor with {n} besides 1?",
        "What is Euler's totient of {n}?",
        "How many fractions k/{n} with k from 1 to {n} are in lowest terms?",
    ),
    _draw_composite, _solve_totient, _check_totient, below("n", 1),
)  # fmt: skip
_POWER = Family(
    "power",
    (
        "What is the remainder when {base}^{exponent} is divided by {modulus}?",
        "Find {base}^{exponent} mod {modulus}, as a whole number from 0 to {modulus} - 1.",
    ),
    _draw_power, _solve_power, _check_power, below("modulus"),
)  # fmt: skip
_TOWER = Family(
    "tower",
    (
        "What is the remainder when {base}^({middle}^{top}) is divided by {p}?",
        "The number {base} is raised to the power {middle}^{top}. "
        "What remainder does the result leave when divided by {p}?",
    ),
    _draw_tower, _solve_tower, _check_tower, below("p"),
)  # fmt: skip
_INVERSE = Family(
    "inverse",
    (
        "Which whole number x from 0 to {m} - 1 makes {a}*x leave the remainder 1 when divided "
        "by {m}?",
        "Find the multiplicative inverse of {a} modulo {m}, as a number below {m}.",
    ),
    _draw_inverse, _solve_inverse, _check_inverse, below("m"),
)  # fmt: skip
_CONGRUENCES = Family(
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
_ORDER = Family(
    "order",
    (
        "What is the smallest positive exponent k for which {a}^k leaves the remainder 1 when "
        "divided by {p}?",
        "Find the multiplicative order of {a} modulo the prime {p}.",
    ),
    _draw_order, _solve_order, _check_order, below("p", 2),
)  # fmt: skip
_FROM_BASE = Family(
    "from_base",
    (
        "The number {digits} is written in base {base}. What is it in base ten?",
        "Convert {digits} from base {base} to decimal.",
    ),
    _draw_base, _solve_from_base, lambda digits, base: str(int(digits, base)),
    lambda rng, p: str(rng.randint(p["base"], p["base"] ** len(p["digits"]))),
)  # fmt: skip
_TO_BASE = Family(
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
_FACTORIAL = Family(
    "factorial",
    (
        "What is the largest k for which {p}^k divides {n}! (the factorial of {n})?",
        "How often does the prime {p} occur in the prime factorisation of {n}! "
        "(the product of all whole numbers from 1 to {n})?",
    ),
    _draw_factorial, _solve_factorial, _check_factorial, below("n", 2),
)  # fmt: skip
_COINS = Family(
    "coins",
    (
        "What is the largest whole amount that cannot be paid with coins of {a} and {b} only?",
        "Nuggets come in boxes of {a} and of {b}. What is the largest number of nuggets that "
        "cannot be bought as full boxes?",
    ),
    _draw_coins, _solve_coins, _check_coins,
    lambda rng, p: str(rng.randint(max(p["a"], p["b"]), p["a"] * p["b"])), key=_pair_key,
)  # fmt: skip


class NumberTheory(FamilyEnvironment):
    """The environment; one whole number per episode."""

    id = "math/number_theory"
    summary = "divisors, remainders, congruences, powers and bases"
    levels: ClassVar = {
        1: "gcd, lcm and base conversion of small numbers, a sum of divisors",
        2: "larger ones; remainders of powers, two congruences, primes in a factorial",
        3: "Euler's totient, inverses, unpayable amounts; numbers up to thousands",
        4: "the same beyond mental reach; multiplicative orders",
        5: "three congruences, towers of powers, large exponents and inverses",
    }
    chance: ClassVar = {1: 0.06, 2: 0.04, 3: 0.02, 4: 0.02, 5: 0.015}
    families: ClassVar = {
        1: (_GCD, _LCM, _FROM_BASE, _DIVISOR_SUM),
        2: (_GCD, _LCM, _TO_BASE, _POWER, _CONGRUENCES, _FACTORIAL),
        3: (_TOTIENT, _INVERSE, _POWER, _CONGRUENCES, _TO_BASE, _DIVISOR_SUM, _COINS),
        4: (_TOTIENT, _INVERSE, _POWER, _CONGRUENCES, _ORDER, _DIVISOR_SUM),
        5: (_TOWER, _POWER, _CONGRUENCES, _INVERSE, _DIVISOR_SUM),
    }
