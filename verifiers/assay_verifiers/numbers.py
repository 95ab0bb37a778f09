"""Plain numbers as exact fractions: integers, decimals, fractions, scientific notation.

Only what has one reading is read; anything else (a percent, a unit, a repeating decimal, ``1,5``)
is left to the caller. Nothing here is ever rounded.
"""

from __future__ import annotations

import re
from fractions import Fraction

_MOST_DIGITS = 4_000
_LARGEST_EXPONENT = 4_000
_GROUP = re.compile(r"(?<=[0-9])\s+(?=[0-9]{3}(?![0-9]))")  # 1 000 000
_GAP = re.compile(r"(?<=[0-9])\s+(?=[0-9])")
_UNSIGNED = r"(?:[0-9]{1,3}(?:,[0-9]{3})+|[0-9]+)(?:\.[0-9]*)?|\.[0-9]+"
_DECIMAL = re.compile(
    rf"([-+]?)({_UNSIGNED})(?:(?:[eE]|(?:\\times|\\cdot|×|\*)10\^)(?:\{{([-+]?[0-9]+)\}}|([-+]?[0-9]+)))?"
)
_RATIO = re.compile(r"([-+]?)(?:\\frac\{([^{}]+)\}\{([^{}]+)\}|\(?([^/()]+)\)?/\(?([^/()]+)\)?)")


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
