"""WorkedOut: the verifier ``math`` for questions whose wording is already equal to the answer.

``37*48``, ``7^100 mod 13``, ``3x - 7 < 5`` and an integral are the same mathematical objects as
what they come to. Where a question asks what they come to, repeating it must not be paid. So an
answer must be written out, in the form that the task's option says, before ``math`` compares it:

| form | written out is |
|---|---|
| ``number`` | numbers: 5, -3/4, 2.5, 3 1/2, 75%, 1.5*10^3; pairs, lists, intervals of them |
| ``closed`` | also sums, products, powers, roots, logarithms, trigonometric functions |

Neither is a limit, an integral, a sum or product sign, a remainder, a binomial, a factorial; nor an
inequality with its unknown among other things. Of ``x = …`` and ``a = b = c`` the last side counts.
What is not written out is ``incorrect`` with the reason ``wrong_format``; no engine is asked.

It does not ask for lowest terms or for the simplest form.
"""

from __future__ import annotations

from assay_datasets import InputError, Json
from assay_verifiers import Verdict, Verifier
from assay_verifiers.answers import final_answer
from assay_verifiers.math import MathVerifier
from assay_verifiers.math.parser import parse
from assay_verifiers.math.readings import stated
from assay_verifiers.math.tree import Malformed, Node, TooCostly, Unknown, symbols, walk

FORMS = ("number", "closed")

_LONGEST_ANSWER = 50_000
_LONGEST_RESPONSE = 1_000_000
_STRUCTURES = frozenset(
    ("seq", "set", "group", "cup", "minus", "ratio", "pm", "mp", "matrix", "row", "builder")
)
_WRITTEN = frozenset(("num", "based", "clock", "sym", "const", "text", "choice", "minutes"))
_CLOSED_CALLS = frozenset(
    ("sqrt", "root", "cbrt", "exp", "ln", "log", "lg", "abs", "sin", "cos", "tan", "cot", "sec",
     "csc", "arcsin", "arccos", "arctan", "arccot", "sinh", "cosh", "tanh", "arcsinh", "arccosh",
     "arctanh", "deg")
)  # fmt: skip
_ORDERS = frozenset(("<", "<=", ">", ">=", "!="))


class WorkedOut(Verifier):
    """The verifier; options are those of ``math`` and ``form`` (``number`` by default)."""

    name = "math/worked_out"
    summary = "as math, and the answer is written out: no part of the question is left undone"
    options = (*MathVerifier.options, "form")

    def __init__(self) -> None:
        self._math = MathVerifier()

    def check(self, response: str, answer: Json, **options: Json) -> Verdict:
        form = _form(options.pop("form", FORMS[0]))
        return _undone(response, form) or self._math.check(response, answer, **options)

    async def verify(
        self, response: str, answer: Json, *, deadline_s: float = 10.0, **options: Json
    ) -> Verdict:
        form = _form(options.pop("form", FORMS[0]))
        if undone := _undone(response, form):
            return undone
        return await self._math.verify(response, answer, deadline_s=deadline_s, **options)


def _undone(response: str, form: str) -> Verdict | None:
    """The verdict on an answer that is not written out; what is too long is for ``math``."""
    given = final_answer(response) if len(response) <= _LONGEST_RESPONSE else ""
    if len(given) > _LONGEST_ANSWER or is_worked_out(given, form):
        return None
    return Verdict.incorrect("wrong_format", answer=given[:200])


def is_worked_out(text: str, form: str) -> bool:
    """Whether an answer, as text, leaves nothing of a question undone.

    Of notation that is not known it is not: it could stand for any operation.
    """
    try:
        return _done(stated(parse(text)), form)
    except (Unknown, TooCostly, RecursionError):
        return False
    except Malformed:  # math says so too, unless it is the gold as it stands
        return True


def _form(form: Json) -> str:
    if form not in FORMS:
        raise InputError(f"form must be one of {', '.join(FORMS)}, not {form!r}")
    return str(form)


def _done(node: Node, form: str) -> bool:
    if node.head == "rel":
        return _relation_is_done(node, form)
    if node.head in _STRUCTURES:
        return all(_done(part, form) for part in node.args if isinstance(part, Node))
    if node.head == "quantity":
        return _done(node.args[0], form)
    return _is_written(node) if form == "number" else _is_closed(node)


def _relation_is_done(node: Node, form: str) -> bool:
    """An equation by its last side; an inequality where the unknown stands alone."""
    sides, operators = node.args[::2], frozenset(node.args[1::2])
    if operators == {"="} and sides[-1].head != "sym":
        return _done(sides[-1], form)
    if operators <= _ORDERS:
        return all(s.head == "sym" or (_done(s, form) and not symbols(s)) for s in sides)
    return all(_done(side, form) for side in sides)


def _is_written(node: Node) -> bool:
    """A number as such, with a sign, one fraction bar or a power of ten."""
    if node.head == "/":
        return all(part.head == "num" for part in node.args)
    if node.head == "*" and len(node.args) == 2:
        first, second = node.args
        if first.head == "num" and first.args[0] == -1:
            return _is_written(second)
        return first.head == "num" and _is_power_of_ten(second)
    return node.head in _WRITTEN or _is_power_of_ten(node)


def _is_power_of_ten(node: Node) -> bool:
    return node.head == "^" and all(
        part.head == "num" and (part.args[0] == 10 or place) for place, part in enumerate(node.args)
    )


def _is_closed(node: Node) -> bool:
    return all(
        part.head not in ("hard", "fn")
        and not (part.head == "call" and part.args[0] not in _CLOSED_CALLS)
        for part in walk(node)
    )
