"""Inputs for a problem: its examples, then edges, changed examples and random ones in turn.

What a function takes is known from its annotations, and where they say nothing from the examples;
what a program reads, from its examples alone. The same problem, count and seed give the same
inputs, each once. Nothing is run: whether an input is any good is found out against the reference.
"""

from __future__ import annotations

import ast
import json
import warnings
from collections import Counter
from collections.abc import Iterator, Sequence
from itertools import chain, islice, zip_longest
from random import Random
from typing import Any

from assay_datasets import InputError, Json, derive_random, syntax
from assay_verifiers.codec import CannotCarry, canonical, decode, encode
from assay_verifiers.testmaking import stdin, values
from assay_verifiers.testmaking.problem import Problem
from assay_verifiers.testmaking.values import ANY, Pool, Shape

_LARGEST = 20_000
_PATIENCE = 20


def made_inputs(problem: Problem, count: int, seed: int) -> list[dict[str, Json]]:
    """At most ``count`` different inputs beside those of the examples, which come first.

    Raises:
        InputError: neither types nor examples say what the function takes.
    """
    make = _arguments if problem.style == "function" else _texts
    given = [problem.input_of(example) for example in problem.examples]
    found = {_key(each): each for each in given}
    wanted = count + len(found)
    stream = make(problem, derive_random("test inputs", seed, problem.id))
    for each in islice(stream, _PATIENCE * count):
        if len(found) >= wanted:
            break
        if len(json.dumps(each)) <= _LARGEST:
            found.setdefault(_key(each), each)
    return list(found.values())


def _key(given: dict[str, Json]) -> str:
    return canonical(given.get("stdin", given.get("args"))) + json.dumps(given.get("kwargs"))


def _mixed(edges: Sequence[Any], *endless: Iterator[Any]) -> Iterator[Any]:
    """One of each in turn: what is at the edges, as long as there is any, and the others."""
    yield from (each for row in zip_longest(edges, *endless) for each in row if each is not None)


# ── functions ────────────────────────────────────────────────────────────────────────────────────


def _arguments(problem: Problem, random: Random) -> Iterator[dict[str, Json]]:
    examples = list(_decoded(problem))
    keywords = [example.get("kwargs") or {} for example in problem.examples]
    shapes = _shapes(problem, examples)
    pool = values.pool_of(chain.from_iterable(examples))
    edges = _edges(shapes, examples, pool)
    streams = [_typed(shapes, pool, random)]
    if examples:
        streams.append(_changed(examples, pool, random))
    shared = keywords[0] if keywords and all(each == keywords[0] for each in keywords) else {}
    for arguments in _mixed(edges, *streams):
        try:
            tree: dict[str, Json] = {"args": [encode(argument) for argument in arguments]}
        except CannotCarry:
            continue
        yield tree | ({"kwargs": shared} if shared else {})


def _decoded(problem: Problem) -> Iterator[list[Any]]:
    """The examples' arguments; without those that only a program can hold, such as callables."""
    for example in problem.examples:
        try:
            yield decode(list(example["args"]))
        except (CannotCarry, ValueError, KeyError, TypeError):
            continue


def _shapes(problem: Problem, examples: list[list[Any]]) -> list[Shape]:
    annotated = _annotated(problem.solution, problem.name)
    sizes = Counter(len(arguments) for arguments in examples)
    size = sizes.most_common(1)[0][0] if sizes else len(annotated)
    columns = [[row[place] for row in examples if place < len(row)] for place in range(size)]
    shapes = []
    for place, column in enumerate(columns):
        stated = annotated[place] if place < len(annotated) else ANY
        seen = values.shape_of_values(column)
        shapes.append(stated if _says_all(stated) or seen == ANY else seen)
    if not examples and (not annotated or ANY in annotated):
        raise InputError(
            f"nothing says what {problem.name!r} takes: annotate its parameters, or give "
            '"examples" such as [{"args": [1, "a"]}]'
        )
    return shapes


def _says_all(shape: Shape) -> bool:
    return shape != ANY and all(map(_says_all, shape.parts))


def _annotated(source: str, name: str) -> list[Shape]:
    """Shapes of the required positional parameters of ``name``."""
    try:
        with warnings.catch_warnings(action="ignore"):
            tree = syntax.parse(source)
    except (SyntaxError, ValueError, RecursionError, MemoryError) as error:
        raise InputError(f"the solution is not Python: {error}") from None
    *owners, last = name.split(".")
    for node in reversed(list(ast.walk(tree))):
        if isinstance(node, ast.FunctionDef) and node.name == last:
            parameters = [*node.args.posonlyargs, *node.args.args][len(owners) :]
            needed = parameters[: len(parameters) - len(node.args.defaults)]
            return [values.shape_of_annotation(each.annotation) for each in needed]
    return []


def _edges(shapes: list[Shape], examples: list[list[Any]], pool: Pool) -> list[list[Any]]:
    """Every edge of one argument with the others as in an example, then edges of all at once."""
    columns = [values.edges(shape, pool) for shape in shapes]
    usual = examples[0] if examples else [column[min(2, len(column) - 1)] for column in columns]
    single = [
        [*usual[:place], value, *usual[place + 1 :]]
        for row in zip_longest(*columns, fillvalue=_NOTHING)
        for place, value in enumerate(row)
        if value is not _NOTHING and place < len(usual)
    ]
    return single + [list(row) for row in zip(*columns, strict=False)]


_NOTHING = object()


def _typed(shapes: list[Shape], pool: Pool, random: Random) -> Iterator[list[Any]]:
    while True:
        yield [values.typed(shape, pool, random) for shape in shapes]


def _changed(examples: list[list[Any]], pool: Pool, random: Random) -> Iterator[list[Any]]:
    while True:
        arguments = list(random.choice(examples))
        for _ in range(random.choice((1, 1, 2, 4))):
            if arguments:
                place = random.randrange(len(arguments))
                arguments[place] = values.changed(arguments[place], pool, random)
        yield arguments


# ── programs ─────────────────────────────────────────────────────────────────────────────────────


def _texts(problem: Problem, random: Random) -> Iterator[dict[str, Json]]:
    examples = [str(example["stdin"]) for example in problem.examples]
    examples = [text for text in examples if len(text) <= _LARGEST] or examples[:1]
    layout = stdin.layout_of(examples)
    small = sorted(examples, key=len)[: max(3, len(examples) // 2)]
    edges = [edge for text in small[:4] for edge in stdin.edges(text, layout)]

    def changes() -> Iterator[str]:
        while True:
            yield stdin.changed(random.choice(small), layout, random)

    def redraws() -> Iterator[str]:
        while True:
            yield stdin.redrawn(random.choice(small), layout, random)

    for text in _mixed(edges, changes(), redraws()):
        yield {"stdin": text}
