"""Quantities: numbers with units, lists of them (vectors), ranges, and their comparison.

A value is converted into the gold's unit and compared there: exactly, unless the task declares a
tolerance (``|given - gold| <= relative * |gold|`` or ``<= absolute``) or significant figures (both
rounded to that many; a tie may round either way). What was worked out to fifty digits (π, a root,
a degree in radians) counts as equal to thirty. Dimensions must agree, and a unit is part of the
answer: ``wrong_unit`` where one is missing, added or measures something else, unless the task says
``units: optional``. A plain number and a percentage are both numbers: 50 % is 0.5.

A list keeps its order unless the task says ``ordered: false``; its unit stands once or at every
component. ``a ± b`` as a gold makes b the tolerance; as a response it needs such a gold.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace
from fractions import Fraction
from typing import Literal

from assay_verifiers.science.notation import Unreadable, plain
from assay_verifiers.science.number import (
    Number,
    read_number,
    rounded_to,
    written_figures,
)
from assay_verifiers.science.settings import Settings
from assay_verifiers.science.unit import Unit, ratio, read_unit

_CLOSE = Fraction(1, 10**30)
_MOST_ITEMS = 200
_PLAIN = Unit()

Fault = Literal["mismatch", "wrong_unit", "wrong_type", "wrong_format"]


@dataclass(frozen=True)
class Quantity:
    """``value`` in ``unit`` (None: none was written), give or take ``uncertainty``."""

    value: Fraction
    unit: Unit | None = None
    exact: bool = True
    figures: tuple[int, int] | None = None
    uncertainty: Fraction | None = None


@dataclass(frozen=True)
class Several:
    """A list of quantities: a ``vector`` (which any ordered list is) or the ends of a ``range``."""

    items: tuple[Quantity, ...]
    form: Literal["vector", "set", "range"] = "vector"
    components: bool = False  # written with unit vectors, so that trailing zeros may be left out


Measured = Quantity | Several


def read_measured(
    text: str, constants: Iterable[str] = (), unit: Unit | None = None, many: bool = False
) -> Measured:
    """The quantity, vector or range that ``text`` writes; raises :class:`Unreadable`.

    Args:
        text: as written, LaTeX or plain.
        constants: names of physical constants that may stand in it.
        unit: the unit where none is written.
        many: a list is expected: commas without blanks separate, they group no thousands.
    """
    return _Reading(constants, unit).measured(_trimmed(plain(text)), many)


def readings(text: str, constants: Iterable[str], unit: Unit | None, many: bool) -> list[Measured]:
    """As :func:`read_measured`; ``ms^{-1}`` and ``Nm^{-1}`` may also mean m/s and N/m."""
    read = [read_measured(text, constants, unit, many)]
    if (apart := _RUN_TOGETHER.sub(r"\1 \2", text)) != text:
        read.append(read_measured(apart, constants, unit, many))
    return read


def compare(gold: Measured, given: Measured, settings: Settings) -> Fault | None:
    """What is wrong with ``given``, or None."""
    if isinstance(gold, Quantity) and isinstance(given, Quantity):
        return _fault(gold, given, settings)
    if isinstance(gold, Quantity) or isinstance(given, Quantity):
        ones, others = _items(gold), _items(given)
        return _fault(ones[0], others[0], settings) if len(ones) == len(others) else "wrong_type"
    if settings.ordered or gold.form == "range":
        if gold.form != given.form:
            return "wrong_type"
    elif given.form == "range":
        return "wrong_type"
    golds, items = _padded(gold, given)
    if len(golds) != len(items):
        return "mismatch"
    if settings.ordered or gold.form == "range":
        pairs = zip(golds, items, strict=True)
        return next((fault for g, i in pairs if (fault := _fault(g, i, settings))), None)
    return None if _matched(golds, items, settings) else "mismatch"


def _items(measured: Measured) -> tuple[Quantity, ...]:
    return measured.items if isinstance(measured, Several) else (measured,)


def _padded(gold: Several, given: Several) -> tuple[list[Quantity], list[Quantity]]:
    golds, items = list(gold.items), list(given.items)
    if gold.components or given.components:
        for mine, other in ((golds, items), (items, golds)):
            mine += [Quantity(Fraction(0), q.unit) for q in other[len(mine) :]]
    return golds, items


def _matched(golds: list[Quantity], items: list[Quantity], settings: Settings) -> bool:
    """Whether each gold can be paired with an item of its own (augmenting paths)."""
    fits = [[_fault(g, item, settings) is None for item in items] for g in golds]
    owner: dict[int, int] = {}

    def place(gold: int, seen: set[int]) -> bool:
        for item, fit in enumerate(fits[gold]):
            if fit and item not in seen:
                seen.add(item)
                if item not in owner or place(owner[item], seen):
                    owner[item] = gold
                    return True
        return False

    return all(place(gold, set()) for gold in range(len(golds)))


def _fault(gold: Quantity, given: Quantity, settings: Settings) -> Fault | None:
    """What is wrong with one quantity, or None."""
    converted = _in_unit_of(gold, given, settings)
    if converted is None:
        return "wrong_unit"
    if given.uncertainty is not None and gold.uncertainty is None:
        return "mismatch"
    if not _close(gold, converted, settings):
        missing = given.unit is None and gold.unit is not None
        return "wrong_unit" if missing and gold.value == given.value else "mismatch"
    if settings.exact_figures and settings.figures:
        fewest, most = given.figures or (0, 0)
        return None if fewest <= settings.figures <= most else "wrong_format"
    return None


def _in_unit_of(gold: Quantity, given: Quantity, settings: Settings) -> Number | None:
    """``given``'s value in the gold's unit; None where it cannot be said in it."""
    wanted, written = gold.unit or _PLAIN, given.unit or _PLAIN
    if settings.units_optional and (given.unit is None or _may_be_passed_over(gold, written)):
        return Number(given.value, given.exact)
    if given.unit is None and not wanted.is_number:
        return None
    if wanted.offset or written.offset:
        return _temperature(wanted, written, given)
    scale = ratio(written, wanted)
    if scale is None:
        return None
    exact = given.exact and (scale == 1 or "radian" not in dict(written.tags | wanted.tags))
    return Number(given.value * scale, exact)


def _may_be_passed_over(gold: Quantity, written: Unit) -> bool:
    """A unit that a gold without one need not have had: anything but a percentage."""
    return gold.unit is None and bool(written.dimension or written.tags)


def _temperature(wanted: Unit, written: Unit, given: Quantity) -> Number | None:
    """Between scales of temperature; a gold that is a difference takes degrees as one."""
    if wanted.dimension != written.dimension:
        return None
    if wanted.difference:
        return Number(given.value * written.factor / wanted.factor, given.exact)
    if written.difference:
        return None
    kelvin = given.value * written.factor + written.offset
    return Number((kelvin - wanted.offset) / wanted.factor, given.exact)


def _close(gold: Quantity, given: Number, settings: Settings) -> bool:
    if gold.value == given.value:
        return True
    if settings.figures:
        return bool(
            rounded_to(gold.value, settings.figures) & rounded_to(given.value, settings.figures)
        )
    difference = abs(gold.value - given.value)
    allowed = [settings.relative * abs(gold.value), settings.absolute]
    if not settings.tolerant and gold.uncertainty is not None:
        allowed.append(gold.uncertainty)
    if not (gold.exact and given.exact):
        allowed.append(_CLOSE * abs(gold.value))
    return difference <= max(allowed)


# Reading

_NAME = re.compile(r"[^\W\d][\w \-'*|,.;:θ]*")
_BRACKETED = re.compile(r"\([^()]*\)|\[[^\[\]]*\]|\|")
_EQUALS = re.compile(r"==|[=≈≃]")
_LEADING = ("is ", "are ", "about ", "approximately ", "approx. ", "approx ", "roughly ", "around ",
            "nearly ", "≈", "~", "=", "equal to ", "equals ",
            "pH of ", "pH: ", "pH ", "pOH of ", "pOH: ", "pOH ")  # fmt: skip
_TRAILING = (" approximately", " approx", " roughly", "(approximately)", "(approx)", "(approx.)")
_BASIS = re.compile(r" *([ijk]|[xyz])(?:_?\(?hat\)?)?(?![\w^])")
_HYPHENED = re.compile(r"^([0-9]+(?:\.[0-9]+)?)-(?=[0-9])")
_RUN_TOGETHER = re.compile(
    r"(?<![A-Za-zμµ])([ckm]?m|k?N)([sm])(?=\}?\s{0,4}\^\s{0,4}[{(]?\s{0,4}[-−–]|⁻|-[12](?![0-9]))"
)
_FACTORIAL = re.compile(r"[0-9)]!+$")
_PADDED = re.compile(r"0[0-9]")
_DENYING = re.compile(r"\b(?:not|never|isn't|neither|or|either|if|unless|wrong)\b")


def _trimmed(text: str) -> str:
    text = text.strip().strip('`"').strip()
    while text.endswith((".", ",", ";", "!")) and not _FACTORIAL.search(text):
        text = text[:-1].rstrip()
    changed = True
    while changed:
        changed = False
        for word in _LEADING:
            if text.startswith(word):
                text, changed = text[len(word) :].lstrip(), True
        for word in _TRAILING:
            if text.endswith(word):
                text, changed = text[: -len(word)].rstrip(), True
    return text


def without_name(text: str) -> str:
    """``v = 5 m`` without its name; an equation whose left side is no mere name stays whole."""
    parts = [part.strip() for part in _EQUALS.split(text)]
    if len(parts) < 2 or not parts[-1]:
        return text
    bare = parts[0]
    while (shorter := _BRACKETED.sub("", bare)) != bare:
        bare = shorter
    name = _NAME.fullmatch(bare.strip() or "x")
    if name is None or _DENYING.search(bare):
        return text
    return _trimmed(parts[-1])


@dataclass(frozen=True)
class _Reading:
    """One text, read with these ``constants`` and this default ``unit``."""

    constants: Iterable[str]
    unit: Unit | None

    def measured(self, text: str, many: bool) -> Measured:
        if not text:
            raise Unreadable("nothing is written")
        if (several := self._several(text, many)) is not None:
            return several
        text = without_name(text)
        if (several := self._several(text, many)) is not None:
            return several
        if (found := self._components(text) or self._range(text, many)) is not None:
            return found
        body, closing, rest = _bracketed(text)
        return self.quantity(body if closing == ")" and not rest else text)

    def quantity(self, text: str) -> Quantity:
        """One quantity, all of ``text``."""
        first, rest = self._one(without_name(text))
        while rest:
            if rest.startswith("±"):
                return self._give_or_take(first, rest[1:])
            second, rest = self._one(rest)
            first = _compound(first, second)
        if first.unit is None and self.unit is not None:
            first = replace(first, unit=self.unit)
        return first

    def _one(self, text: str) -> tuple[Quantity, str]:
        found = read_number(text, euler="e" not in self.constants)
        if found is None and not self.constants:
            raise Unreadable("no number")
        rest = text[found[1] :] if found else text
        unit, rest = (None, rest.strip()) if rest.strip()[:1] == "±" else self._unit(rest)
        if found is None:
            if unit is None:
                raise Unreadable("no number")
            return Quantity(Fraction(1), unit), rest
        figures = written_figures(text)
        return Quantity(found[0].value, unit, found[0].exact, figures), rest

    def _unit(self, text: str) -> tuple[Unit | None, str]:
        stripped = text.lstrip(" ")
        if stripped[:1] in ("[", "(") and stripped[-1:] in ("]", ")"):  # 5 [m/s], 5 (m/s)
            unit, rest = read_unit(stripped[1:-1], self.constants)
            if unit is not None and not rest:
                return unit, ""
        return read_unit(text, self.constants)

    def _give_or_take(self, value: Quantity, text: str) -> Quantity:
        error, rest = self._one(text.strip())
        if rest:
            raise Unreadable("something follows the uncertainty")
        unit = value.unit or error.unit or self.unit
        scale = ratio(error.unit or _PLAIN, unit) if unit and error.unit else Fraction(1)
        if scale is None or error.value < 0:
            raise Unreadable("an uncertainty of another dimension")
        return replace(value, unit=unit, uncertainty=error.value * scale)

    def _several(self, text: str, many: bool) -> Several | None:
        body, closing, rest = _bracketed(text)
        inside = body if closing else text
        items = _split(inside, many or bool(closing))
        bracket = closing and (len(items) > 1 or text[0] == "[")
        if not bracket and (closing or len(items) < 2):
            return None
        unit = self.unit
        if bracket and rest:
            unit, rest = read_unit(rest, self.constants)
            if unit is None or rest:
                raise Unreadable("something follows the list")
        if len(items) > _MOST_ITEMS:
            raise Unreadable("a list is too long", "too_long")
        if any(_PADDED.match(item) for item in items):
            raise Unreadable("thousands in a list: (1,000)")
        reading = _Reading(self.constants, unit)
        quantities = tuple(reading.quantity(_trimmed(item)) for item in items)
        if not bracket:
            quantities = _shared_unit(quantities)
        return Several(quantities, "set" if closing == "}" else "vector")

    def _range(self, text: str, many: bool) -> Measured | None:
        """``3–5 m``, ``3 to 5 m``, ``between 3 and 5 m``; ``3 and 5 m`` is a list.

        ``2 h and 30 min`` is one time where no list is expected.
        """
        lead = next((word for word in ("between ", "from ") if text.startswith(word)), "")
        joints = (" and ",) if lead == "between " else ("–", "--", " to ", " and ")
        body = _HYPHENED.sub(r"\1–", text[len(lead) :])
        for joint in joints:
            left, found, right = body.partition(joint)
            if found and left.strip():
                second = self.quantity(right.strip())
                first = _Reading(self.constants, second.unit).quantity(left.strip())
                listed = joint == " and " and not lead
                if listed and not many and _is_smaller(second, first):
                    return _compound(first, second)
                return Several((first, second), "vector" if listed else "range")
        return None

    def _components(self, text: str) -> Several | None:
        """``3 i - 4 j`` with unit vectors."""
        body, closing, rest = _bracketed(text)
        inside = body if closing == ")" else text
        found: dict[str, Number] = {}
        at, scan = 0, inside
        while at < len(scan) and scan[at:].strip():
            read = _coefficient(scan, at)
            basis = _BASIS.match(scan, read[1]) if read else None
            if read is None or basis is None:
                break
            axis = "ijk"["ijkxyz".index(basis[1]) % 3]
            if axis in found:
                return None
            found[axis], at = read[0], basis.end()
        tail = rest if closing == ")" else scan[at:].strip()
        if not found or (closing == ")" and scan[at:].strip()):
            return None
        unit, left = read_unit(tail, self.constants) if tail else (self.unit, "")
        if left:
            return None
        zero = Number(Fraction(0))
        numbers = [found.get(axis, zero) for axis in "ijk"]
        items = tuple(Quantity(n.value, unit, n.exact) for n in numbers)
        return Several(items, components=True)


def _coefficient(text: str, at: int) -> tuple[Number, int] | None:
    """The signed factor of a unit vector; 1 where none is written."""
    place = at + len(text[at:]) - len(text[at:].lstrip())
    sign = -1 if text[place : place + 1] in ("-", "–") else 1
    signed = text[place : place + 1] in ("+", "-", "–") and place < len(text)
    if at and not signed:
        return None
    place += signed
    place += len(text[place:]) - len(text[place:].lstrip())
    end = place
    while end < len(text) and (text[end] not in "+-–ijkxyz" or text[end - 1] in "^("):
        end += 1
    if end == len(text):
        return None
    found = (
        read_number(text[:end], place) if text[place:end].strip() else (Number(Fraction(1)), end)
    )
    if found is None:
        return None
    return Number(sign * found[0].value, found[0].exact), found[1]


def _compound(first: Quantity, second: Quantity) -> Quantity:
    """``2 h 30 min``: quantities of one dimension, each smaller than the one before."""
    if first.unit is None or second.unit is None or first.unit.offset or second.unit.offset:
        raise Unreadable("two numbers")
    scale = ratio(second.unit, first.unit)
    if scale is None or abs(scale) >= 1 or second.value < 0:
        raise Unreadable("two quantities")
    added = second.value * scale
    value = first.value - added if first.value < 0 else first.value + added
    return Quantity(value, first.unit, first.exact and second.exact)


def _is_smaller(second: Quantity, first: Quantity) -> bool:
    """Whether ``second`` continues ``first`` in a smaller unit: minutes after hours."""
    if first.unit is None or second.unit is None or first.unit.offset or second.value < 0:
        return False
    scale = ratio(second.unit, first.unit)
    return scale is not None and abs(second.value * scale) < 1 and abs(scale) < 1


def _shared_unit(items: tuple[Quantity, ...]) -> tuple[Quantity, ...]:
    """In ``2, 3 and 4 m`` the last unit is everyone's."""
    if items[-1].unit is None or any(item.unit is not None for item in items[:-1]):
        return items
    return tuple(replace(item, unit=items[-1].unit) for item in items)


_CLOSING = {"(": ")", "[": "]", "<": ">", "{": "}", "⟨": "⟩"}


def _bracketed(text: str) -> tuple[str, str, str]:
    """What the bracket that opens ``text`` holds, how it closes, and what follows; else blanks."""
    if text[:1] not in _CLOSING or not text:
        return "", "", ""
    depth = 0
    for place, letter in enumerate(text):
        depth += (letter in _CLOSING) - (letter in _CLOSING.values())
        if depth == 0:
            if letter != _CLOSING[text[0]]:
                return "", "", ""
            return text[1:place], letter, text[place + 1 :].strip()
    return "", "", ""


def _split(text: str, every_comma: bool) -> list[str]:
    """The items of a list at the commas outside brackets, and at the ``and`` before its last.

    Where some commas are followed by a blank and some are not, the others group thousands. Without
    blanks a bare ``1,234`` is one number, unless a list is expected.
    """
    commas = list(_outside(text, lambda place: text[place] in ",;"))
    spaced = [
        place for place in commas if text[place + 1 : place + 2] in (" ", "") or text[place] == ";"
    ]
    if (spaced and len(spaced) < len(commas)) or not every_comma:
        commas = spaced
    items, start = [], 0
    for place in commas:
        items.append(text[start:place].strip())
        start = place + 1
    before, joined, last = text[start:].strip().rpartition("and ")
    if items and joined and (not before or before.endswith(" ")):
        items += [before.strip()] if before else []
    else:
        last = text[start:].strip()
    items.append(last.strip())
    return items[:-1] if len(items) > 1 and not items[-1] else items


def _outside(text: str, wanted: Callable[[int], bool]) -> Iterable[int]:
    depth = 0
    for place, letter in enumerate(text):
        depth += (letter in "([{") - (letter in ")]}")
        if depth == 0 and wanted(place):
            yield place
