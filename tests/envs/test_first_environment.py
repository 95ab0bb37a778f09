"""The page "Write your first environment" works as it is written."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest

from assay_datasets import add_plugin, plugins
from assay_envs import Suite, env_registry
from assay_envs.audit import audit_one
from assay_verifiers import verifier_registry

PAGE = (Path(__file__).parents[2] / "docs" / "first_environment.md").read_text(encoding="utf-8")


@pytest.fixture
def blocks(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> dict[str, list[str]]:
    """The page's blocks by language; what they register is gone afterwards."""
    for registry in (env_registry, verifier_registry):
        monkeypatch.setattr(registry, "_added", dict(registry._added))
    monkeypatch.setattr(plugins, "_loaded", set(plugins._loaded))
    monkeypatch.setenv("ASSAY_PLUGINS", "")
    monkeypatch.chdir(tmp_path)
    found: dict[str, list[str]] = {}
    for language, text in re.findall(r"```(\w+)\n(.*?)```", PAGE, re.DOTALL):
        found.setdefault(language, []).append(text)
    return found


def test_the_file_on_the_page_passes_its_audit_as_it_stands(blocks: dict[str, list[str]]) -> None:
    [source] = blocks["python"]
    Path("pick.py").write_text(source, encoding="utf-8")
    project, suite, _ = blocks["toml"]
    Path("assay.toml").write_text(project, encoding="utf-8")
    Path("mine.toml").write_text(suite, encoding="utf-8")
    assert "mine/pick" in env_registry.names()
    report = audit_one("mine/pick", seeds=12)
    assert report.failed == ()
    assert {finding.state for finding in report.findings} == {"held"}
    assert Suite.load("mine.toml").env_ids == ("mine/pick", "logic/countdown")


def test_the_mistake_that_the_page_proposes_is_found(blocks: dict[str, list[str]]) -> None:
    [source] = blocks["python"]
    wrong = source.replace('if total == answer["target"] else', "if total else")
    assert wrong != source
    Path("pick.py").write_text(wrong.replace('"mine/pick"', '"mine/wrong"'), encoding="utf-8")
    add_plugin("pick.py")
    failed = {finding.check for finding in audit_one("mine/wrong", seeds=6).failed}
    assert {"near_misses", "guesses", "trivial"} <= failed


def test_the_data_on_the_page_are_an_environment(blocks: dict[str, list[str]]) -> None:
    rows = [{"question": f"What is {n} and {n}?", "answer": str(2 * n)} for n in range(11, 60)]
    Path("rows.jsonl").write_text("\n".join(map(json.dumps, rows)), encoding="utf-8")
    Path("sums.toml").write_text(blocks["toml"][2], encoding="utf-8")
    add_plugin("sums.toml")
    report = audit_one("mine/sums", seeds=12)
    assert report.failed == ()


@pytest.mark.parametrize("command", re.findall(r"^assay .*$", PAGE, re.MULTILINE))
def test_every_command_on_the_page_is_one(
    command: str, blocks: dict[str, list[str]], capsys: pytest.CaptureFixture[str]
) -> None:
    import shlex

    from assay.cli import cli

    Path("pick.py").write_text(blocks["python"][0], encoding="utf-8")
    words = shlex.split(command)[1:]
    if "train" in words or "audit" in words:  # proved above, or long
        assert cli.get_command(cli.make_context("assay", []), words[0]) is not None
        return
    cli.main(words, prog_name="assay", standalone_mode=False)
    assert capsys.readouterr().out
