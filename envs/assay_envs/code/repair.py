"""Repair: find the one fault in a program, given what the program should do.

Rules: the prompt says what ``f`` should do and shows a program for it with one fault (up to level 3
also an input on which it goes wrong); the response is a program that defines ``f`` rightly. It is
run in the sandbox on hidden inputs, and every value must be right. Mending the fault, or writing
the function anew, both count.

Generator: a sound program of the suite's family (:mod:`assay_envs.code.programs`) and one of its
mutants (``assay_verifiers.testmaking.mutants``: an operator, a constant, a bound, a condition
changed, a statement dropped, arguments or a function swapped). The mutant ends on every input,
gives something else than the program on at least one hidden input, and is right on others: the
higher the level, the more of the inputs it is right on. Certificate: the program, the fault (kind,
place in the list of mutants, hidden tests that fail) and how many mutants the tests kill, proved
again with Python itself. Duplicate key: the function's values on all inputs; so all faults of one
function stand in one split. Trivial policies that fail: the program as it is, also with the shown
failure special-cased; the argument as it is, a constant.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import zip_longest
from random import Random
from typing import ClassVar

from assay_datasets import Json, Task, derive_random
from assay_envs.code.evaluator import UNENDING, Outcome, load, python_function, python_run, run
from assay_envs.code.hidden_tests import Exam, faults, near_misses, refuted, set_exam
from assay_envs.code.programs import (
    Program,
    behaviour,
    draw,
    inputs,
    is_sound,
    otherwise_written,
)
from assay_envs.code.write import CLOSING, FRAMES, OPTIONS, described, steps_worked
from assay_envs.environment import CertificateError, SingleTurn
from assay_sandbox import Sandbox
from assay_verifiers.code import CodeVerifier

_NEAR_MISSES = 3
_SHOWN_UP_TO = 3  # levels that show an input on which the program goes wrong
_LEAST_WRONG = 3  # of all inputs


@dataclass(frozen=True)
class _Level:
    """Steps and choices of the program, the mutants it may have, the inputs a fault may spoil."""

    steps: int
    choices: int
    mutants: range
    spoilt: float


_LEVELS = {
    1: _Level(2, 0, range(6, 19), 1.0),
    2: _Level(3, 0, range(19, 30), 0.95),
    3: _Level(3, 1, range(30, 45), 0.8),
    4: _Level(4, 1, range(45, 66), 0.7),
    5: _Level(5, 2, range(66, 131), 0.6),
}


class Repair(SingleTurn):
    """The environment; one program to mend per episode.

    Args:
        sandbox: an open ``assay_sandbox.Sandbox``; without one, the process's shared sandbox.
    """

    id = "code/repair"
    summary = "find and mend the one fault in a program"
    needs_sandbox = True
    levels: ClassVar = {
        1: "two steps; an input that goes wrong is shown",
        2: "three steps; the same",
        3: "three steps, one a choice; the same; right on a fifth of the inputs at least",
        4: "four steps, one a choice; no such input is shown; right on three tenths",
        5: "five steps, two of them choices; none is shown; right on two fifths",
    }
    chance: ClassVar = {1: 0.12, 2: 0.07, 3: 0.06, 4: 0.05, 5: 0.04}
    measure = "single faults that the right program could have, among which is the one to find"

    def __init__(self, sandbox: Sandbox | None = None) -> None:
        super().__init__(CodeVerifier(sandbox))

    def generate(self, seed: int, difficulty: int) -> Task:
        level = _LEVELS[self.check_level(difficulty)]
        rng = derive_random(self.id, difficulty, seed)
        exam, number = _drawn(rng, level)
        program, broken = exam.program, exam.mutants[number]
        frame = rng.randrange(FRAMES)
        wrong, hidden = _wrong(exam, broken.source), set(exam.hidden)
        failure = list(exam.pair(max(wrong - hidden))) if difficulty <= _SHOWN_UP_TO else None
        return Task(
            env=self.id,
            prompt=({"role": "user", "content": _prompt(program, frame, broken.source, failure)},),
            answer=exam.answer,
            verifier="code",
            options=OPTIONS,
            metadata={
                "domain": "code",
                "difficulty": difficulty,
                "seed": seed,
                "duplicate_key": f"{self.id}:{behaviour(exam.values)}",
                "certificate": {
                    **exam.certificate,
                    "frame": frame,
                    "fault": {"mutant": number, "kind": broken.kind},
                    "failing": len(wrong & hidden),
                    "failure": failure,
                },
                "measured": float(len(exam.mutants)),
            },
        )

    def oracle(self, task: Task) -> str:
        """The right program; a comment above the mended line says what stood there."""
        return _mended(_program(task).source(), _broken(task))

    def solution(self, task: Task) -> str:
        """Where the broken program first leaves the way, then the mended one."""
        program, broken = _program(task), _broken(task)
        given = _wrong_input(program, broken)
        found = _said(run(load(broken), given))
        _, was, now = _parting(program.source(), broken)
        return (
            f"<think>{steps_worked(program, given)}\nThe program {found} instead.\n"
            f"`{was.strip()}` should be `{now.strip()}`.</think>{self.oracle(task)}"
        )

    def equivalents(self, task: Task) -> Iterator[str]:
        yield f"```python\n{self.oracle(task)}```"
        yield f"import math\n\n\n{self.oracle(task)}"
        for other in otherwise_written(_program(task)):
            yield f"# written anew\n{other.source()}"
            return

    def near_misses(self, task: Task) -> Iterator[str]:
        """The program as it is; other faults that pass most tests."""
        broken = _broken(task)
        yield broken
        others = near_misses(_program(task), task.answer["tests"], None)[:_NEAR_MISSES]
        yield from (mutant.source for mutant in others if mutant.source != broken)

    def guess(self, task: Task, rng: Random) -> str:
        """Some single change of the program that is shown."""
        return rng.choice(faults(_broken(task))).source

    def trivial(self, task: Task) -> Iterator[str]:
        broken, failure = _broken(task), task.metadata["certificate"]["failure"]
        yield broken
        yield "def f(x):\n    return x"
        yield "def f(x):\n    return 0"
        if failure:
            given, value = failure
            special = f"def f(x):\n    return {value!r} if x == {given!r} else g(x)\n"
            yield f"{broken}\ng = f\n\n{special}"

    def recheck(self, task: Task) -> None:
        """Python runs the right program, the broken one, simpler ones and all mutants."""
        certificate = task.metadata["certificate"]
        program, broken, failure = _program(task), _broken(task), certificate["failure"]
        prompt = _prompt(program, certificate["frame"], broken, failure)
        if prompt != task.prompt[0]["content"]:
            raise CertificateError("the certificate is of another program than the prompt's")
        if reason := refuted(program, task.answer["tests"], certificate, None):
            raise CertificateError(reason)
        if any(run(load(broken), given).error == UNENDING for given in inputs(program.takes)):
            raise CertificateError("the program to mend does not end")
        faulty, right = python_function(broken), python_function(program.source())
        tests = [(test["args"], test["expected"]) for test in task.answer["tests"]]
        failing = sum(not python_run(faulty, *given).gives(value) for given, value in tests)
        if not failing or failing != certificate["failing"]:
            raise CertificateError(f"{failing} tests fail before the repair")
        if failure and not python_run(right, failure[0]).gives(failure[1]):
            raise CertificateError("the value shown is not right")
        if failure and python_run(faulty, failure[0]).gives(failure[1]):
            raise CertificateError("the program is right on the input shown as wrong")


def _drawn(rng: Random, level: _Level) -> tuple[Exam, int]:
    """A sound program with its tests, and the place of a fitting mutant."""
    while True:
        program = draw(rng, level.steps, level.choices)
        if not is_sound(program) or len(faults(program.source())) not in level.mutants:
            continue
        exam = set_exam(rng, program)
        for number in rng.sample(exam.killed, len(exam.killed)):
            if _is_fault(exam, number, level.spoilt):
                return exam, number


def _is_fault(exam: Exam, number: int, spoilt: float) -> bool:
    """Whether a mutant always ends and is wrong on some inputs, not all of them tests, but not on
    too many."""
    source = exam.mutants[number].source
    function = load(source)
    if any(run(function, given).error == UNENDING for given in inputs(exam.program.takes)):
        return False
    wrong = _wrong(exam, source)
    return _LEAST_WRONG <= len(wrong) <= spoilt * len(exam.values) and not wrong <= set(exam.hidden)


def _wrong(exam: Exam, source: str) -> set[int]:
    """Places of the inputs on which a faulty program goes wrong."""
    function, places = load(source), range(len(exam.values))
    pairs = ((place, *exam.pair(place)) for place in places)
    return {place for place, given, value in pairs if not run(function, given).gives(value)}


def _prompt(program: Program, frame: int, broken: str, failure: Sequence[Json] | None) -> str:
    text = (
        f"This Python function has one fault.\n\n```python\n{broken}```\n\n"
        f"What it should do: {described(program, frame)}"
    )
    if failure:
        given, value = failure
        found = _said(run(load(broken), given))
        text += f"f({given!r}) should return {value!r}; the program above {found}. "
    return f"{text}Mend it. {CLOSING}"


def _said(outcome: Outcome) -> str:
    return f"raises {outcome.error}" if outcome.error else f"returns {outcome.value!r}"


def _parting(source: str, broken: str) -> tuple[int, str, str]:
    """The first line in which the broken program differs: its place, what is there and what should
    be."""
    pairs = zip_longest(broken.splitlines(), source.splitlines(), fillvalue="")
    return next((place, was, now) for place, (was, now) in enumerate(pairs) if was != now)


def _mended(source: str, broken: str) -> str:
    """The right program, with what the broken one has instead as a comment where they part."""
    place, was, now = _parting(source, broken)
    lines = source.splitlines(keepends=True)
    lines.insert(place, f"{now[: len(now) - len(now.lstrip())]}# was: {was.strip()}\n")
    return "".join(lines)


def _wrong_input(program: Program, broken: str) -> Json:
    """The last of all inputs on which the broken program goes wrong."""
    faulty, right = load(broken), program.function()
    every = reversed(inputs(program.takes))
    return next(each for each in every if not run(faulty, each).gives(run(right, each).value))


def _program(task: Task) -> Program:
    return Program.from_json(task.metadata["certificate"]["program"])


def _broken(task: Task) -> str:
    place = int(task.metadata["certificate"]["fault"]["mutant"])
    return faults(_program(task).source())[place].source
