"""The embedded engine against plain full forwards of the same model."""

from __future__ import annotations

import copy
from collections.abc import Callable, Iterable
from dataclasses import replace

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from transformers import (
    LlamaConfig,
    LlamaForCausalLM,
    MistralConfig,
    MistralForCausalLM,
    PreTrainedModel,
    Qwen3MoeConfig,
    Qwen3MoeForCausalLM,
)

from assay_datasets import InputError
from assay_trainer.engines import Emission, EngineError, Request
from assay_trainer.engines.sampling import draw, uniforms
from assay_trainer.engines.torch_engine import TorchEngine

VOCABULARY = 50
STOP = (1, 2, 3)
CAPACITY = 48
SHAPE = {
    "vocab_size": VOCABULARY,
    "hidden_size": 32,
    "num_hidden_layers": 2,
    "num_attention_heads": 4,
    "num_key_value_heads": 2,
    "head_dim": 16,
    "intermediate_size": 48,
    "max_position_embeddings": 64,
}


def _moe() -> PreTrainedModel:
    config = Qwen3MoeConfig(
        **SHAPE,
        num_experts=4,
        num_experts_per_tok=2,
        moe_intermediate_size=24,
        tie_word_embeddings=True,
    )
    return Qwen3MoeForCausalLM(config)


def _llama() -> PreTrainedModel:
    return LlamaForCausalLM(LlamaConfig(**SHAPE))


def _sharpened(build: Callable[[], PreTrainedModel]) -> PreTrainedModel:
    """Weights large enough that distributions are far from uniform."""
    torch.manual_seed(0)
    model = build().eval()
    with torch.no_grad():
        for parameter in model.parameters():
            if parameter.ndim > 1:
                parameter.mul_(6)
    return model


MODELS = {"moe": _sharpened(_moe), "llama": _sharpened(_llama)}


@pytest.fixture(params=sorted(MODELS))
def model(request: pytest.FixtureRequest) -> PreTrainedModel:
    return MODELS[request.param]


def _engine(model: PreTrainedModel, slots: int = 3, **options: object) -> TorchEngine:
    settings = {"dtype": torch.float32, "stop_token_ids": STOP, "capacity": CAPACITY, **options}
    return TorchEngine(model, slots=slots, **settings)  # type: ignore[arg-type]


def _requests(lengths: Iterable[tuple[int, int]], temperature: float = 1.0) -> list[Request]:
    """One request per (prompt length, max_tokens); every third repeats its predecessor's prompt."""
    requests: list[Request] = []
    for index, (length, most) in enumerate(lengths):
        tokens = tuple(4 + (7 * index + 3 * place * place) % 46 for place in range(length))
        if index % 3 == 2:
            tokens = requests[-1].tokens
        requests.append(Request(f"r{index}", tokens, 100 + index, 0, most, temperature))
    return requests


def _drain(engine: TorchEngine, ticks: int = 1000) -> dict[str, list[Emission]]:
    found: dict[str, list[Emission]] = {}
    while (engine.running or engine.waiting) and ticks:
        ticks -= 1
        for emission in engine.tick():
            found.setdefault(emission.uid, []).append(emission)
    return found


@torch.inference_mode()
def _reference(model: PreTrainedModel, request: Request) -> list[Emission]:
    """The same rollout by full forwards of the plain model, without a cache."""
    tokens = list(request.tokens)
    emitted: list[Emission] = []
    for step in range(request.max_tokens):
        logits = model(torch.tensor([tokens])).logits[:, -1]
        number = uniforms(
            np.array([request.seed], dtype=np.uint64), np.array([request.position + step])
        )
        draws = draw(logits, torch.from_numpy(number), torch.tensor([request.temperature]))
        token = int(draws.tokens)
        last = step + 1 == request.max_tokens
        finish = "stop" if token in STOP else "length" if last else None
        logprob, entropy = float(draws.logprobs), float(draws.entropies)
        emitted.append(Emission(request.uid, token, logprob, entropy, 0, finish))
        tokens.append(token)
        if finish:
            break
    return emitted


def _assert_same(got: list[Emission], expected: list[Emission], tolerance: float = 2e-5) -> None:
    assert [(e.uid, e.token, e.finish) for e in got] == [
        (e.uid, e.token, e.finish) for e in expected
    ]
    for one, other in zip(got, expected, strict=True):
        assert one.logprob == pytest.approx(other.logprob, abs=tolerance)
        assert one.entropy == pytest.approx(other.entropy, abs=10 * tolerance)


RAGGED = [(1, 6), (9, 12), (9, 12), (20, 20), (2, 1), (30, 16), (5, 25), (17, 3), (3, 9)]


@pytest.mark.parametrize("slots", [1, 4, 16])
@pytest.mark.parametrize("temperature", [1.0, 0.7, 0.0])
def test_emissions_equal_full_forwards(
    model: PreTrainedModel, slots: int, temperature: float
) -> None:
    engine = _engine(model, slots)
    requests = _requests(RAGGED, temperature)
    engine.submit(requests)
    found = _drain(engine)
    assert list(found) == [request.uid for request in requests]
    for request in requests:
        _assert_same(found[request.uid], _reference(model, request))


@given(
    lengths=st.lists(st.tuples(st.integers(1, 24), st.integers(1, 10)), min_size=1, max_size=7),
    slots=st.integers(1, 4),
    cuts=st.lists(st.integers(1, 6), max_size=3),
)
@settings(max_examples=15, deadline=None)
def test_any_mix_of_requests_slots_and_cuts_gives_the_uncut_rollouts(
    lengths: list[tuple[int, int]], slots: int, cuts: list[int]
) -> None:
    model = MODELS["llama"]
    engine = _engine(model, slots)
    requests = {request.uid: request for request in _requests(lengths)}
    found: dict[str, list[Emission]] = {uid: [] for uid in requests}
    engine.submit(list(requests.values()))
    for ticks in [*cuts, 1000]:
        for uid, emissions in _drain(engine, ticks).items():
            found[uid] += emissions
        unfinished = engine.cut()
        assert unfinished == [u for u in requests if not found[u] or not found[u][-1].finish]
        engine.submit([_resumed(requests[uid], found[uid]) for uid in unfinished])
    for uid, request in requests.items():
        _assert_same(found[uid], _reference(model, request))


def _resumed(request: Request, emitted: list[Emission]) -> Request:
    return replace(
        request,
        tokens=request.tokens + tuple(emission.token for emission in emitted),
        position=request.position + len(emitted),
        max_tokens=request.max_tokens - len(emitted),
    )


def test_the_same_submissions_give_the_same_bytes(model: PreTrainedModel) -> None:
    runs = []
    for _ in range(2):
        engine = _engine(model, 4, dtype=torch.bfloat16)
        engine.submit(_requests(RAGGED))
        runs.append(_drain(engine))
    assert runs[0] == runs[1]


def test_slots_are_filled_in_order_and_never_exceeded() -> None:
    engine = _engine(MODELS["llama"], slots=2, stop_token_ids=())
    engine.submit(_requests([(3, 1), (4, 4), (5, 1), (6, 1)]))
    assert (engine.running, engine.waiting) == (0, 4)
    assert engine.tick().uids == ["r0", "r1"]
    assert (engine.running, engine.waiting) == (1, 2)
    assert sorted(engine.tick().uids) == ["r1", "r2"]
    assert sorted(engine.tick().uids) == ["r1", "r3"]


def test_an_idle_engine_ticks_to_nothing() -> None:
    engine = _engine(MODELS["llama"])
    assert len(engine.tick()) == 0
    assert engine.cut() == []


def test_a_group_prefills_its_prompt_once() -> None:
    engine = _engine(MODELS["llama"], slots=8)
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


def test_abort_drops_running_and_waiting_and_leaves_the_rest_alone() -> None:
    model = MODELS["moe"]
    engine = _engine(model, slots=4)
    requests = _requests([(6, 9)] * 6)
    engine.submit(requests)
    found = {emission.uid: [emission] for emission in engine.tick()}
    running = [uid for uid, emissions in found.items() if not emissions[-1].finish]
    engine.abort([running[0], "r5", "unknown"])
    for uid, emissions in _drain(engine).items():
        found.setdefault(uid, []).extend(emissions)
    assert "r5" not in found
    assert len(found[running[0]]) == 1
    for request in requests[:5]:
        if request.uid != running[0]:
            _assert_same(found[request.uid], _reference(model, request))


def test_bfloat16_stays_near_float32_and_keeps_the_rotary_table_exact(
    model: PreTrainedModel,
) -> None:
    engine = _engine(model, 4, dtype=torch.bfloat16)
    kept = dict(engine._model.named_buffers())
    for name, buffer in model.named_buffers():
        assert torch.equal(buffer, kept[name])
    engine.submit(_requests(RAGGED))
    gaps = []
    for uid, emissions in _drain(engine).items():
        request = next(r for r in _requests(RAGGED) if r.uid == uid)
        tokens = [*request.tokens, *(emission.token for emission in emissions)]
        with torch.inference_mode():
            exact = model(torch.tensor([tokens])).logits[0].log_softmax(-1)
        for place, emission in enumerate(emissions, start=len(request.tokens) - 1):
            gaps.append(abs(emission.logprob - float(exact[place, emission.token])))
    assert 0 < np.median(gaps) < 0.1
    assert np.isfinite(gaps).all()


def test_new_weights_are_those_of_the_learner(model: PreTrainedModel) -> None:
    engine = _engine(model)
    learner = copy.deepcopy(model)
    with torch.no_grad():
        for parameter in learner.parameters():
            parameter.mul_(1.1)
    storage = [parameter.data_ptr() for parameter in engine._model.parameters()]
    engine.load_weights(learner.state_dict(), version=3)
    assert storage == [parameter.data_ptr() for parameter in engine._model.parameters()]
    request = _requests([(6, 12)])[0]
    engine.submit([request])
    found = _drain(engine)["r0"]
    assert {emission.version for emission in found} == {3}
    _assert_same([replace(e, version=0) for e in found], _reference(learner, request))


def test_a_tied_weight_may_be_left_out() -> None:
    engine = _engine(MODELS["moe"])
    state = MODELS["moe"].state_dict()
    del state["lm_head.weight"]
    engine.load_weights(state, version=1)
    assert engine.version == 1


@pytest.mark.parametrize(
    ("change", "version", "message"),
    [
        (lambda state: state, 0, "does not follow"),
        (lambda state: {"other": torch.ones(1), **state}, 1, "unknown"),
        (lambda state: dict(list(state.items())[1:]), 1, "missing"),
        (lambda state: {name: tensor[:1] for name, tensor in state.items()}, 1, "expected"),
    ],
)
def test_weights_of_another_model_or_an_old_version_change_nothing(
    change: Callable[[dict[str, torch.Tensor]], dict[str, torch.Tensor]],
    version: int,
    message: str,
) -> None:
    engine = _engine(MODELS["llama"])
    before = copy.deepcopy(engine._model.state_dict())
    zeros = {name: torch.zeros_like(t) for name, t in before.items()}
    with pytest.raises(ValueError, match=message):
        engine.load_weights(change(zeros), version)
    assert all(torch.equal(t, before[name]) for name, t in engine._model.state_dict().items())
    assert engine.version == 0


def test_weights_are_refused_while_requests_run_and_taken_after_a_cut() -> None:
    engine = _engine(MODELS["llama"], stop_token_ids=())
    engine.submit(_requests([(4, 5)]))
    engine.tick()
    with pytest.raises(ValueError, match="cut them"):
        engine.load_weights(MODELS["llama"].state_dict(), 1)
    assert engine.cut() == ["r0"]
    engine.load_weights(MODELS["llama"].state_dict(), 1)


def test_weights_that_are_not_finite_are_one_clear_error_and_leave_no_trace() -> None:
    model = MODELS["llama"]
    engine = _engine(model)
    broken = {name: torch.full_like(t, float("nan")) for name, t in model.state_dict().items()}
    engine.load_weights(broken, 1)
    engine.submit(_requests([(20, 5)] * 3))
    with pytest.raises(EngineError, match="version 1"):
        engine.tick()
    assert (engine.running, engine.waiting) == (0, 0)
    engine.load_weights(model.state_dict(), 2)
    request = _requests([(3, 5)])[0]
    engine.submit([request])
    _assert_same(_drain(engine)["r0"], _reference(model, request))


GOOD = Request("good", (4, 5), 1, 0, 3)


@pytest.mark.parametrize(
    ("bad", "message"),
    [
        (replace(GOOD, uid="a", tokens=()), "needs a token"),
        (replace(GOOD, uid="a", max_tokens=0), "max_tokens"),
        (replace(GOOD, uid="a", seed=-1), "seed"),
        (replace(GOOD, uid="a", temperature=float("nan")), "temperature"),
        (replace(GOOD, uid="a", max_tokens=CAPACITY), "raise the engine's capacity"),
        (GOOD, "share a uid"),
    ],
)
def test_a_bad_request_is_refused_with_all_beside_it(bad: Request, message: str) -> None:
    engine = _engine(MODELS["llama"])
    with pytest.raises(InputError, match=message):
        engine.submit([GOOD, bad])
    assert engine.waiting == 0
    engine.submit([GOOD])
    with pytest.raises(InputError, match="share a uid"):
        engine.submit([GOOD])


def test_a_finished_uid_may_be_submitted_again() -> None:
    engine = _engine(MODELS["llama"])
    for _ in range(2):
        engine.submit([GOOD])
        assert len(_drain(engine)) == 1


def test_a_model_that_cannot_see_the_whole_capacity_is_refused() -> None:
    window = MistralForCausalLM(MistralConfig(**SHAPE, sliding_window=16))
    for model, capacity in ((window, 17), (MODELS["llama"], 65)):
        with pytest.raises(InputError, match="lower the engine's capacity"):
            _engine(model, capacity=capacity)
    _engine(window, capacity=16)


def test_an_engine_without_slots_is_refused() -> None:
    with pytest.raises(InputError, match="at least one"):
        _engine(MODELS["llama"], slots=0)


def test_the_model_given_is_left_as_it_was() -> None:
    model = MODELS["moe"]
    engine = _engine(model, dtype=torch.bfloat16)
    engine.submit(_requests([(5, 5)]))
    engine.tick()
    assert {parameter.dtype for parameter in model.parameters()} == {torch.float32}
    assert all(parameter.requires_grad for parameter in model.parameters())
    assert model.config._attn_implementation == "sdpa"
