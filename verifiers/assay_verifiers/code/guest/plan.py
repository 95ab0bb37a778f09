"""What the text of test code says: its statements, compiled, and which of them are tests.

Making a plan takes longer than running most tests, and the same tests judge many programs. So the
tester tells the first plan that it makes of some test code, before it has heard anything from a
candidate, and is given it from then on. Nobody else reads it.
"""

from __future__ import annotations

import ast
import marshal
import types
from collections.abc import Iterator
from typing import NamedTuple

from assay_verifiers.code.guest.libraries import imported
from assay_verifiers.code.guest.telling import Telling

FILE = "tests.py"
_FUNCTIONS = (ast.FunctionDef, ast.AsyncFunctionDef)


class Plan(NamedTuple):
    """See the module.

    Attributes:
        tests: their names, as far as the text tells them.
        steps: of each statement the line, whether it is a test, and its code.
        own: functions that the test code defines; called: those that it calls itself.
        used: names that occur, and ``name.attribute`` where one of a name does.
        libraries: that it imports, see ``libraries.py``.
    """

    tests: tuple[str, ...]
    steps: tuple[tuple[int, bool, types.CodeType], ...]
    own: frozenset[str]
    called: frozenset[str]
    used: frozenset[str]
    libraries: frozenset[str]

    def data(self) -> bytes:
        return marshal.dumps(tuple(self))


def read_plan(data: bytes) -> Plan:
    return Plan(*marshal.loads(data))  # noqa: S302 - a tester's own


def make_plan(code: str) -> Plan:
    """The plan of ``code``; ``SyntaxError`` and its like where that is no Python."""
    tree = ast.parse(code, FILE)
    own = {node.name for node in tree.body if isinstance(node, _FUNCTIONS)}
    called = {name for node in tree.body if (name := _called(node)) in own}
    tests = tuple(_tests(tree, own, called))
    kinds = [_is_test(node, own) for node in tree.body]
    used, libraries = frozenset(_used(tree)), frozenset(imported(tree))
    told = ast.fix_missing_locations(Telling().visit(tree))
    steps = tuple(
        (node.lineno, is_test, compile(ast.Module([node], []), FILE, "exec", dont_inherit=True))
        for node, is_test in zip(told.body, kinds, strict=True)
    )
    return Plan(tests, steps, frozenset(own), frozenset(called), used, libraries)


def line(number: int) -> str:
    """How a statement that is a test is called."""
    return f"line {number}"


def _tests(tree: ast.Module, own: set[str], called: set[str]) -> Iterator[str]:
    for node in tree.body:
        if _is_test(node, own):
            yield line(node.lineno)
    for name in (node.name for node in tree.body if isinstance(node, _FUNCTIONS)):
        if name not in called and (name.startswith("test") or name == "check"):
            yield name
    for node in tree.body:
        for method in node.body if isinstance(node, ast.ClassDef) else ():
            if isinstance(method, _FUNCTIONS) and method.name.startswith("test"):
                yield f"{node.name}.{method.name}"  # type: ignore[attr-defined]


def _is_test(node: ast.stmt, own: set[str]) -> bool:
    return _called(node) in own or _asserts(node)


def _called(node: ast.stmt) -> str:
    """The name of the function that a statement is nothing but the call of."""
    if isinstance(node, ast.Expr) and isinstance(node.value, ast.Call):
        return node.value.func.id if isinstance(node.value.func, ast.Name) else ""
    return ""


def _asserts(node: ast.AST) -> bool:
    """Whether running a statement may run an ``assert`` in it."""
    if isinstance(node, (*_FUNCTIONS, ast.ClassDef)):
        return False
    return isinstance(node, ast.Assert) or any(map(_asserts, ast.iter_child_nodes(node)))


def _used(tree: ast.Module) -> Iterator[str]:
    for node in ast.walk(tree):
        if isinstance(node, ast.Name):
            yield node.id
        elif isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name):
            yield f"{node.value.id}.{node.attr}"
        elif isinstance(node, ast.ImportFrom):
            yield from (alias.name for alias in node.names)
