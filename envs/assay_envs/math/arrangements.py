"""Arrangements: letters in a row, and paths as rows of steps.

Families of :mod:`assay_envs.math.combinatorics`. The worked solutions use closed formulas; the
second methods go letter by letter and point by point and know none of them.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from functools import cache
from random import Random

from assay_envs.math.families import Family, Parameters, Worked, number
from assay_envs.math.guesses import guess_count


def _draw_letters(rng: Random, level: int) -> Parameters:
    """A made-up word with letters that occur more than once."""
    while True:
        length = rng.randint(3 + level, 6 + 2 * level)
        letters = [rng.choice("AEIOUBDGKLMNRST"[:length]) for _ in range(length)]
        rng.shuffle(letters)
        if 1 < len(set(letters)) < length:
            return {"word": "".join(letters)}


def _counts(word: str) -> dict[str, int]:
    return {letter: word.count(letter) for letter in sorted(set(word))}


def _solve_letters(word: str) -> Worked:
    often = {letter: k for letter, k in _counts(word).items() if k > 1}
    same, every = math.prod(map(math.factorial, often.values())), math.factorial(len(word))
    twice = ", ".join(f"{letter} {k} times" for letter, k in often.items())
    return number(
        every // same,
        f"{len(word)} letters, of which {twice}.",
        f"{len(word)}! = {every}",
        f"{'*'.join(f'{k}!' for k in often.values())} = {same}",
        f"{every}/({same}) = {every // same}",
        mistakes=[every, every // sum(map(math.factorial, often.values()))],
        undone=[f"{len(word)}!/({'*'.join(f'{k}!' for k in often.values())})"],
    )


def _check_letters(word: str) -> str:
    """Letter by letter: which kind comes first, then the rest."""

    @cache
    def arranged(left: tuple[int, ...]) -> int:
        if not any(left):
            return 1
        after = (tuple(sorted((*left[:i], k - 1, *left[i + 1 :]))) for i, k in enumerate(left) if k)
        return sum(arranged(rest) for rest in after)

    return str(arranged(tuple(sorted(_counts(word).values()))))


def _draw_paths(rng: Random, level: int) -> Parameters:
    """A grid with a crossing that is closed."""
    least, most = {2: (3, 7), 3: (4, 9), 4: (5, 12), 5: (7, 16)}[level]
    east, north = rng.randint(least, most), rng.randint(least, most)
    closed = [rng.randint(1, east - 1), rng.randint(1, north - 1)]
    return {"east": east, "north": north, "closed": closed}


def _shown_paths(east: int, north: int, closed: Sequence[int]) -> dict[str, str]:
    return {"point": f"({closed[0]}, {closed[1]})"}


def _solve_paths(east: int, north: int, closed: Sequence[int]) -> Worked:
    every = math.comb(east + north, east)
    x, y = closed
    to, on = math.comb(x + y, x), math.comb(east - x + north - y, east - x)
    steps = [
        f"All paths: C({east + north}, {east}) = {every}",
        f"To the closed point: C({x + y}, {x}) = {to}",
        f"From there: C({east - x + north - y}, {east - x}) = {on}",
        f"{every} - {to}*{on} = {every} - {to * on} = {every - to * on}",
    ]
    return number(every - to * on, *steps, mistakes=[every, to * on, every - to - on])


def _check_paths(east: int, north: int, closed: Sequence[int]) -> str:
    """Point by point: as many ways as to the point west and to the point south."""
    row = [0] * (east + 1)
    for y in range(north + 1):
        for x in range(east + 1):
            before = row[x - 1] if x else int(y == 0)
            row[x] = 0 if [x, y] == closed else row[x] + before
    return str(row[east])


def _canonical_paths(east: int, north: int, closed: Sequence[int]) -> list[object]:
    """The same under a swap of the axes and a walk the other way."""
    x, y = closed
    points = [(x, y), (east - x, north - y)]
    ways = [[east, north, [a, b]] for a, b in points] + [[north, east, [b, a]] for a, b in points]
    return min(ways)


LETTERS = Family(
    "letters",
    (
        "How many different strings can be made by rearranging all the letters of {word}, "
        "{word} itself included?",
        "In how many distinguishable orders can the letters of the made-up word {word} be written?",
    ),
    _draw_letters,
    _solve_letters,
    _check_letters,
    lambda rng, p: guess_count(rng, math.factorial(len(p["word"]))),
    key=lambda word: sorted(_counts(word).values()),
)
PATHS = Family(
    "paths",
    (
        "How many paths lead from (0, 0) to ({east}, {north}) in steps of one to the right or one "
        "up, without passing through {point}?",
        "A robot at (0, 0) moves one unit east or one unit north at a time. In how many ways can "
        "it reach ({east}, {north}) without passing through {point}?",
    ),
    _draw_paths,
    _solve_paths,
    _check_paths,
    lambda rng, p: guess_count(rng, math.comb(p["east"] + p["north"], p["east"])),
    shown=_shown_paths,
    key=_canonical_paths,
)
