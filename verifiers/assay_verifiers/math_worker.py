"""The math verifier's child process: sympy and math-verify, where they may hang and be shot.

See :mod:`assay_verifiers.workers`. First our own
comparison, with limits, integrals and endless sums worked out by sympy; what our parser does not
know is left to math-verify, whose verdict on numbers is checked to twelve digits (it rounds).
"""

from __future__ import annotations

from functools import lru_cache
from typing import Any, Literal

from assay_datasets import Json
from assay_verifiers.math.comparison import Rules
from assay_verifiers.math.engine import solved
from assay_verifiers.math.parser import parse
from assay_verifiers.math.tree import Hard, Malformed, TooCostly, Unknown
from assay_verifiers.math.verifier import BadGold, WrongUnit, equal_texts

Reply = Literal["equal", "different", "unreadable", "too_costly", "wrong_unit", "bad_gold"]
_EFFORT = 30.0  # as patient as a process that may be killed can be
_DIGITS = 40
_CLOSE = 1e-12  # decimals such as 0.5\pi carry fifteen digits


def handle(request: Json) -> Reply:
    """Whether the request's answer equals one of its golds under its rules."""
    rules = Rules(**request["rules"])
    replies = [_against(gold, request["answer"], rules) for gold in request["golds"]]
    return "equal" if "equal" in replies else replies[0]


def _against(gold: str, answer: str, rules: Rules) -> Reply:
    try:
        return "equal" if equal_texts(gold, answer, rules, _EFFORT, solved) else "different"
    except Unknown:
        return _by_math_verify(gold, answer)
    except Malformed:
        return "unreadable"
    except BadGold:
        return "bad_gold"
    except WrongUnit:
        return "wrong_unit"
    except Hard:
        return "different"
    except (TooCostly, MemoryError, RecursionError, OverflowError):
        return "too_costly"
    except (ArithmeticError, ValueError):
        return "unreadable"


def _readable(gold: str) -> bool:
    """Whether our own parser reads the gold, so that what no engine reads is the answer."""
    try:
        parse(gold)
    except (Malformed, Unknown, TooCostly):
        return False
    return True


def _by_math_verify(gold: str, answer: str) -> Reply:
    from math_verify import verify  # type: ignore[import-untyped]

    try:
        expected, given = _parse(gold), _parse(answer)
        if not expected:
            return "unreadable" if _readable(gold) else "bad_gold"
        if not given:
            return "unreadable"
        found = verify(list(expected), list(given), timeout_seconds=None)
        return "equal" if found and _close_if_numbers(expected[0], given[0]) else "different"
    except (MemoryError, RecursionError, OverflowError):
        return "too_costly"
    except Exception:  # sympy's own failures are of every kind; a gold that fails is found by blame
        return "unreadable"


@lru_cache(maxsize=1024)
def _parse(text: str) -> tuple[Any, ...]:
    """math-verify's readings of ``text`` as one formula; empty if it has none."""
    from math_verify import LatexExtractionConfig
    from math_verify import parse as their_parse

    # the whole text or nothing: the library's other extractors fish numbers out of what they
    # cannot read
    formula = f"${text.strip('$ ')}$"
    only = [LatexExtractionConfig()]
    return tuple(their_parse(formula, only, fallback_mode="no_fallback", parsing_timeout=None))


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


def warm() -> None:
    """Pay for sympy's import, and for what it does once; math-verify is imported when needed."""
    handle({"golds": ["1"], "answer": "\\lim_{x\\to 0} x", "rules": {}})
