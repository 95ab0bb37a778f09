"""Regular expressions in linear time: RE2, for every pattern that meets a response.

Python's ``re`` backtracks: a pattern that is harmless on honest text can take exponential time on
a response made for it. RE2 cannot; what it lacks for that (look-around, back-references) is an
error of whoever wrote the pattern, told with the pattern's own words.
"""

from __future__ import annotations

from functools import lru_cache
from typing import Any

import re2  # type: ignore[import-not-found, import-untyped, unused-ignore]

from assay_datasets import InputError

_LONGEST_PATTERN = 10_000
_MOST_MEMORY = 16 << 20


@lru_cache(maxsize=256)
def compiled(pattern: str) -> Any:
    """The RE2 program of ``pattern``; :class:`InputError` if it has none."""
    if len(pattern) > _LONGEST_PATTERN:
        raise InputError(f"a pattern of {len(pattern)} characters, above {_LONGEST_PATTERN}")
    options = re2.Options()
    options.log_errors = False
    options.max_mem = _MOST_MEMORY
    try:
        return re2.compile(pattern, options=options)
    except re2.error as error:
        raise InputError(f"{pattern!r} is no RE2 pattern: {_words(error)}") from error
    except UnicodeEncodeError as error:
        raise InputError(f"{pattern!r} is no RE2 pattern: it is no Unicode text") from error


def found(pattern: str, text: str) -> bool:
    """Whether ``pattern`` matches somewhere in ``text``; anchor it to ask for more."""
    return compiled(pattern).search(text.encode("utf-8", "replace").decode()) is not None


def _words(error: Exception) -> str:
    said = error.args[0] if error.args else error
    return said.decode("utf-8", "replace") if isinstance(said, bytes) else str(said)
