"""Key maze: walk from S to G, fetching keys on the way to the doors that need them.

A small letter is a key, taken by entering its square; the capital letter is its door, which nobody
passes without the key. The answer is the path, as moves U, D, L, R; it is walked, and any valid
path is right, or any of the shortest ones where the prompt asks for that. The simplest trivial
policy, straight down or up and then straight across, is never right, nor is a shortest way that
heeds no door; and no door is idle: without any one of the keys the goal cannot be reached.

Generator: a random maze; doors are set on the way to the goal or to an earlier key, and each key
where it can be had without a door, or behind earlier ones; what does not keep the promises above is
drawn anew.

Certificate: a shortest path, by Dijkstra's algorithm over square and keys held. ``recheck`` floods
those states instead, a set per move, and once more without each key. Duplicate key: the least of
the plan's rotations and reflections (the letters are given in the order of the shortest path).
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from random import Random
from typing import ClassVar, TypeAlias

from assay_datasets import InputError, Task, derive_random
from assay_envs import drawing
from assay_envs.environment import CertificateError
from assay_envs.logic.grid_paths import (
    FLOOR,
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
    find,
    name_of,
    plan_svg,
    spaced,
    squares,
    steps,
    traced,
    with_marks,
)
from assay_envs.logic.grid_puzzle import whole_number
from assay_envs.logic.grid_text import canonical_grid

_KEYS = "abcd"
_DOORS = _KEYS.upper()
_MOST_TRIES = 5_000

_State: TypeAlias = "tuple[Square, str]"  # where one stands, and the keys held, sorted


@dataclass(frozen=True)
class _Level:
    size: int
    keys: int
    loops: int
    shortest: bool


_LEVELS = {
    1: _Level(4, 1, 0, False),
    2: _Level(5, 2, 0, False),
    3: _Level(6, 2, 1, True),
    4: _Level(8, 3, 2, True),
    5: _Level(10, 4, 3, True),
}


class KeyMazeVerifier(PathVerifier):
    """``answer`` is ``{"plan": rows, "most": moves of a shortest path, or null for any path}``."""

    name = "logic/key_maze"
    summary = "a path from S to G past doors whose keys it fetches, walked"

    def walk(self, plan: Plan, moves: str) -> int | str:
        (r, c), goal = find(plan, START), find(plan, GOAL)
        held: set[str] = set()
        for place, move in enumerate(moves, 1):
            dr, dc = MOVES[move]
            r, c = r + dr, c + dc
            symbol = plan[r][c]
            if symbol == WALL:
                return f"move {place} meets a wall"
            if symbol in _DOORS and symbol.lower() not in held:
                return f"move {place} meets door {symbol} without its key"
            held.add(symbol)
        return len(moves) if (r, c) == goal else "the path does not end on G"


class KeyMaze(PathPuzzle):
    """The environment; finer parameters: ``size`` in cells, ``keys``, ``shortest``."""

    id = "logic/key_maze"
    summary = "walk a maze with locked doors from S to G"
    levels: ClassVar = {
        1: "4×4 cells, 1 door, any path",
        2: "5×5 cells, 2 doors, any path",
        3: "6×6 cells, 2 doors, a loop, a shortest path",
        4: "8×8 cells, 3 doors, 2 loops, a shortest path",
        5: "10×10 cells, 4 doors, 3 loops, a shortest path",
    }
    chance: ClassVar = {1: 0.01, 2: 0.005, 3: 0.003, 4: 0.003, 5: 0.003}
    measure = "states (square and keys held) that the search enters before it is sure of G"

    def __init__(self) -> None:
        super().__init__(KeyMazeVerifier())

    def generate(
        self,
        seed: int,
        difficulty: int,
        size: int | None = None,
        keys: int | None = None,
        shortest: bool | None = None,
    ) -> Task:
        """The task of this seed and level.

        Args:
            seed, difficulty: as everywhere.
            size: cells on a side, 4 to 30; the plan is twice as wide, plus one.
            keys: keys and doors, 1 to 4.
            shortest: whether only shortest paths are right.
        """
        level = _wanted(_LEVELS[self.check_level(difficulty)], size, keys, shortest)
        asked = (level,) if (size, keys, shortest) != (None,) * 3 else ()
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
                "duplicate_key": f"{self.id}:{canonical_grid(plan)}",
                "certificate": {
                    "path": route.moves,
                    "shortest": route.cost,
                    "needed": "".join(sorted(_held(plan))),
                },
                "measured": float(len(route.settled)),
            },
        )

    def solution(self, task: Task) -> str:
        """The way leg by leg: from one key or door to the next."""
        plan, path = task.answer["plan"], self.oracle(task)
        lines = [f"S is {name_of(find(plan, START))}, G is {name_of(find(plan, GOAL))}."]
        lines += [
            f"Key {key} is {name_of(find(plan, key))}, its door {name_of(find(plan, key.upper()))}."
            for key in sorted(_held(plan))
        ]
        return "<think>" + "\n".join([*lines, *_legs(plan, path)]) + f"</think>{path}"

    def equivalents(self, task: Task) -> Iterator[str]:
        """Other spellings, and the shortest path that other ties would have given."""
        yield from super().equivalents(task)
        if route := _route(task.answer["plan"], backwards=True):
            yield route.moves

    def trivial(self, task: Task) -> Iterator[str]:
        """The straight ways, and the shortest way as if all doors stood open."""
        yield from super().trivial(task)
        opened = [
            row.translate(dict.fromkeys(map(ord, _DOORS), FLOOR)) for row in task.answer["plan"]
        ]
        if route := _route(opened):
            yield route.moves

    def recheck(self, task: Task) -> None:
        plan = task.answer["plan"]
        certificate, moves = task.metadata["certificate"], _flooded(plan)
        if moves is None or moves != certificate["shortest"]:
            raise CertificateError(f"a shortest path has {moves} moves")
        if self.verifier.walk(plan, certificate["path"]) != moves:
            raise CertificateError("the certified path is not a shortest one")
        if task.answer["most"] not in (None, moves):
            raise CertificateError("what is asked for is not a shortest path")
        if _flooded(_opened(plan)) == moves:
            raise CertificateError("the doors cost no detour")
        for key in _held(plan):
            if _flooded([row.replace(key, FLOOR) for row in plan]) is not None:
                raise CertificateError(f"key {key} is not needed")

    def svg(self, task: Task) -> str:
        """Each key in the colour of its door."""
        plan, fills = task.answer["plan"], dict[Square, str]()
        for number, key in enumerate(sorted(_held(plan)), 3):
            fills |= dict.fromkeys(squares(plan, key + key.upper()), drawing.PALETTE[number])
        return plan_svg(plan, "Key maze", fills)


def _wanted(level: _Level, size: int | None, keys: int | None, shortest: bool | None) -> _Level:
    side = level.size if size is None else whole_number("a key maze's size", size, 4, 30)
    count = level.keys if keys is None else whole_number("keys of a maze", keys, 1, len(_KEYS))
    if shortest is not None and not isinstance(shortest, bool):
        raise InputError(f"shortest must be true or false, not {shortest!r}")
    wants_shortest = level.shortest if shortest is None else shortest
    return _Level(side, count, level.loops, wants_shortest)


def _prompt(plan: Plan, shortest: bool) -> str:
    asked = "Find a shortest path" if shortest else "Find a path"
    return (
        f"{asked} through this maze from S to G. Walls are #, free squares are '.'. A small letter "
        "is a key, taken by entering its square; the same letter as a capital is its door, which "
        f"can be entered only with the key.\n\n{spaced(plan)}\n\n{HOW_TO_ANSWER}"
    )


# Generator


def _draw(rng: Random, level: _Level) -> tuple[list[str], Route[_State]]:
    """A plan that needs every key and a detour for them, and a shortest route."""
    for _ in range(_MOST_TRIES):
        plan = _locked(rng, level)
        route = _route(plan) if plan else None
        if plan is None or route is None:
            continue
        unlocked = len(_way(plan, find(plan, GOAL))) + 1
        if route.cost > unlocked and all(_is_needed(plan, key) for key in _held(plan)):
            return _renamed(plan, route.moves), route
    raise InputError(
        f"no maze of {level.size}×{level.size} cells with {level.keys} needed keys turned up in "
        f"{_MOST_TRIES} tries; ask for fewer keys or a greater size"
    )


def _locked(rng: Random, level: _Level) -> list[str] | None:
    """A maze with doors on needed ways and keys before them; None where there was no room."""
    plan = carved(rng, level.size, level.loops)
    start, goal = rng.sample(squares(plan, FLOOR), 2)
    plan = with_marks(plan, {start: START, goal: GOAL})
    targets = [goal]
    for key in _KEYS[: level.keys]:
        way = [square for square in _way(plan, rng.choice(targets)) if _at(plan, square) == FLOOR]
        if not way:
            return None
        plan = with_marks(plan, {rng.choice(way): key.upper()})
        within = [square for square in _region(plan) if _at(plan, square) == FLOOR]
        if not within:
            return None
        targets.append(rng.choice(within))
        plan = with_marks(plan, {targets[-1]: key})
    return plan


def _at(plan: Plan, square: Square) -> str:
    return plan[square[0]][square[1]]


def _way(plan: Plan, target: Square) -> list[Square]:
    """The squares of a shortest way from S to ``target`` as if all doors stood open."""
    route = cheapest(
        find(plan, START),
        lambda square: [(move, after, 1) for move, after in steps(plan, square)],
        lambda square: square == target,
    )
    return traced(find(plan, START), route.moves)[1:-1] if route else []


def _region(plan: Plan) -> list[Square]:
    """The squares that can be reached without passing a door."""
    reached = [find(plan, START)]
    for square in reached:
        reached += [
            after
            for _, after in steps(plan, square)
            if _at(plan, after) not in _DOORS and after not in reached
        ]
    return reached


def _held(plan: Plan) -> list[str]:
    return [_at(plan, square) for square in squares(plan, _KEYS)]


def _opened(plan: Plan) -> list[str]:
    """``plan`` without its doors."""
    return [row.translate(str.maketrans(_DOORS, FLOOR * len(_DOORS))) for row in plan]


def _is_needed(plan: Plan, key: str) -> bool:
    return _route([row.replace(key, FLOOR) for row in plan]) is None


def _renamed(plan: Plan, moves: str) -> list[str]:
    """``plan`` with its letters in the order in which the path first takes the keys."""
    order = [_at(plan, square) for square in traced(find(plan, START), moves)]
    taken = list(dict.fromkeys(symbol for symbol in order if symbol in _KEYS))
    old, new = "".join(taken), _KEYS[: len(taken)]
    table = str.maketrans(old + old.upper(), new + new.upper())
    return [row.translate(table) for row in plan]


def _route(plan: Plan, backwards: bool = False) -> Route[_State] | None:
    """A shortest route; the other way round in breaking ties where ``backwards``."""

    def ways(state: _State) -> list[tuple[str, _State, int]]:
        square, held = state
        found = []
        for move, after in steps(plan, square):
            symbol = plan[after[0]][after[1]]
            if symbol in _KEYS and symbol not in held:
                found.append((move, (after, "".join(sorted(held + symbol))), 1))
            elif symbol not in _DOORS or symbol.lower() in held:
                found.append((move, (after, held), 1))
        return found[::-1] if backwards else found

    goal = find(plan, GOAL)
    return cheapest((find(plan, START), ""), ways, lambda state: state[0] == goal)


# Certificate and solution


def _flooded(plan: Plan) -> int | None:
    """The moves of a shortest path, by sets of states; None where there is no path."""
    reached: set[tuple[int, int, frozenset[str]]] = {(*find(plan, START), frozenset())}
    seen: set[tuple[int, int, frozenset[str]]] = set()
    moves = 0
    while reached:
        if any(plan[r][c] == GOAL for r, c, _ in reached):
            return moves
        seen |= reached
        beside = {
            (r + dr, c + dc, held | {plan[r + dr][c + dc]} & set(_KEYS))
            for r, c, held in reached
            for dr, dc in MOVES.values()
            if plan[r + dr][c + dc] != WALL
        }
        reached = {
            (r, c, held)
            for r, c, held in beside - seen
            if not plan[r][c].isupper() or plan[r][c] in START + GOAL or plan[r][c].lower() in held
        }
        moves += 1
    return None


def _legs(plan: Plan, path: str) -> Sequence[str]:
    walked, lines, begun = traced(find(plan, START), path), list[str](), 0
    held: set[str] = set()
    for place, square in enumerate(walked[1:], 1):
        symbol = _at(plan, square)
        if symbol in held or symbol in FLOOR + START:
            continue
        held.add(symbol)
        what = {GOAL: "G"}.get(symbol) or f"{'key' if symbol in _KEYS else 'door'} {symbol}"
        way = " ".join(name_of(each) for each in walked[begun + 1 : place + 1])
        lines.append(f"To {what}, {path[begun:place]}: {way}")
        begun = place
    return lines
