"""What a person sees of a run in a log file and on a terminal."""

from __future__ import annotations

import io
import math
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from rich.console import Console

from assay_trainer.evaluation import Evaluation
from assay_trainer.progress import Progress, outcome

SFT = {"stage": "sft", "step": 1, "loss": 2.3456, "tokens_per_s": 12345.6}
RL = {"stage": "rl", "step": 1, "resumed": 7, "tokens_trained_per_s": 2048.0}
FULL = {
    **RL,
    "reward": 0.25,
    "length_mean": 40.4,
    "mask/low": 0.01,
    "mask/high": 0.02,
    "mask/nonfinite": 0.0,
    "undecided": {"deadline": 2, "worker_failed": 1},
}

LINES = [
    ("sft", SFT, "SFT    1/9  loss 2.346  12,346 tok/s\n"),
    ("sft", {**SFT, "loss": math.nan}, "SFT    1/9  loss nan  12,346 tok/s\n"),
    ("rl", RL, "RL     1/9  resumed 7  2,048 tok/s\n"),
    ("rl", {**RL, "reward": None, "undecided": {}}, "RL     1/9  resumed 7  2,048 tok/s\n"),
    (
        "rl",
        FULL,
        "RL     1/9  reward 0.250  length 40  masked 3.00%  resumed 7  undecided 3  2,048 tok/s\n",
    ),
]


def shown(use: Callable[[Progress], None], *, terminal: bool = False, width: int = 60) -> str:
    file = io.StringIO()
    console = Console(file=file, width=width, force_terminal=terminal, color_system=None)
    with Progress(console) as progress:
        use(progress)
    return file.getvalue()


@pytest.mark.parametrize(("stage", "row", "line"), LINES)
def test_a_log_file_gets_a_plain_line(stage: str, row: dict[str, Any], line: str) -> None:
    def use(progress: Progress) -> None:
        progress.stage(stage, 9, 0)
        progress.row(row)

    assert shown(use) == line


def test_a_log_file_gets_the_first_and_the_last_step_but_not_every_one() -> None:
    def use(progress: Progress) -> None:
        progress.stage("sft", 9, 0)
        for step in range(1, 10):
            progress.row({**SFT, "step": step})
        progress.stage("rl", 2, 0)
        progress.row(RL)

    steps = [line.split()[1] for line in shown(use).splitlines()]
    assert steps == ["1/9", "9/9", "1/2"]


def evaluation_row(phase: str, sampled: list[list[float]]) -> dict[str, Any]:
    result = Evaluation(
        split="test",
        envs=("logic/b", "math/a"),
        greedy=np.array([1.0, 0.0]),
        sampled=np.array(sampled),
        lengths=np.ones((2, 2)),
        entropy=0.1,
    )
    return {"stage": "eval", "phase": phase, "step": 3, **result.row()}


@pytest.mark.parametrize(
    ("phase", "title"),
    [
        ("start", "before"),
        ("after_sft", "after SFT"),
        ("step", "on the way"),
        ("after_rl", "after RL"),
    ],
)
def test_an_evaluation_is_shown_in_full(phase: str, title: str) -> None:
    text = shown(lambda progress: progress.row(evaluation_row(phase, [[1, 0], [0, 0]])))
    assert f"{title}: 2 test problems" in text
    for words in (("environment", "pass@2"), ("suite", "50.0%", "25.0%"), ("logic/b", "100.0%")):
        assert any(all(word in line for word in words) for line in text.splitlines())


def test_the_outcome_sets_the_stages_side_by_side() -> None:
    rows = [
        SFT,
        evaluation_row("after_sft", [[1, 0], [0, 0]]),
        RL,
        evaluation_row("step", [[0, 0], [0, 0]]),
        {**evaluation_row("after_rl", [[1, 1], [1, 0]]), "greedy": {"suite": None, "logic/b": 1.0}},
    ]
    table = outcome(rows)
    text = shown(lambda progress: progress.console.print(table), width=80)
    assert "after SFT → after RL: 2 test problems" in text
    for words in (("suite", "25.0% → 75.0%", "50.0% → –"), ("logic/b", "50.0% → 100.0%")):
        assert any(all(word in line for word in words) for line in text.splitlines())
    assert outcome(rows[:1]) is None


def test_a_figure_without_a_verdict_is_a_dash() -> None:
    nan = math.nan
    text = shown(lambda progress: progress.row(evaluation_row("step", [[nan, nan], [1, 1]])))
    [line] = [line for line in text.splitlines() if "logic/b" in line]
    assert line.count("–") == 2
    assert "nan" not in text


def test_a_note_is_taken_literally() -> None:
    assert shown(lambda progress: progress.note("run runs/[bold]x: 1.5 M")) == (
        "run runs/[bold]x: 1.5 M\n"
    )


def test_a_terminal_gets_a_bar_whose_figures_leave_it_room() -> None:
    def use(progress: Progress) -> None:
        progress.stage("sft", 9, 4)
        progress.row({**SFT, "step": 5})
        progress.stage("rl", 3, 0)
        progress.row(FULL)

    text = shown(use, terminal=True)
    last = text.splitlines()[-2]
    assert all(word in last for word in ("RL", "━", "1/3", "reward"))
