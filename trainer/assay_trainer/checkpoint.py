"""Checkpoints: complete, atomic, verified on load.

A checkpoint is written into a hidden folder beside its place, by several workers at once and beside
their work (`PartWriter`): what it holds is copied first, so the next step may begin. Each file is
flushed to disk with its SHA-256 sum; a manifest of the sums and a rename make it a checkpoint: it
is there whole or not at all. Reading checks every sum first, and where one does not match goes back
to the checkpoint before, aloud.

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
from collections.abc import Callable, Iterator, Mapping
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch
from safetensors import SafetensorError

from assay_datasets import InputError, Json
from assay_trainer.metrics import writing

_MANIFEST = "manifest.json"


Sums = dict[str, str]


@dataclass(frozen=True)
class Draft:
    """A checkpoint that is being written; see :meth:`begin`."""

    root: Path
    name: str

    @classmethod
    def begin(cls, root: Path, name: str) -> Draft:
        """An empty folder to write into; it counts for nothing until :meth:`complete`."""
        draft = cls(root, name)
        draft.abandon()
        with writing(root):
            draft.folder.mkdir(parents=True)
        return draft

    @property
    def folder(self) -> Path:
        return self.root / f".{self.name}.part"

    def complete(self, sums: Mapping[str, str], keep: int) -> None:
        """Make it the checkpoint of its name; the newest ``keep`` stay.

        Args:
            sums: of every file in it, as :func:`sealed` gave them.
            keep: how many checkpoints stay, this one included.
        """
        manifest = self.folder / _MANIFEST
        save_json(manifest, dict(sums))
        with writing(self.root):
            for path in (manifest, *_folders(self.folder)):
                _flush(path)
            _replace(self.folder, self.root / self.name)
            _flush(self.root)
            for old in checkpoints(self.root)[:-keep]:
                _remove(old)

    def abandon(self) -> None:
        """Leave no trace of it."""
        with writing(self.root):
            _remove(self.folder)


class PartWriter:
    """Writes one worker's part of a checkpoint on a thread, one part at a time."""

    def __init__(self) -> None:
        self._thread = ThreadPoolExecutor(1)
        self._part: Future[Sums] | None = None

    def begin(self, folder: Path, write: Callable[[], None], *names: str) -> None:
        """Have ``write`` make the files and folders called ``names``, from copies of its own."""
        self._part = self._thread.submit(_write, folder, write, names)

    def written(self, *, wait: bool) -> Sums | None:
        """The sums of the last part; None while it is being written; none if none was begun.

        What writing it raised comes out here.
        """
        if self._part is None:
            return {}
        return self._part.result() if wait or self._part.done() else None


def sealed(folder: Path, *names: str) -> Sums:
    """Flush the files called ``names``, or under folders of those names; their sums by path."""
    found = [path for name in names for path in (folder / name, *(folder / name).rglob("*"))]
    files = sorted(path for path in found if path.is_file())
    with writing(folder):
        for path in files:
            _flush(path)
        return {str(path.relative_to(folder)): _sha256(path) for path in files}


def checkpoints(root: Path) -> list[Path]:
    """Complete checkpoints, oldest first: by stage (SFT before RL), then step."""
    found = [path.parent for path in root.glob(f"*/{_MANIFEST}") if path.parent.name[0] != "."]
    return sorted(found, key=lambda path: (path.name.startswith("rl-"), path.name))


def open_checkpoint(root: Path, say: Callable[[str], object]) -> Path | None:
    """The newest checkpoint that is whole; ``say`` is told of every newer one that is not.

    Returns:
        None if the run has come to no checkpoint yet.

    Raises:
        InputError: all are corrupt, with the way on.
    """
    found = checkpoints(root)
    for path in reversed(found):
        broken = _broken(path)
        if broken is None:
            return path
        way_on = "" if path == found[0] else ": going on from the one before"
        say(f"checkpoint {path} is corrupt ({broken}){way_on}")
    if found:
        raise InputError(
            f"every checkpoint in {root} is corrupt; remove that folder, and `assay resume` begins "
            "the run again"
        )
    return None


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


def _write(folder: Path, write: Callable[[], None], names: tuple[str, ...]) -> Sums:
    write()
    return sealed(folder, *names)


def _folders(folder: Path) -> Iterator[Path]:
    yield folder
    yield from (path for path in folder.rglob("*") if path.is_dir())


def _flush(path: Path) -> None:
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


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
