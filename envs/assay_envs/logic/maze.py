"""Maze: walk from S to G without meeting a wall; at the higher levels by a shortest path.

The answer is the path itself, as moves U, D, L, R, and it is walked: any valid path is right, or
any of the shortest ones where the prompt asks for that. The simplest trivial policy, straight down
or up and then straight across, is never right: every maze needs a move away from the goal.

Generator: a random depth-first maze, with some walls taken out again where there shall be loops;
start and goal are cells whose way is longer than their distance along rows and columns.

Certificate: a shortest path, by Dijkstra's algorithm. ``recheck`` floods the maze from S instead,
a set of squares per move. Duplicate key: the least of the plan's rotations and reflections, start
and goal exchangeable.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from random import Random
from typing import ClassVar

from assay_datasets import InputError, Task, derive_random
from assay_envs.environment import CertificateError
from assay_envs.logic.grid_paths import (
    GOAL,
    HOW_TO_ANSWER,
    MOVES,
    START,
    WALL,
    PathPuzzle,
    PathVerifier,
    Plan,
    Route,
    Square,
    carved,
    cheapest,
    direct,
    find,
    name_of,
    spaced,
    steps,
    traced,
    with_marks,
)
from assay_envs.logic.grid_puzzle import whole_number
from assay_envs.logic.grid_text import canonical_grid

_MOST_TRIES = 2_000


@dataclass(frozen=True)
class _Level:
    size: int
    loops: int
    shortest: bool


_LEVELS = {
    1: _Level(4, 0, False),
    2: _Level(5, 2, False),
    3: _Level(7, 5, True),
    4: _Level(9, 9, True),
    5: _Level(12, 16, True),
}


class MazeVerifier(PathVerifier):
    """``answer`` is ``{"plan": rows, "most": moves of a shortest path, or null for any path}``."""

    name = "logic/maze"
    summary = "a path from S to G, walked; any valid one, or any shortest one"

    def walk(self, plan: Plan, moves: str) -> int | str:
        (r, c), goal = find(plan, START), find(plan, GOAL)
        for place, move in enumerate(moves, 1):
            dr, dc = MOVES[move]
            r, c = r + dr, c + dc
            if plan[r][c] == WALL:
                return f"move {place} meets a wall"
        return len(moves) if (r, c) == goal else "the path does not end on G"


class Maze(PathPuzzle):
    """The environment; finer parameters: ``size`` in cells, ``loops``, ``shortest``."""

    id = "logic/maze"
    summary = "walk a maze from S to G"
    levels: ClassVar = {
        1: "4×4 cells, any path",
        2: "5×5 cells, 2 loops, any path",
        3: "7×7 cells, 5 loops, a shortest path",
        4: "9×9 cells, 9 loops, a shortest path",
        5: "12×12 cells, 16 loops, a shortest path",
    }
    chance: ClassVar = {1: 0.015, 2: 0.01, 3: 0.005, 4: 0.003, 5: 0.003}
    measure = "squares that a breadth-first search from S enters before it is sure of G"

    def __init__(self) -> None:
        super().__init__(MazeVerifier())

    def generate(
        self,
        seed: int,
        difficulty: int,
        size: int | None = None,
        loops: int | None = None,
        shortest: bool | None = None,
    ) -> Task:
        """The task of this seed and level.

        Args:
            seed, difficulty: as everywhere.
            size: cells on a side, 3 to 40; the plan is twice as wide, plus one.
            loops: walls taken out again, 0 to size².
            shortest: whether only shortest paths are right.
        """
        level = _wanted(_LEVELS[self.check_level(difficulty)], size, loops, shortest)
        asked = (level,) if (size, loops, shortest) != (None,) * 3 else ()
        rng = derive_random(self.id, difficulty, seed, *map(repr, asked))
        plan, route = _draw(rng, level)
        return Task(
            env=self.id,
            prompt=({"role": "user", "content": _prompt(plan, level.shortest)},),
            answer={"plan": plan, "most": route.cost if level.shortest else None},
            verifier=self.id,
            metadata={
                "domain": "logic",
                "difficulty": difficulty,
                "seed": seed,
                "duplicate_key": f"{self.id}:{canonical_grid(plan, {START: GOAL, GOAL: START})}",
                "certificate": {"path": route.moves, "shortest": route.cost},
                "measured": float(len(route.settled)),
            },
        )

    def solution(self, task: Task) -> str:
        """Breadth-first search written out, square by square, and the way traced back."""
        plan, path = task.answer["plan"], self.oracle(task)
        route = _route(plan)
        lines = [f"S is {name_of(find(plan, START))}, G is {name_of(find(plan, GOAL))}."]
        for cost in range(route.cost + 1):
            reached = [name_of(square) for each, square in route.settled if each == cost]
            lines.append(f"{cost} moves: {' '.join(reached)}")
        way = " ".join(name_of(square) for square in traced(find(plan, START), path))
        return (
            "<think>" + "\n".join([*lines, f"Back from G, the way is {way}."]) + f"</think>{path}"
        )

    def equivalents(self, task: Task) -> Iterator[str]:
        """Other spellings, and the shortest path that other ties would have given."""
        yield from super().equivalents(task)
        yield _route(task.answer["plan"], backwards=True).moves

    def recheck(self, task: Task) -> None:
        plan, reached, moves = task.answer["plan"], {find(task.answer["plan"], START)}, 0
        goal, seen = find(plan, GOAL), set[Square]()
        while reached and goal not in reached:
            seen |= reached
            beside = {(r + dr, c + dc) for r, c in reached for dr, dc in MOVES.values()}
            reached = {(r, c) for r, c in beside - seen if plan[r][c] != WALL}
            moves += 1
        if not reached:
            raise CertificateError("the goal cannot be reached")
        certificate = task.metadata["certificate"]
        walked = self.verifier.walk(plan, certificate["path"])
        if not moves == certificate["shortest"] == walked:
            raise CertificateError(f"a shortest path has {moves} moves")
        if task.answer["most"] not in (None, moves):
            raise CertificateError("what is asked for is not a shortest path")
        if moves <= len("".join(direct(find(plan, START), goal))):
            raise CertificateError("moves toward the goal only reach it")


def _wanted(level: _Level, size: int | None, loops: int | None, shortest: bool | None) -> _Level:
    side = level.size if size is None else whole_number("a maze's size", size, 3, 40)
    walls = level.loops * side * side // level.size**2
    if loops is not None:
        walls = whole_number("loops of a maze", loops, 0, side * side)
    if shortest is not None and not isinstance(shortest, bool):
        raise InputError(f"shortest must be true or false, not {shortest!r}")
    return _Level(side, walls, level.shortest if shortest is None else shortest)


def _prompt(plan: Plan, shortest: bool) -> str:
    asked = "Find a shortest path" if shortest else "Find a path"
    return (
        f"{asked} through this maze from S to G. Walls are #, free squares are '.'.\n\n"
        f"{spaced(plan)}\n\n{HOW_TO_ANSWER}"
    )


def _draw(rng: Random, level: _Level) -> tuple[list[str], Route[Square]]:
    """A plan whose goal moves toward it never reach, and a shortest route."""
    for _ in range(_MOST_TRIES):
        plan = carved(rng, level.size, level.loops)
        start, goal = rng.sample(_cells(level.size), 2)
        plan = with_marks(plan, {start: START, goal: GOAL})
        straight = len("".join(direct(start, goal)))
        if straight >= level.size and (route := _route(plan)).cost > straight:
            return plan, route
    raise InputError(
        f"no maze of {level.size}×{level.size} cells with {level.loops} loops needs a detour; "
        "ask for fewer loops or a greater size"
    )


def _cells(size: int) -> list[Square]:
    return [(2 * r + 1, 2 * c + 1) for r in range(size) for c in range(size)]


def _route(plan: Plan, backwards: bool = False) -> Route[Square]:
    """A shortest route; the other way round in breaking ties where ``backwards``."""

    def ways(square: Square) -> list[tuple[str, Square, int]]:
        found = [(move, after, 1) for move, after in steps(plan, square)]
        return found[::-1] if backwards else found

    goal = find(plan, GOAL)
    route = cheapest(find(plan, START), ways, lambda square: square == goal)
    if route is None:
        raise AssertionError("a carved maze is connected")
    return route
