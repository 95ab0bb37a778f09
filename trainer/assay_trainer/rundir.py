"""RunDir: the directory one training run leaves behind, and the only place that knows its layout.

    runs/<name>/
    ├── config.toml       the resolved config; a directory is a run if it holds this file
    ├── metrics.jsonl     one row per step or evaluation (see metrics.py)
    ├── samples.jsonl     some rollouts with their verdicts
    ├── events.jsonl      workers that were slow or replaced, and returns to a checkpoint
    ├── checkpoints/      what `assay resume` goes on from
    ├── model/            the trained model, transformers layout
    ├── report.html       written by `assay report`
    └── .lock             held, and with its id in it, by the process that plays the run

A run is created once and never overwritten. This module makes and finds runs; it does not know
what a checkpoint or a config contains.
"""

from __future__ import annotations

import datetime
import fcntl
import os
import tomllib
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import tomli_w

from assay_datasets import InputError, Json
from assay_trainer.metrics import writing


@dataclass(frozen=True)
class RunDir:
    """One run's directory. Make it with :meth:`create`, find it with :meth:`open`."""

    path: Path

    @classmethod
    def create(
        cls,
        root: Path,
        config: Mapping[str, Json],
        *,
        name: str | None = None,
        recipe: str = "run",
    ) -> RunDir:
        """A new run under ``root``, with ``config`` written to it.

        Args:
            root: directory of all runs, made if missing.
            config: the resolved config; keys whose value is None are left out (TOML has no null).
            name: the run's name; by default ``<recipe>-<YYYYMMDD>-<n>`` with the first free n.

        Raises InputError if the name is taken or is no plain name, or the disk refuses.
        """
        with writing(root):
            root.mkdir(parents=True, exist_ok=True)
        path = _claim(root, name) if name is not None else _claim_next(root, recipe)
        run = cls(path)
        with writing(path):
            run.checkpoints.mkdir()
        run.write_config(config)
        return run

    @classmethod
    def open(cls, path: Path) -> RunDir:
        """The run at ``path``; raises InputError, naming the runs beside it, if there is none."""
        if (path / "config.toml").is_file():
            return cls(path)
        found = sorted(config.parent.name for config in path.parent.glob("*/config.toml"))
        hint = f"runs there: {', '.join(found)}" if found else "start one with `assay train`"
        raise InputError(f"{path} is not a run (it has no config.toml); {hint}")

    @property
    def name(self) -> str:
        return self.path.resolve().name

    @property
    def config(self) -> Path:
        return self.path / "config.toml"

    @property
    def metrics(self) -> Path:
        return self.path / "metrics.jsonl"

    @property
    def samples(self) -> Path:
        return self.path / "samples.jsonl"

    @property
    def events(self) -> Path:
        return self.path / "events.jsonl"

    @property
    def checkpoints(self) -> Path:
        return self.path / "checkpoints"

    @property
    def model(self) -> Path:
        return self.path / "model"

    @property
    def report(self) -> Path:
        return self.path / "report.html"

    @contextmanager
    def held(self) -> Iterator[None]:
        """Hold the run for this process, as long as it lives; :class:`InputError` if it is held."""
        with writing(self.path):
            lock = (self.path / ".lock").open("a+")
        with lock:
            try:
                fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError as error:
                lock.seek(0)
                raise InputError(
                    f"{self.path} is being played by process {lock.read() or '?'}; "
                    "wait for it, or stop it first"
                ) from error
            except OSError:  # a file system without locks
                pass
            lock.truncate(0)
            lock.write(str(os.getpid()))
            lock.flush()
            yield

    def write_config(self, config: Mapping[str, Json]) -> None:
        """Replace the config in one move, so that a kill leaves the old one or the new one."""
        self.write_text(self.config, tomli_w.dumps(_drop_none(config)))

    def read_config(self) -> dict[str, Json]:
        """The resolved config; raises InputError if the file is no longer TOML."""
        try:
            return tomllib.loads(self.config.read_text(encoding="utf-8"))
        except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
            raise InputError(f"{self.config} is not TOML: {error}; mend or restore it") from error

    def write_text(self, path: Path, text: str) -> None:
        """Write a file of this run whole or not at all; what UTF-8 cannot carry becomes ``?``."""
        partial = path.with_name(path.name + ".part")
        with writing(path):
            partial.write_text(text, encoding="utf-8", errors="replace")
            os.replace(partial, path)


def _claim(root: Path, name: str) -> Path:
    if name != Path(name).name or name in {"", ".", ".."}:
        raise InputError(f"{name!r} is no run name; use a plain name such as 'spark-wide'")
    path = root / name
    with writing(path):
        try:
            path.mkdir()
        except FileExistsError as error:
            raise InputError(
                f"{path} exists already; go on with `assay resume {path}` or choose another --name"
            ) from error
    return path


def _claim_next(root: Path, recipe: str) -> Path:
    day = datetime.date.today().strftime("%Y%m%d")
    number = 1
    while True:
        path = root / f"{recipe}-{day}-{number}"
        with writing(path):
            try:
                path.mkdir()
            except FileExistsError:
                number += 1
                continue
        return path


def _drop_none(value: Json) -> Json:
    if isinstance(value, Mapping):
        return {str(key): _drop_none(item) for key, item in value.items() if item is not None}
    if isinstance(value, list | tuple):
        return [_drop_none(item) for item in value]
    return value
