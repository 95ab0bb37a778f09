"""``assay train | resume | eval | report``: what is passed on, and what is said.

The trainer itself is tested in its own room; a stand-in takes its place here.
"""

from __future__ import annotations

import json
import os
from collections.abc import Callable
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from assay.cli.failure import describe
from assay_datasets import InputError
from assay_sandbox import SandboxUnavailable

Assay = Callable[..., Any]

FIGURES = {"suite": {"greedy": 0.5, "pass@8": 1.0}, "logic/countdown": {"greedy": 0.25}}
NOTHING = {
    "model": None,
    "suite": None,
    "without": (),
    "name": None,
    "seed": None,
    "overrides": [],
    "runs_dir": Path("runs"),
}


@pytest.fixture
def calls(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> list[Any]:
    """What the stand-in trainer was asked, call by call."""
    seen: list[Any] = []
    (tmp_path / "report.html").touch()

    def note(returned: Any) -> Callable[..., Any]:
        def call(*args: Any, **options: Any) -> Any:
            seen.append((args, options))
            return returned

        return call

    stand_in = SimpleNamespace(train=note(tmp_path), resume=note(tmp_path), evaluate=note(FIGURES))
    monkeypatch.setattr("assay.training.trainer", lambda: stand_in)
    monkeypatch.setattr("assay.training.reporter", lambda: note(tmp_path / "report.html"))
    return seen


@pytest.mark.parametrize(
    ("args", "recipe", "options"),
    [
        ((), None, {}),
        (("spark", "--without", "code"), "spark", {"without": ("code",)}),
        (("--model", "m", "--suite", "s"), None, {"model": Path("m"), "suite": "s"}),
        (
            ("--set", "rl.steps=5", "--set", "seed=2", "--seed", "3", "--name", "n"),
            None,
            {"overrides": ["rl.steps=5", "seed=2"], "seed": 3, "name": "n"},
        ),
    ],
)
def test_train_passes_on_what_was_asked(
    assay: Assay,
    calls: list[Any],
    tmp_path: Path,
    args: tuple[str, ...],
    recipe: str | None,
    options: dict[str, Any],
) -> None:
    done = assay("train", *args)
    assert calls == [((recipe,), {**NOTHING, **options})]
    assert done.out == f"run     {tmp_path}\nreport  {tmp_path / 'report.html'}\n"


def test_resume_and_report_name_the_run(assay: Assay, calls: list[Any], tmp_path: Path) -> None:
    assert str(tmp_path) in assay("resume", "runs/x").out
    assert assay("report", "runs/x").out == f"{tmp_path / 'report.html'}\n"
    assert calls == [((Path("runs/x"),), {})] * 2


def test_eval_prints_a_row_per_env(assay: Assay, calls: list[Any]) -> None:
    shown = assay("eval", "runs/x", "-n", "12").out
    assert calls == [((Path("runs/x"),), {"suite": None, "split": "test", "n": 12})]
    assert all(word in shown for word in ("logic/countdown", "pass@8", "0.250", "1.000"))
    assert json.loads(assay("eval", "runs/x", "--json").out) == FIGURES


@pytest.mark.parametrize("command", [("train",), ("resume", "runs/x"), ("eval", "runs/x")])
def test_plug_ins_are_taken_without_an_audit_where_that_is_asked_for(
    assay: Assay, calls: list[Any], monkeypatch: pytest.MonkeyPatch, command: tuple[str, ...]
) -> None:
    monkeypatch.setenv("ASSAY_UNAUDITED", "")
    assay(*command)
    assert os.environ["ASSAY_UNAUDITED"] == ""
    assay(*command, "--unaudited")
    assert os.environ["ASSAY_UNAUDITED"] == "1"
    assert len(calls) == 2


def test_a_base_install_says_how_to_get_the_trainer(
    assay: Assay, monkeypatch: pytest.MonkeyPatch
) -> None:
    def missing(name: str) -> Any:
        raise ModuleNotFoundError("No module named 'torch'", name="torch")

    monkeypatch.setattr("assay.training.import_module", missing)
    done = assay("train")
    assert done.status == 2
    assert "not installed (torch)" in done.err
    assert "make train" in done.err


def test_train_without_isolation_offers_the_rest(
    assay: Assay, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(*args: Any, **options: Any) -> Path:
        raise SandboxUnavailable("mend: install runsc")

    monkeypatch.setattr("assay.training.trainer", lambda: SimpleNamespace(train=refuse))
    done = assay("train")
    assert done.status == 1
    assert done.err == "assay: mend: install runsc, or go on without code: --without code\n"


def test_an_error_of_ours_may_say_its_own_status() -> None:
    error = InputError("stopped")
    error.exit_status = 130  # type: ignore[attr-defined]
    assert describe(error) == ("stopped", 130)
