"""Chaos: workers and controllers of real training runs are killed (-9) at random moments.

    make chaos ARGS="--rounds 6"        writes docs/results/chaos.md

A run of the recipe ``spark`` (code in a sandbox included) is left alone, in each mode, synchronous
and overlapped. A round takes it back to where its RL stage began, goes on from there, and on the
way kills one process after another:

    controller   the run is gone; `resume` goes on from its newest checkpoint, or from the one
                 before where the newest is torn as well
    engine       replaced; its partial rollouts go on
    learner      the run goes back to its newest checkpoint by itself
    reward       replaced; its verdicts are asked for again
    sandbox      a program, or a wall around it; the verdict is asked for again

An engine, learner or reward worker may be stopped (SIGSTOP) instead: it hangs until its run gives
it up, after ``recovery.patience_s``. Victims are dealt like cards, so that six rounds are a whole
deck in each mode; moments are drawn.

Then it compares with the run left alone, which must have trained (its gradients are not zero).
Weights, rows and samples must be equal byte by byte (this is the deterministic mode); in every
checkpoint every rollout and token that was ever begun must be trained, purged or held: `census`;
and no process, control group or folder may outlive the run.

How far a process has come at a moment is up to the machine: a seed repeats the plan of a round and
not its every interleaving.
"""

from __future__ import annotations

import argparse
import enum
import os
import random
import re
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from glob import glob
from pathlib import Path
from typing import Any

import psutil

from assay_trainer.checkpoint import checkpoints
from assay_trainer.config import apply_overrides, resolve, to_table
from assay_trainer.metrics import read_rows
from assay_trainer.rundir import RunDir
from benchmarks.chaos_census import Census, censuses

KINDS = ("engine", "reward", "sandbox", "learner", "controller")
RESULTS = Path(__file__).parents[1] / "docs" / "results" / "chaos.md"
MODES = ("sync", "overlap")
SETTINGS = (
    "sft.steps=120",
    "rl.steps=12",
    "rl.optim.warmup_steps=1",
    "rl.scheduler.infer_capacity=96",
    "rl.scheduler.budget_tokens=1500",
    "rl.scheduler.retention=2",
    "engine.slots=64",
    "engine.ticks_per_call=4",
    "learner.threads=1",
    "evaluation.tasks=2",
    "evaluation.samples=1",
    "checkpoint_every=3",
    "keep_checkpoints=99",
    "recovery.patience_s=60",
)
BEGIN = "rl-000000"
"""The checkpoint that rounds begin at."""
_SUPERVISED = "sft-000108"
"""The checkpoint that a mode takes over from the other."""

_TITLES = {"engine": "ray::EngineWorker", "learner": "ray::LearnerWorker"}
_REWARD = "ray::RewardWorker"
_TIMES = {"seconds", "tokens_per_s", "tokens_trained_per_s", "train_seconds", "sandbox"}
_PATIENCE_S = 600.0
_GRACE_S = 90.0
"""In which what belonged to a dead process must be gone. Ray's agents outlive a killed controller
by a minute: they look for their GCS, which died with it, to tell it that the raylet has died."""


class Manner(enum.StrEnum):
    """How a victim is dealt with."""

    KILLED = "killed"
    HUNG = "hung"  # SIGSTOP
    TORN = "torn"  # killed, and the newest checkpoint loses its end


@dataclass(frozen=True)
class Kill:
    """One kill.

    Attributes:
        kind: of process.
        after_rows: how many rows the run logs first, counted from the kill before.
        after_s: seconds from the last of them, so that it strikes in the middle of something.
        manner: of it.
    """

    kind: str
    after_rows: int
    after_s: float
    manner: Manner = Manner.KILLED

    def __str__(self) -> str:
        return self.kind if self.manner is Manner.KILLED else f"{self.kind} ({self.manner})"


@dataclass
class Played:
    """What became of a run.

    Attributes:
        run: its directory.
        kills: those that were made before it came to its end.
        seconds: it took.
        left: what outlived it: processes, control groups, folders.
    """

    run: Path
    kills: list[Kill] = field(default_factory=list)
    seconds: float = 0.0
    left: list[str] = field(default_factory=list)


def leave_alone(runs: Path, mode: str) -> Path:
    """The run in that mode that nothing is killed in, played if it is not there yet.

    The supervised stage is the same in all modes, so the first mode's is taken over.

    Raises:
        RuntimeError: it failed, or most of its updates had a gradient of zero.
    """
    run, first = runs / f"whole-{mode}", runs / f"whole-{MODES[0]}"
    if (run / "model").exists():
        return run
    settings = (*SETTINGS, f"rl.scheduler.overlap={str(mode == 'overlap').lower()}")
    if run == first:
        program = "from assay_trainer.api import train; "
        program += f"train('spark', name={run.name!r}, overrides={settings!r}, "
        _finish(_controller(program + f"runs_dir={str(runs)!r})", run), run)
    else:
        rewind(leave_alone(runs, MODES[0]), run, _SUPERVISED)
        folder = RunDir.open(run)
        config = resolve(apply_overrides(folder.read_config(), settings))
        folder.write_config(to_table(config))
        _finish(_resume(run), run)
    norms = gradients(run)
    if sum(norm > 0 for norm in norms) <= len(norms) / 2:
        raise RuntimeError(f"{run} does not train, its gradients are {norms}: it proves nothing")
    return run


def _finish(controller: subprocess.Popen[bytes], run: Path) -> None:
    seen: set[psutil.Process] = set()
    try:
        _wait(controller, run, seen)
    finally:
        _end(controller, seen)


def gradients(run: Path) -> list[float]:
    """The gradient's norm at every RL step of a run."""
    rows = read_rows(run / "metrics.jsonl")
    return [row.get("grad_norm", 0.0) for row in rows if row["stage"] == "rl"]


def replay(whole: Path, run: Path, begin: str, kills: Sequence[Kill]) -> Played:
    """Take a copy of a run back to its checkpoint ``begin``; resume it, killing on the way."""
    rewind(whole, run, begin)
    started = time.monotonic()
    played = Played(run)
    seen: set[psutil.Process] = set()
    controller = _resume(run)
    try:
        for kill in kills:
            if not _kill(controller, run, kill, seen):
                break
            played.kills.append(kill)
            if kill.kind == "controller":
                controller = _resume(run)
        _wait(controller, run, seen)
        played.left = _left(seen)
    finally:
        _end(controller, seen)
    played.seconds = time.monotonic() - started
    return played


def rewind(whole: Path, run: Path, begin: str) -> None:
    """Copy a run as it stood on disk at a checkpoint, later rows still in its logs."""
    shutil.copytree(whole, run)
    shutil.rmtree(run / "model")
    (run / "events.jsonl").unlink(missing_ok=True)
    found = checkpoints(run / "checkpoints")
    for checkpoint in found[[path.name for path in found].index(begin) + 1 :]:
        shutil.rmtree(checkpoint)


def _resume(run: Path) -> subprocess.Popen[bytes]:
    return _controller(f"from assay_trainer.api import resume; resume({str(run)!r})", run)


def _controller(program: str, run: Path) -> subprocess.Popen[bytes]:
    with _log(run).open("ab") as log:
        return subprocess.Popen(
            [sys.executable, "-c", program], stdout=log, stderr=log, start_new_session=True
        )


def _wait(controller: subprocess.Popen[bytes], run: Path, seen: set[psutil.Process]) -> None:
    """Wait for the end of a run; ``seen`` is told of its processes."""
    deadline = time.monotonic() + _PATIENCE_S
    while controller.poll() is None and time.monotonic() < deadline:
        seen.update(_below(controller.pid))
        time.sleep(0.2)
    if controller.poll() != 0:
        raise RuntimeError(f"{run} failed: {_log(run).read_text()[-3000:]}")


def _log(run: Path) -> Path:
    return run.with_name(f"{run.name}.log")


def _kill(
    controller: subprocess.Popen[bytes], run: Path, kill: Kill, seen: set[psutil.Process]
) -> bool:
    """Kill when the run has come so far; False if it came to its end before.

    ``seen`` is told of every process that the run had then.
    """
    if not _moved(controller, run / "metrics.jsonl", kill.after_rows):
        return False
    time.sleep(kill.after_s)
    deadline = time.monotonic() + _PATIENCE_S
    while time.monotonic() < deadline:
        if controller.poll() is not None:
            return False
        seen.update(_below(controller.pid))
        if kill.kind == "controller":
            controller.kill()
            controller.wait()
            if kill.manner is Manner.TORN:
                _tear(checkpoints(run / "checkpoints")[-1] / "optimiser.pt")
            return True
        if victims := list(_victims(controller.pid, kill.kind)):
            hangs = kill.manner is Manner.HUNG
            os.kill(victims[-1].pid, signal.SIGSTOP if hangs else signal.SIGKILL)
            return True
        time.sleep(0.01)  # it is being replaced, or nothing runs in a sandbox just now
    raise TimeoutError(f"no {kill.kind} to kill in {_PATIENCE_S:g} s")


def _tear(file: Path) -> None:
    os.truncate(file, file.stat().st_size // 2)


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


def _left(seen: set[psutil.Process]) -> list[str]:
    """What of the processes of a run that has ended is still there, or what they left behind."""
    _, living = psutil.wait_procs(seen, timeout=_GRACE_S)
    owners = {process.pid for process in seen}
    places = [Path(tempfile.gettempdir()), *map(Path, glob("/sys/fs/cgroup/**/", recursive=True))]
    folders = [path for place in places for path in place.glob("assay-*")]
    mine = [path for path in folders if _owner(path.name) in owners]
    return [_title(process) for process in living] + [str(path) for path in mine]


def _owner(name: str) -> int | None:
    """The process after which a sandbox's folder or group, ``assay-<namespace>-<pid>-...``, is
    called; None for what is no sandbox's."""
    found = re.fullmatch(r"assay-\d+-(\d+)-.+", name)
    return int(found[1]) if found else None


def _end(controller: subprocess.Popen[bytes], seen: set[psutil.Process]) -> None:
    """Kill whatever of a run is left."""
    seen.update(_below(controller.pid))
    controller.kill()
    controller.wait()
    for process in seen:
        with suppress(psutil.NoSuchProcess):
            process.kill()


def differences(run: Path, whole: Path) -> list[str]:
    """What of a run is not as in the one that was left alone; nothing is what must come out."""
    found = []
    weights = [(r / "model" / "model.safetensors").read_bytes() for r in (run, whole)]
    if weights[0] != weights[1]:
        found.append("weights")
    rows = [[_timeless(row) for row in read_rows(r / "metrics.jsonl")] for r in (run, whole)]
    if rows[0] != rows[1]:
        found.append("rows")
    samples = [[_judged(row) for row in read_rows(r / "samples.jsonl")] for r in (run, whole)]
    if samples[0] != samples[1]:
        found.append("samples")
    return found


def _timeless(row: dict[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in row.items() if name not in _TIMES}


def _judged(row: dict[str, Any]) -> dict[str, Any]:
    """A sample without the seconds that judging it took."""
    return {**row, "verdict": row["verdict"]["reason"]}


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
    left: list[str]
    seconds: float

    @property
    def failed(self) -> bool:
        return bool(self.different or self.left)


_KILLS = 4  # in a round
_DECK = (
    *(("engine", Manner.KILLED),) * 2,
    *(("learner", Manner.KILLED),) * 2,
    *(("sandbox", Manner.KILLED),) * 2,
    ("reward", Manner.KILLED),
    ("controller", Manner.KILLED),
    ("controller", Manner.TORN),
    ("engine", Manner.HUNG),
    ("learner", Manner.HUNG),
    ("reward", Manner.HUNG),
)


def plan(seed: int) -> tuple[str, list[Kill]]:
    """Mode and kills of a round."""
    mode, turn = MODES[seed % len(MODES)], seed // len(MODES)
    pack, hand = divmod(turn, len(_DECK) // _KILLS)
    deck = list(_DECK)
    random.Random(f"{mode} {pack}").shuffle(deck)  # noqa: S311 - a plan, not a secret
    rng = random.Random(seed)  # noqa: S311
    dealt = deck[hand * _KILLS : (hand + 1) * _KILLS]
    return mode, [
        Kill(kind, rng.randint(1, 12 // _KILLS), rng.uniform(0, 1.0), manner)
        for kind, manner in dealt
    ]


def play_round(runs: Path, seed: int) -> Round:
    """One round; the run that is left alone is played once for each mode."""
    mode, planned = plan(seed)
    whole = leave_alone(runs, mode)
    played = replay(whole, runs / f"round-{seed}", BEGIN, planned)
    events = read_rows(played.run / "events.jsonl")
    outcome = differences(played.run, whole)
    counted = censuses(played.run)
    if not outcome:
        shutil.rmtree(played.run)
    return Round(
        seed, mode, played.kills, len(events), counted, outcome, played.left, played.seconds
    )


def report(rounds: Sequence[Round], gradient: Mapping[str, Sequence[float]]) -> str:
    """docs/results/chaos.md, from the rounds and the gradients of the runs left alone, by mode."""
    killed = Counter(str(kill) for each in rounds for kill in each.kills)
    same = sum(not each.different for each in rounds)
    clean = sum(not each.left for each in rounds)
    trained = ", ".join(
        f"{sum(norm > 0 for norm in norms)} of {len(norms)} steps ({mode}; largest "
        f"{max(norms):.2f})"
        for mode, norms in gradient.items()
    )
    lines = [
        "# Chaos: what is killed (-9) in a training run, and what that changes",
        "",
        "Written by `make chaos`; `benchmarks/chaos.py` says what a round is. Recovery itself is "
        "described in [recovery](../recovery.md).",
        "",
        f"{len(rounds)} rounds, {sum(killed.values())} kills: "
        + ", ".join(f"{count} × {what}" for what, count in sorted(killed.items()))
        + ". *Hung* is SIGSTOP; *torn* is a controller killed, and half of the newest checkpoint's "
        f"optimiser cut off. {same} of {len(rounds)} runs ended in the weights, rows and samples "
        "of the run left alone, byte by byte. In every checkpoint, every rollout begun was "
        "trained, purged or held, and every token counted once; the last checkpoint of each is in "
        f"the table. {clean} of {len(rounds)} left nothing behind: no process, no control group, "
        f"no folder. The runs left alone do train: their gradient was not zero in {trained}. A "
        "victim that is not missed before the next kill takes the whole run leaves no event.",
        "",
        "| seed | mode | killed | events | checkpoints | begun | trained | purged | held | tokens "
        "| differs | left | s |",
        "|--:|---|---|--:|--:|--:|--:|--:|--:|--:|---|---|--:|",
    ]
    for each in rounds:
        last = each.censuses[-1]
        lines.append(
            f"| {each.seed} | {each.mode} | {', '.join(map(str, each.kills))} | {each.events} "
            f"| {len(each.censuses)} | {last.begun} | {last.trained} | {last.purged} | {last.held} "
            f"| {last.tokens} | {', '.join(each.different) or 'nothing'} "
            f"| {', '.join(each.left) or 'nothing'} | {each.seconds:.0f} |"
        )
    return "\n".join(lines) + "\n"


def main() -> int:
    parser = argparse.ArgumentParser(description="Kill what trains, and count what is left.")
    parser.add_argument("--rounds", type=int, default=12)
    parser.add_argument("--seed", type=int, default=0, help="of the first round")
    parser.add_argument("--folder", type=Path, help="keep the runs there; by default nothing stays")
    parser.add_argument("--write", action="store_true", help=f"write {RESULTS.name}")
    args = parser.parse_args()
    with tempfile.TemporaryDirectory() as scratch:
        rounds = _rounds(args.folder or Path(scratch), args.seed, args.rounds, write=args.write)
    return int(any(each.failed for each in rounds))


def _rounds(runs: Path, first: int, count: int, *, write: bool) -> list[Round]:
    runs.mkdir(parents=True, exist_ok=True)
    rounds: list[Round] = []
    for seed in range(first, first + count):
        rounds.append(last := play_round(runs, seed))
        kills, told = ", ".join(map(str, last.kills)), ", ".join(last.different) or "nothing"
        left = f"left behind: {last.left}, " if last.left else ""
        print(
            f"seed {seed} {last.mode}: {kills}: {told} differs, {left}{last.seconds:.0f} s",
            flush=True,
        )
        if write:
            wholes = {mode: runs / f"whole-{mode}" for mode in MODES}
            found = {mode: gradients(run) for mode, run in wholes.items() if run.exists()}
            RESULTS.write_text(report(rounds, found), encoding="utf-8")
    return rounds


if __name__ == "__main__":
    sys.exit(main())
