"""What a task asks of the comparison: the options of the science verifier, checked once."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from fractions import Fraction

from assay_datasets import InputError, Json
from assay_verifiers.science.unit import known_constants

KINDS = (
    "quantity", "formula", "equation", "smiles", "choice", "boolean", "expression", "text",
)  # fmt: skip
_UNITS = ("required", "optional")


@dataclass(frozen=True)
class Settings:
    """The options, read.

    Attributes:
        kind: what the gold is, where the answer does not say; else it is inferred.
        relative: tolerance as a fraction of the gold's value.
        absolute: tolerance in the gold's unit.
        figures: significant figures to which both are rounded before they are compared.
        exact_figures: whether the response must be written with exactly ``figures``.
        units_optional: whether a missing unit is the gold's, and one the gold lacks is passed over.
        constants: names of physical constants that may stand in an answer.
        ordered: whether the components of a list are compared in order.
        states: whether states of matter in an equation are compared.
        stereo: whether stereochemistry and isotopes of a SMILES are compared.
        open_ended: whether the choices were never shown, so that only content counts.
        choices: the options of a choice, by letter.
    """

    kind: str | None = None
    relative: Fraction = Fraction(0)
    absolute: Fraction = Fraction(0)
    figures: int | None = None
    exact_figures: bool = False
    units_optional: bool = False
    constants: frozenset[str] = frozenset()
    ordered: bool = True
    states: bool = False
    stereo: bool = True
    open_ended: bool = False
    choices: Mapping[str, str] | None = None

    @property
    def tolerant(self) -> bool:
        return bool(self.relative or self.absolute or self.figures)


OPTIONS = (
    "kind", "relative_tolerance", "absolute_tolerance", "significant_figures", "exact_figures",
    "units", "constants", "ordered", "states", "stereo", "open_ended", "choices",
)  # fmt: skip


def read_settings(options: Mapping[str, Json]) -> Settings:
    """Raises :class:`InputError` for a value that is none or contradicts another."""
    kind, units = options.get("kind"), options.get("units", "required")
    if kind is not None and kind not in KINDS:
        raise InputError(f"kind must be one of {', '.join(KINDS)}, not {kind!r}")
    if units not in _UNITS:
        raise InputError(f"units must be one of {', '.join(_UNITS)}, not {units!r}")
    settings = Settings(
        kind=kind,
        relative=_tolerance(options, "relative_tolerance"),
        absolute=_tolerance(options, "absolute_tolerance"),
        figures=_figures(options.get("significant_figures")),
        exact_figures=_flag(options, "exact_figures", False),
        units_optional=units == "optional",
        constants=known_constants(options.get("constants", [])),
        ordered=_flag(options, "ordered", True),
        states=_flag(options, "states", False),
        stereo=_flag(options, "stereo", True),
        open_ended=_flag(options, "open_ended", False),
        choices=read_choices(options.get("choices")),
    )
    if settings.figures and (settings.relative or settings.absolute):
        raise InputError("give significant_figures or a tolerance, not both")
    if settings.exact_figures and not settings.figures:
        raise InputError("exact_figures needs significant_figures")
    return settings


def read_choices(choices: Json) -> dict[str, str] | None:
    """Choices by letter, from a list in order or from an object of letter and text."""
    if choices is None:
        return None
    if isinstance(choices, list) and 2 <= len(choices) <= 26:
        choices = {chr(ord("A") + place): text for place, text in enumerate(choices)}
    if not isinstance(choices, dict) or not choices:
        raise InputError("choices must be a list of 2 to 26 texts, or an object of letter and text")
    if not all(isinstance(text, str | int | float) for text in choices.values()):
        raise InputError("every choice must be a text or a number")
    if not all(isinstance(name, str) and len(name) == 1 and name.isalpha() for name in choices):
        raise InputError("every choice must be named by one letter")
    return {name.upper(): str(text) for name, text in choices.items()}


def _tolerance(options: Mapping[str, Json], name: str) -> Fraction:
    value = options.get(name, 0)
    if isinstance(value, bool) or not isinstance(value, int | float) or not 0 <= value < 1e300:
        raise InputError(f"{name} must be a number that is not negative")
    return Fraction(str(value))


def _figures(value: Json) -> int | None:
    if value is None:
        return None
    if isinstance(value, bool) or not isinstance(value, int) or not 1 <= value <= 100:
        raise InputError("significant_figures must be a whole number from 1 to 100")
    return value


def _flag(options: Mapping[str, Json], name: str, default: bool) -> bool:
    value = options.get(name, default)
    if not isinstance(value, bool):
        raise InputError(f"{name} must be true or false")
    return value
