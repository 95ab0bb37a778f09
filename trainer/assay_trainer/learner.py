"""Learner: the policy in float32, its optimiser, and one step of each stage.

A batch is packed into rows, cut into micro-batches of rows, and every loss contribution is divided
by *global* counts, so the step does not depend on packing or micro-batching. The log-probs under
the weights a step starts from (θ_old) are those of the step's own forward pass, detached: with one
update per batch they are the same numbers, and the ratio r is 1 with the right gradient.
"""

from __future__ import annotations

import time
from collections.abc import Iterator, Sequence
from typing import Any

import numpy as np
import torch

from assay_trainer.forward import score_tokens
from assay_trainer.losses import LossConfig, policy_loss
from assay_trainer.mismatch import MismatchStats
from assay_trainer.optim import OptimConfig, Optimiser
from assay_trainer.packing import PackedRows, pack
from assay_trainer.sft import Example
from assay_trainer.trajectory import TrajectoryBatch

Metrics = dict[str, Any]


class Learner:
    """One learner rank.

    Args:
        model: float32 causal language model; updated in place.
        pad_id: padding token id.
        row_length: tokens in a packed row; bounds the longest sequence.
        micro_rows: rows in one forward and backward pass.
        temperature: the sampling temperature, at which log-probs are compared.
    """

    def __init__(
        self, model: Any, *, pad_id: int, row_length: int, micro_rows: int, temperature: float
    ) -> None:
        self.model = model.train()
        self.pad_id = pad_id
        self.row_length = row_length
        self.micro_rows = micro_rows
        self.temperature = temperature
        self.optimiser: Optimiser | None = None

    def begin_stage(self, optim: OptimConfig, steps: int) -> None:
        """Start a stage with a fresh optimiser."""
        self.optimiser = Optimiser(self.model.parameters(), optim, steps)

    def sft_step(self, examples: Sequence[Example]) -> Metrics:
        """One supervised step: mean cross-entropy over response tokens."""
        started = time.perf_counter()
        rows = pack([example.tokens for example in examples], self.row_length, self.pad_id)
        starts = torch.tensor([example.response_start for example in examples])
        is_response = (rows.segments >= 0) & (rows.positions >= starts[rows.segments.clamp(min=0)])
        total = int(is_response.sum())
        loss_sum, hits = 0.0, 0
        for first, part in self._micro_batches(rows):
            chosen = is_response[first : first + len(part)]
            scores = score_tokens(self.model, part)
            loss = -scores.logprobs[chosen].sum() / total
            loss.backward()  # type: ignore[no-untyped-call]
            loss_sum += float(loss.detach())
            hits += int((scores.logprobs[chosen].detach() > np.log(0.5)).sum())
        metrics = self._update()
        seconds = time.perf_counter() - started
        tokens = sum(len(example.tokens) for example in examples)
        return metrics | {
            "loss": loss_sum,
            "accuracy": hits / max(1, total),
            "tokens": tokens,
            "tokens_per_s": tokens / seconds,
            "seconds": seconds,
        }

    def rl_step(
        self,
        batch: TrajectoryBatch,
        advantages: Sequence[float | None],
        config: LossConfig,
        version: int,
    ) -> Metrics:
        """One policy-gradient step over the decided trajectories.

        Args:
            batch: the released trajectories.
            advantages: per trajectory; None leaves it out of the loss and its denominators. A zero
                advantage stays in the denominators, but its forward pass is saved: it has no
                gradient. (So the mismatch metrics speak of trajectories with a signal.)
            config: the loss.
            version: the version of the weights this step starts from.
        """
        slices = batch.slices()
        decided = [i for i, a in enumerate(advantages) if a is not None]
        signal = [i for i in decided if advantages[i]]
        counts = {
            "global_sequences": len(decided),
            "global_tokens": int(sum(batch.policy[slices[i]].sum() for i in decided)),
        }
        stats = MismatchStats()
        loss_sum = 0.0
        if signal:
            sequences = [batch.tokens[slices[i]].tolist() for i in signal]
            rows = pack(sequences, self.row_length, self.pad_id)
            columns = _Columns(batch, [slices[i] for i in signal], rows)
            weights = torch.tensor([float(advantages[i] or 0.0) for i in signal])
            for first, part in self._micro_batches(rows):
                loss_sum += self._rl_micro(
                    part, columns, first, weights, config, counts, stats, version
                )
        metrics = self._update() if signal else {"grad_norm": 0.0, "lr": self._optimiser.lr}
        figures = {
            "loss": loss_sum,
            "sequences": counts["global_sequences"],
            "tokens_trained": counts["global_tokens"],
        }
        staleness = _staleness(batch, [slices[i] for i in decided], version)
        return metrics | stats.summary() | staleness | figures

    def _rl_micro(
        self,
        part: PackedRows,
        columns: _Columns,
        first: int,
        advantages: torch.Tensor,
        config: LossConfig,
        counts: dict[str, int],
        stats: MismatchStats,
        version: int,
    ) -> float:
        chosen = columns.policy[first : first + len(part)]
        scores = score_tokens(self.model, part, self.temperature)
        logp = scores.logprobs[chosen]
        behaviour = columns.logprobs[first : first + len(part)][chosen]
        lag = version - columns.versions[first : first + len(part)][chosen]
        sequence_ids = part.segments[chosen]
        mask = torch.ones_like(sequence_ids, dtype=torch.bool)
        logp_old = logp.detach()
        loss, weights = policy_loss(
            logp,
            logp_old,
            behaviour,
            advantages[sequence_ids],
            mask,
            sequence_ids,
            config,
            lag=lag,
            **counts,
        )
        loss.backward()  # type: ignore[no-untyped-call]
        entropy = scores.entropies[chosen]
        stats.add(logp_old, behaviour, weights, mask, lag=lag, entropy=entropy)
        return float(loss.detach())

    def _micro_batches(self, rows: PackedRows) -> Iterator[tuple[int, PackedRows]]:
        for first in range(0, len(rows), self.micro_rows):
            yield first, rows.rows(first, min(first + self.micro_rows, len(rows)))

    @property
    def _optimiser(self) -> Optimiser:
        if self.optimiser is None:
            raise RuntimeError("begin_stage() before the first step")
        return self.optimiser

    def _update(self) -> Metrics:
        lr = self._optimiser.lr
        return {"grad_norm": self._optimiser.step(), "lr": lr}


class _Columns:
    """A trajectory batch's columns laid out like the packed rows, [R, L] each."""

    def __init__(self, batch: TrajectoryBatch, slices: list[slice], rows: PackedRows) -> None:
        starts = torch.tensor([s.start for s in slices])
        where = rows.segments >= 0
        index = (starts[rows.segments.clamp(min=0)] + rows.positions)[where]
        self.policy = self._lay(batch.policy, index, where, False)
        self.logprobs = self._lay(batch.logprobs, index, where, 0.0)
        self.versions = self._lay(batch.versions, index, where, -1)

    @staticmethod
    def _lay(column: Any, index: torch.Tensor, where: torch.Tensor, empty: float) -> torch.Tensor:
        values = torch.from_numpy(np.array(column))
        laid = torch.full(where.shape, empty, dtype=values.dtype)
        laid[where] = values[index]
        return laid


def _staleness(batch: TrajectoryBatch, slices: Sequence[slice], version: int) -> Metrics:
    """Of the trained tokens: versions between each and the step."""
    own = [batch.versions[part][batch.policy[part]] for part in slices]
    lags = version - np.concatenate(own) if own else np.empty(0)
    if not len(lags):
        return {}
    return {"staleness_mean": float(lags.mean()), "staleness_max": int(lags.max())}
