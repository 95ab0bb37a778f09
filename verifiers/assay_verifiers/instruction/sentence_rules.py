"""Sentences by rule: the splitter of IFBench as released and of its training constraints.

A chain of substitutions marks the full stops that end no sentence (titles, initials, acronyms, web
addresses, decimals) and then cuts after every other ``.``, ``?`` and ``!``. Unlike nltk's splitter
it cuts without a blank after the stop, joins lines, and moves stops out of closing quotes. The
rules, their order and the markers are those of the references (a widely copied answer on Stack
Overflow); each is linear in the text.
"""

from __future__ import annotations

import re
from collections.abc import Callable

_KEPT, _CUT = "<prd>", "<stop>"
_STARTERS = (
    r"(Mr|Mrs|Ms|Dr|Prof|Capt|Cpt|Lt|He\s|She\s|It\s|They\s|Their\s|Our\s|We\s|But\s|However\s|"
    r"That\s|This\s|Wherever)"
)
_LETTER = "([A-Za-z])"
_ACRONYM = "([A-Z][.][A-Z][.](?:[A-Z][.])?)"
_COMPANY = "(Inc|Ltd|Jr|Sr|Co)"


def _ellipsis(match: re.Match[str]) -> str:
    return _KEPT * len(match.group()) + _CUT


_RULES: tuple[tuple[str, str | Callable[[re.Match[str]], str]], ...] = (
    (r"\n", " "),
    (r"(Mr|St|Mrs|Ms|Dr)[.]", rf"\1{_KEPT}"),
    (r"[.](com|net|org|io|gov|edu|me)", rf"{_KEPT}\1"),
    (r"([0-9])[.]([0-9])", rf"\1{_KEPT}\2"),
    (r"[.]{2,}", _ellipsis),
    (r"Ph[.]D[.]", f"Ph{_KEPT}D{_KEPT}"),
    (rf"\s{_LETTER}[.] ", rf" \1{_KEPT} "),
    (f"{_ACRONYM} {_STARTERS}", rf"\1{_CUT} \2"),
    (rf"{_LETTER}[.]{_LETTER}[.]{_LETTER}[.]", rf"\1{_KEPT}\2{_KEPT}\3{_KEPT}"),
    (rf"{_LETTER}[.]{_LETTER}[.]", rf"\1{_KEPT}\2{_KEPT}"),
    (f" {_COMPANY}[.] {_STARTERS}", rf" \1{_CUT} \2"),
    (f" {_COMPANY}[.]", rf" \1{_KEPT}"),
    (f" {_LETTER}[.]", rf" \1{_KEPT}"),
    (r"[.]”", "”."),
    (r'[.]"', '".'),
    (r'!"', '"!'),
    (r'[?]"', '"?'),
    (r"([.?!])", rf"\1{_CUT}"),
    (_KEPT, "."),
)
_COMPILED = [(re.compile(pattern), replacement) for pattern, replacement in _RULES]


def rule_sentences(text: str) -> list[str]:
    """The sentences, trimmed; a last empty one is left out, one in between is kept."""
    text = f" {text}  "
    for pattern, replacement in _COMPILED:
        text = pattern.sub(replacement, text)
    sentences = [sentence.strip() for sentence in text.split(_CUT)]
    return sentences if sentences[-1] else sentences[:-1]
