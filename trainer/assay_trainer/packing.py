"""Packing: variable-length sequences laid end to end in rows of one length, without cross-talk.

A row holds whole sequences; attention is causal *within* a sequence (a 4-D mask) and positions
restart with each, so a packed sequence gives the log-probs it gives alone. Placement is first-fit
decreasing, a pure function of the lengths.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import torch

from assay_datasets import InputError


@dataclass(frozen=True)
class PackedRows:
    """Rows of packed sequences.

    Attributes:
        tokens: [R, L] int64, padded with the pad id.
        positions: [R, L] int64, restarting at 0 with each sequence.
        segments: [R, L] int64, index of the sequence in the input list, -1 on padding.
    """

    tokens: torch.Tensor
    positions: torch.Tensor
    segments: torch.Tensor

    def __len__(self) -> int:
        return len(self.tokens)

    def rows(self, start: int, stop: int) -> PackedRows:
        """The rows [start, stop), for a micro-batch."""
        return PackedRows(
            self.tokens[start:stop], self.positions[start:stop], self.segments[start:stop]
        )

    def attention_mask(self) -> torch.Tensor:
        """[R, 1, L, L] bool, true where a query may look: same sequence, not later."""
        length = self.tokens.shape[1]
        same = self.segments[:, :, None] == self.segments[:, None, :]
        causal = torch.ones(length, length, dtype=torch.bool).tril()
        return (same & causal)[:, None]


def first_fit(lengths: Sequence[int], row_length: int) -> list[list[int]]:
    """Which sequences share a row: first fit, longest first, ties by index."""
    rows: list[list[int]] = []
    free: list[int] = []
    for index in sorted(range(len(lengths)), key=lambda i: (-lengths[i], i)):
        need = lengths[index]
        row = next((r for r, room in enumerate(free) if room >= need), None)
        if row is None:
            rows.append([])
            free.append(row_length)
            row = len(rows) - 1
        rows[row].append(index)
        free[row] -= need
    return rows


def pack(sequences: Sequence[Sequence[int]], row_length: int, pad_id: int) -> PackedRows:
    """Pack token sequences into [R, row_length]; a longer sequence is an :class:`InputError`."""
    longest = max(map(len, sequences), default=0)
    if longest > row_length:
        raise InputError(
            f"a sequence of {longest} tokens does not fit a row of {row_length}; raise row_length"
        )
    placement = first_fit([len(sequence) for sequence in sequences], row_length)
    shape = (len(placement), row_length)
    tokens = torch.full(shape, pad_id, dtype=torch.int64)
    positions = torch.zeros(shape, dtype=torch.int64)
    segments = torch.full(shape, -1, dtype=torch.int64)
    for row, members in enumerate(placement):
        start = 0
        for index in members:
            end = start + len(sequences[index])
            tokens[row, start:end] = torch.as_tensor(sequences[index], dtype=torch.int64)
            positions[row, start:end] = torch.arange(end - start)
            segments[row, start:end] = index
            start = end
    return PackedRows(tokens, positions, segments)
