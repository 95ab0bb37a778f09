"""What path puzzles share: reading moves, carving mazes, searching them, and what proves them.

A plan is a list of rows of equal length, ``#`` a wall all around. A path is a string of ``U``,
``D``, ``L``, ``R``, one square a move. It is read forgivingly (letters in either case, words,
arrows, any separators), but there must be only one: what counts is what is visible, after the last
"answer" if that word is there; lines that hold nothing but moves are one path where they follow
each other, and two different paths are a hedge and judged incorrect.
"""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Callable, Hashable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from heapq import heappop, heappush
from random import Random
from typing import Generic, TypeAlias, TypeVar

from assay_datasets import Json, Task
from assay_envs import drawing
from assay_envs.environment import SingleTurn
from assay_verifiers import Verdict, Verifier, visible_text

WALL = "#"
FLOOR = "."
START = "S"
GOAL = "G"

Plan: TypeAlias = Sequence[str]
Square: TypeAlias = tuple[int, int]

HOW_TO_ANSWER = (
    "A move goes one square up (U), down (D), left (L) or right (R). Think step by step inside "
    "<think></think>, then write only the moves in order, as one string of these letters."
)

MOVES: Mapping[str, Square] = {"U": (-1, 0), "D": (1, 0), "L": (0, -1), "R": (0, 1)}
OPPOSITE = {"U": "D", "D": "U", "L": "R", "R": "L"}
_ARROWS = {"U": "↑⬆", "D": "↓⬇", "L": "←⬅", "R": "→➡"}
_WORDS = {"up": "U", "down": "D", "left": "L", "right": "R"}
_TABLE: dict[int, str] = {ord(each): " " for each in ",;.:|>-()[]{}'\"`*~$\ufe0f"}
_TABLE |= {ord(arrow): f" {move} " for move, arrows in _ARROWS.items() for arrow in arrows}
_LONGEST = 50_000  # characters of visible text

State = TypeVar("State", bound=Hashable)


# Reading


def read_moves(response: str) -> str | Verdict:
    """The one path of ``response`` as a string of UDLR; or the verdict that says why not."""
    text = visible_text(response).strip()
    if not text:
        return Verdict.incorrect("no_answer")
    if len(text) > _LONGEST:
        return Verdict.incorrect("too_long", length=len(text))
    if not text.strip("UDLR"):
        return text
    _, marker, after = text.lower().rpartition("answer")
    paths = _paths(after.removeprefix(" is")) if marker else []
    paths = paths or _paths(text)
    if not paths:
        return Verdict.incorrect("malformed", error="no line that holds moves only")
    if any(path != paths[0] for path in paths):
        return Verdict.incorrect("rule_broken", error="two different paths")
    return paths[0]


def _paths(text: str) -> list[str]:
    runs = [""]
    for line in text.translate(_TABLE).splitlines():
        moves = _moves(line)
        if moves:
            runs[-1] += moves
        elif runs[-1]:
            runs.append("")
    return [run for run in runs if run]


def _moves(line: str) -> str:
    """The moves of a line that holds nothing else; else ""."""
    moves = []
    for word in line.split():
        move = _WORDS.get(word.lower()) or word.upper()
        if move.strip("UDLR"):
            return ""
        moves.append(move)
    return "".join(moves)


# Plans


def find(plan: Plan, symbol: str) -> Square:
    """Where ``symbol`` stands; ``ValueError`` where it does not."""
    for r, row in enumerate(plan):
        if (c := row.find(symbol)) >= 0:
            return r, c
    raise ValueError(f"no {symbol} in the plan")


def squares(plan: Plan, symbols: str) -> list[Square]:
    """The squares that hold one of ``symbols``, in reading order."""
    return [(r, c) for r, row in enumerate(plan) for c, each in enumerate(row) if each in symbols]


def with_marks(plan: Plan, marks: Mapping[Square, str]) -> list[str]:
    """``plan`` with these squares overwritten."""
    rows = [list(row) for row in plan]
    for (r, c), symbol in marks.items():
        rows[r][c] = symbol
    return ["".join(row) for row in rows]


def carved(rng: Random, size: int, loops: int) -> list[str]:
    """A maze of ``size`` × ``size`` cells, walls between them; ``loops`` walls taken out again.

    Cells stand at odd rows and columns. Without loops there is one way between any two of them.
    """
    side = 2 * size + 1
    rows = [[WALL] * side for _ in range(side)]
    trail = [(2 * rng.randrange(size) + 1, 2 * rng.randrange(size) + 1)]
    rows[trail[0][0]][trail[0][1]] = FLOOR
    while trail:
        r, c = trail[-1]
        ways = [
            (dr, dc)
            for dr, dc in MOVES.values()
            if 0 < r + 2 * dr < side
            and 0 < c + 2 * dc < side
            and rows[r + 2 * dr][c + 2 * dc] == WALL
        ]
        if not ways:
            trail.pop()
            continue
        dr, dc = rng.choice(ways)
        rows[r + dr][c + dc] = rows[r + 2 * dr][c + 2 * dc] = FLOOR
        trail.append((r + 2 * dr, c + 2 * dc))
    between = [
        (r, c)
        for r in range(1, side - 1)
        for c in range(1, side - 1)
        if (r + c) % 2 and rows[r][c] == WALL
    ]
    for r, c in rng.sample(between, min(loops, len(between))):
        rows[r][c] = FLOOR
    return ["".join(row) for row in rows]


# Searching


@dataclass(frozen=True)
class Route(Generic[State]):
    """A cheapest way.

    Attributes:
        cost: of the whole way.
        moves: its moves.
        settled: (cost, state) in the order in which the search was sure of them.
    """

    cost: int
    moves: str
    settled: Sequence[tuple[int, State]]


def cheapest(
    start: State,
    ways: Callable[[State], Iterable[tuple[str, State, int]]],
    arrived: Callable[[State], bool],
) -> Route[State] | None:
    """A cheapest route by Dijkstra's algorithm; None where no way arrives.

    Args:
        start: the first state.
        ways: (move, next state, cost) from a state, in an order that breaks ties.
        arrived: whether a state is a goal.
    """
    came: dict[State, tuple[State, str]] = {}
    best = {start: 0}
    queue, pushed = [(0, 0, start)], 0
    settled: list[tuple[int, State]] = []
    while queue:
        cost, _, state = heappop(queue)
        if cost > best[state]:
            continue
        settled.append((cost, state))
        if arrived(state):
            return Route(cost, _traced(came, state), settled)
        for move, after, price in ways(state):
            if cost + price < best.get(after, cost + price + 1):
                best[after] = cost + price
                came[after] = (state, move)
                pushed += 1
                heappush(queue, (cost + price, pushed, after))
    return None


def _traced(came: Mapping[State, tuple[State, str]], state: State) -> str:
    moves = []
    while state in came:
        state, move = came[state]
        moves.append(move)
    return "".join(reversed(moves))


def steps(plan: Plan, square: Square) -> Iterator[tuple[str, Square]]:
    """The moves from ``square`` that no wall stops."""
    r, c = square
    for move, (dr, dc) in MOVES.items():
        if plan[r + dr][c + dc] != WALL:
            yield move, (r + dr, c + dc)


def direct(start: Square, goal: Square) -> tuple[str, str]:
    """The vertical and the horizontal moves that lead straight from start to goal."""
    down, right = goal[0] - start[0], goal[1] - start[1]
    return ("D" if down > 0 else "U") * abs(down), ("R" if right > 0 else "L") * abs(right)


# Verifier and environment


class PathVerifier(Verifier):
    """Walks the path; ``answer`` is ``{"plan": rows, "most": cost or null}``."""

    def check(self, response: str, answer: Json, **options: Json) -> Verdict:
        moves = read_moves(response)
        if isinstance(moves, Verdict):
            return moves
        try:
            cost = self.walk(answer["plan"], moves)
            most = answer["most"]
            too_much = isinstance(cost, int) and most is not None and cost > most
        except (TypeError, KeyError, ValueError, IndexError):
            return Verdict.undecided("bad_gold")
        if isinstance(cost, str):
            return Verdict.incorrect("rule_broken", error=cost)
        if too_much:
            return Verdict.incorrect("mismatch", cost=cost, cheapest=most)
        return Verdict.correct(cost=cost)

    @abstractmethod
    def walk(self, plan: Plan, moves: str) -> int | str:
        """The cost of walking from S to G, or which rule the walk breaks."""


class PathPuzzle(SingleTurn):
    """An environment whose answer is a path.

    The plan is such that moves toward the goal only never do; so a random or an L-shaped direct
    path is always wrong.
    """

    verifier: PathVerifier

    def __init__(self, verifier: PathVerifier) -> None:
        super().__init__(verifier)

    def oracle(self, task: Task) -> str:
        return str(task.metadata["certificate"]["path"])

    def equivalents(self, task: Task) -> Iterator[str]:
        """The path in other spellings; with a step to and fro where any path will do."""
        path = self.oracle(task)
        words = {move: word for word, move in _WORDS.items()}
        yield path.lower()
        yield " ".join(path)
        yield ", ".join(words[move] for move in path)
        yield " -> ".join(words[move].title() for move in path)
        yield "".join(_ARROWS[move][0] for move in path)
        yield f"The path is:\n```\n{path}\n```\nIt ends on G."
        yield f"LLUD would meet a wall.\n\n**Answer:** {path}"
        if task.answer["most"] is None:
            yield path[0] + OPPOSITE[path[0]] + path

    def near_misses(self, task: Task) -> Iterator[str]:
        """A move short, too many or other; the way back; two paths; and a detour where it costs."""
        path = self.oracle(task)
        middle = len(path) // 2
        yield path[:-1]
        yield path[1:]
        yield path + path[-1]
        yield path + OPPOSITE[path[-1]]
        for place in (0, middle, len(path) - 1):
            for move in MOVES:
                if move != path[place]:
                    yield path[:place] + move + path[place + 1 :]
        yield "".join(OPPOSITE[move] for move in reversed(path))
        yield "".join(OPPOSITE[move] for move in path)
        yield f"{path}\nor\n{path}{path[-1]}"
        yield f"{path} or {path[::-1]}"
        if task.answer["most"] is not None:
            yield path[0] + OPPOSITE[path[0]] + path

    def guess(self, task: Task, rng: Random) -> str:
        """The moves toward the goal in random order."""
        plan = task.answer["plan"]
        moves = list("".join(direct(find(plan, START), find(plan, GOAL))))
        rng.shuffle(moves)
        return "".join(moves)

    def trivial(self, task: Task) -> Iterator[str]:
        """Straight to the goal: down or up then across, the other way round, and a staircase."""
        plan = task.answer["plan"]
        vertical, across = direct(find(plan, START), find(plan, GOAL))
        yield vertical + across
        yield across + vertical
        both = min(len(vertical), len(across))
        stairs = "".join(map("".join, zip(vertical, across, strict=False)))
        yield stairs + vertical[both:] + across[both:]

    def render(self, task: Task) -> str:
        return plan_text(task.answer["plan"])

    def svg(self, task: Task) -> str:
        return plan_svg(task.answer["plan"], self.id)


_SHOWN = {WALL: "██", FLOOR: "  "}


def plan_text(plan: Plan) -> str:
    """The plan for a terminal, every square two characters wide."""
    return "\n".join("".join(_SHOWN.get(each, f" {each}") for each in row) for row in plan)


def plan_svg(plan: Plan, title: str, fills: Mapping[Square, str] | None = None) -> str:
    """The plan as a picture; ``fills`` colours squares besides walls, start and goal."""
    cells = [["" if each in WALL + FLOOR else each for each in row] for row in plan]
    colours = dict.fromkeys(squares(plan, WALL), drawing.INK)
    colours |= dict.fromkeys(squares(plan, START + GOAL), drawing.SHADE)
    return drawing.grid(cells, cell=22, fills=colours | dict(fills or {})).svg(title)


def spaced(plan: Plan) -> str:
    """The plan as prompts show it: symbols apart, rows on lines."""
    return "\n".join(" ".join(row) for row in plan)


def name_of(square: Square) -> str:
    """``r2c5``, counted from 1."""
    return f"r{square[0] + 1}c{square[1] + 1}"


def traced(start: Square, moves: str) -> list[Square]:
    """The squares of a walk, the first included."""
    walked = [start]
    for move in moves:
        (r, c), (dr, dc) = walked[-1], MOVES[move]
        walked.append((r + dr, c + dc))
    return walked
