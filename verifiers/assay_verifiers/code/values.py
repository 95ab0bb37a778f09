"""How a function's value is compared with the expected one: trees of the codec, on the host.

    exact   the same value of the same types: 1, 1.0 and True differ, so do a tuple and a list
    equal   as Python's ``==`` on plain data: 1, 1.0 and True are equal, a tuple is no list, a named
            tuple is its tuple, a member of an IntEnum its number, OrderedDict, Counter and dict
            compare as dicts, nan is equal to nan
    json    as two JSON texts would: tuples, lists, deques, arrays, ranges and iterators are alike,
            records are lists (named tuples) or objects (data classes) of their fields, keys are
            text, numbers compare by value but True is not 1. With ``tolerance``, numbers as in
            ``float``
    float   as ``equal``, but tuples and lists are alike and two numbers of which one at least is no
            integer are equal within the stated tolerance

Members of sets and keys of dicts are always compared exactly up to ``1 == 1.0 == True``.
"""

from __future__ import annotations

import json
import math
from dataclasses import dataclass
from typing import Any

from assay_datasets import Json
from assay_verifiers.code.finding import SHOWN
from assay_verifiers.code.options import Tolerance
from assay_verifiers.codec import CannotCarry, canonical, decode_tagged

_ALIKE = ("list", "tuple", "deque", "ndarray", "range", "iterator")
_DICTS = ("dict", "OrderedDict")


def difference(given: Json, wanted: Json, compare: str, tolerance: Tolerance | None) -> str | None:
    """The first difference for a person, or None.

    Raises:
        CannotCarry: ``given`` is not a tree of the codec.
    """
    spelt, expected = canonical(given), canonical(wanted)
    if spelt == expected:
        return None
    if compare == "exact":
        return _first(given, wanted, _Rule(exact=True), "") or _said("", wanted, given)
    rule = _Rule(json=compare == "json", alike=compare in ("json", "float"), tolerance=tolerance)
    return _first(given, wanted, rule, "")


def shown(tree: Json) -> str:
    """A value as a person would write it, cut to a readable length."""
    text = _written(tree, 0)
    return text if len(text) <= SHOWN else text[: SHOWN - 1] + "…"


@dataclass(frozen=True)
class _Rule:
    exact: bool = False
    json: bool = False
    alike: bool = False
    tolerance: Tolerance | None = None


def _plain(tree: Json, rule: _Rule) -> Json:
    """The number or text that a member of an enum also is, in place of the member."""
    member = isinstance(tree, dict) and tree.get("$") == "enum" and not rule.exact
    return tree["v"][2] if member and len(tree["v"]) == 3 else tree


def _open(tree: Json, rule: _Rule) -> tuple[str, Any]:
    """The kind and content of a tree, kinds that the rule does not tell apart made one."""
    if isinstance(tree, list):
        return "list", tree
    if not isinstance(tree, dict):
        return ("none" if tree is None else type(tree).__name__), tree
    if "$" not in tree:
        return "dict", [[key, item] for key, item in tree.items()]
    kind, content = tree["$"], tree["v"]
    if kind in ("int", "float"):
        return kind, decode_tagged(kind, content)
    if rule.exact:
        return kind, content
    if kind == "complex":
        return kind, [_number(part) for part in content]
    if kind == "range" and rule.alike:
        spanned = range(*content) if content[2] else range(0)
        return "list", list(spanned) if len(spanned) <= 1 << 20 else content
    if kind == "record":
        return _open_record(content, rule)
    if kind in _DICTS:
        return "dict", content
    if kind == "frozenset":
        return "set", content
    return ("list" if rule.alike and kind in _ALIKE else kind), content


def _open_record(content: Any, rule: _Rule) -> tuple[str, Any]:
    values = [item for _, item in content[1]]
    if rule.json or rule.alike:
        return "list", values
    return "tuple", values


def _object(tree: Json, kind: str, content: Any) -> tuple[str, Any]:
    """A record as the object of its fields; anything else as it was opened."""
    record = isinstance(tree, dict) and tree.get("$") == "record"
    return ("dict", tree["v"][1]) if record else (kind, content)


def _number(tree: Json) -> Any:
    return decode_tagged(tree["$"], tree["v"]) if isinstance(tree, dict) else tree


def _first(given: Json, wanted: Json, rule: _Rule, at: str) -> str | None:
    given, wanted = _plain(given, rule), _plain(wanted, rule)
    if canonical(given) == canonical(wanted):
        return None
    (kind, left), (expected, right) = _open(given, rule), _open(wanted, rule)
    if rule.json and "dict" in (kind, expected):
        (kind, left), (expected, right) = (
            _object(given, kind, left),
            _object(wanted, expected, right),
        )
    if _numeric(kind, rule) and _numeric(expected, rule):
        return None if _same_number(left, right, rule) else _said(at, wanted, given)
    if kind != expected:
        return _said(at, wanted, given)
    if kind == "dict":
        return (
            _first_of_dict(left, right, rule, at)
            or (rule.exact and _said(at, wanted, given))
            or None
        )
    if kind in _ALIKE and isinstance(left, list):
        return _first_of_list(left, right, rule, at)
    if (
        kind == "set"
        and not rule.exact
        and {_key(m, rule) for m in left} == {_key(m, rule) for m in right}
    ):
        return None
    if kind == "complex" and left == right:
        return None
    return _said(at, wanted, given)


def _first_of_list(left: list[Json], right: list[Json], rule: _Rule, at: str) -> str | None:
    for place, (a, b) in enumerate(zip(left, right, strict=False)):
        if found := _first(a, b, rule, f"{at}[{place}]"):
            return found
    if len(left) != len(right):
        return f"{_place(at)}expected {len(right)} items, got {len(left)}"
    return None


def _first_of_dict(left: list[Any], right: list[Any], rule: _Rule, at: str) -> str | None:
    ours = {_key(key, rule): (key, item) for key, item in left}
    theirs = {_key(key, rule): (key, item) for key, item in right}
    for name, (key, item) in theirs.items():
        if name not in ours:
            return f"{_place(at)}expected the key {shown(key)}, which is missing"
        if found := _first(ours[name][1], item, rule, f"{at}[{shown(key)}]"):
            return found
    extra = next((key for name, (key, _) in ours.items() if name not in theirs), None)
    if len(ours) != len(theirs):
        return f"{_place(at)}a key that is not expected: {shown(extra)}"
    return None


def _key(tree: Json, rule: _Rule) -> str:
    """One spelling for keys and members that the rule holds equal."""
    tree = _plain(tree, rule)
    kind, content = _open(tree, rule)
    if rule.json:
        return content if kind == "str" else _written(tree, 0)
    numeric = not rule.exact and kind in ("bool", "float")
    if numeric and math.isfinite(content) and content == int(content):
        return canonical(int(content))
    if not rule.exact and kind == "tuple":
        return f"({','.join(_key(item, rule) for item in content)})"
    return canonical(tree)


def _numeric(kind: str, rule: _Rule) -> bool:
    return kind in ("int", "float") or (kind == "bool" and not (rule.json or rule.exact))


def _same_number(left: Any, right: Any, rule: _Rule) -> bool:
    if rule.exact and type(left) is not type(right):
        return False
    if left == right or (left != left and right != right):
        return True
    if rule.tolerance is None or not (isinstance(left, float) or isinstance(right, float)):
        return False
    try:
        return rule.tolerance.close(float(left), float(right))
    except OverflowError:
        return False


def _said(at: str, wanted: Json, given: Json) -> str:
    return f"{_place(at)}expected {shown(wanted)}, got {shown(given)}"


def _place(at: str) -> str:
    return f"at {at}: " if at else ""


def _written(tree: Json, depth: int) -> str:
    """Python's spelling of a tree; what is deep or long ends in dots."""
    if depth > 8:
        return "…"
    if isinstance(tree, list):
        return f"[{_several(tree, depth)}]"
    if not isinstance(tree, dict):
        return repr(tree) if not isinstance(tree, str) else json.dumps(tree, ensure_ascii=False)
    if "$" not in tree:
        tree = {"$": "dict", "v": [[key, item] for key, item in tree.items()]}
    kind, content = tree["$"], tree["v"]
    if kind == "dict":
        pairs = (f"{_written(k, depth + 1)}: {_written(v, depth + 1)}" for k, v in content[:50])
        return "{" + ", ".join(pairs) + "}"
    if kind == "tuple":
        return f"({_several(content, depth)}{',' if len(content) == 1 else ''})"
    if kind == "set" and content:
        return "{" + _several(content, depth) + "}"
    if kind == "record":
        fields = ", ".join(f"{name}={_written(item, depth + 1)}" for name, item in content[1][:50])
        return f"{content[0]}({fields})"
    if kind == "float":
        return str(content)
    if isinstance(content, list):
        return f"{kind}({_several(content, depth)})"
    return f"{kind} {content}"


def _several(items: list[Json], depth: int) -> str:
    return ", ".join(_written(item, depth + 1) for item in items[:50])


__all__ = ["CannotCarry", "difference", "shown"]
