"""Plain numbers as exact fractions: integers, decimals, fractions, scientific notation.

Only what has one reading is read; anything else (a percent, a unit, a repeating decimal, ``1,5``)
is left to the caller. Nothing here is ever rounded.
"""

from __future__ import annotations

import math
import re
from decimal import Decimal
from fractions import Fraction

_MOST_DIGITS = 4_000
_MOST_BITS = 160_000  # of an integer that is written out: some 48,000 digits
_LARGEST_EXPONENT = 4_000
_GROUP = re.compile(r"(?<=[0-9])\s+(?=[0-9]{3}(?![0-9]))")  # 1 000 000
_GAP = re.compile(r"(?<=[0-9])\s+(?=[0-9])")
_UNSIGNED = r"(?:[0-9]{1,3}(?:,[0-9]{3})+|[0-9]+)(?:\.[0-9]*)?|\.[0-9]+"
_DECIMAL = re.compile(
    rf"([-+]?)({_UNSIGNED})(?:(?:[eE]|(?:\\times|\\cdot|×|\*)10\^)(?:\{{([-+]?[0-9]+)\}}|([-+]?[0-9]+)))?"
)
_RATIO = re.compile(r"([-+]?)(?:\\frac\{([^{}]+)\}\{([^{}]+)\}|\(?([^/()]+)\)?/\(?([^/()]+)\)?)")


_BY_POINTS = r"[0-9]{1,3}(?:\.[0-9]{3})+"
_BY_BLANKS = r"[0-9]{1,3}(?:[ \u00a0\u202f][0-9]{3})+"
_BY_PAIRS = r"[0-9]{1,2}(?:,[0-9]{2})+,[0-9]{3}"
_FOREIGN = re.compile(
    rf"([-+]?)(?:({_BY_POINTS}|{_BY_BLANKS}|[0-9]+),([0-9]+)|(?=[0-9]+[.,][0-9]+[.,])"
    rf"({_BY_POINTS}|{_BY_PAIRS}))"
)


def same_foreign_number(one: str, other: str) -> bool:
    """Whether one text is a number as written elsewhere and the other the same number.

    ``1.234.567,89``, ``1 234,5`` and ``0,25`` have a decimal comma; ``1.234.567`` and ``12,34,567``
    only groups. What may be read with a point as well (``1,234``, ``1.234``) is left alone.
    """
    return _same_foreign(one, other) or _same_foreign(other, one)


def _same_foreign(foreign: str, plain: str) -> bool:
    if len(foreign) > 400 or (match := _FOREIGN.fullmatch(foreign.strip("$"))) is None:
        return False
    sign, whole, decimals, grouped = match.groups()
    if whole and whole.isdigit() and len(decimals) == 3 and whole != "0":
        return False
    digits = "".join(letter for letter in grouped or whole if letter.isdigit())
    number = exact_number(sign + digits + (f".{decimals}" if decimals else ""))
    return number is not None and number == exact_number(plain)


def written(number: float) -> str:
    """A gold that is a number, as text; empty where it is not finite or has too many digits.

    ``1e999`` in JSON is read as infinity, which is not what its author wrote.
    """
    if isinstance(number, float):
        return str(number) if math.isfinite(number) else ""
    return f"{Decimal(number):f}" if number.bit_length() <= _MOST_BITS else ""


def exact_number(text: str) -> Fraction | None:
    """The number that ``text`` writes, or None where it is not plainly a number."""
    text = without_blanks(text.replace("\\,", "").replace("{,}", ",").strip("$"))
    if not text or len(text) > _MOST_DIGITS:
        return None
    if (number := _decimal(text)) is not None:
        return number
    match = _RATIO.fullmatch(text)
    if match is None:
        return None
    above, below = _decimal(match[2] or match[4]), _decimal(match[3] or match[5])
    if above is None or not below:
        return None
    return -above / below if match[1] == "-" else above / below


def without_blanks(text: str) -> str:
    """``text`` without white space, but for a blank that keeps two numbers apart (``3 4``)."""
    grouped = _GROUP.sub("", text)
    return " ".join("".join(part.split()) for part in _GAP.split(grouped))


def _decimal(text: str) -> Fraction | None:
    match = _DECIMAL.fullmatch(text)
    if match is None:
        return None
    exponent = int(match[3] or match[4] or 0)
    if abs(exponent) > _LARGEST_EXPONENT:
        return None
    number = Fraction(match[2].replace(",", "")) * Fraction(10) ** exponent
    return -number if match[1] == "-" else number
