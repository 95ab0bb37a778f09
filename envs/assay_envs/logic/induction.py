"""Visual pattern induction: find the rule of some pairs of grids and apply it to another grid.

The rule is a program of one to three steps of the family in ``grid_rules``: turning and moving,
gravity, colours, symmetry, growing, objects, counting. The answer is the output grid, read as
``grid_text.read_any_grid`` says: the size is part of the answer. Copying the test input, the first
of the trivial policies, is never right.

Generator: ``grid_draw``, random programs on random scenes.

Certificate: the program, and that over the colours shown no shorter program of the family explains
the demonstrations, and every program as long that does gives the same test output. ``grid_search``
proves it; ``recheck`` tries all programs again with the rules as ``grid_proof`` writes them.

Duplicate key: the least form of all grids together under renaming of colours, turns and
reflections. Such twins have twin rules in the mind of a solver, so they are one task.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from dataclasses import replace
from itertools import chain
from random import Random
from typing import ClassVar

from assay_datasets import Json, Task, derive_random
from assay_envs.environment import CertificateError, SingleTurn
from assay_envs.logic import grid_proof
from assay_envs.logic.grid_draw import LEVELS, draw, measured, recoloured
from assay_envs.logic.grid_key import canonical_key
from assay_envs.logic.grid_pictures import coloured_row, picture
from assay_envs.logic.grid_puzzle import whole_number
from assay_envs.logic.grid_rules import family, rule
from assay_envs.logic.grid_steps import COLOURS, Rows, colours_of, grid_of, text_of
from assay_envs.logic.grid_text import read_any_grid
from assay_verifiers import Verdict, Verifier, visible_text


class GridOutputVerifier(Verifier):
    """Compares the one grid of a response with ``answer["output"]``, cell by cell and in size."""

    name = "logic/induction"
    summary = "the output grid of a rule told by examples, compared with the certified one"

    def check(self, response: str, answer: Json, **options: Json) -> Verdict:
        try:
            gold = str(answer["output"])
            columns = len(gold.splitlines()[0])
        except (TypeError, KeyError, IndexError):
            return Verdict.undecided("bad_gold")
        if visible_text(response).strip() == gold:
            return Verdict.correct()
        given = read_any_grid(response)
        if isinstance(given, Verdict) or given == gold:
            return given if isinstance(given, Verdict) else Verdict.correct()
        if len(given) != len(gold) or len(given.splitlines()[0]) != columns:
            return Verdict.incorrect("mismatch", error="another size")
        return Verdict.incorrect("mismatch", cells=sum(map(str.__ne__, given, gold)))


class GridInduction(SingleTurn):
    """What tasks share whose ``answer`` is demonstrations, a test input and its output."""

    def oracle(self, task: Task) -> str:
        return str(task.answer["output"])

    def render(self, task: Task) -> str:
        """The grids, every digit on its colour."""
        blocks = []
        for before, after in _shown(task):
            left = [coloured_row(row) for row in before]
            right = [coloured_row(row) for row in after] or ["?"]
            height = max(len(left), len(right))
            left += [" " * (2 * len(before[0]))] * (height - len(left))
            right += [""] * (height - len(right))
            pairs = zip(left, right, strict=True)
            blocks.append("\n".join(f"{a}  {'' if i else '→'}{' ' if i else ''}  {b}"
                                    for i, (a, b) in enumerate(pairs)))  # fmt: skip
        return "\n\n".join(blocks)

    def svg(self, task: Task) -> str:
        return picture(_shown(task)).svg(self.summary)

    def equivalents(self, task: Task) -> Iterator[str]:
        """The output in the layouts that people and models write."""
        rows = _rows(self.oracle(task))
        yield "\n".join(rows)
        yield "\n".join(", ".join(row) for row in rows)
        yield "\n".join("| " + " | ".join(row) + " |" for row in rows)
        yield json.dumps([[int(cell) for cell in row] for row in rows])
        yield json.dumps([[int(cell) for cell in row] for row in rows], indent=1)
        yield f"{task.answer['input']}\n\nAnswer:\n```text\n{self.oracle(task)}\n```"

    def near_misses(self, task: Task) -> Iterator[str]:
        """A cell changed, a row or column short or too many, two rows swapped, two grids."""
        rows = _rows(self.oracle(task))
        rng = derive_random("near misses", task.id)
        for _ in range(3):
            r, c = rng.randrange(len(rows)), rng.randrange(len(rows[0]))
            other = rng.choice([x for x in _DIGITS if x != rows[r][c]])
            changed = (*rows[:r], rows[r][:c] + other + rows[r][c + 1 :], *rows[r + 1 :])
            yield _text(changed)
            yield f"{_text(changed)}\n\nor\n\n{_text(rows)}"
        yield _text((*rows, rows[-1]))
        yield _text([row + row[-1] for row in rows])
        if len(rows) > 1:
            yield _text(rows[1:])
            yield _text(["".join(rows)])
        if len(rows[0]) > 1:
            yield _text([row[1:] for row in rows])
        unlike = [r for r in range(1, len(rows)) if rows[r] != rows[0]]
        if unlike:
            swapped, r = list(rows), rng.choice(unlike)
            swapped[0], swapped[r] = swapped[r], swapped[0]
            yield _text(swapped)

    def guess(self, task: Task, rng: Random) -> str:
        """Cells of the colours shown, in the size that the demonstrations suggest."""
        pairs = _demonstrations(task)
        shape = _rows(task.answer["input"])
        if any((len(a), len(a[0])) != (len(b), len(b[0])) for a, b in pairs):
            shape = rng.choice(pairs)[1]
        colours = sorted({cell for _, after in pairs for row in after for cell in row})
        return _text(["".join([rng.choice(colours) for _ in row]) for row in shape])

    def trivial(self, task: Task) -> Iterator[str]:
        """The test input; the first and the last demonstration's output; nothing but blanks."""
        yield str(task.answer["input"])
        yield str(task.answer["demonstrations"][0]["output"])
        yield str(task.answer["demonstrations"][-1]["output"])
        yield _text(["0" * len(row) for row in _rows(task.answer["input"])])


class Induction(GridInduction):
    """The environment; one grid per episode."""

    id = "logic/induction"
    summary = "find the rule of some pairs of coloured grids and apply it to another"
    levels: ClassVar = {
        1: "one step of moving, turning, colour or symmetry; grids of 4–6",
        2: "one step about objects or counts; grids of 5–8",
        3: "two steps of moving, turning, colour or symmetry; grids of 5–7",
        4: "two steps, one about objects or counts; grids of 6–9",
        5: "two steps about objects or counts; grids of 6–10",
    }
    chance: ClassVar = dict.fromkeys(levels, 0.001)
    measure = (
        "log10 of the cells that a blind search works through: programs of the family up to the "
        "rule, the short ones first, times the cells of all demonstrations"
    )

    def __init__(self) -> None:
        super().__init__(GridOutputVerifier())

    def generate(self, seed: int, difficulty: int, *, steps: int | None = None) -> Task:
        """The task of this seed and level.

        Args:
            seed, difficulty: as everywhere.
            steps: 1 to 3; by default the level's. Certifying three takes ten times as long.
        """
        level = LEVELS[self.check_level(difficulty)]
        if steps is not None:
            asked = whole_number("steps", steps, 1, 3)
            level = replace(level, steps=asked, seeing=min(level.seeing, asked))
        rng = derive_random(self.id, difficulty, seed)
        drawn = draw(rng, level)
        program, pairs = recoloured(*drawn, sorted(rng.sample(COLOURS, level.colours)))
        *demonstrations, (test, output) = [(text_of(a), text_of(b)) for a, b in pairs]
        answer = {
            "demonstrations": [{"input": a, "output": b} for a, b in demonstrations],
            "input": test,
            "output": output,
        }
        return Task(
            env=self.id,
            prompt=({"role": "user", "content": prompt_of(answer)},),
            answer=answer,
            verifier=self.id,
            metadata={
                "domain": "logic",
                "difficulty": difficulty,
                "seed": seed,
                "duplicate_key": f"{self.id}:{canonical_key(pairs)}",
                "certificate": {
                    "program": [str(step) for step in program],
                    "none_shorter": True,
                    "searched_up_to": level.steps,
                },
                "measured": measured(*drawn),
            },
        )

    def solution(self, task: Task) -> str:
        """The rule in words and the test input after each step."""
        program = [rule(step) for step in task.metadata["certificate"]["program"]]
        grid = grid_of(_rows(task.answer["input"]))
        lines = ["One rule explains every pair: " + ", then ".join(r.words for r in program) + "."]
        for step in program:
            grid = step(grid)
            lines.append(f"After the step '{step.words}' the last input is\n{text_of(grid)}")
        return f"<think>{chr(10).join(lines)}</think>{self.oracle(task)}"

    def recheck(self, task: Task) -> None:
        program = task.metadata["certificate"]["program"]
        pairs = [(grid_proof.read(a), grid_proof.read(b)) for a, b in _demonstrations(task)]
        test = grid_proof.read(_rows(task.answer["input"]))
        output = grid_proof.read(_rows(task.answer["output"])).key()
        for before, after in [*pairs, (test, None)]:
            board = before
            for step in program:
                made = grid_proof.apply(step, board)
                if made.key() == board.key():
                    raise CertificateError(f"the step {step!r} changes nothing")
                board = made
            if board.key() != (output if after is None else after.key()):
                raise CertificateError("the program does not explain the task")
        pairs.sort(key=lambda pair: pair[0].height * pair[0].width)
        names = [str(each) for each in family(colours_of(map(grid_of, _all_rows(task))))]
        lengths = range(1, len(program) + 1)
        for other in chain.from_iterable(grid_proof.programs(names, pairs, n) for n in lengths):
            if len(other) < len(program):
                raise CertificateError(f"the shorter {other} explains the demonstrations")
            if grid_proof.perform(other, test).key() != output:
                raise CertificateError(f"{other} explains as well, with another output")


def prompt_of(answer: Json) -> str:
    """The task as the model sees it."""
    shown = [
        f"Input:\n{each['input']}\nOutput:\n{each['output']}" for each in answer["demonstrations"]
    ]
    return (
        "One rule turns each input grid into its output grid. Digits are colours, 0 is blank. "
        "Find the rule and apply it to the last input. The output may have another size.\n\n"
        + "\n\n".join(shown)
        + f"\n\nInput:\n{answer['input']}\n\n"
        "Think step by step inside <think></think>, then write only the output grid: "
        "one row a line, digits with spaces between."
    )


# Grids as text

_DIGITS = "0123456789"


def _text(rows: Iterable[str]) -> str:
    return "\n".join([" ".join(row) for row in rows])


def _rows(text: str) -> Rows:
    return text.replace(" ", "").split("\n")


def _demonstrations(task: Task) -> list[tuple[Rows, Rows]]:
    return [(_rows(e["input"]), _rows(e["output"])) for e in task.answer["demonstrations"]]


def _all_rows(task: Task) -> list[Rows]:
    last = (_rows(task.answer["input"]), _rows(task.answer["output"]))
    return [rows for pair in [*_demonstrations(task), last] for rows in pair]


def _shown(task: Task) -> list[tuple[Rows, Rows]]:
    """The demonstrations and the test input, whose output is empty."""
    return [*_demonstrations(task), (_rows(task.answer["input"]), [])]
