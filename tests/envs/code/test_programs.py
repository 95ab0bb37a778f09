"""Programs: data that is code and words at once, and in which every step counts."""

from __future__ import annotations

import ast
from typing import Any

import pytest

from assay_datasets import Json, derive_random
from assay_envs.code.evaluator import load
from assay_envs.code.piece import KINDS
from assay_envs.code.pieces import PIECES, TESTS
from assay_envs.code.programs import (
    Part,
    Program,
    behaviour,
    differs,
    draw,
    edges,
    inputs,
    is_sound,
    otherwise_written,
    outputs,
)


def sound(seed: int, steps: int = 3, choices: int = 1) -> Program:
    rng = derive_random("a sound program", seed)
    while True:
        program = draw(rng, steps, choices)
        if is_sound(program):
            return program


@pytest.mark.parametrize("piece", PIECES.values(), ids=PIECES)
def test_a_piece_says_all_its_numbers_in_every_wording(piece: Any) -> None:
    assert piece.takes in KINDS
    assert piece.gives in KINDS
    low = {name: min(choices) for name, choices in piece.ranges.items()}
    for wording in piece.wordings:
        said = wording.format(**low)
        assert said[0].islower()
        assert said[-1] != "."
        for name in piece.ranges:
            assert wording.format(**{**low, name: 777}) != said


def test_every_kind_can_be_taken_and_given() -> None:
    assert {piece.takes for piece in PIECES.values()} == set(KINDS)
    assert {piece.gives for piece in PIECES.values()} == set(KINDS)
    assert {test.takes for test in TESTS.values()} == set(KINDS)


@pytest.mark.parametrize("seed", range(6))
def test_a_program_is_its_json(seed: int) -> None:
    program = sound(seed)
    again = Program.from_json(program.to_json())
    assert again == program
    assert again.source() == program.source()
    assert ast.unparse(ast.parse(program.source())) + "\n" == program.source()


FORGED: list[Json] = [
    [],
    [["no_such_piece", {}, 0, 0]],
    [["keep_above", {"k": 10**6}, 0, 0]],
    [["keep_above", {"k": "__import__('os')"}, 0, 0]],
    [["keep_above", {}, 0, 0]],
    [["squares", {}, 7, 0]],
    [["squares", {}, 0, 7]],
    [["squares", {}, 0, 0], ["backwards", {}, 0, 0]],
    [["even", {}, ["squares", {}, 0, 0], ["sum", {}, 0, 0]]],
    [["even", {}, ["squares", {}, 0, 0], ["reverse", {}, 0, 0]]],
]


@pytest.mark.parametrize("record", FORGED)
def test_what_the_family_does_not_hold_is_refused(record: Json) -> None:
    with pytest.raises(ValueError):  # noqa: PT011 - several messages
        Program.from_json(record)


@pytest.mark.parametrize("seed", range(4))
def test_no_step_of_a_sound_program_can_be_left_out(seed: int) -> None:
    program = sound(seed)
    values = outputs(load(program.source()), program.takes)
    assert values is not None
    simpler = list(program.simpler())
    assert len(simpler) >= 2
    assert all(differs(load(each.source()), program.takes, values) for each in simpler)


@pytest.mark.parametrize(
    "steps",
    [
        [("ascending", {}), ("reverse", {}), ("ascending", {})],
        [("distances", {"k": 3}), ("keep_above", {"k": -1})],
        [("remainders", {"k": 3}), ("cap", {"k": 9})],
        [("reverse", {}), ("reverse", {})],
    ],
)
def test_a_program_with_an_idle_step_is_not_sound(steps: list[tuple[str, dict[str, int]]]) -> None:
    assert not is_sound(Program(tuple(Part(name, numbers) for name, numbers in steps)))


def test_one_function_written_otherwise_behaves_the_same() -> None:
    program = sound(1)
    hashes = set()
    for each in (program, *otherwise_written(program)):
        values = outputs(load(each.source()), each.takes)
        assert values is not None
        hashes.add(behaviour(values))
    assert len(hashes) == 1


@pytest.mark.parametrize("kind", KINDS)
def test_inputs_are_the_edges_and_then_others_each_once(kind: str) -> None:
    assert inputs(kind)[: len(edges(kind))] == edges(kind)
    assert len({repr(each) for each in inputs(kind)}) == len(inputs(kind)) > 2 * len(edges(kind))
