"""The training constraints published with IFBench (open-instruct's ``IFEvalG``).

Verdicts are those of that module: keywords are regular expressions as in IFEval, sentences are
split by rule, tokens by nltk. Faults kept: ``count_unique`` counts punctuation as words,
``keywords:palindrome`` accepts any single letter, ``bigram_wrapping`` lets an odd last word stand
bare, ``exclude_word_harder`` finds the word between spaces only.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from itertools import pairwise

from assay_datasets import Json
from assay_verifiers.instruction import linguistics
from assay_verifiers.instruction.constraint import (
    Constraint,
    compare,
    index,
    letter,
    number,
    position,
    relation,
    text,
    word,
)
from assay_verifiers.instruction.ifbench_words import exact_position
from assay_verifiers.instruction.ifeval import (
    count_parts,
    keyword_frequency,
    letter_frequency,
    number_paragraphs,
)
from assay_verifiers.instruction.patterns import keyword_pattern
from assay_verifiers.instruction.sentence_rules import rule_sentences

_DIVIDER = re.compile(r"\s?\*\*\*\s?")
_SMALL_WORD = re.compile(r"\b[a-z]+\b")
_LETTER = re.compile("[a-zA-Z]")
_MARK = re.compile(r"[^\w\s]")


def _word_or_first(value: Json) -> str:
    """A word, or the first of a list of words."""
    return word(value[0] if isinstance(value, list) and value else value)


# copy


def _repeat_phrase(text: str, phrase: str, small_n: float) -> bool:
    """The phrase that often, each time with at most one word changed, the last time with one."""
    wanted = phrase.split()
    found = [part.split() for part in _between(text, f"{wanted[0]} ", f" {wanted[-1]}")]
    if not found or len(found) != small_n or any(len(part) > len(wanted) for part in found):
        return False
    changes = [sum(a != b for a, b in zip(part, wanted, strict=False)) for part in found]
    return max(changes) <= 1 and changes[-1] == 1


def _between(text: str, start: str, end: str) -> list[str]:
    """What runs from a ``start`` to the nearest ``end`` on the same line."""
    found = []
    for line in text.split("\n"):
        place = line.find(start)
        while place >= 0 and (stop := line.find(end, place + len(start))) >= 0:
            found.append(line[place : stop + len(end)])
            place = line.find(start, stop + len(end))
    return found


def _copy(text: str, prompt_to_repeat: str) -> bool:
    return text.strip().lower() == prompt_to_repeat.strip().lower()


def _copy_multiple(text: str, prompt_to_repeat: str, n: float) -> bool:
    copies = text.split("******")
    return len(copies) == n and all(_copy(copy, prompt_to_repeat) for copy in copies)


def _copy_span(text: str, prompt_to_repeat: str, n_start: int, n_end: int) -> bool:
    return _copy(text, prompt_to_repeat[n_start:n_end])


# keywords, letters


def _word_once(text: str, keyword: str) -> bool:
    return len(keyword_pattern(keyword).findall(text)) == 1


def _increment_word(text: str, keyword1: str, keyword2: str) -> bool:
    return _word_once(text, keyword1) and len(keyword_pattern(keyword2).findall(text)) == 2


def _exclude_word(text: str, keyword: str) -> bool:
    return f" {keyword} " not in text


def _no_adjacent(text: str) -> bool:
    """No word starts with the letter after that of the word before."""
    initials = [word[0].lower() for word in text.split()]
    if len(initials) > 1 and any(len(initial) != 1 for initial in initials):
        return False
    return all(ord(next_) - ord(one) != 1 for one, next_ in pairwise(initials))


def _palindrome(text: str) -> bool:
    return any(word == word[::-1] for word in text.split())


def _start_end(text: str) -> bool:
    tokens = linguistics.tokens(text)
    return len(tokens) > 1 and tokens[0].lower() == tokens[-1].lower()


def _letter_counting(text: str, n: float, relation: str) -> bool:
    return compare(len(_LETTER.findall(text)), relation, n)


# paragraphs, first_word, last_word


def _two_paragraphs(text: str) -> bool:
    return number_paragraphs(text, 2)


def _two_blocks(text: str) -> bool:
    return count_parts(text.split("\n\n")) == 2


def _first_word_sent(text: str, first_word: str) -> bool:
    return all(_first(sentence) == first_word.lower() for sentence in rule_sentences(text))


def _first_word_answer(text: str, first_word: str) -> bool:
    return _first(text) == first_word.lower()


def _first(text: str) -> str:
    return "".join(text.split()[:1]).lower()


def _last_word_sent(text: str, last_word: str) -> bool:
    return all(_last(sentence) == last_word.lower() for sentence in rule_sentences(text))


def _last_word_answer(text: str, last_word: str) -> bool:
    return _last(text) == last_word.lower()


def _last(text: str) -> str:
    return _MARK.sub("", "".join(text.split()[-1:])).lower()


# detectable_format, punctuation, count


def _sentence_hyphens(text: str) -> bool:
    sentences = rule_sentences(text.replace("-", " "))
    parts = zip(text.split("-"), sentences, strict=False)
    return all(part == part.strip() == sentence for part, sentence in parts)


def _square_brackets(text: str) -> bool:
    return all(word.startswith("[") and word.endswith("]") for word in text.split())


def _bigram_wrapping(text: str) -> bool:
    words = text.split()
    pairs = zip(words[::2], words[1::2], strict=False)
    return all(one.startswith("<<") and next_.endswith(">>") for one, next_ in pairs)


def _lacks(mark: str) -> Callable[[str], bool]:
    return lambda text: mark not in text


def _lowercase_counting(text: str, n: float) -> bool:
    return len(_SMALL_WORD.findall(text)) <= n


def _counting_composition(text: str, n_sent: float, n_words: float) -> bool:
    """Three parts of so many sentences of so many tokens."""
    parts = _DIVIDER.split(text)
    return count_parts(parts) == 3 and all(_composed(part, n_sent, n_words) for part in parts)


def _composed(part: str, n_sent: float, n_words: float) -> bool:
    sentences = rule_sentences(part)
    lengths = (len(linguistics.tokens(sentence)) for sentence in sentences)
    return len(sentences) == n_sent and all(length == n_words for length in lengths)


def _count_unique(text: str) -> bool:
    tokens = linguistics.tokens(text)
    return len(tokens) == len(set(tokens))


_NLTK = linguistics.NLTK
_KEYWORD = {"keyword": word}
_PROMPT = {"prompt_to_repeat": text}
_FREQUENCY = {"keyword": word, "frequency": number, "relation": relation}
_LETTERS = {"letter": letter, "let_frequency": number, "let_relation": relation}
_POSITION = {"keyword": _word_or_first, "n": position, "m": position}

IFTRAIN: Mapping[str, Constraint] = {
    "copy:repeat_phrase": Constraint(_repeat_phrase, {"phrase": word, "small_n": number}),
    "copy:copy": Constraint(_copy, _PROMPT),
    "copy:copying_simple": Constraint(_copy, _PROMPT),
    "copy:copying_multiple": Constraint(_copy_multiple, {**_PROMPT, "N": number}),
    "new:copy_span_idx": Constraint(_copy_span, {**_PROMPT, "n_start": index, "n_end": index}),
    "keywords:word_once": Constraint(_word_once, _KEYWORD),
    "keywords:word_count_different_numbers": Constraint(keyword_frequency, _FREQUENCY),
    "keywords:exclude_word_harder": Constraint(_exclude_word, _KEYWORD, open=True),
    "keywords:no_adjacent_consecutive": Constraint(_no_adjacent),
    "keywords:palindrome": Constraint(_palindrome),
    "keywords:keyword_specific_position": Constraint(exact_position, _POSITION, _NLTK),
    "keywords:start_end": Constraint(_start_end, {}, _NLTK),
    "letters:letter_counting": Constraint(_letter_counting, {"N": number, "relation": relation}),
    "letters:letter_counting2": Constraint(letter_frequency, _LETTERS),
    "paragraphs:paragraphs": Constraint(_two_paragraphs),
    "paragraphs:paragraphs2": Constraint(_two_blocks),
    "first_word:first_word_sent": Constraint(_first_word_sent, {"first_word": _word_or_first}),
    "first_word:first_word_answer": Constraint(_first_word_answer, {"first_word": word}),
    "last_word:last_word_sent": Constraint(_last_word_sent, {"last_word": _word_or_first}),
    "last_word:last_word_answer": Constraint(_last_word_answer, {"last_word": word}),
    "detectable_format:sentence_hyphens": Constraint(_sentence_hyphens),
    "detectable_format:square_brackets": Constraint(_square_brackets),
    "detectable_format:bigram_wrapping": Constraint(_bigram_wrapping),
    "punctuation:punctuation_dot": Constraint(_lacks(".")),
    "punctuation:punctuation_exclamation": Constraint(_lacks("!")),
    "count:lowercase_counting": Constraint(_lowercase_counting, {"N": number}),
    "count:counting_composition": Constraint(
        _counting_composition, {"n_sent": number, "n_words": number}, _NLTK
    ),
    "count:count_unique": Constraint(_count_unique, {}, _NLTK),
    "count:count_increment_word": Constraint(_increment_word, {"keyword1": word, "keyword2": word}),
}
