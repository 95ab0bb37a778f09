"""Tokens of a formula: numbers (as written), names, LaTeX commands, signs and set text.

Numbers are read here with their thousands separators, repeating digits and exponents, exactly and
without the quadratic cost, or the length limit, of ``int(str)``. Linear in the text.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from fractions import Fraction
from typing import NamedTuple

from assay_verifiers.math.tree import Malformed, TooCostly

MOST_TOKENS = 4_000
MOST_DIGITS = 100_000
LARGEST_EXPONENT = 1_000


class Token(NamedTuple):
    """``kind``: num, name, cmd, text, sign; ``spaced``: whether a blank stands before it."""

    kind: str
    text: str
    spaced: bool = False


_COMMA = r"(?:,\\!\ ?|,|\{,\}(?:\\!)?|\\,|\\\ |'|\ )"
_WHOLE = rf"(?:[1-9][0-9]{{0,2}}(?:{_COMMA}[0-9]{{3}})+(?![0-9])|[0-9]+)"
_NUMBER = rf"{_WHOLE}(?:(?:\.|\{{,\}})[0-9]*)?|\.[0-9]+"
_BASED = (
    r"[0-9][0-9A-F]*(?:,[0-9A-F]{3,4})*\ ?_\ ?(?:\{[0-9]{1,2}\}|[0-9]{1,2})(?![0-9A-Za-z])"
    r"|[A-F][0-9A-F]+\ ?_\ ?(?:\{16\}|16)(?![0-9A-Za-z])"
)
_REPEAT = (
    r"\\overline\ ?\{[0-9]+\}|\\bar\ ?\{[0-9]+\}|\\overline\ ?[0-9]|\\bar\ ?[0-9]"
    r"|(?:\\dot\ ?\{?[0-9]\}?)(?:[0-9]*\\dot\ ?\{?[0-9]\}?)?|\([0-9]+\)"
    r"|(?:\.\.\.|\\ldots|\\dots|\\cdots)"
)
_TEXT = r"\\(?:text|mbox|textbf|textit|textrm|textnormal|texttt|textsf|hbox|emph)\ ?\{"
_TOKEN = re.compile(
    rf"(?P<blank>(?:\ |~|\\[,;:!>\ ]|\\q?quad(?![A-Za-z])|\\hspace\{{[^{{}}]*\}})+)"
    rf"|(?P<based>{_BASED})"
    rf"|(?P<num>{_NUMBER})"
    rf"|(?P<text>{_TEXT})"
    rf"|(?P<cmd>\\(?:[A-Za-z]+|[{{}}%$|\\&_#]))"
    rf"|(?P<name>(?<=[0-9)}}])(?:or|and)(?=[A-Z0-9(])|[A-Za-z]+)"
    rf"|(?P<sign><=|>=|!=|/=|==|:=|=>|->|\+/-|\.\.\.+|[-+*/^_=<>(){{}}\[\]|,;:!'&%.~@?\"])"
)
_REPEATING = re.compile(_REPEAT)
_EXPONENT = re.compile(r"[eE]([-+]?[0-9]{1,7})(?![0-9.A-Za-z])")
_SEPARATORS = re.compile(r"[,'\\!\ {}]")


def tokens_of(text: str) -> list[Token]:
    """The tokens of plain notation (see :mod:`notation`).

    Raises:
        Malformed: a character that belongs to no formula, or text that is never closed.
        TooCostly: too many tokens or digits.
    """
    found: list[Token] = []
    at, spaced = 0, False
    while at < len(text):
        match = _TOKEN.match(text, at)
        if match is None:
            raise Malformed(f"unknown character {text[at]!r}")
        kind, at = str(match.lastgroup), match.end()
        if kind == "blank":
            spaced = True
            continue
        if kind == "text":
            end = _closing(text, at)
            found.extend(_set_text(text[at:end], spaced))
            at = end + 1
        elif kind == "num":
            at = _number_end(text, match, found)
            found.append(Token("num", text[match.start() : at], spaced))
        else:
            found.append(Token(kind, match[0], spaced))
        spaced = False
        if len(found) > MOST_TOKENS:
            raise TooCostly("too many tokens")
    return found


def _closing(text: str, at: int) -> int:
    """Where the brace closes that is open at ``at``."""
    depth = 1
    for place in range(at, len(text)):
        depth += (text[place] == "{") - (text[place] == "}")
        if depth == 0:
            return place
    raise Malformed("a brace is never closed")


def _set_text(content: str, spaced: bool) -> Iterator[Token]:
    """Words stay text; ``\\text{5}`` and the like are a formula in the wrong type face."""
    words = content.replace("\\ ", " ").replace("~", " ").strip()
    if any(letter.isalpha() for letter in words):
        yield Token("text", words, spaced)
    elif words:
        yield from tokens_of(words)


def _number_end(text: str, match: re.Match[str], before: list[Token]) -> int:
    """Where the number ends, its repeating digits and its exponent included."""
    end = match.end()
    if end - match.start() > MOST_DIGITS:
        raise TooCostly("too many digits")
    if "." in match[0]:
        if repeat := _REPEATING.match(text, end):
            return repeat.end()
        if match[0].endswith(".") and text.startswith("..", end):  # 1,2,...
            return end - 1
    if exponent := _EXPONENT.match(text, end):
        return exponent.end()
    return end


_PARTS = re.compile(r"([0-9]*)(?:\.([0-9]*))?(?:[eE]([-+]?[0-9]+))?")
_DOTTED = re.compile(r"\\dot\ ?\{?([0-9])\}?([0-9]*)(?:\\dot\ ?\{?([0-9])\}?)?")


def number(text: str) -> tuple[Fraction, int, int]:
    """A number token's exact value, the decimals it shows, its power of ten where huge."""
    if text.isdigit() and len(text) < 1_000:
        return Fraction(int(text)), 0, 0
    found = _REPEATING.search(text)
    if found and "." in text[: found.start()]:
        return _repeating(text[: found.start()], text[found.start() :]), 0, 0
    whole, _, decimals = _with_point(text).partition(".")
    parts = _PARTS.fullmatch(_SEPARATORS.sub("", whole) + ("." + decimals if decimals else ""))
    if parts is None or not (parts[1] or parts[2]):
        raise Malformed("no number")
    shown = parts[2] or ""
    power = int(parts[3] or 0) - len(shown)
    value = integer(parts[1] + shown)
    if parts[3] and abs(power) > LARGEST_EXPONENT:
        return Fraction(value), 0, power
    scaled = Fraction(value * 10**power) if power >= 0 else Fraction(value, 10**-power)
    return scaled, len(shown), 0


def _with_point(text: str) -> str:
    """``1{,}5`` is a decimal comma, ``1{,}500`` a separator of thousands."""
    before, comma, after = text.rpartition("{,}")
    return f"{before}.{after}" if comma and "." not in text and len(after) != 3 else text


def integer(digits: str) -> int:
    """``int(digits)`` below quadratic cost and beyond the interpreter's limit on digits."""
    if len(digits) <= 1_000:
        return int(digits or "0")
    half = len(digits) // 2
    shift: int = 10**half
    return integer(digits[:-half]) * shift + integer(digits[-half:])


def _repeating(shown: str, repeat: str) -> Fraction:
    whole, _, fixed = shown.partition(".")
    whole = _SEPARATORS.sub("", whole)
    if dotted := _DOTTED.match(repeat):
        period = "".join(part or "" for part in dotted.groups())
    else:
        period = "".join(letter for letter in repeat if letter.isdigit())
    if not period:  # 0.333… and 0.1666…: the shortest period that was shown at least twice
        fixed, period = _guessed(fixed)
    start = Fraction(integer(whole + fixed), 10 ** len(fixed))
    nines = (10 ** len(period) - 1) * 10 ** len(fixed)
    return start + Fraction(integer(period), nines)


def _guessed(digits: str) -> tuple[str, str]:
    for length in range(1, min(len(digits) // 2, 12) + 1):
        period = digits[-length:]
        start = len(digits) - length
        while digits[max(start - length, 0) : start] == period:
            start -= length
        if (len(digits) - start) // length >= (3 if length == 1 else 2):
            return digits[:start], period
    raise Malformed("dots after digits that do not repeat")
