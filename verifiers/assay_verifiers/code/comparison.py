"""How a program's output is compared with the expected one: bytes against bytes, first difference.

    exact      line by line. Blanks at the end of a line and empty lines at the end do not count;
               everything else does: case, inner and leading blanks, empty lines in between
    tokens     what stands between blanks (space, tab, line ends), exactly as written
    float      as tokens, but two decimal numbers are equal within the stated tolerance. Two tokens
               written as integers are compared exactly: 1000000006 is not 1000000007
    unordered  the lines of ``exact``, in any order, each as often as expected; empty ones left out

Nothing is lower-cased, rounded or parsed unless the comparison says so. Linear in the output but
for ``unordered``, which sorts.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Sequence

from assay_verifiers.code.finding import SHOWN
from assay_verifiers.code.options import Tolerance

_BLANKS = b" \t\r\f\v"
_DIGITS = re.compile(rb"[+-]?[0-9]+")
_DECIMAL = re.compile(
    rb"[+-]?(?:[0-9]{1,400}(?:\.[0-9]{0,400})?|\.[0-9]{1,400})(?:[eE][+-]?[0-9]{1,4})?"
)


def difference(
    given: bytes, wanted: bytes, compare: str, tolerance: Tolerance | None
) -> str | None:
    """The first difference for a person, or None where there is none."""
    if compare == "tokens":
        return _first("token", given.split(), wanted.split(), bytes.__eq__)
    if compare == "float":
        assert tolerance is not None
        same = tolerance
        return _first("token", given.split(), wanted.split(), lambda a, b: _close(a, b, same))
    if compare == "unordered":
        return _unordered(_lines(given), _lines(wanted))
    return _first("line", _lines(given), _lines(wanted), bytes.__eq__)


def _lines(text: bytes) -> list[bytes]:
    lines = [line.rstrip(_BLANKS) for line in text.split(b"\n")]
    while lines and not lines[-1]:
        lines.pop()
    return lines


def _first(
    what: str,
    given: Sequence[bytes],
    wanted: Sequence[bytes],
    same: Callable[[bytes, bytes], object],
) -> str | None:
    pairs = enumerate(zip(given, wanted, strict=False))
    place = next((n for n, (a, b) in pairs if not same(a, b)), None)
    if place is None and len(given) == len(wanted):
        return None
    place = min(len(given), len(wanted)) if place is None else place
    return f"{what} {place + 1}: expected {_shown(wanted, place)}, got {_shown(given, place)}"


def _unordered(given: list[bytes], wanted: list[bytes]) -> str | None:
    surplus = Counter(filter(None, given))
    surplus.subtract(filter(None, wanted))
    for line in sorted(surplus):
        if surplus[line]:
            times = "times more" if surplus[line] > 0 else "times less"
            return f"line {_shown([line], 0)}: {abs(surplus[line])} {times} than expected"
    return None


def _close(given: bytes, wanted: bytes, tolerance: Tolerance) -> bool:
    if given == wanted:
        return True
    if _DIGITS.fullmatch(given) and _DIGITS.fullmatch(wanted):
        return _integer(given) == _integer(wanted)
    if not (_DECIMAL.fullmatch(given) and _DECIMAL.fullmatch(wanted)):
        return False
    return tolerance.close(float(given), float(wanted))


def _integer(text: bytes) -> tuple[bool, bytes]:
    """Sign and digits, so that +007 is 7 and -0 is 0; no number of any length is too costly."""
    digits = text.lstrip(b"+-").lstrip(b"0")
    return text.startswith(b"-") and bool(digits), digits


def _shown(side: Sequence[bytes], place: int) -> str:
    if place >= len(side):
        return "nothing"
    return repr(side[place][:SHOWN].decode("utf-8", "backslashreplace"))
