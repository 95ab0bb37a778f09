"""Pairs and responses judged by hand: what a policy under optimisation writes, and what it means.

``pairs.txt`` holds ``same | gold | boxed answer`` and ``other | gold | boxed answer``;
``responses.txt`` whole responses (``\\n`` is a line break). All are decided in process.
"""

from __future__ import annotations

from concurrent.futures import Future
from pathlib import Path
from typing import Any

import pytest

from assay_verifiers.math import MathVerifier
from assay_verifiers.workers import WorkerPool


class _NoPool(WorkerPool):
    def submit(self, *_: Any, **__: Any) -> Future[Any]:
        raise AssertionError("a worker was asked")


def _rows(name: str) -> list[tuple[str, str, str]]:
    lines = (Path(__file__).parent / name).read_text().splitlines()
    rows = [line.split(" | ", 2) for line in lines]
    return [(label, gold, answer) for label, gold, answer in rows]


OUTCOMES = {"same": "correct", "other": "incorrect"}


@pytest.mark.parametrize(("label", "gold", "answer"), _rows("pairs.txt"))
def test_a_boxed_answer_is_judged_as_by_hand(label: str, gold: str, answer: str) -> None:
    verdict = MathVerifier(pool=_NoPool("none")).check(f"\\boxed{{{answer}}}", gold)
    assert verdict.outcome == OUTCOMES[label]


@pytest.mark.parametrize(("label", "gold", "response"), _rows("responses.txt"))
def test_a_response_asserts_what_a_reader_sees(label: str, gold: str, response: str) -> None:
    written = response.replace("\\n", "\n")
    assert MathVerifier(pool=_NoPool("none")).check(written, gold).outcome == OUTCOMES[label]
