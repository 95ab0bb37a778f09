"""Metric rows: appended whole, cut back on resume, read back despite a torn end."""

from __future__ import annotations

import errno
import math
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from assay_datasets import InputError
from assay_trainer.metrics import MetricsWriter, describe, read_rows, writing


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "metrics.jsonl"


def write(path: Path, *rows: dict[str, Any]) -> int:
    with closing(MetricsWriter(path)) as writer:
        for row in rows:
            writer.write(row)
        return writer.position


def test_rows_are_on_disk_before_the_writer_closes(path: Path) -> None:
    with closing(MetricsWriter(path)) as writer:
        writer.write({"step": 1})
        assert read_rows(path) == [{"step": 1}]
        assert writer.position == path.stat().st_size


def test_reopening_appends(path: Path) -> None:
    write(path, {"step": 1})
    write(path, {"step": 2})
    assert [row["step"] for row in read_rows(path)] == [1, 2]


@given(before=st.integers(0, 5), after=st.integers(0, 5))
def test_resume_drops_exactly_the_rows_after_the_checkpoint(
    tmp_path_factory: pytest.TempPathFactory, before: int, after: int
) -> None:
    path = tmp_path_factory.mktemp("run") / "metrics.jsonl"
    position = write(path, *({"step": n} for n in range(before)))
    write(path, *({"step": n} for n in range(before, before + after)))
    with closing(MetricsWriter(path)) as writer:
        writer.truncate_to(position)
        assert writer.position == position
        writer.write({"step": "resumed"})
    assert [row["step"] for row in read_rows(path)] == [*range(before), "resumed"]


@pytest.mark.parametrize("position", [3, 1000])
def test_position_of_another_file_is_refused(path: Path, position: int) -> None:
    write(path, {"step": 1})
    with (
        closing(MetricsWriter(path)) as writer,
        pytest.raises(InputError, match="does not belong to this checkpoint"),
    ):
        writer.truncate_to(position)


def test_torn_last_line_is_skipped_by_readers_and_dropped_by_the_next_writer(path: Path) -> None:
    write(path, {"step": 1})
    with path.open("ab") as file:
        file.write(b'{"step": 2, "rew')
    assert read_rows(path) == [{"step": 1}]
    write(path, {"step": 3})
    assert read_rows(path) == [{"step": 1}, {"step": 3}]


def test_missing_file_has_no_rows(path: Path) -> None:
    assert read_rows(path) == []


BROKEN = {"not JSON": b'{"a": 1}\n{oops\n{"a": 2}\n', "not a JSON object": b'{"a": 1}\n[1]\n'}


@pytest.mark.parametrize("reason", BROKEN)
def test_broken_line_is_named(path: Path, reason: str) -> None:
    path.write_bytes(BROKEN[reason])
    with pytest.raises(InputError, match=f"line 2 is {reason}"):
        read_rows(path)


def test_numbers_that_are_not_finite_become_null(path: Path) -> None:
    write(path, {"loss": math.nan, "deep": {"list": [math.inf, 1.5]}})
    assert read_rows(path) == [{"loss": None, "deep": {"list": [None, 1.5]}}]


def test_any_text_of_a_model_can_be_written(path: Path) -> None:
    write(path, {"response": "line\nbreak \u2028 \ud800 é"})
    assert len(read_rows(path)) == 1


def test_full_disk_is_one_clear_line() -> None:
    with (
        pytest.raises(InputError, match=r"cannot write .*: No space left on device; free some"),
        writing(Path("metrics.jsonl")),
    ):
        raise OSError(errno.ENOSPC, "No space left on device")


DESCRIBED = {
    "loss": "objective",
    "reward/logic/countdown": "one environment",
    "mask/low@lag2+": "only tokens that are 2+ versions old",
    "pass@8/suite": "one of k samples",
    "seconds/generate": "generation",
}


@pytest.mark.parametrize("name", DESCRIBED)
def test_names_are_described_also_per_env_and_lag(name: str) -> None:
    metric = describe(name)
    assert metric is not None
    assert DESCRIBED[name] in metric.meaning


def test_unknown_name_has_no_description() -> None:
    assert describe("nonsense") is None
