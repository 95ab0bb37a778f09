r"""Claims: the boxes and statements by which a response says what its answer is, last first.

Marks (``boxed``, ``answer``, ``####`` …) are found from the end by ``str.rfind``; around each a
bounded window is read. Boxes that one statement lists are one claim. A mark that is only a word of
a sentence claims nothing.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, replace
from itertools import islice

from assay_verifiers.answers.closing import value_of
from assay_verifiers.answers.wording import HEDGING, NEGATION
from assay_verifiers.answers.writing import LONGEST, WINDOW, bare, cut, is_prose, like_value

_MOST_MARKS = 2_000
_REMARK = 400  # characters of a box before a statement in it
_MOST_BOXES = 64  # of one statement


@dataclass(frozen=True)
class Claim:
    """``[start, end)`` claims ``text``; weak where found in prose, which yields to any other."""

    start: int
    end: int
    text: str
    weak: bool = False
    denied: bool = False
    hedged: bool = False


_BOX_MARKS = ("boxed", "fbox")
_MARKS = (
    *_BOX_MARKS,
    *("answer", "####", "ans:", "result is", "result:", "results are", "solution is", "solution:"),
    *("solutions are", "solution set is", "correct option", "correct choice"),
)


def claims(text: str, low: str) -> Iterator[Claim]:
    """What ``text`` claims, last first; a box that is empty or never closes claims no text."""
    covered = stop = len(text)
    for start, mark in islice(_marks(low), _MOST_MARKS):
        if start >= covered or (mark not in _BOX_MARKS and _is_boxed(text, start)):
            continue
        claim = _boxes(text, start) if mark in _BOX_MARKS else _statement(text, low, start, stop)
        stop = start
        if claim is not None:
            covered = claim.start
            yield claim


def _is_boxed(text: str, start: int) -> bool:
    """Whether a statement is a remark within a box, which claims for itself."""
    place = max(text.rfind(mark, max(start - _REMARK, 0), start) for mark in _BOX_MARKS)
    box = _box(text, place) if place >= 0 else None
    return box is not None and bool(box.text) and start < box.end


def _marks(low: str) -> Iterator[tuple[int, str]]:
    """Where the marks stand, last first."""
    places = {mark: place for mark in _MARKS if (place := low.rfind(mark)) >= 0}
    while places:
        mark = max(places, key=places.__getitem__)
        yield places[mark], mark
        places[mark] = low.rfind(mark, 0, places[mark])
        if places[mark] < 0:
            del places[mark]


# Boxes

_SIGN = re.compile(r"[\s$)\]\\]{0,6}(?:(\\?%|percent(?:age)?\b|pct\b)|\^?\s?\{?\\circ|°)", re.I)
_UNIT = re.compile(
    r"[\s$)\]\\~]{1,6}(?:(?:text|mathrm|mbox)\{\s?)?([cmkdn]m|[km]?g|ms|m[lL]|kJ|kW|Pa|Hz|mol|mph|"
    r"(?:kilo|centi|milli)?(?:meter|metre|gram|liter|litre)s?|dollars?|cents?|hours?|minutes?|"
    r"seconds?|days?|weeks?|months?|years?|feet|inches|miles?|yards?|pounds?|ounces?|tons?|"
    r"degrees?|[msNJWV](?=[\s$}.,)]*(?:\n|$)))(\^\{?[23]\}?|[²³])?(?![\w^/]|\s?(?:/|per\b|\\))"
)
_PURE = re.compile(r"^[^=,<>|a-zA-Z]*(?:\\(?:[dt]?frac|sqrt|pi|cdot|times)[^=,<>|a-zA-Z]*)*$")
_ALSO = re.compile(r"[\s$)\\\]]{0,6}\bor\s+(\$[^$\n]{1,60}\$|[-+]?[0-9][^\s,;]{0,60})", re.I)


# A box amid a formula (``\frac{1}{\boxed{5}}``, ``\boxed{5}^2``) is a step, not an answer.
_FACTOR_AFTER = re.compile(
    r"\^|/(?=[0-9A-Za-z\\(])|\s?\+\s?[0-9A-Za-z\\(]|[A-Za-z](?![A-Za-z])"
    r"|\s?\\(?:pi|cdot|times|sqrt|[dt]?frac)(?![A-Za-z])"
)
_FACTOR_BEFORE = re.compile(
    r"(?:[0-9/^+]|\\frac\{(?:[^{}]{0,24}\}\{)?|\\sqrt\{|\\(?:cdot|times|pi)\s?)$"
)
_MINUS = re.compile(r"(?:^|[=$({,]|\\[(\[])\s?-$")


def _before(text: str, start: int) -> str:
    return text[max(start - 40, 0) : start]


def _boxes(text: str, start: int) -> Claim | None:
    """The box whose name stands at ``start``, with those before it that are listed with it."""
    last = _box(text, start)
    if last is None or not last.text:
        return last
    if sign := _SIGN.match(text, last.end, last.end + 24):
        last = replace(last, end=sign.end(), text=last.text + ("\\%" if sign[1] else "^\\circ"))
    elif (unit := _UNIT.match(text, last.end, last.end + 60)) and _PURE.search(last.text[-200:]):
        last = replace(last, end=unit.end(), text=f"{last.text}\\text{{ {unit[1]}{unit[2] or ''}}}")
    elif _FACTOR_AFTER.match(text, last.end) or _FACTOR_BEFORE.search(_before(text, last.start)):
        return replace(last, text="")
    if _MINUS.search(_before(text, last.start)):
        last = replace(last, text=f"-({last.text})")
    if also := _ALSO.match(text, last.end, last.end + 100):
        last = replace(last, end=also.end(), text=f"{last.text} or {bare(also[1])}")
    found, joint, first = [last.text], ", ", last.start
    for _ in range(_MOST_BOXES):
        place = max(text.rfind(mark, 0, first) for mark in _BOX_MARKS)
        box = _box(text, place) if place >= 0 else None
        if box is None or not box.text:
            break
        if box.end > first:  # it is around the one that was read
            first = box.start
            continue
        between = _joint(text[box.end : first]) if first - box.end <= WINDOW // 2 else None
        if between is None:
            break
        joint = " or " if between == " or " else joint
        found.insert(0, box.text)
        first = box.start
    listed = found if len(set(found)) > 1 else found[:1]
    return replace(last, start=first, text=joint.join(listed))


_BRACES = re.compile(r"\\.|[{}]", re.DOTALL)
_UNBRACED = re.compile(r"\s{0,3}([^\s{}$.,;\\]{1,80})")


def _box(text: str, start: int) -> Claim | None:
    """The box whose name stands at ``start``; None for the mere word."""
    place = start + (5 if text.startswith("boxed", start) else 4)
    while text.startswith(" ", place):
        place += 1
    command = text[start - 1 : start] == "\\"
    if not text.startswith("{", place):
        token = _UNBRACED.match(text, place) if command else None
        return Claim(start - 1, token.end(), token[1]) if token else None
    start -= command
    depth = 0
    for brace in _BRACES.finditer(text, place, place + LONGEST):
        depth += (brace[0] == "{") - (brace[0] == "}")
        if depth == 0:
            return Claim(start, brace.end(), bare(text[place + 1 : brace.start()]))
    return Claim(start, len(text), "")


_SPACING = re.compile(r"\\(?:quad|qquad|text(?:rm|bf)?|mathrm|mbox|[,;:!\s()\[\]])|[$~{}*]")
_WORDS = re.compile(r"[a-z]+|[0-9]+|[^\sa-z0-9]")
_PART = re.compile(r"[\s,;.$]*\n\s*(?:\(?[b-z2-9][.)]|[-*•])[^.\n]{0,40}$")
_MOVES_ON = frozenset(
    ("then", "so", "thus", "hence", "therefore", "but", "no", "not", "wait", "actually", "rather",
     "instead", "finally", "which", "is", "are", "we", "i", "get", "gives", "maybe", "perhaps",
     "possibly", "probably", "simplifies", "check", "verify", "confirm", "correction", "sorry",
     "again", "to", "from", "it", "this", "that", ".", "?", "!")
)  # fmt: skip


def _joint(gap: str) -> str | None:
    """How the text between two boxes joins them into one list; None where it moves on."""
    if not gap.strip("$"):
        return ", "
    words = _WORDS.findall(_SPACING.sub(" ", gap).lower())
    if _MOVES_ON.intersection(words) or len(words) > 12:
        return ", " if _PART.match(gap.lower()) else None
    if "or" in words:
        return " or "
    if "and" in words or "&" in words:
        return ", "
    listed = words[:1] in ([","], [";"]) and (len(words) == 1 or words[-1] in ("=", ":"))
    return ", " if listed or _PART.match(gap.lower()) else None


# Statements

_STATED = re.compile(
    r"(?:answers?|ans|results?|solutions?|solution set|correct (?:option|choice))"
    r"(?:\s?\([^()\n]{0,40}\)|\s+(?:to|of|for|in|as|from|that|here|set|i)\b[^.:=?!\n]{0,80}?)?"
    r"[\s*_]{0,6}(?::|=|(?:is|are|was|were|(?P<hedge>might be|may be|could be)|would be|should be"
    r"|must be|will be|equals|comes out to be|comes out to)\b|(?P<denied>isn't|is not|can't be"
    r"|cannot be|can not be|should not be|aren't|are not|wasn't)\b)[\s*_:]{0,12}",
)
_HEADED = re.compile(r"answers?[\s*_#:]{0,6}(?:\n\s{0,6}|(?=\$|\\\[|\\\()|</?[a-z]{1,4}>)")
_NOT_BUT = re.compile(r"[^.\n]{0,80}?\b(?:but(?: rather)?|it is|it's)\s+")
_NO_VALUE = re.compile(
    r"(?:(?:in)?correct|wrong|right|given|found|obtained|in|as|therefore|thus|clear|obvious|known|"
    r"consistent|helpful|reasonable|ready|below|above|here|what|how|based|expected|required|needed|"
    r"going|same|valid|verified|confirmed|also|now|to|unclear|unknown|unsure)\b"
)


def _statement(text: str, low: str, start: int, stop: int) -> Claim | None:
    """What the mark at ``start`` states before ``stop``; None for a mere word of a sentence."""
    if low.startswith("####", start):
        body = _body(text, start + 4, stop)
        return Claim(start, start + 4 + len(body), bare(body)) if like_value(body) else None
    if low.startswith("<answer>", start - 1):
        body = text[start + 7 : start + LONGEST].partition("</")[0]
        return Claim(start, start + 7 + len(body), bare(body))
    window = low[start : start + WINDOW]
    stated = _STATED.match(window)
    match = stated or _HEADED.match(window)
    if match is None:
        return None
    begin = start + match.end()
    if NEGATION.match(low, begin) or (stated and stated["denied"]):
        instead = _NOT_BUT.match(low, begin, begin + WINDOW)
        if instead is None:
            return Claim(start, begin, "", denied=True)
        begin = instead.end()
    body = cut(_body(text, begin, stop))
    low_body = body.lower()
    hedged = bool((stated and stated["hedge"]) or HEDGING.search(low_body))
    claim = Claim(start, begin + len(body), "", hedged=hedged)
    if not body or (_NO_VALUE.match(low_body) and not like_value(body)):
        return None
    if like_value(body) or not is_prose(low_body):
        return replace(claim, text=bare(body))
    value = value_of(body)
    firm = match[0].rstrip("* _").endswith(":") or low.startswith("final ", start - 6)
    return replace(claim, text=value, weak=not firm) if value else None


_BLOCKS = (("$$", "$$"), ("\\[", "\\]"), ("```", "```"))  # what may span lines


def _body(text: str, start: int, stop: int) -> str:
    """The line (or the formula over several lines) that begins at ``start``, up to ``stop``."""
    text = text[start : min(stop, start + LONGEST)].lstrip(" \t\n*_")
    line = text.partition("\n")[0]
    for opening, closing in _BLOCKS:
        if text.startswith(opening):
            end = text.find(closing, len(opening))
            return text[: end + len(closing)] if end >= 0 else line
    if line.count("\\begin{") > line.count("\\end{"):
        ended = text.find("\n", max(text.rfind("\\end{"), 0)) if "\\end{" in text else -1
        line = text[:ended] if ended >= 0 else text
    return line
