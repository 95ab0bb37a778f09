"""IFBench, ``count:`` and ``ratio:``: how many words, names, numbers, sentence kinds there are."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping

from assay_verifiers.instruction import linguistics
from assay_verifiers.instruction.constraint import Constraint, number, position, text, word
from assay_verifiers.instruction.lexicon import (
    CONJUNCTIONS,
    NAMES,
    PERSONAL_PRONOUNS,
    PRONOUNS,
    STOP_WORDS,
)
from assay_verifiers.instruction.patterns import whole_word
from assay_verifiers.instruction.sentence_rules import rule_sentences
from assay_verifiers.instruction.wording import (
    EDGES,
    bare,
    bare_words,
    trimmed,
)

Splitter = Callable[[str], list[str]]

_WHOLE_NAMES = [re.compile(rf"\b{name}\b") for name in NAMES]
_MARKS = frozenset(".,!?;:")
_INTERROBANGS = ("!?", "?!", "‽")
_JAPANESE = re.compile(r"[\u3040-\u30ff\u4e00-\u9fff]")
_DIGITS = re.compile(r"\d+")
_TIMES = (1, 2, 3, 5, 7)
_TOLERANCE = 2  # percentage points


# count


def _word_count_range(text: str, min_words: float, max_words: float) -> bool:
    return min_words <= len(linguistics.word_runs(text)) <= max_words


def _unique_words(text: str, n: float) -> bool:
    return len({trimmed(word) for word in text.lower().split()}) >= n


def _conjunctions(text: str, small_n: float) -> bool:
    """Different spellings count apart: ``and``, ``And`` and ``and,`` are three."""
    return len({w for w in text.split() if trimmed(w).lower() in CONJUNCTIONS}) >= small_n


def _person_names(text: str, n: float) -> bool:
    return sum(bool(name.search(text)) for name in _WHOLE_NAMES) >= n


def _person_names_2025(text: str, n: float) -> bool:
    return sum(name in text for name in NAMES) >= n


def _numbers(text: str, n: float) -> bool:
    return len(_DIGITS.findall(bare(text))) == n


def _punctuation(text: str) -> bool:
    """Every mark, besides an interrobang, one of which is set aside first."""
    if not any(mark in text for mark in _INTERROBANGS):
        return False
    rest = text.replace("?!", "", 1) if "?!" in text else text.replace("!?", "", 1)
    return set(rest) >= _MARKS


def _japanese_words(text: str, n: int) -> bool:
    words = (word.strip(EDGES) for word in text.split()[n - 1 :: n])
    return all(_JAPANESE.search(word) for word in words if word and not word.isdigit())


def _pronouns(text: str, n: float) -> bool:
    tokens = linguistics.tokens(text.replace("/", " ").lower())
    return sum(token in PRONOUNS for token in tokens) >= n


def _pronouns_2025(text: str, n: float) -> bool:
    return sum(word in PERSONAL_PRONOUNS for word in bare_words(text.replace("/", " "))) >= n


def _keywords_multiple(text: str, **keywords: str) -> bool:
    return all(
        len(whole_word(keywords[f"keyword{number}"]).findall(text)) == times
        for number, times in enumerate(_TIMES, start=1)
    )


def _keywords_multiple_2025(text: str, **keywords: str) -> bool:
    lower = text.lower()
    return all(
        lower.count(keywords[f"keyword{number}"].lower()) == times
        for number, times in enumerate(_TIMES, start=1)
    )


# ratio


def _stop_words(text: str, percentage: float) -> bool:
    words = linguistics.word_runs(text)
    stop_words = sum(word.lower() in STOP_WORDS for word in words)
    return bool(words) and stop_words / len(words) * 100 <= percentage


def _overlap(text: str, reference_text: str, percentage: float) -> bool:
    """The share of the text's distinct trigrams of tokens that the reference has too."""
    return _shared(linguistics.tokens(text), linguistics.tokens(reference_text), percentage)


def _overlap_2025(text: str, reference_text: str, percentage: float) -> bool:
    """The same with trigrams of characters."""
    return _shared(text, reference_text, percentage)


def _shared(given: list[str] | str, reference: list[str] | str, percentage: float) -> bool:
    trigrams = _trigrams(given)
    if not trigrams:
        return False
    share = len(trigrams & _trigrams(reference)) / len(trigrams) * 100
    return percentage - _TOLERANCE <= share <= percentage + _TOLERANCE


def _trigrams(items: list[str] | str) -> set[tuple[str, str, str]]:
    return set(zip(items, items[1:], items[2:], strict=False))


def _endings(sentences: list[str]) -> list[int]:
    """How many sentences end with ``.``, ``?`` and ``!``."""
    return [sum(sentence.endswith(mark) for sentence in sentences) for mark in ".?!"]


def by_sentence(split: Splitter, needs: tuple[str, ...]) -> Mapping[str, Constraint]:
    """The constraints of this family that depend on where sentences end."""

    def sentence_type(text: str) -> bool:
        declarative, interrogative, _ = _endings(split(text))
        return declarative == 2 * interrogative

    def sentence_balance(text: str) -> bool:
        return len(set(_endings(split(text)))) == 1

    return {
        "ratio:sentence_type": Constraint(sentence_type, {}, needs),
        "ratio:sentence_balance": Constraint(sentence_balance, {}, needs),
    }


def _sentence_words(text: str) -> bool:
    sentences = linguistics.sentences(text)
    words = bare_words(" ".join(sentences))
    return _three_equally_long(sentences) and len(words) == len(set(words))


def _sentence_words_2025(text: str) -> bool:
    """The words may repeat."""
    return _three_equally_long(rule_sentences(text))


def _three_equally_long(sentences: list[str]) -> bool:
    return len(sentences) == 3 and len({len(sentence.strip()) for sentence in sentences}) == 1


_KEYWORDS = {f"keyword{number}": word for number in range(1, len(_TIMES) + 1)}
_OVERLAP = {"reference_text": text, "percentage": number}

COUNTS: Mapping[str, Constraint] = {
    "count:word_count_range": Constraint(
        _word_count_range,
        {"min_words": number, "max_words": number},
        linguistics.NLTK,
        ascii_alone=True,
    ),
    "count:unique_word_count": Constraint(_unique_words, {"N": number}),
    "count:conjunctions": Constraint(_conjunctions, {"small_n": number}),
    "count:person_names": Constraint(_person_names, {"N": number}),
    "count:numbers": Constraint(_numbers, {"N": number}),
    "count:punctuation": Constraint(_punctuation),
    "count:words_japanese": Constraint(_japanese_words, {"N": position}),
    "count:pronouns": Constraint(_pronouns, {"N": number}, linguistics.NLTK),
    "count:keywords_multiple": Constraint(_keywords_multiple, _KEYWORDS),
    "ratio:stop_words": Constraint(
        _stop_words, {"percentage": number}, linguistics.NLTK, ascii_alone=True
    ),
    "ratio:overlap": Constraint(_overlap, _OVERLAP, linguistics.NLTK),
    "ratio:sentence_words": Constraint(_sentence_words, {}, linguistics.NLTK),
}
COUNTS_2025: Mapping[str, Constraint] = {
    "count:person_names": Constraint(_person_names_2025, {"N": number}),
    "count:pronouns": Constraint(_pronouns_2025, {"N": number}),
    "count:keywords_multiple": Constraint(_keywords_multiple_2025, _KEYWORDS),
    "ratio:overlap": Constraint(_overlap_2025, _OVERLAP),
    "ratio:sentence_words": Constraint(_sentence_words_2025),
}
