"""Stories: problems in words that lead to equations — rates, mixtures, ages, tickets, rectangles.

Families of :mod:`assay_envs.math.algebra`. The worked solutions set up an equation; the second
methods try every answer in reach, or follow the story itself.
"""

from __future__ import annotations

from fractions import Fraction
from random import Random

from assay_envs.math.families import BARE, Family, Parameters, Worked, number, numbers
from assay_envs.math.notation import bracketed, decimal, polynomial


def _draw_meeting(rng: Random, level: int) -> Parameters:
    """Two set out towards each other, the second one later from level 3."""
    u, v = rng.sample(range(20, 130, 2 if level > 2 else 5), 2)
    head = 0 if level < 3 else rng.choice((15, 20, 30, 40, 45))
    way = rng.randint(60, 120 * level)
    if way * 60 <= u * head:
        return _draw_meeting(rng, level)
    return {"u": u, "v": v, "way": way, "head": head}


def _show_meeting(u: int, v: int, way: int, head: int) -> dict[str, str]:
    later = f" {head} minutes later," if head else " at the same time"
    return {"later": later.strip(","), "comma": later}


def _solve_meeting(u: int, v: int, way: int, head: int) -> Worked:
    before = Fraction(u * head, 60)
    left = way - before
    time = left / (u + v)
    where = before + u * time
    steps = [f"{u}*{head}/60 = {before}", f"{way} - {before} = {left}"] if head else []
    steps += [
        f"{u} + {v} = {u + v}",
        f"{bracketed(left)}/{u + v} = {time}",
        f"{before} + {u}*{bracketed(time)} = {where}",
    ]
    return number(where, *steps, mistakes=[way - where, u * time, Fraction(way, 2), time])


def _check_meeting(u: int, v: int, way: int, head: int) -> str:
    """Their distance as a linear function of the hours, from two of its values."""

    def apart(hours: int) -> Fraction:
        return way - Fraction(u * head, 60) - u * hours - v * hours

    hours = apart(0) / (apart(0) - apart(1))
    return str(way - v * hours)


def _draw_mixture(rng: Random, level: int) -> Parameters:
    low, goal, high = sorted(rng.sample(range(5, 96, 5 if level < 3 else 1), 3))
    given, added = rng.choice(((low, high), (high, low)))
    return {"amount": rng.randint(2, 12 + 10 * level), "given": given, "added": added, "goal": goal}


def _solve_mixture(amount: int, given: int, added: int, goal: int) -> Worked:
    lacking, over = amount * abs(goal - given), abs(added - goal)
    x = Fraction(lacking, over)
    steps = [
        f"{given}*{amount} + {added}x = {goal}*({amount} + x)",
        f"{amount}*({max(goal, given)} - {min(goal, given)}) = {lacking}",
        f"{max(added, goal)} - {min(added, goal)} = {over}",
        f"{lacking}/{over} = {x}",
    ]
    mistakes = [x + amount, Fraction(amount * over, abs(goal - given)), Fraction(amount)]
    return number(x, *steps, mistakes=mistakes)


def _check_mixture(amount: int, given: int, added: int, goal: int) -> str:
    """What is missing of the pure substance, as a linear function of what is added."""

    def missing(x: int) -> Fraction:
        return Fraction(goal * (amount + x) - given * amount - added * x, 100)

    return str(missing(0) / (missing(0) - missing(1)))


def _draw_together(rng: Random, level: int) -> Parameters:
    """Two pipes fill; from level 4 a drain empties, more slowly than they fill."""
    a, b = rng.sample(range(2, 12 + 4 * level), 2)
    drain = 0 if level < 4 else rng.randint(max(a, b), 60)
    return {"a": a, "b": b, "drain": drain}


def _show_together(a: int, b: int, drain: int) -> dict[str, str]:
    pipe = f", while an open drain would empty the full tank in {drain} hours" if drain else ""
    helper = f", while a third undoes all of it in {drain} hours" if drain else ""
    return {"drain": pipe, "third": helper}


def _solve_together(a: int, b: int, drain: int) -> Worked:
    rate = Fraction(1, a) + Fraction(1, b) - (Fraction(1, drain) if drain else 0)
    less = f" - 1/{drain}" if drain else ""
    steps = [f"1/{a} + 1/{b}{less} = {rate}", f"1/({rate}) = {1 / rate}"]
    mistakes = [Fraction(a + b, 2), rate, Fraction(a * b, a + b) if drain else a + b]
    return number(1 / rate, *steps, mistakes=mistakes)


def _check_together(a: int, b: int, drain: int) -> str:
    """Tanks filled in a whole number of hours: hours per tank."""
    hours = a * b * (drain or 1)
    tanks = hours // a + hours // b - (hours // drain if drain else 0)
    return str(Fraction(hours, tanks))


def _draw_ages(rng: Random, level: int) -> Parameters:
    """The elder is m times as old now and n times in some years, m > n."""
    while True:
        younger, years = rng.randint(2, 12 + 6 * level), rng.randint(2, 30)
        m = rng.randint(3, 9)
        elder = m * younger
        if elder > 90 or (elder + years) % (younger + years):
            continue
        n = (elder + years) // (younger + years)
        if 1 < n < m:
            return {"m": m, "n": n, "years": years}


def _solve_ages(m: int, n: int, years: int) -> Worked:
    younger = years * (n - 1) // (m - n)
    steps = [
        f"{m}y + {years} = {n}*(y + {years})",
        f"{m - n}y = {n}*{years} - {years}",
        f"{n}*{years} - {years} = {n * years - years}",
        f"{n * years - years}/{m - n} = {younger}",
        f"{m}*{younger} = {m * younger}",
    ]
    return number(m * younger, *steps, mistakes=[younger, m * younger + years])


def _check_ages(m: int, n: int, years: int) -> str:
    fits = (y for y in range(1, 200) if m * y + years == n * (y + years))
    return str(m * next(fits))


def _draw_tickets(rng: Random, level: int) -> Parameters:
    """How many of two kinds, from their number and their price."""
    dear, cheap = rng.randint(6, 20), rng.randint(2, 5)
    first, second = rng.randint(5, 30 * level), rng.randint(5, 30 * level)
    return {"dear": dear, "cheap": cheap, "count": first + second,
            "total": dear * first + cheap * second}  # fmt: skip


def _solve_tickets(dear: int, cheap: int, count: int, total: int) -> Worked:
    first = (total - cheap * count) // (dear - cheap)
    steps = [
        f"All cheap: {cheap}*{count} = {cheap * count}",
        f"{total} - {cheap * count} = {total - cheap * count}",
        f"{dear} - {cheap} = {dear - cheap}",
        f"{total - cheap * count}/{dear - cheap} = {first}",
    ]
    return number(first, *steps, mistakes=[count - first, Fraction(total, dear)])


def _check_tickets(dear: int, cheap: int, count: int, total: int) -> str:
    fits = (n for n in range(count + 1) if dear * n + cheap * (count - n) == total)
    return str(next(fits))


def _draw_rectangle(rng: Random, level: int) -> Parameters:
    """Sides from area and circumference; they have half units from level 4."""
    unit = 1 if level < 4 else 2
    short, long = sorted(Fraction(rng.randint(3, 15 * level), unit) for _ in range(2))
    if short == long:
        return _draw_rectangle(rng, level)
    return {"around": decimal(2 * (short + long)), "area": decimal(short * long)}


def _solve_rectangle(around: str, area: str) -> Worked:
    half, size = Fraction(around) / 2, Fraction(area)
    value = half**2 - 4 * size
    root = Fraction(*(int(n**0.5 + 0.5) for n in (value.numerator, value.denominator)))
    short, long = (half - root) / 2, (half + root) / 2
    steps = [
        f"{around}/2 = {half}",
        f"{polynomial([1, -half, size])} = 0",
        f"{bracketed(half)}^2 - 4*{bracketed(size)} = {value}",
        f"{bracketed(root)}^2 = {value}",
        f"({half} + {root})/2 = {long}",
        f"({half} - {root})/2 = {short}",
    ]
    return numbers([short, long], *steps, alike=[f"({decimal(short)}, {decimal(long)})"])


def _check_rectangle(around: str, area: str) -> str:
    """Every half unit is tried."""
    sides = (Fraction(n, 2) for n in range(1, 2 * int(Fraction(around))))
    short = next(x for x in sides if x * (Fraction(around) / 2 - x) == Fraction(area))
    return f"({short}, {Fraction(around) / 2 - short})"


def _guess_sides(rng: Random, parameters: Parameters) -> str:
    half = int(Fraction(parameters["around"]) / 2)
    short = rng.randint(1, max(1, half // 2))
    return f"({short}, {half - short})"


MEETING = Family(
    "meeting",
    (
        "A and B are {way} km apart. A train leaves A for B at {u} km/h, and a train leaves B for "
        "A{later} at {v} km/h. How many kilometres from A do they meet?",
        "From one end of a road of {way} km a car sets out at {u} km/h. From the other end, a "
        "second car sets out{comma} at {v} km/h towards it. How many kilometres has the first car "
        "gone when they meet?",
    ),
    _draw_meeting, _solve_meeting, _check_meeting,
    lambda rng, p: str(Fraction(rng.randint(1, 4 * p["way"]), 4)), shown=_show_meeting,
    form=BARE,
)  # fmt: skip
MIXTURE = Family(
    "mixture",
    (
        "How many litres of a {added}% solution must be added to {amount} litres of a {given}% "
        "solution to get a {goal}% solution?",
        "{amount} kg of an alloy hold {given}% silver. How many kg of an alloy with {added}% silver"
        " must be melted in, so that the whole holds {goal}% silver?",
    ),
    _draw_mixture, _solve_mixture, _check_mixture,
    lambda rng, p: f"{rng.randint(1, 10 * p['amount'])}/{rng.randint(1, 20)}",
    form=BARE,
)  # fmt: skip
TOGETHER = Family(
    "together",
    (
        "One pipe fills a tank in {a} hours, another in {b} hours{drain}. How many hours does it "
        "take when all are open at once and the tank is empty at first?",
        "One worker does a job in {a} hours, another in {b} hours{third}. How many hours does the "
        "job take if all work at the same time?",
    ),
    _draw_together, _solve_together, _check_together,
    lambda rng, p: f"{rng.randint(1, p['a'] * p['b'])}/{rng.randint(1, 40)}",
    shown=_show_together,
    key=lambda a, b, drain: [*sorted((a, b)), drain],
    form=BARE,
)  # fmt: skip
AGES = Family(
    "ages",
    (
        "A mother is {m} times as old as her child. In {years} years she will be {n} times as old "
        "as the child. How old is the mother now?",
        "A tree is {m} times as old as a second one; {years} years from now it will be {n} times "
        "as old as that one. What is the age of the older tree now, in years?",
    ),
    _draw_ages, _solve_ages, _check_ages, lambda rng, p: str(p["m"] * rng.randint(1, 30)),
    form=BARE,
)  # fmt: skip
TICKETS = Family(
    "tickets",
    (
        "{count} tickets were sold for {total} euros. Adults paid {dear} euros each and children "
        "{cheap} euros. How many adults were there?",
        "A box holds {count} screws of two kinds, {total} g in all. One kind weighs {dear} g "
        "apiece, the other {cheap} g. How many of the heavier kind are in the box?",
    ),
    _draw_tickets, _solve_tickets, _check_tickets,
    lambda rng, p: str(rng.randint(1, p["count"] - 1)),
)  # fmt: skip
RECTANGLE = Family(
    "rectangle",
    (
        "A rectangle has the area {area} and the circumference {around}. What are the lengths of "
        "its sides?",
        "A field in the form of a rectangle covers {area} square units; the fence around it is "
        "{around} units long. How long are its sides?",
    ),
    _draw_rectangle, _solve_rectangle, _check_rectangle, _guess_sides,
    form="the pair (shorter side, longer side)",
)  # fmt: skip
