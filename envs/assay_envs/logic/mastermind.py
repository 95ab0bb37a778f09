"""Mastermind: find a hidden code; every guess is answered by how close it is.

A code is a row of pegs, each one of the colours 1 … k, repeats allowed. A guess is answered by how
many pegs are right (*exact*) and how many more are of a colour that stands elsewhere (*misplaced*).
Two guesses have been made already; the code must be found within the turns. What is no guess wastes
a turn. Trivial policies that fail: the same code for ever, all of one colour after the other.

The oracle sees no more than the player: it guesses the first code that fits all answers so far.
Generator: a code and an opening that leave several codes possible, and from which the oracle is in
time. Certificate: the turns it needs; ``recheck`` plays it again with answers counted in another
way. Duplicate key: the opening, which is all that the prompt shows, up to the order of pegs and the
names of colours.
"""

from __future__ import annotations

import math
import re
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache
from itertools import permutations, product
from random import Random
from typing import ClassVar, TypeAlias

from assay_datasets import Json, Message, Task, derive_random
from assay_envs.drawing import FAINT, PALETTE, PAPER, Drawing
from assay_envs.environment import CertificateError
from assay_envs.multi_turn import Game, GameVerifier, MultiTurn, Turn
from assay_verifiers import Verdict

Answer: TypeAlias = tuple[int, int]
"""Exact and misplaced pegs."""


@dataclass(frozen=True)
class _Level:
    pegs: int
    colours: int
    turns: int
    left: tuple[int, int]  # codes that the opening leaves possible


_LEVELS = {
    1: _Level(3, 5, 5, (3, 12)),
    2: _Level(4, 5, 6, (8, 40)),
    3: _Level(4, 6, 6, (20, 100)),
    4: _Level(4, 8, 7, (60, 400)),
    5: _Level(5, 7, 8, (200, 2000)),
}
_MOST_PEGS = 6
_LONGEST = 100  # characters of a guess
_GUESS = re.compile(
    r"\W*(?:(?:my|next|guess|code|answer|is)\W*){0,4}((?:[0-9]\W{0,3}){1,12})\W*", re.I
)


class _Play(Game):
    """One game; the code stays here."""

    def __init__(self, code: str, turns: int) -> None:
        self.code = code
        self.max_turns = turns

    def play(self, action: str) -> Turn:
        guess = _read(action, len(self.code))
        if not guess:
            return Turn(f"That is not a guess: write {len(self.code)} digits.")
        if guess == self.code:
            return Turn("That is the code.", verdict=Verdict.correct())
        return Turn(_told(guess, _answer(self.code, guess)))


class MastermindVerifier(GameVerifier):
    """``answer`` is ``{"code": "1434", "colours": k, "turns": n, "opening": [...]}``.

    A response holds one guess a line: ``1434``, ``1 4 3 4`` and ``Guess: [1, 4, 3, 4]`` are alike.
    """

    name = "logic/mastermind"
    summary = "the guesses that find a hidden code"

    def begin(self, answer: Json) -> _Play:
        code, turns = str(answer["code"]), int(answer["turns"])
        if not (code.isascii() and code.isdigit() and len(code) <= _MOST_PEGS and turns > 0):
            raise ValueError("no code, or no turns")
        return _Play(code, turns)


class Mastermind(MultiTurn):
    """The environment; a guess a turn."""

    id = "logic/mastermind"
    summary = "find a hidden code from how close each guess is"
    levels: ClassVar = {
        number: f"{level.pegs} pegs of {level.colours} colours, {level.turns} turns, "
        f"{level.left[0]}–{level.left[1]} codes left by the opening"
        for number, level in _LEVELS.items()
    }
    max_turns = max(level.turns for level in _LEVELS.values())
    chance: ClassVar = {1: 0.06, 2: 0.02, 3: 0.01, 4: 0.005, 5: 0.005}
    measure = "log2 of the codes that the opening leaves possible"
    verifier: MastermindVerifier

    def __init__(self) -> None:
        super().__init__(MastermindVerifier())

    def generate(self, seed: int, difficulty: int) -> Task:
        level = _LEVELS[self.check_level(difficulty)]
        rng = derive_random(self.id, difficulty, seed)
        code, opening, left = _draw(rng, level)
        shown = [[guess, *_answer(code, guess)] for guess in opening]
        return Task(
            env=self.id,
            prompt=({"role": "user", "content": _prompt(shown, level)},),
            answer={
                "code": code,
                "colours": level.colours,
                "turns": level.turns,
                "opening": shown,
            },
            verifier=self.id,
            metadata={
                "domain": "logic",
                "difficulty": difficulty,
                "seed": seed,
                "duplicate_key": f"{self.id}:{level.colours}:{level.turns}:{_structure(shown)}",
                "certificate": {"turns": len(_found(code, level.colours, opening))},
                "measured": round(math.log2(left), 3),
            },
        )

    def act(self, task: Task, messages: Sequence[Message]) -> str:
        taken = sum(message["role"] == "assistant" for message in messages)
        return self._guesses(task)[taken]

    def oracle(self, task: Task) -> str:
        return "\n".join(self._guesses(task))

    def equivalents(self, task: Task) -> Iterator[str]:
        """Other spellings, a wasted turn, the code at once."""
        guesses = self._guesses(task)
        yield "\n".join(" ".join(guess) for guess in guesses)
        yield "\n".join(f"Guess: [{', '.join(guess)}]" for guess in guesses)
        if len(guesses) < task.answer["turns"]:
            yield "\n".join(["Let me think.", *guesses])
        yield str(task.answer["code"])

    def near_misses(self, task: Task) -> Iterator[str]:
        """The code missed by one peg, two pegs swapped, one more guess, two codes at once."""
        code, colours = task.answer["code"], task.answer["colours"]
        for place, peg in enumerate(code):
            other = str(int(peg) % colours + 1)
            yield code[:place] + other + code[place + 1 :]
        if code[0] != code[-1]:
            yield code[-1] + code[1:-1] + code[0]
        yield f"{code}\n{code}"
        yield f"{code[::-1]}1 or {code}"
        yield "\n".join(self._guesses(task)[:-1])

    def guess(self, task: Task, rng: Random) -> str:
        """A game of random codes."""
        pegs, colours = len(task.answer["opening"][0][0]), task.answer["colours"]
        turns = rng.randint(1, task.answer["turns"])
        codes = ("".join(str(rng.randint(1, colours)) for _ in range(pegs)) for _ in range(turns))
        return "\n".join(codes)

    def trivial(self, task: Task) -> Iterator[str]:
        pegs, turns = len(task.answer["opening"][0][0]), task.answer["turns"]
        yield "\n".join(["1122334455"[:pegs]] * turns)
        yield "\n".join(str(colour) * pegs for colour in range(1, turns + 1))
        yield task.answer["opening"][0][0]

    def recheck(self, task: Task) -> None:
        """The game is played again, with answers counted peg by peg."""
        answer, seen = task.answer, list[tuple[str, Answer]]()
        code, guesses = answer["code"], self._guesses(task)
        for guess, exact, misplaced in answer["opening"]:
            seen.append((guess, (exact, misplaced)))
            if _counted(code, guess) != (exact, misplaced):
                raise CertificateError(f"the answer to {guess} is wrong")
        for guess in guesses:
            if any(_counted(guess, before) != told for before, told in seen):
                raise CertificateError(f"the oracle's {guess} does not fit what it was told")
            seen.append((guess, _counted(code, guess)))
        if guesses[-1] != code or len(guesses) > answer["turns"]:
            raise CertificateError("the oracle does not find the code in time")
        if len(guesses) != task.metadata["certificate"]["turns"]:
            raise CertificateError("the oracle takes another number of turns")

    def render(self, task: Task) -> str:
        """The opening, as a board."""
        rows = [
            f"{' '.join(guess)}   {e} exact, {m} misplaced" for guess, e, m in self._shown(task)
        ]
        return "\n".join([*rows, f"{' '.join('?' * len(task.answer['code']))}   ← find it"])

    def svg(self, task: Task) -> str:
        rows = self._shown(task)
        pegs, side = len(task.answer["code"]), 44
        drawing = Drawing(pegs * side + 190, (len(rows) + 1) * side + 20)
        for row, (guess, exact, misplaced) in enumerate([*rows, ["?" * pegs, 0, 0]]):
            y = 10 + row * side + side / 2
            for place, peg in enumerate(guess):
                fill = PALETTE[int(peg)] if peg.isdigit() else FAINT
                x = 10 + place * side + side / 2
                drawing.circle(x, y, side * 0.4, fill=fill)
                drawing.text(x, y, peg, fill=PAPER, bold=True)
            if row < len(rows):
                words = f"{exact} exact, {misplaced} misplaced"
                drawing.text(pegs * side + 22, y, words, size=14, anchor="start")
        return drawing.svg("Mastermind")

    @staticmethod
    def _shown(task: Task) -> list[list[Json]]:
        return list(task.answer["opening"])

    @staticmethod
    def _guesses(task: Task) -> Sequence[str]:
        opening = tuple(guess for guess, *_ in task.answer["opening"])
        return _found(task.answer["code"], task.answer["colours"], opening)


def _prompt(opening: Sequence[Sequence[Json]], level: _Level) -> str:
    told = "\n".join(_told(guess, (exact, misplaced)) for guess, exact, misplaced in opening)
    return (
        f"A code of {level.pegs} digits is hidden. Each digit is one of 1 to {level.colours}, and "
        "a digit may occur more than once. Each turn, answer with one guess. You will then be told "
        "how many digits are exact (right digit, right place) and how many more are misplaced "
        "(right digit, wrong place; every digit of the code counts once). Find the code within "
        f"{level.turns} turns. You may think inside <think></think> before a guess.\n\n"
        f"Two guesses have been made for you:\n{told}"
    )


def _told(guess: str, answer: Answer) -> str:
    return f"{' '.join(guess)}: {answer[0]} exact, {answer[1]} misplaced"


def _read(action: str, pegs: int) -> str:
    """The guess of an action; "" where it is none or holds more than one."""
    match = _GUESS.fullmatch(action) if len(action) <= _LONGEST else None
    digits = re.sub(r"\D", "", match[1]) if match else ""
    return digits if len(digits) == pegs else ""


def _answer(code: str, guess: str) -> Answer:
    exact, rest = sum(map(str.__eq__, code, guess)), code
    for peg in guess:
        rest = rest.replace(peg, "", 1)
    return exact, len(code) - len(rest) - exact


def _counted(code: str, guess: str) -> Answer:
    """The same by taking matched pegs out: the second method."""
    rest = [(c, g) for c, g in zip(code, guess, strict=True) if c != g]
    spare = Counter(c for c, _ in rest)
    misplaced = 0
    for _, peg in rest:
        if spare[peg]:
            spare[peg] -= 1
            misplaced += 1
    return len(code) - len(rest), misplaced


# Generator


def _draw(rng: Random, level: _Level) -> tuple[str, tuple[str, ...], int]:
    """A code, two guesses at it, and how many codes fit the answers to them."""
    codes = _codes(level.pegs, level.colours)
    while True:
        code, *opening = rng.sample(codes, 3)
        left = len(_fitting(codes, code, opening))
        if not level.left[0] <= left <= level.left[1]:
            continue
        if 1 < len(_found(code, level.colours, tuple(opening))) <= level.turns:
            return code, tuple(opening), left


@lru_cache(maxsize=16)
def _codes(pegs: int, colours: int) -> list[str]:
    return ["".join(code) for code in product("123456789"[:colours], repeat=pegs)]


def _fitting(codes: Sequence[str], code: str, guesses: Sequence[str]) -> list[str]:
    """The codes that would be answered as ``code`` is."""
    told = [(guess, _answer(code, guess)) for guess in guesses]
    return [other for other in codes if all(_answer(other, g) == answer for g, answer in told)]


@lru_cache(maxsize=512)
def _found(code: str, colours: int, opening: tuple[str, ...]) -> tuple[str, ...]:
    """The oracle's guesses: always the first code that fits, after the opening."""
    left, guesses = _fitting(_codes(len(code), colours), code, opening), list[str]()
    while not guesses or guesses[-1] != code:
        guesses.append(left[0])
        left = _fitting(left, code, guesses[-1:])
    return tuple(guesses)


def _structure(opening: Sequence[Sequence[Json]]) -> str:
    """The opening up to the order of pegs and of guesses, and the names of colours."""
    pegs = range(len(opening[0][0]))
    return min(
        _renamed([("".join(guess[place] for place in order), *told) for guess, *told in rows])
        for rows in (opening, opening[::-1])
        for order in permutations(pegs)
    )


def _renamed(rows: Sequence[tuple[Json, ...]]) -> str:
    names: dict[str, str] = {}
    parts = []
    for guess, *told in rows:
        renamed = "".join(names.setdefault(peg, str(len(names) + 1)) for peg in guess)
        parts.append(f"{renamed}={told[0]}+{told[1]}")
    return ",".join(parts)
