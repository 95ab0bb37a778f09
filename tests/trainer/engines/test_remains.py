"""What an engine that is killed leaves: no process, and no file once the next one has begun."""

from __future__ import annotations

import os
import subprocess
import tempfile
import time
from multiprocessing import get_context
from multiprocessing.connection import Connection
from pathlib import Path

import psutil
import pytest

from assay_sandbox.cgroup import owner_tag
from assay_trainer.engines import remains


def child(told: Connection, orphaned: bool) -> None:
    """Asks to end with its parent: while it has one, or only when it is gone."""
    parent = os.getppid()
    if not orphaned:
        remains.end_with_parent()
    told.send(os.getpid())
    while os.getppid() == parent:
        time.sleep(0.01)
    remains.end_with_parent()
    time.sleep(600)


def parent(told: Connection, orphaned: bool) -> None:
    get_context("spawn").Process(target=child, args=(told, orphaned)).start()
    time.sleep(600)


@pytest.mark.parametrize("orphaned", [False, True])
def test_a_child_ends_with_a_parent_that_is_killed(orphaned: bool) -> None:
    context = get_context("spawn")
    ours, theirs = context.Pipe()
    process = context.Process(target=parent, args=(theirs, orphaned))
    process.start()
    grandchild = psutil.Process(ours.recv())
    process.kill()
    process.join()
    try:
        grandchild.wait(60)
    finally:
        if grandchild.is_running():
            grandchild.kill()


@pytest.fixture
def places(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> list[Path]:
    found = [tmp_path / "memory", tmp_path / "disk"]
    for place in found:
        place.mkdir()
    monkeypatch.setattr(remains, "_MEMORY", found[0])
    monkeypatch.setattr(tempfile, "tempdir", str(found[1]))
    return found


def test_what_the_dead_left_is_removed_and_nothing_else(places: list[Path]) -> None:
    gone = subprocess.Popen(["true"])
    gone.wait()
    left = owner_tag().replace(f"-{os.getpid()}-", f"-{gone.pid}-") + "abc"
    for place in places:
        (place / left / "deep").mkdir(parents=True)
        (place / "assay-mine").mkdir()
    with remains.scratch() as kept:
        remains.sweep()
        assert Path(kept).is_dir()
        assert sorted(path.name for place in places for path in place.iterdir()) == sorted(
            ["assay-mine", "assay-mine", Path(kept).name]
        )


@pytest.mark.parametrize(("room", "place"), [(1, 0), (1 << 60, 1)])
def test_files_lie_in_memory_where_they_fit(places: list[Path], room: int, place: int) -> None:
    with remains.scratch(room) as folder:
        assert Path(folder).parent == places[place]
    assert not Path(folder).exists()
