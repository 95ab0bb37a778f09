"""Hidden tests: which inputs judge a program, and proof that they tell faulty ones from it.

Some inputs are shown; others are tests. To begin with those are a few edges and random inputs. Then
every mutant of the program (``assay_verifiers.testmaking.mutants``: one operator, constant, bound
or condition changed, one statement dropped) is run. One that passes the tests, but differs on any
other input that is not shown, adds that input to them. So the tests kill whatever any of the inputs
kills: ``killed`` of ``mutants``. Those left agree with the program on all of them, and are
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
from assay_envs.code.evaluator import UNENDING, Function, load, python_function, python_run, run
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
        killed: numbers of those that a hidden test tells from the program.
    """

    program: Program
    values: Sequence[Json]
    shown: Sequence[int]
    hidden: Sequence[int]
    mutants: Sequence[Mutant]
    killed: Sequence[int]

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
            "killed": len(self.killed),
            "inputs": len(self.values),
        }

    def pair(self, place: int) -> tuple[Json, Json]:
        return inputs(self.program.takes)[place], self.values[place]


def set_exam(rng: Random, program: Program, *, shown: int = 0, most: int | None = None) -> Exam:
    """Examples and tests for a sound program.

    Args:
        shown: inputs for the prompt, which are no tests.
        most: mutants that are tried; None: all.
    """
    kind = program.takes
    values = outputs(program.function(), kind)
    if values is None:
        raise ValueError("a program that is not sound")
    first = len(edges(kind))
    rest = rng.sample(range(first, len(values)), len(values) - first)
    examples, rest = rest[:shown], rest[shown:]
    hidden = rng.sample(range(first), _EDGES) + rest[:_RANDOM]
    others = [place for place in range(len(values)) if place not in {*examples, *hidden}]
    faulty, killed = faults(program.source(), most), list[int]()
    for number, mutant in enumerate(faulty):
        function = load(mutant.source)
        killer = next((p for p in (*hidden, *others) if _differs(function, kind, p, values)), None)
        if killer is None:
            continue
        killed.append(number)
        if killer in others:
            others.remove(killer)
            hidden.append(killer)
    return Exam(program, values, sorted(examples), hidden, faulty, killed)


def _differs(function: Function, kind: str, place: int, values: Sequence[Json]) -> bool:
    return not run(function, inputs(kind)[place]).gives(values[place])


@lru_cache(maxsize=256)
def faults(source: str, most: int | None = None) -> tuple[Mutant, ...]:
    """The mutants of a program, at most so many."""
    return tuple(mutants(source, limit=most))


def examples(program: Program, places: Sequence[int]) -> list[tuple[Json, Json]]:
    """Inputs at ``places`` and the program's values there."""
    function = program.function()
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
    alive = [mutant for mutant in faulty if not _fails(mutant, tests)]
    killed = len(faulty) - len(alive)
    if (len(faulty), killed) != (certificate["mutants"], certificate["killed"]):
        return f"the tests kill {killed} of {len(faulty)} mutants"
    hidden = [place for place in range(len(values)) if place not in certificate.get("shown", ())]
    every = [{"args": [inputs(kind)[place]], "expected": values[place].value} for place in hidden]
    if wrong := [mutant for mutant in alive if _fails(mutant, every)]:
        return f"the tests let a mutant pass that is wrong: {wrong[0].kind} in line {wrong[0].line}"
    return ""


def _fails(mutant: Mutant, tests: Sequence[Json]) -> bool:
    """Whether a test fails; Python runs only what the evaluator has seen to end."""
    counted, real = load(mutant.source), python_function(mutant.source)
    for test in tests:
        if run(counted, *test["args"]).error == UNENDING:
            return True
        if not python_run(real, *test["args"]).gives(test["expected"]):
            return True
    return False
