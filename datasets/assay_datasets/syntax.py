"""Python text as a syntax tree, from any thread.

CPython keeps the depth of the tree that it makes in one place for all threads. Where two of them
parse at once, which takes a garbage collection that runs Python amid a parse, ``ast.parse`` raises
``SystemError`` ("recursion depth mismatch"; seen with 3.11). So one at a time here. Nothing is
executed.
"""

from __future__ import annotations

import ast
import threading
from typing import Literal, overload

_turn = threading.Lock()


@overload
def parse(source: str) -> ast.Module: ...
@overload
def parse(source: str, mode: Literal["eval"]) -> ast.Expression: ...
def parse(source: str, mode: Literal["exec", "eval"] = "exec") -> ast.AST:
    """As ``ast.parse``, with its exceptions."""
    with _turn:
        return ast.parse(source, mode=mode)
