r"""Expression: arithmetic over given numbers, read from a response, valued exactly, written out.

What the expression games (24, countdown, operator insertion) share. A tree is a number or
``(operator, left, right)``. Reading is a recursive descent over an alphabet of digits, ``+ - * /``
and brackets: no sign, no power, no name, so nothing a response says is ever executed. Values are
whole numbers while they can be, else ``Fraction``.

The answer of a response is its last line; a label before it, a closing ``= target``, ``$``,
backticks, bold, a fence, ``\boxed{}``, ``×``, ``÷`` and ``\frac`` do not matter. A line above it
that is itself an answer (an expression of three or more numbers, said to be the target or said
alone) must be right as well: two different answers are a hedge, two right ones are not.
"""

from __future__ import annotations

import ast
import re
from abc import abstractmethod
from collections.abc import Iterator, Sequence
from fractions import Fraction
from random import Random
from typing import TypeAlias

from assay_datasets import Json, syntax
from assay_envs.drawing import ACCENT, SHADE, Drawing
from assay_verifiers import Verdict, Verifier, visible_text

Tree: TypeAlias = "int | tuple[str, Tree, Tree]"

_LONGEST = 200
_DEEPEST = 40
_MOST_FAILED_TRIES = 3


class ExpressionVerifier(Verifier):
    """Judges an expression by its game's rules; a game says what ``broken`` means."""

    @abstractmethod
    def target(self, answer: Json) -> Fraction:
        """The value wanted; ``TypeError``, ``KeyError`` or ``ValueError`` for a bad answer."""

    @abstractmethod
    def broken(self, tree: Tree, answer: Json) -> dict[str, Json] | None:
        """What of the game's rules the expression breaks, or None."""

    def check(self, response: str, answer: Json, **options: Json) -> Verdict:
        lines = _lines(response)
        if not lines:
            return Verdict.incorrect("no_answer")
        try:
            target = self.target(answer)
            verdict = self._judge(_sides(lines[-1], str(target)), answer, target)
            for line in lines[:-1]:
                if verdict.outcome == "correct" and self._is_answer(line, answer, str(target)):
                    verdict = self._judge(_sides(line, str(target)), answer, target)
        except (TypeError, KeyError, ValueError):
            return Verdict.undecided("bad_gold")
        return verdict

    def _judge(self, sides: tuple[str, str], answer: Json, target: Fraction) -> Verdict:
        text, claimed = sides
        if len(text) > _LONGEST:
            return Verdict.incorrect("too_long", length=len(text))
        if claimed and claimed != str(target):
            return Verdict.incorrect("malformed", error="only the expression, or '= target' too")
        try:
            tree = parse(text)
        except Unreadable as error:
            return Verdict.incorrect("malformed", error=str(error))
        try:
            value = exact(tree)
        except ZeroDivisionError:
            return Verdict.incorrect("rule_broken", error="division by zero")
        if broken := self.broken(tree, answer):
            return Verdict.incorrect("rule_broken", **broken)
        if value != target:
            return Verdict.incorrect("mismatch", value=str(value), target=str(target))
        return Verdict.correct()

    def _is_answer(self, line: str, answer: Json, target: str) -> bool:
        """Whether a line that is not the last puts forward an answer of its own."""
        text, claimed = _sides(line, target)
        if len(text) > _LONGEST or claimed not in ("", target):
            return False
        try:
            tree = parse(text)
        except Unreadable:
            return False
        return len(leaves(tree)) >= 3 or not self.broken(tree, answer)


# Reading


class Unreadable(Exception):
    """A text is no expression; the message says where."""


_LABEL = re.compile(
    r"(?:(?:the|my|our|final|correct) ){0,3}(?:answer|expression|solution|result)\W{0,4}(?: is)?"
    r"[\s:*]{1,4}",
    re.IGNORECASE,
)
_WRAPPING = "`$* \t\r"


def _lines(response: str) -> list[str]:
    """The lines of what is visible, less blank ones and fences, each without its wrapping."""
    lines = (
        line.rstrip(". ").strip(_WRAPPING) for line in visible_text(response).strip().splitlines()
    )
    bare = [_bare(line) for line in lines if line and not line.startswith("~~~")]
    return [line for line in bare if line]


def _bare(line: str) -> str:
    if line[0] in "0123456789([{":
        return line
    line = line.removeprefix("<answer>").removesuffix("</answer>")
    if label := _LABEL.match(line[:_LONGEST]):
        line = line[label.end() :].strip(_WRAPPING)
    if line.startswith("\\boxed{") and line.endswith("}"):
        line = line[len("\\boxed{") : -1]
    return "" if line.isalpha() and line.islower() else line  # ```python


def _sides(line: str, target: str) -> tuple[str, str]:
    """The expression of ``line`` and what it claims to be worth, on whichever side that stands."""
    text, _, claimed = line.partition("=")
    text, claimed = text.strip(_WRAPPING), claimed.strip(_WRAPPING)
    return (claimed, text) if claimed and text == target else (text, claimed)


_TOKEN = re.compile(r"\\[dt]?frac|[0-9]{1,9}|[-+*/()]")
_SPELLINGS = str.maketrans(
    {"×": "*", "·": "*", "⋅": "*", "∗": "*", "÷": "/", "∕": "/", "−": "-", "–": "-",
     "[": "(", "]": ")", "{": "(", "}": ")"}
)  # fmt: skip
_LATEX = (("\\times", "*"), ("\\cdot", "*"), ("\\div", "/"), ("\\left", ""), ("\\right", ""))


def parse(text: str) -> Tree:
    """``text`` as one tree; :class:`Unreadable` where it is not an expression."""
    if "\\" in text:
        for command, plain in _LATEX:
            text = text.replace(command, plain)
    text = text.translate(_SPELLINGS)
    tokens = _TOKEN.findall(text)
    if "".join(tokens) != "".join(text.split()):
        raise Unreadable("only numbers, + - * / and brackets make an expression")
    return _Reader(tokens).tree()


class _Reader:
    """Recursive descent over ``sum := product (± product)*``."""

    def __init__(self, tokens: list[str]) -> None:
        self._tokens = [*tokens, ""]
        self._at = 0

    def tree(self) -> Tree:
        tree = self._sum(0)
        if token := self._tokens[self._at]:
            raise Unreadable(f"{token!r} is not expected here")
        return tree

    def _sum(self, depth: int) -> Tree:
        tree = self._product(depth)
        while (operator := self._tokens[self._at]) == "+" or operator == "-":
            self._at += 1
            tree = (operator, tree, self._product(depth))
        return tree

    def _product(self, depth: int) -> Tree:
        tree = self._atom(depth)
        while (operator := self._tokens[self._at]) == "*" or operator == "/":
            self._at += 1
            tree = (operator, tree, self._atom(depth))
        return tree

    def _atom(self, depth: int) -> Tree:
        token = self._tokens[self._at]
        self._at += 1
        if token.isdigit():
            return int(token)
        if token.endswith("frac"):
            return ("/", self._group(depth), self._group(depth))
        self._at -= 1
        return self._group(depth)

    def _group(self, depth: int) -> Tree:
        token = self._tokens[self._at]
        self._at += 1
        if token != "(" or depth >= _DEEPEST:  # noqa: S105 - a bracket, not a password
            raise Unreadable(f"a number is expected, not {token or 'the end'!r}")
        tree = self._sum(depth + 1)
        if self._tokens[self._at] != ")":
            raise Unreadable("a bracket is not closed")
        self._at += 1
        return tree


# Trees


def leaves(tree: Tree) -> list[int]:
    """The numbers of a tree from left to right."""
    return [tree] if isinstance(tree, int) else leaves(tree[1]) + leaves(tree[2])


def exact(tree: Tree) -> int | Fraction:
    """The value; ``ZeroDivisionError`` where a step divides by zero."""
    if isinstance(tree, int):
        return tree
    return applied(tree[0], exact(tree[1]), exact(tree[2]))


def applied(operator: str, left: int | Fraction, right: int | Fraction) -> int | Fraction:
    """One exact operation, whole where it can be."""
    if operator == "+":
        return left + right
    if operator == "-":
        return left - right
    if operator == "*":
        return left * right
    if isinstance(left, int) and isinstance(right, int) and right and left % right == 0:
        return left // right
    quotient = Fraction(left) / right
    return quotient.numerator if quotient.denominator == 1 else quotient


def exact_or_none(tree: Tree) -> int | Fraction | None:
    """The value, or None where a step divides by zero."""
    try:
        return exact(tree)
    except ZeroDivisionError:
        return None


def grow(rng: Random, numbers: Sequence[int], operators: str) -> Tree:
    """A random tree whose leaves are ``numbers`` from left to right."""
    if len(numbers) == 1:
        return numbers[0]
    cut = rng.randint(1, len(numbers) - 1)
    left, right = grow(rng, numbers[:cut], operators), grow(rng, numbers[cut:], operators)
    return (rng.choice(operators), left, right)


def positive_value(tree: Tree) -> int:
    """The tree's value, or 0 where some step is not a positive whole number."""
    if isinstance(tree, int):
        return tree
    operator, left, right = tree[0], positive_value(tree[1]), positive_value(tree[2])
    if not left or not right:
        return 0
    if operator == "/":
        return 0 if left % right else left // right
    value = left + right if operator == "+" else left * right if operator == "*" else left - right
    return max(value, 0)


def worked(rng: Random, numbers: list[int], target: int, operators: str, final: str) -> str:
    """A short search in writing: some tries that miss, then ``final``, every step of it right."""
    tries: list[str] = []
    for _ in range(rng.randint(0, _MOST_FAILED_TRIES)):
        rng.shuffle(numbers)
        tree = grow(rng, numbers, operators)
        value = positive_value(tree)
        if value and value != target and (shown := ", ".join(steps(tree))) not in tries:
            tries.append(shown)
    lines = [f"{shown} no" for shown in tries] + [f"{', '.join(steps(parse(final)))} yes"]
    return "<think>" + "\n".join(lines) + f"</think>{final}"


def one_operator_changed(tree: Tree) -> Iterator[Tree]:
    """Every tree that differs from this one in a single operator."""
    if isinstance(tree, int):
        return
    operator, left, right = tree
    yield from ((other, left, right) for other in "+-*/" if other != operator)
    yield from ((operator, changed, right) for changed in one_operator_changed(left))
    yield from ((operator, left, changed) for changed in one_operator_changed(right))


def steps(tree: Tree) -> Iterator[str]:
    """``3*5=15``, ``15+7=22``: one operation each, fractions in brackets."""
    if not isinstance(tree, int):
        operator, left, right = tree
        yield from steps(left)
        yield from steps(right)
        step, value = f"{_shown(left)}{operator}{_shown(right)}", str(exact(tree))
        if step != value:  # 20/3 is its own value
            yield f"{step}={value}"


def _shown(tree: Tree) -> str:
    value = exact(tree)
    return f"({value})" if value < 0 or value.denominator > 1 else str(value)


def write(tree: Tree) -> str:
    """The expression with no more parentheses than it needs."""
    if isinstance(tree, int):
        return str(tree)
    operator, left, right = tree
    return _wrapped(left, operator, False) + operator + _wrapped(right, operator, True)


def _wrapped(tree: Tree, above: str, on_the_right: bool) -> str:
    text = write(tree)
    if isinstance(tree, int):
        return text
    weaker = tree[0] in "+-" and above in "*/"
    regrouped = on_the_right and (above == "/" or (above == "-" and tree[0] in "+-"))
    regrouped = regrouped or (on_the_right and above == "*" and tree[0] == "/")
    return f"({text})" if weaker or regrouped else text


def python_value(text: str) -> tuple[list[int], Fraction]:
    """Numbers and value of one of *our* expressions, as Python's own parser groups it.

    The second method of certificates; never for what a response says.
    """
    tree = syntax.parse(text, "eval").body
    constants = [node for node in ast.walk(tree) if isinstance(node, ast.Constant)]
    constants.sort(key=lambda node: node.col_offset)
    return [node.value for node in constants if isinstance(node.value, int)], _ast_value(tree)


def _ast_value(node: ast.expr) -> Fraction:
    if isinstance(node, ast.Constant):
        return Fraction(str(node.value))
    assert isinstance(node, ast.BinOp)
    left, right = _ast_value(node.left), _ast_value(node.right)
    if isinstance(node.op, ast.Div):
        return left / right
    if isinstance(node.op, ast.Mult):
        return left * right
    return left + right if isinstance(node.op, ast.Add) else left - right


# For people


def tiles(numbers: Sequence[int], target: int) -> str:
    """``[3] [7] [5] → 22``."""
    return " ".join(f"[{number}]" for number in numbers) + f" → {target}"


def tiles_svg(numbers: Sequence[int], target: int, title: str) -> str:
    """The numbers as tiles, the target under them, as an SVG picture."""
    side, gap = 64, 12
    width = len(numbers) * (side + gap) + gap
    drawing = Drawing(width, 2 * side + 2 * gap)
    for place, number in enumerate(numbers):
        x = gap + place * (side + gap)
        drawing.rect(x, gap, side, side, fill=SHADE)
        drawing.text(x + side / 2, gap + side / 2, str(number), size=26, bold=True)
    drawing.text(width / 2, 1.5 * side + gap, f"= {target}", size=26, fill=ACCENT, bold=True)
    return drawing.svg(title)
