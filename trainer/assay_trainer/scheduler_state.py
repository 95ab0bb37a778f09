"""What the scheduler remembers between two calls: plain records that go to JSON and back."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from typing import Literal

from assay_datasets import Json
from assay_trainer.scheduler_records import RolloutId


@dataclass
class Rollout:
    tokens: int = 0
    oldest_version: int | None = None
    newest_version: int | None = None
    state: Literal["active", "finished", "trained"] = "active"


@dataclass
class Group:
    number: int
    prompt: Json
    attempt: int = 0
    rollouts: list[Rollout] = field(default_factory=list)  # none while it waits to start over
    retention: int = 0

    @classmethod
    def from_json(cls, record: Mapping[str, Json]) -> Group:
        return cls(**{**record, "rollouts": [Rollout(**entry) for entry in record["rollouts"]]})

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
class Accounts:
    """Counters of the running iteration; the fields of :class:`IterationEnd` of the same name."""

    generated_tokens: int = 0
    wasted_tokens: int = 0
    resumed: int = 0
    purged: int = 0
    requeued: int = 0
    dropped: int = 0


@dataclass
class Lengths:
    """How many rollouts came to one end in the run so far, and their policy tokens."""

    rollouts: int = 0
    tokens: int = 0

    def add(self, rollouts: int, tokens: int) -> None:
        self.rollouts += rollouts
        self.tokens += tokens

    @property
    def mean(self) -> float:
        return self.tokens / max(1, self.rollouts)


@dataclass
class State:
    groups: dict[int, Group] = field(default_factory=dict)
    waiting: list[Group] = field(default_factory=list)
    next_group: int = 0
    running: bool = False
    ended: bool = False
    in_training: int = 0
    idle_iterations: int = 0
    accounts: Accounts = field(default_factory=Accounts)
    trained: Lengths = field(default_factory=Lengths)
    purged: Lengths = field(default_factory=Lengths)

    def to_json(self) -> dict[str, Json]:
        return {**asdict(self), "groups": [asdict(group) for group in self.groups.values()]}

    @classmethod
    def from_json(cls, record: Mapping[str, Json]) -> State:
        groups = [Group.from_json(group) for group in record["groups"]]
        return cls(
            **{
                **record,
                "groups": {group.number: group for group in groups},
                "waiting": [Group.from_json(group) for group in record["waiting"]],
                "accounts": Accounts(**record["accounts"]),
                "trained": Lengths(**record["trained"]),
                "purged": Lengths(**record["purged"]),
            }
        )
