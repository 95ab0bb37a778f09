"""Countdown: reach the target with every given number used exactly once.

Rules: ``+ - * /`` and parentheses over the given numbers; arithmetic is exact, so ``7/2*4`` is 14.
Any expression that keeps the rules and has the target's value is correct; spaces, ``×``, ``÷`` and
a closing ``= target`` do not matter.

Generator: a random expression tree over random numbers whose steps all stay positive integers; its
value is the target. So every instance is solvable, and the tree is its certificate. Duplicate key:
the sorted numbers and the target. The game is about search: it does not promise a unique solution.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from fractions import Fraction
from random import Random
from typing import ClassVar, TypeAlias

from assay_datasets import Json, Task, derive_random
from assay_envs.environment import SingleTurn
from assay_verifiers import Verdict, Verifier, visible_text

Tree: TypeAlias = "int | tuple[str, Tree, Tree]"


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
_MOST_FAILED_TRIES = 3
_LONGEST = 200
_DEEPEST = 40


class CountdownVerifier(Verifier):
    """Judges an expression by the rules; ``answer`` is ``{"numbers": [...], "target": n}``."""

    name = "logic/countdown"
    summary = "an expression over given numbers that has the target's value, exactly"

    def check(self, response: str, answer: Json, **options: Json) -> Verdict:
        lines = visible_text(response).strip().splitlines()
        if not lines:
            return Verdict.incorrect("no_answer")
        text = lines[-1].strip().strip("`$ ")
        if len(text) > _LONGEST:
            return Verdict.incorrect("too_long", length=len(text))
        try:
            numbers, target = sorted(answer["numbers"]), Fraction(answer["target"])
        except (TypeError, KeyError, ValueError):
            return Verdict.undecided("bad_gold")
        return _judge(text, numbers, target)


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
                "certificate": {"expression": _text(tree)},
            },
        )

    def oracle(self, task: Task) -> str:
        return str(task.metadata["certificate"]["expression"])

    def solution(self, task: Task) -> str:
        """Some tries that miss, then the one that hits; every intermediate result is right."""
        level = _LEVELS[task.metadata["difficulty"]]
        rng = derive_random("solution", task.id)
        numbers, target = list(task.answer["numbers"]), task.answer["target"]
        final = self.oracle(task)
        tries: list[str] = []
        for _ in range(rng.randint(0, _MOST_FAILED_TRIES)):
            rng.shuffle(numbers)
            tree = _grow(rng, numbers, level.operators)
            if (value := _value(tree)) and value != target and (steps := _steps(tree)) not in tries:
                tries.append(steps)
        lines = [f"{steps} no" for steps in tries] + [f"{_steps(_Parser(final).tree())} yes"]
        return "<think>" + "\n".join(lines) + f"</think>{final}"


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
    tree = _grow(rng, numbers, level.operators)
    shown = numbers[:]
    rng.shuffle(shown)
    return shown, tree, _value(tree)


def _grow(rng: Random, numbers: list[int], operators: str) -> Tree:
    """A random tree whose leaves are ``numbers`` from left to right."""
    if len(numbers) == 1:
        return numbers[0]
    cut = rng.randint(1, len(numbers) - 1)
    left, right = _grow(rng, numbers[:cut], operators), _grow(rng, numbers[cut:], operators)
    return (rng.choice(operators), left, right)


def _value(tree: Tree) -> int:
    """The tree's value, or 0 where some step is not a positive integer."""
    if isinstance(tree, int):
        return tree
    operator, left, right = tree[0], _value(tree[1]), _value(tree[2])
    if not left or not right:
        return 0
    if operator == "/":
        return 0 if left % right else left // right
    value = left + right if operator == "+" else left * right if operator == "*" else left - right
    return max(value, 0)


def _steps(tree: Tree) -> str:
    """``3*5=15, 15+7=22``."""
    return ", ".join(_walk(tree))


def _walk(tree: Tree) -> Iterator[str]:
    if not isinstance(tree, int):
        operator, left, right = tree
        yield from _walk(left)
        yield from _walk(right)
        yield f"{_value(left)}{operator}{_value(right)}={_value(tree)}"


def _text(tree: Tree) -> str:
    """The expression with no more parentheses than it needs."""
    if isinstance(tree, int):
        return str(tree)
    operator, left, right = tree
    return _wrapped(left, operator, False) + operator + _wrapped(right, operator, True)


def _wrapped(tree: Tree, above: str, on_the_right: bool) -> str:
    text = _text(tree)
    if isinstance(tree, int):
        return text
    weaker = tree[0] in "+-" and above in "*/"
    regrouped = on_the_right and (above == "/" or (above == "-" and tree[0] in "+-"))
    regrouped = regrouped or (on_the_right and above == "*" and tree[0] == "/")
    return f"({text})" if weaker or regrouped else text


# Verifier


def _judge(text: str, numbers: list[int], target: Fraction) -> Verdict:
    text, equals, claimed = text.partition("=")
    if equals and claimed.strip() != str(target):
        return Verdict.incorrect("malformed", error="only the expression, or '= target' after it")
    try:
        tree = _Parser(text).tree()
        used, value = sorted(_leaves(tree)), _exact(tree)
    except ValueError as error:
        return Verdict.incorrect("malformed", error=str(error))
    except ZeroDivisionError:
        return Verdict.incorrect("rule_broken", error="division by zero")
    if used != numbers:
        return Verdict.incorrect("rule_broken", used=used, given=numbers)
    if value != target:
        return Verdict.incorrect("mismatch", value=str(value), target=str(target))
    return Verdict.correct()


def _leaves(tree: Tree) -> list[int]:
    return [tree] if isinstance(tree, int) else _leaves(tree[1]) + _leaves(tree[2])


def _exact(tree: Tree) -> Fraction:
    if isinstance(tree, int):
        return Fraction(tree)
    operator, left, right = tree[0], _exact(tree[1]), _exact(tree[2])
    if operator == "+":
        return left + right
    if operator == "-":
        return left - right
    return left * right if operator == "*" else left / right


_TOKEN = re.compile(r"\s*([0-9]{1,6}|[-+*/()])")
_SPELLINGS = str.maketrans({"×": "*", "·": "*", "÷": "/", "−": "-", "–": "-", "[": "(", "]": ")"})


class _Parser:
    """Recursive descent over ``sum := product (± product)*``; no sign, no power, no name."""

    def __init__(self, text: str) -> None:
        self._tokens = list(_tokens(text.translate(_SPELLINGS).strip()))
        self._at = 0

    def tree(self) -> Tree:
        """The whole text as one tree; ``ValueError`` where it is not an expression."""
        tree = self._chain("+-", 0)
        if self._at < len(self._tokens):
            raise ValueError(f"{self._tokens[self._at]!r} is not expected here")
        return tree

    def _chain(self, operators: str, depth: int) -> Tree:
        tree = self._operand(operators, depth)
        while self._at < len(self._tokens) and self._tokens[self._at] in operators:
            operator = self._next()
            tree = (operator, tree, self._operand(operators, depth))
        return tree

    def _operand(self, operators: str, depth: int) -> Tree:
        return self._chain("*/", depth) if operators == "+-" else self._atom(depth)

    def _atom(self, depth: int) -> Tree:
        token = self._next()
        if token.isdigit():
            return int(token)
        if token != "(" or depth >= _DEEPEST:  # noqa: S105 - a bracket, not a password
            raise ValueError(f"a number is expected, not {token!r}")
        tree = self._chain("+-", depth + 1)
        if self._next() != ")":
            raise ValueError("a parenthesis is not closed")
        return tree

    def _next(self) -> str:
        if self._at == len(self._tokens):
            raise ValueError("the expression ends too early")
        self._at += 1
        return self._tokens[self._at - 1]


def _tokens(text: str) -> Iterator[str]:
    at = 0
    while at < len(text):
        match = _TOKEN.match(text, at)
        if match is None:
            raise ValueError(f"{text[at]!r} is not part of an expression")
        yield match[1]
        at = match.end()
