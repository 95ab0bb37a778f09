"""The commands about environments: audit, new-env, and what generate, show and --plugin take."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import pytest

from assay.scaffold import write_package
from assay_datasets import plugins
from assay_envs import env_registry
from assay_verifiers import verifier_registry

Assay = Callable[..., Any]


@pytest.fixture(autouse=True)
def _registries(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """What a test registers is gone after it, and its cache with it."""
    for registry in (env_registry, verifier_registry):
        monkeypatch.setattr(registry, "_added", dict(registry._added))
    monkeypatch.setattr(plugins, "_loaded", set(plugins._loaded))
    monkeypatch.setenv("ASSAY_PLUGINS", "")
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))


@pytest.fixture
def plugin(tmp_path: Path) -> str:
    """The scaffold's environment as one file."""
    written = write_package("mine/words", tmp_path / "package")
    source = next(path for path in written if path.stem == "words").read_text(encoding="utf-8")
    source = source.replace("from assay_envs import", "from assay_envs import register,")
    file = tmp_path / "words.py"
    file.write_text(source.replace("\n\nclass ", "\n\n@register\nclass "), encoding="utf-8")
    return str(file)


def test_audit_of_a_plug_in_file_is_a_table_and_passes(assay: Assay, plugin: str) -> None:
    done = assay("audit", plugin, "--seeds", "5")
    assert done.status == 0
    assert "mine/words" in done.out
    assert "1 of 1 passed" in done.out


def test_audit_of_a_flawed_env_says_what_failed_and_exits_1(assay: Assay, plugin: str) -> None:
    file = Path(plugin)
    text = file.read_text(encoding="utf-8")
    file.write_text(text.replace("if given != _solved(answer):", "if False:"), encoding="utf-8")
    done = assay("audit", plugin, "--seeds", "5", "--json")
    assert done.status == 1
    [report] = json.loads(done.out)["envs"]
    failed = {each["check"] for each in report["findings"] if each["state"] == "failed"}
    assert {"near_misses", "guesses", "trivial"} <= failed
    assert "near_misses failed" in assay("audit", "mine/words", "--seeds", "5").out


def test_audit_writes_its_reports(assay: Assay, plugin: str, tmp_path: Path) -> None:
    out = tmp_path / "reports.json"
    assert assay("audit", plugin, "--seeds", "2", "--out", str(out)).status == 0
    assert json.loads(out.read_text(encoding="utf-8"))["passed"] is True
    page = tmp_path / "audit.md"
    assert assay("audit", plugin, "--seeds", "2", "--out", str(page)).status == 0
    lines = page.read_text(encoding="utf-8").splitlines()
    [cells] = [line.split(" | ") for line in lines if line.startswith("| `mine/words` |")]
    assert cells[1] == "passed"
    assert "1 of 1 passed." in lines
    measured = [float(value) for value in cells[6].split(" → ")]
    assert measured == sorted(set(measured))


def test_a_plug_in_is_named_before_or_after_the_command(assay: Assay, plugin: str) -> None:
    assert "mine/words" in assay("--plugin", plugin, "list", "envs").out
    line = assay("generate", "mine/words", "--plugin", plugin, "--seed", "3").out
    assert json.loads(line)["env"] == "mine/words"
    missing = assay("--plugin", "gone.py", "list")
    assert missing.status == 2
    assert "no plug-in file at gone.py" in missing.err


def test_new_env_says_what_it_wrote_and_what_comes_next(assay: Assay, tmp_path: Path) -> None:
    done = assay("new-env", "my-puzzle", "--into", str(tmp_path / "here"))
    assert done.status == 0
    assert (tmp_path / "here" / "assay_my_puzzle" / "my_puzzle.py").is_file()
    assert "assay audit mine/my_puzzle" in done.out
    again = assay("new-env", "my-puzzle", "--into", str(tmp_path / "here"))
    assert again.status == 2
    assert "exists; choose another place" in again.err


@pytest.mark.parametrize(
    ("name", "reason"),
    [
        ("logic/sudoku", "there is an environment logic/sudoku already"),
        ("envs", "assay_envs is a package of Assay itself"),
        ("puzzle-", "is no name for an environment"),
        ("Puzzle", "is no name for an environment"),
        ("a/b/c", "is no name for an environment"),
        ("class", "is no name for an environment"),
    ],
)
def test_new_env_refuses_names_that_would_collide(
    assay: Assay, tmp_path: Path, name: str, reason: str
) -> None:
    done = assay("new-env", name, "--into", str(tmp_path / "here"))
    assert done.status == 2
    assert reason in done.err
    assert not (tmp_path / "here").exists()


def test_show_reads_the_colours_of_a_grid(assay: Assay) -> None:
    shown = assay("show", "logic/induction").out
    assert "→" in shown
    assert "[97" not in shown


def test_show_writes_a_picture(assay: Assay, tmp_path: Path) -> None:
    file = tmp_path / "task.svg"
    assert assay("show", "logic/countdown", "--svg", str(file)).status == 0
    assert ElementTree.parse(file).getroot().tag.endswith("svg")  # noqa: S314 - our own picture


def test_generate_takes_finer_parameters_and_names_those_it_lacks(assay: Assay) -> None:
    done = assay("generate", "logic/countdown", "--set", "colour=blue")
    assert done.status == 2
    assert "logic/countdown has no parameter 'colour'" in done.err
    assert "KEY=VALUE is wanted" in assay("generate", "logic/countdown", "--set", "colour").err
