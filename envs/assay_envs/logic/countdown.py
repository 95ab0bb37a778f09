"""Countdown: reach the target with every given number used exactly once.

Rules: ``+ - * /`` and parentheses over the given numbers; arithmetic is exact, so ``7/2*4`` is 14.
Any expression that keeps the rules and has the target's value is correct; spaces, ``×``, ``÷`` and
a closing ``= target`` do not matter.

Generator: a random expression tree over random numbers whose steps all stay positive integers; its
value is the target. So every instance is solvable, and the tree is its certificate. Duplicate key:
the sorted numbers and the target. The game is about search: it does not promise a unique solution.
Trivial policies that fail: add everything up, multiply everything, add and subtract in turn.
"""

from __future__ import annotations

import math
import re
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from fractions import Fraction
from random import Random
from typing import ClassVar

from assay_datasets import Json, Task, derive_random
from assay_envs.environment import CertificateError, SingleTurn
from assay_envs.logic.expression import (
    ExpressionVerifier,
    Tree,
    exact_or_none,
    grow,
    leaves,
    one_operator_changed,
    parse,
    positive_value,
    python_value,
    tiles,
    tiles_svg,
    worked,
    write,
)


@dataclass(frozen=True)
class _Level:
    count: int
    largest: int
    operators: str
    target: tuple[int, int]


_LEVELS = {
    1: _Level(3, 9, "+-*", (1, 99)),
    2: _Level(3, 12, "+-*/", (1, 99)),
    3: _Level(4, 13, "+-*/", (1, 99)),
    4: _Level(5, 25, "+-*/", (1, 299)),
    5: _Level(6, 100, "+-*/", (100, 999)),
}


class CountdownVerifier(ExpressionVerifier):
    """Judges an expression by the rules; ``answer`` is ``{"numbers": [...], "target": n}``."""

    name = "logic/countdown"
    summary = "an expression over given numbers that has the target's value, exactly"

    def target(self, answer: Json) -> Fraction:
        return Fraction(answer["target"])

    def broken(self, tree: Tree, answer: Json) -> dict[str, Json] | None:
        used, given = sorted(leaves(tree)), sorted(answer["numbers"])
        return None if used == given else {"used": used, "given": given}


class Countdown(SingleTurn):
    """The environment; one expression per episode."""

    id = "logic/countdown"
    summary = "reach a target with every given number used once"
    levels: ClassVar = {
        1: "3 numbers 1–9, + - *, target 1–99",
        2: "3 numbers 1–12, with division, target 1–99",
        3: "4 numbers 1–13, target 1–99",
        4: "5 numbers 1–25, target 1–299",
        5: "6 numbers 1–100, target 100–999",
    }
    chance: ClassVar = {1: 0.2, 2: 0.18, 3: 0.1, 4: 0.06, 5: 0.1}
    measure = "log10 of the expressions that a blind search would have to try"

    def __init__(self) -> None:
        super().__init__(CountdownVerifier())

    def generate(self, seed: int, difficulty: int) -> Task:
        level = _LEVELS[self.check_level(difficulty)]
        rng = derive_random(self.id, difficulty, seed)
        numbers, tree, target = _draw(rng, level)
        while not level.target[0] <= target <= level.target[1]:
            numbers, tree, target = _draw(rng, level)
        return Task(
            env=self.id,
            prompt=({"role": "user", "content": _prompt(numbers, target)},),
            answer={"numbers": numbers, "target": target},
            verifier=self.id,
            metadata={
                "domain": "logic",
                "difficulty": difficulty,
                "seed": seed,
                "duplicate_key": f"{self.id}:{','.join(map(str, sorted(numbers)))}={target}",
                "certificate": {"expression": write(tree)},
                "measured": _search_space(numbers, level.operators),
            },
        )

    def oracle(self, task: Task) -> str:
        return str(task.metadata["certificate"]["expression"])

    def solution(self, task: Task) -> str:
        """Some tries that miss, then the one that hits; every intermediate result is right."""
        level = _LEVELS[task.metadata["difficulty"]]
        numbers, target = list(task.answer["numbers"]), task.answer["target"]
        rng = derive_random("solution", task.id)
        return worked(rng, numbers, target, level.operators, self.oracle(task))

    def render(self, task: Task) -> str:
        return tiles(task.answer["numbers"], task.answer["target"])

    def svg(self, task: Task) -> str:
        return tiles_svg(task.answer["numbers"], task.answer["target"], "Countdown")

    def equivalents(self, task: Task) -> Iterator[str]:
        text = self.oracle(task)
        yield re.sub(r"([-+*/])", r" \1 ", text)
        yield text.replace("*", "×").replace("/", "÷")
        yield f"({text})"
        yield f"{text} = {task.answer['target']}"

    def near_misses(self, task: Task) -> Iterator[str]:
        """One operator changed, one number left out, used twice or off by one, a wrong total."""
        text, target = self.oracle(task), task.answer["target"]
        for tree in one_operator_changed(parse(text)):
            if exact_or_none(tree) != target:
                yield write(tree)
        number = task.answer["numbers"][0]
        yield from (f"{text}+{number}-{number}", f"{text}*1", f"{text}+1", f"{text}={target + 1}")
        yield str(target)

    def guess(self, task: Task, rng: Random) -> str:
        numbers = list(task.answer["numbers"])
        rng.shuffle(numbers)
        return write(grow(rng, numbers, "+-*/"))

    def trivial(self, task: Task) -> Iterator[str]:
        numbers = [str(number) for number in task.answer["numbers"]]
        yield "+".join(numbers)
        yield "*".join(numbers)
        yield "".join(f"{n}{o}" for n, o in zip(numbers, "+-" * len(numbers), strict=False))[:-1]

    def recheck(self, task: Task) -> None:
        """The expression, read by Python's own parser, keeps the rules and has the value."""
        numbers, value = python_value(self.oracle(task))
        if sorted(numbers) != sorted(task.answer["numbers"]):
            raise CertificateError(f"the expression uses {numbers}")
        if value != task.answer["target"]:
            raise CertificateError(f"the expression is worth {value}")


def _prompt(numbers: list[int], target: int) -> str:
    listed = ", ".join(map(str, numbers[:-1])) + f" and {numbers[-1]}"
    return (
        f"Use each of the numbers {listed} exactly once with + - * / and parentheses to make "
        f"{target}. Think step by step inside <think></think>, then write only the expression."
    )


# Generator


def _draw(rng: Random, level: _Level) -> tuple[list[int], Tree, int]:
    """Numbers as shown, a tree over them, and its value (0 where a step is no positive integer)."""
    numbers = [rng.randint(1, level.largest) for _ in range(level.count)]
    tree = grow(rng, numbers, level.operators)
    shown = numbers[:]
    rng.shuffle(shown)
    return shown, tree, positive_value(tree)


def _search_space(numbers: list[int], operators: str) -> float:
    """log10 of: orders of the numbers × binary trees over them × operators at their nodes."""
    n = len(numbers)
    alike = math.prod(math.factorial(count) for count in Counter(numbers).values())
    trees = math.comb(2 * n - 2, n - 1) // n
    return math.log10(math.factorial(n) // alike * trees * len(operators) ** (n - 1))
