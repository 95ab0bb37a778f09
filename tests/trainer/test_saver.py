"""A checkpoint is written beside the steps, one at a time, and given up if its writer is lost."""

from __future__ import annotations

from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from assay_trainer.checkpoint import Sums, checkpoints, load_json, open_checkpoint, sealed
from assay_trainer.saver import Saver


class Part:
    """A worker that writes a file when it is let."""

    def __init__(self, file: str, method: str) -> None:
        self.file = file
        self.folder: Path | None = None
        self.done = True
        setattr(self, method, SimpleNamespace(remote=self._begin))
        self.written = SimpleNamespace(remote=self._written)

    def _begin(self, folder: str) -> None:
        self.folder, self.done = Path(folder), False

    def _written(self, *, wait: bool) -> Sums | None:
        if self.folder is None:
            return {}
        if not (self.done or wait):
            return None
        self.done = True
        (self.folder / self.file).write_text("part")
        return sealed(self.folder, self.file)


class Crew:
    def __init__(self) -> None:
        self.learner, self.engine = Part("model", "save_beside"), Part("rollouts.json", "save")

    def get(self, answers: list[Any]) -> list[Any]:
        return answers


@pytest.fixture
def crew() -> Crew:
    return Crew()


@pytest.fixture
def said() -> list[str]:
    return []


@pytest.fixture
def saver(crew: Crew, said: list[str], tmp_path: Path) -> Saver:
    return Saver(crew, tmp_path, 2, said.append)  # type: ignore[arg-type]


def names(root: Path) -> list[str]:
    return [path.name for path in checkpoints(root)]


def test_it_counts_when_all_parts_are_there_and_nobody_waits(
    crew: Crew, saver: Saver, said: list[str], tmp_path: Path
) -> None:
    saver.begin("rl-000001", {"step": 1}, engine=True)
    saver.look()
    crew.learner.done = True
    saver.look()
    assert names(tmp_path) == []
    crew.engine.done = True
    saver.look()
    assert names(tmp_path) == ["rl-000001"]
    found = open_checkpoint(tmp_path, said.append)
    assert found is not None
    assert load_json(found / "manifest.json").keys() == {"model", "rollouts.json", "progress.json"}
    assert load_json(found / "progress.json") == {"step": 1}
    assert said == []
    saver.look()
    saver.finish()


def test_the_next_waits_for_the_last(saver: Saver, tmp_path: Path) -> None:
    for step in (1, 2, 3):
        saver.begin(f"rl-{step:06d}", {"step": step}, engine=True)
    assert names(tmp_path) == ["rl-000001", "rl-000002"]
    saver.finish()
    assert names(tmp_path) == ["rl-000002", "rl-000003"], "the newest two stay"


def test_before_reinforcement_there_are_no_rollouts(saver: Saver, tmp_path: Path) -> None:
    saver.begin("sft-000001", {}, engine=False)
    saver.finish()
    assert load_json(tmp_path / "sft-000001" / "manifest.json").keys() == {"model", "progress.json"}


def test_a_part_that_was_lost_with_its_worker_gives_the_checkpoint_up(
    crew: Crew, saver: Saver, said: list[str], tmp_path: Path
) -> None:
    saver.begin("rl-000001", {}, engine=True)
    saver.finish()
    saver.begin("rl-000002", {}, engine=True)
    crew.engine.folder = None  # as of a new process
    saver.finish()
    assert names(tmp_path) == ["rl-000001"]
    assert [path.name for path in tmp_path.iterdir()] == ["rl-000001"]
    assert said == ["checkpoint rl-000002 was given up: its writer was replaced meanwhile"]
