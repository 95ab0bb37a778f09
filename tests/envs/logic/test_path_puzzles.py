"""Mazes: the path is walked; any valid or any cheapest one is right, in any spelling."""

from __future__ import annotations

import networkx
import pytest
from hypothesis import given
from hypothesis import strategies as st

from assay_datasets import InputError, Task, derive_random
from assay_envs import CertificateError
from assay_envs.logic.grid_paths import (
    MOVES,
    PathPuzzle,
    Plan,
    carved,
    find,
    read_moves,
    squares,
    with_marks,
)
from assay_envs.logic.grid_text import canonical_grid
from assay_envs.logic.key_maze import KeyMaze, KeyMazeVerifier
from assay_envs.logic.maze import Maze, MazeVerifier
from assay_envs.logic.weighted_maze import WeightedMaze, WeightedMazeVerifier
from assay_verifiers import Verdict

ENVS: list[PathPuzzle] = [Maze(), WeightedMaze(), KeyMaze()]
CASES = [(env, level) for env in ENVS for level in env.levels]

PATHS = [
    ("UURDL", "UURDL"),
    ("uurdl", "UURDL"),
    ("U U R D L", "UURDL"),
    ("U, U, R, D, L", "UURDL"),
    ("U,U,R,D,L.", "UURDL"),
    ("[U, U, R, D, L]", "UURDL"),
    ("['U', 'U', 'R', 'D', 'L']", "UURDL"),
    ("up up right down left", "UURDL"),
    ("Up, Up, Right, Down, Left", "UURDL"),
    ("U -> U -> R -> D -> L", "UURDL"),
    ("↑↑→↓←", "UURDL"),
    ("⬆️⬆️➡️⬇️⬅️", "UURDL"),
    ("U → R", "URR"),
    ("**UURDL**", "UURDL"),
    ("`UURDL`", "UURDL"),
    ("```\nUURDL\n```", "UURDL"),
    ("UUR\nDL", "UURDL"),
    ("Answer: UURDL", "UURDL"),
    ("The answer is UURDL.", "UURDL"),
    ("**Answer:** U U R D L", "UURDL"),
    ("First I thought\nLLL\nbut no.\n\nAnswer: UURDL", "UURDL"),
    ("The path is\n\nUURDL\n\nand it ends on G.", "UURDL"),
    ("UURDL\n\nSo: UURDL", "UURDL"),
    ("UURDL\n\nUURDL", "UURDL"),
    ("<think>LLL</think>UURDL", "UURDL"),
    ("", "no_answer"),
    (" \n", "no_answer"),
    ("<think>UURDL</think>", "no_answer"),
    ("<think>UURDL", "no_answer"),
    ("I cannot.", "malformed"),
    ("5", "malformed"),
    ("UUXDL", "malformed"),
    ("U2 R D L", "malformed"),
    ("UURDL or UURDR", "malformed"),
    ("UURDL\nor\nUURDR", "rule_broken"),
    ("UURDL\n\nUURDR", "rule_broken"),
    ("Answer: UURDL\n\nor UUR\n\nLLL", "rule_broken"),
    ("U" * 50_001, "too_long"),
]


@pytest.mark.parametrize(("response", "read"), PATHS)
def test_a_path_is_read_in_every_spelling(response: str, read: str) -> None:
    moves = read_moves(response)
    assert (moves.reason if isinstance(moves, Verdict) else moves) == read


@given(st.text(alphabet="UDLRudlr ,>-\n↑answer:", max_size=80))
def test_no_text_makes_the_reader_raise(response: str) -> None:
    assert isinstance(read_moves(response), str | Verdict)


MAZE = ["#####", "#S..#", "#.#.#", "#..G#", "#####"]
FIELD = ["#####", "#S91#", "#1#1#", "#11G#", "#####"]
LOCKED = ["#######", "#a.S.A#", "#.###.#", "#....G#", "#######"]
WALKS = [
    (MazeVerifier(), MAZE, None, "RRDD", "match"),
    (MazeVerifier(), MAZE, None, "DDRR", "match"),
    (MazeVerifier(), MAZE, 4, "DDRR", "match"),
    (MazeVerifier(), MAZE, None, "RLRRDD", "match"),
    (MazeVerifier(), MAZE, None, "RRDDLR", "match"),
    (MazeVerifier(), MAZE, 4, "RLRRDD", "mismatch"),
    (MazeVerifier(), MAZE, None, "RRD", "rule_broken"),
    (MazeVerifier(), MAZE, None, "RRDDL", "rule_broken"),
    (MazeVerifier(), MAZE, None, "RDRD", "rule_broken"),
    (MazeVerifier(), MAZE, None, "UDRRDD", "rule_broken"),
    (MazeVerifier(), MAZE, None, "L" * 40_000, "rule_broken"),
    (WeightedMazeVerifier(), FIELD, 3, "DDRR", "match"),
    (WeightedMazeVerifier(), FIELD, 3, "DUDDRR", "mismatch"),
    (WeightedMazeVerifier(), FIELD, 3, "RDDR", "rule_broken"),
    (WeightedMazeVerifier(), FIELD, 3, "DDR", "rule_broken"),
    (KeyMazeVerifier(), LOCKED, None, "LLRRRRDD", "match"),
    (KeyMazeVerifier(), LOCKED, None, "LLDDRRRR", "match"),
    (KeyMazeVerifier(), LOCKED, None, "RRDD", "rule_broken"),
    (KeyMazeVerifier(), LOCKED, None, "LLDDRRRRLR", "match"),
    (KeyMazeVerifier(), LOCKED, 8, "LLDDRRRRLR", "mismatch"),
]


@pytest.mark.parametrize(("verifier", "plan", "most", "path", "reason"), WALKS)
def test_a_path_is_walked(
    verifier: MazeVerifier, plan: Plan, most: int | None, path: str, reason: str
) -> None:
    assert verifier.check(path, {"plan": plan, "most": most}).reason == reason


@pytest.mark.parametrize("answer", [None, {}, {"plan": ["###"], "most": 1}, {"plan": 3, "most": 1}])
@pytest.mark.parametrize("env", ENVS)
def test_an_unreadable_answer_is_undecided(env: PathPuzzle, answer: object) -> None:
    assert env.verifier.check("UDLR", answer).reason == "bad_gold"


@pytest.mark.parametrize(("env", "level"), CASES)
def test_every_right_form_is_right_and_every_near_miss_wrong(env: PathPuzzle, level: int) -> None:
    for seed in range(6):
        task = env.generate(seed, level)
        for response in (env.oracle(task), env.solution(task), *env.equivalents(task)):
            assert env.verifier.check(response, task.answer).outcome == "correct", response
        wrong = [*env.near_misses(task), *env.trivial(task)]
        wrong += [env.guess(task, derive_random(seed, i)) for i in range(5)]
        for response in wrong:
            verdict = env.verifier.check(response, task.answer)
            assert (verdict.outcome, verdict.score) == ("incorrect", 0.0), response


@pytest.mark.parametrize(("env", "level"), CASES)
def test_certificates_hold_by_a_second_method(env: PathPuzzle, level: int) -> None:
    for seed in range(12):
        env.recheck(env.generate(seed, level))


@pytest.mark.parametrize("env", [ENVS[0], ENVS[1]])
def test_networkx_finds_no_cheaper_path(env: PathPuzzle) -> None:
    for seed in range(10):
        task = env.generate(seed, 3)
        plan, graph = task.answer["plan"], networkx.DiGraph()
        for r, c in squares(plan, "SG.123456789"):
            for dr, dc in MOVES.values():
                symbol = plan[r + dr][c + dc]
                if symbol != "#":
                    cost = int(symbol) if symbol.isdigit() else int(env.id == "logic/maze")
                    graph.add_edge((r, c), (r + dr, c + dc), weight=cost)
        least = networkx.dijkstra_path_length(graph, find(plan, "S"), find(plan, "G"))
        assert task.answer["most"] == least


@pytest.mark.parametrize("env", ENVS)
def test_a_false_certificate_fails_its_recheck(env: PathPuzzle) -> None:
    task = env.generate(1, 3)
    for most in (task.answer["most"] - 1, task.answer["most"] + 1):
        with pytest.raises(CertificateError):
            env.recheck(_with(task, most=most))
    walled = [row.replace(".", "#").replace("1", "#") for row in task.answer["plan"]]
    with pytest.raises(CertificateError):
        env.recheck(_with(task, plan=walled))


def test_a_door_that_is_not_needed_fails_its_recheck() -> None:
    task = _with(ENVS[2].generate(1, 1), plan=LOCKED, most=None)
    certified = task.metadata | {"certificate": {"shortest": 8, "path": "LLRRRRDD"}}
    with pytest.raises(CertificateError, match=r"no detour|not needed"):
        ENVS[2].recheck(Task.from_json(task.to_json() | {"metadata": certified}))


def _with(task: Task, **answer: object) -> Task:
    return Task.from_json(task.to_json() | {"answer": task.answer | answer})


REFUSED = [
    (0, {"size": 2}),
    (0, {"size": 41}),
    (0, {"size": "9"}),
    (0, {"loops": -1}),
    (0, {"shortest": 1}),
    (0, {"size": 3, "loops": 9}),
    (1, {"size": 3}),
    (1, {"size": True}),
    (2, {"keys": 0}),
    (2, {"keys": 5}),
    (2, {"shortest": "yes"}),
    (2, {"doors": 2}),
]


@pytest.mark.parametrize(("which", "parameters"), REFUSED)
def test_parameters_that_cannot_be_are_refused(which: int, parameters: dict[str, object]) -> None:
    with pytest.raises(InputError):
        ENVS[which].draw(0, 1, parameters)


def test_parameters_are_honoured() -> None:
    assert len(Maze().generate(0, 1, size=20).answer["plan"]) == 41
    assert Maze().generate(0, 1, shortest=True).answer["most"] is not None
    assert len(squares(KeyMaze().generate(0, 4, keys=1).answer["plan"], "abcd")) == 1
    assert len(WeightedMaze().generate(0, 1, size=20).answer["plan"]) == 22


def test_measured_difficulty_rises_with_the_level() -> None:
    for env in ENVS:
        means = [
            sum(env.generate(seed, level).metadata["measured"] for seed in range(15))
            for level in env.levels
        ]
        assert means == sorted(means)
        assert len(set(means)) == len(means)


def test_loops_make_other_ways() -> None:
    rng = derive_random("loops")
    free = [len(squares(carved(rng, 6, loops), ".")) for loops in (0, 5)]
    assert free == [71, 76]


def test_symmetries_do_not_change_the_duplicate_key() -> None:
    plan = ["#####", "#S.a#", "#.#A#", "#..G#", "#####"]
    turned = ["".join(column)[::-1] for column in zip(*plan, strict=True)]
    swapped = with_marks(plan, {(1, 1): "G", (3, 3): "S"})
    exchanged = {"S": "G", "G": "S"}
    assert canonical_grid(turned) == canonical_grid(plan)
    assert canonical_grid([row[::-1] for row in plan]) == canonical_grid(plan)
    assert canonical_grid(swapped) != canonical_grid(plan)
    assert canonical_grid(swapped, exchanged) == canonical_grid(plan, exchanged)
