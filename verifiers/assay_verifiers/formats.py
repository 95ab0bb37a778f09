"""Formats that a JSON schema may ask of a text: what is asserted, and exactly how.

``date``, ``time`` and ``date-time`` (RFC 3339), ``email`` (one ``@``, a dot in the domain),
``hostname``, ``ipv4``, ``ipv6``, ``uuid`` and ``uri`` (a scheme and no blank). Any other format is
a note to people. Nothing depends on what else is installed.
"""

from __future__ import annotations

import ipaddress
import re
from collections.abc import Callable
from datetime import date
from functools import cache
from typing import Any

from assay_datasets import InputError
from assay_verifiers import pattern

_CLOCK = r"(?:[01][0-9]|2[0-3]):[0-5][0-9]:(?:[0-5][0-9]|60)(?:\.[0-9]{1,12})?"
_ZONE = r"(?:[zZ]|[+-](?:[01][0-9]|2[0-3]):[0-5][0-9])"
_DAY = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")
_TIME = re.compile(_CLOCK + _ZONE)
_LABEL = r"[A-Za-z0-9](?:[A-Za-z0-9-]{0,61}[A-Za-z0-9])?"
_HOST = re.compile(rf"{_LABEL}(?:\.{_LABEL}){{0,126}}")
_EMAIL = re.compile(r"[^\s@]{1,64}@(?P<host>[^\s@]{1,255})")
_UUID = re.compile(r"[0-9a-fA-F]{8}-(?:[0-9a-fA-F]{4}-){3}[0-9a-fA-F]{12}")
_URI = re.compile(r"[A-Za-z][A-Za-z0-9+.-]{0,30}:[^\s<>\"{}|\\^`]+")


def _date(text: str) -> bool:
    return bool(_DAY.fullmatch(text) and date.fromisoformat(text))


def _date_time(text: str) -> bool:
    day, clock = text[:10], text[11:]
    return text[10:11] in ("T", "t", " ") and _date(day) and bool(_TIME.fullmatch(clock))


def _email(text: str) -> bool:
    found = _EMAIL.fullmatch(text)
    return bool(found and "." in found["host"] and _HOST.fullmatch(found["host"]))


_FORMATS: dict[str, Callable[[str], object]] = {
    "date": _date,
    "time": _TIME.fullmatch,
    "date-time": _date_time,
    "email": _email,
    "hostname": lambda text: len(text) <= 253 and _HOST.fullmatch(text),
    "ipv4": ipaddress.IPv4Address,
    "ipv6": ipaddress.IPv6Address,
    "uuid": _UUID.fullmatch,
    "uri": _URI.fullmatch,
}


@cache
def of_documents() -> Any:
    """What jsonschema asks about the texts of a document."""
    from jsonschema import FormatChecker

    checker = FormatChecker(formats=())
    for name, fits in _FORMATS.items():
        checker.checks(name, raises=ValueError)(_blind_to_others(fits))
    return checker


def _blind_to_others(fits: Callable[[str], object]) -> Callable[[object], bool]:
    """A format says nothing of what is no text."""
    return lambda value: not isinstance(value, str) or bool(fits(value))


@cache
def of_schemas() -> Any:
    """What jsonschema asks about a schema: its patterns are RE2's."""
    from jsonschema import FormatChecker

    checker = FormatChecker(formats=())
    checker.checks("regex", raises=InputError)(_blind_to_others(pattern.compiled))
    return checker
