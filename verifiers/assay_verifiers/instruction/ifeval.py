"""The 25 constraints of IFEval (Zhou et al. 2023, arXiv 2311.07911).

Verdicts are those of google-research's ``instruction_following_eval``, its known faults included:
a keyword is found inside longer words and read as a regular expression; ``**bold**`` counts as two
highlights or as one, by where its asterisks fall; text whose language cannot be told is in any
language. ``letter_frequency`` counts any single character (the reference draws a random letter for
the two rows of its data that ask for ``#`` and ``!``).
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping

from assay_datasets import Json
from assay_verifiers.instruction import linguistics
from assay_verifiers.instruction.constraint import (
    Constraint,
    compare,
    letter,
    number,
    position,
    relation,
    text,
    word,
    words,
)
from assay_verifiers.instruction.lexicon import LANGUAGES
from assay_verifiers.instruction.patterns import keyword_pattern

_DIVIDER = re.compile(r"\s?\*\*\*\s?")
_HIGHLIGHT = re.compile(r"\*[^\n*]*\*")
_DOUBLE_HIGHLIGHT = re.compile(r"\*\*[^\n*]*\*\*")
_POSTSCRIPTS = {"P.P.S": r"p\.\s?p\.\s?s", "P.S.": r"p\.\s?s\."}
_CHOICES = ("My answer is yes.", "My answer is no.", "My answer is maybe.")
_FENCES = ("```json", "```Json", "```JSON", "```")
_WORD_ENDS = frozenset(".,?!'\"")


def _language(value: Json) -> str:
    if not isinstance(value, str) or value not in LANGUAGES:
        raise ValueError(f"one of {', '.join(LANGUAGES)}")
    return value


# keywords


def _existence(text: str, keywords: list[str]) -> bool:
    return all(keyword_pattern(keyword).search(text) for keyword in keywords)


def keyword_frequency(text: str, keyword: str, frequency: float, relation: str) -> bool:
    return compare(len(keyword_pattern(keyword).findall(text)), relation, frequency)


def _forbidden_words(text: str, forbidden_words: list[str]) -> bool:
    patterns = (keyword_pattern(word, r"\b", r"\b") for word in forbidden_words)
    return not any(pattern.search(text) for pattern in patterns)


def letter_frequency(text: str, letter: str, let_frequency: float, let_relation: str) -> bool:
    return compare(text.lower().count(letter), let_relation, let_frequency)


# language, case


def _response_language(text: str, language: str) -> bool:
    return linguistics.language(text) in (language, None)


def _english_capital(text: str) -> bool:
    return text.isupper() and linguistics.language(text) in ("en", None)


def _english_lowercase(text: str) -> bool:
    return text.islower() and linguistics.language(text) in ("en", None)


def _capital_words(text: str, capital_frequency: float, capital_relation: str) -> bool:
    count = sum(token.isupper() for token in linguistics.tokens(text))
    return compare(count, capital_relation, capital_frequency)


# length_constraints


def _number_sentences(text: str, num_sentences: float, relation: str) -> bool:
    return compare(len(linguistics.sentences(text)), relation, num_sentences)


def _number_words(text: str, num_words: float, relation: str) -> bool:
    return compare(len(linguistics.word_runs(text)), relation, num_words)


def number_paragraphs(text: str, num_paragraphs: float) -> bool:
    """Parts between ``***``; the first and the last may be blank and then do not count."""
    return count_parts(_DIVIDER.split(text)) == num_paragraphs


def count_parts(parts: list[str]) -> int | None:
    """How many parts there are; None where one in the middle is blank."""
    blank = [not part.strip() for part in parts]
    return None if any(blank[1:-1]) else len(parts) - sum(blank)


def _nth_paragraph_first_word(
    text: str, num_paragraphs: float, nth_paragraph: int, first_word: str
) -> bool:
    paragraphs = text.split("\n\n")
    count = sum(bool(paragraph.strip()) for paragraph in paragraphs)
    if nth_paragraph > count or not paragraphs[nth_paragraph - 1].strip():
        return False
    first = paragraphs[nth_paragraph - 1].split()[0].lstrip("'").lstrip('"')
    end = next((i for i, letter in enumerate(first) if letter in _WORD_ENDS), len(first))
    return count == num_paragraphs and first[:end].lower() == first_word.lower()


# detectable_content, detectable_format


def _placeholders(text: str, num_placeholders: float) -> bool:
    return sum(_bracketed(line) for line in text.split("\n")) >= num_placeholders


def _bracketed(line: str) -> int:
    """How many ``[...]`` a line holds, each to the nearest closing bracket."""
    count = 0
    start = line.find("[")
    while start >= 0 and (end := line.find("]", start + 1)) >= 0:
        count += 1
        start = line.find("[", end + 1)
    return count


def _postscript(text: str, postscript_marker: str) -> bool:
    if known := _POSTSCRIPTS.get(postscript_marker):
        return bool(re.search(known, text.lower()))
    return bool(keyword_pattern(postscript_marker.lower(), fold=False).search(text.lower()))


def _bullets(text: str, num_bullets: float) -> bool:
    """Lines whose first sign is ``-``, or one ``*``; a lone ``*`` takes in the next line too."""
    lines = text.split("\n")
    starts = [line.lstrip() for line in lines]
    count = sum(start.startswith("-") for start in starts)
    number = 0
    while number < len(lines):
        start = starts[number]
        alone = start == "*" and number + 1 < len(lines)
        count += alone or (start[:1] == "*" and start[1:2] not in ("", "*"))
        number += 2 if alone else 1
    return count == num_bullets


def _constrained_response(text: str) -> bool:
    return any(choice in text for choice in _CHOICES)


def _highlights(text: str, num_highlights: float) -> bool:
    single = sum(bool(found.strip("*").strip()) for found in _HIGHLIGHT.findall(text))
    double = sum(bool(found[2:-2].strip()) for found in _DOUBLE_HIGHLIGHT.findall(text))
    return single + double >= num_highlights


def _sections(text: str, section_spliter: str, num_sections: float) -> bool:
    marks = keyword_pattern(section_spliter, r"\s?", r"\s?\d+\s?", fold=False)
    return len(marks.split(text)) - 1 >= num_sections


def _json_format(text: str) -> bool:
    text = text.strip()
    for fence in _FENCES:
        text = text.removeprefix(fence)
    try:
        json.loads(text.removesuffix("```").strip())
    except (ValueError, RecursionError):
        return False
    return True


def _title(text: str) -> bool:
    return any(_titled(line) for line in text.split("\n"))


def _titled(line: str) -> bool:
    """Whether something stands between the first ``<<`` and the last ``>>`` of the line."""
    start, end = line.find("<<"), line.rfind(">>")
    return 0 <= start <= end - 3 and bool(line[start : end + 2].lstrip("<").rstrip(">").strip())


# combination, startend, punctuation


def _two_responses(text: str) -> bool:
    parts = text.split("******")
    if count_parts(parts) != 2:
        return False
    first, second = (part.strip() for part in parts if part.strip())
    return first != second


def _repeat_prompt(text: str, prompt_to_repeat: str) -> bool:
    return text.strip().lower().startswith(prompt_to_repeat.strip().lower())


def _end_checker(text: str, end_phrase: str) -> bool:
    return text.strip().strip('"').lower().endswith(end_phrase.lower())


def _quotation(text: str) -> bool:
    text = text.strip()
    return len(text) > 1 and text.startswith('"') and text.endswith('"')


def _no_comma(text: str) -> bool:
    return "," not in text


_FREQUENCY = {"keyword": word, "frequency": number, "relation": relation}
_LETTER_FREQUENCY = {"letter": letter, "let_frequency": number, "let_relation": relation}
_CAPITALS = {"capital_frequency": number, "capital_relation": relation}
_FIRST_WORD = {"num_paragraphs": number, "nth_paragraph": position, "first_word": word}

IFEVAL: Mapping[str, Constraint] = {
    "keywords:existence": Constraint(_existence, {"keywords": words}),
    "keywords:frequency": Constraint(keyword_frequency, _FREQUENCY),
    "keywords:forbidden_words": Constraint(_forbidden_words, {"forbidden_words": words}),
    "keywords:letter_frequency": Constraint(letter_frequency, _LETTER_FREQUENCY),
    "language:response_language": Constraint(
        _response_language, {"language": _language}, linguistics.LANGDETECT
    ),
    "length_constraints:number_sentences": Constraint(
        _number_sentences, {"num_sentences": number, "relation": relation}, linguistics.NLTK
    ),
    "length_constraints:number_paragraphs": Constraint(
        number_paragraphs, {"num_paragraphs": number}
    ),
    "length_constraints:number_words": Constraint(
        _number_words,
        {"num_words": number, "relation": relation},
        linguistics.NLTK,
        ascii_alone=True,
    ),
    "length_constraints:nth_paragraph_first_word": Constraint(
        _nth_paragraph_first_word, _FIRST_WORD
    ),
    "detectable_content:number_placeholders": Constraint(
        _placeholders, {"num_placeholders": number}
    ),
    "detectable_content:postscript": Constraint(_postscript, {"postscript_marker": word}),
    "detectable_format:number_bullet_lists": Constraint(_bullets, {"num_bullets": number}),
    "detectable_format:constrained_response": Constraint(_constrained_response),
    "detectable_format:number_highlighted_sections": Constraint(
        _highlights, {"num_highlights": number}
    ),
    "detectable_format:multiple_sections": Constraint(
        _sections, {"section_spliter": word, "num_sections": number}
    ),
    "detectable_format:json_format": Constraint(_json_format),
    "detectable_format:title": Constraint(_title),
    "combination:two_responses": Constraint(_two_responses),
    "combination:repeat_prompt": Constraint(_repeat_prompt, {"prompt_to_repeat": text}),
    "startend:end_checker": Constraint(_end_checker, {"end_phrase": word}),
    "startend:quotation": Constraint(_quotation),
    "change_case:capital_word_frequency": Constraint(_capital_words, _CAPITALS, linguistics.NLTK),
    "change_case:english_capital": Constraint(_english_capital, {}, linguistics.LANGDETECT),
    "change_case:english_lowercase": Constraint(_english_lowercase, {}, linguistics.LANGDETECT),
    "punctuation:no_comma": Constraint(_no_comma),
}
