"""TextVerifier: plain text against one gold or several.

Options: ``metric`` is ``exact`` (default; blind to case and to how much white space stands where)
or ``numeric`` (the same number, exactly). The whole text after ``</think>`` is the answer.
"""

from __future__ import annotations

from assay_datasets import InputError, Json
from assay_verifiers.numbers import exact_number
from assay_verifiers.verdict import Verdict
from assay_verifiers.verifier import Verifier, visible_text

_LONGEST = 100_000


class TextVerifier(Verifier):
    """Judges text by normalised equality, or as a number."""

    name = "text"
    summary = "the same text, or the same number"
    options = ("metric",)

    def check(self, response: str, answer: Json, **options: Json) -> Verdict:
        self.refuse_unknown(options)
        metric = options.get("metric", "exact")
        if not isinstance(metric, str) or metric not in _METRICS:
            raise InputError(f"metric must be one of {', '.join(_METRICS)}, not {metric!r}")
        read = _METRICS[metric]
        golds = [read(gold) for gold in (answer if isinstance(answer, list) else [answer])]
        if not golds or None in golds:
            return Verdict.undecided("bad_gold")
        text = visible_text(response).strip()
        if not text:
            return Verdict.incorrect("no_answer")
        if len(text) > _LONGEST:
            return Verdict.incorrect("too_long", length=len(text))
        given = read(text)
        if given is None:
            return Verdict.incorrect("malformed")
        return Verdict.correct() if given in golds else Verdict.incorrect("mismatch")


def _words(text: Json) -> object:
    return " ".join(text.casefold().split()) or None if isinstance(text, str) else None


def _number(text: Json) -> object:
    if isinstance(text, bool) or not isinstance(text, str | int | float):
        return None
    return exact_number(str(text))


_METRICS = {"exact": _words, "numeric": _number}
