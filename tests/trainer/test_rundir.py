"""Run directories: made once, found again, refused with the mend."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path
from subprocess import PIPE

import pytest

from assay_datasets import InputError
from assay_trainer.rundir import RunDir


def test_default_names_are_dated_and_numbered(tmp_path: Path) -> None:
    names = [RunDir.create(tmp_path, {}, recipe="spark").name for _ in range(2)]
    assert [re.sub(r"\d{8}", "<day>", name) for name in names] == ["spark-<day>-1", "spark-<day>-2"]


def test_config_survives_the_way_through_the_file(tmp_path: Path) -> None:
    config = {"seed": 0, "rl": {"lr": 1e-4, "envs": ["math/linear"], "code": True}}
    run = RunDir.create(tmp_path / "runs", config | {"limit": None}, name="one")
    assert RunDir.open(run.path).read_config() == config


def test_existing_run_is_never_overwritten(tmp_path: Path) -> None:
    run = RunDir.create(tmp_path, {"seed": 1}, name="one")
    with pytest.raises(InputError, match=r"exists already; go on with `assay resume .*one`"):
        RunDir.create(tmp_path, {"seed": 2}, name="one")
    assert run.read_config() == {"seed": 1}


@pytest.mark.parametrize("name", ["", ".", "..", "a/b", "/a"])
def test_only_plain_names_are_taken(tmp_path: Path, name: str) -> None:
    with pytest.raises(InputError, match="no run name"):
        RunDir.create(tmp_path, {}, name=name)


def test_opening_what_is_no_run_names_the_runs_there(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="start one with `assay train`"):
        RunDir.open(tmp_path / "spork")
    RunDir.create(tmp_path, {}, name="spark")
    with pytest.raises(InputError, match=r"spork is not a run .* runs there: spark"):
        RunDir.open(tmp_path / "spork")


def test_broken_config_is_named(tmp_path: Path) -> None:
    run = RunDir.create(tmp_path, {}, name="one")
    run.config.write_text("seed = ")
    with pytest.raises(InputError, match=r"config\.toml is not TOML"):
        run.read_config()


def test_place_that_cannot_be_written_is_one_clear_line(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("not a directory")
    with pytest.raises(InputError, match="cannot write"):
        RunDir.create(tmp_path / "file", {}, name="one")


def test_files_are_replaced_whole(tmp_path: Path) -> None:
    run = RunDir.create(tmp_path, {}, name="one")
    run.write_text(run.report, "first")
    run.write_text(run.report, "second \ud800")
    assert run.report.read_text() == "second ?"
    assert sorted(path.name for path in run.path.iterdir()) == [
        "checkpoints",
        "config.toml",
        "report.html",
    ]


def test_a_run_is_held_by_one_process_at_a_time(tmp_path: Path) -> None:
    run = RunDir.create(tmp_path, {}, name="one")
    program = (
        "import sys; from pathlib import Path; from assay_trainer.rundir import RunDir\n"
        "with RunDir(Path(sys.argv[1])).held(): print('held', flush=True); sys.stdin.read()"
    )
    command = [sys.executable, "-c", program, str(run.path)]
    with subprocess.Popen(command, stdin=PIPE, stdout=PIPE, text=True) as other:
        assert other.stdout is not None
        assert other.stdout.readline() == "held\n"
        with pytest.raises(InputError, match=rf"one is being played by process {other.pid}; wait"):
            run.held().__enter__()
        other.kill()
    with run.held():
        pass
