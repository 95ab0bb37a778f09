"""Checkpoints are there whole or not at all, in order, and say what is wrong with them."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from pathlib import Path
from threading import Event

import pytest
import torch
from safetensors import SafetensorError

from assay_datasets import InputError
from assay_trainer.checkpoint import (
    Draft,
    PartWriter,
    checkpoints,
    load_json,
    load_optimiser,
    open_checkpoint,
    save_json,
    save_optimiser,
    saving,
    sealed,
)
from assay_trainer.optim import OptimConfig, Optimiser

PROGRESS = {"stage": "rl", "log": [0.1, -2.5e-07]}


def write(root: Path, name: str, keep: int = 5, progress: object = PROGRESS) -> None:
    draft = Draft.begin(root, name)
    save_json(draft.folder / "progress.json", progress)
    (draft.folder / "model").mkdir()
    (draft.folder / "model" / "weights").write_bytes(b"\x01\x02\x03")
    draft.complete(sealed(draft.folder, "progress.json", "model"), keep)


def silent(text: str) -> None:
    raise AssertionError(f"nothing was to be said: {text}")


def newest(root: Path, say: Callable[[str], object] = silent) -> Path:
    found = open_checkpoint(root, say)
    assert found is not None
    return found


def names(root: Path) -> list[str]:
    return [path.name for path in checkpoints(root)]


def test_what_was_written_is_read_back(tmp_path: Path) -> None:
    write(tmp_path, "rl-000025")
    found = newest(tmp_path)
    assert load_json(found / "progress.json") == PROGRESS
    assert set(load_json(found / "manifest.json")) == {"progress.json", "model/weights"}


def test_an_abandoned_draft_leaves_no_trace_and_the_older_one_whole(tmp_path: Path) -> None:
    write(tmp_path, "rl-000025")
    for name in ("rl-000025", "rl-000050"):
        draft = Draft.begin(tmp_path, name)
        save_json(draft.folder / "progress.json", {})
        assert names(tmp_path) == ["rl-000025"]
        draft.abandon()
    assert [path.name for path in tmp_path.iterdir()] == ["rl-000025"]
    assert load_json(newest(tmp_path) / "progress.json") == PROGRESS


def test_a_draft_begins_empty_whatever_a_killed_run_left_there(tmp_path: Path) -> None:
    save_json(Draft.begin(tmp_path, "rl-000025").folder / "torn.json", 1)
    assert not list(Draft.begin(tmp_path, "rl-000025").folder.iterdir())


def test_a_part_is_written_beside_the_work_and_its_sums_are_those_of_the_files(
    tmp_path: Path,
) -> None:
    writer, gate = PartWriter(), Event()
    assert writer.written(wait=False) == {}

    def write_late() -> None:
        assert gate.wait(10)
        (tmp_path / "part").write_bytes(b"late")

    writer.begin(tmp_path, write_late, "part")
    assert writer.written(wait=False) is None
    gate.set()
    assert writer.written(wait=True) == sealed(tmp_path, "part")
    assert writer.written(wait=False) == sealed(tmp_path, "part")


def test_what_stopped_a_part_comes_out_where_it_is_asked_for(tmp_path: Path) -> None:
    writer = PartWriter()
    missing = tmp_path / "nowhere"
    writer.begin(missing, lambda: save_json(missing / "x.json", 1), "x.json")
    with pytest.raises(InputError, match="cannot write"):
        writer.written(wait=True)


def test_a_checkpoint_that_was_not_sealed_does_not_count(tmp_path: Path) -> None:
    write(tmp_path, "rl-000025")
    for name in (".rl-000050.part", "rl-000075"):  # killed while writing; no manifest
        (tmp_path / name).mkdir()
    (tmp_path / ".rl-000050.part" / "manifest.json").write_text("{}")
    assert names(tmp_path) == ["rl-000025"]
    write(tmp_path, "rl-000050")
    assert names(tmp_path) == ["rl-000025", "rl-000050"]


def test_the_same_step_again_replaces_its_checkpoint(tmp_path: Path) -> None:
    write(tmp_path, "rl-000025")
    write(tmp_path, "rl-000025", progress={"stage": "again"})
    assert load_json(newest(tmp_path) / "progress.json") == {"stage": "again"}
    assert [path.name for path in tmp_path.iterdir()] == ["rl-000025"]


def test_supervised_checkpoints_come_before_reinforced_ones(tmp_path: Path) -> None:
    for name in ("rl-000100", "sft-000500", "rl-000000", "sft-000600", "rl-000025"):
        write(tmp_path, name)
    assert names(tmp_path) == ["sft-000500", "sft-000600", "rl-000000", "rl-000025", "rl-000100"]


@pytest.mark.parametrize("keep", [1, 2])
def test_only_the_newest_stay(tmp_path: Path, keep: int) -> None:
    for name in ("sft-000600", "rl-000000", "rl-000025"):
        write(tmp_path, name, keep)
    assert names(tmp_path) == ["sft-000600", "rl-000000", "rl-000025"][-keep:]


def test_a_run_without_a_checkpoint_has_none(tmp_path: Path) -> None:
    Draft.begin(tmp_path, "rl-000000")
    assert open_checkpoint(tmp_path, silent) is None


BROKEN = {
    "progress.json does not match": lambda f: (f / "progress.json").write_text("{}"),
    "weights does not match": lambda f: (f / "model" / "weights").write_bytes(b"\x01\x02\x04"),
    "weights is missing": lambda f: (f / "model" / "weights").unlink(),
    "manifest.json is not JSON": lambda f: (f / "manifest.json").write_bytes(b'{"pro\xff'),
    "manifest.json is not a table of files": lambda f: (f / "manifest.json").write_text("{}"),
    "manifest.json is not a table": lambda f: (f / "manifest.json").write_text("[]"),
}


@pytest.mark.parametrize("what", BROKEN)
def test_a_corrupt_newest_is_named_and_the_one_before_taken(tmp_path: Path, what: str) -> None:
    for name in ("sft-000600", "rl-000000", "rl-000025"):
        write(tmp_path, name)
    BROKEN[what](tmp_path / "rl-000025")
    said: list[str] = []
    assert newest(tmp_path, said.append).name == "rl-000000"
    [line] = said
    assert re.search(rf"rl-000025 is corrupt \(.*{what}.*\): going on from the one before", line)


def test_where_all_are_corrupt_each_is_named_and_the_way_on_told(tmp_path: Path) -> None:
    for name in ("rl-000000", "rl-000025"):
        write(tmp_path, name)
        (tmp_path / name / "progress.json").unlink()
    said: list[str] = []
    with pytest.raises(InputError, match=r"every checkpoint in .* is corrupt; remove that folder"):
        open_checkpoint(tmp_path, said.append)
    assert re.search(r"rl-000025 is corrupt \(.*\): going on from the one before$", said[0])
    assert re.search(r"rl-000000 is corrupt \(.*\)$", said[1])


def test_numbers_json_cannot_carry_are_refused(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="JSON"):
        save_json(tmp_path / "x.json", float("nan"))


def test_every_float_survives(tmp_path: Path) -> None:
    values = [0.1, 1 / 3, -1e-300, 12345.6789, float(torch.tensor(0.1))]
    save_json(tmp_path / "x.json", values)
    assert load_json(tmp_path / "x.json") == values
    assert json.loads((tmp_path / "x.json").read_text()) == values


def test_optimiser_state_is_stored_bit_by_bit(tmp_path: Path) -> None:
    parameter = torch.nn.Parameter(torch.tensor([[0.3, -0.7]]))
    optimiser = Optimiser([parameter], OptimConfig(lr=0.1), 10)
    parameter.grad = torch.tensor([[0.1, 0.2]])
    optimiser.step()
    save_optimiser(tmp_path, optimiser.state())
    stored = load_optimiser(tmp_path)
    assert stored["step_index"] == 1
    [mine] = optimiser.adam.state.values()
    assert torch.equal(stored["adam"]["state"][0]["exp_avg"], mine["exp_avg"])


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="needs /dev/full")
def test_a_full_disk_is_one_clear_line_whoever_writes(tmp_path: Path) -> None:
    for name in ("x.json", "optimiser.pt"):
        (tmp_path / name).symlink_to("/dev/full")
    with pytest.raises(InputError, match=r"cannot write .*x\.json: No space left .*; free some"):
        save_json(tmp_path / "x.json", {})
    with pytest.raises(InputError, match=r"cannot write .*; free some space"), saving(tmp_path):
        save_optimiser(tmp_path, {"state": torch.zeros(9)})
    with pytest.raises(InputError, match=r"No space left .*; free some space"), saving(tmp_path):
        raise SafetensorError("I/O error: No space left on device\n  at line 3")


def test_a_disk_that_refuses_is_one_clear_line(tmp_path: Path) -> None:
    root = tmp_path / "file"
    root.touch()
    with pytest.raises(InputError, match=r"cannot write .*file"):
        Draft.begin(root, "rl-0")
