"""Choices, truth values, words, expressions: what a response picks and what it must not."""

from __future__ import annotations

from typing import Any

import pytest

from assay_verifiers.science import ScienceVerifier
from assay_verifiers.science.expression import right_hand_side
from assay_verifiers.science.gold import read_gold
from assay_verifiers.science.settings import Settings

VERIFIER = ScienceVerifier()
METALS = ["copper", "iron", "tin", "all of the above"]
SPEEDS = {"A": "5 m/s", "B": "6 m/s", "C": "A is faster", "D": "-6 m/s"}


def reason(gold: Any, response: str, **options: Any) -> str:
    return VERIFIER.check(response, gold, **options).reason


LETTERS = [
    ("B", "The answer is (B).", "match"), ("B", "b", "match"), ("B", r"\boxed{\text{B}}", "match"),
    ("B", "**B**", "match"), ("B", "Option B", "match"), ("(b)", "B", "match"),
    ("B", "B. 5 m/s", "match"), ("ACD", "A, C and D", "match"), ("A, C, D", "DCA", "match"),
    ("ACD", "(A), (C), (D)", "match"), ("ACD", "(A) x = 1, (C) y = 2 and (D) z", "match"),
    ("B", "C", "mismatch"), ("B", "A, B, C, D", "mismatch"), ("ACD", "AC", "mismatch"),
    ("ACD", "ABCD", "mismatch"), ("B", "A or B", "malformed"), ("B", "B/C", "malformed"),
    ("B", "(A) or (B)", "malformed"), ("B", "BB", "malformed"),
    ("B", "all of the above", "malformed"),
]  # fmt: skip


@pytest.mark.parametrize(("gold", "response", "why"), LETTERS)
def test_exactly_the_right_letters_must_be_named(gold: str, response: str, why: str) -> None:
    assert reason(gold, response, kind="choice") == why


CONTENTS = [
    ("B", METALS, "iron", "match"), ("B", METALS, "Iron.", "match"),
    ("B", METALS, "(B) iron", "match"),
    ("B", METALS, "B: iron", "match"), ("B", METALS, "(B) copper", "malformed"),
    ("B", METALS, "(A) iron", "malformed"), ("B", METALS, "copper", "mismatch"),
    ("B", METALS, "all of the above", "mismatch"), ("D", METALS, "all of the above", "match"),
    ("B", METALS, "iron or tin", "malformed"), ("B", METALS, "F", "malformed"),
    ("iron", METALS, "B", "match"), ("AC", METALS, "copper; tin", "match"),
    ("AC", METALS, "copper and tin", "match"), ("AC", METALS, "copper", "mismatch"),
    ("B", SPEEDS, "600 cm/s", "match"), ("B", SPEEDS, "(B) 5 m/s", "malformed"),
    ("B", SPEEDS, "(B) -6 m/s", "malformed"), ("C", SPEEDS, "A is faster", "match"),
    ("G", METALS, "G", "bad_gold"),
]  # fmt: skip


@pytest.mark.parametrize(("gold", "choices", "response", "why"), CONTENTS)
def test_content_counts_as_its_letter_and_never_against_it(
    gold: str, choices: Any, response: str, why: str
) -> None:
    assert reason({"value": gold, "choices": choices}, response) == why
    assert reason(gold, response, choices=choices) == why


OPEN = [
    ("B", METALS, "iron", "match"), ("B", METALS, "the iron", "match"),
    ("B", METALS, "B", "mismatch"),
    ("B", METALS, "tin", "mismatch"), ("B", SPEEDS, "6 m/s", "match"),
    ("B", SPEEDS, "B", "malformed"),
    ("AC", METALS, "copper", "bad_gold"),
]  # fmt: skip


@pytest.mark.parametrize(("gold", "choices", "response", "why"), OPEN)
def test_of_choices_never_shown_only_the_content_counts(
    gold: str, choices: Any, response: str, why: str
) -> None:
    assert reason({"value": gold, "choices": choices}, response, open_ended=True) == why


TRUTHS = [
    (True, "True", "match"), ("true", "Yes.", "match"), ("false", r"\boxed{\text{False}}", "match"),
    ("true", "false", "mismatch"), ("true", "true or false", "wrong_type"),
    (False, "0", "wrong_type"),
]  # fmt: skip


@pytest.mark.parametrize(("gold", "response", "why"), TRUTHS)
def test_a_truth_value_is_one_word(gold: Any, response: str, why: str) -> None:
    assert reason(gold, response) == why


def test_words_count_in_their_order_without_case_articles_and_hyphens() -> None:
    assert reason("membrane-bound enzyme", "Answer: The membrane bound enzyme.") == "match"
    assert reason("membrane-bound enzyme", "Answer: enzyme bound membrane") == "mismatch"
    assert reason("vitamin A", "Answer: vitamin") == "mismatch"


SIDES = [
    (r"v = \sqrt{2gh}", r"\sqrt{2gh}"), (r"p(\theta) = \frac{a}{b}", r"\frac{a}{b}"),
    (r"T = \frac{2\pi}{\omega} = 2\pi\sqrt{m/k}", r"2\pi\sqrt{m/k}"),
    (r"\vec{v} = u e^{-t}", "u e^{-t}"),
    ("y^{2} = x", "y^{2} = x"), ("2x = 5", "2x = 5"), (r"\sqrt{x} = 2", r"\sqrt{x} = 2"),
    ("a + b = c", "a + b = c"), (r"x \le 5", r"x \le 5"), ("5", "5"),
]  # fmt: skip


@pytest.mark.parametrize(("text", "side"), SIDES)
def test_a_mere_name_before_an_equals_sign_is_dropped(text: str, side: str) -> None:
    assert right_hand_side(text) == side


def test_another_index_is_another_quantity_and_another_letter_is_not() -> None:
    assert reason("T_1 = 2mg", "T_2 = 2mg", kind="expression") == "mismatch"
    assert reason("T_1 = 2mg", "T_{1} = 2mg", kind="expression") == "match"
    assert reason("v_f = 2mg", "u = 2mg", kind="expression") == "match"


KINDS = [
    ("9.81 m/s^2", "quantity"), ("12", "quantity"), ("[1, 2]", "quantity"), ("true", "boolean"),
    ("B", "choice"), ("(c)", "choice"), ("A, C", "choice"), ("ACD", "choice"), ("H2O", "formula"),
    ("NaCl", "formula"), ("CCl4", "formula"), ("NH4+", "formula"), ("CCO", "smiles"),
    ("c1ccccc1", "smiles"), ("H2 + O2 -> H2O2", "equation"), (r"v = \sqrt{2gh}", "expression"),
    ("mgh", "expression"), (r"\frac{q v B}{m}", "expression"), ("exchange value", "text"),
]  # fmt: skip


@pytest.mark.parametrize(("gold", "kind"), KINDS)
def test_the_kind_of_an_undeclared_gold(gold: str, kind: str) -> None:
    assert read_gold(gold, Settings()).kind == kind


BAD_GOLDS: list[Any] = [None, [], {}, {"value": None}, {"value": ""}, {"value": 1, "gold": 1},
                        {"value": 1, "unit": "m)"}, {"value": 1, "unit": 5},
                        {"value": "x", "kind": "?"},
                        {"value": "B", "choices": ["one"]}, {"value": "x" * 20_000}]  # fmt: skip


@pytest.mark.parametrize("answer", BAD_GOLDS)
def test_an_unusable_gold_is_undecided(answer: Any) -> None:
    assert reason(answer, "5") == "bad_gold"


def test_a_response_of_a_megabyte_is_refused_by_its_length() -> None:
    assert reason("5 m", "5 m " * 300_000) == "too_long"


async def test_the_first_quantity_is_judged_off_the_event_loop() -> None:
    verdict = await VERIFIER.verify("The answer is 500 cm.", "5 m")
    assert (verdict.reason, verdict.seconds > 0) == ("match", True)


async def test_an_expression_is_left_to_the_math_verifier() -> None:
    same = await VERIFIER.verify(r"\boxed{v = \frac{2a}{4b}}", r"v = \frac{a}{2b}", deadline_s=60.0)
    other = await VERIFIER.verify(r"\boxed{v = \frac{a}{b}}", r"v = \frac{a}{2b}", deadline_s=60.0)
    assert (same.reason, other.reason) == ("match", "mismatch")
