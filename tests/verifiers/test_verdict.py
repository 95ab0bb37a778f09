"""Verdict: three outcomes, closed reasons, and no contradiction between them."""

from __future__ import annotations

import json
from typing import get_args

import pytest
from hypothesis import given
from hypothesis import strategies as st

from assay_verifiers import Outcome, Verdict, visible_text
from assay_verifiers.verdict import IncorrectReason, Reason, UndecidedReason

REASONS = ["match", *get_args(IncorrectReason), *get_args(UndecidedReason)]


@given(
    outcome=st.sampled_from(get_args(Outcome)),
    score=st.floats(),
    reason=st.sampled_from(REASONS),
)
def test_a_verdict_stands_only_if_reason_outcome_and_score_agree(
    outcome: Outcome, score: float, reason: Reason
) -> None:
    meant = (
        "correct"
        if reason == "match"
        else "undecided"
        if reason in get_args(UndecidedReason)
        else "incorrect"
    )
    if outcome == meant and 0 <= score <= 1:
        assert Verdict(outcome, score, reason).reason == reason
    else:
        with pytest.raises(ValueError, match="inconsistent"):
            Verdict(outcome, score, reason)


def test_json_holds_every_field() -> None:
    record = json.loads(json.dumps(Verdict.incorrect("partial", 0.5, passed=1).to_json()))
    assert record == {
        "outcome": "incorrect",
        "score": 0.5,
        "reason": "partial",
        "detail": {"passed": 1},
        "seconds": 0.0,
    }


@pytest.mark.parametrize(
    ("response", "visible"),
    [
        ("6", "6"),
        ("<think>5</think>6", "6"),
        ("<think>5</think><think>7</think>6", "6"),
        ("thinking without an opening tag</think>6", "6"),
        ("<think>5", ""),
        ("6<think>7", "6"),
        ("<think>5</think>", ""),
    ],
)
def test_thinking_is_never_visible(response: str, visible: str) -> None:
    assert visible_text(response) == visible
