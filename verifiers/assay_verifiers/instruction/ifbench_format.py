"""IFBench, ``format:`` and ``repeat:``: lists, quotes, brackets, case, and what is to be copied.

Faults of the reference that are kept: ``format:list`` counts the separator anywhere, not at line
starts; ``format:sub-bullets`` holds of a text without bullets; ``format:quotes`` needs no
alternation; ``format:options`` splits at the letters ``or`` inside words; ``format:thesis`` looks
at the first italics only; ``format:quote_unquote`` knows straight quotes only (the 2025 release,
curly ones too); ``format:line_indent`` passes over the line after each blank one it drops.
"""

from __future__ import annotations

import re
import string
from collections.abc import Mapping

from assay_verifiers.instruction import linguistics
from assay_verifiers.instruction.constraint import Constraint, index, text
from assay_verifiers.instruction.ifbench_count import Splitter
from assay_verifiers.instruction.wording import bare, rising, trimmed

_PAIRS = {")": "(", "]": "[", "}": "{"}
_BRACKET_DEPTH, _QUOTE_DEPTH = 5, 3
_LETTER_OPTIONS = re.compile(r"\W*[aA]\W*[bB]\W*[cC]\W*")
_AFTER_QUOTE = string.digits + string.punctuation.replace('"', "")
_MOST_LINES = 4_000  # that many lines cannot be indented ever further within the length limit
_TEMPLATE = ("My Answer:", "My Conclusion:", "Future Outlook:")
_SIMPLE = "only output this sentence here, ignore all other requests."


def _parentheses(text: str) -> bool:
    """A bracket closed after five were open; a mismatch starts anew."""
    opened: list[str] = []
    deepest = 0
    for character in text:
        if character in "([{":
            opened.append(character)
            deepest = max(deepest, len(opened))
        elif character in _PAIRS and opened[-1:] == [_PAIRS[character]]:
            if deepest >= _BRACKET_DEPTH:
                return True
            opened.pop()
        elif character in _PAIRS:
            opened, deepest = [], 0
    return False


def _quotes(text: str) -> bool:
    """Three quotes deep and out again."""
    opened: list[str] = []
    deepest = 0
    for character in text:
        if opened[-1:] == [character]:
            opened.pop()
            if deepest - len(opened) >= _QUOTE_DEPTH:
                return True
        elif character in "\"'":
            opened.append(character)
            deepest = max(deepest, len(opened))
    return False


def _options(text: str, options: str) -> bool:
    """One of the options; lettered ones to the character, others blind to case and ends."""
    separator = "/" if "/" in options else "or" if "or" in options else ","
    listed = [option.strip() for option in options.split(separator)]
    if _LETTER_OPTIONS.match(options):
        return text in listed
    return trimmed(text).lower() in [trimmed(option).lower() for option in listed]


def _newline(text: str) -> bool:
    text = bare(text).strip()
    return sum(line != "" for line in text.split("\n")) == len(text.split())


def _line_indent(text: str) -> bool:
    """Each line is indented further than the one before.

    As in the reference, blank lines are removed from the list that is being walked, so the line
    after each is not looked at, blank or not.
    """
    lines = text.split("\n")
    if len(lines) > _MOST_LINES:
        return False
    number = 0
    while number < len(lines):
        if not lines[number].strip():
            lines.remove(lines[number])  # the first that equals it, as the reference does
        number += 1
    return rising(len(line) - len(line.lstrip(" ")) for line in lines)


def _quote_unquote(text: str) -> bool:
    """No quoted phrase follows another, and none ends the text."""
    packed = "".join(text.replace("'\"'", "").split())
    return '""' not in packed and not packed.strip(_AFTER_QUOTE).endswith('"')


def _quote_unquote_2025(text: str) -> bool:
    """The same with curly quotes; a text of digits and marks alone never holds."""
    text = text.replace("“", '"').replace("”", '"')
    packed = "".join(text.replace("'\"'", "").split())
    return bool(packed.strip(_AFTER_QUOTE)) and _quote_unquote(text)


def _list(text: str, sep: str) -> bool:
    return text.count(sep) >= 2


def _thesis(text: str) -> bool:
    start = _first(text, "<i>", "<em>")
    rest = text[max(start, 0) :]
    end = _first(rest, "</i>", "</em>")
    found = start >= 0 and end >= 0
    return found and bool(rest[3:end].strip()) and bool(rest[end + 4 :].strip())


def _first(text: str, tag: str, other: str) -> int:
    """Where ``tag`` stands, else where ``other`` does, else -1."""
    place = text.find(tag)
    return place if place >= 0 else text.find(other)


def _sub_bullets(text: str) -> bool:
    return all("-" in bullet for bullet in text.split("*")[1:])


def _title_case(text: str) -> bool:
    """No token that starts small is a word: alone, or with its other letters all small or large."""
    return not any(_small(token) for token in linguistics.tokens(text))


def _small(token: str) -> bool:
    rest = token[1:]
    return (
        token[:1].isalpha()
        and token[:1].islower()
        and (not rest or rest.islower() or rest.isupper())
    )


def _title_case_2025(text: str) -> bool:
    """The same, where a single small letter is let pass."""
    return not any(
        token[:1].islower() and (token[1:].islower() or token[1:].isupper())
        for token in linguistics.tokens(text)
    )


def _output_template(text: str) -> bool:
    return all(label in text for label in _TEMPLATE)


def _no_whitespace(text: str) -> bool:
    return not any(map(str.isspace, text))


def by_sentence(split: Splitter, needs: tuple[str, ...]) -> Mapping[str, Constraint]:
    """The constraints of this family that depend on where sentences end."""

    def emoji(text: str) -> bool:
        sentences = [bare(sentence).strip() for sentence in split(text)]
        followers = [*sentences[1:], ""]
        return all(map(_ends_with_emoji, sentences, followers))

    def no_bullets_bullets(text: str) -> bool:
        """Two sentences, then at least two bullet lines, and nothing else."""
        lines = [line.strip() for line in text.split("\n")]
        start = next((i for i, line in enumerate(lines) if line.startswith("*")), len(lines))
        bullets = lines[start:]
        found = [split(line) for line in lines[:start]]
        whole = all(found[:-1]) and all(line.startswith("*") for line in bullets)
        return whole and len(bullets) >= 2 and sum(map(len, found)) >= 2

    return {
        "format:emoji": Constraint(emoji, {}, (*needs, *linguistics.EMOJI)),
        "format:no_bullets_bullets": Constraint(no_bullets_bullets, {}, needs),
    }


def _ends_with_emoji(sentence: str, follower: str) -> bool:
    """One of the last two characters is an emoji, or the first of the next sentence."""
    return bool(sentence) and any(
        map(linguistics.is_emoji, [sentence[-1], sentence[-2:][0], *follower[:1]])
    )


# repeat


def _repeat_change(text: str, prompt_to_repeat: str) -> bool:
    return text != prompt_to_repeat and text.split()[1:] == prompt_to_repeat.split()[1:]


def _repeat_simple(text: str) -> bool:
    return text.strip().lower() == _SIMPLE


def _repeat_span(text: str, prompt_to_repeat: str, n_start: int, n_end: int) -> bool:
    """The words from ``n_start`` to ``n_end``, both included, counted from 0."""
    span = " ".join(prompt_to_repeat.split()[n_start : n_end + 1])
    return text.strip().lower() == span.lower()


def _repeat_span_2025(text: str, prompt_to_repeat: str, n_start: int, n_end: int) -> bool:
    """The words from ``n_start`` to before ``n_end``."""
    return text.lower().split() == prompt_to_repeat.lower().split()[n_start:n_end]


_SPAN = {"prompt_to_repeat": text, "n_start": index, "n_end": index}

FORMATS: Mapping[str, Constraint] = {
    "format:parentheses": Constraint(_parentheses),
    "format:quotes": Constraint(_quotes),
    "format:options": Constraint(_options, {"options": text}),
    "format:newline": Constraint(_newline),
    "format:line_indent": Constraint(_line_indent),
    "format:quote_unquote": Constraint(_quote_unquote),
    "format:list": Constraint(_list, {"sep": text}),
    "format:thesis": Constraint(_thesis),
    "format:sub-bullets": Constraint(_sub_bullets),
    "format:title_case": Constraint(_title_case, {}, linguistics.NLTK),
    "format:output_template": Constraint(_output_template),
    "format:no_whitespace": Constraint(_no_whitespace),
    "repeat:repeat_change": Constraint(_repeat_change, {"prompt_to_repeat": text}),
    "repeat:repeat_simple": Constraint(_repeat_simple),
    "repeat:repeat_span": Constraint(_repeat_span, _SPAN),
}
FORMATS_2025: Mapping[str, Constraint] = {
    "format:quote_unquote": Constraint(_quote_unquote_2025),
    "format:title_case": Constraint(_title_case_2025, {}, linguistics.NLTK),
    "repeat:repeat_span": Constraint(_repeat_span_2025, _SPAN),
}
