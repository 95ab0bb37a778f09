"""What the adapters share: verdicts from anywhere, and the second asking of what was undecided."""

from __future__ import annotations

import asyncio
import json
from typing import ClassVar

import pytest

from assay.adapters.scoring import averdicts, line_of, verdicts
from assay_datasets import InputError, Json, Task
from assay_verifiers import Verdict, Verifier, verifier_registry


class Flaky(Verifier):
    """Undecided as often as the answer says, then correct."""

    name = "test/flaky"
    asked: ClassVar[list[str]] = []

    def check(self, response: str, answer: Json, **options: Json) -> Verdict:
        self.asked.append(response)
        if self.asked.count(response) <= int(answer):
            return Verdict.undecided("worker_failed")
        return Verdict.correct()


@pytest.fixture
def flaky(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(verifier_registry._added, Flaky.name, Flaky)
    monkeypatch.setattr(Flaky, "asked", [])


def line(response: str, answer: str = "1", verifier: str = "math") -> dict[str, Json]:
    return {"verifier": verifier, "response": response, "answer": answer}


def test_here_and_on_a_server_the_verdicts_are_the_same(server: str) -> None:
    lines = [line("1"), line("2"), line("so \\boxed{1}")]
    here, there = verdicts(lines, None, None), verdicts(lines, server, None)
    assert [verdict.outcome for verdict in here] == ["correct", "incorrect", "correct"]
    assert [(v.outcome, v.reason) for v in here] == [(v.outcome, v.reason) for v in there]


@pytest.mark.usefixtures("flaky")
def test_what_is_undecided_is_asked_once_more_and_alone() -> None:
    lines = [line(name, times, Flaky.name) for name, times in (("a", "0"), ("b", "1"), ("c", "2"))]
    found = verdicts(lines, None, None)
    assert [verdict.outcome for verdict in found] == ["correct", "correct", "undecided"]
    assert sorted(Flaky.asked) == ["a", "b", "b", "c", "c"]


async def test_it_works_inside_any_loop() -> None:
    assert verdicts([line("1")], None, None)[0].outcome == "correct"
    found = await asyncio.gather(*(averdicts([line("1")], None, None) for _ in range(5)))
    assert [each[0].outcome for each in found] == ["correct"] * 5


def test_a_line_that_is_no_request_is_the_users_mistake() -> None:
    with pytest.raises(InputError, match="unknown verifier"):
        verdicts([line("1", verifier="test/none")], None, None)


def test_a_task_is_a_line_as_an_object_json_or_text() -> None:
    task = Task("e", ({"role": "user", "content": "?"},), "1", "math", {"tolerance": 0.1})
    wanted = {**line("r"), "options": {"tolerance": 0.1}}
    for given in (task, task.to_json(), json.dumps(task.to_json())):
        assert line_of(given, "r") == wanted
    with pytest.raises(InputError, match="JSON"):
        line_of("no task", "r")
