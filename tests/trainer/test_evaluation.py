"""Figures of an evaluation: shares, undecided answers, intervals and the paired gain."""

from __future__ import annotations

import json
import math
from contextlib import closing
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest

from assay_datasets import InputError
from assay_trainer.evaluation import Evaluation, evaluate, summary
from assay_trainer.metrics import MetricsWriter, read_rows
from tests.trainer.fake_crew import Crew, Suite, config

NAN = math.nan
ENVS = ("math/a", "math/a", "logic/b", "logic/b")


def evaluation(greedy: list[float], sampled: list[list[float]], **fields: Any) -> Evaluation:
    shape = (len(sampled), len(sampled[0]))
    defaults = {"lengths": np.full(shape, 10.0), "entropy": 0.5, "envs": ENVS[: len(greedy)]}
    return Evaluation(
        split="test", greedy=np.array(greedy), sampled=np.array(sampled), **{**defaults, **fields}
    )


DECIDED = evaluation([1.0, 0.0, 1.0, 1.0], [[1, 0], [0, 0], [1, 1], [0.5, 0]])
PARTLY = evaluation([1.0, NAN, 0.0, NAN], [[1, NAN], [NAN, NAN], [0, 0], [NAN, 0]])
NOTHING = evaluation([NAN, NAN], [[NAN, NAN], [NAN, NAN]])

FIGURES = [
    (DECIDED, "greedy", {"suite": 0.75, "logic/b": 1.0, "math/a": 0.5}),
    (DECIDED, "sampled", {"suite": 0.4375, "logic/b": 0.625, "math/a": 0.25}),
    (DECIDED, "pass@2", {"suite": 0.5, "logic/b": 0.5, "math/a": 0.5}),
    (DECIDED, "length", {"suite": 10.0, "logic/b": 10.0, "math/a": 10.0}),
    (PARTLY, "greedy", {"suite": 0.5, "logic/b": 0.0, "math/a": 1.0}),
    (PARTLY, "sampled", {"suite": 1 / 3, "logic/b": 0.0, "math/a": 1.0}),
    (PARTLY, "pass@2", {"suite": 1 / 3, "logic/b": 0.0, "math/a": 1.0}),
    (NOTHING, "greedy", {"suite": NAN, "math/a": NAN}),
    (NOTHING, "pass@2", {"suite": NAN, "math/a": NAN}),
]


@pytest.mark.parametrize(("result", "name", "figures"), FIGURES)
def test_figures_are_means_over_what_was_decided(
    result: Evaluation, name: str, figures: dict[str, float]
) -> None:
    assert result.row()[name] == pytest.approx(figures, nan_ok=True)


@pytest.mark.parametrize(("result", "undecided"), [(DECIDED, 0), (PARTLY, 6), (NOTHING, 6)])
def test_undecided_answers_are_counted(result: Evaluation, undecided: int) -> None:
    assert result.row()["undecided_answers"] == undecided


def test_a_row_says_how_it_was_measured() -> None:
    row = DECIDED.row()
    assert (row["split"], row["n"], row["k"], row["entropy"]) == ("test", 4, 2, {"suite": 0.5})
    assert row["problems"]["sampled"] == [0.5, 0.0, 1.0, 0.25]
    assert PARTLY.row()["problems"]["greedy"] == [1.0, None, 0.0, None]


def test_rows_are_json_even_with_nothing_decided(tmp_path: Path) -> None:
    with closing(MetricsWriter(tmp_path / "metrics.jsonl")) as writer:
        writer.write(NOTHING.row())
    [row] = read_rows(tmp_path / "metrics.jsonl")
    assert row["greedy"]["suite"] is None
    assert row["ci95"]["greedy"] == [None, None]


def test_an_interval_holds_the_figure_and_narrows_with_the_problems() -> None:
    def width(n: int) -> float:
        half = [float(index % 2) for index in range(n)]
        result = evaluation(half, [[value] for value in half], envs=("math/a",) * n)
        low, high = result.row()["ci95"]["greedy"]
        assert 0 <= low <= 0.5 <= high <= 1
        return high - low

    assert width(400) == pytest.approx(2 * 1.96 * 0.5 / 20, abs=0.02)
    assert width(400) < width(40)


def test_intervals_are_the_same_each_time() -> None:
    assert DECIDED.row() == DECIDED.row()


def test_gain_is_paired_problem_by_problem() -> None:
    n = 100
    envs = ("math/a",) * n
    before = [float(index % 2) for index in range(n)]
    after = [1.0 if index < 20 else value for index, value in enumerate(before)]
    first = evaluation(before, [[v] for v in before], envs=envs)
    last = evaluation(after, [[v] for v in after], envs=envs)
    row = json.loads(json.dumps(first.row()))
    low, high = last.row(row)["gain_ci95"]["greedy"]
    assert 0.04 < low < 0.10 < high < 0.17
    assert first.row(row)["gain_ci95"]["greedy"] == [0.0, 0.0]


def test_gain_leaves_out_problems_undecided_on_either_side() -> None:
    before = PARTLY.row()
    after = evaluation([1.0, 1.0, 1.0, NAN], [[1, 1]] * 4).row(before)
    low, high = after["gain_ci95"]["greedy"]  # of the gains 0 and 1
    assert (low, high) == (0.0, 1.0)


@pytest.mark.parametrize(
    "before",
    [None, evaluation([1.0], [[1.0, 0.0]]).row(), evaluation([1.0] * 4, [[1.0]] * 4).row()],
)
def test_no_gain_over_other_problems_or_figures(before: dict[str, Any] | None) -> None:
    gains = DECIDED.row(before).get("gain_ci95", {})
    assert "pass@2" not in gains


def test_summary_has_a_line_per_environment_and_for_the_suite() -> None:
    table = summary(DECIDED.row())
    assert list(table) == ["suite", "logic/b", "math/a"]
    assert table["logic/b"] == pytest.approx({"greedy": 1.0, "sampled": 0.625, "pass@2": 0.5})


class FourProblems(Suite):
    env_ids = ("one/turn",)

    def tasks(self, split: str, n: int) -> list[Any]:
        facts = [{"seed": seed, "difficulty": 1} for seed in range(4)]
        return [SimpleNamespace(env="one/turn", id=str(f["seed"]), metadata=f) for f in facts]


def evaluated(long: set[str]) -> Evaluation:
    crew, suite = Crew(long=long), FourProblems()
    crew.publish(0)
    return evaluate(crew, config(), suite, "test", 4, 2)  # type: ignore[arg-type]


def test_problems_without_room_are_left_out_and_counted() -> None:
    whole, part = evaluated(set()), evaluated({"1"})
    kept = [0, 2, 3]
    assert "passed_over" not in whole.row()
    assert part.row()["passed_over"] == {"one/turn": 1}
    assert part.row()["n"] == 3
    assert np.array_equal(part.greedy, whole.greedy[kept])
    assert np.array_equal(part.sampled, whole.sampled[kept])
    assert np.array_equal(part.lengths, whole.lengths[kept])


def test_where_nothing_has_room_there_is_nothing_to_evaluate() -> None:
    with pytest.raises(InputError, match=r"^nothing fits: .* one/turn 100"):
        evaluated({"0", "1", "2", "3"})
