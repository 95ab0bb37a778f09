"""Trajectories: finished or partial episodes as columns over one flat token axis.

This is the bulk data of training. It travels from the engine worker to the learner through the
object store; the controller only ever holds a reference to it.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np
import numpy.typing as npt


@dataclass
class Trajectory:
    """One episode as it grows: policy and environment tokens in one sequence.

    Attributes:
        tokens: token ids, prompt first.
        policy: per token, whether the policy wrote it.
        logprobs: per token, the behaviour log-prob as sampled; 0.0 where the policy did not write.
        versions: per token, the policy version that emitted it; -1 where the policy did not write.
        entropies: per token, entropy in nats of the distribution it was drawn from; else 0.0.
    """

    tokens: list[int] = field(default_factory=list)
    policy: list[bool] = field(default_factory=list)
    logprobs: list[float] = field(default_factory=list)
    versions: list[int] = field(default_factory=list)
    entropies: list[float] = field(default_factory=list)

    def observe(self, tokens: Sequence[int]) -> None:
        """Append tokens that the environment wrote."""
        count = len(tokens)
        self.tokens.extend(tokens)
        self.policy.extend([False] * count)
        self.logprobs.extend([0.0] * count)
        self.versions.extend([-1] * count)
        self.entropies.extend([0.0] * count)

    def emit(self, token: int, logprob: float, version: int, entropy: float) -> None:
        """Append a token that the policy wrote."""
        self.tokens.append(token)
        self.policy.append(True)
        self.logprobs.append(logprob)
        self.versions.append(version)
        self.entropies.append(entropy)

    @property
    def policy_tokens(self) -> int:
        return sum(self.policy)


@dataclass(frozen=True)
class TrajectoryBatch:
    """Trajectories end to end; every column but ``lengths`` has the length of all tokens.

    Attributes:
        lengths: [N] tokens of each trajectory.
        tokens, policy, logprobs, versions: [T], see :class:`Trajectory`.
    """

    lengths: npt.NDArray[np.int64]
    tokens: npt.NDArray[np.int64]
    policy: npt.NDArray[np.bool_]
    logprobs: npt.NDArray[np.float32]
    versions: npt.NDArray[np.int32]

    @classmethod
    def of(cls, trajectories: Sequence[Trajectory]) -> TrajectoryBatch:
        return cls(
            lengths=np.array([len(t.tokens) for t in trajectories], dtype=np.int64),
            tokens=np.array([x for t in trajectories for x in t.tokens], dtype=np.int64),
            policy=np.array([x for t in trajectories for x in t.policy], dtype=np.bool_),
            logprobs=np.array([x for t in trajectories for x in t.logprobs], dtype=np.float32),
            versions=np.array([x for t in trajectories for x in t.versions], dtype=np.int32),
        )

    def slices(self) -> list[slice]:
        """Where each trajectory stands on the token axis."""
        ends = np.cumsum(self.lengths)
        return [slice(int(e - n), int(e)) for e, n in zip(ends, self.lengths, strict=True)]
