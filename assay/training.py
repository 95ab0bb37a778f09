"""The way into the trainer's room, which a base install does not have.

Importing this module imports no torch. Asking for the trainer where its packages are missing is an
:class:`InputError` that says how to get them.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from importlib import import_module
from pathlib import Path
from typing import Any

from assay_datasets import InputError, Json


def trainer() -> Any:
    """The module ``assay_trainer.api``."""
    return _load("assay_trainer.api")


def reporter() -> Callable[[Path], Path]:
    """The function that builds a run's report."""
    build: Callable[[Path], Path] = _load("assay_trainer.report").build_report
    return build


def say_outcome(run: Path, *, profile: bool = False) -> None:
    """Say in short what a run that ended came to, and where it left its report.

    Args:
        profile: say also where the time of a step went.
    """
    from assay.cli.output import console

    rows = _load("assay_trainer.metrics").read_rows(run / "metrics.jsonl")
    if table := _load("assay_trainer.progress").outcome(rows):
        console().print(table)
    if profile and (table := _load("assay_trainer.progress").profile_table(rows)):
        console().print(table)
    print(f"run     {run}")
    if (report := run / "report.html").exists():
        print(f"report  {report}")


def figures(result: dict[str, Json]) -> tuple[Sequence[str], list[list[str]]]:
    """An evaluation as a table: one row per env, one column per figure."""
    rows = {name: value for name, value in result.items() if isinstance(value, dict)}
    columns = list(dict.fromkeys(key for row in rows.values() for key in row))
    table = [[name, *(_figure(row.get(key)) for key in columns)] for name, row in rows.items()]
    return ("", *columns), table


def _figure(value: Json) -> str:
    return f"{value:.3f}" if isinstance(value, float) else "" if value is None else str(value)


def _load(module: str) -> Any:
    try:
        return import_module(module)
    except ImportError as error:
        if (error.name or "").startswith("assay"):
            raise
        raise InputError(
            f"training needs packages that are not installed ({error.name or error}); "
            "run `make train`, or `pip install -c requirements.lock -e '.[train]'`"
        ) from error
