"""What of a task, an episode and a verdict may leave the server: an answer never does.

Lists of what is shown, not of what is hidden: metadata holds certificates, a content hash can be
tried against guesses, and a verdict's detail quotes expected values. So what a plug-in adds is
hidden until it is named here.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from assay_datasets import Json, Task
from assay_envs import Environment
from assay_envs.drawing import text_svg
from assay_verifiers import Verdict

_METADATA = ("domain", "difficulty")
_DETAIL = ("trust", "backend", "sandbox_s")


def shown_metadata(task: Task) -> dict[str, Json]:
    """Of a task's metadata, what describes it and does not solve it."""
    return {name: task.metadata[name] for name in _METADATA if name in task.metadata}


def drawn(env: Environment, task: Task, *, whole: bool) -> dict[str, str]:
    """A task as text and as a picture, for who acts, or with ``whole`` for who may see answers.

    Of a game of several turns those who act see the prompt only: its picture may show what there is
    to find out.
    """
    if whole or env.max_turns == 1:
        return {"rendering": env.render(task), "svg": env.svg(task)}
    text = "\n".join(message["content"] for message in task.prompt)
    return {"rendering": text, "svg": text_svg(text)}


def shown_verdict(verdict: Verdict) -> dict[str, Json]:
    """A verdict on a task whose answer the server keeps: how many tests passed, not which."""
    detail = {name: verdict.detail[name] for name in _DETAIL if name in verdict.detail}
    tests = verdict.detail.get("tests")
    if isinstance(tests, list):
        passed = [each for each in tests if isinstance(each, dict) and each["status"] == "match"]
        detail |= {"tests": len(tests), "passed": len(passed)}
    return {**verdict.to_json(), "detail": detail}


def shown_info(info: Mapping[str, Any]) -> dict[str, Json]:
    """Of an episode's info: the verdict, the reward's parts, the level."""
    shown: dict[str, Json] = {}
    if isinstance(verdict := info.get("verdict"), Verdict):
        shown["verdict"] = shown_verdict(verdict)
    if isinstance(rewards := info.get("rewards"), Mapping):
        shown["rewards"] = {str(name): float(value) for name, value in rewards.items()}
    if isinstance(level := info.get("difficulty"), int):
        shown["difficulty"] = level
    if info.get("undecided"):
        shown["undecided"] = True
    return shown
