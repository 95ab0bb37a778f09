"""Keywords of an answer as regular expressions, in linear time.

The references put keywords into regular expressions as they stand, so ``colou?r`` means both
spellings and ``U.S`` also finds ``UBS``. That is kept, with three differences: a pattern that
repeats anything is matched by RE2, whose time is linear (there ``\\b``, ``\\d`` and ``\\w`` are
ASCII); one that no engine can read (``C++``, ``:(``), where the references crash or depend on the
Python version, is taken literally; and a keyword of more than a thousand characters is refused.
"""

from __future__ import annotations

import re
from functools import lru_cache
from typing import Any

_SPECIAL = frozenset(".^$*+?{}[]\\|()")
_REPEATS = frozenset("*+{")
_MOST_CHOICES = 4  # each ``?`` or ``|`` may double the work of a backtracking engine


@lru_cache(maxsize=512)
def keyword_pattern(keyword: str, before: str = "", after: str = "", fold: bool = True) -> Any:
    """A compiled pattern with ``search`` and ``findall``: ``before`` + keyword + ``after``.

    Args:
        keyword: from the answer; read as a regular expression.
        before: our own part of the pattern, to the left of the keyword.
        after: the same, to the right.
        fold: blind to case.
    """
    flags = re.IGNORECASE if fold else 0
    literal = re.compile(before + re.escape(keyword) + after, flags)
    if not _SPECIAL & set(keyword):
        return literal
    try:
        if _REPEATS & set(keyword) or sum(map(keyword.count, "?|")) > _MOST_CHOICES:
            return _linear(before + keyword + after, fold)
        return re.compile(before + keyword + after, flags)
    except re.error:
        return literal


def whole_word(keyword: str) -> re.Pattern[str]:
    """The keyword, literally and blind to case, not inside a longer word."""
    return re.compile(rf"\b{re.escape(keyword)}\b", re.IGNORECASE)


def _linear(pattern: str, fold: bool) -> Any:
    import re2  # type: ignore[import-untyped]

    options = re2.Options()
    options.case_sensitive = not fold
    options.log_errors = False
    try:
        return re2.compile(pattern, options)
    except re2.error as error:
        raise re.error(str(error)) from error
