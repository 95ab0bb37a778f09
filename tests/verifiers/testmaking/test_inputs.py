"""Inputs: by type, by example, at the edges; each once, the same for the same seed."""

from __future__ import annotations

import ast
from typing import Any

import pytest

from assay_datasets import InputError
from assay_verifiers.codec import decode
from assay_verifiers.testmaking.inputs import made_inputs
from assay_verifiers.testmaking.problem import Problem, mined_arguments
from assay_verifiers.testmaking.values import Shape, shape_of_annotation, shape_of_values


def problem(**fields: Any) -> Problem:
    return Problem.from_json({"entry_point": "f", **fields})


def arguments(of: Problem, count: int = 80) -> list[list[Any]]:
    return [decode(each["args"]) for each in made_inputs(of, count, seed=0)]


def test_annotations_decide_the_types_and_the_edges_are_there() -> None:
    source = "def f(n: int, xs: list[str], m: dict[str, int] = {}) -> int:\n    return n\n"
    made = arguments(problem(solution=source))
    assert len(made) >= 60
    for n, xs in made:
        assert type(n) is int
        assert type(xs) is list
        assert all(type(x) is str for x in xs)
    numbers, lists = [n for n, _ in made], [xs for _, xs in made]
    assert {0, 1, -1} <= set(numbers)
    assert max(numbers) > 2**60
    assert [] in lists
    assert any(len(xs) > len(set(xs)) for xs in lists)
    assert any(not x.isascii() for xs in lists for x in xs)


def test_examples_decide_where_annotations_do_not() -> None:
    of = problem(solution="def f(a, b): ...", examples=[{"args": [[1, 2], "(())"]}])
    made = arguments(of)
    assert made[0] == [[1, 2], "(())"]
    assert {type(a) for a, _ in made} == {list}
    assert sum(set(b) <= set("()") for _, b in made) > len(made) / 2
    assert any(a not in ([1, 2], []) for a, _ in made)


def test_a_codec_value_keeps_its_type() -> None:
    pair = {"$": "tuple", "v": [1, {"$": "set", "v": [2]}]}
    made = arguments(problem(solution="def f(p): ...", examples=[{"args": [pair]}]))
    assert len(made) > 20
    for (value,) in made:
        assert type(value) is tuple
        assert [type(part) for part in value] == [int, set]


def test_every_input_comes_once_and_the_seed_decides() -> None:
    of = problem(id="x", solution="def f(n: int, s: str): ...")
    first = made_inputs(of, 50, seed=3)
    assert first == made_inputs(of, 50, seed=3)
    assert first != made_inputs(of, 50, seed=4)
    assert len({repr(each) for each in first}) == len(first)


def test_examples_are_found_in_the_prompt_and_in_the_docstring() -> None:
    prompt = (
        'Sum.\n    >>> f([1, 2], "a")\n    3\nassert f((1,), k=2) == g(3)\nassert f({2}) == 2\n'
    )
    assert mined_arguments(prompt, "f") == [[[1, 2], "a"], [{"$": "set", "v": [2]}]]
    assert mined_arguments(">>> f(__import__('os').system('x'))\n>>> f(", "f") == []
    of = problem(solution='def f(a, b):\n    """\n    >>> f(5, 6)\n    11\n    """\n', prompt="")
    assert [example["args"] for example in of.examples] == [[5, 6]]


def test_a_method_has_no_self_among_its_arguments() -> None:
    source = "class S:\n    def go(self, n: int) -> int:\n        return n\n"
    made = arguments(problem(solution=source, entry_point="S.go"))
    assert all(len(row) == 1 and type(row[0]) is int for row in made)


def test_nothing_known_of_the_types_is_said_so() -> None:
    with pytest.raises(InputError, match="annotate its parameters"):
        made_inputs(problem(solution="def f(a): return a"), 10, 0)


@pytest.mark.parametrize(
    ("text", "shape"),
    [
        ("List[int]", Shape("list", (Shape("int"),))),
        ("typing.Optional[str]", Shape("union", (Shape("str"), Shape("none")))),
        ("int | None", Shape("union", (Shape("int"), Shape("none")))),
        ("tuple[int, ...]", Shape("varied_tuple", (Shape("int"),))),
        ("Tuple[int, str]", Shape("tuple", (Shape("int"), Shape("str")))),
        ("dict", Shape("dict", (Shape("any"), Shape("any")))),
        ("Widget[__import__('os')]", Shape("any", (Shape("any"),))),
    ],
)
def test_annotations_are_read_not_evaluated(text: str, shape: Shape) -> None:
    assert shape_of_annotation(ast.parse(text, mode="eval").body) == shape


def test_the_narrowest_shape_of_examples() -> None:
    assert shape_of_values([[], [1], [2.5]]) == Shape("list", (Shape("float"),))
    assert shape_of_values([(1,), (1, 2)]) == Shape("varied_tuple", (Shape("int"),))
    assert shape_of_values([1, "a"]) == Shape("union", (Shape("int"), Shape("str")))


BAD = [
    (["not", "an", "object"], "JSON object"),
    ({"style": "stdio"}, "reference 'solution'"),
    ({"solution": "x"}, "which 'style'"),
    ({"solution": "x", "style": "stdio"}, '"examples"'),
    ({"solution": "x", "entry_point": "f()"}, "'entry_point'"),
    ({"solution": "x", "entry_point": "f", "exmples": []}, "no 'exmples'"),
    ({"solution": "x", "entry_point": "f", "examples": [{"arg": 1}]}, "an example"),
    ({"solution": "x", "entry_point": "f", "examples": [{"args": [{"$": 1}]}]}, "codec"),
    ({"solution": "x", "entry_point": "f", "wrong": "x"}, "list of programs"),
    ({"solution": "x", "entry_point": "f", "language": "go"}, "in Python"),
]


@pytest.mark.parametrize(("record", "said"), BAD)
def test_a_wrong_problem_is_told_what_is_wrong(record: Any, said: str) -> None:
    with pytest.raises(InputError, match=said):
        Problem.from_json(record)
