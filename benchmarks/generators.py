"""How fast are puzzles made and answers scored? Ours beside reasoning-gym, one core, one run.

    python benchmarks/generators.py                 every row; a table
    python benchmarks/generators.py --quick         a moment for each row
    python benchmarks/generators.py --only sudoku   rows whose name holds the word
    python benchmarks/generators.py --write         docs/results/generators.md and .json as well

How it works. A row of ``ROWS`` names an environment with its level and parameters and the peer's
data set with its configuration. Generation is the whole task: puzzle, certificate, duplicate key,
prompt and record; the peer's is its item (it certifies nothing). Scoring is ``verifier.check`` in
process, on the oracle's response and on another task's answer, beside the peer's ``score_answer``.
The two sides take turns, round by round, on one core, the first round to warm up; a figure is items
per second of CPU, the median of the rounds, its spread the range of their ratios. Ratio above 1:
ours is better.

What it does not show: that the two puzzles are equally good, and the cost of HTTP or of a sandbox.
Without reasoning-gym the peer's columns stay empty and a line says so. Adding an environment is
adding a ``Row``.
"""

from __future__ import annotations

import argparse
import contextlib
import importlib
import importlib.metadata
import itertools
import json
import os
import platform
import statistics
import sys
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from assay_datasets import Task
from assay_envs import Environment, make

_DOCUMENT = Path(__file__).resolve().parent.parent / "docs" / "results" / "generators.md"
_PEER = "reasoning-gym"
_ROUNDS = 5
_SCORED = 50  # tasks whose answers are scored, over and over
_MOST_ITEMS = 1_000_000  # of a peer's data set; it makes them one by one


def _no_parameters(_: int) -> dict[str, Any]:
    return {}


@dataclass(frozen=True)
class Row:
    """One comparison.

    Attributes:
        name: what is compared.
        env, level: our environment; of several levels each seed takes the next.
        parameters: finer parameters of the task of a seed.
        dataset, config: the peer's; "" where it has no such thing.
        scored: also compare scoring.
    """

    name: str
    env: str
    level: int | tuple[int, ...]
    parameters: Callable[[int], Mapping[str, Any]] = _no_parameters
    dataset: str = ""
    config: Mapping[str, Any] = field(default_factory=dict)
    scored: bool = False

    def draw(self, env: Environment, seed: int) -> Task:
        levels = (self.level,) if isinstance(self.level, int) else self.level
        return env.draw(seed, levels[seed % len(levels)], self.parameters(seed))


ROWS = (
    Row(
        "sudoku, 31–51 clues (the peer's default)", "logic/sudoku", 3,
        lambda seed: {"clues": 31 + seed % 21}, "sudoku", scored=True,
    ),
    Row(
        "sudoku, 26–31 clues", "logic/sudoku", 3,
        lambda seed: {"clues": 26 + seed % 6}, "sudoku", {"min_empty": 50, "max_empty": 55},
    ),
    Row(
        "sudoku, 26 clues", "logic/sudoku", 3,
        lambda _: {"clues": 26}, "sudoku", {"min_empty": 55, "max_empty": 55},
    ),
    Row("sudoku, 24 clues", "logic/sudoku", 3, lambda _: {"clues": 24}),
    Row("sudoku, level 5 (24–26 clues, needs search)", "logic/sudoku", 5),
    Row(
        "sudoku 4×4", "logic/sudoku", 1,
        lambda seed: {"clues": 4 + seed % 5}, "mini_sudoku", scored=True,
    ),
    Row(
        "maze, 5–10 wide (theirs asks for the length only)", "logic/maze", 1,
        dataset="maze", scored=True,
    ),
    Row(
        "maze, 41 wide (theirs asks for the length only)", "logic/maze", 5,
        lambda _: {"size": 20}, "maze", {"min_grid_size": 41, "max_grid_size": 41, "max_dist": 90},
    ),
    Row(
        "shortest path, 11–15 wide (theirs 5–8)", "logic/maze", 2,
        lambda seed: {"size": 5 + seed % 3, "shortest": True}, "shortest_path", scored=True,
    ),
    Row(
        "futoshiki, sizes 4–8", "logic/futoshiki", 3,
        lambda seed: {"size": 4 + seed % 5}, "futoshiki", {"max_board_size": 8}, scored=True,
    ),
    Row("24-game", "logic/game24", 3, dataset="puzzle24", scored=True),
    Row("24-game, through fractions only", "logic/game24", 5),
    Row(
        "countdown, 6 numbers (theirs 4–6)", "logic/countdown", 5,
        dataset="countdown", scored=True,
    ),
    *(
        Row(
            f"knights and knaves, {people} people", "logic/knights_knaves", level,
            lambda _, people=people, depth=depth: {"people": people, "depth": depth},
            "knights_knaves",
            {"n_people": people, "depth_constraint": theirs, "width_constraint": theirs},
            scored=True,
        )
        for people, level, depth, theirs in ((2, 1, 1, 2), (5, 2, 1, 2), (8, 4, 2, 3))
    ),
    Row("knights and knaves, 10 people, three deep", "logic/knights_knaves", 5),
    Row(
        "zebra, 4 houses of 4 (theirs asks for one name)", "logic/zebra", 3,
        dataset="zebra_puzzles",
    ),
    Row("zebra, 5 houses of 5, needs suppositions", "logic/zebra", 5),
    Row(
        "cryptarithm, 3 summands (theirs 2–3, not proved unique)", "logic/cryptarithm", 4,
        dataset="cryptarithm", scored=True,
    ),
    Row(
        "pattern induction, levels 1 to 5 in turn (theirs re-arc)", "logic/induction",
        (1, 2, 3, 4, 5), dataset="rearc", scored=True,
    ),
    Row("pattern induction, one step (theirs re-arc)", "logic/induction", 1, dataset="rearc"),
    Row("pattern induction, one step (theirs one row of cells)", "logic/induction", 1,
        dataset="arc_1d", scored=True),
    Row("pattern induction, one step about objects (theirs re-arc)", "logic/induction", 2,
        dataset="rearc"),
    Row("pattern induction, two steps (theirs re-arc)", "logic/induction", 3, dataset="rearc"),
    Row("pattern induction, two steps about objects (theirs re-arc)", "logic/induction", 5,
        dataset="rearc"),
    Row("pattern induction, three steps (theirs re-arc)", "logic/induction", 4,
        lambda _: {"steps": 3}, "rearc"),
    Row("ARC-AGI's training set (theirs augmented)", "logic/arc_agi", 1, dataset="arc_agi"),
    *(
        Row(f"{game}, level {level}", f"logic/{game}", level)
        for game in ("operator_insertion", "sat", "mastermind", "nim", "hidden_word")
        for level in (2, 4)
    ),
    *(
        Row(f"{game}, level {level}", f"logic/{game}", level)
        for game in ("weighted_maze", "key_maze", "maze_walk", "takuzu", "nonogram", "kakuro")
        for level in (2, 4)
    ),
)  # fmt: skip


# Measuring


@dataclass
class Pair:
    """Items per CPU second of both sides, round by round; ``peer`` stays empty without one."""

    name: str
    ours: list[float] = field(default_factory=list)
    peer: list[float] = field(default_factory=list)
    count: int = 0

    def figure(self) -> dict[str, Any]:
        ratios = [own / other for own, other in zip(self.ours, self.peer, strict=False)]
        return {
            "name": self.name,
            "unit": "per CPU second",
            "ours": _rounded(statistics.median(self.ours)),
            "peer": _rounded(statistics.median(self.peer)) if self.peer else None,
            "peer_name": _PEER if self.peer else None,
            "ratio": _rounded(statistics.median(ratios)) if ratios else None,
            "n": self.count,
            "spread": [_rounded(min(ratios)), _rounded(max(ratios))] if ratios else [],
        }


def _measure(row: Row, gym: Any, seconds: float) -> Iterator[Pair]:
    env = make(row.env)
    peer = gym.create_dataset(row.dataset, size=_MOST_ITEMS, seed=1, **row.config) if (
        gym and row.dataset
    ) else None  # fmt: skip
    yield _compared(
        f"make {row.name}",
        _making(env, row),
        _peer_making(peer) if peer else None,
        seconds,
    )
    if row.scored:
        yield from _scoring(row, env, peer, seconds / 3)


def _making(env: Environment, row: Row) -> Callable[[int], Any]:
    return lambda seed: row.draw(env, seed)


def _peer_making(peer: Any) -> Callable[[int], Any]:
    """The peer's items; one that it gives up on counts as made."""

    def item(place: int) -> Any:
        with contextlib.suppress(RuntimeError):
            return peer[place]

    return item


def _scoring(row: Row, env: Environment, peer: Any, seconds: float) -> Iterator[Pair]:
    """Scoring of right answers, then of another task's."""
    tasks = [row.draw(env, seed) for seed in range(_SCORED)]
    items = [peer[place] for place in range(_SCORED)] if peer else []
    for kind, shift in (("right", 0), ("wrong", 1)):
        ours = [(env.oracle(tasks[(i + shift) % _SCORED]), tasks[i].answer) for i in range(_SCORED)]
        theirs = [
            (item, items[(i + shift) % _SCORED]["answer"])
            for i, item in enumerate(items)
            if item["answer"] is not None
        ]
        yield _compared(
            f"score {kind} answers of {row.name}",
            _ours_scored(env, ours),
            _theirs_scored(peer, theirs) if theirs else None,
            seconds,
        )


def _ours_scored(env: Environment, pairs: Sequence[tuple[str, Any]]) -> Callable[[int], Any]:
    check = env.verifier.check
    return lambda place: check(*pairs[place % len(pairs)])


def _theirs_scored(peer: Any, pairs: Sequence[tuple[Any, str]]) -> Callable[[int], Any]:
    def score(place: int) -> Any:
        item, answer = pairs[place % len(pairs)]
        return peer.score_answer(answer=answer, entry=item)

    return score


def _compared(
    name: str, ours: Callable[[int], Any], peer: Callable[[int], Any] | None, seconds: float
) -> Pair:
    pair = Pair(name)
    places, peer_places = itertools.count(), itertools.count()
    for number in range(_ROUNDS + 1):
        rate, count = _rate(ours, places, seconds / _ROUNDS)
        peer_rate = _rate(peer, peer_places, seconds / _ROUNDS)[0] if peer else None
        if number:  # the first round makes the tables that a process makes once
            pair.ours.append(rate)
            pair.count += count
            pair.peer += [] if peer_rate is None else [peer_rate]
    return pair


def _rate(act: Callable[[int], Any], places: Iterator[int], seconds: float) -> tuple[float, int]:
    """Calls per CPU second over about so many seconds of CPU, and their number."""
    began, count, burst = time.process_time(), 0, 1
    while (spent := time.process_time() - began) < seconds:
        for place in itertools.islice(places, burst):
            act(place)
        count += burst
        burst = min(2 * burst, 64)
    return count / spent, count


# Report


def main() -> None:
    arguments = _arguments()
    if hasattr(os, "sched_setaffinity"):
        os.sched_setaffinity(0, {min(os.sched_getaffinity(0))})
    gym = _peer_module()
    chosen = [row for row in ROWS if arguments.only in row.name]
    seconds = 0.3 if arguments.quick else 3.0
    figures = []
    for row in chosen:
        for pair in _measure(row, gym, seconds):
            figures.append(pair.figure())
            print(_line(figures[-1]), flush=True)
    document = _markdown(figures, arguments)
    if arguments.write:
        _DOCUMENT.write_text(document, encoding="utf-8")
    if target := arguments.json or (_DOCUMENT.with_suffix(".json") if arguments.write else None):
        record = {"rows": figures, "machine": _machine()}
        Path(target).write_text(json.dumps(record, indent=1) + "\n", encoding="utf-8")


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--quick", action="store_true", help="a moment for each row")
    parser.add_argument("--only", default="", metavar="WORD", help="rows whose name holds it")
    parser.add_argument("--json", metavar="FILE", help="where the rows go")
    parser.add_argument("--write", action="store_true", help=f"write docs/results/{_DOCUMENT.name}")
    return parser.parse_args()


def _peer_module() -> Any:
    try:
        return importlib.import_module("reasoning_gym")
    except ImportError:
        print(f"{_PEER} is not installed (pip install reasoning-gym): ours alone", file=sys.stderr)
        return None


def _line(figure: Mapping[str, Any]) -> str:
    spread = " – ".join(map(_shown, figure["spread"]))
    numbers = [_shown(figure[key]) for key in ("ours", "peer", "ratio")]
    return f"| {figure['name']} | {' | '.join(numbers)} | {spread} | {figure['n']:,} |"


def _markdown(figures: Sequence[Mapping[str, Any]], arguments: argparse.Namespace) -> str:
    flags = "".join(f" --{flag}" for flag in ("quick", "write") if getattr(arguments, flag))
    lines = [
        f"# Making puzzles and scoring answers beside {_PEER}",
        "",
        f"`python benchmarks/generators.py{flags}`, {_machine()}. Items per second of CPU on one",
        "core, the median of five rounds in which the two take turns. Ours makes and proves the",
        "certificate within that time; the peer certifies nothing.",
        "",
        "| what | ours | peer | ratio | range of ratios | ours made |",
        "|---|---|---|---|---|---|",
        *map(_line, figures),
    ]
    return "\n".join(lines) + "\n"


def _shown(value: float | None) -> str:
    return "–" if value is None else f"{value:,.0f}" if value >= 100 else f"{value:.3g}"


def _rounded(value: float) -> float:
    return float(f"{value:.4g}")


def _machine() -> str:
    try:
        peer = f", {_PEER} {importlib.metadata.version('reasoning-gym')}"
    except importlib.metadata.PackageNotFoundError:
        peer = ""
    cores, python = os.cpu_count(), platform.python_version()
    return f"{cores} cores ({platform.machine()}), Python {python}{peer}"


if __name__ == "__main__":
    main()
