"""One short real run in which every kind of process is killed once; `make chaos` does many.

It starts again from a checkpoint of the run that was left alone (``finished``, in conftest.py), and
must come to the same end. The plan is fixed; `benchmarks/chaos.py` says what is compared.
"""

from __future__ import annotations

from collections import Counter
from pathlib import Path

import pytest

from assay_trainer.metrics import read_rows
from benchmarks.chaos import (
    KINDS,
    MODES,
    Kill,
    Manner,
    Played,
    differences,
    gradients,
    plan,
    replay,
)
from benchmarks.chaos_census import censuses

BEGIN = "rl-000000"
KILLS = [
    Kill("engine", 1, 0.2),
    Kill("reward", 1, 0.1),
    Kill("sandbox", 1, 0.1),
    Kill("learner", 1, 0.2),
    Kill("controller", 2, 0.1, Manner.TORN),
]


@pytest.fixture(scope="module")
def killed(finished: Path, tmp_path_factory: pytest.TempPathFactory) -> Played:
    return replay(finished, tmp_path_factory.mktemp("killed") / "run", BEGIN, KILLS)


@pytest.mark.slow
def test_a_run_in_which_everything_was_killed_ends_in_the_same_bytes(
    killed: Played, finished: Path
) -> None:
    assert any(gradients(finished)), "a run that learns nothing proves nothing"
    assert {kill.kind for kill in killed.kills} == set(KINDS), "it ended before all were killed"
    assert differences(killed.run, finished) == []


@pytest.mark.slow
def test_every_rollout_is_trained_purged_or_held_at_every_checkpoint(
    killed: Played, finished: Path
) -> None:
    counted = censuses(killed.run)
    assert counted == censuses(finished)
    assert len(counted) > 3
    assert counted[-1].trained > 0
    assert counted[-1].held > 0


@pytest.mark.slow
def test_what_was_lost_is_named(killed: Played) -> None:
    said = " ".join(str(row["event"]) for row in read_rows(killed.run / "events.jsonl"))
    assert "the engine worker died" in said
    assert "the reward worker died" in said
    assert "the learner worker died" in said
    assert "going back to" in said
    assert "is corrupt (optimiser.pt does not match its SHA-256): going on from the one" in said


@pytest.mark.slow
def test_nothing_outlives_the_run(killed: Played) -> None:
    assert killed.left == []


def test_six_rounds_deal_every_victim_in_both_modes() -> None:
    dealt: dict[str, Counter[str]] = {mode: Counter() for mode in MODES}
    for seed in range(6):
        mode, kills = plan(seed)
        dealt[mode].update(map(str, kills))
    assert dealt["sync"] == dealt["overlap"]
    hangs = {"engine (hung)", "learner (hung)", "reward (hung)"}
    assert dealt["sync"].keys() == {*KINDS, *hangs, "controller (torn)"}
