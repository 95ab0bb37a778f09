"""Makes asserts say what they saw, and keeps them from being swallowed by the candidate.

What is evaluated and when stays as it was.
"""

from __future__ import annotations

import ast
from typing import Any

from assay_verifiers.code.guest.standins import Remote

NAME = "assay_told"
STRICT = "assay_strict"
_SIDES = ("assay_left", "assay_right")
_LONGEST = 120


class Telling(ast.NodeTransformer):
    """Lets an ``assert`` without a message tell both sides of its comparison, or its value, and
    hands the context managers above an assertion to ``strict``."""

    def visit_Assert(self, node: ast.Assert) -> ast.Assert:
        if node.msg is None and not isinstance(node.test, ast.BoolOp | ast.Constant):
            node.test, count = _kept(node.test)
            sides: list[ast.expr] = [ast.Name(name, ast.Load()) for name in _SIDES[:count]]
            node.msg = ast.Call(ast.Name(NAME, ast.Load()), sides, [])
            ast.fix_missing_locations(node)
        return node

    def visit_With(self, node: ast.With) -> ast.AST:
        return self._strict(node)

    def visit_AsyncWith(self, node: ast.AsyncWith) -> ast.AST:
        return self._strict(node)

    def _strict(self, node: ast.With | ast.AsyncWith) -> ast.AST:
        if any(_asserts(inner) for each in node.body for inner in ast.walk(each)):
            for item in node.items:
                given = item.context_expr
                item.context_expr = ast.copy_location(
                    ast.Call(ast.Name(STRICT, ast.Load()), [given], []), given
                )
            ast.fix_missing_locations(node)
        self.generic_visit(node)
        return node


def _asserts(node: ast.AST) -> bool:
    """Whether it is an ``assert``, or a call of ``self.assertEqual``, ``fail`` and their like."""
    if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute):
        return node.func.attr.startswith(("assert", "fail"))
    return isinstance(node, ast.Assert)


def _kept(test: ast.expr) -> tuple[ast.expr, int]:
    """``test`` such that what it looks at is kept under the first names, and how many they are."""
    if isinstance(test, ast.Compare) and len(test.ops) == 1:
        right = _keep(test.comparators[0], 1)
        return ast.copy_location(ast.Compare(_keep(test.left, 0), test.ops, [right]), test), 2
    if isinstance(test, ast.UnaryOp) and isinstance(test.op, ast.Not):
        return ast.copy_location(ast.UnaryOp(test.op, _keep(test.operand, 0)), test), 1
    return ast.copy_location(_keep(test, 0), test), 1


def _keep(value: ast.expr, side: int) -> ast.expr:
    return ast.NamedExpr(ast.Name(_SIDES[side], ast.Store()), value)


def told(given: Any, *wanted: Any) -> str:
    """What is said of the sides of a comparison that did not hold, or of a value that is false."""
    return f"got {short(given)}" + "".join(f", expected {short(each)}" for each in wanted)


def short(value: Any) -> str:
    """A value as a person would read it, cut to a readable length."""
    text = object.__repr__(value) if isinstance(value, Remote) else repr(value)
    return text if len(text) <= _LONGEST else text[: _LONGEST - 1] + "…"
