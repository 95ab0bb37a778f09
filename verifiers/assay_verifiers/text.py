"""TextVerifier: text against one gold or several, by the metric that the task names.

==============  ==============================  ===================================================
``metric``      the answer                      correct when
==============  ==============================  ===================================================
``exact``       text, or a list of texts        the same words: blind to case, to white space and to
                                                Unicode's ways of writing the same letter
``f1``          text, or a list of texts        F1 of the words reaches ``threshold`` (default 1);
                                                the score is the best F1 (SQuAD: no case,
                                                punctuation or articles)
``numeric``     number, or a list of numbers    the same number: exactly, or as close as
                                                ``tolerance`` (relative) or ``absolute_tolerance``
``regex``       pattern (RE2), or a list        a pattern matches somewhere; anchor it for more
``json_schema`` a JSON schema                   the text, or its last fenced block, is JSON and
                                                valid under the schema (draft 2020-12 by default)
==============  ==============================  ===================================================

The whole text after ``</think>`` is the answer; nothing is searched for in it.
"""

from __future__ import annotations

import string
import time
import unicodedata
from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import replace
from fractions import Fraction

from assay_datasets import InputError, Json
from assay_verifiers import pattern
from assay_verifiers.asking import limit_within, verdict_by
from assay_verifiers.numbers import exact_number, written
from assay_verifiers.schema import ask_schema
from assay_verifiers.verdict import Verdict
from assay_verifiers.verifier import Verifier, visible_text

_LONGEST = 100_000
_ARTICLES = frozenset(("a", "an", "the"))


class TextVerifier(Verifier):
    """Judges text by the metric of the task; see the module for the metrics.

    Args:
        compare_s: seconds one JSON document may take to validate; beyond, it is too costly.
    """

    name = "text"
    summary = "the same text or number, words in common, a pattern, a JSON schema"
    options = ("metric", "threshold", "tolerance", "absolute_tolerance")

    def __init__(self, compare_s: float = 3.0) -> None:
        self._compare_s = compare_s

    def check(self, response: str, answer: Json, **options: Json) -> Verdict:
        """Judge; blocks this thread while a worker validates (``json_schema`` only)."""
        metric = self._metric(options)
        text = visible_text(response).strip()
        if unfit := _unfit(text):
            return unfit
        if metric == "json_schema":
            return ask_schema(text, answer, self._compare_s, 60.0).result()
        return _METRICS[metric](text, answer, options)

    async def verify(
        self, response: str, answer: Json, *, deadline_s: float = 10.0, **options: Json
    ) -> Verdict:
        started = time.perf_counter()
        verdict = await self._judge(response, answer, deadline_s, options)
        return replace(verdict, seconds=time.perf_counter() - started)

    async def _judge(
        self, response: str, answer: Json, deadline_s: float, options: Mapping[str, Json]
    ) -> Verdict:
        if self._metric(options) != "json_schema":
            return self.check(response, answer, **options)
        text = visible_text(response).strip()
        if unfit := _unfit(text):
            return unfit
        limit = limit_within(deadline_s, self._compare_s)
        return await verdict_by(ask_schema(text, answer, limit, deadline_s), deadline_s)

    def _metric(self, options: Mapping[str, Json]) -> str:
        """The metric, once every option has been found to be one that it knows."""
        self.refuse_unknown(options)
        metric = options.get("metric", "exact")
        known = [*_METRICS, "json_schema"]
        if not isinstance(metric, str) or metric not in known:
            raise InputError(f"metric must be one of {', '.join(known)}, not {metric!r}")
        for name in options.keys() - {"metric"}:
            if metric not in _METRICS_OF[name]:
                raise InputError(f"option {name!r} belongs to {_METRICS_OF[name]}, not {metric}")
            _amount(options, name)
        return metric


def _unfit(text: str) -> Verdict | None:
    """The verdict on text that no metric needs to see."""
    if not text:
        return Verdict.incorrect("no_answer")
    if len(text) > _LONGEST:
        return Verdict.incorrect("too_long", length=len(text))
    return None


_METRICS_OF = {
    "threshold": ("f1",),
    "tolerance": ("numeric",),
    "absolute_tolerance": ("numeric",),
}


def _amount(options: Mapping[str, Json], name: str, default: float = 0.0) -> Fraction:
    value = options.get(name, default)
    if isinstance(value, bool) or not isinstance(value, int | float) or not 0 <= value < 1e308:
        raise InputError(f"{name} must be a number, zero or above, not {value!r}")
    if name == "threshold" and value > 1:
        raise InputError(f"threshold is an F1 of at most 1, not {value!r}")
    return Fraction(str(value))


def _list(answer: Json) -> list[Json]:
    return answer if isinstance(answer, list) else [answer]


# ── exact ────────────────────────────────────────────────────────────────────────────────────────


def _exact(text: str, answer: Json, _: Mapping[str, Json]) -> Verdict:
    golds = [_words(gold) for gold in _list(answer)]
    if not golds or not all(golds):
        return Verdict.undecided("bad_gold")
    return Verdict.correct() if _words(text) in golds else Verdict.incorrect("mismatch")


def _words(text: Json) -> list[str]:
    return unicodedata.normalize("NFKC", text).casefold().split() if isinstance(text, str) else []


# ── f1 ───────────────────────────────────────────────────────────────────────────────────────────


def _f1(text: str, answer: Json, options: Mapping[str, Json]) -> Verdict:
    golds = [_counted(gold) for gold in _list(answer)]
    if not golds or not all(golds):
        return Verdict.undecided("bad_gold")
    given = _counted(text)
    score = max(_overlap(given, gold) for gold in golds)
    shown = round(float(score), 6)
    if score >= _amount(options, "threshold", 1.0):
        return replace(Verdict.correct(f1=shown), score=float(score))
    if score:
        return Verdict.incorrect("partial", score=float(score), f1=shown)
    return Verdict.incorrect("mismatch", f1=0.0)


def _counted(text: Json) -> Counter[str]:
    """The words of ``text`` as SQuAD counts them."""
    words = " ".join(_words(text))
    plain = "".join(letter for letter in words if not _is_punctuation(letter))
    return Counter(word for word in plain.split() if word not in _ARTICLES)


def _is_punctuation(letter: str) -> bool:
    return letter in string.punctuation or unicodedata.category(letter).startswith("P")


def _overlap(given: Counter[str], gold: Counter[str]) -> Fraction:
    """F1, exactly: 2 · common / (given + gold)."""
    return Fraction(2 * (given & gold).total(), given.total() + gold.total())


# ── numeric ──────────────────────────────────────────────────────────────────────────────────────


def _numeric(text: str, answer: Json, options: Mapping[str, Json]) -> Verdict:
    golds = [_number(gold) for gold in _list(answer)]
    if not golds or None in golds:
        return Verdict.undecided("bad_gold")
    given = _number(text)
    if given is None:
        return Verdict.incorrect("malformed")
    relative, absolute = _amount(options, "tolerance"), _amount(options, "absolute_tolerance")
    close = (
        abs(given - gold) <= max(relative * abs(gold), absolute)
        for gold in golds
        if gold is not None
    )
    return Verdict.correct() if any(close) else Verdict.incorrect("mismatch")


def _number(text: Json) -> Fraction | None:
    if isinstance(text, bool) or not isinstance(text, str | int | float):
        return None
    return exact_number((text if isinstance(text, str) else written(text)).replace("\u2212", "-"))


# ── regex ────────────────────────────────────────────────────────────────────────────────────────


def _regex(text: str, answer: Json, _: Mapping[str, Json]) -> Verdict:
    golds = _list(answer)
    try:
        matches = [isinstance(gold, str) and pattern.found(gold, text) for gold in golds]
    except InputError as error:
        return Verdict.undecided("bad_gold", error=str(error))
    if not golds or not all(isinstance(gold, str) and gold for gold in golds):
        return Verdict.undecided("bad_gold", error="a pattern must be a text")
    return Verdict.correct() if any(matches) else Verdict.incorrect("mismatch")


_METRICS: dict[str, Callable[[str, Json, Mapping[str, Json]], Verdict]] = {
    "exact": _exact,
    "f1": _f1,
    "numeric": _numeric,
    "regex": _regex,
}
