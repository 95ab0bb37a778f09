"""Events: what happened to a run besides its steps, told at once and kept.

Workers that were slow or replaced, checkpoints that were corrupt or given up, returns to a
checkpoint. Unlike the rows of metrics.jsonl, events are never cut back: they say what this run has
been through, whichever checkpoint it goes on from.
"""

from __future__ import annotations

import datetime
from collections.abc import Callable
from pathlib import Path

from assay_trainer.metrics import MetricsWriter


class Events:
    """The events of one run.

    Args:
        path: of events.jsonl, made with the first event.
        note: shows a line to whoever looks on.
    """

    def __init__(self, path: Path, note: Callable[[str], object]) -> None:
        self.path = path
        self.note = note

    def say(self, text: str) -> None:
        """Something happened now."""
        self.note(text)
        writer = MetricsWriter(self.path)
        writer.write({"time": datetime.datetime.now(datetime.UTC).isoformat(), "event": text})
        writer.close()
