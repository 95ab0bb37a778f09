r"""Answer extraction: the one answer that a response asserts last, or nothing.

How it works. Only what stands after the last ``</think>`` is read. A *claim* is a box
(``\boxed{}``, ``\fbox{}``) or a statement ("the answer is …", "Answer: …", "#### …",
``<answer>…</answer>``). Claims are met from the last to the first and the first that stands is the
answer. A text without claims is judged by its closing sentence. What comes back is the answer as it
was written, without its wrapping (``$``, ``\[ \]``, bold, quotes, code fences, the full stop);
reading it is the verifier's work.

| in the text | the answer |
|---|---|
| several boxes, or a box and a statement | the last |
| boxes in one list (``\boxed{1} and \boxed{2}``; a comma, a label) | all, with commas |
| … joined by "or" | all, with "or": a list to whoever compares, never a choice |
| a box in a box | the inner one, alone |
| a percent or degree sign behind the box | belongs to it |
| a box that never closes (cut off) | none |
| "5 because …", "5, not 6", "not 5 but 6" | 5, 5, 6 |
| "the answer is not 5", "``\boxed{5}`` is wrong", "if the answer is 5" | the claim before |
| "maybe 5", ``\boxed{5}?``, "either 5 or 6", "5, but I am not sure" | hedged: none |
| "no, that's wrong", "scratch that", "actually, it is …" | retracted: what the rest asserts |
| no claim, and "I give up", "I cannot …", a question, an order ("Solve …", "Let …") | none |
| no claim, and the closing line is a formula, a number or a few words | that |
| no claim, and prose | what follows "is" or "=", else the last formula, else the last number |

Time is linear in the text: marks are found by ``str.rfind``, only so many are looked at, and each
pattern meets a window of bounded length or has no repeat that could overlap the next.
"""

from __future__ import annotations

from assay_verifiers.answers.claims import Claim, claims
from assay_verifiers.answers.closing import closing
from assay_verifiers.answers.wording import (
    DENIED_AFTER,
    DENIED_BEFORE,
    HEDGED_AFTER,
    HEDGED_BEFORE,
    RETRACTION,
)
from assay_verifiers.answers.writing import WINDOW, bare, lowered, plain
from assay_verifiers.verifier import visible_text

__all__ = ["final_answer", "gold_answer"]


def final_answer(response: str) -> str:
    """The answer that ``response`` asserts last; empty where it asserts none."""
    text = plain(visible_text(response))
    low = lowered(text)
    weak: Claim | None = None
    denied = False
    for claim in claims(text, low):
        if claim.denied or DENIED_BEFORE.search(_before(low, claim)) or _denied_after(low, claim):
            denied = True
        elif claim.weak:
            weak = weak or claim
        else:
            return _standing(text, low, claim)
    if weak is not None:
        return _standing(text, low, weak)
    return "" if denied else closing(text)


def gold_answer(gold: str) -> str:
    """The answer of a gold: whole, but for one that boxes or, in many words, states it.

    A gold is the truth whatever it says of itself: nothing in it is denied, hedged or retracted.
    """
    text = plain(gold)
    if "boxed" in text or "fbox" in text or len(text) > 2 * WINDOW:
        claim = next(claims(text, lowered(text)), None)
        if claim is not None and claim.text:
            return claim.text
        if claim is not None:  # a box that never closes
            return bare(text[claim.start :].partition("{")[2])
    return bare(text)


def _standing(text: str, low: str, claim: Claim) -> str:
    """The claim's text, unless it is hedged or what follows takes it back."""
    retractions = list(RETRACTION.finditer(low, claim.end))
    if retractions:
        return closing(text[retractions[-1].end() :])
    hedged = claim.hedged or HEDGED_BEFORE.search(_before(low, claim))
    return "" if hedged or HEDGED_AFTER.match(low[claim.end : claim.end + WINDOW]) else claim.text


def _before(low: str, claim: Claim) -> str:
    return low[max(claim.start - WINDOW, 0) : claim.start]


def _denied_after(low: str, claim: Claim) -> bool:
    return DENIED_AFTER.match(low[claim.end : claim.end + WINDOW]) is not None
