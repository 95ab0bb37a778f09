"""Random tasks for ``logic/induction``: a program, grids that show what it does, and a proof.

    program, pairs = draw(rng, LEVELS[3])    inputs and outputs, the last one being the test
    recoloured(program, pairs, (2, 7, 9))    the same in other colours than the first three

A random program and random scenes; each step must change every grid it is given. Thrown away are
tasks whose output stands in what is shown, is small or of one colour, and those for which
``grid_search`` finds a shorter program, or another one with another output.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from itertools import islice
from random import Random

from assay_envs.logic.grid_rules import Kind, Pair, Program, Rule, family, rule_of, run
from assay_envs.logic.grid_scenes import Scenes
from assay_envs.logic.grid_search import explanations
from assay_envs.logic.grid_steps import COLOURS, Grid, colours_of

_LARGEST = 20
_FEWEST_CELLS = 9
_MOST_DRAWS = 8


@dataclass(frozen=True)
class Level:
    """``seeing`` of the ``steps`` are about objects or counts; the other ones are plain."""

    steps: int
    seeing: int
    size: tuple[int, int]
    colours: int
    demonstrations: int


LEVELS = {
    1: Level(1, 0, (4, 6), 2, 3),
    2: Level(1, 1, (5, 8), 3, 3),
    3: Level(2, 0, (5, 7), 3, 3),
    4: Level(2, 1, (6, 9), 4, 4),
    5: Level(2, 2, (6, 10), 4, 4),
}
_FIRST = (4, 6)  # where programs of several steps are searched on it, the first scene is small


def draw(rng: Random, level: Level) -> tuple[Program, list[Pair]]:
    """A program with its pairs, the last one being the test. Colours are the first ones."""
    drawn = None
    while drawn is None:
        drawn = _drawn(rng, level)
    return drawn


def _drawn(rng: Random, level: Level) -> tuple[Program, list[Pair]] | None:
    """The first of a few that will do, or None.

    All are tried on the same scenes. Colours are the first ones, so that what is known of the rules
    over them is known for all tasks.
    """
    palette = tuple(COLOURS[: level.colours])
    small, scenes = Scenes(rng, _FIRST, palette), Scenes(rng, level.size, palette)
    for _ in range(_MOST_DRAWS):
        rest = iter(scenes)
        begun = _begin(rng, level, palette, iter(small) if level.steps > 1 else rest)
        if begun is None:
            continue
        program, first = begun
        pairs = [first]
        for left in reversed(range(level.demonstrations)):
            pair = _pair(rest, program, asked=not left)
            if pair is None:
                break
            pairs.append(pair)
        else:
            if _worth(program, pairs) and _certain(program, pairs):
                return program, pairs
    return None


def recoloured(
    program: Program, pairs: Iterable[Pair], palette: Sequence[int]
) -> tuple[Program, list[Pair]]:
    """The same with the colours of ``palette``, in order, for the first ones."""
    table = bytes([0, *palette]).ljust(256)
    named = [rule_of(each.kind, *[table[colour] for colour in each.colours]) for each in program]
    recoloured = [
        ((before.translate(table), width), (after.translate(table), other_width))
        for (before, width), (after, other_width) in pairs
    ]
    return tuple(named), recoloured


def _begin(
    rng: Random, level: Level, palette: tuple[int, ...], scenes: Iterator[Grid]
) -> tuple[Program, Pair] | None:
    """Random steps, as many of them about objects or counts as the level says, and a first pair.

    From the second on a step is drawn until it changes what the ones before it made of the scene,
    and makes something else of it than it would make without the one before it.
    """
    some = 0 < level.seeing < level.steps
    seeing = rng.sample(range(level.steps), level.seeing) if some else range(level.seeing)
    program: Program = (_rule(rng, palette, 0 in seeing),)
    pair = _pair(scenes, program)
    if pair is None:
        return None
    before, grid = pair
    earlier = before
    for place in range(1, level.steps):
        for _ in range(_MOST_DRAWS):
            step = _rule(rng, palette, place in seeing)
            after = _changed([step], grid)
            if after is not None and after != before and after != step.apply(earlier):
                break
        else:
            return None
        program, earlier, grid = (*program, step), grid, after
    return program, (before, grid)


def _rule(rng: Random, palette: tuple[int, ...], seeing: bool) -> Rule:
    kinds = _variants(palette, seeing)
    rules = kinds[int(rng.random() * len(kinds))]
    return rules[int(rng.random() * len(rules))]


@lru_cache(maxsize=512)
def _variants(palette: tuple[int, ...], seeing: bool) -> Sequence[Sequence[Rule]]:
    """The rules of each kind over these colours."""
    kinds: dict[Kind, list[Rule]] = {}
    for each in family(palette):
        if each.kind.seeing == seeing:
            kinds.setdefault(each.kind, []).append(each)
    return list(kinds.values())


def _pair(scenes: Iterator[Grid], program: Program, asked: bool = False) -> Pair | None:
    """The next of a few scenes that every step changes, and what becomes of it.

    Args:
        asked: the output is asked for, so it is not small and not of one colour.
    """
    for before in islice(scenes, _MOST_DRAWS):
        after = _changed(program, before)
        if after is None or after == before:
            continue
        cells, _ = after
        if not asked or (len(cells) >= _FEWEST_CELLS and cells.count(cells[0]) < len(cells)):
            return before, after
    return None


def _changed(program: Iterable[Rule], grid: Grid) -> Grid | None:
    """What becomes of a grid that every step changes, but not into a blank one; or None."""
    for step in program:
        after = step.apply(grid)
        cells, width = after
        if after == grid or not any(cells) or width > _LARGEST or len(cells) > _LARGEST * width:
            return None
        grid = after
    return grid


def _worth(program: Program, pairs: Sequence[Pair]) -> bool:
    """Whether the output must be worked out: it is nowhere to be seen, but all colours are."""
    *shown, (output, _) = [grid for pair in pairs for grid in pair]
    if any(output in cells for cells, _ in shown):
        return False
    colours = colours_of(shown)
    return all(colour in colours for step in program for colour in step.colours)


def _certain(program: Program, pairs: Sequence[Pair]) -> bool:
    """Whether no shorter program explains the demonstrations, and none as short otherwise."""
    *demonstrations, (test, output) = pairs
    demonstrations.sort(key=lambda pair: len(pair[0][0]))
    rules = family(colours_of([grid for pair in pairs for grid in pair]))
    return all(
        len(other) == len(program) and run(other, test) == output
        for other in explanations(rules, demonstrations, len(program), known=program)
    )


def measured(program: Program, pairs: Sequence[Pair]) -> float:
    places = _places(colours_of([grid for pair in pairs for grid in pair]))
    place, shorter = 0, 0
    for length, step in enumerate(program):
        place = place * len(places) + places.get(step, len(places) - 1)
        shorter += len(places) ** length
    cells = sum([len(before[0]) for before, _ in pairs[:-1]])
    return math.log10((shorter + place) * cells)


@lru_cache(maxsize=512)
def _places(colours: tuple[int, ...]) -> Mapping[Rule, int]:
    """The rules over ``colours`` and their places among all."""
    return {each: place for place, each in enumerate(family(colours))}
