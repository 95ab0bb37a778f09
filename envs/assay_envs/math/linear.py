"""Linear equations, solved for x, with an exact answer.

Generator: the solution is drawn first and the equation is built around it, so every instance has
exactly one solution, and the drawn value is its certificate. Duplicate key: the equation without
regard to which side (or, in a system, which equation) comes first. The verifier is ``math``.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from fractions import Fraction
from random import Random
from typing import ClassVar

from assay_datasets import Task, derive_random
from assay_envs.environment import SingleTurn
from assay_verifiers.math import MathVerifier


@dataclass(frozen=True)
class _Problem:
    """One instance: the equations as shown, their solution, and the work that leads to it."""

    equations: tuple[str, ...]
    x: Fraction
    work: str


class Linear(SingleTurn):
    """The environment; one value of x per episode."""

    id = "math/linear"
    summary = "solve a linear equation (or a 2×2 system) for x"
    levels: ClassVar = {
        1: "ax+b=c or ax-b=c; a 2–9, x 1–9, b 1–30",
        2: "ax+b=cx+d, x 1–9",
        3: "a(x+b)+c=d with negatives",
        4: "ax+b=cx+d whose answer is a fraction",
        5: "two equations in x and y",
    }

    def __init__(self) -> None:
        super().__init__(MathVerifier())

    def generate(self, seed: int, difficulty: int) -> Task:
        problem = self._problem(seed, difficulty)
        key = " and ".join(sorted("=".join(sorted(e.split("="))) for e in problem.equations))
        return Task(
            env=self.id,
            prompt=({"role": "user", "content": _prompt(problem.equations)},),
            answer=str(problem.x),
            verifier="math",
            metadata={
                "domain": "math",
                "difficulty": difficulty,
                "seed": seed,
                "duplicate_key": f"{self.id}:{key}",
                "certificate": {"x": str(problem.x)},
            },
        )

    def oracle(self, task: Task) -> str:
        return str(task.answer)

    def solution(self, task: Task) -> str:
        """The steps, a check by substitution, the value."""
        problem = self._problem(task.metadata["seed"], task.metadata["difficulty"])
        return f"<think>{problem.work} ok</think>{problem.x}"

    def _problem(self, seed: int, difficulty: int) -> _Problem:
        make = _MAKERS[self.check_level(difficulty)]
        return make(derive_random(self.id, difficulty, seed))


def _prompt(equations: tuple[str, ...]) -> str:
    return (
        f"Solve {' and '.join(equations)} for x. "
        "Think step by step inside <think></think>, then write only the value."
    )


def _one_step(rng: Random) -> _Problem:
    while True:
        a, x, b = rng.randint(2, 9), rng.randint(1, 9), rng.randint(1, 30) * rng.choice((1, -1))
        c = a * x + b
        if c > 0:
            break
    work = f"{a}x={c}{-b:+d}={a * x}, x={a * x}/{a}={x}, check {a}*{x}{b:+d}={a * x}{b:+d}={c}"
    return _Problem((f"{a}x{b:+d}={c}",), Fraction(x), work)


def _two_sides(rng: Random, x: Fraction) -> _Problem | None:
    """ax+b=cx+d with solution ``x``, either side first; None where the draw does not fit."""
    a, c, b = rng.randint(3, 9), rng.randint(2, 8), rng.randint(1, 30) * rng.choice((1, -1))
    d = (a - c) * x + b
    if a <= c or d == 0 or d.denominator != 1 or abs(d) > 60:
        return None
    left, right = f"{a}x{b:+d}", f"{c}x{int(d):+d}"
    k, total = a - c, d - b
    work = (
        f"{a}x-{c}x={d}{-b:+d}, {_divided(total, k)}{x}, "
        f"check {a}*{x}{b:+d}={a * x + b}, {c}*{x}{int(d):+d}={c * x + d}"
    )
    sides = (left, right) if rng.random() < 0.5 else (right, left)
    return _Problem(("=".join(sides),), x, work)


def _divided(total: Fraction, k: int) -> str:
    """``3x=12, x=12/3=``, without the steps that would only repeat the value."""
    if k == 1:
        return "x="
    return f"{k}x={total}, x=" + ("" if Fraction(total, k).denominator == k else f"{total}/{k}=")


def _both_sides(rng: Random) -> _Problem:
    return _until(lambda: _two_sides(rng, Fraction(rng.randint(1, 9))))


def _fraction(rng: Random) -> _Problem:
    def attempt() -> _Problem | None:
        x = Fraction(rng.randint(-30, 30), rng.randint(2, 7))
        return None if x.denominator == 1 else _two_sides(rng, x)

    return _until(attempt)


def _bracket(rng: Random) -> _Problem:
    a = rng.randint(2, 9) * rng.choice((1, -1))
    x, b, c = (_nonzero(rng, most) for most in (12, 9, 30))
    inner, d = x + b, a * (x + b) + c
    work = (
        f"{a}(x{b:+d})={d}{-c:+d}={d - c}, x{b:+d}={d - c}/{a}={inner}, x={inner}{-b:+d}={x}, "
        f"check {x}{b:+d}={inner}, {a}*{inner}{c:+d}={a * inner}{c:+d}={d}"
    )
    return _Problem((f"{a}(x{b:+d}){c:+d}={d}",), Fraction(x), work)


def _system(rng: Random) -> _Problem:
    """Two equations with a determinant that is not 0, solved by Cramer's rule."""
    while True:
        a, b, c, d, x, y = (_nonzero(rng, 9) for _ in range(6))
        if determinant := a * d - c * b:
            break
    p, q = a * x + b * y, c * x + d * y
    top = p * d - q * b
    work = (
        (
            f"{a}*{d}-{c}*{b}={a * d}-{c * b}={determinant}, "
            f"{p}*{d}-{q}*{b}={p * d}-{q * b}={top}, x={top}/{determinant}={x}, "
            f"y=({p}-{a}*{x})/{b}={y}, check {c}*{x}+{d}*{y}={c * x}+{d * y}={q}"
        )
        .replace("--", "+")
        .replace("+-", "-")
    )
    equations = (f"{_unit(a)}x{_signed_unit(b)}y={p}", f"{_unit(c)}x{_signed_unit(d)}y={q}")
    return _Problem(equations, Fraction(x), work)


def _nonzero(rng: Random, most: int) -> int:
    return rng.randint(1, most) * rng.choice((1, -1))


def _unit(k: int) -> str:
    return "" if k == 1 else "-" if k == -1 else str(k)


def _signed_unit(k: int) -> str:
    return "+" if k == 1 else "-" if k == -1 else f"{k:+d}"


def _until(attempt: Callable[[], _Problem | None]) -> _Problem:
    while (problem := attempt()) is None:
        pass
    return problem


_MAKERS: dict[int, Callable[[Random], _Problem]] = {
    1: _one_step,
    2: _both_sides,
    3: _bracket,
    4: _fraction,
    5: _system,
}
