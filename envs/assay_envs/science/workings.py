"""Workings: a solution as lines of arithmetic, computed and written out from one text.

    energy is conserved: v [m/s] = sqrt(2*g*h)

A line has a reason (may be missing), the name and unit of its result, and the expression that gives
it from what is known so far. Read once, a line is worked out with numbers and written with them:
``energy is conserved: v = sqrt(2*g*h) = sqrt(2 * 9.81 * 45.0) = 29.7136 m/s``. Values are carried
in full; only what is written is rounded. The sine of an angle takes degrees, its inverse gives
them. The lines are ours, never a model's, and still nothing is evaluated but numbers, names, the
four operations, powers and the functions below.
"""

from __future__ import annotations

import ast
import math
import operator
import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from decimal import Decimal
from functools import lru_cache

_LINE = re.compile(r"(?:(?P<reason>[^\[\]=]+): )?(?P<name>\w+) \[(?P<unit>[^\]]*)\] = (?P<form>.+)")
_CARRIED = 6
_PLAIN = range(-3, 6)  # decimal exponents that are written without a power of ten

_OPERATORS: Mapping[type, Callable[[float, float], float]] = {
    ast.Add: operator.add,
    ast.Sub: operator.sub,
    ast.Mult: operator.mul,
    ast.Div: operator.truediv,
    ast.Pow: operator.pow,
}
_FUNCTIONS: Mapping[str, Callable[[float], float]] = {
    "sqrt": math.sqrt,
    "exp": math.exp,
    "ln": math.log,
    "lg": math.log10,
    "abs": abs,
    "sin": lambda degrees: math.sin(math.radians(degrees)),
    "cos": lambda degrees: math.cos(math.radians(degrees)),
    "tan": lambda degrees: math.tan(math.radians(degrees)),
    "asin": lambda ratio: math.degrees(math.asin(ratio)),
    "atan": lambda ratio: math.degrees(math.atan(ratio)),
}


@dataclass(frozen=True)
class Line:
    """One line: ``name`` in ``unit`` is the value of ``tree``."""

    reason: str
    name: str
    unit: str
    form: str
    tree: ast.expr

    @property
    def operations(self) -> int:
        return sum(isinstance(node, ast.BinOp | ast.Call) for node in ast.walk(self.tree))

    def written(self, texts: Mapping[str, str], value: float) -> str:
        """The whole line with numbers in place of names."""
        named = any(isinstance(node, ast.Name) for node in ast.walk(self.tree))
        forms = [self.form, _with_numbers(self.form, texts)] if named else [self.form]
        if not self.operations and not named:
            forms = []
        sides = [self.name, *map(_signs, forms), measured(carried(value), self.unit)]
        return (f"{_signs(self.reason)}: " if self.reason else "") + " = ".join(sides)


@lru_cache(maxsize=4096)
def read_line(text: str) -> Line:
    """The line that ``text`` writes; ValueError where it is none."""
    match = _LINE.fullmatch(text)
    if match is None:
        raise ValueError(f"no line of a working: {text!r}")
    tree = ast.parse(match["form"], mode="eval").body
    return Line(match["reason"] or "", match["name"], match["unit"], match["form"], tree)


def value_of(form: str, values: Mapping[str, float]) -> float:
    """The value of an expression of ours."""
    return _value(_tree(form), values)


def work_out(
    lines: Iterable[str], values: dict[str, float], texts: dict[str, str]
) -> tuple[Line, list[str], int]:
    """Work out ``lines`` in order; their results join ``values`` and ``texts``.

    Returns:
        The last line, all of them written out, and how many operations they took.
    """
    steps, line, operations = [], None, 0
    for line in map(read_line, lines):
        operations += line.operations
        value = _value(line.tree, values)
        steps.append(line.written(texts, value))
        values[line.name], texts[line.name] = value, in_line(carried(value), line.unit)
    if line is None:
        raise ValueError("a working has at least one line")
    return line, steps, operations


@lru_cache(maxsize=4096)
def _tree(form: str) -> ast.expr:
    return ast.parse(form, mode="eval").body


def _value(node: ast.expr, values: Mapping[str, float]) -> float:
    match node:
        case ast.Constant(value=int() | float() as number):
            return number
        case ast.Name(id="pi"):
            return math.pi
        case ast.Name(id=name):
            return values[name]
        case ast.UnaryOp(op=ast.USub(), operand=inner):
            return -_value(inner, values)
        case ast.BinOp(left=left, op=op, right=right):
            return _OPERATORS[type(op)](_value(left, values), _value(right, values))
        case ast.Call(func=ast.Name(id=name), args=[argument]):
            return _FUNCTIONS[name](_value(argument, values))
    raise ValueError(f"no arithmetic: {ast.unparse(node)}")


def _with_numbers(form: str, texts: Mapping[str, str]) -> str:
    """``form`` with what is written for its names in their place."""
    tree = ast.parse(form, mode="eval")
    for node in ast.walk(tree):
        if isinstance(node, ast.Name):
            node.id = texts.get(node.id, node.id)
    return ast.unparse(tree)


def _signs(form: str) -> str:
    return form.replace("**", "^")


# How numbers are written


def figured(value: float, figures: int) -> str:
    """``value`` to so many significant figures: ``0.0450``, ``120``, ``6.63e-34``."""
    if not value:
        return "0"
    exact = Decimal(repr(value))
    rounded = Decimal(f"{exact:.{figures - 1}e}")
    if rounded.adjusted() in _PLAIN:
        return f"{rounded:f}"
    digits, _, exponent = f"{rounded:.{figures - 1}e}".partition("e")
    return f"{digits}e{int(exponent)}"


def carried(value: float) -> str:
    """``value`` as it is written between two steps."""
    text, _, exponent = figured(value, _CARRIED).partition("e")
    text = text.rstrip("0").rstrip(".") if "." in text else text
    return f"{text}e{exponent}" if exponent else text


def spelt(number: str) -> str:
    """A number as a person writes it: ``6.63e-34`` is 6.63×10^-34."""
    digits, _, exponent = number.partition("e")
    return f"{digits}×10^{exponent}" if exponent else digits


def measured(number: str, unit: str) -> str:
    """Number and unit."""
    return f"{spelt(number)}{'' if unit in ('', '°') else ' '}{unit}"


def in_line(number: str, unit: str) -> str:
    """A number as it stands in a longer expression, in brackets where it needs them."""
    text = spelt(number) + ("°" if unit == "°" else "")
    return f"({text})" if "×" in text or text.startswith("-") else text
