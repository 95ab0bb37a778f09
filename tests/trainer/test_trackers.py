"""Rows reach the real trackers, are read back from what these store, and never stop a run."""

from __future__ import annotations

import importlib.util
import json
import math
import struct
import time
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import pytest

from assay_datasets import InputError
from assay_trainer import trackers
from assay_trainer.config import apply_overrides, load_recipe, resolve
from assay_trainer.rundir import RunDir
from assay_trainer.trackers import Tracker, Trackers, require_trackers

ROWS: list[dict[str, Any]] = [
    {"stage": "sft", "step": 1, "loss": 4.0},
    {
        "stage": "rl",
        "step": 1,
        "loss": 0.25,
        "reward": None,
        "mask/low@lag1": 0.5,
        "mismatch/k3": math.nan,
        "seconds": {"train": 1.5},
        "log_ratio_histogram": [1, 2],
        "verdicts": {"match": 3},
    },
    {"stage": "rl", "step": 2, "loss": 0.125},
]
SENT = {
    ("sft/loss", 1): 4.0,
    ("rl/loss", 1): 0.25,
    ("rl/mask/low@lag1", 1): 0.5,
    ("rl/seconds/train", 1): 1.5,
    ("rl/verdicts/match", 1): 3.0,
    ("rl/loss", 2): 0.125,
}


def needs(package: str) -> pytest.MarkDecorator:
    missing = importlib.util.find_spec(package) is None
    return pytest.mark.skipif(missing, reason=f"the extra {package} is not installed")


@pytest.fixture
def run(tmp_path: Path) -> RunDir:
    return RunDir.create(tmp_path / "runs", {"seed": 7}, name="tracked")


def track(name: Any, run: RunDir) -> None:
    warnings: list[str] = []
    sink = Trackers((name,), run, warnings.append)
    for row in ROWS:
        sink.log(row)
    sink.close()
    assert warnings == []


@needs("tensorboard")
def test_tensorboard(run: RunDir) -> None:
    from tensorboard.backend.event_processing.event_accumulator import EventAccumulator

    track("tensorboard", run)
    events = EventAccumulator(str(run.path / "tensorboard"))
    events.Reload()
    names = events.Tags()["scalars"]
    found = {(name, event.step): event.value for name in names for event in events.Scalars(name)}
    assert found == SENT


def stored_records(path: Path) -> Iterator[bytes]:
    """The records of a W&B transaction log: seven bytes of header, then LevelDB's log format."""
    data, place, parts = path.read_bytes(), 7, b""
    while place + 7 <= len(data):
        _, length, kind = struct.unpack("<IHB", data[place : place + 7])
        parts += data[place + 7 : place + 7 + length]
        place += 7 + length
        if kind in (1, 4):  # whole, or the last part
            yield parts
            parts = b""
        if 32768 - place % 32768 < 7:  # no header fits into the rest of the block
            place += 32768 - place % 32768


@needs("wandb")
def test_wandb_offline(run: RunDir, monkeypatch: pytest.MonkeyPatch) -> None:
    from wandb.proto.wandb_internal_pb2 import Record

    monkeypatch.delenv("WANDB_MODE", raising=False)
    track("wandb", run)
    [stored] = run.path.glob("wandb/offline-run-*/run-*.wandb")
    deadline, records = time.monotonic() + 60, list[Record]()
    while not any(record.HasField("exit") for record in records):  # its own process writes it
        assert time.monotonic() < deadline
        time.sleep(0.1)
        records = [Record.FromString(data) for data in stored_records(stored)]
    found = {}
    for record in records:
        if record.HasField("history"):
            items = {
                item.key or "/".join(item.nested_key): json.loads(item.value_json)
                for item in record.history.item
            }
            [stage] = {name.split("/")[0] for name in items if not name.startswith("_")}
            step = items.pop(f"{stage}/step")
            found |= {(n, step): v for n, v in items.items() if not n.startswith("_")}
    assert found == SENT


@needs("trackio")
def test_trackio(run: RunDir, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("TRACKIO_DIR", str(tmp_path / "trackio"))
    from trackio.sqlite_storage import SQLiteStorage

    track("trackio", run)
    found = {}
    for row in SQLiteStorage.get_logs("assay", "tracked"):
        stage = next(name.split("/")[0] for name in row if "/" in name)
        step = row.pop(f"{stage}/step")
        found |= {(n, step): v for n, v in row.items() if n.startswith(f"{stage}/")}
    assert found == SENT


class Failing(Tracker):
    """Takes one row and breaks on the next."""

    def __init__(self, run: RunDir, config: Mapping[str, Any]) -> None:
        self.rows = 0

    def log(self, stage: str, step: int, figures: Mapping[str, float]) -> None:
        self.rows += 1
        if self.rows == 2:
            raise ConnectionError("no route to host")
        assert self.rows == 1, "it was to be dropped"

    def close(self) -> None:
        raise AssertionError("it was to be dropped")


def test_a_tracker_that_fails_is_dropped_with_a_word(
    run: RunDir, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(trackers, "TRACKERS", {"wandb": Failing})
    warnings: list[str] = []
    sink = Trackers(("wandb",), run, warnings.append)
    for row in ROWS:
        sink.log(row)
    sink.close()
    assert len(warnings) == 1
    assert "tracking with wandb stopped (no route to host)" in warnings[0]


def test_a_missing_package_is_told_before_anything_starts(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(importlib.util, "find_spec", lambda name: None)
    with pytest.raises(InputError, match=r"needs the package trackio: pip install 'assay\[trackio"):
        require_trackers(("trackio",))


def test_the_config_takes_them() -> None:
    table = apply_overrides(load_recipe("spark"), ['track=["tensorboard", "wandb"]'])
    assert resolve(table).track == ("tensorboard", "wandb")
    with pytest.raises(InputError, match=r"track\.0: Input should be 'tensorboard', 'wandb' or"):
        resolve(apply_overrides(load_recipe("spark"), ['track=["mlflow"]']))
