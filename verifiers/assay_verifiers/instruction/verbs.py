"""Does a text start with a verb? The first token's part of speech, by an averaged perceptron.

The reference asks nltk's tagger, a port of Honnibal's of 2013 (features, training corpus and all)
whose weights are on no package registry. We score the same features with the weights that the
original's package ``textblob-aptagger`` carries. They come as a pickle: it is *read*, never loaded.
A dozen opcodes that build dictionaries, text and numbers are understood and any other is an error,
so nothing in the file can run.

Only the first token is tagged: it depends on itself and on the two after it.
"""

from __future__ import annotations

import pickletools
from collections.abc import Callable, Mapping
from functools import cache
from importlib.util import find_spec
from pathlib import Path
from typing import Any, TypeAlias

from assay_verifiers.instruction import linguistics

_WEIGHTS = "trontagger-0.1.0.pickle"
_NOT_YET = ("-START-", "-START2-")  # the tags before the first token
_PAST_THE_END = ("-END-", "-END2-")

Weights: TypeAlias = Mapping[str, Mapping[str, float]]
"""Feature -> part of speech -> weight."""


def starts_with_verb(text: str) -> bool:
    """Whether the first token is tagged as any form of a verb."""
    tokens = linguistics.first_tokens(text, 3)
    return bool(tokens) and "VB" in _first_tag(tokens)


def _first_tag(tokens: list[str]) -> str:
    weights, known, tags = _model()
    if tag := known.get(tokens[0]):
        return tag
    found = [weights[feature] for feature in _features(tokens) if feature in weights]
    return max(tags, key=lambda tag: (sum(row.get(tag, 0.0) for row in found), tag))


def _features(tokens: list[str]) -> list[str]:
    before, before_that = _NOT_YET
    word, after, after_that = (*map(_normal, tokens), *_PAST_THE_END)[:3]
    return [
        "bias",
        f"i suffix {tokens[0][-3:]}",
        f"i pref1 {tokens[0][0]}",
        f"i-1 tag {before}",
        f"i-2 tag {before_that}",
        f"i tag+i-2 tag {before} {before_that}",
        f"i word {word}",
        f"i-1 tag+i word {before} {word}",
        f"i-1 word {before_that}",
        f"i-1 suffix {before_that[-3:]}",
        f"i-2 word {before}",
        f"i+1 word {after}",
        f"i+1 suffix {after[-3:]}",
        f"i+2 word {after_that}",
    ]


def _normal(token: str) -> str:
    if "-" in token[1:] and token[0] != "-":
        return "!HYPHEN"
    if token.isdigit() and len(token) == 4:
        return "!YEAR"
    return "!DIGITS" if token[0].isdigit() else token.lower()


@cache
def _model() -> tuple[Weights, Mapping[str, str], frozenset[str]]:
    """The weights, the tags of unambiguous words, and all tags."""
    spec = find_spec("textblob_aptagger")  # not imported: its own code loads the pickle
    if spec is None or spec.origin is None:
        raise ModuleNotFoundError("textblob_aptagger")
    weights, known, tags = read_plain(Path(spec.origin).with_name(_WEIGHTS).read_bytes())
    return weights, known, frozenset(tags)


def read_plain(data: bytes) -> Any:
    """The dictionaries, lists, texts and numbers of a pickle; ``ValueError`` for anything else."""
    stack: list[Any] = []
    memo: dict[int, Any] = {}
    for opcode, argument, _ in pickletools.genops(data):
        if opcode.name == "STOP":
            return stack.pop()
        act = _ACTS.get(opcode.name)
        if act is None:
            raise ValueError(f"a pickle with {opcode.name} is more than plain data")
        act(stack, memo, argument)
    raise ValueError("the pickle has no end")


_MARK = object()
_SET = "__builtin__ set"


def _above_mark(stack: list[Any]) -> list[Any]:
    items = []
    while (item := stack.pop()) is not _MARK:
        items.append(item)
    return items[::-1]


def _push(stack: list[Any], _memo: dict[int, Any], value: Any) -> None:
    stack.append(value)


def _put(stack: list[Any], memo: dict[int, Any], key: Any) -> None:
    memo[key] = stack[-1]


def _get(stack: list[Any], memo: dict[int, Any], key: Any) -> None:
    stack.append(memo[key])


def _set_items(stack: list[Any], _memo: dict[int, Any], _argument: Any) -> None:
    items = _above_mark(stack)
    stack[-1].update(zip(items[::2], items[1::2], strict=True))


def _append(stack: list[Any], _memo: dict[int, Any], _argument: Any) -> None:
    items = _above_mark(stack)
    stack[-1].extend(items)


def _tuple(length: int) -> Callable[[list[Any], dict[int, Any], Any], None]:
    def act(stack: list[Any], _memo: dict[int, Any], _argument: Any) -> None:
        stack[-length:] = [tuple(stack[-length:])]

    return act


def _only_sets(stack: list[Any], _memo: dict[int, Any], name: Any) -> None:
    if name != _SET:
        raise ValueError(f"a pickle with {name} is more than plain data")
    stack.append(name)


def _make_set(stack: list[Any], _memo: dict[int, Any], _argument: Any) -> None:
    arguments, name = stack.pop(), stack.pop()
    if name != _SET:
        raise ValueError("a pickle that calls what is no set is more than plain data")
    stack.append(set(*arguments))


_ACTS: Mapping[str, Callable[[list[Any], dict[int, Any], Any], None]] = {
    "PROTO": lambda stack, memo, argument: None,
    "BINFLOAT": _push,
    "SHORT_BINSTRING": _push,
    "EMPTY_DICT": lambda stack, memo, argument: stack.append({}),
    "EMPTY_LIST": lambda stack, memo, argument: stack.append([]),
    "MARK": lambda stack, memo, argument: stack.append(_MARK),
    "BINPUT": _put,
    "LONG_BINPUT": _put,
    "BINGET": _get,
    "LONG_BINGET": _get,
    "SETITEMS": _set_items,
    "APPENDS": _append,
    "TUPLE1": _tuple(1),
    "TUPLE3": _tuple(3),
    "GLOBAL": _only_sets,
    "REDUCE": _make_set,
}
