"""Combinatorics: counting choices, arrangements, paths and sums, and exact probabilities.

Rules: one whole number or fraction is asked for; the question decides it, so it is unique.
Families, certificate, duplicate key and trivial policies: see :mod:`assay_envs.math.families`. The
worked solution uses closed formulas; the second method counts step by step and knows none of them.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from fractions import Fraction
from functools import cache
from random import Random
from typing import ClassVar

from assay_envs.math.families import Family, FamilyEnvironment, Parameters, Worked, number


def _spread(rng: Random, most: int) -> str:
    """A count of a random size, every length alike."""
    return str(round(math.exp(rng.uniform(math.log(2), math.log(most)))))


def _alternating(terms: Sequence[str]) -> str:
    return terms[0] + "".join(f" {'-+'[i % 2]} {term}" for i, term in enumerate(terms[1:]))


# Choices and arrangements


def _draw_menu(rng: Random, level: int) -> Parameters:
    starters, mains, desserts = (rng.randint(3, 12) for _ in range(3))
    return {
        "starters": starters,
        "mains": mains,
        "desserts": desserts,
        "fish": rng.randint(2, mains - 1),
        "sweet": rng.randint(1, desserts - 1),
    }


def _solve_menu(starters: int, mains: int, desserts: int, fish: int, sweet: int) -> Worked:
    every, barred = starters * mains * desserts, starters * fish * sweet
    return number(
        every - barred,
        f"All menus: {starters}*{mains}*{desserts} = {every}",
        f"Barred menus: {starters}*{fish}*{sweet} = {barred}",
        f"{every} - {barred} = {every - barred}",
        mistakes=[every, every - fish * sweet],
        undone=[f"{starters}*({mains}*{desserts} - {fish}*{sweet})"],
    )


def _check_menu(starters: int, mains: int, desserts: int, fish: int, sweet: int) -> str:
    pairs = [(m, d) for m in range(mains) for d in range(desserts) if m >= fish or d >= sweet]
    return str(sum(1 for _ in range(starters) for _ in pairs))


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


def _draw_code(rng: Random, level: int) -> Parameters:
    letters, digits = rng.randint(3, 9 + 4 * level), rng.randint(2, 9)
    return {"letters": letters, "digits": digits, "length": rng.randint(2, 2 + level)}


def _solve_code(letters: int, digits: int, length: int) -> Worked:
    both = letters + digits
    every, bare = both**length, letters**length
    return number(
        every - bare,
        f"All codes: ({letters} + {digits})^{length} = {both}^{length} = {every}",
        f"Codes of letters only: {letters}^{length} = {bare}",
        f"{every} - {bare} = {every - bare}",
        mistakes=[every, every - digits**length, length * digits * both ** (length - 1)],
        undone=[f"{both}^{length} - {letters}^{length}"],
    )


def _check_code(letters: int, digits: int, length: int) -> str:
    without, having = 1, 0
    for _ in range(length):
        without, having = without * letters, having * (letters + digits) + without * digits
    return str(having)


def _draw_committee(rng: Random, level: int) -> Parameters:
    most = (6, 8, 9, 12, 15)[level - 1]
    women, men = rng.randint(4, most), rng.randint(4, most)
    size = rng.randint(3, min(women, men) + level // 2)
    wanted = rng.randint(1, min(size - 1, women - 1))
    return {
        "women": women,
        "men": men,
        "size": size,
        "wanted": wanted,
        "rule": "exactly" if level < 2 else rng.choice(("at least", "at most")),
    }


def _solve_committee(women: int, men: int, size: int, wanted: int, rule: str) -> Worked:
    most = min(size, women)
    first, last = {
        "exactly": (wanted, wanted),
        "at least": (wanted, most),
        "at most": (0, min(wanted, most)),
    }[rule]
    cases = [w for w in range(first, last + 1) if size - w <= men]
    parts = {w: math.comb(women, w) * math.comb(men, size - w) for w in cases}
    total = sum(parts.values())
    steps = [f"{w} women: C({women}, {w})*C({men}, {size - w}) = {n}" for w, n in parts.items()]
    if len(parts) > 1:
        steps.append(f"{' + '.join(map(str, parts.values()))} = {total}")
    mistakes = [math.comb(women + men, size), total - parts.get(wanted, 0)]
    return number(total, *steps, mistakes=mistakes)


def _canonical_committee(women: int, men: int, size: int, wanted: int, rule: str) -> list[object]:
    """The same, told of the men."""
    other = {"exactly": "exactly", "at least": "at most", "at most": "at least"}[rule]
    return min([women, men, size, wanted, rule], [men, women, size, size - wanted, other])


def _check_committee(women: int, men: int, size: int, wanted: int, rule: str) -> str:
    """Person by person, who is in or out."""
    ways = {(0, 0): 1}
    for is_woman in [1] * women + [0] * men:
        more = dict(ways)
        for (chosen, of_them), n in ways.items():
            place = (chosen + 1, of_them + is_woman)
            more[place] = more.get(place, 0) + n
        ways = more
    fits = {"exactly": int.__eq__, "at least": int.__ge__, "at most": int.__le__}[rule]
    return str(sum(n for (k, w), n in ways.items() if k == size and fits(w, wanted)))


def _draw_apart(rng: Random, level: int) -> Parameters:
    n = rng.randint(*((8, 12), (10, 30), (20, 60), (30, 80), (60, 200))[level - 1])
    return {"n": n, "k": rng.randint(3, 2 + level)}


def _solve_apart(n: int, k: int) -> Worked:
    ways = math.comb(n - k + 1, k)
    return number(
        ways,
        f"The {n} - {k} = {n - k} other seats leave {n - k} + 1 = {n - k + 1} gaps, ends included.",
        "Every chosen seat stands in a gap of its own.",
        f"C({n - k + 1}, {k}) = {ways}",
        mistakes=[math.comb(n, k), math.comb(n - k, k)],
        undone=[f"C({n - k + 1}, {k})"],
    )


def _check_apart(n: int, k: int) -> str:
    """Seat by seat: ways[j] = choices of j seats that end free; taken[j] = that end taken."""
    free, taken = [1] + [0] * k, [0] * (k + 1)
    for _ in range(n):
        free, taken = [f + t for f, t in zip(free, taken, strict=True)], [0, *free[:-1]]
    return str(free[k] + taken[k])


# Paths and sums


def _draw_paths(rng: Random, level: int) -> Parameters:
    """A grid with a crossing that is closed."""
    least, most = ((2, 4), (3, 7), (4, 9), (5, 12), (7, 16))[level - 1]
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


def _draw_sweets(rng: Random, level: int) -> Parameters:
    """Equal sweets to children; from level 4 with a most for each."""
    total, children = rng.randint(6 + 2 * level, 10 + 8 * level), rng.randint(3, 2 + level)
    fair = -(-total // children)
    most = rng.randint(fair + 1, max(fair + 1, total // 2)) if level > 3 else total
    return {"total": total, "children": children, "most": most}


def _shown_sweets(total: int, children: int, most: int) -> dict[str, str]:
    bound = f" and at most {most}" if most < total else ""
    return {"bound": bound, "terms": " + ".join(f"x{i + 1}" for i in range(children))}


def _solve_sweets(total: int, children: int, most: int) -> Worked:
    """Inclusion and exclusion over who has more than the most."""
    rest, gap = total - children, children - 1
    steps = [f"One for each leaves {total} - {children} = {rest} to share freely."]
    ways, terms = 0, []
    for over in range(children + 1):
        left = rest - over * most
        if left < 0:
            break
        choices = math.comb(children, over) * math.comb(left + gap, gap)
        spelt = f"C({children}, {over})*C({left + gap}, {gap})"
        steps.append(f"{over} over the most: {spelt} = {choices}")
        ways += (-1) ** over * choices
        terms.append(str(choices))
    steps.append(f"{_alternating(terms)} = {ways}")
    return number(ways, *steps, mistakes=[int(terms[0]), math.comb(total + gap, gap)])


def _check_sweets(total: int, children: int, most: int) -> str:
    """Child by child."""
    ways = [1] + [0] * total
    for _ in range(children):
        ways = [sum(ways[max(0, n - most) : n]) for n in range(total + 1)]
    return str(ways[total])


# Probabilities


def _draw_urn(rng: Random, level: int) -> Parameters:
    red, blue = rng.randint(3, 5 + 2 * level), rng.randint(3, 5 + 2 * level)
    drawn = rng.randint(2, min(2 + level, red, blue))
    return {"red": red, "blue": blue, "drawn": drawn, "wanted": rng.randint(1, drawn - 1)}


def _solve_urn(red: int, blue: int, drawn: int, wanted: int) -> Worked:
    good = math.comb(red, wanted) * math.comb(blue, drawn - wanted)
    every = math.comb(red + blue, drawn)
    chance = Fraction(good, every)
    back = Fraction(red**wanted * blue ** (drawn - wanted), (red + blue) ** drawn)
    return number(
        chance,
        f"Wanted draws: C({red}, {wanted})*C({blue}, {drawn - wanted}) = {good}",
        f"All draws: C({red + blue}, {drawn}) = {every}",
        f"The probability is {good}/{every}, in lowest terms {chance}.",
        mistakes=[1 - chance, back, back * math.comb(drawn, wanted)],
    )


def _check_urn(red: int, blue: int, drawn: int, wanted: int) -> str:
    """Ball by ball."""
    chances = {0: Fraction(1)}
    for taken in range(drawn):
        after: dict[int, Fraction] = {}
        for reds, chance in chances.items():
            hit = Fraction(red - reds, red + blue - taken)
            after[reds + 1] = after.get(reds + 1, Fraction(0)) + chance * hit
            after[reds] = after.get(reds, Fraction(0)) + chance * (1 - hit)
        chances = after
    return str(chances[wanted])


def _draw_dice(rng: Random, level: int) -> Parameters:
    dice, sides = rng.randint(2, level), rng.choice((4, 6, 8, 10, 12, 20))
    spread = dice * (sides - 1) // 4
    return {
        "dice": dice,
        "sides": sides,
        "total": rng.randint(dice + spread, dice * sides - spread),
    }


def _solve_dice(dice: int, sides: int, total: int) -> Worked:
    """Inclusion and exclusion over the dice that would show too much."""
    rest, ways, terms, steps = total - dice, 0, [], []
    for over in range(dice + 1):
        left = rest - over * sides
        if left < 0:
            break
        choices = math.comb(dice, over) * math.comb(left + dice - 1, dice - 1)
        spelt = f"C({dice}, {over})*C({left + dice - 1}, {dice - 1})"
        steps.append(f"{over} dice above {sides}: {spelt} = {choices}")
        ways += (-1) ** over * choices
        terms.append(str(choices))
    chance = Fraction(ways, sides**dice)
    steps += [f"{_alternating(terms)} = {ways}", f"{ways}/{sides}^{dice} = {chance}"]
    near = [Fraction(ways + 1, sides**dice), 1 - chance, Fraction(1, dice * sides - dice + 1)]
    return number(chance, *steps, mistakes=near)


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


def _guess_chance(rng: Random, parameters: Parameters) -> str:
    every = rng.randint(3, 60)
    return str(Fraction(rng.randint(1, every - 1), every))


_MENU = Family(
    "menu",
    (
        "A menu is one of {starters} starters, one of {mains} main dishes and one of {desserts} "
        "desserts. {fish} of the main dishes do not go with {sweet} of the desserts, and such "
        "menus are not served. How many different menus are served?",
        "A lock has three dials with {starters}, {mains} and {desserts} positions. It jams when "
        "the second dial is at one of {fish} bad positions and, at the same time, the third at "
        "one of {sweet} bad positions. How many settings do not jam?",
    ),
    _draw_menu,
    _solve_menu,
    _check_menu,
    lambda rng, p: str(rng.randint(2, p["starters"] * p["mains"] * p["desserts"])),
    key=lambda starters, mains, desserts, fish, sweet: [
        starters,
        *sorted([[mains, fish], [desserts, sweet]]),
    ],
)
_LETTERS = Family(
    "letters",
    (
        "How many different strings can be made by rearranging all the letters of {word}, "
        "{word} itself included?",
        "In how many distinguishable orders can the letters of the made-up word {word} be written?",
    ),
    _draw_letters,
    _solve_letters,
    _check_letters,
    lambda rng, p: _spread(rng, math.factorial(len(p["word"]))),
    key=lambda word: sorted(_counts(word).values()),
)
_CODE = Family(
    "code",
    (
        "A code has {length} characters, each one of {letters} letters or {digits} digits; "
        "repetition is allowed. How many codes hold at least one digit?",
        "Strings of length {length} are formed from {letters} consonants and {digits} vowels, "
        "where characters may repeat. How many of them have at least one vowel?",
    ),
    _draw_code,
    _solve_code,
    _check_code,
    lambda rng, p: _spread(rng, (p["letters"] + p["digits"]) ** p["length"]),
)
_COMMITTEE = Family(
    "committee",
    (
        "A committee of {size} is chosen from {women} women and {men} men. In how many ways can "
        "it have {rule} {wanted} women?",
        "A box holds {women} different blue books and {men} different red books. How many "
        "selections of {size} books hold {rule} {wanted} blue ones?",
    ),
    _draw_committee,
    _solve_committee,
    _check_committee,
    lambda rng, p: _spread(rng, math.comb(p["women"] + p["men"], p["size"])),
    key=_canonical_committee,
)
_APART = Family(
    "apart",
    (
        "There are {n} chairs in a row. In how many ways can {k} of them be chosen so that no "
        "two chosen chairs are next to each other?",
        "How many sets of {k} numbers from 1 to {n} hold no two consecutive numbers?",
    ),
    _draw_apart,
    _solve_apart,
    _check_apart,
    lambda rng, p: _spread(rng, math.comb(p["n"], p["k"])),
)
_PATHS = Family(
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
    lambda rng, p: _spread(rng, math.comb(p["east"] + p["north"], p["east"])),
    shown=_shown_paths,
    key=_canonical_paths,
)
_SWEETS = Family(
    "sweets",
    (
        "In how many ways can {total} identical sweets be given to {children} children, so that "
        "each gets at least 1{bound}?",
        "How many solutions in whole numbers has {terms} = {total}, where each unknown is at "
        "least 1{bound}?",
    ),
    _draw_sweets,
    _solve_sweets,
    _check_sweets,
    lambda rng, p: _spread(rng, math.comb(p["total"] - 1, p["children"] - 1)),
    shown=_shown_sweets,
)
_URN = Family(
    "urn",
    (
        "An urn holds {red} red and {blue} blue balls. {drawn} are drawn at random without "
        "putting any back. What is the probability that exactly {wanted} of them are red?",
        "From {red} apples and {blue} pears, {drawn} fruits are picked at random, all at once. "
        "What is the probability of exactly {wanted} among them being apples?",
    ),
    _draw_urn,
    _solve_urn,
    _check_urn,
    _guess_chance,
    key=lambda red, blue, drawn, wanted: min(
        [red, blue, drawn, wanted], [blue, red, drawn, drawn - wanted]
    ),
    form="the exact fraction",
)
_DICE = Family(
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
    _guess_chance,
    form="the exact fraction",
    key=lambda dice, sides, total: [dice, sides, min(total, dice * (sides + 1) - total)],
)


class Combinatorics(FamilyEnvironment):
    """The environment; one count or probability per episode."""

    id = "math/combinatorics"
    summary = "count choices, arrangements, paths and sums; exact probabilities"
    levels: ClassVar = {
        1: "products, codes, small committees, draws from an urn",
        2: "larger ones; committees with a bound, seats apart, paths",
        3: "the same with more cases, rearranged letters",
        4: "sums with upper bounds, dice, longer words",
        5: "the same with many cases of inclusion and exclusion",
    }
    chance: ClassVar = {1: 0.05, 2: 0.03, 3: 0.03, 4: 0.03, 5: 0.02}
    families: ClassVar = {
        1: (_MENU, _CODE, _COMMITTEE, _URN),
        2: (_PATHS, _CODE, _COMMITTEE, _URN, _APART),
        3: (_COMMITTEE, _PATHS, _URN, _APART, _CODE, _LETTERS),
        4: (_SWEETS, _DICE, _PATHS, _COMMITTEE, _LETTERS),
        5: (_SWEETS, _DICE, _PATHS, _COMMITTEE),
    }
