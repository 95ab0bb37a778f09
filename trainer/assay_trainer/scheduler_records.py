"""What the scheduler is told and says: rollouts by name, and the records of an iteration."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Literal, TypeAlias

from assay_datasets import Json

Outcome: TypeAlias = Literal["released", "nothing_trainable", "exhausted"]


@dataclass(frozen=True, order=True, slots=True)
class RolloutId:
    """One attempt at one response. ``attempt`` grows when its group starts over."""

    group: int
    index: int
    attempt: int = 0


@dataclass(frozen=True)
class AdmittedGroup:
    """A group that starts now: submit every rollout with this prompt."""

    prompt: Json
    rollouts: tuple[RolloutId, ...]


@dataclass(frozen=True)
class IterationStart:
    """What the controller does before it generates.

    Attributes:
        resume: unfinished rollouts to re-submit with their partial text, oldest first.
        purged: rollouts to forget, finished siblings included.
        requeued: groups that start over; :meth:`Scheduler.admit_requeued` brings them.
        dropped: groups given up: ``on_purge = "drop"``, out of requeues, or trained in part.
    """

    resume: tuple[RolloutId, ...] = ()
    purged: tuple[RolloutId, ...] = ()
    requeued: tuple[int, ...] = ()
    dropped: tuple[int, ...] = ()


@dataclass(frozen=True)
class ReleasedGroup:
    """Rollouts of one prompt to train now.

    Attributes:
        group: number of the group, in order of first admission.
        prompt: as it was admitted.
        rollouts: to train now, in order of index.
        known: every finished sibling, whose rewards make the group's statistics. Equal to
            ``rollouts`` but where a part of the group was released before (``partial``).
        tokens: policy tokens of each of ``rollouts``.
        retention: iterations the group was carried; bounds the staleness of its tokens.
        oldest_version: version of its oldest token; None where it has no token.
    """

    group: int
    prompt: Json
    rollouts: tuple[RolloutId, ...]
    known: tuple[RolloutId, ...]
    tokens: tuple[int, ...]
    retention: int
    oldest_version: int | None

    @classmethod
    def from_json(cls, record: Mapping[str, Json]) -> ReleasedGroup:
        """What ``dataclasses.asdict`` gave, after a journey through JSON."""
        ids = {name: _ids(record[name]) for name in ("rollouts", "known")}
        return cls(**{**record, **ids, "tokens": tuple(record["tokens"])})


@dataclass(frozen=True)
class IterationEnd:
    """What to train, and the accounts of the iteration. Token counts are policy tokens.

    Attributes:
        outcome: ``released``; ``nothing_trainable``; or ``exhausted``: besides, nothing is left to
            run, the clean end of the data.
        released: the groups to train, oldest first.
        truncated: released rollouts whose episode never ended; cut them before they are rewarded.
        carried: unfinished rollouts that the next iteration may resume, oldest first.
        trained_tokens: of ``released``.
        completed_tokens: of all trainable rollouts, what a capacity Ω_train carries included.
        generated_tokens: emitted in this iteration.
        overshoot: tokens beyond Φ, by whichever counter the budget goes.
        wasted_tokens: thrown away by the purge that began this iteration.
        resumed: rollouts resumed when it began.
        purged: rollouts purged when it began.
        requeued: groups that were put back to start over.
        dropped: groups given up.
        held: finished rollouts that wait for a sibling.
        waiting: trainable rollouts beyond Ω_train, carried.
        retention: ``retention[n]`` = released rollouts whose group was carried n times.
        ages: ``ages[n]`` = rollouts kept, finished or not, whose group was carried n times now.
        length_gap: over the run so far, the mean length of what was trained less that of what was
            trained or purged. A purged rollout counts with what it had reached, so the true gap is
            at least as wide: below 0, long responses are trained too rarely.
    """

    outcome: Outcome
    released: tuple[ReleasedGroup, ...]
    truncated: tuple[RolloutId, ...]
    carried: tuple[RolloutId, ...]
    trained_tokens: int
    completed_tokens: int
    generated_tokens: int
    overshoot: int
    wasted_tokens: int
    resumed: int
    purged: int
    requeued: int
    dropped: int
    held: int
    waiting: int
    retention: tuple[int, ...]
    ages: tuple[int, ...]
    length_gap: float

    @classmethod
    def from_json(cls, record: Mapping[str, Json]) -> IterationEnd:
        """What ``dataclasses.asdict`` gave, after a journey through JSON."""
        lists = {
            "released": tuple(map(ReleasedGroup.from_json, record["released"])),
            "truncated": _ids(record["truncated"]),
            "carried": _ids(record["carried"]),
            "retention": tuple(record["retention"]),
            "ages": tuple(record["ages"]),
        }
        return cls(**{**record, **lists})


def _ids(records: Iterable[Mapping[str, int]]) -> tuple[RolloutId, ...]:
    return tuple(RolloutId(**record) for record in records)
