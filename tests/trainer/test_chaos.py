"""One short real run in which every kind of process is killed once; `make chaos` does many.

The plan is fixed; `benchmarks/chaos.py` says what is compared and counted.
"""

from __future__ import annotations

from pathlib import Path

import pytest

from assay_trainer.metrics import read_rows
from benchmarks.chaos import KINDS, Kill, Played, censuses, differences, play, settings_of

pytestmark = pytest.mark.slow

KILLS = [
    Kill("reward", 63, 0.1),  # the first 61 rows are supervised steps and an evaluation
    Kill("engine", 2, 0.2),
    Kill("sandbox", 1, 0.1),
    Kill("learner", 2, 0.2),
    Kill("controller", 3, 0.1),
]


@pytest.fixture(scope="module")
def runs(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("runs")


@pytest.fixture(scope="module")
def whole(runs: Path) -> Path:
    """The run that is left alone."""
    return play(runs, "whole", settings_of("overlap")).run


@pytest.fixture(scope="module")
def killed(runs: Path) -> Played:
    return play(runs, "killed", settings_of("overlap"), KILLS)


def test_a_run_in_which_everything_was_killed_ends_in_the_same_bytes(
    killed: Played, whole: Path
) -> None:
    assert {kill.kind for kill in killed.kills} == set(KINDS), "it ended before all were killed"
    assert differences(killed.run, whole) == []


def test_every_rollout_is_trained_purged_or_held_at_every_checkpoint(
    killed: Played, whole: Path
) -> None:
    counted = censuses(killed.run)
    assert counted == censuses(whole)
    assert len(counted) > 3
    assert counted[-1].trained > 0
    assert counted[-1].held > 0


def test_what_was_lost_is_named(killed: Played) -> None:
    said = " ".join(str(row["event"]) for row in read_rows(killed.run / "events.jsonl"))
    assert "the engine worker died" in said
    assert "the reward worker died" in said
    assert "the learner worker of rank 0 died" in said
    assert "going back to" in said
