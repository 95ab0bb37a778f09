"""The order of generation, verdicts, update and publishing, with and without overlap, without Ray.

`fake_crew` says what is real here and what is scripted.
"""

from __future__ import annotations

import json

import numpy as np
import pytest

from assay_datasets import InputError
from assay_trainer.config import RunConfig
from assay_trainer.pipeline import Pipeline, Step
from tests.trainer.fake_crew import Crew, Suite, config

BUDGET = {"budget_tokens": 25, "retention": 2}


def pipeline(crew: Crew, settings: RunConfig) -> Pipeline:
    return Pipeline(crew, settings, Suite())  # type: ignore[arg-type]


def play(crew: Crew, settings: RunConfig, steps: int = 8) -> list[Step]:
    crew.publish(0)
    line = pipeline(crew, settings)
    done: list[Step] = []
    for number in range(steps):
        version = done[-1].version if done else 0
        done.append(line.step(version, last=number == steps - 1))
    return done


def order(log: list[str]) -> list[str]:
    """The log with runs of looks drawn together."""
    return [entry for n, entry in enumerate(log) if entry != "look" or log[n - 1] != "look"]


def test_without_overlap_one_thing_follows_another() -> None:
    crew = Crew()
    play(crew, config(**BUDGET), steps=3)
    turn = ["look", "train {0}", "weights {1}"]
    expected = [entry.format(n, n + 1) for n in range(3) for entry in turn]
    assert order(crew.log) == ["weights 0", *expected]


def test_with_overlap_the_next_iteration_is_generated_while_the_last_one_trains() -> None:
    crew = Crew()
    play(crew, config(**BUDGET, overlap=True), steps=3)
    assert order(crew.log) == [
        *("weights 0", "look"),
        *("train 0", "look", "weights 1"),
        *("train 1", "look", "weights 2"),
        *("train 2", "weights 3"),
    ]


def test_an_update_waits_for_its_verdicts_and_generation_does_not() -> None:
    crew = Crew(patience=5)
    play(crew, config(**BUDGET, overlap=True), steps=2)
    begun = crew.log.index("train 0")
    looks_before = [entry for entry in crew.log[:begun] if entry == "look"]
    prompt = Crew()
    play(prompt, config(**BUDGET, overlap=True), steps=2)
    assert len(looks_before) > prompt.log[: prompt.log.index("train 0")].count("look")
    assert sorted(crew.log) == sorted(prompt.log), "the same work in another order"


@pytest.mark.parametrize("overlap", [False, True])
def test_which_levels_come_next_does_not_depend_on_how_fast_verdicts_come(overlap: bool) -> None:
    started = []
    for patience in (0, 7, 10_000):
        crew = Crew(patience)
        play(crew, config(**BUDGET, levels="adaptive", overlap=overlap), steps=12)
        started.append(crew.rewards[0]._target.levels)
    even = Crew()
    play(even, config(**BUDGET, overlap=overlap), steps=12)
    assert started[0] == started[1] == started[2]
    assert started[0] != even.rewards[0]._target.levels


@pytest.mark.parametrize("overlap", [False, True])
@pytest.mark.parametrize("on_purge", ["requeue", "drop", "truncate"])
def test_no_token_is_staler_than_the_bound_and_none_is_trained_twice(
    overlap: bool, on_purge: str
) -> None:
    settings = config(budget_tokens=25, retention=1, on_purge=on_purge, overlap=overlap)
    crew = Crew()
    steps = play(crew, settings, steps=12)
    staleness = [step.row["staleness_max"] for step in steps if "staleness_max" in step.row]
    assert max(staleness) == 1 + overlap
    trained = sum(int(batch.policy.sum()) for batch in crew.trained)
    assert trained == sum(step.row["tokens_trained"] for step in steps)
    assert any(step.row["purged"] for step in steps) or on_purge == "truncate"


@pytest.mark.parametrize("overlap", [False, True])
@pytest.mark.parametrize("stop", [1, 2, 5])
def test_a_run_taken_through_its_checkpoint_goes_on_as_if_it_had_not_been(
    overlap: bool, stop: int
) -> None:
    settings = config(**BUDGET, overlap=overlap)
    whole = Crew(patience=3)
    play(whole, settings)
    crew = Crew(patience=1)
    crew.publish(0)
    line, version = pipeline(crew, settings), 0
    for number in range(8):
        if number == stop:
            saved = json.loads(json.dumps([line.state(), crew.engine._target.generator.state()]))
            assert saved[0]["rollouts"]["unjudged"] or not overlap, "it waited for verdicts"
            batches = crew.trained
            crew = Crew()
            crew.trained.extend(batches)
            crew.publish(version)
            crew.engine._target.generator.load_state(saved[1])
            line = pipeline(crew, settings)
            line.load_state(saved[0])
        version = line.step(version, last=number == 7).version
    assert len(crew.trained) == len(whole.trained)
    for one, other in zip(crew.trained, whole.trained, strict=True):
        for column in ("lengths", "tokens", "versions", "logprobs"):
            assert np.array_equal(getattr(one, column), getattr(other, column))


@pytest.mark.parametrize("overlap", [False, True])
def test_problems_without_room_are_passed_over_and_the_next_ones_take_their_places(
    overlap: bool,
) -> None:
    long = {"0", "4", "5", "6", "21"}
    crew = Crew(long=long)
    steps = play(crew, config(**BUDGET, overlap=overlap))
    rows = [step.row["passed_over"] for step in steps if "passed_over" in step.row]
    assert sum(row["one/turn"] for row in rows) == len(long)
    assert all(step.row["tokens_trained"] for step in steps)
    assert crew.rewards[0]._target.open.isdisjoint({"0.0.0", "0.1.0"}), "the first group"


def test_many_problems_without_room_among_others_do_not_end_the_run() -> None:
    class AllBut:
        """Every third problem fits, alone."""

        def __contains__(self, seed: str) -> bool:
            return int(seed) % 3 > 0

    crew = Crew(long=AllBut())
    steps = play(crew, config(budget_tokens=120, retention=2), steps=24)
    assert sum(step.row["passed_over"]["one/turn"] for step in steps if step.row) > 2 * 128


def test_where_nothing_has_room_the_run_ends_with_the_settings_to_raise() -> None:
    class Everything:
        def __contains__(self, seed: object) -> bool:
            return True

    with pytest.raises(InputError, match=r"^nothing fits: .* one/turn 100\. Give them room, --set"):
        play(Crew(long=Everything()), config(**BUDGET))
