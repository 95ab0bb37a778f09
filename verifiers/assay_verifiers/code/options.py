"""Options of the code verifier, read once; a wrong one is the caller's mistake (``InputError``).

compare     how outputs are compared: see ``comparison.py`` (stdio), ``values.py`` (function)
            and ``checker.py``; with ``assert`` and ``append`` the tests compare themselves
tolerance   of ``float`` and ``json``: a number, or {"relative", "absolute"}
limits      fields of ``assay_sandbox.Limits``, for each test; and ``total_s``, the seconds that
            all tests of one verdict may take together
partial     the fraction of passed tests as the score, instead of all or nothing
stop_early  tests after the first that fails are not judged (``not_run``)
template    the sandbox template where the verifier opens the sandbox itself
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from assay_datasets import InputError, Json
from assay_sandbox import Limits

NAMES = ("compare", "tolerance", "limits", "partial", "stop_early", "template")
STDIO_COMPARISONS = ("exact", "tokens", "float", "unordered")
VALUE_COMPARISONS = ("exact", "equal", "json", "float")
_TOLERANT = ("float", "json")


@dataclass(frozen=True)
class Tolerance:
    """Numbers a and b are close where |a - b| <= max(absolute, relative * |expected|)."""

    relative: float = 0.0
    absolute: float = 0.0

    def close(self, given: float, wanted: float) -> bool:
        return abs(given - wanted) <= max(self.absolute, self.relative * abs(wanted))


@dataclass(frozen=True)
class Checker:
    """A program that decides; see ``checker.py``."""

    language: str
    source: str


@dataclass(frozen=True)
class Options:
    """See the module. ``total_s`` None: only the deadline."""

    compare: str | Checker = "exact"
    tolerance: Tolerance | None = None
    limits: Limits = field(default_factory=Limits)
    total_s: float | None = None
    partial: bool = False
    stop_early: bool = False
    template: str | None = None


def read_options(given: Mapping[str, Json], style: str) -> Options:
    """The options for an answer of ``style``; :class:`InputError` naming the mend."""
    limits, total_s = _limits(given.get("limits", {}))
    compare = _compare(given.get("compare"), style)
    return Options(
        compare=compare,
        tolerance=_tolerance(given.get("tolerance"), compare),
        limits=limits,
        total_s=total_s,
        partial=_flag(given, "partial"),
        stop_early=_flag(given, "stop_early"),
        template=_template(given.get("template")),
    )


def _flag(given: Mapping[str, Json], name: str) -> bool:
    value = given.get(name, False)
    if not isinstance(value, bool):
        raise InputError(f"{name} of the code verifier must be true or false, not {value!r}")
    return value


def _template(value: Json) -> str | None:
    if value is not None and not isinstance(value, str):
        raise InputError(f"template of the code verifier must be a name, not {value!r}")
    return value


def _limits(given: Json) -> tuple[Limits, float | None]:
    if not isinstance(given, Mapping):
        raise InputError("limits of the code verifier must be an object")
    fields: dict[str, Any] = dict(given)
    total_s = fields.pop("total_s", None)
    try:
        limits = Limits(**fields)
    except TypeError as error:
        known = ", ".join((*vars(Limits()), "total_s"))
        raise InputError(f"limits of the code verifier: {error}; known: {known}") from error
    for name, value in (*vars(limits).items(), ("total_s", total_s or 1)):
        if isinstance(value, bool) or not isinstance(value, int | float) or not value > 0:
            raise InputError(f"limits of the code verifier: {name} must be a number above zero")
    return limits, total_s


def _compare(value: Json, style: str) -> str | Checker:
    known = VALUE_COMPARISONS if style == "function" else STDIO_COMPARISONS
    if value is None:
        return "exact"
    if style in ("assert", "append"):
        raise InputError(
            f"compare has no meaning for style {style!r}: its tests compare themselves"
        )
    if isinstance(value, str) and value in known:
        return value
    if isinstance(value, Mapping) and set(value) == {"checker"} and style == "stdio":
        return _checker(value["checker"])
    or_checker = ' or {"checker": {"language", "source"}}' if style == "stdio" else ""
    raise InputError(f"compare must be one of {', '.join(known)}{or_checker}, not {value!r}")


def _checker(value: Json) -> Checker:
    if isinstance(value, Mapping) and set(value) == {"language", "source"}:
        language, source = value["language"], value["source"]
        if isinstance(language, str) and isinstance(source, str):
            return Checker(language, source)
    raise InputError('a checker is {"language": name, "source": text}')


def _tolerance(value: Json, compare: str | Checker) -> Tolerance | None:
    if value is None:
        if compare == "float":
            raise InputError("compare float needs tolerance: a number, or relative and absolute")
        return None
    if compare not in _TOLERANT:
        raise InputError(f"tolerance has no meaning for compare {compare!r}; it is of float, json")
    parts = value if isinstance(value, Mapping) else {"relative": value, "absolute": value}
    fit = all(type(part) in (int, float) and 0 <= part < 1 << 53 for part in parts.values())
    if not parts or not set(parts) <= {"relative", "absolute"} or not fit:
        raise InputError('tolerance must be a number, or {"relative", "absolute"}, not below zero')
    return Tolerance(**{name: float(part) for name, part in parts.items()})
