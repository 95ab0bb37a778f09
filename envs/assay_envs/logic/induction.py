"""Visual pattern induction: find the rule of some pairs of grids and apply it to another grid.

The rule is a program of one to three steps of the family in ``grid_rules``: turning and moving,
gravity, colours, symmetry, growing, objects, counting. The answer is the output grid, read as
``grid_text.read_any_grid`` says: the size is part of the answer. Copying the test input, the first
of the trivial policies, is never right.

Generator: a random program and random scenes; each step must change every grid it is given. Thrown
away are tasks whose output stands in what is shown, is small or of one colour.

Certificate: the program, and that over the colours shown no shorter program of the family explains
the demonstrations, and every program as long that does gives the same test output. ``grid_search``
proves it; ``recheck`` tries all programs again with the rules as ``grid_proof`` writes them.

Duplicate key: the least form of all grids together under renaming of colours, turns and
reflections. Such twins have twin rules in the mind of a solver, so they are one task.
"""

from __future__ import annotations

import json
import math
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from itertools import chain
from random import Random
from typing import ClassVar

from assay_datasets import Json, Task, content_hash, derive_random
from assay_envs import drawing
from assay_envs.environment import CertificateError, SingleTurn
from assay_envs.logic import grid_proof
from assay_envs.logic.grid_rules import KINDS, Pair, Program, Rule, family, rule, run
from assay_envs.logic.grid_search import explanations
from assay_envs.logic.grid_steps import BLANK, COLOURS, Grid, mirror, quarter_right
from assay_envs.logic.grid_text import read_any_grid
from assay_verifiers import Verdict, Verifier, visible_text

_LARGEST = 20
_FEWEST_CELLS = 9
_MOST_SCENES = 8
_MARGIN = 4  # as wide as the widest shape


@dataclass(frozen=True)
class _Level:
    steps: int
    seeing: bool
    size: tuple[int, int]
    colours: int
    demonstrations: int


_LEVELS = {
    1: _Level(1, False, (4, 6), 2, 3),
    2: _Level(1, True, (5, 8), 3, 3),
    3: _Level(2, False, (5, 7), 3, 3),
    4: _Level(2, True, (6, 9), 4, 4),
    5: _Level(3, True, (4, 9), 4, 6),
}
_PLAIN = [kind for kind in KINDS if not kind.seeing]
_SEEING = [kind for kind in KINDS if kind.seeing]


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
            left = [_coloured(row) for row in before]
            right = [_coloured(row) for row in after] or ["?"]
            height = max(len(left), len(right))
            left += [" " * (2 * len(before[0]))] * (height - len(left))
            right += [""] * (height - len(right))
            pairs = zip(left, right, strict=True)
            blocks.append("\n".join(f"{a}  {'' if i else '→'}{' ' if i else ''}  {b}"
                                    for i, (a, b) in enumerate(pairs)))  # fmt: skip
        return "\n\n".join(blocks)

    def svg(self, task: Task) -> str:
        return _picture(_shown(task)).svg(self.summary)

    def equivalents(self, task: Task) -> Iterator[str]:
        """The output in the layouts that people and models write."""
        rows = _grid(self.oracle(task))
        yield "\n".join(rows)
        yield "\n".join(", ".join(row) for row in rows)
        yield "\n".join("| " + " | ".join(row) + " |" for row in rows)
        yield json.dumps([[int(cell) for cell in row] for row in rows])
        yield json.dumps([[int(cell) for cell in row] for row in rows], indent=1)
        yield f"{task.answer['input']}\n\nAnswer:\n```text\n{self.oracle(task)}\n```"

    def near_misses(self, task: Task) -> Iterator[str]:
        """A cell changed, a row or column short or too many, two rows swapped, two grids."""
        rows = _grid(self.oracle(task))
        rng = derive_random("near misses", task.id)
        for _ in range(3):
            r, c = rng.randrange(len(rows)), rng.randrange(len(rows[0]))
            other = rng.choice([x for x in BLANK + COLOURS if x != rows[r][c]])
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
        shape = _grid(task.answer["input"])
        if any((len(a), len(a[0])) != (len(b), len(b[0])) for a, b in pairs):
            shape = rng.choice(pairs)[1]
        colours = sorted({cell for _, after in pairs for row in after for cell in row})
        return _text(["".join([rng.choice(colours) for _ in row]) for row in shape])

    def trivial(self, task: Task) -> Iterator[str]:
        """The test input; the first and the last demonstration's output; nothing but blanks."""
        yield str(task.answer["input"])
        yield str(task.answer["demonstrations"][0]["output"])
        yield str(task.answer["demonstrations"][-1]["output"])
        yield _text([BLANK * len(row) for row in _grid(task.answer["input"])])


class Induction(GridInduction):
    """The environment; one grid per episode."""

    id = "logic/induction"
    summary = "find the rule of some pairs of coloured grids and apply it to another"
    levels: ClassVar = {
        1: "one step of moving, turning, colour or symmetry; grids of 4–6",
        2: "one step about objects or counts; grids of 5–8",
        3: "two steps of moving, turning, colour or symmetry; grids of 5–7",
        4: "two steps, one about objects or counts; grids of 6–9",
        5: "three steps, one about objects or counts; grids of 4–9",
    }
    chance: ClassVar = dict.fromkeys(levels, 0.001)
    measure = (
        "log10 of the cells that a blind search works through: programs of the family up to the "
        "rule, the short ones first, times the cells of all demonstrations"
    )

    def __init__(self) -> None:
        super().__init__(GridOutputVerifier())

    def generate(self, seed: int, difficulty: int) -> Task:
        level = _LEVELS[self.check_level(difficulty)]
        rng = derive_random(self.id, difficulty, seed)
        drawn = None
        while drawn is None:
            drawn = _draw(rng, level)
        program, pairs = drawn
        *demonstrations, (test, output) = pairs
        answer = {
            "demonstrations": [{"input": _text(a), "output": _text(b)} for a, b in demonstrations],
            "input": _text(test),
            "output": _text(output),
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
                "measured": _measured(program, pairs),
            },
        )

    def solution(self, task: Task) -> str:
        """The rule in words and the test input after each step."""
        program = [rule(step) for step in task.metadata["certificate"]["program"]]
        grid = _grid(task.answer["input"])
        lines = ["One rule explains every pair: " + ", then ".join(r.words for r in program) + "."]
        for step in program:
            grid = step(grid)
            lines.append(f"After the step '{step.words}' the last input is\n{_text(grid)}")
        return f"<think>{chr(10).join(lines)}</think>{self.oracle(task)}"

    def recheck(self, task: Task) -> None:
        program = task.metadata["certificate"]["program"]
        pairs = [(grid_proof.read(a), grid_proof.read(b)) for a, b in _demonstrations(task)]
        test = grid_proof.read(_grid(task.answer["input"]))
        output = grid_proof.read(_grid(task.answer["output"])).key()
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
        names = [str(each) for each in family(_colours(_all_grids(task)))]
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


# Generator


def _draw(rng: Random, level: _Level) -> tuple[Program, list[Pair]] | None:
    """A program with its pairs, the last one being the test; None where a condition fails."""
    palette = "".join(sorted(rng.sample(COLOURS, level.colours)))
    program = _program(rng, level, palette)
    pairs: list[Pair] = []
    for _ in range(level.demonstrations + 1):
        pair = _pair(rng, level, palette, program)
        if pair is None:
            return None
        pairs.append(pair)
    if not _worth(program, pairs) or not _certain(program, pairs):
        return None
    return program, pairs


def _program(rng: Random, level: _Level, palette: str) -> Program:
    """Random steps, one of them about objects or counts where the level says so."""
    seeing = rng.randrange(level.steps) if level.seeing else -1
    steps = []
    for place in range(level.steps):
        kinds = _SEEING if place == seeing else (*_PLAIN, *_SEEING) if level.seeing else _PLAIN
        kind = rng.choice(kinds)
        steps.append(Rule(kind, tuple(rng.sample(palette, kind.colours))))
    return tuple(steps)


def _pair(rng: Random, level: _Level, palette: str, program: Program) -> Pair | None:
    """A scene that every step changes, and what becomes of it."""
    for _ in range(_MOST_SCENES):
        before = _scene(rng, level, palette)
        grid = before
        for step in program:
            after = step(grid)
            if after == grid or max(len(after), len(after[0])) > _LARGEST:
                break
            grid = after
        else:
            if grid != before and any(row.strip(BLANK) for row in grid):
                return before, grid
    return None


def _scene(rng: Random, level: _Level, palette: str) -> Grid:
    """Objects that do not touch each other on a blank grid, which is kept flat, with a margin."""
    low, high = level.size
    height, width = [low + int(rng.random() * (high - low + 1)) for _ in range(2)]
    row = width + _MARGIN
    free = bytearray((b"\1" * width + bytes(_MARGIN)) * height + bytes(row * _MARGIN))
    cells = bytearray(BLANK.encode() * len(free))
    for _ in range(height * width // 6):
        shape = _SHAPES[int(rng.random() * len(_SHAPES))]
        corner = int(rng.random() * height) * row + int(rng.random() * width)
        place = [corner + r * row + c for r, c in shape]
        if 0 not in [free[cell] for cell in place]:
            colour = ord(palette[int(rng.random() * len(palette))])
            for cell in place:
                cells[cell] = colour
                free[cell] = free[cell - 1] = free[cell + 1] = free[cell - row] = 0
                free[cell + row] = 0
    text = cells.decode()
    return tuple([text[start : start + width] for start in range(0, height * row, row)])


def _shapes(*pictures: str) -> tuple[tuple[tuple[int, int], ...], ...]:
    """Pictures, rows apart by ``/``, as cells."""
    return tuple(
        tuple(
            (r, c)
            for r, row in enumerate(picture.split("/"))
            for c, mark in enumerate(row)
            if mark == "#"
        )
        for picture in pictures
    )


_SHAPES = _shapes(
    "#", "##", "#/#", "###", "#/#/#", "##/##", "##/#.", "##/.#", "#./##", ".#/##", "###/###",
    "##/##/##", "###/###/###", "###/#.#/###", "###/#.#/###", "####/#..#/####", ".#./###/.#.",
    "#../###", "###/..#", "#.#/###",
)  # fmt: skip


def _worth(program: Program, pairs: Sequence[Pair]) -> bool:
    """Whether the output must be worked out: large, of several colours, nowhere to be seen."""
    output = "".join(pairs[-1][1])
    if len(output) < _FEWEST_CELLS or len(set(output)) < 2:
        return False
    shown = ["".join(grid) for grid in _seen(pairs)]
    if any(output in text for text in shown):
        return False
    named = {colour for step in program for colour in step.colours}
    return named.issubset("".join(shown))


def _certain(program: Program, pairs: Sequence[Pair]) -> bool:
    """Whether no shorter program explains the demonstrations, and none as short otherwise."""
    *demonstrations, (test, output) = pairs
    demonstrations.sort(key=lambda pair: len(pair[0]) * len(pair[0][0]))
    rules = family(_colours([*_seen(pairs), output]))
    return all(
        len(other) == len(program) and run(other, test) == output
        for other in explanations(rules, demonstrations, len(program))
    )


def _seen(pairs: Sequence[Pair]) -> list[Grid]:
    """All grids but the last output."""
    return [grid for pair in pairs for grid in pair][:-1]


def _colours(grids: Iterable[Grid]) -> str:
    """The colours that stand in ``grids``, in order."""
    found = {cell for grid in grids for cell in "".join(grid)}
    return "".join(sorted(found - {BLANK}))


def _measured(program: Program, pairs: Sequence[Pair]) -> float:
    places = _places(_colours([grid for pair in pairs for grid in pair]))
    place, shorter = 0, 0
    for length, step in enumerate(program):
        place = place * len(places) + places.get(str(step), len(places) - 1)
        shorter += len(places) ** length
    cells = sum(len(before) * len(before[0]) for before, _ in pairs[:-1])
    return math.log10((shorter + place) * cells)


@lru_cache(maxsize=256)
def _places(colours: str) -> Mapping[str, int]:
    """The rules over ``colours``, by name, and their places among all."""
    return {str(each): place for place, each in enumerate(family(colours))}


def canonical_key(pairs: Sequence[Pair]) -> str:
    """What renaming colours, turning or reflecting all grids of a task leaves as it is."""
    grids = [grid for pair in pairs for grid in pair]
    turns = [(count, reflected) for count in range(4) for reflected in (False, True)]
    first = {turn: _renamed([_turned(grids[0], *turn)]) for turn in turns}
    least = min(first.values())  # what comes first decides, so the rest is turned but rarely
    best = [turn for turn in turns if first[turn] == least]
    return content_hash(min(_renamed([_turned(grid, *turn) for grid in grids]) for turn in best))


def _turned(grid: Grid, quarters: int, reflected: bool) -> Grid:
    for _ in range(quarters):
        grid = quarter_right(grid)
    return mirror(grid) if reflected else grid


def _renamed(grids: Iterable[Grid]) -> str:
    """Grids as text, colours named in the order in which they come."""
    text = "".join([f"{'/'.join(grid)}|" for grid in grids])
    order = [mark for mark in dict.fromkeys(text) if mark in COLOURS]
    return text.translate(dict(zip(map(ord, order), COLOURS, strict=False)))


# Grids as text and pictures


def _text(rows: Iterable[str]) -> str:
    return "\n".join([" ".join(row) for row in rows])


def _grid(text: str) -> Grid:
    return tuple(text.replace(" ", "").split("\n"))


def _demonstrations(task: Task) -> list[Pair]:
    return [(_grid(e["input"]), _grid(e["output"])) for e in task.answer["demonstrations"]]


def _all_grids(task: Task) -> list[Grid]:
    last = (_grid(task.answer["input"]), _grid(task.answer["output"]))
    return [grid for pair in [*_demonstrations(task), last] for grid in pair]


def _shown(task: Task) -> list[Pair]:
    """The demonstrations and the test input, whose output is empty."""
    return [*_demonstrations(task), (_grid(task.answer["input"]), ())]


_TERMINAL = dict(zip(BLANK + COLOURS, (235, 26, 160, 34, 178, 245, 127, 166, 74, 88), strict=True))


def _coloured(row: str) -> str:
    return "".join(f"\x1b[97;48;5;{_TERMINAL[cell]}m{cell} " for cell in row) + "\x1b[0m"


_CELL = 16.0
_GAP = 18.0


def _picture(pairs: Sequence[Pair]) -> drawing.Drawing:
    """Inputs on the left, outputs on the right."""
    widest = [
        max(len(grid[0]) if grid else 1 for grid in side) for side in zip(*pairs, strict=True)
    ]
    heights = [max(len(before), len(after)) for before, after in pairs]
    right = 3 * _GAP + widest[0] * _CELL
    picture = drawing.Drawing(
        right + widest[1] * _CELL + _GAP, sum(heights) * _CELL + (len(pairs) + 1) * _GAP
    )
    top = _GAP
    for (before, after), height in zip(pairs, heights, strict=True):
        _draw_grid(picture, before, _GAP, top)
        picture.text(right - _GAP, top + _CELL, "→")
        if after:
            _draw_grid(picture, after, right, top)
        else:
            picture.text(right + _CELL / 2, top + _CELL, "?", bold=True)
        top += height * _CELL + _GAP
    return picture


def _draw_grid(picture: drawing.Drawing, grid: Grid, left: float, top: float) -> None:
    for r, row in enumerate(grid):
        for c, cell in enumerate(row):
            fill = drawing.PALETTE[int(cell)]
            picture.rect(left + c * _CELL, top + r * _CELL, _CELL, _CELL, fill=fill)
