"""The census of a checkpoint finds every rollout and token, and notices one that is missing."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from assay_trainer.pipeline import Pipeline
from benchmarks.chaos_census import census
from tests.trainer.fake_crew import Crew, Suite, config


def checkpoint(folder: Path, overlap: bool, steps: int) -> tuple[Path, list[dict[str, Any]]]:
    """A checkpoint after so many steps of the fake crew, and the rows up to it."""
    crew = Crew(long={"3", "5"})  # problems that are passed over
    crew.publish(0)
    settings = config(budget_tokens=25, retention=1, overlap=overlap)
    line = Pipeline(crew, settings, Suite())  # type: ignore[arg-type]
    rows: list[dict[str, Any]] = []
    version = 0
    for number in range(1, steps + 1):
        step = line.step(version, last=False)
        version = step.version
        rows.append(json.loads(json.dumps({"stage": "rl", "step": number, **step.row})))
    progress = {"place": {"step": steps}, "pipeline": line.state()}
    (folder / "progress.json").write_text(json.dumps(progress))
    state = crew.engine._target.generator.state()
    (folder / "rollouts.json").write_text(json.dumps(state))
    return folder, rows


@pytest.mark.parametrize("overlap", [False, True])
@pytest.mark.parametrize("steps", [4, 11])
def test_everything_begun_is_trained_purged_or_held(
    tmp_path: Path, overlap: bool, steps: int
) -> None:
    found = census(*checkpoint(tmp_path, overlap, steps), group_size=2)
    assert found.begun == found.trained + found.purged + found.held
    assert found.trained > 0
    assert found.held > 0
    assert found.purged > 0


def lose_a_rollout(progress: Any, rollouts: Any) -> None:
    rollouts.popitem()


def lose_a_token(progress: Any, rollouts: Any) -> None:
    trajectory = next(r for r in rollouts.values() if any(r["trajectory"]["policy"]))["trajectory"]
    for column in trajectory.values():
        column.pop()


def lose_a_logprob(progress: Any, rollouts: Any) -> None:
    next(iter(rollouts.values()))["trajectory"]["logprobs"].pop()


def admit_a_group_twice(progress: Any, rollouts: Any) -> None:
    progress["pipeline"]["rollouts"]["scheduler"]["next_group"] += 1


@pytest.mark.parametrize(
    "damage", [lose_a_rollout, lose_a_token, lose_a_logprob, admit_a_group_twice]
)
def test_what_is_missing_or_twice_there_is_noticed(
    tmp_path: Path, damage: Callable[[Any, Any], None]
) -> None:
    folder, rows = checkpoint(tmp_path, overlap=False, steps=4)
    parts = [json.loads((folder / name).read_text()) for name in ("progress.json", "rollouts.json")]
    damage(*parts)
    for name, part in zip(("progress.json", "rollouts.json"), parts, strict=True):
        (folder / name).write_text(json.dumps(part))
    with pytest.raises(AssertionError):
        census(folder, rows, group_size=2)
