"""The value codec: how Python values cross the sandbox's boundary as JSON.

    None, bool, int, str, finite float, list     themselves
    tuple, set, frozenset                        {"$": "tuple" | "set" | "frozenset", "v": [...]}
    dict                                         {"$": "dict", "v": [[key, value], ...]}
    int beyond 1024 bits, bytes                  {"$": "int" | "bytes", "v": hexadecimal text}
    complex                                      {"$": "complex", "v": [real, imaginary]}
    nan, inf, -inf                               {"$": "float", "v": "nan" | "inf" | "-inf"}

A plain JSON object without ``"$"`` is a dict with text keys, so golds may be written naturally.
Types are exact: a subclass (a named tuple, a ``bool`` where an ``int`` is meant, an object that
claims to equal everything) is not what it derives from. What has no row here, a cycle, and what is
nested more than 100 deep cannot be carried.

This file is sent into the sandbox as text, so it imports the standard library alone. Comparison
(:func:`canonical`) happens on the host only and never builds the values of the other side.
"""

from __future__ import annotations

import json
import math
from typing import Any

_DEEPEST = 100
_WIDEST_INT = 1024
_SEQUENCES = {"tuple": tuple, "set": set, "frozenset": frozenset}


class CannotCarry(ValueError):
    """The value has no form in the codec."""


def encode(value: Any, depth: int = 0) -> Any:
    """``value`` as a JSON tree."""
    kind = type(value)
    if depth > _DEEPEST:
        raise CannotCarry("nested too deeply, or a cycle")
    if value is None or kind is bool or kind is str:
        return value
    if kind is int:
        return value if value.bit_length() <= _WIDEST_INT else {"$": "int", "v": hex(value)}
    if kind is float:
        return value if math.isfinite(value) else {"$": "float", "v": str(value)}
    if kind is complex:
        parts = [encode(value.real, depth + 1), encode(value.imag, depth + 1)]
        return {"$": "complex", "v": parts}
    if kind is bytes:
        return {"$": "bytes", "v": value.hex()}
    if kind is list:
        return [encode(item, depth + 1) for item in value]
    if kind is dict:
        pairs = [[encode(key, depth + 1), encode(item, depth + 1)] for key, item in value.items()]
        return {"$": "dict", "v": pairs}
    for name, sequence in _SEQUENCES.items():
        if kind is sequence:
            return {"$": name, "v": [encode(item, depth + 1) for item in value]}
    raise CannotCarry(f"a {kind.__name__} cannot be carried")


def decode(tree: Any) -> Any:
    """The value of a tree that is trusted to be well formed (arguments, never results)."""
    if isinstance(tree, list):
        return [decode(item) for item in tree]
    if not isinstance(tree, dict):
        return tree
    if "$" not in tree:
        return {key: decode(item) for key, item in tree.items()}
    kind, content = tree["$"], tree["v"]
    if kind == "dict":
        return {decode(key): decode(item) for key, item in content}
    if kind in _SEQUENCES:
        return _SEQUENCES[kind](decode(item) for item in content)
    if kind == "complex":
        return complex(decode(content[0]), decode(content[1]))
    return {"int": lambda v: int(v, 16), "bytes": bytes.fromhex, "float": float}[kind](content)


def canonical(tree: Any, depth: int = 0) -> str:
    """One spelling per value: two trees are the same value exactly if their spellings are equal.

    Raises :class:`CannotCarry` where ``tree`` is not what :func:`encode` or a JSON gold would give.
    """
    if depth > _DEEPEST:
        raise CannotCarry("nested too deeply")
    if tree is None or isinstance(tree, bool | int | str):
        return json.dumps(tree)
    if isinstance(tree, float):
        return repr(tree + 0.0) if math.isfinite(tree) else f"float {tree}"
    if isinstance(tree, list):
        return f"[{_joined(tree, depth)}]"
    if isinstance(tree, dict) and "$" not in tree:
        return _canonical_tagged("dict", [list(pair) for pair in tree.items()], depth)
    if isinstance(tree, dict) and set(tree) == {"$", "v"}:
        return _canonical_tagged(tree["$"], tree["v"], depth)
    raise CannotCarry("not a value of the codec")


def _canonical_tagged(kind: Any, content: Any, depth: int) -> str:
    if kind == "tuple" and isinstance(content, list):
        return f"({_joined(content, depth)})"
    if kind in ("set", "frozenset") and isinstance(content, list):
        return f"{kind} {sorted({canonical(item, depth + 1) for item in content})}"
    if kind == "dict" and isinstance(content, list):
        pairs = [(canonical(key, depth + 1), canonical(item, depth + 1)) for key, item in content]
        return f"dict {sorted(pairs)}"
    if kind == "complex" and isinstance(content, list) and len(content) == 2:
        return f"complex {_joined(content, depth)}"
    if kind == "float" and content in ("nan", "inf", "-inf"):
        return f"float {content}"
    if kind in ("int", "bytes") and isinstance(content, str):
        return _canonical_hex(kind, content)
    raise CannotCarry(f"not a {str(kind)[:20]} of the codec")


def _canonical_hex(kind: str, content: str) -> str:
    try:
        if kind == "bytes":
            return f"bytes {bytes.fromhex(content).hex()}"
        value = int(content, 16)
    except ValueError as error:
        raise CannotCarry(str(error)) from error
    return json.dumps(value) if value.bit_length() <= _WIDEST_INT else f"int {hex(value)}"


def _joined(items: list[Any], depth: int) -> str:
    return ",".join(canonical(item, depth + 1) for item in items)
