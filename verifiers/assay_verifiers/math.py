"""MathVerifier: is the response's final answer the same mathematical object as the gold?

How it works. The answer is taken from the text after ``</think>``: the last ``\\boxed{…}``, else
what follows the last "answer is" / "answer:", else the last line. Then, cheapest first: equal after
normalising the notation; both plain numbers, compared exactly as fractions; else math-verify
(sympy) in a killable worker with a hard limit. Length, depth and magnitude are bounded before that.

The answer of a task is the gold as text (LaTeX or plain), or a list of golds; one must match.

It has no options, compares no units, and reads no prose for a retracted or hedged answer: words in
the answer that the gold lacks make it wrong.
"""

from __future__ import annotations

import asyncio
import re
import time
from concurrent.futures import Future
from dataclasses import dataclass, replace
from typing import Literal

from assay_datasets import Json
from assay_verifiers.numbers import exact_number, without_blanks
from assay_verifiers.verdict import IncorrectReason, Verdict
from assay_verifiers.verifier import Verifier, visible_text
from assay_verifiers.workers import (
    Ask,
    WorkerDeadline,
    WorkerError,
    WorkerPool,
    WorkerTimeout,
    shared_pool,
)

_LONGEST_ANSWER = 2_000
_LONGEST_RESPONSE = 1_000_000
_DEEPEST = 40
_LARGEST_POWER = 10_000
_WORKER = "assay_verifiers.math_worker"


class MathVerifier(Verifier):
    """Judges mathematical equality.

    Args:
        compare_s: seconds of one comparison in the worker; beyond, the response is too costly.
        pool: workers to use; by default those shared by the process.
    """

    name = "math"
    summary = "final answer equal to the gold, exactly or symbolically"

    def __init__(self, compare_s: float = 3.0, pool: WorkerPool | None = None) -> None:
        self._compare_s = compare_s
        self._pool = pool

    def check(self, response: str, answer: Json, **options: Json) -> Verdict:
        """Judge, blocking this thread while a worker is asked (where one is needed)."""
        self.refuse_unknown(options)
        quick = _judge_quickly(response, answer)
        return quick if isinstance(quick, Verdict) else self._ask(quick, 60.0).result()

    async def verify(
        self, response: str, answer: Json, *, deadline_s: float = 10.0, **options: Json
    ) -> Verdict:
        self.refuse_unknown(options)
        started = time.perf_counter()
        verdict = _judge_quickly(response, answer)
        if not isinstance(verdict, Verdict):
            asked = asyncio.wrap_future(self._ask(verdict, deadline_s))
            try:
                verdict = await asyncio.wait_for(asked, deadline_s)
            except (WorkerDeadline, TimeoutError):
                verdict = Verdict.undecided("deadline")
        return replace(verdict, seconds=time.perf_counter() - started)

    def _ask(self, question: _Question, deadline_s: float) -> Future[Verdict]:
        pool = self._pool or shared_pool(_WORKER)
        limit = min(self._compare_s, deadline_s)
        return pool.submit(lambda ask: _compare(ask, question, limit), deadline_s=deadline_s)


@dataclass(frozen=True)
class _Question:
    """What only a worker can decide: does the answer equal one of the golds?"""

    golds: list[str]
    answer: str


def _judge_quickly(response: str, answer: Json) -> Verdict | _Question:
    """The verdict where text and exact numbers decide it, else the question for a worker."""
    golds = [_as_text(gold) for gold in (answer if isinstance(answer, list) else [answer])]
    if not golds or any(not gold or _too_much(gold) for gold in golds):
        return Verdict.undecided("bad_gold")
    if len(response) > _LONGEST_RESPONSE:
        return Verdict.incorrect("too_long", length=len(response))
    given = extract(response)
    if not given:
        return Verdict.incorrect("no_answer")
    if len(given) > _LONGEST_ANSWER:
        return Verdict.incorrect("too_long", length=len(given))
    open_golds = []
    for gold in golds:
        equal = _equal_quickly(gold, given)
        if equal:
            return Verdict.correct(answer=given[:200])
        if equal is None:
            open_golds.append(gold)
    if not open_golds:
        return Verdict.incorrect("mismatch", answer=given[:200])
    if reason := _too_much(given):
        return Verdict.incorrect(reason, answer=given[:200])
    return _Question(open_golds, given)


def _as_text(gold: Json) -> str:
    """The gold as text; empty where it is no text and no number."""
    readable = isinstance(gold, str | int | float) and not isinstance(gold, bool)
    return str(gold).strip() if readable else ""


def _compare(ask: Ask, question: _Question, limit: float) -> Verdict:
    """Ask a worker; a late answer is the response's fault unless the gold alone is late too."""
    shown = question.answer[:200]
    try:
        reply = ask({"golds": question.golds, "answer": question.answer}, limit)
    except WorkerTimeout:
        return _blame(ask, question, limit)
    except WorkerError as error:
        return Verdict.undecided("worker_failed", error=str(error))
    if reply == "equal":
        return Verdict.correct(answer=shown)
    reasons: dict[Json, IncorrectReason] = {"unreadable": "malformed", "too_costly": "too_costly"}
    return Verdict.incorrect(reasons.get(reply, "mismatch"), answer=shown)


def _blame(ask: Ask, question: _Question, limit: float) -> Verdict:
    try:
        ask({"golds": question.golds, "answer": "0"}, limit)
    except WorkerError:
        return Verdict.undecided("bad_gold", error="comparing it with 0 takes too long")
    return Verdict.incorrect("too_costly", answer=question.answer[:200])


# Reading the answer

_ANSWER_IS = re.compile(r"answer(?: is)?[ :=]+(\S[^\n]*)", re.IGNORECASE)
_ASSIGNMENT = re.compile(r"^\$?\s*[A-Za-z]\s*=(?!=)")
_BOXES = ("\\boxed{", "\\fbox{")


def extract(response: str) -> str:
    """The final answer's text; empty where there is none.

    The last box wins, then the last "answer is …" of the text's last line, then that line.
    """
    text = visible_text(response).strip()
    start, opening = max((text.rfind(box), box) for box in _BOXES)
    if start >= 0:
        return _braced(text[start + len(opening) :]).strip()
    line = text.rpartition("\n")[2].strip()
    stated = _ANSWER_IS.findall(line)
    return _trimmed(stated[-1] if stated else line)


def _braced(text: str) -> str:
    """What stands before the brace that closes the one already open; empty if none does."""
    depth = 1
    for place, letter in enumerate(text):
        depth += (letter == "{") - (letter == "}")
        if depth == 0:
            return text[:place]
    return ""


def _trimmed(text: str) -> str:
    text = text.strip().strip("*`").strip()
    return text[:-1] if text.endswith(".") else text


# Deciding without sympy

_NOTATION = (
    ("\\dfrac", "\\frac"),
    ("\\tfrac", "\\frac"),
    ("\\left", ""),
    ("\\right", ""),
    ("\\,", ""),
    ("\\!", ""),
    ("\\;", ""),
    ("\\ ", ""),
    ("**", "^"),
    ("\u2212", "-"),
    ("$", ""),
)
_COMMAND = re.compile(r"\\[A-Za-z]+")
_WORD = re.compile(r"[A-Za-z]{2,}")
_LETTERS = re.compile(r"[A-Za-z]+")
_TEXT = re.compile(r"\\(?:text|textbf|mathrm|mbox)\s*\{([^{}]*)\}")
_FUNCTIONS = frozenset(
    ("sin", "cos", "tan", "cot", "sec", "csc", "log", "ln", "exp", "sqrt", "pi", "abs")
)


def _equal_quickly(gold: str, given: str) -> bool | None:
    """Equality where normalised text or exact numbers decide it, else None."""
    gold, given = _normal(gold), _normal(given)
    if "=" not in gold:
        given = _ASSIGNMENT.sub("", given)
    if gold == given:
        return True
    left, right = exact_number(gold), exact_number(given)
    if left is not None and right is not None:
        return left == right
    if any(mark in given and mark not in gold for mark in ("=", " ")):
        return False  # an equation is not its right-hand side, nor are two numbers their sum
    if _words(given) - _all_words(gold) or _differ_in_kind(gold, given):
        return False
    return None


def _normal(text: str) -> str:
    for written, plain in _NOTATION:
        text = text.replace(written, plain)
    return text.strip() if _WORD.search(_COMMAND.sub(" ", text)) else without_blanks(text)


def _words(text: str) -> set[str]:
    """What is prose or a unit and no symbol: words, and single letters where set as text."""
    found = [
        *_WORD.findall(_COMMAND.sub(" ", text)),
        *_LETTERS.findall(" ".join(_TEXT.findall(text))),
    ]
    return {word.lower() for word in found} - _FUNCTIONS


def _all_words(text: str) -> set[str]:
    return {word.lower() for word in _LETTERS.findall(_COMMAND.sub(" ", text))}


def _differ_in_kind(gold: str, given: str) -> bool:
    """A set against a tuple or an interval, or two lists of different lengths."""
    lengths = {_list_length(gold), _list_length(given)}
    return {_kind(gold), _kind(given)} == {"set", "ordered"} or len(lengths - {0}) == 2


def _kind(text: str) -> str:
    if text.startswith("\\{") and text.endswith("\\}"):
        return "set"
    return "ordered" if text.startswith(("(", "[")) and text.endswith((")", "]")) else ""


def _list_length(text: str) -> int:
    """Items of a list without brackets; 0 where it is none or may stand for more than it shows."""
    if "\\pm" in text or "\\mp" in text or _words(text):
        return 0
    depth = commas = 0
    for letter in text:
        depth += (letter in "{([") - (letter in "})]")
        commas += letter == "," and depth == 0
    return commas and commas + 1


_POWER = re.compile(r"(?:\^|\*\*)\s*[{(]?\s*([0-9]+)")
_TOWER = re.compile(r"(?:\^|\*\*)\s*[{(]?\s*([0-9]+)\s*(?:\^|\*\*)\s*[{(]?\s*([0-9]+)")
_FACTORIAL = re.compile(r"([0-9]+)\s*!")


def _too_much(text: str) -> Literal["too_long", "too_costly", "malformed"] | None:
    """Why ``text`` must not reach a heavy library, or None."""
    if len(text) > _LONGEST_ANSWER:
        return "too_long"
    depth = deepest = 0
    for letter in text:
        depth += (letter in "{([") - (letter in "})]")
        deepest = max(deepest, depth)
    if deepest > _DEEPEST:
        return "too_costly"
    if text.count("{") != text.count("}"):
        return "malformed"
    sizes = [*map(int, _POWER.findall(text)), *map(int, _FACTORIAL.findall(text))]
    sizes += [int(base) ** min(int(power), 64) for base, power in _TOWER.findall(text)]
    return "too_costly" if any(size > _LARGEST_POWER for size in sizes) else None
