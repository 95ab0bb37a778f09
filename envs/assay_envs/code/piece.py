"""Piece: one step that a program of the code suite may take, in words and in code.

A *piece* takes a value of one kind and gives one of the same or another kind: it has wordings (what
a person would ask for) and codes (how a program would do it, more than one where there are ways).
A *test* is a condition on a value, for a choice between two pieces. Numbers in braces are drawn
from the ranges beside them; ``{i}`` and ``{o}`` are the names of what comes in and goes out.

Kinds are ``numbers`` (a list of integers), ``number``, ``text`` and ``words`` (a list of texts).
Every wording says what is done at the edges (nothing there, too few, equal ones), because tests try
just these. The codes use only what :mod:`assay_envs.code.evaluator` knows.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

NUMBERS, NUMBER, TEXT, WORDS = "numbers", "number", "text", "words"
KINDS = (NUMBERS, NUMBER, TEXT, WORDS)

Ranges = Mapping[str, Sequence[int]]


@dataclass(frozen=True)
class Piece:
    """One step of a program.

    Attributes:
        name: unique.
        takes, gives: kinds.
        out: what its result is called.
        wordings: imperative phrases for the same thing.
        codes: statements for the same thing.
        ranges: of its numbers.
    """

    name: str
    takes: str
    gives: str
    out: str
    wordings: tuple[str, ...]
    codes: tuple[str, ...]
    ranges: Ranges = field(default_factory=dict)


@dataclass(frozen=True)
class Test:
    """A condition on a value: as it is said, and as it is written."""

    name: str
    takes: str
    wording: str
    code: str
    ranges: Ranges = field(default_factory=dict)
