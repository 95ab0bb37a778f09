"""Evaluator: runs the programs of our family, and their mutants, without running Python.

    run(load("def f(n):\\n    return n + 1\\n"), 4)    Outcome(value=5, error="", operations=3)

The source is parsed and each node of its tree becomes one closure over a frame of names. Only what
is listed here and in :mod:`assay_envs.code.expressions` exists: integers, texts, truth values,
lists and tuples; loops, conditions and comprehensions; a few functions and methods. There is no
attribute access but a method's call, no import, no name from outside: nothing can touch this
process.

Operations are counted: statements, rounds of loops, calls. A run of too many of them, or a value
that grows too large, ends as ``unending``: a mutant's endless loop costs as little as a slow
program does.

It runs what :mod:`assay_envs.code.programs` writes and nothing else: a node that is not in the
tables is a ``TypeError`` of ours, not of the program.
"""

from __future__ import annotations

import ast
import builtins
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, TypeAlias

from assay_datasets import Json
from assay_envs.code.expressions import (
    FUNCTIONS,
    MOST_OPERATIONS,
    Frame,
    Unending,
    binary,
    expression,
    known,
    named,
    target_of,
)

UNENDING = "unending"


@dataclass(frozen=True)
class Outcome:
    """What came of a run.

    Attributes:
        value: what was returned; None if nothing was.
        error: the name of the exception that ended it, ``unending``, or "".
        operations: statements executed, rounds of loops and comprehensions, calls.
    """

    value: Json = None
    error: str = ""
    operations: int = 0

    def gives(self, value: Json) -> bool:
        """Whether it returned ``value``, of the same type."""
        return not self.error and same(self.value, value)


Signal: TypeAlias = tuple[str, Any] | None
"""How a statement ends: None to go on; ``break``, ``continue``; ``return`` with its value."""
Statement: TypeAlias = Callable[[Frame], Signal]
Function: TypeAlias = Callable[[Sequence[Any], list[int]], Any]
"""A loaded function: takes arguments and the operations that it may use."""

_PASSED: Signal = None
_ERRORS = (
    ArithmeticError, AttributeError, IndexError, KeyError, NameError, TypeError, ValueError,
)  # fmt: skip


def run(function: Function, *arguments: Json) -> Outcome:
    """What ``function`` makes of copies of ``arguments``."""
    fuel = [MOST_OPERATIONS]
    try:
        value = function(_copies(arguments), fuel)
    except Unending:
        return Outcome(error=UNENDING, operations=MOST_OPERATIONS)
    except _ERRORS as error:
        return Outcome(error=_name_of(error), operations=MOST_OPERATIONS - fuel[0])
    return Outcome(value, "", MOST_OPERATIONS - fuel[0])


def same(one: Any, other: Any) -> bool:
    """Whether two values are equal and of the same types throughout."""
    if type(one) is not type(other):
        return False
    if isinstance(one, list | tuple):
        return len(one) == len(other) and all(map(same, one, other))
    return bool(one == other)


def load(source: str) -> Function:
    """The one function that ``source`` defines.

    Raises:
        TypeError: the source holds what the evaluator does not know.
    """
    (definition,) = ast.parse(source).body
    if not isinstance(definition, ast.FunctionDef):
        raise TypeError("not a function definition")
    parameters = [each.arg for each in definition.args.args]
    body = _block(definition.body)

    def function(arguments: Sequence[Any], fuel: list[int]) -> Any:
        signal = body(Frame(dict(zip(parameters, arguments, strict=True)), fuel))
        return signal[1] if signal else None

    return function


# ── statements ───────────────────────────────────────────────────────────────────────────────────


def _block(nodes: Sequence[ast.stmt]) -> Statement:
    statements = [known(_STATEMENTS, node)(node) for node in nodes]

    def execute(frame: Frame) -> Signal:
        for statement in statements:
            frame.tick()
            if signal := statement(frame):
                return signal
        return _PASSED

    return execute


def _assign(node: Any) -> Statement:
    (target,) = node.targets
    store, value = target_of(target), expression(node.value)

    def execute(frame: Frame) -> Signal:
        store(frame, value(frame))
        return _PASSED

    return execute


def _augmented(node: Any) -> Statement:
    name, apply, value = node.target.id, binary(node.op), expression(node.value)

    def execute(frame: Frame) -> Signal:
        frame.names[name] = apply(named(frame, name), value(frame))
        return _PASSED

    return execute


def _if(node: Any) -> Statement:
    test, body, orelse = expression(node.test), _block(node.body), _block(node.orelse)
    return lambda frame: body(frame) if test(frame) else orelse(frame)


def _for(node: Any) -> Statement:
    store, items, body = target_of(node.target), expression(node.iter), _block(node.body)

    def execute(frame: Frame) -> Signal:
        for item in items(frame):
            frame.tick()
            store(frame, item)
            signal = body(frame)
            if signal and signal[0] == "break":
                break
            if signal and signal[0] == "return":
                return signal
        return _PASSED

    return execute


def _while(node: Any) -> Statement:
    test, body = expression(node.test), _block(node.body)

    def execute(frame: Frame) -> Signal:
        while test(frame):
            frame.tick()
            signal = body(frame)
            if signal and signal[0] == "break":
                break
            if signal and signal[0] == "return":
                return signal
        return _PASSED

    return execute


def _return(node: Any) -> Statement:
    value = expression(node.value)
    return lambda frame: ("return", value(frame))


def _alone(node: Any) -> Statement:
    value = expression(node.value)

    def execute(frame: Frame) -> Signal:
        value(frame)
        return _PASSED

    return execute


_STATEMENTS: dict[type[ast.stmt], Callable[[Any], Statement]] = {
    ast.Assign: _assign,
    ast.AugAssign: _augmented,
    ast.Break: lambda node: lambda frame: ("break", None),
    ast.Continue: lambda node: lambda frame: ("continue", None),
    ast.Expr: _alone,
    ast.For: _for,
    ast.If: _if,
    ast.Pass: lambda node: lambda frame: _PASSED,
    ast.Return: _return,
    ast.While: _while,
}

# ── the second method ────────────────────────────────────────────────────────────────────────────


def python_function(source: str) -> Callable[..., Json]:
    """The function ``f`` as Python itself has it. ``source`` is text of ours, known to end."""
    names: dict[str, Any] = {"__builtins__": {name: getattr(builtins, name) for name in FUNCTIONS}}
    exec(compile(source, "<family>", "exec"), names)  # noqa: S102 - text of ours, no response
    function: Callable[..., Json] = names["f"]
    return function


def python_run(function: Callable[..., Json], *arguments: Json) -> Outcome:
    """What Python makes of copies of ``arguments``; operations are not counted."""
    try:
        return Outcome(function(*_copies(arguments)))
    except _ERRORS as error:
        return Outcome(error=_name_of(error))


def _copies(arguments: Sequence[Json]) -> list[Json]:
    return [list(each) if isinstance(each, list) else each for each in arguments]


def _name_of(error: Exception) -> str:
    return "NameError" if isinstance(error, NameError) else type(error).__name__
