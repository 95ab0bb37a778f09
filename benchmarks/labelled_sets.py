"""Labelled rows out of a folder of JSONL files: which verifier judges a file is read from its rows.

| a row has | verifier | rows that come of it |
|---|---|---|
| ``expected``, ``gold``, ``pred`` | its ``verifier`` or math | itself, unless that is null |
| ``domain`` math, ``answer`` | math | the gold, rewrites, changes (:mod:`labelled`) |
| ``domain`` science, ``answer`` | science | the gold, another form of it, changes |
| ``tests.instruction_id_list`` | instruction | a fixed response, label unknown: does it run? |
| any other short ``answer`` | text | the gold, also in other case; another row's gold |

Files with none of these (programs, games, prompts alone) give no rows.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from fractions import Fraction
from pathlib import Path
from typing import Any

from labelled import Row, changes, gold_rows, read_rows

Data = dict[str, Any]
_TOLERANCE = 0.02
_LONGEST_TEXT = 200


def rows_of(path: Path, limit: int | None = None) -> list[Row]:
    """The labelled rows of one file; ``limit`` bounds how many of its lines are used."""
    lines = read_rows(path)[:limit]
    if not lines:
        return []
    return list(_reader(lines[0])(path.stem, lines))


def _reader(line: Data) -> Callable[[str, list[Data]], Iterator[Row]]:
    if "expected" in line and "gold" in line:
        return _pairs
    if isinstance(line.get("tests"), dict) and "instruction_id_list" in line["tests"]:
        return _instructions
    if not isinstance(line.get("answer"), str):
        return _nothing
    kind = line.get("meta", {}).get("answer_type")
    if line.get("domain") == "math" and kind != "mcq":
        return _mathematics
    if line.get("domain") == "science" or kind == "mcq":
        return _science
    return _texts if kind in ("exact", "free_text") else _nothing


def _nothing(name: str, lines: list[Data]) -> Iterator[Row]:
    return iter(())


def _pairs(name: str, lines: list[Data]) -> Iterator[Row]:
    for line in lines:
        response = line.get("pred", line.get("response"))
        if line["expected"] is not None and isinstance(response, str):
            verifier, options = line.get("verifier", "math"), line.get("options", {})
            kind = line.get("category", "pair")
            yield Row(name, verifier, kind, line["gold"], response, bool(line["expected"]), options)


def _mathematics(name: str, lines: list[Data]) -> Iterator[Row]:
    return gold_rows(name, [line["answer"] for line in lines if line.get("answer")])


def _instructions(name: str, lines: list[Data]) -> Iterator[Row]:
    for line in lines:
        tests = {key: line["tests"][key] for key in ("instruction_id_list", "kwargs")}
        yield Row(name, "instruction", "runs", tests, "A short answer, in two words.", None)


def _texts(name: str, lines: list[Data]) -> Iterator[Row]:
    golds = [line["answer"] for line in lines if 0 < len(line["answer"]) <= _LONGEST_TEXT]
    for place, gold in enumerate(golds):
        yield Row(name, "text", "self", gold, gold, True)
        yield Row(name, "text", "case and spacing", gold, f"  {gold.swapcase()}\n", True)
        other = golds[(place + 1) % len(golds)]
        if _words(other) != _words(gold):
            yield Row(name, "text", "another's", gold, other, False)


def _words(text: str) -> str:
    return "".join(text.casefold().split())


# Science


def _science(name: str, lines: list[Data]) -> Iterator[Row]:
    for line in lines:
        kind = str(line.get("meta", {}).get("answer_type"))
        gold = line["answer"].strip()
        if re.fullmatch(r"\(?[A-J]\)?|[A-J]{2,10}|[A-J](?:, ?[A-J])+", gold) and "oice" not in kind:
            yield from _choices(name, line, gold)
        elif gold.lower() in ("true", "false"):
            opposite = "false" if gold.lower() == "true" else "true"
            yield Row(name, "science", "self", gold, f"The answer is {gold}.", True)
            yield Row(name, "science", "opposite", gold, f"The answer is {opposite}.", False)
        elif _number(gold) is not None:
            yield from _numbers(name, gold)
        elif gold.startswith("["):
            yield from _lists(name, gold)
        elif "expression" in kind or "\\" in gold:
            yield from _expressions(name, gold)


def _choices(name: str, line: Data, gold: str) -> Iterator[Row]:
    letters = re.findall("[A-J]", gold)
    options = dict(re.findall(r"^\(([A-J])\)\s*(\S.*)$", str(line.get("prompt")), re.MULTILINE))
    wrong = sorted({chr(ord("A") + (ord(letter) - ord("A") + 1) % 4) for letter in letters})
    yield Row(name, "science", "letter", gold, f"So it is \\boxed{{{','.join(letters)}}}.", True)
    if wrong != letters:
        yield Row(name, "science", "wrong letter", gold, f"Answer: ({', '.join(wrong)})", False)
    if len(letters) > 1:
        yield Row(name, "science", "one missing", gold, f"Answer: {', '.join(letters[1:])}", False)
    distinct = len({_words(text) for text in options.values()}) == len(options) > 1
    if len(letters) == 1 and letters[0] in options and distinct:
        answer = {"kind": "choice", "value": letters[0], "choices": options}
        right = f"\\boxed{{{options[letters[0]]}}}"
        if right.count("{") == right.count("}") and "$" not in right:
            yield Row(name, "science", "content", answer, right, True)
        other = next(key for key in options if key != letters[0])
        yield Row(name, "science", "other content", answer, f"\\boxed{{{options[other]}}}", False)


def _number(text: str) -> Fraction | None:
    try:
        return Fraction(text.replace(",", ""))
    except (ValueError, ZeroDivisionError):
        return None


def _numbers(name: str, gold: str) -> Iterator[Row]:
    value = _number(gold) or Fraction(0)
    tolerant = {"relative_tolerance": _TOLERANCE}
    yield Row(name, "science", "self", gold, f"Hence the value is $\\boxed{{{gold}}}$.", True)
    yield Row(name, "science", "scientific", gold, f"Answer: {_scientific(value)}", True, tolerant)
    if value:
        near, far = (
            f"{float(value * factor):.9g}" for factor in (Fraction(201, 200), Fraction(11, 10))
        )
        yield Row(name, "science", "near", gold, f"It is \\boxed{{{near}}}.", True, tolerant)
        yield Row(name, "science", "far", gold, f"It is \\boxed{{{far}}}.", False, tolerant)
        yield Row(name, "science", "sign", gold, f"Answer: {_scientific(-value)}", False, tolerant)
        power = f"It is \\boxed{{{_scientific(value * 10)}}}."
        yield Row(name, "science", "power of ten", gold, power, False, tolerant)


def _scientific(value: Fraction) -> str:
    mantissa, _, exponent = f"{float(value):.8e}".partition("e")
    return f"{mantissa} \\times 10^{{{int(exponent)}}}"


def _lists(name: str, gold: str) -> Iterator[Row]:
    items = [item.strip() for item in gold.strip("[]").split(",")]
    yield Row(name, "science", "self", gold, f"Therefore \\boxed{{{gold}}}", True)
    yield Row(name, "science", "spacing", gold, f"Answer: [{' , '.join(items)}]", True)
    if all(_number(item) is not None for item in items):
        changed = f"[{','.join([*items[:-1], str(float(_number(items[-1]) or 0) + 1)])}]"
        yield Row(name, "science", "changed", gold, f"Therefore \\boxed{{{changed}}}", False)
        shorter = f"[{','.join(items[:-1])}]"
        yield Row(name, "science", "dropped", gold, f"Therefore \\boxed{{{shorter}}}", False)


def _expressions(name: str, gold: str) -> Iterator[Row]:
    bare = gold.strip().strip("$").strip()
    if bare.startswith("\\boxed{"):
        bare = bare.removeprefix("\\boxed{").removesuffix("}")
    answer = {"kind": "expression", "value": gold}
    yield Row(name, "science", "self", answer, f"Therefore $$\\boxed{{{bare}}}$$", True)
    left, equals, right = bare.rpartition("=")
    if re.fullmatch(r"\s*\\?[A-Za-z]+(?:_\{?\w+\}?)?\s*", left):
        yield Row(name, "science", "right side", answer, f"The answer is ${right}$.", True)
    more = f"{left}{equals}{right} + 1"
    yield Row(name, "science", "plus one", answer, f"Therefore $$\\boxed{{{more}}}$$", False)
    for kind, text in changes(right.strip()):
        yield Row(
            name, "science", kind, answer, f"Therefore $$\\boxed{{{left}{equals}{text}}}$$", False
        )
