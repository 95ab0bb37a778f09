"""Verify lines and verdict lines without judging: their ids, and lines where none was reached."""

from __future__ import annotations

import json

from assay_datasets import Json
from assay_verifiers import Verdict

Line = dict[str, Json]


_LONGEST_ID = 1024


def name_of(line: Json, number: int) -> Json:
    """The id of a line: its own, or its number; also where its own is more than an id should be."""
    name = line.get("id", number) if isinstance(line, dict) else number
    return name if is_name(name) else number


def is_name(name: Json) -> bool:
    """Whether this may be an id: a scalar, or an object or list that is small."""
    if not isinstance(name, dict | list):
        return True
    try:
        return len(json.dumps(name)) <= _LONGEST_ID
    except RecursionError:
        return False


def error_line(line: Json, number: int, message: str) -> Line:
    """For a line that is no request."""
    return {"id": name_of(line, number), "error": message}


def undecided_line(line: Json, number: int, verdict: Verdict) -> Line:
    return {"id": name_of(line, number), **verdict.to_json()}


def late_line(line: Json, number: int) -> Line:
    """For a line that was not judged within its deadline."""
    return undecided_line(line, number, Verdict.undecided("deadline"))
