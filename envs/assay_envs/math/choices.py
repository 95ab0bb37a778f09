"""Choices: menus, codes, committees, seats apart, and draws from an urn.

Families of :mod:`assay_envs.math.combinatorics`. The worked solutions use closed formulas; the
second methods choose step by step and know none of them.
"""

from __future__ import annotations

import math
from fractions import Fraction
from random import Random

from assay_envs.math.families import Family, Parameters, Worked, number
from assay_envs.math.guesses import guess_chance, guess_count


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
    wanted = rng.randint(max(1, size - men), min(size - 1, women - 1))  # some choice has so many
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
    n = rng.randint(*{2: (10, 30), 3: (20, 60)}[level])
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


MENU = Family(
    "menu",
    (
        "A menu is one of {starters} starters, one of {mains} main dishes and one of {desserts} "
        "desserts. {fish} of the main dishes do not go with {sweet} of the desserts, and such "
        "menus are not served. How many different menus are served?",
        "A lock has three dials with {starters}, {mains} and {desserts} positions. The "
        "second dial has {fish} bad positions and the third {sweet}; the lock jams when both "
        "stand at a bad one. How many settings do not jam?",
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
CODE = Family(
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
    lambda rng, p: guess_count(rng, (p["letters"] + p["digits"]) ** p["length"]),
)
COMMITTEE = Family(
    "committee",
    (
        "A committee of {size} is chosen from {women} women and {men} men. In how many ways can "
        "the number of women on it be {rule} {wanted}?",
        "A box holds {women} different blue books and {men} different red books. In how many "
        "selections of {size} books is the number of blue ones {rule} {wanted}?",
    ),
    _draw_committee,
    _solve_committee,
    _check_committee,
    lambda rng, p: guess_count(rng, math.comb(p["women"] + p["men"], p["size"])),
    key=_canonical_committee,
)
APART = Family(
    "apart",
    (
        "There are {n} chairs in a row. In how many ways can {k} of them be chosen so that no "
        "two chosen chairs are next to each other?",
        "How many sets of {k} numbers from 1 to {n} hold no two consecutive numbers?",
    ),
    _draw_apart,
    _solve_apart,
    _check_apart,
    lambda rng, p: guess_count(rng, math.comb(p["n"], p["k"])),
)
URN = Family(
    "urn",
    (
        "An urn holds {red} red and {blue} blue balls. {drawn} are drawn at random without "
        "putting any back. What is the probability that the number of red ones among "
        "those drawn is {wanted}?",
        "From {red} apples and {blue} pears, {drawn} fruits are picked at random, all at once. "
        "What is the probability that the number of apples among them is {wanted}?",
    ),
    _draw_urn,
    _solve_urn,
    _check_urn,
    guess_chance,
    key=lambda red, blue, drawn, wanted: min(
        [red, blue, drawn, wanted], [blue, red, drawn, drawn - wanted]
    ),
    form="the exact fraction",
)
