"""Game of 24: make 24 (or another target) from four numbers, each used exactly once.

Rules: those of countdown, with exact arithmetic; every expression that keeps them is correct.

Generator: a table of *all* four-number draws, each with the number of expressions that hit the
target, how many of them stay among whole numbers, and the nicest one. A task is a draw from the
part of the table that the level names, so every instance is solvable and the level is a fact about
all of its solutions. The table counts in residues: a fraction p/q is p·q⁻¹ modulo the prime 2⁶¹−1,
where |p| and q stay below 2³⁰, so two fractions are equal exactly when their residues are, and a
fraction is whole exactly when its residue is that of a small integer.

Trivial policies that fail: add everything, multiply everything (no draw that either solves is
used), operators in a fixed pattern. Duplicate key: the sorted numbers and the target.
"""

from __future__ import annotations

import math
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from fractions import Fraction
from functools import lru_cache
from itertools import combinations_with_replacement, permutations, product
from operator import mul
from random import Random
from typing import ClassVar, NamedTuple, TypeAlias

from assay_datasets import InputError, Task, derive_random
from assay_envs.environment import CertificateError, SingleTurn
from assay_envs.logic.countdown import CountdownVerifier
from assay_envs.logic.expression import (
    Tree,
    applied,
    exact_or_none,
    grow,
    one_operator_changed,
    parse,
    python_value,
    tiles,
    tiles_svg,
    worked,
    write,
)
from assay_envs.logic.grid_puzzle import whole_number

_PRIME = (1 << 61) - 1
_SMALL = 1 << 30
_SWAPPED = {"from": "-", "into": "/"}
_EXPRESSIONS = 3240  # over four numbers: 4·(3·36)·6 as 1|3 and 3·36·6 as 2|2
_LARGEST_EVER = 25
_HIGHEST_TARGET = 1000


@dataclass(frozen=True)
class _Level:
    """How many expressions may solve a draw, up to which number; through fractions only or not."""

    ways: tuple[int, int]
    largest: int = 13
    fractions: bool = False
    multiplies: bool = True


_LEVELS = {
    1: _Level((24, _EXPRESSIONS), multiplies=False),
    2: _Level((10, 23)),
    3: _Level((4, 9)),
    4: _Level((1, 3)),
    5: _Level((1, _EXPRESSIONS), largest=24, fractions=True),
}


class Game24Verifier(CountdownVerifier):
    """Judges as countdown does; ``answer`` is ``{"numbers": [a, b, c, d], "target": n}``."""

    name = "logic/game24"
    summary = "an expression over four given numbers that makes 24, exactly"


class Game24(SingleTurn):
    """The environment; one expression per episode.

    Finer parameters of ``generate``: ``target`` (1–1000, default 24) and ``largest`` (the largest
    number of a draw, 4–25; default 13, at level 5 24).
    """

    id = "logic/game24"
    summary = "make 24 from four numbers, each used once"
    levels: ClassVar = {
        1: "numbers 1–13, 24 or more expressions do it",
        2: "10–23 expressions do it, all of them multiply or divide",
        3: "4–9 expressions do it, all of them multiply or divide",
        4: "1–3 expressions do it, all of them multiply or divide",
        5: "numbers 1–24, it can be done through fractions only",
    }
    chance: ClassVar = {1: 0.05, 2: 0.03, 3: 0.03, 4: 0.03, 5: 0.04}
    measure = "log2 of the expressions a search tries on average, whole-number ones first"

    def __init__(self) -> None:
        super().__init__(Game24Verifier())

    def generate(
        self, seed: int, difficulty: int, *, target: int = 24, largest: int | None = None
    ) -> Task:
        level = _LEVELS[self.check_level(difficulty)]
        whole_number("target", target, 1, _HIGHEST_TARGET)
        most = level.largest if largest is None else largest
        draws = _draws(difficulty, target, whole_number("largest", most, 4, _LARGEST_EVER))
        if not draws:
            raise InputError(
                f"{self.id}: no four numbers up to {most} make {target} as level {difficulty} "
                "asks; choose another target, or a larger 'largest'"
            )
        rng = derive_random(self.id, difficulty, seed)
        draw = rng.choice(draws)
        numbers = list(draw.numbers)
        rng.shuffle(numbers)
        return Task(
            env=self.id,
            prompt=({"role": "user", "content": _prompt(numbers, target)},),
            answer={"numbers": numbers, "target": target},
            verifier=self.id,
            metadata={
                "domain": "logic",
                "difficulty": difficulty,
                "seed": seed,
                "duplicate_key": draw.key,
                "certificate": {"expression": draw.expression, "whole": draw.whole > 0},
                "measured": draw.measured,
            },
        )

    def population(self, difficulty: int) -> int:
        level = _LEVELS[self.check_level(difficulty)]
        return len(_draws(difficulty, 24, level.largest))

    def oracle(self, task: Task) -> str:
        return str(task.metadata["certificate"]["expression"])

    def solution(self, task: Task) -> str:
        """Some tries that miss, then the one that hits; every intermediate result is right."""
        numbers, target = list(task.answer["numbers"]), task.answer["target"]
        rng = derive_random("solution", task.id)
        return worked(rng, numbers, target, "+-*/", self.oracle(task))

    def render(self, task: Task) -> str:
        return tiles(task.answer["numbers"], task.answer["target"])

    def svg(self, task: Task) -> str:
        return tiles_svg(task.answer["numbers"], task.answer["target"], "Game of 24")

    def equivalents(self, task: Task) -> Iterator[str]:
        text, target = self.oracle(task), task.answer["target"]
        yield re.sub(r"([-+*/])", r" \1 ", text)
        yield text.replace("*", "×").replace("/", "÷")
        yield f"({text}) = {target}"
        yield f"Answer: **{text}**"
        yield f"\\boxed{{{text.replace('*', chr(92) + 'times ')}}}"

    def near_misses(self, task: Task) -> Iterator[str]:
        """One operator changed, a number used twice or made up, a wrong total, the bare target."""
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
        a, b, c, d = task.answer["numbers"]
        yield from (f"{a}+{b}+{c}+{d}", f"{a}*{b}*{c}*{d}", f"{a}*{b}-{c}-{d}")

    def recheck(self, task: Task) -> None:
        """The expression holds by Python's own parser; a plain search in exact fractions agrees
        on whether whole numbers suffice, and on whether the level allows + and - alone."""
        numbers, target = task.answer["numbers"], task.answer["target"]
        certificate = task.metadata["certificate"]
        used, value = python_value(certificate["expression"])
        if sorted(used) != sorted(numbers) or value != target:
            raise CertificateError(f"{certificate['expression']} does not make {target}")
        if _reachable(list(map(Fraction, numbers)), target, whole=True) != certificate["whole"]:
            raise CertificateError("whole numbers suffice, or do not, against the certificate")
        if task.metadata["difficulty"] > 1 and _signs_suffice(numbers, target):
            raise CertificateError("additions and subtractions suffice")


def _prompt(numbers: list[int], target: int) -> str:
    listed = ", ".join(map(str, numbers[:-1])) + f" and {numbers[-1]}"
    return (
        f"Make {target} from the numbers {listed}. Use each of them exactly once, with + - * / and "
        "parentheses and nothing else; division is exact, so a step may give a fraction. "
        "End with one line that holds only the expression."
    )


# The table of all draws


class _Made(NamedTuple):
    """The expressions over the same numbers that have the same value.

    ``rank`` of the nicest, ``tree``: 0 where every step is a whole number ≥ 0, 1 where every step
    is whole, 2 where some step is a fraction.
    """

    ways: int
    whole: int
    rank: int
    tree: Tree


_Values: TypeAlias = "dict[int, _Made]"
"""What numbers make, by residue."""


@dataclass(frozen=True)
class Draw:
    """Four numbers, in order, and what is known of all the expressions that solve them."""

    numbers: tuple[int, ...]
    ways: int
    whole: int
    expression: str
    key: str

    @property
    def measured(self) -> float:
        tries = _EXPRESSIONS / ((self.whole or self.ways) + 1)
        return round(math.log2(tries if self.whole else _EXPRESSIONS + tries), 3)


@lru_cache(maxsize=64)
def _draws(difficulty: int, target: int, largest: int) -> tuple[Draw, ...]:
    """The draws that are of a level."""
    level = _LEVELS[difficulty]
    return tuple(
        draw
        for draw in all_draws(target, largest)
        if level.ways[0] <= draw.ways <= level.ways[1]
        and (draw.whole == 0) == level.fractions
        and not (level.multiplies and _signs_suffice(draw.numbers, target))
        and target not in (sum(draw.numbers), math.prod(draw.numbers))
    )


@lru_cache(maxsize=4)
def all_draws(target: int, largest: int) -> tuple[Draw, ...]:
    """Every draw of numbers up to ``largest`` that can make ``target``."""
    ones = [{n: _Made(1, 1, 0, n)} for n in range(largest + 1)]
    twos = {
        (a, b): _made([(ones[a], ones[b])])
        for a, b in combinations_with_replacement(range(1, largest + 1), 2)
    }
    threes = {
        (a, b, c): _made([(ones[a], twos[b, c]), (ones[b], twos[a, c]), (ones[c], twos[a, b])])
        for a, b, c in combinations_with_replacement(range(1, largest + 1), 3)
    }
    draws = []
    for a, b, c, d in combinations_with_replacement(range(1, largest + 1), 4):
        hits = [
            *_hits(ones[a], threes[b, c, d], target),
            *_hits(ones[b], threes[a, c, d], target),
            *_hits(ones[c], threes[a, b, d], target),
            *_hits(ones[d], threes[a, b, c], target),
            *_hits(twos[a, b], twos[c, d], target),
            *_hits(twos[a, c], twos[b, d], target),
            *_hits(twos[a, d], twos[b, c], target),
        ]
        if hits:
            ways, whole = sum(hit.ways for hit in hits), sum(hit.whole for hit in hits)
            best = min(hits, key=lambda hit: hit.rank)
            key = f"{Game24.id}:{a},{b},{c},{d}={target}"
            draws.append(Draw((a, b, c, d), ways, whole, write(best.tree), key))
    return tuple(draws)


def _made(splits: Sequence[tuple[_Values, _Values]]) -> _Values:
    """What one operation makes of a value of the left and a value of the right side."""
    values: _Values = {}
    for lefts, rights in splits:
        for x, left in lefts.items():
            for y, right in rights.items():
                for operator, residue in _results(x, y):
                    made = _joined(operator, left, right, residue % _PRIME)
                    before = values.get(residue % _PRIME)
                    values[residue % _PRIME] = made if before is None else _both(before, made)
    return values


def _results(x: int, y: int) -> Iterator[tuple[str, int]]:
    """``x - y`` and ``y - x`` (*from*), ``x / y`` and ``y / x`` (*into*), sum and product."""
    yield "+", x + y
    yield "*", x * y
    yield "-", x - y
    yield "from", y - x
    if y:
        yield "/", x * _inverse(y)
    if x:
        yield "into", y * _inverse(x)


def _hits(lefts: _Values, rights: _Values, target: int) -> Iterator[_Made]:
    """What makes ``target`` of a value of the left and one of the right side.

    The right value that is wanted follows from the left one, so it is looked up.
    """
    for x, left in lefts.items():
        wanted = [("+", target - x), ("-", x - target), ("from", target + x)]
        if x:
            by = _inverse(x)
            wanted += [("*", target * by), ("/", x * _inverse(target)), ("into", target * x)]
        for operator, residue in wanted:
            if right := rights.get(residue % _PRIME):
                yield _joined(operator, left, right, target)


def _joined(operator: str, left: _Made, right: _Made, residue: int) -> _Made:
    rank = 0 if residue < _SMALL else 1 if _PRIME - residue < _SMALL else 2
    whole = left.whole * right.whole if rank < 2 else 0
    rank = max(rank, left.rank, right.rank)
    tree: Tree = (operator, left.tree, right.tree)
    if operator in _SWAPPED:
        tree = (_SWAPPED[operator], right.tree, left.tree)
    return _Made(left.ways * right.ways, whole, rank, tree)


def _both(one: _Made, other: _Made) -> _Made:
    nicer = one if one.rank <= other.rank else other
    return _Made(one.ways + other.ways, one.whole + other.whole, nicer.rank, nicer.tree)


@lru_cache(maxsize=1 << 16)
def _inverse(residue: int) -> int:
    return pow(residue, -1, _PRIME)


def _signs_suffice(numbers: Sequence[int], target: int) -> bool:
    """Whether + and - alone make the target."""
    signs = product((1, -1), repeat=len(numbers))
    return any(sum(map(mul, chosen, numbers)) == target for chosen in signs)


# The second method


def _reachable(values: list[Fraction], target: int, *, whole: bool) -> bool:
    """Whether the values make the target, by trying every operation on every pair of them."""
    if len(values) == 1:
        return values[0] == target
    for i, j in permutations(range(len(values)), 2):
        rest = [value for k, value in enumerate(values) if k not in (i, j)]
        for operator in "+-*/" if i < j else "-/":
            if operator == "/" and not values[j]:
                continue
            result = Fraction(applied(operator, values[i], values[j]))
            if whole and result.denominator > 1:
                continue
            if _reachable([*rest, result], target, whole=whole):
                return True
    return False
