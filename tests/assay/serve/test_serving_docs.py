"""docs/serving.md but for its MCP part: every block is run as it is written, at another port."""

from __future__ import annotations

import importlib
import json
import re
import subprocess
import sys
import tomllib
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest

PAGE = Path(__file__).parents[3] / "docs" / "serving.md"
URL = "http://localhost:8000"


def blocks(heading: str) -> list[tuple[str, str]]:
    """(language, text) of the fenced blocks under a heading."""
    text = PAGE.read_text("utf-8").split(f"\n## {heading}\n")[1].split("\n## ")[0]
    return re.findall(r"^```(\w+)\n(.*?)^```$", text, re.MULTILINE | re.DOTALL)


def block(heading: str, language: str, at: int = 0) -> str:
    return [text for kind, text in blocks(heading) if kind == language][at]


def shell(text: str, server: str) -> Any:
    command = ["bash", "-c", text.replace(URL, server)]
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    return json.loads(done.stdout)


def test_curl_gets_a_verdict(server: str) -> None:
    reply = shell(block("Any HTTP client", "sh"), server)
    assert (reply["id"], reply["outcome"], reply["score"], reply["reason"]) == (
        1,
        "correct",
        1.0,
        "match",
    )


def test_curl_gets_many(server: str) -> None:
    reply = shell(block("Any HTTP client", "sh", 1), server)
    assert [item.get("outcome") for item in reply["items"]] == ["correct", "correct", None]
    assert "math" in reply["items"][2]["error"]


def test_the_client(server: str, capsys: pytest.CaptureFixture[str]) -> None:
    text = block("Python", "python").replace(URL, server)
    exec(compile(text, str(PAGE), "exec"), {})  # noqa: S102 - our own page
    said = [line.rpartition("  # ")[2] for line in text.splitlines() if "print(" in line]
    assert capsys.readouterr().out.splitlines() == said


def test_trl() -> None:
    trl = pytest.importorskip("trl", reason="trl is not installed")
    made: dict[str, Any] = {}

    def trainer(model: str, **given: Any) -> None:
        made.update(given)

    names = {"model": "m", "args": None, "tokenizer": None}
    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(trl, "GRPOTrainer", trainer)
        exec(compile(block("TRL", "python"), str(PAGE), "exec"), names)  # noqa: S102
    rows = made["train_dataset"][:2]
    scores = made["reward_funcs"](prompts=rows["prompt"], completions=["1", "2"], task=rows["task"])
    assert scores == [0.0, 0.0]


def test_verl(server: str) -> None:
    pairs = dict(line.split("=", 1) for line in block("verl", "ini").splitlines())
    kwargs = "+reward.custom_reward_function.reward_kwargs."
    settings = {
        name.removeprefix(kwargs): value.replace(URL, server)
        for name, value in pairs.items()
        if name.startswith(kwargs)
    }
    module = pairs["reward.custom_reward_function.path"].removeprefix("pkg://")
    function = getattr(importlib.import_module(module), pairs["reward.custom_reward_function.name"])
    assert function("any", r"\boxed{1/2}", "0.5", {}, **settings)["score"] == 1.0


def test_verifiers(server: str, monkeypatch: pytest.MonkeyPatch) -> None:
    pytest.importorskip("verifiers.v1", reason="verifiers is not installed")
    written = ModuleType("assay_tasks")
    text = block("prime-rl and verifiers", "python")
    exec(compile(text, str(PAGE), "exec"), vars(written))  # noqa: S102
    monkeypatch.setitem(sys.modules, "assay_tasks", written)
    run = tomllib.loads(block("prime-rl and verifiers", "toml").replace(URL, server))
    config = written.AssayEnv.__orig_bases__[0].__args__[0].model_validate(run["env"])
    assert len(list(written.AssayEnv(config).taskset.take(3))) == 3


def test_openenv() -> None:
    pytest.importorskip("openenv.core", reason="openenv-core is not installed")
    names: dict[str, Any] = {}
    exec(compile(block("OpenEnv", "python"), str(PAGE), "exec"), names)  # noqa: S102
    assert "/reset" in {route.path for route in names["app"].routes}


def test_drop_in(server: str) -> None:
    reply = shell(block("Drop-in endpoints", "sh"), server)
    assert (reply["status"], reply["run_result"]["stdout"]) == ("Success", "42\n")


def test_every_block_is_known_to_a_test() -> None:
    run = {
        "Any HTTP client": ["sh", "sh"],
        "Python": ["python"],
        "TRL": ["python"],
        "verl": ["ini"],
        "prime-rl and verifiers": ["python", "toml"],
        "OpenEnv": ["python"],
        "Drop-in endpoints": ["sh"],
    }
    headings = re.findall(r"^## (.*)$", PAGE.read_text("utf-8"), re.MULTILINE)
    assert headings == [*run, "Any MCP client"]
    assert {heading: [kind for kind, _ in blocks(heading)] for heading in run} == run
