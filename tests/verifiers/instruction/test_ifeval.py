"""IFEval's constraints: for each id responses that keep it and responses that do not."""

import pytest

from assay_verifiers.instruction.judge import follow
from assay_verifiers.instruction.table import constraints

ENGLISH = "the quick brown fox jumps over the lazy dog while the other animals are watching it"

CASES = {
    "keywords:existence": (
        {"keywords": ["cat", "Dog"]},
        ["A dog and a CAT.", "catalogues of dogma"],
        ["A dog.", "Only a cat here."],
    ),
    "keywords:frequency": (
        {"keyword": "the", "frequency": 2, "relation": "at least"},
        ["The cat, the dog.", "Then they left."],
        ["The cat.", "No such word."],
    ),
    "keywords:forbidden_words": (
        {"forbidden_words": ["rock", "roll"]},
        ["Rocky rollers.", "Nothing of the sort."],
        ["I ROCK.", "On a roll!"],
    ),
    "keywords:letter_frequency": (
        {"letter": "E", "let_frequency": 3, "let_relation": "less than"},
        ["Eve.", "nothing"],
        ["eee", "The tree EE"],
    ),
    "language:response_language": (
        {"language": "de"},
        ["Dies ist ein Satz in deutscher Sprache, und zwar ein langer.", "123 456"],
        [ENGLISH, "Это предложение написано на русском языке."],
    ),
    "length_constraints:number_sentences": (
        {"num_sentences": 2, "relation": "at least"},
        ["I know Dr. Who. He left.", "One! Two? Three."],
        ["I know Dr. Who and Mr. Bean.", "It costs 3.50 dollars in the U.S. today"],
    ),
    "length_constraints:number_paragraphs": (
        {"num_paragraphs": 2},
        ["One\n***\nTwo", "***\nOne *** Two\n***"],
        ["One\n\nTwo", "One\n***\n\n***\nTwo"],
    ),
    "length_constraints:number_words": (
        {"num_words": 4, "relation": "less than"},
        ["Three words here", "a_b-c d"],
        ["I don't know", "one two three four"],
    ),
    "length_constraints:nth_paragraph_first_word": (
        {"num_paragraphs": 2, "nth_paragraph": 2, "first_word": "Send"},
        ["One.\n\nSend it.", 'One.\n\n"send," he said.'],
        ["Send it.\n\nOne.", "One.\n\nSend it.\n\nThree.", "One.\n\nSending it."],
    ),
    "detectable_content:number_placeholders": (
        {"num_placeholders": 2},
        ["[name] lives in [city]", "[[a] and [b]]"],
        ["[name] only", "[open and\nclosed] [x]"],
    ),
    "detectable_content:postscript": (
        {"postscript_marker": "P.P.S"},
        ["Bye.\nP.P.S see you", "p. p. s. Bye"],
        ["Bye.\nP.S. see you", "PPS see you"],
    ),
    "detectable_format:number_bullet_lists": (
        {"num_bullets": 2},
        ["* one\n* two", "List:\n - one\n\n\n  - two"],
        ["* one\n* two\n* three", "** one\n* two", "*\n* taken in by the lone one"],
    ),
    "detectable_format:constrained_response": (
        {},
        ["My answer is yes.", "Well. My answer is maybe. Sorry."],
        ["My answer is yes", "Yes."],
    ),
    "detectable_format:number_highlighted_sections": (
        {"num_highlights": 2},
        ["*one* and *two*", "**one** and *two*"],
        ["*one* alone", "* one\n* two"],
    ),
    "detectable_format:multiple_sections": (
        {"section_spliter": "Section", "num_sections": 2},
        ["Section 1\na\nSection 2\nb", "Section1 a Section2 b Section 3"],
        ["Section 1 only", "SECTION 1 and SECTION 2"],
    ),
    "detectable_format:json_format": (
        {},
        ['{"a": [1, 2]}', "```json\n[null]\n```"],
        ["{'a': 1}", "Here: {}", "[" * 5_000],
    ),
    "detectable_format:title": (
        {},
        ["<<A poem>>\nRoses", "See <<< A >>"],
        ["<<>>", "<<open\nclosed>>", "<< >>"],
    ),
    "combination:two_responses": (
        {},
        ["One ****** Two", "******\nOne\n******\nTwo\n******"],
        ["One ****** One", "One\n***\nTwo", "One ****** ****** Two"],
    ),
    "combination:repeat_prompt": (
        {"prompt_to_repeat": "Say hello."},
        ["Say hello. Hello!", "  SAY HELLO.\nHello!"],
        ["Hello! Say hello.", "Say hello! Hello"],
    ),
    "startend:end_checker": (
        {"end_phrase": "That is all."},
        ["Done. That is all.", '"Done. THAT IS ALL."\n'],
        ["That is all. Bye.", "That is all"],
    ),
    "startend:quotation": (
        {},
        ['"Hello"', ' "a" and "b"\n'],
        ["Hello", '"Hello', '"', "“Hello”"],
    ),
    "change_case:capital_word_frequency": (
        {"capital_frequency": 2, "capital_relation": "at least"},
        ["I AM here", "NASA-ESA and U.S."],
        ["NASA only", "Not One Here"],
    ),
    "change_case:english_capital": (
        {},
        [ENGLISH.upper(), f"{ENGLISH.upper()}! 123"],
        [ENGLISH, "DIES IST EIN DEUTSCHER SATZ MIT VIELEN SCHÖNEN WÖRTERN", "123"],
    ),
    "change_case:english_lowercase": (
        {},
        [ENGLISH, f"{ENGLISH}. 123"],
        [ENGLISH.capitalize(), "dies ist ein deutscher satz mit vielen schönen wörtern", "123"],
    ),
    "punctuation:no_comma": ({}, ["None here.", "Semi; colon"], ["One, two", "1,000"]),
}


@pytest.mark.parametrize("name", CASES)
def test_constraint(name):
    kwargs, right, wrong = CASES[name]
    rule = constraints("2026")[name]
    rules = [(rule, rule.read(kwargs))]
    assert [text for text in right if follow(text, rules, "strict") != [True]] == []
    assert [text for text in wrong if follow(text, rules, "strict") != [False]] == []


def test_loose_reading_forgives_what_a_chat_model_adds():
    rule = constraints("2026")["startend:quotation"]
    added = 'Sure!\n*"Hello"*\nAnything else?'
    assert follow(added, [(rule, {})], "strict") == [False]
    assert follow(added, [(rule, {})], "loose") == [True]


def test_blank_text_follows_nothing():
    rule = constraints("2026")["punctuation:no_comma"]
    assert follow(" \n", [(rule, {})], "loose") == [False]


@pytest.mark.parametrize(
    ("keyword", "found", "missed"),
    [
        ("colou?r", "Color", "colr"),
        ("U.S", "UBS", "US"),
        ("(ab)+c", "ababc", "abb"),
        ("C++", "I write c++.", "I write c."),
        (":(", "sad :(", "sad :)"),
    ],
)
def test_keywords_are_patterns_where_they_can_be(keyword, found, missed):
    rule = constraints("2026")["keywords:existence"]
    rules = [(rule, rule.read({"keywords": [keyword]}))]
    assert [follow(text, rules, "strict") for text in (found, missed)] == [[True], [False]]


def test_pattern_that_repeats_groups_is_matched_in_linear_time():
    rule = constraints("2026")["keywords:existence"]
    rules = [(rule, rule.read({"keywords": ["(a+)+$"]}))]
    assert follow("a" * 50_000 + "b", rules, "strict") == [False]
