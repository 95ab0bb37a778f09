"""Pieces: all pieces and tests by name, which a program's certificate names them by."""

from __future__ import annotations

from collections.abc import Mapping

from assay_envs.code.list_pieces import LIST_PIECES
from assay_envs.code.number_pieces import NUMBER_PIECES
from assay_envs.code.piece import NUMBER, NUMBERS, TEXT, WORDS, Piece, Test
from assay_envs.code.text_pieces import TEXT_PIECES, WORDS_PIECES

PIECES: Mapping[str, Piece] = {
    piece.name: piece for piece in (*LIST_PIECES, *NUMBER_PIECES, *TEXT_PIECES, *WORDS_PIECES)
}

_TESTS = (
    Test("long", NUMBERS, "the list has more than {k} elements", "len({i}) > {k}",
         {"k": range(2, 6)}),
    Test("odd_sum", NUMBERS, "the sum of the numbers is odd", "sum({i}) % 2 == 1"),
    Test("holds", NUMBERS, "some number is greater than {k}", "any(x > {k} for x in {i})",
         {"k": range(4, 20)}),
    Test("falls", NUMBERS, "the list is not empty and its first element is greater than its last",
         "len({i}) > 0 and {i}[0] > {i}[-1]"),
    Test("even", NUMBER, "the number is even", "{i} % 2 == 0"),
    Test("above", NUMBER, "the number is greater than {k}", "{i} > {k}", {"k": range(3, 40)}),
    Test("long_text", TEXT, "the text has more than {k} characters", "len({i}) > {k}",
         {"k": range(5, 14)}),
    Test("lower_first", TEXT, "the text begins with one of the letters a to z",
         "{i}[:1].islower()"),
    Test("many_words", WORDS, "there are more than {k} words", "len({i}) > {k}",
         {"k": range(1, 4)}),
)  # fmt: skip

TESTS: Mapping[str, Test] = {test.name: test for test in _TESTS}
