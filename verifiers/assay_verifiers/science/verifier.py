"""ScienceVerifier: quantities, formulae, equations, molecules and choices.

The shapes of the answer are in :mod:`.gold`, what the options mean in :mod:`.settings`, and how
each kind is compared in the module of its name. The response's final answer is found by
:mod:`assay_verifiers.answers`; text before ``</think>`` is never read. Most verdicts are reached in
this process from exact fractions and counted atoms. A molecule goes to RDKit and an expression to
the math verifier, both in killable workers.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Iterable, Iterator
from concurrent.futures import Future
from dataclasses import replace

from assay_datasets import InputError, Json
from assay_verifiers.answers import final_answer
from assay_verifiers.asking import limit_within, verdict_by
from assay_verifiers.math import MathVerifier
from assay_verifiers.science.gold import BadGold, Gold, read_golds
from assay_verifiers.science.judges import Answer, Question, judge
from assay_verifiers.science.settings import OPTIONS, Settings, read_settings
from assay_verifiers.science.unit import units_are_loaded
from assay_verifiers.science.words import (
    last_line_is_claim,
    last_sentence,
    last_statement,
    with_unit_behind,
    without_bold,
    without_verb,
)
from assay_verifiers.verdict import Verdict
from assay_verifiers.verifier import Verifier, visible_text
from assay_verifiers.workers import (
    Ask,
    WorkerError,
    WorkerPool,
    WorkerTimeout,
    shared_pool,
)

_LONGEST_RESPONSE = 1_000_000
_WORKER = "assay_verifiers.science.smiles_worker"
_WORDED = ("text", "choice", "formula", "equation", "smiles")
_SHOWN = 200


class ScienceVerifier(Verifier):
    """Judges answers of the natural sciences.

    Args:
        compare_s: seconds of one comparison of molecules; beyond, the response is too costly.
        pool: workers for molecules; by default those shared by the process.
        math: who judges expressions; by default a verifier of its own.
    """

    name = "science"
    summary = "quantities with units, formulae, equations, SMILES, choices"
    options = OPTIONS

    def __init__(
        self,
        compare_s: float = 3.0,
        pool: WorkerPool | None = None,
        math: MathVerifier | None = None,
    ) -> None:
        self._compare_s = compare_s
        self._pool = pool
        self._math = math or MathVerifier()

    def check(self, response: str, answer: Json, **options: Json) -> Verdict:
        """Judge, blocking this thread while a worker is asked (where one is needed)."""
        settings = self._settings(options)
        verdicts = []
        for answer_ in _answers(response, answer, settings):
            verdict = answer_ if isinstance(answer_, Verdict) else self._decide(answer_, settings)
            verdicts.append(verdict)
            if verdict.outcome == "correct":
                break
        return _summed(verdicts)

    async def verify(
        self, response: str, answer: Json, *, deadline_s: float = 10.0, **options: Json
    ) -> Verdict:
        settings = self._settings(options)
        started = time.perf_counter()
        answers: Iterable[Answer] = _answers(response, answer, settings)
        if not units_are_loaded():  # half a second of work that no event loop should wait for
            answers = await asyncio.to_thread(list, answers)
        verdicts = []
        for answer_ in answers:
            left = deadline_s - (time.perf_counter() - started)
            if isinstance(answer_, Question):
                answer_ = await self._asked(answer_, settings, max(left, 0.001))
            verdicts.append(answer_)
            if answer_.outcome == "correct":
                break
        return replace(_summed(verdicts), seconds=time.perf_counter() - started)

    async def close(self) -> None:
        await self._math.close()

    def _settings(self, options: dict[str, Json]) -> Settings:
        self.refuse_unknown(options)
        return read_settings(options)

    def _decide(self, question: Question, settings: Settings) -> Verdict:
        if question.about == "math":
            return self._math.check(
                _boxed(question.given), question.gold, **_math_options(question)
            )
        return self._submit(question, settings, 60.0).result()

    async def _asked(self, question: Question, settings: Settings, deadline_s: float) -> Verdict:
        if question.about == "math":
            return await self._math.verify(
                _boxed(question.given),
                question.gold,
                deadline_s=deadline_s,
                **_math_options(question),
            )
        return await verdict_by(self._submit(question, settings, deadline_s), deadline_s)

    def _submit(self, question: Question, settings: Settings, deadline_s: float) -> Future[Verdict]:
        pool = self._pool or shared_pool(_WORKER)
        limit = limit_within(deadline_s, self._compare_s)
        return pool.submit(
            lambda ask: _compare_molecules(ask, question, settings.stereo, limit),
            deadline_s=deadline_s,
        )


def _answers(response: str, answer: Json, settings: Settings) -> Iterator[Answer]:
    """What each gold makes of the response; one ``bad_gold`` where the answer is unusable."""
    try:
        golds = read_golds(answer, settings)
        if len(response) > _LONGEST_RESPONSE:
            yield Verdict.incorrect("too_long", length=len(response))
            return
        given = final_answer(response)
        for gold in golds:
            yield _answered(gold, response, given, settings)
    except BadGold as error:
        yield Verdict.undecided("bad_gold", error=str(error))


def _answered(gold: Gold, response: str, given: str, settings: Settings) -> Answer:
    """What a gold makes of the answer ``given``, or of what it was taken from.

    The extraction is made for values; of "A is faster" or "The formula is Fe^{3+}" it keeps the
    last word or number. What stands around it is tried too: a clear answer never gets that chance.
    """
    given = without_bold(given)
    answer: Answer = judge(gold, given, settings) if given else Verdict.incorrect("no_answer")
    if not isinstance(answer, Verdict) or answer.outcome == "correct":
        return answer
    for other in _around(gold, visible_text(response), given, answer.reason, settings):
        second = judge(gold, other, settings)
        if not isinstance(second, Verdict) or second.outcome == "correct":
            return second
        answer = answer if given else second
    return answer


def _around(gold: Gold, text: str, given: str, reason: str, settings: Settings) -> list[str]:
    """Longer readings of the place in ``text`` that ``given`` was taken from."""
    if gold.kind == "quantity":
        return [with_unit_behind(text, given)] if reason == "wrong_unit" else []
    if gold.kind not in _WORDED or (
        gold.kind == "choice" and reason == "mismatch" and not settings.open_ended
    ):
        return []
    if not given and last_line_is_claim(text):  # one that was denied, hedged or taken back
        return []
    lines = [last_statement(text), *([last_sentence(text)] if gold.kind == "choice" else [])]
    lines = [line for line in lines if given in line or line in given]
    return [line for line in (*lines, without_verb(given)) if line and line != given]


def _summed(verdicts: list[Verdict]) -> Verdict:
    """Correct for any gold is correct; else undecided if any was, else the first."""
    for outcome in ("correct", "undecided"):
        for verdict in verdicts:
            if verdict.outcome == outcome:
                return verdict
    return verdicts[0]


def _boxed(given: str) -> str:
    return f"\\boxed{{{given}}}"


def _math_options(question: Question) -> dict[str, Json]:
    return {"tolerance": question.tolerance, "units": "required", "ordered": True}


def _compare_molecules(ask: Ask, question: Question, stereo: bool, limit: float) -> Verdict:
    """Ask a worker; what is late is the response's fault unless the gold alone is late too."""
    request = {"gold": question.gold, "given": question.given, "stereo": stereo}
    try:
        reply = ask(request, limit)
    except WorkerError as error:
        return _blame(ask, request, limit, error)
    if reply == "no_rdkit":
        raise InputError("SMILES need RDKit: install the extra, pip install 'assay[science]'")
    if reply == "bad_gold":
        return Verdict.undecided("bad_gold", error="the gold is no SMILES that RDKit reads")
    if reply == "equal":
        return Verdict.correct(answer=question.given[:_SHOWN])
    if reply == "unreadable":
        return Verdict.incorrect("malformed", answer=question.given[:_SHOWN])
    return Verdict.incorrect("mismatch", answer=question.given[:_SHOWN])


def _blame(ask: Ask, request: dict[str, Json], limit: float, error: WorkerError) -> Verdict:
    """Whose fault a late or dead worker is: the gold's, if it alone fares no better, or nobody's.

    Else the response's: a worker that dies by chance is asked again before it comes to this.
    """
    try:
        ask({**request, "given": request["gold"]}, limit)
    except WorkerTimeout:
        return Verdict.undecided("bad_gold", error="comparing it with itself takes too long")
    except WorkerError:
        return Verdict.undecided("worker_failed", error=str(error))
    return Verdict.incorrect("too_costly", answer=request["given"][:_SHOWN])
