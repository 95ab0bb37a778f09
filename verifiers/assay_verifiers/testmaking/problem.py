"""Problem: what tests are made from, and its JSON line.

    {"id"?, "solution", "style"?, "entry_point"?, "prompt"?, "prelude"?, "examples"? | "tests"?,
     "solutions"?, "wrong"?, "validator"?}

``style`` is ``function`` (a function ``entry_point`` is called) or ``stdio`` (a program reads and
prints); where it is absent, an ``entry_point`` says function. An example is a test of the code
verifier whose expected side may be missing: ``{"args", "kwargs"?, "expected"?}``, or ``{"stdin",
"stdout"?}``. Of a function more examples are read from the prompt and the solution's text: every
call of it whose arguments are literals, as in ``>>> f(1, "a")`` or ``f([3]) ➞ 4``.

``solutions`` are other right programs: a test on which they disagree with the reference is
dropped. ``wrong`` are known-wrong programs, which count as mutants. ``validator`` is Python that
says which inputs the problem allows: it defines ``valid(*args)``, or for stdio reads the input and
exits 0. All of it runs in the sandbox only. A solution is Python; other languages have no mutants
here.
"""

from __future__ import annotations

import ast
import itertools
import re
import warnings
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from assay_datasets import InputError, Json, content_hash, syntax
from assay_verifiers.codec import CannotCarry, canonical, encode

_KNOWN = (
    "id",
    "solution",
    "style",
    "entry_point",
    "prompt",
    "prelude",
    "examples",
    "tests",
    "solutions",
    "wrong",
    "validator",
    "language",
    "metadata",
)
_INPUT = {"function": ("args", "kwargs"), "stdio": ("stdin",)}
_OUTPUT = {"function": "expected", "stdio": "stdout"}
_MOST_MINED = 40
_LONGEST_CALL = 2000
_MOST_BRACKETS = 50


@dataclass(frozen=True)
class Problem:
    """A problem with a reference solution; see the module.

    Attributes:
        id: names it in the output, for resuming; name: the function, "" for stdio.
        examples: tests of the code verifier, the expected side perhaps missing.
        others, wrong: programs known to be right, and to be wrong.
    """

    id: str
    style: str
    solution: str
    name: str = ""
    prompt: str = ""
    prelude: str = ""
    examples: tuple[Mapping[str, Json], ...] = ()
    others: tuple[str, ...] = ()
    wrong: tuple[str, ...] = ()
    validator: str = ""

    @property
    def output(self) -> str:
        """What a test's expected side is called: ``expected`` or ``stdout``."""
        return _OUTPUT[self.style]

    def program(self, source: str) -> str:
        """``source`` as it runs: after the prelude."""
        return f"{self.prelude}\n{source}" if self.prelude else source

    def input_of(self, test: Mapping[str, Json]) -> dict[str, Json]:
        """The side of a test that the program sees."""
        return {key: test[key] for key in _INPUT[self.style] if test.get(key) not in (None, {})}

    def answer(self, tests: list[dict[str, Json]]) -> dict[str, Json]:
        """The code verifier's answer with these tests."""
        named = {"name": self.name} if self.name else {}
        before = {"prelude": self.prelude} if self.prelude else {}
        head: dict[str, Json] = {"style": self.style, "language": "python"}
        return {**head, **named, **before, "tests": tests}

    @classmethod
    def from_json(cls, record: Json) -> Problem:
        """Read a line; what is missing or wrong is an :class:`InputError` that says so."""
        if not isinstance(record, dict):
            raise InputError('a problem is a JSON object such as {"solution": ..., "style": ...}')
        if unknown := sorted(set(record) - set(_KNOWN)):
            raise InputError(f"a problem has no {unknown[0]!r}; known: {', '.join(_KNOWN)}")
        if record.get("language", "python") != "python":
            raise InputError("tests are made from a reference solution in Python")
        texts = {key: _text(record, key) for key in ("solution", "prompt", "prelude", "validator")}
        if not texts["solution"].strip():
            raise InputError("a problem needs a reference 'solution', the text of a program")
        name, style = _style(record)
        examples = _examples(record, style)
        if style == "function":
            text = "\n".join((texts["prompt"], texts["solution"]))
            mined = [{"args": args} for args in mined_arguments(text, name)]
            examples += [example for example in mined if example not in examples]
        elif not examples:
            raise InputError('a stdio problem needs "examples", at least one {"stdin": ...}')
        return cls(
            id=str(record.get("id", content_hash(record))),
            style=style,
            name=name,
            examples=tuple(examples),
            others=_programs(record, "solutions"),
            wrong=_programs(record, "wrong"),
            **texts,
        )


def _text(record: Mapping[str, Json], key: str) -> str:
    value = record.get(key) or ""
    if not isinstance(value, str):
        raise InputError(f"{key!r} must be a text")
    return value


def _programs(record: Mapping[str, Json], key: str) -> tuple[str, ...]:
    value = record.get(key) or []
    if not isinstance(value, list) or not all(isinstance(each, str) for each in value):
        raise InputError(f"{key!r} must be a list of programs, each a text")
    return tuple(value)


def _style(record: Mapping[str, Json]) -> tuple[str, str]:
    name = _text(record, "entry_point")
    style = record.get("style") or ("function" if name else "")
    if style not in _INPUT:
        raise InputError("say which 'style' it has, function or stdio, or give its 'entry_point'")
    if style == "function" and not all(part.isidentifier() for part in name.split(".")):
        raise InputError("a function problem needs 'entry_point', the function's name")
    return (name if style == "function" else ""), style


def _examples(record: Mapping[str, Json], style: str) -> list[Mapping[str, Json]]:
    found = []
    for key in ("examples", "tests"):
        rows = record.get(key) or []
        if not isinstance(rows, list):
            raise InputError(f"{key!r} must be a list of tests")
        for row in rows:
            _check_example(row, style)
            found.append(row)
    return found


def _check_example(row: Json, style: str) -> None:
    first, *_ = _INPUT[style]
    wanted: type[Any] = list if style == "function" else str
    if not isinstance(row, dict) or not isinstance(row.get(first), wanted):
        shape = '{"args": [...], "expected"?}' if style == "function" else '{"stdin", "stdout"?}'
        raise InputError(f"an example of a {style} problem is {shape}")
    try:
        for value in (*row.get("args", ()), *row.get("kwargs", {}).values()):
            canonical(value)
    except (CannotCarry, AttributeError) as error:
        raise InputError(f"an example's arguments are no values of the codec: {error}") from None


# ── examples in a text ───────────────────────────────────────────────────────────────────────────


def mined_arguments(text: str, name: str) -> list[list[Json]]:
    """Arguments of the calls of ``name`` in ``text``, as codec trees."""
    found: list[list[Json]] = []
    for begun in re.finditer(rf"(?<![\w.]){re.escape(name)}\(", text):
        call = _call(text[begun.start() : begun.start() + _LONGEST_CALL])
        arguments = _literals(call) if call else None
        if arguments is not None and arguments not in found and len(found) < _MOST_MINED:
            found.append(arguments)
    return found


def _call(text: str) -> ast.Call | None:
    """The call that ``text`` begins with: up to the first bracket that makes it one."""
    for end in itertools.islice(re.finditer(r"\)", text), _MOST_BRACKETS):
        try:
            with warnings.catch_warnings(action="ignore"):
                parsed = syntax.parse(text[: end.end()], "eval").body
        except (SyntaxError, ValueError, RecursionError, MemoryError):
            continue
        return parsed if isinstance(parsed, ast.Call) else None
    return None


def _literals(call: ast.Call) -> list[Json] | None:
    if call.keywords:
        return None
    try:
        return [encode(ast.literal_eval(argument)) for argument in call.args]
    except (CannotCarry, ValueError, TypeError, SyntaxError, RecursionError, MemoryError):
        return None
