"""Expressions: the part of ``v = …`` that answers; the math verifier compares it.

A left side that is a mere name (``v``, ``\\omega_0``, ``p(\\theta)``) is dropped, and of a chain
the last member counts. Any other equation (``y^{2} = …``, ``2x = 5``) stays one.
"""

from __future__ import annotations

import re

_LONGEST = 10_000
_COMMAND = re.compile(r"\\([A-Za-z]+)")
_FUNCTIONS = frozenset(
    ("sqrt", "sin", "cos", "tan", "cot", "sec", "csc", "ln", "log", "exp", "arctan", "arcsin",
     "arccos", "frac", "dfrac", "tfrac", "int", "sum", "prod", "lim", "binom")
)  # fmt: skip
_SCRIPTS = re.compile(r"[{}\s_'*\\,!;:.]")
_DIGITS = re.compile(r"[0-9]+")
_ARGUMENTS = re.compile(r"\([^()]{0,80}\)$")
_EQUAL = re.compile(r"(?<![<>=!\\])(?:=|\\approx(?![A-Za-z])|≈)(?!=)")


def right_hand_side(text: str) -> str:
    """What stands behind a name and the last equals sign, or all of ``text``."""
    text = text.strip().strip("$").strip()
    members = _members(text)
    if len(members) < 2 or not members[-1].strip() or not _is_name(members[0]):
        return text
    return members[-1].strip()


def names_another(gold: str, given: str) -> bool:
    """Whether both name what they answer and differ in its index: ``T_1 = …`` is not ``T_2 = …``.

    Other names may differ: there are many letters for a speed.
    """
    names = []
    for text in (gold, given):
        members = _members(text.strip().strip("$").strip())
        names.append(members[0] if len(members) > 1 and _is_name(members[0]) else "")
    one, other = (_SCRIPTS.sub("", name) for name in names)
    indices = [_DIGITS.findall(name) for name in (one, other)]
    return (
        all(indices) and indices[0] != indices[1] and _DIGITS.sub("", one) == _DIGITS.sub("", other)
    )


def _members(text: str) -> list[str]:
    """``text`` cut at the equals signs outside all brackets."""
    if len(text) > _LONGEST:
        return [text]
    cuts = {match.start(): match.end() for match in _EQUAL.finditer(text)}
    members, depth, start = [], 0, 0
    for place, letter in enumerate(text):
        depth += (letter in "{([") - (letter in "})]")
        if depth == 0 and place in cuts:
            members.append(text[start:place])
            start = cuts[place]
    return [*members, text[start:]]


def _is_name(left: str) -> bool:
    if any(name in _FUNCTIONS for name in _COMMAND.findall(left)):
        return False
    bare = _SCRIPTS.sub("", _COMMAND.sub("a", left).replace("\\", ""))
    return _ARGUMENTS.sub("", bare).isalnum() and bare[:1].isalpha()
