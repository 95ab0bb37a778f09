"""TextVerifier: normalised equality and exact numbers."""

from __future__ import annotations

from typing import Any

import pytest

from assay_datasets import InputError
from assay_verifiers import Verifier
from assay_verifiers.math import MathVerifier
from assay_verifiers.text import TextVerifier

CASES: list[tuple[str, Any, str, str]] = [
    ("Paris", "paris", "exact", "match"),
    ("<think>Rome</think>\n  Paris \n", "Paris", "exact", "match"),
    ("Paris  is", "Paris is", "exact", "match"),
    ("Paris", ["London", "Paris"], "exact", "match"),
    ("Paris or London", "Paris", "exact", "mismatch"),
    ("<think>Paris</think>", "Paris", "exact", "no_answer"),
    ("0.50", "1/2", "numeric", "match"),
    ("1,000", 1000, "numeric", "match"),
    ("0.33", "1/3", "numeric", "mismatch"),
    ("many", 3, "numeric", "malformed"),
    ("x" * 100_001, "x", "exact", "too_long"),
    ("x", 3, "exact", "bad_gold"),
    ("x", [], "exact", "bad_gold"),
    ("3", "three", "numeric", "bad_gold"),
    ("3", True, "numeric", "bad_gold"),
]


@pytest.mark.parametrize(("response", "answer", "metric", "reason"), CASES)
def test_text_is_judged_by_its_metric(response: str, answer: Any, metric: str, reason: str) -> None:
    assert TextVerifier().check(response, answer, metric=metric).reason == reason


@pytest.mark.parametrize("metric", ["bleu", ["exact"]])
def test_an_unknown_metric_is_the_callers_mistake(metric: Any) -> None:
    with pytest.raises(InputError, match="exact, numeric"):
        TextVerifier().check("a", "a", metric=metric)


@pytest.mark.parametrize(
    ("verifier", "known"), [(TextVerifier(), "known: metric"), (MathVerifier(), "it has none")]
)
def test_an_unknown_option_is_never_ignored(verifier: Verifier, known: str) -> None:
    with pytest.raises(InputError, match=rf"'{verifier.name}' has no option 'unit'; {known}"):
        verifier.check("a", "a", unit="m")
