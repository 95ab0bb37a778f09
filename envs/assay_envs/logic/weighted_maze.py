"""Weighted maze: walk from S to G over squares that cost what their digit says, as cheaply as any.

Entering a square costs its digit; entering G costs nothing. The answer is the path, as moves U, D,
L, R; it is walked and its costs are added, so every cheapest path is right. The simplest trivial
policy, straight down or up and then straight across, is never right: in every instance a cheapest
path makes a detour, and each path with the fewest moves costs more.

Generator: random digits 1–9 and some walls, drawn anew until that holds.

Certificate: a cheapest path, by Dijkstra's algorithm, and the cost of the best path among those
with the fewest moves. ``recheck`` relaxes all squares until nothing changes instead (Bellman and
Ford). Duplicate key: the least of the plan's rotations and reflections, start and goal
exchangeable.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from random import Random
from typing import ClassVar

from assay_datasets import Task, derive_random
from assay_envs import drawing
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
    cheapest,
    direct,
    find,
    name_of,
    spaced,
    squares,
    steps,
    traced,
)
from assay_envs.logic.grid_puzzle import whole_number
from assay_envs.logic.grid_text import canonical_grid

_DIGITS = "123456789"
_DRAWN = "11223456788999"  # cheap and dear squares oftener, so that detours pay
_PER_MOVE = 100_000  # more than any path costs, so that the fewest moves come first
_COST = {START: 0, GOAL: 0} | {digit: int(digit) for digit in _DIGITS}


@dataclass(frozen=True)
class _Level:
    size: int
    walls: float


_LEVELS = {
    1: _Level(5, 0.0),
    2: _Level(7, 0.05),
    3: _Level(9, 0.1),
    4: _Level(11, 0.15),
    5: _Level(14, 0.15),
}


class WeightedMazeVerifier(PathVerifier):
    """``answer`` is ``{"plan": rows, "most": cost of a cheapest path}``."""

    name = "logic/weighted_maze"
    summary = "a cheapest path from S to G, walked and its costs added"

    def walk(self, plan: Plan, moves: str) -> int | str:
        (r, c), goal = find(plan, START), find(plan, GOAL)
        cost = 0
        for place, move in enumerate(moves, 1):
            dr, dc = MOVES[move]
            r, c = r + dr, c + dc
            if (symbol := plan[r][c]) == WALL:
                return f"move {place} meets a wall"
            cost += _COST[symbol]
        return cost if (r, c) == goal else "the path does not end on G"


class WeightedMaze(PathPuzzle):
    """The environment; finer parameter: ``size`` in squares."""

    id = "logic/weighted_maze"
    summary = "walk a field of costs from S to G as cheaply as can be"
    levels: ClassVar = {
        1: "5×5 squares, no walls",
        2: "7×7 squares, 5 % walls",
        3: "9×9 squares, 10 % walls",
        4: "11×11 squares, 15 % walls",
        5: "14×14 squares, 15 % walls",
    }
    chance: ClassVar = {1: 0.03, 2: 0.01, 3: 0.005, 4: 0.003, 5: 0.003}
    measure = "squares whose cost Dijkstra's algorithm settles before that of G"
    wall_fill = drawing.INK

    def __init__(self) -> None:
        super().__init__(WeightedMazeVerifier())

    def generate(self, seed: int, difficulty: int, size: int | None = None) -> Task:
        """The task of this seed and level.

        Args:
            seed, difficulty: as everywhere.
            size: squares on a side, 4 to 40.
        """
        level = _LEVELS[self.check_level(difficulty)]
        asked = () if size is None else (f"size {size}",)
        side = level.size if size is None else whole_number("a field's size", size, 4, 40)
        rng = derive_random(self.id, difficulty, seed, *asked)
        plan, route, fewest = _draw(rng, side, level.walls)
        return Task(
            env=self.id,
            prompt=({"role": "user", "content": _prompt(plan)},),
            answer={"plan": plan, "most": route.cost},
            verifier=self.id,
            metadata={
                "domain": "logic",
                "difficulty": difficulty,
                "seed": seed,
                "duplicate_key": f"{self.id}:{canonical_grid(plan, {START: GOAL, GOAL: START})}",
                "certificate": {
                    "path": route.moves,
                    "cheapest": route.cost,
                    "with_fewest_moves": fewest,
                },
                "measured": float(len(route.settled)),
            },
        )

    def solution(self, task: Task) -> str:
        """Dijkstra's algorithm written out, square by square, and the way traced back."""
        plan, path = task.answer["plan"], self.oracle(task)
        start, goal = find(plan, START), find(plan, GOAL)
        route = _route(plan)
        lines = [f"S is {name_of(start)}, G is {name_of(goal)}. Cheapest first:"]
        for cost in sorted({cost for cost, _ in route.settled}):
            reached = [name_of(square) for each, square in route.settled if each == cost]
            lines.append(f"cost {cost}: {' '.join(reached)}")
        way = " ".join(name_of(square) for square in traced(start, path))
        lines.append(f"Back from G, the way of cost {route.cost} is {way}.")
        return "<think>" + "\n".join(lines) + f"</think>{path}"

    def equivalents(self, task: Task) -> Iterator[str]:
        """Other spellings, and the cheapest path that other ties would have given."""
        yield from super().equivalents(task)
        yield _route(task.answer["plan"], backwards=True).moves

    def trivial(self, task: Task) -> Iterator[str]:
        """The straight ways, and a way with the fewest moves whatever it costs."""
        yield from super().trivial(task)
        plan = task.answer["plan"]
        if route := _search(plan, per_move=_PER_MOVE):
            yield route.moves

    def recheck(self, task: Task) -> None:
        plan, certificate = task.answer["plan"], task.metadata["certificate"]
        if _relaxed(plan) != task.answer["most"]:
            raise CertificateError("another path is cheaper, or none is as cheap")
        if self.verifier.walk(plan, certificate["path"]) != task.answer["most"]:
            raise CertificateError("the certified path is not a cheapest one")
        shortest = _relaxed(plan, per_move=_PER_MOVE) or 0
        if not task.answer["most"] < shortest % _PER_MOVE == certificate["with_fewest_moves"]:
            raise CertificateError("a path with the fewest moves is cheapest")

    def render(self, task: Task) -> str:
        rows = (row[1:-1] for row in task.answer["plan"][1:-1])
        return "\n".join(" ".join("█" if each == WALL else each for each in row) for row in rows)

    def svg(self, task: Task) -> str:
        """Cells tinted by what they cost."""
        plan = [row[1:-1] for row in task.answer["plan"][1:-1]]
        fills = {square: drawing.INK for square in squares(plan, WALL)}
        for r, c in squares(plan, _DIGITS):
            light = 255 - 14 * (int(plan[r][c]) - 1)
            fills[r, c] = f"#ff{light:02x}{max(light - 20, 0):02x}"
        cells = [["" if each == WALL else each for each in row] for row in plan]
        return drawing.grid(cells, cell=30, fills=fills).svg("Weighted maze")


def _prompt(plan: Plan) -> str:
    return (
        "Find a cheapest path from S to G. Entering a square costs the digit on it, entering G "
        "costs nothing; walls are #. A path's cost is the sum over its moves.\n\n"
        f"{spaced(plan)}\n\n{HOW_TO_ANSWER}"
    )


def _draw(rng: Random, size: int, walls: float) -> tuple[list[str], Route[Square], int]:
    """A plan, a cheapest route, and the higher cost of the best way with the fewest moves."""
    while True:
        plan = _field(rng, size, walls)
        if len("".join(direct(find(plan, START), find(plan, GOAL)))) < size:
            continue
        route, shortest = _search(plan), _search(plan, per_move=_PER_MOVE)
        if route and shortest and route.cost < shortest.cost % _PER_MOVE:
            return plan, route, shortest.cost % _PER_MOVE


def _field(rng: Random, size: int, walls: float) -> list[str]:
    inner = [WALL if rng.random() < walls else rng.choice(_DRAWN) for _ in range(size * size)]
    start, goal = rng.sample(range(size * size), 2)
    inner[start], inner[goal] = START, GOAL
    rows = ["".join(inner[first : first + size]) for first in range(0, size * size, size)]
    return [WALL * (size + 2), *(f"{WALL}{row}{WALL}" for row in rows), WALL * (size + 2)]


def _search(plan: Plan, per_move: int = 0, backwards: bool = False) -> Route[Square] | None:
    """A cheapest route where each move costs ``per_move`` besides its digit."""

    def ways(square: Square) -> list[tuple[str, Square, int]]:
        found = [
            (move, (r, c), _COST[plan[r][c]] + per_move) for move, (r, c) in steps(plan, square)
        ]
        return found[::-1] if backwards else found

    goal = find(plan, GOAL)
    return cheapest(find(plan, START), ways, lambda square: square == goal)


def _route(plan: Plan, backwards: bool = False) -> Route[Square]:
    """A cheapest route of a certified plan; the other way round in breaking ties."""
    route = _search(plan, backwards=backwards)
    if route is None:
        raise CertificateError("the goal cannot be reached")
    return route


def _relaxed(plan: Plan, per_move: int = 0) -> int | None:
    """The least cost of G, by sweeps over all squares until nothing changes."""
    costs, changed = {find(plan, START): 0}, True
    while changed:
        changed = False
        for (r, c), cost in list(costs.items()):
            for dr, dc in MOVES.values():
                symbol = plan[r + dr][c + dc]
                price = cost + per_move + (int(symbol) if symbol.isdigit() else 0)
                if symbol != WALL and price < costs.get((r + dr, c + dc), price + 1):
                    costs[r + dr, c + dc] = price
                    changed = True
    return costs.get(find(plan, GOAL))
