"""The profile adds up, keeps a step's order, and says what nobody measured."""

from __future__ import annotations

import io
import time
from collections.abc import Mapping
from pathlib import Path

import pytest
from rich.console import Console

from assay_trainer.metrics import MetricsWriter
from assay_trainer.profile import Part, profile
from assay_trainer.progress import profile_table
from assay_trainer.report import build_report
from assay_trainer.rundir import RunDir
from assay_trainer.stopwatch import Stopwatch

STEP: Mapping[str, float] = {
    "generate": 4.0,
    "verify": 1.0,
    "train": 3.0,
    "sync": 1.0,
    "train/forward": 1.0,
    "train/backward": 1.5,
    "total": 10.0,
}
LINES = [
    ("generate", "", 4.0),
    ("verify", "", 1.0),
    ("train", "", 3.0),
    ("backward", "train", 1.5),
    ("forward", "train", 1.0),
    ("rest", "train", 0.5),
    ("sync", "", 1.0),
    ("elsewhere", "", 1.0),
]


def test_a_step_by_part() -> None:
    assert profile([STEP]) == [Part(n, inside, s, s / 10) for n, inside, s in LINES]


def test_a_mean_over_steps_counts_a_part_that_was_not_there_as_nothing() -> None:
    parts = {part.name: part for part in profile([STEP, {"generate": 2.0, "total": 2.0}])}
    assert parts["generate"].seconds == 3.0
    assert parts["train"].seconds == 1.5
    assert parts["generate"].share == 0.5


def test_parts_that_overlap_leave_no_negative_rest() -> None:
    parts = profile([{"generate": 4.0, "train": 3.0, "train/forward": 3.5, "total": 5.0}])
    assert [part.name for part in parts] == ["generate", "train", "forward"]


@pytest.mark.parametrize("steps", [[], [{}], [{"generate": 1.0}]])
def test_nothing_timed_is_no_profile(steps: list[dict[str, float]]) -> None:
    assert profile(steps) == []


def test_the_terminal_gets_a_table_and_the_report_a_table_and_a_plot(tmp_path: Path) -> None:
    rows = [{"stage": "rl", "step": 1, "seconds": dict(STEP)}]
    console = Console(file=io.StringIO(), width=80)
    console.print(profile_table(rows))
    shown = console.file.getvalue()  # type: ignore[attr-defined]
    assert "  backward" in shown
    assert "15.0%" in shown
    assert profile_table([{"stage": "sft", "step": 1, "seconds": 2.0}]) is None
    run = RunDir.create(tmp_path, {}, name="timed")
    writer = MetricsWriter(run.metrics)
    for row in rows:
        writer.write(row)
    writer.close()
    page = build_report(run).read_text()
    _, _, panel = page.partition('<figure id="profile">')
    panel, _, _ = panel.partition("</figure>")
    assert "<svg" in panel
    assert '<tr class="inner"><th scope="row">backward</th><td>1.500</td><td>15.0 %</td>' in panel


def test_a_stopwatch_sums_by_part_and_starts_over() -> None:
    watch = Stopwatch()
    for _ in range(2):
        with watch("nap"):
            time.sleep(0.002)
    with pytest.raises(ValueError, match="inside"), watch("broken"):
        raise ValueError("inside")
    seconds = watch.take()
    assert set(seconds) == {"nap", "broken"}
    assert seconds["nap"] >= 0.004
    assert watch.take() == {}
