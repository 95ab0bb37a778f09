"""What is the embedded engine's alone: its bytes, its prefill, its precision, its limits."""

from __future__ import annotations

from itertools import pairwise

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from transformers import MistralConfig, MistralForCausalLM

from assay_datasets import InputError
from assay_trainer.engines import Request, slot_cache
from assay_trainer.engines.slot_cache import Chunk, chunks_of
from assay_trainer.engines.torch_engine import TorchEngine
from tests.trainer.engines.models import (
    MODELS,
    OTHERS,
    RAGGED,
    SHAPE,
    assert_same,
    drain,
    each_model,
    gaps,
    reference,
    requests_of,
    torch_engine,
)


@each_model
def test_the_same_submissions_give_the_same_bytes(model: str) -> None:
    runs = []
    for _ in range(2):
        engine = torch_engine(model, 4, dtype=torch.bfloat16)
        engine.submit(requests_of(RAGGED))
        runs.append(drain(engine))
    assert runs[0] == runs[1]


def test_a_group_prefills_its_prompt_once() -> None:
    engine = torch_engine("llama", slots=8)
    passes: list[tuple[int, ...]] = []
    engine._model.register_forward_pre_hook(
        lambda _, __, kwargs: passes.append(tuple(kwargs["input_ids"].shape)), with_kwargs=True
    )
    prompts = {"a": (4, 5, 6, 7, 8), "b": (9, 10, 11)}
    engine.submit(
        [Request(f"{n}{i}", prompts[n], i, 0, 4) for i in range(4) for n in sorted(prompts)]
    )
    engine.tick()
    assert passes == [(2, 4), (8, 1)]


@each_model
def test_bfloat16_stays_near_float32_and_keeps_the_rotary_table_exact(model: str) -> None:
    plain = MODELS[model]
    engine = torch_engine(model, 4, dtype=torch.bfloat16)
    kept = dict(engine._model.named_buffers())
    for name, buffer in plain.named_buffers():
        assert torch.equal(buffer, kept[name])
    requests = requests_of(RAGGED)
    engine.submit(requests)
    found = drain(engine)
    off = [gap for request in requests for gap in gaps(plain, request, found[request.uid])]
    assert 0 < np.median(off) < 0.1
    assert np.isfinite(off).all()


@each_model
def test_rows_of_mixed_lengths_are_sorted_and_read_apart(
    model: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(slot_cache, "_STEP", 1)
    monkeypatch.setattr(slot_cache, "_CALL", 4)
    engine = torch_engine(model, 4)
    chunks: list[int] = []
    sorts: list[int] = []
    decoding, move = engine._cache.decoding, engine._cache.move

    def note_chunks(positions: torch.Tensor, read: list[Chunk]) -> None:
        chunks.append(len(read))
        decoding(positions, read)

    def note_sorts(source: torch.Tensor, target: torch.Tensor, length: int) -> None:
        sorts.append(sorted(source.tolist()) == target.tolist())
        move(source, target, length)

    monkeypatch.setattr(engine._cache, "decoding", note_chunks)
    monkeypatch.setattr(engine._cache, "move", note_sorts)
    requests = requests_of(RAGGED)
    engine.submit(requests)
    found = drain(engine)
    for request in requests:
        assert_same(found[request.uid], reference(MODELS[model], request))
    assert max(chunks) > 2
    assert any(sorts)


@given(
    lengths=st.lists(st.integers(1, 500), min_size=1, max_size=40),
    call=st.sampled_from([0, 100, 1024]),
)
def test_chunks_are_all_rows_read_far_enough_and_not_beyond_the_longest(
    lengths: list[int], call: int
) -> None:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(slot_cache, "_CALL", call)
        chunks = chunks_of(np.array(lengths), 505)
    assert chunks[0][0] == 0
    assert chunks[-1][1] == len(lengths)
    assert all(one[1] == other[0] for one, other in pairwise(chunks))
    for first, last, span in chunks:
        assert max(lengths[first:last]) <= span <= min(505, max(lengths[first:last]) + 15)


@pytest.mark.parametrize(("rows", "chunks"), [(4, 1), (16, 2), (128, 4)])
def test_short_rows_are_read_apart_where_it_saves_more_than_a_call(rows: int, chunks: int) -> None:
    lengths = np.repeat([250, 200, 100, 50], rows // 4)
    assert len(chunks_of(lengths, 512)) == chunks


@each_model
def test_new_weights_go_where_the_old_ones_are(model: str) -> None:
    engine = torch_engine(model)
    storage = [parameter.data_ptr() for parameter in engine._model.parameters()]
    engine.load_weights(OTHERS[model].state_dict(), version=1)
    assert storage == [parameter.data_ptr() for parameter in engine._model.parameters()]


def test_sleeping_gives_the_cache_back() -> None:
    engine = torch_engine("llama")
    engine.submit(requests_of([(6, 12)]))
    drain(engine)
    assert engine._cache._stored
    engine.sleep()
    assert not engine._cache._stored


def test_a_model_that_cannot_see_the_whole_capacity_is_refused() -> None:
    window = MistralForCausalLM(MistralConfig(**SHAPE, sliding_window=16))
    for model, capacity in ((window, 17), (MODELS["llama"], 129)):
        with pytest.raises(InputError, match="lower the engine's capacity"):
            TorchEngine(model, slots=1, capacity=capacity, stop_token_ids=())
    TorchEngine(window, slots=1, capacity=16, stop_token_ids=())


def test_the_model_given_is_left_as_it_was() -> None:
    model = MODELS["moe"]
    engine = torch_engine("moe", dtype=torch.bfloat16)
    engine.submit(requests_of([(5, 5)]))
    engine.tick()
    assert {parameter.dtype for parameter in model.parameters()} == {torch.float32}
    assert all(parameter.requires_grad for parameter in model.parameters())
    assert model.config._attn_implementation == "sdpa"
