"""How commands print: JSON for machines, rich tables for people, files that are whole or clear."""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import IO, TYPE_CHECKING

import click

from assay_datasets import InputError, Json

if TYPE_CHECKING:
    from rich.console import Console


def parsed_settings(settings: Sequence[str]) -> dict[str, Json]:
    """``KEY=VALUE`` pairs; a value is JSON where it is JSON, else text."""
    found: dict[str, Json] = {}
    for setting in settings:
        key, equals, value = setting.partition("=")
        if not (key and equals):
            raise InputError(f"--set {setting!r}: KEY=VALUE is wanted, such as clues=26")
        try:
            found[key] = json.loads(value)
        except ValueError:
            found[key] = value
    return found


def print_json(value: Json) -> None:
    """One JSON document on stdout, indented for whoever looks after all."""
    click.echo(json.dumps(value, indent=2, ensure_ascii=False))


def console() -> Console:
    """A rich console on stdout; markup off, so that brackets in tasks stay brackets."""
    from rich.console import Console

    return Console(markup=False, highlight=False)


def print_table(title: str, columns: Sequence[str], rows: Sequence[Sequence[str]]) -> None:
    """A table as wide as its content; the first column never wraps."""
    from rich.box import SIMPLE_HEAD
    from rich.table import Table

    table = Table(title=title, title_justify="left", title_style="bold", box=SIMPLE_HEAD)
    for place, column in enumerate(columns):
        table.add_column(column, no_wrap=place == 0)
    for row in rows:
        table.add_row(*row)
    console().print(table)


@contextmanager
def writing(out: Path | None) -> Iterator[IO[str]]:
    """The file ``out``, or stdout; a path that cannot be opened is an :class:`InputError`."""
    if out is None or str(out) == "-":
        yield sys.stdout
        return
    try:
        file = out.open("w", encoding="utf-8")
    except OSError as error:
        raise InputError(f"cannot write {out}: {error.strerror}") from error
    with file:
        yield file


def read_text(path: str) -> str:
    """The text of a file, or of stdin for ``-``; what cannot be read is an :class:`InputError`."""
    try:
        data = sys.stdin.buffer.read() if path == "-" else Path(path).read_bytes()
        return data.decode("utf-8")
    except OSError as error:
        raise InputError(f"cannot read {path}: {error.strerror}") from error
    except UnicodeDecodeError as error:
        raise InputError(f"cannot read {path}: it is not UTF-8 text ({error.reason})") from error
