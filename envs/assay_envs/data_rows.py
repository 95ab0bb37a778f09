"""Rows of a data set: JSON lines, Parquet, or the folder of a Hugging Face data set.

    read_rows(Path("train.jsonl"))                 also .jsonl.gz
    read_rows(Path("train.parquet"))
    read_rows(Path("gsm8k"), split="train")        what ``save_to_disk`` wrote, or a clone of a hub
                                                   repository that holds Parquet or JSON lines

Every row is a dict of JSON values. What cannot be read is an :class:`InputError` that names the
file, the row and the mend. Nothing is fetched; Parquet and Arrow need ``pyarrow`` (the extra
``data``).
"""

from __future__ import annotations

import gzip
import json
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

from assay_datasets import InputError, Json

Row = dict[str, Json]

_SUFFIXES = (".jsonl", ".jsonl.gz", ".parquet", ".arrow")


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
        return [path]
    if not path.is_dir():
        raise InputError(f"no data at {path}; a path is taken from where its TOML file lies")
    if (path / "dataset_dict.json").is_file():
        path = path / _one_of(json.loads(_text(path / "dataset_dict.json"))["splits"], split, path)
    if (path / "state.json").is_file():
        named = json.loads(_text(path / "state.json"))["_data_files"]
        return [path / entry["filename"] for entry in named]
    return _by_name(path, split)


def _by_name(path: Path, split: str | None) -> list[Path]:
    """The files of a hub repository: ``data/train-00000-of-00001.parquet``, ``train.jsonl`` …"""
    found = sorted(file for file in path.rglob("*") if file.name.endswith(_SUFFIXES))
    splits = {file: file.name.removesuffix(_suffix(file)).split("-")[0] for file in found}
    if not found:
        raise InputError(f"{path} holds no {', '.join(_SUFFIXES)} file; clone the data set's files")
    wanted = _one_of(list(dict.fromkeys(splits.values())), split, path)
    return [file for file in found if splits[file] == wanted]


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
            else file.open(encoding="utf-8") as lines
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
    yield from _plain(table.to_pylist(), file)


def _arrow(file: Path) -> Iterator[Row]:
    arrow = _pyarrow(file)
    try:
        with arrow.memory_map(str(file)) as source:
            table = arrow.ipc.open_stream(source).read_all()
    except (arrow.ArrowException, OSError) as error:
        raise InputError(f"{file} is no Arrow stream: {error}") from error
    yield from _plain(table.to_pylist(), file)


def _plain(rows: Iterable[Row], file: Path) -> Iterator[Row]:
    """The rows, if they are JSON; dates, bytes and decimals are not."""
    for number, row in enumerate(rows, 1):
        for column, value in row.items():
            try:
                json.dumps(value)
            except TypeError as error:
                raise InputError(f"{file} row {number}, column {column!r}: {error}") from None
        yield row


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
    ".parquet": _parquet,
    ".arrow": _arrow,
}
