"""Learner: the policy in float32, its optimiser, and one step of each stage, as one of its ranks.

A batch is dealt to the ranks by length, packed into rows and cut into micro-batches, and every loss
contribution is divided by counts of the *whole* batch, so that a step depends neither on packing,
nor on micro-batches, nor on the number of ranks. All ranks are given the same batch and run the
same program; what they return is the same too.

The log-probs under the weights a step starts from (θ_old) are, with one update per step, those of
the update's own forward pass, detached: the same numbers, and the ratio r is 1 with the right
gradient. With several they are computed before the first.
"""

from __future__ import annotations

import time
from collections.abc import Iterator, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import numpy.typing as npt
import torch
from torch import Tensor

from assay_trainer.forward import TokenScores, score_tokens
from assay_trainer.losses import LossConfig, policy_loss
from assay_trainer.mismatch import MismatchStats
from assay_trainer.model import DType, fix_routing
from assay_trainer.optim import OptimConfig, Optimiser
from assay_trainer.packing import PackedRows, Placement, lay, plan
from assay_trainer.ranks import Ranks, whole
from assay_trainer.sft import Example
from assay_trainer.stopwatch import Stopwatch
from assay_trainer.trajectory import TrajectoryBatch

Metrics = dict[str, Any]


class Learner:
    """One learner rank.

    Args:
        model: float32 causal language model; updated in place, and sharded if there are ranks.
        pad_id: padding token id.
        row_length: tokens in a packed row; bounds the longest sequence.
        micro_rows: rows in one forward and backward pass.
        temperature: the sampling temperature, at which log-probs are compared.
        ranks: this rank among the others.
        compute: ``bfloat16`` runs the passes under autocast.
        recompute: activation checkpointing.
    """

    def __init__(
        self,
        model: Any,
        *,
        pad_id: int,
        row_length: int,
        micro_rows: int,
        temperature: float,
        ranks: Ranks | None = None,
        compute: DType = "float32",
        recompute: bool = False,
    ) -> None:
        self.ranks = ranks or Ranks()
        if recompute:
            model.gradient_checkpointing_enable({"use_reentrant": False})
        self.model = self.ranks.shard(fix_routing(model).train())
        self.pad_id = pad_id
        self.row_length = row_length
        self.micro_rows = micro_rows
        self.temperature = temperature
        self.compute = compute
        self.optimiser: Optimiser | None = None
        self.watch = Stopwatch()

    def begin_stage(self, optim: OptimConfig, steps: int) -> None:
        """Start a stage of ``steps`` updates with a fresh optimiser."""
        self.optimiser = Optimiser(self.model.parameters(), optim, steps)

    def state_dict(self) -> dict[str, Tensor]:
        """Whole parameters (tied ones once) and buffers on the CPU; all ranks must call.

        What one CPU rank gets are the parameters themselves: copy them, or use them at once.
        """
        kept = self.model.state_dict().keys()
        named = [*self.model.named_parameters(), *self.model.named_buffers()]
        return {name: whole(tensor).cpu() for name, tensor in named if name in kept}

    # Supervised

    def sft_step(self, examples: Sequence[Example]) -> Metrics:
        """One supervised step: mean cross-entropy over what the policy writes."""
        started = time.perf_counter()
        sequences = [example.tokens for example in examples]
        policy = self._put(np.array([written for e in examples for written in e.policy]))
        lengths = np.array([len(tokens) for tokens in sequences])
        starts = self._put(lengths.cumsum() - lengths)
        total = sum(sum(example.policy) for example in examples)
        loss_sum, hits = 0.0, 0
        for rows in self._micro_batches(sequences, self._plan(range(len(examples)), sequences)):
            chosen, _ = _policy_tokens(rows, starts, policy)
            logp = self._score(rows, 1.0).logprobs[chosen]
            loss_sum += self._backward(-logp.sum() / max(1, total))
            hits += int((logp.detach() > np.log(0.5)).sum())
        metrics = self._update()
        ends = self.ranks.gather((loss_sum, hits))
        seconds = time.perf_counter() - started
        tokens = sum(map(len, sequences))
        return metrics | {
            "loss": sum(loss for loss, _ in ends),
            "accuracy": sum(right for _, right in ends) / max(1, total),
            "tokens": tokens,
            "tokens_per_s": tokens / seconds,
            "seconds": seconds,
        }

    # Reinforcement

    def rl_step(
        self,
        batch: TrajectoryBatch,
        advantages: Sequence[float | None],
        config: LossConfig,
        version: int,
        *,
        updates: int = 1,
    ) -> Metrics:
        """One policy-gradient step over the decided trajectories.

        Args:
            batch: the released trajectories.
            advantages: per trajectory; None leaves it out of the loss and its denominators. A zero
                advantage stays in the denominators, but its forward pass is saved: it has no
                gradient. (So the mismatch metrics speak of trajectories with a signal.)
            config: the loss.
            version: the version of the weights this step starts from.
            updates: parts that the batch is cut into, in its order, with an update after each.
        """
        step = self._step(batch, advantages, config, version)
        shares = [step.share(part) for part in np.array_split(step.decided, updates)]
        shares = [share for share in shares if share.signal]
        plans = [self._plan(share.signal, step.sequences) for share in shares]
        if updates > 1:
            for placements in plans:
                self._remember(step, placements)
        done = [
            self._policy_update(step, share, placements)
            for share, placements in zip(shares, plans, strict=True)
        ]
        stats = MismatchStats()
        for seen in self.ranks.gather(step.stats):
            stats.merge(seen)
        figures = {name: sum(m[name] for m in done) / len(done) for name in done[0]} if done else {}
        own = {"loss": 0.0, "grad_norm": 0.0, "lr": self._optimiser.lr} | figures
        return own | stats.summary() | step.counts()

    def _policy_update(
        self, step: _PolicyStep, share: _Share, placements: Sequence[Placement]
    ) -> dict[str, float]:
        loss = sum(
            self._policy_micro(step, share, rows)
            for rows in self._micro_batches(step.sequences, placements)
        )
        update = self._update()
        return update | {"loss": sum(self.ranks.gather(loss))}

    def _policy_micro(self, step: _PolicyStep, share: _Share, rows: PackedRows) -> float:
        chosen, tokens = step.policy_tokens(rows)
        scores = self._score(rows, self.temperature)
        logp, sequence_ids = scores.logprobs[chosen], rows.segments[chosen]
        old = logp.detach() if step.old is None else step.old[tokens]
        behaviour, lag = step.logprobs[tokens], step.version - step.versions[tokens]
        mask = torch.ones_like(sequence_ids, dtype=torch.bool)
        loss, weights = policy_loss(
            logp,
            old,
            behaviour,
            step.advantages[sequence_ids],
            mask,
            sequence_ids,
            step.config,
            lag=lag,
            global_sequences=share.sequences,
            global_tokens=share.tokens,
        )
        entropy = scores.entropies[chosen]
        step.stats.add(old, behaviour, weights, mask, lag=lag, entropy=entropy)
        return self._backward(loss)

    @torch.no_grad()
    def _remember(self, step: _PolicyStep, placements: Sequence[Placement]) -> None:
        """Keep the log-probs that the present weights give to a share's policy tokens."""
        if step.old is None:
            step.old = torch.zeros_like(step.logprobs)
        for rows in self._micro_batches(step.sequences, placements):
            chosen, tokens = step.policy_tokens(rows)
            step.old[tokens] = self._score(rows, self.temperature).logprobs[chosen]

    def _step(
        self,
        batch: TrajectoryBatch,
        advantages: Sequence[float | None],
        config: LossConfig,
        version: int,
    ) -> _PolicyStep:
        slices = batch.slices()
        return _PolicyStep(
            config=config,
            version=version,
            sequences=[batch.tokens[part] for part in slices],
            starts=self._put(np.array([part.start for part in slices])),
            policy=self._put(batch.policy),
            logprobs=self._put(batch.logprobs),
            versions=self._put(batch.versions),
            given=advantages,
            advantages=self._put(np.array([a or 0.0 for a in advantages], dtype=np.float32)),
            written=np.array([batch.policy[part].sum() for part in slices], dtype=np.int64),
        )

    # What both stages do

    def _plan(
        self, members: Sequence[int], sequences: Sequence[Sequence[int]]
    ) -> Sequence[Placement]:
        """This rank's micro-batches of ``sequences[i]`` for i in ``members``."""
        lengths = [len(sequences[index]) for index in members]
        mine = plan(lengths, self.row_length, self.micro_rows, self.ranks.size)[self.ranks.rank]
        return [[[members[place] for place in row] for row in micro] for micro in mine]

    def _micro_batches(
        self, sequences: Sequence[Sequence[int]], placements: Sequence[Placement]
    ) -> Iterator[PackedRows]:
        for placement in placements:
            with self.watch("pack"):
                rows = lay(sequences, placement, self.pad_id).to(self.ranks.device)
            yield rows

    def _score(self, rows: PackedRows, temperature: float) -> TokenScores:
        with self.watch("forward"), self._precision():
            return score_tokens(self.model, rows, temperature)

    def _precision(self) -> AbstractContextManager[Any]:
        device = self.ranks.device.type
        return torch.autocast(device, torch.bfloat16, enabled=self.compute == "bfloat16")

    def _backward(self, loss: Tensor) -> float:
        with self.watch("backward"):
            loss.backward()  # type: ignore[no-untyped-call]
            return float(loss.detach())

    @property
    def _optimiser(self) -> Optimiser:
        if self.optimiser is None:
            raise RuntimeError("begin_stage() before the first step")
        return self.optimiser

    def _update(self) -> dict[str, float]:
        lr = self._optimiser.lr
        with self.watch("update"):
            return {"grad_norm": self._optimiser.step(), "lr": lr}

    def _put(self, column: npt.NDArray[Any]) -> Tensor:
        """A copy on this rank's device: columns from the object store are read-only."""
        return torch.from_numpy(np.array(column)).to(self.ranks.device)


@dataclass(frozen=True)
class _Share:
    """The trajectories of one update.

    Attributes:
        signal: those with a gradient.
        sequences, tokens: all decided ones and their policy tokens, the denominators of the loss.
    """

    signal: list[int]
    sequences: int
    tokens: int


@dataclass
class _PolicyStep:
    """A batch as the micro-batches of its step read it.

    Attributes:
        config: the loss.
        version: of the weights that the step starts from.
        sequences: [N] the tokens of each trajectory.
        starts: [N] where each begins in the columns.
        policy, logprobs, versions: [T] the batch's columns.
        given: [N] advantages, None where the trajectory leaves the loss.
        advantages: [N] the same with 0 for None.
        written: [N] policy tokens of each.
        old: [T] log-probs under the weights the step starts from, where an update needs them.
        stats: the mismatch, as far as this rank has seen it.
    """

    config: LossConfig
    version: int
    sequences: list[Any]
    starts: Tensor
    policy: Tensor
    logprobs: Tensor
    versions: Tensor
    given: Sequence[float | None]
    advantages: Tensor
    written: npt.NDArray[np.int64]
    old: Tensor | None = None
    stats: MismatchStats = field(default_factory=MismatchStats)

    @property
    def decided(self) -> npt.NDArray[np.int64]:
        return np.array([i for i, a in enumerate(self.given) if a is not None], dtype=np.int64)

    def share(self, members: npt.NDArray[np.int64]) -> _Share:
        """Those ``members`` (all decided) as the trajectories of one update."""
        signal = [int(index) for index in members if self.given[index]]
        return _Share(signal, len(members), int(self.written[members].sum()))

    def policy_tokens(self, rows: PackedRows) -> tuple[Tensor, Tensor]:
        return _policy_tokens(rows, self.starts, self.policy)

    def counts(self) -> Metrics:
        """What entered the loss, and how many versions old its tokens are."""
        decided = self.decided
        figures: Metrics = {
            "sequences": len(decided),
            "tokens_trained": int(self.written[decided].sum()),
        }
        if not figures["tokens_trained"]:
            return figures
        member = torch.zeros(len(self.given), dtype=torch.bool, device=self.starts.device)
        member[decided] = True
        lengths = torch.tensor([len(tokens) for tokens in self.sequences], device=member.device)
        own = member.repeat_interleave(lengths) & self.policy
        lags = (self.version - self.versions[own]).double()
        return figures | {
            "staleness_mean": float(lags.mean()),
            "staleness_max": int(lags.max()),
        }


def _policy_tokens(rows: PackedRows, starts: Tensor, policy: Tensor) -> tuple[Tensor, Tensor]:
    """Which tokens of ``rows`` the policy wrote, [R, L], and where these stand in the columns.

    The first token of a sequence has no log-prob in a packed row; it is always prompt.

    Args:
        starts: where each sequence begins in the columns, [N].
        policy: column of what the policy wrote, [T].
    """
    place = starts[rows.segments.clamp(min=0)] + rows.positions
    chosen = (rows.segments >= 0) & policy[place]
    return chosen, place[chosen]
