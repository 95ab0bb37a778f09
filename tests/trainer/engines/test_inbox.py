"""Tokens are read one of each rollout at a time, whatever order they arrived in."""

from __future__ import annotations

import threading

import pytest

from assay_trainer.engines import EngineError, Finish
from assay_trainer.engines.inbox import Arrival, Inbox


def arrivals(*tokens: int, finish: Finish | None = None) -> list[Arrival]:
    plain = [Arrival(token, -1.0, 0.5, None) for token in tokens]
    return [*plain[:-1], Arrival(tokens[-1], -1.0, 0.5, finish)]


def taken(inbox: Inbox) -> dict[str, int]:
    return {uid: arrival.token for uid, arrival in inbox.take().items()}


@pytest.fixture
def inbox() -> Inbox:
    inbox = Inbox()
    for uid in ("a", "b"):
        inbox.open(uid)
    return inbox


def test_a_row_is_one_token_of_each_in_the_order_they_were_opened(inbox: Inbox) -> None:
    inbox.put("b", arrivals(7, 8))
    inbox.put("a", arrivals(1, 2, 3))
    assert [list(taken(inbox).items()), list(taken(inbox).items())] == [
        [("a", 1), ("b", 7)],
        [("a", 2), ("b", 8)],
    ]


def test_a_reader_waits_for_the_last_rollout(inbox: Inbox) -> None:
    inbox.put("a", arrivals(1, 2))
    rows: list[dict[str, int]] = []
    reader = threading.Thread(target=lambda: rows.append(taken(inbox)))
    reader.start()
    reader.join(0.05)
    assert reader.is_alive()
    inbox.put("b", arrivals(7))
    reader.join(10)
    assert rows == [{"a": 1, "b": 7}]


def test_a_finished_rollout_leaves_the_row(inbox: Inbox) -> None:
    inbox.put("a", arrivals(1, finish="stop"))
    inbox.put("b", arrivals(7, 8))
    assert [taken(inbox), taken(inbox)] == [{"a": 1, "b": 7}, {"b": 8}]


def test_closing_counts_what_nobody_read_and_lets_the_others_go_on(inbox: Inbox) -> None:
    inbox.put("b", arrivals(7, 8, 9))
    assert inbox.close(["a"]) == 0
    assert taken(inbox) == {"b": 7}
    assert inbox.close(["b"]) == 2
    inbox.put("b", arrivals(10))
    inbox.open("b")
    inbox.put("b", arrivals(11))
    assert taken(inbox) == {"b": 11}


def test_a_failure_wakes_the_reader_and_stays(inbox: Inbox) -> None:
    threading.Timer(0.05, inbox.fail, [RuntimeError("gone")]).start()
    for _ in range(2):
        with pytest.raises(EngineError, match=r"vLLM failed: RuntimeError\('gone'\)"):
            inbox.take()
