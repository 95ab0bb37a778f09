"""Cursor: a place in a row of tokens, and the bounds on how deep and how far reading may go."""

from __future__ import annotations

from assay_verifiers.math.tokens import Token
from assay_verifiers.math.tree import Malformed, TooCostly

DEEPEST = 60
MOST_CHAINED = 40
_END = Token("end", "")


class Cursor:
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
