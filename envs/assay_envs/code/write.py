"""Write: write the Python function that a specification in words describes.

Rules: the prompt says step by step what ``f`` does and shows it at two inputs; the response is a
program that defines ``f``. It is run in the sandbox on hidden inputs, edges among them (nothing
there, one element, equal ones, negative ones), and every value must be right, of the right type.
How the function is written does not matter.

Generator: a sound program of the suite's family (:mod:`assay_envs.code.programs`) in one of several
wordings; a level is a number of steps and choices, and a band of the measured size. Certificate:
the program; every one of its steps changes what it computes; and how many mutants of it the hidden
tests kill, which are all that any known input tells from it. The recheck proves it with Python in
place of our evaluator. Duplicate key: the function's values on all inputs, so one function never
stands in two splits, however it is worded or written. Trivial policies that fail: the argument as
it is, a constant, a table of the shown examples.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import islice
from random import Random
from typing import ClassVar

from assay_datasets import Json, Task, derive_random
from assay_envs.code.hidden_tests import examples, near_misses, refuted, set_exam
from assay_envs.code.programs import (
    ARGUMENTS,
    TAKEN,
    Program,
    behaviour,
    draw,
    is_sound,
    otherwise_written,
    traced,
)
from assay_envs.environment import CertificateError, SingleTurn
from assay_sandbox import Sandbox
from assay_verifiers.code import CodeVerifier

CLOSING = "Think step by step inside <think></think>, then write only the function."
OPTIONS = {"limits": {"cpu_s": 1.0}, "stop_early": True}  # a loop without end fails one test
FRAMES = 3

_SHOWN = 2
_MUTANTS = 40
_NEAR_MISSES = 3


@dataclass(frozen=True)
class _Level:
    """Steps, how many of them are choices, and the nodes that the program may have."""

    steps: int
    choices: int
    nodes: range


_LEVELS = {
    1: _Level(2, 0, range(30, 65)),
    2: _Level(3, 0, range(65, 93)),
    3: _Level(3, 1, range(93, 129)),
    4: _Level(4, 1, range(129, 186)),
    5: _Level(5, 2, range(186, 301)),
}


class Write(SingleTurn):
    """The environment; one function per episode.

    Args:
        sandbox: an open ``assay_sandbox.Sandbox``; without one, the process's shared sandbox.
    """

    id = "code/write"
    summary = "write the Python function that a specification describes"
    needs_sandbox = True
    levels: ClassVar = {
        1: "two steps over a list, a number, a text or words",
        2: "three steps",
        3: "three steps, one a choice between two",
        4: "four steps, one a choice",
        5: "five steps, two of them choices",
    }
    chance: ClassVar = {1: 0.01, 2: 0.01, 3: 0.01, 4: 0.01, 5: 0.01}
    measure = "nodes of the reference program's syntax tree"

    def __init__(self, sandbox: Sandbox | None = None) -> None:
        super().__init__(CodeVerifier(sandbox))

    def generate(self, seed: int, difficulty: int) -> Task:
        level = _LEVELS[self.check_level(difficulty)]
        rng = derive_random(self.id, difficulty, seed)
        program = _drawn(rng, level)
        exam, frame = set_exam(rng, program, shown=_SHOWN, most=_MUTANTS), rng.randrange(FRAMES)
        return Task(
            env=self.id,
            prompt=(
                {"role": "user", "content": _prompt(program, frame, examples(program, exam.shown))},
            ),
            answer=exam.answer,
            verifier="code",
            options=OPTIONS,
            metadata={
                "domain": "code",
                "difficulty": difficulty,
                "seed": seed,
                "duplicate_key": f"{self.id}:{behaviour(exam.values)}",
                "certificate": {**exam.certificate, "shown": list(exam.shown), "frame": frame},
                "measured": float(_nodes(program)),
            },
        )

    def oracle(self, task: Task) -> str:
        return _program(task).source()

    def solution(self, task: Task) -> str:
        """What each step makes of the first example, then the function."""
        program = _program(task)
        return f"<think>{steps_worked(program, _shown(task)[0][0])}</think>{program.source()}"

    def equivalents(self, task: Task) -> Iterator[str]:
        program = _program(task)
        yield f"```python\n{program.source()}```"
        yield f"def g(x):\n    return f(x)\n\n{program.source()}"
        yield from (each.source() for each in islice(otherwise_written(program), 2))

    def near_misses(self, task: Task) -> Iterator[str]:
        """The mutants that pass most tests; the right function under another name."""
        program = _program(task)
        faulty = near_misses(program, task.answer["tests"], _MUTANTS)
        yield from (mutant.source for mutant in faulty[:_NEAR_MISSES])
        yield program.source().replace("def f(", "def g(")

    def guess(self, task: Task, rng: Random) -> str:
        """Some program of the level that takes the same kind of value."""
        level, kind = _LEVELS[task.metadata["difficulty"]], _program(task).takes
        while True:
            program = draw(rng, level.steps, level.choices)
            if program.takes == kind:
                return program.source()

    def trivial(self, task: Task) -> Iterator[str]:
        yield from trivial_functions(_shown(task))

    def recheck(self, task: Task) -> None:
        """Python runs the certificate's program, all simpler ones and all mutants."""
        certificate = task.metadata["certificate"]
        program, shown = _program(task), _shown(task)
        if _prompt(program, certificate["frame"], shown) != task.prompt[0]["content"]:
            raise CertificateError("the certificate is of another specification than the prompt's")
        if reason := refuted(program, task.answer["tests"], certificate, _MUTANTS):
            raise CertificateError(reason)


def described(program: Program, frame: int) -> str:
    """What ``f`` does, in one of the ways of saying it."""
    name, taken, phrases = ARGUMENTS[program.takes], TAKEN[program.takes], program.phrases()
    if frame == 0:
        listed = "\n".join(f"{n}. {_capital(each)}." for n, each in enumerate(phrases, 1))
        return f"f({name}) takes {taken}, does this in order and returns the result:\n{listed}\n"
    if frame == 1:
        first, *middle, last = phrases
        said = [f"First, {first}.", *(f"Then, {each}." for each in middle), f"Finally, {last}."]
        return f"f({name}) takes {taken}. {' '.join(said)} Return what that gives. "
    listed = "\n".join(f"- {each}" for each in phrases)
    return f"Given {taken} called {name}, f({name}) is what comes of these steps:\n{listed}\n"


def steps_worked(program: Program, given: Json) -> str:
    """What each step makes of ``given``, a line a step."""
    lines = [f"f({given!r})"]
    for phrase, outcome in zip(program.phrases(), traced(program, given), strict=True):
        lines.append(f"{phrase}: {outcome.value!r}")
    return "\n".join(lines)


def trivial_functions(shown: Sequence[tuple[Json, Json]]) -> Iterator[str]:
    """The argument, a constant, a table of what is shown."""
    yield "def f(x):\n    return x"
    yield f"def f(x):\n    return {shown[0][1]!r}"
    yield f"def f(x):\n    return next((y for given, y in {list(shown)!r} if given == x), None)"


def _prompt(program: Program, frame: int, shown: Sequence[tuple[Json, Json]]) -> str:
    examples = " and ".join(f"f({given!r}) returns {value!r}" for given, value in shown)
    return f"Write a Python function. {described(program, frame)}For example, {examples}. {CLOSING}"


def _capital(phrase: str) -> str:
    return phrase[0].upper() + phrase[1:]


def _drawn(rng: Random, level: _Level) -> Program:
    """The first sound program of the level."""
    while True:
        program = draw(rng, level.steps, level.choices)
        if _nodes(program) in level.nodes and is_sound(program):
            return program


def _nodes(program: Program) -> int:
    return sum(1 for _ in ast.walk(ast.parse(program.source())))


def _program(task: Task) -> Program:
    return Program.from_json(task.metadata["certificate"]["program"])


def _shown(task: Task) -> list[tuple[Json, Json]]:
    return examples(_program(task), task.metadata["certificate"]["shown"])
