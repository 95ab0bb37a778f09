"""What is refused before anything starts, and what is said when a run is cut short."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from assay_datasets import InputError
from assay_trainer import api
from assay_trainer.errors import TrainerError
from assay_trainer.run import Stopped
from assay_trainer.rundir import RunDir


@pytest.mark.parametrize(
    "call",
    [
        lambda root: api.train(model=root / "nowhere", runs_dir=root / "runs"),
        lambda root: api.train(overrides=["model={path='nowhere'}"], runs_dir=root / "runs"),
        lambda root: api.evaluate(root / "nowhere", suite="spark"),
    ],
)
def test_a_directory_that_is_no_model_is_refused_before_anything_starts(
    tmp_path: Path, call: Callable[[Path], Any]
) -> None:
    with pytest.raises(InputError, match=r"nowhere is not a transformers model directory"):
        call(tmp_path)
    assert list(tmp_path.iterdir()) == []


@contextmanager
def _no_crew(*_: object) -> Iterator[None]:
    yield None


@pytest.mark.parametrize(
    ("error", "checkpoint", "told"),
    [
        (KeyboardInterrupt(), True, True),
        (TrainerError("the gradient is not finite"), True, True),
        (Stopped("says it itself"), True, False),
        (KeyboardInterrupt(), False, False),
    ],
)
def test_a_run_cut_short_says_how_to_go_on(
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    error: BaseException,
    checkpoint: bool,
    told: bool,
) -> None:
    class Cut:
        def __init__(self, *_: object) -> None: ...

        def begin(self) -> None: ...

        def play(self) -> None:
            raise error

        def close(self) -> None: ...

    monkeypatch.setattr("assay_trainer.crew.Crew.start", _no_crew)
    monkeypatch.setattr("assay_trainer.run.Run", Cut)
    monkeypatch.setattr(api, "_introduce", lambda *_: None)
    config = api._config(None, None, None, (), None, ())
    folder = RunDir.create(tmp_path, {}, name="x")
    if checkpoint:
        (folder.checkpoints / "rl-000000").mkdir()
        (folder.checkpoints / "rl-000000" / "manifest.json").touch()
    with pytest.raises(type(error)):
        api._play(folder, config, None)
    said = "".join(capsys.readouterr().out.split())  # a narrow terminal breaks long paths
    assert ("assayresume" + str(folder.path) in said) is told
