"""Evaluator: runs the programs of our family, and their mutants, without running Python.

    run(load("def f(n):\\n    return n + 1\\n"), 4)    Outcome(value=5, error="", operations=3)

The source is parsed and each node of its tree becomes one closure over a frame of names. Only what
is listed below exists: integers, texts, truth values, lists and tuples; loops, conditions and
comprehensions; the functions and methods in the two tables. There is no attribute access but a
method's call, no import, no name from outside, so that nothing here can touch this process.

Operations are counted: statements, rounds of loops, calls. A run of too many of them, or a value
that grows too large, ends as ``unending``: a mutant's endless loop costs as little as a slow
program does.

It runs what :mod:`assay_envs.code.programs` writes and nothing else: a node that is not in the
tables is a ``TypeError`` of ours, not of the program.
"""

from __future__ import annotations

import ast
import builtins
import operator
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any, TypeAlias

from assay_datasets import Json

MOST_OPERATIONS = 1_500
_WIDEST = 256  # bits of an integer
_LONGEST = 2_000  # items of a list, characters of a text

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


class _Unending(Exception):
    """The program does too much."""


class _Unbound(NameError):
    """A name that has no value."""


class Frame:
    """The names of a running function, and the operations that it has left."""

    __slots__ = ("fuel", "names")

    def __init__(self, names: dict[str, Any], fuel: list[int]) -> None:
        self.names = names
        self.fuel = fuel

    def tick(self) -> None:
        self.fuel[0] -= 1
        if self.fuel[0] < 0:
            raise _Unending


Expression: TypeAlias = Callable[[Frame], Any]
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
    except _Unending:
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
    statements = [_STATEMENTS[type(node)](node) for node in nodes]

    def execute(frame: Frame) -> Signal:
        for statement in statements:
            frame.tick()
            if signal := statement(frame):
                return signal
        return _PASSED

    return execute


def _assign(node: Any) -> Statement:
    (target,) = node.targets
    store, value = _target(target), _expression(node.value)

    def execute(frame: Frame) -> Signal:
        store(frame, value(frame))
        return _PASSED

    return execute


def _target(node: ast.expr) -> Callable[[Frame, Any], None]:
    if isinstance(node, ast.Tuple):
        targets = [_target(each) for each in node.elts]

        def unpack(frame: Frame, value: Any) -> None:
            for target, item in zip(targets, value, strict=True):
                target(frame, item)

        return unpack
    if not isinstance(node, ast.Name):
        raise TypeError(f"cannot assign to {type(node).__name__}")
    name = node.id
    return lambda frame, value: frame.names.__setitem__(name, value)


def _augmented(node: Any) -> Statement:
    name, apply, value = node.target.id, _binary(node.op), _expression(node.value)

    def execute(frame: Frame) -> Signal:
        frame.names[name] = apply(_named(frame, name), value(frame))
        return _PASSED

    return execute


def _if(node: Any) -> Statement:
    test, body, orelse = _expression(node.test), _block(node.body), _block(node.orelse)
    return lambda frame: body(frame) if test(frame) else orelse(frame)


def _for(node: Any) -> Statement:
    store, items, body = _target(node.target), _expression(node.iter), _block(node.body)

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
    test, body = _expression(node.test), _block(node.body)

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
    value = _expression(node.value)
    return lambda frame: ("return", value(frame))


def _alone(node: Any) -> Statement:
    value = _expression(node.value)

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

# ── expressions ──────────────────────────────────────────────────────────────────────────────────


def _expression(node: ast.expr) -> Expression:
    return _EXPRESSIONS[type(node)](node)


def _named(frame: Frame, name: str) -> Any:
    try:
        return frame.names[name]
    except KeyError:
        if name in _FUNCTIONS:
            return _FUNCTIONS[name]
        raise _Unbound(name) from None


def _constant(node: Any) -> Expression:
    value = node.value
    return lambda frame: value


def _name(node: Any) -> Expression:
    name = node.id
    return lambda frame: _named(frame, name)


def _operation(node: Any) -> Expression:
    left, right, apply = _expression(node.left), _expression(node.right), _binary(node.op)
    return lambda frame: apply(left(frame), right(frame))


def _binary(node: ast.operator) -> Callable[[Any, Any], Any]:
    apply = _OPERATORS[type(node)]

    def bounded(left: Any, right: Any) -> Any:
        if apply is operator.mul and not (isinstance(left, int) and isinstance(right, int)):
            factors = [each for each in (left, right) if isinstance(each, int)]
            if factors and factors[0] > _LONGEST:
                raise _Unending
        return _sized(apply(left, right))

    return bounded


def _sized(value: Any) -> Any:
    if isinstance(value, int):
        if value.bit_length() > _WIDEST:
            raise _Unending
    elif isinstance(value, str | list) and len(value) > _LONGEST:
        raise _Unending
    return value


def _unary(node: Any) -> Expression:
    operand, apply = _expression(node.operand), _UNARY[type(node.op)]
    return lambda frame: apply(operand(frame))


def _boolean(node: Any) -> Expression:
    values, stops = [_expression(each) for each in node.values], isinstance(node.op, ast.Or)

    def evaluate(frame: Frame) -> Any:
        value = None
        for each in values:
            value = each(frame)
            if bool(value) is stops:
                break
        return value

    return evaluate


def _compare(node: Any) -> Expression:
    first = _expression(node.left)
    rest = [(_COMPARISONS[type(op)], _expression(each))
            for op, each in zip(node.ops, node.comparators, strict=True)]  # fmt: skip

    def evaluate(frame: Frame) -> Any:
        left = first(frame)
        for apply, each in rest:
            right = each(frame)
            if not apply(left, right):
                return False
            left = right
        return True

    return evaluate


def _conditional(node: Any) -> Expression:
    test, body, orelse = map(_expression, (node.test, node.body, node.orelse))
    return lambda frame: body(frame) if test(frame) else orelse(frame)


def _list(node: Any) -> Expression:
    items = [_expression(each) for each in node.elts]
    return lambda frame: [item(frame) for item in items]


def _tuple(node: Any) -> Expression:
    items = [_expression(each) for each in node.elts]
    return lambda frame: tuple(item(frame) for item in items)


def _generator(node: Any) -> Expression:
    """A generator expression: what it gives is worked out when it is asked for."""
    (loop,) = node.generators
    item, items, store = _expression(node.elt), _expression(loop.iter), _target(loop.target)
    tests = [_expression(test) for test in loop.ifs]

    def given(frame: Frame, values: Iterable[Any]) -> Iterator[Any]:
        for each in values:
            frame.tick()
            store(frame, each)
            if all(test(frame) for test in tests):
                yield item(frame)

    return lambda frame: given(Frame(dict(frame.names), frame.fuel), items(frame))


def _comprehension(node: Any) -> Expression:
    generator = _generator(node)
    return lambda frame: list(generator(frame))


def _subscript(node: Any) -> Expression:
    value = _expression(node.value)
    if isinstance(node.slice, ast.Slice):
        parts = (node.slice.lower, node.slice.upper, node.slice.step)
        bounds = [None if part is None else _expression(part) for part in parts]
        return lambda frame: value(frame)[slice(*(each and each(frame) for each in bounds))]
    index = _expression(node.slice)
    return lambda frame: value(frame)[index(frame)]


def _call(node: Any) -> Expression:
    arguments = [_expression(each) for each in node.args]
    keywords = {each.arg: _expression(each.value) for each in node.keywords}

    def given(frame: Frame) -> tuple[list[Any], dict[str, Any]]:
        named = {name: each(frame) for name, each in keywords.items()} if keywords else {}
        return [each(frame) for each in arguments], named

    if isinstance(node.func, ast.Attribute):
        owner, name = _expression(node.func.value), node.func.attr

        def method(frame: Frame) -> Any:
            frame.tick()
            holder = owner(frame)
            if name not in _METHODS.get(type(holder), ()):
                raise AttributeError(name)
            values, named = given(frame)
            return _sized(getattr(holder, name)(*values, **named))

        return method
    function = _expression(node.func)

    def call(frame: Frame) -> Any:
        frame.tick()
        applied = function(frame)
        values, named = given(frame)
        return _sized(applied(*values, **named))

    return call


def _range(*bounds: int) -> Iterable[int]:
    numbers = range(*bounds)
    if len(numbers) > MOST_OPERATIONS:
        raise _Unending
    return numbers


_OPERATORS: dict[type[ast.operator], Callable[[Any, Any], Any]] = {
    ast.Add: operator.add,
    ast.Sub: operator.sub,
    ast.Mult: operator.mul,
    ast.FloorDiv: operator.floordiv,
    ast.Mod: operator.mod,
}
_UNARY: dict[type[ast.unaryop], Callable[[Any], Any]] = {
    ast.USub: operator.neg,
    ast.Not: operator.not_,
}
_COMPARISONS: dict[type[ast.cmpop], Callable[[Any, Any], Any]] = {
    ast.Eq: operator.eq,
    ast.NotEq: operator.ne,
    ast.Lt: operator.lt,
    ast.LtE: operator.le,
    ast.Gt: operator.gt,
    ast.GtE: operator.ge,
    ast.In: lambda left, right: left in right,
    ast.NotIn: lambda left, right: left not in right,
}
_FUNCTIONS: dict[str, Callable[..., Any]] = {
    "abs": abs, "all": all, "any": any, "chr": chr, "enumerate": enumerate, "int": int,
    "len": len, "list": list, "max": max, "min": min, "ord": ord, "range": _range,
    "sorted": sorted, "str": str, "sum": sum, "zip": zip,
}  # fmt: skip
_METHODS: dict[type, frozenset[str]] = {
    list: frozenset(("append", "count", "index")),
    str: frozenset(
        ("capitalize", "count", "endswith", "find", "isalpha", "isdigit", "islower", "isupper",
         "join", "lower", "replace", "rfind", "split", "startswith", "swapcase", "upper")
    ),
}  # fmt: skip
_EXPRESSIONS: dict[type[ast.expr], Callable[[Any], Expression]] = {
    ast.BinOp: _operation,
    ast.BoolOp: _boolean,
    ast.Call: _call,
    ast.Compare: _compare,
    ast.Constant: _constant,
    ast.GeneratorExp: _generator,
    ast.IfExp: _conditional,
    ast.List: _list,
    ast.ListComp: _comprehension,
    ast.Name: _name,
    ast.Subscript: _subscript,
    ast.Tuple: _tuple,
    ast.UnaryOp: _unary,
}


# ── the second method ────────────────────────────────────────────────────────────────────────────


def python_function(source: str) -> Callable[..., Json]:
    """The function ``f`` as Python itself has it. ``source`` is text of ours, known to end."""
    names: dict[str, Any] = {"__builtins__": {name: getattr(builtins, name) for name in _FUNCTIONS}}
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
