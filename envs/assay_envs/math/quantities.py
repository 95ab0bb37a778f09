"""Quantities: arithmetic told in words — durations, averages, shares, percent, rates, interest.

Families of :mod:`assay_envs.math.arithmetic`. Each second method counts or tries what the worked
solution calculates. Amounts of money and of percent are drawn so that their decimals end.
"""

from __future__ import annotations

from dataclasses import replace
from fractions import Fraction
from random import Random

from assay_envs.math.families import BARE, Family, Parameters, Worked, number
from assay_envs.math.notation import decimal

_MINUTES = 60
_DAY = 24 * _MINUTES


def _in_decimals(worked: Worked) -> Worked:
    """The same with its answer in decimals."""
    return replace(worked, answer=decimal(Fraction(worked.answer)), alike=(worked.answer,))


def _clock(minutes: int) -> str:
    return f"{minutes // _MINUTES % 24}:{minutes % _MINUTES:02d}"


# Time


def _draw_duration(rng: Random, level: int) -> Parameters:
    """From one time of day to another, once past midnight, with breaks from level 2."""
    start, length = rng.randrange(_DAY), rng.randint(75, 900)
    pause = 0 if level == 1 else rng.randint(12, 55)
    return {"start": start, "end": start + length, "pause": pause, "pauses": min(level, 3)}


def _show_duration(start: int, end: int, pause: int, pauses: int) -> dict[str, str]:
    next_day = " the next day" if end >= _DAY else ""
    times = {1: "once", 2: "twice", 3: "three times"}[pauses]
    stops = f" On the way it stops {times} for {pause} minutes." if pause else ""
    rest = " not counting the stops" if pause else ""
    return {"from": _clock(start), "to": _clock(end) + next_day, "stops": stops, "rest": rest}


def _solve_duration(start: int, end: int, pause: int, pauses: int) -> Worked:
    whole, rest = divmod(end - start, _MINUTES)
    length = end - start
    steps = [f"From {_clock(start)} to {_clock(end)} pass {_spelt(length)}.",
             f"{whole}*{_MINUTES} + {rest} = {length}"]  # fmt: skip
    if pause:
        steps.append(f"{length} - {pauses}*{pause} = {length - pauses * pause}")
    moving = length - pauses * pause if pause else length
    mistakes = [moving + 40, 100 * whole + rest, abs(end % _DAY - start % _DAY), length + pause]
    return number(moving, *steps, mistakes=mistakes)


def _check_duration(start: int, end: int, pause: int, pauses: int) -> str:
    """Minute by minute on a clock of hours and minutes."""
    hour, minute, count = start // _MINUTES, start % _MINUTES, 0
    while (hour % 24, minute) != (end // _MINUTES % 24, end % _MINUTES) or count == 0:
        minute, count = minute + 1, count + 1
        if minute == _MINUTES:
            hour, minute = hour + 1, 0
    for _ in range(pauses if pause else 0):
        count -= pause
    return str(count)


# Averages and shares


def _draw_average(rng: Random, level: int) -> Parameters:
    """A value that brings a whole average to another whole number."""
    n = rng.randint(3, 4 + 2 * level)
    while True:
        values = [rng.randint(20, 60 + 40 * level) for _ in range(n)]
        wanted = rng.randint(30, 60 + 40 * level)
        if wanted * (n + 1) - sum(values) > 0:
            return {"values": values, "wanted": wanted}


def _show_average(values: list[int], wanted: int) -> dict[str, str]:
    listed = ", ".join(map(str, values[:-1]))
    return {"listed": f"{listed} and {values[-1]}", "n": str(len(values)),
            "more": str(len(values) + 1)}  # fmt: skip


def _solve_average(values: list[int], wanted: int) -> Worked:
    total, more = sum(values), len(values) + 1
    return number(
        wanted * more - total,
        f"{' + '.join(map(str, values))} = {total}",
        f"{more}*{wanted} = {more * wanted}",
        f"{more * wanted} - {total} = {wanted * more - total}",
        mistakes=[wanted * len(values) - total, 2 * wanted - values[-1], wanted],
    )


def _check_average(values: list[int], wanted: int) -> str:
    """The one value whose difference from the average makes up for all others'."""
    return str(wanted - sum(value - wanted for value in values))


def _draw_share(rng: Random, level: int) -> Parameters:
    parts = [rng.randint(2, 7 + 3 * level) for _ in range(2 if level == 1 else 3)]
    if len(set(parts)) < len(parts):
        return _draw_share(rng, level)
    total = sum(parts) * rng.randint(4, 12 * level + 8)
    return {"parts": parts, "total": total, "of": rng.randrange(len(parts))}


def _show_share(parts: list[int], total: int, of: int) -> dict[str, str]:
    who = ["Ada", "Ben", "Cem"][: len(parts)]
    names = f"{', '.join(who[:-1])} and {who[-1]}"
    return {"ratio": " : ".join(map(str, parts)), "names": names, "who": who[of],
            "place": ("first", "second", "third")[of]}  # fmt: skip


def _solve_share(parts: list[int], total: int, of: int) -> Worked:
    every = sum(parts)
    one, share = total // every, total // every * parts[of]
    return number(
        share,
        f"{' + '.join(map(str, parts))} = {every}",
        f"{total}/{every} = {one}",
        f"{parts[of]}*{one} = {share}",
        mistakes=[one, total - share, Fraction(total, parts[of])],
    )


def _check_share(parts: list[int], total: int, of: int) -> str:
    """Dealt out round by round."""
    shares = [0] * len(parts)
    while sum(shares) < total:
        shares = [share + part for share, part in zip(shares, parts, strict=True)]
    return str(shares[of])


# Percent


def _draw_percent(rng: Random, level: int) -> Parameters:
    """One change at level 1, two at level 2, three above."""
    changes = [rng.choice((1, -1)) * rng.choice(range(4, 64, 2 if level < 3 else 1))
               for _ in range(min(level, 3))]  # fmt: skip
    return {"price": 10 * rng.randint(6, 40 * level), "changes": changes}


def _told(changes: list[int]) -> str:
    """``rises by 20% and then falls by 5%``."""
    return " and then ".join(f"{'rises' if c > 0 else 'falls'} by {abs(c)}%" for c in changes)


def _show_percent(price: int, changes: list[int]) -> dict[str, str]:
    return {"told": _told(changes)}


def _solve_percent(price: int, changes: list[int]) -> Worked:
    value, steps = Fraction(price), []
    for change in changes:
        part = value * abs(change) / 100
        after = value + part if change > 0 else value - part
        sign = "+" if change > 0 else "-"
        steps.append(f"{decimal(value)}*{abs(change)}/100 = {decimal(part)}")
        steps.append(f"{decimal(value)} {sign} {decimal(part)} = {decimal(after)}")
        value = after
    together = price * (1 + Fraction(sum(changes), 100))
    turned = price * (1 - Fraction(changes[0], 100))
    return _in_decimals(number(value, *steps, mistakes=[together, turned, price]))


def _check_percent(price: int, changes: list[int]) -> str:
    """In hundredths of hundredths, by whole numbers only."""
    above = price
    for change in changes:
        above *= 100 + change
    return str(Fraction(above, 100 ** len(changes)))


def _draw_before(rng: Random, level: int) -> Parameters:
    """The price before two changes, or three from level 4; its decimals end."""
    changes = [rng.choice((1, -1)) * rng.randint(3, 60) for _ in range(2 if level < 4 else 3)]
    return {"price": 5 * rng.randint(10, 100 * level), "changes": changes}


def _show_before(price: int, changes: list[int]) -> dict[str, str]:
    return {"told": _told(changes), "after": decimal(Fraction(_check_percent(price, changes)))}


def _solve_before(price: int, changes: list[int]) -> Worked:
    value, steps = Fraction(_check_percent(price, changes)), []
    after = value
    for change in reversed(changes):
        before = value / (1 + Fraction(change, 100))
        rate = decimal(1 + Fraction(change, 100))
        steps.append(f"{decimal(value)}/{rate} = {decimal(before)}")
        value = before
    back = after
    for change in reversed(changes):
        back *= 1 - Fraction(change, 100)
    return number(price, *steps, mistakes=[back, after])


def _check_before(price: int, changes: list[int]) -> str:
    """From what a price of 100 becomes, in proportion."""
    shown = Fraction(_show_before(price, changes)["after"])
    return str(100 * shown / Fraction(_check_percent(100, changes)))


def _draw_interest(rng: Random, level: int) -> Parameters:
    return {
        "capital": 1_000 * rng.randint(2, 60),
        "rate": rng.randint(2, 12),
        "years": rng.randint(2, 3) if level < 5 else rng.randint(3, 4),
        "deposit": 0 if level < 5 else 100 * rng.randint(2, 30),
    }


def _show_interest(capital: int, rate: int, years: int, deposit: int) -> dict[str, str]:
    more = (
        f" At the end of each year, after the interest, {deposit} are paid in." if deposit else ""
    )
    return {"more": more}


def _solve_interest(capital: int, rate: int, years: int, deposit: int) -> Worked:
    value, steps = Fraction(capital), []
    for _ in range(years):
        after = value * (100 + rate) / 100
        steps.append(f"{decimal(value)}*{decimal(Fraction(100 + rate, 100))} = {decimal(after)}")
        if deposit:
            steps.append(f"{decimal(after)} + {deposit} = {decimal(after + deposit)}")
        value = after + deposit
    simple = capital + Fraction(capital * rate * years, 100) + deposit * years
    return _in_decimals(number(value, *steps, mistakes=[simple, value - deposit, value - capital]))


def _check_interest(capital: int, rate: int, years: int, deposit: int) -> str:
    """By the closed formulas."""
    growth = Fraction(100 + rate, 100) ** years
    paid = deposit * (growth - 1) / Fraction(rate, 100)
    return str(capital * growth + paid)


# Rates


def _draw_machines(rng: Random, level: int) -> Parameters:
    """Work done is machines times hours times parts of one machine in one hour."""
    machines, hours, others = (rng.randint(2, 5 + 3 * level) for _ in range(3))
    pace, more = rng.randint(2, 12), rng.randint(2, 15)
    if others == machines or more == hours:
        return _draw_machines(rng, level)
    return {"machines": machines, "hours": hours, "made": machines * hours * pace,
            "others": others, "more": more}  # fmt: skip


def _solve_machines(machines: int, hours: int, made: int, others: int, more: int) -> Worked:
    pace = Fraction(made, machines * hours)
    return number(
        pace * others * more,
        f"{machines}*{hours} = {machines * hours}",
        f"{made}/{machines * hours} = {pace}",
        f"{pace}*{others}*{more} = {pace * others * more}",
        mistakes=[
            Fraction(made * others, machines),
            Fraction(made * others * hours, machines * more),
            Fraction(made * machines * more, others * hours),
        ],
    )


def _check_machines(machines: int, hours: int, made: int, others: int, more: int) -> str:
    """Proportion by proportion: first the machines, then the hours."""
    return str(Fraction(made) / machines * others / hours * more)


def _draw_speed(rng: Random, level: int) -> Parameters:
    """Two stretches at two speeds; from level 3 the average speed is asked for."""
    speeds = rng.sample(range(20, 140, 4), 2)
    minutes = [rng.randrange(15, 60 + 60 * level, 15) for _ in range(2)]
    return {"speeds": speeds, "minutes": minutes, "average": level > 2}


def _show_speed(speeds: list[int], minutes: list[int], average: bool) -> dict[str, str]:
    asked = "What is its average speed over the whole way, in km/h?" if average else (
        "How many kilometres does it go altogether?")  # fmt: skip
    first, second = (_spelt(each) for each in minutes)
    return {"u": str(speeds[0]), "v": str(speeds[1]), "first": first, "second": second,
            "asked": asked}  # fmt: skip


def _spelt(minutes: int) -> str:
    hours, rest = divmod(minutes, _MINUTES)
    parts = [f"{hours} h"] * (hours > 0) + [f"{rest} min"] * (rest > 0)
    return " ".join(parts)


def _solve_speed(speeds: list[int], minutes: list[int], average: bool) -> Worked:
    ways = [Fraction(u * m, _MINUTES) for u, m in zip(speeds, minutes, strict=True)]
    steps = [f"{u}*{m}/{_MINUTES} = {way}"
             for u, m, way in zip(speeds, minutes, ways, strict=True)]  # fmt: skip
    total, time = sum(ways, Fraction(0)), Fraction(sum(minutes), _MINUTES)
    steps.append(f"{ways[0]} + {ways[1]} = {total}")
    if not average:
        return number(total, *steps, mistakes=[total * _MINUTES, Fraction(sum(speeds), 2) * time])
    steps.append(f"({minutes[0]} + {minutes[1]})/{_MINUTES} = {time}")
    steps.append(f"({total})/({time}) = {total / time}")
    return number(total / time, *steps, mistakes=[Fraction(sum(speeds), 2), total])


def _check_speed(speeds: list[int], minutes: list[int], average: bool) -> str:
    """In steps of a minute, a sixtieth of the speed each."""
    way = sum((Fraction(u, _MINUTES) for u, m in zip(speeds, minutes, strict=True)
               for _ in range(m)), Fraction(0))  # fmt: skip
    return str(way * _MINUTES / sum(minutes) if average else way)


DURATION = Family(
    "duration",
    (
        "A train leaves at {from} and arrives at {to}.{stops} How many minutes does it travel,"
        "{rest} by the 24-hour clock?",
        "A bus sets out at {from} and reaches its end at {to} (24-hour clock).{stops} How many "
        "minutes is it on the road{rest}?",
    ),
    _draw_duration, _solve_duration, _check_duration,
    lambda rng, p: str(rng.randint(60, 900)), shown=_show_duration,
    key=lambda start, end, pause, pauses: [start, end, pause * pauses],
    form=BARE,
)  # fmt: skip
AVERAGE = Family(
    "average",
    (
        "The numbers {listed} are given. Which number must be added to the list so that the "
        "average of all {more} numbers is {wanted}?",
        "In {n} tests someone scored {listed} points. How many points are needed in the next test "
        "for an average of {wanted}?",
    ),
    _draw_average, _solve_average, _check_average,
    lambda rng, p: str(rng.randint(1, 4 * p["wanted"])), shown=_show_average,
    key=lambda values, wanted: [sorted(values), wanted],
)  # fmt: skip
SHARE = Family(
    "share",
    (
        "{names} share {total} euros in the ratio {ratio}. How many euros does {who} get?",
        "A mixture weighs {total} g; its ingredients are in the ratio {ratio}. How many grams of "
        "the {place} ingredient does it hold?",
    ),
    _draw_share, _solve_share, _check_share,
    lambda rng, p: str(rng.randint(1, p["total"] - 1)), shown=_show_share,
    key=lambda parts, total, of: [parts[of], sorted(parts), total],
    form=BARE,
)  # fmt: skip
PERCENT = Family(
    "percent",
    (
        "A price of {price} euros {told}. What is the price then? Do not round.",
        "A quantity of {price} {told}. What does it come to, exactly?",
    ),
    _draw_percent, _solve_percent, _check_percent,
    lambda rng, p: str(rng.randint(p["price"] // 2, 2 * p["price"])), shown=_show_percent,
    key=lambda price, changes: [price, sorted(changes)],
    form=BARE,
)  # fmt: skip
BEFORE = Family(
    "before",
    (
        "A price {told}. After that it is {after} euros. What was it before?",
        "A quantity {told} and comes to {after}. What was it at first?",
    ),
    _draw_before, _solve_before, _check_before,
    lambda rng, p: str(5 * rng.randint(5, 300)), shown=_show_before,
    key=lambda price, changes: [price, sorted(changes)],
    form=BARE,
)  # fmt: skip
INTEREST = Family(
    "interest",
    (
        "{capital} euros bear {rate}% interest a year, and the interest is added every year.{more} "
        "How many euros are there after {years} years? Do not round.",
        "An account holds {capital} euros and grows by {rate}% each year.{more} What does it hold "
        "after {years} years, exactly?",
    ),
    _draw_interest, _solve_interest, _check_interest,
    lambda rng, p: str(rng.randint(p["capital"], 2 * p["capital"])), shown=_show_interest,
    form=BARE,
)  # fmt: skip
MACHINES = Family(
    "machines",
    (
        "{machines} machines make {made} parts in {hours} hours. How many parts do {others} such "
        "machines make in {more} hours?",
        "{machines} printers print {made} pages in {hours} minutes. How many pages do {others} "
        "printers of that kind print in {more} minutes?",
    ),
    _draw_machines, _solve_machines, _check_machines,
    lambda rng, p: str(rng.randint(10, 3 * p["made"])),
)  # fmt: skip
SPEED = Family(
    "speed",
    (
        "A car drives for {first} at {u} km/h and then for {second} at {v} km/h. {asked}",
        "A train goes at {u} km/h for {first}, then at {v} km/h for {second}. {asked}",
    ),
    _draw_speed, _solve_speed, _check_speed,
    lambda rng, p: str(rng.randint(20, 300)), shown=_show_speed,
    key=lambda speeds, minutes, average: [sorted(zip(speeds, minutes, strict=True)), average],
    form=BARE,
)  # fmt: skip
