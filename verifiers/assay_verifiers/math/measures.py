"""Measures: units and counted nouns as they stand in the tokens behind a number."""

from __future__ import annotations

from assay_verifiers.math import words
from assay_verifiers.math.cursor import Cursor
from assay_verifiers.math.units import is_measure, unit_of
from assay_verifiers.math.vocabulary import FACES, PERCENTS


class Measures(Cursor):
    """Reads units; each method takes the tokens of what it finds, and none where it finds none."""

    def _unit(self) -> str:
        """The unit that starts here, consumed; empty if none does."""
        token = self._peek
        if token.kind == "text":
            unit, taken = token.text, 1
        else:
            unit, taken = self._face_text()
        if taken == 0:
            return ""
        raised, more = self._raised(taken)
        known = unit_of(unit + raised)
        if not known:
            return ""
        self._at += taken + more
        return self._compound_unit(known)

    def _plain_unit(self) -> str:
        """``cm``, ``square feet`` or ``apples`` in plain letters, up to the item's end."""
        names: list[str] = []
        while self._ahead(len(names)).kind == "name" and len(names) < 4:
            names.append(self._ahead(len(names)).text)
        raised, more = self._raised(len(names))
        unit = " ".join(names)
        follower = self._ahead(len(names) + more)
        whole = follower.kind == "end" or follower.text in (",", ";", ")", "]", ".", "=")
        known = unit.lower() in PERCENTS or is_measure(unit + raised)
        if not whole or not (known or self._counts(names)):
            return ""
        self._at += len(names) + more
        return unit + raised

    def _counts(self, names: list[str]) -> bool:
        """Whether the words after a number may be what it counts."""
        return (
            self._peek.spaced and all(map(words.is_word, names)) and bool(unit_of(" ".join(names)))
        )

    def _compound_unit(self, known: str) -> str:
        """``\\text{m}/\\text{s}^2``, ``\\mathrm{kg}\\cdot\\mathrm{m}``."""
        while self._peek.text in ("/", "\\cdot", "*") and (
            self._ahead(1).kind == "text" or self._ahead(1).text[1:] in FACES
        ):
            mark = "/" if self._next().text == "/" else "*"
            unit, taken = (self._peek.text, 1) if self._peek.kind == "text" else self._face_text()
            raised, more = self._raised(taken)
            self._at += taken + more
            known += mark + unit.strip() + raised
        return known

    def _face_text(self) -> tuple[str, int]:
        """The letters of ``\\mathrm{…}`` and how many tokens they take; 0 if it holds more."""
        if self._ahead(1).text != "{":
            return "", 0
        letters = ""
        for count in range(2, 16):
            token = self._ahead(count)
            if token.text == "}":
                return letters, count + 1
            if token.kind not in ("name", "num") and token.text not in ("/", "^", "-", "%"):
                return "", 0
            letters += (" " if token.spaced and letters else "") + token.text
        return "", 0

    def _raised(self, start: int) -> tuple[str, int]:
        """``^2`` or ``^{-1}`` after a unit, as text, and the tokens it takes."""
        if self._ahead(start).text != "^":
            return "", 0
        texts = [self._ahead(start + step).text for step in range(1, 5)]
        if texts[0].isdigit():
            return f"^{texts[0]}", 2
        if texts[0] == "{" and texts[1].isdigit() and texts[2] == "}":
            return f"^{texts[1]}", 4
        if texts[0] == "{" and texts[1] == "-" and texts[2].isdigit() and texts[3] == "}":
            return f"^-{texts[2]}", 5
        return "", 0
