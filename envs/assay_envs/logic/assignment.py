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
from collections.abc import Collection, Mapping

from assay_verifiers import visible_text

_MARKS = dict.fromkeys(map(ord, "{}[]()\"'`*_|,;:=<>–—→⇒•.\\$“”&"), " ")
_DASHES = {ord("-"): " ", **_MARKS}
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
    lines = visible_text(response).casefold().splitlines()
    labelled = next((at for at, line in enumerate(lines) if _LABEL.match(line)), 0)
    found = []
    for line in lines[labelled:]:
        if "1" not in words:
            line = _ENUMERATED.sub("", line, count=1)
        split = line.translate(_MARKS if signs else _DASHES).split()
        kept = [word for word in split if word in words or not _is_small(word, small)]
        if kept and all(word in words for word in kept):
            found.append(kept)
    return found


def _is_small(word: str, small: Collection[str]) -> bool:
    return word in _SMALL_WORDS or word in small


def read_assignment(
    response: str,
    names: Mapping[str, str],
    values: Mapping[str, str],
    *,
    small: Collection[str] = (),
    signs: bool = False,
) -> dict[str, str]:
    """The value that the answer gives each name; :class:`Contradiction` where it gives two.

    Both ``Ada: knight, Ben: knave`` and ``Knights: Ada, Carl`` are read.

    Args:
        response: the whole text.
        names: each name's spellings in lower case, and the name.
        values: each value's spellings in lower case, and the value.
        small: as for :func:`answer_lines`, and so ``signs``.
    """
    given: dict[str, str] = {}
    for line in answer_lines(response, names.keys() | values.keys(), small=small, signs=signs):
        listed = line[0] in values
        waiting: list[str] = []
        value = ""
        for word in line:
            if word in names and listed:
                put(given, names[word], value)
            elif word in names:
                waiting.append(names[word])
            else:
                value = values[word]
                for name in waiting:
                    put(given, name, value)
                waiting = []
    return given


def put(values: dict[str, str], key: str, value: str) -> None:
    """``values[key] = value``, or :class:`Contradiction` where it has another value."""
    if values.setdefault(key, value) != value:
        raise Contradiction(f"{key} is both {values[key]} and {value}")
