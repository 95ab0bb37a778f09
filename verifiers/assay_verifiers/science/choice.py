"""Choices: by letter or by content, one or several.

A response may name letters (``B``, ``(b)``, ``ACD``, ``A, C and D``), write a choice out, or both.
Exactly the gold's letters must be named: one too many or too few is wrong, and so is "A or B". A
letter whose content is that of another choice contradicts itself and is wrong. Without the choices'
texts only letters can be judged.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping

from assay_verifiers.answers.wording import RETRACTION
from assay_verifiers.science.notation import Unreadable
from assay_verifiers.science.words import letter_for_letter

Same = Callable[[str, str], bool]
"""Whether two contents are the same, by text or as quantities."""

_WRAPPING = re.compile(r"\\(?:text(?:bf|it|rm|tt)?|math(?:rm|bf)|boxed)\s*|[{}$`*]|\\[ ,;!]")
_WRAPPED = re.compile(r"\\(?:text(?:bf|it|rm|tt)?|math(?:rm|bf)|boxed)\s*\{")
_LABEL = re.compile(
    r"(?:both|(?:the )?(?:correct |final )?(?:options?|choices?|answers?|statements?)"
    r"(?: is| are)?)[:\s]+",
    re.IGNORECASE,
)
_SEPARATOR = re.compile(r"\s*(?:[,;&+]|\band\b|\s)\s*")
_LETTER = re.compile(r"\(?([A-Za-z])[).]?")
_RUN = re.compile(r"[A-Z]{2,26}")
_MARK = re.compile(
    r"(?:^|(?<=[\s,;)]))"
    r"(?:\(([A-Za-z])\)|([A-Za-z])\)|([A-Z])[.:](?!\w)|([A-Z])(?=\s*[-–—=]\s))"
)
_JOINED = re.compile(r"(?:and|plus|as well as)\b|&", re.IGNORECASE)
_AND_SAYS = re.compile(r"\(?([A-Za-z])\)?(?:,\s+|\s+\((?=.*\)$))(\S.*)", re.DOTALL)
_SENTENCE = re.compile(
    r"(?:(?:so|thus|hence|therefore|then|finally|consequently|in conclusion|overall),?\s+)?"
    r"(?:(?:i|we)(?: would| will|'d|'ll)? (?:choose|pick|select|go with|answer)\s+)?"
    r"(?:(?:the )?(?:(?:correct|right|best|final) )?(?:options?|choices?|answers?|statements?)"
    r"(?: is| are|:| -)?\s+)?"
    r"(\S[^.:?!\n]{0,60}?)"
    r"(?:\s+(?:is|are)(?: both| all)?(?: the)? (?:correct|right|best|true)"
    r"(?: (?:answer|option|choice|statement)s?)?)?"
    r"(?:,?\s+(?:because|since|as)\s[^.\n]{1,300})?[.!\s]*",
    re.IGNORECASE,
)
_HEDGE = re.compile(r"\b(?:or|maybe|perhaps|possibly|not|but|unless)\b", re.IGNORECASE)
_MOST = 26
_LONGEST = 5_000
_LEAD = re.compile(r"(?:[\s:,;.=]|[–—-]\s)+")


def letters_in(text: str, known: Mapping[str, str] | None = None) -> frozenset[str] | None:
    """The letters that ``text`` is nothing but, or None."""
    text = _bare(text)
    if (
        _RUN.fullmatch(text)
        and len(set(text)) == len(text)
        and (not known or set(text) <= set(known))
    ):
        return frozenset(text)
    letters = []
    text = text.strip("()[] ") if text.startswith("[") else text.replace(")(", ") (")
    for token in _SEPARATOR.split(text):
        if not token:
            continue
        match = _LETTER.fullmatch(token)
        if match is None:
            return None
        letters.append(match[1].upper())
    return frozenset(letters) if letters and len(set(letters)) == len(letters) else None


def chosen(text: str, choices: Mapping[str, str] | None, same: Same) -> frozenset[str] | None:
    """The letters that a response chooses, or None where it chooses nothing clearly.

    Raises :class:`Unreadable` for a text of no choice's length.
    """
    if len(text) > _LONGEST:
        raise Unreadable("a choice is too long", "too_long")
    letters = letters_in(text, choices) or _stated(text, choices)
    if choices is None:
        return letters or _marked(_unlabelled(text), None, same)
    if letters is not None and letters <= set(choices):
        return letters
    both = _AND_SAYS.fullmatch(_unlabelled(text))  # B, 10 m/s; B (10 m/s)
    if both and _saying(both[2].removesuffix(")"), choices, same) == {both[1].upper()}:
        return frozenset(both[1].upper())
    whole = _saying(text, choices, same)
    if whole:
        return whole if len(whole) == 1 else None
    return _marked(_unlabelled(text), choices, same) or _listed(text, choices, same)


def _stated(text: str, choices: Mapping[str, str] | None) -> frozenset[str] | None:
    """The letters of a sentence that says no more: "Thus option B is correct."."""
    said = _SENTENCE.fullmatch(text.strip().strip("*").strip())
    return letters_in(said[1], choices) if said else None


def _saying(text: str, choices: Mapping[str, str], same: Same) -> frozenset[str]:
    """The choices that say ``text``: letter for letter if any does, else in its meaning."""
    exact = letter_for_letter(text)
    found = frozenset(n for n, content in choices.items() if letter_for_letter(content) == exact)
    return found or frozenset(n for n, content in choices.items() if same(content, text))


def _bare(text: str) -> str:
    return _unlabelled(_WRAPPING.sub(" ", text)).rstrip(".!").strip()


def _unlabelled(text: str) -> str:
    """``text`` without the markup around all of it and without "option" before it."""
    text = text.strip().strip("\"'*$").strip()
    if (wrapped := _WRAPPED.match(text)) and text.endswith("}"):
        text = text[wrapped.end() : -1].strip()
    label = _LABEL.match(text)
    return text[label.end() :].strip() if label else text


def _marked(text: str, choices: Mapping[str, str] | None, same: Same) -> frozenset[str] | None:
    """Letters that stand before their contents: ``(A) 5 m``, ``B. iron``, ``(A) x and (C) y``."""
    marks = list(_MARK.finditer(text))
    if not marks or marks[0].start() or len(marks) > _MOST:
        return None
    first = _letter(marks[0])
    if choices and first in choices and first in _saying(text[marks[0].end() :], choices, same):
        return frozenset(first)
    letters = []
    ends = [mark.start() for mark in marks[1:]] + [len(text)]
    for mark, end in zip(marks, ends, strict=True):
        content = _content(text[mark.end() : end])
        if not _agrees(_letter(mark), content, choices, same):
            return None
        letters.append(_letter(mark))
    return frozenset(letters) if len(set(letters)) == len(letters) else None


def _content(text: str) -> str:
    """What is said between two marks, without what joins it to them."""
    lead = _LEAD.match(text)
    text = text[lead.end() :] if lead else text
    text = text.rstrip(" \n\t,;.")
    return text.removesuffix(" and").rstrip(" ,;") if text != "and" else ""


def _letter(mark: re.Match[str]) -> str:
    return next(group for group in mark.groups() if group).upper()


def _agrees(letter: str, content: str, choices: Mapping[str, str] | None, same: Same) -> bool:
    """Whether what stands behind a letter does not contradict it."""
    if RETRACTION.search(content.lower()):
        return False
    if choices is None:
        return not (_HEDGE.search(content) or _JOINED.match(content))
    if letter not in choices:
        return False
    said = _saying(content, choices, same) if content else frozenset()
    if said:
        return letter in said
    return not _HEDGE.search(content) or bool(_HEDGE.search(choices[letter]))


def _listed(text: str, choices: Mapping[str, str], same: Same) -> frozenset[str] | None:
    """Several choices written out, each saying exactly one."""
    for separator in (r"\n|;", r"\n|[;,]|\band\b"):
        parts = [part for part in re.split(separator, text) if part.strip()]
        said = [_saying(part, choices, same) for part in parts[: _MOST + 1]]
        if 1 < len(parts) <= _MOST and all(len(names) == 1 for names in said):
            letters = [min(names) for names in said]
            return frozenset(letters) if len(set(letters)) == len(letters) else None
    return None
