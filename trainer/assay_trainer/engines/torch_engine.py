"""The embedded engine: continuous-slot generation with any causal LM of transformers.

The engine keeps one table row per running request (numpy) and one cache row per table row (torch).
Running rows are always rows 0 .. n-1; when some finish, the last running rows move into the gaps.
A tick is

1. admit: queued requests take the free rows; of each prompt everything but its last token is
   prefilled, a prompt shared by several requests (a group) only once;
2. decode: one forward of one token for all n rows: the last prompt token or the last emitted one.
   Neighbours are read equally far, so rows of very mixed lengths are sorted now and then;
3. draw one token a row, stamp it with the version, retire the rows that are done.

So every emitted token comes out of the same decode step, fresh or resumed. Given the same weights,
the same submissions in the same order give the same bytes; a different batch around a request
leaves its draws alone and may move the last bits of its log-probs.

What it does not do: prefix caching across ticks, sliding-window attention, several devices.
"""

from __future__ import annotations

import copy
import itertools
from collections import deque
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor
from transformers import PreTrainedModel

from assay_datasets import InputError
from assay_trainer.engines.engine import (
    Emissions,
    EngineError,
    Finish,
    Request,
    check_idle,
    check_requests,
    check_weights,
)
from assay_trainer.engines.sampling import Draws, draw, uniforms
from assay_trainer.engines.slot_cache import ATTENTION, Chunk, SlotCache, chunks_of
from assay_trainer.stopwatch import Stopwatch

_ROW = np.dtype(
    [
        ("uid", "O"),
        ("order", "i8"),  # of submission
        ("seed", "u8"),
        ("position", "i8"),  # in the random stream
        ("stored", "i8"),  # entries in the cache; the next token goes in at this place
        ("last", "i8"),  # token that is not in the cache yet
        ("left", "i8"),  # tokens that may still be emitted
        ("temperature", "f4"),
    ]
)
_UNSORTED = 1.25  # times what sorted rows need read: then sorting them pays within some ticks
_PREFILL_TOKENS = 8192  # of one padded batch; bounds its memory


class TorchEngine:
    """An :class:`~assay_trainer.engines.engine.Engine` over a copy of ``model``.

    Args:
        model: a causal LM of transformers; it is deep-copied and left as it is. Give it in
            float32: only its parameters are cast, so the rotary tables keep their precision
            (``model.to(bfloat16)`` would round them too).
        slots: how many requests run at once.
        capacity: longest prompt plus response, in tokens.
        stop_token_ids: tokens that end a response; the token itself is emitted.
        dtype: of weights and cache.
        version: of the weights ``model`` carries.

    Raises:
        InputError: no slots, or ``capacity`` is more than the model attends to.
    """

    def __init__(
        self,
        model: PreTrainedModel,
        *,
        slots: int,
        capacity: int,
        stop_token_ids: Iterable[int],
        dtype: torch.dtype = torch.bfloat16,
        version: int = 0,
    ) -> None:
        if slots < 1:
            raise InputError(f"an engine of {slots} slots runs nothing; give it at least one")
        _check_reach(model, capacity)
        self._model: Any = _frozen_copy(model, dtype)
        self._device = next(self._model.parameters()).device
        self._dtype = dtype
        self._capacity = capacity
        self._stop = np.array(sorted(set(stop_token_ids)), dtype=np.int64)
        self._cache = SlotCache(slots, capacity)
        self._rows = np.zeros(slots, dtype=_ROW)
        self._running = 0
        self._queue: deque[tuple[Request, int]] = deque()  # with its order
        self._held: set[str] = set()
        self._orders = itertools.count()
        self._version = version
        self.watch = Stopwatch()

    @property
    def version(self) -> int:
        return self._version

    @property
    def slots(self) -> int:
        return len(self._rows)

    @property
    def running(self) -> int:
        return self._running

    @property
    def waiting(self) -> int:
        return len(self._queue)

    def submit(self, requests: Sequence[Request]) -> None:
        """Queue requests.

        Raises:
            InputError: one of them is empty, too long for the capacity or already here; none is
                queued.
        """
        check_requests(requests, self._held, self._capacity)
        self._model.to(self._device)
        self._held |= {request.uid for request in requests}
        self._queue.extend(zip(requests, self._orders, strict=False))

    def cut(self) -> list[str]:
        uids = [*self._rows["uid"][np.argsort(self._rows["order"][: self._running])]]
        uids += [request.uid for request, _ in self._queue]
        self._queue.clear()
        self._held.clear()
        self._running = 0
        return uids

    @torch.inference_mode()
    def abort(self, uids: Iterable[str]) -> None:
        gone = self._held.intersection(uids)
        self._queue = deque(item for item in self._queue if item[0].uid not in gone)
        running = self._rows["uid"][: self._running]
        self._retire(np.array([uid in gone for uid in running], dtype=bool))
        self._held -= gone

    @torch.inference_mode()
    def tick(self) -> Emissions:
        """One token for every running request, after admitting what fits; empty if idle.

        Raises:
            EngineError: the logits of a row are not finite. Everything held is dropped.
        """
        with self.watch("prefill"):
            self._admit()
        if not self._running:
            empty = np.zeros(0, dtype=np.float32)
            return Emissions(self._version, [], empty.astype(np.int64), empty, empty, [])
        rows = self._rows[: self._running]
        with self.watch("decode"):
            self._sort(rows)
            logits = self._decode(rows)
        with self.watch("draw"):
            numbers = uniforms(rows["seed"], rows["position"])
            draws = draw(logits, self._tensor(numbers), self._tensor(rows["temperature"]))
            if bool(draws.finite.all()):
                return self._emit(rows, draws)
        self.cut()
        self._cache.clear()
        raise EngineError(f"the logits are not finite under weights version {self._version}")

    def seconds(self) -> dict[str, float]:
        return self.watch.take()

    def sleep(self) -> None:
        check_idle(self)
        self._cache.drop()
        self._model.to("cpu")

    @torch.no_grad()
    def load_weights(self, state: Mapping[str, Tensor], version: int) -> None:
        """Copy ``state`` into the weights, casting to the engine's dtype."""
        check_weights(self._model, state, self, version)
        self._model.to(self._device)
        targets = self._model.state_dict()
        for name, tensor in state.items():
            targets[name].copy_(tensor)
        self._version = version

    def _admit(self) -> None:
        """Give free rows to queued requests, in order, and prefill them."""
        first = self._running
        count = min(self.slots - first, len(self._queue))
        if not count:
            return
        admitted = [self._queue.popleft() for _ in range(count)]
        self._rows[first : first + count] = [_row(request, order) for request, order in admitted]
        self._running += count
        sharers: dict[tuple[int, ...], list[int]] = {}
        for row, (request, _) in enumerate(admitted, start=first):
            sharers.setdefault(request.tokens[:-1], []).append(row)
        sharers.pop((), None)
        for prompts in _padded_batches(sorted(sharers, key=len)):
            self._prefill(prompts, [sharers[prompt] for prompt in prompts])

    def _prefill(self, prompts: list[tuple[int, ...]], rows: list[list[int]]) -> None:
        """Fill the cache of ``rows[i]`` with ``prompts[i]``, in one forward."""
        batch = np.zeros((len(prompts), len(prompts[-1])), dtype=np.int64)
        for line, prompt in zip(batch, prompts, strict=True):
            line[: len(prompt)] = prompt
        source = np.repeat(np.arange(len(prompts)), [len(shared) for shared in rows])
        self._cache.prefilling(
            self._tensor(np.array([row for shared in rows for row in shared])),
            self._tensor(source),
        )
        self._forward(batch, np.broadcast_to(np.arange(batch.shape[1]), batch.shape), None)

    def _sort(self, rows: NDArray[Any]) -> None:
        """Put long rows first, where reading them beside short ones has become too dear."""
        order = np.argsort(-rows["stored"], kind="stable")
        if _read(self._chunks(rows)) > _UNSORTED * _read(self._chunks(rows[order])):
            self._move(order, np.arange(len(order)))

    def _chunks(self, rows: NDArray[Any]) -> list[Chunk]:
        """How far the next decode step reads: to each row's end, with the entry it writes."""
        lengths = rows["stored"] + 1
        if self._device.type != "cpu":  # one launch costs more than the reading
            lengths = np.full_like(lengths, lengths.max())
        return chunks_of(lengths, self._capacity)

    def _decode(self, rows: NDArray[Any]) -> Tensor:
        """Logits [rows, vocabulary] behind each row's last token."""
        stored, chunks = rows["stored"], self._chunks(rows)
        span = max(span for _, _, span in chunks)
        positions = self._tensor(stored)
        hidden = torch.arange(span, device=self._device) > positions[:, None]
        mask = torch.zeros(hidden.shape, dtype=self._dtype, device=self._device)
        mask.masked_fill_(hidden, float("-inf"))
        self._cache.decoding(positions, chunks)
        return self._forward(rows["last"][:, None], stored[:, None], mask[:, None, None, :])

    def _forward(
        self, tokens: NDArray[np.int64], positions: NDArray[np.int64], mask: Tensor | None
    ) -> Tensor:
        """One pass of the model over [batch, length] tokens; logits of the last column."""
        out = self._model(
            input_ids=self._tensor(tokens),
            position_ids=self._tensor(positions),
            attention_mask=mask,
            past_key_values=self._cache,
            use_cache=True,
            logits_to_keep=1,
        )
        logits: Tensor = out.logits[:, -1]
        return logits

    def _emit(self, rows: NDArray[Any], draws: Draws) -> Emissions:
        """Advance the table by one token a row and retire the rows that are done."""
        tokens = draws.tokens.cpu().numpy()
        rows["last"] = tokens
        rows["stored"] += 1
        rows["position"] += 1
        rows["left"] -= 1
        stopped = np.isin(tokens, self._stop)
        ended = stopped | (rows["left"] == 0)
        uids = rows["uid"].tolist()
        finishes: list[Finish | None] = [None] * len(uids)
        for row in np.flatnonzero(ended):
            finishes[row] = "stop" if stopped[row] else "length"
            self._held.discard(uids[row])
        self._retire(ended)
        logprobs, entropies = draws.logprobs.cpu().numpy(), draws.entropies.cpu().numpy()
        return Emissions(self._version, uids, tokens, logprobs, entropies, finishes)

    def _retire(self, ended: NDArray[np.bool_]) -> None:
        """Free these of the running rows; the last survivors move into the gaps."""
        left = len(ended) - int(ended.sum())
        gaps = np.flatnonzero(ended[:left])
        movers = left + np.flatnonzero(~ended[left:])
        if len(gaps):
            self._move(movers, gaps)
        self._running = left

    def _move(self, source: NDArray[np.int64], target: NDArray[np.int64]) -> None:
        """Put rows, with what is cached of them, in the places of others."""
        longest = int(self._rows["stored"][source].max())
        self._rows[target] = self._rows[source]
        self._cache.move(self._tensor(source), self._tensor(target), longest)

    def _tensor(self, array: NDArray[Any]) -> Tensor:
        return torch.from_numpy(array.copy()).to(self._device)


def _read(chunks: Iterable[Chunk]) -> int:
    """Entries that a decode step reads."""
    return sum((last - first) * span for first, last, span in chunks)


def _row(request: Request, order: int) -> tuple[str, int, int, int, int, int, int, float]:
    """A table row, in the order of the fields of ``_ROW``."""
    return (
        request.uid,
        order,
        request.seed,
        request.position,
        len(request.tokens) - 1,
        request.tokens[-1],
        request.max_tokens,
        request.temperature,
    )


def _padded_batches(prompts: list[tuple[int, ...]]) -> Iterator[list[tuple[int, ...]]]:
    """Cut prompts, shortest first, into batches that stay within the budget once padded."""
    batch: list[tuple[int, ...]] = []
    for prompt in prompts:
        if batch and (len(batch) + 1) * len(prompt) > _PREFILL_TOKENS:
            yield batch
            batch = []
        batch.append(prompt)
    if batch:
        yield batch


def _frozen_copy(model: PreTrainedModel, dtype: torch.dtype) -> PreTrainedModel:
    """A copy for inference: parameters in ``dtype``, buffers untouched, our attention."""
    frozen: PreTrainedModel = copy.deepcopy(model)
    frozen.train(False)
    frozen.requires_grad_(False)
    for parameter in frozen.parameters():
        parameter.data = parameter.data.to(dtype)
    frozen.set_attn_implementation(ATTENTION)
    return frozen


def _check_reach(model: PreTrainedModel, capacity: int) -> None:
    """Refuse a capacity that the model's positions or attention windows do not cover."""
    config = model.config
    limits = (getattr(config, name, None) for name in ("max_position_embeddings", "sliding_window"))
    reach = min((limit for limit in limits if limit), default=capacity)
    kinds = set(getattr(config, "layer_types", None) or ())
    if reach < capacity:
        raise InputError(
            f"{type(model).__name__} attends to {reach} tokens; lower the engine's capacity "
            f"from {capacity}"
        )
    if kinds - {"full_attention", "sliding_attention"}:
        raise InputError(
            f"{type(model).__name__} has layers without a key-value cache ({sorted(kinds)}); "
            "use the vllm engine"
        )
