"""A run that cannot go on as it was, or trains nothing, says so. No worker runs here."""

from __future__ import annotations

import json
from contextlib import closing
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from assay_datasets import InputError
from assay_trainer.config import load_recipe, resolve
from assay_trainer.pipeline import Step
from assay_trainer.progress import Progress
from assay_trainer.run import Run
from assay_trainer.rundir import RunDir


def run_without(tmp_path: Path, *sections: str) -> tuple[Run, list[str]]:
    table = {key: part for key, part in load_recipe("spark").items() if key not in sections}
    said: list[str] = []
    crew: Any = SimpleNamespace(watch=SimpleNamespace(say=said.append))
    folder = RunDir.create(tmp_path, table, name="one")
    return Run(folder, resolve(table), crew, Progress(), lambda: False), said


@pytest.mark.parametrize("stage", ["sft", "rl"])
def test_a_stage_whose_section_was_taken_out_of_the_config_is_asked_for(
    tmp_path: Path, stage: str
) -> None:
    run, _ = run_without(tmp_path, stage)
    state = {"place": {"stage": stage, "step": 3, "version": 0}, "metrics": 0, "samples": 0}
    (tmp_path / "progress.json").write_text(json.dumps(state))
    match = rf"in its {stage} stage, but .*no \[{stage}\] section"
    with closing(run), pytest.raises(InputError, match=match):
        run.restore(tmp_path)


VERDICTS = [
    ({"sandbox_failed": 5, "deadline": 1}, None, ["sandbox_failed 5, deadline 1"]),
    ({"sandbox_failed": 5}, 0.0, []),
    ({}, 1.0, []),
]


@pytest.mark.parametrize(("undecided", "reward", "told"), VERDICTS)
def test_a_step_in_which_no_verdict_came_is_told_of(
    tmp_path: Path, undecided: dict[str, int], reward: float | None, told: list[str]
) -> None:
    run, said = run_without(tmp_path)
    row = {"undecided": undecided, "reward": reward, "resumed": 0, "tokens_trained_per_s": 1.0}
    pipeline: Any = SimpleNamespace(step=lambda version, last: Step(1, row, []))
    run.progress.stage("rl", 9, 0)
    with closing(run):
        run._rl_step(pipeline, last=False)
    assert said == [f"step 1 trained nothing, no verdict came: {reasons}" for reasons in told]
