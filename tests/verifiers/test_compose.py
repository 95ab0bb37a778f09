"""ComposedVerifier: three-valued joining, gates, and answers that say too much."""

from __future__ import annotations

from itertools import product
from typing import Any

import pytest

from assay_datasets import InputError, Json
from assay_verifiers import Verdict, Verifier
from assay_verifiers.compose import ComposedVerifier

_SAID = {
    "c": Verdict.correct(),
    "i": Verdict.incorrect("mismatch"),
    "p": Verdict.incorrect("partial", 0.5),
    "u": Verdict.undecided("sandbox_failed"),
}


class _Fixed(Verifier):
    """Says what its answer asks it to say."""

    name = "fixed"

    def check(self, response: str, answer: Json, **options: Json) -> Verdict:
        return _SAID[str(answer)]


async def judged(answer: Any, response: str = "some text", **options: Json) -> Verdict:
    verifier = ComposedVerifier({"fixed": _Fixed()})
    try:
        return await verifier.verify(response, answer, **options)
    finally:
        await verifier.close()


def parts(said: str) -> list[dict[str, Any]]:
    return [{"verifier": "fixed", "answer": letter} for letter in said]


JOINED = [
    ("all", "cc", "correct", 1.0),
    ("all", "ci", "incorrect", 0.0),
    ("all", "cp", "incorrect", 0.5),
    ("all", "cu", "undecided", 0.0),
    ("all", "iu", "incorrect", 0.0),
    ("any", "ci", "correct", 1.0),
    ("any", "iu", "undecided", 0.0),
    ("any", "cu", "correct", 1.0),
    ("any", "ip", "incorrect", 0.5),
    ("weighted", "cc", "correct", 1.0),
    ("weighted", "cp", "incorrect", 0.75),
    ("weighted", "ii", "incorrect", 0.0),
    ("weighted", "cu", "undecided", 0.0),
]


@pytest.mark.parametrize(("mode", "said", "outcome", "score"), JOINED)
async def test_parts_join_in_three_valued_logic(
    mode: str, said: str, outcome: str, score: float
) -> None:
    verdict = await judged({"mode": mode, "parts": parts(said)})
    assert (verdict.outcome, verdict.score) == (outcome, score)
    assert [part["outcome"] for part in verdict.detail["parts"]] == [  # type: ignore[index, union-attr]
        _SAID[letter].outcome for letter in said
    ]


@pytest.mark.parametrize("mode", ["all", "any", "weighted"])
async def test_the_order_of_parts_changes_nothing_and_giving_up_never_helps(mode: str) -> None:
    for said in map("".join, product("cipu", repeat=3)):
        verdict = await judged({"mode": mode, "parts": parts(said)})
        turned = await judged({"mode": mode, "parts": parts(said[::-1])})
        assert (verdict.outcome, verdict.score) == (turned.outcome, turned.score)
        given_up = await judged({"mode": mode, "parts": parts(said.replace("i", "u", 1))})
        assert given_up.score <= verdict.score
        assert given_up.outcome != "correct" or verdict.outcome == "correct"


async def test_weights_share_the_score_and_the_threshold_decides() -> None:
    answer = {
        "mode": "weighted",
        "parts": [
            {"verifier": "fixed", "answer": "c", "weight": 3},
            {"verifier": "fixed", "answer": "i", "weight": 1},
        ],
    }
    assert (await judged(answer)).reason == "partial"
    passed = await judged(answer, threshold=0.75)
    assert (passed.outcome, passed.score) == ("correct", 0.75)


GATES = [
    ({"kind": "format", "pattern": "^<think>"}, "<think>a</think>b", "match", 1.0),
    ({"kind": "format", "pattern": "^<think>"}, "b", "wrong_format", 0.0),
    ({"kind": "format", "pattern": "^<think>", "penalty": 0.25}, "b", "match", 0.75),
    ({"kind": "length", "max": 2}, "<think>a b c d</think>e f", "match", 1.0),
    ({"kind": "length", "max": 2}, "a b c", "too_long", 0.0),
    ({"kind": "length", "min": 2}, "a", "wrong_format", 0.0),
    ({"kind": "length", "unit": "characters", "max": 2}, " abc ", "too_long", 0.0),
    ({"kind": "language", "language": "de"}, "Das ist ganz sicher ein deutscher Satz.", "match", 1),
    ({"kind": "language", "language": "en"}, "Das ist ganz sicher ein deutscher Satz.",
     "wrong_format", 0.0),
    ({"kind": "language", "language": "en"}, "123", "wrong_format", 0.0),
    ({"kind": "language", "language": "zh"}, "这是一个非常简单的中文句子。", "match", 1.0),
]  # fmt: skip


@pytest.mark.parametrize(("gate", "response", "reason", "score"), GATES)
async def test_a_gate_takes_its_penalty(
    gate: Any, response: str, reason: str, score: float
) -> None:
    verdict = await judged({"parts": parts("c"), "gates": [gate]}, response)
    assert (verdict.reason, verdict.score) == (reason, score)


async def test_a_closed_gate_asks_no_part_and_soft_penalties_multiply() -> None:
    closed = {"kind": "length", "max": 0}
    assert (await judged({"parts": parts("u"), "gates": [closed]})).reason == "too_long"
    soft = [{**closed, "penalty": 0.5}, {**closed, "penalty": 0.2}]
    assert (await judged({"parts": parts("c"), "gates": soft})).score == pytest.approx(0.4)
    assert (await judged({"parts": parts("u"), "gates": soft})).reason == "sandbox_failed"


def nested(levels: int) -> dict[str, Any]:
    answer: dict[str, Any] = {"parts": parts("c")}
    for _ in range(levels - 1):
        answer = {"parts": [{"verifier": "compose", "answer": answer}]}
    return answer


BAD = [
    ({}, "parts"),
    ([], "valid dictionary"),
    ({"parts": []}, "at least 1"),
    ({"parts": parts("c"), "mode": "most"}, "mode"),
    ({"parts": [{"verifier": "fixed"}]}, "parts.0.answer"),
    ({"parts": [{"verifier": "fixed", "answer": "c", "weight": 0}]}, "weight"),
    ({"parts": [{"verifier": "fixed", "answer": "c", "options": {"x": 1}}]}, "no option 'x'"),
    ({"parts": [{"verifier": "fixxed", "answer": "c"}]}, "fixxed"),
    ({"parts": parts("c"), "gates": [{"kind": "mood"}]}, "kind"),
    ({"parts": parts("c"), "gates": [{"kind": "format", "pattern": "("}]}, "RE2"),
    ({"parts": parts("c"), "gates": [{"kind": "length", "max": 3, "penalty": 0}]}, "penalty"),
    ({"parts": [{"verifier": "fixed", "answer": "c", "weight": 1e308}] * 2}, "weight"),
    ({"parts": parts("c"), "gates": [{"kind": "length", "min": 3, "max": 2}]}, "below min"),
    ({"parts": parts("c"), "gates": [{"kind": "language", "language": "English"}]}, "language"),
    ({"parts": parts("c" * 65)}, "more than 64 parts"),
    (nested(9), "deeper than 8"),
]


@pytest.mark.parametrize(("answer", "said"), BAD)
async def test_an_unreadable_answer_is_the_tasks_fault(answer: Any, said: str) -> None:
    verdict = await judged(answer)
    assert verdict.reason == "bad_gold"
    assert said in str(verdict.detail["error"])


async def test_eight_levels_are_judged() -> None:
    assert (await judged(nested(8))).outcome == "correct"


async def test_real_verifiers_are_made_by_name_and_closed() -> None:
    answer = {
        "parts": [
            {"verifier": "text", "answer": "42", "options": {"metric": "numeric"}},
            {"verifier": "text", "answer": r"^\d+$", "options": {"metric": "regex"}},
        ]
    }
    assert (await judged(answer, "42")).outcome == "correct"
    assert (await judged(answer, "42.0")).reason == "mismatch"


@pytest.mark.parametrize("threshold", [0, 2, True, "1"])
async def test_a_threshold_is_a_share(threshold: Any) -> None:
    with pytest.raises(InputError, match="threshold"):
        await judged({"parts": parts("c")}, threshold=threshold)
