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
            submit(scheduler.admit(prompt), prompt)
        for event in engine.events():                       # policy tokens only
            scheduler.emitted(rollout, tokens, version) or scheduler.finished(rollout)
    end = scheduler.end_iteration()             # abort what runs, keep the partials; train
    if scheduler.exhausted: stop                # end.released, award end.truncated first

How it works. A *group* is the G rollouts of one prompt, admitted together when G slots are free.
Unfinished rollouts fill the inference pool (capacity Ω_infer). A finished rollout leaves the pool
and is *held* until its group is complete; then the group is *trainable*. The iteration is cut when
the policy tokens of all trainable rollouts reach the budget Φ; everything trainable is released,
the rest is carried into the next iteration, one iteration older. A group older than the retention σ
is purged before the next iteration: no response spans more than σ+1 versions, no trained token is
staler than σ. Without a budget the step is synchronous: the iteration admits Ω_train sequences
(Ω_infer where that is not given) and waits for all of them.

What it does not do: it holds no tokens, no rewards and no weights, does not know what is undecided
(an undecided rollout is *finished* here), and never waits. To stop in the middle of an iteration
save :meth:`Scheduler.state` instead of ending the iteration; on return re-submit
:attr:`Scheduler.active`.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from typing import Literal, TypeAlias

from assay_datasets import Json
from assay_trainer.scheduler_config import SchedulerConfig

Outcome: TypeAlias = Literal["released", "nothing_trainable", "exhausted"]


@dataclass(frozen=True, order=True, slots=True)
class RolloutId:
    """One attempt at one response. ``attempt`` grows when its group starts over."""

    group: int
    index: int
    attempt: int = 0


class SchedulerStalled(RuntimeError):
    """No way forward: nothing can be trained now or later. The message names the stuck groups."""


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
        dropped: groups given up: ``on_purge = "drop"``, or out of requeues.
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


@dataclass
class _Rollout:
    tokens: int = 0
    oldest_version: int | None = None
    newest_version: int | None = None
    state: Literal["active", "finished", "trained"] = "active"


@dataclass
class _Group:
    number: int
    prompt: Json
    attempt: int = 0
    rollouts: list[_Rollout] = field(default_factory=list)  # none while it waits to start over
    retention: int = 0

    @classmethod
    def from_json(cls, record: Mapping[str, Json]) -> _Group:
        return cls(**{**record, "rollouts": [_Rollout(**entry) for entry in record["rollouts"]]})

    def ids(self, *states: str) -> tuple[RolloutId, ...]:
        return tuple(
            RolloutId(self.number, index, self.attempt)
            for index, rollout in enumerate(self.rollouts)
            if rollout.state in states
        )

    def count(self, *states: str) -> int:
        return sum(rollout.state in states for rollout in self.rollouts)

    def tokens(self, *states: str) -> int:
        return sum(rollout.tokens for rollout in self.rollouts if rollout.state in states)


@dataclass
class _Accounts:
    """Counters of the running iteration; the fields of :class:`IterationEnd` of the same name."""

    generated_tokens: int = 0
    wasted_tokens: int = 0
    resumed: int = 0
    purged: int = 0
    requeued: int = 0
    dropped: int = 0


@dataclass
class _State:
    groups: dict[int, _Group] = field(default_factory=dict)
    waiting: list[_Group] = field(default_factory=list)
    next_group: int = 0
    running: bool = False
    ended: bool = False
    idle_iterations: int = 0
    accounts: _Accounts = field(default_factory=_Accounts)


class Scheduler:
    """The rollout scheduler of one run; see the module's docstring for the order of the calls.

    A call out of order, or with a rollout that is not active, is the caller's mistake and raises
    ``ValueError``; :class:`SchedulerStalled` is the only other error.
    """

    def __init__(self, config: SchedulerConfig) -> None:
        self.config = config
        self._state = _State()

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
        if self.exhausted:
            raise SchedulerStalled("the prompts have ended and no group is left to run or to train")
        self._state.running, self._state.accounts = True, _Accounts()
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
        return self._start(_Group(self._state.next_group - 1, prompt))

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

    def should_cut(self) -> bool:
        """Whether the iteration is over: budget or capacity reached, or nothing left to run."""
        self._expect(running=True)
        if self._budget_reached():
            return True
        admissible = self._free_groups() and (self._state.waiting or not self._state.ended)
        return not admissible and not self.active

    def end_iteration(self) -> IterationEnd:
        """Release what is trainable and age the rest.

        :class:`SchedulerStalled` if nothing was trainable and waiting longer cannot change it.
        """
        self._expect(running=True)
        truncated = self._truncate() if self.config.on_purge == "truncate" else ()
        completed = sum(group.tokens("finished") for group in self._trainable())
        released = self._release()
        self._state.running = False
        for group in self._state.groups.values():
            group.retention += 1
        end = self._account(released, truncated, completed)
        self._state.idle_iterations = 0 if released else self._state.idle_iterations + 1
        self._check_progress(end)
        return end

    def state(self) -> dict[str, Json]:
        """Everything, as JSON, at any point between two calls."""
        state = asdict(self._state)
        state["groups"] = list(state["groups"].values())
        return state

    @classmethod
    def from_state(cls, config: SchedulerConfig, state: Mapping[str, Json]) -> Scheduler:
        """The scheduler that :meth:`state` was taken from; its future is the same."""
        scheduler = cls(config)
        groups = [_Group.from_json(group) for group in state["groups"]]
        scheduler._state = _State(
            **{
                **state,
                "groups": {group.number: group for group in groups},
                "waiting": [_Group.from_json(group) for group in state["waiting"]],
                "accounts": _Accounts(**state["accounts"]),
            }
        )
        return scheduler

    def _expect(self, *, running: bool) -> None:
        if self._state.running != running:
            raise ValueError(
                "call begin_iteration() first" if running else "call end_iteration() first"
            )

    def _running(self, rollout: RolloutId) -> _Rollout:
        self._expect(running=True)
        group = self._state.groups.get(rollout.group)
        if group is not None and group.attempt == rollout.attempt:
            entry = group.rollouts[rollout.index]
            if entry.state == "active":
                return entry
        raise ValueError(f"{rollout} is not active: unknown, purged or already finished")

    def _by_age(self) -> list[_Group]:
        return sorted(
            self._state.groups.values(), key=lambda group: (-group.retention, group.number)
        )

    def _start(self, group: _Group) -> tuple[RolloutId, ...]:
        group.rollouts = [_Rollout() for _ in range(self.config.group_size)]
        self._state.groups[group.number] = group
        return group.ids("active")

    def _free_groups(self) -> int:
        groups, size = self._state.groups, self.config.group_size
        active = sum(group.count("active") for group in groups.values())
        free = (self.config.infer_capacity - active) // size
        if self.config.budget_tokens is not None:
            return free
        step = self.config.train_capacity or self.config.infer_capacity
        return max(0, min(free, step // size - len(groups)))

    def _is_trainable(self, group: _Group) -> bool:
        enough = self.config.min_group or len(group.rollouts)
        return group.count("finished", "trained") >= enough and group.count("finished") > 0

    def _trainable(self) -> list[_Group]:
        return [group for group in self._by_age() if self._is_trainable(group)]

    def _budget_reached(self) -> bool:
        budget, capacity = self.config.budget_tokens, self.config.train_capacity
        if budget is None:
            return False
        groups = self._trainable()
        trainable = sum(group.count("finished") for group in groups)
        if capacity is not None and trainable >= capacity:
            return True
        if self.config.budget_mode == "completed":
            return sum(group.tokens("finished") for group in groups) >= budget
        enough = trainable >= (self.config.min_trained or 1)
        return enough and self._state.accounts.generated_tokens >= budget

    def _purge(self) -> IterationStart:
        limit = self.config.retention
        purged: list[RolloutId] = []
        requeued: list[int] = []
        dropped: list[int] = []
        for group in self._by_age():
            if limit is None or group.retention <= limit:
                continue
            purged += group.ids("active", "finished")
            self._state.accounts.wasted_tokens += group.tokens("active", "finished")
            (requeued if self._may_requeue(group) else dropped).append(group.number)
            del self._state.groups[group.number]
            if group.number in requeued:
                self._state.waiting.append(_Group(group.number, group.prompt, group.attempt + 1))
        return IterationStart(self.active, tuple(purged), tuple(requeued), tuple(dropped))

    def _may_requeue(self, group: _Group) -> bool:
        # A prompt that was trained in part is not run again: it would count more than the others.
        limit = self.config.max_requeues
        return limit is not None and group.attempt < limit and not group.count("trained")

    def _truncate(self) -> tuple[RolloutId, ...]:
        limit = self.config.retention
        last = [group for group in self._by_age() if limit is not None and group.retention >= limit]
        truncated = tuple(rollout for group in last for rollout in group.ids("active"))
        for rollout in truncated:
            self.finished(rollout)
        return truncated

    def _release(self) -> tuple[ReleasedGroup, ...]:
        released: list[ReleasedGroup] = []
        left = self.config.train_capacity
        for group in self._trainable():
            rollouts = group.ids("finished")
            if left is not None and len(rollouts) > left:
                break
            left = None if left is None else left - len(rollouts)
            released.append(self._released(group, rollouts))
        return tuple(released)

    def _released(self, group: _Group, rollouts: tuple[RolloutId, ...]) -> ReleasedGroup:
        entries = [group.rollouts[rollout.index] for rollout in rollouts]
        versions = [e.oldest_version for e in entries if e.oldest_version is not None]
        for entry in entries:
            entry.state = "trained"
        if group.count("trained") == len(group.rollouts):
            del self._state.groups[group.number]
        return ReleasedGroup(
            group=group.number,
            prompt=group.prompt,
            rollouts=rollouts,
            known=group.ids("finished", "trained"),
            tokens=tuple(entry.tokens for entry in entries),
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
        waiting = sum(group.count("finished") for group in self._trainable())
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
            **asdict(accounts),
        )

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
