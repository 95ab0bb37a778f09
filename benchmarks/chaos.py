"""Chaos: workers and controllers of real training runs are killed (-9) at random moments.

    make chaos ARGS="--rounds 20"        writes docs/results/chaos.md

Each round draws a mode (synchronous or overlapped), victims and moments from its seed, plays a
short run of the recipe ``spark`` (code in a sandbox included) and kills one process after another:

    controller   the run is gone; `resume` goes on from its newest checkpoint
    engine       replaced; its partial rollouts go on
    learner      the run goes back to its newest checkpoint by itself
    reward       replaced; its verdicts are asked for again
    sandbox      a program, or a wall around it; the verdict is asked for again

An engine, learner or reward worker may be stopped (SIGSTOP) instead: it hangs until its run gives
it up, after ``recovery.patience_s``.

Then it compares with the same run left alone. Weights and rows must be equal byte by byte (this is
the deterministic mode), and in every checkpoint every rollout and token that was ever begun must be
trained, purged or held: `census`.

The moments are drawn, but how far a process has come by then is up to the machine: a seed repeats
the plan of a round and not its every interleaving.
"""

from __future__ import annotations

import argparse
import json
import os
import random
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import psutil

from assay_trainer.checkpoint import checkpoints
from assay_trainer.metrics import read_rows

KINDS = ("engine", "reward", "sandbox", "learner", "controller")
RESULTS = Path(__file__).parents[1] / "docs" / "results" / "chaos.md"
SETTINGS = (
    "model.hidden=32",
    "model.experts=4",
    "model.expert_hidden=32",
    "sft.steps=60",
    "rl.steps=16",
    "rl.optim.warmup_steps=1",
    "rl.scheduler.infer_capacity=48",
    "rl.scheduler.budget_tokens=900",
    "rl.scheduler.retention=2",
    "engine.slots=48",
    "engine.ticks_per_call=4",
    "engine.threads=1",
    "learner.threads=1",
    "evaluation.tasks=2",
    "evaluation.samples=1",
    "checkpoint_every=3",
    "keep_checkpoints=99",
    "recovery.patience_s=60",
)
_TITLES = {"engine": "ray::EngineWorker", "learner": "ray::LearnerWorker"}
_REWARD = "ray::RewardWorker"
_HANGABLE = ("engine", "learner", "reward")
_HANGS = 0.15  # share of their kills; each costs ``patience_s``
_TIMES = {"seconds", "tokens_per_s", "tokens_trained_per_s", "sandbox"}
_PATIENCE_S = 600.0


@dataclass(frozen=True)
class Kill:
    """One kill.

    Attributes:
        kind: of process.
        after_rows: how many rows the run logs first, counted from the kill before.
        after_s: seconds from the last of them, so that it strikes in the middle of something.
        hang: stop the process instead.
    """

    kind: str
    after_rows: int
    after_s: float
    hang: bool = False

    def __str__(self) -> str:
        return f"{self.kind} (hung)" if self.hang else self.kind


@dataclass
class Played:
    """What became of a run: its directory, the kills that were made, and the seconds it took."""

    run: Path
    kills: list[Kill] = field(default_factory=list)
    seconds: float = 0.0


def play(runs: Path, name: str, settings: Sequence[str], kills: Sequence[Kill] = ()) -> Played:
    """Train to the end, killing on the way and resuming where the controller was the victim."""
    started = time.monotonic()
    played = Played(runs / name)
    controller = _train(runs, name, settings)
    try:
        for kill in kills:
            if not _kill(controller, played.run, kill):
                break
            played.kills.append(kill)
            if kill.kind == "controller":
                controller = _resume(played.run, runs, name, settings)
        if controller.wait(_PATIENCE_S) != 0:
            raise RuntimeError(f"{played.run} failed: {_log(played.run).read_text()[-3000:]}")
    finally:
        _end(controller)
    played.seconds = time.monotonic() - started
    return played


def _train(runs: Path, name: str, settings: Sequence[str]) -> subprocess.Popen[bytes]:
    program = "from assay_trainer.api import train; "
    program += (
        f"train('spark', name={name!r}, overrides={tuple(settings)!r}, runs_dir={str(runs)!r})"
    )
    return _controller(program, runs / name)


def _resume(run: Path, runs: Path, name: str, settings: Sequence[str]) -> subprocess.Popen[bytes]:
    if checkpoints(run / "checkpoints"):
        program = f"from assay_trainer.api import resume; resume({str(run)!r})"
        return _controller(program, run)
    shutil.rmtree(run)  # killed before its first checkpoint: `resume` says so, a person starts anew
    return _train(runs, name, settings)


def _controller(program: str, run: Path) -> subprocess.Popen[bytes]:
    with _log(run).open("ab") as log:
        return subprocess.Popen(
            [sys.executable, "-c", program], stdout=log, stderr=log, start_new_session=True
        )


def _log(run: Path) -> Path:
    return run.with_name(f"{run.name}.log")


def _kill(controller: subprocess.Popen[bytes], run: Path, kill: Kill) -> bool:
    """Kill when the run has come so far; False if it came to its end before."""
    if not _moved(controller, run / "metrics.jsonl", kill.after_rows):
        return False
    time.sleep(kill.after_s)
    deadline = time.monotonic() + _PATIENCE_S
    while time.monotonic() < deadline:
        if controller.poll() is not None:
            return False
        if kill.kind == "controller":
            _end(controller)
            return True
        if victims := list(_victims(controller.pid, kill.kind)):
            os.kill(victims[-1].pid, signal.SIGSTOP if kill.hang else signal.SIGKILL)
            return True
        time.sleep(0.01)  # it is being replaced, or nothing runs in a sandbox just now
    raise TimeoutError(f"no {kill.kind} to kill in {_PATIENCE_S:g} s")


def _moved(controller: subprocess.Popen[bytes], metrics: Path, rows: int) -> bool:
    """Wait until the run has logged so many more rows; False if it ends."""
    last, left = _rows(metrics), rows
    deadline = time.monotonic() + _PATIENCE_S
    while left > 0:
        if controller.poll() is not None:
            return False
        if time.monotonic() > deadline:
            raise TimeoutError(f"{metrics} did not grow in {_PATIENCE_S:g} s")
        time.sleep(0.02)
        last, before = _rows(metrics), last
        left -= max(0, last - before)  # it shrinks when the run goes back
    return True


def _rows(metrics: Path) -> int:
    return metrics.read_bytes().count(b"\n") if metrics.exists() else 0


def _victims(controller: int, kind: str) -> Iterator[psutil.Process]:
    """The living processes of that kind under a controller."""
    for process in _below(controller):
        title = _title(process)
        if kind == "sandbox" and title.startswith(_REWARD):
            yield from process.children(recursive=True)
        if title.startswith(_TITLES.get(kind, _REWARD if kind == "reward" else "\0")):
            yield process


def _below(pid: int) -> list[psutil.Process]:
    try:
        return psutil.Process(pid).children(recursive=True)
    except psutil.NoSuchProcess:
        return []


def _title(process: psutil.Process) -> str:
    try:
        return " ".join(process.cmdline())
    except psutil.Error:
        return ""


def _end(controller: subprocess.Popen[bytes]) -> None:
    """Kill a controller, then whatever of its processes has not followed it of itself."""
    below = _below(controller.pid)
    controller.kill()
    controller.wait()
    _, left = psutil.wait_procs(below, timeout=20)
    for process in left:
        process.kill()


# What must hold


@dataclass(frozen=True)
class Census:
    """Where the rollouts of a run are at a checkpoint: ``begun`` = the sum of the others.

    Attributes:
        begun: admitted, each new attempt of a requeued group counted again.
        trained: released for training, the batch that waits in overlap mode included.
        purged: thrown away by the scheduler.
        held: unfinished, or finished and waiting.
        tokens: policy tokens of all of them.
    """

    begun: int
    trained: int
    purged: int
    held: int
    tokens: int


def census(checkpoint: Path, rows: Sequence[dict[str, Any]], group_size: int) -> Census:
    """Count a checkpoint's rollouts from its scheduler, from its trajectories and from the rows.

    Args:
        checkpoint: of the RL stage.
        rows: of the run's metrics.jsonl.
        group_size: rollouts of a prompt.

    Raises:
        AssertionError: a rollout or a token is missing, or counted twice.
    """
    progress = json.loads((checkpoint / "progress.json").read_text())
    trajectories = json.loads((checkpoint / "rollouts.json").read_text())
    scheduler, ahead = progress["pipeline"]["rollouts"]["scheduler"], progress["pipeline"]["ahead"]
    past = [r for r in rows if r["stage"] == "rl" and r["step"] <= progress["place"]["step"]]
    ends = [ahead["end"]] if ahead else []
    waiting = [g for end in ends for group in end["released"] for g in group["rollouts"]]
    held = dict(_held(scheduler))
    begun = group_size * (
        scheduler["next_group"]
        + sum(r["requeued"] for r in past + ends)
        - len(scheduler["waiting"])
    )
    trained = sum(sum(row["retention"].values()) for row in past) + len(waiting)
    purged = sum(row["purged"] for row in past + ends)
    assert begun == trained + purged + len(held), (begun, trained, purged, len(held))
    assert trained == scheduler["trained"]["rollouts"]
    assert purged == scheduler["purged"]["rollouts"]
    waiting_uids = {f"{g['group']}.{g['index']}.{g['attempt']}" for g in waiting}
    assert trajectories.keys() == held.keys() | waiting_uids
    for uid, tokens in held.items():
        _check_trajectory(trajectories[uid]["trajectory"], tokens)
    generated = [row["tokens_generated"] for row in past] + [
        end["generated_tokens"] for end in ends
    ]
    counted = scheduler["trained"]["tokens"] + scheduler["purged"]["tokens"] + sum(held.values())
    assert sum(generated) == counted, (sum(generated), counted)
    return Census(begun, trained, purged, len(held), counted)


def _held(scheduler: dict[str, Any]) -> Iterator[tuple[str, int]]:
    """Name and policy tokens of every rollout that is neither trained nor purged."""
    for group in scheduler["groups"]:
        for index, rollout in enumerate(group["rollouts"]):
            if rollout["state"] != "trained":
                yield f"{group['number']}.{index}.{group['attempt']}", rollout["tokens"]


def _check_trajectory(trajectory: dict[str, list[Any]], tokens: int) -> None:
    """It has the tokens that the scheduler counted, each with log-prob and version."""
    assert sum(trajectory["policy"]) == tokens
    assert len({len(column) for column in trajectory.values()}) == 1
    written = [
        v for v, own in zip(trajectory["versions"], trajectory["policy"], strict=True) if own
    ]
    assert written == sorted(written)
    assert all(v >= 0 for v in written)


def differences(run: Path, whole: Path) -> list[str]:
    """What of a run is not as in the one that was left alone; nothing is what must come out."""
    found = []
    weights = [(r / "model" / "model.safetensors").read_bytes() for r in (run, whole)]
    if weights[0] != weights[1]:
        found.append("weights")
    rows = [[_timeless(row) for row in read_rows(r / "metrics.jsonl")] for r in (run, whole)]
    if rows[0] != rows[1]:
        found.append("rows")
    return found


def _timeless(row: dict[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in row.items() if name not in _TIMES}


def censuses(run: Path) -> list[Census]:
    """Of every RL checkpoint of a run of the recipe ``spark``."""
    rows = read_rows(run / "metrics.jsonl")
    found = [path for path in checkpoints(run / "checkpoints") if path.name.startswith("rl-")]
    return [census(path, rows, group_size=8) for path in found]


# Many rounds


@dataclass(frozen=True)
class Round:
    """A round's plan and outcome."""

    seed: int
    mode: str
    kills: list[Kill]
    events: int
    censuses: list[Census]
    different: list[str]
    seconds: float


def plan(seed: int, kills: int) -> tuple[str, list[Kill]]:
    """Mode and kills of a round."""
    rng = random.Random(seed)  # noqa: S311 - a plan, not a secret
    mode = rng.choice(["sync", "overlap"])
    kinds = [rng.choice(KINDS) for _ in range(kills)]
    hangs = [rng.random() < _HANGS and kind in _HANGABLE for kind in kinds]
    rows = [rng.randint(1, 78 // kills) for _ in kinds]
    after = [rng.uniform(0, 0.6) for _ in kinds]
    return mode, [Kill(*each) for each in zip(kinds, rows, after, hangs, strict=True)]


def settings_of(mode: str) -> tuple[str, ...]:
    return (*SETTINGS, f"rl.scheduler.overlap={str(mode == 'overlap').lower()}")


def play_round(runs: Path, seed: int, kills: int) -> Round:
    """One round; the run that is left alone is played once for each mode."""
    mode, planned = plan(seed, kills)
    whole = runs / f"whole-{mode}"
    if not (whole / "model").exists():
        play(runs, whole.name, settings_of(mode))
    played = play(runs, f"round-{seed}", settings_of(mode), planned)
    events = read_rows(played.run / "events.jsonl")
    outcome = differences(played.run, whole)
    counted = censuses(played.run)
    shutil.rmtree(played.run)
    return Round(seed, mode, played.kills, len(events), counted, outcome, played.seconds)


def report(rounds: Sequence[Round]) -> str:
    """docs/results/chaos.md."""
    killed = Counter(kill.kind for each in rounds for kill in each.kills)
    hung = sum(kill.hang for each in rounds for kill in each.kills)
    counted = [each.censuses[-1] for each in rounds]
    same = sum(not each.different for each in rounds)
    lines = [
        "# Chaos: what is killed (-9) in a training run, and what that changes",
        "",
        "Written by `make chaos`; `benchmarks/chaos.py` says what a round is. Recovery itself is "
        "described in [recovery](../recovery.md).",
        "",
        f"{len(rounds)} rounds, {sum(killed.values())} kills: "
        + ", ".join(f"{killed[kind]} × {kind}" for kind in KINDS)
        + f"; {hung} of them hung instead. {same} of {len(rounds)} runs ended in the weights and "
        "rows of the run left alone, byte by byte. In every checkpoint of every run, every rollout "
        "begun was trained, purged or held, and every token counted once; the last checkpoint of "
        "each is in the table.",
        "",
        "| seed | mode | killed | events | checkpoints | begun | trained | purged | held | tokens "
        "| differs | s |",
        "|--:|---|---|--:|--:|--:|--:|--:|--:|--:|---|--:|",
    ]
    for each, last in zip(rounds, counted, strict=True):
        lines.append(
            f"| {each.seed} | {each.mode} | {', '.join(map(str, each.kills))} | {each.events} "
            f"| {len(each.censuses)} | {last.begun} | {last.trained} | {last.purged} | {last.held} "
            f"| {last.tokens} | {', '.join(each.different) or 'nothing'} | {each.seconds:.0f} |"
        )
    return "\n".join(lines) + "\n"


def main() -> int:
    parser = argparse.ArgumentParser(description="Kill what trains, and count what is left.")
    parser.add_argument("--rounds", type=int, default=20)
    parser.add_argument("--kills", type=int, default=4, help="in each round")
    parser.add_argument("--seed", type=int, default=0, help="of the first round")
    parser.add_argument("--write", action="store_true", help=f"write {RESULTS.name}")
    args = parser.parse_args()
    rounds: list[Round] = []
    with tempfile.TemporaryDirectory() as folder:
        for seed in range(args.seed, args.seed + args.rounds):
            rounds.append(play_round(Path(folder), seed, args.kills))
            last = rounds[-1]
            told = ", ".join(last.different) or "nothing differs"
            kills = ", ".join(map(str, last.kills))
            print(f"seed {seed} {last.mode}: {kills}: {told}, {last.seconds:.0f} s", flush=True)
            if args.write:
                RESULTS.write_text(report(rounds), encoding="utf-8")
    return int(any(each.different for each in rounds))


if __name__ == "__main__":
    sys.exit(main())
