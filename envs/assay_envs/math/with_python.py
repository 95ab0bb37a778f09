"""With Python: questions that are painful by hand and easy with a program, and Python at hand.

Rules: the model may run Python, block by block, and then writes the whole number that was asked
for. Only its last message is judged, by the verifier ``math``.

Generator: a question of the level's family, whose answer is computed by a method of its own kind
(inclusion and exclusion, digit lists, matrix powers …). Certificate: the program that answers it
directly; the second method is to run that program's own function here. Duplicate key: the family
and its parameters. Trivial policies that fail: the largest number shown, 0.
"""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise
from random import Random
from typing import ClassVar

from assay_datasets import Message, Task, derive_random
from assay_envs.environment import CertificateError
from assay_envs.tool_use import ToolUse
from assay_sandbox import Memo, Sandbox
from assay_verifiers.math import MathVerifier

_PROMPT = (
    "{question} You may run Python: write a ```python block and its output comes back. "
    "When you know the answer, write only the number, without a block."
)


@dataclass(frozen=True)
class _Family:
    """One kind of question.

    Attributes:
        question: the text, with parameters in braces.
        draw: parameters from a random stream.
        program: Python that prints the answer, with parameters in braces.
        direct: what the program does, as a function of ours.
        clever: another method for the same number.
        steps: elementary steps of the direct way.
    """

    question: str
    draw: Callable[[Random], dict[str, int]]
    program: str
    direct: Callable[..., int]
    clever: Callable[..., int]
    steps: Callable[..., int]


class WithPython(ToolUse):
    """The environment; up to seven programs and one answer per episode."""

    id = "math/with_python"
    summary = "answer what takes a program, with a Python interpreter at hand"
    levels: ClassVar = {
        1: "digit sum of a power",
        2: "how many numbers up to 10,000 are divisible by one of two, not by a third",
        3: "a linear recurrence modulo m, far out",
        4: "the sum of the primes in a range that leave a given remainder",
        5: "the sum of gcd(i, n) over i up to n, n around a million",
    }
    chance: ClassVar = {1: 0.05, 2: 0.01, 3: 0.02, 4: 0.01, 5: 0.01}
    measure = "log10 of the elementary steps of the direct program"

    def __init__(self, sandbox: Sandbox | Memo | None = None) -> None:
        super().__init__(MathVerifier(), sandbox)

    def generate(self, seed: int, difficulty: int) -> Task:
        family = _FAMILIES[self.check_level(difficulty)]
        chosen = family.draw(derive_random(self.id, difficulty, seed))
        question = family.question.format(**chosen)
        return Task(
            env=self.id,
            prompt=({"role": "user", "content": _PROMPT.format(question=question)},),
            answer=str(family.clever(**chosen)),
            verifier="math",
            metadata={
                "domain": "math",
                "difficulty": difficulty,
                "seed": seed,
                "duplicate_key": f"{self.id}:{difficulty}:{sorted(chosen.items())}",
                "certificate": {"program": family.program.format(**chosen), "parameters": chosen},
                "measured": math.log10(family.steps(**chosen)),
            },
        )

    def oracle(self, task: Task) -> str:
        return str(task.answer)

    def solution(self, task: Task) -> str:
        program = task.metadata["certificate"]["program"]
        return (
            f"<think>A program finds it:\n{program}\nIt prints {task.answer}.</think>{task.answer}"
        )

    def act(self, task: Task, messages: Sequence[Message]) -> str:
        """The program first; then what it printed."""
        if len(messages) == len(task.prompt):
            return f"```python\n{task.metadata['certificate']['program']}\n```"
        return messages[-1]["content"].strip()

    def equivalents(self, task: Task) -> Iterator[str]:
        yield f"{int(task.answer):,}"
        yield f"$\\boxed{{{task.answer}}}$"

    def near_misses(self, task: Task) -> Iterator[str]:
        """One off, ten times, the sign turned, the last digit dropped."""
        value = int(task.answer)
        yield from (
            str(each) for each in (value + 1, value - 1, value * 10, -value) if value != each
        )
        yield str(value // 10)

    def guess(self, task: Task, rng: Random) -> str:
        """A number no longer than the longest one shown."""
        return str(rng.randrange(10 ** len(str(max(_shown(task))))))

    def trivial(self, task: Task) -> Iterator[str]:
        yield str(max(_shown(task)))
        yield "0"

    def recheck(self, task: Task) -> None:
        """The direct way, step by step, gives the same number."""
        certificate = task.metadata["certificate"]
        family = _FAMILIES[task.metadata["difficulty"]]
        found = family.direct(**certificate["parameters"])
        if str(found) != task.answer:
            raise CertificateError(f"the direct way gives {found}, not {task.answer}")


def _shown(task: Task) -> list[int]:
    question = task.prompt[0]["content"].partition(" You may ")[0].replace(",", "")
    return [int(number) for number in re.findall(r"\d+", question)]


def _digit_sum(base: int, exponent: int) -> int:
    """By multiplying a list of digits, as on paper."""
    digits = [1]
    for _ in range(exponent):
        carry, product = 0, []
        for digit in digits:
            carry, rest = divmod(digit * base + carry, 10)
            product.append(rest)
        while carry:
            carry, rest = divmod(carry, 10)
            product.append(rest)
        digits = product
    return sum(digits)


def _divisible(a: int, b: int, c: int, most: int) -> int:
    """Inclusion and exclusion over the multiples of a, of b and of c."""

    def multiples(*of: int) -> int:
        return most // math.lcm(*of)

    either = multiples(a) + multiples(b) - multiples(a, b)
    with_c = multiples(a, c) + multiples(b, c) - multiples(a, b, c)
    return either - with_c


def _recurrence(p: int, q: int, start: int, index: int, modulus: int) -> int:
    """Squaring the matrix that takes (u[n], u[n-1]) to (u[n+1], u[n])."""
    power, square, left = (1, 0, 0, 1), (p, q, 1, 0), index
    while left:
        if left % 2:
            power = _product(power, square, modulus)
        square, left = _product(square, square, modulus), left // 2
    return (power[2] * start + power[3]) % modulus


def _product(a: Sequence[int], b: Sequence[int], modulus: int) -> tuple[int, int, int, int]:
    return (
        (a[0] * b[0] + a[1] * b[2]) % modulus,
        (a[0] * b[1] + a[1] * b[3]) % modulus,
        (a[2] * b[0] + a[3] * b[2]) % modulus,
        (a[2] * b[1] + a[3] * b[3]) % modulus,
    )


def _iterated(p: int, q: int, start: int, index: int, modulus: int) -> int:
    before, now = 1, start
    for _ in range(index - 1):
        before, now = now, (p * now + q * before) % modulus
    return now % modulus


def _sieved(least: int, most: int, modulus: int, rest: int) -> int:
    """A sieve over the range by the primes up to its root."""
    prime = bytearray([1]) * (most - least + 1)
    for factor in range(2, math.isqrt(most) + 1):
        start = max(factor * factor, -(-least // factor) * factor)
        prime[start - least :: factor] = bytes(len(range(start, most + 1, factor)))
    return sum(n for n, is_prime in enumerate(prime, least) if is_prime and n % modulus == rest)


def _trial_division(least: int, most: int, modulus: int, rest: int) -> int:
    first = least + (rest - least) % modulus
    numbers = range(first, most + 1, modulus)
    return sum(n for n in numbers if all(n % factor for factor in range(2, math.isqrt(n) + 1)))


def _pillai(n: int) -> int:
    """The sum is multiplicative: (k + 1) p^k - k p^(k-1) for each prime power p^k of n."""
    total, factor = 1, 2
    while n > 1:
        power = 0
        while n % factor == 0:
            n, power = n // factor, power + 1
        if power:
            total *= (power + 1) * factor**power - power * factor ** (power - 1)
        factor = n if factor * factor > n else factor + 1
    return total


def _gcds(n: int) -> int:
    return sum(math.gcd(i, n) for i in range(1, n + 1))


def _three(rng: Random) -> dict[str, int]:
    """Three divisors, none of which divides another."""
    while True:
        a, b, c = sorted(rng.sample(range(3, 40), 3))
        if all(y % x for x, y in pairwise((a, b, c))) and c % a:
            names = rng.sample((a, b, c), 3)
            return {"a": names[0], "b": names[1], "c": names[2], "most": rng.randint(5_000, 10_000)}


def _primes_range(rng: Random) -> dict[str, int]:
    least, modulus = rng.randint(20_000, 60_000), rng.choice((3, 4, 5, 7, 8, 10, 12))
    rests = [rest for rest in range(1, modulus) if math.gcd(rest, modulus) == 1]
    width = rng.randint(2_000, 4_000)
    return {"least": least, "most": least + width, "modulus": modulus, "rest": rng.choice(rests)}


def _composite(rng: Random) -> dict[str, int]:
    """n with many divisors, so that the sum is no simple multiple of n."""
    n = math.prod(rng.choice((2, 3, 4, 5, 6, 7, 9, 10, 11, 13)) for _ in range(5))
    return {"n": n * rng.randint(800_000 // n + 1, 1_600_000 // n + 1)}


_FAMILIES: Mapping[int, _Family] = {
    1: _Family(
        "What is the sum of the decimal digits of {base} to the power {exponent}?",
        lambda rng: {"base": rng.randint(2, 99), "exponent": rng.randint(30, 120)},
        "print(sum(map(int, str({base}**{exponent}))))",
        lambda base, exponent: sum(map(int, str(base**exponent))),
        _digit_sum,
        lambda base, exponent: exponent,
    ),
    2: _Family(
        "How many of the numbers from 1 to {most} are divisible by {a} or by {b}, but not by {c}?",
        _three,
        "print(sum(1 for n in range(1, {most} + 1) if (n % {a} == 0 or n % {b} == 0) and n % {c}))",
        lambda a, b, c, most: sum(
            1 for n in range(1, most + 1) if (n % a == 0 or n % b == 0) and n % c
        ),
        _divisible,
        lambda most, **_: most,
    ),
    3: _Family(
        "Let u(0) = 1, u(1) = {start} and u(n) = {p}*u(n-1) + {q}*u(n-2). "
        "What is the remainder of u({index}) divided by {modulus}?",
        lambda rng: {
            "p": rng.randint(2, 30),
            "q": rng.randint(2, 30),
            "start": rng.randint(2, 30),
            "index": rng.randint(20_000, 60_000),
            "modulus": rng.randint(1_000, 9_999),
        },
        "before, now = 1, {start}\nfor _ in range({index} - 1):\n"
        "    before, now = now, ({p} * now + {q} * before) % {modulus}\nprint(now % {modulus})",
        _iterated,
        _recurrence,
        lambda index, **_: index,
    ),
    4: _Family(
        "What is the sum of all primes from {least} to {most} that leave the remainder {rest} "
        "when divided by {modulus}?",
        _primes_range,
        "def is_prime(n):\n    return n > 1 and all(n % d for d in range(2, int(n**0.5) + 1))\n"
        "print(sum(n for n in range({least}, {most} + 1)"
        " if n % {modulus} == {rest} and is_prime(n)))",
        _trial_division,
        _sieved,
        lambda least, most, modulus, rest: (most - least) * math.isqrt(most),
    ),
    5: _Family(
        "What is the sum of gcd(i, {n}) over all i from 1 to {n}?",
        _composite,
        "from math import gcd\nprint(sum(gcd(i, {n}) for i in range(1, {n} + 1)))",
        _gcds,
        _pillai,
        lambda n: n,
    ),
}
