"""The problems of benchmarks/icepop.py: three kinds, short enough that a small model learns them.

    C3,5,7=22:            an expression of the three numbers with that value       3*5+7
    L9x-17=37:            the two steps of solving the equation                    54;6
    F3>18,5>34,7>58:      a function of x that passes through the three points     x*x+9

Prompts and answers are written in single characters. A quarter of all prompts, chosen by a hash of
the prompt, is kept for evaluation and never trained on. Answers are judged by value: any expression
that does what was asked is right.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import lru_cache
from itertools import pairwise
from random import Random

from assay_datasets import derive_random, derive_seed
from assay_trainer.sft import Example

PAD, END = 0, 1
_CHARACTERS = "0123456789+-*/%()=,;:>xCLFmaxin"
_IDS = {text: number for number, text in enumerate(dict.fromkeys(_CHARACTERS), start=2)}
_TEXTS = {number: text for text, number in _IDS.items()}
VOCABULARY = len(_IDS) + 2
LONGEST_ANSWER = 12
LONGEST = 32
_HELD_OUT = 4  # one prompt in so many is kept for evaluation


@dataclass(frozen=True)
class Problem:
    """A prompt and one right answer to it."""

    prompt: str
    solution: str

    @property
    def held_out(self) -> bool:
        return derive_seed("icepop", self.prompt) % _HELD_OUT == 0

    def tokens(self) -> tuple[int, ...]:
        return tuple(_IDS[text] for text in self.prompt)

    def example(self) -> Example:
        """The prompt with its solution."""
        answer = (*(_IDS[text] for text in self.solution), END)
        prompt = self.tokens()
        return Example((*prompt, *answer), (False,) * len(prompt) + (True,) * len(answer))

    def reward(self, tokens: Sequence[int]) -> float:
        """1 for an answer, given as its tokens, that does what was asked, else 0."""
        text = "".join(_TEXTS.get(token, "") for token in tokens)
        return float(_JUDGES[self.prompt[0]](self.prompt[1:-1], text))


def train_problem(rng: Random) -> Problem:
    """A problem of any kind that is not held out."""
    return _problem(rng, rng.choice(_KINDS), held_out=False)


@lru_cache(maxsize=1)
def test_problems(each: int) -> tuple[Problem, ...]:
    """``each`` held-out problems of every kind, no two alike; the same for all runs."""
    rng = derive_random("icepop", "test")
    found: list[Problem] = []
    for kind in _KINDS:
        distinct: dict[str, Problem] = {}
        while len(distinct) < each:
            problem = _problem(rng, kind, held_out=True)
            distinct.setdefault(problem.prompt, problem)
        found += distinct.values()
    return tuple(found)


def _problem(rng: Random, kind: Callable[[Random], Problem], *, held_out: bool) -> Problem:
    while True:
        problem = kind(rng)
        if problem.held_out == held_out:
            return problem


def _countdown(rng: Random) -> Problem:
    while True:
        a, b, c = (rng.randint(1, 9) for _ in range(3))
        first, second = rng.choice("+-*"), rng.choice("+-*")
        grouped = first in "+-" and second == "*"
        text = f"({a}{first}{b})*{c}" if grouped else f"{a}{first}{b}{second}{c}"
        value = evaluate(text, 0)
        if value is not None and 1 <= value <= 99:
            numbers = ",".join(map(str, sorted((a, b, c))))
            return Problem(f"C{numbers}={value}:", text)


def _linear(rng: Random) -> Problem:
    a, x, b = rng.randint(2, 9), rng.randint(1, 9), rng.randint(1, 30)
    sign = rng.choice("+-")
    right = a * x + (b if sign == "+" else -b)
    return Problem(f"L{a}x{sign}{b}={right}:", f"{a * x};{x}")


_FORMS = (
    "{a}*x+{b}",
    "{a}*x-{b}",
    "x*x+{b}",
    "(x+{a})*{c}",
    "max(x,{b})",
    "min(x,{b})",
    "x//{c}+{b}",
    "x%{c}+{b}",
)


def _function(rng: Random) -> Problem:
    text = rng.choice(_FORMS).format(a=rng.randint(2, 7), b=rng.randint(1, 9), c=rng.randint(2, 5))
    points = sorted(rng.sample(range(10), 3))
    shown = ",".join(f"{x}>{evaluate(text, x)}" for x in points)
    return Problem(f"F{shown}:", text)


_KINDS = (_countdown, _linear, _function)


def _judge_countdown(asked: str, answer: str) -> bool:
    numbers, target = asked.split("=")
    used = sorted(text for text in answer if text.isdigit())
    lone = not any(a.isdigit() and b.isdigit() for a, b in pairwise(answer))
    fits = lone and "x" not in answer and ",".join(used) == numbers
    return fits and evaluate(answer, 0) == int(target)


def _judge_linear(asked: str, answer: str) -> bool:
    left, right = asked.split("=")
    a, rest = int(left[0]), int(left[2:])
    product = int(right) - rest
    return answer == f"{product};{product // a}"


def _judge_function(asked: str, answer: str) -> bool:
    """On the points shown: a function that passes through them is what was asked for."""
    points = (point.split(">") for point in asked.split(","))
    return "x" in answer and all(evaluate(answer, int(x)) == int(y) for x, y in points)


_JUDGES = {"C": _judge_countdown, "L": _judge_linear, "F": _judge_function}


def evaluate(text: str, x: int) -> int | None:
    """The value of an expression of ``LONGEST_ANSWER`` characters at most; None if it is none."""
    if len(text) > LONGEST_ANSWER:
        return None
    try:
        value, rest = _sum(text, x)
    except (ValueError, ZeroDivisionError):
        return None
    return None if rest else value


def _sum(text: str, x: int) -> tuple[int, str]:
    value, text = _product(text, x)
    while text[:1] in ("+", "-"):
        term, rest = _product(text[1:], x)
        value, text = (value + term if text[0] == "+" else value - term), rest
    return value, text


def _product(text: str, x: int) -> tuple[int, str]:
    value, text = _atom(text, x)
    while text[:1] in ("*", "%") or text.startswith("//"):
        sign = text[: 2 if text[0] == "/" else 1]
        factor, text = _atom(text[len(sign) :], x)
        value = {"*": int.__mul__, "%": int.__mod__, "//": int.__floordiv__}[sign](value, factor)
    return value, text


def _atom(text: str, x: int) -> tuple[int, str]:
    if text.startswith("x"):
        return x, text[1:]
    if text.startswith("("):
        value, rest = _sum(text[1:], x)
        return value, _past(")", rest)
    for name, choose in (("max(", max), ("min(", min)):
        if text.startswith(name):
            first, rest = _sum(text[4:], x)
            second, rest = _sum(_past(",", rest), x)
            return choose(first, second), _past(")", rest)
    digits = len(text) - len(text.lstrip("0123456789"))
    return int(text[:digits]), text[digits:]


def _past(mark: str, text: str) -> str:
    if not text.startswith(mark):
        raise ValueError(f"expected {mark!r}")
    return text[1:]
