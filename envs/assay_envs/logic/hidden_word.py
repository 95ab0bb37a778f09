"""Hidden word: find a word of five letters; every guess is answered letter by letter.

A letter of a guess is *exact* (it stands in its place), *misplaced* (the word holds it elsewhere)
or *absent*. A letter that occurs more often in the guess than in the word is answered so only as
often as the word holds it: exact places first, then from the left; the rest are absent. One or two
guesses have been made already; the word must be found within the turns. Any five letters are a
guess; what is none wastes a turn. Trivial policies that fail: the last guess shown, for ever; a row
of words with common letters, whatever is answered.

The hidden word is one of ``words.WORDS``. The oracle knows that list, but no more of the game than
the player sees: of the words that fit all answers it guesses the one whose letters are commonest
among them. Generator: a word and an opening that leave several words possible and no more than two
places known, and from which the oracle is in time. Certificate: the words left and the turns the
oracle needs; ``recheck`` plays it again with answers marked in another way. Duplicate key: the
opening, which is all that the prompt shows.
"""

from __future__ import annotations

import math
import re
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from random import Random
from typing import ClassVar

from assay_datasets import Json, Message, Task, derive_random
from assay_envs.drawing import FAINT, INK, PALETTE, PAPER, Drawing
from assay_envs.environment import CertificateError
from assay_envs.logic.words import WORDS
from assay_envs.multi_turn import Game, GameVerifier, MultiTurn, Turn
from assay_verifiers import Verdict


@dataclass(frozen=True)
class _Level:
    guesses: int  # made already
    turns: int
    left: tuple[int, int]  # words that the opening leaves possible


_LEVELS = {
    1: _Level(2, 4, (2, 4)),
    2: _Level(2, 4, (5, 9)),
    3: _Level(1, 5, (10, 25)),
    4: _Level(1, 5, (26, 70)),
    5: _Level(1, 5, (71, 400)),
}
_LETTERS = 5
_MOST_KNOWN = 2  # places
_ALPHABET = "abcdefghijklmnopqrstuvwxyz"
_EXACT, _MISPLACED, _ABSENT = "+", "?", "-"
_NAMES = {_EXACT: "exact", _MISPLACED: "misplaced", _ABSENT: "absent"}
_COMMON = ("raise", "cloth", "bumpy", "fudge", "knock")
_LONGEST = 100  # characters of a guess
_GUESS = re.compile(
    r"[\W_]*(?:(?:my|next|guess|word|answer|is|the|try)[\W_]+){0,4}"
    r"([a-z]{5}|[a-z](?:[^a-z]{1,3}[a-z]){4})[\W_]*",
    re.ASCII,
)


class _Play(Game):
    """One game; the word stays here."""

    def __init__(self, word: str, turns: int) -> None:
        self.word = word
        self.max_turns = turns

    def play(self, action: str) -> Turn:
        guess = _read(action)
        if not guess:
            return Turn(f"That is not a guess: write one word of {_LETTERS} letters.")
        if guess == self.word:
            return Turn("That is the word.", verdict=Verdict.correct())
        return Turn(_told(guess, _marks(self.word, guess)))


class HiddenWordVerifier(GameVerifier):
    """``answer`` is ``{"word": "crane", "turns": n, "opening": [...]}``.

    A response holds one guess a line: ``crane``, ``C R A N E`` and ``My guess is "crane".`` are
    alike.
    """

    name = "logic/hidden_word"
    summary = "the guesses that find a hidden word"

    def begin(self, answer: Json) -> _Play:
        word, turns = str(answer["word"]), int(answer["turns"])
        if len(word) != _LETTERS or not set(word) <= set(_ALPHABET) or turns < 1:
            raise ValueError("no word, or no turns")
        return _Play(word, turns)


class HiddenWord(MultiTurn):
    """The environment; a guess a turn."""

    id = "logic/hidden_word"
    summary = "find a hidden word from what each guess has right"
    levels: ClassVar = {
        number: f"{level.guesses} {'guess' if level.guesses == 1 else 'guesses'} made, "
        f"{level.left[0]}–{level.left[1]} words left, {level.turns} turns"
        for number, level in _LEVELS.items()
    }
    max_turns = max(level.turns for level in _LEVELS.values())
    chance: ClassVar = dict.fromkeys(_LEVELS, 0.005)
    measure = "log2 of the words that the opening leaves possible"
    verifier: HiddenWordVerifier

    def __init__(self) -> None:
        super().__init__(HiddenWordVerifier())

    def generate(self, seed: int, difficulty: int) -> Task:
        level = _LEVELS[self.check_level(difficulty)]
        rng = derive_random(self.id, difficulty, seed)
        word, opening, left = _draw(rng, level)
        shown = [[guess, _marks(word, guess)] for guess in opening]
        key = ",".join(sorted(guess + marks for guess, marks in shown))
        return Task(
            env=self.id,
            prompt=({"role": "user", "content": _prompt(shown, level)},),
            answer={"word": word, "turns": level.turns, "opening": shown},
            verifier=self.id,
            metadata={
                "domain": "logic",
                "difficulty": difficulty,
                "seed": seed,
                "duplicate_key": f"{self.id}:{level.turns}:{key}",
                "certificate": {"left": left, "turns": len(_found(word, tuple(opening)))},
                "measured": round(math.log2(left), 3),
            },
        )

    def population(self, difficulty: int) -> int | None:
        """Openings of one guess can be counted; of two there are enough."""
        level = _LEVELS[self.check_level(difficulty)]
        if level.guesses > 1:
            return None
        splits = (split for guess in WORDS for split in _split(guess).items())
        low, high = level.left
        return sum(low <= len(words) <= high and marks.count(_EXACT) <= _MOST_KNOWN
                   for marks, words in splits)  # fmt: skip

    def act(self, task: Task, messages: Sequence[Message]) -> str:
        taken = sum(message["role"] == "assistant" for message in messages)
        return self._guesses(task)[taken]

    def oracle(self, task: Task) -> str:
        return "\n".join(self._guesses(task))

    def equivalents(self, task: Task) -> Iterator[str]:
        """Other spellings, a wasted turn, the word at once."""
        guesses = self._guesses(task)
        yield "\n".join(guesses).upper()
        yield "\n".join(" ".join(guess) for guess in guesses)
        yield "\n".join(f'My next guess is "{guess}".' for guess in guesses)
        yield "\n".join(f"**Guess:** [{guess.title()}]" for guess in guesses)
        if len(guesses) < task.answer["turns"]:
            yield "\n".join(["Let me think.", *guesses])
        yield str(task.answer["word"])

    def near_misses(self, task: Task) -> Iterator[str]:
        """One letter changed, two swapped, one more guess, two words at once, a turn too late."""
        word, (last, _) = task.answer["word"], task.answer["opening"][-1]
        for place, letter in enumerate(word):
            other = _ALPHABET[(_ALPHABET.index(letter) + 1) % len(_ALPHABET)]
            yield word[:place] + other + word[place + 1 :]
        if word[0] != word[1]:
            yield word[1] + word[0] + word[2:]
        yield f"{word}\n{word}"
        yield f"{word} or {last}"
        yield f"{word}s"
        yield "\n".join([last] * task.answer["turns"] + [word])
        yield "\n".join(self._guesses(task)[:-1])

    def guess(self, task: Task, rng: Random) -> str:
        """A game of random letters in which exact ones stay and absent ones are not used."""
        free, known = set(_ALPHABET), [""] * _LETTERS
        for guess, marks in task.answer["opening"]:
            named = [letter for letter, mark in zip(guess, marks, strict=True) if mark != _ABSENT]
            free -= set(guess) - set(named)
            known = [g if m == _EXACT else k for g, m, k in zip(guess, marks, known, strict=True)]
        letters = sorted(free)
        return "\n".join(
            "".join(letter or rng.choice(letters) for letter in known)
            for _ in range(rng.randint(1, task.answer["turns"]))
        )

    def trivial(self, task: Task) -> Iterator[str]:
        turns = task.answer["turns"]
        yield "\n".join([task.answer["opening"][-1][0]] * turns)
        yield "\n".join(_COMMON[:turns])

    def recheck(self, task: Task) -> None:
        """The game is played again, with every answer marked by ranks."""
        answer, certificate = task.answer, task.metadata["certificate"]
        word, guesses, left = answer["word"], self._guesses(task), list(WORDS)
        for guess, marks in answer["opening"]:
            if _ranked(word, guess) != marks:
                raise CertificateError(f"{guess} is not marked as it should be")
            left = _agreeing(left, word, guess)
        if len(left) != certificate["left"]:
            raise CertificateError("the opening leaves another number of words")
        for guess in guesses:
            if guess not in left:
                raise CertificateError(f"the oracle's {guess} does not fit what it was told")
            left = _agreeing(left, word, guess)
        if left != [word] or not len(guesses) == certificate["turns"] <= answer["turns"]:
            raise CertificateError("the oracle does not find the word in the turns certified")

    def render(self, task: Task) -> str:
        """The opening: [x] is exact, (x) misplaced."""
        frames = {_EXACT: "[{}]", _MISPLACED: "({})", _ABSENT: " {} "}
        rows = [
            "".join(frames[mark].format(letter) for letter, mark in zip(guess, marks, strict=True))
            for guess, marks in task.answer["opening"]
        ]
        return "\n".join([*rows, f"{' _ ' * _LETTERS}  ← find it; [x] is exact, (x) misplaced"])

    def svg(self, task: Task) -> str:
        fills = {_EXACT: PALETTE[3], _MISPLACED: PALETTE[7], _ABSENT: FAINT}
        rows = [*task.answer["opening"], ["?" * _LETTERS, ""]]
        side = 48
        drawing = Drawing(_LETTERS * side + 20, len(rows) * side + 20)
        for row, (guess, marks) in enumerate(rows):
            for place, letter in enumerate(guess):
                x, y = 10 + place * side, 10 + row * side
                fill = fills[marks[place]] if marks else PAPER
                drawing.rect(x + 2, y + 2, side - 4, side - 4, fill=fill)
                ink, (middle, centre) = PAPER if marks else INK, (x + side / 2, y + side / 2)
                drawing.text(middle, centre, letter.upper(), size=22, bold=True, fill=ink)
        return drawing.svg("Hidden word")

    @staticmethod
    def _guesses(task: Task) -> Sequence[str]:
        return _found(task.answer["word"], tuple(guess for guess, _ in task.answer["opening"]))


def _prompt(opening: Sequence[Sequence[str]], level: _Level) -> str:
    told = "\n".join(_told(guess, marks) for guess, marks in opening)
    made = "One guess has" if level.guesses == 1 else "Two guesses have"
    return (
        f"A common English word of {_LETTERS} letters is hidden; it is no name and no plural in s. "
        f"Each turn, answer with one guess of {_LETTERS} letters. You will then be told of each "
        "letter whether it is exact (it stands in that place), misplaced (the word holds it "
        "elsewhere) or absent. A letter that your guess holds more often than the word is called "
        "exact or misplaced only as often as the word holds it, exact places first, then from the "
        f"left; further ones are absent. Find the word within {level.turns} turns. You may think "
        f"inside <think></think> before a guess.\n\n{made} been made for you:\n{told}"
    )


def _told(guess: str, marks: str) -> str:
    named = [f"{letter} {_NAMES[mark]}" for letter, mark in zip(guess, marks, strict=True)]
    return f"{guess}: {', '.join(named)}"


def _read(action: str) -> str:
    """The guess of an action; "" where it is none or holds more than one."""
    match = _GUESS.fullmatch(action.lower()) if len(action) <= _LONGEST else None
    return "".join(filter(_ALPHABET.__contains__, match[1])) if match else ""


def _marks(word: str, guess: str) -> str:
    """What a guess is told: letters that are not exact use up those of the word, from the left."""
    spare = [have for have, letter in zip(word, guess, strict=True) if have != letter]
    marks = ""
    for have, letter in zip(word, guess, strict=True):
        if have == letter:
            marks += _EXACT
        elif letter in spare:
            spare.remove(letter)
            marks += _MISPLACED
        else:
            marks += _ABSENT
    return marks


def _ranked(word: str, guess: str) -> str:
    """The same by a letter's rank among its like in the guess: the second method."""
    exact = [a == b for a, b in zip(word, guess, strict=True)]
    marks = []
    for place, letter in enumerate(guess):
        alike = [i for i in range(_LETTERS) if guess[i] == letter]
        rank = sum(not exact[i] for i in alike if i <= place)
        room = word.count(letter) - sum(exact[i] for i in alike)
        marks.append(_EXACT if exact[place] else _MISPLACED if rank <= room else _ABSENT)
    return "".join(marks)


def _agreeing(left: Sequence[str], word: str, guess: str) -> list[str]:
    """Those of ``left`` for which the guess would be told the same, by the second method."""
    marks = _ranked(word, guess)
    return [each for each in left if _ranked(each, guess) == marks]


# Generator


def _draw(rng: Random, level: _Level) -> tuple[str, list[str], int]:
    """A word, guesses at it, and how many words fit the answers to them."""
    while True:
        word, *opening = rng.sample(WORDS, 1 + level.guesses)
        marks = [_marks(word, guess) for guess in opening]
        known = sum(_EXACT in column for column in zip(*marks, strict=True))
        left = len(_left(word, opening))
        if known > _MOST_KNOWN or not level.left[0] <= left <= level.left[1]:
            continue
        if 1 < len(_found(word, tuple(opening))) <= level.turns:
            return word, opening, left


@lru_cache(maxsize=1024)
def _split(guess: str) -> Mapping[str, Sequence[str]]:
    """All words, in order, by what the guess would be told."""
    found: dict[str, list[str]] = {}
    for word in WORDS:
        found.setdefault(_marks(word, guess), []).append(word)
    return found


def _left(word: str, guesses: Sequence[str]) -> Sequence[str]:
    """The words that fit what the guesses are told, in order."""
    first, *others = guesses
    left = _split(first)[_marks(word, first)]
    for guess in others:
        left = _fitting(left, word, guess)
    return left


def _fitting(left: Sequence[str], word: str, guess: str) -> list[str]:
    marks = _marks(word, guess)
    return [each for each in left if _marks(each, guess) == marks]


@lru_cache(maxsize=512)
def _found(word: str, opening: tuple[str, ...]) -> tuple[str, ...]:
    """The oracle's guesses after the opening."""
    left, guesses = _left(word, opening), list[str]()
    while not guesses or guesses[-1] != word:
        counts = Counter(letter for each in left for letter in set(each))
        guesses.append(max(left, key=lambda each: sum(counts[x] for x in set(each))))
        left = _fitting(left, word, guesses[-1])
    return tuple(guesses)
