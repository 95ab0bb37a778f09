"""Plain word work that several families share."""

from __future__ import annotations

import string
from collections.abc import Iterable

PUNCTUATION = string.punctuation
EDGES = string.punctuation + " "
_NO_PUNCTUATION = str.maketrans("", "", string.punctuation)


def bare(text: str) -> str:
    """The text without ASCII punctuation."""
    return text.translate(_NO_PUNCTUATION)


def bare_words(text: str) -> list[str]:
    """Lower-case words between blanks, all ASCII punctuation dropped."""
    return bare(text.lower()).split()


def trimmed(text: str) -> str:
    """The text without ASCII punctuation and spaces at its ends."""
    return text.strip(EDGES)


def rising(numbers: Iterable[int]) -> bool:
    """Whether each number is larger than the one before."""
    before = None
    for number in numbers:
        if before is not None and number <= before:
            return False
        before = number
    return True
