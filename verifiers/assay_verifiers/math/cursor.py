"""Cursor: a place in a row of tokens, and the bounds on how deep and how far reading may go."""

from __future__ import annotations

from abc import ABC, abstractmethod

from assay_verifiers.math.tokens import Token
from assay_verifiers.math.tree import Malformed, Node, TooCostly

DEEPEST = 60
MOST_CHAINED = 40
OPENINGS = ("(", "[", "]", "\\{", "{", "\\lbrace")  # of a set or an interval
CLOSINGS = (")", "]", "[", "\\}", "}", "\\rbrace")
_END = Token("end", "")


class Cursor(ABC):
    """One text's tokens and the place reached in them."""

    def __init__(self, tokens: list[Token], thousands: bool) -> None:
        self._tokens = [*tokens, _END, _END, _END]
        self._at = 0
        self._thousands = thousands
        self._depth = 0
        self._brackets = 0
        self._bars = 0
        self._in_braces = 0
        self._integrals = 0

    @property
    def _peek(self) -> Token:
        return self._tokens[self._at]

    def _ahead(self, count: int) -> Token:
        return self._tokens[min(self._at + count, len(self._tokens) - 1)]

    def _next(self) -> Token:
        token = self._tokens[self._at]
        self._at += 1
        return token

    def _take(self, *texts: str) -> bool:
        if self._peek.text in texts and self._peek.kind in ("sign", "cmd", "name"):
            self._at += 1
            return True
        return False

    def _expect(self, text: str) -> None:
        if not self._take(text):
            raise Malformed(f"{text!r} expected, not {self._peek.text!r}")

    def _deeper(self) -> None:
        self._depth += 1
        if self._depth > DEEPEST:
            raise TooCostly("nested too deep")

    @staticmethod
    def _chain(length: int) -> int:
        """Count one more of what nests by mere repetition: ``1/1/1/…``, ``5%%%…``."""
        if length >= MOST_CHAINED:
            raise TooCostly("too long a chain")
        return length + 1

    def _plain_union(self) -> bool:
        """Whether the next token is a capital U that stands for a union, between bracketed sets."""
        token, before = self._peek, self._tokens[self._at - 1].text if self._at else ""
        return (
            token.text == "U"
            and token.spaced
            and before in CLOSINGS
            and self._ahead(1).text in OPENINGS
        )

    # What reads the rest of a formula, in the classes above this one

    @abstractmethod
    def _absolute(self, opening: str) -> Node: ...

    @abstractmethod
    def _argument(self) -> Node: ...

    @abstractmethod
    def _bracketed(self, opening: str) -> Node: ...

    @abstractmethod
    def _environment(self) -> Node: ...

    @abstractmethod
    def _exponent(self) -> Node: ...

    @abstractmethod
    def _function(self, name: str) -> Node: ...

    @abstractmethod
    def _list(self) -> Node: ...

    @abstractmethod
    def _maybe_applied(self, letter: Node) -> Node: ...

    @abstractmethod
    def _power(self) -> Node: ...

    @abstractmethod
    def _primary(self) -> Node: ...

    @abstractmethod
    def _product(self) -> Node: ...

    @abstractmethod
    def _radicand(self) -> Node: ...

    @abstractmethod
    def _sign_ends(self) -> bool: ...

    @abstractmethod
    def _signed(self) -> Node: ...

    @abstractmethod
    def _starts_factor(self) -> bool: ...

    @abstractmethod
    def _sum(self) -> Node: ...

    @abstractmethod
    def _union(self) -> Node: ...
