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

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import chain
from random import Random
from typing import ClassVar

from assay_datasets import Json, Task, derive_random
from assay_envs.drawing import grid
from assay_envs.environment import CertificateError, SingleTurn
from assay_envs.logic.assignment import Contradiction, answer_lines, put
from assay_envs.logic.grid_puzzle import whole_number
from assay_envs.logic.zebra_clues import Clue, by_name, by_number, fitting_tables, structure
from assay_envs.logic.zebra_proof import Proof
from assay_envs.logic.zebra_solver import Solver
from assay_envs.logic.zebra_speech import ATTRIBUTES, prompt
from assay_verifiers import Verdict, Verifier

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
        return Task(
            env=self.id,
            prompt=({"role": "user", "content": prompt(rng, chosen, table, clues)},),
            answer={"houses": [list(row) for row in zip(*table, strict=True)]},
            verifier=self.id,
            metadata={
                "domain": "logic",
                "difficulty": difficulty,
                "seed": seed,
                "duplicate_key": f"{self.id}:{n}x{m}:{structure(clues, n, m)}",
                "certificate": {
                    "clues": [by_name(table, clue) for clue in clues],
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
        clues = [by_number(columns, clue) for clue in task.metadata["certificate"]["clues"]]
        proof = Proof(houses, clues)
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
        clues = [by_number(columns, clue) for clue in task.metadata["certificate"]["clues"]]
        tables = fitting_tables(clues, len(houses), len(columns))
        if (found := next(tables, None)) is None or next(tables, None) is not None:
            raise CertificateError("no table or several fit the clues")
        values = [value for column in columns for value in column]
        if any(values[value] not in houses[house] for value, house in found.items()):
            raise CertificateError("another table fits the clues")


def _lines(houses: Sequence[Sequence[str]]) -> str:
    rows = (f"House {place}: {', '.join(values)}" for place, values in enumerate(houses, start=1))
    return "\n".join(rows)


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
        solver = Solver(n, m)
        solver.solutions(needed, 2)
        return needed, solver.consulted


def _enough(rng: Random, n: int, m: int, level: _Level) -> list[Clue]:
    """True clues, each of them news when it came, that single deductions solve."""
    kinds = [kind for kind, _ in level.kinds]
    weights = [weight for _, weight in level.kinds]
    solver, clues = Solver(n, m), list[Clue]()
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
    solver = Solver(n, m)
    if suppositions:
        return solver.solutions(clues, 2) == 1
    return solver.narrow(clues) and solver.done()
