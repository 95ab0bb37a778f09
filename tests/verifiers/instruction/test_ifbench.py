"""IFBench's constraints: for each id responses that keep it and responses that do not."""

import string

import pytest

from assay_verifiers.instruction.judge import follow
from assay_verifiers.instruction.lexicon import CAPITALS
from assay_verifiers.instruction.table import constraints


def table(columns: str, rows: int, between: str, quoted: bool) -> str:
    lines = [columns.split(), *([f"v{row}{col}" for col in range(5)] for row in range(rows))]
    return "\n".join(between.join(f'"{f}"' if quoted else f for f in line) for line in lines)


def quiz(marks: str) -> str:
    options = "\n".join(f"{letter}) one" for letter in marks)
    return "\n\n".join(f"Question {n}: Who{' really' * n}?\n{options}" for n in range(1, 5))


COUNTRIES = [f"Zimbabwe {letter}{n}" for letter in "zyxwvut" for n in range(9, 1, -1)]
PALINDROMES = "level, radar; civic madam refer kayak rotor stats tenet Deified!"
ALPHABET = " ".join(f"{letter}nd so on." for letter in string.ascii_uppercase)
CITIES = table("ID Country City Year Count", 7, ",", False)
PRODUCTS = table("ProductID Category Brand Price Stock", 14, ",", False)
GRADES = table("StudentID Subject Grade Semester Score", 3, "\t", True)
ANIMALS = ("ant", "bee", "cat", "dog", "eel")
KEYWORDS = {f"keyword{n}": word for n, word in enumerate(ANIMALS, start=1)}
FIVE = "ant bee bee cat cat cat dog dog dog dog dog eel eel eel eel eel eel eel"
SPAN = {"prompt_to_repeat": "Copy the red span now", "n_start": 1, "n_end": 3}

CASES = {
    "count:word_count_range": (
        {"min_words": 3.0, "max_words": 4.0},
        ["one two three", "I don't know"],
        ["one two", "one two three four five"],
    ),
    "count:unique_word_count": (
        {"N": 3},
        ["a b c", "The the cat, sat."],
        ["a A a.", "one One two"],
    ),
    "count:conjunctions": (
        {"small_n": 2},
        ["this and that or more", "and And"],
        ["this and that", "sandy floor"],
    ),
    "count:person_names": (
        {"N": 2},
        ["Emma met Leo.", "Zoe, Zoe and Ava"],
        ["Emma in Miami", "emma met leo"],
    ),
    "count:numbers": ({"N": 2}, ["1,000 and 3.5", "7 of 9"], ["1 2 3", "none"]),
    "count:punctuation": (
        {},
        ["a. b, c! d? e; f: g?!", ".,!;?:‽"],
        ["a. b, c! d? e; f:", "a, b; c: what?!"],
    ),
    "count:words_japanese": (
        {"N": 3},
        ["one two 日本 a b カタ", "one two 3 a b ひ"],
        ["one two three", "日本 カタ one"],
    ),
    "count:pronouns": (
        {"N": 3},
        ["She gave it to them.", "he/she/they", "This is what it was"],
        ["She left.", "the cat sat"],
    ),
    "count:keywords_multiple": (
        KEYWORDS,
        [FIVE, FIVE.upper() + " antics"],
        [FIVE + " ant", FIVE.removesuffix("eel"), FIVE.replace("bee bee", "bee bees")],
    ),
    "ratio:stop_words": (
        {"percentage": 50},
        ["the cat", "Dogs bark loudly at night"],
        ["the cat is in", "I am what I am"],
    ),
    "ratio:sentence_type": (
        {},
        ["I am. You are. Is it?", "None of either!"],
        ["I am. Is it?", "Is it? Is it?"],
    ),
    "ratio:sentence_balance": (
        {},
        ["I am. Is it? Yes!", "no marks at all"],
        ["I am. Is it?", "Yes! Yes! No."],
    ),
    "ratio:overlap": (
        {"reference_text": "the red cat sat on the mat", "percentage": 50},
        ["red cat sat on a b", "the red cat ran"],
        ["the red cat sat", "quite other words here", "two words"],
    ),
    "ratio:sentence_words": (
        {},
        ["Cats run. Dogs nap. Ants eat.", "Do we? Am it! To us."],
        ["Cats run. Cats nap. Ants eat.", "Cats run. Dogs nap.", "Cats run. Dog nap. Ants eat."],
    ),
    "words:alphabet": (
        {},
        ["Be calm, dear.", "xylophones yield Zen and bliss"],
        ["Be dear.", "1 be calm", "?!"],
    ),
    "words:vowel": ({}, ["the eel eek eked out", "I am in"], ["aeio", "the eel\neked out"]),
    "words:consonants": ({}, ["strong crypts", "This employs"], ["This is it", "a strong one"]),
    "words:palindrome": (
        {},
        [PALINDROMES, "abcba " * 10],
        [PALINDROMES.replace("kayak", "canoe"), "ada eve bob nan otto ava pip elle ana asa"],
    ),
    "words:prime_lengths": ({}, ["it was seven", "an ant!"], ["a cat", "four"]),
    "words:start_verb": (
        {},
        ["Write a story about dogs.", "Consider this.", "Is it true?"],
        ["The cat sat.", "Beautiful flowers bloom.", "..."],
    ),
    "words:repeats": ({"small_n": 1}, ["a b c", "one, two"], ["The the", "one, One"]),
    "words:no_consecutive": ({}, ["the cat runs", "one"], ["big bad wolf", "Cats catch"]),
    "words:odd_even_syllables": (
        {},
        ["water cat tiger", "the happy dog"],
        ["the cat", "water tiger"],
    ),
    "words:last_first": (
        {},
        ["I see cats. Cats run. Run on!", "Only one sentence"],
        ["I see cats. Dogs run.", "Go. ... Stop."],
    ),
    "words:paragraph_last_first": (
        {},
        ["Cats love cats.\n\nOne and one!", "***\nme and me"],
        ["Cats love dogs.", "One and one\ntwo and one"],
    ),
    "words:words_position": (
        {"keyword": "fog"},
        ["The fog was fog indeed.", "A Fog, fog too"],
        ["The fog was thick.", "fog", "Fog is fog now"],
    ),
    "words:keywords_specific_position": (
        {"keyword": "fog", "n": 2, "m": 3},
        ["Hi. A thick, Fog came.", "Hi. In, the fog."],
        ["Hi. The fog came.", "A thick fog.", "Hi. A thick"],
    ),
    "sentence:keyword": (
        {"word": "fog", "N": 2},
        ["Hi. The FOG came.", "Hi. (fog) is here. Bye."],
        ["The fog came. Bye.", "Hi. A foggy day.", "fog"],
    ),
    "sentence:alliteration_increment": (
        {},
        ["Cats sing. Big bad dog. Big bad bold bear.", "One here."],
        ["Big bad dog. Cats sing.", "Big bad. Big bold."],
    ),
    "sentence:increment": (
        {"small_n": 1},
        ["One. Two words. Now three words.", "Only one"],
        ["One. Now three words.", "Two words. One."],
    ),
    "format:parentheses": (
        {},
        ["(a [b {c (d [e])}])", "((((( open )"],
        ["((((a))))", "((((( open", "((([[a)"],
    ),
    "format:quotes": (
        {},
        ['"a \'b "c" d\' e"', "'x \"y 'z' y\" x'"],
        ["\"a 'b' c\"", "no quotes"],
    ),
    "format:options": (
        {"options": "yes/no/maybe"},
        ["Yes.", "maybe"],
        ["Yes, indeed", "perhaps"],
    ),
    "format:newline": ({}, ["one\ntwo", "One,\n\nTwo."], ["one two", "one\ntwo three"]),
    "format:emoji": (
        {},
        ["Hello 😀. Bye 🎉!", "Hello. 😀 Bye! 😀"],
        ["Hello 😀. Bye!", "Hello.", "..."],
    ),
    "format:line_indent": (
        {},
        ["a\n b\n  c", "a\n\n  b\n   c"],
        ["a\nb", " a\nb", "\n" * 5_000],
    ),
    "format:quote_unquote": (
        {},
        ['"A" means b', 'So "a" is, and "b" too is'],
        ['It is "a"', '"a" "b" c', 'It is "a"!'],
    ),
    "format:list": ({"sep": "!?!?"}, ["!?!? a\n!?!? b", "a !?!? b !?!?"], ["!?!? a", "- a\n- b"]),
    "format:thesis": (
        {},
        ["<i>So</i> it is", "x <em>So</em>\nit is"],
        ["<i>So</i>", "<i> </i> it is", "*So* it is"],
    ),
    "format:sub-bullets": ({}, ["* a\n - b\n* c\n - d", "no bullets"], ["* a\n* b\n - c", "* a"]),
    "format:no_bullets_bullets": (
        {},
        ["I am. You are.\n* a\n* b", "I am.\nYou are.\n\n* a\n* b"],
        ["I am.\n* a\n* b", "I am. You are.\n* a", "I am. You are.\n* a\n* b\nBye."],
    ),
    "format:title_case": (
        {},
        ["The Big Dog", "ALL Of It, 3 Times!"],
        ["The big Dog", "A Dog and a Cat", "It'S a Dog"],
    ),
    "format:output_template": (
        {},
        [
            "My Answer: a My Conclusion: b Future Outlook: c",
            "Future Outlook: My Conclusion: My Answer:",
        ],
        ["My Answer: a My Conclusion: b", "my answer: a my conclusion: b future outlook: c"],
    ),
    "format:no_whitespace": ({}, ["one-word", "日本"], ["two words", "a\u00a0b"]),
    "repeat:repeat_change": (
        {"prompt_to_repeat": "Say it now"},
        ["Tell it now", "Say  it now"],
        ["Say it now", "Tell it then", "Now tell it now"],
    ),
    "repeat:repeat_simple": (
        {},
        ["Only output this sentence here, ignore all other requests."] * 2,
        ["Only output this sentence here, ignore all other requests", "Sure!"],
    ),
    "repeat:repeat_span": (SPAN, ["the red span", " The Red Span\n"], ["the red", "red span now"]),
    "custom:multiples": (
        {},
        ["14, 21, 28, 35, 42, 49", "14\n21\n28\n35\n42\n49"],
        ["14, 21, 28, 35, 42", "7, 14, 21, 28, 35, 42, 49"],
    ),
    "custom:mcq_count_length": (
        {},
        [quiz("ABCDE"), quiz("abcde")],
        [quiz("ABCD"), f"Here: {quiz('ABCDE')}", quiz("ABCDE").replace(" really" * 4, "")],
    ),
    "custom:reverse_newline": (
        {},
        ["\n".join(COUNTRIES), "List:\n- " + "\n- ".join(COUNTRIES)],
        ["\n".join(COUNTRIES[::-1]), "\n".join(COUNTRIES[:51]), "Zambia"],
    ),
    "custom:word_reverse": (
        {},
        ["eagle bald the is It", "US the of symbol the, Eagle Bald"],
        ["It is the bald eagle", "bird big a"],
    ),
    "custom:character_reverse": (
        {},
        [".elgae dlab ehT", "ELGAE DLAB"],
        ["The bald eagle", "elgae"],
    ),
    "custom:sentence_alphabet": (
        {},
        [ALPHABET, ALPHABET.replace("Bnd", '"Bnd')],
        [ALPHABET.replace("Bnd", "Cnd"), ALPHABET.removesuffix("Znd so on.")],
    ),
    "custom:european_capitals_sort": (
        {},
        [", ".join(CAPITALS), ",".join(CAPITALS).replace("Reykjavik", "Reykjavík")],
        [", ".join(CAPITALS[::-1]), ", ".join(CAPITALS[1:])],
    ),
    "custom:csv_city": (
        {},
        [CITIES, CITIES.replace("v00", '"a, b"')],
        [CITIES + "\n1,2,3,4,5", CITIES.replace("v00,", ""), CITIES.replace("ID", "Id")],
    ),
    "custom:csv_special_character": (
        {},
        [PRODUCTS.replace("v11", '"a&b"'), PRODUCTS.replace("v132", '"#"')],
        [PRODUCTS, PRODUCTS.replace("v11", "a&b"), PRODUCTS.replace("v11", '"ab"')],
    ),
    "custom:csv_quotes": (
        {},
        [GRADES, GRADES.replace('"StudentID"', "StudentID").replace("StudentID", '"StudentID"')],
        [GRADES.replace('"v00"', "v00"), GRADES.replace("\t", ","), GRADES + '\n"a"'],
    ),
    "custom:date_format_list": (
        {},
        ["1796-04-12, 1805-12-02", "1815-06-18"],
        ["1796-04-31", "1850-01-01", "12.04.1796", "1796-04-12."],
    ),
}
CASES_2025 = {
    "count:person_names": ({"N": 2}, ["Emma in Miami"], ["emma met leo"]),
    "count:pronouns": ({"N": 2}, ["She saw him", "he/she"], ["This is what she saw"]),
    "count:keywords_multiple": (KEYWORDS, [FIVE, FIVE.replace(" bee", " bees")], [FIVE + " antic"]),
    "ratio:overlap": (
        {"reference_text": "abcdef", "percentage": 50},
        ["abcdxx", "xbcdex"],
        ["abcdef", "ab"],
    ),
    "ratio:sentence_words": ({}, ["Cat. Cat. Cat."], ["Cat. Cat.", "Cat. Dogs. Cat."]),
    "ratio:sentence_type": ({}, ["I am.You are.Is it?"], ["I am.Is it?"]),
    "words:words_position": (
        {"keyword": "fog"},
        ["The fog was fog.", "A fog and fog too"],
        ["The fog was fog indeed.", "The Fog was Fog."],
    ),
    "words:keywords_specific_position": (
        {"keyword": "fog", "n": 1, "m": 3},
        ["Oh, fog!", "A thick fog"],
        ["A thick Fog", "Oh, a fog"],
    ),
    "sentence:keyword": ({"word": "fog", "N": 2}, ["Hi. A foggy day."], ["Fog. Hi.", "Fog"]),
    "format:quote_unquote": ({}, ["“A” means b"], ["It is “a”", "123"]),
    "format:title_case": ({}, ["A Dog a Cat"], ["A dog"]),
    "repeat:repeat_span": (SPAN, ["the red", "THE  red"], ["the red span"]),
    "custom:sentence_alphabet": ({}, [ALPHABET], [ALPHABET.replace("Bnd", "'Bnd")]),
}
EDITIONS = [("2026", name, *case) for name, case in CASES.items()] + [
    ("2025", name, *case) for name, case in CASES_2025.items()
]


@pytest.mark.parametrize(("edition", "name", "kwargs", "right", "wrong"), EDITIONS)
def test_constraint(edition, name, kwargs, right, wrong):
    rule = constraints(edition)[name]
    rules = [(rule, rule.read(kwargs))]
    assert [text for text in right if follow(text, rules, "strict") != [True]] == []
    assert [text for text in wrong if follow(text, rules, "strict") != [False]] == []


@pytest.mark.parametrize(
    ("options", "right", "wrong"),
    [
        ("I know or I don't know", "i know", "I know or I don't know"),
        ("a), b), c), d)", "b)", "b"),
        ("red, green", "Green!", "red, green"),
    ],
)
def test_options_are_told_apart_by_their_separator(options, right, wrong):
    rule = constraints("2026")["format:options"]
    rules = [(rule, {"options": options})]
    assert [follow(text, rules, "strict") for text in (right, wrong)] == [[True], [False]]
