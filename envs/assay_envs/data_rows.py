"""Rows of a data set: JSON lines, Parquet, or the folder of a Hugging Face data set.

    read_rows(Path("train.jsonl"))                 also .jsonl.gz, .json (lines or one list), .csv
    read_rows(Path("train.parquet"))
    read_rows(Path("gsm8k/main"), split="train")   what ``save_to_disk`` wrote, or a clone of a hub
                                                   repository that holds files of these kinds

In a clone the split is what the file's name begins with (``train-00000-of-00002.parquet``,
``test.jsonl``), or the folder it lies in (``train/0000.parquet``); in the cache of the ``datasets``
library it follows the builder's name (``parquet-train.arrow``). Every row is a dict; dates and
decimals become text. What cannot be read is an :class:`InputError` that names the file, the row and
the mend. Nothing is fetched; Parquet and Arrow need ``pyarrow`` (the extra ``data``).
"""

from __future__ import annotations

import csv
import gzip
import json
import re
from collections.abc import Iterator
from datetime import date, time, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any
from uuid import UUID

from assay_datasets import InputError, Json

Row = dict[str, Json]

_SUFFIXES = (".jsonl", ".jsonl.gz", ".json", ".csv", ".parquet", ".arrow")
_SPLITS = frozenset(("train", "training", "validation", "valid", "val", "dev", "test", "eval"))
_NO_ROWS = frozenset(("dataset_infos.json", "dataset_info.json", "state.json", "config.json"))


def read_rows(path: Path, split: str | None = None) -> list[Row]:
    """All rows, in order.

    Args:
        path: a file, or a folder of a data set.
        split: which part of a folder that has several.
    """
    files = _files_of(path, split)
    rows = [row for file in files for row in _READERS[_suffix(file)](file)]
    if not rows:
        raise InputError(f"{path} holds no rows")
    return rows


def _files_of(path: Path, split: str | None) -> list[Path]:
    if path.is_file():
        _suffix(path)
        if split is not None:
            raise InputError(f"{path} is one file, so there is no split {split!r}; leave split out")
        return [path]
    if not path.is_dir():
        raise InputError(f"no data at {path}; a path is taken from where its TOML file lies")
    if (path / "dataset_dict.json").is_file():
        splits = json.loads(_text(path / "dataset_dict.json"))["splits"]
        return _saved(path / _one_of(splits, split, path))
    if (path / "state.json").is_file():
        return _saved(path, split)
    return _by_name(path, split)


def _saved(path: Path, split: str | None = None) -> list[Path]:
    """The files of one data set that ``save_to_disk`` wrote."""
    state = json.loads(_text(path / "state.json"))
    if split is not None and split != state.get("_split"):
        raise InputError(f"{path} is one data set, so there is no split {split!r}; leave split out")
    return [path / entry["filename"] for entry in state["_data_files"]]


def _by_name(path: Path, split: str | None) -> list[Path]:
    """The files of one split of a hub repository."""
    found = [
        file
        for file in sorted(path.rglob("*"))
        if file.name.endswith(_SUFFIXES)
        and file.name not in _NO_ROWS
        and not any(part.startswith(".") for part in file.relative_to(path).parts)
    ]
    if not found:
        raise InputError(f"{path} holds no {', '.join(_SUFFIXES)} file; clone the data set's files")
    splits = {file: _split_of(file, path) for file in found}
    wanted = _one_of(list(dict.fromkeys(name for name, _ in splits.values())), split, path)
    files = [file for file in found if splits[file][0] == wanted]
    homes = sorted({str(splits[file][1].relative_to(path)) for file in files})
    if len(homes) > 1:
        raise InputError(f"{path} holds several data sets: {', '.join(homes)}; name one: data = …")
    return files


def _split_of(file: Path, root: Path) -> tuple[str, Path]:
    """The split that a file is part of, and the folder that holds its data set."""
    name, second = re.split(r"[-.]", file.name)[:2]
    if file.suffix == ".arrow" and second in _SPLITS:
        name = second
    if name not in _SPLITS and file.parent != root and file.parent.name in _SPLITS:
        return file.parent.name, file.parent.parent
    return name, file.parent


def _one_of(splits: list[str], wanted: str | None, path: Path) -> str:
    if wanted in splits:
        return wanted
    if wanted is None and len(splits) == 1:
        return splits[0]
    problem = f"no split {wanted!r}" if wanted else "several splits"
    raise InputError(f"{path} has {problem}; set split to one of: {', '.join(sorted(splits))}")


def _suffix(file: Path) -> str:
    for suffix in sorted(_SUFFIXES, key=len, reverse=True):
        if file.name.endswith(suffix):
            return suffix
    raise InputError(f"{file} is of no kind that is read; known: {', '.join(_SUFFIXES)}, a folder")


def _json(file: Path) -> Iterator[Row]:
    """JSON lines under another name, or one list of objects."""
    if not "".join(_lines(file)).lstrip().startswith("["):
        yield from _json_lines(file)
        return
    try:
        rows = json.loads("".join(_lines(file)))
    except (ValueError, RecursionError) as error:
        raise InputError(f"{file} is not JSON ({error})") from None
    for number, row in enumerate(rows, 1):
        if not isinstance(row, dict):
            raise InputError(f"{file} entry {number} is {_kind(row)}; a list of objects is wanted")
        yield row


def _csv(file: Path) -> Iterator[Row]:
    """Rows of text under the names in the first line."""
    try:
        for number, row in enumerate(csv.DictReader(_lines(file), strict=True), 1):
            if None in row or None in row.values():
                raise InputError(f"{file} row {number} has not as many cells as the first line")
            yield row
    except csv.Error as error:
        raise InputError(f"{file} is no CSV: {error}") from None


def _json_lines(file: Path) -> Iterator[Row]:
    for number, line in enumerate(_lines(file), 1):
        if not line.strip():
            continue
        try:
            row = json.loads(line)
        except (ValueError, RecursionError) as error:
            hint = "one JSON object a line is wanted"
            raise InputError(f"{file} line {number} is not JSON ({error}); {hint}") from None
        if not isinstance(row, dict):
            raise InputError(f'{file} line {number} is {_kind(row)}; wrap it: {{"text": …}}')
        yield row


def _lines(file: Path) -> Iterator[str]:
    try:
        with (
            gzip.open(file, "rt", encoding="utf-8")
            if file.suffix == ".gz"
            else file.open(encoding="utf-8", newline="") as lines
        ):
            yield from lines
    except UnicodeDecodeError as error:
        raise InputError(f"{file} is not UTF-8 text ({error.reason}); convert it") from error
    except (OSError, EOFError) as error:
        raise InputError(f"{file} cannot be read: {error}") from error


def _parquet(file: Path) -> Iterator[Row]:
    arrow = _pyarrow(file)
    try:
        table = arrow.parquet.read_table(file)
    except (arrow.ArrowException, OSError) as error:
        raise InputError(f"{file} is no Parquet file: {error}") from error
    yield from map(_plain, table.to_pylist())


def _arrow(file: Path) -> Iterator[Row]:
    arrow = _pyarrow(file)
    try:
        with arrow.memory_map(str(file)) as source:
            table = arrow.ipc.open_stream(source).read_all()
    except (arrow.ArrowException, OSError) as error:
        raise InputError(f"{file} is no Arrow stream: {error}") from error
    yield from map(_plain, table.to_pylist())


def _plain(value: Any) -> Any:
    """The value with what JSON has no word for, but text has, as text."""
    if isinstance(value, dict):
        return {key: _plain(inner) for key, inner in value.items()}
    if isinstance(value, list):
        return [_plain(inner) for inner in value]
    if isinstance(value, date | time | timedelta | Decimal | UUID):
        return str(value)
    return value


def _pyarrow(file: Path) -> Any:
    try:
        import pyarrow
        import pyarrow.ipc
        import pyarrow.parquet
    except ImportError as error:
        raise InputError(f"{file} needs pyarrow: pip install 'assay[data]'") from error
    return pyarrow


def _text(file: Path) -> str:
    return file.read_text(encoding="utf-8")


def _kind(value: Json) -> str:
    names = {str: "a text", list: "a list", bool: "a boolean", type(None): "null"}
    return names.get(type(value), "a number")


_READERS = {
    ".jsonl": _json_lines,
    ".jsonl.gz": _json_lines,
    ".json": _json,
    ".csv": _csv,
    ".parquet": _parquet,
    ".arrow": _arrow,
}
