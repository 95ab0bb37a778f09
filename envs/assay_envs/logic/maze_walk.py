"""Maze walk: find the goal of a maze that is seen one cell at a time, one move a turn.

The walker is told where it stands, where the goal lies and which ways are open; the maze itself is
hidden. Each action is one move (U, D, L, R, in any spelling); walking into a wall loses the game,
an action that is not one move wastes a turn. There are twice as many turns as cells, so exploring
depth-first always arrives; wandering through open ways at random does in about one game of five.
The simplest trivial policy, straight down or up and then straight across, always meets a wall.

The oracle sees no more than the walker: it explores depth-first, nearer cells first. Certificate:
the moves of a shortest path, by Dijkstra's algorithm, and the turns of that explorer; ``recheck``
floods the maze and replays the explorer. Duplicate key: the least of the plan's rotations and
reflections.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from random import Random
from typing import ClassVar

from assay_datasets import Json, Message, Task, derive_random
from assay_envs.environment import CertificateError
from assay_envs.logic.grid_paths import (
    GOAL,
    MOVES,
    OPPOSITE,
    START,
    WALL,
    Plan,
    Square,
    carved,
    cheapest,
    direct,
    find,
    plan_svg,
    plan_text,
    read_moves,
    with_marks,
)
from assay_envs.logic.grid_puzzle import whole_number
from assay_envs.logic.grid_text import canonical_grid
from assay_envs.multi_turn import Game, GameVerifier, MultiTurn, Turn
from assay_verifiers import Verdict

_NAMES = {"U": "up", "D": "down", "L": "left", "R": "right"}
_SIZES = {1: (4, 0), 2: (5, 1), 3: (6, 2), 4: (7, 4), 5: (9, 6)}  # cells on a side, loops


class _Walk(Game):
    """One walk; positions are cells, counted from 0."""

    def __init__(self, plan: Plan) -> None:
        self.plan = plan
        self.max_turns = 2 * (len(plan) // 2) ** 2
        self.at, self.goal = _cell(find(plan, START)), _cell(find(plan, GOAL))

    def play(self, action: str) -> Turn:
        move = read_moves(action)
        if isinstance(move, Verdict) or len(move) != 1:
            return Turn(f"That is not one move: write U, D, L or R. {self.seen()}")
        if move not in self.open():
            lost = Verdict.incorrect("rule_broken", error=f"a wall {_NAMES[move]} of {self.at}")
            return Turn("You walked into a wall. The game is lost.", verdict=lost)
        self.at = _after(self.at, move)
        if self.at == self.goal:
            return Turn("You are at the goal.", verdict=Verdict.correct())
        return Turn(self.seen())

    def open(self) -> list[str]:
        """The moves that no wall stops here."""
        return _open(self.plan, self.at)

    def seen(self) -> str:
        """What the walker is told."""
        ways = ", ".join(f"{_NAMES[move]} ({move})" for move in self.open())
        (r, c), (goal_r, goal_c) = self.at, self.goal
        return (
            f"You are in row {r + 1}, column {c + 1}; the goal is in row {goal_r + 1}, column "
            f"{goal_c + 1}. Open: {ways}."
        )


class MazeWalkVerifier(GameVerifier):
    """``answer`` is ``{"plan": rows}``; a response holds one move a line."""

    name = "logic/maze_walk"
    summary = "a walk through a hidden maze, move by move"

    def begin(self, answer: Json) -> _Walk:
        return _Walk([str(row) for row in answer["plan"]])


class MazeWalk(MultiTurn):
    """The environment; finer parameter: ``size`` in cells."""

    id = "logic/maze_walk"
    summary = "find the goal of a hidden maze, one move a turn"
    levels: ClassVar = {
        level: f"{size}×{size} cells, {loops} loops, {2 * size * size} turns"
        for level, (size, loops) in _SIZES.items()
    }
    max_turns = 2 * max(size for size, _ in _SIZES.values()) ** 2
    chance: ClassVar = {1: 0.03, 2: 0.02, 3: 0.01, 4: 0.01, 5: 0.005}
    measure = "turns that exploring depth-first, nearer cells first, takes"

    def __init__(self) -> None:
        super().__init__(MazeWalkVerifier())

    def generate(self, seed: int, difficulty: int, size: int | None = None) -> Task:
        """The task of this seed and level.

        Args:
            seed, difficulty: as everywhere.
            size: cells on a side, 3 to 20.
        """
        side, loops = _SIZES[self.check_level(difficulty)]
        asked = () if size is None else (f"size {size}",)
        if size is not None:
            side = whole_number("a maze's size", size, 3, 20)
        plan, shortest = _draw(derive_random(self.id, difficulty, seed, *asked), side, loops)
        turns = len(_explored(plan))
        return Task(
            env=self.id,
            prompt=({"role": "user", "content": _prompt(plan)},),
            answer={"plan": plan},
            verifier=self.id,
            metadata={
                "domain": "logic",
                "difficulty": difficulty,
                "seed": seed,
                "duplicate_key": f"{self.id}:{canonical_grid(plan)}",
                "certificate": {"shortest": shortest, "turns": turns},
                "measured": float(turns),
            },
        )

    def act(self, task: Task, messages: Sequence[Message]) -> str:
        taken = sum(message["role"] == "assistant" for message in messages)
        return _explored(task.answer["plan"])[taken]

    def oracle(self, task: Task) -> str:
        return "\n".join(_explored(task.answer["plan"]))

    def equivalents(self, task: Task) -> Iterator[str]:
        """The walk in words and small letters, with a wasted turn, and a shortest walk."""
        walk = self.oracle(task)
        yield "\n".join(_NAMES[move] for move in walk.split())
        yield walk.lower()
        if len(walk.split()) < _Walk(task.answer["plan"]).max_turns:
            yield f"I look around.\n{walk}"
        yield "\n".join(_shortest(task.answer["plan"]))

    def near_misses(self, task: Task) -> Iterator[str]:
        """The walk with its last move left out, with one more, and into the first wall."""
        walk, plan = self.oracle(task).split(), task.answer["plan"]
        yield "\n".join(walk[:-1])
        yield "\n".join([*walk, OPPOSITE[walk[-1]]])
        game = _Walk(plan)
        for place, move in enumerate(walk):
            if walls := [each for each in MOVES if each not in game.open()]:
                yield "\n".join([*walk[:place], walls[0], *walk[place:]])
                break
            game.play(move)
        yield "".join(walk)

    def guess(self, task: Task, rng: Random) -> str:
        """The moves toward the goal in random order."""
        moves = list("".join(_direct(task.answer["plan"])))
        rng.shuffle(moves)
        return "\n".join(moves)

    def trivial(self, task: Task) -> Iterator[str]:
        """Straight to the goal, either way round; one direction for ever."""
        vertical, across = _direct(task.answer["plan"])
        yield "\n".join(vertical + across)
        yield "\n".join(across + vertical)
        for move in MOVES:
            yield "\n".join(move * self.max_turns)

    def recheck(self, task: Task) -> None:
        plan, certificate = task.answer["plan"], task.metadata["certificate"]
        game = _Walk(plan)
        reached, seen, moves = {game.at}, set[Square](), 0
        while reached and game.goal not in reached:
            seen |= reached
            reached = {_after(cell, move) for cell in reached for move in _open(plan, cell)} - seen
            moves += 1
        if not reached or moves != certificate["shortest"]:
            raise CertificateError("the shortest walk is not as certified")
        if moves <= len("".join(_direct(plan))):
            raise CertificateError("moves toward the goal only reach it")
        verdicts = [game.play(move).verdict for move in self.oracle(task).split()]
        if len(verdicts) > game.max_turns or verdicts[-1] != Verdict.correct():
            raise CertificateError("exploring does not arrive in time")
        if len(verdicts) != certificate["turns"]:
            raise CertificateError("exploring takes another number of turns")

    def render(self, task: Task) -> str:
        return plan_text(task.answer["plan"])

    def svg(self, task: Task) -> str:
        return plan_svg(task.answer["plan"], "Maze walk")


def _prompt(plan: Plan) -> str:
    game = _Walk(plan)
    side = len(plan) // 2
    return (
        f"You walk through a maze of {side} rows and {side} columns that you cannot see. Each turn,"
        " answer with one move: U (up), D (down), L (left) or R (right). You will then be told "
        "where you are and which ways are open; walking into a wall loses the game. Reach the goal "
        f"within {game.max_turns} turns. You may think inside <think></think> before a move.\n\n"
        f"{game.seen()}"
    )


def _draw(rng: Random, size: int, loops: int) -> tuple[list[str], int]:
    """A plan whose goal moves toward it never reach, and the moves of a shortest walk."""
    cells = [(2 * r + 1, 2 * c + 1) for r in range(size) for c in range(size)]
    while True:
        start, goal = rng.sample(cells, 2)
        plan = with_marks(carved(rng, size, loops), {start: START, goal: GOAL})
        straight, shortest = len("".join(_direct(plan))), len(_shortest(plan))
        if straight >= size // 2 and shortest > straight:
            return plan, shortest


def _cell(square: Square) -> Square:
    return square[0] // 2, square[1] // 2


def _after(cell: Square, move: str) -> Square:
    return cell[0] + MOVES[move][0], cell[1] + MOVES[move][1]


def _open(plan: Plan, cell: Square) -> list[str]:
    r, c = 2 * cell[0] + 1, 2 * cell[1] + 1
    return [move for move, (dr, dc) in MOVES.items() if plan[r + dr][c + dc] != WALL]


def _direct(plan: Plan) -> tuple[str, str]:
    return direct(_cell(find(plan, START)), _cell(find(plan, GOAL)))


def _shortest(plan: Plan) -> str:
    goal = _cell(find(plan, GOAL))
    route = cheapest(
        _cell(find(plan, START)),
        lambda cell: [(move, _after(cell, move), 1) for move in _open(plan, cell)],
        lambda cell: cell == goal,
    )
    if route is None:
        raise AssertionError("a carved maze is connected")
    return route.moves


def _explored(plan: Plan) -> list[str]:
    """The moves of a depth-first explorer, who knows the ways open where it has been."""
    at, goal = _cell(find(plan, START)), _cell(find(plan, GOAL))
    seen, trail, moves = {at}, list[str](), list[str]()
    while at != goal:
        fresh = [move for move in _open(plan, at) if _after(at, move) not in seen]
        if fresh:
            distances = [_distance(_after(at, move), goal) for move in fresh]
            move = fresh[distances.index(min(distances))]
            trail.append(move)
        else:
            move = OPPOSITE[trail.pop()]
        at = _after(at, move)
        seen.add(at)
        moves.append(move)
    return moves


def _distance(one: Square, other: Square) -> int:
    return abs(one[0] - other[0]) + abs(one[1] - other[1])
