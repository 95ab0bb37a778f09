"""IFBench, ``words:`` and ``sentence:``: what the words are, and how sentences grow."""

from __future__ import annotations

import re
import string
from collections import Counter
from collections.abc import Mapping
from itertools import pairwise

from assay_verifiers.instruction import linguistics
from assay_verifiers.instruction.constraint import (
    Constraint,
    number,
    position,
    raw_word,
    word,
)
from assay_verifiers.instruction.ifbench_count import Splitter
from assay_verifiers.instruction.patterns import whole_word
from assay_verifiers.instruction.sentence_rules import rule_sentences
from assay_verifiers.instruction.verbs import starts_with_verb
from assay_verifiers.instruction.wording import EDGES, bare, bare_words, rising

_VOWELS = frozenset("aeiou")
_CLUSTER = re.compile("[bcdfghjklmnpqrstvwxyz]{2}")
_PRIMES = frozenset(n for n in range(2, 100) if all(n % k for k in range(2, n)))
_PALINDROMES, _PALINDROME_LENGTH = 10, 5


# words


def _alphabet(text: str) -> bool:
    """First letters follow the alphabet, from wherever the first word starts."""
    words = bare(text).split()
    start = string.ascii_lowercase.find(words[0][0].lower()) if words else -1
    return start >= 0 and all(
        word.lower()[0] == string.ascii_lowercase[(start + step) % 26]
        for step, word in enumerate(words[1:], start=1)
    )


def _vowels(text: str) -> bool:
    text = text.strip().lower()
    return "\n" not in text and len(_VOWELS & set(text)) <= 3


def _consonants(text: str) -> bool:
    return all(_CLUSTER.search(word) for word in text.lower().split())


def _palindromes(text: str) -> bool:
    words = [word for word in bare(text).lower().split() if len(word) >= _PALINDROME_LENGTH]
    return sum(word == word[::-1] for word in words) >= _PALINDROMES


def _prime_lengths(text: str) -> bool:
    return all(len(word) in _PRIMES for word in bare(text).split())


def _repeats(text: str, small_n: float) -> bool:
    return max(Counter(bare_words(text)).values(), default=0) <= small_n


def _no_consecutive(text: str) -> bool:
    return all(one[0] != next_[0] for one, next_ in pairwise(bare_words(text)))


def _odd_even_syllables(text: str) -> bool:
    parities = [linguistics.syllables(word) % 2 for word in bare(text).lower().split()]
    return all(one != next_ for one, next_ in pairwise(parities))


def _paragraph_last_first(text: str) -> bool:
    paragraphs = (line.strip().lower().strip(EDGES).split() for line in text.split("\n"))
    return all(words[0] == words[-1] for words in paragraphs if words)


def _words_position(text: str, keyword: str) -> bool:
    words = _real_words(text)
    return len(words) > 1 and words[1] == words[-2] == keyword.lower()


def _words_position_2025(text: str, keyword: str) -> bool:
    """Punctuation counts as a word, and case matters."""
    words = linguistics.tokens(text)
    return len(words) > 1 and words[1] == words[-2] == keyword


def _real_words(text: str) -> list[str]:
    """Lower-case tokens that hold a letter or digit."""
    return [t.lower() for t in linguistics.tokens(text) if any(map(str.isalnum, t))]


def _specific_position(text: str, keyword: str, n: int, m: int) -> bool:
    words = _real_words(nth(linguistics.sentences(text), n))
    return words[m - 1 : m] == [keyword.lower()]


def exact_position(text: str, keyword: str, n: int, m: int) -> bool:
    """The same by rule sentences, where punctuation counts as a word and case matters."""
    return linguistics.tokens(nth(rule_sentences(text), n))[m - 1 : m] == [keyword]


# sentences


def _alliteration(sentence: str) -> int:
    """Words in runs that share their first letter."""
    words = [word.lstrip(EDGES) for word in sentence.lower().split()]
    initials = [word[0] for word in words if word]
    total, running = 0, False
    for one, next_ in pairwise(initials):
        total += 0 if one != next_ else 1 if running else 2
        running = one == next_
    return total


def by_sentence(split: Splitter, needs: tuple[str, ...]) -> Mapping[str, Constraint]:
    """The constraints of this family that depend on where sentences end."""

    def alliteration_increment(text: str) -> bool:
        return rising(map(_alliteration, split(text)))

    def increment(text: str, small_n: float) -> bool:
        lengths = [len(bare(sentence).split()) for sentence in split(text)]
        steps = (next_ - one == small_n for one, next_ in pairwise(lengths))
        return bool(lengths) and all(steps)

    def last_first(text: str) -> bool:
        sentences = split(text)
        lasts = [sentence.rstrip(EDGES).split()[-1:] for sentence in sentences[:-1]]
        firsts = [sentence.lstrip(EDGES).split()[:1] for sentence in sentences[1:]]
        return all(
            last and first and last[0].lower() == first[0].lower()
            for last, first in zip(lasts, firsts, strict=True)
        )

    return {
        "sentence:alliteration_increment": Constraint(alliteration_increment, {}, needs),
        "sentence:increment": Constraint(increment, {"small_n": number}, needs),
        "words:last_first": Constraint(last_first, {}, needs),
    }


def _keyword_in_sentence(text: str, word: str, n: int) -> bool:
    return bool(whole_word(word).search(nth(linguistics.sentences(text), n)))


def _keyword_in_sentence_2025(text: str, word: str, n: int) -> bool:
    """Inside a longer word too."""
    return word.lower() in nth(rule_sentences(text), n).lower()


def nth(sentences: list[str], number: int) -> str:
    """The sentence of that number from 1; empty where there are fewer."""
    return sentences[number - 1] if number <= len(sentences) else ""


POSITION = {"keyword": word, "n": position, "m": position}

WORDS: Mapping[str, Constraint] = {
    "words:alphabet": Constraint(_alphabet),
    "words:vowel": Constraint(_vowels),
    "words:consonants": Constraint(_consonants),
    "words:palindrome": Constraint(_palindromes),
    "words:prime_lengths": Constraint(_prime_lengths),
    "words:start_verb": Constraint(starts_with_verb, {}, linguistics.TAGGER),
    "words:repeats": Constraint(_repeats, {"small_n": number}),
    "words:no_consecutive": Constraint(_no_consecutive),
    "words:odd_even_syllables": Constraint(_odd_even_syllables, {}, linguistics.SYLLABLES),
    "words:paragraph_last_first": Constraint(_paragraph_last_first),
    "words:words_position": Constraint(_words_position, {"keyword": word}, linguistics.NLTK),
    "words:keywords_specific_position": Constraint(_specific_position, POSITION, linguistics.NLTK),
    "sentence:keyword": Constraint(
        _keyword_in_sentence, {"word": raw_word, "N": position}, linguistics.NLTK
    ),
}
WORDS_2025: Mapping[str, Constraint] = {
    "words:words_position": Constraint(_words_position_2025, {"keyword": word}, linguistics.NLTK),
    "words:keywords_specific_position": Constraint(exact_position, POSITION, linguistics.NLTK),
    "sentence:keyword": Constraint(_keyword_in_sentence_2025, {"word": raw_word, "N": position}),
}
