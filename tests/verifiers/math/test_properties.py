"""Properties of equality on any text: symmetric, never raising, blind to how a value is written."""

from __future__ import annotations

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from assay_verifiers.math.comparison import Rules
from assay_verifiers.math.parser import parse
from assay_verifiers.math.tree import Hard, Malformed, TooCostly
from assay_verifiers.math.verifier import BadGold, WrongUnit, equal_texts

PIECES = st.sampled_from(
    [*"0123456789xynkie+-*/^_=<>()[]{}|,;:!%.'&", "\\frac", "\\sqrt", "\\pm", "\\{", "\\}",
     "\\text{ m}", "\\cup", "\\infty", "\\le", "\\sin", "\\binom", "\\log_", "^{", "_{", "\\left(",
     "\\right)", "\\begin{pmatrix}", "\\end{pmatrix}", "\\\\", "\\circ", "\\overline", " or ",
     "\\sum_{k=1}^{9}", "\\lfloor", "\\rfloor", "\\mathbb{R}", "1e99", "½", "√", "٣", "\\$"]
)  # fmt: skip
TEXTS = st.lists(PIECES, max_size=14).map("".join)


def _assert_symmetric(one: str, other: str) -> None:
    assume(("%" in one) == ("%" in other))  # a gold's percent sign may be left out, not put in
    assert _equal(one, other) == _equal(other, one)


def _equal(one: str, other: str) -> bool | None:
    """Equality, or None where it cannot be had; any other exception is the test's to see."""
    try:
        return equal_texts(one, other, Rules())
    except (BadGold, Malformed, Hard, TooCostly, WrongUnit):
        return None


@given(TEXTS, TEXTS)
def test_equality_is_symmetric_on_any_two_texts(one: str, other: str) -> None:
    _assert_symmetric(one, other)


@given(TEXTS, st.integers(0, 40), PIECES)
def test_equality_is_symmetric_on_neighbours(text: str, at: int, piece: str) -> None:
    _assert_symmetric(text, text[:at] + piece + text[at:])


@given(st.text(max_size=80), st.text(max_size=80))
def test_no_text_is_too_strange(one: str, other: str) -> None:
    assert _equal(one, other) in (True, False, None)


LEAVES = st.sampled_from(["2", "3", "0.5", "x", "y", "n", "\\pi", "\\sqrt{2}", "\\frac{1}{3}"])
EXPRESSIONS = st.recursive(
    LEAVES,
    lambda inner: st.one_of(
        st.tuples(inner, inner).map("({0[0]}+{0[1]})".format),
        st.tuples(inner, inner).map("({0[0]}-{0[1]})".format),
        st.tuples(inner, inner).map("{0[0]}\\cdot {0[1]}".format),
        inner.map("({})^2".format),
        inner.map("\\sin({})".format),
    ),
    max_leaves=6,
)


@given(EXPRESSIONS, EXPRESSIONS)
def test_an_expression_equals_its_rewritings_and_not_its_neighbours(one: str, other: str) -> None:
    written = f"{one}+{other}"
    assert _equal(written, f"{other}+({one})")
    assert _equal(written, f"\\frac{{2({one})+2({other})}}{{2}}")
    assert _equal(f"({one})({other})", f"\\left({other}\\right)\\cdot({one})")
    assert not _equal(written, f"{written}+1")
    assert not _equal(written, f"{written}+10^{{-40}}")


BOMBS = [
    "9^" * 50 + "9", "(" * 5_000, "((" * 500 + "x" + "))" * 500, "\\frac" * 2_000, "{" * 5_000,
    "|" * 3_000, "1e999999999", "\\sqrt{" * 500 + "2" + "}" * 500, "1," * 3_000, "x_" * 2_000,
    "\\sum_{k=1}^{10^9} k", "(x+1)^{99999}", "10^{10^{10}}", "'" * 4_000, "2!" * 1_000,
    "\\begin{pmatrix}" * 300, "-" * 4_000 + "1", "\\text{" * 1_000, "0.(" * 2_000, "1 " * 3_000,
]  # fmt: skip


@pytest.mark.parametrize("bomb", BOMBS)
def test_a_bomb_is_neither_read_for_long_nor_equal(bomb: str) -> None:
    assert _equal("7", bomb) is not True
    assert _equal(bomb, "7") is not True


def test_brackets_that_hold_everything_are_no_depth() -> None:
    assert parse("(" * 3_000 + "5" + ")" * 3_000) == parse("(5)")
