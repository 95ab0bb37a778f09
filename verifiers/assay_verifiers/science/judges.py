"""One judge a kind: what is wrong with the final answer ``given``, or which question decides it.

A judge raises :class:`Unreadable` for a text it cannot read; whether that is the gold's or the
response's is decided by which of the two it was reading (:func:`judge`).
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from itertools import product
from typing import Literal, TypeVar

from assay_verifiers.answers import gold_answer
from assay_verifiers.science.choice import chosen, letters_in
from assay_verifiers.science.equation import imbalance, read_equation, same_equation
from assay_verifiers.science.expression import names_another, right_hand_side
from assay_verifiers.science.formula import read_formula
from assay_verifiers.science.gold import BadGold, Gold, infer
from assay_verifiers.science.notation import Unreadable
from assay_verifiers.science.quantity import (
    Measured,
    Quantity,
    Several,
    compare,
    read_measured,
    readings,
)
from assay_verifiers.science.settings import Settings
from assay_verifiers.science.smiles import read_smiles
from assay_verifiers.science.words import is_prose, truth_of, words_of
from assay_verifiers.verdict import Verdict

T = TypeVar("T")
_SHOWN = 200


@dataclass(frozen=True)
class Question:
    """What another process must decide: are they one molecule, or one expression?

    ``tolerance`` is the relative error that an expression's value may have.
    """

    about: Literal["smiles", "math"]
    gold: str
    given: str
    tolerance: float = 0.0


Answer = Verdict | Question


def judge(gold: Gold, given: str, settings: Settings) -> Answer:
    """The verdict on ``given``, or the question that decides it.

    Raises :class:`BadGold`, never anything for what ``given`` is.
    """
    try:
        return _JUDGES[gold.kind](gold, given, settings)
    except Unreadable as error:
        return Verdict.incorrect(error.reason, answer=given[:_SHOWN], error=str(error))


def _gold(read: Callable[[], T]) -> T:
    """What ``read`` reads of the gold."""
    try:
        return read()
    except Unreadable as error:
        raise BadGold(str(error)) from error


def _matched(given: str) -> Verdict:
    return Verdict.correct(answer=given[:_SHOWN])


def _mismatch(given: str) -> Verdict:
    return Verdict.incorrect("mismatch", answer=given[:_SHOWN])


def _quantity(gold: Gold, given: str, settings: Settings) -> Answer:
    names = settings.constants
    golds = _gold(lambda: readings(gold.text, names, gold.unit, False))
    wanted = golds[0]
    try:
        given_ones = readings(given, names, None, isinstance(wanted, Several))
    except Unreadable as error:
        plain_number = isinstance(wanted, Quantity) and wanted.unit is None
        if plain_number and error.reason == "malformed" and not is_prose(given):
            # 5!, \binom{5}{2}, \sin 1: numbers that only the math verifier works out
            close = _relative(settings, wanted)
            return Question("math", gold.text, right_hand_side(given), close)
        raise
    faults = [compare(one, other, settings) for one, other in product(golds, given_ones)]
    if None in faults:
        return _matched(given)
    return Verdict.incorrect(faults[0] or "mismatch", answer=given[:_SHOWN])


def _relative(settings: Settings, wanted: Measured | None = None) -> float:
    """The declared tolerance as the math verifier knows it: relative, and below one."""
    relative = settings.relative
    if isinstance(wanted, Quantity) and wanted.value:
        relative = max(relative, settings.absolute / abs(wanted.value))
    return float(relative) if relative < 1 else 0.0


def _formula(gold: Gold, given: str, settings: Settings) -> Answer:
    wanted = _gold(lambda: read_formula(gold.text))
    return _matched(given) if read_formula(right_hand_side(given)) == wanted else _mismatch(given)


def _equation(gold: Gold, given: str, settings: Settings) -> Answer:
    wanted = _gold(lambda: read_equation(gold.text))
    if excess := imbalance(wanted):
        raise BadGold(f"the gold is not balanced: {excess}")
    read = read_equation(given)
    fault = same_equation(wanted, read, settings.states)
    if fault is None:
        return _matched(given)
    return Verdict.incorrect(fault, answer=given[:_SHOWN], excess=dict(imbalance(read)))


def _smiles(gold: Gold, given: str, settings: Settings) -> Answer:
    wanted = _gold(lambda: read_smiles(gold.text))
    return Question("smiles", wanted, read_smiles(given))


def _boolean(gold: Gold, given: str, settings: Settings) -> Answer:
    wanted = _gold(lambda: truth_of(gold.text))
    if wanted is None:
        raise BadGold("a truth value is true or false")
    read = truth_of(given)
    if read is None:
        return Verdict.incorrect("wrong_type", answer=given[:_SHOWN])
    return _matched(given) if read == wanted else _mismatch(given)


def _expression(gold: Gold, given: str, settings: Settings) -> Answer:
    whole = gold_answer(gold.text)
    wanted, read = right_hand_side(whole), right_hand_side(given)
    if names_another(whole, given):
        return _mismatch(given)
    if "".join(wanted.split()) == "".join(read.split()):
        return _matched(given)
    return Question("math", wanted, read, _relative(settings))


def _text(gold: Gold, given: str, settings: Settings) -> Answer:
    wanted = _gold(lambda: words_of(gold.text))
    if wanted == words_of(given):
        return _matched(given)
    return _mismatch(given)


def _choice(gold: Gold, given: str, settings: Settings) -> Answer:
    def same(content: str, written: str) -> bool:
        return _same_content(content, written, settings)

    wanted = letters_in(gold.text, gold.choices)
    if gold.choices:
        named = frozenset(n for n, content in gold.choices.items() if content == gold.text)
        if wanted is None or not wanted <= set(gold.choices):
            wanted = named or None
    if not wanted:
        raise BadGold("the gold names no choice")
    if settings.open_ended:
        return _open_ended(gold, wanted, given, settings)
    picked = chosen(given, gold.choices, same)
    if picked is None:
        return Verdict.incorrect("malformed", answer=given[:_SHOWN])
    return _matched(given) if picked == wanted else _mismatch(given)


def _open_ended(gold: Gold, wanted: frozenset[str], given: str, settings: Settings) -> Answer:
    """The choices were never shown: only what the right one says counts."""
    if gold.choices is None or len(wanted) != 1:
        raise BadGold("an open-ended choice needs its choices and one that is right")
    content = gold.choices[min(wanted)]
    kind = infer(content, None, settings, letters=False)
    return judge(Gold(kind, content), given, settings)


def _same_content(content: str, written: str, settings: Settings) -> bool:
    """Whether a response wrote out this choice: the same words, or the same quantity."""
    try:
        if words_of(content) == words_of(written) and words_of(content):
            return True
        if not any(letter.isdigit() for letter in written):
            return False
        wanted = read_measured(content, settings.constants)
        many = isinstance(wanted, Several)
        return (
            compare(wanted, read_measured(written, settings.constants, many=many), settings) is None
        )
    except Unreadable:
        return False


_JUDGES: dict[str, Callable[[Gold, str, Settings], Answer]] = {
    "quantity": _quantity,
    "formula": _formula,
    "equation": _equation,
    "smiles": _smiles,
    "choice": _choice,
    "boolean": _boolean,
    "expression": _expression,
    "text": _text,
}
