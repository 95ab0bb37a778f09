"""The gold of a science task: what kind of answer it is and what it says.

    "9.81 m/s^2"    12    true    a text, a number, a truth value: the kind is inferred
    {"kind"?, "value", "unit"?, "choices"?}    the same, declared
    [gold, gold, …]    any one of them is right

| kind | value |
|---|---|
| ``quantity`` | a number, a text with or without its unit, or a list of them (a vector) |
| ``formula`` ``equation`` ``smiles`` | the text |
| ``choice`` | letters (``"B"``, ``"AC"``, ``["A", "C"]``) or a choice's own text |
| ``boolean`` | true, false, or a word for it |
| ``expression`` | a formula of algebra; of ``v = …`` the right-hand side counts |
| ``text`` | words |

Inference takes the first that fits: a truth value; letters (``B``, ``(b)``, ``A, C``, ``ACD`` up to
E; any letters where choices are given); an equation with an arrow; a quantity; a SMILES with bonds,
rings or chains; a formula with a digit, a charge or a two-letter symbol; words; an expression. What
could be two things (``CO``, a formula or a SMILES) should be declared.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass

from assay_datasets import InputError, Json
from assay_verifiers.numbers import written
from assay_verifiers.science.choice import letters_in
from assay_verifiers.science.equation import has_arrow, read_equation
from assay_verifiers.science.formula import read_formula
from assay_verifiers.science.notation import Unreadable, plain
from assay_verifiers.science.quantity import Quantity, read_measured
from assay_verifiers.science.settings import KINDS, Settings, read_choices
from assay_verifiers.science.smiles import looks_like_smiles
from assay_verifiers.science.unit import Unit, read_unit
from assay_verifiers.science.words import is_prose, truth_of

_LONGEST = 10_000
_KEYS = frozenset(("kind", "value", "unit", "choices"))
_LETTERS = re.compile(r"[A-Z]|\([A-Za-z]\)|[A-E]{2,5}|\(?[A-Z]\)?(?:\s*(?:,|and)\s*\(?[A-Z]\)?)+")
_TELLING = re.compile(r"[0-9₀-₉⁺⁻]|[A-Z][a-z]|[+-]$|\\ce")


class BadGold(Exception):
    """The gold cannot be used; the message says why."""


@dataclass(frozen=True)
class Gold:
    """One acceptable answer: ``kind``, its ``text``, and what goes with some kinds."""

    kind: str
    text: str
    unit: Unit | None = None
    choices: Mapping[str, str] | None = None


def read_golds(answer: Json, settings: Settings) -> list[Gold]:
    """All acceptable answers; raises :class:`BadGold`."""
    golds = [read_gold(one, settings) for one in (answer if isinstance(answer, list) else [answer])]
    if not golds:
        raise BadGold("no gold is given")
    return golds


def read_gold(answer: Json, settings: Settings) -> Gold:
    parts = answer if isinstance(answer, dict) else {"value": answer}
    if "value" not in parts or not set(parts) <= _KEYS:
        raise BadGold(f"an answer has value and may have {', '.join(sorted(_KEYS - {'value'}))}")
    kind, unit = parts.get("kind", settings.kind), parts.get("unit")
    if kind is not None and kind not in KINDS:
        raise BadGold(f"kind must be one of {', '.join(KINDS)}")
    try:
        choices = _choices(parts.get("choices")) or settings.choices
        text = _text(parts["value"])
        read = _unit(unit, settings) if unit is not None else None
        if kind is None:
            kind = "quantity" if unit is not None else infer(text, choices, settings)
    except Unreadable as error:
        raise BadGold(str(error)) from error
    return Gold(kind, text, read, choices)


def _choices(choices: Json) -> Mapping[str, str] | None:
    try:
        return read_choices(choices)
    except InputError as error:
        raise BadGold(str(error)) from error


def _text(value: Json) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, list) and value:
        return f"[{', '.join(_text(item) for item in value)}]"
    if not isinstance(value, str | int | float):
        raise BadGold("value must be a text, a number, true or false, or a list of those")
    text = value.strip() if isinstance(value, str) else written(value)
    if not text or len(text) > _LONGEST:
        raise BadGold("value is empty, too long or no finite number")
    return text


def _unit(unit: Json, settings: Settings) -> Unit:
    if not isinstance(unit, str):
        raise BadGold("unit must be a text")
    read, rest = read_unit(plain(unit), settings.constants)
    if rest or (read is None and unit.strip()):
        raise BadGold(f"unit {unit!r} cannot be read")
    return read or Unit()


def infer(
    text: str, choices: Mapping[str, str] | None, settings: Settings, letters: bool = True
) -> str:
    """The kind of an undeclared gold; ``letters`` tells whether it may name a choice."""
    if choices:
        return "choice"
    if truth_of(text) is not None and len(text) > 1:
        return "boolean"
    if letters and _LETTERS.fullmatch(text) and letters_in(text):
        return "choice"
    checks = (
        ("equation", has_arrow(text) and _reads(read_equation, text)),
        ("quantity", _is_quantity(text, settings)),
        ("smiles", looks_like_smiles(text)),
        ("formula", _TELLING.search(text) and _reads(read_formula, text)),
        ("text", is_prose(text)),
    )
    return next((kind for kind, fits in checks if fits), "expression")


def _reads(read: Callable[[str], object], text: str) -> bool:
    try:
        read(text)
    except Unreadable:
        return False
    return True


def _is_quantity(text: str, settings: Settings) -> bool:
    """A number, a list of numbers, or a number with a unit that is known, or at least a word."""
    try:
        read = read_measured(text, settings.constants)
    except Unreadable:
        return False
    items = (read,) if isinstance(read, Quantity) else read.items
    names = {name for item in items if item.unit for name, _ in item.unit.dimension}
    return not any(name.startswith("'") and len(name) < len("'word'") for name in names)
