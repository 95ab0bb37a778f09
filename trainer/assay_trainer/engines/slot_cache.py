"""Slot cache: keys and values of many requests of different lengths, one row each.

Row r of the tensors [slots, kv heads, capacity, head size] of a layer belongs to the request in
row r of the engine's table. Running rows are always the first ones, so a decode step reads a view
of the used corner and copies nothing. A pass is announced before the model runs it:

* ``prefilling``: prompts of one padded batch go to the named rows, several rows may share a prompt,
  and attention sees only the prompt itself;
* ``decoding``: each running row appends one entry at its own length, and attention sees the row's
  first entries under the caller's mask, as many as the longest row of its chunk has.

Attention is our own function behind transformers' registry, because its stock one copies every key
and value once per query head in a decode step and reads short rows as far as the longest.
"""

from __future__ import annotations

from collections.abc import Sequence
from contextvars import ContextVar
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor
from torch.nn.functional import scaled_dot_product_attention
from transformers import AttentionInterface, Cache

ATTENTION = "assay_slots"
_STEP = 16
_CALL = 1024
"""Entries, of any rows, that are read in the time of one more call."""

Chunk = tuple[int, int, int]
"""Neighbouring rows that are read equally far: the first, the one behind the last, how far."""

_chunks: ContextVar[Sequence[Chunk]] = ContextVar("assay_chunks")
"""Of the decode step that was announced, for the attention function, which is given tensors."""


def chunks_of(lengths: NDArray[np.int64], most: int) -> list[Chunk]:
    """Cut rows that hold so many entries, ``most`` at most, where it saves more than it costs."""
    spans = np.minimum(most, -(-lengths // _STEP) * _STEP)

    def cut(first: int, last: int) -> list[Chunk]:
        middle = (first + last) // 2
        if middle > first:
            left, right = int(spans[first:middle].max()), int(spans[middle:last].max())
            fewer = middle - first if left < right else last - middle
            if abs(left - right) * fewer > _CALL:
                return cut(first, middle) + cut(middle, last)
        return [(first, last, int(spans[first:last].max()))]

    return cut(0, len(spans))


class SlotCache(Cache):
    """Storage of one model's keys and values; layers are allocated when they are first written.

    Args:
        slots: rows.
        capacity: entries a row can hold.
    """

    def __init__(self, slots: int, capacity: int) -> None:
        super().__init__(layers=[])
        self._slots = slots
        self._capacity = capacity
        self._stored: dict[int, tuple[Tensor, Tensor]] = {}
        self._rows = torch.empty(0, dtype=torch.int64)
        self._source: Tensor | None = None
        self._positions = torch.empty(0, dtype=torch.int64)

    def prefilling(self, rows: Tensor, source: Tensor) -> None:
        """The next pass writes the prompt ``source[i]`` of its batch to ``rows[i]``, from entry 0.

        Padding behind a prompt is written too and overwritten by decoding.
        """
        self._rows, self._source = rows, source

    def decoding(self, positions: Tensor, chunks: Sequence[Chunk]) -> None:
        """The next pass writes row i's one new entry at ``positions[i]`` and reads ``chunks``."""
        self._rows = torch.arange(len(positions), device=positions.device)
        self._source, self._positions = None, positions
        _chunks.set(chunks)

    def update(
        self, key_states: Tensor, value_states: Tensor, layer_idx: int, *args: Any, **kwargs: Any
    ) -> tuple[Tensor, Tensor]:
        """Store a layer's new entries [batch, kv heads, length, head size]; what to attend to."""
        if layer_idx not in self._stored:
            self._stored[layer_idx] = (self._room(key_states), self._room(value_states))
        keys, values = self._stored[layer_idx]
        if self._source is None:
            keys[self._rows, :, self._positions] = key_states[:, :, 0]
            values[self._rows, :, self._positions] = value_states[:, :, 0]
            running = len(self._rows)
            return keys[:running], values[:running]
        length = key_states.shape[2]
        keys[self._rows, :, :length] = key_states[self._source]
        values[self._rows, :, :length] = value_states[self._source]
        return key_states, value_states

    def move(self, source: Tensor, target: Tensor, length: int) -> None:
        """Copy the first ``length`` entries of rows; sources may be targets of others."""
        for keys, values in self._stored.values():
            keys[target, :, :length] = keys[source, :, :length]
            values[target, :, :length] = values[source, :, :length]

    def clear(self) -> None:
        """Zero everything: masked entries must stay finite, since 0 x NaN is NaN."""
        for keys, values in self._stored.values():
            keys.zero_()
            values.zero_()

    def drop(self) -> None:
        """Give the storage back; the next pass allocates it anew."""
        self._stored.clear()

    def _room(self, states: Tensor) -> Tensor:
        heads, size = states.shape[1], states.shape[3]
        return states.new_zeros(self._slots, heads, self._capacity, size)


def slot_attention(
    module: torch.nn.Module,
    query: Tensor,
    key: Tensor,
    value: Tensor,
    attention_mask: Tensor | None,
    scaling: float | None = None,
    **_: Any,
) -> tuple[Tensor, None]:
    """Attention of one pass: [batch, heads, length, size] in, [batch, length, heads, size] out.

    Without a mask the pass is a causal prefill. With one, [batch, 1, 1, span] and additive, it is
    a decode step, chunk by chunk: the query heads that share a key head stand as that head's query
    positions.
    """
    if attention_mask is None:
        out = scaled_dot_product_attention(
            query, key, value, is_causal=True, scale=scaling, enable_gqa=True
        )
        return out.transpose(1, 2).contiguous(), None
    batch, heads, size = query.shape[0], query.shape[1], query.shape[3]
    shared = heads // key.shape[1]
    query = query.reshape(batch, key.shape[1], shared, size)
    mask = attention_mask.expand(-1, -1, shared, -1)
    parts = [
        scaled_dot_product_attention(
            query[first:last],
            key[first:last, :, :span],
            value[first:last, :, :span],
            attn_mask=mask[first:last, :, :, :span],
            scale=scaling,
        )
        for first, last, span in _chunks.get()
    ]
    out = torch.cat(parts) if len(parts) > 1 else parts[0]
    return out.reshape(batch, 1, heads, value.shape[-1]), None


AttentionInterface.register(ATTENTION, slot_attention)
