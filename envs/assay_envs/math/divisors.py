"""Divisors: common ones and common multiples, sums and counts by prime factors, unpayable amounts.

Families of :mod:`assay_envs.math.number_theory`. The second methods try the definition, number by
number.
"""

from __future__ import annotations

import math
from random import Random

from assay_envs.math.families import Family, Parameters, Worked, below, number, up_to

SMALL_PRIMES = (2, 3, 5, 7, 11, 13, 17, 19, 23, 29, 31, 37, 41, 43, 47)


def _draw_pair(rng: Random, level: int) -> Parameters:
    """Two multiples of a common factor, neither of which divides the other."""
    top = {1: 12, 2: 40}[level]
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
    least, most = {
        1: (40, 200), 3: (500, 2_500), 4: (2_000, 8_000), 5: (6_000, 20_000),
    }[level]  # fmt: skip
    while True:
        n = math.prod(rng.choice(SMALL_PRIMES[: 5 + level]) for _ in range(rng.randint(3, 6)))
        if least <= n <= most and len(factors_of(n)) > 1:
            return {"n": n}


def factors_of(n: int) -> dict[int, int]:
    """The prime factors of n > 0 and how often each divides it."""
    found: dict[int, int] = {}
    factor = 2
    while n > 1:
        while n % factor == 0:
            n //= factor
            found[factor] = found.get(factor, 0) + 1
        factor += 1
    return found


def spelt(factors: dict[int, int]) -> str:
    """``2^3*5``."""
    return "*".join(f"{p}^{k}" if k > 1 else str(p) for p, k in factors.items())


def _solve_divisor_sum(n: int) -> Worked:
    factors = factors_of(n)
    sums = {p: (p ** (k + 1) - 1) // (p - 1) for p, k in factors.items()}
    total = math.prod(sums.values())
    steps = [f"{n} = {spelt(factors)}"]
    for p, k in factors.items():
        powers = " + ".join(str(p**i) for i in range(k + 1))
        steps.append(f"{powers} = {sums[p]}")
    steps.append(f"{'*'.join(map(str, sums.values()))} = {total}")
    return number(total, *steps, mistakes=[total - n, total - n - 1])


def _check_divisor_sum(n: int) -> str:
    return str(sum(d for d in range(1, n + 1) if n % d == 0))


def _solve_totient(n: int) -> Worked:
    factors = factors_of(n)
    parts = {p: p ** (k - 1) * (p - 1) for p, k in factors.items()}
    count = math.prod(parts.values())
    steps = [f"{n} = {spelt(factors)}"]
    steps += [f"{p}^{k} - {p}^{k - 1} = {parts[p]}" for p, k in factors.items()]
    steps.append(f"{'*'.join(map(str, parts.values()))} = {count}")
    return number(count, *steps, mistakes=[n - count, n - 1])


def _check_totient(n: int) -> str:
    return str(sum(math.gcd(i, n) == 1 for i in range(1, n + 1)))


def _draw_factorial(rng: Random, level: int) -> Parameters:
    return {"n": rng.randint(60, 300), "p": rng.choice((2, 3, 5, 7, 11))}


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
    while True:
        a, b = rng.sample(range(4, 31), 2)
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


GCD = Family(
    "gcd",
    (
        "What is the greatest common divisor of {a} and {b}?",
        "Find the largest whole number that divides both {a} and {b}.",
        "Ribbons of {a} cm and {b} cm are cut into equal pieces of a whole number of cm, with "
        "nothing left over. How long, in cm, can a piece be at most?",
    ),
    _draw_pair, _solve_gcd, _check_gcd, up_to(50, 2), key=_pair_key,
)  # fmt: skip
LCM = Family(
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
DIVISOR_SUM = Family(
    "divisor_sum",
    (
        "What is the sum of all positive divisors of {n}, including 1 and {n}?",
        "Add up all the positive whole numbers that divide {n} (1 and {n} among them). "
        "What is the sum?",
    ),
    _draw_composite, _solve_divisor_sum, _check_divisor_sum,
    lambda rng, p: str(rng.randint(p["n"], 4 * p["n"])),
)  # fmt: skip
TOTIENT = Family(
    "totient",
    (
        "How many of the whole numbers from 1 to {n} have no common factor with {n} besides 1?",
        "What is Euler's totient of {n}?",
        "How many fractions k/{n} with k from 1 to {n} are in lowest terms?",
    ),
    _draw_composite, _solve_totient, _check_totient, below("n", 1),
)  # fmt: skip
FACTORIAL = Family(
    "factorial",
    (
        "What is the largest k for which {p}^k divides {n}! (the factorial of {n})?",
        "How often does the prime {p} occur in the prime factorisation of {n}! "
        "(the product of all whole numbers from 1 to {n})?",
    ),
    _draw_factorial, _solve_factorial, _check_factorial, below("n", 2),
)  # fmt: skip
COINS = Family(
    "coins",
    (
        "What is the largest whole amount that cannot be paid with coins of {a} and {b} only?",
        "Nuggets come in boxes of {a} and of {b}. What is the largest number of nuggets that "
        "cannot be bought as full boxes?",
    ),
    _draw_coins, _solve_coins, _check_coins,
    lambda rng, p: str(rng.randint(max(p["a"], p["b"]), p["a"] * p["b"])), key=_pair_key,
)  # fmt: skip
