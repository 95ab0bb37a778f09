"""Node: the one shape of everything that was read, from a number to a union of intervals.

A node is a head and its arguments; equal nodes are equal texts up to notation. Heads and arguments:

    scalars     num (Fraction, decimals shown) · sym (name) · const (pi, e, i, inf, dots) ·
                + (terms) · * (factors) · / (above, below) · ^ (base, exponent) ·
                pm, mp (term) · deg (degrees) · apply (letter, argument: ``f(x)`` or a product) ·
                call (function, arguments) · fn (unknown name, arguments) · based (digits, base) ·
                hard (name, arguments: limits, integrals, endless sums)
    structures  seq (items, "all" or "any") · group (opening, items, closing) · set (items) ·
                matrix (rows) · rel (first, operator, second, …) · ratio (terms) · cup, cap, minus ·
                clock (hours, minutes) · builder (element, condition) · text (words) ·
                quantity (value, unit)
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from fractions import Fraction
from typing import Any, NamedTuple


class TooCostly(Exception):
    """Deciding would take more work, memory or digits than one answer may."""


class Malformed(Exception):
    """The text is no formula: brackets that do not match, an operator without operands …"""


class Unknown(Malformed):
    """The text holds a command that the parser does not know."""


class Undefined(Exception):
    """The expression has no value here: a pole, the logarithm of zero, an endless matrix …"""


class Hard(Exception):
    """The expression needs an engine (a limit, an integral, an endless sum)."""


class Node(NamedTuple):
    head: str
    args: tuple[Any, ...]


def num(value: Fraction | int, decimals: int = 0) -> Node:
    return Node("num", (Fraction(value), decimals))


def sym(name: str) -> Node:
    return Node("sym", (name,))


ONE, ZERO, MINUS_ONE = num(1), num(0), num(-1)
PI, E, IMAGINARY, INF, DOTS = (Node("const", (name,)) for name in ("pi", "e", "i", "inf", "dots"))
EMPTY = Node("set", ())


def neg(node: Node) -> Node:
    if node.head == "num":
        return Node("num", (-node.args[0], node.args[1]))
    return Node("*", (MINUS_ONE, node))


def walk(node: Node) -> Iterator[Node]:
    """``node`` and all nodes under it."""
    stack = [node]
    while stack:
        here = stack.pop()
        yield here
        for part in here.args:
            if isinstance(part, Node):
                stack.append(part)
            elif isinstance(part, tuple):
                stack.extend(part)


def rebuilt(node: Node, change: Callable[[Node], Node]) -> Node:
    """``node`` with ``change`` applied to every node under it and then to itself."""
    args = tuple(_rebuilt_part(part, change) for part in node.args)
    return change(node if args == node.args else Node(node.head, args))


def _rebuilt_part(part: Any, change: Callable[[Node], Node]) -> Any:
    if isinstance(part, Node):
        return rebuilt(part, change)
    if isinstance(part, tuple):
        return tuple(rebuilt(arg, change) for arg in part)
    return part


def symbols(node: Node) -> set[str]:
    """Names of the variables, unknown functions left out."""
    return {part.args[0] for part in walk(node) if part.head == "sym"}


def has(node: Node, *heads: str) -> bool:
    return any(part.head in heads for part in walk(node))


def substituted(node: Node, name: str, value: Node) -> Node:
    return rebuilt(node, lambda part: value if part == ("sym", (name,)) else part)
