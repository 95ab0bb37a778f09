"""Nim: take objects from piles in turn with an opponent who never errs; who takes the last wins.

A move takes any number of objects, at least one, from one pile. The player begins, from a position
that can be won; the opponent punishes every mistake: once it can win, it does. Where it cannot, it
takes one object from the largest pile, so a game is decided by the player's moves alone. What is no
legal move wastes a turn, of which there are a few to spare. Trivial policies that fail: take one
from the largest pile, take the largest pile whole, level the two largest piles.

Theory: a position is lost for whoever is to move exactly when the exclusive or of its piles is 0.
The oracle plays by it, and ``recheck`` proves it of the position at hand by playing out every game
from it. Duplicate key: the sorted piles.
"""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache, reduce
from itertools import combinations_with_replacement
from operator import xor
from random import Random
from typing import ClassVar, TypeAlias

from assay_datasets import Json, Message, Task, derive_random
from assay_envs.drawing import ACCENT, Drawing
from assay_envs.environment import CertificateError
from assay_envs.multi_turn import Game, GameVerifier, MultiTurn, Turn
from assay_verifiers import Verdict

Move: TypeAlias = tuple[int, int]
"""A pile, counted from 0, and how many objects to take from it."""


@dataclass(frozen=True)
class _Level:
    piles: int
    largest: int
    bits: tuple[float, float]  # how many a player who guesses legal moves has to guess


_LEVELS = {
    1: _Level(3, 9, (2.0, 10.5)),
    2: _Level(3, 12, (10.5, 18.0)),
    3: _Level(4, 9, (14.0, 24.0)),
    4: _Level(4, 12, (24.0, 36.0)),
    5: _Level(5, 10, (36.0, 80.0)),
}
_SPARE_TURNS = 3
_MOST_PILES, _MOST_OBJECTS = 20, 1000
_LONGEST = 200
_NUMBER = re.compile(r"[0-9]{1,4}")
_PILE = re.compile(r"\bpile\W{0,4}([0-9]{1,4})\b")
_TAKE = re.compile(r"\b(?:take|takes|remove|taking|objects)\W{0,4}([0-9]{1,4})\b")


class _Play(Game):
    """One game against the opponent."""

    def __init__(self, piles: Sequence[int]) -> None:
        self.piles = list(piles)
        self.max_turns = _turns(piles)

    def play(self, action: str) -> Turn:
        move = _read(action)
        if move is None or not _legal(self.piles, move):
            return Turn(
                "That is not one legal move: write the pile and how many to take, such as "
                f"'pile 1 take 1'. {_shown(self.piles)}"
            )
        self.piles[move[0]] -= move[1]
        if not any(self.piles):
            return Turn("You took the last object: you win.", verdict=Verdict.correct())
        pile, count = _reply(self.piles)
        self.piles[pile] -= count
        said = f"I take {count} from pile {pile + 1}."
        if not any(self.piles):
            lost = Verdict.incorrect("mismatch", error="the opponent took the last object")
            return Turn(f"{said} That was the last object: I win.", verdict=lost)
        return Turn(f"{said} {_shown(self.piles)}")


class NimVerifier(GameVerifier):
    """``answer`` is ``{"piles": [...]}``; a response holds one move a line.

    ``pile 2 take 3``, ``take 3 from pile 2``, ``{"pile": 2, "take": 3}`` and ``2 3`` are alike.
    """

    name = "logic/nim"
    summary = "the moves that win a game of Nim"

    def begin(self, answer: Json) -> _Play:
        piles = [int(pile) for pile in answer["piles"]]
        if not 1 <= len(piles) <= _MOST_PILES or not 0 < sum(piles) <= _MOST_OBJECTS:
            raise ValueError("too few or too many piles or objects")
        if min(piles) < 0:
            raise ValueError("a pile is negative")
        return _Play(piles)


class Nim(MultiTurn):
    """The environment; a move a turn."""

    id = "logic/nim"
    summary = "win a game of Nim against an opponent who never errs"
    levels: ClassVar = {
        number: f"{level.piles} piles of up to {level.largest}, a random player wins one game in "
        f"2^{level.bits[0]:g} or more"
        for number, level in _LEVELS.items()
    }
    max_turns = max(level.piles * level.largest for level in _LEVELS.values()) // 2 + _SPARE_TURNS
    chance: ClassVar = {1: 0.05, 2: 0.005, 3: 0.005, 4: 0.005, 5: 0.005}
    measure = "log2 of the games among which a player of random legal moves wins one"
    verifier: NimVerifier

    def __init__(self) -> None:
        super().__init__(NimVerifier())

    def generate(self, seed: int, difficulty: int) -> Task:
        positions = _positions(self.check_level(difficulty))
        rng = derive_random(self.id, difficulty, seed)
        position = positions[rng.randrange(len(positions))]
        piles = rng.sample(position, len(position))
        return Task(
            env=self.id,
            prompt=({"role": "user", "content": _prompt(piles)},),
            answer={"piles": piles},
            verifier=self.id,
            metadata={
                "domain": "logic",
                "difficulty": difficulty,
                "seed": seed,
                "duplicate_key": f"{self.id}:{','.join(map(str, sorted(piles)))}",
                "certificate": {"moves": len(_won(tuple(piles)))},
                "measured": round(_bits(tuple(sorted(piles))), 3),
            },
        )

    def population(self, difficulty: int) -> int:
        return len(_positions(self.check_level(difficulty)))

    def act(self, task: Task, messages: Sequence[Message]) -> str:
        taken = sum(message["role"] == "assistant" for message in messages)
        return _written(_won(tuple(task.answer["piles"]))[taken])

    def oracle(self, task: Task) -> str:
        return "\n".join(map(_written, _won(tuple(task.answer["piles"]))))

    def equivalents(self, task: Task) -> Iterator[str]:
        """Other spellings, and a wasted turn."""
        moves = _won(tuple(task.answer["piles"]))
        yield "\n".join(f"Take {count} from pile {pile + 1}." for pile, count in moves)
        yield "\n".join(f'{{"pile": {pile + 1}, "take": {count}}}' for pile, count in moves)
        yield "\n".join(f"{pile + 1} {count}" for pile, count in moves)
        yield f"I look at the piles.\n{self.oracle(task)}"

    def near_misses(self, task: Task) -> Iterator[str]:
        """Each game with its first move one too many or too few, cut short, or gone on with."""
        piles, moves = task.answer["piles"], _won(tuple(task.answer["piles"]))
        (pile, count), *rest = moves
        for other in (count - 1, count + 1):
            if 1 <= other <= piles[pile] and not _wins(piles, (pile, other)):
                yield "\n".join(map(_written, [(pile, other), *rest]))
        yield "\n".join(map(_written, moves[:-1]))
        yield "\n".join(map(_written, [*moves, moves[-1]]))
        yield " ".join(map(_written, moves)) if rest else "pile 1"

    def guess(self, task: Task, rng: Random) -> str:
        """Random legal moves against the opponent's replies."""
        piles, moves = list(task.answer["piles"]), list[Move]()
        while any(piles):
            pile = rng.choice([place for place, count in enumerate(piles) if count])
            moves.append((pile, rng.randint(1, piles[pile])))
            piles[pile] -= moves[-1][1]
            if any(piles):
                pile, count = _reply(piles)
                piles[pile] -= count
        return "\n".join(map(_written, moves))

    def trivial(self, task: Task) -> Iterator[str]:
        for policy in _POLICIES:
            yield "\n".join(map(_written, _played(task.answer["piles"], policy)))

    def recheck(self, task: Task) -> None:
        """Every game from the position is played out; then the oracle's own game."""
        piles = tuple(sorted(task.answer["piles"]))
        if not _winnable(piles):
            raise CertificateError("the position cannot be won")
        game, verdict = _Play(task.answer["piles"]), None
        for place, action in enumerate(self.oracle(task).splitlines(), start=1):
            before = tuple(sorted(game.piles))
            verdict = game.play(action).verdict
            if not _winnable(before) or place > game.max_turns:
                raise CertificateError("the oracle gives the win away, or takes too long")
        if verdict != Verdict.correct() or place != task.metadata["certificate"]["moves"]:
            raise CertificateError("the oracle's game is not as certified")
        if any(self.verifier.check(text, task.answer).score for text in self.trivial(task)):
            raise CertificateError("a trivial policy wins")

    def render(self, task: Task) -> str:
        piles = enumerate(task.answer["piles"], start=1)
        return "\n".join(f"pile {place}  {'● ' * count}({count})" for place, count in piles)

    def svg(self, task: Task) -> str:
        piles, step = task.answer["piles"], 24
        drawing = Drawing(90 + step * max(piles), 20 + 34 * len(piles))
        for row, count in enumerate(piles):
            y = 27 + 34 * row
            drawing.text(12, y, f"pile {row + 1}", size=14, anchor="start")
            for place in range(count):
                drawing.circle(84 + step * place, y, 9, fill=ACCENT)
        return drawing.svg("Nim")


def _prompt(piles: Sequence[int]) -> str:
    return (
        "We play Nim. In turn, each of us takes any number of objects, at least one, from one "
        "pile; whoever takes the last object of all wins. You begin, and the position can be won; "
        "I make no mistakes. Each turn, answer with one move, such as 'pile 2 take 3'. There are "
        f"{_turns(piles)} turns. You may think inside <think></think> before a move.\n\n"
        f"{_shown(piles)}"
    )


def _shown(piles: Sequence[int]) -> str:
    counts = ", ".join(f"pile {place} has {count}" for place, count in enumerate(piles, start=1))
    return f"Now {counts}."


def _written(move: Move) -> str:
    return f"pile {move[0] + 1} take {move[1]}"


def _read(action: str) -> Move | None:
    """The one move that an action names, or None."""
    text = action[:_LONGEST].casefold()
    numbers = _NUMBER.findall(text)
    if len(numbers) != 2 or len(action) > _LONGEST or "-" in text:
        return None
    pile, take = _PILE.search(text), _TAKE.search(text)
    if pile and take:
        return int(pile[1]) - 1, int(take[1])
    if pile or take:
        return None
    return int(numbers[0]) - 1, int(numbers[1])


def _legal(piles: Sequence[int], move: Move) -> bool:
    return 0 <= move[0] < len(piles) and 1 <= move[1] <= piles[move[0]]


def _turns(piles: Sequence[int]) -> int:
    return sum(piles) // 2 + _SPARE_TURNS


# How the opponent and the oracle play


def _wins(piles: Sequence[int], move: Move) -> bool:
    """Whether a move leaves a position that is lost for whoever is to move then."""
    pile, count = move
    return reduce(xor, piles) ^ piles[pile] ^ (piles[pile] - count) == 0


def _moves(piles: Sequence[int]) -> list[Move]:
    return [(pile, n) for pile, count in enumerate(piles) for n in range(1, count + 1)]


def _winning(piles: Sequence[int]) -> Move | None:
    """The first winning move."""
    return next((move for move in _moves(piles) if _wins(piles, move)), None)


def _largest(piles: Sequence[int]) -> int:
    return max(range(len(piles)), key=piles.__getitem__)


def _reply(piles: Sequence[int]) -> Move:
    """The opponent's move: one that wins, else one object from the largest pile."""
    return _winning(piles) or (_largest(piles), 1)


@lru_cache(maxsize=4096)
def _won(piles: tuple[int, ...]) -> tuple[Move, ...]:
    """The oracle's moves: winning ones, to the end of the game."""
    left, moves = list(piles), list[Move]()
    while any(left):
        moves.append(_reply(left))
        left[moves[-1][0]] -= moves[-1][1]
        if any(left):
            pile, count = _reply(left)
            left[pile] -= count
    return tuple(moves)


def _one_of_largest(piles: Sequence[int]) -> Move:
    return _largest(piles), 1


def _all_of_largest(piles: Sequence[int]) -> Move:
    return _largest(piles), max(piles)


def _level_two(piles: Sequence[int]) -> Move:
    first, second = sorted(piles, reverse=True)[:2]
    return _largest(piles), max(1, first - second)


_POLICIES = (_one_of_largest, _all_of_largest, _level_two)


def _played(piles: Sequence[int], policy: Callable[[Sequence[int]], Move]) -> list[Move]:
    """The moves of a policy against the opponent."""
    left, moves = list(piles), list[Move]()
    while any(left):
        moves.append(policy(left))
        left[moves[-1][0]] -= moves[-1][1]
        if any(left):
            pile, count = _reply(left)
            left[pile] -= count
    return moves


# Positions of a level


@lru_cache(maxsize=8)
def _positions(difficulty: int) -> tuple[tuple[int, ...], ...]:
    """The winnable positions of a level that no trivial policy wins."""
    level = _LEVELS[difficulty]
    piles = combinations_with_replacement(range(1, level.largest + 1), level.piles)
    return tuple(
        position
        for position in piles
        if reduce(xor, position)
        and level.bits[0] <= _bits(position) < level.bits[1]
        and not any(_beats(position, policy) for policy in _POLICIES)
    )


def _beats(piles: Sequence[int], policy: Callable[[Sequence[int]], Move]) -> bool:
    """Whether a policy takes the last object."""
    game, verdict = _Play(piles), None
    for move in _played(piles, policy):
        verdict = game.play(_written(move)).verdict
    return verdict is not None and verdict.outcome == "correct"


@lru_cache(maxsize=1 << 16)
def _bits(piles: tuple[int, ...]) -> float:
    """log2 of 1 / the chance of winning by random legal moves, from sorted piles."""
    return -math.log2(_chance(piles)) if any(piles) else 0.0


@lru_cache(maxsize=1 << 17)
def _chance(piles: tuple[int, ...]) -> float:
    """The chance that a player of random legal moves wins; one mistake loses."""
    moves = _moves(piles)
    won = 0.0
    for pile, count in moves:
        if _wins(piles, (pile, count)):
            left = sorted([*piles[:pile], piles[pile] - count, *piles[pile + 1 :]])
            if any(left):
                other, taken = _reply(left)
                left[other] -= taken
                won += _chance(tuple(sorted(left)))
            else:
                won += 1.0
    return won / len(moves)


@lru_cache(maxsize=1 << 17)
def _winnable(piles: tuple[int, ...]) -> bool:
    """Whether the mover can force a win, by playing out every game: the second method."""
    return any(
        not _winnable(tuple(sorted([*piles[:pile], piles[pile] - count, *piles[pile + 1 :]])))
        for pile, count in _moves(piles)
    )
