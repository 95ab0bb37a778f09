"""Predict: what a program returns for an input, worked out by hand.

Rules: the prompt shows a Python function and an input; the response is the value that the function
returns, written as Python would write it. It is compared as a value of its type: blanks and the
kind of quotation marks do not matter, ``3`` is not ``'3'`` and a list is not a tuple. Nothing in a
response is ever executed.

Generator: a program of the suite's family (:mod:`assay_envs.code.programs`) that ends on all inputs
and one input on which no step is idle: without any of them something else comes out. The value is
not one that comes up by itself (a short list or text, a number below ten) and does not stand in
what is shown. A level is a number of steps and choices and a band of the operations executed.
Certificate: the program and the input. The gold comes from our evaluator; the recheck has Python
itself run the program. Duplicate key: the program's values on all inputs and the input, however the
program is written. Trivial policies that fail: the input as it is; what comes of all steps but the
last, or of the first alone; 0.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from random import Random
from typing import ClassVar

from assay_datasets import Json, Task, content_hash, derive_random
from assay_envs.code.evaluator import load, python_function, python_run, run, same
from assay_envs.code.hidden_tests import faults
from assay_envs.code.literal import Unreadable, claimed_values
from assay_envs.code.programs import (
    Program,
    behaviour,
    draw,
    otherwise_written,
    outputs,
    random_input,
    traced,
)
from assay_envs.code.write import steps_worked
from assay_envs.environment import CertificateError, SingleTurn
from assay_verifiers import Verdict, Verifier, visible_text

_INPUTS = 24
_LEAST_NUMBER = 10
_LEAST_ITEMS = 3
_LEAST_CHARACTERS = 4
_MOST_MUTANTS = 12


@dataclass(frozen=True)
class _Level:
    """Steps, how many of them are choices, and the operations that a run may take."""

    steps: int
    choices: int
    operations: range


_LEVELS = {
    1: _Level(2, 0, range(1, 20)),
    2: _Level(3, 0, range(20, 35)),
    3: _Level(3, 1, range(35, 60)),
    4: _Level(4, 1, range(60, 100)),
    5: _Level(5, 2, range(100, 300)),
}


class ValueVerifier(Verifier):
    """Judges a Python literal by its value; ``answer`` is the value as JSON.

    The response is read without being executed (:mod:`assay_envs.code.literal`). Where it states
    several values, all must be the same.
    """

    name = "code/predict"
    summary = "a value written as Python writes it"

    def check(self, response: str, answer: Json, **options: Json) -> Verdict:
        self.refuse_unknown(options)
        if not _is_value(answer):
            return Verdict.undecided("bad_gold", error="not a number, a text or a list of them")
        text = visible_text(response).strip()
        if not text:
            return Verdict.incorrect("no_answer")
        if len(text) > _longest(answer):
            return Verdict.incorrect("too_long", length=len(text))
        try:
            values = claimed_values(text)
        except Unreadable as error:
            return Verdict.incorrect("malformed", error=str(error))
        if any(not same(value, values[0]) for value in values):
            return Verdict.incorrect("rule_broken", error="several values are stated")
        if same(values[0], answer):
            return Verdict.correct()
        alike = type(values[0]) is type(answer)
        return Verdict.incorrect("mismatch" if alike else "wrong_type")


class Predict(SingleTurn):
    """The environment; one value per episode."""

    id = "code/predict"
    summary = "work out what a program returns"
    levels: ClassVar = {
        1: "two steps, under 20 operations",
        2: "three steps, 20 to 34 operations",
        3: "three steps, one a choice between two, 35 to 59 operations",
        4: "four steps, one a choice, 60 to 99 operations",
        5: "five steps, two of them choices, 100 operations and more",
    }
    chance: ClassVar = {1: 0.06, 2: 0.03, 3: 0.02, 4: 0.02, 5: 0.02}
    measure = "operations executed: statements, rounds of loops and comprehensions, calls"

    def __init__(self) -> None:
        super().__init__(ValueVerifier())

    def generate(self, seed: int, difficulty: int) -> Task:
        level = _LEVELS[self.check_level(difficulty)]
        rng = derive_random(self.id, difficulty, seed)
        program, given = _drawn(rng, level)
        source = program.source()
        function = program.function()
        outcome = run(function, given)
        shown_by = [behaviour(outputs(function, program.takes) or []), given]
        return Task(
            env=self.id,
            prompt=({"role": "user", "content": _prompt(source, given)},),
            answer=outcome.value,
            verifier=self.id,
            metadata={
                "domain": "code",
                "difficulty": difficulty,
                "seed": seed,
                "duplicate_key": f"{self.id}:{content_hash(shown_by)}",
                "certificate": {"program": program.to_json(), "input": given},
                "measured": float(outcome.operations),
            },
        )

    def oracle(self, task: Task) -> str:
        return repr(task.answer)

    def solution(self, task: Task) -> str:
        """What each step makes of the input, then the value."""
        worked = steps_worked(_program(task), task.metadata["certificate"]["input"])
        return f"<think>{worked}</think>{task.answer!r}"

    def equivalents(self, task: Task) -> Iterator[str]:
        given = task.metadata["certificate"]["input"]
        text = repr(task.answer)
        yield f"f({given!r}) returns {text}."
        yield f"Answer: `{text}`"
        yield f"f({given!r}) == {text}"
        yield f"```python\n{text}\n```"
        if not isinstance(task.answer, int):
            yield text.replace("'", '"')
            yield text.replace(", ", ",\n  ")

    def near_misses(self, task: Task) -> Iterator[str]:
        """What slightly other programs return; one item off, left out, swapped; another type."""
        certificate = task.metadata["certificate"]
        for fault in faults(_program(task).source(), _MOST_MUTANTS):
            outcome = run(load(fault.source), certificate["input"])
            if not outcome.error and not same(outcome.value, task.answer):
                yield repr(outcome.value)
        yield from map(repr, _spoilt(task.answer))

    def guess(self, task: Task, rng: Random) -> str:
        """What another program of the level with values of that kind returns for the input."""
        level, wanted = _LEVELS[task.metadata["difficulty"]], _program(task)
        while True:
            program = draw(rng, level.steps, level.choices)
            if (program.takes, program.gives) == (wanted.takes, wanted.gives):
                outcome = run(program.function(), task.metadata["certificate"]["input"])
                if not outcome.error:
                    return repr(outcome.value)

    def trivial(self, task: Task) -> Iterator[str]:
        program, given = _program(task), task.metadata["certificate"]["input"]
        values = [outcome.value for outcome in traced(program, given)]
        yield repr(given)
        yield repr(values[-2])
        yield repr(values[0])
        yield "0"

    def recheck(self, task: Task) -> None:
        """Python runs the program that the prompt shows, on the input that it shows."""
        program, given = _program(task), task.metadata["certificate"]["input"]
        source = program.source()
        if _prompt(source, given) != task.prompt[0]["content"]:
            raise CertificateError("the certificate is of another program than the prompt's")
        if not python_run(python_function(source), given).gives(task.answer):
            raise CertificateError(f"the program does not return {task.answer!r}")
        for other in otherwise_written(program):
            if not python_run(python_function(other.source()), given).gives(task.answer):
                raise CertificateError("the same program written otherwise returns something else")


def _drawn(rng: Random, level: _Level) -> tuple[Program, Json]:
    """A program of the level and an input that is worth asking for."""
    while True:
        program = draw(rng, level.steps, level.choices)
        function, source = program.function(), program.source()
        for _ in range(_INPUTS):
            given = random_input(rng, program.takes)
            outcome = run(function, given)
            if outcome.error or outcome.operations not in level.operations:
                continue
            if _is_guessable(outcome.value, _prompt(source, given)):
                continue
            if _has_idle_step(program, given, outcome.value):
                continue
            if outputs(function, program.takes) is None:
                break
            return program, given


def _has_idle_step(program: Program, given: Json, value: Json) -> bool:
    """Whether ``value`` also comes out without one of the steps."""
    steps = program.steps
    return any(
        run(Program(steps[:place] + steps[place + 1 :]).function(), given).gives(value)
        for place, step in enumerate(steps)
        if step.takes == step.gives
    )


def _is_guessable(value: Json, prompt: str) -> bool:
    """Whether a value may be had without working it out: it is short, or stands in the prompt."""
    if isinstance(value, int):
        return abs(value) < _LEAST_NUMBER
    least = _LEAST_ITEMS if isinstance(value, list) else _LEAST_CHARACTERS
    return len(value) < least or len(set(value)) == 1 or _packed(str(value)) in _packed(prompt)


def _packed(text: str) -> str:
    return "".join(c for c in text.casefold() if c.isalnum())


def _spoilt(value: Json) -> Iterator[Json]:
    """The value with one mistake in it."""
    if isinstance(value, int):
        yield from (value + 1, value - 1, -value, 10 * value, str(value), [value])
        return
    yield value[1:]
    yield value[:-1]
    yield value + value[-1:]
    if value[::-1] != value:
        yield value[::-1]
    if value[:2] != value[1::-1]:
        yield value[1::-1] + value[2:]
    if isinstance(value, str):
        yield from (each for each in (value.swapcase(), f"{value} ") if each != value)
    else:
        yield [*value[:-1], value[-1] + (1 if isinstance(value[-1], int) else "s")]
        yield tuple(value)
        yield str(value)


def _prompt(source: str, given: Json) -> str:
    return (
        f"What does f({given!r}) return?\n\n```python\n{source}```\n\nThink step by step inside "
        "<think></think>, then write only the value, as Python would write it."
    )


def _program(task: Task) -> Program:
    return Program.from_json(task.metadata["certificate"]["program"])


def _is_value(answer: Json) -> bool:
    if isinstance(answer, list):
        return all(map(_is_value, answer))
    return isinstance(answer, int | str)


def _longest(answer: Json) -> int:
    """Characters that a response may have, its thinking left aside."""
    return 1_000 + 4 * len(repr(answer))
