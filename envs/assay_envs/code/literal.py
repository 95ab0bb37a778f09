"""Literals: values of Python read from a text without Python.

    claimed_values("Answer: [1, -2]")      [[1, -2]]
    claimed_values("'a\\\\'b'")               ["a'b"]

Integers, texts in either kind of quotation marks, True, False, None, and lists and tuples of them,
nested at most 20 deep. One pass over the tokens, in linear time; nothing is evaluated.

A response states a value where the whole of it is one (it may run over several lines), or else by
each line that is one. Around a value a back-tick, an asterisk, a dollar sign, a full stop and
``\\boxed{}`` do not matter, nor does what announces it: ``Answer:``, ``the output is``,
``f([1, 2]) returns``, ``f(3) ==``. Lines of code fences are left out, and so are lines that are no
value; a text without any is :class:`Unreadable`.
"""

from __future__ import annotations

import re
from typing import Any

_DEEPEST = 20
_MOST_DIGITS = 400
_TOKEN = re.compile(
    r"""\s*(?:(?P<number>[+-]?[0-9]+)(?![\w.])|(?P<text>'(?:[^'\\\n]|\\.)*'|"(?:[^"\\\n]|\\.)*")"""
    r"""|(?P<word>True|False|None)\b|(?P<mark>[\[\](),]))"""
)
_ESCAPE = re.compile(r"\\(.)")
_ESCAPES = {"n": "\n", "t": "\t", "r": "\r", "\\": "\\", "'": "'", '"': '"'}
_WORDS = {"True": True, "False": False, "None": None}
_ANNOUNCED = re.compile(
    r"(?:(?:so|thus|therefore|hence),? )?"
    r"(?:(?:the )?(?:final )?(?:answer|output|result|value|returned value|return value)"
    r"(?: is)?(?: ?[:=])?|(?:f\([^\n]*\)|it|the function) ?(?:returns|gives|is|==?|->|=>|→)"
    r"|return|returns|=|==|->|=>|→)[ \t]*",
    re.IGNORECASE,
)
_WRAPPING = " \t`*$"
_BOX = re.compile(r"\\(?:boxed|fbox)\{(.*)\}", re.DOTALL)


class Unreadable(ValueError):
    """The text states no value."""


def claimed_values(text: str) -> list[Any]:
    """The values that ``text`` states, one at least.

    Raises:
        Unreadable: it states none.
    """
    lines = [line for line in text.splitlines() if not _is_fence(line)]
    try:
        return [_stated("\n".join(lines))]
    except Unreadable:
        pass
    found = []
    for line in lines:
        try:
            found.append(_stated(line))
        except Unreadable:
            continue
    if not found:
        raise Unreadable("no value as Python writes it")
    return found


def read_value(text: str) -> Any:
    """The one value that ``text`` is.

    Raises:
        Unreadable: it is none, or holds anything besides.
    """
    reader = _Reader(text)
    value = reader.value(0)
    if text[reader.place :].strip():
        raise Unreadable("something follows the value")
    return value


def _is_fence(line: str) -> bool:
    return line.strip().startswith(("```", "~~~"))


def _stated(text: str) -> Any:
    """The value of a text that may be wrapped and announced."""
    for _ in range(3):
        text = text.strip().strip(_WRAPPING).removesuffix(".").strip(_WRAPPING)
        if box := _BOX.fullmatch(text):
            text = box[1]
        if announced := _ANNOUNCED.match(text):
            text = text[announced.end() :]
    return read_value(text)


class _Reader:
    """Reads one value after another from a text; ``place`` is how far it has come."""

    def __init__(self, text: str) -> None:
        self._text = text
        self.place = 0

    def value(self, depth: int) -> Any:
        kind, read = self._token()
        if kind == "number":
            if len(read) > _MOST_DIGITS:
                raise Unreadable("a number of too many digits")
            return int(read)
        if kind == "text":
            return _ESCAPE.sub(_unescaped, read[1:-1])
        if kind == "word":
            return _WORDS[read]
        if depth >= _DEEPEST:
            raise Unreadable("nested too deeply")
        if read == "[":
            return self._items("]", depth)[0]
        if read == "(":
            items, commas = self._items(")", depth)
            return items[0] if len(items) == 1 and not commas else tuple(items)
        raise Unreadable(f"{read!r} begins no value")

    def _items(self, closing: str, depth: int) -> tuple[list[Any], int]:
        """What stands up to the closing bracket, and the number of commas."""
        items: list[Any] = []
        commas = 0
        while self._next() != closing:
            items.append(self.value(depth + 1))
            if self._next() == ",":
                self._token()
                commas += 1
            elif self._next() != closing:
                raise Unreadable("items without a comma between them")
        self._token()
        return items, commas

    def _token(self) -> tuple[str, str]:
        found = _TOKEN.match(self._text, self.place)
        if found is None or found.lastgroup is None:
            raise Unreadable("no token of a value")
        self.place = found.end()
        return found.lastgroup, found[found.lastgroup]

    def _next(self) -> str:
        """The token that comes next, "" if there is none."""
        found = _TOKEN.match(self._text, self.place)
        return found[found.lastgroup] if found and found.lastgroup else ""


def _unescaped(found: re.Match[str]) -> str:
    if found[1] not in _ESCAPES:
        raise Unreadable(f"no escape \\{found[1]}")
    return _ESCAPES[found[1]]
