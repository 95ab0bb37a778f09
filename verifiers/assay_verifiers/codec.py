"""The value codec: how Python values cross the sandbox's boundary as JSON.

    None, bool, int, str, finite float, list   themselves (lone surrogates in text as JSON escapes)
    tuple, set, frozenset, deque               {"$": its name, "v": [...]}
    dict                                       {"$": "dict", "v": [[key, value], ...]}
    OrderedDict                                {"$": "OrderedDict", "v": [[key, value], ...]}
    Counter, defaultdict                       as dict: the factory is no part of the value
    int beyond 1024 bits, bytes, bytearray     {"$": its name, "v": hexadecimal text}
    complex                                    {"$": "complex", "v": [real, imaginary]}
    nan, inf, -inf                             {"$": "float", "v": "nan" | "inf" | "-inf"}
    range                                      {"$": "range", "v": [start, stop, step]}
    Decimal, Fraction, date, time, datetime    {"$": its name, "v": text}
    timedelta                                  {"$": "timedelta",
                                                "v": [days, seconds, microseconds]}
    namedtuple, dataclass                      {"$": "record", "v": [name, [[field, value], ...]]}
    enum member                                {"$": "enum", "v": [class, member]}; with the number
                                               or text that it also is as a third
    exception                                  {"$": "exception", "v": [class, [arguments]]}
    an iterator (generator, map, zip, …)       {"$": "iterator", "v": [...]}: run to its end, at
                                               most 100,000 items
    numpy scalars, arrays                      as ``item()``; {"$": "ndarray", "v": nested lists}

A plain JSON object without ``"$"`` is a dict with text keys, so golds may be written naturally.
Types are exact: a subclass with no row (an ``int`` whose equality lies) is not what it derives
from. Order counts in OrderedDict, not in dict and sets. What has no row (functions, classes,
modules, files, objects of other classes), a cycle, and what is nested more than 100 deep cannot be
carried. Aliases become equal copies. A callable is carried only as an argument, see
``guest/harness.py``; test code that holds live objects of the candidate uses references, see
``guest/remote.py``.

This file is sent into the sandbox as text, so it imports the standard library alone. Comparison
(:func:`canonical`, ``code/values.py``) happens on the host only and never builds the values of the
other side.
"""

from __future__ import annotations

import collections
import dataclasses
import datetime
import decimal
import enum
import fractions
import json
import math
from typing import Any

_DEEPEST = 100
_WIDEST_INT = 1024
_MOST_ITEMS = 100_000
_LONGEST_TEXT = 10_000
_SEQUENCES: dict[str, Any] = {
    "tuple": tuple,
    "set": set,
    "frozenset": frozenset,
    "deque": collections.deque,
    "OrderedDict": collections.OrderedDict,
}
_DICTS = (dict, collections.Counter, collections.defaultdict)
_TEXTS: dict[str, Any] = {
    "Decimal": decimal.Decimal,
    "Fraction": fractions.Fraction,
    "date": datetime.date.fromisoformat,
    "time": datetime.time.fromisoformat,
    "datetime": datetime.datetime.fromisoformat,
}
_WRITTEN: dict[Any, Any] = {
    decimal.Decimal: str,
    fractions.Fraction: str,
    datetime.date: datetime.date.isoformat,
    datetime.time: datetime.time.isoformat,
    datetime.datetime: datetime.datetime.isoformat,
}
_MIXED: dict[type, Any] = {int: int.__int__, str: str.__str__, float: float.__float__}


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
    if kind is list:
        return [encode(item, depth + 1) for item in value]
    if kind in _DICTS:
        return {"$": "dict", "v": _pairs(dict.items(value), depth)}
    for name, sequence in _SEQUENCES.items():
        if kind is sequence:
            pairs = name == "OrderedDict"
            return {"$": name, "v": _pairs(value.items(), depth) if pairs else _items(value, depth)}
    return _encode_rare(value, kind, depth)


def _encode_rare(value: Any, kind: type, depth: int) -> Any:
    if kind is complex:
        return {"$": "complex", "v": _items((value.real, value.imag), depth)}
    if kind is bytes or kind is bytearray:
        return {"$": kind.__name__, "v": value.hex()}
    if kind in _WRITTEN:
        return {"$": kind.__name__, "v": _WRITTEN[kind](value)}
    if kind is datetime.timedelta:
        return {"$": "timedelta", "v": [value.days, value.seconds, value.microseconds]}
    if kind is range:
        return {"$": "range", "v": _items((value.start, value.stop, value.step), depth)}
    if isinstance(value, enum.Enum):
        plain = [read(value) for each, read in _MIXED.items() if issubclass(kind, each)]
        return {"$": "enum", "v": [kind.__name__, str(value._name_), *map(encode, plain[:1])]}
    if isinstance(value, BaseException):
        return {"$": "exception", "v": [kind.__name__, _items(value.args, depth)]}
    if fields := _fields(value, kind):
        return {"$": "record", "v": [kind.__name__, _pairs(fields, depth)]}
    if kind.__module__.partition(".")[0] == "numpy" and hasattr(value, "tolist"):
        tree = encode(value.tolist(), depth + 1)
        return {"$": "ndarray", "v": tree} if kind.__name__ == "ndarray" else tree
    if hasattr(kind, "__next__") and hasattr(kind, "__iter__"):
        return {"$": "iterator", "v": _run_out(value, depth)}
    raise CannotCarry(f"a {kind.__name__} cannot be carried")


def _fields(value: Any, kind: type) -> list[tuple[str, Any]]:
    """Names and values of a named tuple's or data class's fields; nothing for anything else."""
    names = getattr(kind, "_fields", None)
    if issubclass(kind, tuple) and isinstance(names, tuple):
        return list(zip(names, tuple.__iter__(value), strict=True))
    if dataclasses.is_dataclass(kind):
        return [(field.name, getattr(value, field.name)) for field in dataclasses.fields(kind)]
    return []


def _items(values: Any, depth: int) -> list[Any]:
    return [encode(item, depth + 1) for item in values]


def _pairs(values: Any, depth: int) -> list[list[Any]]:
    return [[encode(key, depth + 1), encode(item, depth + 1)] for key, item in values]


def _run_out(values: Any, depth: int) -> list[Any]:
    items: list[Any] = []
    for item in values:
        if len(items) == _MOST_ITEMS:
            raise CannotCarry(f"an iterator of more than {_MOST_ITEMS} items")
        items.append(encode(item, depth + 1))
    return items


def decode(tree: Any) -> Any:
    """The value of a tree that is trusted to be well formed (arguments, never results)."""
    if isinstance(tree, list):
        return [decode(item) for item in tree]
    if not isinstance(tree, dict):
        return tree
    if "$" not in tree:
        return {key: decode(item) for key, item in tree.items()}
    return decode_tagged(tree["$"], decode(tree["v"]))


def decode_tagged(kind: str, content: Any) -> Any:
    """The value of a tag whose content is decoded already."""
    if kind == "dict":
        return {key: item for key, item in content}
    if kind in _SEQUENCES:
        return _SEQUENCES[kind](content)
    if kind in _TEXTS:
        return _TEXTS[kind](content)
    if kind == "complex":
        return complex(*content)
    if kind == "range":
        return range(*content)
    if kind == "timedelta":
        return datetime.timedelta(*content)
    if kind == "iterator":
        return iter(content)
    if kind in ("bytes", "bytearray"):
        return bytes.fromhex(content) if kind == "bytes" else bytearray.fromhex(content)
    if kind in ("int", "float"):
        return int(content, 16) if kind == "int" else float(content)
    raise CannotCarry(f"a {kind} cannot be an argument")


def canonical(tree: Any, depth: int = 0) -> str:
    """One spelling per value: two trees are the same value exactly if their spellings are equal.

    Raises :class:`CannotCarry` where ``tree`` is not what :func:`encode` or a JSON gold would give.
    """
    if depth > _DEEPEST + 2:
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
    if kind == "float" and content in ("nan", "inf", "-inf"):
        return f"float {content}"
    if isinstance(content, str):
        return _canonical_text(kind, content)
    if not isinstance(content, list):
        raise CannotCarry(f"not a {str(kind)[:20]} of the codec")
    if kind == "tuple":
        return f"({_joined(content, depth)})"
    if kind in ("set", "frozenset"):
        return f"{kind} {sorted({canonical(item, depth + 1) for item in content})}"
    if kind == "dict":
        return f"dict {sorted(_canonical_pairs(content, depth))}"
    if kind == "OrderedDict":
        return f"OrderedDict {_canonical_pairs(content, depth)}"
    if kind in ("deque", "iterator", "ndarray"):
        return f"{kind} [{_joined(content, depth)}]"
    if kind == "complex" and len(content) == 2:
        return f"complex {_joined(content, depth)}"
    if kind in ("range", "timedelta") and [type(part) for part in content] == [int] * 3:
        return canonical_range(content) if kind == "range" else f"timedelta {content}"
    if kind == "enum" and len(content) == 3:
        canonical(content[2], depth + 1)  # what it also is does not make it another member
        content = content[:2]
    if kind in ("record", "enum", "exception") and len(content) == 2:
        return _canonical_named(kind, content[0], content[1], depth)
    raise CannotCarry(f"not a {str(kind)[:20]} of the codec")


def canonical_range(parts: list[int]) -> str:
    """Ranges are equal where they give the same numbers."""
    spanned = range(*parts) if parts[2] else range(0)
    if not spanned:
        return "range empty"
    return f"range {spanned[0]} {spanned[-1]} {parts[2] if spanned[0] != spanned[-1] else 0}"


def _canonical_named(kind: str, name: Any, content: Any, depth: int) -> str:
    if not isinstance(name, str):
        raise CannotCarry(f"a {kind} without a name")
    if kind == "enum" and isinstance(content, str):
        return f"enum {name!r} {content!r}"
    if kind == "exception" and isinstance(content, list):
        return f"exception {name!r} {_joined(content, depth)}"
    if kind == "record" and isinstance(content, list):
        return f"record {name!r} {_canonical_pairs(content, depth)}"
    raise CannotCarry(f"not a {kind} of the codec")


def _canonical_pairs(content: list[Any], depth: int) -> list[tuple[str, str]]:
    return [(canonical(key, depth + 1), canonical(item, depth + 1)) for key, item in content]


def _canonical_text(kind: Any, content: str) -> str:
    if kind not in ("int", "bytes", "bytearray", *_TEXTS):
        raise CannotCarry(f"not a {str(kind)[:20]} of the codec")
    try:
        if kind in ("bytes", "bytearray"):
            return f"{kind} {bytes.fromhex(content).hex()}"
        if kind != "int":
            return f"{kind} {_plain_text(kind, content)}"
        value = int(content, 16)
    except (ValueError, ArithmeticError) as error:
        raise CannotCarry(str(error)) from error
    return json.dumps(value) if value.bit_length() <= _WIDEST_INT else f"int {hex(value)}"


def _plain_text(kind: str, content: str) -> str:
    """The text of a number or moment in its one spelling; nothing in it is ever computed with."""
    if len(content) > _LONGEST_TEXT:
        raise CannotCarry(f"a {kind} of {len(content)} characters")
    if kind == "Decimal":
        sign, digits, exponent = decimal.Decimal(content).as_tuple()
        if not isinstance(exponent, int):
            return content
        figures = "".join(map(str, digits)).lstrip("0")
        kept = figures.rstrip("0")
        return f"{sign} {kept} {exponent + len(figures) - len(kept)}" if kept else "0"
    if kind == "Fraction":
        numerator, _, denominator = content.partition("/")
        return str(fractions.Fraction(int(numerator), int(denominator or 1)))
    return str(_TEXTS[kind](content).isoformat())


def _joined(items: list[Any], depth: int) -> str:
    return ",".join(canonical(item, depth + 1) for item in items)
