"""C3PO++: which rollouts run, which wait, which are trained, under a token budget.

Pure logic: no torch, no Ray, no clock, no randomness; a function of the order of the calls, whose
state is JSON. An iteration is one version of the weights. The controller drives it:

    start = scheduler.begin_iteration()         # forget start.purged, re-submit start.resume
    while not scheduler.should_cut():
        for group in scheduler.admit_requeued():            # groups that start over come first
            submit(group.rollouts, group.prompt)
        while scheduler.room():
            prompt = next(prompts, None)
            if prompt is None:
                scheduler.prompts_ended()
                break
            submit(scheduler.admit(prompt), prompt)         # scheduler.withdraw(group): no room
        for event in engine.events():                       # policy tokens only
            scheduler.emitted(rollout, tokens, version) or scheduler.finished(rollout)
    end = scheduler.end_iteration()             # abort what runs, keep the partials; train
    if scheduler.exhausted: stop                # end.released, award end.truncated first
    scheduler.trained()                         # once its update is made; with ``overlap``, after
                                                # the next iteration was generated

How it works. A *group* is the G rollouts of one prompt, admitted together when G slots are free.
Unfinished rollouts fill the inference pool (capacity Ω_infer). A finished rollout leaves the pool
and is *held* until its group is complete; then the group is *trainable*. The iteration is cut when
the policy tokens of all trainable rollouts reach the budget Φ; everything trainable is released,
the rest is carried into the next iteration, one iteration older. A group older than the retention σ
is purged before the next iteration: no response spans more than σ+1 versions, no trained token is
staler than σ. With ``overlap`` one released batch may still be in training when the next iteration
begins, and the bound is σ+1. Without a budget the step is synchronous: the iteration admits Ω_train
sequences (Ω_infer where that is not given) and waits for all of them.

What it does not do: it holds no tokens, no rewards and no weights, does not know what is undecided
(an undecided rollout is *finished* here), and never waits. To stop in the middle of an iteration
save :meth:`Scheduler.state` instead of ending the iteration; on return re-submit
:attr:`Scheduler.active`.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict

from assay_datasets import Json
from assay_trainer.scheduler_config import SchedulerConfig
from assay_trainer.scheduler_records import (
    AdmittedGroup,
    IterationEnd,
    IterationStart,
    Outcome,
    ReleasedGroup,
    RolloutId,
)
from assay_trainer.scheduler_state import Accounts, Group, Lengths, Rollout, State


class SchedulerStalled(RuntimeError):
    """No way forward: nothing can be trained now or later. The message names the stuck groups."""


class Scheduler:
    """The rollout scheduler of one run; see the module's docstring for the order of the calls.

    A call out of order, or with a rollout that is not active, is the caller's mistake and raises
    ``ValueError``; :class:`SchedulerStalled` is the only other error.
    """

    def __init__(self, config: SchedulerConfig) -> None:
        self.config = config
        self._state = State()
        # What follows from the state and is asked at every look: unfinished rollouts, and of the
        # trainable groups their finished rollouts, group by group and in all.
        self._unfinished = 0
        self._ready: dict[int, Lengths] = {}
        self._ready_sum = Lengths()

    @property
    def active(self) -> tuple[RolloutId, ...]:
        """The rollouts being generated, oldest group first."""
        return tuple(rollout for group in self._by_age() for rollout in group.ids("active"))

    @property
    def exhausted(self) -> bool:
        """The prompts have ended and nothing runs or waits: there is no next iteration."""
        return self._state.ended and not self._state.groups and not self._state.waiting

    def begin_iteration(self) -> IterationStart:
        """Purge what is too old and name what goes on; :class:`SchedulerStalled` if exhausted."""
        self._expect(running=False)
        if self._state.in_training > self.config.overlap:
            raise ValueError("the staleness bound: call trained() for the last released batch")
        if self.exhausted:
            raise SchedulerStalled("the prompts have ended and no group is left to run or to train")
        self._state.running, self._state.accounts = True, Accounts()
        start = self._purge()
        accounts = self._state.accounts
        accounts.resumed, accounts.purged = len(start.resume), len(start.purged)
        accounts.requeued, accounts.dropped = len(start.requeued), len(start.dropped)
        return start

    def admit_requeued(self) -> tuple[AdmittedGroup, ...]:
        """The purged groups that fit now, in the order in which they were purged."""
        self._expect(running=True)
        fitting = self._state.waiting[: self._free_groups()]
        del self._state.waiting[: len(fitting)]
        return tuple(AdmittedGroup(group.prompt, self._start(group)) for group in fitting)

    def room(self) -> int:
        """New groups that fit now, after every group that waits to start over has its place."""
        self._expect(running=True)
        return max(0, self._free_groups() - len(self._state.waiting))

    def admit(self, prompt: Json) -> tuple[RolloutId, ...]:
        """Start a new group for a prompt, an opaque JSON value that comes back with its release."""
        if not self.room():
            raise ValueError("admit() without room(): no place for a whole new group")
        self._state.next_group += 1
        return self._start(Group(self._state.next_group - 1, prompt))

    def withdraw(self, group: int) -> None:
        """Take back a group that was only just admitted: its prompt cannot be played."""
        self._expect(running=True)
        entry = self._state.groups.get(group)
        if entry is None or entry.retention or entry.count("active") < len(entry.rollouts):
            raise ValueError(f"group {group} was not just admitted")
        if entry.tokens("active"):
            raise ValueError(f"group {group} has tokens already")
        self._forget(entry)

    def prompts_ended(self) -> None:
        """There will be no new prompt; what runs or waits is still brought to its end."""
        self._state.ended = True

    def emitted(self, rollout: RolloutId, tokens: int, version: int) -> None:
        """Count policy tokens that the engine emitted under the weights called ``version``."""
        entry = self._running(rollout)
        newest = entry.newest_version or 0
        if tokens < 1 or version < newest:
            raise ValueError(
                f"{rollout}: {tokens} tokens of version {version} after version {newest}; "
                "counts are positive and versions never decrease"
            )
        entry.tokens += tokens
        entry.newest_version = version
        if entry.oldest_version is None:
            entry.oldest_version = version
        self._state.accounts.generated_tokens += tokens

    def finished(self, rollout: RolloutId) -> None:
        """The rollout's episode has ended; it leaves the pool and waits for its siblings."""
        self._running(rollout).state = "finished"
        self._unfinished -= 1
        self._recount(self._state.groups[rollout.group])

    def should_cut(self) -> bool:
        """Whether the iteration is over: budget or capacity reached, or nothing left to run."""
        self._expect(running=True)
        if self._budget_reached():
            return True
        admissible = self._free_groups() and (self._state.waiting or not self._state.ended)
        return not admissible and not self._unfinished

    def end_iteration(self) -> IterationEnd:
        """Release what is trainable and age the rest.

        :class:`SchedulerStalled` if nothing was trainable and waiting longer cannot change it.
        """
        self._expect(running=True)
        truncated = self._truncate() if self.config.on_purge == "truncate" else ()
        parts = [group for group in self._by_age() if self._is_usable_part(group)]
        completed = self._ready_sum.tokens + sum(group.tokens("finished") for group in parts)
        released = self._release()
        self._state.running = False
        self._state.in_training += bool(released)
        for group in self._state.groups.values():
            group.retention += 1
        end = self._account(released, truncated, completed)
        self._state.idle_iterations = 0 if released else self._state.idle_iterations + 1
        self._check_progress(end)
        return end

    def trained(self) -> None:
        """The oldest released batch has become a version of the weights."""
        if not self._state.in_training:
            raise ValueError("trained() without a released batch")
        self._state.in_training -= 1

    def state(self) -> dict[str, Json]:
        """Everything, as JSON, at any point between two calls."""
        return self._state.to_json()

    @classmethod
    def from_state(cls, config: SchedulerConfig, state: Mapping[str, Json]) -> Scheduler:
        """The scheduler that :meth:`state` was taken from; its future is the same."""
        scheduler = cls(config)
        scheduler._state = State.from_json(state)
        groups = scheduler._state.groups.values()
        scheduler._unfinished = sum(group.count("active") for group in groups)
        for group in groups:
            scheduler._recount(group)
        return scheduler

    def _expect(self, *, running: bool) -> None:
        if self._state.running != running:
            raise ValueError(
                "call begin_iteration() first" if running else "call end_iteration() first"
            )

    def _running(self, rollout: RolloutId) -> Rollout:
        self._expect(running=True)
        group = self._state.groups.get(rollout.group)
        if group is not None and group.attempt == rollout.attempt:
            entry = group.rollouts[rollout.index]
            if entry.state == "active":
                return entry
        raise ValueError(f"{rollout} is not active: unknown, purged or already finished")

    def _by_age(self) -> list[Group]:
        return sorted(
            self._state.groups.values(), key=lambda group: (-group.retention, group.number)
        )

    def _start(self, group: Group) -> tuple[RolloutId, ...]:
        group.rollouts = [Rollout() for _ in range(self.config.group_size)]
        self._state.groups[group.number] = group
        self._unfinished += len(group.rollouts)
        return group.ids("active")

    def _forget(self, group: Group) -> None:
        del self._state.groups[group.number]
        self._unfinished -= group.count("active")
        self._recount(group)

    def _free_groups(self) -> int:
        size = self.config.group_size
        free = max(0, self.config.infer_capacity - self._unfinished) // size
        if self.config.budget_tokens is not None:
            return free
        step = self.config.train_capacity or self.config.infer_capacity
        return max(0, min(free, step // size - len(self._state.groups)))

    def _recount(self, group: Group) -> None:
        """Bring what is ready up to date after a change of ``group``."""
        before = self._ready.pop(group.number, Lengths())
        self._ready_sum.add(-before.rollouts, -before.tokens)
        if group.number in self._state.groups and self._is_trainable(group):
            now = Lengths(group.count("finished"), group.tokens("finished"))
            self._ready[group.number] = now
            self._ready_sum.add(now.rollouts, now.tokens)

    def _is_trainable(self, group: Group) -> bool:
        enough = len(group.rollouts)
        if self.config.group_policy == "partial":
            enough = self.config.min_group or enough
        return group.count("finished", "trained") >= enough and group.count("finished") > 0

    def _budget_reached(self) -> bool:
        budget, capacity = self.config.budget_tokens, self.config.train_capacity
        if budget is None:
            return False
        if capacity is not None and self._ready_sum.rollouts >= capacity:
            return True
        if self.config.budget_mode == "completed":
            return self._ready_sum.tokens >= budget
        enough = self._ready_sum.rollouts >= (self.config.min_trained or 1)
        return enough and self._state.accounts.generated_tokens >= budget

    def _purge(self) -> IterationStart:
        limit = self.config.retention
        purged: list[RolloutId] = []
        requeued: list[int] = []
        dropped: list[int] = []
        for group in self._by_age():
            if limit is None or group.retention <= limit:
                continue
            gone, tokens = group.ids("active", "finished"), group.tokens("active", "finished")
            purged += gone
            self._state.accounts.wasted_tokens += tokens
            self._state.purged.add(len(gone), tokens)
            self._forget(group)
            if self._may_requeue(group):
                requeued.append(group.number)
                self._state.waiting.append(Group(group.number, group.prompt, group.attempt + 1))
            else:
                dropped.append(group.number)
        return IterationStart(self.active, tuple(purged), tuple(requeued), tuple(dropped))

    def _may_requeue(self, group: Group) -> bool:
        # A prompt that was trained in part is not run again: it would count more than the others.
        limit = self.config.max_requeues
        return limit is not None and group.attempt < limit and not group.count("trained")

    def _is_at_its_end(self, group: Group) -> bool:
        """It would be purged before the next iteration."""
        limit = self.config.retention
        return limit is not None and group.retention >= limit

    def _truncate(self) -> tuple[RolloutId, ...]:
        last = filter(self._is_at_its_end, self._by_age())
        truncated = tuple(rollout for group in last for rollout in group.ids("active"))
        for rollout in truncated:
            self.finished(rollout)
        return truncated

    def _is_usable_part(self, group: Group) -> bool:
        """At its end, with enough finished siblings to do without the others."""
        if self.config.on_purge != "release" or not self._is_at_its_end(group):
            return False
        return (self.config.min_group or 0) <= group.count("finished") < len(group.rollouts)

    def _release(self) -> tuple[ReleasedGroup, ...]:
        released: list[ReleasedGroup] = []
        left = self.config.train_capacity
        for group in self._by_age():
            if group.number not in self._ready and not self._is_usable_part(group):
                continue
            rollouts = group.ids("finished")
            if left is not None and len(rollouts) > left:
                break
            left = None if left is None else left - len(rollouts)
            released.append(self._released(group, rollouts))
        return tuple(released)

    def _released(self, group: Group, rollouts: tuple[RolloutId, ...]) -> ReleasedGroup:
        entries = [group.rollouts[rollout.index] for rollout in rollouts]
        versions = [e.oldest_version for e in entries if e.oldest_version is not None]
        tokens = tuple(entry.tokens for entry in entries)
        for entry in entries:
            entry.state = "trained"
        self._state.trained.add(len(entries), sum(tokens))
        if group.count("trained") == len(group.rollouts):
            self._forget(group)
        else:
            self._recount(group)
        return ReleasedGroup(
            group=group.number,
            prompt=group.prompt,
            rollouts=rollouts,
            known=group.ids("trained"),
            tokens=tokens,
            retention=group.retention,
            oldest_version=min(versions, default=None),
        )

    def _account(
        self, released: tuple[ReleasedGroup, ...], truncated: tuple[RolloutId, ...], completed: int
    ) -> IterationEnd:
        accounts = self._state.accounts
        counted = completed
        if self.config.budget_mode == "generated":
            counted = accounts.generated_tokens
        retention = [0] * (1 + max((group.retention for group in released), default=-1))
        for group in released:
            retention[group.retention] += len(group.rollouts)
        trained = {rollout for group in released for rollout in group.rollouts}
        finished = sum(group.count("finished") for group in self._state.groups.values())
        waiting = self._ready_sum.rollouts
        nothing: Outcome = "exhausted" if self.exhausted else "nothing_trainable"
        return IterationEnd(
            outcome="released" if released else nothing,
            released=released,
            truncated=tuple(rollout for rollout in truncated if rollout in trained),
            carried=self.active,
            trained_tokens=sum(sum(group.tokens) for group in released),
            completed_tokens=completed,
            overshoot=max(0, counted - (self.config.budget_tokens or counted)),
            held=finished - waiting,
            waiting=waiting,
            retention=tuple(retention),
            ages=self._ages(),
            length_gap=self._length_gap(),
            **asdict(accounts),
        )

    def _ages(self) -> tuple[int, ...]:
        groups = self._state.groups.values()
        ages = [0] * (1 + max((group.retention for group in groups), default=-1))
        for group in groups:
            ages[group.retention] += group.count("active", "finished")
        return tuple(ages)

    def _length_gap(self) -> float:
        trained, purged = self._state.trained, self._state.purged
        both = Lengths(trained.rollouts + purged.rollouts, trained.tokens + purged.tokens)
        return trained.mean - both.mean if trained.rollouts else 0.0

    def _check_progress(self, end: IterationEnd) -> None:
        """A run that can only repeat itself stops here, with the groups it is stuck on."""
        if end.outcome != "nothing_trainable":
            return
        limit = self.config.retention
        all_purged = limit is not None and self._state.idle_iterations > limit
        if end.generated_tokens and not all_purged:
            return
        stuck = [*self._state.groups, *(group.number for group in self._state.waiting)]
        cause = (
            f"{self._state.idle_iterations} iterations in a row released nothing and "
            f"retention = {limit} purges all they generated; raise retention or the budget, "
            "or shorten the responses"
            if all_purged
            else "an iteration generated no token and released nothing; is the engine alive?"
        )
        raise SchedulerStalled(f"stuck groups {stuck}: {cause}")
