"""The training constraints: for each id responses that keep it and responses that do not."""

import pytest

from assay_verifiers.instruction.judge import follow
from assay_verifiers.instruction.table import constraints

PROMPT = {"prompt_to_repeat": "Say it now."}

CASES = {
    "copy:repeat_phrase": (
        {"phrase": "I like red cats", "small_n": 2},
        ["I like blue cats, I like big cats", "I like red cats\nI love red cats"],
        ["I like red cats", "I like red cats I like red cats", "I hate all cats I like big cats"],
    ),
    "copy:copy": (PROMPT, ["Say it now.", " SAY IT NOW.\n"], ["Say it now", "Say it now. OK"]),
    "copy:copying_simple": (PROMPT, ["Say it now.", "say it now."], ["Say it", "It now."]),
    "copy:copying_multiple": (
        {**PROMPT, "N": 2},
        ["Say it now. ****** Say it now.", "Say it now.\n******\nsay it now."],
        ["Say it now.", "Say it now. *** Say it now.", "Say it now. ****** Say it now"],
    ),
    "new:copy_span_idx": (
        {**PROMPT, "n_start": 4, "n_end": 10},
        ["it now", " IT NOW\n"],
        ["it", "Say it now."],
    ),
    "keywords:word_once": ({"keyword": "cat"}, ["A Cat.", "cats"], ["cat cat", "dog"]),
    "keywords:word_count_different_numbers": (
        {"keyword": "cat", "frequency": 2, "relation": "less than"},
        ["A cat.", "none"],
        ["cat, cat", "Cats and CATS"],
    ),
    "keywords:exclude_word_harder": (
        {"keyword": "cat"},
        ["a dog", "cat first", "cats too"],
        ["a cat sat", "one cat or two"],
    ),
    "keywords:no_adjacent_consecutive": (
        {},
        ["the red dog", "b a"],
        ["a big dog", "red Sun"],
    ),
    "keywords:palindrome": ({}, ["a level", "it was I"], ["no such", "Level up"]),
    "keywords:keyword_specific_position": (
        {"keyword": "fog", "n": 1, "m": 3},
        ["Oh, fog!", "A thick fog"],
        ["A thick Fog", "fog"],
    ),
    "keywords:start_end": ({}, ["One and one", "go go"], ["One and one.", "One"]),
    "letters:letter_counting": (
        {"N": 3, "relation": "at least"},
        ["abc", "a b c 1"],
        ["ab1", "éé a"],
    ),
    "letters:letter_counting2": (
        {"letter": "a", "let_frequency": 2, "let_relation": "less than"},
        ["a", "bcd"],
        ["Aa", "banana"],
    ),
    "paragraphs:paragraphs": ({}, ["a\n***\nb", "a *** b ***"], ["a\n\nb", "a *** b *** c"]),
    "paragraphs:paragraphs2": ({}, ["a\n\nb", "a\n\nb\n\n"], ["a\nb", "a\n\n\n\nb", "a"]),
    "first_word:first_word_sent": (
        {"first_word": ["So"]},
        ["So it is. So it was.", "so be it"],
        ["So it is. It was.", "So, it is"],
    ),
    "first_word:first_word_answer": (
        {"first_word": "so"},
        ["So it is. It was.", "SO\nbe it"],
        ["It is so.", "So, it is"],
    ),
    "last_word:last_word_sent": (
        {"last_word": "so"},
        ["It is so. I said So!", "so"],
        ["It is so. I said it.", "so it"],
    ),
    "last_word:last_word_answer": (
        {"last_word": "so"},
        ["It is. It is so!", "SO"],
        ["so it", "It is so ..."],
    ),
    "detectable_format:sentence_hyphens": (
        {},
        ["I am.-You are.", "One sentence."],
        ["I am. - You are.", "I am well-known."],
    ),
    "detectable_format:square_brackets": ({}, ["[a] [b]", "[a]"], ["[a b]", "a [b]"]),
    "detectable_format:bigram_wrapping": (
        {},
        ["<<I am>> <<at home>>", "<<I am>> here"],
        ["<<I>> <<am>> at home", "I am"],
    ),
    "punctuation:punctuation_dot": ({}, ["none", "no!"], ["yes.", "3.5"]),
    "punctuation:punctuation_exclamation": ({}, ["none", "no."], ["yes!", "!"]),
    "count:lowercase_counting": ({"N": 1}, ["THE cat", "The Cat"], ["the cat", "a b C"]),
    "count:counting_composition": (
        {"n_sent": 1, "n_words": 3},
        ["I am. *** You are. *** We are.", "A b. *** C d. *** E f!"],
        ["I am. *** You are.", "I am it. *** You are. *** We are.", "A b. C d. *** E f. *** G h."],
    ),
    "count:count_unique": ({}, ["one Two two", "a b."], ["one one", "a, b, c"]),
    "count:count_increment_word": (
        {"keyword1": "cat", "keyword2": "dog"},
        ["cat dog dog", "Dogs, a cat, dogs"],
        ["cat dog", "cat cat dog dog"],
    ),
}


@pytest.mark.parametrize("name", CASES)
def test_constraint(name):
    kwargs, right, wrong = CASES[name]
    rule = constraints("2026")[name]
    rules = [(rule, rule.read(kwargs))]
    assert [text for text in right if follow(text, rules, "strict") != [True]] == []
    assert [text for text in wrong if follow(text, rules, "strict") != [False]] == []
