"""Saver: the controller's side of a checkpoint that is written while the run goes on.

At a boundary between two steps the workers copy what they hold and begin to write it; the run's own
state is written at once. The next steps are made meanwhile, and at one of the next boundaries, when
every part is on disk, the checkpoint takes its name. One is written at a time: the next waits for
the last. A worker that was replaced while it wrote has lost its part: then the checkpoint is given
up, aloud, and the one before stands.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from assay_datasets import Json
from assay_trainer.checkpoint import Draft, Sums, save_json, sealed
from assay_trainer.crew import Crew
from assay_trainer.supervision import Worker

_STATE = "progress.json"


class Saver:
    """Writes the checkpoints of a run.

    Args:
        crew: the workers.
        root: where checkpoints are kept.
        keep: how many stay.
        say: is told of one that was given up.
    """

    def __init__(self, crew: Crew, root: Path, keep: int, say: Callable[[str], object]) -> None:
        self.crew, self.root, self.keep, self.say = crew, root, keep, say
        self._draft: Draft | None = None
        self._writers: list[Worker] = []
        self._sums: Sums = {}

    def begin(self, name: str, state: Json, *, engine: bool) -> None:
        """Have the workers write their parts of the checkpoint ``name``; the last one is awaited.

        Args:
            name: of the checkpoint.
            state: of the run, as it stands now.
            engine: there are rollouts to save.
        """
        self.finish()
        draft = Draft.begin(self.root, name)
        folder = str(draft.folder)
        copies = [self.crew.learner.save_beside.remote(folder)]
        if engine:
            copies.append(self.crew.engine.save.remote(folder))
        self.crew.get(copies)
        save_json(draft.folder / _STATE, state)
        self._sums = sealed(draft.folder, _STATE)
        self._writers = [self.crew.learner, self.crew.engine] if engine else [self.crew.learner]
        self._draft = draft

    def look(self) -> None:
        """Complete the checkpoint that is being written if all of it is there; never waits."""
        self._complete(wait=False)

    def finish(self) -> None:
        """Wait for the checkpoint that is being written, if any."""
        self._complete(wait=True)

    def _complete(self, *, wait: bool) -> None:
        if self._draft is None:
            return
        parts = self.crew.get([writer.written.remote(wait=wait) for writer in self._writers])
        if any(part is None for part in parts):
            return
        draft, self._draft = self._draft, None
        if not all(parts):
            draft.abandon()
            self.say(f"checkpoint {draft.name} was given up: its writer was replaced meanwhile")
            return
        draft.complete(self._sums | {n: s for part in parts for n, s in part.items()}, self.keep)
