"""What is vLLM's alone: kernels that keep copies of weights, the prefix cache, the processes."""

from __future__ import annotations

import os
import signal
import time
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import psutil
import pytest
import torch

from assay_datasets import InputError
from assay_trainer.engines import Emission, EngineError, Request
from tests.trainer.engines.models import (
    CORE_CAPACITY,
    MODELS,
    OTHERS,
    RAGGED,
    TOLERANCE,
    assert_same,
    drain,
    each_model,
    gaps,
    reference,
    requests_of,
    vllm_core,
    vllm_engine,
)

pytest.importorskip("vllm", reason="vLLM has an environment of its own: make test-vllm")

LONG = Request("long", tuple(4 + (5 * place * place) % 46 for place in range(100)), 7, 0, 8)
"""A prompt of several blocks of the prefix cache."""


def first_gap(got: list[Emission], expected: list[Emission]) -> float:
    """How far the first log-prob is off; later ones follow other tokens."""
    return abs(got[0].logprob - expected[0].logprob)


def greedy(requests: list[Request]) -> list[Request]:
    return [replace(request, temperature=0.0) for request in requests]


@pytest.mark.parametrize("weights", [MODELS["moe"], OTHERS["moe"]], ids=["same", "other"])
def test_vllm_alone_corrupts_a_mixture_of_experts_on_cpu_and_we_mend_it(weights: Any) -> None:
    """The day the first half fails, vLLM has mended it and `_repack` can go."""
    engine = vllm_engine("moe", 16)
    requests = greedy(requests_of(RAGGED))
    truth = {request.uid: reference(weights, request) for request in requests}
    for repack in (False, True):
        vllm_core("moe").load(weights.state_dict(), 0, repack=repack)
        engine.submit(requests)
        found = drain(engine)
        worst = max(first_gap(found[uid], truth[uid]) for uid in truth)
        assert worst < TOLERANCE if repack else worst > 0.1


@pytest.mark.parametrize(
    ("salted", "cleared"), [(True, False), (False, True), (False, False)], ids=str
)
def test_a_prefix_of_old_weights_is_served_neither_by_salt_nor_by_cache(
    salted: bool, cleared: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Either guard is enough alone; without both, vLLM serves the old weights' prefix."""
    core = vllm_core("llama")
    engine = vllm_engine("llama", capacity=CORE_CAPACITY)
    engine.submit([LONG])
    assert_same(drain(engine)["long"], reference(MODELS["llama"], LONG))

    pause = core._llm.pause_generation

    async def keeping(*, mode: str, clear_cache: bool) -> None:
        await pause(mode=mode, clear_cache=cleared)

    monkeypatch.setattr(core._llm, "pause_generation", keeping)
    core.load(OTHERS["llama"].state_dict(), int(salted))
    submit = core.submit
    monkeypatch.setattr(
        core, "submit", lambda requests, stop, _: submit(requests, stop, int(salted))
    )
    engine.submit([LONG])
    right = first_gap(drain(engine)["long"], reference(OTHERS["llama"], LONG)) < TOLERANCE
    assert right == (salted or cleared)


def test_rollouts_of_one_long_prompt_are_each_their_own() -> None:
    engine = vllm_engine("llama", capacity=CORE_CAPACITY)
    requests = [replace(LONG, uid=str(seed), seed=seed) for seed in range(6)]
    engine.submit(requests)
    found = drain(engine)
    for request in requests:
        assert_same(found[request.uid], reference(MODELS["llama"], request))


@each_model
def test_weights_may_come_many_times(model: str) -> None:
    engine = vllm_engine(model)
    requests = requests_of(RAGGED[:4])
    for version in range(1, 6):
        weights = (MODELS, OTHERS)[version % 2][model]
        engine.load_weights(weights.state_dict(), version)
        engine.submit(requests)
        found = drain(engine)
        for request in requests:
            assert_same(found[request.uid], reference(weights, request, version))


def test_bfloat16_stays_near_float32_after_an_update_too() -> None:
    """Its CPU kernels are others than float32's, and pad experts of an uneven width."""
    engine = vllm_engine("uneven", 16, dtype="bfloat16")
    requests = requests_of(RAGGED)
    for version, weights in ((1, OTHERS["uneven"]), (2, MODELS["uneven"])):
        engine.load_weights(weights.state_dict(), version)
        engine.submit(requests)
        found = drain(engine)
        off = [gap for request in requests for gap in gaps(weights, request, found[request.uid])]
        assert 0 < np.median(off) < 0.1


def test_what_vllm_wrote_ahead_of_a_cut_is_dropped_and_counted() -> None:
    engine = vllm_engine("llama", stop_token_ids=())
    engine.submit(requests_of([(4, 40)] * 2))
    engine.tick()
    unread, deadline = vllm_core("llama").inbox._unread, time.monotonic() + 60
    while len(unread["r0"]) < 10:  # vLLM goes on by itself
        assert time.monotonic() < deadline
        time.sleep(0.01)
    assert engine.cut() == ["r0", "r1"]
    assert engine.dropped >= 10
    assert (engine.running, engine.waiting) == (0, 0)


@pytest.mark.filterwarnings("ignore")  # what vLLM's own imports use
def test_a_device_that_vllm_was_not_built_for_is_the_users_error(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from assay_trainer.engines.vllm_core import VllmCore

    monkeypatch.setenv("CUDA_VISIBLE_DEVICES", "3")
    MODELS["llama"].save_pretrained(tmp_path)
    with pytest.raises(InputError, match=r"engine\.device = 'cuda', but .* built for 'cpu'"):
        VllmCore(
            tmp_path,
            slots=1,
            capacity=16,
            dtype="float32",
            threads=1,
            device=torch.device("cuda"),
        )


def test_a_vllm_that_dies_is_one_clear_error_and_leaves_nothing() -> None:
    """The last test of its core: nothing runs there afterwards."""
    core = vllm_core("llama")
    engine = vllm_engine("llama", stop_token_ids=())
    engine.submit(requests_of([(4, 40)] * 2))
    engine.tick()
    assert psutil.Process(core.worker).ppid() == os.getpid()
    mapped = [Path(part.path) for part in psutil.Process(core.worker).memory_maps()]
    assert not [path for path in mapped if path.parent.name == "shm" and path.exists()]
    os.kill(core.worker, signal.SIGKILL)
    with pytest.raises(EngineError, match="vLLM failed"):
        drain(engine)
    assert (engine.running, engine.waiting) == (0, 0)
    with pytest.raises(EngineError, match="vLLM failed"):
        engine.load_weights(MODELS["llama"].state_dict(), 1)
    core.close()
    deadline = time.monotonic() + 30
    while psutil.pid_exists(core.worker):
        assert time.monotonic() < deadline
        time.sleep(0.1)
