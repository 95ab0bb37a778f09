"""Programs: small functions put together from typed pieces, in words and in Python.

A program takes one value and does a few things to it in order, each a piece or a choice between two
pieces (:mod:`assay_envs.code.pieces`). It is data: names of pieces, numbers, and which wording and
which code of a piece is used. From that alone come its source, its description and its JSON, so a
certificate names a program without holding a line of code.

A program is *sound* where, on the inputs below, it always ends with a value of modest size, is
neither the identity nor nearly constant, and no program that lacks one of its steps, or has one
side of a choice in the choice's place, computes the same: every step counts.

Inputs are the edges of a kind (nothing there, one, equal ones, negative ones) and random values,
the same for all programs. Two programs that agree on all of them have the same :func:`behaviour`.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cache
from random import Random
from typing import TypeAlias

from assay_datasets import Json, content_hash, derive_random, syntax
from assay_envs.code.evaluator import Function, Outcome, load, run, same
from assay_envs.code.piece import KINDS, NUMBER, NUMBERS, TEXT, WORDS, Ranges
from assay_envs.code.pieces import PIECES, TESTS

ARGUMENTS = {NUMBERS: "numbers", NUMBER: "number", TEXT: "text", WORDS: "words"}
TAKEN = {
    NUMBERS: "a list of integers",
    NUMBER: "an integer",
    TEXT: "a text",
    WORDS: "a list of non-empty words",
}
_RANDOM_INPUTS = 56
_FIRST_KINDS = (NUMBERS, NUMBERS, NUMBERS, TEXT, TEXT, NUMBER, WORDS)
_LARGEST = 10**9
_LONGEST = 60
_LEAST_VARIETY = 0.25  # different values among those on random inputs
_FEW = 12
_LEAST_OF_FEW = 4
_LEAST_TAKEN = 0.15  # of the random inputs, on each side of a choice


@dataclass(frozen=True)
class Part:
    """A piece with its numbers, and which of its codes and wordings is used."""

    piece: str
    numbers: Mapping[str, int]
    code: int = 0
    wording: int = 0

    @property
    def takes(self) -> str:
        return PIECES[self.piece].takes

    @property
    def gives(self) -> str:
        return PIECES[self.piece].gives

    @property
    def out(self) -> str:
        return PIECES[self.piece].out

    def words(self) -> str:
        return PIECES[self.piece].wordings[self.wording].format(**self.numbers)

    def lines(self, taken: str, given: str) -> list[str]:
        text = PIECES[self.piece].codes[self.code]
        return text.format(i=taken, o=given, **self.numbers).splitlines()

    def to_json(self) -> Json:
        return [self.piece, dict(self.numbers), self.code, self.wording]


@dataclass(frozen=True)
class Choice:
    """One of two parts, by a test of the value that both take."""

    test: str
    numbers: Mapping[str, int]
    yes: Part
    no: Part

    @property
    def takes(self) -> str:
        return self.yes.takes

    @property
    def gives(self) -> str:
        return self.yes.gives

    @property
    def out(self) -> str:
        return "result"

    def words(self) -> str:
        condition = TESTS[self.test].wording.format(**self.numbers)
        return f"if {condition}, {self.yes.words()}; otherwise, {self.no.words()}"

    def lines(self, taken: str, given: str) -> list[str]:
        condition = TESTS[self.test].code.format(i=taken, **self.numbers)
        yes, no = ([f"    {line}" for line in part.lines(taken, given)]
                   for part in (self.yes, self.no))  # fmt: skip
        return [f"if {condition}:", *yes, "else:", *no]

    def to_json(self) -> Json:
        return [self.test, dict(self.numbers), self.yes.to_json(), self.no.to_json()]


Step: TypeAlias = Part | Choice


@dataclass(frozen=True)
class Program:
    """The steps of ``f``, one after another."""

    steps: tuple[Step, ...]

    @property
    def takes(self) -> str:
        return self.steps[0].takes

    @property
    def gives(self) -> str:
        return self.steps[-1].gives

    def source(self) -> str:
        """The function ``f`` as Python would write it out again, so that a mutant of it, which is
        written so, differs by its fault alone."""
        return ast.unparse(syntax.parse(self._text())) + "\n"

    def function(self) -> Function:
        """``f``, to be run by the evaluator."""
        return load(self._text())

    def _text(self) -> str:
        name = ARGUMENTS[self.takes]
        lines, used = [f"def f({name}):"], {name}
        for step in self.steps:
            given = _fresh(step.out, used)
            lines += [f"    {line}" for line in step.lines(name, given)]
            name = given
        return "\n".join([*lines, f"    return {name}"])

    def phrases(self) -> list[str]:
        """What is done, step by step, in words."""
        return [step.words() for step in self.steps]

    def to_json(self) -> Json:
        return [step.to_json() for step in self.steps]

    @classmethod
    def from_json(cls, record: Json) -> Program:
        """The program of :meth:`to_json`; ValueError where the family has no such program."""
        program = cls(tuple(_step(each) for each in record))
        kinds = zip(program.steps, program.steps[1:], strict=False)
        if not program.steps or any(one.gives != other.takes for one, other in kinds):
            raise ValueError("steps that do not fit together")
        return program

    def simpler(self) -> Iterator[Program]:
        """Programs with one step left out, or one side of a choice in the choice's place."""
        for place, step in enumerate(self.steps):
            before, after = self.steps[:place], self.steps[place + 1 :]
            if step.takes == step.gives and len(self.steps) > 1:
                yield Program(before + after)
            if isinstance(step, Choice):
                yield Program((*before, step.yes, *after))
                yield Program((*before, step.no, *after))


def otherwise_written(program: Program) -> Iterator[Program]:
    """The same program with another code for one of its parts."""
    for place, step in enumerate(program.steps):
        for other in _otherwise(step):
            yield Program((*program.steps[:place], other, *program.steps[place + 1 :]))


def _otherwise(step: Step) -> Iterator[Step]:
    if isinstance(step, Part):
        yield from _other_codes(step)
        return
    yield from (replace(step, yes=part) for part in _other_codes(step.yes))
    yield from (replace(step, no=part) for part in _other_codes(step.no))


def _other_codes(part: Part) -> Iterator[Part]:
    for code in range(len(PIECES[part.piece].codes)):
        if code != part.code:
            yield replace(part, code=code)


def _fresh(name: str, used: set[str]) -> str:
    number, fresh = 1, name
    while fresh in used:
        number += 1
        fresh = f"{name}{number}"
    used.add(fresh)
    return fresh


def _step(record: Json) -> Step:
    name, numbers, third, fourth = record
    if name in TESTS:
        yes, no = _step(third), _step(fourth)
        if not (isinstance(yes, Part) and isinstance(no, Part)):
            raise ValueError("a choice within a choice")
        if (yes.takes, yes.gives) != (no.takes, no.gives) or TESTS[name].takes != yes.takes:
            raise ValueError("a choice between what does not fit together")
        return Choice(name, _checked(numbers, TESTS[name].ranges), yes, no)
    if name not in PIECES:
        raise ValueError(f"no piece {name!r}")
    piece = PIECES[name]
    if third not in range(len(piece.codes)) or fourth not in range(len(piece.wordings)):
        raise ValueError(f"{name} has no such code or wording")
    return Part(name, _checked(numbers, piece.ranges), third, fourth)


def _checked(numbers: Mapping[str, int], ranges: Ranges) -> dict[str, int]:
    if set(numbers) != set(ranges) or any(numbers[name] not in ranges[name] for name in ranges):
        raise ValueError(f"numbers {numbers} outside of their ranges")
    return {name: int(numbers[name]) for name in ranges}


# ── drawing ──────────────────────────────────────────────────────────────────────────────────────


def draw(rng: Random, steps: int, choices: int) -> Program:
    """A program of that many steps, of which ``choices`` are choices; not yet a sound one."""
    kind = rng.choice(_FIRST_KINDS)
    forks = set(rng.sample(range(steps), choices))
    made: list[Step] = []
    seen: set[str] = set()
    for place in range(steps):
        step = _choice(rng, kind, seen) if place in forks else _part(rng, kind, seen)
        made.append(step)
        kind = step.gives
    return Program(tuple(made))


def _part(rng: Random, kind: str, seen: set[str], gives: str | None = None) -> Part:
    """A part that takes ``kind``, of a piece not seen where there is one."""
    fitting = [p for p in PIECES.values() if p.takes == kind and gives in (None, p.gives)]
    piece = rng.choice([each for each in fitting if each.name not in seen] or fitting)
    seen.add(piece.name)
    code, wording = rng.randrange(len(piece.codes)), rng.randrange(len(piece.wordings))
    return Part(piece.name, _numbers(rng, piece.ranges), code, wording)


def _choice(rng: Random, kind: str, seen: set[str]) -> Choice:
    test = rng.choice([each for each in TESTS.values() if each.takes == kind])
    yes = _part(rng, kind, seen)
    return Choice(test.name, _numbers(rng, test.ranges), yes, _part(rng, kind, seen, yes.gives))


def _numbers(rng: Random, ranges: Ranges) -> dict[str, int]:
    return {name: rng.choice(choices) for name, choices in ranges.items()}


# ── behaviour ────────────────────────────────────────────────────────────────────────────────────


def is_sound(program: Program) -> bool:
    """Whether every step counts and the values are worth asking for; see the module."""
    function = program.function()
    if _is_dull(function, program.takes):
        return False
    values = outputs(function, program.takes)
    if values is None or not _varied(values, program.takes):
        return False
    if not all(_both_taken(program, place) for place in range(len(program.steps))):
        return False
    return all(differs(each.function(), program.takes, values) for each in program.simpler())


def outputs(function: Function, kind: str) -> list[Json] | None:
    """The function's values on all inputs; None if it fails or a value is too large."""
    values: list[Json] = []
    for given in inputs(kind):
        outcome = run(function, given)
        if outcome.error or not _modest(outcome.value):
            return None
        values.append(outcome.value)
    return values


def differs(function: Function, kind: str, values: Sequence[Json]) -> bool:
    """Whether the function gives something else than ``values`` on a random input."""
    first = len(edges(kind))
    pairs = zip(inputs(kind)[first:], values[first:], strict=True)
    return any(not run(function, given).gives(value) for given, value in pairs)


def behaviour(values: Sequence[Json]) -> str:
    """A hash of the values on all inputs: one function, however it is written and worded."""
    return content_hash(list(values))


def traced(program: Program, given: Json) -> list[Outcome]:
    """What comes of ``given`` after each of the steps."""
    prefixes = (Program(program.steps[: n + 1]) for n in range(len(program.steps)))
    return [run(each.function(), given) for each in prefixes]


def _modest(value: Json) -> bool:
    if isinstance(value, list):
        return len(value) <= _LONGEST and all(map(_modest, value))
    return len(value) <= _LONGEST if isinstance(value, str) else abs(value) <= _LARGEST


def _is_dull(function: Function, kind: str) -> bool:
    """Whether a few random inputs already show that the values hardly differ."""
    first = len(edges(kind))
    few = inputs(kind)[first : first + _FEW]
    return len({repr(run(function, given).value) for given in few}) < _LEAST_OF_FEW


def _varied(values: Sequence[Json], kind: str) -> bool:
    first = len(edges(kind))
    given = inputs(kind)[first:]
    if all(same(value, each) for value, each in zip(values[first:], given, strict=True)):
        return False
    return len({repr(value) for value in values[first:]}) >= _LEAST_VARIETY * len(given)


def _both_taken(program: Program, place: int) -> bool:
    """Whether a choice at ``place`` goes either way often enough."""
    step = program.steps[place]
    if not isinstance(step, Choice):
        return True
    name = ARGUMENTS[step.takes]
    condition = TESTS[step.test].code.format(i=name, **step.numbers)
    test = load(f"def f({name}):\n    return {condition}\n")
    before = Program(program.steps[:place]).function() if place else None
    given = inputs(program.takes)[len(edges(program.takes)) :]
    reached = [run(before, each).value if before else each for each in given]
    taken = sum(bool(run(test, each).value) for each in reached)
    return _LEAST_TAKEN * len(given) <= taken <= (1 - _LEAST_TAKEN) * len(given)


# ── inputs ───────────────────────────────────────────────────────────────────────────────────────


@cache
def inputs(kind: str) -> tuple[Json, ...]:
    """Edges, then random values of a kind; none of them may be changed."""
    rng = derive_random("code/inputs", KINDS.index(kind))
    found = {repr(each): each for each in edges(kind)}
    while len(found) < len(edges(kind)) + _RANDOM_INPUTS:
        value = random_input(rng, kind)
        found.setdefault(repr(value), value)
    return tuple(found.values())


def edges(kind: str) -> tuple[Json, ...]:
    """What programs get wrong."""
    return _EDGES[kind]


def random_input(rng: Random, kind: str) -> Json:
    """A value of a kind, of a size that a person can look at."""
    if kind == NUMBER:
        return rng.choice((rng.randint(-20, 40), rng.randint(10, 999), rng.randint(1000, 99_999)))
    if kind == NUMBERS:
        low, high = rng.choice(((-9, 9), (0, 9), (-20, 30), (1, 40)))
        return [rng.randint(low, high) for _ in range(rng.randint(3, 9))]
    words = [_word(rng) for _ in range(rng.randint(2, 5))]
    return words if kind == WORDS else " ".join(words)


def _word(rng: Random) -> str:
    letters = rng.choice(("abcde", "aeiostrn", "abcdefghijklmnopqrstuvwxyz"))
    word = "".join(rng.choice(letters) for _ in range(rng.randint(1, 7)))
    return word.capitalize() if rng.random() < 0.3 else word


_EDGES: Mapping[str, tuple[Json, ...]] = {
    NUMBERS: ([], [0], [7], [-4], [5, 5], [3, -3], [2, 2, 2, 2], [9, 8, 7, 6, 5], [1, 2, 3, 4, 5]),
    NUMBER: (0, 1, -1, 2, 9, 10, -37, 100, 1000),
    TEXT: ("", "a", "Z", "  ", "aaa", "AbAb", "a  b", "zebra", "x1-y2"),
    WORDS: ([], ["a"], ["Zoo"], ["b", "b"], ["ccc", "bb", "a"], ["level", "Level"]),
}
