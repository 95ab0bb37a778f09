"""What leaves the question undone is not paid, however equal it is; what is worked out is."""

from __future__ import annotations

import pytest

from assay_datasets import InputError
from assay_envs.math.worked_out import WorkedOut, is_worked_out

WRITTEN = [
    "5", "-5", "1,250", "2.75", "0.1(6)", "-3/4", r"\frac{-3}{4}", r"-\frac34", "3 1/2", "75%",
    "10^6", "1.5*10^3", r"-2.5 \times 10^{-4}", "5 apples", "x = 5", "5 = x", "37*48 = 1776",
    "(1, -2/3)", "x = 1, y = 2", "x = -3/2 or x = 2", "{1, 2}", r"\pm 3", "2:3",
    "(-inf, 2] U [5, inf)", r"x \in (1, 3]", "x < 2 or 5 <= x", r"\mathbb{R} \setminus \{2\}",
    "no solution",
]  # fmt: skip
CLOSED = [
    "2 + 3i", "2 - sqrt(3), 2 + sqrt(3)", r"\frac{5 \pm \sqrt{13}}{2}", "ln(2)/3", "log_3(20)",
    "y = 3x - 5", "-6*sin(6x - 2)*e^(2x)", r"2e^{3x}\cos x", "14*(e^(2/7*pi) + 1)/53", "|x|",
    r"\arctan 2", r"\sqrt[3]{5}", "x > ln(2)",
]  # fmt: skip
UNDONE = [
    r"\int_0^1 x^2 dx", r"\lim_{x \to 0} \frac{\sin x}{x}", r"\sum_{k=1}^{10} k",
    r"\prod_{k=1}^{5} k", "7^100 mod 13", "C(5, 2)", r"\binom{5}{2}", "5!", "gcd(12, 18)",
    "max(3, 5)", r"\lfloor 7/2 \rfloor", "3x - 7 < 5", "x^2 < 4", "37*48 = x mod 100",
]  # fmt: skip


@pytest.mark.parametrize("text", WRITTEN)
def test_numbers_as_such_are_worked_out_in_both_forms(text: str) -> None:
    assert is_worked_out(text, "number")
    assert is_worked_out(text, "closed")


@pytest.mark.parametrize("text", CLOSED)
def test_expressions_are_worked_out_only_where_a_closed_form_is_asked(text: str) -> None:
    assert is_worked_out(text, "closed")
    assert not is_worked_out(text, "number")


@pytest.mark.parametrize("text", UNDONE)
def test_operations_of_the_question_are_never_worked_out(text: str) -> None:
    assert not is_worked_out(text, "closed")
    assert not is_worked_out(text, "number")


PAID = [
    ("1776", "So the answer is 37*48 = 1776.", "number", "correct", "match"),
    ("1776", "37*48", "number", "incorrect", "wrong_format"),
    ("1776", r"\boxed{37 \cdot 48}", "number", "incorrect", "wrong_format"),
    ("1776", "37*48 = x", "number", "incorrect", "wrong_format"),
    ("1776", r"37*48 \approx 1776", "number", "incorrect", "wrong_format"),
    ("1776", "1777", "number", "incorrect", "mismatch"),
    ("1776", "<think>1776</think>", "number", "incorrect", "no_answer"),
    ("1/3", r"$\int_0^1 x^2 dx$", "closed", "incorrect", "wrong_format"),
    ("1/3", r"\frac{2}{6}", "closed", "correct", "match"),
    ("(-inf, 4)", "x < 4", "number", "correct", "match"),
    ("(-inf, 4)", "3x - 7 < 5", "number", "incorrect", "wrong_format"),
    ("(3, -2)", "x = 3 and y = -2", "number", "correct", "match"),
    ("(3, -2)", "(-2, 3)", "number", "incorrect", "mismatch"),
    ("e^(6)", r"\exp(6)", "closed", "correct", "match"),
    ("cos(x)*ln(x)*sin(3x) + sin(x)*sin(3x)/x + 3*sin(x)*ln(x)*cos(3x)",
     "3*sin(x)*ln(x)*cos(3x) + sin(x)*sin(3x)/x + cos(x)*ln(x)*sin(3x)", "closed", "correct",
     "match"),
]  # fmt: skip


@pytest.mark.parametrize(("gold", "response", "form", "outcome", "reason"), PAID)
async def test_verdicts(gold: str, response: str, form: str, outcome: str, reason: str) -> None:
    verifier = WorkedOut()
    for verdict in (
        verifier.check(response, gold, form=form),
        await verifier.verify(response, gold, form=form),
    ):
        assert (verdict.outcome, verdict.reason) == (outcome, reason)


@pytest.mark.parametrize("text", ["9" * 70_000, "1" * 1_100_000, "(" * 40_000, "1+" * 20_000 + "1"])
def test_what_is_too_long_or_too_deep_is_incorrect(text: str) -> None:
    assert WorkedOut().check(text, "5").outcome == "incorrect"


@pytest.mark.parametrize("options", [{"form": "prose"}, {"form": None}, {"tolerence": 0.1}])
def test_options_that_are_none_are_refused(options: dict[str, object]) -> None:
    with pytest.raises(InputError):
        WorkedOut().check("5", "5", **options)
