"""Sums: sweets handed out and dice rolled, by inclusion and exclusion.

Families of :mod:`assay_envs.math.combinatorics`. The worked solutions use closed formulas; the
second methods go child by child and die by die and know none of them.
"""

from __future__ import annotations

import math
from fractions import Fraction
from random import Random

from assay_envs.math.families import Family, Parameters, Worked, number
from assay_envs.math.guesses import guess_chance, guess_count


def _capped(rest: int, parts: int, most: int, said: str) -> tuple[int, list[str]]:
    """The ways to write ``rest`` as a sum of so many numbers from 0 to ``most`` - 1, and the steps.

    By inclusion and exclusion over how many of them reach ``most``, which ``said`` calls them.
    """
    ways, terms, steps = 0, list[str](), []
    for over in range(parts + 1):
        left = rest - over * most
        if left < 0:
            break
        choices = math.comb(parts, over) * math.comb(left + parts - 1, parts - 1)
        spelt = f"C({parts}, {over})*C({left + parts - 1}, {parts - 1})"
        steps.append(f"{over} {said}: {spelt} = {choices}")
        ways += (-1) ** over * choices
        terms.append(f"{'-' if over % 2 else '+'} {choices}")
    steps.append(f"{' '.join(terms).removeprefix('+ ')} = {ways}")
    return ways, steps


def _draw_sweets(rng: Random, level: int) -> Parameters:
    """Equal sweets to children, with a most for each."""
    total, children = rng.randint(6 + 2 * level, 10 + 8 * level), rng.randint(3, 2 + level)
    fair = -(-total // children)
    most = rng.randint(fair + 1, max(fair + 1, total // 2))
    return {"total": total, "children": children, "most": most}


def _shown_sweets(total: int, children: int, most: int) -> dict[str, str]:
    return {"terms": " + ".join(f"x{i + 1}" for i in range(children))}


def _solve_sweets(total: int, children: int, most: int) -> Worked:
    rest, gap = total - children, children - 1
    ways, steps = _capped(rest, children, most, "over the most")
    return number(
        ways,
        f"One for each leaves {total} - {children} = {rest} to share freely.",
        *steps,
        mistakes=[math.comb(rest + gap, gap), math.comb(total + gap, gap)],
    )


def _check_sweets(total: int, children: int, most: int) -> str:
    """Child by child."""
    ways = [1] + [0] * total
    for _ in range(children):
        ways = [sum(ways[max(0, n - most) : n]) for n in range(total + 1)]
    return str(ways[total])


def _draw_dice(rng: Random, level: int) -> Parameters:
    dice, sides = rng.randint(2, level), rng.choice((4, 6, 8, 10, 12, 20))
    spread = dice * (sides - 1) // 4
    return {
        "dice": dice,
        "sides": sides,
        "total": rng.randint(dice + spread, dice * sides - spread),
    }


def _solve_dice(dice: int, sides: int, total: int) -> Worked:
    ways, steps = _capped(total - dice, dice, sides, f"dice above {sides}")
    chance = Fraction(ways, sides**dice)
    near = [Fraction(ways + 1, sides**dice), 1 - chance, Fraction(1, dice * sides - dice + 1)]
    return number(chance, *steps, f"{ways}/{sides}^{dice} = {chance}", mistakes=near)


def _check_dice(dice: int, sides: int, total: int) -> str:
    """Die by die."""
    chances = {0: Fraction(1)}
    for _ in range(dice):
        after: dict[int, Fraction] = {}
        for shown, chance in chances.items():
            for face in range(1, sides + 1):
                after[shown + face] = after.get(shown + face, Fraction(0)) + chance / sides
        chances = after
    return str(chances[total])


SWEETS = Family(
    "sweets",
    (
        "In how many ways can {total} identical sweets be given to {children} children, so that "
        "each gets at least 1 and at most {most}?",
        "How many solutions in whole numbers has {terms} = {total}, where each unknown is at "
        "least 1 and at most {most}?",
    ),
    _draw_sweets,
    _solve_sweets,
    _check_sweets,
    lambda rng, p: guess_count(rng, math.comb(p["total"] - 1, p["children"] - 1)),
    shown=_shown_sweets,
)
DICE = Family(
    "dice",
    (
        "{dice} fair dice with the faces 1 to {sides} are rolled. What is the probability that "
        "their sum is {total}?",
        "A fair {sides}-sided die, numbered 1 to {sides}, is rolled {dice} times. With what "
        "probability do the results add up to {total}?",
    ),
    _draw_dice,
    _solve_dice,
    _check_dice,
    guess_chance,
    form="the exact fraction",
    key=lambda dice, sides, total: [dice, sides, min(total, dice * (sides + 1) - total)],
)
