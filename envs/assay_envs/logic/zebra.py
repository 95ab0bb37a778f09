"""Zebra puzzle: who lives in which house with what, from clues about the row of houses.

Rules: n houses in a row, m attributes; every value of an attribute belongs to exactly one house.
The answer is the full table: a single name could be guessed, a table cannot.

Generator: a table is drawn, true clues are added until a solver finds it, then every clue that it
can do without is taken out. The solver keeps one bit mask of possible houses per value and narrows
them by clues and by "every house has one value", which proves uniqueness: levels 1–4 need nothing
more, level 5 is unique (by complete search) but needs suppositions. Trivial policies that fail:
the values in the order listed, and in reverse. Duplicate key: the clues in terms of houses, up to
the order of attributes, so that renaming changes nothing.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from itertools import chain, permutations
from random import Random
from typing import Any, ClassVar, NamedTuple, TypeAlias

from assay_datasets import Json, Task, derive_random
from assay_envs.drawing import grid
from assay_envs.environment import CertificateError, SingleTurn
from assay_envs.logic.assignment import Contradiction, answer_lines, put
from assay_envs.logic.canonical import canonical
from assay_envs.logic.grid_puzzle import whole_number
from assay_verifiers import Verdict, Verifier

Clue: TypeAlias = list[Any]
"""``[kind, x, y]``: values are numbered ``attribute * n + i``; ``at`` has a house 0… as y, ``end``
has no y. In a generated puzzle i is the house where the value belongs."""


class _Attribute(NamedTuple):
    """A kind of property and how English speaks of it."""

    name: str
    values: tuple[str, ...]
    subject: str
    does: str
    does_not: str


ATTRIBUTES = (
    _Attribute(
        "name",
        ("Ada", "Ben", "Cleo", "Dora", "Emil", "Fay", "Gus", "Hana", "Ivo", "June", "Kai", "Lena"),
        "{}", "is {}", "is not {}",
    ),
    _Attribute(
        "colour",
        ("red", "green", "blue", "yellow", "white", "purple", "orange", "pink", "grey", "brown"),
        "the person in the {} house", "lives in the {} house", "does not live in the {} house",
    ),
    _Attribute(
        "drink",
        ("tea", "coffee", "milk", "juice", "water", "cocoa", "lemonade", "cider", "mate"),
        "the person who drinks {}", "drinks {}", "does not drink {}",
    ),
    _Attribute(
        "pet",
        ("cat", "dog", "horse", "parrot", "rabbit", "hamster", "turtle", "goldfish", "zebra"),
        "the owner of the {}", "keeps the {}", "does not keep the {}",
    ),
    _Attribute(
        "job",
        ("baker", "doctor", "pilot", "teacher", "farmer", "nurse", "lawyer", "tailor", "chemist"),
        "the {}", "is the {}", "is not the {}",
    ),
    _Attribute(
        "hobby",
        ("chess", "gardening", "fishing", "cycling", "pottery", "sailing", "dancing", "knitting"),
        "the person who enjoys {}", "enjoys {}", "does not enjoy {}",
    ),
    _Attribute(
        "instrument",
        ("violin", "piano", "flute", "drums", "cello", "guitar", "trumpet", "harp", "oboe"),
        "the person who plays the {}", "plays the {}", "does not play the {}",
    ),
)  # fmt: skip
_LETTER_WORDS = ("house", "houses", "number", "no", "color", "person", "attribute")
_SMALL = frozenset(chain(_LETTER_WORDS, (attribute.name for attribute in ATTRIBUTES)))


@dataclass(frozen=True)
class _Level:
    """Size, the kinds of clues with their weights, and whether deductions alone must do."""

    houses: int
    attributes: int
    kinds: tuple[tuple[str, float], ...]
    suppositions: bool = False


_EASY = (("same", 4.0), ("at", 2.0), ("left", 2.0), ("next", 1.0), ("end", 0.5))
_MIXED = (("same", 4.0), ("at", 0.7), ("left", 2.0), ("next", 2.0), ("before", 1.5), ("apart", 1.5),
          ("end", 0.5), ("gap", 0.7))  # fmt: skip
_HARD = (("same", 3.0), ("left", 1.5), ("next", 2.5), ("before", 2.0), ("apart", 2.5), ("at", 0.3),
         ("end", 0.4), ("gap", 1.2))  # fmt: skip
_LEVELS = {
    1: _Level(3, 3, _EASY),
    2: _Level(4, 3, _EASY),
    3: _Level(4, 4, _MIXED),
    4: _Level(5, 4, _MIXED),
    5: _Level(5, 5, _HARD, suppositions=True),
}


class ZebraVerifier(Verifier):
    """Judges a full table; ``answer`` is ``{"houses": [["Ada", "red", …], …]}``, left to right.

    A line a house, a table with houses as rows or as columns, and JSON are read alike; see
    ``assignment`` for which lines count. Every value must be given, and none in two houses.
    """

    name = "logic/zebra"
    summary = "the full table of a zebra puzzle"

    def check(self, response: str, answer: Json, **options: Json) -> Verdict:
        try:
            gold = {
                str(value).casefold(): str(house)
                for house, values in enumerate(answer["houses"], start=1)
                for value in values
            }
            columns = [
                {str(v).casefold() for v in column}
                for column in zip(*answer["houses"], strict=True)
            ]
        except (TypeError, KeyError, ValueError):
            return Verdict.undecided("bad_gold")
        try:
            given = _read(response, gold, columns, len(answer["houses"]))
        except Contradiction as error:
            return Verdict.incorrect("rule_broken", error=str(error))
        if not given:
            return Verdict.incorrect("no_answer")
        if missing := [value for value in gold if value not in given]:
            return Verdict.incorrect("malformed", missing=missing)
        wrong = sum(given[value] != gold[value] for value in gold)
        return Verdict.incorrect("mismatch", wrong=wrong) if wrong else Verdict.correct()


def _read(response: str, values: dict[str, str], columns: list[set[str]], n: int) -> dict[str, str]:
    """The house that the response gives each value; ``Contradiction`` where it gives two."""
    given: dict[str, str] = {}
    numbers = {str(house) for house in range(1, n + 1)}
    house = ""
    for line in answer_lines(response, numbers | values.keys(), small=_SMALL):
        found = [word for word in line if word not in numbers]
        if len(found) == len(line) == n and any(set(found) == column for column in columns):
            for place, value in enumerate(found, start=1):  # one attribute, all houses
                put(given, value, str(place))
            continue
        named = [word for word in line if word in numbers]
        if len(named) == 1:  # wherever in the line the number stands
            house, line = named[0], found
        for word in line:
            if word in numbers:
                house = word
            elif house:
                put(given, word, house)
    return given


class Zebra(SingleTurn):
    """The environment; one table per episode.

    Finer parameters of ``generate``: ``houses`` (3–6) and ``attributes`` (2–7).
    """

    id = "logic/zebra"
    summary = "who lives where with what, from clues about a row of houses"
    levels: ClassVar = {
        1: "3 houses, 3 attributes, direct clues",
        2: "4 houses, 3 attributes, direct clues",
        3: "4 houses, 4 attributes, all kinds of clues",
        4: "5 houses, 4 attributes, all kinds of clues",
        5: "5 houses, 5 attributes, indirect clues that need suppositions",
    }
    chance: ClassVar = {1: 0.03, 2: 0.01, 3: 0.005, 4: 0.005, 5: 0.005}
    measure = "clues that a solver consults, in order and again, until the table is full"

    def __init__(self) -> None:
        super().__init__(ZebraVerifier())

    def generate(
        self,
        seed: int,
        difficulty: int,
        *,
        houses: int | None = None,
        attributes: int | None = None,
    ) -> Task:
        level = _LEVELS[self.check_level(difficulty)]
        n = whole_number("houses", level.houses if houses is None else houses, 3, 6)
        m = whole_number("attributes", level.attributes if attributes is None else attributes, 2, 7)
        rng = derive_random(self.id, difficulty, seed)
        clues, consulted = _clues(rng, n, m, level)
        chosen = [ATTRIBUTES[0], *rng.sample(ATTRIBUTES[1:], m - 1)]
        table = [rng.sample(attribute.values, n) for attribute in chosen]
        said = [_sentence(rng, chosen, table, n, clue) for clue in clues]
        return Task(
            env=self.id,
            prompt=({"role": "user", "content": _prompt(chosen, table, said)},),
            answer={"houses": [list(row) for row in zip(*table, strict=True)]},
            verifier=self.id,
            metadata={
                "domain": "logic",
                "difficulty": difficulty,
                "seed": seed,
                "duplicate_key": f"{self.id}:{n}x{m}:{structure(clues, n, m)}",
                "certificate": {
                    "clues": [_named(table, clue) for clue in clues],
                    "attributes": [attribute.name for attribute in chosen],
                },
                "measured": float(consulted),
            },
        )

    def oracle(self, task: Task) -> str:
        return _lines(task.answer["houses"])

    def solution(self, task: Task) -> str:
        """What each clue rules out, suppositions that end in a contradiction, the table."""
        houses = task.answer["houses"]
        columns = list(zip(*houses, strict=True))
        clues = [_numbered(columns, clue) for clue in task.metadata["certificate"]["clues"]]
        proof = _Proof(houses, clues)
        return "<think>" + "\n".join(proof.lines()) + f"</think>{self.oracle(task)}"

    def render(self, task: Task) -> str:
        """The prompt, and the table still to be filled."""
        houses = task.answer["houses"]
        names = task.metadata["certificate"]["attributes"]
        width = max(map(len, names))
        rows = [f"{'house':>{width}} │ " + " │ ".join(f"{h:^9}" for h in range(1, len(houses) + 1))]
        rows += [f"{name:>{width}} │ " + " │ ".join([" " * 9] * len(houses)) for name in names]
        return super().render(task) + "\n\n" + "\n".join(rows)

    def svg(self, task: Task) -> str:
        """The row of houses with the values to be placed beside it."""
        names = task.metadata["certificate"]["attributes"]
        head = ["", *(str(house) for house in range(1, len(task.answer["houses"]) + 1))]
        cells = [head, *([name, *[""] * (len(head) - 1)] for name in names)]
        return grid(cells, cell=76).svg("Zebra puzzle")

    def equivalents(self, task: Task) -> Iterator[str]:
        houses, names = task.answer["houses"], task.metadata["certificate"]["attributes"]
        rows = [dict(zip(names, values, strict=True)) for values in houses]
        text = {
            place: ", ".join(f'"{k}": "{v}"' for k, v in row.items())
            for place, row in enumerate(rows, 1)
        }
        yield "{" + ", ".join(f'"{place}": {{{row}}}' for place, row in text.items()) + "}"
        yield (
            "[\n"
            + ",\n".join(f'  {{"house": {place}, {row}}}' for place, row in text.items())
            + "\n]"
        )
        head = " | ".join(["House", *names])
        body = "\n".join(f"| {place} | {' | '.join(v)} |" for place, v in enumerate(houses, 1))
        yield f"| {head} |\n|{'---|' * (len(names) + 1)}\n{body}"
        yield "\n".join(
            f"- **{name.title()}**: {', '.join(column)}"
            for name, column in zip(names, zip(*houses, strict=True), strict=True)
        )
        yield _lines([list(reversed(values)) for values in houses])

    def near_misses(self, task: Task) -> Iterator[str]:
        """Two values swapped, one left out, one in two houses, two houses swapped."""
        houses: list[list[str]] = task.answer["houses"]
        for attribute in range(len(houses[0])):
            swapped = [list(values) for values in houses]
            swapped[0][attribute], swapped[1][attribute] = (
                houses[1][attribute],
                houses[0][attribute],
            )
            yield _lines(swapped)
        yield _lines([houses[0][:-1], *houses[1:]])
        yield _lines(houses) + f"\nHouse 1: {houses[1][0]}"
        yield _lines([houses[-1], *houses[1:-1], houses[0]])
        yield ", ".join(houses[0])

    def guess(self, task: Task, rng: Random) -> str:
        columns = [sorted(column) for column in zip(*task.answer["houses"], strict=True)]
        for column in columns:
            rng.shuffle(column)
        return _lines([list(row) for row in zip(*columns, strict=True)])

    def trivial(self, task: Task) -> Iterator[str]:
        columns = [sorted(column) for column in zip(*task.answer["houses"], strict=True)]
        rows = [list(row) for row in zip(*columns, strict=True)]
        yield _lines(rows)
        yield _lines(rows[::-1])

    def recheck(self, task: Task) -> None:
        """Attribute after attribute, every order of its values is tried against the clues."""
        houses = task.answer["houses"]
        columns = [sorted(column) for column in zip(*houses, strict=True)]
        clues = [_numbered(columns, clue) for clue in task.metadata["certificate"]["clues"]]
        tables = _tables(clues, len(houses), len(columns))
        if (found := next(tables, None)) is None or next(tables, None) is not None:
            raise CertificateError("no table or several fit the clues")
        values = [value for column in columns for value in column]
        if any(values[value] not in houses[house] for value, house in found.items()):
            raise CertificateError("another table fits the clues")


def _named(table: Sequence[Sequence[str]], clue: Clue) -> Clue:
    """A clue with values by name, and houses from 1."""
    n = len(table[0])
    kind, x, y = clue
    first = table[x // n][x % n]
    if kind in ("at", "end"):
        return [kind, first, y + 1]
    return [kind, first, table[y // n][y % n]]


def _numbered(table: Sequence[Sequence[str]], clue: Clue) -> Clue:
    """A clue with values by number, as ``table`` lists them; ``KeyError`` for one it lacks."""
    number = {value: i for i, value in enumerate(chain(*table))}
    kind, x, y = clue
    return [kind, number[x], y - 1 if kind in ("at", "end") else number[y]]


def _lines(houses: Sequence[Sequence[str]]) -> str:
    rows = (f"House {place}: {', '.join(values)}" for place, values in enumerate(houses, start=1))
    return "\n".join(rows)


# The solver: for every value a mask of the houses it may belong to

_Narrow: TypeAlias = "tuple[list[int], list[int]]"
"""Of a kind of clue: for a mask of x the houses left to y, and the other way round."""


@lru_cache(maxsize=32)
def _narrowing(kind: str, n: int) -> _Narrow:
    follows: dict[str, Callable[[int, int], bool]] = {
        "same": lambda x, y: x == y,
        "apart": lambda x, y: x != y,
        "left": lambda x, y: x + 1 == y,
        "next": lambda x, y: abs(x - y) == 1,
        "before": lambda x, y: x < y,
        "gap": lambda x, y: abs(x - y) == 2,
    }
    holds = follows[kind]

    def table(fits: Callable[[int, int], bool]) -> list[int]:
        return [
            sum(1 << y for y in range(n) if any(mask >> x & 1 and fits(x, y) for x in range(n)))
            for mask in range(1 << n)
        ]

    return table(holds), table(lambda y, x: holds(x, y))


class _Solver:
    """Masks of possible houses, narrowed by clues; ``consulted`` counts the work."""

    def __init__(self, n: int, m: int) -> None:
        self.n = n
        self.full = (1 << n) - 1
        self.masks = [self.full] * (n * m)
        self.consulted = 0

    def narrow(self, clues: Sequence[Clue]) -> bool:
        """Follow all clues until nothing changes; false at a contradiction."""
        masks, n = self.masks, self.n
        rules = []
        for kind, x, y in clues:
            if kind == "at":
                masks[x] &= 1 << y
            elif kind == "end":
                masks[x] &= 1 | 1 << n - 1
            else:
                rules.append((x, y, *_narrowing(kind, n)))
        before: list[int] = []
        while before != masks:
            before = masks[:]
            self.consulted += len(clues)
            for x, y, forth, back in rules:
                masks[y] &= forth[masks[x]]
                masks[x] &= back[masks[y]]
            if not self._exclude():
                return False
        return True

    def _exclude(self) -> bool:
        """Every house has one value of an attribute, every value one house."""
        masks, n, full = self.masks, self.n, self.full
        for first in range(0, len(masks), n):
            once = more = fixed = 0
            for mask in masks[first : first + n]:
                more |= once & mask
                once |= mask
                if not mask & (mask - 1):
                    if not mask or fixed & mask:
                        return False
                    fixed |= mask
            if once != full:
                return False
            if fixed == full:
                continue
            lonely = once & ~more & ~fixed
            for value in range(first, first + n):
                mask = masks[value]
                if mask & (mask - 1):
                    masks[value] = mask & lonely or mask & ~fixed
        return True

    def done(self) -> bool:
        return not any(mask & (mask - 1) for mask in self.masks)

    def solutions(self, clues: Sequence[Clue], most: int) -> int:
        """How many tables fit, counted up to ``most``."""
        if not self.narrow(clues):
            return 0
        if self.done():
            return 1
        wide = [value for value, mask in enumerate(self.masks) if mask & (mask - 1)]
        value = min(wide, key=lambda value: self.masks[value].bit_count())
        saved, count = self.masks, 0
        for house in range(self.n):
            if saved[value] >> house & 1 and count < most:
                self.masks = saved[:]
                self.masks[value] = 1 << house
                count += self.solutions(clues, most - count)
        self.masks = saved
        return count


# Generator


def _clues(rng: Random, n: int, m: int, level: _Level) -> tuple[list[Clue], int]:
    """Clues of which none can be left out, and the work of solving them."""
    while True:
        clues = _enough(rng, n, m, level)
        needed = list(clues)
        for clue in clues:
            fewer = [other for other in needed if other is not clue]
            if _solved(n, m, fewer, level.suppositions):
                needed = fewer
        if level.suppositions and _solved(n, m, needed, False):
            continue
        rng.shuffle(needed)
        solver = _Solver(n, m)
        solver.solutions(needed, 2)
        return needed, solver.consulted


def _enough(rng: Random, n: int, m: int, level: _Level) -> list[Clue]:
    """True clues, each of them news when it came, that single deductions solve."""
    kinds = [kind for kind, _ in level.kinds]
    weights = [weight for _, weight in level.kinds]
    solver, clues = _Solver(n, m), list[Clue]()
    while not solver.done():
        clue = _true_clue(rng, n, m, rng.choices(kinds, weights)[0])
        if clue is None:
            continue
        before = solver.masks[:]
        solver.narrow([clue])
        if solver.masks != before:
            clues.append(clue)
            solver.narrow(clues)
    return clues


def _true_clue(rng: Random, n: int, m: int, kind: str) -> Clue | None:
    """A clue of a kind that holds of the table in which value i of each attribute is in house i."""
    house, attribute = int(rng.random() * n), int(rng.random() * m)
    x = attribute * n + house
    if kind == "at":
        return [kind, x, house]
    if kind == "end":
        return [kind, x, 0] if house in (0, n - 1) else None
    step = {"same": 0, "left": 1, "next": 1, "gap": 2}.get(kind)
    there = house + step if step is not None else int(rng.random() * n)
    if kind in ("next", "gap") and rng.random() < 0.5:
        there = house - (step or 0)
    other = int(rng.random() * m)
    if not 0 <= there < n or (kind == "before" and there <= house):
        return None
    if kind in ("same", "apart") and (other == attribute or (kind == "apart" and there == house)):
        return None
    return [kind, x, other * n + there]


def _solved(n: int, m: int, clues: Sequence[Clue], suppositions: bool) -> bool:
    solver = _Solver(n, m)
    if suppositions:
        return solver.solutions(clues, 2) == 1
    return solver.narrow(clues) and solver.done()


_SYMMETRIC = ("same", "apart", "next", "gap")


def structure(clues: Sequence[Clue], n: int, m: int) -> str:
    """A digest that is the same exactly for puzzles that differ by names and order."""

    def describe(colours: Sequence[int]) -> list[str]:
        said: list[list[str]] = [[] for _ in range(m)]
        for kind, x, y in clues:
            if kind in ("at", "end"):
                said[x // n].append(f"{kind} {x % n}")
                continue
            for one, other, side in ((x, y, "<"), (y, x, ">")):
                side = "" if kind in _SYMMETRIC else side
                far = "me" if one // n == other // n else str(colours[other // n])
                said[one // n].append(f"{kind}{side} {one % n} {other % n} {far}")
        return [",".join(sorted(parts)) for parts in said]

    return hashlib.sha256(canonical([0] * m, describe).encode()).hexdigest()[:24]


# The second method


def _tables(clues: Sequence[Clue], n: int, m: int) -> Iterator[dict[int, int]]:
    """Every table that fits: the house of each value."""
    order: list[int] = []
    decided: list[list[Clue]] = []  # by each attribute of the order, given those before it
    for _ in range(m):
        by = {a: [c for c in clues if a in _about(c, n) <= {a, *order}] for a in range(m)}
        newest = max((a for a in range(m) if a not in order), key=lambda a: len(by[a]))
        order.append(newest)
        decided.append(by[newest])

    def extend(house: dict[int, int], depth: int) -> Iterator[dict[int, int]]:
        if depth == m:
            yield house
            return
        for places in permutations(range(n)):
            longer = house | {order[depth] * n + i: place for i, place in enumerate(places)}
            if all(_holds(clue, longer, n) for clue in decided[depth]):
                yield from extend(longer, depth + 1)

    return extend({}, 0)


def _about(clue: Clue, n: int) -> set[int]:
    """The attributes that a clue is about."""
    return {value // n for value in (clue[1:2] if clue[0] in ("at", "end") else clue[1:])}


def _holds(clue: Clue, house: Mapping[int, int], n: int) -> bool:
    kind, x, y = clue
    if kind == "at":
        return house[x] == int(y)
    if kind == "end":
        return house[x] in (0, n - 1)
    apart = house[y] - house[x]
    if kind == "same":
        return apart == 0
    if kind == "apart":
        return apart != 0
    if kind == "left":
        return apart == 1
    if kind == "before":
        return apart > 0
    return abs(apart) == (1 if kind == "next" else 2)


# English


def _prompt(
    chosen: Sequence[_Attribute], table: Sequence[Sequence[str]], said: Sequence[str]
) -> str:
    n = len(table[0])
    kinds = "\n".join(
        f"- the {attribute.name} is one of {', '.join(sorted(values))}"
        for attribute, values in zip(chosen, table, strict=True)
    )
    clues = "\n".join(f"{place}. {sentence}" for place, sentence in enumerate(said, start=1))
    order = ", ".join(attribute.name for attribute in chosen)
    return (
        f"{n} houses stand in a row, numbered 1 to {n} from left to right, with one person in "
        f"each. No two of them are alike in any of these:\n{kinds}\n\nClues:\n{clues}\n\n"
        "Find out what belongs to which house. End with one line for each house, from 1 to "
        f"{n}, of the form\nHouse <number>: <{order}>"
    )


def _sentence(
    rng: Random, chosen: Sequence[_Attribute], table: Sequence[Sequence[str]], n: int, clue: Clue
) -> str:
    kind, x, y = clue

    def subject(value: int) -> str:
        return chosen[value // n].subject.format(table[value // n][value % n])

    if kind == "at":
        return _capital(f"{subject(x)} lives in house {y + 1}.")
    if kind == "end":
        return _capital(f"{subject(x)} lives at one end of the row.")
    if kind in ("same", "apart"):
        if y < n or (x >= n and rng.random() < 0.5):  # a name is the subject
            x, y = y, x
        attribute = chosen[y // n]
        does = attribute.does if kind == "same" else attribute.does_not
        return _capital(f"{subject(x)} {does.format(table[y // n][y % n])}.")
    turned = rng.random() < 0.5
    if kind == "gap":
        one, other = (y, x) if turned else (x, y)
        return f"Exactly one house stands between {subject(one)} and {subject(other)}."
    if kind == "next":
        one, other = (y, x) if turned else (x, y)
        return _capital(f"{subject(one)} lives next door to {subject(other)}.")
    how = "directly" if kind == "left" else "somewhere"
    if turned:
        return _capital(f"{subject(y)} lives {how} to the right of {subject(x)}.")
    return _capital(f"{subject(x)} lives {how} to the left of {subject(y)}.")


def _capital(text: str) -> str:
    return text[0].upper() + text[1:]


# The worked solution


class _Proof:
    """The table in deductions: what a clue rules out, and suppositions that fail."""

    def __init__(self, houses: Sequence[Sequence[str]], clues: Sequence[Clue]) -> None:
        self._n, self._m = len(houses), len(houses[0])
        self._names = [value for column in zip(*houses, strict=True) for value in column]
        self._clues = clues

    def lines(self) -> list[str]:
        masks = [(1 << self._n) - 1] * (self._n * self._m)
        lines: list[str] = []
        while True:
            self._follow(masks, lines)
            wide = [value for value, mask in enumerate(masks) if mask & (mask - 1)]
            if not wide:
                return lines
            value, house, why = self._refuted(masks, wide)
            masks[value] &= ~(1 << house)
            name, place = self._names[value], house + 1
            lines.append(f"Suppose {name} in house {place}: {why} So not house {place}.")

    def _refuted(self, masks: list[int], wide: Sequence[int]) -> tuple[int, int, str]:
        """A value and a house that cannot be its own, with the contradiction; the shortest."""
        for depth in range(len(masks)):
            found = [
                (why, value, house)
                for value in wide
                for house in range(self._n)
                if masks[value] >> house & 1 and house != value % self._n
                if (why := self._contradiction(masks, value, house, depth))
            ]
            if found:
                why, value, house = min(found, key=lambda one: len(one[0]))
                return value, house, why
        raise CertificateError("the clues do not decide the table")

    def _contradiction(self, masks: list[int], value: int, house: int, depth: int) -> str:
        tried, lines = masks[:], list[str]()
        tried[value] = 1 << house
        if not self._follow(tried, lines):
            return " ".join(lines)
        wide = [value for value, mask in enumerate(tried) if mask & (mask - 1)]
        if depth == 0 or not wide:
            return ""
        pick = min(wide, key=lambda value: tried[value].bit_count())
        for place in range(self._n):
            if tried[pick] >> place & 1:
                why = self._contradiction(tried, pick, place, depth - 1)
                if not why:
                    return ""
                lines.append(f"[{self._names[pick]} in house {place + 1}: {why}]")
        return " ".join(lines)

    def _follow(self, masks: list[int], lines: list[str]) -> bool:
        """Narrow ``masks`` one deduction at a time; false at a contradiction, which is told."""
        changed = True
        while changed:
            changed = False
            for number, clue in enumerate(self._clues, start=1):
                for value, mask in self._by_clue(masks, clue):
                    if mask != masks[value]:
                        masks[value], changed = mask, True
                        lines.append(f"Clue {number}: {self._state(value, mask)}")
                        if not mask:
                            return False
            for value, mask in self._by_exclusion(masks):
                if mask != masks[value]:
                    masks[value], changed = mask, True
                    lines.append(f"Then {self._state(value, mask)}")
                    if not mask:
                        return False
        return True

    def _by_clue(self, masks: list[int], clue: Clue) -> Iterator[tuple[int, int]]:
        kind, x, y = clue
        if kind == "at":
            yield x, masks[x] & 1 << y
        elif kind == "end":
            yield x, masks[x] & (1 | 1 << self._n - 1)
        else:
            forth, back = _narrowing(kind, self._n)
            yield y, masks[y] & forth[masks[x]]
            yield x, masks[x] & back[masks[y]]

    def _by_exclusion(self, masks: list[int]) -> Iterator[tuple[int, int]]:
        for value in range(len(masks)):
            first = value - value % self._n
            others = [masks[other] for other in range(first, first + self._n) if other != value]
            taken = union = 0
            for mask in others:
                union |= mask
                taken |= mask if not mask & (mask - 1) else 0
            alone = masks[value] & ~union
            yield value, alone if alone else masks[value] & ~taken

    def _state(self, value: int, mask: int) -> str:
        places = [str(house + 1) for house in range(self._n) if mask >> house & 1]
        if not places:
            return f"{self._names[value]} fits nowhere."
        return f"{self._names[value]} in {' or '.join(places)}."
