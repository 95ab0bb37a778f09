"""What is done about workers that die, hang or are slow. Importing it imports no torch."""

from __future__ import annotations

from pydantic import ConfigDict, Field
from pydantic.dataclasses import dataclass


@dataclass(frozen=True, kw_only=True, config=ConfigDict(extra="forbid"))
class RecoveryConfig:
    """The bounds of waiting and of trying again.

    Attributes:
        slow_s: seconds after which a worker that has not answered is reported as slow.
        patience_s: seconds after which it counts as hung and is replaced; longer than the longest
            call (a learner's step, the verdicts of an iteration) takes on this host. Ranks of a
            learner wait half as long for one another, so that the one that hangs can be named.
        attempts: replacements in one step, asking again for a verdict whose sandbox failed, and
            returns to the same checkpoint: how often each is tried.
    """

    slow_s: float = Field(default=60.0, gt=0)
    patience_s: float = Field(default=900.0, gt=0)
    attempts: int = Field(default=3, gt=0)
