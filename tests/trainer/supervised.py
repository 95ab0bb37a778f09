"""Supervised sequences of made-up tokens."""

from __future__ import annotations

from collections.abc import Sequence

from assay_trainer.sft import Example


def answer(tokens: Sequence[int], start: int) -> Example:
    """A prompt of ``start`` tokens, and an answer behind it."""
    return Example(tuple(tokens), tuple(place >= start for place in range(len(tokens))))
