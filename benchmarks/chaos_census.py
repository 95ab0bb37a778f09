"""Census: where every rollout and token of a training run is at its checkpoints.

Counted from what the checkpoint says, from the trajectories in it and from the run's rows, which
must agree. `chaos.py` takes it of runs in which processes were killed.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from assay_trainer.checkpoint import checkpoints
from assay_trainer.metrics import read_rows


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
        - sum(sum(row.get("passed_over", {}).values()) for row in past)
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


def censuses(run: Path) -> list[Census]:
    """Of every RL checkpoint of a run of the recipe ``spark``."""
    rows = read_rows(run / "metrics.jsonl")
    found = [path for path in checkpoints(run / "checkpoints") if path.name.startswith("rl-")]
    return [census(path, rows, group_size=8) for path in found]
