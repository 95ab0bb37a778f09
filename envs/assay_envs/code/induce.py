"""Induce: write the Python function behind a few examples; hidden inputs decide.

Rules: the prompt shows f at three or four inputs (more where they are needed); the response is a
program that defines ``f``. It is run in the sandbox on all twenty inputs of the level, and every
value must be right. How the function is written does not matter.

Generator: a member of the level's family of small programs. Certificate: no other member of the
family (this level's and all easier ones over the same inputs) agrees with the examples and differs
on a hidden input; precomputed bit sets make the check a few ANDs. Duplicate key: the function's
values on the hidden inputs, so one function never stands in two splits, however it is written.
Trivial policies that fail: the line through the first two examples (levels 1 and 2 hold lines and
leave it out), a table of the examples alone, the identity.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cache, reduce
from itertools import product
from operator import and_
from random import Random
from typing import ClassVar

from assay_datasets import Json, Task, canonical_json, content_hash, derive_random
from assay_envs.environment import CertificateError, SingleTurn
from assay_sandbox import Sandbox
from assay_verifiers.code import CodeVerifier

_A, _B, _C = range(2, 8), range(1, 10), range(2, 6)
_WIDE_A, _WIDE_B = range(2, 10), range(1, 61)  # level 1: about a thousand functions to tell apart
_X = re.compile(r"\bx\b")
_PRODUCT = re.compile(r"(-?\d+)\*(\d+)")
_SHOWN = 10  # examples come from the first ten inputs
_MOST_FAILED_TRIES = 1


@dataclass(frozen=True)
class _Form:
    """One shape of program: its text with parameters in braces, its meaning, their ranges."""

    text: str
    meaning: Callable[..., Json]
    ranges: Mapping[str, Sequence[int]]


@dataclass(frozen=True)
class _Member:
    """One function: its text and its values on the level's inputs."""

    text: str
    values: tuple[Json, ...]


@dataclass(frozen=True)
class _Family:
    """All functions that a level may mean, and where each of them takes which value.

    Attributes:
        forms: the members drawn at this level, by form.
        seen: per shown input, value → bit set of the family's members that take it there.
        bits: values on all inputs → the member's own bit.
    """

    forms: tuple[tuple[_Member, ...], ...]
    seen: tuple[dict[str, int], ...]
    bits: dict[str, int]

    def single_out(self, member: _Member, places: Sequence[int]) -> bool:
        """Whether the member's values at ``places`` leave no other function of the family."""
        alike = (self.seen[place][canonical_json(member.values[place])] for place in places)
        return reduce(and_, alike) == self.bits[canonical_json(member.values)]


class Induce(SingleTurn):
    """The environment; one program per episode.

    Args:
        sandbox: an open ``assay_sandbox.Sandbox``; without one, the process's shared sandbox.
    """

    id = "code/induce"
    summary = "write the Python function behind a few examples"
    needs_sandbox = True
    levels: ClassVar = {
        1: "a*x+b, a*x-b, x*x+b",
        2: "also (x+a)*c, max, min, // and %",
        3: "two of these composed",
        4: "a condition on x",
        5: "x is a list",
    }
    chance: ClassVar = {1: 0.01, 2: 0.02, 3: 0.05, 4: 0.02, 5: 0.05}
    measure = "nodes of the function's syntax tree, doubled by a branch or call and by lists"

    def __init__(self, sandbox: Sandbox | None = None) -> None:
        super().__init__(CodeVerifier(sandbox))

    def generate(self, seed: int, difficulty: int) -> Task:
        family = _family(self.check_level(difficulty))
        rng = derive_random(self.id, difficulty, seed)
        member, places = _draw(rng, family)
        inputs = _inputs(difficulty)
        tests = [{"args": [x], "expected": y} for x, y in zip(inputs, member.values, strict=True)]
        return Task(
            env=self.id,
            prompt=({"role": "user", "content": _prompt(member, inputs, places)},),
            answer={"style": "function", "language": "python", "name": "f", "tests": tests},
            verifier="code",
            options={"limits": {"cpu_s": 1.0}, "stop_early": True},
            metadata={
                "domain": "code",
                "difficulty": difficulty,
                "seed": seed,
                "duplicate_key": f"{self.id}:{content_hash(list(member.values))}",
                "certificate": {"expression": member.text, "examples": places},
                "measured": _size(member.text) * (2 if difficulty == 5 else 1),
            },
        )

    def oracle(self, task: Task) -> str:
        return _program(task.metadata["certificate"]["expression"])

    def solution(self, task: Task) -> str:
        """The line through the first two examples, then other candidates, each checked until one
        agrees with everything."""
        level = task.metadata["difficulty"]
        rng = derive_random("solution", task.id)
        inputs, truth = _inputs(level), [test["expected"] for test in task.answer["tests"]]
        places = task.metadata["certificate"]["examples"]
        final = _Member(task.metadata["certificate"]["expression"], tuple(truth))
        work: list[str] = []
        line: list[_Member] = []
        if level < 5:
            fit, line = _line_through(inputs, truth, places[:2])
            work.append(fit)
        others = _near_misses(rng, _family(level), truth, places) if level > 1 else []
        for candidate in [*line, *others, final]:
            if list(candidate.values) == truth:
                final = candidate
            elif all(candidate.values[place] == truth[place] for place in places):
                continue  # it fits the examples but is not the function: nothing shows it wrong
            fresh = places[2:] if candidate in line else places
            work.append(_attempt(candidate, truth, inputs, fresh))
            if candidate is final:
                break
        return "<think>" + "\n".join(work) + f"</think>{_program(final.text)}"

    def equivalents(self, task: Task) -> Iterator[str]:
        text = task.metadata["certificate"]["expression"]
        yield f"```python\nf = lambda x: {text}\n```"
        yield f"def f(x):\n    value = {text}\n    return value\n"

    def near_misses(self, task: Task) -> Iterator[str]:
        """Right everywhere but at one hidden input; one more; the name misspelt."""
        text = task.metadata["certificate"]["expression"]
        last = task.answer["tests"][-1]["args"][0]
        yield f"def f(x):\n    return None if x == {last} else ({text})"
        yield f"def f(x):\n    return [({text}), 0]"
        yield f"def g(x):\n    return {text}"

    def guess(self, task: Task, rng: Random) -> str:
        """Some function of the level's family."""
        return _program(rng.choice(rng.choice(_family(task.metadata["difficulty"]).forms)).text)

    def trivial(self, task: Task) -> Iterator[str]:
        shown = task.metadata["certificate"]["examples"]
        tests = [task.answer["tests"][place] for place in shown]
        table = [(test["args"][0], test["expected"]) for test in tests]
        yield f"def f(x):\n    return next((y for shown, y in {table!r} if shown == x), None)"
        yield "def f(x):\n    return x"
        if task.metadata["difficulty"] in (3, 4):
            (x, y), (x2, y2) = table[:2]
            yield f"def f(x):\n    return {y} + ({y2} - {y}) * (x - {x}) // ({x2} - {x})"

    def recheck(self, task: Task) -> None:
        """Python runs the certificate's program, which passes, and every program of the family:
        those that agree with the examples agree with all tests."""
        level, tests = task.metadata["difficulty"], task.answer["tests"]
        expression = task.metadata["certificate"]["expression"]
        if expression not in _texts((level,)) and expression not in _texts(range(1, level)):
            raise CertificateError("the certificate's program is none of the family")
        own = _compiled(expression)
        if any(own(*test["args"]) != test["expected"] for test in tests):
            raise CertificateError("the certificate's program does not pass the tests")
        shown = [tests[place] for place in task.metadata["certificate"]["examples"]]
        easier = range(1, level + 1) if level < 5 else (5,)
        for text in _texts(easier):
            program = _compiled(text)
            if all(program(*test["args"]) == test["expected"] for test in shown):
                wrong = [test for test in tests if program(*test["args"]) != test["expected"]]
                if wrong:
                    raise CertificateError(f"{text} fits the examples too, but not {wrong[0]}")


def _program(expression: str) -> str:
    return f"def f(x):\n    return {expression}"


def _prompt(member: _Member, inputs: Sequence[Json], places: Sequence[int]) -> str:
    shown = [f"f({inputs[place]})={member.values[place]}" for place in places]
    return (
        f"Write a Python function f(x) with {', '.join(shown[:-1])} and {shown[-1]}. "
        "Think step by step inside <think></think>, then write only the function."
    )


def _line_through(
    inputs: Sequence[Json], truth: Sequence[Json], places: Sequence[int]
) -> tuple[str, list[_Member]]:
    """The work of fitting ``a*x+b`` to two examples, and that line where ``a`` is whole."""
    (x, y), (x2, y2) = ((inputs[place], truth[place]) for place in places)
    rise, run = y2 - y, x2 - x
    work = f"{y2}-{y}={rise}, {x2}-{x}={run}, {rise}/{run}"
    if rise % run:
        return f"{work} no", []
    a = rise // run
    b = y - a * x
    line = _Member(f"{a}*x{b:+d}", tuple(a * value + b for value in inputs))
    return f"{work}={a}, {a}*{x}={a * x}, {y}-{a * x}={b}".replace("--", "+"), [line]


def _attempt(
    candidate: _Member, truth: Sequence[Json], inputs: Sequence[Json], places: Sequence[int]
) -> str:
    """``try 8*x-6: 8*3-6=24-6=18 ok, 8*7-6=56-6=50 no``: up to the first example it misses."""
    checks = []
    for place in places:
        right = candidate.values[place] == truth[place]
        shown = _X.sub(str(inputs[place]), candidate.text)
        step = _PRODUCT.sub(lambda found: str(int(found[1]) * int(found[2])), shown)
        chain = shown if step in (shown, str(candidate.values[place])) else f"{shown}={step}"
        checks.append(f"{chain}={candidate.values[place]} {'ok' if right else 'no'}")
        if not right:
            break
    return f"try {candidate.text}: " + ", ".join(checks)


def _near_misses(
    rng: Random, family: _Family, truth: Sequence[Json], places: Sequence[int]
) -> list[_Member]:
    """Wrong candidates that agree with the first example: what a person would try first."""
    wanted, first = rng.randint(0, _MOST_FAILED_TRIES), places[0]
    misses: list[_Member] = []
    for _ in range(200 * wanted):
        member = rng.choice(rng.choice(family.forms))
        if member.values[first] == truth[first] and list(member.values) != truth:
            misses.append(member)
        if len(misses) == wanted:
            break
    return misses


# The family


@cache
def _texts(levels: Sequence[int]) -> tuple[str, ...]:
    """Every program of these levels' forms, as text."""
    return tuple(
        form.text.format(**dict(zip(form.ranges, choice, strict=True)))
        for level in levels
        for form in _FORMS[level]
        for choice in product(*form.ranges.values())
    )


@cache
def _compiled(text: str) -> Callable[[Json], Json]:
    """One of the family's own programs as Python runs it; never a response."""
    function: Callable[[Json], Json] = eval(f"lambda x: {text}")  # noqa: S307 - text of ours
    return function


def _size(text: str) -> float:
    """Nodes of the expression's syntax tree, doubled where it branches, calls or loops."""
    nodes = list(ast.walk(ast.parse(text, mode="eval")))
    kinds = (ast.IfExp, ast.ListComp, ast.Call)
    return float(len(nodes) + len(nodes) * any(isinstance(node, kinds) for node in nodes))


def _draw(rng: Random, family: _Family) -> tuple[_Member, list[int]]:
    """A member and the fewest examples, three or more, that single it out."""
    member = rng.choice(rng.choice(family.forms))
    for count in (3, 3, 3, 4, 4, 5, 6, 7, 8, 9):
        places = sorted(rng.sample(range(_SHOWN), count))
        if family.single_out(member, places):
            return member, places
    return member, list(range(_SHOWN))


@cache
def _family(level: int) -> _Family:
    """The level's family; members whose shown values do not tell them apart are left out."""
    inputs = _inputs(level)
    easier = range(1, level + 1) if level < 5 else (5,)
    everything = [_members(form, inputs) for each in easier for form in _FORMS[each]]
    bits: dict[str, int] = {}
    seen: tuple[dict[str, int], ...] = tuple({} for _ in range(_SHOWN))
    for member in (member for members in everything for member in members):
        key = canonical_json(member.values)
        if key not in bits:
            bits[key] = 1 << len(bits)
            for place in range(_SHOWN):
                value = canonical_json(member.values[place])
                seen[place][value] = seen[place].get(value, 0) | bits[key]
    drawn = everything if level == 2 else everything[-len(_FORMS[level]) :]
    whole = _Family((), seen, bits)
    forms = tuple(
        tuple(m for m in members if whole.single_out(m, range(_SHOWN))) for members in drawn
    )
    return _Family(forms, seen, bits)


def _members(form: _Form, inputs: Sequence[Json]) -> list[_Member]:
    members = []
    for choice in product(*form.ranges.values()):
        parameters = dict(zip(form.ranges, choice, strict=True))
        values = tuple(form.meaning(x, **parameters) for x in inputs)
        members.append(_Member(form.text.format(**parameters), values))
    return members


@cache
def _inputs(level: int) -> tuple[Json, ...]:
    """Twenty inputs: the first ten may be shown, all of them judge."""
    if level < 5:
        return tuple(range(20))
    rng = derive_random("code/induce", "lists")
    return tuple([rng.randint(0, 9) for _ in range(rng.randint(2, 5))] for _ in range(20))


_AB = {"a": _A, "b": _B}
_WIDE_AB = {"a": _WIDE_A, "b": _WIDE_B}
_BC = {"b": _B, "c": _C}
_AC = {"a": _A, "c": _C}
_ABC = {"a": _A, "b": _B, "c": _C}

_FORMS: dict[int, tuple[_Form, ...]] = {
    1: (
        _Form("{a}*x+{b}", lambda x, a, b: a * x + b, _WIDE_AB),
        _Form("{a}*x-{b}", lambda x, a, b: a * x - b, _WIDE_AB),
        _Form("x*x+{b}", lambda x, b: x * x + b, {"b": _WIDE_B}),
    ),
    2: (
        _Form("(x+{a})*{c}", lambda x, a, c: (x + a) * c, _AC),
        _Form("max(x,{a})+{b}", lambda x, a, b: max(x, a) + b, _AB),
        _Form("min(x,{a})+{b}", lambda x, a, b: min(x, a) + b, _AB),
        _Form("x//{c}+{b}", lambda x, b, c: x // c + b, _BC),
        _Form("x%{c}+{b}", lambda x, b, c: x % c + b, _BC),
    ),
    3: (
        _Form("{a}*(x//{c})+{b}", lambda x, a, b, c: a * (x // c) + b, _ABC),
        _Form("{a}*(x%{c})+{b}", lambda x, a, b, c: a * (x % c) + b, _ABC),
        _Form("max({c}*x,{a})+{b}", lambda x, a, b, c: max(c * x, a) + b, _ABC),
        _Form("min({c}*x,{a})+{b}", lambda x, a, b, c: min(c * x, a) + b, _ABC),
        _Form("x*x+{a}*x-{b}", lambda x, a, b: x * x + a * x - b, _AB),
        _Form("({a}*x+{b})%{c}", lambda x, a, b, c: (a * x + b) % c, _ABC),
        _Form("abs(x-{a})*{c}", lambda x, a, c: abs(x - a) * c, _AC),
    ),
    4: (
        _Form("{c}*x if x>{a} else x+{b}", lambda x, a, b, c: c * x if x > a else x + b, _ABC),
        _Form("x-{b} if x>{a} else {c}*x", lambda x, a, b, c: x - b if x > a else c * x, _ABC),
        _Form("{a}*x if x%2==0 else x+{b}", lambda x, a, b: x + b if x % 2 else a * x, _AB),
        _Form(
            "x*x if x<{a} else {c}*x+{b}", lambda x, a, b, c: x * x if x < a else c * x + b, _ABC
        ),
        _Form("{b} if x%{c}==0 else {a}*x", lambda x, a, b, c: a * x if x % c else b, _ABC),
    ),
    5: (
        _Form("sum(x)*{a}+{b}", lambda x, a, b: sum(x) * a + b, _AB),
        _Form("max(x)-min(x)+{b}", lambda x, b: max(x) - min(x) + b, {"b": _B}),
        _Form("{a}*len(x)+{b}", lambda x, a, b: a * len(x) + b, _AB),
        _Form("[{a}*v+{b} for v in x]", lambda x, a, b: [a * v + b for v in x], _AB),
        _Form("[v for v in x if v>{a}]", lambda x, a: [v for v in x if v > a], {"a": _A}),
        _Form("[v for v in x if v%{c}==0]", lambda x, c: [v for v in x if v % c == 0], {"c": _C}),
        _Form("sorted(x)[0]*{a}+{b}", lambda x, a, b: sorted(x)[0] * a + b, _AB),
        _Form("x[0]*{a}+x[-1]+{b}", lambda x, a, b: x[0] * a + x[-1] + b, _AB),
        _Form("[v%{c} for v in x[::-1]]", lambda x, c: [v % c for v in x[::-1]], {"c": _C}),
    ),
}
