"""Expressions of the evaluator: one closure for each node, over a frame of names.

The tables at the end are all there is: operators, comparisons, functions and methods. What is in
none of them is a ``TypeError`` when a program is loaded; a method or name that is in none is an
``AttributeError`` or ``NameError`` when it runs, as in Python. Rounds and calls are counted, and
sizes are bounded.
"""

from __future__ import annotations

import ast
import operator
from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import Any, TypeAlias, TypeVar

MOST_OPERATIONS = 1_500
_WIDEST = 256  # bits of an integer
_LONGEST = 2_000  # items of a list, characters of a text


class Unending(Exception):
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
            raise Unending


Expression: TypeAlias = Callable[[Frame], Any]
Rule = TypeVar("Rule")


def known(table: Mapping[Any, Rule], node: ast.AST) -> Rule:
    """What a table holds for the node's type; TypeError where it holds nothing."""
    if type(node) not in table:
        raise TypeError(f"the family has no {type(node).__name__}")
    return table[type(node)]


def target_of(node: ast.expr) -> Callable[[Frame, Any], None]:
    """How a value is assigned to a name, or to several."""
    if isinstance(node, ast.Tuple):
        targets = [target_of(each) for each in node.elts]

        def unpack(frame: Frame, value: Any) -> None:
            for target, item in zip(targets, value, strict=True):
                target(frame, item)

        return unpack
    if not isinstance(node, ast.Name):
        raise TypeError(f"cannot assign to {type(node).__name__}")
    name = node.id
    return lambda frame, value: frame.names.__setitem__(name, value)


def expression(node: ast.expr) -> Expression:
    """The closure of a node: the frame's names to the node's value."""
    return known(_EXPRESSIONS, node)(node)


def named(frame: Frame, name: str) -> Any:
    """The value of a name, or the function of that name."""
    try:
        return frame.names[name]
    except KeyError:
        if name in FUNCTIONS:
            return FUNCTIONS[name]
        raise _Unbound(name) from None


def _constant(node: Any) -> Expression:
    value = node.value
    return lambda frame: value


def _name(node: Any) -> Expression:
    name = node.id
    return lambda frame: named(frame, name)


def _operation(node: Any) -> Expression:
    left, right, apply = expression(node.left), expression(node.right), binary(node.op)
    return lambda frame: apply(left(frame), right(frame))


def binary(node: ast.operator) -> Callable[[Any, Any], Any]:
    """An operation on two values, bounded in the size of what comes out."""
    apply = known(_OPERATORS, node)

    def bounded(left: Any, right: Any) -> Any:
        if apply is operator.mul and not (isinstance(left, int) and isinstance(right, int)):
            factors = [each for each in (left, right) if isinstance(each, int)]
            if factors and factors[0] > _LONGEST:
                raise Unending
        return _sized(apply(left, right))

    return bounded


def _sized(value: Any) -> Any:
    if isinstance(value, int):
        if value.bit_length() > _WIDEST:
            raise Unending
    elif isinstance(value, str | list) and len(value) > _LONGEST:
        raise Unending
    return value


def _unary(node: Any) -> Expression:
    operand, apply = expression(node.operand), known(_UNARY, node.op)
    return lambda frame: apply(operand(frame))


def _boolean(node: Any) -> Expression:
    values, stops = [expression(each) for each in node.values], isinstance(node.op, ast.Or)

    def evaluate(frame: Frame) -> Any:
        value = None
        for each in values:
            value = each(frame)
            if bool(value) is stops:
                break
        return value

    return evaluate


def _compare(node: Any) -> Expression:
    first = expression(node.left)
    rest = [(known(_COMPARISONS, op), expression(each))
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
    test, body, orelse = map(expression, (node.test, node.body, node.orelse))
    return lambda frame: body(frame) if test(frame) else orelse(frame)


def _list(node: Any) -> Expression:
    items = [expression(each) for each in node.elts]
    return lambda frame: [item(frame) for item in items]


def _tuple(node: Any) -> Expression:
    items = [expression(each) for each in node.elts]
    return lambda frame: tuple(item(frame) for item in items)


def _generator(node: Any) -> Expression:
    """A generator expression: what it gives is worked out when it is asked for."""
    (loop,) = node.generators
    item, items, store = expression(node.elt), expression(loop.iter), target_of(loop.target)
    tests = [expression(test) for test in loop.ifs]

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
    value = expression(node.value)
    if isinstance(node.slice, ast.Slice):
        parts = (node.slice.lower, node.slice.upper, node.slice.step)
        bounds = [None if part is None else expression(part) for part in parts]
        return lambda frame: value(frame)[slice(*(each and each(frame) for each in bounds))]
    index = expression(node.slice)
    return lambda frame: value(frame)[index(frame)]


def _call(node: Any) -> Expression:
    arguments = [expression(each) for each in node.args]
    keywords = {each.arg: expression(each.value) for each in node.keywords}

    def given(frame: Frame) -> tuple[list[Any], dict[str, Any]]:
        named = {name: each(frame) for name, each in keywords.items()} if keywords else {}
        return [each(frame) for each in arguments], named

    if isinstance(node.func, ast.Attribute):
        owner, name = expression(node.func.value), node.func.attr

        def method(frame: Frame) -> Any:
            frame.tick()
            holder = owner(frame)
            if name not in _METHODS.get(type(holder), ()):
                raise AttributeError(name)
            values, named = given(frame)
            return _sized(getattr(holder, name)(*values, **named))

        return method
    function = expression(node.func)

    def call(frame: Frame) -> Any:
        frame.tick()
        applied = function(frame)
        values, named = given(frame)
        return _sized(applied(*values, **named))

    return call


def _range(*bounds: int) -> Iterable[int]:
    numbers = range(*bounds)
    if len(numbers) > MOST_OPERATIONS:
        raise Unending
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
FUNCTIONS: dict[str, Callable[..., Any]] = {
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
