"""Changed standard input keeps the layout that the examples show."""

from __future__ import annotations

from random import Random

import pytest

from assay_verifiers.testmaking import stdin


def many(examples: list[str], count: int = 200) -> list[str]:
    layout, random = stdin.layout_of(examples), Random(1)  # noqa: S311 - no secret
    made = []
    for number in range(count):
        text = examples[number % len(examples)]
        made.append(stdin.changed(text, layout, random))
        made.append(stdin.redrawn(text, layout, random))
    return made + [edge for text in examples for edge in stdin.edges(text, layout)]


def words(line: str) -> list[str]:
    return line.split()


LIST = ["3\n1 2 3\n", "2\n10 5\n", "5\n7 7 1 9 2\n"]
QUERIES = ["2\n1 5\n2 6\n", "3\n1 1\n5 5\n2 9\n"]
TREE = ["3\n1 2\n2 3\n", "5\n1 2\n1 3\n3 4\n4 5\n"]
BLOCKS = ["2\n3 1\nab c\n1 1\nd e\n", "1\n9 9\nx y\n"]
WORD = ["3\nabc\n", "5\nabcde\n"]
PIXELS = ["2 3\n010\n111\n", "3 2\n01\n10\n00\n"]
BOTH = ["3\n1 0 2\n1 2\n2 3\n", "4\n0 0 0 1\n1 2\n2 3\n3 4\n"]

HOLDS = [
    ("words of the next line", LIST, lambda t: int(t[0]) == len(words(t[1]))),
    ("lines", QUERIES, lambda t: int(t[0]) == len(t) - 1),
    ("lines less one", TREE, lambda t: int(t[0]) == len(t)),
    ("blocks of lines", BLOCKS, lambda t: 2 * int(t[0]) == len(t) - 1),
    ("letters", WORD, lambda t: int(t[0]) == len(t[1])),
    ("rows of digits", PIXELS, lambda t: int(words(t[0])[0]) == len(t) - 1),
    ("words, and lines after them", BOTH, lambda t: int(t[0]) == len(words(t[1])) == len(t) - 1),
]


@pytest.mark.parametrize(("name", "examples", "holds"), HOLDS, ids=[row[0] for row in HOLDS])
def test_counts_stay_those_of_what_they_count(
    name: str, examples: list[str], holds: object
) -> None:
    made = many(examples)
    sizes = {text.split("\n")[0] for text in made}
    for text in made:
        assert holds(text.rstrip("\n").split("\n")), (name, text)  # type: ignore[operator]
    assert len(sizes) > len(examples)  # and counts do change


def test_numbers_stay_in_their_columns_range_and_below_their_ceiling() -> None:
    for text in many(TREE):
        first, *lines = text.split()
        assert all(1 <= int(token) <= max(int(first), 1) for token in lines), text


def test_the_form_of_a_token_is_kept() -> None:
    for text in many(["1.50 ab -3\n", "2.25 ba 7\n"]):
        number, word, whole = text.split()
        assert len(number.partition(".")[2]) == 2
        assert set(word) <= set("ab")
        assert len(word) == 2
        assert -3 <= int(whole) <= 7


def test_changes_are_many_and_depend_on_the_seed_alone() -> None:
    assert len(set(many(LIST))) > 100
    assert many(LIST) == many(LIST)


def test_odd_texts_are_no_trouble() -> None:
    for examples in (["\n"], ["", "1\n"], ["a" * 1000], ["\n\n3\n"], ["9" * 500 + "\n"]):
        assert many(examples, 5)
