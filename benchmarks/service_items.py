"""What ``benchmarks/service.py`` asks: endless verify lines whose verdicts are known beforehand.

    simple math   integers, fractions, decimals, in prose and in boxes; half are right
    mixed math    besides: factored polynomials, surds, intervals, sets, matrices, powers of ten
    code          small functions and programs (``judge_problems.py``), right or spoilt

Numbers are drawn anew for every line, so that nothing is gained by remembering verdicts.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from random import Random
from typing import Any

from judge_problems import own_problems

from assay_datasets import derive_random


@dataclass(frozen=True)
class Item:
    """A verify line and the outcome that it must have."""

    line: dict[str, Any]
    outcome: str


def items(workload: str, seed: int) -> Iterator[Item]:
    """Endless items of one workload; the same for the same seed."""
    rng = derive_random("service", workload, seed)
    make = _WORKLOADS[workload]
    while True:
        yield make(rng)


def _math(make: Callable[[Random], tuple[str, str, str]], rng: Random) -> Item:
    """Gold, a right response and a wrong one; one of the two is sent."""
    gold, right, wrong = make(rng)
    is_right = rng.random() < 0.5
    line = {"verifier": "math", "response": right if is_right else wrong, "answer": gold}
    return Item(line, "correct" if is_right else "incorrect")


def _integer(rng: Random) -> tuple[str, str, str]:
    n = rng.randrange(-(10**6), 10**6)
    return str(n), f"so the answer is \\boxed{{{n}}}.", f"so the answer is \\boxed{{{n + 1}}}."


def _fraction(rng: Random) -> tuple[str, str, str]:
    p, q, k = rng.randrange(1, 400), rng.randrange(2, 60), rng.randrange(2, 9)
    right, wrong = (f"Hence $x = \\frac{{{k * p + d}}}{{{k * q}}}$." for d in (0, 1))
    return f"\\frac{{{p}}}{{{q}}}", right, wrong


def _decimal(rng: Random) -> tuple[str, str, str]:
    n = rng.randrange(1, 4000)
    return f"{n}/8", f"The answer is {n / 8:.3f}.", f"The answer is {n / 8 + 0.25:.3f}."


def _polynomial(rng: Random) -> tuple[str, str, str]:
    a, b = rng.randrange(1, 40), rng.randrange(1, 40)
    right, wrong = (f"\\boxed{{x^2 + {a + b}x + {a * b + d}}}" for d in (0, 1))
    return f"(x+{a})(x+{b})", right, wrong


def _surd(rng: Random) -> tuple[str, str, str]:
    a, b, c = rng.randrange(1, 50), rng.randrange(2, 9), rng.choice((2, 3, 5, 7))
    right, wrong = (f"\\boxed{{{a} + \\sqrt{{{b * b * c + d}}}}}" for d in (0, 1))
    return f"{a} + {b}\\sqrt{{{c}}}", right, wrong


def _interval(rng: Random) -> tuple[str, str, str]:
    a = rng.randrange(-50, 50)
    b = a + rng.randrange(1, 50)
    return f"[{a}, {b})", f"\\boxed{{[{a}, {b})}}", f"\\boxed{{[{a}, {b}]}}"


def _set(rng: Random) -> tuple[str, str, str]:
    a, b, c = rng.sample(range(100), 3)
    right, wrong = f"\\boxed{{\\{{{c}, {a}, {b}\\}}}}", f"\\boxed{{\\{{{c}, {a}\\}}}}"
    return f"\\{{{a}, {b}, {c}\\}}", right, wrong


def _matrix(rng: Random) -> tuple[str, str, str]:
    a, b, c, d = (rng.randrange(100) for _ in range(4))
    shown = "\\begin{{pmatrix}} {} & {} \\\\ {} & {} \\end{{pmatrix}}"
    right, wrong = (f"\\boxed{{{shown.format(a, b, c, d + e)}}}" for e in (0, 1))
    return shown.format(a, b, c, d), right, wrong


def _power(rng: Random) -> tuple[str, str, str]:
    n, e = rng.randrange(10, 100), rng.randrange(5, 12)
    right = f"\\boxed{{{n / 10} \\times 10^{{{e}}}}}"
    return str(n * 10 ** (e - 1)), right, f"\\boxed{{{n / 10} \\times 10^{{{e + 1}}}}}"


_SIMPLE = (_integer, _fraction, _decimal)
_MIXED = (*_SIMPLE, _polynomial, _surd, _interval, _set, _matrix, _power)
_PROBLEMS = [problem for group in own_problems().values() for problem in group]


def _code(rng: Random) -> Item:
    """A right program, or one that ends before it did what it should."""
    problem = rng.choice(_PROBLEMS)
    is_right = rng.random() < 0.5
    note = f"# attempt {rng.randrange(10**9)}\n"
    spoilt = "raise ValueError('not today')\n"
    program = note + problem.right[0] if is_right else note + spoilt + problem.right[0]
    line = {"verifier": "code", "response": f"```python\n{program}\n```", "answer": problem.answer}
    return Item(line, "correct" if is_right else "incorrect")


_WORKLOADS: dict[str, Callable[[Random], Item]] = {
    "simple math": lambda rng: _math(rng.choice(_SIMPLE), rng),
    "mixed math": lambda rng: _math(rng.choice(_MIXED), rng),
    "code": _code,
}
