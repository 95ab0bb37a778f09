"""Constraint: one instruction id's rule, and how its kwargs are read.

A rule is a function of the text and of keyword arguments; beside it stands, for each argument, the
reader that turns JSON into a value or says why it cannot. Data sets that store all kwargs of all
ids with most of them null (as the published ones do) are read as if the nulls were not there.

The references draw an argument that is missing or out of its range *at random*, so that their
verdict on such a row is no verdict; here it is a fault of the answer.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, TypeAlias

from assay_datasets import Json

Reader: TypeAlias = Callable[[Json], Any]
"""A kwarg's value from its JSON; raises ``ValueError`` with what it should have been."""

_LONGEST_TEXT = 100_000
_LONGEST_WORD = 1_000
_MOST_WORDS = 1_000
_LARGEST = 10**9
RELATIONS = ("less than", "at least")


@dataclass(frozen=True)
class Constraint:
    """The rule of one instruction id.

    Attributes:
        holds: ``holds(text, **kwargs)``: whether the text keeps the rule. The kwargs' names are
            those of the references in lower case.
        kwargs: a reader for each kwarg; all are needed.
        needs: modules of the ``instruction`` extra that judging imports. They are slow to load and
            slow to run, so such a rule is judged in a worker process.
        ascii_alone: ASCII text is judged without them.
        open: other kwargs are ignored, as the reference does.
    """

    holds: Callable[..., bool]
    kwargs: Mapping[str, Reader] = field(default_factory=dict)
    needs: tuple[str, ...] = ()
    open: bool = False
    ascii_alone: bool = False

    def needs_for(self, text: str) -> tuple[str, ...]:
        """The modules that judging this text imports."""
        return () if self.ascii_alone and text.isascii() else self.needs

    def read(self, given: Mapping[str, Json]) -> dict[str, Any]:
        """The arguments of ``holds``; ``ValueError`` says what is wrong with the kwargs."""
        present = {name: value for name, value in given.items() if value is not None}
        unknown = [] if self.open else sorted(set(present) - set(self.kwargs))
        missing = sorted(set(self.kwargs) - set(present))
        if unknown or missing:
            takes = ", ".join(self.kwargs) or "no kwargs"
            fault = f"{unknown[0]!r} is unknown" if unknown else f"{missing[0]!r} is missing"
            raise ValueError(f"{fault}; it takes {takes}")
        values = {}
        for name in self.kwargs.keys() & present.keys():
            try:
                values[name.lower()] = self.kwargs[name](present[name])
            except ValueError as error:
                raise ValueError(f"{name!r} must be {error}, not {present[name]!r:.80}") from error
        return values


def number(value: Json) -> float:
    """A threshold: a finite number that is not negative."""
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise ValueError("a number")
    if not (math.isfinite(value) and 0 <= value <= _LARGEST):
        raise ValueError(f"between 0 and {_LARGEST}")
    return value


def index(value: Json) -> int:
    """A whole number from 0; the published sets write some as 5.0."""
    if number(value) != int(value):
        raise ValueError("a whole number")
    return int(value)


def position(value: Json) -> int:
    """A whole number from 1."""
    if index(value) < 1:
        raise ValueError("a whole number from 1")
    return int(value)


def text(value: Json) -> str:
    """Text that is not empty."""
    if not isinstance(value, str) or not value:
        raise ValueError("text that is not empty")
    if len(value) > _LONGEST_TEXT:
        raise ValueError(f"at most {_LONGEST_TEXT} characters long")
    return value


def word(value: Json) -> str:
    """A keyword or phrase, without the blanks around it."""
    if not isinstance(value, str) or not value.strip() or len(value) > _LONGEST_WORD:
        raise ValueError(f"text of 1 to {_LONGEST_WORD} characters")
    return value.strip()


def raw_word(value: Json) -> str:
    """A keyword as it stands."""
    word(value)
    return str(value)


def words(value: Json) -> list[str]:
    """A list of keywords."""
    if not isinstance(value, list) or not 0 < len(value) <= _MOST_WORDS:
        raise ValueError(f"a list of 1 to {_MOST_WORDS} words")
    return [raw_word(item) for item in value]


def letter(value: Json) -> str:
    """One character, in lower case."""
    if not isinstance(value, str) or len(value) != 1:
        raise ValueError("one character")
    return value.lower()


def relation(value: Json) -> str:
    """How a count stands to its threshold."""
    if value not in RELATIONS:
        raise ValueError(f"one of {', '.join(RELATIONS)}")
    return str(value)


def compare(count: float, relation: str, threshold: float) -> bool:
    """Whether ``count`` is ``less than`` or ``at least`` the threshold."""
    return count < threshold if relation == RELATIONS[0] else count >= threshold
