"""The Python front door: what it exports, and its plain functions."""

from __future__ import annotations

import ast
import subprocess
import sys
from itertools import islice
from pathlib import Path

import pytest

import assay
from assay_datasets import InputError


def test_all_names_what_the_front_door_exports() -> None:
    assert assay.__all__ == sorted(assay._HOME)
    assert set(assay.__all__) <= set(dir(assay))


@pytest.mark.parametrize("name", [n for n, home in assay._HOME.items() if "trainer" not in home])
def test_every_exported_name_loads(name: str) -> None:
    assert getattr(assay, name) is not None


def test_an_unknown_name_is_an_attribute_error() -> None:
    with pytest.raises(AttributeError, match="no attribute 'nothing'"):
        _ = assay.nothing


def test_the_type_checker_sees_the_same_names_as_the_interpreter() -> None:
    tree = ast.parse(Path(str(assay.__file__)).read_text(encoding="utf-8"))
    homes = {
        alias.name: node.module
        for node in ast.walk(tree)
        if isinstance(node, ast.ImportFrom)
        for alias in node.names
    }
    assert {name: homes.get(name) for name in assay.__all__} == assay._HOME


def test_importing_assay_loads_no_room() -> None:
    code = "import assay, sys; print([m for m in sys.modules if m.startswith('assay_')])"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"


@pytest.mark.usefixtures("world")
def test_verify_judges_from_plain_code() -> None:
    assert assay.verify("test/exact", "4", "4").outcome == "correct"


@pytest.mark.usefixtures("world")
async def test_verify_judges_inside_a_running_event_loop() -> None:
    assert assay.verify("test/exact", "4", "5").outcome == "incorrect"
    assert (await assay.averify("test/exact", "4", "4")).outcome == "correct"


@pytest.mark.usefixtures("world")
def test_generate_is_decided_by_its_arguments() -> None:
    def keys(seed: int) -> list[str]:
        return [task.id for task in islice(assay.generate(assay.make("test/echo"), seed=seed), 20)]

    assert keys(1) == keys(1)
    assert keys(1) != keys(2)


@pytest.mark.usefixtures("world")
def test_generate_keeps_to_the_split() -> None:
    env = assay.make("test/echo")
    tasks = list(islice(assay.generate(env, difficulty=2, split="test"), 10))
    assert {task.split for task in tasks} == {"test"}


@pytest.mark.usefixtures("world")
def test_generate_gives_up_on_a_split_that_is_empty() -> None:
    env = assay.make("test/constant")
    there = env.generate(0, 1).split
    empty = "test" if there != "test" else "train"
    with pytest.raises(InputError, match=f"no {empty} task"):
        next(assay.generate(env, split=empty))
