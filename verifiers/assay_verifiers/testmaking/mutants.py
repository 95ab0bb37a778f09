"""Mutants: a Python program with one small fault each, to measure tests by.

    mutants("def f(n):\\n    return n + 1\\n")       n - 1, n + 2, n + 0, ...

The program is parsed, one node of its tree is replaced, and the tree is written out again. Nothing
is ever executed here. A mutant whose bytecode is that of the program, or of a mutant before it, is
the same program in other words and is dropped. Where only some are wanted, every kind of fault gets
its turn, in an order that the seed alone decides.

Annotations, decorators, imports, docstrings, patterns and the ``__main__`` guard are left alone. A
mutant may still be equivalent in what it computes: nothing short of running it could tell.
"""

from __future__ import annotations

import ast
import warnings
from collections import defaultdict
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from itertools import zip_longest
from types import CodeType
from typing import Any

from assay_datasets import InputError, derive_random, syntax

KINDS = (
    "operator",
    "constant",
    "off_by_one",
    "comparison",
    "boundary",
    "negated_condition",
    "dropped_statement",
    "swapped_arguments",
    "function",
)

_OPERATORS: dict[type[ast.AST], type[ast.AST]] = {
    ast.Add: ast.Sub,
    ast.Sub: ast.Add,
    ast.Mult: ast.Add,
    ast.Div: ast.FloorDiv,
    ast.FloorDiv: ast.Mult,
    ast.Mod: ast.FloorDiv,
    ast.Pow: ast.Mult,
    ast.BitAnd: ast.BitOr,
    ast.BitOr: ast.BitAnd,
    ast.BitXor: ast.BitAnd,
    ast.LShift: ast.RShift,
    ast.RShift: ast.LShift,
    ast.And: ast.Or,
    ast.Or: ast.And,
}
_COMPARISONS: dict[type[ast.AST], type[ast.AST]] = {
    ast.Eq: ast.NotEq,
    ast.NotEq: ast.Eq,
    ast.Lt: ast.Gt,
    ast.Gt: ast.Lt,
    ast.LtE: ast.GtE,
    ast.GtE: ast.LtE,
    ast.In: ast.NotIn,
    ast.NotIn: ast.In,
    ast.Is: ast.IsNot,
    ast.IsNot: ast.Is,
}
_BOUNDARIES: dict[type[ast.AST], type[ast.AST]] = {
    ast.Lt: ast.LtE,
    ast.LtE: ast.Lt,
    ast.Gt: ast.GtE,
    ast.GtE: ast.Gt,
}
_FUNCTIONS = {
    "min": "max",
    "max": "min",
    "any": "all",
    "all": "any",
    "sum": "len",
    "upper": "lower",
    "lower": "upper",
    "popleft": "pop",
    "startswith": "endswith",
    "endswith": "startswith",
    "floor": "ceil",
    "ceil": "floor",
    "union": "intersection",
    "find": "rfind",
}
_DROPPED = (ast.AugAssign, ast.Expr, ast.If, ast.Break, ast.Continue, ast.Return, ast.Delete)
_LONGEST_PROGRAM = 200_000

Fault = tuple[str, Any]
"""A kind of fault, and the node that stands in the place of the right one."""


@dataclass(frozen=True)
class Mutant:
    """A program with one fault: its whole text, the kind of the fault, and the line it is in."""

    source: str
    kind: str
    line: int


@dataclass(frozen=True)
class _Site:
    """A node's place in the tree: a field of its parent, with an index where that is a list."""

    parent: ast.AST
    field: str
    index: int | None
    node: ast.AST

    def put(self, node: object) -> None:
        if self.index is None:
            setattr(self.parent, self.field, node)
        else:
            getattr(self.parent, self.field)[self.index] = node


def mutants(source: str, *, limit: int | None = None, seed: int = 0) -> list[Mutant]:
    """Distinct faulty versions of the program ``source``, at most ``limit``.

    Raises:
        InputError: the program is not Python, or too long or too deeply nested to work on.
    """
    if len(source) > _LONGEST_PROGRAM:
        raise InputError(f"a program of {len(source)} characters is too long to mutate")
    tree, original = _parse(source)
    seen, found = {_essence(original)}, list[Mutant]()
    for kind, site, replacement in _in_turn(tree, seed):
        if limit is not None and len(found) >= limit:
            break
        text, essence = _with(tree, site, replacement)
        if essence is not None and essence not in seen:
            seen.add(essence)
            found.append(Mutant(text, kind, _line(site.node)))
    return found


def _parse(source: str) -> tuple[ast.Module, CodeType]:
    try:
        with _no_warnings():
            return syntax.parse(source), compile(source, "solution", "exec", dont_inherit=True)
    except SyntaxError as error:
        raise InputError(f"the program is not Python: {error.msg}, line {error.lineno}") from None
    except (ValueError, RecursionError, MemoryError) as error:
        raise InputError(f"the program cannot be parsed: {error or 'nested too deeply'}") from None


def _with(tree: ast.Module, site: _Site, replacement: object) -> tuple[str, object]:
    """The program with another node at ``site``, and its essence; None where that is no program."""
    site.put(replacement)
    try:
        with _no_warnings():
            text = ast.unparse(ast.fix_missing_locations(tree)) + "\n"
            return text, _essence(compile(text, "mutant", "exec", dont_inherit=True))
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return "", None
    finally:
        site.put(site.node)


def _line(node: ast.AST) -> int:
    return next((each.lineno for each in ast.walk(node) if hasattr(each, "lineno")), 1)


def _no_warnings() -> Any:
    """A program of others may hold doubtful escapes and comparisons; that is not ours to say."""
    return warnings.catch_warnings(action="ignore")


def _essence(code: CodeType) -> object:
    """What a code object does, without names of files, lines and positions."""
    constants = tuple(
        _essence(each) if isinstance(each, CodeType) else (type(each).__name__, repr(each))
        for each in code.co_consts
    )
    return code.co_code, constants, code.co_names, code.co_varnames, code.co_exceptiontable


def _in_turn(tree: ast.Module, seed: int) -> Iterator[tuple[str, _Site, object]]:
    """All faults: one of each kind, then another of each, each kind shuffled by the seed."""
    groups: dict[str, list[tuple[str, _Site, object]]] = defaultdict(list)
    for site in _sites(tree):
        for kind, replacement in _faults(site.node):
            groups[kind].append((kind, site, replacement))
    for kind, group in groups.items():
        derive_random("mutants", seed, kind).shuffle(group)
    for row in zip_longest(*(groups[kind] for kind in KINDS)):
        yield from (fault for fault in row if fault is not None)


# ── where a fault may be ─────────────────────────────────────────────────────────────────────────


def _sites(node: ast.AST) -> Iterator[_Site]:
    """Every place below ``node`` that a fault may be put into, in the order of the text."""
    for field, value in ast.iter_fields(node):
        if field in ("annotation", "returns", "decorator_list", "pattern", "format_spec"):
            continue
        children = enumerate(value) if isinstance(value, list) else [(None, value)]
        for index, child in children:
            if isinstance(child, ast.AST) and not _is_left_alone(node, child):
                yield _Site(node, field, index, child)
                yield from _sites(child)


def _is_left_alone(parent: ast.AST, child: ast.AST) -> bool:
    if isinstance(child, ast.Import | ast.ImportFrom | ast.Global | ast.Nonlocal):
        return True
    if isinstance(child, ast.Expr) and isinstance(child.value, ast.Constant):
        return True  # a docstring, or a comment in its clothes
    if isinstance(child, ast.If):
        return "__name__" in {n.id for n in ast.walk(child.test) if isinstance(n, ast.Name)}
    return isinstance(parent, ast.JoinedStr) and isinstance(child, ast.Constant)


# ── the faults of one node ───────────────────────────────────────────────────────────────────────


def _faults(node: ast.AST) -> Iterator[Fault]:
    for kinds, make in _RULES:
        if isinstance(node, kinds):
            yield from make(node)


def _operators(node: Any) -> Iterator[Fault]:
    if type(node.op) in _OPERATORS and not _is_text(node):
        yield "operator", _copy(node, op=_OPERATORS[type(node.op)]())


def _is_text(node: Any) -> bool:
    """Joining or formatting texts: another operator there is a type error, which all tests find."""
    sides = (getattr(node, "left", None), getattr(node, "right", None), getattr(node, "value", 0))
    return any(
        isinstance(side, ast.JoinedStr)
        or (isinstance(side, ast.Constant) and isinstance(side.value, str))
        for side in sides
    )


def _unary(node: ast.UnaryOp) -> Iterator[Fault]:
    if isinstance(node.op, ast.USub):
        yield "operator", node.operand
    elif isinstance(node.op, ast.Not):
        yield "negated_condition", node.operand


def _compare(node: ast.Compare) -> Iterator[Fault]:
    for place, operator in enumerate(node.ops):
        for kind, table in (("comparison", _COMPARISONS), ("boundary", _BOUNDARIES)):
            if type(operator) in table:
                ops = [*node.ops[:place], table[type(operator)](), *node.ops[place + 1 :]]
                yield kind, _copy(node, ops=ops)


def _constant(node: ast.Constant) -> Iterator[Fault]:
    value = node.value
    if isinstance(value, bool):
        yield "constant", ast.Constant(not value)
    elif isinstance(value, int):
        yield "off_by_one", ast.Constant(value + 1)
        yield "off_by_one", _integer(value - 1)
        if value not in (0, 1):
            yield "constant", ast.Constant(0)
    elif isinstance(value, float):
        yield "constant", ast.Constant(value + 1.0)
    elif isinstance(value, str):
        yield "constant", ast.Constant("" if value else "?")
        if value.strip():
            yield "constant", ast.Constant(value + value[-1])


def _integer(value: int) -> ast.expr:
    return ast.Constant(value) if value >= 0 else ast.UnaryOp(ast.USub(), ast.Constant(-value))


def _condition(node: Any) -> Iterator[Fault]:
    if not (isinstance(node.test, ast.UnaryOp) and isinstance(node.test.op, ast.Not)):
        yield "negated_condition", _copy(node, test=ast.UnaryOp(ast.Not(), node.test))


def _comprehension(node: ast.comprehension) -> Iterator[Fault]:
    for place, test in enumerate(node.ifs):
        negated = ast.UnaryOp(ast.Not(), test)
        yield (
            "negated_condition",
            _copy(node, ifs=[*node.ifs[:place], negated, *node.ifs[place + 1 :]]),
        )
        yield "dropped_statement", _copy(node, ifs=node.ifs[:place] + node.ifs[place + 1 :])


def _dropped(node: Any) -> Iterator[Fault]:
    yield "dropped_statement", ast.copy_location(ast.Pass(), node)


def _assigned(node: ast.Assign) -> Iterator[Fault]:
    """An item or attribute that is not set; a name that is not set is found by every test."""
    if not any(isinstance(target, ast.Name) for target in node.targets):
        yield from _dropped(node)


def _call(node: ast.Call) -> Iterator[Fault]:
    if len(node.args) > 1 and not _starred(node.args[:2]):
        first, second, *rest = node.args
        yield "swapped_arguments", _copy(node, args=[second, first, *rest])
    if isinstance(node.func, ast.Name) and node.func.id in _FUNCTIONS:
        yield "function", _copy(node, func=ast.Name(_FUNCTIONS[node.func.id], ast.Load()))
    if isinstance(node.func, ast.Attribute) and node.func.attr in _FUNCTIONS:
        yield "function", _copy(node, func=_copy(node.func, attr=_FUNCTIONS[node.func.attr]))
    if isinstance(node.func, ast.Name) and node.func.id == "range" and not _starred(node.args):
        for place, argument in enumerate(node.args):
            yield from _shifted(node, argument, "args", place)


def _starred(arguments: list[ast.expr]) -> bool:
    return any(isinstance(each, ast.Starred) for each in arguments)


def _subscript(node: ast.Subscript) -> Iterator[Fault]:
    if isinstance(node.slice, ast.Slice):
        for name in ("lower", "upper"):
            if (bound := getattr(node.slice, name)) is not None and not _is_number(bound):
                yield "off_by_one", _copy(node, slice=_copy(node.slice, **{name: _more(bound)}))
    elif isinstance(node.slice, ast.BinOp):
        yield "off_by_one", _copy(node, slice=_more(node.slice))


def _shifted(node: ast.AST, argument: ast.expr, field: str, place: int) -> Iterator[Fault]:
    if _is_number(argument):
        return  # a constant is shifted as a constant
    for shifted in (_more(argument), ast.BinOp(argument, ast.Sub(), ast.Constant(1))):
        items = list(getattr(node, field))
        items[place] = shifted
        yield "off_by_one", _copy(node, **{field: items})


def _more(node: ast.expr) -> ast.expr:
    return ast.BinOp(node, ast.Add(), ast.Constant(1))


def _is_number(node: ast.expr) -> bool:
    return isinstance(node, ast.Constant | ast.UnaryOp)


def _copy(node: Any, **changes: Any) -> Any:
    """A shallow copy with other fields; the children are shared, and never changed."""
    fields = {name: getattr(node, name, None) for name in node._fields} | changes
    return ast.copy_location(type(node)(**fields), node)


_RULES: tuple[tuple[Any, Callable[[Any], Iterator[Fault]]], ...] = (
    ((ast.BinOp, ast.AugAssign, ast.BoolOp), _operators),
    (ast.UnaryOp, _unary),
    (ast.Compare, _compare),
    (ast.Constant, _constant),
    ((ast.If, ast.While, ast.IfExp), _condition),
    (ast.comprehension, _comprehension),
    (_DROPPED, _dropped),
    (ast.Assign, _assigned),
    (ast.Call, _call),
    (ast.Subscript, _subscript),
)
