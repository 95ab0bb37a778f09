"""The test cases that math-verify publishes in its source distribution, as labelled rows.

How it works. The parametrised tables of its test files are read from the syntax tree, literal by
literal; nothing of it is imported or run, and nothing is kept. Cases that test its own options away
from their defaults (fewer digits, loose variables, no set against relation) carry that in ``kind``.
"""

from __future__ import annotations

import ast
import contextlib
import math
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from labelled import Row

NAME = "math-verify's own cases"
DISPUTED = (
    "- An interval against the same chain of inequalities, where the case turns such comparing "
    "off: the two say the same set, and there is no such option here.",
    "- `f(x)` against `f(y)`, where the case turns strictness off: no such option here.",
    "- A false equation between two numbers, of which the right one is expected: not an answer.",
    "- A gold with two boxes and signs between them, expected to be both: its answer is the last.",
    "- 1 - 1/e expected to equal 1 + 1/e: wrong, and pinned by its suite (its issue 82 mends it).",
)
"""What of these cases is judged otherwise by design, and why."""
_LABELS = ("expected", "result")
_EVALUATED = {"sqrt": math.sqrt}


def peer_rows(folder: Path) -> list[Row]:
    """The cases under ``folder`` (or its ``tests``) that pair a gold with a prediction."""
    tests = folder / "tests" if (folder / "tests").is_dir() else folder
    rows = []
    for path in sorted(tests.glob("test_*.py")):
        tree = ast.parse(path.read_text(encoding="utf-8"))
        for node in ast.walk(tree):
            if isinstance(node, ast.Call) and ast.unparse(node.func).endswith("parametrize"):
                rows += [_row(case) for case in _cases(node) if {"gold", "pred"} <= set(case)]
    return rows


def _cases(call: ast.Call) -> Iterator[dict[str, Any]]:
    names = [name.strip() for name in str(ast.literal_eval(call.args[0])).split(",")]
    values = call.args[1]
    for element in values.elts if isinstance(values, ast.List) else []:
        if isinstance(element, ast.Tuple) and len(element.elts) == len(names):
            with contextlib.suppress(ValueError):
                yield dict(zip(names, map(_literal, element.elts), strict=True))


def _literal(node: ast.expr) -> Any:
    """A literal; of an f-string, its pieces with the one function it calls applied."""
    if not isinstance(node, ast.JoinedStr):
        return ast.literal_eval(node)
    return "".join(map(_piece, node.values))


def _piece(node: ast.expr) -> str:
    if not isinstance(node, ast.FormattedValue):
        return str(ast.literal_eval(node))
    call, wanted = node.value, node.format_spec
    if not isinstance(call, ast.Call) or not isinstance(call.func, ast.Attribute):
        raise ValueError("no literal")
    value = _EVALUATED[call.func.attr](ast.literal_eval(call.args[0]))
    return format(value, _literal(wanted) if wanted else "")


def _row(case: dict[str, Any]) -> Row:
    expected = next(bool(case[label]) for label in _LABELS if label in case)
    extra = {key: value for key, value in case.items() if key not in ("gold", "pred", *_LABELS)}
    options: dict[str, Any] = {}
    if extra.get("precision", 6) < 6:
        options["tolerance"] = 10.0 ** -extra["precision"] * 3
    kind = ", ".join(f"{key}={value}" for key, value in extra.items()) or "default options"
    return Row(NAME, "math", kind, case["gold"], case["pred"], expected, options)
