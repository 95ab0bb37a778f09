"""Satisfiability: give every variable a value so that every constraint holds.

Rules: a constraint is a clause, at least one of whose literals must be true. Any assignment that
satisfies all of them is correct; every instance has one. Levels 1 and 2 put clauses into words
(who comes to a party), the others show them as DIMACS does.

Generator: random clauses, each of which rules something out and leaves something, until only a few
of the 2ⁿ assignments are left; these are the bits of one big integer, so their number is exact and
known. Nothing is planted, so the clauses do not lean towards a solution more than they must.
Trivial policies that fail: all true, all false, each variable as most of its literals have it.
Duplicate key: the clauses up to renaming of variables.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache
from itertools import islice
from random import Random
from typing import ClassVar, TypeAlias

from assay_datasets import Json, Task, derive_random
from assay_envs.environment import CertificateError, SingleTurn
from assay_envs.logic.assignment import Contradiction, answer_lines, put, read_assignment
from assay_envs.logic.canonical import canonical
from assay_envs.logic.grid_puzzle import whole_number
from assay_verifiers import Verdict, Verifier

Clause: TypeAlias = list[int]
"""Literals: ``3`` says that variable 3 is true, ``-3`` that it is false; variables count from 1."""


@dataclass(frozen=True)
class _Level:
    """Variables, widths of clauses, how many assignments may satisfy them, and the wording."""

    variables: int
    widths: tuple[int, ...]
    most_models: int
    words: bool


_LEVELS = {
    1: _Level(6, (2, 2, 3), 2, True),
    2: _Level(8, (2, 3, 3), 2, True),
    3: _Level(11, (3,), 3, False),
    4: _Level(15, (3,), 4, False),
    5: _Level(20, (3,), 6, False),
}
_MOST_VARIABLES = 10_000  # of an answer that is judged
_FRUITLESS = 100  # clauses drawn in a row that change nothing, before starting over
_NAMES = (
    "Ada", "Ben", "Cleo", "Dora", "Emil", "Fay", "Gus", "Hana", "Ivo", "June", "Kai", "Lena",
    "Milo", "Nora", "Oscar", "Pia", "Rosa", "Sami", "Tess", "Uma", "Vera", "Walt", "Yara", "Zeno",
)  # fmt: skip
_VALUES = {
    **dict.fromkeys(("true", "comes", "come", "yes", "t"), "true"),
    **dict.fromkeys(("false", "stays", "stay", "no", "f"), "false"),
}


class SatVerifier(Verifier):
    """Judges an assignment; ``answer`` is ``{"names": [...] | null, "variables": n, "clauses"}``.

    Of names: ``Ada comes, Ben stays away``, ``Ada: yes`` and JSON are read alike. Of numbers:
    ``v 1 -2 3 0`` (several such lines are one), one line with a literal for every variable,
    ``x1 = true`` and JSON. See ``assignment`` for which lines count. Every variable must have a
    value, and none may have two.
    """

    name = "logic/sat"
    summary = "an assignment that satisfies every clause"

    def check(self, response: str, answer: Json, **options: Json) -> Verdict:
        try:
            keys, clauses = _instance(answer)
        except (TypeError, KeyError, ValueError):
            return Verdict.undecided("bad_gold")
        try:
            given = _read(response, keys, numbers=not answer["names"])
        except Contradiction as error:
            return Verdict.incorrect("rule_broken", error=str(error))
        if not given:
            return Verdict.incorrect("no_answer")
        if missing := [key for key in keys if key not in given]:
            return Verdict.incorrect("malformed", missing=missing)
        values = [given[key] == "true" for key in keys]
        broken = sum(not _satisfied(clause, values) for clause in clauses)
        return Verdict.incorrect("mismatch", broken=broken) if broken else Verdict.correct()


def _instance(answer: Json) -> tuple[list[str], list[Clause]]:
    """What variables are called, and the clauses; ``ValueError`` where they do not fit."""
    n = int(answer["variables"])
    if not 1 <= n <= _MOST_VARIABLES:
        raise ValueError("too few or too many variables")
    keys = [str(name) for name in answer["names"] or range(1, n + 1)]
    clauses = [[int(literal) for literal in clause] for clause in answer["clauses"]]
    if len(keys) != n or any(not 1 <= abs(literal) <= n for c in clauses for literal in c):
        raise ValueError("a clause names a variable that is none")
    return keys, clauses


def _read(response: str, keys: Sequence[str], *, numbers: bool) -> dict[str, str]:
    """Each variable's value, ``"true"`` or ``"false"``."""
    if not numbers:
        spellings = {key.casefold(): key for key in keys}
        return read_assignment(response, spellings, _VALUES, small=("away", "home", "person"))
    spellings = {spelling: key for key in keys for spelling in (key, f"x{key}")}
    given = read_assignment(response, spellings, _VALUES, small=("variable", "x"), signs=True)
    literals = {
        sign + key: (key, "false" if sign else "true") for key in keys for sign in ("", "-")
    }
    for line in answer_lines(response, {*literals, "v", "0"}, signs=True):
        said = [literals[word] for word in line if word in literals]
        if line[0] == "v" or len({key for key, _ in said}) == len(keys):
            for key, value in said:
                put(given, key, value)
    return given


def _satisfied(clause: Clause, values: Sequence[bool]) -> bool:
    return any(values[abs(literal) - 1] == (literal > 0) for literal in clause)


class Sat(SingleTurn):
    """The environment; one assignment per episode. ``generate`` takes ``variables`` (4–20)."""

    id = "logic/sat"
    summary = "an assignment that satisfies every constraint"
    levels: ClassVar = {
        1: "6 people, constraints on two or three in words, at most 2 solutions",
        2: "8 people, constraints on two or three in words, at most 2 solutions",
        3: "11 variables, 3-SAT, at most 3 solutions",
        4: "15 variables, 3-SAT, at most 4 solutions",
        5: "20 variables, 3-SAT, at most 6 solutions",
    }
    chance: ClassVar = {1: 0.06, 2: 0.02, 3: 0.01, 4: 0.005, 5: 0.005}
    measure = "values that a search with unit propagation sets before it has a solution"

    def __init__(self) -> None:
        super().__init__(SatVerifier())

    def generate(self, seed: int, difficulty: int, *, variables: int | None = None) -> Task:
        level = _LEVELS[self.check_level(difficulty)]
        asked = level.variables if variables is None else variables
        n = whole_number("variables", asked, 4, 20)
        rng = derive_random(self.id, difficulty, seed)
        clauses, worlds = _clauses(rng, n, level)
        names = rng.sample(_NAMES, n) if level.words else None
        prompt = _in_words(rng, names, clauses) if names else _as_dimacs(n, clauses)
        search = _Search(n, clauses)
        model = next(search.models())
        return Task(
            env=self.id,
            prompt=({"role": "user", "content": prompt},),
            answer={"names": names, "variables": n, "clauses": clauses},
            verifier=self.id,
            metadata={
                "domain": "logic",
                "difficulty": difficulty,
                "seed": seed,
                "duplicate_key": f"{self.id}:{n}:{structure(n, clauses)}",
                "certificate": {"model": model, "models": worlds.bit_count()},
                "measured": float(search.steps),
            },
        )

    def oracle(self, task: Task) -> str:
        return _written(task, task.metadata["certificate"]["model"])

    def solution(self, task: Task) -> str:
        """Values set one after another, each with the constraint that forces it where one does."""
        lines = _walk(task.answer, task.metadata["certificate"]["model"])
        return "<think>" + "\n".join(lines) + f"</think>{self.oracle(task)}"

    def equivalents(self, task: Task) -> Iterator[str]:
        """Other spellings, and other solutions."""
        search = _Search(task.answer["variables"], task.answer["clauses"])
        yield from (_written(task, model) for model in islice(search.models(), 3))
        keys = task.answer["names"] or [f"x{k}" for k in range(1, task.answer["variables"] + 1)]
        model = dict(zip(keys, task.metadata["certificate"]["model"], strict=True))
        truth = {key: str(value).lower() for key, value in model.items()}
        yield "{" + ", ".join(f'"{key}": {value}' for key, value in truth.items()) + "}"
        yield "\n".join(f"- {key} = {value.title()}" for key, value in truth.items())
        yield "Answer: " + "; ".join(f"{key}: {value}" for key, value in reversed(truth.items()))

    def near_misses(self, task: Task) -> Iterator[str]:
        """One value changed where that breaks a constraint, one left out, one given twice."""
        clauses = task.answer["clauses"]
        model: list[bool] = task.metadata["certificate"]["model"]
        for place in range(len(model)):
            changed = [*model[:place], not model[place], *model[place + 1 :]]
            if not all(_satisfied(clause, changed) for clause in clauses):
                yield _written(task, changed)
        right = _written(task, model)
        first = task.answer["names"][0] if task.answer["names"] else "x1"
        yield right.replace(" 1 ", " ").replace(" -1 ", " ").partition(", ")[2] or "v 2 3 4 0"
        yield f"{right}\n{first}: {str(not model[0]).lower()}"

    def guess(self, task: Task, rng: Random) -> str:
        return _written(task, [rng.random() < 0.5 for _ in range(task.answer["variables"])])

    def trivial(self, task: Task) -> Iterator[str]:
        trivial = _trivial(task.answer["variables"], task.answer["clauses"])
        yield from (_written(task, values) for values in trivial)

    def recheck(self, task: Task) -> None:
        """A search with unit propagation finds as many solutions as were counted."""
        clauses, certificate = task.answer["clauses"], task.metadata["certificate"]
        if not all(_satisfied(clause, certificate["model"]) for clause in clauses):
            raise CertificateError("the model satisfies not every clause")
        found = sum(1 for _ in _Search(task.answer["variables"], clauses).models())
        if found != certificate["models"]:
            raise CertificateError(f"{found} models, not {certificate['models']}")


def _written(task: Task, values: Sequence[bool]) -> str:
    if names := task.answer["names"]:
        said = (f"{name} {_does(value)}" for name, value in zip(names, values, strict=True))
        return ", ".join(said)
    literals = (str(k if value else -k) for k, value in enumerate(values, start=1))
    return f"v {' '.join(literals)} 0"


# Generator


def _clauses(rng: Random, n: int, level: _Level) -> tuple[list[Clause], int]:
    """Clauses that few assignments satisfy, and the mask of those."""
    while True:
        clauses, worlds = list[Clause](), (1 << (1 << n)) - 1
        fruitless = 0
        while fruitless < _FRUITLESS:
            if worlds.bit_count() <= level.most_models and _is_fair(n, clauses):
                return clauses, worlds
            clause = _clause(rng, n, level.widths[int(rng.random() * len(level.widths))])
            left = worlds & _models(n, clause)
            if left in (0, worlds):
                fruitless += 1
                continue
            fruitless = 0
            worlds = left
            clauses.append(clause)


def _clause(rng: Random, n: int, width: int) -> Clause:
    variables = sorted(rng.sample(range(1, n + 1), width))
    return [variable if rng.random() < 0.5 else -variable for variable in variables]


@lru_cache(maxsize=4)
def _true(n: int) -> list[int]:
    """For each variable the mask of the assignments (bit i of their number) that make it true."""
    masks = []
    for variable in range(n):
        mask, width = ((1 << (1 << variable)) - 1) << (1 << variable), 2 << variable
        while width < 1 << n:
            mask |= mask << width
            width *= 2
        masks.append(mask)
    return masks


@lru_cache(maxsize=4)
def _false(n: int) -> list[int]:
    return [((1 << (1 << n)) - 1) ^ mask for mask in _true(n)]


def _models(n: int, clause: Clause) -> int:
    mask = 0
    for literal in clause:
        mask |= _true(n)[literal - 1] if literal > 0 else _false(n)[-literal - 1]
    return mask


def _is_fair(n: int, clauses: Sequence[Clause]) -> bool:
    """Every variable matters and no trivial policy succeeds."""
    if len({abs(literal) for clause in clauses for literal in clause}) < n:
        return False
    return not any(
        all(_satisfied(clause, values) for clause in clauses) for values in _trivial(n, clauses)
    )


def _trivial(n: int, clauses: Sequence[Clause]) -> list[list[bool]]:
    """All true, all false, and with the majority of literals, ties either way."""
    lean = [0] * n
    for clause in clauses:
        for literal in clause:
            lean[abs(literal) - 1] += 1 if literal > 0 else -1
    return [[True] * n, [False] * n, [score > 0 for score in lean], [score >= 0 for score in lean]]


def structure(n: int, clauses: Sequence[Clause]) -> str:
    """A digest that is the same exactly for instances that differ by the names of variables."""

    def describe(colours: Sequence[int]) -> list[str]:
        said: list[list[str]] = [[] for _ in range(n)]
        for clause in clauses:
            marks = sorted(
                (f"{colours[abs(literal) - 1]}{'-+'[literal > 0]}", abs(literal))
                for literal in clause
            )
            for mine, variable in marks:
                others = " ".join(mark for mark, other in marks if other != variable)
                said[variable - 1].append(f"{mine[-1]}{others}")
        return [",".join(sorted(parts)) for parts in said]

    return hashlib.sha256(canonical([0] * n, describe).encode()).hexdigest()[:24]


# The search: unit propagation and, where nothing is forced, both values of the first open variable


class _Search:
    """Finds models; ``steps`` counts the values it has set so far."""

    def __init__(self, n: int, clauses: Sequence[Clause]) -> None:
        self._n = n
        self._clauses = clauses
        self.steps = 0

    def models(self) -> Iterator[list[bool]]:
        yield from self._extend({})

    def _extend(self, values: dict[int, bool]) -> Iterator[list[bool]]:
        if not self._propagate(values):
            return
        if len(values) == self._n:
            yield [values[variable] for variable in range(1, self._n + 1)]
            return
        variable = next(v for v in range(1, self._n + 1) if v not in values)
        for value in (True, False):
            self.steps += 1
            yield from self._extend(values | {variable: value})

    def _propagate(self, values: dict[int, bool]) -> bool:
        """Set what is forced; false where a clause can no longer hold."""
        changed = True
        while changed:
            changed = False
            for clause in self._clauses:
                open_literals = []
                for literal in clause:
                    value = values.get(abs(literal))
                    if value is None:
                        open_literals.append(literal)
                    elif value == (literal > 0):
                        break
                else:
                    if not open_literals:
                        return False
                    if len(open_literals) == 1:
                        literal = open_literals[0]
                        values[abs(literal)] = literal > 0
                        self.steps += 1
                        changed = True
        return True


# English and DIMACS


def _does(value: bool) -> str:
    return "comes" if value else "stays away"


def _in_words(rng: Random, names: Sequence[str], clauses: Sequence[Clause]) -> str:
    listed = f"{', '.join(names[:-1])} and {names[-1]}"
    wishes = "\n".join(f"- {_wish(rng, names, clause)}" for clause in clauses)
    return (
        f"A party is planned for {listed}. Each of them comes or stays away, such that all of this "
        f"holds:\n{wishes}\n\nFind a way to do it; any that keeps to all of this is right. End "
        f"with one line for everybody, like this: {names[0]} comes or stays away, {names[1]} …"
    )


def _wish(rng: Random, names: Sequence[str], clause: Clause) -> str:
    """A clause as an implication or as an alternative."""
    literals = rng.sample(clause, len(clause))
    said = [_literal(names, literal) for literal in literals]
    against = [_literal(names, -literal) for literal in literals]
    if rng.random() < 0.6:
        return f"If {' and '.join(against[:-1])}, then {said[-1]}."
    if len(clause) == 2 and all(literal < 0 for literal in clause):
        one, other = (names[-literal - 1] for literal in literals)
        return f"{one} and {other} do not both come."
    return f"At least one of these is so: {'; '.join(said)}."


def _literal(names: Sequence[str], literal: int) -> str:
    return f"{names[abs(literal) - 1]} {_does(literal > 0)}"


def _as_dimacs(n: int, clauses: Sequence[Clause]) -> str:
    rows = "\n".join(" ".join(map(str, [*clause, 0])) for clause in clauses)
    return (
        "Find an assignment that satisfies this formula, given in DIMACS form: a line is a clause, "
        "a number a variable, a minus sign its negation, and 0 ends the line.\n\n"
        f"p cnf {n} {len(clauses)}\n{rows}\n\nEvery clause must have a literal that is true. End "
        f"with one line that begins with v and gives every variable from 1 to {n} as a positive "
        "or negative number, and then 0."
    )


def _walk(answer: Json, model: Sequence[bool]) -> Iterator[str]:
    """How the model is reached: what clauses force, and choices that agree with it."""
    n, clauses, names = answer["variables"], answer["clauses"], answer["names"]
    values: dict[int, bool] = {}

    def state(literal: int) -> str:
        if names:
            return _literal(names, literal)
        return f"{abs(literal)} is {str(literal > 0).lower()}"

    while len(values) < n:
        forced = next(_units(clauses, values), None)
        if forced is None:
            variable = next(v for v in range(1, n + 1) if v not in values)
            literal = variable if model[variable - 1] else -variable
            yield f"Try: {state(literal)}."
        else:
            clause, literal = forced
            others = ", ".join(state(-other) for other in clause if other != literal)
            yield f"Since {others}: {state(literal)}."
        values[abs(literal)] = literal > 0
    yield f"All {len(clauses)} constraints hold."


def _units(clauses: Sequence[Clause], values: dict[int, bool]) -> Iterator[tuple[Clause, int]]:
    """Clauses that are not true yet and have one literal left, and that literal."""
    for clause in clauses:
        if any(values.get(abs(literal)) == (literal > 0) for literal in clause):
            continue
        left = [literal for literal in clause if abs(literal) not in values]
        if len(left) == 1:
            yield clause, left[0]
