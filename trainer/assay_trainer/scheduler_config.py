"""SchedulerConfig: the settings of C3PO++, and which of them contradict each other.

How the scheduler uses them is told in :mod:`assay_trainer.scheduler`. A setting that would do
nothing beside the others is refused; what is left out and has an effect is filled in, so the
resolved config shows it.
"""

from __future__ import annotations

from typing import Literal

from pydantic import ConfigDict
from pydantic.dataclasses import dataclass

from assay_datasets import InputError

_START_OVER = ("requeue", "release")


@dataclass(frozen=True, kw_only=True, config=ConfigDict(extra="forbid"))
class SchedulerConfig:
    """``None`` means the default named here, or "no limit".

    Attributes:
        group_size: G, rollouts of one prompt; at least 2.
        infer_capacity: Ω_infer, rollouts being generated at once.
        train_capacity: Ω_train, the most rollouts trained in one step, oldest first, the rest
            carried; None = everything trainable. Without a budget: the rollouts of a step.
        budget_tokens: Φ, policy tokens of a step; None = ∞, the synchronous step.
        budget_mode: what counts toward Φ: ``completed``, the policy tokens of trainable rollouts;
            ``generated``, the tokens emitted in this iteration.
        min_trained: ``generated`` only: rollouts that must be trainable before the cut; one group.
        retention: σ, iterations an unfinished group may be carried; 0 = nothing is resumed,
            None = ∞.
        group_policy: ``hold`` releases complete groups; ``partial`` releases the finished siblings
            of a group as soon as ``min_group`` of them are known.
        min_group: ``partial`` and ``release`` only: the smallest usable group; 2.
        on_purge: what becomes of a group older than σ: ``requeue`` starts it over; ``drop`` gives
            its prompt up; ``truncate`` trains it as cut at its last permitted iteration;
            ``release`` then trains its finished siblings, or starts it over if they are too few.
        max_requeues: ``requeue`` and ``release`` only: times a prompt may start over before it is
            dropped; 3.
        overlap: generate the next iteration while the last one is verified and trained. The
            weights that generate are then one version behind those that train: no trained token is
            staler than σ+1, where it is σ without.
    """

    group_size: int = 8
    infer_capacity: int = 64
    train_capacity: int | None = None
    budget_tokens: int | None = None
    budget_mode: Literal["completed", "generated"] = "completed"
    min_trained: int | None = None
    retention: int | None = None
    group_policy: Literal["hold", "partial"] = "hold"
    min_group: int | None = None
    on_purge: Literal["requeue", "drop", "truncate", "release"] | None = None
    max_requeues: int | None = None
    overlap: bool = False

    def __post_init__(self) -> None:
        for broken, sentence in self._refusals():
            if broken:
                raise InputError(sentence)
        if self.budget_mode == "generated":
            self._default("min_trained", self.group_size)
        if self.retention is not None:
            self._default("on_purge", "requeue")
        if self._may_release_parts:
            self._default("min_group", 2)
        if self.on_purge in _START_OVER:
            self._default("max_requeues", 3)

    @property
    def max_staleness(self) -> int | None:
        """No trained token is more versions old than this; None = unbounded."""
        return None if self.retention is None else self.retention + self.overlap

    @property
    def _may_release_parts(self) -> bool:
        return self.group_policy == "partial" or self.on_purge == "release"

    def _default(self, name: str, value: object) -> None:
        if getattr(self, name) is None:
            object.__setattr__(self, name, value)

    def _refusals(self) -> list[tuple[bool, str]]:
        size, bounded = self.group_size, self.retention is not None
        requeues = bounded and self.on_purge in (None, *_START_OVER)
        return [
            (size < 2, f"group_size = {size}: a group of one has no advantage; use 2 or more"),
            (
                self.infer_capacity < size,
                f"infer_capacity = {self.infer_capacity} cannot hold one group of {size}; "
                "raise it to group_size or more",
            ),
            (
                self.train_capacity is not None and self.train_capacity < size,
                f"train_capacity = {self.train_capacity} cannot hold one group of {size}; "
                "raise it to group_size or more",
            ),
            (
                self.budget_tokens is not None and self.budget_tokens < 1,
                "budget_tokens must be positive; leave it out for a synchronous step",
            ),
            (
                self.budget_tokens is None and self.budget_mode == "generated",
                'budget_mode = "generated" does nothing without budget_tokens; set budget_tokens',
            ),
            (
                self.min_trained is not None
                and (self.budget_mode == "completed" or self.min_trained < 1),
                'min_trained is a positive number that belongs to budget_mode = "generated"',
            ),
            (bounded and (self.retention or 0) < 0, "retention must be 0 or more"),
            (
                self.retention == 0 and bool(self.train_capacity and self.budget_tokens),
                "train_capacity carries what it cannot train, but retention = 0 lets nothing be "
                "carried; raise retention or leave train_capacity out",
            ),
            (
                self.min_group is not None and not self._may_release_parts,
                'min_group does nothing while groups are held; set group_policy = "partial" '
                'or on_purge = "release"',
            ),
            (
                self.min_group is not None and not 2 <= self.min_group < size,
                f"min_group must be between 2 and {size - 1}, below group_size",
            ),
            (
                self._may_release_parts and size < 3,
                f"a part of a group of {size} has no advantage; "
                'group_policy = "partial" and on_purge = "release" need group_size 3 or more',
            ),
            (
                self.group_policy == "partial" and self.on_purge == "release",
                'on_purge = "release" does nothing with group_policy = "partial", which releases '
                "finished siblings anyway; leave it out",
            ),
            (
                self.on_purge is not None and not bounded,
                "on_purge does nothing while nothing is purged; set retention",
            ),
            (
                self.max_requeues is not None and not requeues,
                'max_requeues belongs to on_purge = "requeue" or "release" with a retention',
            ),
            ((self.max_requeues or 0) < 0, "max_requeues must be 0 or more"),
        ]
