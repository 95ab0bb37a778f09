"""Waiting for a worker's verdict under a deadline, and who is to blame when it does not come.

A comparison may take its own limit, and a third of the deadline at most, so that a new child and a
verdict on who was to blame still fit. If the deadline passes all the same, a response whose
comparison had already been late was too costly; one that got no turn, or whose worker was slow to
start, is undecided.
"""

from __future__ import annotations

import asyncio
from concurrent.futures import Future

from assay_verifiers.verdict import Verdict
from assay_verifiers.workers import WorkerDeadline, was_late


def limit_within(deadline_s: float, limit_s: float) -> float:
    """Seconds that one comparison may take."""
    return min(limit_s, deadline_s / 3)


async def verdict_by(asked: Future[Verdict], deadline_s: float) -> Verdict:
    """The verdict that a pool was asked for, within ``deadline_s`` seconds from now."""
    try:
        return await asyncio.wait_for(asyncio.wrap_future(asked), deadline_s)
    except (WorkerDeadline, TimeoutError):
        if was_late(asked):
            return Verdict.incorrect("too_costly")
        return Verdict.undecided("deadline")
