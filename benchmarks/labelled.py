r"""Labelled rows for judging verifiers: the golds of data sets against themselves and changed.

How it works. A data set is a JSONL file whose rows carry an ``answer`` (or ``gold``, ``pred`` and
``expected``, for pairs that people labelled). From each gold come responses that must be correct
(the gold itself and three mechanical rewrites: spacing, equivalent LaTeX, an algebraically equal
form) and responses that must not (a digit, a sign, an end of an interval, an exponent, an element
or an order changed). A rewrite or a change is kept only where its label is certain by construction
or by evaluating both sides numerically; whatever else is left out, so the sets measure no opinion.

It holds no rows of anybody's data and writes none.
"""

from __future__ import annotations

import json
import math
import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from fractions import Fraction
from functools import lru_cache
from pathlib import Path
from typing import Any

from assay_datasets.seeds import derive_random

Options = dict[str, Any]


@dataclass(frozen=True)
class Row:
    """One response to judge; ``expected`` is whether it is correct, None where nobody knows."""

    set: str
    verifier: str
    kind: str
    gold: Any
    response: str
    expected: bool | None
    options: Options = field(default_factory=dict)


WRAPPERS = (
    "So the answer is $\\boxed{%s}$.",
    "We compute step by step. Therefore\n\\[\n\\boxed{%s}\n\\]",
    "The answer is $%s$.",
    "Adding it all up.\n\n**Final Answer:** $%s$",
    "<think>Is it 17? No.</think>\n\nFinal answer: \\(%s\\)",
)


def read_rows(path: Path) -> list[dict[str, Any]]:
    """The JSON objects of a JSONL file."""
    with path.open(encoding="utf-8") as lines:
        return [json.loads(line) for line in lines if line.strip()]


def gold_rows(name: str, golds: list[str], limit: int | None = None) -> Iterator[Row]:
    """Each gold against itself, its rewrites and its changes, in a natural wrapping."""
    for place, gold in enumerate(golds[:limit]):
        forms = [("self", gold, True)]
        forms += [(kind, text, True) for kind, text in rewrites(gold)]
        forms += [(kind, text, False) for kind, text in changes(gold)]
        for number, (kind, text, expected) in enumerate(forms):
            wrapper = WRAPPERS[(place + number) % len(WRAPPERS)]
            if not expected and "$" in text:
                wrapper = WRAPPERS[0]
            yield Row(name, "math", kind, gold, wrapper % unwrapped(text), expected)


def unwrapped(text: str) -> str:
    """``text`` without the dollars around it."""
    text = text.strip()
    if text.startswith("$") and text.endswith("$") and text.count("$") == 2:
        return text.strip("$").strip()
    return text


# Rewrites: another writing of the same thing

_TOKEN = re.compile(
    r"\\(?:begin|end|text\w*|mathrm|mathbf|mathbb|mbox|operatorname|hspace)\*?\s*\{[^{}]*\}|\\\\|\\[A-Za-z]+|\\."
    r"|[0-9]+(?:\{?[.,]\}?[0-9]+)*(?:[eE][-+]?[0-9]+)?|[A-Za-z]+|\s+|."
)
_TEXTUAL = re.compile(r"\\(?:text|mbox|mathrm|operatorname)|(?<![\\A-Za-z])[A-Za-z]{2,}")


def rewrites(gold: str) -> Iterator[tuple[str, str]]:
    """(kind, text): the same answer, written otherwise."""
    text = unwrapped(gold)
    yield "spacing", spaced(text)
    if (other := relatexed(text)) != text:
        yield "latex", other
    if equal := algebraically_equal(text):
        yield "algebra", equal


def spaced(text: str) -> str:
    """``text`` with a blank wherever LaTeX ignores one."""
    if _TEXTUAL.search(text) and "\\" not in text:
        return f" {text} "
    tokens = [token for token in _TOKEN.findall(text) if not token.isspace()]
    joined = ""
    for before, token in zip(["", *tokens], tokens, strict=False):
        tight = before in ("^", "_", "'") or token in ("'", ",", ".", "!") or before == "."
        joined += token if tight or not joined else " " + token
    return joined


def relatexed(text: str) -> str:
    """``text`` in other LaTeX for the same formula."""
    if re.fullmatch(r"-?[0-9]{5,}", text):
        return f"{int(text):,}".replace(",", "{,}")
    if re.fullmatch(r"-[0-9]+", text):
        return "\N{MINUS SIGN}" + text[1:]
    swapped = re.sub(r"\\[dt]frac(?![A-Za-z])", r"\\FRAC", text)
    swapped = re.sub(r"\\frac(?![A-Za-z])", r"\\dfrac", swapped).replace("\\FRAC", "\\frac")
    swapped = re.sub(r"\\cdot(?![A-Za-z])", r"\\times", swapped)
    swapped = re.sub(r"\\(?:le|leq)(?![A-Za-z])", "≤", swapped)
    swapped = re.sub(r"\\(?:ge|geq)(?![A-Za-z])", "≥", swapped)
    swapped = re.sub(r"\\pi(?![A-Za-z])", "π", swapped)
    swapped = re.sub(r"\\left(?![A-Za-z])|\\right(?![A-Za-z])", "", swapped)
    if swapped == text and text.startswith("(") and text.endswith(")") and text.count("(") == 1:
        swapped = "\\left" + text[:-1] + "\\right)"
    if swapped == text and re.fullmatch(r"[0-9]+/[0-9]+", text):
        swapped = "\\frac{{{}}}{{{}}}".format(*text.split("/"))
    return swapped


_INTEGER = re.compile(r"-?[0-9]{1,30}")
_DECIMAL = re.compile(r"-?[0-9]{0,20}\.[0-9]{1,20}")
_FRACTION = re.compile(r"(-?)\\[dt]?frac\{?(-?[0-9]+)\}?\{?([0-9]+)\}?|(-?[0-9]+)/([0-9]+)")
_BRACED_FRACTION = re.compile(r"(-?)\\[dt]?frac\{(-?[0-9]+)\}\{([0-9]+)\}|(-?[0-9]+)/([0-9]+)")
_INTERVAL = re.compile(r"([(\[])([^()\[\],;{}]+),([^()\[\],;{}]+)([)\]])")


def algebraically_equal(text: str) -> str | None:
    """An algebraically equal form; None where none is certain."""
    text = text.replace("\\left", "").replace("\\right", "").strip()
    if _INTEGER.fullmatch(text):
        number = int(text)
        return f"\\frac{{{3 * number}}}{{3}}"
    if _DECIMAL.fullmatch(text):
        fraction = Fraction(text)
        return f"\\frac{{{fraction.numerator}}}{{{fraction.denominator}}}"
    if match := _BRACED_FRACTION.fullmatch(text):
        sign, above, below = match[1] or "", int(match[2] or match[4]), int(match[3] or match[5])
        return f"{sign}\\frac{{{7 * above}}}{{{7 * below}}}"
    if _TEXTUAL.search(text) or "^\\circ" in text or "%" in text or "..." in text or "dots" in text:
        return None
    if parts := _tuple_parts(text):
        inner = [algebraically_equal(part) for part in parts[1]]
        if any(part is None for part in inner):
            return None
        return parts[0] + ",".join(part or "" for part in inner) + parts[2]
    return _expression_form(text)


def _tuple_parts(text: str) -> tuple[str, list[str], str] | None:
    """Opening, parts and closing of a flat tuple, interval or set; None where it is none."""
    for opening, closing in (("(", ")"), ("[", "]"), ("\\{", "\\}"), ("(", "]"), ("[", ")")):
        if text.startswith(opening) and text.endswith(closing) and len(text) > 2:
            inner = text[len(opening) : -len(closing)]
            parts = top_level_parts(inner)
            if parts and len(parts) > 1:
                return opening, parts, closing
    return None


def top_level_parts(text: str) -> list[str] | None:
    """The parts between the commas outside brackets; None where the brackets do not match."""
    parts, depth, part = [], 0, ""
    for piece in re.findall(r"\\.|.", text, re.DOTALL):
        depth += piece in ("(", "[", "{", "\\{")
        depth -= piece in (")", "]", "}", "\\}")
        if depth < 0:
            return None
        if piece == "," and depth == 0:
            parts.append(part.strip())
            part = ""
        else:
            part += piece
    return [*parts, part.strip()] if depth == 0 else None


_NO_EXPRESSION = re.compile(
    r"[=<>,;:&%$|\[\]]|\\(?:begin|pm|mp|in|cup|cap|le|ge|leq|geq|ne|neq|infty|lt|gt|times|to|equiv|pmod|mod"
    r"|subset|setminus|emptyset|mathbb|left|right|approx|quad|cdots|boxed|\{)|∞|_"
)


def _expression_form(text: str) -> str | None:
    if not text or _NO_EXPRESSION.search(text) or re.search("[0-9] ?e$", text):
        return None  # 2e-1 would be a decimal
    value = _evaluated(text)
    other = f"1+{text}-1" if not text.startswith(("-", "+")) else f"1{text}-1"
    return other if value is not None and _same(value, _evaluated(other)) else None


# Changes: certainly another value


def changes(gold: str) -> Iterator[tuple[str, str]]:
    """(kind, text): a mechanically changed answer that certainly differs from ``gold``."""
    text = unwrapped(gold)
    flat = text.replace("\\left", "").replace("\\right", "").strip()
    if (swapped := _opposite(text)) is not None:
        yield "word", swapped
        return
    seen = {flat}
    for kind, changed in (*_structural(flat), *_numeric(flat)):
        if changed not in seen:
            seen.add(changed)
            yield kind, changed


_OPPOSITES = {
    "yes": "No",
    "no": "Yes",
    "true": "False",
    "false": "True",
    "even": "odd",
    "odd": "even",
}


def _opposite(text: str) -> str | None:
    word = re.sub(r"\\text\{\s*([^{}]*?)\s*\}", r"\1", text).strip(" ()")
    if word.lower() in _OPPOSITES:
        return _OPPOSITES[word.lower()]
    if re.fullmatch(r"[A-E]", word) and ("text" in text or text == word):
        return chr(ord("A") + (ord(word) - ord("A") + 1) % 5)
    return None


def _structural(text: str) -> Iterator[tuple[str, str]]:
    parts = _tuple_parts(text)
    if parts is None:
        return
    opening, items, closing = parts
    distinct = len({_canonical(item) for item in items}) == len(items)
    numbers = [_number(item) for item in items]
    if opening in "([" and closing in ")]":
        if opening != closing.translate({41: 40, 93: 91}) or opening == "[":  # surely an interval
            if "infty" not in items[0]:
                flipped = {"(": "[", "[": "("}[opening]
                yield "bracket", f"{flipped}{','.join(items)}{closing}"
        elif distinct and all(number is not None for number in numbers) and len(items) > 1:
            yield "order", f"({','.join([items[1], items[0], *items[2:]])})"
    if opening == "\\{" and distinct and all(number is not None for number in numbers):
        yield "dropped", f"\\{{{','.join(items[:-1])}\\}}"
    if opening == "(" and closing == ")" and len(items) > 2:
        yield "dropped", f"({','.join(items[:-1])})"


def _canonical(item: str) -> Any:
    number = _number(item)
    return item.replace(" ", "") if number is None else number


def _number(text: str) -> Fraction | None:
    text = text.strip()
    if _INTEGER.fullmatch(text) or _DECIMAL.fullmatch(text):
        return Fraction(text)
    if match := _FRACTION.fullmatch(text):
        below = int(match[3] or match[5])
        value = Fraction(int(match[2] or match[4]), below) if below else None
        return -value if value is not None and match[1] else value
    return None


_DIGITS = re.compile(r"(?<![0-9_.,}])(?<!_\{)[0-9]+(?![0-9]*[.,{])(?![0-9])")


def _numeric(text: str) -> Iterator[tuple[str, str]]:
    if (number := _number(text)) is not None:
        if "frac" not in text and "/" not in text:
            yield "digit", _with_last_digit_changed(text)
        if number:
            yield "sign", text[1:] if text.startswith("-") else f"-{text}"
        if "frac" in text and number:
            yield (
                "inverse",
                f"\\frac{{{number.denominator}}}{{{number.numerator}}}"
                if abs(number) != 1
                else f"{number + 1}",
            )
        return
    if _TEXTUAL.search(text):
        return
    spots = list(_DIGITS.finditer(text))
    for spot in spots[:1] + spots[-1:]:
        changed = text[: spot.start()] + str(int(spot[0]) + 1) + text[spot.end() :]
        if _surely_differ(text, changed):
            kind = "exponent" if text[: spot.start()].rstrip("{").endswith("^") else "digit"
            yield kind, changed
    negated = f"-({text})"
    if not _NO_EXPRESSION.search(text) and _surely_differ(text, negated):
        yield "sign", negated


def _with_last_digit_changed(text: str) -> str:
    digit = max(place for place, letter in enumerate(text) if letter.isdigit())
    return text[:digit] + str((int(text[digit]) + 1) % 10) + text[digit + 1 :]


def _surely_differ(first: str, second: str) -> bool:
    """Whether every pair of parts is comparable and some pair has different values."""
    one, two = _tuple_parts(first), _tuple_parts(second)
    if (one is None) != (two is None):
        return False
    if one and two:
        if one[0] != two[0] or len(one[1]) != len(two[1]) or one[0] == "\\{":
            return False
        pairs = list(zip(one[1], two[1], strict=True))
        changed = [pair for pair in pairs if pair[0] != pair[1]]
        return len(changed) == 1 and _surely_differ(*changed[0])
    left, right = _evaluated(first), _evaluated(second)
    return left is not None and right is not None and not _same(left, right, 1e-4)


# Numeric evaluation, for certainty only


@lru_cache(maxsize=4096)
def _evaluated(text: str) -> tuple[complex, ...] | None:
    """Values at three fixed points of whatever letters ``text`` has; None where unreadable."""
    if _NO_EXPRESSION.search(text) or len(text) > 300:
        return None
    import warnings

    from latex2sympy2_extended import latex2sympy  # type: ignore[import-untyped]

    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            formula = latex2sympy(text)
            letters = sorted(formula.free_symbols, key=str)
            values = []
            for seed in range(3):
                draw = derive_random(seed)
                points = {letter: draw.uniform(1.1, 2.9) for letter in letters}
                values.append(complex(formula.subs(points).evalf(20)))
    except Exception:
        return None
    return tuple(values) if all(math.isfinite(abs(value)) for value in values) else None


def _same(
    one: tuple[complex, ...] | None, two: tuple[complex, ...] | None, near: float = 1e-9
) -> bool:
    if one is None or two is None:
        return False
    return all(
        abs(a - b) <= near * max(abs(a), abs(b), 1e-30) for a, b in zip(one, two, strict=True)
    )


# Data sets


def math_sets(folder: Path) -> dict[str, list[str]]:
    """Name to golds of the files in ``folder`` whose rows are mathematics with a free answer."""
    sets = {}
    for path in sorted(folder.glob("*.jsonl")):
        rows = read_rows(path)
        if rows and _is_math(rows[0]):
            sets[path.stem] = [row["answer"] for row in rows if row.get("answer")]
    return sets


def _is_math(row: dict[str, Any]) -> bool:
    kind = row.get("meta", {}).get("answer_type")
    return row.get("domain") == "math" and isinstance(row.get("answer"), str) and kind != "mcq"
