"""Cryptarithm: a sum in which every letter stands for a digit; which digit is which letter?

Rules: the same letter is always the same digit, different letters are different digits, no number
begins with 0, and the sum holds. Whatever keeps the rules is correct; only one naming does.

Generator: random numbers and their total, written in letters, kept only where a complete search
finds no second naming. The search takes the letters by their weight in the sum, heaviest first, and
tries the digits that the lighter letters can still make good. Trivial policies that fail: digits in
the order of the alphabet, or of first appearance. Duplicate key: the numbers behind the letters, so
that neither the letters nor the order of the summands matter.
"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from itertools import pairwise
from random import Random
from typing import ClassVar, NamedTuple

from assay_datasets import Json, Task, derive_random
from assay_envs.drawing import text_svg
from assay_envs.environment import CertificateError, SingleTurn
from assay_envs.logic.assignment import Contradiction, read_assignment
from assay_verifiers import Verdict, Verifier


@dataclass(frozen=True)
class _Level:
    """How many summands of which lengths, and how many different letters."""

    summands: int
    lengths: tuple[int, ...]
    letters: tuple[int, int]


_LEVELS = {
    1: _Level(2, (3,), (4, 5)),
    2: _Level(2, (4, 5), (6, 7)),
    3: _Level(2, (5, 6), (8, 9)),
    4: _Level(3, (5, 6), (9, 10)),
    5: _Level(4, (5, 6), (10, 10)),
}
_ALPHABET = "ABCDEFGHIKLMNOPRSTUVWY"
_DIGITS = {str(digit): digit for digit in range(10)}
_ZEROED = {code: "0" if chr(code).isdigit() else chr(code) for code in range(128)}
_SMALL_WORDS = ("letter", "digit", "equals")


class CryptarithmVerifier(Verifier):
    """Judges a naming of digits; ``answer`` is ``{"words": ["SEND", "MORE"], "total": "MONEY"}``.

    ``S=9, E=5``, a line each, a table and JSON are read alike; see ``assignment`` for which lines
    count. Every letter must be given one digit; then the rules decide.
    """

    name = "logic/cryptarithm"
    summary = "digits for letters that make a sum hold"

    def check(self, response: str, answer: Json, **options: Json) -> Verdict:
        try:
            puzzle = _puzzle((*answer["words"], answer["total"]))
        except (TypeError, KeyError, ValueError):
            return Verdict.undecided("bad_gold")
        if _is_plain(response, puzzle):  # as the prompt asks for it: no need to read
            said = map(int, response[2::5])
            return _judge(puzzle, dict(zip(puzzle.weights, said, strict=True)))
        try:
            digits = read_assignment(response, puzzle.spellings, _DIGITS, small=_SMALL_WORDS)
        except Contradiction as error:
            return Verdict.incorrect("rule_broken", error=str(error))
        if not digits:
            return Verdict.incorrect("no_answer")
        if len(digits) < len(puzzle.weights):
            missing = [letter for letter in puzzle.weights if letter not in digits]
            return Verdict.incorrect("malformed", missing=missing)
        return _judge(puzzle, digits)


class _Puzzle(NamedTuple):
    """What judging wants to know of a puzzle.

    Attributes:
        spellings: each letter's in lower case, and the letter.
        weights: what a letter adds to the sum less what it adds to the total.
        first: the letters that begin a number of several digits.
        plain: the plainest response, with every digit 0; none where letters differ by case only.
    """

    spellings: dict[str, str]
    weights: dict[str, int]
    first: frozenset[str]
    plain: str | None


@lru_cache(maxsize=1024)
def _puzzle(words: tuple[str, ...]) -> _Puzzle:
    """``words``, the total last, as judging wants them; ``ValueError`` where one is no word."""
    if not all(isinstance(word, str) and word.isalpha() for word in words):
        raise ValueError("a word is no word")
    weights = dict(sorted(_weights(words[:-1], words[-1]).items()))
    spellings = {letter.casefold(): letter for letter in weights}
    first = frozenset(word[0] for word in words if len(word) > 1)
    plain = _naming(dict.fromkeys(weights, 0)) if len(spellings) == len(weights) else None
    return _Puzzle(spellings, weights, first, plain)


def _is_plain(response: str, puzzle: _Puzzle) -> bool:
    """Whether a response is ``A=1, B=2, …``, to the letter."""
    plain = puzzle.plain
    return (
        plain is not None and len(response) == len(plain) and response.translate(_ZEROED) == plain
    )


def _judge(puzzle: _Puzzle, digits: Mapping[str, int]) -> Verdict:
    if len(set(digits.values())) < len(digits):
        return Verdict.incorrect("rule_broken", error="two letters are the same digit")
    if zeros := [letter for letter in puzzle.first if digits[letter] == 0]:
        return Verdict.incorrect("rule_broken", error=f"a number begins with {zeros[0]}, a 0")
    excess = sum([weight * digits[letter] for letter, weight in puzzle.weights.items()])
    return Verdict.incorrect("mismatch", excess=excess) if excess else Verdict.correct()


class Cryptarithm(SingleTurn):
    """The environment; one naming of all letters per episode."""

    id = "logic/cryptarithm"
    summary = "which digit is which letter in a sum of words"
    levels: ClassVar = {
        1: "2 words of 3 letters, 4 or 5 letters in all",
        2: "2 words of 4 or 5 letters, 6 or 7 in all",
        3: "2 words of 5 or 6 letters, 8 or 9 in all",
        4: "3 words of 5 or 6 letters, 9 or 10 in all",
        5: "4 words of 5 or 6 letters, 10 in all",
    }
    chance: ClassVar = {1: 0.01, 2: 0.005, 3: 0.005, 4: 0.005, 5: 0.005}
    measure = "log10 of the steps of a complete search, heaviest letter first"

    def __init__(self) -> None:
        super().__init__(CryptarithmVerifier())

    def generate(self, seed: int, difficulty: int) -> Task:
        level = _LEVELS[self.check_level(difficulty)]
        rng = derive_random(self.id, difficulty, seed)
        words, total, digits, steps = _draw(rng, level)
        numbers = sorted(_number(word, digits) for word in words)
        key = f"{'+'.join(map(str, numbers))}={_number(total, digits)}"
        return Task(
            env=self.id,
            prompt=({"role": "user", "content": _prompt(words, total)},),
            answer={"words": words, "total": total},
            verifier=self.id,
            metadata={
                "domain": "logic",
                "difficulty": difficulty,
                "seed": seed,
                "duplicate_key": f"{self.id}:{key}",
                "certificate": {"digits": digits},
                "measured": round(math.log10(steps), 3),
            },
        )

    def oracle(self, task: Task) -> str:
        return _naming(task.metadata["certificate"]["digits"])

    def solution(self, task: Task) -> str:
        """The sum worked out column by column, with its carries, and checked."""
        digits = task.metadata["certificate"]["digits"]
        lines = _columns(task.answer["words"], task.answer["total"], digits)
        return "<think>" + "\n".join(lines) + f"</think>{self.oracle(task)}"

    def render(self, task: Task) -> str:
        return _layout(task.answer["words"], task.answer["total"])

    def svg(self, task: Task) -> str:
        return text_svg(self.render(task), "Cryptarithm")

    def equivalents(self, task: Task) -> Iterator[str]:
        digits = task.metadata["certificate"]["digits"]
        pairs = [f'"{letter}": {digit}' for letter, digit in digits.items()]
        yield "{" + ", ".join(pairs) + "}"
        yield "```json\n{\n  " + ",\n  ".join(pairs) + "\n}\n```"
        yield "\n".join(f"{letter} -> {digit}" for letter, digit in reversed(digits.items()))
        yield "Answer: " + " and ".join(f"{letter} is {digit}" for letter, digit in digits.items())
        yield _naming(digits).lower()

    def near_misses(self, task: Task) -> Iterator[str]:
        """Two digits swapped, one changed, one left out, one letter with two digits."""
        digits: dict[str, int] = task.metadata["certificate"]["digits"]
        letters = list(digits)
        for one, other in pairwise(letters):
            yield _naming(digits | {one: digits[other], other: digits[one]})
        for letter in letters:
            yield _naming(digits | {letter: (digits[letter] + 1) % 10})
            yield _naming({key: digit for key, digit in digits.items() if key != letter})
        yield f"{_naming(digits)}, {letters[0]}={(digits[letters[0]] + 1) % 10}"

    def guess(self, task: Task, rng: Random) -> str:
        letters = sorted({*"".join(task.answer["words"]), *task.answer["total"]})
        return _naming(dict(zip(letters, rng.sample(range(10), len(letters)), strict=True)))

    def trivial(self, task: Task) -> Iterator[str]:
        seen = dict.fromkeys("".join(task.answer["words"]) + task.answer["total"])
        for letters in (sorted(seen), list(seen)):
            for first in (0, 1):
                yield _naming({letter: (at + first) % 10 for at, letter in enumerate(letters)})

    def recheck(self, task: Task) -> None:
        """Column by column from the right, with carries, every naming is tried."""
        words, total = task.answer["words"], task.answer["total"]
        found = _namings(words, total)
        if (first := next(found, None)) is None or next(found, None) is not None:
            raise CertificateError("no naming or several make the sum hold")
        if first != task.metadata["certificate"]["digits"]:
            raise CertificateError("another naming makes the sum hold")


def _naming(digits: Mapping[str, int]) -> str:
    return ", ".join(f"{letter}={digit}" for letter, digit in digits.items())


def _number(word: str, digits: Mapping[str, int]) -> int:
    return int("".join(str(digits[letter]) for letter in word))


def _prompt(words: Sequence[str], total: str) -> str:
    letters = sorted({*"".join(words), *total})
    return (
        "In this sum every letter stands for a digit: the same letter always for the same digit, "
        "different letters for different digits. No number begins with 0.\n\n"
        f"{_layout(words, total)}\n\nWhich digit is each letter? End with one line that names all "
        f"{len(letters)} letters, like this: {letters[0]}=…, {letters[1]}=…, …"
    )


def _layout(words: Sequence[str], total: str) -> str:
    width = max(len(total), *map(len, words)) + 2
    *above, last = words
    rows = [word.rjust(width) for word in above] + [f"+ {last.rjust(width - 2)}"]
    return "\n".join([*rows, "-" * width, total.rjust(width)])


# Generator


def _draw(rng: Random, level: _Level) -> tuple[list[str], str, dict[str, int], int]:
    """The words, their total, the only naming that fits, and the steps of finding it."""
    while True:
        lengths = rng.choices(level.lengths, k=level.summands)
        numbers = [rng.randrange(10 ** (length - 1), 10**length) for length in lengths]
        shown = [str(number) for number in (*numbers, sum(numbers))]
        used = sorted(set("".join(shown)))
        if not level.letters[0] <= len(used) <= level.letters[1]:
            continue
        letters = rng.sample(_ALPHABET, len(used))
        letter_of = str.maketrans(dict(zip(used, letters, strict=True)))
        *words, total = (number.translate(letter_of) for number in shown)
        search = _Search(words, total)
        if search.unique():
            digits = {letter: int(digit) for letter, digit in zip(letters, used, strict=True)}
            return words, total, dict(sorted(digits.items())), search.steps


class _Search:
    """All namings that make a sum hold, counted up to two: heaviest letter first, within bounds.

    A letter weighs what it adds to the sum less what it adds to the total, so the weights times the
    digits must come to 0. What the lighter letters can still make good bounds each digit.
    """

    def __init__(self, words: Sequence[str], total: str) -> None:
        self.steps = 0
        self._found = 0
        weights = _weights(words, total)
        letters = sorted(weights, key=lambda letter: (-abs(weights[letter]), letter))
        first = {word[0] for word in (*words, total)}
        self._weights = [weights[letter] for letter in letters]
        self._least = [int(letter in first) for letter in letters]
        self._low = [9 * sum(min(w, 0) for w in self._weights[at:]) for at in range(1, 11)]
        self._high = [9 * sum(max(w, 0) for w in self._weights[at:]) for at in range(1, 11)]

    def unique(self) -> bool:
        if 0 in self._weights:  # a letter that cancels out may be any digit
            return False
        self._extend(0, 0, 0)
        return self._found == 1

    def _extend(self, at: int, used: int, value: int) -> None:
        self.steps += 1
        if at == len(self._weights):
            self._found += 1
            return
        weight = self._weights[at]
        ends = (-value - self._high[at]) / weight, (-value - self._low[at]) / weight
        for digit in range(
            max(self._least[at], math.ceil(min(ends))), min(9, math.floor(max(ends))) + 1
        ):
            if not used >> digit & 1 and self._found < 2:
                self._extend(at + 1, used | 1 << digit, value + weight * digit)


def _weights(words: Sequence[str], total: str) -> Counter[str]:
    weights = Counter[str]()
    for word, sign in [*((word, 1) for word in words), (total, -1)]:
        for power, letter in enumerate(reversed(word)):
            weights[letter] += sign * 10**power
    return weights


# The second method


class _Column(NamedTuple):
    """Weights of a column's letters: those known from the right, those to try, the one that
    follows (with its weight, 1 or -1, or None)."""

    known: list[tuple[str, int]]
    tried: list[tuple[str, int]]
    follows: tuple[str, int] | None


def _columns_of(words: Sequence[str], total: str) -> list[_Column]:
    """The columns from the right; a letter weighs as often as it is added less as it is total."""
    columns, seen = [], set[str]()
    for place in range(1, len(total) + 1):
        weights = Counter(word[-place] for word in words if place <= len(word))
        weights[total[-place]] -= 1
        present = sorted((letter, weight) for letter, weight in weights.items() if weight)
        new = [(letter, weight) for letter, weight in present if letter not in seen]
        follows = next((item for item in new if abs(item[1]) == 1), None)
        known = [item for item in present if item[0] in seen]
        columns.append(_Column(known, [item for item in new if item != follows], follows))
        seen |= {letter for letter, _ in new}
    return columns


def _namings(words: Sequence[str], total: str) -> Iterator[dict[str, int]]:
    """Every naming of the letters that columns decide, column after column from the right."""
    columns, first = _columns_of(words, total), {word[0] for word in (*words, total)}

    digits: dict[str, int] = {}

    def column(place: int, carry: int) -> Iterator[dict[str, int]]:
        if place < len(columns):
            known = sum(weight * digits[letter] for letter, weight in columns[place].known)
            yield from tried(place, carry + known, 0)
        elif carry == 0:
            yield dict(sorted(digits.items()))

    def tried(place: int, total: int, at: int) -> Iterator[dict[str, int]]:
        if at < len(columns[place].tried):
            letter, weight = columns[place].tried[at]
            for digit in free(letter, range(10)):
                digits[letter] = digit
                yield from tried(place, total + weight * digit, at + 1)
                del digits[letter]
        elif last := columns[place].follows:
            letter, weight = last
            for digit in free(letter, [-total * weight % 10]):
                digits[letter] = digit
                yield from column(place + 1, (total + weight * digit) // 10)
                del digits[letter]
        elif total % 10 == 0:
            yield from column(place + 1, total // 10)

    def free(letter: str, wanted: Iterable[int]) -> list[int]:
        taken = digits.values()
        return [d for d in wanted if d not in taken and (d or letter not in first)]

    return column(0, 0)


# The worked solution


def _columns(words: Sequence[str], total: str, digits: Mapping[str, int]) -> Iterator[str]:
    """Each column in letters and in digits, from the right, and the whole sum."""
    carry = 0
    for place in range(1, len(total) + 1):
        letters = [word[-place] for word in words if place <= len(word)]
        values = [digits[letter] for letter in letters] + ([carry] if carry else [])
        added = "+".join(letters + ([str(carry)] if carry else []))
        shown = "+".join(map(str, values))
        carry, digit = divmod(sum(values), 10)
        result = f"{sum(values)}" if len(values) > 1 else ""
        line = f"Column {place}: {added} ends in {total[-place]}: {shown}" + (
            result and f"={result}"
        )
        yield f"{line}, so {total[-place]}={digit}" + (
            f" and {carry} is carried." if carry else "."
        )
    numbers = "+".join(str(_number(word, digits)) for word in words)
    yield f"Check: {numbers}={_number(total, digits)}."
