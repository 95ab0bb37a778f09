"""Batches of lines into verdict lines: which lane each goes, and what becomes of it there."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack

from assay.serve.callers import Caller
from assay.serve.crews import Lanes
from assay.serve.errors import Late, NotFound, Refused, ServiceError
from assay.serve.lane import Lane
from assay.serve.lines import Line, error_line, late_line, undecided_line
from assay.serve.metrics import BY_ID, Metrics
from assay.serve.offers import Offers
from assay.serve.process import Died
from assay.serve.task_ids import TaskIds
from assay_datasets import Json
from assay_verifiers import Verdict

Progress = Callable[[int, int], None]
"""``progress(done, total)``, called as items of a batch are done."""

_QUICK_CHUNK = 16  # lines of a batch that go to one worker at once
_LONG = 1 << 18  # characters
_COMPOSED = "compose"  # may hold a code verifier
_REMOTE = "judge"


class Verdicts:
    """Has lines judged.

    Args:
        lanes: where to; ids: reads those of tasks; offers: says what needs the sandbox.
        metrics: counts verdicts.
    """

    def __init__(self, lanes: Lanes, ids: TaskIds, offers: Offers, metrics: Metrics) -> None:
        self._lanes = lanes
        self._ids = ids
        self._offers = offers
        self._metrics = metrics

    async def of(
        self, lines: Sequence[Json], caller: Caller, deadline: float, progress: Progress | None
    ) -> list[Line]:
        """As many lines as were given, in order; :class:`TooMany` where they have no room."""
        batch = _Batch(caller, lines, deadline, progress)
        by_lane: dict[Lane, list[int]] = {}
        for place, line in enumerate(lines):
            by_lane.setdefault(self._lane_of(line), []).append(place)
        with ExitStack() as held:
            for lane, places in by_lane.items():
                held.enter_context(lane.room_for(caller, len(places)))
            async with asyncio.TaskGroup() as group:
                for lane, places in by_lane.items():
                    most = _QUICK_CHUNK if lane is self._lanes.quick else 1
                    for chunk, length in _chunks(lines, places, most):
                        group.create_task(self._judge(batch, lane, chunk))
                        if length > _LONG:  # to write it takes a moment: others first
                            await asyncio.sleep(0)
        return batch.done

    async def _judge(self, batch: _Batch, lane: Lane, places: Sequence[int]) -> None:
        """Have the lines at ``places`` judged, and put down what came of them."""
        try:
            batch.put(places, await self._ask_judge(batch, lane, places))
        except Died:
            for place in places:
                await self._judge_alone(batch, lane, place)
        except Refused as error:
            if len(places) > 1:  # of one among them
                for place in places:
                    await self._judge(batch, lane, [place])
                return
            batch.put(places, [error_line(batch.lines[places[0]], places[0] + 1, str(error))])
        except Late:
            batch.put(places, [late_line(batch.lines[at], at + 1) for at in places])
        except ServiceError as error:
            batch.put(places, [_failed(batch.lines[at], at, error) for at in places])
        for place in places:
            self._metrics.judged(_verifier(batch.lines[place]), batch.done[place])

    async def _judge_alone(self, batch: _Batch, lane: Lane, place: int) -> None:
        """The line was in a worker that died: once more, with nothing beside it to take along."""
        try:
            if asyncio.get_running_loop().time() >= batch.deadline:
                raise Late("no time left")
            batch.put([place], await self._ask_judge(batch, lane, [place], alone=True))
        except (Died, ServiceError) as error:
            batch.put([place], [_failed(batch.lines[place], place, error)])

    async def _ask_judge(
        self, batch: _Batch, lane: Lane, places: Sequence[int], alone: bool = False
    ) -> list[Line]:
        given = {
            "lines": [batch.lines[place] for place in places],
            "numbers": [place + 1 for place in places],
            "left_s": 0.0,
        }
        lines: list[Line] = await lane.ask(
            batch.caller,
            "verify",
            given,
            deadline=batch.deadline,
            size=len(places),
            alone=alone,
        )
        return lines

    def _lane_of(self, line: Json) -> Lane:
        """Where a line is judged; one that is no request wherever it costs least."""
        if not isinstance(line, dict):
            return self._lanes.quick
        if isinstance(task := line.get("task"), str):
            return self._lanes.sandbox if self._needs_sandbox(task) else self._lanes.quick
        name = line.get("verifier")
        if not isinstance(name, str):
            return self._lanes.quick
        if name in self._offers.sandboxed or name == _COMPOSED:
            return self._lanes.sandbox
        return self._lanes.remote if name == _REMOTE else self._lanes.quick

    def _needs_sandbox(self, task: str) -> bool:
        try:
            return self._offers.env(self._ids.open(task).env).needs_sandbox
        except (NotFound, Refused):
            return False


def _chunks(
    lines: Sequence[Json], places: Sequence[int], most: int
) -> Iterator[tuple[list[int], int]]:
    """Places of lines that go together, ``most`` at a time and fewer of long ones; their length."""
    chunk, length = list[int](), 0
    for place in places:
        chunk.append(place)
        length += _length(lines[place])
        if len(chunk) == most or length > _LONG:
            yield chunk, length
            chunk, length = [], 0
    if chunk:
        yield chunk, length


def _length(line: Json) -> int:
    """Characters of a line's texts."""
    texts = line.values() if isinstance(line, dict) else ()
    return sum(len(text) for text in texts if isinstance(text, str))


class _Batch:
    """Lines of one request, and what has come of them so far."""

    def __init__(
        self, caller: Caller, lines: Sequence[Json], deadline: float, progress: Progress | None
    ) -> None:
        self.caller = caller
        self.lines = lines
        self.deadline = deadline
        self.done: list[Line] = [{}] * len(lines)
        self._count = 0
        self._progress = progress

    def put(self, places: Sequence[int], lines: Sequence[Line]) -> None:
        for place, line in zip(places, lines, strict=True):
            self.done[place] = line
        self._count += len(places)
        if self._progress is not None:
            self._progress(self._count, len(self.lines))


def _verifier(line: Json) -> str:
    """What a line is counted under."""
    if not isinstance(line, dict):
        return ""
    return BY_ID if line.get("task") is not None else str(line.get("verifier"))


def _failed(line: Json, place: int, error: Exception) -> Line:
    """For a line whose worker failed: no fault of the response's, as far as anyone can tell."""
    if isinstance(error, Late):
        return late_line(line, place + 1)
    return undecided_line(line, place + 1, Verdict.undecided("worker_failed", error=str(error)))
