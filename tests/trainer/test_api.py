"""What is refused before anything starts, and what is said when a run is cut short."""

from __future__ import annotations

import signal
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from assay_datasets import InputError, add_plugin, plugins
from assay_envs import env_registry
from assay_envs.audit import Finding, Report, Unaudited
from assay_envs.audit.clearance import LEAST_SEEDS, grant
from assay_trainer import api
from assay_trainer.errors import TrainerError
from assay_trainer.progress import Progress
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


def test_a_run_that_is_being_played_is_not_played_again(tmp_path: Path) -> None:
    config = api._config(None, None, None, ("code",), None, ())
    folder = RunDir.create(tmp_path, api.to_table(config), name="x")
    with folder.held(), pytest.raises(InputError, match="is being played by process"):
        api.resume(folder.path)
    assert not folder.report.exists()


def test_what_ended_a_run_is_not_hidden_behind_its_report(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(*_: object) -> None:
        raise TrainerError("the gradient is not finite")

    folder = RunDir.create(tmp_path, {}, name="x")
    folder.metrics.write_text("no JSON\n")
    monkeypatch.setattr(api, "_attempt", fail)
    with pytest.raises(TrainerError, match="gradient"):
        api._play(folder, api._config(None, None, None, (), None, ()), None)


PLUGIN = """
from assay_envs import register
from assay_envs.math.linear import Linear

@register
class Mine(Linear):
    id = "mine/linear"
"""


@pytest.fixture
def unproved(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> str:
    """A suite of one plug-in that has passed no audit; nothing is started if it is let through."""
    monkeypatch.setattr(env_registry, "_added", dict(env_registry._added))
    monkeypatch.setattr(plugins, "_loaded", set(plugins._loaded))
    monkeypatch.setenv("ASSAY_PLUGINS", "")
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    monkeypatch.delenv("ASSAY_UNAUDITED", raising=False)
    monkeypatch.setattr(api, "_play", lambda folder, config, checkpoint: None)
    (tmp_path / "mine.py").write_text(PLUGIN, encoding="utf-8")
    (tmp_path / "mine.toml").write_text('[[env]]\nid = "mine/linear"\n', encoding="utf-8")
    add_plugin(tmp_path / "mine.py")
    return str(tmp_path / "mine.toml")


def test_a_plug_in_without_a_passing_audit_is_refused_before_anything_starts(
    tmp_path: Path, unproved: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    model, runs = tmp_path / "model", tmp_path / "runs"
    model.mkdir()
    (model / "config.json").touch()
    config = api._config(None, None, unproved, (), None, ())
    stopped = RunDir.create(tmp_path, api.to_table(config), name="old")
    monkeypatch.setattr("assay_trainer.checkpoint.open_checkpoint", lambda root, say: root)
    for call in (
        lambda: api.train(suite=unproved, runs_dir=runs),
        lambda: api.evaluate(model, suite=unproved),
        lambda: api.resume(stopped.path),
    ):
        with pytest.raises(Unaudited, match=r"mine/linear: .* run `assay audit mine/linear`"):
            call()
    assert not runs.exists()


def test_a_plug_in_is_trained_on_without_an_audit_if_that_is_asked_for_loudly(
    tmp_path: Path,
    unproved: str,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.setenv("ASSAY_UNAUDITED", "1")
    assert api.train(suite=unproved, runs_dir=tmp_path / "runs").is_dir()
    assert "WARNING: no passing audit of mine/linear" in capsys.readouterr().err


def test_a_plug_in_is_trained_on_once_its_audit_has_passed(
    tmp_path: Path, unproved: str, capsys: pytest.CaptureFixture[str]
) -> None:
    grant(Report("mine/linear", LEAST_SEEDS, (Finding.of("oracle", []),)))
    assert api.train(suite=unproved, runs_dir=tmp_path / "runs").is_dir()
    assert capsys.readouterr().err == ""
    file = tmp_path / "mine.py"
    file.write_text(f"{PLUGIN}\n# changed", encoding="utf-8")
    with pytest.raises(Unaudited):
        api.train(suite=unproved, runs_dir=tmp_path / "runs")


def test_a_run_that_ended_before_its_first_checkpoint_begins_again(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    begun: list[Path | None] = []
    monkeypatch.setattr(api, "_play", lambda folder, config, checkpoint: begun.append(checkpoint))
    config = api._config(None, None, None, ("code",), None, ())
    api.resume(RunDir.create(tmp_path, api.to_table(config), name="early").path)
    assert begun == [None]
    assert "before its first checkpoint: beginning again" in capsys.readouterr().out


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_a_signal_asks_for_a_clean_stop_and_a_second_one_interrupts(number: signal.Signals) -> None:
    before = [signal.getsignal(each) for each in (signal.SIGINT, signal.SIGTERM)]
    with api._stop_on_interrupt(Progress()) as stop, api._terminated_as_interrupted():
        assert not stop()
        signal.raise_signal(number)
        assert stop()
        with pytest.raises(KeyboardInterrupt):
            signal.raise_signal(number)
    assert [signal.getsignal(each) for each in (signal.SIGINT, signal.SIGTERM)] == before
