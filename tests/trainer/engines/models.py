"""What the engines' tests share: two small models, the engines over them, requests, the truth."""

from __future__ import annotations

import tempfile
import warnings
from collections.abc import Callable, Iterable
from dataclasses import replace
from functools import cache, partial
from importlib.util import find_spec
from pathlib import Path
from typing import Any, Protocol

import numpy as np
import pytest
import torch
from transformers import (
    LlamaConfig,
    LlamaForCausalLM,
    PreTrainedModel,
    Qwen3MoeConfig,
    Qwen3MoeForCausalLM,
)

from assay_trainer.engines import Emission, Engine, Request
from assay_trainer.engines.sampling import draw, uniforms
from assay_trainer.engines.torch_engine import TorchEngine

torch.set_num_threads(1)  # the models are tiny
VOCABULARY = 50
STOP = (1, 2, 3)
CAPACITY = 48
SHAPE: dict[str, Any] = {
    "vocab_size": VOCABULARY,
    "hidden_size": 64,
    "num_hidden_layers": 2,
    "num_attention_heads": 4,
    "num_key_value_heads": 2,
    "head_dim": 32,
    "intermediate_size": 96,
    "max_position_embeddings": 128,
}
CORE_CAPACITY = 128
CORE_SLOTS = 16
TOLERANCE = 1e-5
"""Of a log-prob in float32: what an engine and the learner may differ by."""


def _moe(width: int = 32) -> PreTrainedModel:
    config = Qwen3MoeConfig(
        **SHAPE,
        num_experts=4,
        num_experts_per_tok=2,
        moe_intermediate_size=width,
        tie_word_embeddings=True,
    )
    return Qwen3MoeForCausalLM(config)


def _llama() -> PreTrainedModel:
    return LlamaForCausalLM(LlamaConfig(**SHAPE))


def sharpened(build: Callable[[], PreTrainedModel], seed: int = 0) -> PreTrainedModel:
    """Weights large enough that distributions are far from uniform."""
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(seed)
        model = build().eval()
    with torch.no_grad():
        for parameter in model.parameters():
            if parameter.ndim > 1:
                parameter.mul_(4)
    return model


BUILDS = {"moe": _moe, "llama": _llama, "uneven": partial(_moe, 48)}
MODELS = {name: sharpened(build) for name, build in BUILDS.items()}
"""A mixture of experts with tied embeddings, a dense model whose output layer is its own, and a
mixture of experts whose width kernels pad."""
OTHERS = {name: sharpened(build, seed=1) for name, build in BUILDS.items()}
"""The same shapes with other weights."""


class MakeEngine(Protocol):
    """Makes an engine over a model of :data:`MODELS`, carrying its weights at version 0."""

    def __call__(self, model: str, slots: int = 3, **options: Any) -> Engine: ...


def torch_engine(model: str, slots: int = 3, **options: Any) -> TorchEngine:
    settings = {"dtype": torch.float32, "stop_token_ids": STOP, "capacity": CAPACITY, **options}
    return TorchEngine(MODELS[model], slots=slots, **settings)


def vllm_engine(model: str, slots: int = 3, *, dtype: str = "float32", **options: Any) -> Engine:
    from assay_trainer.engines.vllm_engine import VllmEngine

    core = vllm_core(model, dtype)
    core.load(MODELS[model].state_dict(), 0)
    settings = {"stop_token_ids": STOP, "capacity": CAPACITY, **options}
    return VllmEngine(core, slots=slots, **settings)


def vllm_core(model: str, dtype: str = "float32") -> Any:
    """The one vLLM of a test session for this model: starting it takes ten seconds."""
    return _vllm_core(model, dtype)


@cache
def _vllm_core(model: str, dtype: str) -> Any:
    from assay_trainer.engines.vllm_core import VllmCore

    folder = Path(tempfile.mkdtemp(prefix=f"assay-{model}-"))
    MODELS[model].save_pretrained(folder)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # what vLLM's own imports use is not ours to mend
        return VllmCore(
            folder,
            slots=CORE_SLOTS,
            capacity=CORE_CAPACITY,
            dtype=dtype,
            threads=1,
            device=torch.device("cpu"),
        )


ENGINES: dict[str, MakeEngine] = {"torch": torch_engine}
if find_spec("vllm") is not None:
    ENGINES["vllm"] = vllm_engine

each_engine = pytest.mark.parametrize("make", ENGINES.values(), ids=list(ENGINES))
each_model = pytest.mark.parametrize("model", ["llama", "moe"])


def requests_of(lengths: Iterable[tuple[int, int]], temperature: float = 1.0) -> list[Request]:
    """One request per (prompt length, max_tokens); every third repeats its predecessor's prompt."""
    requests: list[Request] = []
    for index, (length, most) in enumerate(lengths):
        tokens = tuple(4 + (7 * index + 3 * place * place) % 46 for place in range(length))
        if index % 3 == 2:
            tokens = requests[-1].tokens
        requests.append(Request(f"r{index}", tokens, 100 + index, 0, most, temperature))
    return requests


RAGGED = [(1, 6), (9, 12), (9, 12), (20, 20), (2, 1), (30, 16), (5, 25), (17, 3), (3, 9)]


def drain(engine: Engine, ticks: int = 1000) -> dict[str, list[Emission]]:
    found: dict[str, list[Emission]] = {}
    while (engine.running or engine.waiting) and ticks:
        ticks -= 1
        for emission in engine.tick():
            found.setdefault(emission.uid, []).append(emission)
    return found


def resumed(request: Request, emitted: list[Emission]) -> Request:
    """What is left of ``request`` after these tokens."""
    return replace(
        request,
        tokens=request.tokens + tuple(emission.token for emission in emitted),
        position=request.position + len(emitted),
        max_tokens=request.max_tokens - len(emitted),
    )


def reference(
    model: PreTrainedModel, request: Request, version: int = 0, stop: tuple[int, ...] = STOP
) -> list[Emission]:
    """The same rollout by full forwards of the plain model, without a cache."""
    emitted = _reference(model, replace(request, uid=""), stop)
    return [replace(emission, uid=request.uid, version=version) for emission in emitted]


@cache
@torch.inference_mode()
def _reference(
    model: PreTrainedModel, request: Request, stop: tuple[int, ...]
) -> tuple[Emission, ...]:
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
        finish = "stop" if token in stop else "length" if last else None
        logprob, entropy = float(draws.logprobs), float(draws.entropies)
        emitted.append(Emission(request.uid, token, logprob, entropy, 0, finish))
        tokens.append(token)
        if finish:
            break
    return tuple(emitted)


def gaps(model: PreTrainedModel, request: Request, emitted: list[Emission]) -> list[float]:
    """How far each log-prob is from the plain model's, for the tokens that were written."""
    tokens = [*request.tokens, *(emission.token for emission in emitted)]
    with torch.inference_mode():
        exact = model(torch.tensor([tokens])).logits[0].log_softmax(-1)
    first = len(request.tokens) - 1
    return [abs(e.logprob - float(exact[place, e.token])) for place, e in enumerate(emitted, first)]


def assert_same(got: list[Emission], expected: list[Emission]) -> None:
    assert [(e.uid, e.token, e.version, e.finish) for e in got] == [
        (e.uid, e.token, e.version, e.finish) for e in expected
    ]
    for one, other in zip(got, expected, strict=True):
        assert one.logprob == pytest.approx(other.logprob, abs=TOLERANCE)
        assert one.entropy == pytest.approx(other.entropy, abs=10 * TOLERANCE)
