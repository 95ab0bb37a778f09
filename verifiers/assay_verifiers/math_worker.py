"""The math verifier's child process: math-verify and sympy, where they may hang and be shot.

Run as ``python -m assay_verifiers.math_worker``; see :mod:`assay_verifiers.workers`.
"""

from __future__ import annotations

from functools import lru_cache
from typing import Any, Literal

from assay_datasets import Json
from assay_verifiers.workers import serve

Reply = Literal["equal", "different", "unreadable", "too_costly"]
_DIGITS = 40
_CLOSE = 1e-12  # decimals such as 0.5\pi carry fifteen digits


def compare(request: Json) -> Reply:
    """Whether ``request["answer"]`` equals one of ``request["golds"]``."""
    try:
        answer = _parse(request["answer"])
        if not answer:
            return "unreadable"
        return "equal" if any(_equal(gold, answer) for gold in request["golds"]) else "different"
    except (MemoryError, RecursionError, OverflowError):
        return "too_costly"


@lru_cache(maxsize=1024)
def _parse(text: str) -> tuple[Any, ...]:
    """math-verify's readings of ``text`` as one formula; empty if it has none."""
    from math_verify import LatexExtractionConfig, parse  # type: ignore[import-untyped]

    # the whole text or nothing: the library's other extractors fish numbers out of what they
    # cannot read
    formula = f"${text.strip('$ ')}$"
    only = [LatexExtractionConfig()]
    return tuple(parse(formula, only, fallback_mode="no_fallback", parsing_timeout=None))


def _equal(gold: str, answer: tuple[Any, ...]) -> bool:
    from math_verify import verify

    read = list(_parse(gold))
    found = verify(read, list(answer), timeout_seconds=None)
    return bool(found) and _close_if_numbers(read[0], answer[0])


def _close_if_numbers(gold: Any, answer: Any) -> bool:
    """math-verify rounds to six decimals; two numbers must agree to twelve digits."""
    from sympy import Expr  # type: ignore[import-untyped]

    if gold == answer or not all(isinstance(n, Expr) and n.is_number for n in (gold, answer)):
        return True
    gold, answer = gold.doit(), answer.doit()  # a percent is read as an unevaluated product
    try:
        size = abs(complex(gold.evalf(_DIGITS))) or 1.0
        return abs(complex((gold - answer).evalf(_DIGITS))) <= _CLOSE * size
    except TypeError:  # what sympy cannot evaluate
        return False


def main() -> None:
    compare({"golds": ["x^2-1"], "answer": "(x-1)(x+1)"})  # warm before the first request
    serve(compare)


if __name__ == "__main__":
    main()
