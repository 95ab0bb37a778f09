"""MathVerifier: is the response's final answer the same mathematical object as the gold?

How it works. The answer is extracted (:mod:`assay_verifiers.answers`), both texts are read by a
bounded linear-time parser of LaTeX and plain notation, and compared (:mod:`comparison`): numbers
exactly, expressions by exact or high-precision evaluation at several points, structures by their
parts. That decides nearly everything in process, in well under a millisecond and with bounded work.
What needs an engine (limits, integrals, endless sums, notation the parser does not know) goes to a
killable worker with sympy and math-verify in it.

The answer of a task is the gold as text (LaTeX or plain), or a list of golds; one must match.

It reads no proof and no prose: only the final answer counts. It knows no constants of nature and no
significant figures (see the science verifier).
"""

from __future__ import annotations

import re
import time
from collections.abc import Callable
from concurrent.futures import Future
from dataclasses import asdict, dataclass, replace
from functools import lru_cache

from assay_datasets import InputError, Json
from assay_verifiers.answers import final_answer, gold_answer
from assay_verifiers.asking import verdict_by
from assay_verifiers.math.ball import Complex
from assay_verifiers.math.comparison import Comparison, Rules
from assay_verifiers.math.equality import Scalars, seed_of
from assay_verifiers.math.exact import Inexact
from assay_verifiers.math.notation import plain
from assay_verifiers.math.parser import parse
from assay_verifiers.math.tree import (
    Hard,
    Malformed,
    Node,
    TooCostly,
    Undefined,
    Unknown,
    has,
)
from assay_verifiers.math.words import FACES
from assay_verifiers.numbers import exact_number, same_foreign_number, written
from assay_verifiers.turns import turn
from assay_verifiers.verdict import IncorrectReason, Verdict
from assay_verifiers.verifier import Verifier
from assay_verifiers.workers import (
    Ask,
    WorkerDeadline,
    WorkerError,
    WorkerPool,
    WorkerTimeout,
    shared_pool,
)

_LONGEST_ANSWER = 50_000
_LONGEST_RESPONSE = 1_000_000
_LONGEST_FOR_ENGINES = 2_000
_LONGEST_KEPT = 500
_WORKER = "assay_verifiers.math_worker"
_UNITS = ("optional", "required", "ignored")
_SIMPLE = re.compile(r"[-+]?[0-9]{1,400}(?:\.[0-9]{1,400})?")


class MathVerifier(Verifier):
    """Judges mathematical equality.

    Options of a task:
        tolerance: relative error allowed in numbers, in [0, 1); 0, exact, by default.
        ordered: true where the order of a list counts; false by default.
        units: ``optional`` (default: compared where both have them), ``required``, ``ignored``.

    Args:
        compare_s: seconds of one comparison in the worker; beyond, the response is too costly.
        pool: workers to use; by default those shared by the process.
    """

    name = "math"
    summary = "final answer equal to the gold, exactly or symbolically"
    options = ("tolerance", "ordered", "units")

    def __init__(self, compare_s: float = 3.0, pool: WorkerPool | None = None) -> None:
        self._compare_s = compare_s
        self._pool = pool

    def check(self, response: str, answer: Json, **options: Json) -> Verdict:
        """Judge, blocking this thread while a worker is asked (where one is needed)."""
        quick = _judge(response, answer, self._rules(options))
        return quick if isinstance(quick, Verdict) else self._ask(quick, 60.0).result()

    async def verify(
        self, response: str, answer: Json, *, deadline_s: float = 10.0, **options: Json
    ) -> Verdict:
        await turn()
        started = time.perf_counter()
        verdict = _judge(response, answer, self._rules(options))
        if not isinstance(verdict, Verdict):
            verdict = await verdict_by(self._ask(verdict, deadline_s), deadline_s)
        return replace(verdict, seconds=time.perf_counter() - started)

    def _rules(self, options: dict[str, Json]) -> Rules:
        self.refuse_unknown(options)
        tolerance = options.get("tolerance", 0.0)
        ordered, units = options.get("ordered", False), options.get("units", "optional")
        number = isinstance(tolerance, int | float) and not isinstance(tolerance, bool)
        if not isinstance(tolerance, int | float) or not number or not 0 <= tolerance < 1:
            raise InputError(f"tolerance must be a number in [0, 1), not {tolerance!r}")
        if not isinstance(ordered, bool):
            raise InputError(f"ordered must be true or false, not {ordered!r}")
        if not isinstance(units, str) or units not in _UNITS:
            raise InputError(f"units must be one of {', '.join(_UNITS)}, not {units!r}")
        return Rules(float(tolerance), ordered, units)

    def _ask(self, question: _Question, deadline_s: float) -> Future[Verdict]:
        pool = self._pool or shared_pool(_WORKER)
        limit = min(self._compare_s, deadline_s / 3)  # room for the start of a child and for blame
        return pool.submit(lambda ask: _compare(ask, question, limit), deadline_s=deadline_s)


@dataclass(frozen=True)
class _Question:
    """What only a worker can decide: does the answer equal one of the golds?"""

    golds: list[str]
    answer: str
    rules: Rules

    def request(self, answer: str | None = None) -> Json:
        """The question, of this answer or another, as a worker takes it."""
        return {
            "golds": [*self.golds],
            "answer": self.answer if answer is None else answer,
            "rules": asdict(self.rules),
        }


def _judge(response: str, answer: Json, rules: Rules) -> Verdict | _Question:
    """The verdict where it can be had in process, else the question for a worker."""
    golds = [_as_text(gold) for gold in (answer if isinstance(answer, list) else [answer])]
    if not golds or any(not gold or len(gold) > _LONGEST_ANSWER for gold in golds):
        return Verdict.undecided("bad_gold")
    if len(response) > _LONGEST_RESPONSE:
        return Verdict.incorrect("too_long", length=len(response))
    given = final_answer(response)
    if not given:
        return Verdict.incorrect("no_answer")
    if len(given) > _LONGEST_ANSWER:
        return Verdict.incorrect("too_long", length=len(given))
    return _against(golds, given, rules)


def _as_text(gold: Json) -> str:
    """The gold as text; empty where it is no text and no number that can be written."""
    if isinstance(gold, str):
        return gold_answer(gold)
    readable = isinstance(gold, int | float) and not isinstance(gold, bool)
    return written(gold) if readable else ""


def _against(golds: list[str], given: str, rules: Rules) -> Verdict | _Question:
    shown = given[:200]
    faults: list[Verdict] = []  # of the golds that this answer does not equal, first gold first
    hard: list[str] = []
    for gold in golds:
        try:
            if equal_texts(gold, given, rules):
                return Verdict.correct(answer=shown)
        except WrongUnit:
            faults.append(Verdict.incorrect("wrong_unit", answer=shown))
        except (Hard, Unknown):
            hard.append(gold)
        except Malformed:
            faults.append(Verdict.incorrect("malformed", answer=shown))
        except BadGold as error:
            faults.append(Verdict.undecided("bad_gold", error=str(error)))
        except (TooCostly, RecursionError):
            faults.append(_too_costly(gold, shown, rules))
        except (ArithmeticError, ValueError):  # beyond what numbers here can be
            faults.append(Verdict.incorrect("malformed", answer=shown))
    if hard and len(given) <= _LONGEST_FOR_ENGINES:
        return _Question(hard, given, rules)
    if hard:
        return Verdict.incorrect("too_costly", answer=shown)
    return faults[0] if faults else Verdict.incorrect("mismatch", answer=shown)


class WrongUnit(Exception):
    """The numbers are equal, their units are not."""


class BadGold(Exception):
    """The gold cannot be read."""


def _too_costly(gold: str, shown: str, rules: Rules) -> Verdict:
    """The response's fault, unless the gold alone costs too much."""
    try:
        equal_texts(gold, "0", rules)
    except (TooCostly, RecursionError):
        return Verdict.undecided("bad_gold", error="it is too costly to compare with 0")
    except (WrongUnit, BadGold, Hard, Malformed):
        pass
    return Verdict.incorrect("too_costly", answer=shown)


def equal_texts(
    gold: str,
    given: str,
    rules: Rules,
    effort: float = 1.0,
    solved: Callable[[Node], Node] | None = None,
) -> bool:
    """Whether two answers, as texts, are the same.

    Args:
        effort: how many times the usual work one comparison may take.
        solved: replaces limits, integrals and endless sums by what they come to.

    Raises:
        BadGold: the gold cannot be read, and the answer is not the same text.
        Malformed: ``given`` cannot be read.
        Unknown, Hard: an engine may know.
        TooCostly: more work than may be spent.
        WrongUnit: only the units differ.
    """
    if gold == given:
        return True
    if _SIMPLE.fullmatch(gold) and _SIMPLE.fullmatch(given) and not rules.tolerance:
        return exact_number(gold) == exact_number(given)
    if same_notation(gold, given) or same_foreign_number(plain(gold), plain(given)):
        return True
    try:
        golds = _gold_readings(gold) if len(gold) <= _LONGEST_KEPT else _readings(gold)
    except Unknown:
        raise
    except Malformed as error:
        raise BadGold(str(error)) from error
    if "%" in gold and "%" not in given and rules.units == "optional":
        bare = gold.replace("\\%", "").replace("%", "")
        if equal_texts(bare, given, replace(rules, units="required"), effort, solved):
            return True
    readings = _readings(given)
    if solved is not None:
        try:
            golds = [*map(solved, golds)]
        except Hard as error:
            raise BadGold(str(error)) from error
        readings = [*map(solved, readings)]
    wrong_unit = False
    for one in golds:
        for other in readings:
            comparison = Comparison(Scalars(seed_of(gold, given), effort), rules)
            try:
                if comparison.same(one, other):
                    return True
            except (Undefined, Complex, Inexact):
                continue
            wrong_unit = wrong_unit or comparison.wrong_unit
    if wrong_unit:
        raise WrongUnit
    return False


def _readings(text: str) -> list[Node]:
    """What the text may mean: ``(2,251)`` is a pair, or a number with separated thousands."""
    read = parse(text)
    if "," in text and ("(" in text or "[" in text or "{" in text):
        other = parse(text, thousands=True)
        if other != read:
            return [read, other]
    return [read]


@lru_cache(maxsize=2048)
def _gold_readings(gold: str) -> list[Node]:
    """A gold's readings, kept: many responses are compared with one gold."""
    return _readings(gold)


_BLANKS = re.compile(r"\s+|\\[,;:!> ]|~")
_FRACTIONS = re.compile(r"\\[dtc]frac(?![A-Za-z])")


def same_notation(left: str, right: str) -> bool:
    """Whether two texts differ only in blanks, type faces of fractions and silent commands."""
    return _skeleton(left) == _skeleton(right)


def _skeleton(text: str) -> str:
    """The text without blanks; a blank stays where it keeps two numbers or words apart."""
    if "\\" in text and FACES.search(text) and "^" not in text and "_" not in text:
        text = FACES.sub(" ", text).replace("{", " ").replace("}", " ")
    kept = _BLANKS.sub(" ", _FRACTIONS.sub(r"\\frac", plain(text)))
    return re.sub(r"(?<![A-Za-z0-9]) | (?![A-Za-z0-9])", "", kept)


_REASONS: dict[Json, IncorrectReason] = {
    "unreadable": "malformed",
    "too_costly": "too_costly",
    "wrong_unit": "wrong_unit",
}


def _needs_engine(gold: str) -> bool:
    try:
        return any(has(reading, "hard") for reading in _gold_readings(gold))
    except Malformed:
        return True


def _compare(ask: Ask, question: _Question, limit: float) -> Verdict:
    """Ask a worker; what goes wrong is the response's fault unless the gold alone does the same.

    A gold that needs no engine cannot take an engine's time: there the blame is clear at once.
    """
    shown = question.answer[:200]
    try:
        reply = ask(question.request(), limit)
    except WorkerDeadline:
        raise
    except WorkerTimeout as error:
        if any(map(_needs_engine, question.golds)):
            return _blame(ask, question, limit, error)
        return Verdict.incorrect("too_costly", answer=shown)
    except WorkerError as error:
        return _blame(ask, question, limit, error)
    if reply == "equal":
        return Verdict.correct(answer=shown)
    if reply == "bad_gold":
        return Verdict.undecided("bad_gold", error="no engine reads it")
    return Verdict.incorrect(_REASONS.get(reply, "mismatch"), answer=shown)


def _blame(ask: Ask, question: _Question, limit: float, error: WorkerError) -> Verdict:
    """Ask about the gold alone: a gold that fails too is bad, a worker that fails is at fault."""
    try:
        ask(question.request("0"), limit)
    except WorkerTimeout:
        return Verdict.undecided("bad_gold", error="comparing it with 0 takes too long")
    except WorkerError as second:
        return Verdict.undecided("worker_failed", error=str(second))
    timeout = isinstance(error, WorkerTimeout)
    reason: IncorrectReason = "too_costly" if timeout else "malformed"
    return Verdict.incorrect(reason, answer=question.answer[:200])
