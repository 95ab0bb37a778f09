"""Hidden tests: which inputs judge a program, and proof that they tell faulty ones from it.

A problem shows two inputs; others are tests. To begin with those are a few edges and random inputs.
Then every mutant of the program (``assay_verifiers.testmaking.mutants``: one operator, constant,
bound or condition changed, one statement dropped) is run. One that passes the tests, but differs on
any other input of its kind, adds that input to them. So the tests kill whatever any of the inputs
kills: ``killed`` of ``mutants``. Those left agree with the program on all inputs there are, and are
equivalent as far as these can tell.

It is found out with our evaluator (:mod:`assay_envs.code.evaluator`); :func:`refuted` proves it
again with Python itself.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from random import Random

from assay_datasets import Json
from assay_envs.code.evaluator import (
    UNENDING,
    load,
    python_function,
    python_run,
    run,
)
from assay_envs.code.programs import Program, edges, inputs, outputs
from assay_verifiers.testmaking.mutants import Mutant, mutants

_SHOWN = 2
_EDGES = 4
_RANDOM = 8


@dataclass(frozen=True)
class Exam:
    """A program and what judges it.

    Attributes:
        program: the right one.
        values: its values on all inputs of its kind.
        shown: places of the inputs that the prompt shows.
        hidden: places of those that judge.
        mutants: faulty versions that were tried.
        caught: per mutant, how many hidden tests pass before one fails; None where all pass.
    """

    program: Program
    values: Sequence[Json]
    shown: Sequence[int]
    hidden: Sequence[int]
    mutants: Sequence[Mutant]
    caught: Sequence[int | None]

    @property
    def killed(self) -> int:
        return sum(place is not None for place in self.caught)

    @property
    def answer(self) -> dict[str, Json]:
        """The code verifier's answer."""
        pairs = map(self.pair, self.hidden)
        tests = [{"args": [given], "expected": value} for given, value in pairs]
        return {"style": "function", "language": "python", "name": "f", "tests": tests}

    @property
    def certificate(self) -> dict[str, Json]:
        return {
            "program": self.program.to_json(),
            "mutants": len(self.mutants),
            "killed": self.killed,
            "inputs": len(self.values),
        }

    def pair(self, place: int) -> tuple[Json, Json]:
        return inputs(self.program.takes)[place], self.values[place]


def set_exam(rng: Random, program: Program, most_mutants: int | None = None) -> Exam:
    """Examples and tests for a sound program."""
    source, kind = program.source(), program.takes
    values = outputs(load(source), kind)
    if values is None:
        raise ValueError("a program that is not sound")
    first = len(edges(kind))
    rest = rng.sample(range(first, len(values)), len(values) - first)
    shown, hidden = rest[:_SHOWN], rng.sample(range(first), _EDGES) + rest[_SHOWN:][:_RANDOM]
    others = [place for place in range(len(values)) if place not in {*shown, *hidden}]
    faulty = faults(source, most_mutants)
    caught: list[int | None] = []
    for mutant in faulty:
        function = load(mutant.source)
        killers = (
            place
            for place in (*hidden, *others)
            if not run(function, inputs(kind)[place]).gives(values[place])
        )
        killer = next(killers, None)
        if killer is not None and killer not in hidden:
            hidden.append(killer)
            others.remove(killer)
        caught.append(None if killer is None else hidden.index(killer))
    return Exam(program, values, sorted(shown), hidden, faulty, caught)


@lru_cache(maxsize=256)
def faults(source: str, most: int | None = None) -> tuple[Mutant, ...]:
    """The mutants of a program, at most so many."""
    return tuple(mutants(source, limit=most))


def examples(program: Program, places: Sequence[int]) -> list[tuple[Json, Json]]:
    """Inputs at ``places`` and the program's values there."""
    function = load(program.source())
    given = [inputs(program.takes)[place] for place in places]
    return [(each, run(function, each).value) for each in given]


def near_misses(program: Program, tests: Sequence[Json], most: int | None) -> list[Mutant]:
    """Mutants that end and that the tests kill, those first that pass most tests before."""
    ranked = []
    for number, mutant in enumerate(faults(program.source(), most)):
        function = load(mutant.source)
        found = [(run(function, *test["args"]), test["expected"]) for test in tests]
        wrong = [place for place, (given, value) in enumerate(found) if not given.gives(value)]
        if wrong and all(given.error != UNENDING for given, _ in found):
            ranked.append((-wrong[0], number, mutant))
    return [mutant for _, _, mutant in sorted(ranked, key=lambda each: each[:2])]


def refuted(
    program: Program, tests: Sequence[Json], certificate: dict[str, Json], most: int | None
) -> str:
    """What of a certificate Python itself finds untrue; "" if it holds."""
    source, kind = program.source(), program.takes
    right = python_function(source)
    for test in tests:
        if not python_run(right, *test["args"]).gives(test["expected"]):
            return f"the program does not give {test['expected']!r} on {test['args']!r}"
    values = [python_run(right, given) for given in inputs(kind)]
    for simpler in program.simpler():
        other = python_function(simpler.source())
        if [python_run(other, given) for given in inputs(kind)] == values:
            return "a program with a step less computes the same"
    faulty = faults(source, most)
    killed = sum(_kills(mutant, tests) for mutant in faulty)
    if (len(faulty), killed) != (certificate["mutants"], certificate["killed"]):
        return f"the tests kill {killed} of {len(faulty)} mutants"
    return ""


def _kills(mutant: Mutant, tests: Sequence[Json]) -> bool:
    """Whether a test fails; Python runs only what the evaluator has seen to end."""
    counted, real = load(mutant.source), python_function(mutant.source)
    for test in tests:
        if run(counted, *test["args"]).error == UNENDING:
            return True
        if not python_run(real, *test["args"]).gives(test["expected"]):
            return True
    return False
