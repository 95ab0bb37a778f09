"""math-verify as it is meant to be used: one process, its main thread, its own time limits.

The gold stands between dollars where it has none (its readme asks for that), the response as is.
"""

from __future__ import annotations

import logging
import warnings

NAME = "math-verify 0.9.0"


def quiet() -> None:
    """Silence what it and its parser log and warn of; to be called once."""
    logging.disable(logging.WARNING)
    warnings.simplefilter("ignore")


def judge(gold: str, response: str) -> bool:
    """Whether math-verify finds the response correct; whatever it raises counts as no."""
    from math_verify import parse, verify  # type: ignore[import-untyped]

    delimited = any(mark in gold for mark in ("$", "\\(", "\\[", "\\boxed"))
    try:
        return bool(verify(parse(gold if delimited else f"${gold}$"), parse(response)))
    except Exception:
        return False
