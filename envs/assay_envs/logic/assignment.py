"""Assignment: what a response says each thing is, in whatever spelling.

What the games share whose answer gives every name a value (Knights & Knaves, zebra, cryptarithm,
SAT). Content decides: ``Ann = knight``, ``- **Ann**: Knight``, ``| Ann | knight |``, ``Ann is a
knight`` and ``{"Ann": "knight"}`` are the same words once marks, case and small words are left
aside.

What counts: every visible line that holds nothing but words of the game. Other lines are work and
are not read. Where a line begins with ``Answer:``, only it and what follows count. So a remark does
no harm, an ``or`` makes its line no answer, and two answers that differ are both read: a hedge.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator, Mapping, Sequence
from typing import TypeVar

from assay_verifiers import visible_text

Value = TypeVar("Value")

_ASCII = {code: chr(code) for code in range(128)}  # what a table lacks is slow to translate
_MARKS = _ASCII | dict.fromkeys(map(ord, "{}[]()\"'`*_|,;:=<>–—→⇒•.\\$“”&"), " ")
_DASHES = _MARKS | {ord("-"): " "}
_LABEL = re.compile(
    r"[\s*_`#>]{0,8}(?:(?:the|my|final|full) ){0,2}(?:answer|solution)s?\b[\s*_`]*(?:is|:|$)"
)
_ENUMERATED = re.compile(r"[\s>]{0,8}[0-9]{1,2}[.)]\s")
_SMALL_WORDS = frozenset(
    {"a", "an", "the", "is", "are", "and", "boxed", "text", "json", "answer", "final", "-"}
)


class Contradiction(Exception):
    """A response gives the same thing two values."""


def answer_lines(
    response: str, words: Collection[str], *, small: Collection[str] = (), signs: bool = False
) -> list[list[str]]:
    """The words of each line of the answer, in lower case.

    Args:
        response: the whole text.
        words: every word that an answer is made of, in lower case.
        small: words that an answer may hold besides, as it may articles; they are left out.
        signs: whether ``-`` belongs to a word (``-3``) instead of standing between two.
    """
    found = []
    for line in _lines(response, numbered="1" in words, signs=signs):
        kept = [
            word for word in line if word in words or not (word in _SMALL_WORDS or word in small)
        ]
        if kept and all(word in words for word in kept):
            found.append(kept)
    return found


def read_assignment(
    response: str,
    names: Mapping[str, str],
    values: Mapping[str, Value],
    *,
    small: Collection[str] = (),
    signs: bool = False,
) -> dict[str, Value]:
    """The value that the answer gives each name; :class:`Contradiction` where it gives two.

    Both ``Ada: knight, Ben: knave`` and ``Knights: Ada, Carl`` are read.

    Args:
        response: the whole text.
        names: each name's spellings in lower case, and the name.
        values: each value's spellings in lower case, and the value.
        small: as for :func:`answer_lines`, and so ``signs``.
    """
    given: dict[str, Value] = {}
    for line in _lines(response, numbered="1" in names, signs=signs):
        for name, value in _pairs(line, names, values, small):
            if given.setdefault(name, value) != value:
                raise Contradiction(f"{name} is both {given[name]} and {value}")
    return given


def put(values: dict[str, str], key: str, value: str) -> None:
    """``values[key] = value``, or :class:`Contradiction` where it has another value."""
    if values.setdefault(key, value) != value:
        raise Contradiction(f"{key} is both {values[key]} and {value}")


def _lines(response: str, *, numbered: bool, signs: bool) -> Iterator[list[str]]:
    """The words of each visible line, from the first ``Answer:`` on where there is one."""
    lines = visible_text(response).casefold().splitlines()
    if len(lines) > 1:
        lines = lines[next((at for at, line in enumerate(lines) if _LABEL.match(line)), 0) :]
    for line in lines:
        if not numbered and (number := _ENUMERATED.match(line)):
            line = line[number.end() :]
        yield line.translate(_MARKS if signs else _DASHES).split()


def _pairs(
    line: Sequence[str],
    names: Mapping[str, str],
    values: Mapping[str, Value],
    small: Collection[str],
) -> list[tuple[str, Value]]:
    """What a line gives; nothing if it holds a word that is none of an answer's."""
    pairs: list[tuple[str, Value]] = []
    waiting: list[str] = []
    listed: list[Value] = []  # the value before names: "knights: Ada, Ben" for "Ada: knight"
    for word in line:
        if word in names:
            if listed:
                pairs.append((names[word], listed[0]))
            else:
                waiting.append(names[word])
        elif word in values:
            value = values[word]
            if waiting:
                for name in waiting:
                    pairs.append((name, value))
                waiting = []
            elif listed or not pairs:
                listed = [value]
        elif word not in _SMALL_WORDS and word not in small:
            return []
    return pairs
