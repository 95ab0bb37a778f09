"""Objects of the classes of third-party libraries, which do not cross: each process has its own.

What is one here is but a stand-in there, which no ``isinstance`` and no code of the library takes
for the real thing. A test that fails after one crossed says nothing about the candidate, as long
as it is the *tests* that import the library: what class an object of the candidate's has is the
candidate's word, and would otherwise make any failure undecided. It never makes a pass.
"""

from __future__ import annotations

import ast
import sys
from collections.abc import Iterator
from typing import Any

_NONE = frozenset(sys.stdlib_module_names) | {"candidate", "solution", "__main__"}
_LONGEST = 80


def imported(tree: ast.AST) -> Iterator[str]:
    """The libraries that test code imports, anywhere in it, by the first part of their names."""
    for node in ast.walk(tree):
        names: list[str] = []
        if isinstance(node, ast.Import):
            names = [alias.name for alias in node.names]
        elif isinstance(node, ast.ImportFrom) and not node.level:
            names = [node.module or ""]
        yield from {name.partition(".")[0] for name in names} - _NONE


def class_of(kind: Any, libraries: frozenset[str]) -> str:
    """The first class from ``kind`` up that is of one of the ``libraries``, for a person, or "".

    Of a stand-in's class the module is the one that the candidate names.
    """
    for each in kind.__mro__:
        module = vars(each).get("_assay_module") or each.__module__
        root = str(module).partition(".")[0]
        if root in libraries:
            return f"{root}.{each.__name__}"[:_LONGEST]
    return ""
