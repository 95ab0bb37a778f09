"""Supposing: the last resort of a worked solution, told in words.

Where no deduction is left, one choice is assumed, followed to a contradiction and struck out; where
the followed deductions reach none, further suppositions are nested, as few levels as do it.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Iterable
from typing import Generic, TypeVar

Choice = TypeVar("Choice")


class Position(ABC, Generic[Choice]):
    """A puzzle partly solved, as far as supposing needs to know it."""

    @abstractmethod
    def copy(self) -> Position[Choice]:
        """An independent copy."""

    @abstractmethod
    def broken(self) -> str:
        """What contradicts the rules, or ""."""

    @abstractmethod
    def advance(self) -> str:
        """One deduction, carried out, in few words; "" where there is none."""

    @abstractmethod
    def choices(self) -> Iterable[Choice]:
        """What may be assumed, most telling first."""

    @abstractmethod
    def assume(self, choice: Choice) -> None:
        """Enter a choice."""

    @abstractmethod
    def deny(self, choice: Choice) -> None:
        """Strike a choice out."""

    @abstractmethod
    def said(self, choice: Choice, holds: bool) -> str:
        """A choice in words, and its denial."""


def suppose(position: Position[Choice]) -> str:
    """Strike out one choice of ``position``; the sentence that refutes it."""
    depth = 0
    while (found := _refuted(position, depth)) is None:
        depth += 1
    choice, chain = found
    position.deny(choice)
    wrong, right = position.said(choice, True), position.said(choice, False)
    return f"suppose {wrong}: {chain}; so {right}"


def _refuted(position: Position[Choice], depth: int) -> tuple[Choice, str] | None:
    for choice in position.choices():
        if chain := _chain(position, choice, depth):
            return choice, chain
    return None


def _chain(position: Position[Choice], choice: Choice, depth: int) -> str:
    """What follows from a choice down to its contradiction; "" where none is reached."""
    position, parts = position.copy(), list[str]()
    position.assume(choice)
    while not (broken := position.broken()):
        if step := position.advance():
            parts.append(step)
        elif depth and (inner := _refuted(position, depth - 1)):
            position.deny(inner[0])
            parts.append(f"({position.said(inner[0], True)} fails: {inner[1]})")
        else:
            return ""
    return ", ".join([*parts, broken])
