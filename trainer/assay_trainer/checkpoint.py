"""Checkpoints: complete, atomic, verified on load.

A checkpoint is written into a hidden folder beside its place, sealed with a manifest of SHA-256
sums, flushed to disk and renamed: it is there whole or not at all. Reading checks every sum first,
so a torn or edited file is named before anything is loaded from it.

    checkpoints/rl-000050/
    ├── manifest.json     file → SHA-256
    ├── progress.json     stage, step, version, scheduler, verdicts held, positions
    ├── rollouts.json     every episode in flight: tokens, log-probs, versions
    ├── optimiser.pt
    └── model/            transformers layout, float32
"""

from __future__ import annotations

import hashlib
import json
import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import torch
from safetensors import SafetensorError

from assay_datasets import InputError, Json
from assay_trainer.metrics import writing

_MANIFEST = "manifest.json"


@contextmanager
def new_checkpoint(root: Path, name: str, keep: int) -> Iterator[Path]:
    """A folder to write into; on leaving it becomes the checkpoint ``name``, the newest ``keep``
    stay. An error inside leaves no checkpoint behind."""
    partial, final = root / f".{name}.part", root / name
    with writing(root):
        _remove(partial)
        partial.mkdir(parents=True)
        try:
            yield partial
            _seal(partial)
            _replace(partial, final)
        except BaseException:
            _remove(partial)
            raise
    for old in checkpoints(root)[:-keep]:
        _remove(old)


def checkpoints(root: Path) -> list[Path]:
    """Complete checkpoints, oldest first: by stage (SFT before RL), then step."""
    found = [path.parent for path in root.glob(f"*/{_MANIFEST}") if path.parent.name[0] != "."]
    return sorted(found, key=lambda path: (path.name.startswith("rl-"), path.name))


def open_checkpoint(root: Path) -> Path:
    """The newest checkpoint, verified; an :class:`InputError` names what is wrong and the mend."""
    found = checkpoints(root)
    if not found:
        raise InputError(
            f"{root} holds no checkpoint: the run ended before its first; start it again"
        )
    newest = found[-1]
    broken = _broken(newest)
    if broken:
        older = f"to go on from {found[-2].name}" if len(found) > 1 else "and start the run again"
        raise InputError(
            f"checkpoint {newest} is corrupt ({broken}); remove that directory {older}"
        )
    return newest


def save_json(path: Path, value: Json) -> None:
    text = json.dumps(value, allow_nan=False)
    with writing(path):
        path.write_text(text, encoding="utf-8")


def load_json(path: Path) -> Json:
    return json.loads(path.read_text(encoding="utf-8"))


@contextmanager
def saving(folder: Path) -> Iterator[None]:
    """As ``writing``, for torch and safetensors, whose own errors a full disk hides behind."""
    try:
        with writing(folder):
            yield
    except (RuntimeError, SafetensorError) as error:
        reason = str(error).partition("\n")[0]
        raise InputError(
            f"cannot write {folder} ({reason}); free some space there or choose another place"
        ) from error


def save_optimiser(folder: Path, state: dict[str, Any]) -> None:
    torch.save(state, folder / "optimiser.pt")


def load_optimiser(folder: Path) -> dict[str, Any]:
    state: dict[str, Any] = torch.load(folder / "optimiser.pt", weights_only=True)
    return state


def _seal(folder: Path) -> None:
    files = sorted(path for path in folder.rglob("*") if path.is_file())
    sums = {str(path.relative_to(folder)): _sha256(path) for path in files}
    save_json(folder / _MANIFEST, sums)
    for path in [*files, folder / _MANIFEST]:
        with path.open("rb") as file:
            os.fsync(file.fileno())


def _replace(partial: Path, final: Path) -> None:
    """Move ``partial`` to its place; an older one of that name steps aside until it is there."""
    old = final.with_name(f".{final.name}.old")
    _remove(old)
    if final.exists():
        os.replace(final, old)
    os.replace(partial, final)
    _remove(old)


def _broken(folder: Path) -> str | None:
    try:
        sums = load_json(folder / _MANIFEST)
    except ValueError:
        return f"{_MANIFEST} is not JSON"
    if not isinstance(sums, dict) or not sums:
        return f"{_MANIFEST} is not a table of files"
    for name, expected in sums.items():
        path = folder / name
        if not path.is_file():
            return f"{name} is missing"
        if _sha256(path) != expected:
            return f"{name} does not match its SHA-256"
    return None


def _sha256(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def _remove(path: Path) -> None:
    if path.exists():
        shutil.rmtree(path)
