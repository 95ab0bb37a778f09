"""Linear equations, solved for x, with an exact answer.

Generator: the solution is drawn first and the equation is built around it, so every instance has
exactly one solution, and the drawn value is its certificate. Duplicate key: the equation without
regard to which side (or, in a system, which equation) comes first. The verifier is ``math``.
Trivial policies that fail: the largest number shown, the difference of the first two.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from fractions import Fraction
from random import Random
from typing import ClassVar

from assay_datasets import Task, derive_random
from assay_envs.environment import CertificateError, SingleTurn
from assay_envs.math.families import nonzero
from assay_verifiers.math import MathVerifier


@dataclass(frozen=True)
class _Problem:
    """One instance: the equations as shown, their solution, and the work that leads to it."""

    equations: tuple[str, ...]
    x: Fraction
    work: str

    @property
    def digits(self) -> int:
        """How many digits the work writes down; a slash counts as one more."""
        return sum(map(str.isdigit, self.work)) + self.work.count("/")


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
    chance: ClassVar = {1: 0.15, 2: 0.15, 3: 0.08, 4: 0.03, 5: 0.1}
    measure = "digits and fraction bars that the worked solution writes down"

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
                "measured": float(problem.digits),
            },
        )

    def oracle(self, task: Task) -> str:
        return str(task.answer)

    def solution(self, task: Task) -> str:
        """The steps, a check by substitution, the value."""
        problem = self._problem(task.metadata["seed"], task.metadata["difficulty"])
        return f"<think>{problem.work} ok</think>{problem.x}"

    def equivalents(self, task: Task) -> Iterator[str]:
        x = Fraction(task.answer)
        yield f"x = {x}"
        yield f"$\\boxed{{{x}}}$"
        yield f"{2 * x.numerator}/{2 * x.denominator}"

    def near_misses(self, task: Task) -> Iterator[str]:
        """One off, the sign turned, upside down, without its denominator."""
        x = Fraction(task.answer)
        wrong = [x + 1, x - 1, -x, Fraction(x.numerator), x * 10]
        yield from (str(value) for value in wrong if value != x)

    def guess(self, task: Task, rng: Random) -> str:
        """A small value of the kind the level's answers are."""
        if task.metadata["difficulty"] == 4:
            return f"{rng.randint(-30, 30)}/{rng.randint(2, 7)}"
        least = 1 if task.metadata["difficulty"] < 3 else -12
        return str(rng.randint(least, 12))

    def trivial(self, task: Task) -> Iterator[str]:
        shown = [int(number) for number in re.findall(r"\d+", " ".join(_printed(task)))]
        yield str(max(shown))
        yield str(shown[1] - shown[0])

    def recheck(self, task: Task) -> None:
        """Substitution into the equations as printed: x solves them; being linear, no other does
        unless x + 1 does."""
        x, equations = Fraction(task.answer), _printed(task)
        if not _solve_with(equations, x):
            raise CertificateError(f"{x} does not solve {equations}")
        if _solve_with(equations, x + 1):
            raise CertificateError(f"{equations} have more than one solution")

    def _problem(self, seed: int, difficulty: int) -> _Problem:
        make = _MAKERS[self.check_level(difficulty)]
        return make(derive_random(self.id, difficulty, seed))


def _prompt(equations: tuple[str, ...]) -> str:
    return (
        f"Solve {' and '.join(equations)} for x. "
        "Think step by step inside <think></think>, then write only the value."
    )


def _printed(task: Task) -> list[str]:
    """The equations that the prompt shows."""
    return task.prompt[0]["content"].partition(" for x")[0].removeprefix("Solve ").split(" and ")


def _solve_with(equations: list[str], x: Fraction) -> bool:
    """Whether the equations hold at ``x``, for that y which the first of them asks for."""
    zero, one = (_gap(equations[0], x, Fraction(y)) for y in (0, 1))
    y = Fraction(0) if zero == one else zero / (zero - one)
    return all(_gap(equation, x, y) == 0 for equation in equations)


def _gap(equation: str, x: Fraction, y: Fraction) -> Fraction:
    """Left side less right side, by Python's own parser."""
    left, right = re.sub(r"(\d)([xy(])", r"\1*\2", equation).split("=")
    tree = ast.parse(f"{left}-({right})", mode="eval")
    return _evaluated(tree.body, {"x": x, "y": y})


def _evaluated(node: ast.expr, values: Mapping[str, Fraction]) -> Fraction:
    if isinstance(node, ast.Name):
        return values[node.id]
    if isinstance(node, ast.UnaryOp):
        return -_evaluated(node.operand, values)
    if not isinstance(node, ast.BinOp):
        return Fraction(ast.unparse(node))
    left, right = _evaluated(node.left, values), _evaluated(node.right, values)
    if isinstance(node.op, ast.Mult):
        return left * right
    return left + right if isinstance(node.op, ast.Add) else left - right


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
    x, b, c = (nonzero(rng, most) for most in (12, 9, 30))
    inner, d = x + b, a * (x + b) + c
    work = (
        f"{a}(x{b:+d})={d}{-c:+d}={d - c}, x{b:+d}={d - c}/{a}={inner}, x={inner}{-b:+d}={x}, "
        f"check {x}{b:+d}={inner}, {a}*{inner}{c:+d}={a * inner}{c:+d}={d}"
    )
    return _Problem((f"{a}(x{b:+d}){c:+d}={d}",), Fraction(x), work)


def _system(rng: Random) -> _Problem:
    """Two equations with a determinant that is not 0, solved by Cramer's rule."""
    while True:
        a, b, c, d, x, y = (nonzero(rng, 9) for _ in range(6))
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
