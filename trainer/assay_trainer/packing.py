"""Packing: variable-length sequences laid end to end in rows, without cross-talk.

A row holds whole sequences; attention is causal *within* a sequence (a 4-D mask) and positions
restart with each, so a packed sequence gives the log-probs it gives alone. Who gets which sequence
and where it stands are pure functions of the lengths:

    balance     sequences to ranks, so that the ranks' totals are nearly equal
    first_fit   a rank's sequences to rows
    plan        a rank's rows to micro-batches, equally many on every rank
"""

from __future__ import annotations

import heapq
from collections.abc import Sequence
from dataclasses import dataclass

import torch

from assay_datasets import InputError

Placement = Sequence[Sequence[int]]
"""Rows, each the indexes of the sequences that it holds."""


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

    def to(self, device: torch.device) -> PackedRows:
        return PackedRows(
            self.tokens.to(device), self.positions.to(device), self.segments.to(device)
        )

    def attention_mask(self) -> torch.Tensor:
        """[R, 1, L, L] bool, true where a query may look: same sequence, not later."""
        length = self.tokens.shape[1]
        same = self.segments[:, :, None] == self.segments[:, None, :]
        causal = torch.ones(length, length, dtype=torch.bool, device=self.tokens.device).tril()
        return (same & causal)[:, None]


def balance(lengths: Sequence[int], parts: int) -> list[list[int]]:
    """Deal sequences into ``parts`` shares of nearly equal total length.

    Largest differencing (Karmarkar and Karp, 1982): the two most uneven partial deals are merged,
    the fullest share of one with the emptiest of the other, until one deal is left.
    """
    deals = [
        (-length, index, [*([(0, [])] * (parts - 1)), (length, [index])])
        for index, length in enumerate(lengths)
    ]
    if not deals:
        return [[] for _ in range(parts)]
    heapq.heapify(deals)
    while len(deals) > 1:
        (_, number, one), (_, _, other) = heapq.heappop(deals), heapq.heappop(deals)
        merged = sorted(
            (a + b, mine + theirs)
            for (a, mine), (b, theirs) in zip(one, reversed(other), strict=True)
        )
        heapq.heappush(deals, (merged[0][0] - merged[-1][0], number, merged))
    return [sorted(members) for _, members in deals[0][2]]


def first_fit(lengths: Sequence[int], row_length: int) -> list[list[int]]:
    """Which sequences share a row: first fit, longest first, ties by index.

    Raises:
        InputError: a sequence is longer than a row.
    """
    longest = max(lengths, default=0)
    if longest > row_length:
        raise InputError(
            f"a sequence of {longest} tokens does not fit a row of {row_length}; raise row_length"
        )
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


def plan(
    lengths: Sequence[int], row_length: int, micro_rows: int, ranks: int = 1
) -> list[list[Placement]]:
    """For every rank its micro-batches, each the placement of at most ``micro_rows`` rows.

    All ranks get equally many, because their passes meet in collectives; one that has fewer ends
    with micro-batches of one empty row.
    """
    rows = []
    for share in balance(lengths, ranks):
        placed = first_fit([lengths[index] for index in share], row_length)
        rows.append([[share[place] for place in row] for row in placed])
    passes = max(-(-len(mine) // micro_rows) for mine in rows)
    starts = [number * micro_rows for number in range(passes)]
    return [[mine[start : start + micro_rows] or [[]] for start in starts] for mine in rows]


def lay(
    sequences: Sequence[Sequence[int]], placement: Placement, pad_id: int, width: int | None = None
) -> PackedRows:
    """The rows of ``placement``, [R, width]; by default as wide as the fullest of them needs."""
    if width is None:
        width = max(2, *(sum(len(sequences[i]) for i in row) for row in placement))
    shape = (len(placement), width)
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


def pack(sequences: Sequence[Sequence[int]], row_length: int, pad_id: int) -> PackedRows:
    """Pack token sequences into [R, row_length]; a longer sequence is an :class:`InputError`."""
    placement = first_fit([len(sequence) for sequence in sequences], row_length)
    return lay(sequences, placement, pad_id, row_length)
