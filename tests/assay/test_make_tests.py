"""``assay make-tests``: a line in, a task out; it goes on where it stopped."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from assay.cli import main
from assay_envs.data_env import data_environment
from assay_sandbox import probe

PROBLEMS: list[dict[str, Any]] = [
    {"id": "a", "solution": "def f(n: int):\n    return n + 1", "entry_point": "f"},
    {"id": "b", "solution": "def f(n):\n    return n", "entry_point": "f"},
    {
        "id": "c",
        "solution": "print(int(input()) * 2)",
        "style": "stdio",
        "examples": [{"stdin": "4"}],
    },
]
SMALL = ["--inputs", "10", "--mutants", "3", "--max-tests", "3", "--backend", "namespace"]


def run(*args: str) -> int:
    with pytest.raises(SystemExit) as ended:
        main(["make-tests", *args])
    return int(ended.value.code or 0)


def require_sandbox() -> None:
    if missing := probe("namespace"):
        pytest.skip(str(missing))


def test_every_problem_gives_a_task_or_a_line_that_says_why(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    require_sandbox()
    source, out = tmp_path / "in.jsonl", tmp_path / "out.jsonl"
    source.write_text("\n".join(map(json.dumps, PROBLEMS)), encoding="utf-8")
    assert run(str(source), "--out", str(out), *SMALL) == 1
    tasks = [json.loads(line) for line in out.read_text("utf-8").splitlines()]
    assert [task["metadata"]["problem"] for task in tasks] == ["a", "c"]
    assert all(1 <= len(task["answer"]["tests"]) <= 3 for task in tasks)
    said = capsys.readouterr().err
    assert "line 2: nothing says what 'f' takes" in said
    assert "2 made, 0 there already, 1 without tests" in said

    whole = out.read_text("utf-8")
    out.write_text(whole.splitlines(keepends=True)[0] + '{"half', encoding="utf-8")
    assert run(str(source), "--out", str(out), *SMALL) == 1
    assert out.read_text("utf-8") == whole
    assert "1 made, 1 there already, 1 without tests" in capsys.readouterr().err


def test_a_file_of_something_else_is_not_written_to(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    source, out = tmp_path / "in.jsonl", tmp_path / "out.jsonl"
    source.write_text("{}\n", encoding="utf-8")
    out.write_text("notes\n", encoding="utf-8")
    assert run(str(source), "--out", str(out)) == 2
    assert out.read_text("utf-8") == "notes\n"
    assert "give another --out" in capsys.readouterr().err


def test_the_tasks_come_with_their_environment(tmp_path: Path) -> None:
    require_sandbox()
    source, out = tmp_path / "in.jsonl", tmp_path / "sums.jsonl"
    problem = {**PROBLEMS[0], "prompt": "Write f(n), the number after n."}
    half = {"id": "h", "prompt": "Write g(x), half of x.", "entry_point": "g"}
    half["solution"] = "def g(x: float):\n    return x / 2 + 0.1"
    source.write_text(f"{json.dumps(problem)}\n{json.dumps(half)}", encoding="utf-8")
    assert run(str(source), "--out", str(out), *SMALL) == 0
    env = data_environment(tmp_path / "sums.toml")()
    tasks = {task.prompt[0]["content"]: task for task in (env.generate(n, 1) for n in range(9))}
    assert [task.env for task in tasks.values()] == ["made/sums"] * 2
    assert dict(tasks[half["prompt"]].options)["compare"] == "float"
    assert env.oracle(tasks[problem["prompt"]]) == problem["solution"]


def test_an_environment_needs_a_domain_and_a_name(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    source = tmp_path / "in.jsonl"
    source.write_text("{}\n", encoding="utf-8")
    assert run(str(source), "--out", str(tmp_path / "o"), "--env", "sums") == 2
    assert "domain/name" in capsys.readouterr().err
