"""Operator insertion: put operators between the digits of a row so that it makes the target.

Rules: the digits keep their order; between neighbours stands one of the allowed operators or, where
the level allows joining, nothing (``1 2`` is then the number 12). No brackets; ``*`` and ``/`` go
before ``+`` and ``-``; arithmetic is exact. Every expression that keeps the rules is correct.

Generator: random digits and operators give the target; *all* expressions that reach it are counted
and instances with too many are dropped. The count goes from left to right over the sums of
complete terms, in residues modulo the prime 2⁶¹−1 (whole numbers and fractions alike; numerators
and denominators of at most 8 digits are far too small for two different values to meet). Trivial
policies that fail: all plus, all times, plus and minus in turn, no operator at all. Duplicate key:
the digits, the target, the rules.
"""

from __future__ import annotations

import math
import re
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from fractions import Fraction
from functools import lru_cache
from random import Random
from typing import ClassVar

from assay_datasets import Json, Task, derive_random
from assay_envs.environment import CertificateError, SingleTurn
from assay_envs.logic.expression import (
    ExpressionVerifier,
    Tree,
    applied,
    exact_or_none,
    leaves,
    parse,
    python_value,
    steps,
    tiles,
    tiles_svg,
    write,
)
from assay_envs.logic.grid_puzzle import whole_number

_PRIME = (1 << 61) - 1
_FEWEST_OPERATORS = 2


@dataclass(frozen=True)
class _Level:
    """Digits in the row, what may stand between them, the targets, how many may reach it."""

    digits: int
    operators: str
    join: bool
    highest: int
    most_solutions: int


_LEVELS = {
    1: _Level(6, "+-", False, 50, 2),
    2: _Level(5, "+-*", False, 99, 2),
    3: _Level(6, "+-*", False, 199, 2),
    4: _Level(6, "+-*", True, 499, 2),
    5: _Level(7, "+-*/", True, 999, 4),
}


class OperatorInsertionVerifier(ExpressionVerifier):
    """Judges an expression by the rules.

    ``answer`` is ``{"digits": "123456", "target": n, "operators": "+-*", "join": true}``.
    """

    name = "logic/operator_insertion"
    summary = "operators between the digits of a row that make the target, exactly"

    def target(self, answer: Json) -> Fraction:
        return Fraction(answer["target"])

    def broken(self, tree: Tree, answer: Json) -> dict[str, Json] | None:
        numbers, text = leaves(tree), write(tree)
        if "".join(map(str, numbers)) != answer["digits"]:
            return {"digits": "".join(map(str, numbers)), "given": answer["digits"]}
        if "(" in text:
            return {"error": "brackets that change the value"}
        if not answer["join"] and len(numbers) < len(answer["digits"]):
            return {"error": "digits joined into one number"}
        if extra := set(text) - set(answer["operators"]) - set("0123456789"):
            return {"error": f"{min(extra)} is not allowed"}
        return None


class OperatorInsertion(SingleTurn):
    """The environment; one expression per episode. ``generate`` takes ``digits`` (4–8)."""

    id = "logic/operator_insertion"
    summary = "put operators into a row of digits to reach a target"
    levels: ClassVar = {
        1: "6 digits, + and -, at most 2 solutions",
        2: "5 digits, + - *, at most 2 solutions",
        3: "6 digits, + - *, at most 2 solutions",
        4: "6 digits, + - * or joined, at most 2 solutions",
        5: "7 digits, + - * / or joined, at most 4 solutions",
    }
    chance: ClassVar = {1: 0.12, 2: 0.06, 3: 0.04, 4: 0.03, 5: 0.02}
    measure = "log2 of the rows that have to be tried on average"

    def __init__(self) -> None:
        super().__init__(OperatorInsertionVerifier())

    def generate(self, seed: int, difficulty: int, *, digits: int | None = None) -> Task:
        level = _LEVELS[self.check_level(difficulty)]
        count = whole_number("digits", level.digits if digits is None else digits, 4, 8)
        rng = derive_random(self.id, difficulty, seed)
        row, text, target, solutions = _draw(rng, level, count)
        rules = {"operators": level.operators, "join": level.join}
        return Task(
            env=self.id,
            prompt=({"role": "user", "content": _prompt(row, target, level)},),
            answer={"digits": row, "target": target, **rules},
            verifier=self.id,
            metadata={
                "domain": "logic",
                "difficulty": difficulty,
                "seed": seed,
                "duplicate_key": f"{self.id}:{row}={target}:{level.operators}{level.join:d}",
                "certificate": {"expression": text, "solutions": solutions},
                "measured": round(_bits(level, count) - math.log2(solutions + 1), 3),
            },
        )

    def oracle(self, task: Task) -> str:
        return str(task.metadata["certificate"]["expression"])

    def solution(self, task: Task) -> str:
        """A few rows that miss, then the one that hits, worked out."""
        rng, final = derive_random("solution", task.id), self.oracle(task)
        lines = []
        for _ in range(rng.randint(0, 3)):
            text = self.guess(task, rng)
            value = exact_or_none(parse(text))
            if value is not None and value != task.answer["target"]:
                lines.append(f"{text}={value} no")
        lines.append(f"{', '.join(steps(parse(final)))} yes")
        return "<think>" + "\n".join(lines) + f"</think>{final}"

    def render(self, task: Task) -> str:
        return tiles(list(map(int, task.answer["digits"])), task.answer["target"])

    def svg(self, task: Task) -> str:
        digits = list(map(int, task.answer["digits"]))
        return tiles_svg(digits, task.answer["target"], "Operator insertion")

    def equivalents(self, task: Task) -> Iterator[str]:
        """Other spellings, and other solutions."""
        text, target = self.oracle(task), task.answer["target"]
        yield re.sub(r"([-+*/])", r" \1 ", text)
        yield text.replace("*", "×").replace("/", "÷")
        yield f"Answer: {text} = {target}"
        yield from _solutions(task)[:3]

    def near_misses(self, task: Task) -> Iterator[str]:
        """One operator changed, two digits swapped, one left out, brackets, a wrong total."""
        text, target = self.oracle(task), task.answer["target"]
        places = [place for place, sign in enumerate(text) if sign in "+-*/"]
        for place in places:
            for other in "+-*/":
                changed = text[:place] + other + text[place + 1 :]
                if exact_or_none(parse(changed)) != target:
                    yield changed
        yield from (f"{text}+0", f"{text}*1", text[: places[-1]], f"{text}={target + 1}")
        yield f"{text[: places[0]]}{text[places[0] + 1 :]}-"
        if text[0] != text[-1]:
            yield text[-1] + text[1:-1] + text[0]
        yield str(target)

    def guess(self, task: Task, rng: Random) -> str:
        row = task.answer["digits"]
        return _written(row, rng.choices(_gaps(task.answer), k=len(row) - 1))

    def trivial(self, task: Task) -> Iterator[str]:
        yield from _trivial(task.answer["digits"])

    def recheck(self, task: Task) -> None:
        """The expression holds by Python's own parser; every row is written out and counted."""
        certificate, target = task.metadata["certificate"], task.answer["target"]
        numbers, value = python_value(certificate["expression"])
        if "".join(map(str, numbers)) != task.answer["digits"] or value != target:
            raise CertificateError(f"{certificate['expression']} does not make {target}")
        if (found := len(_solutions(task))) != certificate["solutions"]:
            raise CertificateError(f"{found} rows make {target}")


def _prompt(row: str, target: int, level: _Level) -> str:
    signs = f"{' '.join(level.operators[:-1])} or {level.operators[-1]}"
    choice = f"{signs}, or nothing, which joins them into one number" if level.join else signs
    return (
        f"Here is a row of digits: {' '.join(row)}\nKeep their order and write between every two "
        f"neighbours {choice}, so that the row makes {target}. Use no brackets; * and / come "
        "before + and -, and division is exact. End with one line that holds only the expression."
    )


# Generator


def _draw(rng: Random, level: _Level, count: int) -> tuple[str, str, int, int]:
    """The row, an expression, its value, and how many expressions have that value."""
    while True:
        row = "".join(rng.choices("123456789", k=count))
        gaps = rng.choices(_gaps({"operators": level.operators, "join": level.join}), k=count - 1)
        text = _written(row, gaps)
        value = exact_or_none(parse(text))
        if not isinstance(value, int) or not 1 <= value <= level.highest:
            continue
        if count - 1 - gaps.count("") < _FEWEST_OPERATORS:
            continue
        if any(exact_or_none(parse(other)) == value for other in _trivial(row)):
            continue
        solutions = _count(row, level, value)
        if solutions <= level.most_solutions:
            return row, text, value, solutions


def _gaps(answer: Json) -> list[str]:
    return [*answer["operators"], *([""] if answer["join"] else [])]


def _written(row: str, gaps: list[str]) -> str:
    return "".join(digit + gap for digit, gap in zip(row, [*gaps, ""], strict=True))


def _trivial(row: str) -> list[str]:
    turns = ["+-"[place % 2] for place in range(len(row) - 1)]
    return ["+".join(row), "*".join(row), _written(row, turns), row]


def _bits(level: _Level, count: int) -> float:
    return (count - 1) * math.log2(len(level.operators) + level.join)


def _count(row: str, level: _Level, target: int) -> int:
    """How many expressions over the row have the value ``target``."""
    n = len(row)
    terms = [
        [_terms(row[i:j], level.operators, level.join) for j in range(n + 1)] for i in range(n)
    ]
    sums = [Counter[int]() for _ in range(n)]  # of complete terms over the first i digits
    for j in range(1, n):
        sums[j].update(terms[0][j])
        for i in range(1, j):
            for term, times in terms[i][j].items():
                for total, ways in sums[i].items():
                    sums[j][(total + term) % _PRIME] += ways * times
                    sums[j][(total - term) % _PRIME] += ways * times
    found = terms[0][n].get(target, 0)
    for i in range(1, n):
        for term, times in terms[i][n].items():
            found += times * sums[i][(target - term) % _PRIME]
            found += times * sums[i][(target + term) % _PRIME]
    return found


@lru_cache(maxsize=1 << 16)
def _terms(part: str, operators: str, join: bool) -> dict[int, int]:
    """What products and quotients over the digits of ``part`` are worth, and how often."""
    if not part:
        return {}
    values = Counter[int]([int(part)] if join or len(part) == 1 else [])
    for cut in range(1, len(part) if join else 0):
        number = int(part[cut:])
        _extend(values, _terms(part[:cut], operators, join), number, operators)
    if not join and len(part) > 1:
        _extend(values, _terms(part[:-1], operators, join), int(part[-1]), operators)
    return dict(values)


def _extend(values: Counter[int], before: dict[int, int], number: int, operators: str) -> None:
    """Put ``* number`` and ``/ number`` behind every value of ``before``."""
    factors = [number] if "*" in operators else []
    factors += [pow(number, -1, _PRIME)] if "/" in operators else []
    for value, times in before.items():
        for factor in factors:
            values[value * factor % _PRIME] += times


# The second method


def _solutions(task: Task) -> list[str]:
    """Every row that makes the target, written out."""
    answer = task.answer
    return _all_solutions(answer["digits"], answer["operators"], answer["join"], answer["target"])


@lru_cache(maxsize=256)
def _all_solutions(digits: str, operators: str, join: bool, target: int) -> list[str]:
    return [row for row, value in _rows(digits, operators, join) if value == target]


def _rows(digits: str, operators: str, join: bool) -> Iterator[tuple[str, int | Fraction]]:
    """Every row that the rules allow and its exact value, one by one."""

    def extend(
        text: str, at: int, total: int | Fraction, sign: int, term: int | Fraction
    ) -> Iterator[tuple[str, int | Fraction]]:
        if at == len(digits):
            yield text, total + sign * term
            return
        longest = len(digits) - at if join else 1
        for number in (digits[at : at + size] for size in range(1, longest + 1)):
            end = at + len(number)
            for operator in operators:
                written = text + operator + number
                if operator in "+-":
                    after = total + sign * term
                    yield from extend(written, end, after, 1 - 2 * (operator == "-"), int(number))
                else:
                    product = applied(operator, term, int(number))
                    yield from extend(written, end, total, sign, product)

    for size in range(1, len(digits) + 1 if join else 2):
        yield from extend(digits[:size], size, 0, 1, int(digits[:size]))
