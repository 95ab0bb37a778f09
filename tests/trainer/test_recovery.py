"""A run whose worker is lost goes back to its last checkpoint; a run that gets nowhere ends."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from assay_datasets import InputError
from assay_trainer.checkpoint import Draft, save_json, sealed
from assay_trainer.errors import TrainerError, WorkerLost
from assay_trainer.recovery import until_done
from assay_trainer.recovery_config import RecoveryConfig

CONFIG = RecoveryConfig(attempts=2)


def checkpoint(root: Path, step: int) -> Path:
    draft = Draft.begin(root, f"rl-{step:06d}")
    save_json(draft.folder / "progress.json", step)
    draft.complete(sealed(draft.folder, "progress.json"), keep=9)
    return root / draft.name


class Attempts:
    """Loses a worker at each of ``steps``, after the checkpoint of that step (0: without one)."""

    def __init__(self, root: Path, *steps: int) -> None:
        self.root, self.steps = root, list(steps)
        self.starts: list[str | None] = []

    def __call__(self, start: Path | None) -> None:
        self.starts.append(start.name if start else None)
        if self.steps:
            if (step := self.steps.pop(0)) > 0:
                checkpoint(self.root, step)
            raise WorkerLost(f"the learner worker died after {step}")


def test_each_attempt_goes_on_from_the_newest_checkpoint(tmp_path: Path) -> None:
    attempts, said = Attempts(tmp_path, 0, 5, 9), list[str]()
    until_done(attempts, tmp_path, None, CONFIG, said.append)
    assert attempts.starts == [None, None, "rl-000005", "rl-000009"]
    assert said == [
        "the learner worker died after 0: going back to the beginning with new workers",
        "the learner worker died after 5: going back to checkpoint rl-000005 with new workers",
        "the learner worker died after 9: going back to checkpoint rl-000009 with new workers",
    ]


def test_attempts_that_come_no_further_are_bounded_and_those_that_do_are_not(
    tmp_path: Path,
) -> None:
    moving = Attempts(tmp_path, 1, 0, 2, 0, 3, 0, 4, 0)
    until_done(moving, tmp_path, None, CONFIG, lambda _: None)
    assert len(moving.starts) == 9
    stuck = Attempts(tmp_path, *[0] * 9)
    with pytest.raises(WorkerLost, match="died after 0"):
        until_done(stuck, tmp_path, tmp_path / "rl-000004", CONFIG, lambda _: None)
    assert stuck.starts == ["rl-000004"] * 3


def test_a_torn_checkpoint_is_passed_over_aloud(tmp_path: Path) -> None:
    checkpoint(tmp_path, 1)
    attempts, said = Attempts(tmp_path, 7), list[str]()

    def attempt(start: Path | None) -> None:
        try:
            attempts(start)
        finally:
            (tmp_path / "rl-000007" / "progress.json").write_text("torn")

    until_done(attempt, tmp_path, tmp_path / "rl-000001", CONFIG, said.append)
    assert attempts.starts == ["rl-000001", "rl-000001"]
    assert "rl-000007 is corrupt" in said[0]


@pytest.mark.parametrize("error", [TrainerError("a gradient is not finite"), InputError("disk")])
def test_what_would_come_again_ends_the_run(tmp_path: Path, error: Exception) -> None:
    calls: list[Path | None] = []

    def attempt(start: Path | None) -> None:
        calls.append(start)
        raise error

    with pytest.raises(type(error)):
        until_done(attempt, tmp_path, None, CONFIG, _silent)
    assert calls == [None]


_silent: Callable[[str], object] = list[str]().append
