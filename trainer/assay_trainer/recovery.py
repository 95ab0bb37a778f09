"""Recovery: a run whose lost worker nobody can replace alone goes back to its last checkpoint.

A learner rank holds what no other process has, so its death, like everything that supervision gives
up on, ends the whole crew. A new crew then goes on from the newest checkpoint, exactly as ``assay
resume`` does; from nothing, where there is none yet.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from assay_trainer.checkpoint import open_checkpoint
from assay_trainer.errors import WorkerLost
from assay_trainer.recovery_config import RecoveryConfig


def until_done(
    attempt: Callable[[Path | None], None],
    root: Path,
    checkpoint: Path | None,
    config: RecoveryConfig,
    say: Callable[[str], object],
) -> None:
    """Call ``attempt`` until it comes to its end, each time from the newest checkpoint.

    Args:
        attempt: plays the run to its end from a checkpoint, or from nothing.
        root: where the run's checkpoints are.
        checkpoint: where to start.
        config: its ``attempts`` bound how often the run returns to the same checkpoint.
        say: is told of every return.

    Raises:
        WorkerLost: of the last attempt, if none brought the run any further.
    """
    tried = 0
    while True:
        try:
            return attempt(checkpoint)
        except WorkerLost as lost:
            newest = open_checkpoint(root, say)
            tried = tried + 1 if newest == checkpoint else 1
            if tried > config.attempts:
                raise
            checkpoint = newest
            where = f"checkpoint {newest.name}" if newest else "the beginning"
            say(f"{lost}: going back to {where} with new workers")
